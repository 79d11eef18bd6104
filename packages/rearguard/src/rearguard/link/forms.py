"""Functions of Python itself that hand on what they are given, in another form.

References: Library reference, "Built-in Functions", `itertools`, `typing.cast`, `types.SimpleNamespace`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from rearguard.link.refs import Kind, Refs, join
from rearguard.program import Instr

if TYPE_CHECKING:
    from rearguard.link.calls import Calls

Form: TypeAlias = "Callable[[Calls, Instr], Refs]"


def _same(reader: Calls, instr: Instr) -> Refs:
    """A copy of a container, or a walk over it."""
    given = reader.values[instr.args[1]] if len(instr.args) > 1 else ()
    return tuple(ref for ref in given if ref.kind is Kind.COLLECT)


def _element(reader: Calls, instr: Instr) -> Refs:
    return reader.elements(instr.args[1]) if len(instr.args) > 1 else ()


def _cast(reader: Calls, instr: Instr) -> Refs:
    return reader.values[instr.args[2]] if len(instr.args) > 2 else ()


def _enumerated(reader: Calls, instr: Instr) -> Refs:
    return reader.paired(instr, {"1": reader.elements(instr.args[1])}) if len(instr.args) > 1 else ()


def _zipped(reader: Calls, instr: Instr) -> Refs:
    given = instr.args[1:]
    return reader.paired(instr, {str(place): reader.elements(value) for place, value in enumerate(given)})


def _chained(reader: Calls, instr: Instr) -> Refs:
    found: Refs = ()
    for value in instr.args[1:]:
        found = join(found, tuple(ref for ref in reader.values[value] if ref.kind is Kind.COLLECT))
    return found


def _record(reader: Calls, instr: Instr) -> Refs:
    """An object that holds what it is given by keyword."""
    whole = reader.linker.table.make(Kind.COLLECT, None, (reader.fid, instr.dst))
    reader.put_in(whole, instr)
    return (whole,)


FORMS: dict[str, Form] = {
    **dict.fromkeys(
        (f"builtins.{name}" for name in ("list", "tuple", "set", "frozenset", "sorted", "reversed", "iter")),
        _same,
    ),
    **dict.fromkeys(("copy.copy", "copy.deepcopy", "builtins.dict", "collections.deque"), _same),
    "builtins.next": _element,
    "builtins.enumerate": _enumerated,
    "builtins.zip": _zipped,
    "itertools.chain": _chained,
    "typing.cast": _cast,
    "types.SimpleNamespace": _record,
}
"""Path of a function -> what a call of it may be."""
