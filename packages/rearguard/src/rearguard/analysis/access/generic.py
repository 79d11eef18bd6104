"""Views that a framework answers from the objects which their class names, without code of their own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from rearguard.analysis.access.atoms import (
    OWN,
    Atom,
    Atoms,
    Key,
    normal,
    open_name,
    order,
    substituted,
    trimmed,
    union,
)
from rearguard.analysis.access.resource_names import resource_name
from rearguard.models.concepts import ResourceAccess
from rearguard.models.routing import Endpoint, Implied
from rearguard.program import Instr, Op, Span

if TYPE_CHECKING:
    from rearguard.analysis.access.facts import Fact
    from rearguard.analysis.access.origins import Origins
    from rearguard.analysis.access.resources import Touch

_CHOSEN = ("get_object", "get_queryset")
"""Methods by which such views get their objects; the first gives the one that the path names."""
QUERYSET = "queryset"
"""The attribute by which such views say what their objects are chosen from."""
_NARROWS = ("filter", "exclude", "get", "order_by", "select_related", "prefetch_related", "distinct", "all")
NARROWED = ResourceAccess("", resource="self", op="list", key="**")
"""A query that is asked further."""
_DONE = {
    "update": ResourceAccess("", resource="self", op="update", key="**"),
    "delete": ResourceAccess("", resource="self", op="delete"),
}
"""What is done to all that it chooses, `aupdate` too."""
_KEYS = ("lookup_url_kwarg", "lookup_field", "pk_url_kwarg", "slug_url_kwarg")
_DEEDS = {"list": 1, "create": 2, "read": 3, "update": 4, "delete": 5}


def by_view(origins: Origins, fid: str, instr: Instr) -> Touch | None:
    """`self.get_object()`, `super().get_queryset()` where the framework's own method runs."""
    if instr.op != Op.CALL:
        return None
    callee = origins.view.definitions(fid).get(instr.args[0])
    if callee is None or callee.op != Op.ATTR or callee.name not in _CHOSEN:
        return None
    cid = class_of(origins, fid)
    if cid is None or not is_own(origins, fid, callee.args[0]):
        return None
    if any(not _is_below(origins, cid, target) for target in origins.targets(fid, instr)):
        return None
    name = cid.rpartition("::")[2].rpartition(".")[2]
    model = origins.managers.model(name)
    if model != name:
        # A manager's own question begins with all of its model's objects.
        return _touch("list", model, (), (), fid, instr.dst, origins.span(fid, instr))
    # Within `get_queryset`, what it extends is the class's attribute.
    found = objects(origins, cid, own=callee.name != "get_queryset")
    if found is None and callee.name == "get_queryset" and origins.linker.extended.get(cid):
        # A mixin: which objects these are, the view says that it is mixed into.
        name = open_name(fid, (OWN, QUERYSET), "")
        return _touch("list", name, (), (), fid, instr.dst, origins.span(fid, instr))
    if found is None:
        return None
    keys = found.keys
    if callee.name == "get_object":
        keys = (*keys, *_by_path(_key(origins, cid), origins.span(fid, instr), fid))
    return _touch("read", found.name, keys, (), fid, instr.dst, origins.span(fid, instr))


def _is_below(origins: Origins, cid: str, target: str) -> bool:
    """Whether a method is of a class that extends this one, which `super()` never means."""
    owner = class_of(origins, target)
    return owner is not None and owner != cid and cid in origins.linker.lineage(owner)


def by_chain(origins: Origins, fid: str, instr: Instr) -> ResourceAccess | None:
    """How a call narrows what a view's class chooses from, `super().get_queryset().filter()` in a mixin
    that no library is known to be above of, or what a manager of the program's own gives."""
    callee = origins.view.definitions(fid).get(instr.args[0]) if instr.op == Op.CALL else None
    if callee is None or callee.op != Op.ATTR or origins.linker.refs[fid][instr.args[0]]:
        return None
    asked = NARROWED if callee.name in _NARROWS else _DONE.get(callee.name.removeprefix("a"))
    if asked is None:
        return None
    for atom in origins.of(fid, callee.args[0]):
        begun = origins.remembered((atom.fid, atom.value)) if atom.kind == "stored" and atom.exact else None
        if begun and begun.concept in (None, NARROWED):
            return asked
    return asked if _is_asked_of_manager(origins, fid, callee.args[0]) else None


