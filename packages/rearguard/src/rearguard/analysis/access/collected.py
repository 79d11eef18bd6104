"""What the parts of a container come from: its entries, and what a comprehension puts in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rearguard.analysis.access.atoms import Atoms, made_of, union
from rearguard.analysis.access.copies import by_key
from rearguard.program import Instr, Op

if TYPE_CHECKING:
    from rearguard.analysis.access.origins import Origins

__all__ = ["collected", "joined"]


def collected(origins: Origins, fid: str, instr: Instr, path: tuple[str, ...]) -> Atoms:
    """What a container comes from, or what is under a path in it."""
    put = _put(origins, fid, instr) if not instr.args else ()
    if not path and instr.keys == ("**",):
        # `{ ...body }`, and what is left in `const { page, ...rest } = body`: the client still says which
        # entries there are.
        copied = origins.of(fid, instr.args[0])
        return frozenset(atom if atom.kind == "input" else atom._replace(exact=False) for atom in copied)
    if path and path[0] not in ("*", "") and put and instr.name == "dict":
        named = by_key(origins, fid, instr, path)
        if named is not None:
            return named
    if not path:
        return made_of(union((_sides(origins, fid, instr.args), *(origins.of(fid, value) for value in put))))
    parts: list[Atoms] = []
    position = 0
    for index, value in enumerate(instr.args):
        key = instr.keys[index] if instr.keys else None
        if key in ("*", "**"):
            if not (path[0].isdigit() and int(path[0]) < position):
                # What is spread comes behind the entries before it.
                parts.append(origins.of(fid, value, path))
            continue
        if key is None:
            key, position = str(position), position + 1
        if key == path[0] or path[0] == "*" or key == "?":
            parts.append(origins.of(fid, value, path[1:]))
    if instr.name != "dict" and (path[0] == "*" or path[0].isdigit()):
        parts.extend(origins.of(fid, value, path[1:]) for value in put)
    for key, home, value in origins.view.changes.get((fid, instr.dst), ()):
        if key == path[0]:
            parts.append(origins.of(home, value, path[1:]))
    return union(parts)


def joined(origins: Origins, fid: str, instr: Instr) -> Atoms:
    """What two values come from that become one."""
    return made_of(_sides(origins, fid, instr.args))


def _sides(origins: Origins, fid: str, values: tuple[int, ...]) -> Atoms:
    """What several values come from. Where a list is joined with what a comprehension makes, as in
    `[v for v in new] + [key]`,
    nothing says which entry is which: the few that are named are taken."""
    made = [value for value in values if _is_made(origins, fid, value)]
    named = union(origins.of(fid, value) for value in values if value not in made)
    return named or union(origins.of(fid, value) for value in made)


def _is_made(origins: Origins, fid: str, value: int) -> bool:
    instr = origins.view.definitions(fid).get(value)
    empty = instr is not None and instr.op == Op.COLLECT and not instr.args
    return empty and instr is not None and bool(_put(origins, fid, instr))


def _put(origins: Origins, fid: str, instr: Instr) -> tuple[int, ...]:
    """What a comprehension puts into its container: `[int(text) for text in form.getlist("id")]`."""
    known = origins.put.get(fid)
    if known is None:
        known = origins.put[fid] = {}
        for each in origins.linker.code(fid):
            if each.op == Op.PUSH:
                known[each.args[0]] = (*known.get(each.args[0], ()), *each.args[1:])
    return known.get(instr.dst, ())
