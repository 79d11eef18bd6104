"""Answers that an interceptor puts into a declared shape, whatever the handler returns.

Nest lets a decorator say it (`@Serialize(UserDto)`), an interceptor of the project's or of a library does
it. Read are the decorators of the handler and of its class, what the project's own decorators put in place,
and the classes that they name.
"""

import re
from collections.abc import Iterator
from typing import Final

from rearguard.analysis.access.fields import SECRET
from rearguard.checks.base import Context

__all__ = ["is_shaped"]

_KEEPS_DECLARED: Final = re.compile(
    r"excludeExtraneousValues\s*:\s*true|strategy\s*:\s*['\"]excludeAll|\.(?:safeP|p)arse(?:Async)?\(|\.stripUnknown"
)
"""What takes out all that the shape does not name: class-transformer told so, schemas of zod and its kin."""
_PUT_IN_PLACE: Final = re.compile(r"UseInterceptors\(([^;]*)")
_MARKS: Final = re.compile(r"SetMetadata\(\s*([\w.'\"]+)")
_NAME: Final = re.compile(r"[A-Za-z_$][\w$]*")
_BY_LIBRARY: Final = {
    "ZodSerializerDto": "ZodSerializerInterceptor",
    "ZodResponse": "ZodSerializerInterceptor",
}
"""Decorators that name a shape -> the interceptor that must be in place for them."""
_CLASS_SERIALIZER: Final = "ClassSerializerInterceptor"


def is_shaped(context: Context, fid: str) -> bool:
    """Whether what the function `fid` answers with is cut down to a shape without secrets."""
    return any(
        _shapes(context, text) and not _has_secret(context, text) for text in _decorations(context, fid)
    )


def _decorations(context: Context, fid: str) -> Iterator[str]:
    """Decorators of a function and of its class, as they are written."""
    view = context.view
    function = view.linker.functions.get(fid)
    if function is None:
        return
    values = list(view.decorators(fid))
    if function.owner:
        values += view.class_decorators(f"{view.linker.module_of[fid]}::{function.owner}")
    for value in values:
        made = view.definitions(value.fid).get(value.value)
        if made is not None:
            yield context.text(view.span(value.fid, made.start, made.end))


def _shapes(context: Context, text: str) -> bool:
    name = text.partition("(")[0]
    if name in _BY_LIBRARY:
        return _is_named(context, _BY_LIBRARY[name])
    if name == "SerializeOptions":
        return _KEEPS_DECLARED.search(text) is not None and _is_named(context, _CLASS_SERIALIZER)
    placed = _PUT_IN_PLACE.search(text)
    if placed is not None:
        return _cuts(context, placed[1])
    for body in _functions(context, name):
        placed = _PUT_IN_PLACE.search(body)
        if placed is not None and _cuts(context, placed[1]):
            return True
        marked = _MARKS.search(body)
        if marked is not None and _is_read_by_one(context, marked[1]):
            return True
    return False


def _cuts(context: Context, placed: str) -> bool:
    """Whether one of the interceptors that are named keeps what is declared alone."""
    return any(
        "intercept" in body and _KEEPS_DECLARED.search(body) is not None
        for name in _NAME.findall(placed)
        for body in _classes(context, name)
    )


def _is_read_by_one(context: Context, key: str) -> bool:
    """Whether an interceptor asks for the mark `key` and keeps what is declared alone."""
    return any(
        "NestInterceptor" in body and key in body and _KEEPS_DECLARED.search(body) is not None
        for body in _classes(context)
    )


def _has_secret(context: Context, text: str) -> bool:
    """Whether a class that a decorator is given declares a password, a token or the like."""
    names = set(_NAME.findall(text.partition("(")[2]))
    return any(
        SECRET.fullmatch(field.name) is not None
        for module in context.view.linker.modules.values()
        for name, cls in module.classes.items()
        if name in names
        for field in cls.fields
    )


def _classes(context: Context, wanted: str = "") -> Iterator[str]:
    """Texts of the classes called `wanted`, or of all."""
    for path, module in context.view.linker.modules.items():
        source = context.sources.get(path)
        for name, cls in module.classes.items() if source is not None else ():
            if source is not None and name == (wanted or name):
                yield source.slice(cls.start, cls.end)


def _functions(context: Context, wanted: str) -> Iterator[str]:
    """Texts of the module's own functions called `wanted`."""
    for path, module in context.view.linker.modules.items():
        function, source = module.functions.get(wanted), context.sources.get(path)
        if function is not None and source is not None:
            yield source.slice(function.start, function.end)


def _is_named(context: Context, name: str) -> bool:
    """Whether the program names the interceptor of a library."""
    return any(name.encode() in source.text for source in context.sources.values())
