"""The first screen of a review, and the table of routes, for a terminal of 80 columns."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rearguard.findings import Edit, Endpoint, Finding, ReviewResult, Severity, Unread
from rearguard.program import Source
from rearguard.report.page import Page
from rearguard.report.quote import quotes
from rearguard.report.revision import Change, is_shown, revision
from rearguard.report.summary import (
    NO_ROUTES,
    actionable,
    guards_by_kind,
    headline,
    level_statement,
    others_statement,
    plural,
    questions,
    severities,
    unread_statement,
    without_login,
)

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["print_review", "print_routes"]

_SEVERITY = {
    Severity.CRITICAL: "bold white on red",
    Severity.HIGH: "bold red",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "cyan",
}
PASTED = "-"
"""The root of a result whose code came from standard input."""
_CODE_LINES = 10
_UNREAD_SHOWN = 3


def print_review(
    result: ReviewResult,
    sources: Mapping[str, Source],
    console: "Console",
    *,
    written: Sequence[str] = (),
    limit: int = 5,
) -> None:
    """Print the first screen. `written` are the report files, the one to read first in front."""
    page = Page(console, quotes(result, sources))
    result = page.quoted.cleaned(result)
    _title(page, result)
    if result.coverage.files:
        _figures(page, result)
        _findings(page, result, limit)
    _closing(page, result, written, limit)


def print_routes(result: ReviewResult, sources: Mapping[str, Source], console: "Console") -> None:
    """Print every route with who may call it and what restricts the call; unresolved ones at the end."""
    page = Page(console, quotes(result, sources))
    result = page.quoted.cleaned(result)
    width = max((len(endpoint.method) for endpoint in result.endpoints), default=0)
    if not result.endpoints:
        page.line((NO_ROUTES, "bold"))
    else:
        page.line((f"{'':{width}}  {'ROUTE':{page.width - width - 25}}  {'LOGIN':9}  {'OBJECT':10}", "dim"))
        for endpoint in result.endpoints:
            _route(page, endpoint, width)
    page.line()
    shown = headline(result)
    page.words(
        f"{plural(shown.routes, 'route')}: {shown.without_login} without login, "
        f"{shown.login_unknown} with login unknown, {shown.open_objects} with an id that nothing restricts, "
        f"{shown.objects_unknown} with ownership unknown."
    )
    unresolved = result.coverage.endpoints_unresolved
    if unresolved:
        page.line((f"{plural(len(unresolved), 'registration')} not resolved:", "bold"))
        for entry in unresolved:
            _unread(page, entry)


def _title(page: Page, result: ReviewResult) -> None:
    coverage = result.coverage
    size = [plural(coverage.files, "file"), plural(coverage.lines, "line"), *coverage.frameworks]
    page.line(("Rearguard", "bold"), f"  {result.root}  ", (", ".join(size), "dim"))
    page.line()
    if not coverage.files:
        page.words(
            f"Nothing to review: no Python, JavaScript or TypeScript source under {result.root}. "
            "Is this the right directory?",
            "bold",
        )
        page.line()
    for note in result.notes:
        page.words(note, "yellow")
    if result.notes:
        page.line()


def _figures(page: Page, result: ReviewResult) -> None:
    shown = headline(result)
    if shown.routes == 0 and shown.unresolved == 0:
        page.words("No routes were recognised: what follows rests on files and settings alone.", "yellow")
        page.line()
        return

    def figure(count: int, words: str, alarm: str) -> None:
        page.line((f"{count:>5}", alarm if count else "green"), f"  {words}")

    figure(shown.routes, "route" if shown.routes == 1 else "routes", "bold")
    figure(shown.without_login, "reachable without login", "bold yellow")
    takes = "takes" if shown.open_objects == 1 else "take"
    figure(shown.open_objects, f"{takes} an id without an ownership check", "bold red")
    if shown.login_unknown:
        figure(shown.login_unknown, "where login could not be decided", "yellow")
    figure(shown.unresolved, "not resolved", "yellow")
    page.line()


def _findings(page: Page, result: ReviewResult, limit: int) -> None:
    act, ask = actionable(result), questions(result)
    extra = [plural(len(ask), "question")] if ask else []
    extra += [f"{len(result.suppressed)} suppressed"] if result.suppressed else []
    besides = (f"  and {', '.join(extra)}" if extra else "", "dim")
    if act:
        page.line((plural(len(act), "finding"), "bold"), f": {severities(act)}", besides)
    else:
        page.line(("No findings", "bold green"), besides)
        page.words("That is no proof of absence: what was not analysed is named below.", "dim")
    page.line()
    pasted = result.root == PASTED
    shown: dict[tuple[Edit, ...], int] = {}
    for number, finding in enumerate(act[:limit], start=1):
        edits = finding.fix.edits if finding.fix is not None and is_shown(finding.fix) else ()
        earlier = shown.setdefault(edits, number) if edits else number
        _finding(page, number, finding, 0 if pasted and edits else earlier)
    if pasted:
        _revised_whole(page, act[:limit])


def _revised_whole(page: Page, findings: Sequence[Finding]) -> None:
    """Pasted code is given back whole, each revision once."""
    fixes = {f.fix.edits: f.fix for f in findings if f.fix is not None and is_shown(f.fix) and f.fix.edits}
    for fix in fixes.values():
        page.line(("Revised", "bold"), ", and reviewed again: the findings above are gone, none is new")
        page.line()
        page.code([(" ", n, text) for n, text in enumerate(fix.revised.splitlines(), start=1)], indent=2)
        page.line()


def _finding(page: Page, number: int, finding: Finding, revised_under: int) -> None:
    """`revised_under` is the finding whose revision repairs this one too; 0 when it is shown at the end."""
    place = str(page.quoted.place(finding.location))
    page.line(
        (f"{number:>2}  ", "bold"),
        (f"{finding.severity.upper()}", _SEVERITY[finding.severity]),
        (f"  {finding.rule.id}", "bold"),
        (f"  {finding.confidence.value}, CWE-{finding.rule.cwe}", "dim"),
    )
    page.line((place, "bold cyan"), f"  {finding.endpoint.name}" if finding.endpoint else "", indent=4)
    page.words(finding.message, indent=4)
    if finding.reported_by:
        page.words(others_statement(finding), "dim", indent=4)
    page.line()
    has_revision = finding.fix is not None and is_shown(finding.fix) and bool(finding.fix.edits)
    if has_revision and revised_under == number:
        _revision(page, finding)
    else:
        page.code([(" ", *line) for line in page.quoted.lines(finding.location, 3)], indent=2)
        if finding.advice:
            page.line()
            page.words(finding.advice, indent=4, hang=6, first="Fix")
        if has_revision and revised_under:
            page.words(f"The revision under {revised_under} repairs this too.", "dim", indent=10)
    shown = next((step for step in finding.verification if step.request), None)
    if shown is not None:
        page.line()
        page.command(shown.request, indent=4, hang=6, first="Try")
        if shown.expect:
            page.words(shown.expect, indent=4, hang=6, first="Want")
    page.line()


def _revision(page: Page, finding: Finding) -> None:
    assert finding.fix is not None
    changes = [(hunk.path, change) for hunk in revision(finding.fix, page.quoted) for change in hunk.changes]
    first = _first_shown(page, finding, changes)
    shown = changes[first : first + _CODE_LINES]
    for path in dict.fromkeys(where for where, _ in shown):
        if path != finding.location.path:
            page.line((path, "dim"), indent=4)
        page.code([(c.sign, c.number, c.text) for where, c in shown if where == path], indent=2)
    if len(changes) > len(shown):
        page.line((f"{plural(len(changes) - len(shown), 'more line')} in the report", "dim"), indent=10)
    if finding.fix.disposition == "review":
        page.words("Changes behaviour on purpose: read it before applying it.", "dim", indent=10)


def _first_shown(page: Page, finding: Finding, changes: list[tuple[str, Change]]) -> int:
    """Where the lines that are shown begin: a helper that a repair brings is not what readers look for."""
    place = page.quoted.place(finding.location)
    for index, (path, change) in enumerate(changes):
        if path == place.path and change.sign == "-" and change.number >= place.line:
            # With a line before it, where there is one.
            return max(0, index - 1) if index >= _CODE_LINES else 0
    return 0


def _closing(page: Page, result: ReviewResult, written: Sequence[str], limit: int) -> None:
    left = max(0, len(actionable(result)) - limit)
    rest = [plural(left, "more finding")] if left else []
    rest += [plural(len(questions(result)), "question")] if questions(result) else []
    if written:
        rest.append("every route" if rest else "Every route")
        page.words(f"{_listing(rest)}, with evidence: {written[0]}", "bold")
        if written[1:]:
            page.words("Also " + ", ".join(written[1:]), "dim")
    elif rest:
        page.words(f"{_listing(rest)} not shown.", "bold")
    page.line()
    page.words(unread_statement(result), "" if result.coverage.complete else "yellow")
    for entry in (*result.coverage.unread[:_UNREAD_SHOWN], *result.stale_suppressions[:_UNREAD_SHOWN]):
        _unread(page, entry)
    more = sum(
        max(0, len(many) - _UNREAD_SHOWN) for many in (result.coverage.unread, result.stale_suppressions)
    )
    if more:
        page.line((f"and {more} more", "dim"), indent=2)
    page.words(level_statement(result), "dim")


def _unread(page: Page, entry: Unread) -> None:
    place = f"{entry.path}:{entry.line}" if entry.line else entry.path
    page.words(f"{place}: {entry.reason}", indent=2)


def _route(page: Page, endpoint: Endpoint, width: int) -> None:
    room = page.width - width - 25
    path = endpoint.path if len(endpoint.path) <= room else endpoint.path[: room - 3] + "..."
    ownership = {"open": "OPEN", "none": "-"}.get(endpoint.ownership, endpoint.ownership)
    page.line(
        (f"{endpoint.method:{width}}  ", "bold"),
        f"{path:{room}}  ",
        (f"{endpoint.authentication:9}  ", "bold yellow" if without_login(endpoint) else ""),
        (f"{ownership:10}", "bold red" if endpoint.ownership == "open" else ""),
    )
    place = page.quoted.place(endpoint.location)
    page.words(f"{endpoint.handler} ({place})", indent=width + 2, hang=9, first="handler")
    for kind, names in guards_by_kind(endpoint).items():
        page.words(f"{kind}: {', '.join(names)}", indent=width + 2, hang=9, first="guard")
    if endpoint.inputs:
        page.words(", ".join(endpoint.inputs), indent=width + 2, hang=9, first="reads")


def _listing(parts: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
