"""Stored objects: which resource a call touches, how, and by which keys."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from rearguard.analysis.access import forms, generic, statements, worded
from rearguard.analysis.access.atoms import (
    NOTHING,
    Atom,
    Atoms,
    Key,
    Substitution,
    closed_name,
    normal,
    order,
    substituted,
    trimmed,
    union,
    with_keys,
)
from rearguard.analysis.access.holders import open_resource
from rearguard.analysis.access.origins import RECEIVER, Origins
from rearguard.analysis.access.resource_names import resource_name
from rearguard.analysis.access.selected import selected
from rearguard.analysis.access.written import entry_of, fields_of, narrowed_later
from rearguard.link import Kind
from rearguard.link.aliases import split_selector
from rearguard.models.concepts import ResourceAccess, SqlExecution
from rearguard.models.view import ValueView
from rearguard.program import Instr, Op, Span

_BY_ID = re.compile(
    r"by_?(?:id|pk)|^get(?:_or_404|_or_none|_one|_object_or_404)?$|^(?:delete|remove|destroy)$", re.IGNORECASE
)
_COMBINE = frozenset(
    {"and_", "or_", "not_", "Q", "And", "Or", "Not", "and", "or", "eq", "ne", "in_", "between"}
)
_COMPARES = frozenset({"eq", "inArray", "gt", "gte", "lt", "lte", "like", "ilike"})
"""Functions of queries that compare a column with a value."""
_LEAVES_OUT = frozenset({"ne", "notInArray"})
"""Those that leave out what they name: every record but one, or those of everybody else."""
_LOGICAL = frozenset({"$and", "$or", "AND", "OR", "NOT", "$nor"})

ACCOUNT = "user"
"""What the caller's own record is called where its class is not known."""


@dataclass(frozen=True, slots=True)
class Touch:
    """One call that reads or changes stored objects, in terms of its function's parameters."""

    concept: ResourceAccess | None
    fid: str
    value: int
    span: Span
    resource: str
    operation: str
    keys: tuple[Key, ...]
    written: tuple[Key, ...] = ()
    flags: tuple[str, ...] = ()
    """Fields compared with constants: `published`, `status`."""
    fields: tuple[str, ...] = ()
    """Other fields named, as the columns of a statement."""
    also: tuple[str, ...] = ()
    """Further resources read, as joined tables."""
    shown: tuple[str, ...] = ()
    """Columns that a statement gives back, with their table: `members.pin`, `members.*`."""
    replaces: tuple[tuple[str, int], ...] = ()
    """Earlier calls of the same chain, of which this is the whole."""
    subject: Atoms = frozenset()
    """The object that is changed, while it is a parameter: which resource it is, only callers know."""
    sides: tuple[tuple[Atoms, ...], ...] = ()
    """What stands on the sides of each `or` in a statement's conditions, in the function's own terms."""
    dropped: tuple[Key, ...] = ()
    """Conditions of the query of which a later one took the place."""
    pending: bool = False
    """Whether it is done later than here: a member is set, and the record is saved behind it."""


def access_at(origins: Origins, fid: str, instr: Instr) -> Touch | None:
    """What a call does to stored objects, or `None`."""
    key = (fid, instr.dst)
    known = origins.remembered(key)
    if known is not False:
        return known
    origins.remember(key, None)
    found = _find(origins, fid, instr)
    origins.remember(key, found)
    return found


def _find(origins: Origins, fid: str, instr: Instr) -> Touch | None:
    touch: Touch | None = (
        statements.by_tagged(origins, fid, instr)
        or generic.by_view(origins, fid, instr)
        or forms.by_form(origins, fid, instr)
    )
    if touch is not None:
        return touch
    asked = generic.by_chain(origins, fid, instr)
    if asked is not None:
        return _by_row(origins, fid, instr, asked)
    for row in origins.call_rows(fid, instr):
        if isinstance(row.concept, ResourceAccess):
            touch = _by_row(origins, fid, instr, row.concept)
        elif isinstance(row.concept, SqlExecution):
            touch = statements.by_statement(origins, fid, instr, row)
        if touch is not None:
            return touch
    return statements.by_prepared(origins, fid, instr) or statements.by_wrapper(origins, fid, instr)


