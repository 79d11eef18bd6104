"""Calls that ask a schema: whether it lets fields through that it does not name."""

from typing import TYPE_CHECKING

from rearguard.link import Kind
from rearguard.models.concepts import ClosedSchema, OpenSchema, Schema
from rearguard.models.view import ValueView
from rearguard.program import Instr, Op

if TYPE_CHECKING:
    from rearguard.analysis.access.lookups import Lookups

__all__ = ["is_closed_schema", "is_open_schema"]

MAX_LINKS = 16
"""Calls that a schema is made by, one after another, which are looked at."""


def is_open_schema(lookups: "Lookups", fid: str, call: Instr, concept: Schema) -> bool:
    """Whether a schema lets fields through that it does not name."""
    receiver = lookups.receiver(fid, call)
    if receiver >= 0 and any(isinstance(c, OpenSchema) for c in lookups.concepts(fid, receiver)):
        home, made = lookups.resolved(fid, receiver) or (fid, call)
        said = made.args[1:2] if made is not call else ()
        refs = (ref for value in said for ref in lookups.linker.refs[home][value])
        return not any(ref.kind is Kind.CONST and ref.step is False for ref in refs)
    if concept.closed_if is not None:
        closed = is_closed_schema(lookups, fid, call)
        return not closed and not _is_said(lookups, fid, call, concept.closed_if)
    return concept.open_if is not None and _is_said(lookups, fid, call, concept.open_if)


def is_closed_schema(lookups: "Lookups", fid: str, call: Instr) -> bool:
    """Whether the schema that a call asks was made to take no fields that it does not name."""
    pending = [(fid, lookups.receiver(fid, call))]
    for _ in range(MAX_LINKS):
        if not pending:
            return False
        home, value = pending.pop()
        if value < 0 or value not in lookups.view.definitions(home):
            continue
        if any(isinstance(c, ClosedSchema) for c in lookups.concepts(home, value)):
            return True
        steps = (ref.step for ref in lookups.linker.refs[home][value])
        pending.extend(step for step in steps if isinstance(step, tuple) and step != (home, value))
        found = lookups.resolved(home, value)
        if found is not None and found[1].op == Op.CALL:
            pending.append((found[0], lookups.receiver(*found)))
    return False


def _is_said(lookups: "Lookups", fid: str, call: Instr, option: tuple[str, bool]) -> bool:
    """Whether a call is given an option with a constant."""
    numbers, keys = lookups.program.selected(call, option[0])
    for number in numbers:
        value: ValueView | None = ValueView(lookups.view, fid, number)
        for key in keys:
            value = value.key(key) if value is not None else None
        if value is not None and any(r.kind is Kind.CONST and r.step is option[1] for r in value.refs):
            return True
    return False
