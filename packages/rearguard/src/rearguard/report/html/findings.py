"""Findings, each one that opens: what happens, the path of the value, the repair, how to see it."""

from collections.abc import Iterable, Sequence

from rearguard.findings import Finding, Fix, Request, ReviewResult, Severity
from rearguard.program import Span, Step
from rearguard.report.html.document import Section
from rearguard.report.html.markup import NOTHING, Markup, code, joined, link, prose, tag
from rearguard.report.quote import Quotes
from rearguard.report.revision import Hunk, is_shown, revision
from rearguard.report.summary import (
    NO_REPAIR,
    REFUSED,
    accepted,
    actionable,
    others_statement,
    plural,
    questions,
    severities,
)
from rearguard.standards import EDITIONS, api_risk, category, requirement, weakness

__all__ = ["anchor", "findings_section", "questions_section", "suppressed_section"]

_OPEN = 3
"""Findings that stand open at first."""


def findings_section(result: ReviewResult, quoted: Quotes) -> Section:
    """What there is to act on."""
    act = actionable(result)
    if not act:
        empty = "Nothing to act on was found. That is no proof of absence: see what was not looked at."
        return Section("findings", "Findings", tag("p", empty), "0")
    articles = (_finding(one, quoted, number, number <= _OPEN) for number, one in enumerate(act, start=1))
    body = joined(tag("p", f"{plural(len(act), 'finding')}: {severities(act)}."), _filters(act), *articles)
    return Section("findings", "Findings", body, str(len(act)))


def questions_section(result: ReviewResult, quoted: Quotes) -> Section | None:
    """What a person has to decide."""
    asked = questions(result)
    if not asked:
        return None
    told = "Reading the code could not decide these. They fail no run."
    articles = (_finding(one, quoted, number, False) for number, one in enumerate(asked, start=1))
    return Section("questions", "Questions", joined(tag("p", told), *articles), str(len(asked)))


def suppressed_section(result: ReviewResult, quoted: Quotes) -> Section | None:
    """What somebody has accepted, with the reason that was given."""
    if not result.suppressed:
        return None
    rows = (
        tag(
            "tr",
            tag("td", code(one.rule.id)),
            tag("td", code(str(quoted.place(one.location)))),
            tag("td", prose(quoted.clean(one.suppressed))),
        )
        for one in result.suppressed
    )
    head = tag("tr", *(tag("th", title, scope="col") for title in ("Check", "Place", "Reason given")))
    body = tag("div", tag("table", tag("thead", head), tag("tbody", *rows)), class_="wide")
    return Section("suppressed", "Suppressed", body, str(len(result.suppressed)))


def anchor(number: int, *, question: bool = False) -> str:
    """The name by which other parts of the page point to a finding."""
    return f"{'question' if question else 'finding'}-{number}"


def _filters(act: Sequence[Finding]) -> Markup:
    """Shown by the script alone: without it everything is in view."""
    levels = [one for one in Severity if any(finding.severity is one for finding in act)]
    boxes = (
        tag("label", tag("input", type="checkbox", name="severity", value=one.value, checked=True), one.value)
        for one in levels
    )
    sure = tag("label", tag("input", type="checkbox", name="certain"), "only certain")
    fixed = tag("label", tag("input", type="checkbox", name="repair"), "only with a repair")
    search = tag(
        "input", type="search", id="search", placeholder="check, path, route or word", autocomplete="off",
        aria_label="Search the findings",
    )  # fmt: skip
    keys = tag(
        "p",
        *("Keys: ", tag("kbd", "/"), " search, ", tag("kbd", "j"), " and ", tag("kbd", "k")),
        *(" next and previous finding, ", tag("kbd", "Enter"), " open or close."),
        class_="dim keys",
    )
    return tag(
        "form",
        search,
        tag("span", *boxes, class_="boxes"),
        sure,
        fixed,
        tag("button", "Open all", type="button", id="open-all"),
        tag("output", "", id="shown", aria_live="polite"),
        keys,
        id="filters",
        hidden=True,
        aria_label="Filter the findings",
    )


def _finding(finding: Finding, quoted: Quotes, number: int, open_: bool) -> Markup:
    asks = finding.confidence == "question"
    place = str(quoted.place(finding.location))
    route = finding.endpoint.name if finding.endpoint else ""
    badge = "question" if asks else finding.severity.value
    title = tag("h3", f"{number}. {finding.rule.title}")
    summary = tag(
        "summary",
        tag("span", badge, class_=f"badge {finding.severity.value}"),
        tag("span", title, tag("span", code(place), f" {route}", class_="at"), class_="name"),
        tag("span", f"{finding.confidence.value}, CWE-{finding.rule.cwe}", class_="dim sure"),
    )
    body = joined(
        tag("p", prose(quoted.clean(finding.message)), class_="message"),
        tag("p", tag("b", "Why it matters. "), prose(quoted.clean(finding.why))),
        _path(finding, quoted),
        _repair(finding, quoted),
        _verification(finding.verification, quoted),
        tag("p", tag("b", f"{finding.confidence.value.capitalize()}, because "),
            prose(quoted.clean(finding.confidence_reason)), class_="dim"),
        tag("p", prose(others_statement(finding))) if finding.reported_by else NOTHING,
        _references(finding),
    )  # fmt: skip
    return tag(
        "details",
        summary,
        tag("div", body, class_="body"),
        id=anchor(number, question=asks),
        class_="finding",
        data_severity=finding.severity.value,
        data_confidence=finding.confidence.value,
        data_repair=is_shown(finding.fix),
        data_words=f"{finding.rule.id} {place} {route} cwe-{finding.rule.cwe}".lower(),
        open=open_,
    )


