"""What ways back ask of one function for flow after flow: worked out once.

Many flows may end in one function, as many as it has values: to look through all of them for each flow would
cost the square of its size.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rearguard.analysis.values.domain import Port
from rearguard.link import Kind
from rearguard.program import Instr, Op

if TYPE_CHECKING:
    from rearguard.analysis.values.program import ValueProgram

MAX_VISITS = 1_000
"""Values looked at on the way back; a longer way is not told."""
_MAX_KEPT = 500_000
"""Values in the sets that are kept, beyond which they are made anew."""
_ADDERS = ("append", "extend", "add", "push", "write")


class _Index:
    """The values of one function by what is asked of them, each in the order of the function."""

    def __init__(self, program: ValueProgram, fid: str) -> None:
        self.at: dict[tuple[int, int], list[int]] = {}
        self.loads: dict[str, list[int]] = {}
        self.ports: dict[str, list[int]] = {}
        summary = program.summaries.get(fid)
        for number, origin in enumerate(summary.origins.items if summary is not None else ()):
            if isinstance(origin, Port) and origin.kind == "param":
                self.ports.setdefault(origin.name, []).append(number)
        self.calls: list[tuple[int, tuple[str, ...]]] = []
        self.added = _added(program, fid)
        refs = program.linker.refs[fid]
        for number, instr in program.definitions(fid).items():
            self.at.setdefault((instr.start, instr.end), []).append(number)
            if instr.op == Op.LOAD:
                self.loads.setdefault(instr.name, []).append(number)
            elif instr.op == Op.CALL:
                callees = tuple(ref.id for ref in refs[instr.args[0]] if ref.kind is Kind.FUNCTION)
                if callees:
                    self.calls.append((number, callees))


class Trails:
    """Questions about the values of functions, once all were followed."""

    def __init__(self, program: ValueProgram) -> None:
        self._program = program
        self._indices: dict[str, _Index] = {}
        self._below: dict[tuple[str, int], frozenset[int]] = {}
        self._calls_below: dict[tuple[str, int], list[Instr]] = {}
        self._kept = 0

    def at(self, fid: str, start: int, end: int) -> Sequence[int]:
        """Values that exactly this place gives."""
        return self._index(fid).at.get((start, end), ())

    def call_at(self, fid: str, start: int, end: int) -> int | None:
        """The first call at exactly this place."""
        definitions = self._program.definitions(fid)
        found = (n for n in self.at(fid, start, end) if definitions[n].op in (Op.CALL, Op.NEW))
        return next(found, None)

    def loads(self, fid: str, name: str) -> Sequence[int]:
        """Values that are read from a variable."""
        return self._index(fid).loads.get(name, ())

    def calls(self, fid: str) -> Sequence[tuple[int, tuple[str, ...]]]:
        """Results of calls of functions of the program, with those functions."""
        return self._index(fid).calls

    def ports(self, fid: str, name: str) -> Sequence[int]:
        """Origins of a function that are its parameter of this name, or inside it."""
        return self._index(fid).ports.get(name, ())

    def calls_below(self, fid: str, start: int) -> Sequence[Instr]:
        """Calls of which `start` may be made, in order."""
        found = self._calls_below.get((fid, start))
        if found is None:
            definitions = self._program.definitions(fid)
            made_of = (definitions.get(number) for number in sorted(self.below(fid, start)))
            found = [each for each in made_of if each is not None and each.op == Op.CALL]
            self._calls_below[fid, start] = found
        return found

    def below(self, fid: str, start: int) -> frozenset[int]:
        """Values of which `start` may be made, itself included."""
        found = self._below.get((fid, start))
        if found is None:
            found = self._walked(fid, start)
            self._kept += len(found)
            if self._kept > _MAX_KEPT:
                self._below.clear()
                self._calls_below.clear()
                self._kept = len(found)
            self._below[fid, start] = found
        return found

    def _walked(self, fid: str, start: int) -> frozenset[int]:
        program = self._program
        definitions, stores = program.definitions(fid), program.assignments(fid)
        added = self._index(fid).added
        queue, seen = deque([start]), {start}
        while queue and len(seen) <= MAX_VISITS:
            number = queue.popleft()
            current = definitions.get(number)
            if current is None:
                continue
            made_of = [following for following, _ in before(current, stores)]
            made_of.extend(added.get(current.name if current.op == Op.LOAD else number, ()))
            for following in made_of:
                if following not in seen:
                    seen.add(following)
                    queue.append(following)
        return frozenset(seen)

    def _index(self, fid: str) -> _Index:
        found = self._indices.get(fid)
        if found is None:
            found = self._indices[fid] = _Index(self._program, fid)
        return found


def _added(program: ValueProgram, fid: str) -> dict[str | int, list[int]]:
    """Container, by its value or its variable -> what comprehensions and `append` put into it."""
    definitions = program.definitions(fid)
    found: dict[str | int, list[int]] = {}
    for instr in program.linker.code(fid):
        if instr.op == Op.PUSH:
            found.setdefault(instr.args[0], []).append(instr.args[-1])
        elif instr.op == Op.CALL and len(instr.args) == 2:
            callee = definitions.get(instr.args[0])
            holder = definitions.get(callee.args[0]) if callee is not None and callee.op == Op.ATTR else None
            if callee is not None and callee.name in _ADDERS and holder is not None and holder.op == Op.LOAD:
                found.setdefault(holder.name, []).append(instr.args[1])
    return found


def before(instr: Instr, stores: Mapping[str, list[Instr]]) -> list[tuple[int, Instr | None]]:
    """Values that this one is made of, each with the store it came through."""
    if instr.op == Op.LOAD:
        temporary = instr.name.startswith("$")
        return [
            (store.args[0], None if temporary else store)
            for store in stores.get(instr.name, ())
            if temporary or store.start < instr.start
        ]
    return [(number, None) for number in instr.args]
