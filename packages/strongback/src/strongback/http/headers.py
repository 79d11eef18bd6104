"""Security headers on every response, errors included; only pages get a page's policy.

ASVS v5.0.0-3.4.1 (HSTS), 3.4.3 to 3.4.8, 4.1.1 (charset), 13.4.6 (no version), 14.3.2 (no-store).
"""

from dataclasses import dataclass, field

from strongback.errors import ConfigurationError
from strongback.http.asgi import ASGIApp, Message, Receive, Scope, Send, principal_of, set_header, set_headers
from strongback.http.csp import ContentSecurityPolicy, new_nonce
from strongback.seams import Randomness, SystemRandomness

__all__ = ["SecurityHeaders"]

_YEAR = 31_536_000
_DISCLOSING = frozenset({b"server", b"x-powered-by", b"x-aspnet-version", b"x-runtime"})
_PERMISSIONS = b"accelerometer=(), camera=(), geolocation=(), gyroscope=(), microphone=(), payment=(), usb=()"
_ALWAYS = {
    b"x-frame-options": b"DENY",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"permissions-policy": _PERMISSIONS,
    b"x-permitted-cross-domain-policies": b"none",
}


@dataclass(frozen=True, slots=True)
class SecurityHeaders:
    """Adds what is missing and never weakens what the application set itself.

    The policy is chosen by the response's content type. `report_only` is sent beside the enforced policy,
    for trying a stricter one. HSTS is sent over https alone, as RFC 6797 §7.2 demands.
    """

    pages: ContentSecurityPolicy = field(default_factory=ContentSecurityPolicy.for_pages)
    data: ContentSecurityPolicy = field(default_factory=ContentSecurityPolicy.for_data)
    report_only: ContentSecurityPolicy | None = None
    report_path: str | None = None
    """Where `CspReports` listens."""
    hsts_seconds: int = _YEAR
    hsts_preload: bool = False
    rng: Randomness = field(default_factory=SystemRandomness)
    _fixed: bytes = field(init=False, repr=False, default=b"")
    """The policy of data, which is the same for every response unless it names a nonce."""

    def __post_init__(self) -> None:
        if not self.data.uses_nonce:
            object.__setattr__(self, "_fixed", self.data.render("", self.report_path).encode("latin-1"))
        if self.hsts_seconds < _YEAR:
            raise ConfigurationError(
                "SecurityHeaders: HSTS below one year (31536000) misses ASVS v5.0.0-3.4.1"
            )

    def around(self, app: ASGIApp) -> ASGIApp:
        """Guard `app`."""

        async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                await app(scope, receive, send)
                return
            scope["strongback.csp_nonce"] = nonce = new_nonce(self.rng)

            async def decorate(message: Message) -> None:
                if message["type"] == "http.response.start":
                    self._decorate(scope, message, nonce)
                await send(message)

            await app(scope, receive, decorate)

        return guarded

    def _decorate(self, scope: Scope, message: Message, nonce: str) -> None:
        headers: list[tuple[bytes, bytes]] = []
        kind = ""
        for pair in message.get("headers", ()):
            name = pair[0].lower()
            if name == b"content-type":
                kind = pair[1].decode("latin-1")
            if name not in _DISCLOSING:
                headers.append(pair)
        message["headers"] = headers
        bare = kind.split(";")[0].strip().lower()
        # Browsers also run scripts in these XML types, so they are pages.
        page = bare in {"text/html", "application/xhtml+xml", "image/svg+xml", "text/xml", "application/xml"}
        if bare.startswith("text/") and "charset" not in kind.lower():
            set_header(message, b"content-type", f"{bare}; charset=utf-8")
        policy = self.pages if page else self.data
        kept = {
            b"content-security-policy": (b"" if page else self._fixed)
            or policy.render(nonce, self.report_path).encode("latin-1"),
            b"referrer-policy": b"strict-origin-when-cross-origin" if page else b"no-referrer",
            **_ALWAYS,
        }
        if self.report_only is not None and page:
            value = self.report_only.render(nonce, self.report_path)
            kept[b"content-security-policy-report-only"] = value.encode("latin-1")
        if self.report_path is not None:
            kept[b"reporting-endpoints"] = f'csp="{self.report_path}"'.encode("latin-1")
        set_headers(message, kept.items(), keep=True)
        replaced = {b"x-content-type-options": b"nosniff"}
        if scope.get("scheme") == "https":
            preload = "; preload" if self.hsts_preload else ""
            value = f"max-age={self.hsts_seconds}; includeSubDomains{preload}"
            replaced[b"strict-transport-security"] = value.encode("latin-1")
        set_headers(message, replaced.items())
        if principal_of(scope) is not None or (page and policy.uses_nonce):
            # A nonce that is served twice protects nobody; a shared cache must not hold one user's data.
            set_header(message, b"cache-control", "no-store")
