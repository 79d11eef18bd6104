"""Functions that never return normally: what calls one ends there too.

It is told from the form of code alone. So the access matrix needs nothing of what values do, and both can be
worked out at the same time.
"""

from collections.abc import Mapping

from rearguard.analysis.access.lookups import Lookups
from rearguard.analysis.values import components
from rearguard.link import Kind
from rearguard.models.concepts import Exit
from rearguard.program import Block, If, Instr, Loop, Op, Statement, Switch, Try, With

MAX_ROUNDS = 3
"""Times that functions which run each other are asked about."""


class Leaving:
    """Which functions leave: worked out for all, callees first, when it is first asked of one."""

    def __init__(self, lookups: Lookups, graph: Mapping[str, tuple[str, ...]]) -> None:
        """`graph` leads from functions to those that they may run."""
        self._lookups = lookups
        self._graph = graph
        self._found: set[str] | None = None

    def of(self, fid: str) -> bool:
        """Whether a function always raises or ends the program."""
        if self._found is None:
            self._found = self._all()
        return fid in self._found

    def _all(self) -> set[str]:
        found: set[str] = set()
        functions = self._lookups.linker.functions
        for component in components(self._graph):
            for _ in range(MAX_ROUNDS if len(component) > 1 else 1):
                before = len(found)
                for fid in component:
                    walk = _Walk(found, self._lookups, fid)
                    if not functions[fid].is_generator and walk.leaves(functions[fid].body):
                        found.add(fid)
                if len(found) == before:
                    break
        return found


class _Walk:
    """One function, block by block."""

    def __init__(self, leaving: set[str], lookups: Lookups, fid: str) -> None:
        self._leaving = leaving
        self._lookups = lookups
        self._refs = lookups.linker.refs[fid]
        self._definitions = lookups.view.definitions(fid)
        self._broken = [False]
        """Of each loop around, whether something breaks out of it."""
        self._returns = False

    def leaves(self, body: Block) -> bool:
        """Whether neither the end of the function nor a `return` is reached."""
        return not self.goes_on(body) and not self._returns

    def goes_on(self, block: Block) -> bool:
        """Whether the end of a block may be reached; of no matter once something returns."""
        return not self._returns and all(self._passes(statement) for statement in block)

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
            self._returns = True
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
        own = all(ref.kind is Kind.FUNCTION for ref in called)
        # What a function of the review may give is no answer of its call: `return found or abort(404)`.
        given = program.result_rows(self._refs, instr) if not own else ()
        if any(isinstance(row.concept, Exit) for row in (*program.rows(called), *given)):
            return True
        return own and all(ref.id in self._leaving for ref in called)

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
