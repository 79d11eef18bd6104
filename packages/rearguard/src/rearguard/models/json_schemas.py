"""JSON Schemas that are written out: whether they let fields come along that they do not name.

https://json-schema.org/understanding-json-schema/reference/object#additionalproperties
"""

from rearguard.models.javascript.chains import call_of, follow, made_elsewhere
from rearguard.models.view import ValueView
from rearguard.program import Op

__all__ = ["is_schema", "lets_more"]

_ELSEWHERE = frozenset(
    (
        *("**", "$ref", "allOf", "anyOf", "oneOf", "patternProperties", "propertyNames", "maxProperties"),
        *("unevaluatedProperties", "if", "const", "enum", "not"),
    )
)
"""Keys after which what a schema lets through is said by something else too."""
_BUILT = "schemas:TypeBox"
"""https://github.com/sinclairzx81/typebox: what a schema says beside its fields comes second."""


def is_schema(value: ValueView) -> bool:
    """Whether a value is a JSON Schema of an object, as far as it is written out."""
    whole = value.written
    made = whole.instr if whole is not None else None
    return made is not None and made.op == Op.COLLECT and "properties" in made.keys


def lets_more(value: ValueView) -> bool:
    """Whether a schema certainly lets an object have fields that it does not name."""
    if value.has_type(_BUILT):
        call = call_of(follow(value)) or made_elsewhere(value)
        if call is None:
            return False
        return len(call.args) < 2 or (_is_plain(call.args[1]) and _says_nothing(call.args[1]))
    return is_schema(value) and _is_plain(value) and _says_nothing(value)


def _is_plain(value: ValueView) -> bool:
    """Whether a map is written out, and no key of it leads elsewhere."""
    whole = value.written
    made = whole.instr if whole is not None else None
    if made is None or made.op != Op.COLLECT:
        return False
    return not _ELSEWHERE.intersection(key for key in made.keys if key is not None)


def _says_nothing(value: ValueView) -> bool:
    said = value.key("additionalProperties")
    return said is None or said.const is True
