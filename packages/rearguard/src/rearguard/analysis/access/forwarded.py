"""Requests to another service that carry what the caller showed: that service asks who it is.

A page or a gateway before the service that holds the data hands the caller's cookie or token on.
"""

import re
from typing import Final

from rearguard.analysis.access.origins import Origins
from rearguard.analysis.access.principals import is_shown
from rearguard.program import Instr, Op

__all__ = ["carries_the_callers"]

_CARRIES: Final = re.compile(
    r"authorization|cookies?|(?:x-)?(?:\w+[-_])?(?:token|api-?key|session(?:-?id)?)", re.I
)
"""Headers, and arguments of clients, that say who asks."""
_PARTS: Final = 60


def carries_the_callers(origins: Origins, fid: str, instr: Instr) -> bool:
    """Whether a call sends on a credential that the request came with."""
    pending = [(fid, value, key or "") for value, key in _given(instr)]
    seen: set[tuple[str, int]] = set()
    while pending and len(seen) < _PARTS:
        home, value, key = pending.pop()
        if (home, value) in seen:
            continue
        seen.add((home, value))
        if _CARRIES.fullmatch(key) and any(map(is_shown, origins.of(home, value))):
            return True
        written = origins.view.definitions(home).get(value)
        if written is not None and written.op == Op.LOAD:
            pending += [(home, inner, name) for inner, name in _put_into(origins, home, written.name)]
        found = origins.resolved(home, value)
        made = found[1] if found is not None else written
        if made is None:
            continue
        home = found[0] if found is not None else home
        if made.op == Op.COLLECT:
            pending += [(home, inner, name or "") for inner, name in zip(made.args, made.keys, strict=True)]
        elif made.op in (Op.CALL, Op.NEW):
            pending += [(home, inner, name or "") for inner, name in _given(made)]
        elif made.op in (Op.LOGIC, Op.AWAIT):
            pending += [(home, inner, "") for inner in made.args]
    return False


def _given(instr: Instr) -> list[tuple[int, str | None]]:
    """Arguments of a call, each with its keyword."""
    keys = instr.keys or (None,) * (len(instr.args) - 1)
    return list(zip(instr.args[1:], keys, strict=True))


def _put_into(origins: Origins, fid: str, name: str) -> list[tuple[int, str]]:
    """What is stored under a variable, and what is put into it by key: `headers["Authorization"] = token`."""
    definitions = origins.view.definitions(fid)
    found: list[tuple[int, str]] = []
    for instr in origins.linker.code(fid):
        if instr.op == Op.STORE and instr.name == name:
            found.append((instr.args[0], ""))
        elif instr.op in (Op.SETITEM, Op.SETATTR):
            base = definitions.get(instr.args[0])
            if base is not None and base.op == Op.LOAD and base.name == name:
                found.append((instr.args[-1], instr.name or str(instr.value or "")))
    return found
