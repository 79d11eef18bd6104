"""What must be so for a function to say yes: `isOwner(user, order)` by what it does, not by its name."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rearguard.program import NO_VALUE, Block, If, Instr, Loop, Op, Switch, Try, With, walk

if TYPE_CHECKING:
    from rearguard.analysis.access.tests import Tests

MAX_OUTCOMES = 8
"""Returns of one function beyond which it is no test any more."""
MAX_NESTED = 4
"""Tests that are made by functions that are made by functions."""


class Turn(NamedTuple):
    """A test on the way through a function, and how it came out."""

    value: int
    holds: bool


class Outcome(NamedTuple):
    """One way out of a function."""

    turns: tuple[Turn, ...]
    """The tests on the way, in the function's own terms."""
    value: int
    """What is returned; -1 for nothing."""
    says: bool | None
    """The answer where it is always the same."""


def outcomes(tests: Tests) -> tuple[Outcome, ...]:
    """The ways out of a function whose every answer can be told; none for any other."""
    origins = tests.origins
    # What is asked from far away is read less deep.
    asked = (tests.fid, tests.depth)
    known = origins.predicates.get(asked)
    if known is None:
        # Functions that ask each other say nothing while they are looked at.
        origins.predicates[asked] = ()
        way = _Walk(tests)
        known = way.run() if not way.guesses else ()
        known = origins.predicates[asked] = known if way.answers(known) else ()
    return known


def ways_out(tests: Tests) -> tuple[Outcome, ...]:
    """The ways on which a function returns, those through `try` and `switch` among them; none where there are
    too many of them."""
    found = _Walk(tests).run()
    return found if len(found) <= MAX_OUTCOMES else ()


class _Walk:
    """One function, block by block."""

    def __init__(self, tests: Tests) -> None:
        self.tests = tests
        self.found: list[Outcome] = []
        self.last: tuple[Turn, ...] = ()
        """What holds at the end of the block that was walked last."""
        self.chosen: dict[str, list[tuple[tuple[Turn, ...], int]]] = {}
        """Values that `a ? b : c` chooses: where they are kept -> when it is which."""
        function = tests.origins.linker.functions[tests.fid]
        self.function = function
        self.guesses = any(isinstance(each, Try | Switch) for each in walk(function.body))
        """Whether it can be taken in ways that no test tells."""

    def run(self) -> tuple[Outcome, ...]:
        """All ways out; none for what gives one value after the other."""
        if self.function.is_generator:
            return ()
        if not self.leaves(self.function.body, ()):
            self.found.append(Outcome(self.last, NO_VALUE, False))
        return tuple(self.found)

    def answers(self, found: tuple[Outcome, ...]) -> bool:
        """Whether everything that is returned is an answer and no thing that is looked up."""
        if len(found) > MAX_OUTCOMES:
            return False
        for outcome in found:
            made = self.tests.definitions.get(self.tests.meant(outcome.value))
            if outcome.says is not None or (made is not None and self.tests.is_test(made)):
                continue
            if made is None or made.op != Op.ATTR or len(found) > 1:
                return False
        return True

    def leaves(self, block: Block, turns: tuple[Turn, ...]) -> bool:
        """Whether a block's end is never reached."""
        for statement in block:
            if len(self.found) > MAX_OUTCOMES:
                return True
            match statement:
                case Instr():
                    if statement.op == Op.RETURN:
                        self._returned(statement, turns)
                    if statement.op in (Op.RETURN, Op.RAISE):
                        return True
                case If():
                    when = (*turns, Turn(statement.cond, True))
                    otherwise = (*turns, Turn(statement.cond, False))
                    self._choice(statement, when, otherwise)
                    then_left = self.leaves(statement.then, when)
                    else_left = self.leaves(statement.orelse, otherwise)
                    if then_left and else_left:
                        return True
                    turns = otherwise if then_left else when if else_left else turns
                case Loop():
                    self.leaves(statement.head, turns)
                    self.leaves(statement.body, turns)
                    self.leaves(statement.orelse, turns)
                case With():
                    if self.leaves(statement.body, turns):
                        return True
                    turns = self.last
                case Try():
                    if self._tried(statement, turns):
                        return True
                case Switch():
                    if self._switched(statement, turns):
                        return True
        self.last = turns
        return False

    def _tried(self, region: Try, turns: tuple[Turn, ...]) -> bool:
        left = self.leaves(region.body, turns) or self.leaves(region.orelse, turns)
        caught = [self.leaves(handler.body, turns) for handler in region.handlers]
        return self.leaves(region.final, turns) or (left and all(caught))

    def _switched(self, region: Switch, turns: tuple[Turn, ...]) -> bool:
        for case in region.cases:
            self.leaves(case.head, turns)
        left = [self.leaves(case.body, turns) for case in region.cases]
        return all(left) and any(not case.tests and case.guard < 0 for case in region.cases)

    def _choice(self, region: If, when: tuple[Turn, ...], otherwise: tuple[Turn, ...]) -> None:
        """`test ? one : other`, which keeps what it chooses under a name of its own."""
        for block, turns in ((region.then, when), (region.orelse, otherwise)):
            last = block[-1] if block else None
            if isinstance(last, Instr) and last.op == Op.STORE and last.name.startswith("$"):
                self.chosen.setdefault(last.name, []).append((turns, last.args[0]))

    def _returned(self, instr: Instr, turns: tuple[Turn, ...]) -> None:
        if instr.args:
            self._given(instr.args[0], turns, 0)
        else:
            self.found.append(Outcome(turns, NO_VALUE, False))

    def _given(self, value: int, turns: tuple[Turn, ...], depth: int) -> None:
        made = self.tests.definitions.get(value)
        if made is not None and made.op == Op.LOAD and made.name in self.chosen and depth < MAX_NESTED:
            for on_the_way, each in self.chosen[made.name]:
                self._given(each, on_the_way, depth + 1)
        elif made is not None and made.op == Op.CONST:
            self.found.append(Outcome(turns, value, bool(made.value)))
        else:
            self.found.append(Outcome(turns, value, None))


__all__ = ["MAX_NESTED", "Outcome", "Turn", "outcomes", "ways_out"]
