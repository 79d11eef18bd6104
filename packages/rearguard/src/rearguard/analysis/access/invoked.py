"""Functions that another one is told to run: `asyncio.to_thread(send, address)` is a call of `send`."""

from rearguard.analysis.values.program import ValueProgram
from rearguard.link import Linker
from rearguard.models.concepts import Invocation
from rearguard.program import Instr


class Invoked:
    """Calls of that kind, and the calls that they stand for."""

    def __init__(self, linker: Linker, program: ValueProgram) -> None:
        self._linker = linker
        self._program = program
        self._known: dict[int, tuple[Instr, Instr | None]] = {}

    def behind(self, fid: str, instr: Instr) -> Instr | None:
        """The call that a call stands for: of the function it is given, with what stands behind that."""
        known = self._known.get(id(instr))
        if known is not None and known[0] is instr:
            return known[1]
        found = self._find(fid, instr)
        self._known[id(instr)] = (instr, found)
        return found

    def meant(self, instr: Instr) -> Instr:
        """The call that one asked about before stands for; itself where it stands for none."""
        known = self._known.get(id(instr))
        return (known[1] or instr) if known is not None and known[0] is instr else instr

    def _find(self, fid: str, instr: Instr) -> Instr | None:
        for row in self._program.rows(self._linker.refs[fid][instr.args[0]]):
            concept = row.concept
            if not isinstance(concept, Invocation) or not concept.arguments or concept.listed or concept.each:
                continue
            run = self._program.arguments(instr, row, -1)
            if len(run) != 1 or run[0] not in instr.args:
                continue
            first = instr.args.index(run[0]) + 1
            keys = instr.keys[first - 1 :] if instr.keys else ()
            return Instr(
                instr.op, instr.dst, instr.start, instr.end, "", (run[0], *instr.args[first:]), keys, None
            )
        return None


__all__ = ["Invoked"]
