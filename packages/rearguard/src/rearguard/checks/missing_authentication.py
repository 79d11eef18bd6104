"""Endpoints that change or disclose data must know who calls."""

import re
from collections.abc import Iterator
from functools import cached_property

from rearguard.analysis.access import Access, Row
from rearguard.analysis.access.claims import claims
from rearguard.analysis.access.guards import INLINE
from rearguard.analysis.access.intent import BY_SECRET, MARKED, is_capability, is_one_time
from rearguard.analysis.access.principals import is_caller
from rearguard.analysis.access.surface import is_above, late_place, late_repair
from rearguard.analysis.settings import is_development_branch
from rearguard.checks.base import Context, Draft, page
from rearguard.checks.endpoints import (
    believes_token,
    by_handler,
    contrast,
    endpoint_of,
    first_line,
    handler_id,
    is_trace,
    location,
    repair_place,
    request,
    same_router,
)
from rearguard.checks.incorrect_authorization import slips
from rearguard.checks.logins import logins
from rearguard.checks.open_sockets import (
    ADVICE,
    SOCKET,
    VERIFICATION,
    connection,
    joined,
    may_refuse,
    passed_on,
    tells_rooms,
)
from rearguard.checks.opened_reads import opened_read
from rearguard.checks.privileged import is_field, is_privileged
from rearguard.checks.told_of_people import told_of_people
from rearguard.findings import Confidence, Endpoint, Finding, Request, Rule, Severity
from rearguard.program import Evidence, Op, Step
from rearguard.repair.targets import Target

_CHANGES = frozenset({"create", "update", "delete"})
MAX_UNKNOWN = 0.2
"""Share of endpoints with guards that could not be read above which a project may know its callers after all."""
_SAFE = ("GET", "HEAD", "QUERY")
_PROVES = re.compile(
    r"token|code|otp|secret|reset|until|expire|attempt|login|verif|confirm|passw|hash|signature|session",
    re.IGNORECASE,
)
"""Fields of what strangers do with an account of their own: they log in, or ask for a new password."""
_INSIDE = re.compile(
    r"(?:[\w-]*[_-])?(?:exports?|backups?|dumps?|settings|configs?|configuration|logs?|reports?|subscribers|usage)(?:\.\w+)?"
)
"""Words of a path behind which nothing lies that is meant for visitors."""
_SHOWN_FILES = re.compile(
    r"photos?|images?|img|pictures?|media|avatars?|thumb(?:nail)?s?|logos?|icons?|banners?|covers?|stickers?|themes?|fonts?|"
    r"gallery|leaflets?|brochures?|flyers?"
)
"""Words of a path behind which lie the pictures and papers of pages that everyone may see."""
_ACCOUNT = re.compile(r"users?|members?|accounts?|profiles?|people|customers?|employees?", re.IGNORECASE)
_NOTES = re.compile(r"log|audit|track|record|metric|notif|count", re.IGNORECASE)
"""Functions that are told of somebody without choosing anything by it."""
_LOGGED = re.compile(
    r"log(?:ged)?_?-?in|auth(?:enticated|orized)?|is_?auth\w*|user(?:_?(?:id|name))?|admin|is_?admin|role",
    re.IGNORECASE,
)


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
        strangers = (
            row
            for row in rows
            if row.authentication.state == "none"
            and (
                not row.public
                or _despite_mark(row) is not None
                or opened_read(context, row, rows) is not None
            )
        )
        beside: dict[str, list[tuple[Row, Confidence, str]]] = {}
        for row in by_handler(row for row in strangers if not is_field(row)):
            if slips(context, row):
                # It is told as the check that is there and decides nothing.
                continue
            if _is_for_developers(context, row):
                continue
            if row.endpoint.method == SOCKET:
                verdict = _open_socket(context, row)
            else:
                verdict = _despite_mark(row) or opened_read(context, row, rows) or _opened(row)
                verdict = verdict or _verdict(context, row, rows)
            if verdict is not None:
                alone = context.matrix.knows_callers or context.is_fragment or _opened(row) is not None
                place = "" if alone else _together(context, row)
                if row.endpoint.method == SOCKET:
                    place = connection(context, row)
                beside.setdefault(place, []).append((row, *verdict))
        for place, many in beside.items():
            if many[0][0].endpoint.method == SOCKET:
                # What is stored or said says more than who listens.
                many.sort(key=lambda one: not _changes(one[0]) and passed_on(context, one[0]) is None)
            for row, confidence, reason in many if not place else many[:1]:
                others = [other for other, _, _ in many[1:]] if place else []
                yield self._draft(context, row, rows, confidence, reason, others)

    def _draft(
        self,
        context: Context,
        row: Row,
        rows: tuple[Row, ...],
        confidence: Confidence,
        reason: str,
        others: list[Row],
    ) -> Draft:
        endpoint = endpoint_of(context, row)
        guarded = _guarded_siblings(row, rows)
        late = row.surface.late if row.surface is not None else None
        place = first_line(context, late.span) if late is not None else repair_place(context, row, guarded)
        is_socket = endpoint.method == SOCKET
        does, seen = _says(context, row) if is_socket else what(row)
        advice = ADVICE if is_socket else _advice(guarded)
        steps = (
            Step(place, f"{row.authentication.reason}", "note"),
            *row.authentication.evidence,
            *seen,
            *(Step(location(context, other), "nor does this ask", "note") for other in others),
        )
        comes = "opens the connection" if is_socket else "sends the request"
        message = f"{endpoint.name} {does} for anyone who {comes}: nothing asks who that is."
        if late is not None:
            message += f" `{late.label}` stands {late_place(late)}, and never runs."
        if others:
            listed = ", ".join(f"{other.endpoint.method} {other.endpoint.path}" for other in others)
            message += f" Nor does anything for {listed}."
        finding = Finding(
            rule=self.rule,
            location=place,
            message=message,
            why="Whoever reaches the service can do this, without an account and without leaving a name.",
            severity=self.rule.severity,
            confidence=confidence,
            confidence_reason=reason,
            evidence=Evidence(steps, contrast(guarded, "asks for a login")),
            advice=f"Write `{late.label}` {late_repair(late)}." if late is not None else advice,
            endpoint=endpoint,
            verification=(VERIFICATION if is_socket else _verification(endpoint),),
            subject=endpoint.name,
        )
        if late is not None and late.value is not None and is_above(late):
            return Draft(finding, Target("decorator-order", *late.value))
        if is_socket:
            return Draft(finding)
        return Draft(
            finding, Target("require-authentication", handler_id(row), guards=_login_guards(row, guarded))
        )


