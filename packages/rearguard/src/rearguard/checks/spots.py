"""Findings about one place: a setting, an option, a call, a line of a settings file."""

from collections.abc import Iterable

from rearguard.checks.base import Draft
from rearguard.findings import Confidence, Endpoint, Finding, Request, Rule, Severity
from rearguard.program import Entry, Evidence, SettingsFile, Span, Step
from rearguard.repair.targets import Target

__all__ = ["in_file", "inner", "spot"]


def inner(outer: Span, part: Span) -> Span:
    """The part if it lies in the same file, else the whole: steps of evidence quote what was found."""
    return part if part.path == outer.path and part.end > part.start else outer


def spot(
    rule: Rule,
    place: Span,
    message: str,
    why: str,
    advice: str,
    reason: str,
    *,
    step: str = "set here",
    part: Span | None = None,
    confidence: Confidence = Confidence.CERTAIN,
    severity: Severity | None = None,
    subject: str = "",
    endpoint: Endpoint | None = None,
    target: Target | None = None,
    verification: tuple[Request, ...] = (),
    before: Iterable[Step] = (),
    after: Iterable[Step] = (),
) -> Draft:
    """A finding whose evidence is one place, with steps before and after it where there are any."""
    sink = Step(inner(place, part) if part is not None else place, step, "sink")
    finding = Finding(
        rule=rule,
        location=place,
        message=message,
        why=why,
        severity=severity or rule.severity,
        confidence=confidence,
        confidence_reason=reason,
        evidence=Evidence((*before, sink, *after)),
        advice=advice,
        endpoint=endpoint,
        verification=verification,
        subject=subject,
    )
    return Draft(finding, target)


def in_file(
    rule: Rule,
    file: SettingsFile,
    entry: Entry,
    message: str,
    why: str,
    advice: str,
    reason: str = "the file says so",
    *,
    confidence: Confidence = Confidence.CERTAIN,
    severity: Severity | None = None,
    subject: str = "",
) -> Draft:
    """A finding about one entry of a settings file."""
    return spot(
        rule,
        file.span(entry),
        message,
        why,
        advice,
        reason,
        confidence=confidence,
        severity=severity,
        subject=subject or entry.key,
    )
