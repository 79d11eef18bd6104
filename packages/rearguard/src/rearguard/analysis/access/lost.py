"""Calls that are handed what the client sent and cannot be read: nothing is claimed of what they do."""

import re

from rearguard.analysis.access.origins import Origins
from rearguard.analysis.access.surface import Surface
from rearguard.analysis.access.types import Cell
from rearguard.program import Instr, Op, Step

MAX_DEPTH = 5
_LOADS = re.compile(
    r"(?:get|find|fetch|load|retrieve|lookup|query|select)(?:_\w+|[A-Z]\w*)|(?:one|first|by)_\w+|get_?one|find|retrieve"
)
_CHANGES = re.compile(
    r"(?:update|patch|edit|modify|delete|remove|destroy|create|insert|save|upsert|archive|assign|restore)"
    r"(?:_\w+|[A-Z]\w*)?"
)
_KEEPS = re.compile(r"(?:repo(?:sitory)?|service|store|dao|gateway|manager|collection|model)$", re.IGNORECASE)
_OF_CONTAINERS = ("update", "insert", "remove", "find", "delete", "assign")
"""Methods of maps, lists, sets and texts, too, where they take one value."""


class Lost:
    """Remembers what functions hand to calls that cannot be read; one instance per matrix."""

    def __init__(self, origins: Origins) -> None:
        self.origins = origins
        self._known: dict[tuple[str, bool], tuple[str, Instr] | None] = {}

    def call(self, fid: str, changes: bool, depth: int = 0) -> tuple[str, Instr] | None:
        """The first such call of a function, or of what it runs; if asked, one that changes something."""
        key = (fid, changes)
        if key in self._known or depth > MAX_DEPTH or fid not in self.origins.linker.functions:
            return self._known.get(key)
        self._known[key] = None
        for instr in self.origins.linker.code(fid):
            if instr.op != Op.CALL or not self._takes_input(fid, instr):
                continue
            if self._is_unread(fid, instr, changes):
                self._known[key] = (fid, instr)
                break
            inner = (self.call(target, changes, depth + 1) for target in self.origins.targets(fid, instr))
            found = next((each for each in inner if each is not None), None)
            if found is not None:
                self._known[key] = found
                break
        return self._known[key]

    def _takes_input(self, fid: str, instr: Instr) -> bool:
        given = (atom for value in instr.args[1:] for atom in self.origins.of(fid, value))
        return any(atom.kind in ("input", "parameter") for atom in given)

    def _is_unread(self, fid: str, instr: Instr, changes: bool) -> bool:
        callee = self.origins.view.definitions(fid).get(instr.args[0])
        if callee is None:
            return False
        if callee.op == Op.LOAD:
            # `get_or_404(Book.of, key)`: what is handed in is called in there.
            return not changes and self.origins.calls_parameter(fid, instr)
        if callee.op != Op.ATTR:
            return False
        wanted = _CHANGES.fullmatch(callee.name) or (not changes and _LOADS.fullmatch(callee.name))
        if callee.name in _OF_CONTAINERS and len(instr.args) < 3 and not self._is_held(fid, callee):
            return False
        if not wanted or self.origins.targets(fid, instr):
            return False
        known = self.origins.call_rows(fid, instr) or any(True for _ in self.origins.concepts(fid, instr.dst))
        return not known

    def _is_held(self, fid: str, callee: Instr) -> bool:
        """Whether the receiver keeps objects, by its name: `this.usersRepository.remove(id)`."""
        receiver = self.origins.view.definitions(fid).get(callee.args[0])
        return receiver is not None and receiver.op == Op.ATTR and _KEEPS.search(receiver.name) is not None

    def instead(self, surface: Surface, cell: Cell, state: str, changes: bool = False) -> Cell:
        """The cell; or that it is not known, where it claims an absence and such a call may do otherwise."""
        if cell.state != state or cell.evidence or (changes and _changes_something(surface)):
            return cell
        for fid in surface.endpoint.handler.functions[:1]:
            found = self.call(fid, changes)
            if found is not None:
                callee = self.origins.view.definitions(found[0]).get(found[1].args[0])
                name = callee.name if callee is not None else "a call"
                reason = f"what `{name}` does with the input could not be read"
                return Cell(
                    "unknown", (Step(self.origins.span(*found), "could not be read", "note"),), reason
                )
        return cell


def _changes_something(surface: Surface) -> bool:
    """Whether the handler was seen to change stored objects."""
    touches = (fact.touch for fact in surface.facts[surface.handler_start :])
    return any(touch is not None and touch.operation not in ("read", "list") for touch in touches)


__all__ = ["Lost"]
