"""Columns that a query chooses: `db("reviews as r").select("m.*")`, `find({ select: { email: true } })`."""

import re
from collections.abc import Iterator

from rearguard.analysis.access.origins import Origins
from rearguard.program import Instr, Op

_CHOOSES = frozenset({"select", "first", "column", "columns", "returning", "values", "values_list"})
_TABLE = re.compile(r"(?:\w+\.)?(\w+)(?:\s+as\s+(\w+))?", re.IGNORECASE)
_COLUMN = re.compile(r"(?:(\w+)\.)?(\w+|\*)(?:\s+as\s+\w+)?", re.IGNORECASE)
_OPTIONS = frozenset({"select", "attributes", "columns"})
"""Options of a query by which it names the columns that it loads."""
MAX_STEPS = 20
"""Calls of one chain."""


def selected(origins: Origins, fid: str, instr: Instr, resource: str) -> tuple[str, ...]:
    """Columns with their tables, as `Touch.shown` has them; nothing where the chain chooses none by name."""
    texts: list[str] = []
    tables = {resource.lower(): resource}
    for name, given, call in _chain(origins, fid, instr):
        for value in call.args[1:]:
            found = tuple(_written_out(origins, fid, value, resource, name in _CHOOSES))
            if found:
                return found
        if name in _CHOOSES:
            texts.extend(given)
            continue
        for text in given[:1]:
            named = _TABLE.fullmatch(text)
            if named is not None and (named[2] or "join" in name.lower()):
                tables[(named[2] or named[1]).lower()] = named[1]
    columns: list[str] = []
    for text in texts:
        column = _COLUMN.fullmatch(text)
        if column is None:
            return ()
        of = [tables.get((column[1] or resource).lower(), column[1] or resource)]
        if text == "*":
            of = list(dict.fromkeys(tables.values()))
        columns.extend(f"{table}.{column[2]}" for table in of)
    return tuple(dict.fromkeys(columns))


def _written_out(origins: Origins, fid: str, value: int, resource: str, chosen: bool) -> Iterator[str]:
    """Columns in an object that is written out: at once where `chosen`, else under an option for them."""
    made = origins.resolved(fid, value)
    if made is None or made[1].op != Op.COLLECT or not made[1].keys:
        return
    home, instr = made
    for key, held in zip(instr.keys, instr.args, strict=False):
        if not chosen:
            if key in _OPTIONS:
                yield from _written_out(origins, home, held, resource, True)
            continue
        of = origins.view.definitions(home).get(held)
        if of is not None and of.op == Op.ATTR:
            # `select({ mail: users.email })`
            table = origins.view.definitions(home).get(of.args[0])
            if table is not None and table.op == Op.LOAD:
                yield f"{table.name}.{of.name}"
        elif of is not None and of.op == Op.COLLECT:
            # `select: { author: { select: { email: true } } }`
            yield from _written_out(origins, home, held, str(key), False)
        elif of is not None and of.op == Op.CONST and of.value in (True, 1) and key:
            yield f"{resource}.{key}"


def _chain(origins: Origins, fid: str, instr: Instr) -> Iterator[tuple[str, tuple[str, ...], Instr]]:
    """The calls of a chain from its end on, each with the texts that it is given; "" for the first."""
    current: Instr | None = instr
    for _ in range(MAX_STEPS):
        if current is None or current.op != Op.CALL:
            return
        callee = origins.view.definitions(fid).get(current.args[0])
        chained = callee is not None and callee.op == Op.ATTR
        texts = tuple(text for value in current.args[1:] if (text := origins.constant(fid, value)))
        yield callee.name if callee is not None and chained else "", texts, current
        found = origins.resolved(fid, callee.args[0]) if callee is not None and chained else None
        current = found[1] if found is not None and found[0] == fid else None


__all__ = ["selected"]
