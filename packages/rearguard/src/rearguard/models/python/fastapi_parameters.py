"""How FastAPI decides what a parameter is, and what runs for it.

https://fastapi.tiangolo.com/tutorial/body/#request-body-path-query-parameters and
https://fastapi.tiangolo.com/tutorial/dependencies/
"""

import re
from collections.abc import Iterable, Iterator
from typing import TypeAlias

from rearguard.link import Kind, function_id
from rearguard.models.python.annotations import harmless_kind, is_enumeration
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
_CONTENT = re.compile(r"\bbytes\b")
"""How a parameter asks for the content of an upload rather than for the upload itself."""
_BODY_TEXT = re.compile(r"\s*(?:typing\.)?(?:[Ll]ist|[Dd]ict|[Ss]et|[Tt]uple|Any|Sequence|Mapping)\b")
_Step: TypeAlias = str | tuple[ValueView, tuple[str, ...]]
"""A function whose dependencies come first, or a target of which they are all there, with its functions."""
_BARE = frozenset(("object", "Generic", "ABC", "Protocol"))
"""Bases that add no fields."""


def explicit_links(given: ValueView | None) -> tuple[Link, ...]:
    """Links of a `dependencies=[Depends(a), ...]` list, sub-dependencies first."""
    if given is None:
        return ()
    wanted = [target for element in items(given) for target in _targets(element, None)]
    return _expanded(given.view, wanted, frozenset(), set())


def dependency_links(view: ModelView, fid: str, in_path: frozenset[str]) -> tuple[Link, ...]:
    """Links of everything that the parameters of `fid` depend on, in the order in which it runs."""
    return _expanded(view, _wanted(view, fid), in_path, {fid})


def _expanded(
    view: ModelView, wanted: Iterable[ValueView], in_path: frozenset[str], opened: set[str]
) -> tuple[Link, ...]:
    """Dependencies, each after its own. What a function depends on stands there once, as it runs once for a
    request: paths from one to another may be as many as there are subsets of them."""
    found: list[Link] = []
    pending: list[_Step] = _planned(view, wanted)
    while pending:
        step = pending.pop()
        if isinstance(step, str):
            if step not in opened:
                opened.add(step)
                pending += _planned(view, _wanted(view, step))
            continue
        target, functions = step
        if not functions:
            found.append(_library_link(view, target))
        found += [_function_link(view, target, fid, in_path) for fid in functions]
    return tuple(found)


def _planned(view: ModelView, wanted: Iterable[ValueView]) -> list[_Step]:
    """Steps that expand dependencies, the first of them last."""
    steps: list[_Step] = []
    for target in wanted:
        functions = _functions(view, target)
        steps += [*functions, (target, functions)]
    return steps[::-1]


def _function_link(view: ModelView, target: ValueView, fid: str, in_path: frozenset[str]) -> Link:
    """The link of a function that a dependency runs."""
    own = function_link(view, fid, "dependency")
    return Link(
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
            if channel == "file" and _CONTENT.search(param.annotation_text):
                kind = "bytes"
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
    if annotation is not None and any(_is_made_elsewhere(view, cid) for cid in annotation.classes):
        return "dependency"
    return "body" if _is_body(view, param, annotation) else "query"


def _is_made_elsewhere(view: ModelView, cid: str) -> bool:
    """Whether a class has a constructor of its own and is nothing that the framework can fill from a request.

    FastAPI refuses such a parameter; a decorator that gives the function another signature lets it pass.
    """
    lineage = view.linker.lineage(cid)
    known = {current.rpartition(".")[2].rpartition("::")[2] for current in lineage} | _BARE
    for current in lineage:
        path, _, name = current.rpartition("::")
        declared = view.linker.modules[path].classes[name]
        bases = {text.partition("[")[0].rpartition(".")[2] for text in declared.base_texts}
        if declared.decorators or not bases <= known:
            return False
    return view.linker.method(cid, "__init__") is not None


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
            if not any(is_enumeration(ref) for ref in annotation.refs):
                return cid in view.linker.bases
    return _BODY_TEXT.match(param.annotation_text) is not None


def typed(view: ModelView, fid: str, param: Param) -> str:
    """The kind of a parameter whose every value is harmless as text; see `harmless_kind`."""
    return harmless_kind(view.parameter(fid, param.name)[1], param.annotation_text)
