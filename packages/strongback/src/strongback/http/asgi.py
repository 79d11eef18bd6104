"""The little of ASGI that the controls need: types, header access, sending a response, cookies."""

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any, Protocol

from strongback.identity import Principal

__all__ = [
    "ASGIApp",
    "Message",
    "Middleware",
    "Receive",
    "Scope",
    "Send",
    "client_address",
    "cookies",
    "header",
    "headers_named",
    "principal_of",
    "respond",
    "set_header",
    "set_headers",
]

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]

_PRINCIPAL = "strongback.principal"


class Middleware(Protocol):
    """A control that guards an application."""

    def around(self, app: ASGIApp) -> ASGIApp:
        """Return `app` guarded by this control."""
        ...


def headers_named(scope: Scope, name: bytes) -> list[bytes]:
    """Every value of a request header, `name` in lower case."""
    return [value for key, value in scope["headers"] if key.lower() == name]


def header(scope: Scope, name: bytes) -> str | None:
    """The value of a request header as Latin-1 text, or None when absent or sent more than once.

    Two different values are an attack on whoever reads the other one, so neither is believed.
    """
    values = headers_named(scope, name)
    return values[0].decode("latin-1").strip() if len(values) == 1 else None


def set_header(message: Message, name: bytes, value: str, *, keep: bool = False) -> None:
    """Set a response header, replacing earlier ones; with `keep`, leave one the application has set."""
    set_headers(message, ((name, value.encode("latin-1")),), keep=keep)


def set_headers(message: Message, wanted: Iterable[tuple[bytes, bytes]], *, keep: bool = False) -> None:
    """Set several response headers in one pass; see `set_header`. Names are in lower case."""
    new = dict(wanted)
    kept: list[tuple[bytes, bytes]] = []
    for pair in message.get("headers", ()):
        name = pair[0].lower()
        if name in new:
            if not keep:
                continue
            del new[name]
        kept.append(pair)
    message["headers"] = [*kept, *new.items()]


def cookies(scope: Scope) -> dict[str, str]:
    """Request cookies by name. A name sent twice is dropped: which one the browser meant cannot be known."""
    found: dict[str, str] = {}
    twice: set[str] = set()
    for line in headers_named(scope, b"cookie"):
        for pair in line.decode("latin-1").split(";"):
            name, equals, value = pair.strip().partition("=")
            if equals and name:
                if name in found:
                    twice.add(name)
                found[name] = value
    return {name: value for name, value in found.items() if name not in twice}


def client_address(scope: Scope) -> str | None:
    """The peer's address as the server, or `TrustedProxies`, determined it."""
    client = scope.get("client")
    return str(client[0]) if client else None


def principal_of(scope: Scope) -> Principal | None:
    """Who the request was authenticated as, or None."""
    found = scope.get(_PRINCIPAL)
    return found if isinstance(found, Principal) else None


async def respond(
    scope: Scope, send: Send, status: int, body: bytes = b"", headers: Iterable[tuple[bytes, bytes]] = ()
) -> None:
    """Send a whole response; for a WebSocket handshake, refuse it with close code 1008 (policy violation)."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": ""})
        return
    sent = [(b"content-length", str(len(body)).encode()), *headers]
    await send({"type": "http.response.start", "status": status, "headers": sent})
    await send({"type": "http.response.body", "body": b"" if scope.get("method") == "HEAD" else body})
