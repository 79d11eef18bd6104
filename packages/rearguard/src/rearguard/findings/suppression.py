"""Inline suppressions: `rearguard: ignore[check-id] reason`, in a comment of the reviewed code.

A suppression names its checks and gives a reason; without a reason it does not suppress and is reported
itself. `until=2027-01-31` before the reason lets it expire. It covers findings on its own line, and, when
it stands alone on its line, findings that start on the next line (several may be stacked). What names an
unknown check, or matches nothing, is reported, so that suppressions do not outlive what they excuse.

    # rearguard: ignore[sql-injection] the table name is an enum member
    // rearguard: ignore[open-redirect,header-injection] until=2027-01-31 removed with the legacy login
"""

import difflib
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from rearguard.findings.types import Finding, Unread
from rearguard.program import Source

__all__ = ["FileSuppression", "Suppressed", "Suppression", "apply", "apply_file", "parse"]

_DIRECTIVE = re.compile(r"rearguard:\s*(?P<verb>[\w-]*)\s*(?:\[(?P<checks>[^\]\n]*)\])?(?P<rest>[^\n]*)")
_UNTIL = re.compile(r"\buntil=(?P<date>\S+)\s*")
_CLOSERS = re.compile(r"\s*(?:\*/|--%?>|#\}|%>|\*/\})\s*$")
_OPENERS = re.compile(rb"\s*(?:#|//|/\*|\{/\*|<!--|\{#|<%#|<%--|;|--)?")


@dataclass(frozen=True, slots=True)
class Suppression:
    """One comment that asks to leave findings out."""

    path: str
    line: int
    checks: tuple[str, ...]
    reason: str
    until: date | None
    next_line: int
    """The line of code below a suppression that stands alone on its line; else 0."""


@dataclass(frozen=True, slots=True)
class FileSuppression:
    """An entry of the settings that leaves findings out, for code that cannot carry a comment."""

    where: str
    """The settings file."""
    checks: tuple[str, ...]
    reason: str
    about: str
    """How a message names it."""
    covers: Callable[[str], bool] = field(repr=False)
    """Whether a path is meant."""
    paths: tuple[str, ...] = ()
    """The patterns that decide it."""
    fingerprint: str = ""
    """The one finding that is meant, or "" for all of these checks and paths."""
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Suppressed:
    """What is left of the findings after the suppressions."""

    standing: tuple[Finding, ...]
    suppressed: tuple[Finding, ...]
    """With `Finding.suppressed` set to the reason."""
    problems: tuple[Unread, ...]
    """Expired and stale suppressions, by path and line."""


def parse(
    source: Source, comments: Sequence[tuple[int, int]], known: Collection[str]
) -> tuple[tuple[Suppression, ...], tuple[Unread, ...]]:
    """The suppressions in the comments of `source`, and what is wrong with those that are not ones.

    `comments` are spans as in `Module.comments`; `known` are the ids of all checks.
    """
    found: list[Suppression] = []
    problems: list[Unread] = []
    directives = [(match, line) for span in comments for match, line in _directives(source, span)]
    alone = {line for _, line in directives if _stands_alone(source, line)}
    for match, line in directives:
        parsed = _read(source.path, line, match, known, problems)
        if parsed is not None:
            found.append(replace(parsed, next_line=_next_line(line, alone)))
    return tuple(found), tuple(problems)


def apply(
    findings: Iterable[Finding],
    suppressions: Sequence[Suppression],
    sources: Mapping[str, Source],
    today: date | None = None,
    ran: Collection[str] | None = None,
) -> Suppressed:
    """Split `findings` by the suppressions.

    `ran` are the ids of the checks that ran (`None`: all); a suppression of another is not called stale.

    Expiry is judged only against `today`; without it, a dated suppression still holds, since a review
    without a clock must give the same answer every day.
    """
    problems: list[Unread] = []
    live: dict[str, list[Suppression]] = {}
    for suppression in suppressions:
        if today is not None and suppression.until is not None and suppression.until < today:
            problems.append(
                Unread(suppression.path, suppression.line, f"suppression expired on {suppression.until}")
            )
        else:
            live.setdefault(suppression.path, []).append(suppression)
    standing: list[Finding] = []
    left_out: list[Finding] = []
    used: set[tuple[str, int, str]] = set()
    for finding in findings:
        match = _match(finding, live.get(finding.location.path, ()), sources)
        if match is None:
            standing.append(finding)
        else:
            used.add((match.path, match.line, finding.rule.id))
            left_out.append(replace(finding, suppressed=match.reason))
    problems.extend(
        Unread(suppression.path, suppression.line, f"suppression of {check} matches no finding")
        for many in live.values()
        for suppression in many
        for check in suppression.checks
        if (ran is None or check in ran) and (suppression.path, suppression.line, check) not in used
    )
    problems.sort(key=lambda problem: (problem.path, problem.line, problem.reason))
    return Suppressed(tuple(standing), tuple(left_out), tuple(problems))


