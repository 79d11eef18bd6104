"""Clients must not be able to write fields that are not theirs to write."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from rearguard.analysis.access import Row
from rearguard.analysis.access.atoms import OPEN, Atom, Atoms
from rearguard.analysis.access.facts import Condition, Fact
from rearguard.analysis.access.loose_schemas import lets_more
from rearguard.analysis.access.principals import ROLE, is_caller
from rearguard.analysis.access.resources import Touch, normal
from rearguard.analysis.access.surface import Surface
from rearguard.checks.base import Context, Draft, page, with_article
from rearguard.checks.belonging import is_membership
from rearguard.checks.endpoints import by_handler, endpoint_of, request
from rearguard.checks.granted_fields import Granted, granted
from rearguard.checks.handed_roles import HandedRole, handed_role
from rearguard.checks.listed_keys import is_listed
from rearguard.checks.privileged import is_privileged
from rearguard.checks.roles import asked_roles, is_for_operators
from rearguard.checks.serializers import Serializer, is_of_admin, serializers
from rearguard.findings import Confidence, Endpoint, Finding, Request, Rule, Severity
from rearguard.program import Evidence, Op, Span, Step

_BODY = frozenset({"body", "form", "json", "data", "query"})
_ROLES = re.compile(
    r"roles?|role_?(?:id|name)|is_?(?:admin|staff|superuser|super_?user|root|moderator)|admin|permissions?|privileges?|"
    r"scopes?|access_?level|user_?type|account_?type|balance|credits?",
    re.IGNORECASE,
)
"""Fields of an account that give power or money: no form of its own owner may carry them."""
_REFERS = re.compile(r"\w+(?:_id|Id|_uuid)|user|member|team|org\w*|workspace|project|group")
MAX_NAMED = 4


@dataclass(frozen=True, slots=True)
class _Case:
    """One way in which a handler lets clients write too much."""

    place: Span
    message: str
    steps: tuple[Step, ...]
    confidence: Confidence
    reason: str
    field: str


class MassAssignment:
    """See mass_assignment.md, which is this check's page and its test."""

    @cached_property
    def rule(self) -> Rule:
        """What is true of every finding of this check."""
        return Rule(
            id="mass-assignment",
            title="Clients can write fields that are not theirs to write",
            cwe=915,
            severity=Severity.HIGH,
            asvs=("v5.0.0-15.3.3",),
            api_top10=("API3:2023",),
            related=(269, 285),
            page=page("mass-assignment"),
        )

    def run(self, context: Context) -> Iterator[Draft]:
        """Yield one finding per statement through which a client writes what it must not."""
        seen: set[Span] = set()
        for row in by_handler(context.matrix):
            if row.surface is None:
                continue
            for case in (
                (*_moved(context, row), *_displaced(context, row))
                if row.authorization.state == "required"
                else cases(context, row)
            ):
                if not any(_overlap(case.place, told) for told in seen):
                    seen.add(case.place)
                    yield self._draft(case, endpoint_of(context, row))
        for serializer in (one for one in serializers(context) if one.takes_all):
            opened = _opened(context, serializer)
            if opened is not None and opened.place not in seen:
                seen.add(opened.place)
                yield self._draft(opened, None)

        rows = () if context.is_fragment else tuple(context.matrix)
        for row in by_handler(rows):
            handed = handed_role(context, row, rows)
            if (
                handed is not None
                and not handed.above
                and not any(_overlap(place, told) for told in seen for place in handed.places)
            ):
                seen.add(handed.place)
                yield self._draft(_handed(row, handed), endpoint_of(context, row))
        for one in granted(context) if not context.is_fragment else ():
            if one.place not in seen:
                seen.add(one.place)
                yield self._draft(_granted(one), endpoint_of(context, one.row))

    def _draft(self, case: _Case, endpoint: Endpoint | None) -> Draft:
        body = f'{{"{case.field}": "admin"}}' if case.field else '{"is_admin": true}'
        sent = request(endpoint, "Authorization: Bearer $TOKEN_OF_USER", body) if endpoint is not None else ""
        finding = Finding(
            rule=self.rule,
            location=case.place,
            message=case.message,
            why="A client that adds a field to the request gives itself a role, another owner, or money.",
            severity=self.rule.severity,
            confidence=case.confidence,
            confidence_reason=case.reason,
            evidence=Evidence(case.steps),
            advice="Name the fields that a client may set, in a schema or one by one, and set all others on the server.",
            endpoint=endpoint,
            verification=(
                Request("As an ordinary user, send the field along.", sent, "The stored field is unchanged."),
            ),
            subject=case.field or "fields",
        )
        return Draft(finding)


