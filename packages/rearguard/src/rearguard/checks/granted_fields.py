"""Fields of an account that give power, in what its own form, serializer or schema lets clients write."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rearguard.analysis import ValueView
from rearguard.analysis.access import Row
from rearguard.analysis.access.atoms import Atom, Atoms
from rearguard.analysis.access.principals import is_caller, is_open
from rearguard.analysis.access.resources import Touch, normal
from rearguard.analysis.access.tenants import shared, stem
from rearguard.checks.base import Context
from rearguard.checks.declared_bodies import body_classes, declared_fields, own_text
from rearguard.checks.endpoints import by_handler
from rearguard.checks.roles import is_of_all
from rearguard.checks.serializers import Serializer, serializers
from rearguard.program import Field, Op, Span

POWER = re.compile(
    r"is_?(?:admin|administrator|staff|superuser|super_?user|root|moderator)|admin|superuser|staff|permissions?|privileges?|"
    r"access_?level|balance|credits?",
    re.IGNORECASE,
)
"""Fields that give power or money, whatever a schema lets them hold; a role may be chosen among harmless ones."""
_ROLE = re.compile(r"(?:user_?)?roles?|role_?name|access_?level|user_?type|account_?type", re.IGNORECASE)
_FREE = re.compile(r"(?:Optional\[)?(?:str|int|string|number)\]?(?:\s*\|\s*(?:None|null|undefined))?")
"""Types that hold any text or number, where a list of what may be chosen would be a type of its own."""
_LISTED = re.compile(
    r"IsIn\b|IsEnum|Equals|Matches|Literal|Enum|pattern|regex|enum|choices|one_?of", re.IGNORECASE
)
"""Words that say of a field that it takes one of a few values."""
_PAID = re.compile(
    r"(?:billing_?|subscription_?)?(?:plan|tier)(?:_?id)?|subscription|credits?|balance|quota|(?:max_?)?seats?|seat_?limit|"
    r"licen[cs]e(?:_?type)?",
    re.IGNORECASE,
)
"""What is paid for, and so is for nobody to set for themselves."""
_STANDING = re.compile(
    r"\w*(?:_exempt|verified|approved|trusted|premium|discount\w*|_limit|quota)|(?:is_)?(?:active|blocked|banned|vip)|tier",
    re.IGNORECASE,
)
"""What others decide of an account: nobody says so of themselves."""
_WITH_POWERS = re.compile(r"\b(?:AbstractUser|PermissionsMixin)\b")
_MAKES = ("registration", "creates an account")


@dataclass(frozen=True, slots=True)
class Granted:
    """A field that gives power and that an endpoint for everyone lets its clients write."""

    schema: str
    model: str
    field: str
    place: Span
    row: Row
    is_owner: bool = False
    """Whether the field says whose an object is."""
    is_paid: bool = False
    """Whether the field says what a tenant has paid for."""
    beside: str = ""
    """Another field that gives power, which callers are refused for who have none of it."""


def _is_own_record(row: Row, rows: tuple[Row, ...]) -> bool:
    """Whether callers change their own account, under a role that nearly everybody is asked for."""
    own = any(a.operation == "update" and a.owner_field == "id" and a.limit == "owner" for a in row.accesses)
    return own and is_of_all(row, rows)


def granted(context: Context) -> Iterator[Granted]:
    """Every such field that is named by a class which checks what is sent."""
    asked = context.matrix.powers
    every = tuple(context.matrix)
    rows = [row for row in every if row.authorization.state == "none" or _is_own_record(row, every)]
    owners = _owners(context)
    for serializer in serializers(context):
        if not serializer.writes:
            continue
        named: list[str] = []
        if serializer.is_account and not serializer.takes_all:
            named = [n for n in _written(context, serializer) if POWER.fullmatch(n) or n in asked]
            if serializer.left_out:
                # Whoever lists what is left out has not thought of what was added since, or comes from above.
                written = (*_written(context, serializer), *_inherited(context, serializer))
                named.extend(n for n in written if any(p.fullmatch(n) for p in (_STANDING, _ROLE, POWER)))
        row = next((row for row in rows if named and _writes_through(context, row, serializer)), None)
        if row is not None:
            yield Granted(serializer.name, serializer.model, named[0], serializer.span, row)
            continue
        owner = owners.get(normal(serializer.model), "")
        if owner and not serializer.is_account and _names_owner(serializer, owner):
            for row in rows:
                if _writes_through(context, row, serializer) and _is_left(row, serializer, owner):
                    yield Granted(serializer.name, serializer.model, owner, serializer.span, row, True)
                    break
    for row in by_handler(context.matrix):
        yield from _beside(context, row)
    for row in by_handler(rows):
        yield from _bodies(context, row, asked, owners)
    for row in by_handler(context.matrix):
        yield from _paid(context, row)


def _beside(context: Context, row: Row) -> Iterator[Granted]:
    """Powers that a serializer lets through where callers are refused for another that they have not themselves."""
    refused: set[str] = set()
    for fact in (
        row.surface.facts if row.surface is not None and row.authorization.state == "required" else ()
    ):
        atoms = [atom for c in fact.conditions for atom in c.atoms] if fact.kind == "denial" else []
        if any(is_caller(atom) and atom.path and POWER.fullmatch(atom.path[-1]) for atom in atoms):
            refused.update(a.path[-1] for a in atoms if a.kind == "input" and a.path)
    named = sorted(name for name in refused if POWER.fullmatch(name))
    for serializer in serializers(context) if named else ():
        if serializer.writes and serializer.is_account and not serializer.takes_all:
            more = [n for n in _written(context, serializer) if POWER.fullmatch(n) and n not in refused]
            if (
                more
                and set(named) & set(_written(context, serializer))
                and _writes_through(context, row, serializer)
            ):
                yield Granted(
                    serializer.name, serializer.model, more[0], serializer.span, row, beside=named[0]
                )


def _written(context: Context, serializer: Serializer) -> tuple[str, ...]:
    """Fields that requests write: those listed, or all of the model but those that are left out."""
    if serializer.fields or not serializer.left_out:
        return serializer.written
    known = sorted(context.matrix.fields.of(serializer.model))
    return tuple(n for n in known if n not in serializer.left_out and n not in serializer.read_only)


def _inherited(context: Context, serializer: Serializer) -> Iterator[str]:
    """What Django's own classes of accounts have that gives power, where a form leaves other fields out."""
    known = set(serializer.left_out) | serializer.read_only
    for module in context.view.linker.modules.values():
        for name, cls in module.classes.items():
            if name == serializer.model and any(map(_WITH_POWERS.search, cls.base_texts)):
                yield from (one for one in ("is_staff", "is_superuser") if one not in known)


