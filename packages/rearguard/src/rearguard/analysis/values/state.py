"""Values that reach code without a call that binds them: events, and what is kept for later."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rearguard.analysis.values.domain import Maybe, Value, join
from rearguard.analysis.values.methods import doubted
from rearguard.models.compile import Row
from rearguard.models.concepts import EventBus, StateRead, StateWrite
from rearguard.program import Instr, Op

if TYPE_CHECKING:
    from rearguard.analysis.values.regions import Regions

LISTENERS = frozenset(("on", "once", "addListener", "prependListener", "addEventListener", "off"))
"""Methods that register what is called with an event's arguments."""
_ARGUMENTS = 4
"""Arguments of an event that are followed."""


def kept(run: Regions, instr: Instr, rows: tuple[Row, ...], receiver: int, result: Maybe) -> Maybe:
    """The value of a call that may keep its arguments for later, or give back what was kept."""
    program = run.program
    for row in rows:
        if isinstance(row.concept, StateWrite):
            for number in program.arguments(instr, row, receiver):
                program.put(run, ("state", row.concept.store), run.values[number])
    for row in program.result_rows(run.refs, instr):
        if isinstance(row.concept, StateRead):
            result = join(result, program.take(run, ("state", row.concept.store)))
    event = _event(run, instr, ("emit",))
    if event:
        for place, number in enumerate(instr.args[2 : 2 + _ARGUMENTS]):
            value = run.values[number]
            if value is not None and not _is_bus(run, receiver):
                value = Value(doubted(run, value.deep()))
            program.put(run, ("event", f"{event} {place}"), value)
    return result


def heard(run: Regions, instr: Instr) -> dict[int, Maybe]:
    """What the listener given to `on(event, listener)` is called with, by place."""
    event = _event(run, instr, LISTENERS)
    if not event:
        return {}
    found = {place: run.program.take(run, ("event", f"{event} {place}")) for place in range(_ARGUMENTS)}
    return {place: value for place, value in found.items() if value is not None}


def _event(run: Regions, instr: Instr, methods: frozenset[str] | tuple[str, ...]) -> str:
    """The event that a call of one of `methods` names."""
    definition = run.definitions.get(instr.args[0])
    if (
        definition is None
        or definition.op != Op.ATTR
        or definition.name not in methods
        or len(instr.args) < 3
    ):
        return ""
    if run.program.names(run.refs[definition.args[0]]) and not _is_bus(run, definition.args[0]):
        # A socket or stream of a library: its events come from elsewhere.
        return ""
    named = run.values[instr.args[1]]
    return named.constant[0] if named and named.constant and isinstance(named.constant[0], str) else ""


def _is_bus(run: Regions, receiver: int) -> bool:
    return receiver >= 0 and any(
        isinstance(row.concept, EventBus) for row in run.program.value_rows(run.refs[receiver])
    )
