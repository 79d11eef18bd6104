"""What Python's own functions give that hand on what they are given, in another form."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from rearguard.analysis.values.domain import ANY_KEY, Maybe, Value, join
from rearguard.analysis.values.methods import record
from rearguard.program import Instr

if TYPE_CHECKING:
    from rearguard.analysis.values.regions import Regions


def formed(run: Regions, instr: Instr) -> tuple[Maybe] | None:
    """The value of `list(x)`, `enumerate(x)` and their like; `None` when the call is none of them."""
    if run.family != "python":
        return None
    for name in run.program.names(run.refs[instr.args[0]]):
        form = _FORMS.get(name)
        if form is not None and len(instr.args) > 1 and "*" not in instr.keys:
            return (form(run, instr),)
    return None


def _same(run: Regions, instr: Instr) -> Maybe:
    held = run.values[instr.args[1]]
    if held is None or held.container != "dict":
        return held
    keys = run.keys_of(held)
    return _listed(keys)


def _copy(run: Regions, instr: Instr) -> Maybe:
    return run.values[instr.args[1]]


def _cast(run: Regions, instr: Instr) -> Maybe:
    return run.values[instr.args[2]] if len(instr.args) > 2 else None


def _element(run: Regions, instr: Instr) -> Maybe:
    held = run.values[instr.args[1]]
    found = run.iterated(held)
    return join(found, run.values[instr.args[2]]) if len(instr.args) > 2 else found


def _enumerated(run: Regions, instr: Instr) -> Maybe:
    element = run.iterated(run.values[instr.args[1]])
    return _listed(Value(0, {"1": element}, None, -1, "tuple")) if element is not None else None


def _zipped(run: Regions, instr: Instr) -> Maybe:
    fields: dict[str, Value] = {}
    for place, number in enumerate(instr.args[1:]):
        element = run.iterated(run.values[number])
        if element is not None:
            fields[str(place)] = element
    return _listed(Value(0, fields, None, -1, "tuple")) if fields else None


def _chained(run: Regions, instr: Instr) -> Maybe:
    element: Maybe = None
    for place, number in enumerate(instr.args[1:]):
        own = run.iterated(run.values[number])
        element = own if place == 0 else join(element, own)
    return _listed(element)


def _record(run: Regions, instr: Instr) -> Maybe:
    return record(run, instr)


def _listed(element: Maybe) -> Maybe:
    return Value(0, {ANY_KEY: element}, None, -1, "list") if element is not None else None


_FORMS: dict[str, Callable[[Regions, Instr], Maybe]] = {
    **dict.fromkeys(
        (f"builtins.{name}" for name in ("list", "tuple", "set", "frozenset", "sorted", "reversed", "iter")),
        _same,
    ),
    **dict.fromkeys(("copy.copy", "copy.deepcopy", "collections.deque"), _copy),
    "builtins.next": _element,
    "builtins.enumerate": _enumerated,
    "builtins.zip": _zipped,
    "itertools.chain": _chained,
    "string.Template": _copy,
    "typing.cast": _cast,
    "types.SimpleNamespace": _record,
}
