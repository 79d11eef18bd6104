"""L0: one page for a person who decides."""

from collections import Counter
from collections.abc import Iterator

from rearguard.findings import Finding, ReviewResult, Severity
from rearguard.report.markdown.text import code, link, prose, table
from rearguard.report.quote import Quotes
from rearguard.report.revision import is_shown
from rearguard.report.summary import (
    NOTHING_EXAMINED,
    actionable,
    headline,
    level_statement,
    plural,
    questions,
    severities,
    unread_statement,
)
from rearguard.standards import EDITIONS, Category, category

__all__ = ["executive"]

_MATTERS = 5


def executive(result: ReviewResult, quoted: Quotes) -> Iterator[str]:
    """The blocks of the section."""
    yield "## L0: for a decision"
    yield _verdict(result)
    yield _figures(result)
    yield "### What matters most"
    yield from _matters(result, quoted)
    yield "### Categories touched"
    yield from _categories(result)
    yield "### What remains at risk"
    yield "\n".join(f"- {sentence}" for sentence in _risks(result))
    yield "### What was not looked at"
    yield "\n".join(f"- {sentence}" for sentence in _not_seen(result))
    yield prose(level_statement(result))


def _verdict(result: ReviewResult) -> str:
    coverage, act = result.coverage, actionable(result)
    examined = (
        f"Examined: {plural(coverage.files, 'file')} with {plural(coverage.lines, 'line')} and "
        f"{plural(len(result.endpoints), 'route')}"
    )
    frameworks = f" ({', '.join(coverage.frameworks)})" if coverage.frameworks else ""
    if not coverage.files:
        return prose(NOTHING_EXAMINED)
    if not act:
        return prose(f"{examined}{frameworks}. Nothing to act on was found, which is no proof of absence.")
    return prose(f"{examined}{frameworks}. {plural(len(act), 'finding')} to act on: {severities(act)}.")


def _figures(result: ReviewResult) -> str:
    shown = headline(result)
    return table(
        ("Figure", "Count"),
        (
            ("Routes", str(shown.routes)),
            ("Reachable without login", str(shown.without_login)),
            ("Login could not be decided", str(shown.login_unknown)),
            ("Take an id without an ownership check", str(shown.open_objects)),
            ("Ownership could not be decided", str(shown.objects_unknown)),
            ("Routes not resolved", str(shown.unresolved)),
            ("Questions for the team", str(len(questions(result)))),
            ("Suppressed findings", str(len(result.suppressed))),
        ),
    )


def _matters(result: ReviewResult, quoted: Quotes) -> Iterator[str]:
    act = actionable(result)
    if not act:
        yield "Nothing to act on."
        return
    lines = [
        f"{number}. **{finding.severity}** {prose(finding.rule.title)} at "
        f"{code(str(quoted.place(finding.location)))}{_route(finding)}: "
        f"{prose(quoted.clean(finding.message))}"
        for number, finding in enumerate(act[:_MATTERS], start=1)
    ]
    if len(act) > _MATTERS:
        lines.append(f"\nAnd {plural(len(act) - _MATTERS, 'more finding')} in L1.")
    yield "\n".join(lines)


def _route(finding: Finding) -> str:
    return f" ({code(finding.endpoint.name)})" if finding.endpoint else ""


def _categories(result: ReviewResult) -> Iterator[str]:
    act = actionable(result)
    if not act:
        yield "None."
        return
    for edition in EDITIONS:
        counts: Counter[Category | None] = Counter(category(finding.rule.cwe, edition) for finding in act)
        named = sorted((entry for entry in counts if entry is not None), key=lambda entry: entry.id)
        parts = [f"{link(entry.title, entry.url)} ({counts[entry]})" for entry in named]
        parts += [f"outside the list ({counts[None]})"] if counts[None] else []
        yield f"OWASP Top 10 {edition}: {', '.join(parts)}."


def _risks(result: ReviewResult) -> Iterator[str]:
    """What stays open even if every proposed repair is taken."""
    act, shown = actionable(result), headline(result)
    without = [finding for finding in act if not is_shown(finding.fix)]
    if without:
        worst = severities(without)
        yield prose(f"{plural(len(without), 'finding')} without a repair that passed re-analysis ({worst}).")
    look = [one for one in act if one.fix and is_shown(one.fix) and one.fix.disposition == "review"]
    if look:
        need = "changes" if len(look) == 1 else "change"
        yield prose(f"{plural(len(look), 'repair')} that {need} behaviour on purpose: a person must read it.")
    if any(finding.severity in {Severity.CRITICAL, Severity.HIGH} for finding in result.suppressed):
        yield prose(f"Suppressed by the team: {severities(result.suppressed)}.")
    if questions(result):
        yield prose(f"{plural(len(questions(result)), 'question')} that only the team can answer (L2).")
    open_cells = [
        f"{words} {plural(count, 'route')}"
        for words, count in (
            ("login of", shown.login_unknown),
            ("ownership of", shown.objects_unknown),
            ("all of", shown.unresolved),
        )
        if count
    ]
    if open_cells:
        yield prose(f"Access control that could not be decided: {', '.join(open_cells)}.")
    yield "Business rules, infrastructure and the running system are outside a reading of the source."


def _not_seen(result: ReviewResult) -> Iterator[str]:
    yield prose(unread_statement(result))
    for entry in result.coverage.unread:
        place = f"{entry.path}:{entry.line}" if entry.line else entry.path
        yield f"{code(place)}: {prose(entry.reason)}"
    for entry in result.coverage.endpoints_unresolved:
        place = f"{entry.path}:{entry.line}" if entry.line else entry.path
        yield f"Route at {code(place)}: {prose(entry.reason)}"
    for entry in result.stale_suppressions:
        yield f"{code(f'{entry.path}:{entry.line}')}: {prose(entry.reason)}"
    for note in result.notes:
        yield prose(note)
