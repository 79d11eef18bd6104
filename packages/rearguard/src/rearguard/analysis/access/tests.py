"""What a test looks at: its parts, and whether it asks for presence, sameness or the verdict of a schema."""

import re
from collections.abc import Iterator
from typing import TypeAlias

from rearguard.analysis.access.atoms import Atom, Atoms, substituted, union
from rearguard.analysis.access.facts import Condition, Conditions
from rearguard.analysis.access.methods import URL_WORDS
from rearguard.analysis.access.origins import Origins
from rearguard.analysis.access.predicates import MAX_NESTED, Outcome, Turn, outcomes, ways_out
from rearguard.analysis.access.principals import ROLE, asks_role, is_caller, is_caller_itself
from rearguard.models.concepts import Schema
from rearguard.program import Instr, Op, Span

__all__ = ["Tests", "asks_above", "asks_address"]

MAX_LOOKS = 30
"""Parts of a test that are looked at."""

_PERMITS = re.compile(
    r"(?:can|may)(?:_|[A-Z])|.*(?:[Pp]ermi(?:ssion|tted)|[Aa]llowed|(?:^|_)access|Access$|[Oo]wn(?:s|er)|[Mm]ember)"
)
"""How a function is called that says whether somebody may do something with what it is given."""


_ANSWERING = frozenset(
    ("includes", "has", "some", "every", "startsWith", "endsWith", "test", "any", "all", "bool", "Boolean")
)
"""Functions that answer with true or false."""


Asked: TypeAlias = tuple[tuple[bool, Atoms], ...]
"""Tests: whether each asks for presence alone, and what it looks at."""