def _owners(context: Context) -> dict[str, str]:
    """Resource -> the field that says whose an object is, where the project limits such objects by it."""
    return {
        normal(access.resource): access.owner_field.removesuffix("_id")
        for row in context.matrix
        for access in row.accesses
        if access.owner_field not in ("", "id", "pk") and access.restricted.state == "restricted"
    }


def _names_owner(serializer: Serializer, owner: str) -> bool:
    """Whether clients may send the owner: it is taken, and not declared as something that they cannot set."""
    names = {owner, f"{owner}_id"}
    if names & (serializer.read_only | set(serializer.left_out)):
        return False
    if re.search(rf"\b{re.escape(owner)}(?:_id)?\s*=\s*\S", serializer.text):
        # A field of its own: whoever wrote it said what it takes.
        return False
    return serializer.takes_all or bool(serializer.left_out) or bool(names & set(serializer.fields))


def _is_left(row: Row, serializer: Serializer, owner: str) -> bool:
    """Whether an endpoint stores what is sent and sets no owner itself."""
    touches = [
        touch
        for touch in (row.surface.touches if row.surface is not None else ())
        if touch.operation in ("create", "update") and normal(touch.resource) == normal(serializer.model)
    ]
    given = {name.removesuffix("_id") for touch in touches for name, _ in touch.written}
    return bool(touches) and owner not in given and row.authentication.state == "required"


def _writes_through(context: Context, row: Row, serializer: Serializer) -> bool:
    """Whether an endpoint hands what is sent to a serializer or form, by code or as its class says."""
    implied = row.endpoint.implied
    if serializer.is_view:
        return row.endpoint.handler.cls == serializer.cid and row.endpoint.method == "POST"
    if implied is not None:
        if implied.operation not in ("create", "update"):
            return False
        for cid in context.view.linker.lineage(implied.cid):
            stores = context.view.linker.contents(cid).stores if cid in context.view.linker.functions else {}
            for store in (*stores.get("serializer_class", ()), *stores.get("form_class", ())):
                return serializer.cid in ValueView(context.view, cid, store.args[0]).classes
        return False
    if _is_generic(context, row, serializer):
        return True
    for fid in row.endpoint.handler.functions[:1]:
        for instr in context.view.linker.code(fid) if fid in context.view.linker.functions else ():
            if instr.op in (Op.CALL, Op.NEW) and len(instr.args) > 1:
                sent = "data" in instr.keys or (bool(instr.keys) and instr.keys[0] is None) or not instr.keys
                if sent and serializer.cid in ValueView(context.view, fid, instr.args[0]).classes:
                    return row.endpoint.method not in ("GET", "HEAD") and "many" not in instr.keys
    return False


def _is_generic(context: Context, row: Row, serializer: Serializer) -> bool:
    """Whether the class of a handler says what is written through, and its framework does the writing."""
    handler, method = row.endpoint.handler, row.endpoint.method.lower()
    if not handler.cls or method not in ("post", "put", "patch"):
        return False
    for cid in context.view.linker.lineage(handler.cls):
        stores = context.view.linker.contents(cid).stores if cid in context.view.linker.functions else {}
        for store in (*stores.get("serializer_class", ()), *stores.get("form_class", ())):
            own = context.view.linker.method(handler.cls, method)
            return own is None and serializer.cid in ValueView(context.view, cid, store.args[0]).classes
    return False


