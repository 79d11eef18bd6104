"""Where a control stands among the middleware that an Express application has already."""

from pathlib import Path

import pytest
from rearguard.implement import Plan

from packages.rearguard.tests.implement.test_add_in_real_shapes import EXPRESS, after, in_order, package, plan


def middle(root: Path, express: str, control: str) -> tuple[Plan, str]:
    files = {"app.js": express, "package.json": package()}
    given = {"origins": "https://app.example.com"} if control == "cors" else {}
    found = plan(root, files, control, given)
    return found, after(found, "app.js")


HELMET = EXPRESS.replace(
    "app.use(",
    "app.use(morgan('tiny'));\napp.use(\n  helmet({ contentSecurityPolicy: false }),\n);\napp.use(",
    1,
).replace(
    "\n\nconst app", "\nconst helmet = require('helmet');\nconst morgan = require('morgan');\n\nconst app"
)


@pytest.mark.parametrize(
    ("control", "ours"),
    [("rate-limit", "use(requestLimit)"), ("audit-log", "use(auditLog)"), ("cors", "use(crossOrigin)")],
)
def test_what_is_refused_carries_the_headers_that_the_application_sets_itself(
    control: str, ours: str, tmp_path: Path
) -> None:
    _, text = middle(tmp_path, HELMET, control)
    assert in_order(text, "use(morgan(", "helmet({", ours, "use(express.json())")


def test_headers_after_what_may_answer_are_told(tmp_path: Path) -> None:
    late = EXPRESS.replace("app.get(", "app.use(helmet());\napp.get(").replace(
        "\n\nconst app", "\nconst helmet = require('helmet');\n\nconst app"
    )
    found, text = middle(tmp_path, late, "rate-limit")
    assert in_order(text, "use(requestLimit)", "use(express.json())", "use(helmet())")
    assert any("app.js:6" in each and "move this line up" in each for each in found.left)


def test_what_refuses_besides_setting_headers_is_no_place_to_stand_behind(tmp_path: Path) -> None:
    lusca = EXPRESS.replace(
        "app.use(", "app.use(lusca({ csrf: true, xframe: 'DENY' }));\napp.use(", 1
    ).replace("\n\nconst app", "\nconst lusca = require('lusca');\n\nconst app")
    _, text = middle(tmp_path, lusca, "audit-log")
    assert in_order(text, "use(auditLog)", "use(lusca(")


def test_a_text_around_double_quotes_keeps_its_own(tmp_path: Path) -> None:
    """In a project that writes double quotes, the test of the trail changed an entry to what is no text."""
    found, _ = middle(tmp_path, EXPRESS.replace("'", '"'), "audit-log")
    text = next(
        file.after.decode() for file in found.files if "test" in file.path and "audit-log" in file.path
    )
    assert """.replace('"number":2', '"number":9')""" in text
    assert 'from "node:assert/strict"' in text