class Tests:
    """The tests of one function."""

    def __init__(self, origins: Origins, fid: str, depth: int = 0) -> None:
        self.origins = origins
        self.fid = fid
        self.depth = depth
        """Functions between this one and the one whose test it answers."""
        self.locals = origins.linker.functions[fid].locals
        self.path = origins.linker.module_of[fid]
        self.definitions = origins.view.definitions(fid)

    def callee(self, instr: Instr) -> str:
        """What a call calls, by its last name."""
        callee = self.definitions.get(instr.args[0])
        return callee.name if callee is not None else ""

    def is_absence(self, tested: Condition) -> bool:
        """Whether a test holds when what it looks at is not there, or is another role."""
        instr = self.origins.view.definitions(tested.fid).get(tested.value)
        if instr is None:
            return False
        if instr.op == Op.LOGIC and tested.holds and tested.value == instr.dst:
            # Who is not there is turned away, whatever else may be wrong: `!user || user.epoch !== epoch`.
            parts = (self.condition(value, True) for value in instr.args)
            return instr.name in ("or", "||") and any(self.is_absence(part) for part in parts)
        if instr.op == Op.COMPARE:
            if instr.name in ("in", "not in"):
                return (instr.name == "not in") == tested.holds
            if tested.presence:
                return (instr.name in ("is", "==", "===")) == tested.holds
            return (instr.name in ("!=", "!==")) == tested.holds and asks_role(tested.atoms, False)
        return instr.op in (Op.LOAD, Op.ATTR, Op.ITEM, Op.CALL) and not tested.holds

    def is_schema(self, instr: Instr) -> bool:
        """Whether a call asks a schema."""
        rows = self.origins.call_rows(self.fid, instr)
        return any(isinstance(row.concept, Schema) for row in rows)

    def parts(self, value: int, holds: bool, depth: int = 0) -> Conditions:
        """A test as the parts that must all be so: `a and b` that holds, `a or b` that does not."""
        value = self.meant(value)
        instr = self.definitions.get(value)
        if instr is not None and instr.op == Op.UNARY and instr.name in ("not", "!"):
            return self.parts(instr.args[0], not holds, depth + 1)
        if (
            instr is not None
            and instr.op == Op.LOGIC
            and depth < 6
            and instr.name == ("and" if holds else "or")
        ):
            return tuple(c for part in instr.args for c in self.parts(part, holds, depth + 1))
        return self._said(value, holds) or (self.condition(value, holds),)

    def meant(self, value: int) -> int:
        """The test that a variable holds the answer of: `const allowed = a === b`."""
        for _ in range(MAX_NESTED):
            instr = self.definitions.get(value)
            if instr is None or instr.op != Op.LOAD or instr.name not in self.locals:
                break
            stored = self.origins.stores(self.fid, instr)
            made = self.definitions.get(next(iter(stored))) if len(stored) == 1 else None
            if made is None or (made.op != Op.LOGIC and not self.is_test(made)):
                break
            value = made.dst
        return value

    def is_test(self, instr: Instr) -> bool:
        """Whether a value is an answer and no thing: a comparison, what a container says of its entries."""
        if instr.op in (Op.CALL, Op.AWAIT):
            asked = self._asked(instr.dst)
            if asked is not None:
                return bool(outcomes(Tests(self.origins, asked[1], self.depth + 1)))
            return instr.op == Op.CALL and self.callee(instr) in _ANSWERING
        if instr.op == Op.LOGIC:
            parts = (self.definitions.get(self.meant(value)) for value in instr.args)
            return all(part is not None and (part.op == Op.ATTR or self.is_test(part)) for part in parts)
        return instr.op == Op.COMPARE or (instr.op == Op.UNARY and instr.name in ("not", "!"))

    def _asked(self, value: int) -> tuple[Instr, str] | None:
        """The call, and the one function of the program that answers it; seen through variables."""
        instr = self.definitions.get(value)
        for _ in range(MAX_NESTED):
            if instr is not None and instr.op == Op.AWAIT:
                instr = self.definitions.get(instr.args[0])
            elif instr is not None and instr.op == Op.LOAD and instr.name in self.locals:
                stored = self.origins.stores(self.fid, instr)
                instr = self.definitions.get(next(iter(stored))) if len(stored) == 1 else None
        if instr is None or instr.op != Op.CALL:
            return None
        targets = self.origins.targets(self.fid, instr)
        return (instr, targets[0]) if len(targets) == 1 and self.depth < MAX_NESTED else None

    def _said(self, value: int, holds: bool) -> Conditions:
        """What must be so for a function of the program to give this answer."""
        found = self._asked(value)
        if found is None:
            return ()
        call, target = found
        inner = Tests(self.origins, target, self.depth + 1)
        answers = [each for each in outcomes(inner) if each.says in (None, holds)]
        if not answers:
            return ()
        replaced = self.origins.binding(self.fid, call, target)
        told = [
            tuple(c._replace(atoms=substituted(c.atoms, replaced)) for c in inner.of_outcome(each, holds))
            for each in answers
        ]
        atoms = [atom for conditions in told for c in conditions for atom in c.atoms]
        # Within what is asked itself, only its callers know who is handed in.
        if not any(is_caller(atom) or (self.depth and atom.kind == "parameter") for atom in atoms):
            return ()
        if len(told) == 1:
            return told[0]
        several = [c for conditions in told for c in conditions]
        whole = self.condition(value, holds)
        return (
            whole._replace(
                atoms=union((whole.atoms, *(c.atoms for c in several))),
                presence=all(c.presence for c in several),
                excludes_owner=any(c.excludes_owner for c in several),
                excludes_others=any(c.excludes_others for c in several),
            ),
        )

    def of_outcome(self, outcome: Outcome, holds: bool) -> Conditions:
        """What must be so for one way out of this function, and for what is returned there."""
        before = (part for turn in outcome.turns for part in self.parts(*turn))
        last = self.parts(outcome.value, holds) if outcome.says is None else ()
        return (*before, *last)

    def condition(self, value: int, holds: bool) -> Condition:
        """A test, with what it looks at."""
        while True:
            instr = self.definitions.get(value)
            if instr is None or instr.op != Op.UNARY or instr.name not in ("not", "!"):
                break
            value, holds = instr.args[0], not holds
        instr = self.definitions.get(value)
        span = self.origins.span(self.fid, instr) if instr is not None else Span(self.path, 0, 0)
        atoms = self.origins.of(self.fid, value) | self._weighed(value)
        schema = self._looks_at_schema(value)
        same, differ = self._holds_for_same(instr, holds), self._holds_for_same(instr, not holds)
        presence = self.looks_for_presence(value)
        if presence:
            atoms |= self._withheld(value, atoms)
        return Condition(atoms, holds, span, self.fid, value, schema, presence, same, differ)

    def _weighed(self, value: int) -> Atoms:
        """What a function weighs that says whether the caller may: `canView(user, id)`."""
        instr = self.definitions.get(value)
        if instr is not None and instr.op == Op.AWAIT:
            instr = self.definitions.get(instr.args[0])
        if instr is None or instr.op != Op.CALL or not _PERMITS.match(self.callee(instr)):
            return frozenset()
        given = frozenset(atom for part in instr.args[1:] for atom in self.origins.of(self.fid, part))
        return given if any(is_caller(atom) for atom in given) else frozenset()

    def _withheld(self, value: int, atoms: Atoms) -> Atoms:
        """What a helper asked of the caller before it gave the object that is looked for.

        `const note = await noteOf(user, id)`, which gives others nothing, and then `if (!note) refuse()`.
        """
        if not any(atom.kind == "stored" and not is_caller(atom) for atom in atoms):
            return frozenset()
        instr = self.definitions.get(value)
        if instr is not None and instr.op == Op.COMPARE:
            value = next((v for v in instr.args if self.origins.of(self.fid, v)), value)
        found = self.origins.resolved(self.fid, value)
        if found is None or found[1].op != Op.CALL:
            return frozenset()
        weighed: set[Atom] = set()
        for target in self.origins.targets(*found):
            for asked in _kept_back(self.origins, target):
                told = [(presence, self.origins.at_call(*found, target, held)) for presence, held in asked]
                of_caller = [
                    held
                    for presence, held in told
                    if any(_is_of_caller(a) if presence else is_caller(a) for a in held)
                ]
                if not of_caller and not any(map(_has_role, (a for _, held in told for a in held))):
                    # There is a way on which nobody asks who calls.
                    return frozenset()
                weighed = weighed.union(*of_caller)
        roles = set(filter(_has_role, weighed))
        # Who is no owner and passes by a role says of the others nothing.
        return frozenset(weighed - roles if any(is_caller(a) for a in weighed - roles) else weighed)

    def _holds_for_same(self, instr: Instr | None, holds: bool) -> bool:
        """Whether a test holds when two values, neither a constant, are the same."""
        if instr is None or instr.op != Op.COMPARE:
            return False
        sides = [self.definitions.get(value) for value in instr.args]
        if any(side is not None and side.op == Op.CONST for side in sides):
            return False
        names = ("==", "===", "is") if holds else ("!=", "!==", "is not")
        return instr.name in names

    def looks_for_presence(self, value: int) -> bool:
        """`!a || !b`, `a is None`: says nothing of what the values are."""
        instr = self.definitions.get(value)
        if instr is None:
            return False
        if instr.op in (Op.LOGIC, Op.UNARY) and instr.name in ("and", "or", "not", "!"):
            return all(self.looks_for_presence(inner) for inner in instr.args)
        if instr.op == Op.COMPARE:
            compared = [self.definitions.get(inner) for inner in instr.args]
            return any(i is not None and i.op == Op.CONST and i.value in (None, "") for i in compared) or any(
                i is not None and i.op == Op.LOAD and i.name == "undefined" for i in compared
            )
        return instr.op in (Op.LOAD, Op.ATTR, Op.ITEM, Op.AWAIT) or (
            instr.op == Op.CALL and self.callee(instr) in ("get", "getlist")
        )

    def _looks_at_schema(self, value: int) -> bool:
        """Whether the test looks at what a schema returned (`!result.success`, `error`)."""
        seen: list[int] = [value]
        for _ in range(6):
            if not seen:
                return False
            instr = self.definitions.get(seen.pop())
            if instr is None:
                continue
            if instr.op in (Op.CALL, Op.NEW):
                name = self.callee(instr)
                if self.is_schema(instr) or name in (
                    "validationResult",
                    "validate",
                    "safeParse",
                    "is_valid",
                ):
                    return True
                receiver = self.origins.receiver(self.fid, instr)
                if receiver >= 0:
                    seen.append(receiver)
            elif instr.op == Op.LOAD:
                seen.extend(v for v in self.origins.stores(self.fid, instr) if v >= 0)
            else:
                seen.extend(instr.args)
        return False


