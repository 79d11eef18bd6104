"""The playbook as data: every page parses, every capability is taught, every block is code."""

import ast
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from rearguard.playbook.pages import page, pages, parse, playbook_text

EXAMPLES = (
    "jwt-refresh-rotation",
    "injection-validation",
    "csrf-cookie-sessions",
    "database-access",
    "security-headers-csp",
    "error-handling",
    "rate-limiting",
    "outbound-requests",
)
PARTS = ("Requirement", "Threat", "FastAPI", "Express", "Pitfalls", "Verification")
CAPABILITIES = {
    "G": 16,
    "H": 10,
    "S": 5,
    "C": 6,
    "O": 5,
    "D": 9,
    "A": 15,
    "X": 7,
    "P": 11,
    "L": 7,
    "K": 10,
}


def test_the_eight_examples_come_first_and_are_complete() -> None:
    assert tuple(found.id for found in pages()[:8]) == EXAMPLES
    for found in pages()[:8]:
        headings = re.findall(r"^### (.+)$", found.body, re.MULTILINE)
        assert [h for h in headings if h in PARTS] == list(PARTS), found.id
        requests = found.body.split("### Verification")[1]
        assert requests.count("\n| ") >= 8, found.id


def test_every_capability_has_a_page() -> None:
    taught = {capability for found in pages() for capability in found.capabilities}
    wanted = {f"{letter}{number}" for letter, last in CAPABILITIES.items() for number in range(1, last + 1)}
    assert taught == wanted


def test_every_page_says_how_to_verify() -> None:
    for found in pages():
        assert "### Verification" in found.body or "\nVerify: " in found.body, found.id


def test_lookup_by_id() -> None:
    found = page("cors")
    assert found is not None
    assert (found.title, found.capabilities) == ("CORS", ("H10",))
    assert page("no-such-page") is None


def test_headings_in_code_do_not_start_a_page() -> None:
    text = (
        "# Top\n\n## 1. One\n<!-- page: one | capabilities: A1 B2 -->\n\n```python\n## not a heading\n```\n"
    )
    [only] = parse(text)
    assert (only.id, only.title, only.capabilities) == ("one", "One", ("A1", "B2"))
    assert "## not a heading" in only.body


@pytest.mark.parametrize(
    "text",
    [
        "## One\n\ntext\n",
        "## One\n",
        "## One\n<!-- page: One | capabilities: A1 -->\n",
        "## One\n<!-- page: one | capabilities: A1 -->\n## Two\n<!-- page: one | capabilities: A2 -->\n",
    ],
)
def test_malformed_sections_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"section|twice"):
        parse(text)


def test_references_between_sections_exist() -> None:
    text = playbook_text()
    numbers = {int(n) for n in re.findall(r"^## (\d+)\. ", text, re.MULTILINE)}
    assert numbers == set(range(1, len(pages()) + 1))
    assert {int(n) for n in re.findall(r"\b[Ss]ection (\d+)", text)} <= numbers


def test_every_fence_is_closed_and_known() -> None:
    infos = re.findall(r"^```(.*)$", playbook_text(), re.MULTILINE)
    assert all(info == "" for info in infos[1::2])
    assert set(infos[0::2]) == {"python", "javascript", "javascript before", "sql"}


@pytest.mark.parametrize("page_id", [found.id for found in pages()])
def test_python_blocks_compile(page_id: str, code_blocks: Callable[[str, str], list[str]]) -> None:
    for code in code_blocks(page_id, "python"):
        ast.parse(code)


def test_javascript_blocks_parse(
    node_modules: Path, code_blocks: Callable[[str, str], list[str]], tmp_path: Path
) -> None:
    checked = 0
    for found in pages():
        for info in ("javascript", "javascript before"):
            for code in code_blocks(found.id, info):
                file = tmp_path / f"{found.id}-{info.replace(' ', '-')}.mjs"
                file.write_text(code, encoding="utf-8")
                done = subprocess.run(
                    ["node", "--check", str(file)], capture_output=True, text=True, timeout=60
                )
                assert done.returncode == 0, done.stderr
                checked += 1
    assert checked == 10
