"""What must be so for a function to say yes: `isOwner(user, order)` by what it does, not by its name."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rearguard.analysis.access.facts import Conditions
from rearguard.program import NO_VALUE, Block, If, Instr, Loop, Op, Switch, Try, With

if TYPE_CHECKING:
    from rearguard.analysis.access.tests import Tests

MAX_OUTCOMES = 8
"""Returns of one function beyond which it is no test any more."""
MAX_NESTED = 4
"""Tests that are made by functions that are made by functions."""


class Outcome(NamedTuple):
    """One way out of a function."""

    conditions: Conditions
    """What must be so to get there, in the function's own terms."""
    value: int
    """What is returned; -1 for nothing."""
    says: bool | None
    """The answer where it is always the same."""


def outcomes(tests: Tests) -> tuple[Outcome, ...]:
    """The ways out of a function whose every answer can be told; none for any other."""
    origins, fid = tests.origins, tests.fid
    known = origins.predicates.get(fid)
    if known is None:
        # Functions that ask each other say nothing while they are looked at.
        origins.predicates[fid] = ()
        walk = _Walk(tests)
        function = origins.linker.functions[fid]
        if not function.is_generator and not walk.leaves(function.body, ()):
            walk.found.append(Outcome(walk.last, NO_VALUE, False))
        known = tuple(walk.found) if walk.answers() else ()
        origins.predicates[fid] = known
    return known


class _Walk:
    """One function, block by block."""

    def __init__(self, tests: Tests) -> None:
        self.tests = tests
        self.found: list[Outcome] = []
        self.is_readable = True
        self.last: Conditions = ()
        """What holds at the end of the block that was walked last."""

    def answers(self) -> bool:
        """Whether everything that is returned is an answer and no thing that is looked up."""
        if not self.is_readable or len(self.found) > MAX_OUTCOMES:
            return False
        for outcome in self.found:
            made = self.tests.definitions.get(self.tests.meant(outcome.value))
            if outcome.says is not None or (made is not None and self.tests.is_test(made)):
                continue
            if made is None or made.op != Op.ATTR or len(self.found) > 1:
                return False
        return True

    def leaves(self, block: Block, conditions: Conditions) -> bool:
        """Whether a block's end is never reached."""
        for statement in block:
            if len(self.found) > MAX_OUTCOMES:
                return True
            match statement:
                case Instr():
                    if statement.op == Op.RETURN:
                        self._returned(statement, conditions)
                    if statement.op in (Op.RETURN, Op.RAISE):
                        return True
                case If():
                    when = (*conditions, *self.tests.parts(statement.cond, True))
                    otherwise = (*conditions, *self.tests.parts(statement.cond, False))
                    then_left = self.leaves(statement.then, when)
                    else_left = self.leaves(statement.orelse, otherwise)
                    if then_left and else_left:
                        return True
                    conditions = otherwise if then_left else when if else_left else conditions
                case Loop():
                    self.leaves(statement.head, conditions)
                    self.leaves(statement.body, conditions)
                    self.leaves(statement.orelse, conditions)
                case With():
                    if self.leaves(statement.body, conditions):
                        return True
                case Try() | Switch():
                    self.is_readable = False
                    return True
        self.last = conditions
        return False

    def _returned(self, instr: Instr, conditions: Conditions) -> None:
        value = instr.args[0] if instr.args else NO_VALUE
        made = self.tests.definitions.get(value)
        if made is None and value == NO_VALUE:
            self.found.append(Outcome(conditions, NO_VALUE, False))
        elif made is not None and made.op == Op.CONST:
            self.found.append(Outcome(conditions, value, bool(made.value)))
        else:
            self.found.append(Outcome(conditions, value, None))


__all__ = ["MAX_NESTED", "Outcome", "outcomes"]
