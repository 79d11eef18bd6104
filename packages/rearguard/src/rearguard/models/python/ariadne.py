"""Ariadne. API reference: https://ariadnegraphql.org/docs/api-reference, https://ariadnegraphql.org/docs/resolvers"""

from collections.abc import Iterator

from rearguard.models.dsl import Library
from rearguard.models.python.graphql import annotated, field_node, operation_of
from rearguard.models.python.support import decorator_links, definition, function_link
from rearguard.models.routing import RouteNode
from rearguard.models.view import CallView, ModelView

__all__ = ["ARIADNE"]

_TYPES = {"QueryType": "QUERY", "MutationType": "MUTATION", "SubscriptionType": "SUBSCRIPTION"}


def routes(view: ModelView) -> Iterator[RouteNode]:
    """Yield resolvers put on types: `@query.field("name")`, `set_field`, `@subscription.source`."""
    decorating = tuple(view.members("ariadne:Type", ("field", "source")))
    registering = frozenset((call.fid, call.value) for call in decorating)
    for call in decorating:
        fid = call.decorates
        if fid is not None and fid in view.linker.functions:
            yield from _node(view, call, fid, registering)
    for call in view.members("ariadne:Type", ("set_field", "set_source")):
        given = call.arg(1, "resolver")
        for fid in given.functions if given is not None else ():
            yield from _node(view, call, fid, registering)


def _node(
    view: ModelView, call: CallView, fid: str, registering: frozenset[tuple[str, int]]
) -> Iterator[RouteNode]:
    name = call.arg(0, "name")
    operation, owner = _owner(call)
    # A resolver is given the parent and the context, then the field's arguments by name.
    params = view.function(fid).params[2:]
    inputs = {p.name: annotated(view, fid, p) for p in params if p.kind != "rest"}
    if not operation and not inputs:
        return
    field = name.text if name is not None and name.text is not None else fid.rpartition("::")[2]
    yield from field_node(
        "ariadne",
        view,
        operation or "QUERY",
        field if operation else f"{owner}.{field}",
        function_link(view, fid),
        decorator_links(view, fid, registering),
        inputs,
        definition(view, fid),
    )


def _owner(call: CallView) -> tuple[str, str]:
    """The operation whose root type this is, or "", and the type's name."""
    receiver = call.receiver
    for name in receiver.names if receiver is not None else ():
        kind = name.removesuffix("()").rpartition(".")[2]
        if kind in _TYPES:
            return _TYPES[kind], kind
    for ref in receiver.refs if receiver is not None else ():
        if isinstance(ref.step, tuple):
            made = call.view.definitions(ref.step[0])[ref.step[1]]
            given = CallView(call.view, ref.step[0], ref.step[1], made, "").arg(0, "name")
            if given is not None and given.text is not None:
                return operation_of(given.text), given.text
    return "", "?"


ARIADNE = Library(
    name="ariadne",
    language="python",
    packages=("ariadne",),
    types={
        "Type": ("ariadne.{QueryType,MutationType,SubscriptionType,ObjectType}()",),
        "Registered": ("Type.{field,source}()()", "Type.{set_field,set_source}()"),
        "Resolver": (
            "Type.{field,source}()(0)",
            "Type.{set_field,set_source}(1|resolver)",
        ),
        "Info": ("Resolver<1>",),
        "Context": ("Info.context",),
    },
    sites=("Type",),
    routes=routes,
)