def _is_of_caller(atom: Atom) -> bool:
    """A stored object that is looked up for the caller, and is not the caller's own record: a membership."""
    return atom.kind == "stored" and is_caller(atom) and not is_caller_itself(atom)


def _has_role(atom: Atom) -> bool:
    return is_caller(atom) and ROLE.search(".".join(atom.path)) is not None


def _kept_back(origins: Origins, fid: str) -> tuple[Asked, ...]:
    """For each way on which a function gives something, the tests on which it would have given nothing, in
    terms of the function's parameters."""
    known = origins.kept_back.get(fid)
    if known is None:
        origins.kept_back[fid] = ()
        known = origins.kept_back[fid] = tuple(_refusing(Tests(origins, fid)))
    return known


def _refusing(tests: Tests) -> Iterator[Asked]:
    ways = ways_out(tests)
    empty = [way for way in ways if way.says is False or _is_undefined(tests, way.value)]
    if not empty:
        return
    refused = {turn for way in empty for turn in way.turns}
    for way in ways:
        if way not in empty:
            decided = (turn for turn in way.turns if Turn(turn.value, not turn.holds) in refused)
            parts = (part for turn in decided for part in tests.parts(turn.value, turn.holds))
            yield tuple((p.presence, p.atoms) for p in parts if p.atoms and not p.excludes_others)


def _is_undefined(tests: Tests, value: int) -> bool:
    instr = tests.definitions.get(value)
    return instr is None or (instr.op == Op.LOAD and instr.name == "undefined")


def asks_above(origins: Origins, fid: str, call: Instr) -> bool:
    """`super.canActivate(context)`: a library's guard, which is known as such."""
    definitions = origins.view.definitions(fid)
    callee = definitions.get(call.args[0]) if call.op == Op.CALL else None
    base = definitions.get(callee.args[0]) if callee is not None and callee.op == Op.ATTR else None
    if base is not None and base.op == Op.CALL:
        base = definitions.get(base.args[0])
    return base is not None and base.op == Op.LOAD and base.name == "super"


def asks_address(origins: Origins, fid: str, condition: Condition) -> bool:
    """Whether a test looks at the address of the request and at nobody's credentials."""
    if condition.fid != fid or any(is_caller(atom) for atom in condition.atoms):
        return False
    stack, seen, definitions = [condition.value], 0, origins.view.definitions(fid)
    while stack and seen < MAX_LOOKS:
        seen += 1
        instr = definitions.get(stack.pop())
        if instr is None:
            continue
        if instr.op == Op.ATTR and instr.name in URL_WORDS:
            return True
        stack.extend(instr.args)
    return False