# -- object mappers -------------------------------------------------------------------------------


def _by_row(origins: Origins, fid: str, instr: Instr, concept: ResourceAccess) -> Touch | None:
    receiver = origins.receiver(fid, instr)
    subject = receiver
    if concept.resource != "self":
        subject = _named_by(origins, fid, instr, concept.resource)
    if subject < 0:
        return None
    stored = (a for a in origins.of(fid, subject) if a.kind == "stored")
    held = sorted((a for a in stored if a.exact or concept.resource == "self"), key=order)
    resource = held[0].name if held else _resource(origins, fid, subject)
    own = not held and _is_of_heirs(origins, fid, subject)
    if own:
        # `self.save()` in what several models extend: which of them it is, only callers know.
        resource = ""
    if not resource and not own:
        return None
    keys = list(_keys(origins, fid, instr, concept, subject))
    operation, carried, replaces = _begun(origins, held, concept)
    written: tuple[Key, ...] = ()
    if concept.op == "update" and concept.key == "**":
        # `filter(pk=key).update(owner=me)`: what is set chooses nothing.
        keys = []
    flags = tuple(name for name, atoms in keys if not atoms)
    if receiver == subject and operation != "create" and not held:
        callee = origins.view.definitions(fid).get(instr.args[0])
        keys.extend(origins.scopes.keys(fid, receiver, callee.name if callee is not None else ""))
    keys.extend(key for atom in held if not concept.anew for key in atom.keys)
    again = _saved_again(origins, fid, instr, concept, resource) if operation == "create" and not held else ()
    if again:
        operation, keys = "update", [key for atom in again for key in atom.keys]
    elif operation == "create":
        if held and concept.resource != "self":
            operation = "update"
        # What a chain began as is not chosen by what it inserts: `insert(notes).values(...)`.
        given = not held or concept.resource == "self"
        written, keys = (
            (*carried, *_stored_fields(origins, fid, instr, concept)) if given else (),
            [] if given else keys,
        )
        if concept.resource != "self" and not held:
            written = tuple(fields_of(origins, fid, subject))
    elif operation == "update":
        written = (*carried, *_data(origins, fid, instr, concept))
        if not held and not keys and concept.key == "" and receiver == subject:
            # `new User({...}).save()`
            operation, written = "create", tuple(fields_of(origins, fid, subject))
    return Touch(
        concept,
        fid,
        instr.dst,
        origins.span(fid, instr),
        resource,
        operation,
        trimmed(keys),
        trimmed(written),
        flags,
        replaces=replaces,
        subject=frozenset(a for a in origins.of(fid, subject) if a.kind == "parameter")
        if not held
        else NOTHING,
        shown=selected(origins, fid, instr, resource) if operation in ("read", "list") else (),
        dropped=trimmed(_dropped(origins, held, concept)),
    )


def _dropped(origins: Origins, held: Iterable[Atom], concept: ResourceAccess) -> Iterator[Key]:
    """Conditions of a chain that no longer hold, by this call or by one before it."""
    for atom in held:
        before = origins.remembered((atom.fid, atom.value)) if concept.resource == "self" else None
        yield from before.dropped if before else ()
        yield from atom.keys if concept.anew else ()


def _is_of_heirs(origins: Origins, fid: str, subject: int) -> bool:
    """Whether a value is the object a method is called on, of a class that others extend or ask through."""
    atoms = origins.of(fid, subject)
    if not any(a.kind == "parameter" and a.exact and a.path == (RECEIVER,) for a in atoms):
        return False
    classes = [r.base.id for r in origins.linker.refs[fid][subject] if r.kind is Kind.INSTANCE and r.base]
    for cid in classes:
        name = cid.rpartition("::")[2].rpartition(".")[2]
        # One model's manager asks for that model's records, whoever calls it.
        if (
            origins.managers.model(name) == name
            if origins.managers.is_known(cid)
            else cid in origins.extended
        ):
            return True
    return False


