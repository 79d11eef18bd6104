"""Functions that never return normally: what calls one ends there too.

It is told from the form of code alone. So the access matrix needs nothing of what values do, and both can be
worked out at the same time.
"""

from rearguard.analysis.access.lookups import Lookups
from rearguard.link import Kind
from rearguard.models.concepts import Exit
from rearguard.program import Block, If, Instr, Loop, Op, Statement, Switch, Try, With

MAX_DEPTH = 100
"""Functions that are asked about for one another."""


class Leaving:
    """Whether functions leave, each worked out when it is first asked for; one that runs itself does not."""

    def __init__(self, lookups: Lookups) -> None:
        self._lookups = lookups
        self._known: dict[str, bool] = {}
        self._asked = 0

    def of(self, fid: str) -> bool:
        """Whether a function always raises or ends the program."""
        known = self._known.get(fid)
        function = self._lookups.linker.functions.get(fid)
        if known is not None or function is None or self._asked >= MAX_DEPTH:
            return bool(known)
        self._known[fid] = False
        if not function.is_generator:
            self._asked += 1
            walk = _Walk(self, self._lookups, fid)
            self._known[fid] = not walk.goes_on(function.body) and not walk.returns
            self._asked -= 1
        return self._known[fid]


class _Walk:
    """One function, block by block."""

    def __init__(self, leaving: Leaving, lookups: Lookups, fid: str) -> None:
        self._leaving = leaving
        self._lookups = lookups
        self._refs = lookups.linker.refs[fid]
        self._definitions = lookups.view.definitions(fid)
        self._broken = [False]
        """Of each loop around, whether something breaks out of it."""
        self.returns = False

    def goes_on(self, block: Block) -> bool:
        """Whether the end of a block may be reached."""
        return all(self._passes(statement) for statement in block)

    def _passes(self, statement: Statement) -> bool:
        match statement:
            case Instr():
                return self._runs_on(statement)
            case If():
                known = self._truth(statement.cond)
                then = known is not False and self.goes_on(statement.then)
                other = known is not True and self.goes_on(statement.orelse)
                return then or other
            case Loop():
                return self._loop(statement)
            case Try():
                return self._try(statement)
            case Switch():
                return self._switch(statement)
            case With():
                return self.goes_on(statement.body)

    def _runs_on(self, instr: Instr) -> bool:
        if instr.op == Op.RETURN:
            self.returns = True
            return False
        if instr.op == Op.BREAK:
            self._broken[-1] = True
            return False
        if instr.op in (Op.RAISE, Op.CONTINUE):
            return False
        return instr.op not in (Op.CALL, Op.NEW) or not self._ends_at(instr)

    def _ends_at(self, instr: Instr) -> bool:
        called = self._refs[instr.args[0]]
        if not called:
            return False
        program = self._lookups.program
        rows = (*program.rows(called), *program.result_rows(self._refs, instr))
        if any(isinstance(row.concept, Exit) for row in rows):
            return True
        return all(ref.kind is Kind.FUNCTION and self._leaving.of(ref.id) for ref in called)

    def _truth(self, value: int) -> bool | None:
        made = self._definitions.get(value)
        return bool(made.value) if made is not None and made.op == Op.CONST else None

    def _loop(self, loop: Loop) -> bool:
        """A loop without a condition that is no `for` ends by `break` alone."""
        first = loop.body[0] if loop.body else None
        is_for = isinstance(first, Instr) and first.op == Op.ITER
        self._broken.append(False)
        begun = self.goes_on(loop.head)
        if begun:
            self.goes_on(loop.body)
        broken = self._broken.pop()
        ends = begun and (loop.cond >= 0 or is_for) and self.goes_on(loop.orelse)
        return ends or broken

    def _try(self, region: Try) -> bool:
        ended = self.goes_on(region.body) and self.goes_on(region.orelse)
        caught = [self.goes_on(handler.body) for handler in region.handlers]
        last = self.goes_on(region.final)
        return (ended or any(caught)) and last

    def _switch(self, region: Switch) -> bool:
        """Cases of JavaScript fall through into the next, and `break` leaves them."""
        if region.falls_through:
            self._broken.append(False)
        ends = [self.goes_on(case.body) for case in region.cases]
        default = any(not case.tests and case.guard < 0 for case in region.cases)
        broken = self._broken.pop() if region.falls_through else False
        return not default or broken or (ends[-1] if region.falls_through else any(ends))


__all__ = ["Leaving"]
