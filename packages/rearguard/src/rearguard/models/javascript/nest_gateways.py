"""Gateways of NestJS. API reference: https://docs.nestjs.com/websockets/gateways

Each message that clients may send is an endpoint: `WEBSOCKET /socket.io#follow`. What `useGlobalGuards` names
does not run before them, nor does middleware; `APP_GUARD` does, unless it spares what is no HTTP request.
"""

import re
from collections.abc import Iterator

from rearguard.models.concepts import CredentialRead, Principal
from rearguard.models.dsl import Library
from rearguard.models.javascript.chains import texts_of
from rearguard.models.javascript.decorators import classes, decorated, inputs, methods
from rearguard.models.javascript.nestjs import application_nodes, guard_links
from rearguard.models.routing import Link, RouteNode
from rearguard.models.view import ModelView
from rearguard.program import Span

__all__ = ["NEST_GATEWAYS"]

PACKAGE = "@nestjs/websockets"
CHANNELS = {"MessageBody": "body", "ConnectedSocket": "socket"}
_OTHERS_PASS = re.compile(rb"getType\s*(?:<\w+>)?\s*\(\s*\)\s*(?:!==?\s*['\"]http|===?\s*['\"]ws)")
"""How a guard of the application spares everything that is no HTTP request."""
_PLAIN = re.compile(rb"\bnew\s+WsAdapter\b")


def routes(view: ModelView) -> Iterator[RouteNode]:
    """Yield one endpoint per message that a gateway's method answers."""
    gateways = tuple(classes(view, PACKAGE, ("WebSocketGateway",)))
    before = tuple(_application_guards(view)) if gateways else ()
    for cid, made in gateways:
        written = tuple(v for v in view.class_decorators(cid) if v.value != made.value)
        around = (*before, *guard_links(view, written))
        for name, fid in methods(view, cid):
            yield from _messages(view, cid, name, fid, around)


def _application_guards(view: ModelView) -> Iterator[Link]:
    """Guards that are provided for the whole application and do not spare messages."""
    for node in application_nodes(view):
        for link in node.links if node.everywhere else ():
            texts = (view.texts.get(view.linker.module_of[fid], b"") for fid in link.functions)
            if link.verdict and not any(_OTHERS_PASS.search(text) for text in texts):
                yield link


def _messages(
    view: ModelView, cid: str, name: str, fid: str, around: tuple[Link, ...]
) -> Iterator[RouteNode]:
    decorators, path, function = view.decorators(fid), view.linker.module_of[fid], view.function(fid)
    place = "/ws" if any(_PLAIN.search(text) for text in view.texts.values()) else "/socket.io"
    for call in decorated(decorators, PACKAGE, ("SubscribeMessage",)):
        own = tuple(v for v in decorators if v.value != call.value)
        span = Span(path, function.name_start, function.name_end)
        handler = Link(f"{cid.rpartition('::')[2]}.{name}", (fid,), (), span, None, "handler")
        for event in (texts_of(call.args[0]) if call.args else ()) or ("*",):
            yield RouteNode(
                "nest-gateways",
                f"nest gateway {cid}",
                "WEBSOCKET",
                f"{place}#{event}",
                call.span,
                ((path, function.start),),
                (*around, *guard_links(view, own)),
                handler,
                inputs=_channels(view, fid),
            )


def _channels(view: ModelView, fid: str) -> dict[str, str]:
    """What decorators say of parameters; without any, the connection comes first and the message second."""
    found = inputs(view, fid, PACKAGE, CHANNELS)
    params = [param for param in view.function(fid).params if param.name != "this"]
    if not found and len(params) > 1:
        found[params[1].name] = "body"
    return {name: channel for name, channel in found.items() if channel != "socket"}


NEST_GATEWAYS = Library(
    name="nest-gateways",
    language="javascript",
    packages=(PACKAGE,),
    types={
        "Decorator": (
            "@nestjs/websockets.{WebSocketGateway,SubscribeMessage,MessageBody,ConnectedSocket}()",
        ),
        "WsContext": ("@nestjs/common.{ExecutionContext,ArgumentsHost}().switchToWs()",),
        "Client": ("WsContext.getClient()", "socket.io.Socket()"),
    },
    concepts=(
        CredentialRead("Client.handshake.{auth,headers,query}.{token,authorization,cookie}"),
        Principal("Client.{user,data.user}"),
    ),
    routes=routes,
)
