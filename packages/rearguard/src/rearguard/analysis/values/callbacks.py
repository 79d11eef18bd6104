"""Functions that a call is given: what the callee runs them with, and what they give back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rearguard.analysis.values.actuals import Actuals
from rearguard.analysis.values.checked_errors import comes_of_check
from rearguard.analysis.values.domain import (
    ANY_KEY,
    ERROR_BITS,
    HARMFUL,
    Maybe,
    Port,
    SourceRead,
    Value,
    join,
    with_field,
)
from rearguard.analysis.values.keeping import rows_of, stored
from rearguard.analysis.values.methods import fetched
from rearguard.analysis.values.state import heard
from rearguard.analysis.values.summary import Summary
from rearguard.analysis.values.uses import reads_rows
from rearguard.link import Kind
from rearguard.models.compile import Row
from rearguard.models.concepts import Verification
from rearguard.program import Function, Instr, Op, Span

if TYPE_CHECKING:
    from rearguard.analysis.values.regions import Regions

_OF_LISTS = frozenset(
    (
        *("map", "forEach", "filter", "find", "findIndex", "some", "every", "flatMap", "sort"),
        *("reduce", "reduceRight"),
    )
)
"""Methods of lists: what they hand to a function is an element, whatever it is called there."""
_OVER_ELEMENTS = _OF_LISTS | {"on", "then", "catch", "finally", "tap", "each"}
_FOLDS = ("reduce", "reduceRight")
_ROUNDS = 2
"""How often a function that folds a list is given what it gave back itself."""
_ERROR = re.compile(r"_?(?:e|er|err|error|ex|exception|\w*(?:[a-z]E|_e)rr(?:or)?)")
_REQUESTS = frozenset(("req", "request", "ctx", "context", "c", "event"))
_CALLBACK = re.compile(r"^(?:cb|fn|done|next|then)$|callback$|handler$", re.IGNORECASE)
"""Names of parameters that are functions."""
_FORESEES = re.compile(r"verify|valid|parse|check|schema|compare", re.IGNORECASE)
"""Callees whose errors are about what they were given."""
_MOST_PARAMETERS = 3


def takes_error(function: Function) -> bool:
    """Whether a function is a callback as Node's own calls want it: the error first, then the rest.

    The parameter's name says it. One that is given a request too is a handler that a framework calls.
    """
    params = function.params
    if not params or len(params) > _MOST_PARAMETERS or params[0].kind != "positional":
        return False
    if any(param.name in _REQUESTS for param in params):
        return False
    name = params[0].name
    return _ERROR.fullmatch(name) is not None and (len(params) > 1 or name in ("err", "error"))


def callbacks(run: Regions, instr: Instr, receiver: int, rows: tuple[Row, ...], known: bool) -> Maybe:
    """Functions given as arguments run with what the callee passes on; what they return, joined."""
    definition = run.definitions.get(instr.args[0])
    method = definition.name if definition is not None and definition.op == Op.ATTR else ""
    held = run.values[receiver] if receiver >= 0 else None
    element: Maybe = None
    if method in _OVER_ELEMENTS and method != "catch" and held is not None and not rows:
        element = fetched(run, held) if method == "then" else run.member_of(held, ANY_KEY)
    events = heard(run, instr) if not rows else {}
    rows_read = _rows_read(run, instr, rows, definition)
    result: Maybe = None
    for number in instr.args[1:]:
        for ref in run.refs[number]:
            if ref.kind is not Kind.FUNCTION:
                continue
            summary = run.program.summaries.get(ref.id)
            if summary is None:
                continue
            function = run.linker.functions[ref.id]
            given: dict[str, Maybe] = {}
            params = [p.name for p in function.params if p.kind == "positional"]
            if events:
                given = {params[place]: value for place, value in events.items() if place < len(params)}
            elif params and (method == "catch" or (not known and _is_errback(run, instr, function, rows))):
                foreseen = method == "catch" and comes_of_check(run, receiver)
                given = {params[0]: None if foreseen else _error(run, ref.id, function)}
                if rows_read is not None and len(params) > 1 and takes_error(function):
                    given[params[1]] = rows_read
            elif not known and method in _FOLDS and not rows:
                given = _folded(run, instr, ref.id, summary, params, element)
            elif not known and element is not None:
                given = dict.fromkeys(params[:1], element)
            actuals = Actuals(run, instr, ref.id, summary, {}, -1, given)
            actuals.apply_uses(instr)
            actuals.apply_writes(False)
            actuals.apply_invokes(instr)
            run.closures.pop(ref.id, None)
            result = join(result, actuals.value(summary.returns))
    if rows_read is not None:
        _hand_rows_on(run, instr, rows_read)
    return result


def _rows_read(run: Regions, instr: Instr, rows: tuple[Row, ...], callee: Instr | None) -> Maybe:
    """What a call reads from a database and hands to its callback."""
    if run.family == "python":
        return None
    read = stored(run, instr, rows)
    if read is None and callee is not None and not rows and reads_rows(run, instr, callee):
        read = rows_of(run, instr)
    return read


def _hand_rows_on(run: Regions, instr: Instr, read: Value) -> None:
    """Rows for a callback that our own caller gave: `query(sql, values, done)` hands `done` on."""
    value = run.values[instr.args[-1]] if len(instr.args) > 2 else None
    if value is None or value.fields:
        return
    ports = [
        (number, origin)
        for number, bits in run.origins.fields(value.labels)
        if isinstance(origin := run.origins.items[number], Port) and bits & HARMFUL == HARMFUL
    ]
    if any(not origin.path and _CALLBACK.search(origin.name) for _, origin in ports):
        for number, _ in ports:
            run.note_invoked(number, (None, read))


def _error(run: Regions, fid: str, function: Function) -> Maybe:
    """An error that nobody foresaw, as the parameter of the function that is called with it."""
    first = function.params[0]
    place = Span(run.linker.module_of[fid], first.start, first.end)
    return run.origin_value(SourceRead("error", "error", place, fid), ERROR_BITS)


def _is_errback(run: Regions, instr: Instr, function: Function, rows: tuple[Row, ...]) -> bool:
    """Whether a library calls the function with an error that says something of the server."""
    if run.family == "python" or not takes_error(function):
        return False
    if any(isinstance(row.concept, Verification) for row in rows):
        # Its errors are about the token or password that it was given.
        return False
    callee = run.definitions.get(instr.args[0])
    if callee is None or _FORESEES.search(callee.name):
        return False
    if callee.op == Op.ATTR and callee.name in _OF_LISTS:
        return False
    given = (run.definitions.get(number) for number in instr.args[1:])
    # What is handed the request, such as an upload's middleware, says what is wrong with it.
    return not any(one is not None and one.op == Op.LOAD and one.name in _REQUESTS for one in given)


def _folded(
    run: Regions, instr: Instr, fid: str, summary: Summary, params: list[str], element: Maybe
) -> dict[str, Maybe]:
    """What a function that folds a list is given: what came of the elements so far, and an element."""
    if not params:
        return {}
    so_far = run.values[instr.args[2]] if len(instr.args) > 2 else element
    for _ in range(_ROUNDS):
        given = {params[0]: so_far} | dict.fromkeys(params[1:2], element)
        actuals = Actuals(run, instr, fid, summary, {}, -1, given)
        for index, written in summary.writes.items():
            origin = summary.origins.items[index]
            if isinstance(origin, Port) and origin.kind == "param" and origin.name == params[0]:
                so_far = with_field(so_far, origin.path, actuals.value(written), weak=True)
        so_far = join(so_far, actuals.value(summary.returns))
    return {params[0]: so_far} | dict.fromkeys(params[1:2], element)


def resolved(run: Regions, instr: Instr) -> Maybe:
    """What a promise made by hand holds: what its executor calls its first parameter with."""
    result: Maybe = None
    for ref in run.refs[instr.args[1]] if len(instr.args) > 1 else ():
        summary = run.program.summaries.get(ref.id) if ref.kind is Kind.FUNCTION else None
        params = run.linker.functions[ref.id].params if summary is not None else ()
        if summary is None or not params:
            continue
        actuals = Actuals(run, instr, ref.id, summary, {}, -1)
        given = summary.invokes.get(summary.origins.find(Port("param", params[0].name)), ())
        result = join(result, actuals.value(given[0]) if given else None)
    return result
