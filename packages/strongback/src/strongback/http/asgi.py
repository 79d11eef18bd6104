"""The little of ASGI that the controls need: types, header access, sending a response, cookies."""

from collections.abc import Awaitable, Callable, Iterable, MutableMapping, Sequence
from typing import Any, Protocol

from strongback.identity import Principal

__all__ = [
    "ASGIApp",
    "Head",
    "Message",
    "Middleware",
    "Receive",
    "Scope",
    "Send",
    "client_address",
    "cookies",
    "head_of",
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
_HEAD = "strongback.head"


class Middleware(Protocol):
    """A control that guards an application."""

    def around(self, app: ASGIApp) -> ASGIApp:
        """Return `app` guarded by this control."""
        ...


class Head:
    """Request headers by name, read in one pass that all controls share."""

    __slots__ = ("many", "one", "size", "source")

    def __init__(self, source: Sequence[tuple[bytes, bytes]]) -> None:
        self.source = source
        self.size = len(source)
        self.one: dict[bytes, bytes] = {}
        """Headers sent once, names in lower case."""
        self.many: dict[bytes, list[bytes]] = {}
        """Headers sent more than once."""
        one = self.one
        for key, value in source:
            name = key.lower()
            if name in one:
                self.many.setdefault(name, [one[name]]).append(value)
            else:
                one[name] = value
        for name in self.many:
            del one[name]

    def __contains__(self, name: bytes) -> bool:
        return name in self.one or name in self.many


def head_of(scope: Scope) -> Head:
    """The request's headers by name. Read again when something between two controls has exchanged them."""
    found: Head | None = scope.get(_HEAD)
    headers = scope["headers"]
    if found is None or found.source is not headers or found.size != len(headers):
        scope[_HEAD] = found = Head(headers)
    return found


def headers_named(scope: Scope, name: bytes) -> list[bytes]:
    """Every value of a request header, `name` in lower case."""
    head = head_of(scope)
    return [head.one[name]] if name in head.one else list(head.many.get(name, ()))


def header(scope: Scope, name: bytes) -> str | None:
    """The value of a request header as Latin-1 text, or None when absent or sent more than once.

    Two different values are an attack on whoever reads the other one, so neither is believed.
    """
    value = head_of(scope).one.get(name)
    return None if value is None else value.decode("latin-1").strip()


def set_header(message: Message, name: bytes, value: str, *, keep: bool = False) -> None:
    """Set a response header, replacing earlier ones; with `keep`, leave one the application has set."""
    set_headers(message, ((name, value.encode("latin-1")),), keep=keep)


def set_headers(message: Message, wanted: Iterable[tuple[bytes, bytes]], *, keep: bool = False) -> None:
    """Set several response headers in one pass; see `set_header`. Names are in lower case."""
    new = dict(wanted)
    headers = message.get("headers", ())
    if new.keys().isdisjoint([pair[0].lower() for pair in headers]):
        message["headers"] = [*headers, *new.items()]
        return
    kept: list[tuple[bytes, bytes]] = []
    for pair in headers:
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
    # rearguard: ignore[cross-site-scripting] bodies are documents of a status and a code, sent as JSON
    await send({"type": "http.response.body", "body": b"" if scope.get("method") == "HEAD" else body})
