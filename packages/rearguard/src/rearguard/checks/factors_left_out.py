"""Second factors that are asked for only where one was sent."""

import re
from collections.abc import Iterator

from rearguard.analysis.access import Row
from rearguard.analysis.access.atoms import Atom
from rearguard.analysis.access.events import Condition, Fact
from rearguard.analysis.identity import is_password, words
from rearguard.checks.base import Context
from rearguard.checks.endpoints import by_handler
from rearguard.program import Span

__all__ = ["factors_left_out"]

_FACTOR = re.compile(
    r"(?:^|_)(?:otp|totp|mfa|2fa|two_factor|second_factor|one_time|authenticator)(?:_|$)|^(?:code|pin|token)$"
)


def factors_left_out(context: Context) -> Iterator[tuple[Row, Span, str]]:
    """Logins that verify a code after a password, where it was sent: the test for that, and what the code is called."""
    for row in by_handler(context.matrix):
        surface = row.surface
        facts = surface.facts if surface is not None else ()
        if not any(_verifies_password(fact) for fact in facts):
            continue
        for fact in facts:
            found = _left_out(fact) if fact.kind == "denial" else None
            if found is not None:
                condition, name = found
                yield row, _place(context, condition, fact), name
                break


def _verifies_password(fact: Fact) -> bool:
    asked = (atom for condition in fact.conditions for atom in condition.atoms)
    return any(
        given.path and is_password(given.path[-1])
        for atom in asked
        if atom.kind == "verified"
        for given in _given(atom)
    )


def _left_out(fact: Fact) -> tuple[Condition, str] | None:
    """The test that a code was sent, under which a wrong one is refused."""
    if not fact.conditions or fact.conditions[-1].settled:
        return None
    compared = {
        given.path
        for atom in fact.conditions[-1].atoms
        if atom.kind == "verified"
        for given in _given(atom)
        if given.path and _FACTOR.search(words(given.path[-1]))
    }
    for condition in fact.conditions[:-1]:
        if not condition.presence or condition.settled or not condition.holds:
            continue
        if condition.atoms and all(
            atom.kind == "input" and atom.path in compared for atom in condition.atoms
        ):
            return condition, next(iter(condition.atoms)).path[-1]
    return None


def _given(atom: Atom) -> Iterator[Atom]:
    """What of the request a value that was verified was made of."""
    for _, atoms in atom.keys:
        yield from (each for each in atoms if each.kind == "input")


def _place(context: Context, condition: Condition, fact: Fact) -> Span:
    instr = context.view.definitions(condition.fid).get(condition.value)
    return fact.span if instr is None else context.view.span(condition.fid, instr.start, instr.end)