def _path(finding: Finding, quoted: Quotes) -> Markup:
    """From where the value comes to where it acts; then the project's own way, where it has one."""
    steps = finding.evidence.steps
    if not steps:
        return NOTHING
    items = []
    before: tuple[str, Markup] = ("", NOTHING)
    for step in steps:
        block = _lines(step.span, quoted)
        repeated = (step.span.path, block) == before  # steps on one line share its quotation
        items.append(tag("li", _step(step, quoted), NOTHING if repeated else block))
        before = (step.span.path, block)
    contrast = (
        tag("li", tag("b", "The project's own way: "), _step(step, quoted), _lines(step.span, quoted))
        for step in finding.evidence.contrast
    )
    own = tag("ul", *contrast, class_="path") if finding.evidence.contrast else NOTHING
    return joined(tag("h4", "Evidence"), tag("ol", *items, class_="path"), own)


def _step(step: Step, quoted: Quotes) -> Markup:
    kind = tag("span", step.kind, class_="kind")
    return joined(kind, " ", code(str(quoted.place(step.span))), " ", prose(quoted.clean(step.text)))


def _lines(span: Span, quoted: Quotes) -> Markup:
    rows = [_row(" ", number, text) for number, text in quoted.lines(span)]
    return _block(rows) if rows else NOTHING


def _block(rows: Iterable[Markup]) -> Markup:
    return tag("pre", *rows, tabindex="0")


def _row(sign: str, number: int, text: str) -> Markup:
    kind = {"-": "old", "+": "new"}.get(sign, "same")
    numbered = tag("span", f"{number:>5} {sign} ", class_="no")
    return joined(tag("span", numbered, text.expandtabs(4), class_=kind), "\n")


def _repair(finding: Finding, quoted: Quotes) -> Markup:
    advice = tag("p", prose(quoted.clean(finding.advice))) if finding.advice else NOTHING
    return joined(tag("h4", "Repair"), advice, _revised(finding.fix, finding, quoted))


def _revised(fix: Fix | None, finding: Finding, quoted: Quotes) -> Markup:
    if fix is None:
        return tag("p", NO_REPAIR, class_="dim")
    if not is_shown(fix):
        refused = prose(quoted.clean(fix.refused).rstrip("."))
        return tag("p", REFUSED, refused, ".", class_="dim")
    note = f"{accepted(fix)}."
    told = tag("p", prose(quoted.clean(fix.title).rstrip(".")), f". {note}")
    hunks = revision(fix, quoted)
    if hunks:
        return joined(told, *(_hunk(hunk) for hunk in hunks))
    revised = quoted.clean(fix.revised)
    rows = (_row(" ", number, text) for number, text in enumerate(revised.splitlines(), start=1))
    return joined(told, _block(rows)) if revised else told


def _hunk(hunk: Hunk) -> Markup:
    rows = (_row(change.sign, change.number, change.text) for change in hunk.changes)
    return tag("figure", tag("figcaption", code(hunk.path)), _block(rows))


def _verification(requests: Sequence[Request], quoted: Quotes) -> Markup:
    if not requests:
        return NOTHING
    items = []
    for one in requests:
        sent = tag("pre", quoted.clean(one.request), tabindex="0") if one.request else NOTHING
        expected = prose(quoted.clean(one.expect).rstrip(".")) if one.expect else NOTHING
        told = joined(" Expected: ", expected, ".") if one.expect else NOTHING
        items.append(tag("li", prose(quoted.clean(one.text)), told, sent))
    return joined(tag("h4", "Verification"), tag("ol", *items))


def _references(finding: Finding) -> Markup:
    rule = finding.rule
    primary = weakness(rule.cwe)
    found = [link(primary.title, primary.url)]
    for edition in EDITIONS:
        entry = category(rule.cwe, edition)
        found += [link(entry.title, entry.url)] if entry else []
    found += [link(risk.title, risk.url) for risk in map(api_risk, rule.api_top10)]
    found += [link(asked.title, asked.url) for asked in map(requirement, rule.asvs)]
    items = (tag("li", one) for one in found)
    named = tag("p", code(rule.id), ": ", code(f"rearguard explain {rule.id}"), ". Fingerprint ",
                code(finding.fingerprint or "not assigned"), ".", class_="dim")  # fmt: skip
    return joined(tag("ul", *items, class_="references"), named)
