"""Times as programs write them: numbers, products, texts such as `90d`, and durations."""

import re

from rearguard.analysis import ValueView
from rearguard.checks.base import Context
from rearguard.program import Op

_DAY = 86_400
_TEXT = re.compile(
    r"(?P<count>\d+(?:\.\d+)?)\s*(?P<unit>s|sec\w*|m|min\w*|h|hours?|hrs?|d|days?|w|weeks?|mo\w*|y|yrs?|years?)?"
)
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": _DAY, "w": 7 * _DAY, "y": 365 * _DAY}
_SPANS = {"days": _DAY, "hours": 3600, "minutes": 60, "seconds": 1, "weeks": 7 * _DAY}


def seconds(context: Context, value: ValueView, per_second: int) -> float | None:
    """The time that a constant, a product of constants, a text or a duration stands for."""
    held = context.matrix.origins.resolved(value.fid, value.value)
    text = held[1].value if held is not None and held[1].op == Op.CONST else value.text
    if isinstance(text, str):
        match = _TEXT.fullmatch(text.strip())
        if match is None:
            return None
        unit = (match["unit"] or "ms")[:2]
        factor = 30 * _DAY if unit == "mo" else 0.001 if unit == "ms" else _UNITS[unit[0]]
        return float(match["count"]) * factor
    number = _number(context, value)
    if number is not None:
        return number / per_second
    found = context.matrix.origins.resolved(value.fid, value.value)
    if found is None or found[1].op not in (Op.CALL, Op.NEW) or not found[1].keys:
        return None
    total = 0.0
    for key, argument in zip(found[1].keys, found[1].args[1:], strict=False):
        amount = _number(context, ValueView(context.view, found[0], argument))
        if key not in _SPANS or amount is None:
            return None
        total += amount * _SPANS[key]
    return total


def _number(context: Context, value: ValueView, depth: int = 0) -> float | None:
    found = context.matrix.origins.resolved(value.fid, value.value)
    if found is None or depth > 8:
        return None
    fid, instr = found
    if instr.op == Op.CONST and isinstance(instr.value, int | float) and not isinstance(instr.value, bool):
        return float(instr.value)
    if instr.op == Op.BINARY and instr.name == "*":
        product = 1.0
        for number in instr.args:
            part = _number(context, ValueView(context.view, fid, number), depth + 1)
            if part is None:
                return None
            product *= part
        return product
    return None
