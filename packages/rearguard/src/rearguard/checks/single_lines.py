"""Values that hold no line break by what they are declared as: numbers, counts, members of an enumeration.

What is declared is believed of the program's own functions alone, which their callers are compiled or checked
against; what a request holds is anything, whatever it is cast to.
"""

import re
from typing import Final

from rearguard.checks.base import Context
from rearguard.program import Function, Instr, Op

__all__ = ["holds_no_line_break"]

_NUMBER: Final = re.compile(
    r"(?:number|bigint|boolean|Date|int|float|bool|Decimal|UUID|datetime|date)(?:\s*\|\s*(?:null|undefined|None))?"
)
_MEASURE: Final = re.compile(r"\w\??\.(?:length|size|byteLength)$|^len\(")
"""A count of what something holds, behind `?.` too, where two branches store it."""
_SAYS_ENUM: Final = re.compile(rb"enum|Enum")
_ENUMERATION: Final = re.compile(r"\benum\s+(\w+)\b|\bclass\s+(\w+)\([^)]*Enum\)")
_DEPTH: Final = 6


def holds_no_line_break(
    context: Context, fid: str, value: int, *, believes: bool = True, depth: int = _DEPTH
) -> bool:
    """Whether every part of the text that `value` of the function `fid` is, is such a value or constant.

    `believes`: what the function's parameters are declared as counts.
    """
    made = context.view.definitions(fid).get(value)
    if made is None or depth == 0:
        return False
    if made.op == Op.CONST:
        return True
    if made.op in (Op.JOIN, Op.LOGIC):
        return all(
            holds_no_line_break(context, fid, part, believes=believes, depth=depth - 1) for part in made.args
        )
    if _MEASURE.search(context.text(context.view.span(fid, made.start, made.end))):
        return True
    return believes and _is_declared(context, fid, made)


def _is_declared(context: Context, fid: str, made: Instr) -> bool:
    """Whether it is a parameter, or a field of the function's own object, with such a type."""
    function = context.view.linker.functions[fid]
    if made.op == Op.LOAD:
        types = [param.annotation_text for param in function.params if param.name == made.name]
    elif made.op == Op.ATTR and _is_receiver(context, fid, made.args[0], function):
        module = context.view.linker.modules[context.view.linker.module_of[fid]]
        owner = module.classes.get(function.owner)
        types = [field.annotation_text for field in owner.fields if field.name == made.name] if owner else []
    else:
        return False
    return bool(types) and all(_is_one_line(context, text.lstrip(": ")) for text in types)


def _is_receiver(context: Context, fid: str, value: int, function: Function) -> bool:
    base = context.view.definitions(fid).get(value)
    return (
        base is not None and base.op == Op.LOAD and bool(function.receiver) and base.name == function.receiver
    )


def _is_one_line(context: Context, declared: str) -> bool:
    if _NUMBER.fullmatch(declared):
        return True
    return declared in _enumerations(context)


def _enumerations(context: Context) -> frozenset[str]:
    """Names of all enumerations of the program; its texts are looked through once for all who ask."""
    held = context.notes.get("enumerations")
    if not isinstance(held, frozenset):
        held = frozenset(
            match[1] or match[2]
            for source in context.sources.values()
            if _SAYS_ENUM.search(source.text)
            for match in _ENUMERATION.finditer(source.slice(0, len(source.text)))
        )
        context.notes["enumerations"] = held
    return held
