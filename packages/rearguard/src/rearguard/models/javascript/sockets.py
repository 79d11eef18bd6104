"""Socket.IO and ws. API references: https://socket.io/docs/v4/server-api/, https://github.com/websockets/ws/blob/master/doc/ws.md

Each event that a client may send is an endpoint: `WEBSOCKET /socket.io#message`.
"""

from collections.abc import Iterator

from rearguard.models.concepts import ChannelJoin, CredentialRead, Principal, RequestInput
from rearguard.models.dsl import Library
from rearguard.models.javascript.chains import link_of, texts_of
from rearguard.models.routing import Link, RouteNode
from rearguard.models.view import CallView, ModelView

__all__ = ["SOCKETS"]

_OWN_EVENTS = frozenset(
    (
        *("connection", "connect", "disconnect", "disconnecting", "error", "close", "open", "upgrade"),
        *("headers", "ping", "pong", "listening", "newListener", "connect_error", "reconnect"),
    )
)


def routes(view: ModelView) -> Iterator[RouteNode]:
    """Yield one endpoint per event that a connection's socket listens to."""
    before = tuple(
        link_of(value)
        for call in view.calls("sockets:Io.use", "sockets:Namespace.use")
        for value in call.args[:1]
    )
    for call in view.calls("sockets:Socket.on", "sockets:Socket.once"):
        yield from _listener(view, call, "/socket.io", before, ())
    for call in view.calls("sockets:PlainServer.on"):
        # What a connection sends is read inside.
        yield from _listener(view, call, "/ws", (), ("connection",))


def _listener(
    view: ModelView, call: CallView, path: str, before: tuple[Link, ...], only: tuple[str, ...]
) -> Iterator[RouteNode]:
    if len(call.args) < 2 or not call.args[1].functions:
        return
    for event in texts_of(call.args[0]):
        if event not in only if only else event in _OWN_EVENTS:
            continue
        yield RouteNode(
            "sockets",
            f"sockets {path}",
            "WEBSOCKET",
            f"{path}#{event}" if not only else path,
            call.span,
            view.order(call.fid, call.call.end),
            before,
            link_of(call.args[1], "handler"),
        )


SOCKETS = Library(
    name="sockets",
    language="javascript",
    packages=("socket.io", "ws"),
    types={
        "Io": ("socket.io.{Server,default}()", "socket.io()", "socket.io.listen()", "socket.io().listen()"),
        "Namespace": ("Io.{of,sockets,to,in}()", "Io.sockets", "Namespace.{to,in,except}()"),
        "Connection": ("{Io,Namespace}.on(1)",),
        "Middleware": ("{Io,Namespace}.use(0)",),
        "Socket": ("Connection<0>", "Middleware<0>", "socket.io.Socket()"),
        "Listener": ("Socket.{on,once}(1)",),
        "PacketHandler": ("Socket.use(0)",),
        "PlainServer": ("ws.{Server,WebSocketServer}()", "ws.default.Server()"),
        "PlainConnection": ("PlainServer.on(1)",),
        "Plain": ("PlainConnection<0>", "ws.WebSocket()"),
        "PlainListener": ("Plain.{on,once}(1@message)",),
        "Messages": ("Plain.addEventListener(1@message)", "Plain.onmessage(@=)"),
    },
    concepts=(
        ChannelJoin("Socket.join(0)"),
        RequestInput("Listener<0>", channel="body"),
        RequestInput("Listener<1>", channel="body"),
        RequestInput("Listener<2>", channel="body"),
        RequestInput("PacketHandler<0>", channel="body"),
        RequestInput("Socket.handshake.query", channel="query"),
        RequestInput("Socket.handshake.auth", channel="body"),
        RequestInput("Socket.handshake.headers", channel="headers"),
        RequestInput("PlainListener<0>", channel="body"),
        RequestInput("Messages<0>.data", channel="body"),
        CredentialRead("Socket.handshake.auth.token"),
        CredentialRead("Socket.handshake.headers.{authorization,cookie}"),
        CredentialRead("Socket.request.session"),
        Principal("Socket.{user,userID,userId,data.user,data.userId}"),
        Principal("Socket.request.user"),
    ),
    routes=routes,
)
