"""L2: for the architect. Every sentence here follows from the result; where it says nothing, so do we."""

from collections import Counter
from collections.abc import Iterable, Iterator

from rearguard.findings import Endpoint, Finding, ReviewResult
from rearguard.report.markdown.technical import detail
from rearguard.report.markdown.text import code, link, prose, table
from rearguard.report.quote import Quotes
from rearguard.report.summary import (
    NO_PROOF,
    actionable,
    guards_by_kind,
    level_statement,
    plural,
    questions,
    severities,
    without_login,
)
from rearguard.standards import EDITIONS, PRACTICES, categories, category, chapters, requirement

__all__ = ["strategic"]

_DEPENDENCIES = frozenset({937, 1035, 1104, 1357, 1395})
_AUDITORS = frozenset({"pip-audit", "npm audit"})
_WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE", "*", "ALL"})
_TOKENS = frozenset({290, 347, 384, 522, 565, 598, 613})
_PASSWORDS = frozenset({256, 257, 521, 640, 798, 916, 1392})
_GUESSING = frozenset({204, 307, 308})


def strategic(result: ReviewResult, quoted: Quotes) -> Iterator[str]:
    """The blocks of the section."""
    yield "## L2: for the architect"
    yield "### Posture by OWASP category"
    yield from _owasp(result)
    yield "### Posture by ASVS chapter"
    yield from _asvs(result)
    yield "### Dependency risk"
    yield from _dependencies(result)
    yield "### How the controls scale"
    yield from _controls(result)
    yield "### The path for authentication"
    yield from _path(result)
    yield "### Questions for the team"
    asked = questions(result)
    if not asked:
        yield "None."
    for number, finding in enumerate(asked, start=1):
        yield from detail(finding, quoted, f"Question {number}. ")
    yield "### Tools and limits"
    yield from _tools(result)


def _owasp(result: ReviewResult) -> Iterator[str]:
    act = actionable(result)
    yield NO_PROOF
    for edition in reversed(EDITIONS):
        rows = []
        for entry in categories(edition):
            found = [one for one in act if category(one.rule.cwe, edition) == entry]
            rows.append((link(entry.title, entry.url), severities(found) or "none found", _checks(found)))
        rest = [one for one in act if category(one.rule.cwe, edition) is None]
        if rest:
            rows.append(("Outside the list", severities(rest), _checks(rest)))
        yield table((f"OWASP Top 10 {edition}", "Findings", "Checks"), rows)


def _asvs(result: ReviewResult) -> Iterator[str]:
    """Requirements that findings speak against, by chapter."""
    against: dict[str, list[Finding]] = {}
    for finding in actionable(result):
        for id in finding.rule.asvs:
            against.setdefault(requirement(id).id, []).append(finding)
    rows = []
    for chapter in chapters():
        asked = sorted(
            (entry for entry in map(requirement, against) if entry.chapter == chapter),
            key=lambda entry: [int(part) for part in entry.number.split(".")],
        )
        if asked:
            named = "; ".join(
                f"{prose(entry.title)} ({plural(len(against[entry.id]), 'finding')})" for entry in asked
            )
            rows.append((link(chapter.title, chapter.url), named))
    if rows:
        yield table(("ASVS 5.0.0 chapter", "Requirements that findings speak against"), rows)
    else:
        yield "No finding names a requirement of ASVS 5.0.0."
    yield "Requirements that are not listed were not verified by this review."


def _dependencies(result: ReviewResult) -> Iterator[str]:
    found = [one for one in actionable(result) if one.rule.cwe in _DEPENDENCIES]
    ran = [tool for tool in result.tools if tool.name in _AUDITORS and tool.outcome == "ran"]
    if ran:
        names = ", ".join(f"{tool.name} {tool.version}".strip() for tool in ran)
        yield prose(f"{names} ran. {plural(len(found), 'finding')} on dependencies.")
    else:
        yield (
            "No dependency scanner ran, so nothing is known of published vulnerabilities in the components. "
            "Run `pip-audit` or `npm audit` and review again."
        )
    if found:
        yield "\n".join(f"- **{one.severity}** {prose(one.message)}" for one in found)


