"""Security headers on every response, errors included; only pages get a page's policy.

ASVS v5.0.0-3.4.1 (HSTS), 3.4.3 to 3.4.8, 4.1.1 (charset), 13.4.6 (no version), 14.3.2 (no-store).
"""

import re
from dataclasses import dataclass, field

from strongback.errors import ConfigurationError
from strongback.http.asgi import PRINCIPAL, ASGIApp, Scope, Start, principal_of
from strongback.http.csp import ContentSecurityPolicy, csp_nonce, nonce_offer
from strongback.http.steps import Plain, Steps, guard
from strongback.seams import Randomness, SystemRandomness

__all__ = ["SecurityHeaders"]

_YEAR = 31_536_000
_DISCLOSING = frozenset({b"server", b"x-powered-by", b"x-aspnet-version", b"x-runtime"})
_PERMISSIONS = b"accelerometer=(), camera=(), geolocation=(), gyroscope=(), microphone=(), payment=(), usb=()"
# Browsers also run scripts in these XML types, so they are pages.
_PAGES = frozenset({"text/html", "application/xhtml+xml", "image/svg+xml", "text/xml", "application/xml"})
_ALWAYS = ((b"x-frame-options", b"DENY"), (b"cross-origin-resource-policy", b"same-origin"))
# These speak about documents (ASVS v5.0.0-3.4.8 asks for the first where one is rendered): on data they would
# only cost every response its bytes and the server its checks.
_ON_PAGES = (
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", _PERMISSIONS),
    (b"x-permitted-cross-domain-policies", b"none"),
)
_NOSNIFF = (b"x-content-type-options", b"nosniff")
_NO_STORE = (b"cache-control", b"no-store")
_BREAKS = re.compile(r"[\r\n\0]")

Pairs = list[tuple[bytes, bytes]]


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

    def __post_init__(self) -> None:
        if self.hsts_seconds < _YEAR:
            raise ConfigurationError(
                "SecurityHeaders: HSTS below one year (31536000) misses ASVS v5.0.0-3.4.1"
            )
        if self.report_path is not None and _BREAKS.search(self.report_path):
            raise ConfigurationError("SecurityHeaders: the path for reports holds a line break")

    def around(self, app: ASGIApp) -> ASGIApp:
        """Guard `app`."""

        return guard(app, self)

    def steps(self) -> Steps:
        """See `Steps`."""
        return Steps(offers=nonce_offer(self.rng), leave=self._leave, plain=self._plain())

    def _plain(self) -> Plain | None:
        """What a response with data gets is made once, unless its policy names a nonce."""
        if self.data.uses_nonce:
            return None
        kept = self._kept({}, page=False)
        anyone = [[*kept, *self._replaced(secure=secure)] for secure in (False, True)]
        someone = [[*pairs, _NO_STORE] for pairs in anyone]

        def adds(scope: Scope) -> Pairs:
            return (anyone if scope.get(PRINCIPAL) is None else someone)[scope.get("scheme") == "https"]

        return Plain(unless=_DISCLOSING | {name for name, _ in someone[True]}, adds=adds)

    def _kept(self, scope: Scope, *, page: bool) -> Pairs:
        """What an application may set itself."""
        policy = self.pages if page else self.data
        policies = [(b"content-security-policy", policy)]
        if self.report_only is not None and page:
            policies.append((b"content-security-policy-report-only", self.report_only))
        found = [
            (name, p.render(csp_nonce(scope) if p.uses_nonce else "", self.report_path).encode("latin-1"))
            for name, p in policies
        ]
        found.append((b"referrer-policy", b"strict-origin-when-cross-origin" if page else b"no-referrer"))
        if self.report_path is not None:
            found.append((b"reporting-endpoints", f'csp="{self.report_path}"'.encode("latin-1")))
        return [*found, *_ALWAYS, *(_ON_PAGES if page else ())]

    def _replaced(self, *, secure: bool) -> Pairs:
        """What nobody else decides."""
        if not secure:
            return [_NOSNIFF]
        preload = "; preload" if self.hsts_preload else ""
        value = f"max-age={self.hsts_seconds}; includeSubDomains{preload}"
        return [_NOSNIFF, (b"strict-transport-security", value.encode("latin-1"))]

    def _leave(self, scope: Scope, start: Start) -> None:
        if start.status is None:
            return
        if not _DISCLOSING.isdisjoint(start):
            start.replace(pair for pair in start.headers if pair[0] not in _DISCLOSING)
        kind = start.get(b"content-type", b"").decode("latin-1")
        bare = kind.split(";")[0].strip().lower()
        page = bare in _PAGES
        if bare.startswith("text/") and "charset" not in kind.lower():
            start.put([(b"content-type", f"{bare}; charset=utf-8".encode("latin-1"))])
        start.put(self._kept(scope, page=page), keep=True)
        start.put(self._replaced(secure=scope.get("scheme") == "https"))
        if principal_of(scope) is not None or (page and self.pages.uses_nonce):
            # A nonce that is served twice protects nobody; a shared cache must not hold one user's data.
            start.put((_NO_STORE,))
