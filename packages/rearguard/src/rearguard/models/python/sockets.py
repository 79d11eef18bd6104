"""Servers of messages: websockets, Channels, python-socketio, Flask-SocketIO.

API reference: https://websockets.readthedocs.io/en/stable/reference/asyncio/server.html,
https://channels.readthedocs.io/en/stable/topics/consumers.html, https://python-socketio.readthedocs.io/en/stable/server.html,
https://flask-socketio.readthedocs.io/en/latest/api.html
"""

from collections.abc import Iterator

from rearguard.models.concepts import Principal, RequestInput
from rearguard.models.dsl import Library
from rearguard.models.python.support import (
    class_name,
    decorator_links,
    definition,
    extending,
    function_link,
    methods,
)
from rearguard.models.routing import RouteNode
from rearguard.models.view import ModelView, ValueView

__all__ = ["SOCKETS"]

_CONSUMES = ("receive", "receive_json", "websocket_receive")
_LIFECYCLE = ("connect", "disconnect")


def routes(view: ModelView) -> Iterator[RouteNode]:
    """Yield handlers of connections and of events; what a message says is input."""
    for call in view.calls("websockets.serve", "websockets.asyncio.server.serve", "websockets.server.serve"):
        given = call.arg(0, "handler") or call.arg(0, "ws_handler")
        for fid in given.functions if given is not None else ():
            yield _node(view, "websockets", "/*", fid, {}, call.span.start, call.fid)
    for cid in extending(view, "sockets:Consumer"):
        for name, fid in methods(view, cid).items():
            if name in _CONSUMES and fid.startswith(f"{cid}."):
                inputs = {p.name: "body" for p in view.function(fid).params if p.kind != "rest-map"}
                label = f"{class_name(cid)}.{name}"
                yield _node(view, "channels", f"/{class_name(cid)}", fid, inputs, 0, fid, label)
    yield from _events(view)


def _events(view: ModelView) -> Iterator[RouteNode]:
    """`@sio.on("name")` and `@sio.event`: the first parameter of python-socketio is the connection's id."""
    for fid, function in view.linker.functions.items():
        for decorator in view.decorators(fid):
            names = decorator.names
            own = "sockets:Event" in names or "sockets:Named" in names
            if not own and "sockets:FlaskEvent" not in names:
                continue
            event = fid.rpartition("::")[2].rpartition(".")[2]
            instr = decorator.instr
            if instr is not None and len(instr.args) > 1:
                text = next((v.text for v in _arguments(view, decorator.fid, instr.args[1:]) if v.text), None)
                event = text or event
            if event in _LIFECYCLE:
                continue
            given = [p.name for p in function.params if p.kind in ("positional", "keyword", "rest")]
            inputs = dict.fromkeys(given[1:] if own else given, "body")
            registering = ((decorator.fid, decorator.value),)
            yield RouteNode(
                "socketio",
                "socketio:server",
                "WEBSOCKET",
                f"/{event}",
                definition(view, fid),
                view.order(fid, function.start),
                decorator_links(view, fid, registering),
                function_link(view, fid),
                inputs=inputs,
            )
            break


def _arguments(view: ModelView, fid: str, numbers: tuple[int, ...]) -> Iterator[ValueView]:
    for number in numbers:
        yield ValueView(view, fid, number)


def _node(
    view: ModelView,
    framework: str,
    path: str,
    fid: str,
    inputs: dict[str, str],
    offset: int,
    home: str,
    label: str = "",
) -> RouteNode:
    return RouteNode(
        framework,
        f"{framework}:{path}",
        "WEBSOCKET",
        path,
        definition(view, fid),
        view.order(home, offset),
        decorator_links(view, fid, ()),
        function_link(view, fid, "handler", label),
        inputs=inputs,
    )


_CONSUMERS = "channels.generic.websocket"

SOCKETS = Library(
    name="sockets",
    language="python",
    packages=("websockets", "channels", "socketio", "flask_socketio"),
    types={
        "Handler": (
            "websockets.serve(0|handler)",
            "websockets.{asyncio.server,server}.serve(0|handler)",
        ),
        "Socket": ("Handler<0>",),
        "Consumer": (
            f"{_CONSUMERS}.{{WebsocketConsumer,JsonWebsocketConsumer}}",
            f"{_CONSUMERS}.{{AsyncWebsocketConsumer,AsyncJsonWebsocketConsumer}}",
            "channels.consumer.{SyncConsumer,AsyncConsumer}",
        ),
        "Server": ("socketio.{Server,AsyncServer}()",),
        "FlaskServer": ("flask_socketio.SocketIO()",),
        "Event": ("Server.event",),
        "Named": ("Server.{on,event}()",),
        "FlaskEvent": ("FlaskServer.{on,event}()", "FlaskServer.event"),
    },
    concepts=(
        RequestInput("Socket[]", channel="body"),
        RequestInput("Socket.recv()", channel="body"),
        RequestInput("Consumer().scope.{query_string,headers,cookies}", channel="query"),
        RequestInput("Consumer().scope.url_route.kwargs", channel="path"),
        Principal("Consumer().scope.user"),
    ),
    routes=routes,
)