def _begun(
    origins: Origins, held: Iterable[Atom], concept: ResourceAccess
) -> tuple[str, tuple[Key, ...], tuple[tuple[str, int], ...]]:
    """What a chain of calls does in the end, what it began to write, and the calls that it stands for."""
    operation, carried = concept.op, tuple[Key, ...]()
    replaces: list[tuple[str, int]] = []
    for atom in held if concept.resource == "self" else ():
        replaces.append((atom.fid, atom.value))
        begun = origins.remembered((atom.fid, atom.value))
        if begun and begun.operation == "read" and concept.in_place:
            # Whether one is read or many, what runs the query says.
            continue
        if begun and (operation in ("read", "list") or (concept.key == "**" and begun.operation == "create")):
            # `delete(Note).where(...)` is still what it began as, and `insert(Note).values(...)`.
            operation, carried = begun.operation, begun.written
    return operation, carried, tuple(replaces)


def _saved_again(
    origins: Origins, fid: str, instr: Instr, concept: ResourceAccess, resource: str
) -> tuple[Atom, ...]:
    """The record loaded before that is handed to what makes new ones too: `notes.save(note)`."""
    if concept.key in ("", "**"):
        return ()
    given = (
        atom for value in origins.program.selected(instr, concept.key)[0] for atom in origins.of(fid, value)
    )
    found = [a for a in given if a.kind == "stored" and a.exact and not a.path and a.name == resource]
    return tuple(sorted(found, key=order))


def _named_by(origins: Origins, fid: str, instr: Instr, selector: str) -> int:
    """The value that names the resource: an argument, or an entry of one (`(0).TableName`); -1 for none."""
    picked, inside = origins.program.selected(instr, selector)
    subject = picked[0] if picked else -1
    for key in inside if picked else ():
        held = ValueView(origins.view, fid, subject).key(key)
        if held is None or held.fid != fid:
            return -1
        subject = held.value
    return subject


def _resource(origins: Origins, fid: str, subject: int) -> str:
    named = _table(origins, fid, subject)
    if named:
        return named
    named = resource_name(origins, fid, subject)
    named = origins.managers.model(named)
    return open_resource(origins, fid, subject, named) or named


def _stored_fields(origins: Origins, fid: str, instr: Instr, concept: ResourceAccess) -> Iterator[Key]:
    """What a call stores that makes a record."""
    if concept.key in ("", "**"):
        yield from _keys(origins, fid, instr, concept)
        return
    values, inner = origins.program.selected(instr, concept.key)
    for value in values:
        entry: tuple[str, int] | None = (fid, value)
        for name in inner:
            entry = entry_of(origins, *entry, name) if entry is not None else None
        if entry is not None:
            yield from fields_of(origins, *entry)
        else:
            yield "", origins.of(fid, value, inner)


def _table(origins: Origins, fid: str, subject: int) -> str:
    """`notes` of `selectFrom("app.notes as n")`."""
    text = origins.constant(fid, subject)
    named = re.match(r"(?:\w+\.)?(\w{2,40})(?:\s|$)", text) if text else None
    return named[1] if named else ""


def columns_of(key: str, atoms: Atoms) -> Iterator[Key]:
    """The column that a look-up through other tables begins with, and the one at its end where that holds
    what the caller has under the same name: `unit__property__agency_id=user.agency_id` is of both."""
    first, _, rest = key.partition("__")
    yield first, atoms
    last = _plain(rest.rpartition("__")[2])
    if last not in ("", "id", "pk", "uuid", "user") and any(
        atom.kind in ("parameter", "principal", "stored")
        and len(atom.path) > (atom.kind == "parameter")
        and _plain(atom.path[-1]) == last
        for atom in atoms
    ):
        yield rest.rpartition("__")[2], atoms


