"""Checks that ask what is called, set or named, and the one form of their findings."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from rearguard.checks.base import Context, Draft, page
from rearguard.findings import Confidence, Endpoint, Finding, Request, Rule, Severity
from rearguard.program import Evidence, Span, Step
from rearguard.repair.targets import Target


@dataclass(frozen=True)
class PlainCheck:
    """A check made of its rule and a function that finds. See the page beside the check's module."""

    id: str
    title: str
    cwe: int
    severity: Severity
    asvs: tuple[str, ...]
    find: Callable[[Context, Rule], Iterator[Draft]]
    api_top10: tuple[str, ...] = ()
    related: tuple[int, ...] = ()
    absence: bool = False

    @cached_property
    def rule(self) -> Rule:
        """What is true of every finding of this check."""
        return Rule(
            id=self.id,
            title=self.title,
            cwe=self.cwe,
            severity=self.severity,
            asvs=self.asvs,
            api_top10=self.api_top10,
            related=self.related,
            absence=self.absence,
            page=page(self.id),
        )

    def run(self, context: Context) -> Iterator[Draft]:
        """Yield one finding per place to repair."""
        seen: set[tuple[str, int]] = set()
        for draft in self.find(context, self.rule):
            place = draft.finding.location
            if (place.path, place.start) not in seen:
                seen.add((place.path, place.start))
                yield draft


def told(
    rule: Rule,
    place: Span,
    message: str,
    *,
    why: str,
    advice: str,
    step: str,
    certain: bool,
    reason: str,
    subject: str = "",
    before: tuple[Step, ...] = (),
    verification: tuple[Request, ...] = (),
    endpoint: Endpoint | None = None,
    target: Target | None = None,
    severity: Severity | None = None,
    question: bool = False,
) -> Draft:
    """A finding at one place; `step` says what is seen there, `before` what led to it."""
    confidence = Confidence.CERTAIN if certain else Confidence.LIKELY
    finding = Finding(
        rule=rule,
        location=place,
        message=message,
        why=why,
        severity=severity or rule.severity,
        confidence=Confidence.QUESTION if question else confidence,
        confidence_reason=reason,
        evidence=Evidence((*before, Step(place, step, "sink"))),
        advice=advice,
        verification=verification,
        endpoint=endpoint,
        subject=subject,
    )
    return Draft(finding, target)
