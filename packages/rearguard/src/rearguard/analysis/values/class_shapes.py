"""What a class lets through whose fields say by decorators what they hold: class-validator's.

https://github.com/typestack/class-validator#validation-decorators
"""

from rearguard.analysis.values.narrowing import bits
from rearguard.analysis.values.shapes import ASSUMED, Shape
from rearguard.models.concepts import TEXT, Sanitizer
from rearguard.models.view import ModelView, ValueView

_SAYS_NO_TYPE = frozenset(
    (
        *("IsOptional", "IsDefined", "IsNotEmpty", "IsEmpty", "IsObject", "IsNotEmptyObject", "IsArray"),
        *("IsInstance", "Allow", "ValidateIf", "ValidateNested", "ValidatePromise", "ArrayNotEmpty"),
        *("ArrayMinSize", "ArrayMaxSize", "ArrayUnique", "NotEquals", "IsNotIn"),
        # https://github.com/typestack/class-transformer, and what describes a field for others.
        *("Expose", "Exclude", "Type", "Transform", "ApiProperty", "ApiPropertyOptional", "Field"),
    )
)


def class_shape(view: ModelView, cid: str) -> Shape:
    """The shape of a class's objects once they were validated; what it does not name comes through."""
    fields: dict[str, Shape] = {}
    for current in view.linker.lineage(cid):
        path, _, name = current.rpartition("::")
        cls = view.linker.modules[path].classes[name]
        for each in cls.fields:
            shapes = [_of_decorator(ValueView(view, current, number)) for number in each.decorators]
            known = [shape for shape in shapes if shape is not None]
            fields.setdefault(each.name, max(known, key=lambda shape: shape.safe, default=Shape()))
    return Shape(0, tuple(fields.items()))


def _of_decorator(value: ValueView) -> Shape | None:
    """What one decorator says of a field; `None` if that is nothing about its type."""
    instr = value.instr
    callee = ValueView(value.view, value.fid, instr.args[0]) if instr is not None and instr.args else None
    name = callee.instr.name if callee is not None and callee.instr is not None else ""
    if not name or name in _SAYS_NO_TYPE:
        return None
    for cleaner, _ in value.view.models.value_rows("javascript", value.names, Sanitizer):
        if set(cleaner.contexts) == set(TEXT):
            return Shape(bits(TEXT))
    return ASSUMED


__all__ = ["class_shape"]
