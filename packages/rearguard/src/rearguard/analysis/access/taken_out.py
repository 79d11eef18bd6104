"""Maps that are another one but for a few names: `omit(body, ["id"])`, `{... if key not in HIDDEN}`."""

from __future__ import annotations

from typing import NamedTuple

from rearguard.analysis.access.origins import Origins
from rearguard.analysis.access.pairs import texts_in, unlisted
from rearguard.program import Instr, Op

__all__ = ["Copy", "copied"]

_PAIRS = ("items", "entries", "iteritems")


class Copy(NamedTuple):
    """What a map is made of, and what of that it lacks."""

    source: int
    names: tuple[str, ...]


def copied(origins: Origins, fid: str, instr: Instr) -> Copy | None:
    """The map that one takes all of but some names that it lists; `None` for any other."""
    if instr.op == Op.COLLECT and instr.name == "dict" and not instr.args:
        return _gone_through(origins, fid, instr)
    callee = origins.view.definitions(fid).get(instr.args[0]) if instr.op == Op.CALL else None
    if callee is None:
        return None
    if callee.name == "omit" and len(instr.args) > 2:
        listed = [(texts_in(origins, fid, v), origins.constant(fid, v)) for v in instr.args[2:]]
        names = tuple(name for texts, one in listed for name in (texts or (one or "",)))
        return Copy(instr.args[1], names) if all(names) else None
    if callee.name == "fromEntries" and len(instr.args) == 2:
        found = unlisted(origins, fid, instr)
        return Copy(*found) if found is not None else None
    return None


def _gone_through(origins: Origins, fid: str, made: Instr) -> Copy | None:
    """A comprehension over the pairs of a map."""
    code, definitions = origins.linker.code(fid), origins.view.definitions(fid)
    pushed = next((i for i in code if i.op == Op.PUSH and i.args[0] == made.dst and i.name == "key"), None)
    key = definitions.get(pushed.args[1]) if pushed is not None else None
    if key is None or key.op != Op.LOAD:
        return None
    stored = origins.linker.contents(fid).stores.get(key.name, ())
    part = definitions.get(stored[0].args[0]) if len(stored) == 1 else None
    each = definitions.get(part.args[0]) if part is not None and part.op == Op.ITEM else None
    pairs = definitions.get(each.args[0]) if each is not None and each.op == Op.ITER else None
    called = definitions.get(pairs.args[0]) if pairs is not None and pairs.op == Op.CALL else None
    if called is None or called.op != Op.ATTR or called.name not in _PAIRS:
        return None
    names: list[str] = []
    for asked in origins.linker.contents(fid).comparisons:
        left = definitions.get(asked.args[0])
        if left is None or left.op != Op.LOAD or left.name != key.name:
            continue
        one = origins.constant(fid, asked.args[1])
        texts = texts_in(origins, fid, asked.args[1]) if asked.name == "not in" else ()
        if one and asked.name == "!=":
            texts = (one,)
        if not texts:
            return None
        names.extend(texts)
    asked_by_call = any(
        (left := definitions.get(value)) is not None and left.op == Op.LOAD and left.name == key.name
        for call in origins.linker.contents(fid).calls
        for value in call.args[1:]
    )
    return Copy(called.args[0], tuple(names)) if names and not asked_by_call else None
