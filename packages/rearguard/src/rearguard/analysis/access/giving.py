"""Helpers of a project that give the request: `const of = (ctx) => ctx.getContext().req`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rearguard.program import Instr, Op

if TYPE_CHECKING:
    from rearguard.analysis.access.lookups import Lookups

_REQUEST = ("req", "request")
MAX_DEPTH = 3
"""Variables that hold one another."""


class Giving:
    """Answers are remembered; one instance per review."""

    def __init__(self, lookups: Lookups) -> None:
        self._lookups = lookups
        self._known: dict[str, bool] = {}

    def gives(self, fid: str, call: Instr) -> bool:
        """Whether a call runs a helper that gives the request."""
        for target in self._lookups.targets(fid, call):
            if target not in self._known:
                self._known[target] = False
                returned = self._lookups.returned(target)
                self._known[target] = any(self._names_request(target, value) for value in returned)
            if self._known[target]:
                return True
        return False

    def _names_request(self, fid: str, value: int, depth: int = 0) -> bool:
        lookups = self._lookups
        instr = lookups.view.definitions(fid).get(value)
        if instr is None or depth > MAX_DEPTH:
            return False
        if instr.op == Op.LOAD and instr.name in lookups.linker.functions[fid].locals:
            return any(self._names_request(fid, v, depth + 1) for v in lookups.stores(fid, instr) if v >= 0)
        if instr.op == Op.CALL:
            made_by = lookups.view.definitions(fid).get(instr.args[0])
            return made_by is not None and made_by.name == "getRequest"
        return instr.op == Op.ATTR and instr.name in _REQUEST


__all__ = ["Giving"]
