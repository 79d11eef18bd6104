"""L1: for the engineer who repairs."""

from collections.abc import Iterable, Iterator

from rearguard.findings import Endpoint, Finding, ReviewResult
from rearguard.program import Span
from rearguard.report.markdown.text import code, fence, link, prose, sentence, table
from rearguard.report.matrix import NAMES, is_alarming
from rearguard.report.quote import Quotes, visible
from rearguard.report.revision import Hunk, is_shown, revision
from rearguard.report.summary import (
    NO_REPAIR,
    NO_ROUTES,
    REFUSED,
    accepted,
    actionable,
    guards_by_kind,
    others_statement,
    plural,
    without_login,
)
from rearguard.standards import EDITIONS, api_risk, category, requirement, weakness

__all__ = ["detail", "technical"]

DATA_ACCESS = frozenset({22, 78, 89, 90, 213, 312, 434, 502, 611, 639, 643, 862, 863, 915, 918, 943})
"""Weaknesses of reading and writing data, files and other systems on behalf of a request."""
VALIDATION = frozenset({20, 400, 770, 1333, 1287})
"""Weaknesses of input that is used without type, bound or format."""


def technical(result: ReviewResult, quoted: Quotes) -> Iterator[str]:
    """The blocks of the section."""
    yield "## L1: for the engineer"
    yield "### Findings"
    act = actionable(result)
    if not act:
        yield "None."
    for number, finding in enumerate(act, start=1):
        yield from detail(finding, quoted, f"{number}. ")
    yield "### Input validation"
    yield from _validation(result)
    yield "### Authentication flows"
    yield from _authentication(result)
    yield "### Data access"
    yield from _data_access(result, quoted)
    yield "### Endpoint security"
    yield from _endpoints(result, quoted)
    if result.suppressed:
        yield "### Suppressed"
        rows = [
            (code(one.rule.id), code(str(quoted.place(one.location))), prose(quoted.clean(one.suppressed)))
            for one in result.suppressed
        ]
        yield table(("Check", "Place", "Reason given"), rows)


def detail(finding: Finding, quoted: Quotes, prefix: str = "") -> Iterator[str]:
    """One finding with everything that is known of it."""
    place = quoted.place(finding.location)
    yield f"#### {prefix}{prose(finding.rule.title)}: {code(str(place))}"
    route = f" · {code(finding.endpoint.name)}" if finding.endpoint else ""
    yield f"{code(finding.rule.id)} · **{finding.severity}** · {finding.confidence}{route}"
    yield prose(quoted.clean(finding.message))
    yield f"Why: {prose(quoted.clean(finding.why))}"
    yield f"Confidence: {finding.confidence}, because {sentence(quoted.clean(finding.confidence_reason))}."
    yield "Evidence:"
    before = ("", "")
    for number, step in enumerate(finding.evidence.steps, start=1):
        where = code(str(quoted.place(step.span)))
        yield f"{number}. {where} ({step.kind}): {prose(quoted.clean(step.text))}"
        block = _quotation(step.span, quoted)
        if block and (step.span.path, block) != before:  # steps on one line share its quotation
            yield block
        before = (step.span.path, block)
    for step in finding.evidence.contrast:
        yield f"The project's own way, {code(str(quoted.place(step.span)))}: {prose(quoted.clean(step.text))}"
        if block := _quotation(step.span, quoted):
            yield block
    if finding.reported_by:
        yield prose(others_statement(finding))
    yield from _repair(finding, quoted)
    if finding.verification:
        yield "Verification:"
        for number, request in enumerate(finding.verification, start=1):
            expect = f" Expected: {sentence(quoted.clean(request.expect))}." if request.expect else ""
            yield f"{number}. {prose(quoted.clean(request.text))}{expect}"
            if request.request:
                yield fence(quoted.clean(request.request), "sh")
    yield _references(finding)


