"""Noting that a value reaches the argument of a concept that reads it as code or address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rearguard.analysis.values import sinks
from rearguard.analysis.values.domain import (
    DEVELOPMENT,
    UNCERTAIN,
    Hole,
    Maybe,
    SourceRead,
    Value,
)
from rearguard.analysis.values.methods import doubted
from rearguard.analysis.values.summary import SinkUse, Site
from rearguard.models.compile import Row
from rearguard.models.concepts import (
    CommandExecution,
    Context,
    HtmlResponse,
    OutboundRequest,
    Sink,
    SqlExecution,
)
from rearguard.models.view import ValueView
from rearguard.program import Instr, Op

if TYPE_CHECKING:
    from rearguard.analysis.values.regions import Regions


def note_sink(run: Regions, instr: Instr, row: Row, receiver: int) -> None:
    """Note what reaches the arguments of a call that `row` describes."""
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
        if isinstance(concept, OutboundRequest) and _sends_itself(run, receiver, concept.sender):
            value = Value(doubted(run, value.labels), value.fields, value.text, value.origin, value.container)
        use_at(run, instr, concept, number, value)


def _sends_itself(run: Regions, receiver: int, keyword: str) -> bool:
    """Whether the client was made with a sender of the project's own, which may refuse addresses."""
    if not keyword or receiver < 0:
        return False
    for ref in run.refs[receiver]:
        if not isinstance(ref.step, tuple):
            continue
        home, number = ref.step
        made = run.program.definitions(home).get(number)
        if made is None or made.op not in (Op.CALL, Op.NEW):
            continue
        for key, given in zip(made.keys, made.args[1:], strict=False):
            if key == keyword and ValueView(run.program.view, home, given).classes:
                return True
    return False


def _command_labels(run: Regions, instr: Instr, concept: CommandExecution, number: int, value: Value) -> int:
    """Labels in an argument that choose what runs, when no shell is asked for."""
    named = run.program.selected(instr, concept.program)[0] if concept.program else ()
    if not named or number in named:
        return sinks.command_part(value)
    vector: list[Maybe] = []
    for given in instr.args[instr.args.index(named[0]) :]:
        vector.extend(sinks.elements(run.values[given]))
    return sinks.script_part(vector) & value.deep()


def _is_data(run: Regions, value: Value) -> bool:
    """Whether what is sent is no text: a container, a stored object, something that a library made."""
    if value.container:
        return True
    if value.text is not None:
        return False
    if value.origin >= 0:
        origin = run.origins.items[value.origin]
        if isinstance(origin, SourceRead) and origin.kind == "stored" and not origin.path:
            return True
    return bool(value.deep() & run.origins.repeated(UNCERTAIN))


def use_at(run: Regions, instr: Instr, concept: Sink, number: int, value: Value, pending: str = "") -> None:
    """Note that `value` reaches an argument of `concept`; `pending` as in `SinkUse`."""
    if isinstance(concept, SqlExecution) and value.container in ("list", "tuple") and not value.labels:
        # Several statements, each with its own parameters.
        for entry in (value.fields or {}).values():
            use_at(run, instr, concept, number, entry)
        return
    options = sinks.options_of(concept) if value.container == "dict" else ()
    if options:
        for key in options:
            option = run.member_of(value, key)
            if option is not None:
                use_at(run, instr, concept, number, option)
        return
    if isinstance(concept, CommandExecution):
        shell = run.program.shell(run, instr, concept)
        if shell is False:
            labels = _command_labels(run, instr, concept, number, value)
        else:
            labels = value.deep()
            pending = shell if isinstance(shell, str) else ""
    elif isinstance(concept, HtmlResponse) and concept.unless_json and _is_data(run, value):
        return
    else:
        labels = value.deep()
    if concept.context is Context.RESPONSE and run.environment.get(DEVELOPMENT) is not None:
        return
    if concept.context is Context.SQL and value.text is None and labels & run.origins.repeated(UNCERTAIN):
        # An object that some library built, not text.
        return
    if isinstance(concept, SqlExecution) and concept.by_text:
        if value.text is None or not sinks.is_sql(value.text):
            return
        labels = doubted(run, labels)
    mask = run.origins.repeated((1 << concept.context) | UNCERTAIN)
    labels &= mask
    if not labels & ~run.origins.repeated(UNCERTAIN):
        return
    text = value.text if value.text is not None else (Hole(labels, value.origin, number),)
    labels = sinks.harmful_part(concept.context, text, labels)
    if labels & ~run.origins.repeated(UNCERTAIN):
        site = Site(run.fid, instr.dst if instr.dst >= 0 else number, run.span(instr), concept, number)
        run.use(SinkUse(site, labels, text, (), pending))
