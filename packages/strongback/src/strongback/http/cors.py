"""Cross-origin resource sharing for exact origins only (Fetch standard, CORS protocol).

ASVS v5.0.0-3.4.2, 3.5.2. `*`, `null`, patterns and plain http are refused at construction.
"""

from collections.abc import Iterable
from urllib.parse import urlsplit

from strongback.errors import ConfigurationError
from strongback.http.asgi import ASGIApp, Head, Message, Receive, Scope, Send, Start, header
from strongback.http.steps import Instead, Steps, When, guard

__all__ = ["Cors", "check_origin"]

_SAFELISTED = frozenset({"accept", "accept-language", "content-language", "content-type"})
_PREFLIGHT = frozenset({b"access-control-request-method"})
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
        self._methods = frozenset(m.upper() for m in methods)
        self._headers = frozenset(h.lower() for h in headers) | _SAFELISTED
        if not self.origins or "*" in self._methods | self._headers | frozenset(expose):
            raise ConfigurationError("Cors: name origins, methods and headers; '*' is not one")
        attached = [(b"access-control-allow-credentials", b"true")] if credentials else []
        self._permission = [(b"cross-origin-resource-policy", b"cross-origin"), *attached]
        if expose := ", ".join(sorted(expose)):
            self._permission.append((b"access-control-expose-headers", expose.encode("latin-1")))
        self._preflight_permission = [
            (b"access-control-allow-methods", ", ".join(sorted(self._methods)).encode("latin-1")),
            (b"access-control-allow-headers", ", ".join(sorted(self._headers)).encode("latin-1")),
            (b"access-control-max-age", str(min(max_age, _MAX_AGE)).encode()),
            *attached,
        ]

    def around(self, app: ASGIApp) -> ASGIApp:
        """Guard `app`."""
        return guard(app, self)

    def steps(self) -> Steps:
        """See `Steps`."""
        return Steps(enter=self._enter, when=When(headers=_PREFLIGHT), leave=self._leave)

    def _enter(self, scope: Scope, head: Head, receive: Receive) -> Instead | None:
        asks = scope["type"] == "http" and scope["method"] == "OPTIONS"
        if asks and b"origin" in head and b"access-control-request-method" in head:
            return Instead(self._preflight)
        return None

    def _leave(self, scope: Scope, start: Start) -> None:
        if scope["type"] != "http":
            return
        # An application or a route that adds its own permissions would widen ours.
        if any(name.startswith(b"access-control-") for name in start):
            start.replace(pair for pair in start.headers if not pair[0].startswith(b"access-control-"))
        vary = [value for name, value in start.headers if name == b"vary"] if b"vary" in start else ()
        start.put([(b"vary", b", ".join((*vary, b"Origin")))])
        origin = header(scope, b"origin")
        if origin is not None and origin in self.origins:
            start.put([(b"access-control-allow-origin", origin.encode()), *self._permission])

    async def _preflight(self, scope: Scope, receive: Receive, send: Send) -> None:
        origin = header(scope, b"origin")
        method = header(scope, b"access-control-request-method")
        asked = header(scope, b"access-control-request-headers") or ""
        wanted = {name.strip().lower() for name in asked.split(",") if name.strip()}
        permitted = origin in self.origins and method in self._methods and wanted <= self._headers
        headers = [(b"vary", b"Origin, Access-Control-Request-Method, Access-Control-Request-Headers")]
        if permitted and origin is not None:
            headers += [(b"access-control-allow-origin", origin.encode()), *self._preflight_permission]
        message: Message = {
            "type": "http.response.start",
            "status": 204 if permitted else 403,
            "headers": headers,
        }
        await send(message)
        await send({"type": "http.response.body", "body": b""})
