"""Meteor methods and publications. API reference: https://docs.meteor.com/api/methods, https://docs.meteor.com/api/pubsub

Both are called by any client, over the socket: `WEBSOCKET /method#tasks.remove`.
"""

from collections.abc import Iterator

from rearguard.models.concepts import Denial, Principal, RequestInput
from rearguard.models.dsl import Library
from rearguard.models.javascript.chains import link_of, texts_of
from rearguard.models.javascript.graphql_servers import fields
from rearguard.models.routing import RouteNode
from rearguard.models.view import ModelView, ValueView
from rearguard.program import Span

__all__ = ["METEOR"]


def routes(view: ModelView) -> Iterator[RouteNode]:
    """Yield one endpoint per method and per publication."""
    for call in view.calls("meteor:Meteor.methods"):
        for value in call.args[:1]:
            for name, entry in fields(value):
                yield from _endpoint(view, "method", name, entry, call.span)
    for call in view.calls("meteor:Meteor.publish"):
        if len(call.args) > 1:
            for name in texts_of(call.args[0]) or ("",):
                yield from _endpoint(view, "publication", name, call.args[1], call.span)
    for call in view.calls("meteor/mdg:validated-method.ValidatedMethod"):
        for value in call.args[:1]:
            named, run = value.key("name"), value.key("run")
            if run is not None:
                text = named.text if named is not None else None
                yield from _endpoint(view, "method", text or "", run, call.span)


def _endpoint(view: ModelView, kind: str, name: str, handler: ValueView, span: Span) -> Iterator[RouteNode]:
    if not handler.functions:
        return
    fid = handler.functions[0]
    given = [param.name for param in view.function(fid).params if param.kind in ("positional", "rest")]
    yield RouteNode(
        "meteor",
        f"meteor {kind}",
        "WEBSOCKET",
        f"/{kind}#{name}",
        handler.span if handler.span.end else span,
        view.order(handler.fid, handler.span.start),
        handler=link_of(handler, "handler"),
        inputs=dict.fromkeys(given, "body"),
        returns="json",
    )


METEOR = Library(
    name="meteor",
    language="javascript",
    packages=("meteor/meteor", "meteor/mdg:validated-method"),
    types={
        "Meteor": ("meteor/meteor.Meteor", "meteor/meteor", "global.Meteor"),
        "Method": (
            "Meteor.methods(0).*",
            "Meteor.publish(1)",
            "meteor/mdg:validated-method.ValidatedMethod(0).run",
        ),
    },
    concepts=(
        RequestInput("Method<0>", channel="body"),
        RequestInput("Method<1>", channel="body"),
        RequestInput("Method<2>", channel="body"),
        Principal("Meteor.{userId,user,userAsync}()"),
        Denial("Meteor.Error(0)"),
    ),
    routes=routes,
)
