"""References that are stored as the client names them: a booking for whichever pet, a task in whichever project."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rearguard.analysis import ValueView
from rearguard.analysis.access import Access, Row
from rearguard.analysis.access.atoms import Atom, Atoms
from rearguard.analysis.access.ownership import PRIVILEGED
from rearguard.analysis.access.principals import is_caller, is_open
from rearguard.analysis.access.resources import Touch, normal
from rearguard.analysis.access.tenants import stem
from rearguard.checks.base import Context
from rearguard.checks.declared_bodies import body_classes, declared_fields
from rearguard.checks.endpoints import first_line, location
from rearguard.checks.lookup_places import place_of
from rearguard.checks.privileged import is_privileged
from rearguard.checks.serializers import Serializer, serializers
from rearguard.checks.shared import chooses, is_shared
from rearguard.program import Op, Span

_REFERS = re.compile(r"\w+(?:_(?:id|uuid|pk)|I[dD])")
_TO_OTHERS = re.compile(
    r"(?:\w+_)?(?:dest(?:ination)?|recipient|receiver|target|partner|counterpart\w*|invitee|guest|friend|contact|peer|"
    r"to|from|source|original?|template|forked_from|copied_from)(?:_?\w+)?",
    re.IGNORECASE,
)
"""Fields that are there to name what is somebody else's."""
_OF_VALUES = frozenset(
    {"int", "str", "float", "UUID", "bool", "len", "isinstance", "print", "Number", "String", "parseInt"}
)
_OWN_KEYS = ("id", "_id", "pk", "uuid", "")
_READS = ("GET", "HEAD")
_JUDGES = re.compile(r"def (?:get_queryset|get_fields|__init__|to_internal_value|get_extra_kwargs)\b")
"""Methods of a serializer or form by which what its fields take may depend on who calls."""
_LIBRARYS_OWN = re.compile(
    r"(?:\w+\.)*(?:PrimaryKeyRelatedField|SlugRelatedField|HyperlinkedRelatedField|Model(?:Multiple)?ChoiceField)"
)


@dataclass(frozen=True, slots=True)
class Reference:
    """A field that says which other record something belongs to, as the client says it."""

    field: str
    resource: str
    """The record that it refers to."""
    place: Span
    access: Access
    """What is made or changed."""
    kept: Access
    """Where such a record is looked up for the caller alone."""


