"""Noting that a value reaches the argument of a concept that reads it as code or address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rearguard.analysis.values import sinks
from rearguard.analysis.values.domain import (
    DEVELOPMENT,
    UNCERTAIN,
    Hole,
    Maybe,
    Value,
)
from rearguard.analysis.values.summary import SinkUse, Site
from rearguard.models.compile import Row
from rearguard.models.concepts import (
    CommandExecution,
    Context,
    HtmlResponse,
    Sink,
)
from rearguard.program import Instr

if TYPE_CHECKING:
    from rearguard.analysis.values.regions import Regions


def note_sink(run: Regions, instr: Instr, row: Row, receiver: int) -> None:
    concept = row.concept
    assert isinstance(concept, Sink)
    if not run.program.is_sink(run, instr, concept):
        return
    for number in run.program.arguments(instr, row, receiver):
        value = run.values[number]
        for key in row.keys:
            value = run.member_of(value, key)
        if value is None:
            continue
        use_at(run, instr, concept, number, value)


def _command_labels(run: Regions, instr: Instr, concept: CommandExecution, number: int, value: Value) -> int:
    """Labels in an argument that choose what runs, when no shell is asked for."""
    named = run.program.selected(instr, concept.program)[0] if concept.program else ()
    if not named or number in named:
        return sinks.command_part(value)
    vector: list[Maybe] = []
    for given in instr.args[instr.args.index(named[0]) :]:
        vector.extend(sinks.elements(run.values[given]))
    return sinks.script_part(vector) & value.deep()


def use_at(run: Regions, instr: Instr, concept: Sink, number: int, value: Value) -> None:
    """Note that `value` reaches an argument of `concept`."""
    options = sinks.options_of(concept) if value.container == "dict" else ()
    if options:
        for key in options:
            option = run.member_of(value, key)
            if option is not None:
                use_at(run, instr, concept, number, option)
        return
    pending = ""
    if isinstance(concept, CommandExecution):
        shell = run.program.shell(run, instr, concept)
        if shell is False:
            labels = _command_labels(run, instr, concept, number, value)
        else:
            labels = value.deep()
            pending = shell if isinstance(shell, str) else ""
    elif isinstance(concept, HtmlResponse) and concept.unless_json and value.container:
        return
    else:
        labels = value.deep()
    if concept.context is Context.RESPONSE and DEVELOPMENT in run.environment:
        return
    if concept.context is Context.SQL and value.text is None and labels & run.origins.repeated(UNCERTAIN):
        # An object that some library built, not text.
        return
    mask = run.origins.repeated((1 << concept.context) | UNCERTAIN)
    labels &= mask
    if not labels & ~run.origins.repeated(UNCERTAIN):
        return
    text = value.text if value.text is not None else (Hole(labels, value.origin, number),)
    labels = sinks.harmful_part(concept.context, text, labels)
    if labels & ~run.origins.repeated(UNCERTAIN):
        site = Site(run.fid, instr.dst if instr.dst >= 0 else number, run.span(instr), concept, number)
        run.use(SinkUse(site, labels, text, (), pending))
