"""The programs by which requirements are decided: pages in `cases/`, and how they are verified.

`## 3.4.3 Python` is a requirement and a family of languages; below it stand programs under `### Met`,
`### Violated` and `### Near miss`. A block is the file that its fence names. Lines that end in a comment `here`
are those that the report must name: as evidence of what is met, and as finding or evidence of what is violated.
Of requirements that only a violation can be shown of, pages stand in `slips/`, with programs under `### Violated`
and `### Clean`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from rearguard.assurance import Row, Standard, assure
from rearguard.findings import Audience
from rearguard.program import Source
from rearguard.review import Options, context_of, open_path

CASES = Path(__file__).parent / "cases"
SLIPS = Path(__file__).parent / "slips"
KINDS = ("Met", "Violated", "Near miss", "Clean")
_HEADING = re.compile(r"(#{2,3}) (.+)")
_FENCE = re.compile(r"```\w+ (\S+)")
_MARK = re.compile(r"(?:#|//) here$")


@dataclass(frozen=True, slots=True)
class Case:
    """One program."""

    number: str
    family: str
    """Python or JavaScript."""
    kind: str
    files: Mapping[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """As test reports name it."""
        return f"{self.number} {self.family} {self.kind}"

    @property
    def marked(self) -> frozenset[tuple[str, int]]:
        """Files and lines that the report must name."""
        return frozenset(
            (path, number)
            for path, text in self.files.items()
            for number, line in enumerate(text.splitlines(), 1)
            if _MARK.search(line)
        )


def read(page: str) -> list[Case]:
    """The programs of a page."""
    found: list[Case] = []
    number = family = kind = name = ""
    files: dict[str, str] = {}
    lines: list[str] = []
    for line in page.splitlines():
        if name:
            if line == "```":
                files[name] = "\n".join(lines) + "\n"
                name, lines = "", []
            else:
                lines.append(line)
        elif heading := _HEADING.fullmatch(line):
            if heading[1] == "##":
                number, family = heading[2].split()
            else:
                kind, files = heading[2], {}
                assert kind in KINDS, line
                found.append(Case(number, family, kind, files))
        elif fence := _FENCE.fullmatch(line):
            name = fence[1]
    return found


def all_cases() -> list[Case]:
    """The programs of all pages, in their order."""
    return [case for page in sorted(CASES.glob("*.md")) for case in read(page.read_text())]


def all_slips() -> list[Case]:
    """The programs of the pages about violations alone."""
    return [case for page in sorted(SLIPS.glob("*.md")) for case in read(page.read_text())]


@dataclass(frozen=True, slots=True)
class Verified:
    """What is said of one program."""

    rows: Mapping[str, Row]
    """Those of ASVS, by number."""
    sources: Mapping[str, Source]

    def lines(self, row: Row) -> frozenset[tuple[str, int]]:
        """Where the row's evidence and findings stand."""
        spans = [step.span for step in row.evidence] + [one.location for one in row.findings]
        return frozenset((span.path, self.sources[span.path].line_of(span.start)) for span in spans)


@pytest.fixture
def verified(tmp_path: Path) -> Callable[[Mapping[str, str]], Verified]:
    """Verifies a program."""

    def run(files: Mapping[str, str]) -> Verified:
        for path, text in files.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(text)
        options = Options(audience=Audience.AUDIT, jobs=1, cache=False, repair=False)
        program, reviewed = open_path(tmp_path, ".", options).analysed(options)
        rules = [check.rule for check in reviewed.rules]
        rows = assure(reviewed.result, rules, context_of(program)).of(Standard.ASVS)
        return Verified({row.id.removeprefix("v5.0.0-"): row for row in rows}, reviewed.sources)

    return run


@pytest.fixture(scope="session")
def slips() -> list[Case]:
    """The programs of the pages about violations alone."""
    return all_slips()


@pytest.fixture(scope="session")
def cases() -> list[Case]:
    """The programs of all pages."""
    return all_cases()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for `case` or `slip` runs once for every program of every page."""
    if "case" in metafunc.fixturenames:
        found = all_cases()
        metafunc.parametrize("case", found, ids=[case.id for case in found])
    if "slip" in metafunc.fixturenames:
        found = all_slips()
        metafunc.parametrize("slip", found, ids=[case.id for case in found])
