"""How FastAPI decides what a parameter is, and what runs for it.

https://fastapi.tiangolo.com/tutorial/body/#request-body-path-query-parameters and
https://fastapi.tiangolo.com/tutorial/dependencies/
"""

import re
from collections.abc import Iterator

from rearguard.link import Kind, Ref, function_id
from rearguard.models.python.support import creation, function_link, items, link
from rearguard.models.routing import Link
from rearguard.models.view import ModelView, ValueView
from rearguard.program import Param

__all__ = ["dependency_links", "explicit_links", "parameter_inputs", "typed"]

_CHANNELS = {
    "Path": "path",
    "Query": "query",
    "Header": "header",
    "Cookie": "cookie",
    "Body": "body",
    "Form": "form",
    "File": "file",
}
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
_BODY_TEXT = re.compile(r"\s*(?:typing\.)?(?:[Ll]ist|[Dd]ict|[Ss]et|[Tt]uple|Any|Sequence|Mapping)\b")
_MAX_DEPTH = 12


def explicit_links(given: ValueView | None) -> tuple[Link, ...]:
    """Links of a `dependencies=[Depends(a), ...]` list, sub-dependencies first."""
    if given is None:
        return ()
    found: list[Link] = []
    for element in items(given):
        for target in _targets(element, None):
            found.extend(_expand(given.view, target, frozenset(), (), 0))
    return tuple(found)


def dependency_links(
    view: ModelView, fid: str, in_path: frozenset[str], seen: tuple[str, ...] = (), depth: int = 0
) -> tuple[Link, ...]:
    """Links of everything that the parameters of `fid` depend on, in the order in which it runs."""
    if fid in seen or depth > _MAX_DEPTH:
        return ()
    found: list[Link] = []
    for target in _wanted(view, fid):
        found.extend(_expand(view, target, in_path, (*seen, fid), depth + 1))
    return tuple(found)


def _expand(
    view: ModelView, target: ValueView, in_path: frozenset[str], seen: tuple[str, ...], depth: int
) -> Iterator[Link]:
    """A dependency's own dependencies, then itself."""
    functions = _functions(view, target)
    if not functions:
        yield _library_link(view, target)
        return
    for fid in functions:
        yield from dependency_links(view, fid, in_path, seen, depth)
    for fid in functions:
        own = function_link(view, fid, "dependency")
        yield Link(
            _label(target, own.label),
            own.functions,
            tuple(name for ref in target.refs for name in ref.names),
            own.span,
            (target.fid, target.value),
            "dependency",
            parameter_inputs(view, fid, in_path),
        )


def _label(target: ValueView, name: str) -> str:
    text = " ".join(target.source_text.split())
    text = re.sub(r"^(?:\w+\.)*Annotated\[(.*),.*\]$", r"\1", text)
    return text if text and len(text) <= 80 and not text.startswith("lambda") else name


def _library_link(view: ModelView, target: ValueView) -> Link:
    """The link of a dependency that no function of the review is; its value is the call that made it."""
    own = link(target, "dependency")
    for ref in target.refs:
        call = creation(view, ref)
        if call is not None:
            return Link(own.label, (), own.names, own.span, (call.fid, call.value), "dependency")
    return own


def _functions(view: ModelView, target: ValueView) -> tuple[str, ...]:
    """Functions of the review that calling a dependency runs."""
    found: dict[str, None] = {}
    for ref in target.refs:
        if ref.kind is Kind.FUNCTION:
            found[ref.id] = None
        elif ref.kind is Kind.CLASS:
            constructor = view.linker.constructor(ref.id)
            if constructor is not None:
                found[constructor] = None
        elif ref.kind is Kind.INSTANCE and ref.base is not None:
            called = view.linker.method(ref.base.id, "__call__")
            if called is not None:
                found[called] = None
    return tuple(found)


