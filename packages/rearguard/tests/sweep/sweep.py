"""One specification in many styles: programs whose lines say which weakness stands there, and which twin is sound.

Every folder of `programs/` is one program in one documented style. A row is a weakness of the specification, such as
`read-other`; a program is a column. In a comment, at most three lines from where the report must stand:

    # BAD: insecure-direct-object-reference read-other
    # OK: read-other

`BAD` names the check (or several that would be right, `one|other`), then the row. `OK` marks the sound twin. Known gaps
are `MISSED` in the place of `BAD` and `FALSE` in the place of `OK`; they must be turned back as soon as they are mended.
Several marks on one line are parted by `;`. A report that no `BAD` asks for is a false one of the row whose mark is the
nearest above it in the file, or of the row `elsewhere`. `python sweep.py FOLDER` prints the table of the programs there.
"""

import re
import sys
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

REACH = 3
"""Lines between a mark and the report that answers it."""
ELSEWHERE = "elsewhere"
BESIDE = frozenset({"missing-input-validation"})
"""Checks that are true of nearly every short program: what they report counts only where a mark asks for it."""
_MARKS = re.compile(
    r"(?:#|//|/\*|<!--|\{#|\{/\*)\s*(?P<marks>(?:BAD|MISSED|OK|FALSE): .+?)\s*(?:-->|#\}|\*/\}?)?\s*$"
)
_ROW = re.compile(r"[a-z][a-z0-9-]*")

Place = tuple[str, int, str]
"""(path, line from 1, check id)."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What one comment says of its line."""

    path: str
    line: int
    kind: str
    checks: tuple[str, ...]
    row: str

    @property
    def bad(self) -> bool:
        return self.kind in ("BAD", "MISSED")


@dataclass(slots=True)
class Cell:
    """One weakness in one program."""

    marks: list[Mark] = field(default_factory=list)
    missed: list[Mark] = field(default_factory=list)
    false: list[Place] = field(default_factory=list)
    """Reports that nothing asks for."""
    known: dict[Place, Mark] = field(default_factory=dict)
    """Those of them at a `FALSE` mark, with the mark."""

    @property
    def right(self) -> bool:
        return not self.missed and not self.false

    @property
    def sign(self) -> str:
        """`.` is right, `m` missed, `f` a false report on the twin."""
        return ("m" * bool(self.missed) + "f" * bool(self.false)) or "."


Cells = dict[str, Cell]
"""The rows of one program."""


def programs(root: Path) -> dict[str, dict[str, str]]:
    """The files of every program below `root` by name of the program; a program is a folder with files."""
    found: dict[str, dict[str, str]] = {}
    for path in sorted(p for p in root.rglob("*") if p.is_file() and "__pycache__" not in p.parts):
        name, _, inner = path.relative_to(root).as_posix().partition("/")
        if inner:
            found.setdefault(name, {})[inner] = path.read_text()
    return found


def marks(files: Mapping[str, str]) -> list[Mark]:
    """The marks of a program. Raises ValueError on one that has not the form."""
    found: list[Mark] = []
    for path, text in files.items():
        for number, line in enumerate(text.splitlines(), 1):
            match = _MARKS.search(line)
            for mark in match["marks"].split(";") if match else ():
                kind, _, words = mark.strip().partition(": ")
                *checks, row = words.split()
                if not _ROW.fullmatch(row) or len(checks) != (kind in ("BAD", "MISSED")):
                    raise ValueError(f"{path}:{number}: not a mark: {mark!r}")
                found.append(Mark(path, number, kind, tuple(checks[0].split("|")) if checks else (), row))
    return found


def asked(said: Iterable[Mark]) -> set[str]:
    """The checks that marks name: those are asked even where they tell of an absence."""
    return {check for mark in said for check in mark.checks}