def apply_file(
    findings: Sequence[Finding],
    entries: Sequence[FileSuppression],
    today: date | None,
    ran: Collection[str],
) -> Suppressed:
    """Split findings, which have their fingerprints, by the entries of the settings."""
    problems: list[Unread] = []
    live: list[FileSuppression] = []
    for entry in entries:
        if today is not None and entry.until is not None and entry.until < today:
            problems.append(Unread(entry.where, 0, f"suppression expired on {entry.until}: {entry.about}"))
        else:
            live.append(entry)
    used: set[int] = set()
    standing: list[Finding] = []
    left_out: list[Finding] = []
    for finding in findings:
        match = next((i for i, entry in enumerate(live) if _is_meant(entry, finding)), None)
        if match is None:
            standing.append(finding)
        else:
            used.add(match)
            left_out.append(replace(finding, suppressed=live[match].reason, suppressed_in="external"))
    for index, entry in enumerate(live):
        if index not in used and (not entry.checks or any(check in ran for check in entry.checks)):
            problems.append(Unread(entry.where, 0, f"suppression matches no finding: {entry.about}"))
    return Suppressed(tuple(standing), tuple(left_out), tuple(problems))


def _is_meant(entry: FileSuppression, finding: Finding) -> bool:
    return (
        (not entry.checks or finding.rule.id in entry.checks)
        and (not entry.fingerprint or finding.fingerprint == entry.fingerprint)
        and entry.covers(finding.location.path)
    )


def _directives(source: Source, span: tuple[int, int]) -> list[tuple[re.Match[str], int]]:
    """Each directive in one comment, with its line; a block comment may hold several."""
    start, end = span
    text = source.slice(start, end)
    first = source.line_of(start)
    return [(match, first + text.count("\n", 0, match.start())) for match in _DIRECTIVE.finditer(text)]


def _read(
    path: str, line: int, match: re.Match[str], known: Collection[str], problems: list[Unread]
) -> Suppression | None:
    """One directive, or `None` after saying in `problems` why it does not suppress."""

    def refuse(reason: str) -> None:
        problems.append(Unread(path, line, reason))

    if match["verb"] != "ignore":
        refuse(f"unknown directive rearguard: {match['verb']!r} (only ignore[check-id] is known)")
        return None
    checks = tuple(dict.fromkeys(part.strip() for part in (match["checks"] or "").split(",") if part.strip()))
    if not checks:
        refuse("suppression names no check: write ignore[check-id] and a reason")
        return None
    for check in checks:
        if not _is_known(check, known):
            near = difflib.get_close_matches(check, sorted(known), n=1)
            refuse(f"suppression of unknown check {check!r}" + (f"; did you mean {near[0]}?" if near else ""))
    checks = tuple(check for check in checks if _is_known(check, known))
    rest = _CLOSERS.sub("", match["rest"]).strip()
    until, wrong = _until(rest)
    reason = _UNTIL.sub("", rest).strip(" \t:-–—")
    if wrong:
        refuse(f"suppression has the date {wrong!r}: write until=YYYY-MM-DD")
    elif not any(character.isalnum() for character in reason):
        refuse(f"suppression of {', '.join(checks) or 'nothing'} gives no reason, so it does not suppress")
    elif checks:
        return Suppression(path, line, checks, reason, until, 0)
    return None


def _is_known(check: str, known: Collection[str]) -> bool:
    """Whether it is a check, or a rule of another tool (`bandit:b608`), which only that tool knows."""
    return check in known or ":" in check.strip(":")


def _until(rest: str) -> tuple[date | None, str]:
    """The date of `until=`, and the text that is not one."""
    match = _UNTIL.search(rest)
    if match is None:
        return None, ""
    try:
        return date.fromisoformat(match["date"]), ""
    except ValueError:
        return None, match["date"]


def _stands_alone(source: Source, line: int) -> bool:
    """True when nothing but the comment is on the line, so that it speaks for the next one."""
    start = source.line_starts[line - 1]
    mark = source.text.find(b"rearguard:", start)
    opener = _OPENERS.match(source.text, start, mark)
    return opener is not None and not source.text[opener.end() : mark].strip(b" \t*")


def _next_line(line: int, alone: set[int]) -> int:
    if line not in alone:
        return 0
    following = line + 1
    while following in alone:
        following += 1
    return following


def _match(
    finding: Finding, candidates: Iterable[Suppression], sources: Mapping[str, Source]
) -> Suppression | None:
    source = sources.get(finding.location.path)
    if source is None:
        return None
    first = source.line_of(finding.location.start)
    last = source.line_of(max(finding.location.start, finding.location.end - 1))
    for suppression in candidates:
        near = first <= suppression.line <= last or first == suppression.next_line
        if near and finding.rule.id in suppression.checks:
            return suppression
    return None
