"""Parts of a check that hold for everybody: `user.is_admin or note.owner_id`, which compares nothing."""

from collections.abc import Iterator
from dataclasses import dataclass

from rearguard.analysis.access import Row
from rearguard.analysis.access.atoms import Atoms
from rearguard.analysis.access.facts import Condition, Fact
from rearguard.analysis.access.ownership import says_owner
from rearguard.analysis.access.principals import is_caller
from rearguard.checks.base import Context
from rearguard.program import Block, If, Op, Span

_OWN_KEYS = ("id", "_id", "pk", "uuid")
_JOINS = {False: ("or", "||"), True: ("and", "&&")}
"""What makes all of its parts count: those of `or` where it fails, those of `and` where it holds."""
_NOT = ("not", "!")
MAX_TERMS = 12


@dataclass(frozen=True, slots=True)
class TrueAnyway:
    """A part of a check that is there whoever calls, and so lets everybody through."""

    place: Span
    text: str
    is_constant: bool


def true_anyway(context: Context, row: Row, fact: Fact) -> Iterator[TrueAnyway]:
    """The parts of a refusal that never let it happen: they would have to be missing for that."""
    if not any(is_caller(atom) and atom.path for condition in fact.conditions for atom in condition.atoms):
        # Nothing is asked of the caller.
        return
    owners = {access.owner_field for access in row.accesses} - {""}
    for condition in fact.conditions:
        for value in missing(context, condition):
            instr = context.view.definitions(condition.fid).get(value)
            if instr is None:
                continue
            place = context.view.span(condition.fid, instr.start, instr.end)
            if instr.op == Op.CONST and isinstance(instr.value, str) and instr.value:
                yield TrueAnyway(place, context.text(place), True)
            name = instr.name if instr.op == Op.ATTR else instr.value if instr.op == Op.ITEM else None
            if _is_negated(context, condition.fid, value):
                # `not ticket.owner_id` asks for those that nobody has taken yet, and means it.
                continue
            known = name in _OWN_KEYS or name in owners or (isinstance(name, str) and says_owner(name))
            if known and _is_stored(condition.atoms, name):
                yield TrueAnyway(place, context.text(place), False)


def _is_negated(context: Context, fid: str, value: int) -> bool:
    """Whether a `not` stands before the very value, and no second one before that."""
    users = context.destinations.users(fid)
    negations = [one.dst for one in users.get(value, ()) if one.op == Op.UNARY and one.name in _NOT]
    return any(not _is_negated(context, fid, one) for one in negations)


def _is_stored(atoms: Atoms, name: object) -> bool:
    """Whether it is a field of a stored object, and not one of the caller."""
    named = [atom for atom in atoms if atom.path[-1:] == (name,)]
    return bool(named) and all(atom.kind == "stored" and not is_caller(atom) for atom in named)


def missing(context: Context, condition: Condition) -> Iterator[int]:
    """The values that must all be missing, or false, for a condition to be met."""
    definitions = context.view.definitions(condition.fid)
    pending = [(condition.value, condition.holds)]
    for _ in range(MAX_TERMS):
        if not pending:
            return
        value, holds = pending.pop()
        instr = definitions.get(value)
        if instr is not None and instr.op == Op.UNARY and instr.name in _NOT:
            pending.append((instr.args[0], not holds))
        elif instr is not None and instr.op == Op.LOGIC and instr.name in _JOINS[holds]:
            pending.extend((inner, holds) for inner in instr.args)
        elif instr is not None and instr.op == Op.LOAD and instr.name.startswith("$") and not holds:
            pending.extend((inner, False) for inner in _either(context, condition.fid, instr.name))
        elif not holds:
            yield value


def _either(context: Context, fid: str, name: str) -> list[int]:
    """The parts of an `or` whose right side calls something: it is a branch, and a variable of its own."""
    stores = context.view.linker.contents(fid).stores.get(name, ())
    pending: list[Block] = [context.view.function(fid).body]
    while pending and len(stores) == 2:
        for statement in pending.pop():
            if isinstance(statement, If):
                if statement.cond == stores[0].args[0] and stores[1] in statement.orelse:
                    return [store.args[0] for store in stores]
                pending.extend((statement.then, statement.orelse))
    return []


__all__ = ["TrueAnyway", "missing", "true_anyway"]
