"""The figures and sentences that every report shares, so that no two reports disagree."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from rearguard.findings import Confidence, Endpoint, Finding, Fix, ReviewResult, Severity, ToolRun

__all__ = [
    "NOTHING_EXAMINED",
    "NO_PROOF",
    "NO_REPAIR",
    "NO_ROUTES",
    "REFUSED",
    "Headline",
    "accepted",
    "actionable",
    "guards_by_kind",
    "headline",
    "level_statement",
    "others_statement",
    "plural",
    "questions",
    "severities",
    "unread_statement",
    "without_login",
]

NOTHING_EXAMINED = "Nothing was examined: no source of a known language was found. Check the directory."
NO_ROUTES = "No routes were recognised."
NO_PROOF = "No finding in a category means that none was found, not that the category is fulfilled."
NO_REPAIR = "No automatic repair is known for this place."
REFUSED = "No revised code: re-analysis refused the repair, "
"""The reason follows."""


@dataclass(frozen=True, slots=True)
class Headline:
    """What matters before any finding."""

    routes: int
    without_login: int
    """Routes that answer a caller who did not log in: authentication none or optional."""
    login_unknown: int
    open_objects: int
    """Routes that take an id from the request without an ownership check."""
    objects_unknown: int
    unresolved: int
    """Registrations whose path or handler could not be resolved."""


def headline(result: ReviewResult) -> Headline:
    """The figures of the first screen."""
    endpoints = result.endpoints
    return Headline(
        routes=len(endpoints),
        without_login=sum(without_login(endpoint) for endpoint in endpoints),
        login_unknown=sum(endpoint.authentication == "unknown" for endpoint in endpoints),
        open_objects=sum(endpoint.ownership == "open" for endpoint in endpoints),
        objects_unknown=sum(endpoint.ownership == "unknown" for endpoint in endpoints),
        unresolved=len(result.coverage.endpoints_unresolved),
    )


def without_login(endpoint: Endpoint) -> bool:
    """True when the route answers a caller who did not log in."""
    return endpoint.authentication in {"none", "optional"}


def actionable(result: ReviewResult) -> tuple[Finding, ...]:
    """The findings that are failures, in the result's order."""
    return tuple(one for one in result.findings if one.confidence is not Confidence.QUESTION)


def questions(result: ReviewResult) -> tuple[Finding, ...]:
    """The findings that ask a person to decide."""
    return tuple(one for one in result.findings if one.confidence is Confidence.QUESTION)


def severities(findings: Iterable[Finding]) -> str:
    """`1 critical, 2 high`, worst first; "" for none."""
    counts = Counter(finding.severity for finding in findings)
    return ", ".join(f"{counts[severity]} {severity}" for severity in Severity if counts[severity])


def plural(count: int, one: str, many: str = "") -> str:
    """`1 route`, `2 routes`."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def guards_by_kind(endpoint: Endpoint) -> dict[str, list[str]]:
    """The guards of a route by kind: `authentication: requireAuth (auth.js:12)` is `authentication`'s."""
    found: dict[str, list[str]] = {}
    for guard in endpoint.guards:
        kind, separator, name = guard.partition(": ")
        found.setdefault(kind if separator else "guard", []).append(name if separator else guard)
    return found


def accepted(fix: Fix) -> str:
    """What is known of a repair that is shown, without the stop."""
    if fix.disposition == "safe":
        return "Re-analysis accepted it, and benign input behaves as before"
    return "Re-analysis accepted it; it changes behaviour on purpose, so read it before applying it"


def others_statement(finding: Finding) -> str:
    """Which other tools point to a finding; "" for none."""
    names = ", ".join(finding.reported_by)
    if not names:
        return ""
    return f"Reported by {names}." if ":" in finding.rule.id else f"Also reported by {names}."


def level_statement(result: ReviewResult) -> str:
    """What the tool level means for the trust in the result (design section 4)."""
    ran = ", ".join(_tool(tool) for tool in result.tools if tool.outcome == "ran")
    lost = ", ".join(_tool(tool) for tool in result.tools if tool.outcome != "ran")
    match result.level:
        case 0:
            text = "Tool level 0: independent scanners ran and their results are merged: SAST-validated."
        case 1:
            text = (
                "Tool level 1: files and Rearguard's own engine. An engine does not certify itself: "
                "nothing here was validated by an independent scanner."
            )
        case _:
            text = (
                "Tool level 2: a fragment without its repository. Treat everything here as guidance "
                "that still needs a scan of the whole."
            )
    return text + (f" Ran: {ran}." if ran else "") + (f" Without: {lost}." if lost else "")


def _tool(tool: ToolRun) -> str:
    """A tool with its version, and what a reader must know of how it ran."""
    about = [tool.outcome] if tool.outcome != "ran" else []
    about += [tool.detail] if tool.detail else []
    return f"{tool.name} {tool.version}".strip() + (f" ({': '.join(about)})" if about else "")


def unread_statement(result: ReviewResult) -> str:
    """One sentence on what was not analysed."""
    coverage = result.coverage
    resolved = f"{coverage.calls_resolved} of {plural(coverage.calls, 'call')} resolved"
    if coverage.complete:
        return f"Every file of a known language was read whole; {resolved}."
    parts = len(coverage.unread)
    return f"{plural(parts, 'file or part', 'files or parts')} not analysed; {resolved}."
