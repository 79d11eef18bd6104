"""Cross-site request forgery: Fetch Metadata first, Origin next, a session-bound token for the rest.

ASVS v5.0.0-3.5.1 to 3.5.3, 3.5.8 (resource isolation), 4.4.2 (WebSocket origin); W3C Fetch Metadata.
"""

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass

from strongback.events import Event, EventName
from strongback.http.asgi import ASGIApp, Head, Receive, Scope, cookies, header, headers_named
from strongback.http.cors import check_origin
from strongback.http.steps import Refusal, Steps, When, guard
from strongback.keys import KeyRing
from strongback.seams import Clock, EventSink, Randomness

__all__ = ["Csrf", "CsrfRequest"]

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_PURPOSE = "csrf token v1"
_RANDOM_BYTES = 16
# Without any of them a request carries no authority of a browser, and no site is known to have caused it.
_ATTRIBUTED = frozenset({b"cookie", b"origin", b"sec-fetch-site"})
_TOKEN_BYTES = _RANDOM_BYTES + 32
_EMBEDS = frozenset({"object", "embed", "frame", "iframe", "fencedframe"})


@dataclass(frozen=True, slots=True)
class CsrfRequest:
    """What the decision is made from, independent of any framework. Header values as received, or None."""

    method: str
    """HTTP method, or `WEBSOCKET` for a handshake."""
    origin: str | None
    fetch_site: str | None
    fetch_mode: str | None
    fetch_dest: str | None
    token: str | None
    """The `X-CSRF-Token` header."""
    session: str | None
    """The value of the session cookie."""
    cookies: bool
    """Whether the request carries any cookie: authority the browser attached by itself."""


class Csrf:
    """Decides whether a request came from our own pages.

    In order, an unsafe method or a WebSocket handshake passes if `Origin` is one of `origins`; is refused
    if `Origin` is another or `null`, or if `Sec-Fetch-Site` says cross-site or same-site; passes on
    `same-origin` or `none`. With neither header it comes from no current browser: it passes without cookies,
    and with cookies only with a token. `always_token=True` asks for the token in any case. Cross-site reads
    that are not navigations are refused when they carry cookies (resource isolation).
    """

    def __init__(
        self,
        origins: Iterable[str],
        *,
        keys: KeyRing,
        clock: Clock,
        rng: Randomness,
        events: EventSink,
        session_cookie: str = "__Host-session",
        always_token: bool = False,
    ) -> None:
        self.origins = frozenset(check_origin(origin) for origin in origins)
        self._keys = keys
        self._clock = clock
        self._rng = rng
        self._events = events
        self._session_cookie = session_cookie
        self._always_token = always_token

    def token(self, session: str) -> str:
        """A token bound to a session cookie's value; each call differs, so compression reveals nothing
        (BREACH).
        """
        random = self._rng.token(_RANDOM_BYTES)
        tag = self._keys.mac(_PURPOSE, random + session.encode())
        return base64.urlsafe_b64encode(random + tag).decode()

    def token_valid(self, token: str | None, session: str | None) -> bool:
        """Whether `token` was made for `session` by any key of the ring."""
        # The decoder takes the plain alphabet beside the URL-safe one: a token has one spelling only.
        if not token or not session or not token.isascii() or "+" in token or "/" in token:
            return False
        try:
            raw = base64.b64decode(token, altchars=b"-_", validate=True)
        except binascii.Error:
            return False
        if len(raw) != _TOKEN_BYTES:
            return False
        return self._keys.verifies(_PURPOSE, raw[:_RANDOM_BYTES] + session.encode(), raw[_RANDOM_BYTES:])

    def objection(self, request: CsrfRequest) -> str | None:
        """Why the request is refused, or None if it may pass."""
        if request.method in _SAFE:
            return self._isolation(request)
        site = request.fetch_site
        trusted = request.origin in self.origins
        if request.origin is not None and not trusted:
            return "the origin is not ours"
        if site is not None and not trusted and site not in {"same-origin", "none"}:
            return f"the request is {site}"
        if request.method == "WEBSOCKET":
            # Handshakes cannot carry a custom header, so a browser's Origin is all there is.
            return "a handshake with cookies has no origin" if request.cookies and not trusted else None
        attributed = trusted or site is not None
        wanted = request.cookies and (self._always_token or not attributed)
        if wanted and not self.token_valid(request.token, request.session):
            return "no valid token for this session"
        return None

    def _isolation(self, request: CsrfRequest) -> str | None:
        if request.fetch_site not in {"cross-site", "same-site"} or not request.cookies:
            return None
        if request.origin in self.origins:
            return None
        navigation = request.fetch_mode == "navigate" and request.fetch_dest not in _EMBEDS
        return None if navigation and request.method == "GET" else "a cross-site read with cookies"

    def _read(self, scope: Scope) -> CsrfRequest:
        method = "WEBSOCKET" if scope["type"] == "websocket" else str(scope["method"])
        origin = header(scope, b"origin")
        if origin is None and headers_named(scope, b"origin"):
            origin = "ambiguous"
        return CsrfRequest(
            method=method,
            origin=origin,
            fetch_site=header(scope, b"sec-fetch-site"),
            fetch_mode=header(scope, b"sec-fetch-mode"),
            fetch_dest=header(scope, b"sec-fetch-dest"),
            token=header(scope, b"x-csrf-token"),
            session=cookies(scope).get(self._session_cookie),
            cookies=bool(headers_named(scope, b"cookie")),
        )

    def around(self, app: ASGIApp) -> ASGIApp:
        """Guard `app`, HTTP requests and WebSocket handshakes alike."""
        return guard(app, self)

    def steps(self) -> Steps:
        """See `Steps`."""
        return Steps(enter=self._enter, when=When(headers=_ATTRIBUTED))

    def _enter(self, scope: Scope, head: Head, receive: Receive) -> Refusal | None:
        reason = self.objection(self._read(scope))
        if reason is None:
            return None
        detail = {"reason": reason, "path": scope["path"], "origin": header(scope, b"origin")}
        self._events.emit(Event(EventName.CSRF_REJECTED, self._clock.now(), detail=detail))
        return Refusal(403)