def _repair(finding: Finding, quoted: Quotes) -> Iterator[str]:
    if finding.advice:
        yield f"Advice: {prose(quoted.clean(finding.advice))}"
    fix = finding.fix
    if fix is None:
        yield NO_REPAIR
    elif not is_shown(fix):
        yield f"{REFUSED}{sentence(quoted.clean(fix.refused))}."
    else:
        note = f"{accepted(fix)}:"
        yield f"Revised code: {sentence(quoted.clean(fix.title))}. {note}"
        hunks = revision(fix, quoted)
        if hunks:
            yield fence("\n".join(_patch(hunks)), "diff")
        elif fix.revised:
            yield fence(quoted.clean(fix.revised), quoted.language(finding.location.path))


def _patch(hunks: Iterable[Hunk]) -> Iterator[str]:
    path = ""
    for hunk in hunks:
        if hunk.path != path:
            path = hunk.path
            named = visible(path).replace("\n", "\\n")
            yield f"--- {named}"
            yield f"+++ {named}"
        old = [change for change in hunk.changes if change.sign in "- "]
        new = [change for change in hunk.changes if change.sign in "+ "]
        first = hunk.changes[0].number
        yield f"@@ -{first},{len(old)} +{first},{len(new)} @@"
        yield from (f"{change.sign}{change.text}" for change in hunk.changes)


def _references(finding: Finding) -> str:
    rule = finding.rule
    primary = weakness(rule.cwe)
    found = [link(primary.title, primary.url)]
    for edition in EDITIONS:
        entry = category(rule.cwe, edition)
        found += [link(entry.title, entry.url)] if entry else []
    for risk in (api_risk(id) for id in rule.api_top10):
        found.append(link(risk.title, risk.url))
    for asked in (requirement(id) for id in rule.asvs):
        found.append(link(asked.title, asked.url))
    return f"References: {'; '.join(found)}. Fingerprint {code(finding.fingerprint) or 'not assigned'}."


def _quotation(span: Span, quoted: Quotes) -> str:
    """The numbered lines of `span` as a block; "" when the source is not at hand."""
    lines = quoted.lines(span)
    if not lines:
        return ""
    return fence("\n".join(f"{number:>5}  {text}" for number, text in lines), quoted.language(span.path))


def _validation(result: ReviewResult) -> Iterator[str]:
    """Which route reads which input, and what was seen to validate it."""
    reading = [endpoint for endpoint in result.endpoints if endpoint.inputs]
    if not reading:
        yield "No route was seen to read request values."
        return
    numbers = _by_endpoint(result)
    rows = []
    for endpoint in reading:
        rules = guards_by_kind(endpoint).get("validation", [])
        cited = [
            f"finding {number}" for number, one in numbers.get(endpoint, ()) if one.rule.cwe in VALIDATION
        ]
        rows.append(
            (
                code(endpoint.name),
                ", ".join(code(name) for name in endpoint.inputs),
                ", ".join(prose(name) for name in rules) or "none seen",
                ", ".join(cited) or "-",
            )
        )
    yield table(("Route", "Reads", "Validated by", "See"), rows)
    bare = sum(1 for endpoint in reading if "validation" not in guards_by_kind(endpoint))
    yield prose(
        f"{bare} of {plural(len(reading), 'route')} with input were not seen to validate it by a schema. "
        "Rules to set for each value: type, length or range, format; for objects the list of fields."
    )


def _authentication(result: ReviewResult) -> Iterator[str]:
    if not result.endpoints:
        yield "No routes, so no authentication flow was seen."
        return
    users: dict[str, list[Endpoint]] = {}
    for endpoint in result.endpoints:
        for name in guards_by_kind(endpoint).get("authentication", ["no guard seen"]):
            users.setdefault(name, []).append(endpoint)
    yield table(
        ("Guard", "Routes", "For example"),
        (
            (prose(name), str(len(routes)), ", ".join(code(route.name) for route in routes[:3]))
            for name, routes in sorted(users.items(), key=lambda item: (-len(item[1]), item[0]))
        ),
    )
    public = [endpoint for endpoint in result.endpoints if without_login(endpoint)]
    if public:
        yield f"Answer without login: {', '.join(code(endpoint.name) for endpoint in public)}."
    numbers = [
        f"finding {number} ({code(one.rule.id)})"
        for number, one in _numbers(result)
        if _in_category(one, "A07:2025") or one.rule.cwe in {347, 352}
    ]
    if numbers:
        yield f"Findings on identity, session and token handling: {', '.join(numbers)}."


