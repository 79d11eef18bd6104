"""Members of an object of a mapper, by what its class declares its columns with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rearguard.link.refs import Kind
from rearguard.program import Instr, Op

if TYPE_CHECKING:
    from rearguard.analysis.values.program import ValueProgram
    from rearguard.analysis.values.regions import Regions

__all__ = ["columns", "is_file", "owner_of_column", "takes_no_text", "takes_text"]

_OTHER_TYPES = re.compile(
    r"Integer|Float|Decimal|Boolean|Numeric|Date|Time|Duration|Interval|UUID|Auto|Foreign|ManyTo|OneTo"
    r"|File|Image|relationship"
)
"""In the names of column types that take no free text."""

_NUMBERS = re.compile(
    r"^(?:Positive|Small|Big|Auto)*(?:Integer|Float|Decimal|Boolean|Numeric|Date|Time|Duration|UUID)"
)
"""In the names of column types whose values are no text at all."""

_FILES = re.compile(r"^(?:File|Image)Field$")

_NARROW = frozenset(("choices", "validators"))
"""Options that say which texts a column takes."""


def owner_of_column(run: Regions, instr: Instr) -> str | None:
    """What the class is called whose column `self.name` reads, where the column takes any text."""
    if instr.op != Op.ATTR:
        return None
    for ref in run.refs[instr.args[0]]:
        if ref.kind is not Kind.INSTANCE or ref.base is None or ref.base.kind is not Kind.CLASS:
            continue
        for cid in run.linker.lineage(ref.base.id):
            made = _declared(run.program, cid, instr.name)
            if made is not None:
                narrow = made.keys is not None and not _NARROW.isdisjoint(key or "" for key in made.keys)
                return None if narrow else ref.base.id.rpartition("::")[2].lower()
    return None


def takes_text(program: ValueProgram, cid: str, name: str) -> bool:
    """Whether a column takes any text, as far as its class, or one above it, tells."""
    for current in program.view.linker.lineage(cid):
        made = _declared(program, current, name)
        if made is not None:
            callee = program.definitions(current).get(made.args[0]) if made.op == Op.CALL else None
            narrow = made.keys is not None and not _NARROW.isdisjoint(key or "" for key in made.keys)
            return not narrow and (callee is None or _OTHER_TYPES.search(callee.name) is None)
    return True


def takes_no_text(program: ValueProgram, name: str) -> bool:
    """Whether every class that declares a column of this name declares numbers, dates or the like."""
    return _all_declared(program, name, _NUMBERS)


def is_file(program: ValueProgram, name: str) -> bool:
    """Whether every class with a column of this name declares a file, which the framework puts away."""
    return _all_declared(program, name, _FILES)


def _all_declared(program: ValueProgram, name: str, kinds: re.Pattern[str]) -> bool:
    found = False
    for cid, function in program.view.linker.functions.items():
        made = _declared(program, cid, name) if function.kind == "class" else None
        if made is None:
            continue
        callee = program.definitions(cid).get(made.args[0])
        if callee is None or kinds.search(callee.name) is None:
            return False
        found = True
    return found


def columns(program: ValueProgram, cid: str) -> Iterator[str]:
    """Names that the bodies of a class and those above it give a call's value."""
    for current in program.view.linker.lineage(cid):
        if current in program.view.linker.functions:
            stores = program.view.linker.contents(current).stores
            yield from (name for name in stores if _declared(program, current, name) is not None)


def _declared(program: ValueProgram, cid: str, name: str) -> Instr | None:
    """The call with which the body of a class gives a name its column."""
    if cid not in program.view.linker.functions:
        return None
    for store in program.view.linker.contents(cid).stores.get(name, ())[:1]:
        made = program.definitions(cid).get(store.args[0])
        return made if made is not None and made.op in (Op.CALL, Op.NEW) else None
    return None
