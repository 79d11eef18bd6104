"""Results of other tools beside ours: one finding for one cause at one place, with everyone who saw it.

Two results are the same when they lie in one file, their lines touch, and they name one weakness (or two that
are one cause by another name). Ours stays, since it carries the evidence; of two others the surer one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from rearguard.findings import Confidence, Finding, Rule
from rearguard.program import Evidence, Source, Span, Step
from rearguard.scanners.claims import UNNAMED, Claim
from rearguard.scanners.weaknesses import same_cause

__all__ = ["merged"]

_REASONS = {
    Confidence.LIKELY: "the scanner's own rating; Rearguard followed no values here",
    Confidence.QUESTION: "the scanner is not sure itself, and Rearguard found nothing that confirms it",
}


def merged(
    findings: Sequence[Finding], claims: Iterable[Claim], sources: Mapping[str, Source]
) -> tuple[list[Finding], list[Finding]]:
    """Our findings with the names of those who confirm them, and findings for what only others saw.

    `sources` holds every file that a claim names; a claim beyond its file's end is put on the last line.
    """
    own = list(findings)
    others: list[Finding] = []
    by_path: dict[str, list[tuple[list[Finding], int]]] = {}
    for index, finding in enumerate(own):
        by_path.setdefault(finding.location.path, []).append((own, index))
    for claim in sorted(claims, key=_order):
        source = sources.get(claim.path)
        if source is None:
            continue
        span = _span(claim, source)
        weaknesses = frozenset((claim.cwe, *claim.related)) - {UNNAMED}
        candidates = by_path.setdefault(claim.path, [])
        match = next(
            (one for one in candidates if _is_same(one[0][one[1]], span, weaknesses, claim, source)), None
        )
        if match is None:
            others.append(_finding(claim, span))
            candidates.append((others, len(others) - 1))
            continue
        known, index = match
        finding = known[index]
        if claim.name not in finding.reported_by:
            known[index] = replace(finding, reported_by=(*finding.reported_by, claim.name))
    return own, others


def _order(claim: Claim) -> tuple[object, ...]:
    return (
        claim.path,
        claim.line,
        claim.confidence.rank,
        claim.severity.rank,
        claim.tool,
        claim.rule,
        claim.subject,
    )


def _span(claim: Claim, source: Source) -> Span:
    """The text of the claim's lines without the blanks around it."""
    last = len(source.line_starts)
    first = min(max(claim.line, 1), last)
    end_line = min(max(claim.end_line, first), last)
    start = source.line_starts[first - 1]
    end = source.line_starts[end_line] if end_line < last else len(source.text)
    text = source.text[start:end]
    return Span(source.path, start + len(text) - len(text.lstrip()), max(start, start + len(text.rstrip())))


def _is_same(finding: Finding, span: Span, weaknesses: frozenset[int], claim: Claim, source: Source) -> bool:
    if finding.rule.id == _id(claim) and finding.subject != claim.subject:
        return False
    if not same_cause(weaknesses, frozenset((finding.rule.cwe, *finding.rule.related)) - {UNNAMED}):
        return False
    if claim.subject and finding.subject != claim.subject:  # two advisories about one package
        return False
    places = [
        finding.location,
        *(s.span for s in finding.evidence.steps if s.kind in ("source", "pass", "sink")),
    ]
    return any(_touch(place, span, source) for place in places if place.path == span.path)


def _touch(one: Span, other: Span, source: Source) -> bool:
    first, last = source.line_of(one.start), source.line_of(max(one.start, one.end - 1))
    low, high = source.line_of(other.start), source.line_of(max(other.start, other.end - 1))
    return first <= high and low <= last


def _id(claim: Claim) -> str:
    """A rule's id in our reports: the tool and its own id, as one word."""
    word = f"{claim.tool}:{claim.rule}".lower()
    return "".join(c if c.isalnum() or c in ":.-_" else "-" for c in word)[:120]


def _finding(claim: Claim, span: Span) -> Finding:
    title = claim.title or claim.rule
    return Finding(
        rule=Rule(
            id=_id(claim),
            title=title[:1].upper() + title[1:],
            cwe=claim.cwe,
            severity=claim.severity,
            related=tuple(one for one in claim.related if one != claim.cwe),
        ),
        location=span,
        message=claim.message if claim.message.endswith((".", "!", "?")) else f"{claim.message}.",
        why=f"Reported by {claim.name}, not by Rearguard's own checks.",
        severity=claim.severity,
        confidence=claim.confidence,
        confidence_reason=_REASONS[claim.confidence],
        evidence=Evidence((Step(span, f"{claim.name} points here", "note"),)),
        subject=claim.subject,
        reported_by=(claim.name,),
    )