def _plain(name: str) -> str:
    return name.lower().removesuffix("_id").replace("_", "")


def _keys(
    origins: Origins, fid: str, instr: Instr, concept: ResourceAccess, subject: int = -1
) -> Iterator[Key]:
    if concept.key == "**":
        for index, key in enumerate(instr.keys):
            value = instr.args[1 + index]
            if key == "**":
                yield from fields_of(origins, fid, value)
            elif key is not None:
                yield from columns_of(key, origins.of(fid, value))
        for index, value in enumerate(instr.args[1:]):
            # A class that is looked through is no condition: `get_object_or_404(Club, slug=slug)`.
            named = value == subject and not origins.of(fid, value)
            if not named and (not instr.keys or instr.keys[index] is None):
                yield from conditions(origins, fid, value)
        return
    if concept.text:
        yield from worded.worded(origins, fid, instr, concept)
    if concept.in_place:
        yield from worded.narrowed_in_place(origins, fid, instr, concept)
    if not concept.key:
        return
    values, inner = origins.program.selected(instr, concept.key)
    texts = [origins.constant(fid, value) for value in values]
    if len(values) > 1 and texts[0] is not None and not inner:
        # `where('id', id)`, `where('id', '=', id)`
        yield texts[0].rpartition(".")[2], origins.of(fid, values[-1])
        return
    callee = origins.view.definitions(fid).get(instr.args[0])
    single = "id" if callee is not None and _BY_ID.search(callee.name) else ""
    for value in values:
        for name in inner:
            entry = entry_of(origins, fid, value, name)
            if entry is None:
                yield from (("", origins.of(fid, value, (name,))),)
                break
            fid, value = entry
        else:
            yield from conditions(origins, fid, value, single)
    if inner[-1:] == ("where",):
        yield from _joined(origins, fid, values)


def _joined(origins: Origins, fid: str, values: Iterable[int]) -> Iterator[Key]:
    """Conditions on what is loaded with the record: `include: [{ model: Note, where: { ownerId: me } }]`."""
    for value in values:
        entry = entry_of(origins, fid, value, "include")
        found = origins.resolved(*entry) if entry is not None else None
        elements = [(found[0], each) for each in found[1].args] if found is not None else []
        for home, element in elements if found is not None and found[1].op == Op.COLLECT else ():
            where = entry_of(origins, home, element, "where")
            if where is not None:
                yield from conditions(origins, *where)


def conditions(origins: Origins, fid: str, value: int, single: str = "", depth: int = 0) -> Iterator[Key]:
    """The fields that a filter compares, with what they are compared with.

    `single` is the field that a plain value stands for, "" when that is not known.
    """
    found = origins.resolved(fid, value)
    if found is None or depth > 5:
        return
    home, instr = found
    match instr.op:
        case Op.COLLECT:
            yield from _filter_fields(origins, home, instr, single, depth)
            yield from narrowed_later(origins, home, instr)
        case Op.COMPARE if instr.name in ("!=", "!==", "is not", "not in"):
            # What is left out is not what is chosen.
            for name, _ in _comparison(origins, home, instr.args[0], instr.args[1]):
                yield name, NOTHING
        case Op.COMPARE:
            yield from _comparison(origins, home, instr.args[0], instr.args[1])
        case Op.LOGIC | Op.BINARY | Op.UNARY:
            for inner in _standing(origins, home, instr):
                yield from conditions(origins, home, inner, single, depth + 1)
        case Op.CALL | Op.NEW:
            yield from _called_condition(origins, home, instr, single, depth)
        case Op.ATTR if _is_field(origins, home, instr):
            yield instr.name, NOTHING
        case Op.FUNC:
            for returned in origins.returned(f"{origins.linker.module_of[home]}::{instr.name}"):
                yield from conditions(
                    origins, f"{origins.linker.module_of[home]}::{instr.name}", returned, single, depth + 1
                )
        case _:
            yield single, origins.of(home, instr.dst)


