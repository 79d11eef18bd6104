"""Resources that only callers know: what a generic repository, a mixin or a helper is told to work on.

`self.model` of a base class, `cls` of a mixin's class method, `model` of `find_or_404(model, key)` are other
classes for every caller. Inside, such a resource has an open name, which every call on the way out closes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rearguard.analysis.access.atoms import (
    NOTHING,
    OWN,
    Atom,
    Atoms,
    open_name,
    union,
)
from rearguard.analysis.access.generic import QUERYSET, class_of, objects
from rearguard.analysis.access.reaching import ENTRY
from rearguard.link import Kind, function_id
from rearguard.program import MODULE_BODY, Instr, Op

if TYPE_CHECKING:
    from rearguard.analysis.access.origins import Origins

_MANAGERS = ("query", "objects", "_default_manager", "__table__")
"""Members of a model through which its objects are asked for."""
_BY_NAME = frozenset(("collection", "get_collection", "getCollection", "table", "Table", "get_table"))
"""Functions that give where records are kept, by its name."""
MAX_STEPS = 6


def open_resource(origins: Origins, fid: str, subject: int, otherwise: str) -> str:
    """The open name of what a value stands for, where more than one class is handed in; "" elsewhere."""
    path = _held(origins, fid, subject)
    if path is None:
        return ""
    value = _model(origins, fid, subject)
    if path == (OWN,):
        owner = class_of(origins, fid)
        several = owner is not None and bool(origins.linker.extended.get(owner))
    else:
        several = len({ref.id for ref in origins.linker.refs[fid][value] if ref.kind is Kind.CLASS}) > 1
        several = several or _is_named(origins, fid, subject, path)
    return open_name(fid, path, otherwise) if several else ""


def _is_named(origins: Origins, fid: str, subject: int, path: tuple[str, ...]) -> bool:
    """Whether what a function works on is found by a name that it was given: `database[name]`."""
    if path[0] != OWN:
        found = origins.resolved(fid, subject)
        return found is not None and _name_of(origins, *found) >= 0
    owner = class_of(origins, fid)
    constructor = origins.linker.constructor(owner) if owner is not None and len(path) == 2 else None
    if constructor is None:
        return False
    kept = _kept(origins, constructor, path[1])
    found = origins.resolved(constructor, kept) if kept is not None else None
    return found is not None and found[0] == constructor and _name_of(origins, *found) >= 0


def _name_of(origins: Origins, fid: str, instr: Instr) -> int:
    """The name by which a collection or table is asked for, where it is no constant; -1 for anything else."""
    if instr.op == Op.ITEM and instr.value is None and len(instr.args) == 2:
        return instr.args[1]
    if instr.op == Op.CALL and len(instr.args) == 2:
        callee = origins.view.definitions(fid).get(instr.args[0])
        if callee is not None and callee.name in _BY_NAME and _text(origins, fid, instr.args[1]) is None:
            return instr.args[1]
    return -1


def _text(origins: Origins, fid: str, value: int) -> str | None:
    """A text that is written there; what callers give for a parameter is theirs."""
    held = _held(origins, fid, value)
    return origins.constant(fid, value) if held is None else None


def _kept(origins: Origins, constructor: str, member: str) -> int | None:
    """The value that a constructor puts into a member of its object."""
    function, definitions = origins.linker.functions[constructor], origins.view.definitions(constructor)
    for instr in origins.linker.code(constructor):
        if instr.op == Op.SETATTR and instr.name == member:
            base = definitions.get(instr.args[0])
            if base is not None and base.op == Op.LOAD and base.name == function.receiver:
                return instr.args[1]
    return None


def class_given(origins: Origins, fid: str, value: int | None, member: tuple[str, ...]) -> Atoms:
    """What class a call hands in: the value itself, or a member of the object it is called on."""
    if value is None:
        return NOTHING
    text = _text(origins, fid, value) if not member else None
    if text:
        # `change("orders", key, values)`
        return frozenset((Atom("class", text),))
    own = _held(origins, fid, value)
    if own is not None and (not member or own == (OWN,)) and not _is_known(origins, fid, value, own):
        return frozenset((Atom("holder", fid, (*own, *member)),))
    classes = _classes(origins, fid, value)
    if len(classes) != 1:
        return NOTHING
    return member_class(origins, classes[0], member, _site(origins, fid, value))


def member_class(
    origins: Origins, cid: str, member: tuple[str, ...], site: tuple[str, Instr] | None = None
) -> Atoms:
    """The class that a member of a class's objects is; the class itself without a member."""
    if not member:
        return _named(cid)
    if member == (QUERYSET,):
        chosen = objects(origins, cid, own=False)
        if chosen is not None:
            return frozenset((Atom("class", chosen.name),))
    for current in origins.linker.lineage(cid):
        if current in origins.linker.functions:
            for store in origins.linker.contents(current).stores.get(member[0], ())[-1:]:
                text = _text(origins, current, store.args[0])
                if text:
                    # `table = "orders"`
                    return frozenset((Atom("class", text),))
                found = _classes(origins, current, store.args[0])
                if len(found) == 1:
                    return _named(found[0])
    getter = origins.linker.method(cid, member[0])
    for value in origins.returned(getter) if getter is not None else ():
        text = _text(origins, getter, value) if getter is not None else None
        if text:
            # `get table() { return "orders" }`
            return frozenset((Atom("class", text),))
    return _constructed(origins, cid, member[0], site, 0)