def lacks_login(context: Context, row: Row, rows: tuple[Row, ...]) -> bool:
    """Whether anyone may call an endpoint, and should not."""
    return row.authentication.state == "none" and not row.public and _verdict(context, row, rows) is not None


def _says(context: Context, row: Row) -> tuple[str, tuple[Step, ...]]:
    """What a connection does with what it is told, in words, and where."""
    if _changes(row):
        return what(row)
    others_get = passed_on(context, row)
    if others_get is not None:
        return "sends what it is told to the other connections", (others_get,)
    room = joined(context, row)
    return (
        what(row) if room is None else ("opens the room that is named, with all that is sent to it,", (room,))
    )


def _open_socket(context: Context, row: Row) -> tuple[Confidence, str] | None:
    """A connection that anyone may open, and through which one changes what is stored or speaks to others."""
    if context.is_fragment or not context.matrix.knows_callers or may_refuse(context, row):
        return None
    if believes_token(row):
        return None
    if _changes(row):
        return (
            Confidence.LIKELY,
            "the project asks for a login elsewhere, and what this connection says is stored",
        )
    if passed_on(context, row) is not None:
        return (
            Confidence.LIKELY,
            "the project asks for a login elsewhere, and what anyone says here others receive",
        )
    if joined(context, row) is not None and tells_rooms(context, row):
        return (
            Confidence.LIKELY,
            "the project asks for a login elsewhere, and whoever names a room here is sent what is meant for it",
        )
    return None


def open_socket(context: Context, row: Row) -> bool:
    """Whether a connection is told here: it asks nobody, in a project that knows its callers."""
    return row.authentication.state == "none" and not row.public and _open_socket(context, row) is not None


