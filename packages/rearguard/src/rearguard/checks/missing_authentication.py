"""Endpoints that change or disclose data must know who calls."""

from collections.abc import Iterator
from functools import cached_property

from rearguard.analysis.access import Access, Row
from rearguard.checks.base import Context, Draft, page
from rearguard.checks.endpoints import (
    by_handler,
    contrast,
    endpoint_of,
    handler_id,
    location,
    request,
    same_router,
)
from rearguard.findings import Confidence, Finding, Request, Rule, Severity
from rearguard.program import Evidence, Step
from rearguard.repair.targets import Target

_PRIVILEGED = frozenset({"admin", "internal", "manage", "management", "backoffice", "staff", "debug"})
_CHANGES = frozenset({"create", "update", "delete"})


class MissingAuthentication:
    """See missing_authentication.md, which is this check's page and its test."""

    @cached_property
    def rule(self) -> Rule:
        """What is true of every finding of this check."""
        return Rule(
            id="missing-authentication",
            title="An endpoint that needs a login has none",
            cwe=306,
            severity=Severity.HIGH,
            asvs=("v5.0.0-8.2.1",),
            api_top10=("API2:2023",),
            page=page("missing-authentication"),
        )

    def run(self, context: Context) -> Iterator[Draft]:
        """Yield one finding per handler that anyone may call and should not."""
        rows = tuple(context.matrix)
        for row in by_handler(row for row in rows if row.authentication.state == "none" and not row.public):
            verdict = _verdict(context, row, rows)
            if verdict is not None:
                yield self._draft(context, row, rows, *verdict)

    def _draft(
        self, context: Context, row: Row, rows: tuple[Row, ...], confidence: Confidence, reason: str
    ) -> Draft:
        endpoint = endpoint_of(context, row)
        place = location(context, row)
        guarded = _guarded_siblings(row, rows)
        what = _what(row)
        steps = (
            Step(place, f"{row.authentication.reason}", "note"),
            *row.authentication.evidence,
            *what[1],
        )
        message = f"{endpoint.name} {what[0]} for anyone who sends the request: nothing asks who that is."
        finding = Finding(
            rule=self.rule,
            location=place,
            message=message,
            why="Whoever reaches the service can do this, without an account and without leaving a name.",
            severity=self.rule.severity,
            confidence=confidence,
            confidence_reason=reason,
            evidence=Evidence(steps, contrast(guarded, "asks for a login")),
            advice=_advice(guarded),
            endpoint=endpoint,
            verification=(
                Request(
                    "Send the request without a session or token.",
                    request(endpoint),
                    "401, and nothing changed or shown.",
                ),
            ),
            subject=endpoint.name,
        )
        return Draft(finding, Target("require-authentication", handler_id(row)))


def _guarded_siblings(row: Row, rows: tuple[Row, ...]) -> list[Row]:
    """Endpoints with a login, those beside this one first, then those on the same resource."""
    guarded = [other for other in rows if other.authentication.state == "required" and other is not row]
    names = {access.resource for access in row.accesses}
    near = [other for other in guarded if same_router(row, other)]
    kin = [other for other in guarded if other not in near and names & {a.resource for a in other.accesses}]
    return near + kin


def _advice(guarded: list[Row]) -> str:
    for row in guarded:
        for guard in row.guards:
            if guard.startswith("authentication: "):
                name = guard.removeprefix("authentication: ").partition(" (")[0]
                return f"Put `{name}` before this handler, as the other endpoints do, or mark it as public on purpose."
    return "Require a verified session or token before the handler runs, or mark the endpoint as public on purpose."


def _changes(row: Row) -> list[Access]:
    return [access for access in row.accesses if access.operation in _CHANGES]


def _what(row: Row) -> tuple[str, tuple[Step, ...]]:
    """What the endpoint does, in words, and where."""
    changes = _changes(row)
    if changes:
        verbs = {"create": "creates", "update": "changes", "delete": "removes"}
        access = changes[-1]
        steps = tuple(
            Step(a.span, f"{verbs[a.operation]} a stored {a.resource}", "sink") for a in changes[:3]
        )
        return f"{verbs[access.operation]} stored {access.resource} data", steps
    if row.effects:
        return row.effects[0].text, row.effects[:2]
    if row.accesses:
        access = row.accesses[0]
        return f"answers with stored {access.resource} data", (
            Step(access.span, f"reads stored {access.resource} data", "sink"),
        )
    return "does its work", ()