def _overlap(one: Span, other: Span) -> bool:
    """Whether two places are in one statement: `update(x)` and `update(x).where(y).execute()`."""
    return one.path == other.path and one.start < other.end and other.start < one.end


def cases(context: Context, row: Row) -> Iterator[_Case]:
    """The ways in which an endpoint lets clients write too much."""
    surface = row.surface
    if surface is None:
        return
    for fact in surface.facts[surface.handler_start :]:
        if fact.kind in ("overwritten", "displaced") and not _has_schema(surface):
            yield _replaced(row, fact)
        touch = fact.touch
        if touch is None or touch.operation not in ("create", "update") or _is_for_privileged(fact):
            continue
        for name, atoms in touch.written:
            case = _named(context, row, fact, name, atoms)
            if name in ("", "*"):
                case = None if is_listed(context, fact) else _whole(context, row, touch, atoms)
            if case is not None:
                yield case
                break


def _moved(context: Context, row: Row) -> Iterator[_Case]:
    """Whoever has a role writes the whole body to what only their own tenant has, and so gives it to another."""
    surface = row.surface
    if surface is None or row.for_services or _has_schema(surface):
        return
    for access in row.accesses:
        fields = [f for f in (access.tenant_field, access.owner_field) if f not in ("", "id")]
        if access.operation != "update" or access.limit not in ("owner", "tenant") or not fields:
            continue
        for touch in surface.touches:
            if (touch.fid, touch.value) != (access.fid, access.value):
                continue
            whole = [a for n, atoms in touch.written if n in ("", "*") for a in _given(atoms)]
            whole = [a for a in whole if a.exact and _is_whole(row, a)]
            taken = {name for name, _ in touch.written}
            if whole and fields[0] not in taken and not _is_checked(row, whole, False):
                yield _given_away(context, row, touch, whole[0], fields[0])
                return


def _displaced(context: Context, row: Row) -> Iterator[_Case]:
    """Whoever has a role among those who share something puts what they make into something else."""
    surface = row.surface
    asked = asked_roles(row)
    if surface is None or row.for_services or _has_schema(surface):
        return
    if is_privileged(row) or not asked or any(map(is_for_operators, asked)):
        return
    for fact in surface.facts[surface.handler_start :]:
        if fact.kind in ("overwritten", "displaced"):
            yield _replaced(row, fact)


def _given_away(context: Context, row: Row, touch: Touch, atom: Atom, field: str) -> _Case:
    steps = (
        Step(atom.span or touch.span, "the client chooses which fields this has", "source"),
        Step(touch.span, f"every one of them is written to the {touch.resource}", "sink"),
    )
    return _Case(
        _handed_over(context, row, touch, atom) or touch.span,
        f"{row.endpoint.method} {row.endpoint.path} changes a stored {touch.resource} with every field that the request "
        f"holds, `{field}` among them, by which others are kept from it.",
        steps,
        Confidence.LIKELY,
        f"it is looked up by `{field}` of the caller, and the body may set that to another's",
        field,
    )


def _has_schema(surface: Surface) -> bool:
    """Whether a schema stands before the handler: what it does not name does not come through."""
    return any(check.kind == "validation" and check.strength == "required" for check in surface.checks)


def _is_for_privileged(fact: Fact) -> bool:
    return any(
        is_caller(atom) and ROLE.search(".".join(atom.path))
        for condition in fact.conditions
        if condition.holds
        for atom in condition.atoms
    )


def _replaced(row: Row, fact: Fact) -> _Case:
    atom = next(iter(fact.atoms))
    said, can, first = (
        ("which holds who the caller is", "act as anyone", "from the caller")
        if fact.kind == "overwritten"
        else ("which says what it is part of", "put it into anything else", "to what was looked up")
    )
    steps = (
        Step(atom.span or fact.span, "the client chooses every entry of this", "source"),
        Step(fact.span, f"it takes the place of `{fact.what}`, {said}", "sink"),
    )
    return _Case(
        fact.span,
        f"{row.endpoint.method} {row.endpoint.path} spreads the request's body over `{fact.what}`, {said}: the client can "
        f"{can}.",
        steps,
        Confidence.CERTAIN if atom.exact else Confidence.LIKELY,
        f"the entry is set {first} first, and the body is spread over it afterwards",
        fact.what,
    )


