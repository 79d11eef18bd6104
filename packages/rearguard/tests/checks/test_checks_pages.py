"""Every page of a check is its test: tagged lines are found, everything else is silent."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from rearguard.checks import CHECKS, Check
from rearguard.standards import category, requirement

KNOWN_GAPS = {"missing": 1, "spurious": 0}
"""Marks on all pages. A number may go down; it goes up only with a new case that shows an old gap."""


def test_page_case(page_case: Any, problems: Callable[..., list[str]]) -> None:
    assert problems(page_case.files, page_case.named, page_case.check) == []


def test_twins_expect_nothing(pages: ModuleType, tagged: ModuleType) -> None:
    for check in CHECKS:
        for case in pages.cases(check.rule.id, check.rule.page):
            wanted = tagged.expected({path: case.files[path] for path in case.named})
            assert not case.fixed or not (wanted.found or wanted.missing), case.id


def test_known_gaps_only_go_down(pages: ModuleType, tagged: ModuleType) -> None:
    counts = {"missing": 0, "spurious": 0}
    for check in CHECKS:
        for case in pages.cases(check.rule.id, check.rule.page):
            wanted = tagged.expected({path: case.files[path] for path in case.named})
            counts["missing"] += len(wanted.missing)
            counts["spurious"] += len(wanted.spurious)
    print(f"known gaps on the pages: {counts}")
    assert counts == KNOWN_GAPS


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.rule.id)
def test_page_has_its_parts(check: Check, pages: ModuleType) -> None:
    lines = check.rule.page.splitlines()
    assert lines[0] == f"# {check.rule.id}"
    assert header(check) in lines
    assert "## What it does not see" in lines
    found = pages.cases(check.rule.id, check.rule.page)
    assert any(not case.fixed for case in found)
    assert any(case.fixed for case in found), "a page shows a repair"


def header(check: Check) -> str:
    """The line of a page that classifies the check, as its rule has it."""
    rule = check.rule
    placed = category(rule.cwe, "2025")
    parts = [f"CWE-{rule.cwe}"]
    if placed is not None:
        parts.append(f"OWASP Top 10:2025 {placed.id.partition(':')[0]}")
    for id in rule.asvs:
        asked = requirement(id)
        parts.append(f"ASVS 5.0 V{asked.number} (level {asked.level})")
    if rule.api_top10:
        parts.append("API Top 10:2023 " + ", ".join(id.partition(":")[0] for id in rule.api_top10))
    parts.append(f"severity {rule.severity}")
    return " · ".join(parts)


@pytest.mark.parametrize(
    ("page", "message"),
    [
        ("# a\n\n## One\n\n```python\nx\n```\n\n```python\ny\n```\n", "two blocks are main.py"),
        ("# a\n\n## One\n\n```html\nx\n```\n", "needs a path line"),
        ("# a\n\n## One\n\n### Broken\n", "has no meaning"),
        (
            "# a\n\n## One\n\n```js\nx\n```\n\n### Fixed\n\n`other.js`:\n\n```js\nx\n```\n",
            "that the case lacks",
        ),
        ("# a\n\n## One\n\n```js\nx\n```\n\n## One\n\n```js\nx\n```\n", "the same heading"),
    ],
)
def test_pages_of_wrong_form_are_refused(page: str, message: str, pages: ModuleType) -> None:
    with pytest.raises(ValueError, match=message):
        pages.cases("a", page)


def test_twins_replace_only_the_files_they_name(pages: ModuleType) -> None:
    page = "# a\n\n## Two\n\n`a.py`:\n\n```python\n1\n```\n\n`b.py`:\n\n```python\n2\n```\n\n"
    page += "### Fixed\n\n`b.py`:\n\n```python\n3\n```\n\n```console\n$ not a file\n```\n"
    first, twin = pages.cases("a", page)
    assert first.files == {"a.py": "1\n", "b.py": "2\n"}
    assert twin.files == {"a.py": "1\n", "b.py": "3\n"}
    assert (first.fixed, twin.fixed) == (False, True)


def test_tags_are_read_exactly(tagged: ModuleType) -> None:
    text = "x  # $ sql-injection MISSING: open-redirect\ny  # costs $ 5\nz  # $ SPURIOUS: path-traversal\n"
    wanted = tagged.expected({"a.py": text.replace("costs $ 5", "no tag")})
    assert wanted.found == {("a.py", 1, "sql-injection")}
    assert wanted.missing == {("a.py", 1, "open-redirect")}
    assert wanted.spurious == {("a.py", 3, "path-traversal")}
    with pytest.raises(ValueError, match="no check is called"):
        tagged.expected({"a.js": "x // $ sqlinjection"})
