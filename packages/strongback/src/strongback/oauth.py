"""Login at another provider: OAuth 2.1 authorization code with PKCE, and OpenID Connect.

ASVS v5.0.0-10.1.2 (bound to the user agent), 10.2.1 (PKCE, state), 10.2.2 (mix-up, `iss`), 10.5.1 (nonce),
10.5.2 (subject), 10.5.3 (issuer of metadata), 10.5.4 (audience); RFC 9700, RFC 9207, RFC 7636, RFC 9126.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlencode, urlsplit

from strongback.errors import ConfigurationError, DeniedError
from strongback.events import Event, EventName
from strongback.redaction import Secret
from strongback.seams import Clock, EventSink, Randomness
from strongback.stores import KV
from strongback.tokens.jws import TokenRejectedError, VerificationKey, open_jws, parse_object

__all__ = ["Identity", "OAuthLogin", "OAuthRejectedError", "Provider", "Started", "discover"]

COOKIE = "__Host-oauth"
_LIFETIME = 600.0
_KEYS_FOR = 3600.0
_AGAIN_AFTER = 60.0
_MAX_BODY = 262_144
_LEEWAY = 60.0
_MAX_REFERENCE = 1024
_ALGORITHMS = frozenset({"RS256", "PS256", "ES256", "Ed25519"})


class OAuthRejectedError(DeniedError):
    """The login was not ours, not of this browser, or not from this provider. The reason is for the log."""

    status = 401


class Client(Protocol):
    """The part of `httpx2.AsyncClient` that is used; pass a `guarded_client`."""

    async def get(self, url: str, *, headers: Mapping[str, str]) -> Any: ...

    async def post(self, url: str, *, data: Mapping[str, str], headers: Mapping[str, str]) -> Any: ...


@dataclass(frozen=True, slots=True)
class Provider:
    """One provider, as configured or discovered. Raises ConfigurationError for an address without TLS."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    algorithms: frozenset[str] = frozenset({"RS256"})
    """Signatures of ID tokens that are accepted."""
    answers_with_issuer: bool = False
    """Whether the provider promises `iss` in its answers (RFC 9207); then an answer without is refused."""
    pushed_endpoint: str | None = None
    """Where requests are pushed (RFC 9126). With it the browser carries a reference only, which it can
    neither read nor change.
    """

    def __post_init__(self) -> None:
        pushed = () if self.pushed_endpoint is None else (self.pushed_endpoint,)
        for url in (self.issuer, self.authorization_endpoint, self.token_endpoint, self.jwks_uri, *pushed):
            parts = urlsplit(url)
            if parts.scheme != "https" or not parts.hostname or parts.fragment or "@" in parts.netloc:
                raise ConfigurationError(f"Provider: {url!r} is no https address")
        if not self.algorithms or self.algorithms - _ALGORITHMS:
            raise ConfigurationError(f"Provider: algorithms are some of {', '.join(sorted(_ALGORITHMS))}")


async def discover(issuer: str, http: Client) -> Provider:
    """The provider's own metadata (OpenID Connect Discovery). Raises ConfigurationError.

    The document must name exactly this issuer, and PKCE with S256 where it names methods.
    """
    found = await _object(http.get(f"{issuer.rstrip('/')}/.well-known/openid-configuration", headers=_JSON))
    if found.get("issuer") != issuer:
        raise ConfigurationError("discover: the document is another issuer's")
    methods = found.get("code_challenge_methods_supported")
    if isinstance(methods, list) and "S256" not in methods:
        raise ConfigurationError("discover: the provider does not do PKCE with S256")
    offered = found.get("id_token_signing_alg_values_supported")
    pushed = found.get("pushed_authorization_request_endpoint")
    algorithms = frozenset(map(str, offered)) & _ALGORITHMS if isinstance(offered, list) else {"RS256"}
    return Provider(
        issuer,
        str(found.get("authorization_endpoint")),
        str(found.get("token_endpoint")),
        str(found.get("jwks_uri")),
        frozenset(algorithms),
        found.get("authorization_response_iss_parameter_supported") is True,
        None if pushed is None else str(pushed),
    )


_JSON = {"accept": "application/json"}


async def _object(answer: Any, status: int = 200) -> dict[str, Any]:
    """The JSON object of an answer. Raises OAuthRejectedError."""
    response = await answer
    if response.status_code != status or len(response.content) > _MAX_BODY:
        raise OAuthRejectedError(f"the provider answered {response.status_code}")
    try:
        return parse_object(response.content)
    except TokenRejectedError:
        raise OAuthRejectedError("the provider's answer is no JSON object") from None


