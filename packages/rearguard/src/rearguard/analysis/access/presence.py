"""Tests of whether anybody is logged in, for better or worse."""

import re

from rearguard.analysis.access.atoms import Atom
from rearguard.analysis.access.events import Condition
from rearguard.analysis.access.origins import Origins
from rearguard.analysis.access.principals import is_caller_itself, is_open
from rearguard.program import Instr, Op

MAX_KEYS = 4
"""Objects found by way of others that are followed to what chose the first."""
_NEGATIVE = re.compile(
    r"anonymous|unauth|err|invalid|expired|missing|denied|fail|guest|blocked|banned|disabled", re.IGNORECASE
)
BEING_KNOWN = re.compile(r"is_?authenticated|is_?logged_?in|_?id|pk|sub|user_?id|user", re.IGNORECASE)
"""What a caller has who is logged in, whoever that is."""
_BY_CALL = re.compile(r"is_?(?:authenticated|logged_?in)", re.IGNORECASE)


def asks_presence(condition: Condition, origins: Origins) -> bool:
    """Whether the condition holds for callers who are known, or who sent a credential."""
    if condition.settled or condition.value < 0:
        return False
    instr = origins.view.definitions(condition.fid).get(condition.value)
    if instr is None:
        return False
    if instr.op == Op.LOGIC:
        # Refused on either ground, `if not settings.OPEN or user.is_authenticated`: those who are known are.
        either = (instr.name == "or") == condition.holds
        return either and any(_is_for_known(condition, value, origins) for value in instr.args)
    if _asks_by_call(condition, instr, origins):
        return condition.holds
    if not condition.presence or any(a.kind == "verified" and not a.exact for a in condition.atoms):
        return False
    if instr.op == Op.COMPARE:
        return (instr.name in ("is", "==", "===")) != condition.holds
    if _NEGATIVE.search(instr.name):
        return not condition.holds
    return condition.holds


def _is_for_known(condition: Condition, value: int, origins: Origins) -> bool:
    """Whether a part of a condition asks no more than that somebody is logged in."""
    instr = origins.view.definitions(condition.fid).get(value)
    if instr is None:
        return False
    if instr.op == Op.UNARY and instr.name == "not":
        return _is_for_known(condition._replace(holds=not condition.holds), instr.args[0], origins)
    if _asks_by_call(condition, instr, origins):
        return condition.holds
    atoms = origins.of(condition.fid, value)
    somebody = bool(atoms) and all(map(_is_somebody, atoms))
    return condition.holds and somebody and instr.op in (Op.LOAD, Op.ATTR)


def _asks_by_call(condition: Condition, instr: Instr, origins: Origins) -> bool:
    """`req.isAuthenticated()`"""
    callee = origins.view.definitions(condition.fid).get(instr.args[0]) if instr.op == Op.CALL else None
    return callee is not None and callee.op == Op.ATTR and _BY_CALL.fullmatch(callee.name) is not None


def spares_known(condition: Condition) -> bool:
    """Whether a test holds for nobody who is logged in: `not request.user.is_authenticated`."""
    return (
        condition.presence
        and not condition.settled
        and not condition.holds
        and bool(condition.atoms)
        and all(
            _is_somebody(a) and (not a.path or BEING_KNOWN.fullmatch(a.path[-1])) for a in condition.atoms
        )
    )


def asks_if_known(condition: Condition) -> bool:
    """Whether a test holds for everybody who is logged in: `if user and ...`."""
    return (
        condition.presence
        and condition.holds
        and not condition.settled
        and bool(condition.atoms)
        and all(_is_somebody(a) and not a.path for a in condition.atoms)
    )


def _is_somebody(atom: Atom) -> bool:
    """The caller's own record or token, and nothing that is looked up for a caller and something else."""
    chosen = any(is_chosen(inner) for _, atoms in atom.keys for inner in atoms)
    whole = not atom.path or BEING_KNOWN.fullmatch(atom.path[-1]) is not None
    return atom.exact and is_caller_itself(atom) and whole and not chosen


def is_chosen(atom: Atom, depth: int = 0) -> bool:
    """Whether the client has a say in which object it is, itself or by way of another object."""
    if is_open(atom):
        return True
    return depth < MAX_KEYS and any(is_chosen(inner, depth + 1) for _, atoms in atom.keys for inner in atoms)
