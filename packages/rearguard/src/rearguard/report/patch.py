"""Repairs as unified diffs: what `git apply` takes, unless a secret had to be left out."""

import difflib
from collections.abc import Iterator

from rearguard.findings.repairs import Applied
from rearguard.program import Source
from rearguard.report.quote import Quotes, visible
from rearguard.report.redact import MARK, redactor

__all__ = ["is_whole", "unified"]

_CONTEXT = 3
_NO_NEWLINE = "\\ No newline at end of file"


def unified(repair: Applied) -> str:
    """The change of every file, in order of path; "" when nothing changes."""
    quoted = Quotes(repair.before, redactor(repair.known, repair.before))
    lines: list[str] = []
    for path in sorted(repair.after):
        lines += _file(repair.before[path], repair.after[path], quoted)
    return "".join(f"{line}\n" for line in lines)


def is_whole(patch: str) -> bool:
    """Whether nothing was left out of a diff, so that it can be applied."""
    return MARK not in patch


def _file(before: Source, after: Source, quoted: Quotes) -> Iterator[str]:
    old, new = _lines(before), _lines(after)
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    groups = list(matcher.get_grouped_opcodes(_CONTEXT))
    if groups:
        name = visible(before.path).replace("\n", "\\n")
        yield f"--- a/{name}"
        yield f"+++ b/{name}"
    for group in groups:
        first, last = group[0], group[-1]
        yield f"@@ -{_range(first[1], last[2])} +{_range(first[3], last[4])} @@"
        for tag, i1, i2, j1, j2 in group:
            sign = " " if tag == "equal" else "-"
            for index in range(i1, i2):
                yield sign + _shown(quoted.redactor.line(before.path, index + 1, old[index]))
                if index == len(old) - 1 and not before.text.endswith(b"\n"):
                    yield _NO_NEWLINE
            for index in range(j1, j2) if tag != "equal" else ():
                yield "+" + _shown(quoted.redactor.text(new[index]))
                if index == len(new) - 1 and not after.text.endswith(b"\n"):
                    yield _NO_NEWLINE


def _range(start: int, stop: int) -> str:
    length = stop - start
    if length == 1:
        return str(start + 1)
    return f"{start + 1 if length else start},{length}"


def _lines(source: Source) -> list[str]:
    """Lines without their line feed; a carriage return before it belongs to the line, as git sees it."""
    text = source.text.decode("utf-8", "replace")
    return text.removesuffix("\n").split("\n") if text else []


def _shown(line: str) -> str:
    """A line that moves no cursor; the carriage return of a file with such endings stays, for `git apply`."""
    end = "\r" if line.endswith("\r") else ""
    return visible(line.removesuffix("\r")) + end