class References:
    """What is known of a program for all its endpoints."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.rows = tuple(context.matrix)
        self._private: dict[str, Access | None] = {}
        self._serializers: tuple[Serializer, ...] | None = None

    def of(self, row: Row) -> Reference | None:
        """The reference that an endpoint stores without asking whose record it names."""
        surface = row.surface
        if surface is None or row.public or row.for_services or row.authentication.state != "required":
            return None
        has_role = row.authorization.state == "required"
        if (row.authorization.state != "none" and not has_role) or (has_role and is_privileged(row)):
            return None
        for access in row.accesses:
            if access.operation not in ("create", "update") or access.limit == "role":
                continue
            touch = _touch_of(row, access)
            given = tuple(self._given(row, access, touch)) if touch is not None else ()
            asked = {resource for name, resource, _ in given if _is_asked(self.context, row, access, name)}
            for name, resource, place in given:
                if resource in asked or _TO_OTHERS.fullmatch(name):
                    # Of two that refer to the same, one may be anybody's.
                    continue
                kept = self._kept(resource)
                # Who has a role acts on what belongs to others, of the same tenant.
                if kept is not None and (not has_role or kept.limit == "tenant"):
                    return Reference(name, kept.resource, place, access, kept)
        return None

    def _given(self, row: Row, access: Access, touch: Touch) -> Iterator[tuple[str, str, Span]]:
        """Fields that refer to another record and are stored as the client says, with that and a place."""
        named = {name for name, _ in touch.written}
        own = location(self.context, row)
        for name, atoms in touch.written:
            if name in ("", "*"):
                for field, place in self._declared(row, access, atoms):
                    if field not in named and f"{field}_id" not in named:
                        yield from self._refers(touch.resource, field, place)
            elif (said := _said(atoms)) is not None and said.path[-1] not in _OWN_KEYS[:1]:
                beside = touch.span.path == own.path
                place = (
                    first_line(self.context, touch.span)
                    if beside
                    else place_of(self.context, row, access, self.rows)
                )
                yield from self._refers(touch.resource, name, place)
        if access.operation == "update" and not touch.written:
            for field, place in self._of_serializers(row, access):
                yield from self._refers(touch.resource, field, place)

    def _refers(self, resource: str, field: str, place: Span) -> Iterator[tuple[str, str, Span]]:
        accounts = self.context.matrix.accounts
        refers = self.context.matrix.schemas.of(resource).refers
        declared = refers.get(field) or refers.get(f"{field}_id") or refers.get(re.sub(r"_id$", "", field))
        for other in sorted(declared or ({stem(field)} if _REFERS.fullmatch(field) else ())):
            if other not in accounts:
                yield field, other, place

    def _kept(self, resource: str) -> Access | None:
        """A look at such a record that is for its owner or tenant alone, if no other look is for more."""
        if resource not in self._private:
            self._private[resource] = self._look(resource)
        return self._private[resource]

    def _look(self, resource: str) -> Access | None:
        kept: list[Access] = []
        opened = 0
        for row in self.rows:
            for access in row.accesses:
                if normal(access.resource) != resource or access.operation not in ("read", "list"):
                    continue
                if access.limit == "role" or not (chooses(access) or access.limit == "tenant"):
                    # A list of one's own says little of who may see the rest; one of the tenant's says it.
                    continue
                if access.restricted.state == "restricted" and access.restricted.reason != PRIVILEGED:
                    kept.append(access)
                elif row.endpoint.method in _READS:
                    opened += 1
        if opened or not kept or is_shared(self.context, kept[0], self.rows):
            return None
        return kept[0]

    def _declared(self, row: Row, access: Access, atoms: Atoms) -> Iterator[tuple[str, Span]]:
        """Fields of the body that is stored whole, as its class declares them."""
        if not any(atom.kind == "input" and atom.name in ("body", "json", "data", "form") for atom in atoms):
            return
        for cid in body_classes(self.context, row):
            for path, _, field in declared_fields(self.context, cid):
                yield field.name, Span(path, field.start, field.end)
        yield from self._of_serializers(row, access)

    def _of_serializers(self, row: Row, access: Access) -> Iterator[tuple[str, Span]]:
        """Fields that a serializer or form writes, where nothing limits what they take."""
        if self._serializers is None:
            self._serializers = tuple(serializers(self.context))
        used = set(_named_classes(self.context, row))
        for one in self._serializers:
            if one.cid not in used or normal(one.model) != normal(access.resource) or not one.writes:
                continue
            texts = [one.text, *self._above(one.cid)]
            for field in one.written:
                place = self._limited(one, field, texts, row)
                if place is not None:
                    yield field, place

    def _above(self, cid: str) -> Iterator[str]:
        for each in self.context.view.linker.lineage(cid):
            path, _, name = each.rpartition("::")
            source = self.context.sources.get(path)
            if source is not None and each != cid:
                cls = self.context.view.linker.modules[path].classes[name]
                yield source.slice(cls.start, cls.end)

    def _limited(self, one: Serializer, field: str, texts: Iterable[str], row: Row) -> Span | None:
        """Where a field stands that takes every record; `None` where something limits it."""
        quoted = re.compile(
            rf"(?:attrs|data|cleaned_data|value)(?:\.get\(|\[)\s*['\"]{field}['\"]|def (?:validate|clean)_{field}\b"
        )
        if any(_JUDGES.search(text) or quoted.search(text) for text in texts):
            return None
        for cid in self.context.view.linker.lineage(one.cid):
            if cid not in self.context.view.linker.functions:
                continue
            for store in self.context.view.linker.contents(cid).stores.get(field, ()):
                made = self.context.view.definitions(cid).get(store.args[0])
                text = self.context.text(Span(cid.partition("::")[0], store.start, store.end))
                said = text.partition("=")[2].strip()
                if made is None or not _LIBRARYS_OWN.match(said) or "read_only" in said or "request" in said:
                    return None
                return first_line(self.context, Span(cid.partition("::")[0], store.start, store.end))
        own = location(self.context, row)
        return own if _has_step(self.context, row) else first_line(self.context, one.span)


def _has_step(context: Context, row: Row) -> bool:
    """Whether the view has code of its own for what is done."""
    cls = row.endpoint.handler.cls or (row.endpoint.implied.cid if row.endpoint.implied is not None else "")
    return any(fid.rpartition(".")[0] == cls for fid in row.endpoint.handler.functions)


def _named_classes(context: Context, row: Row) -> Iterator[str]:
    """Classes by which an endpoint checks what is sent: what its view names, or its code makes."""
    implied = row.endpoint.implied
    cls = implied.cid if implied is not None else row.endpoint.handler.cls
    linker = context.view.linker
    for cid in linker.lineage(cls) if cls else ():
        stores = linker.contents(cid).stores if cid in linker.functions else {}
        for store in (*stores.get("serializer_class", ()), *stores.get("form_class", ())):
            yield from ValueView(context.view, cid, store.args[0]).classes
    chosen = linker.method(cls, "get_serializer_class") if cls else None
    for fid in (*row.endpoint.handler.functions, *((chosen,) if chosen is not None else ())):
        for instr in linker.code(fid) if fid in linker.functions else ():
            if instr.op == Op.LOAD:
                yield from ValueView(context.view, fid, instr.dst).classes


def _touch_of(row: Row, access: Access) -> Touch | None:
    touches = row.surface.touches if row.surface is not None else ()
    same = (
        t for t in touches if (t.fid, t.value, t.operation) == (access.fid, access.value, access.operation)
    )
    return next(same, None)


def _said(atoms: Atoms) -> Atom | None:
    """What the client sends as it is, or made into a number or an identifier."""
    found = [a for a in atoms if is_open(a) and a.path and (a.exact or a.bound in ("number", "schema"))]
    return min(found, key=lambda a: (a.path, a.name)) if found and all(map(is_open, atoms)) else None


def _is_asked(context: Context, row: Row, access: Access, field: str) -> bool:
    """Whether anything is asked of what a field names: by a look-up, a comparison, or what could not be read."""
    surface, touch = row.surface, _touch_of(row, access)
    if surface is None or touch is None:
        return True
    said = _said(dict(touch.written).get(field, frozenset()))
    names = {field, re.sub(r"_id$", "", field), *((said.path[-1],) if said is not None else ())}
    for other in surface.touches:
        if other is not touch and any(_names(atom, names) for _, atoms in other.keys for atom in atoms):
            return True
    for fact in surface.facts:
        for condition in fact.conditions:
            about = [atom for atom in condition.atoms if _names(atom, names)]
            if about and (len(about) < len(condition.atoms) or any(map(is_caller, condition.atoms))):
                return True
    return any(_is_unread(context, fid, names) for fid in {*row.endpoint.handler.functions, access.fid})


def _names(atom: Atom, names: set[str], depth: int = 0) -> bool:
    """Whether an origin is what the client says there, or a record that was looked up by it."""
    if atom.kind in ("input", "parameter"):
        return any(part in names for part in atom.path)
    return depth < 3 and any(_names(inner, names, depth + 1) for _, atoms in atom.keys for inner in atoms)


def _is_unread(context: Context, fid: str, names: set[str]) -> bool:
    """Whether a function hands what is named to a call that cannot be read: it may ask whose that is."""
    linker, origins = context.view.linker, context.matrix.origins
    definitions = context.view.definitions(fid) if fid in linker.functions else {}
    for instr in linker.code(fid) if fid in linker.functions else ():
        callee = definitions.get(instr.args[0]) if instr.op == Op.CALL else None
        if callee is None or callee.op != Op.LOAD or callee.name in _OF_VALUES or len(instr.args) < 2:
            continue
        if origins.targets(fid, instr) or origins.call_rows(fid, instr):
            continue
        if any(True for _ in origins.concepts(fid, instr.dst)):
            continue
        if any(_names(atom, names) for value in instr.args[1:] for atom in origins.of(fid, value)):
            return True
    return False


__all__ = ["Reference", "References"]
