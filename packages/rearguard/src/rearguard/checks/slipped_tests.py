"""Tests of the caller that a slip of the pen decides: `=` for `===`, and objects that are compared by identity."""

from collections.abc import Iterator
from dataclasses import dataclass

from rearguard.analysis.access import Row
from rearguard.analysis.access.facts import Condition, Fact
from rearguard.analysis.access.principals import is_caller
from rearguard.checks.base import Context
from rearguard.program import Op, Span, deciding

__all__ = ["Slipped", "slipped_tests"]

_SETS = (Op.SETATTR, Op.SETITEM)
_IDENTITY = {"===": True, "!==": False}
"""Comparisons by identity, and whether they hold where a caller is refused to no avail."""
_OBJECT = "ObjectId"
"""Keys of MongoDB: each that is read is an object of its own."""
_REFUSES = (401, 403, 404)


@dataclass(frozen=True, slots=True)
class Slipped:
    """A test that comes out the same for everybody."""

    place: Span
    text: str
    assigns: bool
    """Whether it sets what it should ask for, and else compares objects by identity."""


def slipped_tests(context: Context, row: Row) -> Iterator[Slipped]:
    """Every such test that an endpoint runs."""
    facts = row.surface.facts if row.surface is not None else ()
    for fid in dict.fromkeys((*row.endpoint.handler.functions, *(fact.fid for fact in facts))):
        yield from _assigned(context, fid)
    for fact in facts:
        yield from _by_identity(context, fact)


def _assigned(context: Context, fid: str) -> Iterator[Slipped]:
    """`if (req.user.role = "admin")`: whoever comes is given the role that should be asked for."""
    linker = context.view.linker
    if linker.module_of[fid].endswith(".py"):
        # Where an assignment is no expression.
        return
    definitions = context.view.definitions(fid)
    for value in deciding(linker.functions[fid].body):
        made = definitions.get(value)
        if made is None or made.op != Op.CONST or not made.value:
            continue
        for instr in linker.code(fid):
            is_test = instr.op in _SETS and instr.args[-1] == value and instr.start < made.start
            if is_test and any(map(is_caller, context.matrix.origins.of(fid, instr.args[0]))):
                place = context.view.span(fid, instr.start, instr.end)
                yield Slipped(place, context.text(place), True)


def _by_identity(context: Context, fact: Fact) -> Iterator[Slipped]:
    """`if (note.owner === req.user._id) refuse()`, of keys that are objects."""
    if fact.kind != "denial" or fact.status not in _REFUSES:
        return
    for condition in fact.conditions:
        instr = context.view.definitions(condition.fid).get(condition.value)
        if instr is None or instr.op != Op.COMPARE or _IDENTITY.get(instr.name) is not condition.holds:
            continue
        if any(map(is_caller, condition.atoms)) and any(
            _is_object(context, condition, v) for v in instr.args
        ):
            yield Slipped(condition.span, context.text(condition.span), False)


def _is_object(context: Context, condition: Condition, value: int) -> bool:
    """Whether a value is a stored object's field that is declared as such a key, read as it is."""
    instr = context.view.definitions(condition.fid).get(value)
    if instr is None or instr.op != Op.ATTR:
        return False
    held = context.matrix.origins.of(condition.fid, value)
    declared = (
        context.matrix.schemas.of(atom.name).columns.get(instr.name)
        for atom in held
        if atom.kind == "stored" and atom.path == (instr.name,)
    )
    places = [place for place in declared if place is not None]
    return bool(places) and all(_OBJECT in context.text(place) for place in places)
