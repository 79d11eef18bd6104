"""Access tokens: one issuer, one audience, one type, a short life (RFC 9068, RFC 8725).

ASVS v5.0.0-9.2.1 to 9.2.4, 7.4.1 (revocation of stateless tokens), 10.3.5 (bound to a key).
"""

import hashlib
import json
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from joserfc.jwk import OctKey

from strongback.errors import ConfigurationError
from strongback.events import Event, EventName
from strongback.http.asgi import ASGIApp, Head, Receive, Scope, Start, headers_named
from strongback.http.steps import Plain, Refusal, Steps, When, guard
from strongback.identity import Principal
from strongback.keys import KeyRing
from strongback.seams import Clock, EventSink, Randomness
from strongback.stores import Index
from strongback.tokens.dpop import ALGORITHMS, DpopProofs, NonceWantedError, ProofRejectedError, confirmed_by
from strongback.tokens.jws import TokenRejectedError, VerificationKey, open_jws, parse_object, sign_jws

__all__ = ["AccessTokens", "BearerTokens", "Claims"]

_RESERVED = frozenset({"iss", "aud", "sub", "exp", "nbf", "iat", "jti", "scope", "roles", "epoch", "amr"})
_CREDENTIAL = frozenset({b"authorization"})
_LATEST = 1e11
"""A time beyond which a number is no date but an attack on arithmetic; also excludes NaN and infinity."""


@dataclass(frozen=True, slots=True)
class Claims:
    """Validated claims."""

    subject: str
    token_id: str
    issued_at: float
    expires_at: float
    scopes: frozenset[str]
    roles: frozenset[str]
    factors: frozenset[str]
    epoch: int
    extra: Mapping[str, Any]


