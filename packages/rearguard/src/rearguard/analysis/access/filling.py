"""What fills an object after it was made, or while it is: `Object.assign(note, body)`, `this.text = text`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rearguard.analysis.access.atoms import NOTHING, OWN, Atom, Atoms, made_of, substituted, union
from rearguard.link import Kind
from rearguard.program import Instr, Op

if TYPE_CHECKING:
    from rearguard.analysis.access.origins import Origins

__all__ = ["constructed", "merged", "merged_into", "told_by_view"]

_Path = tuple[str, ...]


def constructed(origins: Origins, fid: str, instr: Instr, path: _Path) -> Atoms:
    """An object made of its arguments: keywords are its fields."""
    filled = filled_later(origins, fid, instr, path)
    if filled:
        return filled
    if not path:
        return made_of(union(origins.of(fid, value) for value in instr.args[1:]))
    set_here = of_class(origins, fid, instr, path)
    if set_here is not None:
        return set_here
    for index, key in enumerate(instr.keys):
        if key == path[0]:
            return origins.of(fid, instr.args[1 + index], path[1:])
    spread = [v for i, v in enumerate(instr.args[1:]) if instr.keys and instr.keys[i] == "**"]
    if not instr.keys:
        spread = list(instr.args[1:2])
    return union(origins.of(fid, value, path) for value in spread)


def filled_later(origins: Origins, fid: str, made: Instr, path: _Path) -> Atoms:
    """What is copied into an object that was made without anything: `Object.assign(note, req.body)`."""
    if made.op != Op.NEW or len(made.args) > 1:
        return frozenset()
    parts: list[Atoms] = []
    for call in origins.linker.contents(fid).calls:
        if origins.is_merge(fid, call) and len(call.args) > 2:
            found = origins.resolved(fid, call.args[1])
            if found is not None and found[0] == fid and found[1].dst == made.dst:
                parts.extend(origins.of(fid, value, path) for value in call.args[2:])
    return union(parts)


def merged(origins: Origins, fid: str, instr: Instr) -> tuple[int, ...]:
    """What a call merges, the first taking over the others: `manager.merge(Note, note, changes)`."""
    values = instr.args[1:]
    refs = origins.linker.refs[fid][values[0]] if len(values) > 2 else ()
    return values[1:] if any(ref.kind is Kind.CLASS for ref in refs) else values


def merged_into(origins: Origins, fid: str, instr: Instr, path: _Path) -> Atoms | None:
    """`repository.merge(note, changes)` gives the note, with what it takes over; `None` for other merges."""
    values = merged(origins, fid, instr)
    whole = origins.of(fid, values[0]) if values else ()
    given = [origins.of(fid, value, path) for value in values]
    return union(given) if any(atom.kind == "stored" and atom.exact for atom in whole) else None


def told_by_view(origins: Origins, fid: str, instr: Instr, path: _Path) -> Atoms:
    """What a permission asks its view, `view.workspace_slug`, where every such property gives a part of the
    address; nothing elsewhere."""
    base = origins.view.definitions(fid).get(instr.args[0])
    function = origins.linker.functions[fid]
    if base is None or base.op != Op.LOAD or base.name != "view" or not function.owner:
        return frozenset()
    getters = [target for _, target in origins.methods_named(instr.name)]
    given = union(origins.of(each, value, path) for each in getters for value in origins.returned(each))
    is_part = all(atom.kind == "input" and atom.name in ("path", "params") for atom in given)
    return given if is_part and any(p.name == "view" for p in function.params) else frozenset()


def of_class(origins: Origins, fid: str, instr: Instr, path: _Path) -> Atoms | None:
    """A field of a new object of a class of the program; `None` where its class does not say."""
    for ref in origins.linker.refs[fid][instr.args[0]]:
        if ref.kind is not Kind.CLASS:
            continue
        constructor = origins.linker.constructor(ref.id)
        if constructor is not None:
            return union(
                (
                    _set_by_constructor(origins, fid, instr, constructor, path),
                    *_set_by_methods(origins, fid, instr, ref.id, constructor, path),
                )
            )
        declared = origins.linker.places(ref.id)
        by_place = len(instr.args) - 1 - sum(key is not None for key in instr.keys)
        if path[0] in declared[:by_place]:
            # `Member(org_id, user.id, role)`, a dataclass or a named tuple.
            return origins.of(fid, instr.args[1 + declared.index(path[0])], path[1:])
    return None


def _set_by_constructor(origins: Origins, fid: str, instr: Instr, constructor: str, path: _Path) -> Atoms:
    """What a constructor stores in a field of the new object."""
    function = origins.linker.functions[constructor]
    definitions = origins.view.definitions(constructor)
    parts: list[Atoms] = []
    for stored in origins.linker.code(constructor):
        if stored.op == Op.SETATTR and stored.name == path[0]:
            base = definitions.get(stored.args[0])
            if base is not None and base.op == Op.LOAD and base.name == function.receiver:
                parts.append(origins.of(constructor, stored.args[1], path[1:]))
    given = origins.at_call(fid, instr, constructor, union(parts))
    return union((given, *_set_later(origins, fid, instr, path)))


def _set_by_methods(
    origins: Origins, fid: str, made: Instr, cid: str, constructor: str, path: _Path
) -> Iterator[Atoms]:
    """What other methods of its class store in a field: `self.form = parse_qs(self.raw)`.

    What those are called with is not asked.
    """
    of = origins.linker.method

    def replaced(atom: Atom) -> Atoms:
        whole = atom.path[:1] == (OWN,) and len(atom.path) > 1
        return origins.of(fid, made.dst, atom.path[1:]) if whole else NOTHING

    for method in _methods(origins, cid):
        name = method.rpartition(".")[2]
        if method == constructor or of(cid, name) != method:
            continue
        definitions, receiver = origins.view.definitions(method), origins.linker.functions[method].receiver
        for stored in origins.linker.contents(method).writes:
            base = definitions.get(stored.args[0])
            own = base is not None and base.op == Op.LOAD and base.name == receiver
            if own and stored.op == Op.SETATTR and stored.name == path[0]:
                yield substituted(origins.of(method, stored.args[1], path[1:]), replaced)


def _methods(origins: Origins, cid: str) -> Iterator[str]:
    for each in origins.linker.lineage(cid):
        path, _, name = each.rpartition("::")
        module = origins.linker.modules.get(path)
        if module is not None and name in module.classes:
            yield from (f"{path}::{method}" for method in module.classes[name].methods.values())


def _set_later(origins: Origins, fid: str, made: Instr, path: _Path) -> Iterator[Atoms]:
    """What the function that makes an object sets on it: `request.user = caller(request)`."""
    for stored in origins.linker.contents(fid).writes:
        if stored.op == Op.SETATTR and stored.name == path[0]:
            found = origins.resolved(fid, stored.args[0])
            if found is not None and found[0] == fid and found[1].dst == made.dst:
                yield origins.of(fid, stored.args[1], path[1:])
