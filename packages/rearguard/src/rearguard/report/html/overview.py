"""What decides: the figures, the few things that matter, the categories, and what was not looked at."""

from collections.abc import Iterable, Sequence

from rearguard.findings import ReviewResult, Unread
from rearguard.report.html.document import Section
from rearguard.report.html.findings import anchor
from rearguard.report.html.markup import Content, Markup, code, joined, link, prose, tag
from rearguard.report.quote import Quotes
from rearguard.report.summary import (
    NO_PROOF,
    NOTHING_EXAMINED,
    actionable,
    headline,
    level_statement,
    plural,
    questions,
    severities,
    unread_statement,
)
from rearguard.standards import EDITIONS, categories, category

__all__ = ["coverage_section", "overview_section", "posture_section"]

_MATTERS = 5


def overview_section(result: ReviewResult, quoted: Quotes) -> Section:
    """One screen for a person who decides."""
    coverage, shown = result.coverage, headline(result)
    act, asked = actionable(result), questions(result)
    frameworks = f", {', '.join(coverage.frameworks)}" if coverage.frameworks else ""
    examined = f"{plural(coverage.files, 'file')}, {plural(coverage.lines, 'line')}{frameworks}."
    if not coverage.files:
        examined = NOTHING_EXAMINED
    figures = (
        _figure(len(act), "finding" if len(act) == 1 else "findings", "bad"),
        _figure(len(asked), "question" if len(asked) == 1 else "questions", "ask"),
        _figure(shown.routes, "routes", ""),
        _figure(shown.without_login, "reachable without login", "ask"),
        _figure(shown.open_objects, "take an id without an ownership check", "bad"),
        _figure(shown.login_unknown, "where login could not be decided", "ask"),
        _figure(shown.unresolved, "registrations not resolved", "ask"),
    )
    parts: list[Content] = [
        tag("p", examined),
        *(tag("p", prose(note), class_="note") for note in result.notes),
    ]
    parts.append(tag("ul", *figures, class_="figures"))
    if act:
        parts += [tag("h3", "What matters most"), tag("ol", *_matters(result, quoted))]
    return Section("overview", "Overview", joined(*parts))


def _figure(count: int, words: str, alarm: str) -> Markup:
    return tag("li", tag("b", str(count), class_=alarm if count else ""), " ", words)


def _matters(result: ReviewResult, quoted: Quotes) -> Iterable[Markup]:
    for number, finding in enumerate(actionable(result)[:_MATTERS], start=1):
        yield tag(
            "li",
            tag("span", finding.severity.value, class_=f"badge {finding.severity.value}"),
            " ",
            tag("a", finding.rule.title, href=f"#{anchor(number)}"),
            " at ",
            code(str(quoted.place(finding.location))),
            ": ",
            prose(quoted.clean(finding.message)),
        )


def posture_section(result: ReviewResult) -> Section:
    """Findings by category of the OWASP Top 10, newest edition first."""
    act = actionable(result)
    parts: list[Content] = [tag("p", NO_PROOF)]
    for edition in reversed(EDITIONS):
        rows = []
        for entry in categories(edition):
            found = [one for one in act if category(one.rule.cwe, edition) == entry]
            rows.append((link(entry.title, entry.url), severities(found) or "none found"))
        rest = [one for one in act if category(one.rule.cwe, edition) is None]
        if rest:
            rows.append((joined("Outside the list"), severities(rest)))
        parts.append(_table((f"OWASP Top 10 {edition}", "Findings"), rows))
    return Section("posture", "Posture", joined(*parts))


def coverage_section(result: ReviewResult) -> Section:
    """The ledger: what was not read, which routes are unresolved, which tools ran."""
    coverage = result.coverage
    parts: list[Content] = [
        tag("p", prose(unread_statement(result))),
        tag("p", prose(level_statement(result))),
    ]
    for title, entries in (
        ("Not analysed", coverage.unread),
        ("Registrations not resolved", coverage.endpoints_unresolved),
        ("Suppressions that excuse nothing", result.stale_suppressions),
    ):
        if entries:
            parts += [tag("h3", title), _table(("Place", "Reason"), map(_entry, entries))]
    if result.tools:
        rows = (
            (tool.name, tool.version or "-", tool.outcome, prose(tool.detail or "-")) for tool in result.tools
        )
        parts += [tag("h3", "Tools"), _table(("Tool", "Version", "Outcome", "Detail"), rows)]
    return Section("coverage", "What was not looked at", joined(*parts), str(len(coverage.unread) or ""))


def _entry(entry: Unread) -> tuple[Content, Content]:
    return code(f"{entry.path}:{entry.line}" if entry.line else entry.path), prose(entry.reason)


def _table(head: Sequence[str], rows: Iterable[Sequence[Content]]) -> Markup:
    titles = tag("tr", *(tag("th", title, scope="col") for title in head))
    body = (tag("tr", *(tag("td", cell) for cell in row)) for row in rows)
    return tag("div", tag("table", tag("thead", titles), tag("tbody", *body)), class_="wide")
