"""Which fields of a stored object are written, with what they come from."""

from collections.abc import Iterator

from rearguard.analysis.access.atoms import NOTHING, Key
from rearguard.analysis.access.origins import Origins
from rearguard.models.view import ValueView
from rearguard.program import Instr, Op, instructions

_DUMPS = frozenset({"model_dump", "dict"})
"""Methods by which a checked body becomes a map."""


def fields_of(origins: Origins, fid: str, value: int, depth: int = 0) -> Iterator[Key]:
    """The fields of an object that is made here, with what they come from; `*` for one not made here."""
    found = origins.resolved(fid, value)
    if found is None or depth > 4:
        return
    home, instr = found
    if instr.op == Op.COLLECT:
        for index, inner in enumerate(instr.args):
            key = instr.keys[index] if instr.keys else None
            if key in ("**", "*", None) or (key or "").startswith("$"):
                yield from fields_of(origins, home, inner, depth + 1)
                if key == "**":
                    yield from ((name, NOTHING) for name in taken(origins, home, instr, inner))
            else:
                yield str(key), origins.of(home, inner)
        return
    if instr.op == Op.CALL and origins.is_merge(home, instr):
        for inner in instr.args[1:]:
            yield from fields_of(origins, home, inner, depth + 1)
        return
    if _is_dump(origins, home, instr):
        yield from _dumped(origins, home, instr)
        return
    made_of = origins.record_made_of(home, instr) if instr.op == Op.CALL else ()
    if instr.op == Op.NEW or made_of:
        yield from _set_later(origins, home, instr)
    if made_of:
        for inner in made_of:
            yield from fields_of(origins, home, inner, depth + 1)
        return
    if instr.op in (Op.CALL, Op.NEW):
        named = [(k, instr.args[1 + i]) for i, k in enumerate(instr.keys) if k]
        if instr.op == Op.NEW or named:
            for key, inner in named:
                if key in ("**", "*"):
                    yield from fields_of(origins, home, inner, depth + 1)
                else:
                    yield key, origins.of(home, inner)
            for index, inner in enumerate(instr.args[1:]):
                if not instr.keys or instr.keys[index] is None:
                    yield from fields_of(origins, home, inner, depth + 1)
            return
    atoms = origins.of(home, instr.dst)
    if atoms:
        yield "*", atoms


def _is_dump(origins: Origins, fid: str, instr: Instr) -> bool:
    """`body.model_dump(exclude_unset=True)`: the names are options of the call, and no fields."""
    callee = origins.view.definitions(fid).get(instr.args[0]) if instr.op == Op.CALL else None
    return callee is not None and callee.op == Op.ATTR and callee.name in _DUMPS


def _dumped(origins: Origins, fid: str, instr: Instr) -> Iterator[Key]:
    options = {key: value for key, value in zip(instr.keys, instr.args[1:], strict=False) if key}
    named = {
        key: [one.text for one in ValueView(origins.view, fid, options[key]).elements() if one.text]
        for key in ("include", "exclude")
        if key in options
    }
    atoms = origins.of(fid, instr.dst)
    if "include" in named:
        yield from ((name, atoms) for name in named["include"])
        return
    if atoms:
        yield "*", atoms
    yield from ((name, NOTHING) for name in named.get("exclude", ()))


def _set_later(origins: Origins, fid: str, made: Instr) -> Iterator[Key]:
    """Members that are set one by one on an object after it was made: `note = new Note(); note.id = 1`."""
    for write in origins.linker.contents(fid).writes:
        if write.op == Op.SETATTR:
            found = origins.resolved(fid, write.args[0])
            if found is not None and found[0] == fid and found[1].dst == made.dst:
                yield write.name, origins.of(fid, write.args[-1])


def entry_of(origins: Origins, fid: str, value: int, name: str) -> tuple[str, int] | None:
    """The entry of a map made here."""
    found = origins.resolved(fid, value)
    if found is None or found[1].op != Op.COLLECT:
        return None
    home, instr = found
    for index, key in enumerate(instr.keys):
        if key == name:
            return home, instr.args[index]
    return None


def taken(origins: Origins, fid: str, rest: Instr, value: int) -> Iterator[str]:
    """Members that a destructuring takes out before it gathers the rest."""
    for instr in instructions(origins.linker.functions[fid].body):
        if instr.dst == rest.dst:
            return
        if instr.op == Op.ATTR and instr.args[0] == value:
            yield instr.name


__all__ = ["entry_of", "fields_of", "taken"]