def _given(atoms: Atoms) -> list[Atom]:
    """Input from a body that nothing is known to have limited, or whose schema lets other fields come along."""
    return sorted(
        (a for a in atoms if a.kind == "input" and a.name in _BODY and a.bound in ("", OPEN)),
        key=lambda a: a.path,
    )


def _whole(context: Context, row: Row, touch: Touch, atoms: Atoms) -> _Case | None:
    """All of the body is stored, whatever fields it holds."""
    if row.surface is None:
        return None
    whole = [a for a in _given(atoms) if a.exact and _is_whole(row, a)]
    # Where the keys themselves are put into a statement, what is asked of the values limits nothing.
    keys_alone = touch.concept is None and any(name == "" for name, _ in touch.written)
    loose = any(a.bound == OPEN for a in whole) or lets_more(row.surface, context.matrix.origins)
    checked = not loose and _is_checked(row, whole, keys_alone)
    if not whole or checked or (row.authentication.state == "none" and not row.public):
        return None
    fields = _of_others(context, row, touch)
    is_account = normal(touch.resource) in context.matrix.accounts
    if not fields and (not is_account or context.matrix.fields.privileged(touch.resource)):
        # Nothing there gives power, or what does is taken away, or set, by name.
        return None
    named = [f for f in fields if _ROLES.fullmatch(f)] or list(fields)
    listed = ", ".join(f"`{name}`" for name in named[:MAX_NAMED])
    verb = "makes a" if touch.operation == "create" else "changes a stored"
    text = f", {listed} among them" if listed else ""
    steps = (
        Step(whole[0].span or touch.span, "the client chooses which fields this has", "source"),
        Step(touch.span, f"every one of them is written to the {touch.resource}", "sink"),
    )
    # A helper that stores what it is given is right; who hands it the whole body is not.
    return _Case(
        _handed_over(context, row, touch, whole[0]) or touch.span,
        f"{row.endpoint.method} {row.endpoint.path} {verb} {touch.resource} with every field that the request holds{text}.",
        steps,
        Confidence.CERTAIN if listed else Confidence.LIKELY,
        "what checks the body lets fields through that it does not name, and the object has such fields"
        if loose
        else "the body reaches the object whole, and the object has such fields"
        if listed
        else "the body reaches an account whole; which fields accounts have was not found",
        named[0] if named else "",
    )


def _of_others(context: Context, row: Row, touch: Touch) -> tuple[str, ...]:
    """Fields of a resource that its clients must not set, but for those that are set here by name."""
    found = dict.fromkeys(context.matrix.fields.privileged(touch.resource))
    for access in row.accesses:
        if (access.fid, access.value) == (touch.fid, touch.value) and access.operation == "update":
            found |= dict.fromkeys(
                f for f in (access.owner_field, access.tenant_field) if f not in ("", "id")
            )
            found |= dict.fromkeys(_set_against_callers(context, touch.resource))
    named = {name for name, _ in touch.written}
    return tuple(name for name in found if name not in named)


def _set_against_callers(context: Context, resource: str) -> Iterator[str]:
    """Fields by which somewhere only what is the caller's is found."""
    for row in context.matrix:
        for touch in row.surface.touches if row.surface is not None else ():
            if normal(touch.resource) == normal(resource):
                for name, atoms in touch.keys:
                    if _REFERS.fullmatch(name) and any(map(is_caller, atoms)):
                        yield name


def _is_whole(row: Row, atom: Atom) -> bool:
    """The body, a parameter that stands for it, or whatever entry of it a loop has reached."""
    if not atom.path or "*" in (atom.path[0], atom.path[-1]):
        return True
    named = row.endpoint.inputs.get(atom.path[0], "")
    return len(atom.path) == 1 and named.partition(":")[0] in _BODY


def _handed_over(context: Context, row: Row, touch: Touch, atom: Atom) -> Span | None:
    """Where the handler takes the body, when another function stores it."""
    origins = context.matrix.origins
    for fid in row.endpoint.handler.functions:
        if fid not in context.view.linker.functions or _is_within(context, touch.span, fid):
            continue
        for instr in context.view.linker.code(fid):
            taken = origins.of(fid, instr.dst) if instr.op in (Op.ATTR, Op.CALL) else ()
            if any((a.kind, a.name, a.path) == (atom.kind, atom.name, atom.path) and a.exact for a in taken):
                return origins.span(fid, instr)
    return None


