"""The instructions of one function by what they do: most questions are about few of them."""

from collections.abc import Sequence

from rearguard.program import Instr, Op


class Contents:
    """Instructions of each sort, in program order."""

    __slots__ = ("calls", "comparisons", "stores", "writes")

    def __init__(self, code: Sequence[Instr]) -> None:
        self.calls: list[Instr] = []
        """Calls, and objects made."""
        self.writes: list[Instr] = []
        """Assignments of a member or an entry."""
        self.comparisons: list[Instr] = []
        self.stores: dict[str, list[Instr]] = {}
        """Assignments of variables, by name."""
        calls, writes, comparisons, stores = self.calls, self.writes, self.comparisons, self.stores
        for instr in code:
            op = instr.op
            if op in (Op.CALL, Op.NEW):
                calls.append(instr)
            elif op == Op.STORE:
                stores.setdefault(instr.name, []).append(instr)
            elif op in (Op.SETATTR, Op.SETITEM):
                writes.append(instr)
            elif op == Op.COMPARE:
                comparisons.append(instr)


__all__ = ["Contents"]