def _bodies(
    context: Context, row: Row, asked: frozenset[str], owners: Mapping[str, str]
) -> Iterator[Granted]:
    """A body with declared fields that becomes an object whole, `User(**new.model_dump())`, or is written over the
    caller's own account: `setattr(user, name, value)` for all that it holds."""
    for touch in row.surface.touches if row.surface is not None else ():
        whole = any(
            name in ("", "*") and atom.kind == "input" and atom.name == "body" and _is_whole(row, atom)
            for name, atoms in touch.written
            for atom in atoms
        )
        if not whole:
            continue
        resource = normal(touch.resource)
        made = touch.operation == "create" and row.purpose in _MAKES
        own = touch.operation == "update" and any(is_caller(a) for _, atoms in touch.keys for a in atoms)
        owner = owners.get(resource, "") if touch.operation == "create" else ""
        for cid in body_classes(context, row):
            if (made or own) and resource in context.matrix.accounts:
                yield from _declared(context, row, cid, touch, asked)
            elif owner and resource not in context.matrix.accounts and row.authentication.state == "required":
                yield from _declared_owner(context, row, cid, touch, owner)


def _paid(context: Context, row: Row) -> Iterator[Granted]:
    """What a tenant has paid for, in the body that is written over the caller's own tenant whole."""
    for touch in row.surface.touches if row.surface is not None else ():
        own = touch.operation == "update" and (
            any(_is_own_tenant(n, atoms) for n, atoms in touch.keys) or _is_joined(row, touch)
        )
        whole = any(
            name in ("", "*") and atom.kind == "input" and atom.name == "body" and _is_whole(row, atom)
            for name, atoms in touch.written
            for atom in atoms
        )
        if own and whole and normal(touch.resource) not in context.matrix.accounts:
            apart = {name for name, _ in touch.written}
            for cid in body_classes(context, row):
                for path, name, field in declared_fields(context, cid):
                    if _PAID.fullmatch(field.name) and field.name not in apart:
                        place = Span(path, field.start, field.end)
                        yield Granted(name, touch.resource, field.name, place, row, is_paid=True)
                        return


def _is_own_tenant(name: str, atoms: Atoms) -> bool:
    """Whether a record is looked up by the tenant that the caller belongs to."""
    return name in ("id", "_id", "uuid", "pk") and any(map(shared, atoms))


def _is_joined(row: Row, touch: Touch) -> bool:
    """Whether a record is the tenant itself that the request names, in which the caller was found to be a member."""
    access = next(
        (a for a in row.accesses if (a.fid, a.value, a.operation) == (touch.fid, touch.value, "update")), None
    )
    return (
        access is not None
        and access.limit == "tenant"
        and any(
            name in ("id", "_id", "uuid", "pk")
            and is_open(atom)
            and atom.path
            and stem(atom.path[-1]) == normal(touch.resource)
            for name, atoms in touch.keys
            for atom in atoms
        )
    )


def _is_whole(row: Row, atom: Atom) -> bool:
    """The body, the parameter that stands for it, or whatever entry of it a loop has reached."""
    if not atom.path or atom.path[0] == "*":
        return True
    return len(atom.path) == 1 and row.endpoint.inputs.get(atom.path[0], "").startswith("body")


def _declared(context: Context, row: Row, cid: str, touch: Touch, asked: frozenset[str]) -> Iterator[Granted]:
    for path, name, field in declared_fields(context, cid):
        free = _ROLE.fullmatch(field.name) and _is_free(context, path, name, field)
        if POWER.fullmatch(field.name) or field.name in asked or (free and _decides(context, field.name)):
            # What a class inherits is right where it stands; who takes all of it is not.
            own = f"{path}::{name}" == cid
            place = Span(path, field.start, field.end) if own else touch.span
            yield Granted(cid.rpartition("::")[2], touch.resource, field.name, place, row)
            return


def _is_free(context: Context, path: str, name: str, field: Field) -> bool:
    """Whether a field takes any text or number, and not one of a few that are named."""
    source, cls = context.sources.get(path), context.view.linker.modules[path].classes[name]
    if source is None or not _FREE.fullmatch(field.annotation_text):
        return False
    own = own_text(context, path, name, field)
    judged = rf"validat\w*\(\s*['\"]{re.escape(field.name)}['\"]"
    return not _LISTED.search(own) and not re.search(judged, source.slice(cls.start, cls.end))


def _declared_owner(context: Context, row: Row, cid: str, touch: Touch, owner: str) -> Iterator[Granted]:
    if any(name.removesuffix("_id") == owner for name, _ in touch.written):
        return
    for path, name, field in declared_fields(context, cid):
        if field.name.removesuffix("_id") == owner:
            yield Granted(name, touch.resource, field.name, Span(path, field.start, field.end), row, True)
            return


def _decides(context: Context, name: str) -> bool:
    """Whether the project's guards ask accounts for a field."""
    return any(
        atom.path[-1:] == (name,)
        for row in context.matrix
        for check in (row.surface.checks if row.surface is not None else ())
        if check.kind == "authorization" and check.fact is not None
        for condition in check.fact.conditions[-1:]
        for atom in condition.atoms
    )


__all__ = ["POWER", "Granted", "granted"]
