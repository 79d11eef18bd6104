"""Cross-origin resource sharing for exact origins only (Fetch standard, CORS protocol).

ASVS v5.0.0-3.4.2, 3.5.2. `*`, `null`, patterns and plain http are refused at construction.
"""

from collections.abc import Iterable
from urllib.parse import urlsplit

from strongback.errors import ConfigurationError
from strongback.http.asgi import ASGIApp, Message, Receive, Scope, Send, header, set_header

__all__ = ["Cors", "check_origin"]

_SAFELISTED = frozenset({"accept", "accept-language", "content-language", "content-type"})
_MAX_AGE = 7200


def check_origin(origin: str, *, allow_local: bool = True) -> str:
    """The origin in its serialised form. Raises ConfigurationError unless it is exactly one https origin.

    `http://localhost` and `http://127.0.0.1`, with any port, pass for development when `allow_local`.
    """
    parts = urlsplit(origin)
    local = (
        allow_local and parts.scheme == "http" and parts.hostname in {"localhost", "127.0.0.1", "testserver"}
    )
    exact = origin == f"{parts.scheme}://{parts.netloc}" and parts.hostname and "@" not in parts.netloc
    if not exact or "*" in origin or origin != origin.lower() or not (parts.scheme == "https" or local):
        raise ConfigurationError(
            f"{origin!r} is not one exact origin such as 'https://app.example.com' (no '*', 'null', path "
            f"or case)"
        )
    return origin


class Cors:
    """Answers preflights and labels responses for the origins given, and for no other.

    With `credentials` browsers send cookies along; origins stay exact either way. A preflight from another
    origin, or for another method or header, gets no permission and never reaches the application.
    """

    def __init__(
        self,
        origins: Iterable[str],
        *,
        credentials: bool = False,
        methods: Iterable[str] = ("GET", "HEAD", "POST"),
        headers: Iterable[str] = ("authorization",),
        expose: Iterable[str] = (),
        max_age: int = 600,
    ) -> None:
        self.origins = frozenset(check_origin(origin) for origin in origins)
        self._credentials = credentials
        self._methods = frozenset(m.upper() for m in methods)
        self._headers = frozenset(h.lower() for h in headers) | _SAFELISTED
        if not self.origins or "*" in self._methods | self._headers | frozenset(expose):
            raise ConfigurationError("Cors: name origins, methods and headers; '*' is not one")
        self._expose = ", ".join(sorted(expose))
        self._max_age = min(max_age, _MAX_AGE)

    def around(self, app: ASGIApp) -> ASGIApp:
        """Guard `app`."""

        async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                await app(scope, receive, send)
                return
            origin = header(scope, b"origin")
            requested = header(scope, b"access-control-request-method")
            if scope["method"] == "OPTIONS" and origin is not None and requested is not None:
                await self._preflight(scope, send, origin, requested)
                return

            async def labelled(message: Message) -> None:
                if message["type"] == "http.response.start":
                    self._label(message, origin)
                await send(message)

            await app(scope, receive, labelled)

        return guarded

    def _label(self, message: Message, origin: str | None) -> None:
        # An application or a route that adds its own permissions would widen ours.
        message["headers"] = [
            (k, v) for k, v in message.get("headers", ()) if not k.lower().startswith(b"access-control-")
        ]
        vary = [v.decode("latin-1") for k, v in message["headers"] if k.lower() == b"vary"]
        set_header(message, b"vary", ", ".join([*vary, "Origin"]))
        if origin not in self.origins or origin is None:
            return
        set_header(message, b"access-control-allow-origin", origin)
        set_header(message, b"cross-origin-resource-policy", "cross-origin")
        if self._credentials:
            set_header(message, b"access-control-allow-credentials", "true")
        if self._expose:
            set_header(message, b"access-control-expose-headers", self._expose)

    async def _preflight(self, scope: Scope, send: Send, origin: str, method: str) -> None:
        asked = header(scope, b"access-control-request-headers") or ""
        wanted = {name.strip().lower() for name in asked.split(",") if name.strip()}
        permitted = origin in self.origins and method in self._methods and wanted <= self._headers
        message: Message = {
            "type": "http.response.start",
            "status": 204 if permitted else 403,
            "headers": [(b"vary", b"Origin, Access-Control-Request-Method, Access-Control-Request-Headers")],
        }
        if permitted:
            set_header(message, b"access-control-allow-origin", origin)
            set_header(message, b"access-control-allow-methods", ", ".join(sorted(self._methods)))
            set_header(message, b"access-control-allow-headers", ", ".join(sorted(self._headers)))
            set_header(message, b"access-control-max-age", str(self._max_age))
            if self._credentials:
                set_header(message, b"access-control-allow-credentials", "true")
        await send(message)
        await send({"type": "http.response.body", "body": b""})
