"""What GraphQL servers share: fields as endpoints, their arguments as input.

A field of a root type answers a request of its own, so each resolver is an endpoint: `QUERY /graphql#user`.
https://spec.graphql.org/October2021/#sec-Root-Operation-Types
"""

import re
from collections.abc import Iterable, Iterator

from rearguard.link import function_id
from rearguard.models.python.annotations import harmless_kind
from rearguard.models.python.support import items
from rearguard.models.routing import Link, RouteNode
from rearguard.models.view import ModelView, ValueView
from rearguard.program import Op, Param, Span

__all__ = ["annotated", "camel", "field_node", "operation_of", "permission_links", "stored_name"]

_OPERATIONS = (
    ("MUTATION", re.compile(r"mutations?$", re.IGNORECASE)),
    ("SUBSCRIPTION", re.compile(r"subscriptions?$", re.IGNORECASE)),
    ("QUERY", re.compile(r"quer(?:y|ies)$", re.IGNORECASE)),
)


def camel(name: str) -> str:
    """A Python name as clients write it: `user_name` is `userName`."""
    first, *rest = name.strip("_").split("_")
    return first + "".join(part[:1].upper() + part[1:] for part in rest)


def operation_of(name: str) -> str:
    """The operation that a type with this name is the root of, or ""."""
    return next((operation for operation, pattern in _OPERATIONS if pattern.search(name)), "")


def annotated(view: ModelView, fid: str, param: Param) -> str:
    """The channel of an argument by its annotation: `body`, or `body:int` and the like."""
    kind = ""
    if param.annotation >= 0:
        parent = function_id(view.linker.module_of[fid], view.function(fid).parent)
        kind = harmless_kind(ValueView(view, parent, param.annotation), param.annotation_text)
    return f"body:{kind}" if kind else "body"


def stored_name(view: ModelView, value: ValueView) -> str:
    """The name under which the function or class body that holds a value stores it, or ""."""
    for instr in view.linker.code(value.fid):
        if instr.op == Op.STORE and instr.args[0] == value.value:
            return instr.name
    return ""


def permission_links(view: ModelView, given: ValueView | None, method: str) -> tuple[Link, ...]:
    """Links of a list of permission classes, whose `method` decides."""
    found: list[Link] = []
    for value in items(given) if given is not None else ():
        functions = tuple(
            fid for cid in value.classes if (fid := view.linker.method(cid, method)) is not None
        )
        label = " ".join(value.source_text.split())
        found.append(
            Link(label, functions, value.names, value.span, (value.fid, value.value), "class", verdict=True)
        )
    return tuple(found)


def field_node(
    framework: str,
    view: ModelView,
    operation: str,
    name: str,
    handler: Link,
    links: Iterable[Link],
    inputs: dict[str, str],
    span: Span,
) -> Iterator[RouteNode]:
    """The node of one field."""
    fid = handler.functions[0]
    yield RouteNode(
        framework,
        f"{framework}:schema",
        operation,
        f"/graphql#{name}",
        span,
        view.order(fid, view.function(fid).start),
        tuple(links),
        handler,
        inputs=inputs,
        returns="json",
    )
