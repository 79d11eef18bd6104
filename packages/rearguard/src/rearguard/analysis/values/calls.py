"""What a call does: summaries of project functions, rows of libraries, and common methods of data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rearguard.analysis.values import templates
from rearguard.analysis.values.actuals import callbacks, instantiate
from rearguard.analysis.values.conditions import bits
from rearguard.analysis.values.domain import (
    Maybe,
    SourceRead,
    join,
)
from rearguard.analysis.values.methods import SAME_VALUE, joined, masked, method_of, mixed, record
from rearguard.analysis.values.uses import note_sink
from rearguard.link import Kind
from rearguard.models.compile import Row
from rearguard.models.concepts import (
    CodeExecution,
    Context,
    Deserialisation,
    HtmlMarkup,
    HtmlResponse,
    LogWrite,
    ResourceAccess,
    ResponseBody,
    Sanitizer,
    Sink,
    SqlExecution,
    TemplateRender,
    TextJoin,
    TokenVerify,
)
from rearguard.program import Instr, Op

if TYPE_CHECKING:
    from rearguard.analysis.values.regions import Regions

_CONTINUES = (HtmlMarkup, LogWrite, Deserialisation, CodeExecution)
"""Sinks whose call still gives back what it was given."""


def call(run: Regions, instr: Instr) -> Maybe:
    """The value of a call, its sinks and side effects noted on the way."""
    program = run.program
    callees = run.refs[instr.args[0]]
    definition = run.definitions.get(instr.args[0])
    receiver = definition.args[0] if definition is not None and definition.op == Op.ATTR else -1
    rows = program.rows(callees)
    if definition is not None and definition.op == Op.LOAD and run.is_template:
        special = templates.builtin(run, instr, definition.name)
        if special is not None:
            return special[0]
    for row in rows:
        if isinstance(row.concept, TemplateRender):
            templates.render(run, instr, row, receiver)
        if isinstance(row.concept, Sink):
            note_sink(run, instr, row, receiver)
    if definition is not None and definition.op == Op.LOAD and definition.name == "super":
        if run.family == "python":
            run.paths[instr.dst] = run.paths[instr.args[0]]
            return run.values[instr.args[0]]
        receiver = instr.args[0]
    targets = _targets(run, instr)
    if targets:
        result: Maybe = None
        for index, (fid, given, is_new) in enumerate(targets):
            value = instantiate(run, instr, fid, given, receiver, is_new)
            result = value if index == 0 else join(result, value)
        callbacks(run, instr, receiver, rows, known=True)
    else:
        result = _external(run, instr, rows, receiver, definition)
    return sanitized(run, instr, result)


def _above(run: Regions, instr: Instr, cid: str) -> str | None:
    """The constructor that `super(...)` runs."""
    definition = run.definitions.get(instr.args[0])
    is_super = definition is not None and definition.op == Op.LOAD and definition.name == "super"
    return run.linker.constructor(cid) if is_super else None


def _targets(run: Regions, instr: Instr) -> list[tuple[str, tuple[int, ...], bool]]:
    """Project functions that the call may run, with the arguments they get: (id, values, constructs)."""
    linker = run.linker
    found: list[tuple[str, tuple[int, ...], bool]] = []
    for ref in run.refs[instr.args[0]]:
        if ref.kind is Kind.FUNCTION:
            found.append((ref.id, instr.args[1:], False))
        elif ref.kind is Kind.CLASS:
            constructor = linker.constructor(ref.id)
            if constructor is not None:
                found.append((constructor, instr.args[1:], True))
        elif ref.kind is Kind.INSTANCE and ref.base is not None:
            called = linker.method(ref.base.id, "__call__") or _above(run, instr, ref.base.id)
            if called is not None:
                found.append((called, instr.args[1:], False))
        elif ref.step == "call" and ref.base is not None and ref.base.kind is Kind.FUNCTION:
            found.append((ref.base.id, instr.args[2:], False))
    return found[:6]


def _external(
    run: Regions, instr: Instr, rows: tuple[Row, ...], receiver: int, definition: Instr | None
) -> Maybe:
    returned = callbacks(run, instr, receiver, rows, known=False)
    method = definition.name if definition is not None and definition.op == Op.ATTR else ""
    for row in rows:
        if isinstance(row.concept, TextJoin):
            return joined(run, instr, row, receiver)
    if any(
        (isinstance(row.concept, Sink) and not isinstance(row.concept, _CONTINUES))
        or isinstance(row.concept, TemplateRender | ResourceAccess)
        for row in rows
    ):
        return stored(run, instr, rows)
    arguments = instr.args[1:]
    if receiver >= 0 and not rows:
        special = method_of(run, instr, method, receiver, arguments, returned)
        if special is not None:
            return special[0]
    if method == "" and not run.refs[instr.args[0]]:
        made = record(run, instr)
        if made is not None:
            return made
    known = bool(run.program.names(run.refs[instr.args[0]])) or method in SAME_VALUE
    return mixed(run, (*arguments, receiver), uncertain=not known)


def stored(run: Regions, instr: Instr, rows: tuple[Row, ...]) -> Maybe:
    """What a database gives back: other people's input, which matters where it becomes markup."""
    if any(
        isinstance(row.concept, SqlExecution)
        or (isinstance(row.concept, ResourceAccess) and row.concept.op in ("read", "list"))
        for row in rows
    ):
        return run.origin_value(SourceRead("stored", "stored", run.span(instr), run.fid), 1 << Context.HTML)
    return None


def sanitized(run: Regions, instr: Instr, value: Maybe) -> Maybe:
    """Apply what models say of a call's or member's value."""
    if value is None:
        return None
    safe = 0
    rows = run.program.result_rows(run.refs, instr)
    if instr.op != Op.ATTR:
        rows = (*rows, *run.program.rows(run.refs[instr.args[0]]))
    for row in rows:
        concept = row.concept
        if isinstance(concept, Sanitizer) and run.program.applies(run, instr, concept):
            safe |= bits(concept.contexts)
        elif isinstance(concept, HtmlResponse | ResponseBody):
            safe |= 1 << Context.HTML
        elif isinstance(concept, TokenVerify) and instr.op != Op.ATTR:
            # Verified claims are what the server once signed.
            return None
    if not safe:
        return value
    return masked(run, value, safe)
