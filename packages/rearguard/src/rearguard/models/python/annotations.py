"""What a type annotation says of the values that a checking library lets through.

https://docs.python.org/3/library/typing.html and https://docs.pydantic.dev/latest/api/standard_library_types/
"""

import re

from rearguard.link import Kind, Ref, function_id
from rearguard.models.view import ValueView
from rearguard.program import MODULE_BODY, Instr, Op

__all__ = ["CONTAINERS", "alternatives", "arguments", "harmless_kind", "head", "is_enumeration", "written"]

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
CONTAINERS = frozenset(
    (
        *("list", "List", "set", "Set", "frozenset", "FrozenSet", "tuple", "Tuple", "deque"),
        *("Sequence", "MutableSequence", "Iterable", "Collection", "AbstractSet"),
    )
)
"""Types whose every element is of the types in brackets."""
_CHOICES = frozenset({"Union", "Optional"})
_MAX_STEPS = 8
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
    return _by_text(annotation, text) or _by_expression(annotation, 0)


def _by_text(annotation: ValueView, text: str) -> str:
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


# -- annotations as expressions -------------------------------------------------------------------


def written(annotation: ValueView) -> ValueView:
    """The expression behind a type's name, in whatever module it is given that name."""
    view, current = annotation.view, annotation
    for _ in range(_MAX_STEPS):
        instr = current.instr
        path = view.linker.module_of[current.fid]
        if instr is not None and instr.op == Op.LOAD:
            name = instr.name
        elif instr is not None and instr.op == Op.IMPORT and isinstance(instr.value, str):
            found, is_module = view.linker.index.python(path, instr.name, instr.value)
            if found is None or is_module:
                return current
            path, name = found, instr.value
        else:
            return current
        body = function_id(path, MODULE_BODY)
        stores = view.linker.contents(body).stores.get(name, ()) if body in view.linker.functions else ()
        if len(stores) != 1:
            return current
        current = ValueView(view, body, stores[0].args[0])
    return current


def head(expression: ValueView) -> str:
    """`list` of `list[int]`, `Annotated` of `typing.Annotated[...]`; "" where nothing is in brackets."""
    instr = expression.instr
    if instr is None or instr.op != Op.ITEM:
        return ""
    named = ValueView(expression.view, expression.fid, instr.args[0]).instr
    return _last_name(named) if named is not None else ""


def arguments(expression: ValueView) -> tuple[ValueView, ...]:
    """What stands in the brackets of a type."""
    instr = expression.instr
    if instr is None or instr.op != Op.ITEM or len(instr.args) < 2:
        return ()
    inner = ValueView(expression.view, expression.fid, instr.args[1])
    return inner.elements() or (inner,)


def alternatives(expression: ValueView) -> tuple[ValueView, ...] | None:
    """The types of a union but `None`; `None` where it is no union."""
    instr = expression.instr
    if instr is not None and instr.op == Op.BINARY and instr.name == "|":
        parts = tuple(ValueView(expression.view, expression.fid, value) for value in instr.args)
    elif head(expression) in _CHOICES:
        parts = arguments(expression)
    else:
        return None
    return tuple(part for part in parts if not _is_nothing(part))


def _by_expression(annotation: ValueView, depth: int) -> str:
    """The kind of every value of a type that is made of others, or stands under another name."""
    expression = written(annotation)
    instr = expression.instr
    if instr is None or depth > _MAX_STEPS:
        return ""
    parts = alternatives(expression)
    if parts is None and head(expression) in CONTAINERS:
        parts = tuple(part for part in arguments(expression) if part.source_text.strip() != "...")
    if parts is not None:
        kinds = {_by_expression(part, depth + 1) for part in parts}
        return min(kinds) if kinds and "" not in kinds else ""
    if head(expression) == "Annotated":
        return next((_by_expression(part, depth + 1) for part in arguments(expression)[:1]), "")
    if expression.refs and any(is_enumeration(ref) for ref in expression.refs):
        return "enum"
    return _kind(head(expression) or _last_name(instr)) or _by_path(expression)


def _last_name(instr: Instr) -> str:
    if instr.op == Op.IMPORT:
        return str(instr.value or "")
    return instr.name if instr.op in (Op.LOAD, Op.ATTR) else ""


def _is_nothing(part: ValueView) -> bool:
    instr = part.instr
    return instr is not None and instr.op == Op.CONST and instr.value is None


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
