"""What a type annotation says of the values that a checking library lets through.

https://docs.python.org/3/library/typing.html and https://docs.pydantic.dev/latest/api/standard_library_types/
"""

import re

from rearguard.link import Kind, Ref
from rearguard.models.view import ValueView

__all__ = ["harmless_kind", "is_enumeration"]

_TYPED = {
    "int": r"int|PositiveInt|NonNegativeInt|conint",
    "float": r"float|Decimal|PositiveFloat|NonNegativeFloat",
    "bool": r"bool|StrictBool",
    "uuid": r"UUID[1345]?|UUID4",
    "date": r"date|datetime|time|timedelta|AwareDatetime|PastDate|FutureDate",
    "ip": r"IPvAnyAddress|IPv4Address|IPv6Address",
    "enum": r"Literal",
}
_HARMLESS = {kind: re.compile(rf"(?:\w+\.)*(?:{names})") for kind, names in _TYPED.items()}
_NOTHING = re.compile(r"\s*(?:None|typing\.Any)\s*")


def is_enumeration(ref: Ref) -> bool:
    """Whether an annotation means a class of fixed members, or one of its instances."""
    cls = ref.base if ref.kind is Kind.INSTANCE else ref
    return cls is not None and "fastapi:Enumeration" in cls.names


def harmless_kind(annotation: ValueView | None, text: str) -> str:
    """The kind of a type whose every value is a number, UUID, date, address or member of a fixed set.

    `int`, `float`, `bool`, `uuid`, `date`, `ip`, `enum`; "" for everything else. `text` is the annotation as
    written.
    """
    if annotation is None:
        return ""
    if annotation.refs and any(is_enumeration(ref) for ref in annotation.refs):
        return "enum"
    text = text.strip()
    match = re.fullmatch(r"(?:\w+\.)*Annotated\[(.*)\]", text, re.DOTALL)
    if match is not None:
        text = _split(match.group(1), ",")[0]
    match = re.fullmatch(r"(?:\w+\.)*Optional\[(.*)\]", text, re.DOTALL)
    if match is not None:
        text = match.group(1)
    parts = [part for part in _split(text, "|") if not _NOTHING.fullmatch(part)]
    kinds = {_kind(part.strip()) for part in parts}
    if kinds and "" not in kinds:
        return min(kinds)
    return _by_path(annotation)


def _kind(text: str) -> str:
    head = text.partition("[")[0].partition("(")[0]
    return next((kind for kind, names in _HARMLESS.items() if names.fullmatch(head)), "")


def _by_path(annotation: ValueView) -> str:
    """For a name that stands for a type written elsewhere (`UserId = int`)."""
    kinds = {
        _kind(name.removesuffix("()"))
        for ref in annotation.refs
        if ref.kind in (Kind.EXTERNAL, Kind.MEMBER)
        for name in ref.names[:1]
    }
    return min(kinds) if kinds and "" not in kinds else ""


def _split(text: str, separator: str) -> list[str]:
    """Split at `separator` outside brackets."""
    parts, depth, current = [], 0, ""
    for char in text:
        depth += (char in "[(") - (char in "])")
        if char == separator and depth == 0:
            parts.append(current)
            current = ""
        else:
            current += char
    return [*parts, current]
