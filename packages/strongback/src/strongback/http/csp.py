"""Content Security Policy Level 3: a policy as a value, nonces per response, report-only, a report collector.

ASVS v5.0.0-3.4.3 (policy, nonces), 3.4.6 (frame-ancestors), 3.4.7 (report location).
"""

import asyncio
import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from strongback.errors import ConfigurationError
from strongback.events import Event, EventName
from strongback.http.asgi import ASGIApp, Head, Receive, Scope, Send, client_address, header
from strongback.http.problems import refuse
from strongback.http.proxies import address_key
from strongback.http.steps import Instead, Steps, When, guard
from strongback.seams import Clock, EventSink, Randomness
from strongback.stores import Counter

__all__ = [
    "NONCE",
    "ContentSecurityPolicy",
    "CspReports",
    "csp_nonce",
    "new_nonce",
    "nonce_offer",
    "source_hash",
]

NONCE = "'nonce'"
"""Placeholder in a source list, replaced by the response's own `'nonce-…'`."""
_NONCE_BYTES = 18
_READ_WITHIN = 10.0
"""Seconds for the body of a report."""
_SCOPE_KEY = "strongback.csp_nonce"
_SOURCE_KEY = "strongback.csp_nonce_source"
_UNSAFE = ("'unsafe-inline'", "'unsafe-eval'", "*", "http:", "https:", "data:", "'unsafe-hashes'", "blob:")


@dataclass(frozen=True, slots=True)
class ContentSecurityPolicy:
    """Directives and their sources.

    `ConfigurationError` for a policy that protects nothing against scripts.
    """

    directives: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, sources in self.directives.items():
            for part in (name, *sources):
                if not (part.isascii() and part.isprintable()) or not part or any(c in part for c in ";, "):
                    raise ConfigurationError(f"CSP: {part!r} is not one directive name or source")
        scripts = self.directives.get("script-src", self.directives.get("default-src"))
        if scripts is None or any(source in _UNSAFE for source in scripts):
            raise ConfigurationError(
                "CSP: script-src must be present and name no unsafe or scheme-wide source"
            )
        for name in ("object-src", "base-uri", "frame-ancestors"):
            falls_back = name == "object-src" and self.directives.get("default-src") == ("'none'",)
            if name not in self.directives and not falls_back:
                raise ConfigurationError(f"CSP: {name} must be set; default-src does not stand in for it")
        object.__setattr__(self, "directives", MappingProxyType(dict(self.directives)))

    @classmethod
    def for_data(cls) -> "ContentSecurityPolicy":
        """For responses that are not pages: nothing may load, frame or submit."""
        none = ("'none'",)
        return cls(dict.fromkeys(("default-src", "base-uri", "frame-ancestors", "form-action"), none))

    @classmethod
    def for_pages(cls) -> "ContentSecurityPolicy":
        """For HTML: scripts and styles by nonce, everything else from this origin, no frames, no plug-ins."""
        own, none = ("'self'",), ("'none'",)
        return cls(
            {
                "default-src": own,
                "script-src": (NONCE, "'strict-dynamic'"),
                "style-src": ("'self'", NONCE),
                "object-src": none,
                "base-uri": none,
                "frame-ancestors": none,
                "form-action": own,
            }
        )

    def extend(self, **sources: tuple[str, ...]) -> "ContentSecurityPolicy":
        """A policy with sources added; write `img_src` for `img-src`. `'none'` gives way to them."""
        merged = dict(self.directives)
        for name, added in sources.items():
            directive = name.replace("_", "-")
            old = merged.get(directive, merged.get("default-src", ()))
            merged[directive] = (*(s for s in old if s != "'none'"), *added)
        return ContentSecurityPolicy(merged)

    @property
    def uses_nonce(self) -> bool:
        """Whether a response needs a nonce, and so must not be cached."""
        return any(NONCE in sources for sources in self.directives.values())

    def render(self, nonce: str, report_path: str | None = None) -> str:
        """The header value for one response."""
        parts = [
            " ".join((name, *(f"'nonce-{nonce}'" if s == NONCE else s for s in sources)))
            for name, sources in self.directives.items()
        ]
        if report_path is not None:
            parts += [f"report-uri {report_path}", "report-to csp"]
        return "; ".join(parts)