def _is_within(context: Context, place: Span, fid: str) -> bool:
    function = context.view.linker.functions[fid]
    return place.path == fid.partition("::")[0] and function.start <= place.start < function.end


def _is_checked(row: Row, whole: list[Atom], surely: bool) -> bool:
    """Whether the body passes a schema, or what may be one: which fields it lets through was not read."""
    names = {".".join(atom.path) for atom in whole}
    return any(
        use.channel in ("body", "json", "form")
        and use.validation in ("schema", "unknown")
        and (use.validation == "schema" or (use.name in names and not surely))
        for use in row.used
    )


def _named(context: Context, row: Row, fact: Fact, name: str, atoms: Atoms) -> _Case | None:
    """A field that gives power is taken from the request by name, in what everyone may call for oneself."""
    touch = fact.touch
    if touch is None or not _ROLES.fullmatch(name):
        return None
    given = [a for a in _given(atoms) if a.path and _ROLES.fullmatch(a.path[-1])]
    is_account = normal(touch.resource) in context.matrix.accounts
    # Who comes by an invitation or registers makes an account, and nobody was asked who that is.
    makes_it = is_account and touch.operation == "create" and bool(row.public)
    own = makes_it or (is_account and _is_own(row, touch))
    if (
        not given
        or _is_one_of_few(context, row, fact, given[0])
        or not (own or _is_of_any_member(row, touch, name))
    ):
        return None
    verb = "sets" if touch.operation == "create" else "changes"
    steps = (
        Step(given[0].span or touch.span, f"`{name}` is whatever the client sends", "source"),
        Step(touch.span, f"it is written to the {touch.resource}", "sink"),
    )
    return _Case(
        given[0].span or touch.span,
        f"{row.endpoint.method} {row.endpoint.path} {verb} `{name}` of {with_article(touch.resource)} to what the request says, and asks "
        "for no role that may do so.",
        steps,
        Confidence.CERTAIN if own else Confidence.LIKELY,
        f"`{name}` goes from the request into the account, and no role or permission is asked for before"
        if own
        else f"all that is asked for before `{name}` is set is to be a member, whichever",
        name,
    )


def _is_one_of_few(context: Context, row: Row, fact: Fact, atom: Atom) -> bool:
    """Whether what is sent has to be among what the program names: `if role not in ("guest", "regular")`."""
    name = ".".join(atom.path)
    if any(use.name == name and use.validation == "pattern" for use in row.used):
        return True
    return any(_asks_for(context, c, atom) for c in fact.conditions if c.holds and not c.presence)


def _asks_for(context: Context, condition: Condition, atom: Atom) -> bool:
    """Whether a test looks at what is sent itself, and not if something is among it."""
    instr = context.view.definitions(condition.fid).get(condition.value)
    if instr is None or instr.op not in (Op.COMPARE, Op.CALL):
        return False
    looked = instr.args[:1] if instr.op == Op.COMPARE else instr.args[1:]
    return any(
        (found.kind, found.name, found.path) == (atom.kind, atom.name, atom.path)
        for value in looked
        for found in context.matrix.origins.of(condition.fid, value)
    )


def _is_of_any_member(row: Row, touch: Touch, name: str) -> bool:
    """Whether a membership is given a role, and all that is asked of the caller is to be a member too."""
    if row.authentication.state != "required" or not is_membership(touch.resource):
        return False
    refers = [n for n, _ in (*touch.keys, *touch.written) if n != name and _REFERS.fullmatch(n)]
    asked = [a for a in row.accesses if a.limit in ("owner", "tenant")]
    member = [a for a in asked if normal(a.resource) == normal(touch.resource)]
    return len(set(refers)) > 1 and bool(member) and len(member) == len(asked)


def _is_own(row: Row, touch: Touch) -> bool:
    """Whether callers do this to their own account: they are known, and the account is theirs."""
    if row.authentication.state not in ("required", "optional"):
        return False
    return any(is_caller(atom) for _, atoms in touch.keys for atom in atoms)