def _is_for_developers(context: Context, row: Row) -> bool:
    """Whether the endpoint is registered in a branch that production never takes: `if (isDev) app.get(...)`."""
    for handler in row.endpoint.handler.functions:
        module, separator, _ = handler.rpartition("::")
        around = module + separator + (context.view.function(handler).parent or "<module>")
        if around in context.view.linker.functions and is_development_branch(
            context.view, around, row.endpoint.span.start
        ):
            return True
    return False


def _together(context: Context, row: Row) -> str:
    """What one login mends where nothing asks anybody: the changes of one kind of object in a file; "" for the rest."""
    resources = {access.resource for access in _changes(row)}
    if len(resources) != 1 or is_privileged(row):
        return ""
    return f"{location(context, row).path} {resources.pop()}"


def _guarded_siblings(row: Row, rows: tuple[Row, ...]) -> list[Row]:
    """Endpoints with a login, those beside this one first, then those on the same resource."""
    guarded = [other for other in rows if other.authentication.state == "required" and other is not row]
    names = {access.resource for access in row.accesses}
    near = [other for other in guarded if same_router(row, other)]
    kin = [other for other in guarded if other not in near and names & {a.resource for a in other.accesses}]
    return near + kin


def _login_guards(row: Row, guarded: list[Row]) -> tuple[str, ...]:
    """Names of what asks for a login, and for nothing more, on the endpoints beside this one; on those of the
    same resource only where none beside it asks: what calls here may be another kind of caller."""
    near = [other for other in guarded if same_router(row, other)]
    found = [
        guard.removeprefix("authentication: ").partition(" (")[0]
        for other in near or guarded
        for guard in other.guards
        if guard.startswith("authentication: ") and other.authorization.state == "none"
    ]
    return tuple(dict.fromkeys(found))


def _verification(endpoint: Endpoint) -> Request:
    return Request(
        "Send the request without a session or token.",
        request(endpoint),
        "401, and nothing changed or shown.",
    )


_TAKES_ALONE = re.compile(r"(?:^|_)(?:scheme|bearer)(?:_|$)", re.IGNORECASE)
"""Names of what takes a token out of the request (`oauth2_scheme`), and verifies nothing."""


def _advice(guarded: list[Row]) -> str:
    for row in guarded:
        for guard in row.guards:
            if guard.startswith("authentication: "):
                name = guard.removeprefix("authentication: ").partition(" (")[0]
                if name == INLINE or _TAKES_ALONE.search(name):
                    continue
                return f"Put `{name}` before this handler, as the other endpoints do, or mark it as public on purpose."
    return "Require a verified session or token before the handler runs, or mark the endpoint as public on purpose."


def _changes(row: Row) -> list[Access]:
    return [access for access in row.accesses if access.operation in _CHANGES and not is_trace(access)]


def _opened(row: Row) -> tuple[Confidence, str] | None:
    """A session that is opened for whoever asks: nothing was looked up or verified before."""
    facts = row.surface.facts[row.surface.handler_start :] if row.surface is not None else ()
    opened = [fact for fact in facts if fact.kind == "session" and _LOGGED.fullmatch(fact.what)]
    looked = any(fact.kind in ("touch", "verify", "denial", "tested") for fact in facts)
    if opened and not looked and not any(fact.conditions for fact in opened):
        return Confidence.LIKELY, "the session is marked as logged in, and nothing is verified before"
    return None


def _despite_mark(row: Row) -> tuple[Confidence, str] | None:
    """What is marked as open to everyone and changes what belongs to somebody, whichever the client names."""
    if row.public != MARKED or row.surface is None or row.surface.doubts or row.purpose:
        return None
    for touch in row.surface.touches:
        access = next((a for a in row.accesses if (a.fid, a.value) == (touch.fid, touch.value)), None)
        if access is None or access.operation not in ("update", "delete") or is_trace(access):
            continue
        names = [name for name, _ in (*touch.keys, *touch.written)]
        owned = access.owner_field not in ("", "id") and access.restricted.state == "open"
        if (
            owned
            and not is_capability(touch)
            and not is_one_time(touch)
            and not any(map(_PROVES.search, names))
        ):
            return Confidence.LIKELY, "a mark opens it, and it changes what elsewhere only its owner reaches"
    return None