def judge(said: Iterable[Mark], found: Collection[Place]) -> Cells:
    """Every row of a program, with what of it was missed or reported falsely."""
    cells: Cells = {}
    answered: set[Mark] = set()
    by_path: dict[str, list[Mark]] = {}
    for mark in said:
        cells.setdefault(mark.row, Cell()).marks.append(mark)
        by_path.setdefault(mark.path, []).append(mark)
    beside = BESIDE - {check for marks in by_path.values() for mark in marks for check in mark.checks}
    for place in sorted(found):
        path, line, check = place
        if check in beside:
            continue
        near = [
            mark
            for mark in by_path.get(path, ())
            if abs(mark.line - line) <= REACH and (not mark.bad or check in mark.checks)
        ]
        # At the same distance the mark that asks for the report is meant.
        mark = min(near, key=lambda mark: (abs(mark.line - line), not mark.bad), default=None)
        if mark is not None and mark.bad:
            answered.add(mark)
            continue
        above = [mark.row for mark in by_path.get(path, ()) if mark.line <= line]
        row = mark.row if mark is not None else above[-1] if above else ELSEWHERE
        cell = cells.setdefault(row, Cell())
        cell.false.append(place)
        if mark is not None and mark.kind == "FALSE":
            cell.known[place] = mark
    for cell in cells.values():
        cell.missed = [mark for mark in cell.marks if mark.bad and mark not in answered]
    return cells


def disagreements(cells: Cells) -> list[str]:
    """Where the review and the marks differ, one line each; known gaps that are closed count too."""
    lines: list[str] = []
    for row, cell in sorted(cells.items()):
        lines += [f"{row}: not found: {at(mark)}" for mark in cell.missed if mark.kind == "BAD"]
        lines += [
            f"{row}: found now, make it BAD: {at(mark)}"
            for mark in cell.marks
            if mark.kind == "MISSED" and mark not in cell.missed
        ]
        lines += [
            f"{row}: false report: {':'.join(map(str, place))}"
            for place in cell.false
            if place not in cell.known
        ]
        lines += [
            f"{row}: silent now, make it OK: {at(mark)}"
            for mark in cell.marks
            if mark.kind == "FALSE" and mark not in cell.known.values()
        ]
    return lines


def at(mark: Mark) -> str:
    return f"{mark.path}:{mark.line} {'|'.join(mark.checks)}".strip()


def table(columns: Mapping[str, Cells]) -> str:
    """Weakness by program: `.` right, `m` missed, `f` false report; a blank where a program lacks the row."""
    rows = sorted({row for cells in columns.values() for row in cells})
    wide = max(map(len, [*rows, ELSEWHERE]))
    names = list(columns)
    lines = [f"{'':{wide}}  {number:>3} {name}" for number, name in enumerate(names, 1)]
    lines.append(f"{'':{wide}}  " + "".join(f"{number:>3}" for number in range(1, len(names) + 1)))
    for row in rows:
        signs = (columns[name][row].sign if row in columns[name] else "" for name in names)
        lines.append(f"{row:{wide}}  " + "".join(f"{sign:>3}" for sign in signs))
    right, total = figure(columns)
    lines.append(f"{right} of {total} cells right")
    return "\n".join(lines)


def figure(columns: Mapping[str, Cells]) -> tuple[int, int]:
    """Cells that are right, of all."""
    cells = [cell for rows in columns.values() for cell in rows.values()]
    return sum(cell.right for cell in cells), len(cells)


def review(
    files: Mapping[str, str], found: Callable[[Mapping[str, str], Collection[str]], Collection[Place]]
) -> Cells:
    """The cells of one program; `found` reviews files and asks the checks that are named to it."""
    said = marks(files)
    return judge(said, found(files, asked(said)))


def main(arguments: list[str]) -> None:
    """`sweep.py FOLDER [--only WORD] [--list]`: the table, and with `--list` every wrong cell."""
    import tagged  # beside this folder: tests cannot import each other otherwise
    from rearguard.models import load

    models = load()
    root, listed = Path(arguments[0]), "--list" in arguments
    only = arguments[arguments.index("--only") + 1] if "--only" in arguments else ""
    columns: dict[str, Cells] = {}
    for name, files in programs(root).items():
        if only in name:
            columns[name] = review(files, lambda files, judges: tagged.found(files, models, judges))
    for name, cells in columns.items() if listed else ():
        for row, cell in sorted(cells.items()):
            for mark in cell.missed:
                print(f"missed  {row:22} {name}/{at(mark)}")
            for path, line, check in cell.false:
                print(f"false   {row:22} {name}/{path}:{line} {check}")
    print(table(columns))


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))
    main(sys.argv[1:])