def _standing(origins: Origins, fid: str, made: Instr) -> tuple[int, ...]:
    """The parts of a condition that the store is told of.

    `&&` and `and` are the language's own, which choose one of two conditions: those of JavaScript are
    objects, so it gives the last, and of SQLAlchemy's comparisons, which are false where the sides differ,
    Python gives the first.
    """
    if made.op != Op.LOGIC or made.name != "and":
        return made.args
    definitions = origins.view.definitions(fid)
    parts = [definitions.get(value) for value in made.args]
    if all(part is not None and _is_made_condition(definitions, part) for part in parts):
        return made.args[-1:]
    if all(part is not None and _is_comparison(origins, fid, part) for part in parts):
        return made.args[:1]
    return made.args


def _is_made_condition(definitions: dict[int, Instr], part: Instr) -> bool:
    """`eq(notes.id, id)`, or several by `&&`."""
    if part.op == Op.LOGIC:
        inner = [definitions.get(value) for value in part.args]
        return all(one is not None and _is_made_condition(definitions, one) for one in inner)
    callee = definitions.get(part.args[0]) if part.op == Op.CALL else None
    return callee is not None and callee.name in (_COMPARES | _LEAVES_OUT) and len(part.args) == 3


def _is_comparison(origins: Origins, fid: str, part: Instr) -> bool:
    """`Note.id == number`, or several by `and`."""
    definitions = origins.view.definitions(fid)
    if part.op == Op.LOGIC and part.name == "and":
        inner = [definitions.get(value) for value in part.args]
        return all(one is not None and _is_comparison(origins, fid, one) for one in inner)
    if part.op != Op.COMPARE or part.name != "==":
        return False
    sides = [definitions.get(value) for value in part.args]
    return any(
        side is not None
        and side.op == Op.ATTR
        and _is_field(origins, fid, side)
        and not origins.of(fid, side.dst)
        for side in sides
    )


def _is_field(origins: Origins, fid: str, instr: Instr) -> bool:
    """`Note.published`: an attribute of a class."""
    base = origins.view.definitions(fid).get(instr.args[0])
    refs = origins.linker.refs[fid][instr.args[0]]
    return any(r.kind is Kind.CLASS for r in refs) or (
        base is not None and base.op == Op.LOAD and base.name[:1].isupper() and not origins.of(fid, instr.dst)
    )


def _comparison(origins: Origins, fid: str, left: int, right: int) -> Iterator[Key]:
    definitions = origins.view.definitions(fid)
    for one, other in ((left, right), (right, left)):
        instr = definitions.get(one)
        if instr is not None and instr.op == Op.CALL and len(instr.args) == 2:
            # `col(Note.owner_id)`: a field handed through.
            instr = definitions.get(instr.args[1])
        if (
            instr is not None
            and instr.op == Op.ATTR
            and not (origins.of(fid, one) and origins.of(fid, other) == NOTHING)
        ):
            if origins.of(fid, one) and not _is_field(origins, fid, instr):
                continue
            yield instr.name, origins.of(fid, other)
            return


def _called_condition(origins: Origins, fid: str, instr: Instr, single: str, depth: int) -> Iterator[Key]:
    callee = origins.view.definitions(fid).get(instr.args[0])
    name = callee.name if callee is not None else ""
    args = instr.args[1:]
    if name in _LEAVES_OUT and len(args) == 2:
        yield from ((key, NOTHING) for key, _ in _comparison(origins, fid, args[0], args[1]))
    elif name in _COMPARES and len(args) == 2:
        yield from _comparison(origins, fid, args[0], args[1])
    elif name in _COMBINE:
        keyed = dict(zip(args, instr.keys, strict=False)) if instr.keys else {}
        for value in args:
            key = keyed.get(value)
            if key and key not in ("*", "**"):
                yield from columns_of(key, origins.of(fid, value))
            else:
                yield from conditions(origins, fid, value, single, depth + 1)
        if callee is not None and callee.op == Op.ATTR and name == "in_":
            yield from _method_condition(origins, fid, callee, args)
    elif callee is not None and callee.op == Op.ATTR:
        base = origins.view.definitions(fid).get(callee.args[0])
        if base is not None and base.op == Op.ATTR and _is_field(origins, fid, base):
            yield from _method_condition(origins, fid, callee, args)
        else:
            yield single, origins.of(fid, instr.dst)
    else:
        yield single, origins.of(fid, instr.dst)