def what(row: Row) -> tuple[str, tuple[Step, ...]]:
    """What an endpoint does, in words, and where."""
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
    if _opened(row) is not None:
        return "opens a session", ()
    if row.accesses:
        access = row.accesses[0]
        return f"answers with stored {access.resource} data", (
            Step(access.span, f"reads stored {access.resource} data", "sink"),
        )
    return "does its work", ()


def _says_whether(context: Context, access: Access) -> bool:
    """Whether of what is looked up nothing is given back but that it is there: `return found !== null`, spelled out."""
    if access.operation not in ("read", "list"):
        return False
    definitions = context.view.definitions(access.fid)
    given = [definitions.get(number) for number in context.matrix.origins.returned(access.fid)]
    return bool(given) and all(
        made is not None and made.op == Op.CONST and isinstance(made.value, bool) for made in given
    )


def _verdict(context: Context, row: Row, rows: tuple[Row, ...]) -> tuple[Confidence, str] | None:
    """How sure it is that this endpoint should ask for a login; `None` when it need not."""
    changes = _changes(row)
    if row.surface is not None and row.surface.late is not None:
        return Confidence.CERTAIN, "what should ask for a login is named, and stands where it never runs"
    if not (row.accesses or row.effects or row.discloses) or believes_token(row):
        return None
    if not (row.effects or row.discloses) and all(_says_whether(context, one) for one in row.accesses):
        return None
    if logins(context).of(row):
        # It says who calls: `POST /api/token`, which gives a token for a password.
        return None
    if row.surface is not None and any(
        claim.refuses and claim.kind in ("service", "page")
        for claim in claims(row.surface, context.matrix.origins)
    ):
        # What stands for a login believes the client, and that is told.
        return None
    if context.is_fragment:
        if changes:
            return Confidence.QUESTION, "the piece of code does not show what runs before it"
        return None
    if not context.matrix.knows_callers:
        if context.matrix.unknown > MAX_UNKNOWN * len(rows):
            return None
        return _without_any(context, row, changes)
    near = [other for other in rows if same_router(row, other) and other is not row]
    if changes:
        if any(other.authentication.state == "required" for other in near) or _kin(row, rows):
            return (
                Confidence.CERTAIN,
                "endpoints beside it, or on the same data, ask for a login and this one does not",
            )
        return (
            Confidence.LIKELY,
            "the project asks for a login elsewhere, and this endpoint changes data without one",
        )
    if is_privileged(row):
        return Confidence.CERTAIN, "its path is for operators, and it asks nobody who they are"
    private = _reads_private(row, rows)
    if private is not None and _tells_who_looks(context, row):
        return None
    if private is not None and _is_kept_elsewhere(private, row, rows):
        return Confidence.CERTAIN, "the same data is shown only to its owner elsewhere"
    if private is not None:
        return Confidence.LIKELY, "the same data is shown only to known callers elsewhere"
    told = told_of_people(context, row)
    if told is not None:
        return (
            Confidence.LIKELY,
            f"the project knows its callers, and `{told[1]}` of people is for anyone to read here",
        )
    return _odd(row, rows, near)


def _odd(row: Row, rows: tuple[Row, ...], near: list[Row]) -> tuple[Confidence, str] | None:
    """An endpoint that stands out from those beside it, or that has effects."""
    kin = [other for other in near if _is_akin(row, other)]
    if not _changes(row) and not any(_INSIDE.fullmatch(word) for word in _words(row)):
        # What only known callers may change, everyone may often read: for a look, other looks are the measure.
        kin = [other for other in kin if not _changes(other)]
    akin = [other for other in kin if other.authentication.state == "required"]
    if len(akin) >= 2 and len(akin) >= 0.6 * len(kin) and (row.accesses or row.discloses):
        return Confidence.LIKELY, "the endpoints registered beside it ask for a login and this one does not"
    files = [
        o for o in near if o.discloses and o.endpoint.handler.functions != row.endpoint.handler.functions
    ]
    asked = {other.endpoint.handler.functions for other in files}
    shown = any(_SHOWN_FILES.fullmatch(word) for word in _words(row))
    if (
        row.discloses
        and not shown
        and len(asked) > 1
        and all(o.authentication.state == "required" for o in files)
    ):
        return Confidence.LIKELY, "the other endpoints that send files ask for a login and this one does not"
    if _is_powerful(row) or (row.endpoint.method not in _SAFE and _writes(row)):
        return (
            Confidence.LIKELY,
            "the project asks for a login elsewhere, and this endpoint has effects without one",
        )
    return None