def only_class(origins: Origins, fid: str, value: int) -> str:
    """The one class of which a value is known to be; "" where there are several or none."""
    classes = _classes(origins, fid, value)
    return classes[0] if len(classes) == 1 else ""


def _named(cid: str) -> Atoms:
    return frozenset((Atom("class", cid.rpartition("::")[2].rpartition(".")[2]),))


def _classes(origins: Origins, fid: str, value: int) -> list[str]:
    found: dict[str, None] = {}
    for ref in origins.linker.refs[fid][value]:
        if ref.kind is Kind.CLASS:
            found[ref.id] = None
        elif ref.kind is Kind.INSTANCE and ref.base is not None:
            found[ref.base.id] = None
    return list(found)


def _model(origins: Origins, fid: str, value: int) -> int:
    """The model that a value asks: `self.model` of `self.model.objects`, of `session.query(self.model)`."""
    for _ in range(MAX_STEPS):
        found = origins.resolved(fid, value)
        if found is None or found[0] != fid:
            break
        instr = found[1]
        if instr.op == Op.ATTR and instr.name in _MANAGERS:
            value = instr.args[0]
        elif _name_of(origins, fid, instr) >= 0:
            value = _name_of(origins, fid, instr)
        elif instr.op == Op.CALL:
            callee = origins.view.definitions(fid).get(instr.args[0])
            given = instr.args[1:2]
            if given and any(ref.kind is Kind.CLASS for ref in origins.linker.refs[fid][given[0]]):
                value = given[0]
            elif callee is not None and callee.op == Op.ATTR:
                value = callee.args[0]
            else:
                break
        else:
            break
    return value


def _held(origins: Origins, fid: str, value: int) -> tuple[str, ...] | None:
    """Where a function gets a value from: a parameter, the object it is called on, or a member of that."""
    found = origins.resolved(fid, _model(origins, fid, value))
    if found is None or found[0] != fid:
        return None
    instr, function = found[1], origins.linker.functions[fid]
    if instr.op == Op.CALL:
        callee = origins.view.definitions(fid).get(instr.args[0])
        return (OWN,) if callee is not None and callee.op == Op.LOAD and callee.name == "super" else None
    if instr.op == Op.ATTR:
        base = origins.view.definitions(fid).get(instr.args[0])
        of_own = (
            base is not None and base.op == Op.LOAD and bool(base.name) and base.name == function.receiver
        )
        return (OWN, instr.name) if of_own else None
    if instr.op != Op.LOAD or not instr.name:
        return None
    if instr.name == function.receiver:
        return (OWN,)
    is_given = any(p.name == instr.name for p in function.params) and origins.stores(fid, instr) == {ENTRY}
    return (instr.name,) if is_given else None


def _is_known(origins: Origins, fid: str, value: int, held: tuple[str, ...]) -> bool:
    """Whether a value can be one class alone, whoever calls."""
    return held != (OWN,) and len(_classes(origins, fid, value)) == 1


