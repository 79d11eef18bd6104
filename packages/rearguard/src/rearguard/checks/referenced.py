"""Findings of references that are stored as the client names them."""

from collections.abc import Iterator

from rearguard.analysis.access import Row
from rearguard.checks.base import Context, Draft, with_article
from rearguard.checks.endpoints import endpoint_of, request
from rearguard.checks.privileged import lack
from rearguard.checks.stored_references import Reference, References
from rearguard.findings import Confidence, Finding, Request, Rule
from rearguard.program import Evidence, Span, Step


def referenced(context: Context, rule: Rule, told: set[str], seen: set[Span]) -> Iterator[Draft]:
    """One finding per place where others' records are tied to what the caller makes, but for endpoints that are told."""
    references = References(context)
    for row in references.rows:
        if endpoint_of(context, row).name in told or lack(context, row, references.rows) is not None:
            continue
        found = references.of(row)
        if found is not None and found.place not in seen:
            seen.add(found.place)
            told.add(endpoint_of(context, row).name)
            yield _draft(context, rule, row, found)


def _draft(context: Context, rule: Rule, row: Row, found: Reference) -> Draft:
    endpoint = endpoint_of(context, row)
    makes = "creates" if found.access.operation == "create" else "changes"
    steps = (
        Step(found.place, f"the client says which {found.resource} this is of", "source"),
        Step(found.access.span, f"it is stored as `{found.field}`, and nobody asks whose it is", "sink"),
    )
    kept = Step(
        found.kept.span,
        f"such {with_article(found.resource)} is looked up for the caller alone here",
        "contrast",
    )
    finding = Finding(
        rule=rule,
        location=found.place,
        message=f"{endpoint.name} {makes} {with_article(found.access.resource)} for whichever {found.resource} "
        f"`{found.field}` names, whoever that belongs to.",
        why="A caller who names what is another's ties it to what they have, reads it along with that, or changes what "
        "the other sees.",
        severity=rule.severity,
        confidence=Confidence.LIKELY,
        confidence_reason=f"{with_article(found.resource)} is kept to its owner where it is read, and here only its "
        "identifier is asked for",
        evidence=Evidence(steps, (kept,)),
        advice=f"Look the {found.resource} up for the caller first, and answer 404 when there is none.",
        endpoint=endpoint,
        verification=(
            Request(
                f"As a second user, send the identifier of {with_article(found.resource)} of the first user.",
                request(endpoint, "Authorization: Bearer $TOKEN_OF_SECOND_USER"),
                "403 or 404, and nothing is stored.",
            ),
        ),
        subject=f"{found.access.resource} {found.field} reference",
    )
    return Draft(finding)


__all__ = ["referenced"]