@dataclass(frozen=True, slots=True)
class Started:
    """A login that was sent to the provider."""

    url: str
    """Where to send the browser."""
    cookie: str
    """Value of the cookie `__Host-oauth` (Secure, HttpOnly, SameSite=Lax), which binds the answer to it."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who logged in. Accounts are found by `(issuer, subject)`, never by an address in `claims`."""

    issuer: str
    subject: str
    claims: Mapping[str, Any]
    access_token: Secret
    return_to: str


@dataclass(slots=True)
class _Keys:
    found: dict[str, VerificationKey] = field(default_factory=dict)
    at: float = 0.0


class OAuthLogin:
    """The client's side of a login at one provider.

    State, nonce and PKCE verifier are 256 random bits each, kept in the store under the state's hash for ten
    minutes and taken before anything else is looked at: an answer serves once. `secret` is None for a public
    client. `redirect_uri` is registered with the provider, exactly.
    """

    def __init__(
        self,
        provider: Provider,
        *,
        client_id: str,
        secret: Secret | None,
        redirect_uri: str,
        http: Client,
        store: KV,
        clock: Clock,
        rng: Randomness,
        events: EventSink,
        scopes: frozenset[str] = frozenset({"openid"}),
    ) -> None:
        if "openid" not in scopes or urlsplit(redirect_uri).scheme != "https" or not client_id:
            raise ConfigurationError("OAuthLogin: a client id, an https redirect_uri, the scope openid")
        self._provider = provider
        self._client_id = client_id
        self._secret = secret
        self._redirect_uri = redirect_uri
        self._http = http
        self._store = store
        self._clock = clock
        self._rng = rng
        self._events = events
        self._scopes = scopes
        self._keys = _Keys()

    def _random(self) -> str:
        return base64.urlsafe_b64encode(self._rng.token(32)).decode().rstrip("=")

    async def start(self, return_to: str = "/") -> Started:
        """Begin a login. `return_to` is a path of ours. Raises ConfigurationError for anything else, and
        OAuthRejectedError where the provider does not take a pushed request.
        """
        if not return_to.startswith("/") or return_to[1:2] in {"/", "\\"} or not return_to.isprintable():
            raise ConfigurationError("return_to is a path of this site")
        state, nonce, verifier, cookie = (self._random() for _ in range(4))
        kept = {"nonce": nonce, "verifier": verifier, "cookie": _hash(cookie), "return_to": return_to}
        await self._store.put(self._key(state), json.dumps(kept).encode(), ttl=_LIFETIME)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest())
        base = urlsplit(self._provider.authorization_endpoint)
        asked = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": self._redirect_uri,
            "scope": " ".join(sorted(self._scopes)),
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge.decode().rstrip("="),
            "code_challenge_method": "S256",
        }
        if self._provider.pushed_endpoint is not None:
            asked = await self._pushed(self._provider.pushed_endpoint, asked)
        query = [*parse_qsl(base.query), *asked.items()]
        return Started(base._replace(query=urlencode(query)).geturl(), cookie)

    async def _pushed(self, endpoint: str, asked: dict[str, str]) -> dict[str, str]:
        """What is left for the browser to carry (RFC 9126 §4)."""
        try:
            answer = await _object(
                self._http.post(endpoint, data=asked, headers=self._authenticated(asked)), status=201
            )
            reference, lasts = answer.get("request_uri"), answer.get("expires_in")
            if not isinstance(reference, str) or not 0 < len(reference) <= _MAX_REFERENCE:
                raise OAuthRejectedError("the provider gave no reference")
            if type(lasts) is not int or lasts <= 0:
                raise OAuthRejectedError("the provider's reference has no time")
        except OAuthRejectedError as error:
            raise self._rejected(f"pushed request: {error}") from error
        return {"client_id": self._client_id, "request_uri": reference}

    def _authenticated(self, form: dict[str, str]) -> dict[str, str]:
        """Headers by which the provider knows us; a public client only says its name, in the form."""
        if self._secret is None:
            form["client_id"] = self._client_id
            return dict(_JSON)
        pair = urlencode({"": self._client_id})[1:] + ":" + urlencode({"": self._secret.reveal()})[1:]
        return {**_JSON, "authorization": "Basic " + base64.b64encode(pair.encode()).decode()}

    @staticmethod
    def _key(state: str) -> bytes:
        return b"oauth:" + hashlib.sha256(state.encode("utf-8", "surrogatepass")).digest()

    async def finish(self, query: Mapping[str, str], cookie: str | None) -> Identity:
        """Who the provider says logged in. `query` is that of the redirect, `cookie` that of `Started`.

        Raises OAuthRejectedError for whatever is not the answer to a login that this browser began.
        """
        raw = await self._store.take(self._key(query.get("state", "")))
        if raw is None:
            raise self._rejected("no such login is under way")
        kept = json.loads(raw)
        if not hmac.compare_digest(_hash(cookie or ""), kept["cookie"]):
            raise self._rejected("another browser began it")
        issuer = query.get("iss")
        if issuer != self._provider.issuer and (issuer is not None or self._provider.answers_with_issuer):
            raise self._rejected("the answer is another provider's")
        if "error" in query or not query.get("code"):
            raise self._rejected("the provider gave no code")
        try:
            answer = await self._exchange(query["code"], kept["verifier"])
            claims = await self._claims(str(answer.get("id_token", "")), kept["nonce"])
            token = answer.get("access_token")
            if not isinstance(token, str) or str(answer.get("token_type", "")).lower() != "bearer":
                raise OAuthRejectedError("no bearer token")
        except (OAuthRejectedError, TokenRejectedError) as error:
            raise self._rejected(str(error)) from error
        subject = str(claims["sub"])
        detail = {"provider": self._provider.issuer}
        self._events.emit(Event(EventName.LOGIN_SUCCEEDED, self._clock.now(), subject=subject, detail=detail))
        return Identity(self._provider.issuer, subject, claims, Secret(token), kept["return_to"])

    async def _exchange(self, code: str, verifier: str) -> dict[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect_uri,
            "code_verifier": verifier,
        }
        headers = self._authenticated(form)
        return await _object(self._http.post(self._provider.token_endpoint, data=form, headers=headers))

    async def _claims(self, token: str, nonce: str) -> dict[str, Any]:
        """The claims of an ID token (OpenID Connect Core §3.1.3.7). Raises TokenRejectedError."""
        try:
            _, payload = open_jws(token, await self._verification_keys())
        except TokenRejectedError:
            # The provider may have changed its keys; it is asked again, but not at everybody's bidding.
            _, payload = open_jws(token, await self._verification_keys(_AGAIN_AFTER))
        claims, now = parse_object(payload), self._clock.now()
        audience = claims.get("aud")
        mine = audience == self._client_id or audience == [self._client_id]
        shared = isinstance(audience, list) and self._client_id in audience
        if claims.get("iss") != self._provider.issuer:
            raise TokenRejectedError("the issuer is another")
        if not mine and not (shared and claims.get("azp") == self._client_id):
            raise TokenRejectedError("the audience is another")
        if claims.get("azp", self._client_id) != self._client_id:
            raise TokenRejectedError("the authorized party is another")
        if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
            raise TokenRejectedError("the nonce is another")
        expires, issued = claims.get("exp"), claims.get("iat")
        if not all(type(moment) in (int, float) for moment in (expires, issued)):
            raise TokenRejectedError("a time is missing")
        if not now - _LEEWAY < float(str(expires)) or not float(str(issued)) < now + _LEEWAY:
            raise TokenRejectedError("not valid now")
        if not isinstance(claims.get("sub"), str) or not 0 < len(claims["sub"]) <= 255:
            raise TokenRejectedError("no subject")
        return claims

    async def _verification_keys(self, fresh: float = _KEYS_FOR) -> Mapping[str, VerificationKey]:
        now = self._clock.now()
        if not self._keys.found or not 0 <= now - self._keys.at < fresh:
            listed = (await _object(self._http.get(self._provider.jwks_uri, headers=_JSON))).get("keys")
            found: dict[str, VerificationKey] = {}
            for jwk in listed if isinstance(listed, list) else ():
                for algorithm in sorted(self._provider.algorithms):
                    try:
                        found.setdefault(str(jwk["kid"]), VerificationKey.from_jwk(jwk, algorithm))
                    except (ConfigurationError, KeyError, TypeError):
                        continue
            self._keys = _Keys(found, now)
        return self._keys.found

    def _rejected(self, reason: str) -> OAuthRejectedError:
        detail = {"provider": self._provider.issuer, "reason": reason}
        self._events.emit(Event(EventName.LOGIN_FAILED, self._clock.now(), detail=detail))
        return OAuthRejectedError(reason)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