def _handed(row: Row, one: HandedRole) -> _Case:
    """A role is handed out that others for the same callers weigh, or taken with an invitation for any."""
    name = f"{row.endpoint.method} {row.endpoint.path}"
    if one.weighed:
        message = (
            f"{name} sets `{one.field}` of {with_article(one.resource)} to what the request says, whatever the caller may give: "
            f"{one.weighed} asks that first."
        )
        reason = "callers with the same role are refused elsewhere where they give more than they may, and not here"
    else:
        message = f"{name} lets whoever accepts an invitation choose `{one.field}`: the request says it, not the invitation."
        reason = "the rest comes from the invitation, and nothing compares this with it"
    steps = (
        Step(one.said.span or one.place, f"`{one.field}` is whatever the client sends", "source"),
        Step(one.place, f"it is written to the {one.resource}", "sink"),
    )
    return _Case(one.place, message, steps, Confidence.LIKELY, reason, one.field)


def _granted(one: Granted) -> _Case:
    """A class that checks what is sent names a field that gives power, and an endpoint for everyone uses it."""
    name = f"{one.row.endpoint.method} {one.row.endpoint.path}"
    if one.is_owner:
        return _owned(one, name)
    if one.is_paid:
        return _paid(one, name)
    if one.beside:
        return _beside(one, name)
    return _Case(
        one.place,
        f"`{one.schema}` lets clients write `{one.field}` of {with_article(one.model)}, and {name} asks for no role before.",
        (
            Step(one.place, f"`{one.field}` is among what may be sent", "source"),
            Step(one.row.endpoint.span, f"{name} stores what it lets through", "sink"),
        ),
        Confidence.LIKELY,
        f"`{one.field}` decides what an account may do, and accounts set it themselves",
        one.field,
    )


def _beside(one: Granted, name: str) -> _Case:
    """A power that nobody is refused for, beside one that callers must have themselves."""
    return _Case(
        one.place,
        f"`{one.schema}` lets clients write `{one.field}` of {with_article(one.model)}, and {name} refuses who may not for "
        f"`{one.beside}` alone.",
        (
            Step(one.place, f"`{one.field}` is among what may be sent", "source"),
            Step(one.row.endpoint.span, f"{name} stores it as sent", "sink"),
        ),
        Confidence.LIKELY,
        f"`{one.field}` gives power as `{one.beside}` does, which callers must have themselves",
        one.field,
    )


def _paid(one: Granted, name: str) -> _Case:
    """A class that checks what is sent names what a tenant has paid for."""
    return _Case(
        one.place,
        f"`{one.schema}` lets clients write `{one.field}` of their own {one.model}, and {name} stores it as sent.",
        (
            Step(one.place, f"`{one.field}` is among what may be sent", "source"),
            Step(one.row.endpoint.span, f"{name} asks for no payment", "sink"),
        ),
        Confidence.LIKELY,
        f"`{one.field}` says what was paid for, and whoever may change the rest sets it",
        one.field,
    )


def _owned(one: Granted, name: str) -> _Case:
    """A class that checks what is sent takes the field that says whose an object is."""
    return _Case(
        one.place,
        f"`{one.schema}` lets clients write `{one.field}`, which says whose {with_article(one.model)} is, and {name} stores it as sent.",
        (
            Step(one.place, f"`{one.field}` is among what may be sent", "source"),
            Step(one.row.endpoint.span, f"{name} sets no `{one.field}` itself", "sink"),
        ),
        Confidence.LIKELY,
        f"objects are limited by `{one.field}` elsewhere, and here the client chooses it",
        one.field,
    )


def _opened(context: Context, serializer: Serializer) -> _Case | None:
    """A form or serializer of all fields that an endpoint writes through."""
    fields = context.matrix.fields.privileged(serializer.model)
    named = [f for f in fields if _ROLES.fullmatch(f)]
    if not serializer.writes or not (named or serializer.is_account) or is_of_admin(context, serializer):
        return None
    listed = ", ".join(f"`{name}`" for name in named[:MAX_NAMED]) or "`is_staff` and `is_superuser`"
    return _Case(
        serializer.span,
        f"`{serializer.name}` takes every field of {serializer.model} from the request, {listed} among them.",
        (Step(serializer.span, "all fields can be written", "sink"),),
        Confidence.LIKELY,
        "the class names all fields, and the model has some that give power",
        named[0] if named else "is_staff",
    )
