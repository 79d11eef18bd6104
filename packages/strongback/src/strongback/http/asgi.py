"""The little of ASGI that the controls need: types, header access, sending a response, cookies."""

from collections.abc import Awaitable, Callable, Iterable, MutableMapping, Sequence
from typing import Any, Protocol

from strongback.identity import Principal

__all__ = [
    "PRINCIPAL",
    "USUAL_NAMES",
    "ASGIApp",
    "Head",
    "Message",
    "Middleware",
    "Receive",
    "Scope",
    "Send",
    "Start",
    "client_address",
    "cookies",
    "head_of",
    "header",
    "headers_named",
    "opened",
    "principal_of",
    "respond",
]

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]

PRINCIPAL = "strongback.principal"
"""Where a request keeps who it was authenticated as."""
_HEAD = "strongback.head"


class Middleware(Protocol):
    """A control that guards an application."""

    def around(self, app: ASGIApp) -> ASGIApp:
        """Return `app` guarded by this control."""
        ...


_NONE: dict[bytes, list[bytes]] = {}
# A table is asked quicker than names are looked at; what stands here is in lower case, as servers write it.
USUAL_NAMES = frozenset(
    {
        b"accept", b"accept-encoding", b"accept-language", b"authorization", b"cache-control", b"connection",
        b"content-length", b"content-type", b"cookie", b"host", b"if-none-match", b"origin", b"pragma",
        b"priority", b"referer", b"sec-ch-ua", b"sec-ch-ua-mobile", b"sec-ch-ua-platform", b"sec-fetch-dest",
        b"sec-fetch-mode", b"sec-fetch-site", b"sec-fetch-user", b"traceparent", b"upgrade-insecure-requests",
        b"user-agent", b"x-forwarded-for", b"x-forwarded-proto", b"x-request-id",
    }
)  # fmt: skip


class Head(dict[bytes, bytes]):
    """Request headers by name, in lower case, read in one pass that all controls share. A dictionary of those
    sent once; `many` holds those sent more than once.
    """

    __slots__ = ("many", "size", "source", "usual")

    many: dict[bytes, list[bytes]]
    size: int
    usual: bool
    """Each name is one of those that nearly all requests keep to, and was sent once."""
    source: Sequence[tuple[bytes, bytes]]

    def sort(self) -> None:
        """Fill from `source`, whatever it holds."""
        self.clear()
        self.usual = False
        self.many = {}
        for key, value in self.source:
            name = key.lower()
            if name in self:
                self.many.setdefault(name, [self[name]]).append(value)
            else:
                self[name] = value
        for name in self.many:
            del self[name]

    def sent(self, name: bytes) -> bool:
        """Whether a header of this name was sent."""
        return name in self or name in self.many

    def sent_any(self, names: frozenset[bytes]) -> bool:
        """Whether a header of one of these names was sent."""
        return not names.isdisjoint(self) or not names.isdisjoint(self.many)

    def without(self, scope: Scope, names: frozenset[bytes], *instead: tuple[bytes, bytes]) -> None:
        """Remove headers from the request, and from here; others may take their place."""
        kept = [(key, value) for key, value in scope["headers"] if key.lower() not in names]
        kept += instead
        scope["headers"] = kept
        self.source, self.size = kept, len(kept)
        self.sort()


def head_of(scope: Scope) -> Head:
    """The request's headers by name. Read again when something between two controls has exchanged them."""
    found: Head | None = scope.get(_HEAD)
    headers = scope["headers"]
    size = len(headers)
    if found is None or found.source is not headers or found.size != size:
        scope[_HEAD] = found = Head(headers)
        found.source = headers
        found.size = size
        found.many = _NONE
        found.usual = len(found) == size and USUAL_NAMES.issuperset(found)
        # Servers write names in lower case, and each is sent once, as a rule.
        if not found.usual and (len(found) != size or not b"".join(found).islower()):
            found.sort()
    return found


class Start(dict[bytes, bytes]):
    """The message that starts a response or accepts a WebSocket, while controls look at it.

    A dictionary of its headers by name, in lower case, so that looking for one costs nothing; of those set
    more than once it holds the last. `headers` holds all in their order. Whoever adds or replaces a header
    does it by `put` or `replace`.
    """

    __slots__ = ("headers", "message", "status")

    message: Message
    status: int | None
    """None where a WebSocket is accepted."""
    headers: list[tuple[bytes, bytes]]

    def replace(self, headers: Iterable[tuple[bytes, bytes]]) -> None:
        """Exchange all headers."""
        self.message["headers"] = self.headers = list(headers)
        self.clear()
        self.update(self.headers)

    def put(self, wanted: Iterable[tuple[bytes, bytes]], *, keep: bool = False) -> None:
        """Set headers, replacing earlier ones; with `keep`, leave those the application has set."""
        for pair in wanted:
            name, value = pair
            if name in self:
                if keep:
                    continue
                self.replace([pair for pair in self.headers if pair[0] != name])
            self[name] = value
            self.headers.append(pair)


def opened(message: Message) -> Start:
    """A message that starts a response, for controls to look at."""
    headers = list(message.get("headers") or ())
    start = Start(headers)
    start.message = message
    start.status = message.get("status")
    start.headers = message["headers"] = headers
    if not b"".join(start).islower():
        start.replace([(key.lower(), value) for key, value in headers])
    return start


def headers_named(scope: Scope, name: bytes) -> list[bytes]:
    """Every value of a request header, `name` in lower case."""
    head = head_of(scope)
    return [head[name]] if name in head else list(head.many.get(name, ()))


def header(scope: Scope, name: bytes) -> str | None:
    """The value of a request header as Latin-1 text, or None when absent or sent more than once.

    Two different values are an attack on whoever reads the other one, so neither is believed.
    """
    value = head_of(scope).get(name)
    return None if value is None else value.decode("latin-1").strip()


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
    found = scope.get(PRINCIPAL)
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