def _site(origins: Origins, fid: str, value: int) -> tuple[str, Instr] | None:
    """The call that makes an object, through variables of modules and their imports."""
    for _ in range(MAX_STEPS):
        found = origins.resolved(fid, value)
        if found is None:
            return None
        fid, instr = found
        if instr.op in (Op.CALL, Op.NEW):
            return found
        path = ""
        name = instr.name
        if instr.op == Op.ATTR:
            path = next((r.id for r in origins.linker.refs[fid][instr.args[0]] if r.kind is Kind.MODULE), "")
        elif instr.op == Op.IMPORT and isinstance(instr.value, str):
            module = origins.linker.index.python(origins.linker.module_of[fid], instr.name, instr.value)[0]
            path, name = module or "", instr.value
        fid = function_id(path, MODULE_BODY)
        stores = origins.linker.contents(fid).stores.get(name, ()) if fid in origins.linker.functions else ()
        if len(stores) != 1:
            return None
        value = stores[0].args[0]
    return None


def _constructed(
    origins: Origins, cid: str, member: str, site: tuple[str, Instr] | None, depth: int
) -> Atoms:
    """What class a constructor puts into a member: its own choice, or what it was given."""
    constructor = origins.linker.constructor(cid)
    if constructor is None or depth > 3:
        return NOTHING
    definitions = origins.view.definitions(constructor)
    kept = _kept(origins, constructor, member)
    if kept is not None:
        return _argument(origins, constructor, kept, site)
    for instr in origins.linker.code(constructor):
        callee = definitions.get(instr.args[0]) if instr.op == Op.CALL else None
        if callee is None or "super" not in (callee.name, _name_before(definitions, callee)):
            continue
        for above in origins.linker.lineage(cid)[1:]:
            found = _constructed(origins, above, member, (constructor, instr), depth + 1)
            for atom in found:
                if atom.kind == "holder":
                    # What this constructor hands on was given to it.
                    return _passed(origins, constructor, atom.path[0], site)
            if found:
                return found
    return NOTHING


def _name_before(definitions: dict[int, Instr], callee: Instr) -> str:
    """`super` of `super().__init__`."""
    made = definitions.get(callee.args[0]) if callee.op == Op.ATTR else None
    called = definitions.get(made.args[0]) if made is not None and made.op == Op.CALL else None
    return called.name if called is not None and callee.name == "__init__" else ""


def _argument(origins: Origins, constructor: str, value: int, site: tuple[str, Instr] | None) -> Atoms:
    held = _held(origins, constructor, value)
    if held is None or held[0] == OWN:
        classes = _classes(origins, constructor, value)
        return _named(classes[0]) if len(classes) == 1 else NOTHING
    return _passed(origins, constructor, held[0], site)


def _passed(origins: Origins, constructor: str, name: str, site: tuple[str, Instr] | None) -> Atoms:
    if site is None:
        return NOTHING
    fid, instr = site
    made = _made_inside(origins, constructor, fid, instr)
    if made is not None:
        # `who.rows("orders")`, which returns `Scoped(self.tenant, name)`.
        target, inner = made
        return union(
            class_given(origins, fid, origins.arguments(instr, target).get(atom.path[0]), ())
            if atom.kind == "holder" and atom.name == target and atom.path[0] != OWN
            else frozenset((atom,))
            for atom in _passed(origins, constructor, name, (target, inner))
        )
    value = origins.arguments(instr, constructor).get(name)
    if value is None:
        return NOTHING
    text = _text(origins, fid, value)
    if text:
        return frozenset((Atom("class", text),))
    held = _held(origins, fid, value)
    classes = _classes(origins, fid, value)
    if held is not None and len(classes) != 1:
        return frozenset((Atom("holder", fid, held),))
    return _named(classes[0]) if len(classes) == 1 else NOTHING


def _made_inside(origins: Origins, constructor: str, fid: str, instr: Instr) -> tuple[str, Instr] | None:
    """The function that a call runs to get its object, and where that makes it."""
    cid = constructor.rpartition(".")[0]
    for target in origins.targets(fid, instr):
        if target == constructor:
            return None
        for value in origins.returned(target):
            found = origins.resolved(target, value)
            if found is not None and found[0] == target and found[1].op in (Op.CALL, Op.NEW):
                called = origins.linker.refs[target][found[1].args[0]]
                if any(ref.kind is Kind.CLASS and cid in origins.linker.lineage(ref.id) for ref in called):
                    return target, found[1]
    return None


__all__ = ["class_given", "member_class", "only_class", "open_resource"]
