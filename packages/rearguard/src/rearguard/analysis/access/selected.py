"""Columns that a query builder chooses: `db("reviews as r").join("members as m", ...).select("m.*")`."""

import re
from collections.abc import Iterator

from rearguard.analysis.access.origins import Origins
from rearguard.program import Instr, Op

_CHOOSES = frozenset({"select", "first", "column", "columns", "returning", "values", "values_list"})
_TABLE = re.compile(r"(?:\w+\.)?(\w+)(?:\s+as\s+(\w+))?", re.IGNORECASE)
_COLUMN = re.compile(r"(?:(\w+)\.)?(\w+|\*)(?:\s+as\s+\w+)?", re.IGNORECASE)
MAX_STEPS = 20
"""Calls of one chain."""


def selected(origins: Origins, fid: str, instr: Instr, resource: str) -> tuple[str, ...]:
    """Columns with their tables, as `Touch.shown` has them; nothing where the chain chooses none by name."""
    texts: list[str] = []
    tables = {resource.lower(): resource}
    for name, given in _chain(origins, fid, instr):
        if name in _CHOOSES:
            texts.extend(given)
            continue
        for text in given[:1]:
            named = _TABLE.fullmatch(text)
            if named is not None and (named[2] or "join" in name.lower()):
                tables[(named[2] or named[1]).lower()] = named[1]
    found: list[str] = []
    for text in texts:
        column = _COLUMN.fullmatch(text)
        if column is None:
            return ()
        of = [tables.get((column[1] or resource).lower(), column[1] or resource)]
        if text == "*":
            of = list(dict.fromkeys(tables.values()))
        found.extend(f"{table}.{column[2]}" for table in of)
    return tuple(dict.fromkeys(found))


def _chain(origins: Origins, fid: str, instr: Instr) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The calls of a chain from its end on, each with the texts that it is given; "" for the first."""
    current: Instr | None = instr
    for _ in range(MAX_STEPS):
        if current is None or current.op != Op.CALL:
            return
        callee = origins.view.definitions(fid).get(current.args[0])
        chained = callee is not None and callee.op == Op.ATTR
        texts = tuple(text for value in current.args[1:] if (text := origins.constant(fid, value)))
        yield callee.name if callee is not None and chained else "", texts
        found = origins.resolved(fid, callee.args[0]) if callee is not None and chained else None
        current = found[1] if found is not None and found[0] == fid else None


__all__ = ["selected"]
