"""What frameworks whose files are routes share: the address that a file stands for, and its exports."""

from collections.abc import Iterator, Sequence

from rearguard.link import Kind
from rearguard.models.javascript.chains import wrapper_links
from rearguard.models.routing import Link, RouteNode
from rearguard.models.view import ModelView
from rearguard.program import Span

__all__ = ["address", "exported", "node"]


def address(parts: Sequence[str]) -> str:
    """The path of folders or dotted names: `[id]` and `$id` are parameters, `(group)` and `_layout` none."""
    found: list[str] = []
    for part in parts:
        if not part or part.startswith(("(", "_", "+")) or part == "index":
            continue
        if part.startswith("[") and part.endswith("]"):
            inner = part.strip("[]")
            found.append(f"*{inner[3:]}" if inner.startswith("...") else f":{inner.partition('=')[0]}")
        elif part.startswith("$"):
            found.append(f":{part[1:]}" if part[1:] else "*")
        else:
            found.append(part)
    return "/" + "/".join(found)


def exported(view: ModelView, path: str, name: str) -> tuple[str, ...]:
    """Functions that a file exports under a name."""
    return tuple(
        ref.id for ref in view.linker.slots.get(("export", path, name), ()) if ref.kind is Kind.FUNCTION
    )


def node(
    framework: str,
    view: ModelView,
    fid: str,
    method: str,
    url: str,
    label: str,
    channels: Sequence[str] = ("request",),
) -> Iterator[RouteNode]:
    """The node of one function of a file."""
    function, path = view.function(fid), view.linker.module_of[fid]
    span = Span(path, function.name_start, function.name_end)
    yield RouteNode(
        framework,
        f"{framework} {path}",
        method,
        url,
        span,
        ((path, function.start),),
        wrapper_links(view, (fid,)),
        Link(label, (fid,), (), span, None, "handler"),
        inputs={p.name: channel for p, channel in zip(function.params, channels, strict=False)},
        returns="json",
    )
