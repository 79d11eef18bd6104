"""Every example of the guide runs, every page has its parts, every link leads somewhere."""

import ast
import asyncio
import inspect
import re
from pathlib import Path

import pytest
from strongback.traceability import CONTROLS

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


def test_what_a_page_claims_is_in_the_report() -> None:
    """`report --asvs` prints requirement, control and test; a claim without a test is none."""
    held = {requirement for control in CONTROLS for requirement in control.asvs}
    for page in PAGES:
        claimed = page.read_text("utf-8").partition("**ASVS 5.0.0.**")[2].partition("\n\n")[0]
        wanted = set(re.findall(r"\d+\.\d+\.\d+", claimed))
        for first, last in re.findall(r"(\d+\.\d+\.\d+) to (\d+\.\d+\.\d+)", claimed):
            chapter, _, start = first.rpartition(".")
            wanted |= {f"{chapter}.{n}" for n in range(int(start), int(last.rpartition(".")[2]) + 1)}
        assert wanted - held == set(), page.stem


ROWS = (
    "G1–G2", "G3", "G4–G7", "G8–G9", "G10–G11, D6", "G12", "G13–G14, K1–K2", "G15–G16", "H1–H3", "H4–H7",
    "H8–H9", "H10", "S1–S5", "C1–C6", "O1", "O2", "O3–O5", "D1", "D2–D3", "D4–D5", "D7–D9", "A1", "A2",
    "A3–A5", "A6", "A7–A11", "A12",
    "A13–A14", "A15", "X1–X7", "P1–P3", "P4–P7", "P8–P11", "L1–L2", "L3–L4", "L5, L7", "L6", "K8",
)  # fmt: skip
"""The capabilities that the controls have a part in."""


def test_the_table_of_capabilities_is_whole_and_its_tests_are_there() -> None:
    text = (GUIDES / "README.md").read_text("utf-8")
    table = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in text.splitlines()
        if re.match(r"\| [A-Z]\d", line)
    ]
    assert tuple(row[0] for row in table) == ROWS
    tests = Path(__file__).parents[1]
    for _, _, named, _ in table:
        found = re.findall(r"`([\w/]+\.py)::(\w+)`", named)
        assert found
        for file, test in found:
            assert re.search(rf"^(async )?def {test}\(", (tests / file).read_text("utf-8"), re.MULTILINE), (
                test
            )
    open_rows = sum(1 for row in table if row[3])
    counted = f"Of {len(table)} rows that the controls have a part in, {len(table) - open_rows} are proved"
    assert counted in text
    assert f"{open_rows} are proved but for what the last column says" in text
