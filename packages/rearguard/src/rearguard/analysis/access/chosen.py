"""What is handed on by a test: `next(isAdmin(req) ? undefined : new Forbidden())` goes on, or refuses."""

from collections.abc import Iterator

from rearguard.analysis.access.denials import handed_on
from rearguard.analysis.access.facts import Conditions, Fact
from rearguard.analysis.access.origins import Origins
from rearguard.program import Instr, Op, Span

__all__ = ["Chosen"]

MAX_NESTED = 4


class Chosen:
    """Values of one function that `a ? b : c` chooses, with the conditions under which each is."""

    def __init__(self, origins: Origins, fid: str) -> None:
        self.origins = origins
        self.fid = fid
        self._stored: dict[str, list[tuple[Conditions, int]]] = {}

    def store(self, instr: Instr, conditions: Conditions) -> None:
        """Note one of the values; what is chosen is kept under a name of its own."""
        if instr.name.startswith("$"):
            self._stored.setdefault(instr.name, []).append((conditions, instr.args[0]))

    def ways(self, call: Instr, place: Span) -> tuple[Fact, ...]:
        """When a call of `next` refuses and when it goes on, where a test chose what it is handed."""
        found = list(self._values(call.args[1], 0)) if len(call.args) == 2 else []
        ways = [(conditions, self._status(value)) for conditions, value in found]
        refused = {
            (c.fid, c.value, not c.holds) for conditions, status in ways if status for c in conditions[-1:]
        }
        # Behind a test by which callers are refused it is settled, as behind an `if` that returns.
        settled = (
            (tuple(c._replace(settled=(c.fid, c.value, c.holds) in refused) for c in conditions), status)
            for conditions, status in ways
        )
        return tuple(
            Fact("denial" if status else "continue", place, self.fid, call.dst, conditions, status)
            for conditions, status in settled
        )

    def _values(self, value: int, depth: int) -> Iterator[tuple[Conditions, int]]:
        made = self.origins.view.definitions(self.fid).get(value)
        stored = self._stored.get(made.name, ()) if made is not None and made.op == Op.LOAD else ()
        for conditions, inner in stored:
            nested = list(self._values(inner, depth + 1)) if depth < MAX_NESTED else []
            yield from nested or [(conditions, inner)]

    def _status(self, value: int) -> int:
        made = self.origins.view.definitions(self.fid).get(value)
        if made is None or made.op == Op.CONST or (made.op == Op.LOAD and made.name == "undefined"):
            return 0
        return handed_on(self.origins, self.fid, value)