class AccessTokens:
    """Issues and verifies access tokens.

    `keys` by `kid`; the first signs. `lifetime` in seconds, at most one hour, also bounds what is accepted.
    `leeway` covers clocks that differ. Nothing secret belongs into a token: anyone can read it.
    """

    def __init__(
        self,
        *,
        issuer: str,
        audience: str,
        keys: Mapping[str, VerificationKey],
        clock: Clock,
        rng: Randomness,
        typ: str = "at+jwt",
        lifetime: float = 300,
        leeway: float = 5,
    ) -> None:
        if not issuer or not audience or not keys or not typ:
            raise ConfigurationError("AccessTokens needs an issuer, an audience, a type and at least one key")
        if not 0 < lifetime <= 3600 or not 0 <= leeway <= 60:
            raise ConfigurationError(
                "AccessTokens: lifetime of at most one hour, leeway of at most one minute"
            )
        families = {key.key.key_type == "oct" for key in keys.values()}
        if len(families) > 1:
            raise ConfigurationError("AccessTokens: do not mix secrets and public keys (RFC 8725 §3.1)")
        self._issuer = issuer
        self._audience = audience
        self._keys = dict(keys)
        self._clock = clock
        self._rng = rng
        self._typ = typ
        self._lifetime = lifetime
        self._leeway = leeway

    @classmethod
    def symmetric(
        cls,
        ring: KeyRing,
        *,
        issuer: str,
        audience: str,
        clock: Clock,
        rng: Randomness,
        **settings: Any,
    ) -> "AccessTokens":
        """HS256 under keys derived from a ring, for an application that verifies its own tokens."""
        purpose = f"access token HS256 {hashlib.sha256(audience.encode()).hexdigest()}"
        keys = {
            kid: VerificationKey("HS256", OctKey.import_key(ring.derive(purpose, kid))) for kid in ring.ids
        }
        return cls(issuer=issuer, audience=audience, keys=keys, clock=clock, rng=rng, **settings)

    def issue(
        self,
        subject: str,
        *,
        scopes: frozenset[str] = frozenset(),
        roles: frozenset[str] = frozenset(),
        factors: frozenset[str] = frozenset(),
        epoch: int = 0,
        extra: Mapping[str, Any] | None = None,
    ) -> str:
        """A signed token for `subject`. Raises ConfigurationError for extra claims that are ours."""
        if not subject or _RESERVED & set(extra or {}):
            raise ConfigurationError("a token needs a subject, and extra claims under names of their own")
        now = int(self._clock.now())
        claims = {
            **(extra or {}),
            "iss": self._issuer,
            "aud": self._audience,
            "sub": subject,
            "iat": now,
            "nbf": now,
            "exp": now + int(self._lifetime),
            "jti": self._rng.token(16).hex(),
            "scope": " ".join(sorted(scopes)),
            "roles": sorted(roles),
            "amr": sorted(factors),
            "epoch": epoch,
        }
        kid, key = next(iter(self._keys.items()))
        return sign_jws(json.dumps(claims, separators=(",", ":")).encode(), typ=self._typ, kid=kid, key=key)

    def verify(self, token: str) -> Claims:
        """The claims of a token that is ours, for us, of this type and valid now.

        Raises TokenRejectedError.
        """
        header, payload = open_jws(token, self._keys)
        typ = header.get("typ", "").lower().removeprefix("application/")
        if typ != self._typ.lower():
            raise TokenRejectedError("the type is another")
        claims = parse_object(payload)
        if claims.get("iss") != self._issuer:
            raise TokenRejectedError("the issuer is another")
        audience = claims.get("aud")
        if audience != self._audience and not (isinstance(audience, list) and self._audience in audience):
            raise TokenRejectedError("the audience is another")
        return self._read(claims)

    def _read(self, claims: dict[str, Any]) -> Claims:
        now = self._clock.now()
        issued, expires = _moment(claims, "iat"), _moment(claims, "exp")
        starts = _moment(claims, "nbf") if "nbf" in claims else issued
        if not expires > now - self._leeway:
            raise TokenRejectedError("expired")
        if max(issued, starts) > now + self._leeway:
            raise TokenRejectedError("not valid yet")
        if not 0 < expires - issued <= self._lifetime + self._leeway:
            raise TokenRejectedError("its life is longer than we issue")
        subject, token_id, scope = claims.get("sub"), claims.get("jti"), claims.get("scope", "")
        epoch = claims.get("epoch", 0)
        texts = all(isinstance(text, str) for text in (subject, token_id, scope))
        if not texts or not subject or not token_id or type(epoch) is not int:
            raise TokenRejectedError("a claim is missing or of the wrong type")
        return Claims(
            subject=str(subject),
            token_id=str(token_id),
            issued_at=issued,
            expires_at=expires,
            scopes=frozenset(str(scope).split()),
            roles=_names(claims, "roles"),
            factors=_names(claims, "amr"),
            epoch=epoch,
            extra={name: value for name, value in claims.items() if name not in _RESERVED},
        )


def _moment(claims: dict[str, Any], name: str) -> float:
    value = claims.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value < _LATEST:
        raise TokenRejectedError(f"{name} is no time")
    return float(value)