def _controls(result: ReviewResult) -> Iterator[str]:
    """How many routes each kind of control reaches: one that reaches some depends on being remembered."""
    total = len(result.endpoints)
    if not total:
        yield "No routes were recognised, so nothing is known of how controls reach them."
        return
    reach: Counter[str] = Counter()
    names: dict[str, set[str]] = {}
    for endpoint in result.endpoints:
        for kind, guards in guards_by_kind(endpoint).items():
            reach[kind] += 1
            names.setdefault(kind, set()).update(guards)
    if not reach:
        yield prose(
            f"None of {plural(total, 'route')} was seen to have a guard: there is no control to scale."
        )
        return
    rows = [
        (prose(kind), str(count), str(total - count), str(len(names[kind])))
        for kind, count in reach.most_common()
    ]
    yield table(("Control", "Routes with it", "Routes without", "Implementations"), rows)
    partial = [kind for kind, count in reach.items() if count < total]
    if partial:
        yield prose(
            f"Controls that reach only some routes ({', '.join(sorted(partial))}) hold for a new route only "
            "if its author remembers them. A default that denies, with written exceptions, ends that."
        )
    several = sorted(kind for kind in names if len(names[kind]) > 1)
    if several:
        yield prose(
            f"Several implementations exist for {', '.join(several)}: a change must be made in all of them."
        )
    if any(kind.startswith("rate") for kind in reach):
        yield (
            "Rate limits were seen; where their counters are kept was not decided. Counters in process "
            "memory do not hold across workers and instances."
        )
    else:
        yield "No rate limit was seen on any route."


def _path(result: ReviewResult) -> Iterator[str]:
    """Steps in the order of what they close, each only if the result has a ground for it."""
    steps = list(_steps(result))
    if steps:
        yield "\n".join(f"{number}. {step}" for number, step in enumerate(steps, start=1))
    else:
        yield "The result gives no ground for a change of how callers are authenticated."


def _steps(result: ReviewResult) -> Iterator[str]:
    open_writes = [one for one in result.endpoints if without_login(one) and one.method.upper() in _WRITES]
    if open_writes:
        yield (
            "Decide whether each route that changes state without login is meant to be public: "
            f"{_names(open_writes)}."
        )
    unknown = [one for one in result.endpoints if one.authentication == "unknown"]
    if unknown:
        yield f"Make login decidable on {plural(len(unknown), 'route')}: {_names(unknown)}."
    guards = {name for one in result.endpoints for name in guards_by_kind(one).get("authentication", ())}
    if len(guards) > 1:
        listed = ", ".join(prose(name) for name in sorted(guards))
        yield f"Bring {len(guards)} ways of authentication together in one: {listed}."
    act = actionable(result)
    for weaknesses, words in (
        (_TOKENS, "Repair how tokens and sessions are verified, kept and ended"),
        (_PASSWORDS, "Repair how passwords and credentials are stored and recovered"),
        (_GUESSING, "Limit guessing at login, recovery and second factors"),
    ):
        found = [one for one in act if one.rule.cwe in weaknesses]
        if found:
            yield f"{words}: {_checks(found)}."


def _tools(result: ReviewResult) -> Iterator[str]:
    yield prose(level_statement(result))
    if result.tools:
        yield table(
            ("Tool", "Version", "Outcome", "Detail"),
            (
                (prose(tool.name), prose(tool.version) or "-", prose(tool.outcome), prose(tool.detail) or "-")
                for tool in result.tools
            ),
        )
    coverage = result.coverage
    unlowered = sum(coverage.unlowered.values())
    yield prose(
        f"{plural(coverage.functions, 'function')} analysed; {coverage.calls_resolved} of "
        f"{plural(coverage.calls, 'call')} resolved; {plural(unlowered, 'piece')} of syntax without a model."
    )
    practices = ", ".join(
        f"{entry.id} ({entry.support})" for entry in PRACTICES if entry.id in {"PW.5", "PW.7"}
    )
    yield prose(f"NIST SSDF 1.1 practices that this review supports: {practices}.")


def _checks(findings: Iterable[Finding]) -> str:
    counts = Counter(finding.rule.id for finding in findings)
    return ", ".join(f"{code(id)} ({count})" for id, count in sorted(counts.items())) or "-"


def _names(endpoints: Iterable[Endpoint]) -> str:
    return ", ".join(code(endpoint.name) for endpoint in endpoints)
