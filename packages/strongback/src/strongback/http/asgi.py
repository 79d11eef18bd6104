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
    "Start",
    "client_address",
    "cookies",
    "head_of",
    "header",
    "headers_named",
    "principal_of",
    "respond",
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
        self.one: dict[bytes, bytes] = dict(source)
        """Headers sent once, names in lower case."""
        self.many: dict[bytes, list[bytes]] = {}
        """Headers sent more than once."""
        # The common request: servers write names in lower case, and each was sent once.
        if len(self.one) != self.size or not b"".join(self.one).islower():
            self._sort()

    def _sort(self) -> None:
        one: dict[bytes, bytes] = {}
        for key, value in self.source:
            name = key.lower()
            if name in one:
                self.many.setdefault(name, [one[name]]).append(value)
            else:
                one[name] = value
        for name in self.many:
            del one[name]
        self.one = one

    def __contains__(self, name: bytes) -> bool:
        return name in self.one or name in self.many

    def has_any(self, names: frozenset[bytes]) -> bool:
        """Whether a header of one of these names was sent."""
        return not names.isdisjoint(self.one) or (bool(self.many) and not names.isdisjoint(self.many))

    def without(self, scope: Scope, names: frozenset[bytes], *instead: tuple[bytes, bytes]) -> None:
        """Remove headers from the request, and from here; others may take their place."""
        kept = [(key, value) for key, value in scope["headers"] if key.lower() not in names]
        kept += instead
        scope["headers"] = kept
        fresh = Head(kept)
        self.source, self.size, self.one, self.many = fresh.source, fresh.size, fresh.one, fresh.many


def head_of(scope: Scope) -> Head:
    """The request's headers by name. Read again when something between two controls has exchanged them."""
    found: Head | None = scope.get(_HEAD)
    headers = scope["headers"]
    if found is None or found.source is not headers or found.size != len(headers):
        scope[_HEAD] = found = Head(headers)
    return found


class Start:
    """The message that starts a response or accepts a WebSocket, while controls look at it.

    `headers` is a list of its own, with names in lower case; `names` holds the same by name, so that looking
    for one costs nothing. Whoever adds or replaces a header does it by `put`.
    """

    __slots__ = ("headers", "message", "names")

    def __init__(self, message: Message) -> None:
        self.message = message
        self.headers: list[tuple[bytes, bytes]] = list(message.get("headers") or ())
        self.names: dict[bytes, bytes] = dict(self.headers)
        if not b"".join(self.names).islower():
            self.replace((key.lower(), value) for key, value in self.headers)
        else:
            message["headers"] = self.headers

    @property
    def status(self) -> int | None:
        """The status; None where a WebSocket is accepted."""
        found: int | None = self.message.get("status")
        return found

    def replace(self, headers: Iterable[tuple[bytes, bytes]]) -> None:
        """Exchange all headers."""
        self.message["headers"] = self.headers = list(headers)
        self.names = dict(self.headers)

    def put(self, wanted: Iterable[tuple[bytes, bytes]], *, keep: bool = False) -> None:
        """Set headers, replacing earlier ones; with `keep`, leave those the application has set."""
        new = dict(wanted)
        if not new.keys().isdisjoint(self.names):
            if keep:
                new = {name: value for name, value in new.items() if name not in self.names}
            else:
                self.replace(pair for pair in self.headers if pair[0] not in new)
        self.headers += new.items()
        self.names.update(new)


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