def _names(claims: dict[str, Any], name: str) -> frozenset[str]:
    value = claims.get(name, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise TokenRejectedError(f"{name} is no list of names")
    return frozenset(value)


@dataclass(frozen=True, slots=True)
class _Request:
    """What a proof of possession is about."""

    proofs: list[str]
    method: str
    url: str


class BearerTokens:
    """Authenticates requests by `Authorization: Bearer` (RFC 6750); a bad token is 401, none is nobody.

    With `revocations`, a token whose `epoch` is older than its subject's is refused at once; raise it with
    `revocations.revoke(epoch_key(subject))`. With `scoped=False` (first-party tokens) roles alone decide.

    With `proofs` and the `origin` that clients call, also by `Authorization: DPoP` (RFC 9449). A token that
    is bound to a key is never taken without its proof; with `bound=True` no other token is taken at all.
    """

    def __init__(
        self,
        tokens: AccessTokens,
        *,
        clock: Clock,
        events: EventSink,
        revocations: Index | None = None,
        scoped: bool = True,
        proofs: DpopProofs | None = None,
        origin: str | None = None,
        bound: bool = False,
    ) -> None:
        if (proofs is None) != (origin is None) or (bound and proofs is None):
            raise ConfigurationError("BearerTokens: proofs need an origin, and bound needs proofs")
        self.tokens = tokens
        self._clock = clock
        self._events = events
        self._revocations = revocations
        self._scoped = scoped
        self._proofs = proofs
        self._origin = origin
        self._bound = bound

    @staticmethod
    def epoch_key(subject: str) -> bytes:
        """The index owner whose epoch invalidates a subject's tokens."""
        return b"tokens:" + hashlib.sha256(subject.encode()).digest()

    async def authenticate(self, authorization: str, request: _Request | None = None) -> Principal:
        """The principal of an `Authorization` header. Raises TokenRejectedError."""
        kind, _, token = authorization.partition(" ")
        token = token.strip(" ")
        proven = kind.lower() == "dpop" and self._proofs is not None
        if not token or not (proven or kind.lower() == "bearer"):
            raise TokenRejectedError("not a bearer token")
        claims = self.tokens.verify(token)
        key = confirmed_by(claims.extra)
        if proven and self._proofs is not None:
            if request is None or len(request.proofs) != 1:
                raise ProofRejectedError("one proof is wanted")
            signer = await self._proofs.check(
                request.proofs[0], method=request.method, url=request.url, token=token
            )
            if key is None or signer != key:
                raise ProofRejectedError("the proof is of another key than the token's")
        elif key is not None or self._bound:
            raise TokenRejectedError("a token without its proof")
        if self._revocations is not None:
            current = await self._revocations.epoch(self.epoch_key(claims.subject))
            if claims.epoch < current:
                raise TokenRejectedError("revoked")
        return Principal(
            subject=claims.subject,
            roles=claims.roles,
            scopes=claims.scopes if self._scoped else None,
            authenticated_at=claims.issued_at,
            factors=claims.factors,
            attributes=claims.extra,
        )

    def around(self, app: ASGIApp) -> ASGIApp:
        """Guard `app`."""
        return guard(app, self)

    def steps(self) -> Steps:
        """See `Steps`."""
        return Steps(enter=self._enter, when=When(headers=_CREDENTIAL), leave=self._leave, plain=Plain())

    def _enter(self, scope: Scope, head: Head, receive: Receive) -> Awaitable[Refusal | None] | None:
        if not head.sent(b"authorization"):
            return None
        return self._check(scope, headers_named(scope, b"authorization"))

    def _request(self, scope: Scope) -> _Request | None:
        if self._origin is None:
            return None
        proofs = [value.decode("latin-1") for value in headers_named(scope, b"dpop")]
        path = scope.get("raw_path") or quote(scope["path"]).encode()
        method = "GET" if scope["type"] == "websocket" else str(scope["method"])
        return _Request(proofs, method, self._origin + path.decode("latin-1"))

    async def _check(self, scope: Scope, values: list[bytes]) -> Refusal | None:
        try:
            if len(values) != 1:
                raise TokenRejectedError("several Authorization headers")
            asked = values[0].decode("latin-1")
            scope["strongback.principal"] = await self.authenticate(asked, self._request(scope))
        except TokenRejectedError as error:
            detail = {"reason": error.reason, "path": scope["path"]}
            self._events.emit(Event(EventName.TOKEN_REJECTED, self._clock.now(), detail=detail))
            return Refusal(401, self._challenge(error))
        return None

    def _challenge(self, error: TokenRejectedError | None) -> tuple[tuple[bytes, bytes], ...]:
        """`WWW-Authenticate`, one for each way in (RFC 6750 §3, RFC 9449 §7.1), and a nonce if wanted."""
        reason = "" if error is None else ' error="invalid_token"'
        ways = [] if self._bound else [f"Bearer{reason}"]
        if self._proofs is not None:
            if isinstance(error, NonceWantedError):
                reason = ' error="use_dpop_nonce"'
            elif isinstance(error, ProofRejectedError):
                reason = ' error="invalid_dpop_proof"'
            ways.append(f'DPoP{reason}{"," if reason else ""} algs="{" ".join(ALGORITHMS)}"')
        found = [(b"www-authenticate", ", ".join(ways).encode())]
        nonce = self._proofs.nonce() if self._proofs is not None and error is not None else None
        return (*found, *([(b"dpop-nonce", nonce.encode())] if nonce else []))

    def _leave(self, scope: Scope, start: Start) -> None:
        if start.status == 401:
            start.put(self._challenge(None), keep=True)