def _is_asked_of_manager(origins: Origins, fid: str, value: int) -> bool:
    """`Orders.objects.visible_to(me)`: what a manager of the program's own answers is a query again."""
    found = origins.resolved(fid, value)
    if found is None or found[1].op != Op.CALL:
        return False
    owners = (class_of(origins, target) for target in origins.runs(*found))
    return any(cid is not None and origins.managers.is_known(cid) for cid in owners) and any(
        atom.kind == "stored" and not atom.path for atom in origins.of(fid, value)
    )


def class_of(origins: Origins, fid: str) -> str | None:
    """The class that a method belongs to."""
    owner = origins.linker.functions[fid].owner
    return f"{origins.linker.module_of[fid]}::{owner}" if owner else None


def is_own(origins: Origins, fid: str, value: int) -> bool:
    """Whether a value is the object, or the class, that a method is called on, and nothing that it gives."""
    found = origins.resolved(fid, value)
    if found is None or found[0] != fid:
        return False
    instr = found[1]
    if instr.op == Op.CALL:
        instr = origins.view.definitions(fid).get(instr.args[0], instr)
        return instr.op == Op.LOAD and instr.name == "super"
    return instr.op == Op.LOAD and bool(instr.name) and instr.name == origins.linker.functions[fid].receiver


def objects(origins: Origins, cid: str, own: bool = True) -> Atom | None:
    """What the objects of a view's class are: a stored object with the keys that all have.

    `own` is whether the class's own `get_queryset` counts, beside its attributes.
    """
    method = origins.linker.method(cid, "get_queryset") if own else None
    atoms: Atoms = frozenset()
    if method is not None:
        atoms = union(origins.of(method, value) for value in origins.returned(method))
        atoms = substituted(atoms, lambda atom: _of_view(origins, cid, atom))
    else:
        for name in ("queryset", "model"):
            held = _attribute(origins, cid, name)
            if held is not None:
                atoms = origins.of(*held)
                if not any(a.kind == "stored" for a in atoms):
                    atoms = _named(origins, *held)
                break
    stored = sorted((a for a in atoms if a.kind == "stored" and not a.path), key=order)
    if not stored:
        return None
    keys = tuple(dict.fromkeys(key for atom in stored for key in atom.keys))
    return stored[0]._replace(keys=keys, exact=True)


def _of_view(origins: Origins, cid: str, atom: Atom) -> Atoms | None:
    """What a mixin's objects are in one view that it is mixed into."""
    if atom.kind != "holder" or atom.path != (OWN, QUERYSET):
        return None
    found = objects(origins, cid, own=False)
    return frozenset((Atom("class", found.name),)) if found is not None else frozenset()


def _named(origins: Origins, fid: str, value: int) -> Atoms:
    """All objects of a model that is named itself (`model = Note`), or asked by an unknown manager."""
    name = resource_name(origins, fid, value)
    instr = origins.view.definitions(fid).get(value)
    if not name[:1].isupper() or instr is None:
        return frozenset()
    return frozenset((Atom("stored", name, (), origins.span(fid, instr), fid, value),))


def _attribute(origins: Origins, cid: str, name: str) -> tuple[str, int] | None:
    for current in origins.linker.lineage(cid):
        if current in origins.linker.functions:
            stores = origins.linker.contents(current).stores.get(name, ())
            if stores:
                return current, stores[-1].args[0]
    return None


def _key(origins: Origins, cid: str) -> str:
    for name in _KEYS:
        held = _attribute(origins, cid, name)
        text = origins.constant(*held) if held is not None else None
        if text:
            return text
    return "pk"


def _by_path(name: str, span: Span, fid: str) -> tuple[Key, ...]:
    return ((name, frozenset((Atom("input", "path", (name,), span, fid),))),)