def _wanted(view: ModelView, fid: str) -> Iterator[ValueView]:
    """What `Depends` names in the parameters of a function, and in the class of a class-based view."""
    function = view.function(fid)
    for param in function.params:
        default, annotation = view.parameter(fid, param.name)
        for value in (default, annotation):
            if value is not None:
                yield from _targets(value, annotation)
    if function.owner and function.kind == "method":
        yield from _class_wanted(view, function_id(view.linker.module_of[fid], function.owner))


def _class_wanted(view: ModelView, cid: str) -> Iterator[ValueView]:
    """What the fields of a class-based view, inherited ones included, depend on."""
    for current in reversed(tuple(view.linker.lineage(cid))):
        path, _, name = current.rpartition("::")
        for field in view.linker.modules[path].classes[name].fields:
            annotated = ValueView(view, current, field.annotation) if field.annotation >= 0 else None
            given = ValueView(view, current, field.default) if field.default >= 0 else None
            for value in (given, annotated):
                if value is not None:
                    yield from _targets(value, annotated)


def _targets(value: ValueView, annotation: ValueView | None) -> Iterator[ValueView]:
    """What the `Depends(...)` calls that `value` may be depend on; the annotation for `Depends()`."""
    for ref in value.refs:
        if "fastapi:Dependency" in ref.names:
            call = creation(value.view, ref)
            if call is None:
                continue
            given = call.arg(0, "dependency")
            if given is not None:
                yield given
            elif annotation is not None:
                yield annotation


# -- inputs ---------------------------------------------------------------------------------------


def parameter_inputs(view: ModelView, fid: str, in_path: frozenset[str]) -> dict[str, str]:
    """Parameter -> channel of a path operation function or dependency, with its type when it is harmless."""
    found: dict[str, str] = {}
    for param in view.function(fid).params:
        if param.kind in ("positional", "keyword"):
            channel = _channel(view, fid, param, in_path)
            kind = typed(view, fid, param) if channel in _CHANNELS.values() else ""
            found[param.name] = f"{channel}:{kind}" if kind else channel
    return found


def _channel(view: ModelView, fid: str, param: Param, in_path: frozenset[str]) -> str:
    default, annotation = view.parameter(fid, param.name)
    names = (*(default.names if default else ()), *(annotation.names if annotation else ()))
    if "fastapi:Dependency" in names:
        return "dependency"
    special = _special(names)
    if special:
        return special
    if param.name in in_path:
        return "path"
    for name in names:
        marker = name.removesuffix("()").rpartition(".")[2]
        if name.startswith("fastapi.") and name.endswith("()") and marker in _CHANNELS:
            return _CHANNELS[marker]
    if "fastapi:UploadFile" in names or "fastapi:Upload" in names:
        return "file"
    return "body" if _is_body(view, param, annotation) else "query"


def _special(names: tuple[str, ...]) -> str:
    for name in names:
        member = name.rpartition(".")[2]
        if name.startswith(("fastapi.", "starlette.")):
            if member in ("Request", "WebSocket", "HTTPConnection"):
                return "request"
            if member == "Response":
                return "response"
            if member in ("BackgroundTasks", "SecurityScopes"):
                return "dependency"
    return ""


def _is_body(view: ModelView, param: Param, annotation: ValueView | None) -> bool:
    """Pydantic models, dataclasses, typed dicts and containers come from the body; scalars from the query."""
    if annotation is not None:
        for cid in annotation.classes:
            if not any(_is_enum(ref) for ref in annotation.refs):
                return cid in view.linker.bases
    return _BODY_TEXT.match(param.annotation_text) is not None


def _is_enum(ref: Ref) -> bool:
    cls = ref.base if ref.kind is Kind.INSTANCE else ref
    return cls is not None and "fastapi:Enumeration" in cls.names


def typed(view: ModelView, fid: str, param: Param) -> str:
    """The kind of a parameter whose every value is a number, UUID, date, address or member of a fixed set.

    `int`, `float`, `bool`, `uuid`, `date`, `ip`, `enum`; "" for everything else.
    """
    _, annotation = view.parameter(fid, param.name)
    if annotation is None:
        return ""
    if annotation.refs and any(_is_enum(ref) for ref in annotation.refs):
        return "enum"
    text = param.annotation_text.strip()
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