def _method_condition(origins: Origins, fid: str, callee: Instr, args: Iterable[int]) -> Iterator[Key]:
    """`Note.title.contains(term)`, `Note.deleted.is_(False)`."""
    base = origins.view.definitions(fid).get(callee.args[0])
    if base is not None and base.op == Op.ATTR:
        yield base.name, union(origins.of(fid, value) for value in args)


def _filter_fields(origins: Origins, fid: str, instr: Instr, single: str, depth: int) -> Iterator[Key]:
    for index, value in enumerate(instr.args):
        key = instr.keys[index] if instr.keys else None
        if key in ("*", "**") or key is None or key in _LOGICAL:
            yield from conditions(origins, fid, value, single, depth + 1)
        else:
            yield key, origins.of(fid, value)


def _data(origins: Origins, fid: str, instr: Instr, concept: ResourceAccess) -> Iterator[Key]:
    """The fields that an update writes: whatever it is given beside its keys."""
    keys = (
        set(origins.program.selected(instr, concept.key)[0]) if concept.key not in ("", "**") else set[int]()
    )
    inner = split_selector(concept.key)[2] if concept.key not in ("", "**") else ()
    for index, value in enumerate(instr.args[1:]):
        key = instr.keys[index] if instr.keys else None
        if inner and value in keys:
            entry = entry_of(origins, fid, value, "data")
            if entry is not None:
                yield from fields_of(origins, *entry)
        elif value not in keys and key in (None, "**"):
            yield from fields_of(origins, fid, value)
        elif concept.key == "**" and key:
            yield key, origins.of(fid, value)


def merged(touches: Iterable[Touch]) -> tuple[Touch, ...]:
    """Without the calls that later ones of the same chain repeat."""
    found = list(touches)
    replaced = {place for touch in found for place in touch.replaces if place != (touch.fid, touch.value)}
    return tuple(t for t in found if (t.fid, t.value) not in replaced or _is_whole(t))


def _is_whole(touch: Touch) -> bool:
    """A statement, and not what a view's class chooses from before it is asked further."""
    return touch.concept is None and not (touch.pending and touch.operation == "list")


def in_caller_terms(touch: Touch, replaced: Substitution, known: dict[Atoms, Atoms] | None = None) -> Touch:
    """The same access with parameters replaced."""
    if touch.dropped:
        touch = replace(touch, dropped=with_keys(touch.dropped, replaced, known))
    keys, written = with_keys(touch.keys, replaced, known), with_keys(touch.written, replaced, known)
    subject = substituted(touch.subject, replaced, known)
    resource = closed_name(touch.resource, replaced)
    if resource != touch.resource:
        touch = replace(touch, resource=resource)
    if keys == touch.keys and written == touch.written and subject is touch.subject and not subject:
        return touch
    loaded = sorted((a for a in subject if a.kind == "stored" and a.exact), key=order)
    own = [a for a in subject if a.kind == "principal" and a.exact and not a.path]
    if own and not loaded and not touch.resource:
        mine: tuple[Key, ...] = (("id", frozenset(own)),)
        return replace(touch, resource=ACCOUNT, keys=mine, written=written, subject=frozenset())
    if not loaded:
        return replace(touch, keys=keys, written=written, subject=subject)
    operation = "update" if touch.operation == "create" else touch.operation
    keys = trimmed((*keys, *(key for atom in loaded for key in atom.keys)))
    return replace(
        touch, resource=loaded[0].name, operation=operation, keys=keys, written=written, subject=frozenset()
    )


__all__ = ["ACCOUNT", "Touch", "access_at", "fields_of", "in_caller_terms", "merged", "normal"]
