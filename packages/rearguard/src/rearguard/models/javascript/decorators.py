"""What routing functions of frameworks with decorators share."""

from collections.abc import Iterable, Iterator, Mapping

from rearguard.models.javascript.chains import call_of, flatten, follow, link_of, texts_of
from rearguard.models.routing import Link
from rearguard.models.view import CallView, ModelView, ValueView

__all__ = ["classes", "decorated", "inputs", "links", "methods", "path_of"]


def decorated(values: Iterable[ValueView], package: str, names: Iterable[str]) -> Iterator[CallView]:
    """Decorators that are calls of a package's functions called `names`."""
    wanted = {f"{package}.{name}" for name in names}
    for value in values:
        call = call_of(follow(value))
        if call is not None:
            callee = ValueView(call.view, call.fid, call.call.args[0])
            found = wanted.intersection(callee.names)
            if found:
                yield CallView(call.view, call.fid, call.value, call.call, min(found))


def classes(view: ModelView, package: str, names: Iterable[str]) -> Iterator[tuple[str, CallView]]:
    """Classes under one of these decorators."""
    wanted = tuple(names)
    for path, module in view.linker.modules.items():
        for name in module.classes:
            cid = f"{path}::{name}"
            for call in decorated(view.class_decorators(cid), package, wanted):
                yield cid, call
                break


def methods(view: ModelView, cid: str) -> Iterator[tuple[str, str]]:
    """`(name, function id)` of the methods of a class, inherited ones included."""
    seen: set[str] = set()
    for current in view.linker.lineage(cid):
        path, _, qualified = current.rpartition("::")
        for name, function in view.linker.modules[path].classes[qualified].methods.items():
            if name not in seen:
                seen.add(name)
                yield name, f"{path}::{function}"


def inputs(view: ModelView, fid: str, package: str, channels: Mapping[str, str]) -> dict[str, str]:
    """Parameter -> channel, by its decorator."""
    function = view.function(fid)
    parent = f"{view.linker.module_of[fid]}::{function.parent}"
    found: dict[str, str] = {}
    for param in function.params:
        for call in decorated((ValueView(view, parent, n) for n in param.decorators), package, channels):
            found[param.name] = channels[call.member]
    return found


def links(
    view: ModelView, values: Iterable[ValueView], package: str, names: Iterable[str]
) -> tuple[Link, ...]:
    """Chain elements that guard decorators name: their arguments, or themselves when they have none."""
    found: list[Link] = []
    for call in decorated(values, package, names):
        inner = [entry for value in call.args for entry in flatten(view, value)]
        named = [entry for entry in inner if entry.functions or entry.classes]
        found.extend(_link(view, entry) for entry in named)
        if not named:
            found.append(link_of(call, "decorator"))
    return tuple(found)


def _link(view: ModelView, value: ValueView) -> Link:
    """A function, or a class by the method that frameworks call."""
    link = link_of(value, "middleware")
    runs = tuple(
        method
        for cid in value.classes
        for name in ("use", "canActivate", "check", "transform")
        if (method := view.linker.method(cid, name)) is not None
    )
    return Link(link.label, link.functions or runs, link.names, link.span, link.value, link.how)


def path_of(call: CallView) -> str | None:
    """The path that a decorator is given; "" for none."""
    if not call.args:
        return ""
    place = call.args[0].key("path") or call.args[0]
    texts = texts_of(place)
    return texts[0] if len(texts) == 1 else None
