"""Privileged operations must ask whether the caller may do them."""

from collections.abc import Iterator
from functools import cached_property

from rearguard.analysis.access import Row, claims
from rearguard.checks.base import Context, Draft, page
from rearguard.checks.endpoints import by_handler, contrast, endpoint_of, first_line, repair_place, request
from rearguard.checks.incorrect_authorization import slips
from rearguard.checks.lacking import Lack
from rearguard.checks.missing_authentication import what
from rearguard.checks.own_approvals import own_approvals
from rearguard.checks.privileged import half_asked, lack, unguarded_field
from rearguard.findings import Confidence, Finding, Request, Rule, Severity
from rearguard.program import Evidence, Span, Step


class MissingAuthorization:
    """See missing_authorization.md, which is this check's page and its test."""

    @cached_property
    def rule(self) -> Rule:
        """What is true of every finding of this check."""
        return Rule(
            id="missing-authorization",
            title="A privileged operation asks for no role or permission",
            cwe=862,
            severity=Severity.HIGH,
            asvs=("v5.0.0-8.2.1",),
            api_top10=("API5:2023",),
            related=(285, 269),
            page=page("missing-authorization"),
        )

    def run(self, context: Context) -> Iterator[Draft]:
        """Yield one finding per handler that any account may use and should not."""
        if context.is_fragment:
            return
        rows = tuple(context.matrix)
        told: set[Span] = set()
        for row in by_handler(rows):
            if row.surface is not None and any(
                claim.kind == "role" for claim in claims.claims(row.surface, context.matrix.origins)
            ):
                # It is told as the role that the client gives itself.
                continue
            if slips(context, row):
                # It is told as the check that is there and decides nothing.
                continue
            found = lack(context, row, rows) or unguarded_field(context, row, rows)
            if found is not None:
                whole = self._draft(context, row, found)
                told.add(whole.finding.location)
                yield whole
        for row in rows:
            # A class that answers by itself has one row for all its methods above, and not for each of two.
            found = half_asked(row, rows) if not row.public else None
            draft = self._draft(context, row, found) if found is not None else None
            if draft is not None and draft.finding.location not in told:
                told.add(draft.finding.location)
                yield draft
        for row, resource, column, place in own_approvals(context):
            draft = self._approved(context, row, resource, column, place)
            if draft.finding.location not in told:
                told.add(draft.finding.location)
                yield draft

    def _approved(self, context: Context, row: Row, resource: str, column: str, place: Span) -> Draft:
        """Whoever asks for something gives the answer."""
        endpoint = endpoint_of(context, row)
        finding = Finding(
            rule=self.rule,
            location=repair_place(context, row, ()),
            message=f"{endpoint.name} lets whose the {resource} is set its `{column}` to anything, although it begins as one that "
            "waits for somebody else.",
            why="Whoever asks for something grants it: the step at which somebody with a role was to decide is left out.",
            severity=self.rule.severity,
            confidence=Confidence.LIKELY,
            confidence_reason=f"another change of such a {resource} asks for a role, and this writes the state as it was sent",
            evidence=Evidence((Step(place, f"`{column}` is written as it was sent", "sink"),), ()),
            advice=f"Take `{column}` from nobody but who has the role that decides, in an endpoint of its own, and let others move "
            "it only along the steps that are theirs.",
            endpoint=endpoint,
            verification=(
                Request(
                    "As an ordinary user, set the state of what is yours to the one that grants it.",
                    request(endpoint, "Authorization: Bearer $TOKEN_OF_USER"),
                    "403, and nothing changed.",
                ),
            ),
            subject=f"{endpoint.name} {column}",
        )
        return Draft(finding)

    def _draft(self, context: Context, row: Row, found: Lack) -> Draft:
        endpoint = endpoint_of(context, row)
        place = _asked_beside(context, row, found) or repair_place(context, row, found.kept)
        does, steps = what(row)
        finding = Finding(
            rule=self.rule,
            location=place,
            message=_message(endpoint.name, does, row, found),
            why="Anyone can make an account, or take over the weakest one, and then do what was meant for few.",
            severity=self.rule.severity,
            confidence=found.confidence,
            confidence_reason=found.reason,
            evidence=Evidence(
                (Step(place, row.authorization.reason, "note"), *row.authentication.evidence, *steps),
                contrast(found.kept, "asks for a role or permission"),
            ),
            advice=_advice(found),
            endpoint=endpoint,
            verification=(
                Request(
                    "Send the request as an ordinary user.",
                    request(endpoint, "Authorization: Bearer $TOKEN_OF_USER"),
                    "403, and nothing changed or shown.",
                ),
            ),
            subject=endpoint.name,
        )
        return Draft(finding)


def _asked_beside(context: Context, row: Row, found: Lack) -> Span | None:
    """Where a view says, for some of its actions, who may call them: this one is missing there."""
    implied = row.endpoint.implied
    for other in found.kept if implied is not None else ():
        if other.endpoint.implied is None or implied is None or other.endpoint.implied.cid != implied.cid:
            continue
        named = {guard.partition(": ")[2].partition(" (")[0] for guard in other.guards}
        own = [link for link in other.endpoint.chain if link.how == "class" and link.label in named]
        same = {link.span for link in row.endpoint.chain}
        for link in own:
            if link.span not in same and link.span.path == row.endpoint.handler.span.path:
                return first_line(context, link.span)
    return None


def _message(name: str, does: str, row: Row, found: Lack) -> str:
    if row.authentication.state == "none":
        return f"{name} {does} for everyone: {found.why}."
    if found.lower:
        return f"{name} {does} for everyone whom `{found.lower}` lets through, although {found.why}."
    if any(a.operation in ("update", "delete") and a.limit in ("owner", "tenant") for a in row.accesses):
        return f"{name} {does} for everyone who may see it, although {found.why}."
    return f"{name} {does} for everyone who is logged in, although {found.why}."


def _advice(found: Lack) -> str:
    for row in found.kept:
        for guard in row.guards:
            if guard.startswith("authorization: ") and "check in the handler" not in guard:
                name = guard.removeprefix("authorization: ").partition(" (")[0]
                return f"Put `{name}` before this handler, as its siblings have it."
    return (
        "Ask for the role or permission that this needs before anything happens, and answer 403 without it."
    )
