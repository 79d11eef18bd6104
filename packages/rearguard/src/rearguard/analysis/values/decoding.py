"""Texts that are decoded behind what looked at them: `decodeURIComponent(normalize(path))`."""

from typing import TYPE_CHECKING

from rearguard.analysis.values.domain import Hole, Text, Value
from rearguard.analysis.values.narrowing import bits
from rearguard.models.concepts import Context

if TYPE_CHECKING:
    from rearguard.analysis.values.regions import Regions

__all__ = ["decoded"]

_FREE = (Context.HTML, Context.SHELL)
"""Harm that a free text can still do, whatever it was cleaned for: a number or a word can do none."""
_COMES_OUT = bits(
    (
        Context.PATH,
        Context.SEGMENTS,
        Context.CLIMB,
        Context.HTML,
        Context.LOG,
        Context.HEADER,
        Context.REDIRECT,
    )
)
"""What a cleaner that looks for characters keeps out, and an encoding hides from it."""


def decoded(run: "Regions", value: Value) -> Value:
    """The value with what may come out of it again."""

    def again(labels: int) -> int:
        free = 0
        for context in _FREE:
            free |= labels >> context
        return labels | (free & run.origins.repeated(1)) * _COMES_OUT

    fields = {k: decoded(run, v) for k, v in value.fields.items()} if value.fields else None
    text: Text | None = None
    if value.text is not None:
        text = tuple(
            part if isinstance(part, str) else Hole(again(part.labels), part.origin, part.value)
            for part in value.text
        )
    return Value(again(value.labels), fields, text, value.origin, value.container, value.constant)
