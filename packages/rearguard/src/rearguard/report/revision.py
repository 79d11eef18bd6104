"""What a repair changes, as lines to read."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

from rearguard.findings import Edit, Fix
from rearguard.program import Source
from rearguard.report.quote import Quotes

__all__ = ["Change", "Hunk", "is_shown", "revision"]

_NEAR = 3
"""Edits at most this many lines apart are shown together."""


@dataclass(frozen=True, slots=True)
class Change:
    """One line of a hunk."""

    sign: str
    """`-` removed, `+` added, " " unchanged between the two."""
    number: int
    """Line number: in the old text for `-` and " ", in the new text of this hunk for `+`."""
    text: str


@dataclass(frozen=True, slots=True)
class Hunk:
    """Neighbouring changes in one file."""

    path: str
    changes: tuple[Change, ...]


def is_shown(fix: Fix | None) -> bool:
    """True for a repair that may be shown as revised code: one that the gate did not refuse."""
    return fix is not None and not fix.refused


def revision(fix: Fix, quotes: Quotes) -> tuple[Hunk, ...]:
    """The hunks of a repair in order of path and line, redacted; none when the sources are not at hand."""
    hunks: list[Hunk] = []
    ordered = sorted(fix.edits, key=lambda edit: edit.span)
    for path in dict.fromkeys(edit.span.path for edit in ordered):
        source = quotes.sources.get(path)
        if source is not None:
            groups = _groups(source, [edit for edit in ordered if edit.span.path == path])
            hunks.extend(_hunk(source, group, quotes) for group in groups)
    return tuple(hunks)


def _groups(source: Source, edits: Sequence[Edit]) -> list[list[Edit]]:
    groups: list[list[Edit]] = []
    for edit in edits:
        line = source.line_of(edit.span.start)
        if groups and line - source.line_of(groups[-1][-1].span.end) <= _NEAR:
            groups[-1].append(edit)
        else:
            groups.append([edit])
    return groups


def _hunk(source: Source, edits: Sequence[Edit], quotes: Quotes) -> Hunk:
    first = source.line_of(edits[0].span.start)
    last = source.line_of(edits[-1].span.end)
    start = source.line_starts[first - 1]
    end = source.line_starts[last] if last < len(source.line_starts) else len(source.text)
    pieces: list[str] = []
    position = start
    for edit in edits:
        pieces += [source.slice(position, edit.span.start), edit.text]
        position = edit.span.end
    pieces.append(source.slice(position, end))
    old = _lines(source.slice(start, end))
    new = _lines("".join(pieces))
    shown = [quotes.line(source.path, number) for number in range(first, first + len(old))]
    changes: list[Change] = []
    for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        sign = " " if tag == "equal" else "-"
        changes += [Change(sign, first + i, shown[i]) for i in range(i1, i2)]
        if tag != "equal":
            changes += [Change("+", first + j, quotes.clean(new[j])) for j in range(j1, j2)]
    return Hunk(source.path, tuple(changes))


def _lines(text: str) -> list[str]:
    """Lines as `Source` counts them: a form feed or a line separator inside one ends none."""
    return [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")] if text else []