def _touch(
    operation: str,
    resource: str,
    keys: Iterable[Key],
    written: tuple[Key, ...],
    fid: str,
    value: int,
    span: Span,
) -> Touch:
    from rearguard.analysis.access.resources import Touch

    kept = trimmed(keys)
    flags = tuple(name for name, atoms in kept if not atoms)
    return Touch(None, fid, value, span, resource, operation, kept, written, flags, pending=True)


# -- endpoints without code -----------------------------------------------------------------------


def deeds(origins: Origins, endpoint: Endpoint, facts: Iterable[Fact]) -> Iterator[Fact]:
    """What happens for such an endpoint: its class's own steps, and what the framework does with them."""
    from rearguard.analysis.access.facts import Fact

    implied = endpoint.implied
    assert implied is not None
    key = _by_path(_in_path(endpoint, implied), endpoint.handler.span, implied.cid) if implied.key else ()
    chosen = objects(origins, implied.cid)
    found, facts = False, tuple(facts)
    # `super().get_queryset().filter(club=...)`: what is filtered next is not what is dealt with.
    begun = {place for fact in facts if fact.touch is not None for place in fact.touch.replaces}
    for fact in facts:
        touch = fact.touch
        reads = touch is not None and fact.fid.endswith(_CHOSEN) and touch.operation in ("read", "list")
        if reads and touch is not None and (touch.fid, touch.value) in begun:
            continue
        # What else is looked up on the way, as an owner that the query names, is not what is dealt with.
        if touch is not None and reads and (chosen is None or normal(touch.resource) == normal(chosen.name)):
            found = True
            added = key if fact.fid.endswith("get_queryset") else ()
            deed = replace(touch, operation=implied.operation, keys=(*touch.keys, *added))
            yield fact._replace(touch=deed)
        else:
            yield fact
    overrides = any(fid.endswith(_CHOSEN) for fid in endpoint.handler.functions)
    if found or chosen is None or (overrides and implied.operation != "create"):
        return
    written = tuple(_saved(origins, endpoint)) if implied.operation in ("create", "update") else ()
    keys = (*chosen.keys, *key) if implied.operation != "create" else ()
    span = endpoint.handler.span
    touch = _touch(
        implied.operation, chosen.name, keys, written, implied.cid, -1 - _DEEDS[implied.operation], span
    )
    yield Fact("touch", span, implied.cid, touch.value, touch=touch)


def _in_path(endpoint: Endpoint, implied: Implied) -> str:
    """The part of the path that names the object: the one that the class says, or the only one there is."""
    names = re.findall(r"[:{<]\s*(?:\w+:)?(\w+)", endpoint.path)
    return implied.key if implied.key in names or not names else names[-1]


def _saved(origins: Origins, endpoint: Endpoint) -> Iterator[Key]:
    """What is stored: the checked body, and what the class's steps put beside it: `save(owner=...)`."""
    body = Atom("input", "body", (), endpoint.handler.span, endpoint.handler.span.path, bound="schema")
    yield "", frozenset((body,))
    for fid in endpoint.handler.functions:
        for instr in origins.linker.code(fid) if fid in origins.linker.functions else ():
            callee = origins.view.definitions(fid).get(instr.args[0]) if instr.op == Op.CALL else None
            if callee is not None and callee.name == "save":
                for name, value in zip(instr.keys, instr.args[1:], strict=False):
                    if name and name not in ("*", "**"):
                        yield name, origins.of(fid, value)


def named_object(origins: Origins, endpoint: Endpoint) -> Atoms:
    """The one object that an endpoint is about, as permissions for objects are given it."""
    implied = endpoint.implied
    cid = implied.cid if implied is not None else None
    for fid in endpoint.handler.functions[:1] if cid is None else ():
        cid = class_of(origins, fid) if fid in origins.linker.functions else None
    chosen = objects(origins, cid) if cid is not None else None
    if chosen is None or cid is None:
        return frozenset()
    name = _in_path(endpoint, implied) if implied is not None and implied.key else _key(origins, cid)
    keys = (*chosen.keys, *_by_path(name, endpoint.handler.span, cid))
    return frozenset((chosen._replace(keys=trimmed(keys)),))


__all__ = [
    "NARROWED",
    "QUERYSET",
    "by_chain",
    "by_view",
    "class_of",
    "deeds",
    "is_own",
    "named_object",
    "objects",
]