def _verdict(context: Context, row: Row, rows: tuple[Row, ...]) -> tuple[Confidence, str] | None:
    """How sure it is that this endpoint should ask for a login; `None` when it need not."""
    changes = _changes(row)
    if not (row.accesses or row.effects or row.discloses):
        return None
    if context.is_fragment:
        if changes:
            return Confidence.QUESTION, "the piece of code does not show what runs before it"
        return None
    near = [other for other in rows if same_router(row, other) and other is not row]
    guarded = [other for other in near if other.authentication.state == "required"]
    if not context.matrix.knows_callers:
        if any(other.authentication.state == "unknown" for other in rows):
            return None
        return _without_any(changes)
    kin = [other for other in near if _is_akin(row, other)]
    akin = [other for other in kin if other.authentication.state == "required"]
    if changes:
        if guarded or _kin(row, rows):
            return (
                Confidence.CERTAIN,
                "endpoints beside it, or on the same data, ask for a login and this one does not",
            )
        return (
            Confidence.LIKELY,
            "the project asks for a login elsewhere, and this endpoint changes data without one",
        )
    if _is_privileged(row):
        return Confidence.CERTAIN, "its path is for operators, and it asks nobody who they are"
    if _reads_private(row, rows):
        return Confidence.CERTAIN, "the same data is shown only to known callers elsewhere"
    if len(akin) >= 2 and len(akin) >= 0.6 * len(kin) and (row.accesses or row.discloses):
        return Confidence.LIKELY, "the endpoints registered beside it ask for a login and this one does not"
    reads = row.endpoint.method in ("GET", "HEAD", "QUERY")
    if not reads and any(step.text.startswith(("writes", "starts")) for step in row.effects):
        return (
            Confidence.LIKELY,
            "the project asks for a login elsewhere, and this endpoint has effects without one",
        )
    return None


def _without_any(changes: list[Access]) -> tuple[Confidence, str] | None:
    """In a project that knows no callers, only what overwrites or destroys is clearly not for everyone."""
    if any(access.operation in ("update", "delete") for access in changes):
        return Confidence.LIKELY, "stored data is changed, and nothing in the project knows who calls"
    return None


def _kin(row: Row, rows: tuple[Row, ...]) -> bool:
    names = {access.resource for access in row.accesses}
    return any(
        other.authentication.state == "required" and names & {a.resource for a in other.accesses}
        for other in rows
        if other is not row
    )


def _is_akin(row: Row, other: Row) -> bool:
    """Whether two endpoints are about the same thing: the same resource, or the same first words of the path."""
    if {a.resource for a in row.accesses} & {a.resource for a in other.accesses}:
        return True
    words, others = _words(row), _words(other)
    return bool(words) and words[:2] == others[:2]


def _words(row: Row) -> list[str]:
    parts = (part for part in row.endpoint.path.lower().split("/") if part)
    named = (part for part in parts if not part.startswith((":", "{", "<", "*")))
    return [part for part in named if part != "api" and not (part[0] == "v" and part[1:].isdigit())]


def _names_owner(access: Access) -> bool:
    """Whether the request itself says whose objects it wants."""
    return any(source is not None and name == access.owner_field for name, source in access.keys)


def _is_privileged(row: Row) -> bool:
    return any(part in _PRIVILEGED for part in row.endpoint.path.lower().split("/"))


def _reads_private(row: Row, rows: tuple[Row, ...]) -> bool:
    """Whether what is read belongs to somebody, and is shown to known callers alone everywhere else."""
    for access in row.accesses:
        if not access.owner_field or (access.keys and all(source is None for _, source in access.keys)):
            continue
        if _names_owner(access) and _kin(row, rows):
            return True
        others = [
            other
            for other in rows
            if other.endpoint.handler.functions != row.endpoint.handler.functions
            and any(a.resource == access.resource and a.operation in ("read", "list") for a in other.accesses)
            and not other.public
        ]
        if access.owner_field == "id" and access.keys:
            # Profiles are shown to everyone in many services.
            continue
        if access.owner_field == "id" or (
            others and all(other.authentication.state in ("required", "unknown") for other in others)
        ):
            return True
    return False
