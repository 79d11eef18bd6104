"""Every example of the guide runs, every page has its parts, every link leads somewhere."""

import ast
import asyncio
import inspect
import re
from pathlib import Path

import pytest

GUIDES = Path(__file__).parents[4] / "docs" / "strongback"
PAGES = sorted(page for page in GUIDES.glob("*.md") if page.name != "README.md")
PARTS = (
    "**Threat.**",
    "**What it does.**",
    "**What it does not.**",
    "**Settings.**",
    "**ASVS 5.0.0.**",
    "**Sources.**",
)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_has_its_parts_and_its_example_runs(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = page.read_text("utf-8")
    positions = [text.find(part) for part in PARTS]
    assert -1 not in positions
    assert positions == sorted(positions)
    monkeypatch.chdir(tmp_path)
    for example in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
        code = compile(example, page.name, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        names: dict[str, object] = {"__name__": "example"}
        result = eval(code, names)
        if inspect.iscoroutine(result):
            asyncio.run(result)


def test_the_index_links_every_page() -> None:
    linked = set(re.findall(r"\]\(([a-z-]+\.md)\)", (GUIDES / "README.md").read_text("utf-8")))
    assert linked == {page.name for page in PAGES}


def test_every_test_that_the_table_names_is_there() -> None:
    named = set(re.findall(r"`(\w+/test_\w+\.py)`", (GUIDES / "README.md").read_text("utf-8")))
    assert named
    tests = Path(__file__).parents[1]
    assert {name for name in named if not (tests / name).is_file()} == set()
