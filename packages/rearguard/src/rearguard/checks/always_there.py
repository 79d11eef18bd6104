"""Tests that come out the same for everybody: a place in a list taken for yes or no, a list asked whether it is there."""

from collections.abc import Iterator
from dataclasses import dataclass

from rearguard.analysis.access import Row
from rearguard.analysis.access.facts import Condition, Fact
from rearguard.analysis.access.principals import is_caller
from rearguard.analysis.access.resources import Touch
from rearguard.checks.base import Context
from rearguard.checks.true_anyway import missing
from rearguard.program import Instr, Op, Span

__all__ = ["AlwaysThere", "always_there"]

_PLACES = frozenset({"indexOf", "lastIndexOf", "findIndex", "findLastIndex"})
"""Methods that say where something is: 0 for the first place, and -1, which counts as yes, for nowhere."""
_LISTS = frozenset({"filter", "map", "flatMap"})
"""Methods that give a list, and an empty one counts as yes too."""
_OF_OBJECT = frozenset({"keys", "values", "entries"})
_ROWS = "rows"
_ENDS = frozenset({"get", "then", "execute", "first", "values"})
"""What a query may end with that gives something else."""
MAX_STEPS = 4
MAX_CHAIN = 10


@dataclass(frozen=True, slots=True)
class AlwaysThere:
    """What a check takes for an answer and is none."""

    place: Span
    text: str
    is_place: bool
    """Whether it is a place in a list, and else a list."""


def always_there(context: Context, row: Row, fact: Fact) -> Iterator[AlwaysThere]:
    """The parts of a refusal that would have to be false for it, and are not where they should be."""
    for condition in fact.conditions:
        if _module(context, condition).endswith(".py") or not any(map(is_caller, condition.atoms)):
            # An empty list is false in Python.
            continue
        for value in missing(context, condition):
            found = _made(context, condition.fid, value)
            kind = _kind(context, row, *found) if found is not None else ""
            if found is not None and kind:
                place = context.view.span(found[0], found[1].start, found[1].end)
                yield AlwaysThere(place, context.text(place), kind == "place")


def _module(context: Context, condition: Condition) -> str:
    return context.view.linker.module_of.get(condition.fid, "")


def _made(context: Context, fid: str, value: int) -> tuple[str, Instr] | None:
    """What made a value, seen through variables and what is waited for."""
    for _ in range(MAX_STEPS):
        found = context.matrix.origins.resolved(fid, value)
        if found is None:
            return None
        fid, instr = found
        if instr.op != Op.AWAIT:
            return found if instr.op in (Op.CALL, Op.ATTR) else None
        value = instr.args[0]
    return None


def _kind(context: Context, row: Row, fid: str, made: Instr) -> str:
    definitions = context.view.definitions(fid)
    if made.op == Op.ATTR:
        # `result.rows` of a statement.
        found = _made(context, fid, made.args[0]) if made.name == _ROWS else None
        touch = _touch(row, *found) if found is not None else None
        return "list" if touch is not None and touch.concept is None else ""
    callee = definitions.get(made.args[0])
    if callee is None or callee.op != Op.ATTR:
        return ""
    if callee.name in _PLACES:
        return "place"
    if _is_list(context, row, fid, made):
        return "list"
    if callee.name in _LISTS and len(made.args) == 2:
        given = definitions.get(made.args[1])
        return "list" if given is not None and given.op == Op.FUNC else ""
    base = definitions.get(callee.args[0])
    of_object = base is not None and base.op == Op.LOAD and base.name == "Object"
    return "list" if of_object and callee.name in _OF_OBJECT else ""


def _is_list(context: Context, row: Row, fid: str, call: Instr) -> bool:
    """Whether a query gives all that it finds: a list by what it is, or `select().from(t).where(c).limit(1)`."""
    definitions = context.view.definitions(fid)
    current: Instr | None = call
    for _ in range(MAX_CHAIN):
        if current is None or current.op != Op.CALL:
            return False
        touch = _touch(row, fid, current)
        if touch is not None and touch.concept is not None:
            return touch.concept.many or (touch.operation == "list" and current is call)
        callee = definitions.get(current.args[0])
        if callee is None or callee.op != Op.ATTR or callee.name in _ENDS:
            return False
        current = definitions.get(callee.args[0])
    return False


def _touch(row: Row, fid: str, call: Instr) -> Touch | None:
    facts = row.surface.facts if row.surface is not None else ()
    found = (fact.touch for fact in facts if fact.touch is not None)
    return next((touch for touch in found if (touch.fid, touch.value) == (fid, call.dst)), None)