def _is_powerful(row: Row) -> bool:
    """Whether programs are started, or given text is run."""
    return any(step.text.startswith(("starts", "runs")) for step in row.effects)


def _writes(row: Row) -> bool:
    return any(step.text.startswith("writes") for step in row.effects)


def _without_any(context: Context, row: Row, changes: list[Access]) -> tuple[Confidence, str] | None:
    """In a project that asks nobody, only what overwrites, destroys or has power is clearly not for everyone."""
    if any(access.operation in ("update", "delete") for access in changes):
        return Confidence.LIKELY, "stored data is changed, and nothing in the project knows who calls"
    if row.accesses and is_privileged(row):
        return Confidence.LIKELY, "its path is for operators, and nothing in the project knows who calls"
    if context.matrix.has_accounts and (_is_powerful(row) or _writes(row) or (changes and _on_get(row))):
        return Confidence.LIKELY, "the project has accounts, and this asks nobody for theirs"
    return None


def _on_get(row: Row) -> bool:
    return row.endpoint.method in _SAFE


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


def _shows_everyone(row: Row, resource: str) -> bool:
    """Whether an endpoint that is meant for everyone answers with the same kind of object.

    Who logs in, or asks for a new password, has an account looked up, and is not shown it.
    """
    if row.public == BY_SECRET:
        # Who has the link was given it.
        return False
    return bool(row.public) and any(
        access.resource == resource
        and access.operation in ("read", "list")
        and (access.owner_field != "id" or row.endpoint.method in _SAFE)
        for access in row.accesses
    )


def _shows(row: Row, resource: str) -> bool:
    """Whether an endpoint reads such an object to show it: where it changes one, it had to look that up."""
    operations = {access.operation for access in row.accesses if access.resource == resource}
    return bool(operations & {"read", "list"}) and not operations & {"update", "delete"}


def _tells_who_looks(context: Context, row: Row) -> bool:
    """Whether the handler hands the caller, a guest perhaps, to a function that chooses what is shown:
    `person.topics(page, viewer=current_user)`."""
    origins = context.matrix.origins
    fid = handler_id(row)
    return any(
        any(is_caller(atom) for value in call.args[1:] for atom in origins.of(fid, value))
        and not all(_NOTES.search(target) for target in targets)
        for call in (context.view.linker.contents(fid).calls if fid in context.view.linker.functions else ())
        if (targets := origins.runs(fid, call))
    )


def _is_kept_elsewhere(private: Access, row: Row, rows: tuple[Row, ...]) -> bool:
    """Whether another endpoint shows such records to their owners alone: no profile for all to see."""
    return any(
        access.resource == private.resource
        and access.operation in ("read", "list")
        and access.limit in ("owner", "tenant")
        for other in rows
        if other.endpoint.handler.functions != row.endpoint.handler.functions
        for access in other.accesses
    )


def _reads_private(row: Row, rows: tuple[Row, ...]) -> Access | None:
    """What is read that belongs to somebody, and is shown to known callers alone everywhere else."""
    touches = row.surface.touches if row.surface is not None else ()
    handed = {(touch.fid, touch.value) for touch in touches if is_capability(touch)}
    for access in row.accesses:
        if (access.fid, access.value) in handed:
            # Whoever has the link may see what it was made for.
            continue
        if not access.owner_field or (access.keys and all(source is None for _, source in access.keys)):
            continue
        others = [
            other
            for other in rows
            if other.endpoint.handler.functions != row.endpoint.handler.functions
            and _shows(other, access.resource)
            and not other.public
            # What is looked up for something else shows nothing.
            and (row.endpoint.method not in _SAFE or other.endpoint.method in _SAFE)
        ]
        if any(_shows_everyone(other, access.resource) for other in rows):
            # Some of it is published.
            continue
        if access.owner_field == "id" and access.keys:
            # Profiles are shown to everyone in many services.
            continue
        if (access.owner_field == "id" and any(_ACCOUNT.fullmatch(word) for word in _words(row))) or (
            others and all(other.authentication.state in ("required", "unknown") for other in others)
        ):
            return access
    return None