def _data_access(result: ReviewResult, quoted: Quotes) -> Iterator[str]:
    counts = {"restricted": 0, "open": 0, "none": 0, "unknown": 0}
    for endpoint in result.endpoints:
        counts[endpoint.ownership] = counts.get(endpoint.ownership, 0) + 1
    yield table(
        ("Object access of the routes", "Routes"),
        (
            ("Restricted to the caller", str(counts["restricted"])),
            ("Id from the request, nothing restricts it", str(counts["open"])),
            ("No object by id", str(counts["none"])),
            ("Could not be decided", str(counts["unknown"])),
        ),
    )
    rows = [
        (
            f"{number}",
            code(one.rule.id),
            code(str(quoted.place(one.location))),
            prose(quoted.clean(one.message)),
        )
        for number, one in _numbers(result)
        if one.rule.cwe in DATA_ACCESS
    ]
    if rows:
        yield table(("Finding", "Check", "Place", "What happens"), rows)


def _endpoints(result: ReviewResult, quoted: Quotes) -> Iterator[str]:
    if not result.endpoints:
        yield NO_ROUTES
        return
    numbers = _by_endpoint(result)
    rows = []
    for endpoint in result.endpoints:
        cited = [str(number) for number, _ in numbers.get(endpoint, ())]
        rows.append(
            (
                code(endpoint.name),
                code(f"{endpoint.handler} {quoted.place(endpoint.location)}"),
                endpoint.authentication,
                f"**{endpoint.ownership}**" if endpoint.ownership == "open" else endpoint.ownership,
                "; ".join(prose(guard) for guard in endpoint.guards) or "-",
                ", ".join(cited) or "-",
            )
        )
    yield table(("Route", "Handler", "Login", "Object", "Guards", "Findings"), rows)
    yield from _matrix(result, quoted)


def _matrix(result: ReviewResult, quoted: Quotes) -> Iterator[str]:
    """Every cell; the reason and place of those that somebody should look at."""
    columns = [cell.column for cell in result.endpoints[0].cells]
    if not columns:
        return
    yield "### Access matrix"
    rows = []
    for endpoint in result.endpoints:
        states = [f"**{c.state}**" if is_alarming(endpoint, c) else c.state for c in endpoint.cells]
        rows.append((code(endpoint.name), *states))
    yield table(("Route", *(NAMES.get(column, column).capitalize() for column in columns)), rows)
    for endpoint in result.endpoints:
        told = [
            f"{NAMES.get(cell.column, cell.column)} {cell.state}: {prose(cell.reason)}"
            + (f" ({code(str(quoted.place(cell.steps[0].span)))})" if cell.steps else "")
            for cell in endpoint.cells
        ]
        yield f"{code(endpoint.name)}: " + "; ".join(told) + "."


def _numbers(result: ReviewResult) -> list[tuple[int, Finding]]:
    return list(enumerate(actionable(result), start=1))


def _by_endpoint(result: ReviewResult) -> dict[Endpoint, list[tuple[int, Finding]]]:
    found: dict[Endpoint, list[tuple[int, Finding]]] = {}
    for number, one in _numbers(result):
        if one.endpoint is not None:
            found.setdefault(one.endpoint, []).append((number, one))
    return found


def _in_category(finding: Finding, id: str) -> bool:
    entry = category(finding.rule.cwe, "2025")
    return entry is not None and entry.id == id