def source_hash(text: str) -> str:
    """The source that permits an inline script or style of exactly this text, on pages that may be cached."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def new_nonce(rng: Randomness) -> str:
    """144 fresh random bits in base64 (CSP3 §2.3 asks for at least 128)."""
    return base64.b64encode(rng.token(_NONCE_BYTES)).decode()


def csp_nonce(scope: Scope) -> str:
    """The nonce of this response, for templates: made when first asked for, the same until the response ends.

    Raises ConfigurationError outside `SecurityHeaders`.
    """
    nonce = scope.get(_SCOPE_KEY)
    if isinstance(nonce, str):
        return nonce
    source = scope.get(_SOURCE_KEY)
    if source is None:
        raise ConfigurationError("csp_nonce() needs the SecurityHeaders control around the application")
    scope[_SCOPE_KEY] = fresh = new_nonce(source)
    return fresh


def nonce_offer(rng: Randomness) -> dict[str, object]:
    """What lets `csp_nonce` make one for a response; one that came with the scope is forgotten."""
    return {_SCOPE_KEY: None, _SOURCE_KEY: rng}


class CspReports:
    """Collects violation reports at one path: bounded in size and rate, never echoed, into the event log.

    The control stands outside CSRF protection and body limits, since browsers send reports without a page.
    """

    def __init__(
        self,
        *,
        store: Counter,
        clock: Clock,
        events: EventSink,
        path: str = "/csp-reports",
        max_bytes: int = 16_384,
        per_minute: int = 20,
    ) -> None:
        if not path.startswith("/") or any(c in path for c in ";, \r\n"):
            raise ConfigurationError("CspReports: the path must be a plain absolute path")
        self.path = path
        self._store = store
        self._clock = clock
        self._events = events
        self._max_bytes = max_bytes
        self._per_minute = per_minute

    def around(self, app: ASGIApp) -> ASGIApp:
        """Guard `app`: requests for the path end here."""
        return guard(app, self)

    def steps(self) -> Steps:
        """See `Steps`."""
        return Steps(enter=self._enter, when=When(path=self.path))

    def _enter(self, scope: Scope, head: Head, receive: Receive) -> Instead | None:
        ours = scope["path"] == self.path and scope["type"] == "http"
        return Instead(self._collect) if ours else None

    async def _collect(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind = (header(scope, b"content-type") or "").split(";")[0].strip().lower()
        if scope["method"] != "POST" or kind not in {"application/csp-report", "application/reports+json"}:
            await refuse(scope, send, 405 if scope["method"] != "POST" else 415)
            return
        key = b"csp:" + address_key(client_address(scope))
        if not (await self._store.hit(key, limit=self._per_minute, window=60)).admitted:
            await refuse(scope, send, 429)
            return
        try:
            # Outside of the request limits, so that a sender who takes its time is ended here.
            async with asyncio.timeout(_READ_WITHIN):
                body = await self._read(receive)
        except TimeoutError:
            await refuse(scope, send, 408)
            return
        if body is None:
            return
        if len(body) > self._max_bytes:
            await refuse(scope, send, 413)
            return
        for report in _reports(body):
            self._events.emit(Event(EventName.CSP_VIOLATION, self._clock.now(), detail=dict(report)))
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def _read(self, receive: Receive) -> bytes | None:
        """The body, or the beginning of one that is too large; None if the client left."""
        body, more = b"", True
        while more and len(body) <= self._max_bytes:
            message = await receive()
            if message["type"] != "http.request":
                return None
            body += message.get("body", b"")
            more = message.get("more_body", False)
        return body


_FIELDS = {
    "blocked": ("blocked-uri", "blockedURL"),
    "directive": ("effective-directive", "effectiveDirective", "violated-directive"),
    "document": ("document-uri", "documentURL"),
    "source": ("source-file", "sourceFile"),
    "line": ("line-number", "lineNumber"),
    "disposition": ("disposition",),
}


def _reports(body: bytes) -> list[dict[str, str | int]]:
    """Known fields of at most 10 reports in either wire form; anything else is dropped."""
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        return []
    rows = parsed if isinstance(parsed, list) else [parsed]
    found = []
    for row in rows[:10]:
        inner = (row.get("csp-report") or row.get("body")) if isinstance(row, dict) else None
        if isinstance(inner, dict):
            picked = {
                ours: next((inner[t] for t in theirs if t in inner), None) for ours, theirs in _FIELDS.items()
            }
            found.append({k: _without_query(v) for k, v in picked.items() if isinstance(v, str | int)})
    return found


def _without_query(value: str | int) -> str | int:
    # Query strings and fragments of reported pages may carry tokens.
    return value if isinstance(value, int) else value.split("?")[0].split("#")[0][:512]
