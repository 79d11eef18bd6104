"""Maps made of pairs: `Object.fromEntries([...form.entries()].filter(([key]) => !key.startsWith("$")))`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rearguard.analysis.access.atoms import Atoms, made_of
from rearguard.link import Kind
from rearguard.program import Instr, Op

if TYPE_CHECKING:
    from rearguard.analysis.access.origins import Origins

_STARTS = ("startsWith", "endsWith")
_LISTS = ("entries", "from")
_HOLDS = ("includes", "has")
_MATTERS = re.compile(
    r"role|admin|staff|super|owner|tenant|permission|verified|approved|active|balance|credit|plan|status|[a-z]_id$|[a-z]Id$",
    re.IGNORECASE,
)
"""Names by which it shows that power, or whose something is, was thought of where names are listed."""
_NO_VALUE = ("", None)
MAX_STEPS = 8
"""Calls of one chain."""


def paired(origins: Origins, fid: str, instr: Instr, path: tuple[str, ...]) -> Atoms | None:
    """What a map comes from that is made of another one's pairs; `None` where that is not told.

    Where only pairs pass that were asked for their key, it is no longer the other one.
    """
    value, filters = _begun(origins, fid, instr)
    atoms = origins.of(fid, value, path)
    limited = not all(_takes_out(origins, fid, made, True) for made in filters)
    return (made_of(atoms) if limited else atoms) or None


def unlisted(origins: Origins, fid: str, instr: Instr) -> tuple[int, tuple[str, ...]] | None:
    """The map that such a one takes all of, and the names that it leaves out; `None` where it lists none."""
    value, filters = _begun(origins, fid, instr)
    if not all(_takes_out(origins, fid, made, False) for made in filters):
        return None
    names = tuple(name for made in filters for name in _left_out(origins, fid, made))
    return (value, names) if names else None


def _begun(origins: Origins, fid: str, instr: Instr) -> tuple[int, list[Instr]]:
    """The map whose pairs are taken, and the filters that they pass."""
    value, filters = instr.args[1], list[Instr]()
    for _ in range(MAX_STEPS):
        found = origins.resolved(fid, value)
        if found is None or found[0] != fid:
            break
        made = found[1]
        if made.op == Op.COLLECT and made.keys == ("*",):
            value = made.args[0]
            continue
        called = origins.view.definitions(fid).get(made.args[0]) if made.op == Op.CALL else None
        if called is None or called.op != Op.ATTR:
            break
        if called.name in _LISTS:
            # `map.entries()`, `Object.entries(map)`, `Array.from(map)`
            value = made.args[1] if len(made.args) > 1 else called.args[0]
        elif called.name in ("filter", "map"):
            if called.name == "filter":
                filters.append(made)
            value = called.args[0]
        else:
            break
    return value, filters


def _takes_out(origins: Origins, fid: str, call: Instr, careless: bool) -> bool:
    """Whether a filter takes out what is empty, begins with a mark or is listed, and lets all others pass;
    `careless` where nothing of weight may be among what is listed."""
    said = list(_verdicts(origins, fid, call))
    return bool(said) and all(_refuses_few(origins, target, value, careless) for target, value in said)


def _verdicts(origins: Origins, fid: str, call: Instr) -> Iterator[tuple[str, int]]:
    for value in call.args[1:]:
        for ref in origins.linker.refs[fid][value]:
            if ref.kind is Kind.FUNCTION:
                yield from ((ref.id, returned) for returned in origins.returned(ref.id))


def _left_out(origins: Origins, fid: str, call: Instr) -> Iterator[str]:
    """The names that a filter takes out."""
    for target, value in _verdicts(origins, fid, call):
        listed = _list_asked(origins, target, value)
        yield from texts_in(origins, target, listed) if listed >= 0 else ()


def _list_asked(origins: Origins, fid: str, value: int) -> int:
    """`HIDDEN` of `!HIDDEN.includes(key)`; -1 for anything else."""
    definitions = origins.view.definitions(fid)
    instr = definitions.get(value)
    negated = definitions.get(instr.args[0]) if instr is not None and instr.op == Op.UNARY else None
    called = definitions.get(negated.args[0]) if negated is not None and negated.op == Op.CALL else None
    return called.args[0] if called is not None and called.op == Op.ATTR and called.name in _HOLDS else -1


def _refuses_few(origins: Origins, fid: str, value: int, careless: bool) -> bool:
    definitions = origins.view.definitions(fid)
    instr = definitions.get(value)
    if instr is None:
        return False
    if instr.op == Op.COMPARE:
        parts = [definitions.get(part) for part in instr.args]
        empty = any(
            p is not None and ((p.op == Op.CONST and p.value in _NO_VALUE) or p.name == "undefined")
            for p in parts
        )
        return empty and instr.name in ("!=", "!==")
    if instr.op == Op.LOGIC and instr.name in ("and", "&&"):
        return all(_refuses_few(origins, fid, part, careless) for part in instr.args)
    if instr.op != Op.UNARY or instr.name not in ("not", "!"):
        return False
    negated = definitions.get(instr.args[0])
    called = definitions.get(negated.args[0]) if negated is not None and negated.op == Op.CALL else None
    if called is None or called.op != Op.ATTR or negated is None:
        return False
    names = texts_in(origins, fid, called.args[0]) if called.name in _HOLDS else ()
    return called.name in _STARTS or (bool(names) and not (careless and any(map(_MATTERS.search, names))))


def texts_in(origins: Origins, fid: str, value: int) -> tuple[str, ...]:
    """The texts of a list or set that is written out, here or above; () where not all are known."""
    found = origins.resolved(fid, value)
    if found is not None and found[1].op == Op.NEW and len(found[1].args) == 2:
        # `new Set(["id", "created_at"])`
        found = origins.resolved(found[0], found[1].args[1])
    if found is None or found[1].op != Op.COLLECT:
        return ()
    home, listed = found
    texts = [origins.constant(home, each) for each in listed.args]
    return tuple(text for text in texts if text) if all(texts) else ()


__all__ = ["paired", "texts_in", "unlisted"]
