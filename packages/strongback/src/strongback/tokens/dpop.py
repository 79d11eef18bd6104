"""Proof of possession (DPoP, RFC 9449): a token that was stolen is worth nothing without its key.

ASVS v5.0.0-10.3.5 (sender-constrained access tokens).
"""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from strongback.errors import ConfigurationError
from strongback.keys import KeyRing
from strongback.seams import Clock, Randomness
from strongback.stores import KV
from strongback.tokens.jws import TokenRejectedError, VerificationKey, parse_object, segments_of

__all__ = ["DpopKey", "DpopProofs", "NonceWantedError", "ProofRejectedError", "confirmed_by"]

ALGORITHMS = ("ES256", "ES384", "PS256", "Ed25519")
"""Signatures of proofs that are accepted: none with a shared secret (RFC 9449 §4.3)."""
_FAMILIES = {"EC": ("ES256", "ES384"), "RSA": ("PS256",), "OKP": ("Ed25519",)}
_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_HEADER = frozenset({"typ", "alg", "jwk"})
_TYPE = "dpop+jwt"
_MAX_ID = 256
_LATEST = 1e11
"""As for access tokens: what is beyond is no date but an attack on arithmetic."""
_PURPOSE = "dpop nonce v1"
_PORTS = {"https": 443, "http": 80}


class ProofRejectedError(TokenRejectedError):
    """The proof is none, is of another request, or was used before. The reason is for the log alone."""


class NonceWantedError(ProofRejectedError):
    """The proof holds no nonce of ours, or an old one: the client tries again with the one it is given."""


def confirmed_by(claims: Mapping[str, Any]) -> str | None:
    """The thumbprint of the key that a token is bound to (RFC 9449 §6.1), or None for one that is not bound.

    Raises TokenRejectedError for a binding of another kind: it is not known how to demand it.
    """
    if "cnf" not in claims:
        return None
    binding = claims["cnf"]
    if not isinstance(binding, dict) or set(binding) != {"jkt"} or not isinstance(binding["jkt"], str):
        raise TokenRejectedError("the token is bound in a way that is not known")
    return binding["jkt"]


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")


def _place(url: str) -> tuple[str, str, int | None, str] | None:
    """What of an address a proof vouches for, normalised (RFC 3986 §6.2); None for no address."""
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return None
    if not parts.hostname or parts.scheme not in _PORTS or parts.username is not None:
        return None
    return parts.scheme, parts.hostname, port, parts.path or "/"


class DpopProofs:
    """Checks the proof that comes with a request (RFC 9449 §4.3), and that it serves once.

    A proof is accepted for `lifetime` seconds after, and `leeway` before, the time it names; it is remembered
    as long. With `nonces` a proof must hold a nonce of ours, made within `nonce_lifetime` seconds: one that
    was prepared in advance by whoever had the key for a moment then serves nobody.
    """

    def __init__(
        self,
        *,
        store: KV,
        clock: Clock,
        rng: Randomness,
        nonces: KeyRing | None = None,
        lifetime: float = 60,
        leeway: float = 5,
        nonce_lifetime: float = 300,
    ) -> None:
        if not 0 < lifetime <= 600 or not 0 <= leeway <= 60 or not 0 < nonce_lifetime <= 3600:
            raise ConfigurationError(
                "DpopProofs: ten minutes of lifetime, one of leeway, an hour for nonces at most"
            )
        self._store = store
        self._clock = clock
        self._rng = rng
        self._nonces = nonces
        self._lifetime = lifetime
        self._leeway = leeway
        self._nonce_lifetime = nonce_lifetime

    def nonce(self) -> str | None:
        """A nonce for the client's next proof, or None where none is wanted."""
        if self._nonces is None:
            return None
        body = int(self._clock.now()).to_bytes(8, "big") + self._rng.token(8)
        sealed = body + self._nonces.mac(_PURPOSE, body)
        return base64.urlsafe_b64encode(sealed).decode().rstrip("=")

    def _nonce_valid(self, nonce: object) -> bool:
        if self._nonces is None:
            return True
        if not isinstance(nonce, str) or len(nonce) != 64 or not nonce.isascii():
            return False
        try:
            raw = base64.b64decode(nonce, altchars=b"-_", validate=True)
        except binascii.Error:
            return False
        made = int.from_bytes(raw[:8], "big")
        age = self._clock.now() - made
        fresh = -self._leeway <= age <= self._nonce_lifetime
        return self._nonces.verifies(_PURPOSE, raw[:16], raw[16:]) and fresh

    async def check(self, proof: str, *, method: str, url: str, token: str | None = None) -> str:
        """The thumbprint (RFC 7638) of the key that signed a proof for this request, and for `token`.

        Raises ProofRejectedError, and StoreUnavailableError when it cannot be known whether it was used.
        """
        thumbprint, claims = _opened(proof)
        now, issued, proof_id = self._clock.now(), claims.get("iat"), claims.get("jti")
        if claims.get("htm") != method:
            raise ProofRejectedError("the proof is for another method")
        place = _place(str(claims.get("htu")))
        if place is None or place != _place(url):
            raise ProofRejectedError("the proof is for another address")
        if not isinstance(issued, int | float) or isinstance(issued, bool) or not 0 <= issued < _LATEST:
            raise ProofRejectedError("the proof has no time")
        if not -self._leeway <= now - issued <= self._lifetime:
            raise ProofRejectedError("the proof is not of this moment")
        if not isinstance(proof_id, str) or not 0 < len(proof_id) <= _MAX_ID:
            raise ProofRejectedError("the proof has no id")
        if token is not None and not hmac.compare_digest(
            str(claims.get("ath")).encode("utf-8", "replace"), _digest(token).encode()
        ):
            raise ProofRejectedError("the proof is for another token")
        if not self._nonce_valid(claims.get("nonce")):
            raise NonceWantedError("the proof has no nonce of ours")
        used = hashlib.sha256(f"{thumbprint} {proof_id}".encode("utf-8", "surrogatepass")).digest()
        # Remembered for longer than it could be accepted.
        kept = self._lifetime + 2 * self._leeway + 1
        if not await self._store.put(b"dpop:" + used, b"1", ttl=kept, only_if_absent=True):
            raise ProofRejectedError("the proof was used before")
        return thumbprint


def _opened(proof: str) -> tuple[str, dict[str, Any]]:
    """Thumbprint and claims of a proof whose signature is that of the key in its header."""
    try:
        header, _, _ = segments_of(proof)
        fields = parse_object(header)
        jwk, algorithm = fields.get("jwk"), fields.get("alg")
        if set(fields) != _HEADER or fields["typ"] != _TYPE:
            raise ProofRejectedError("the proof's header is not that of one")
        if not isinstance(jwk, dict) or _PRIVATE & set(jwk):
            raise ProofRejectedError("the proof holds no public key alone")
        if algorithm not in _FAMILIES.get(str(jwk.get("kty")), ()):
            raise ProofRejectedError("the proof's algorithm is not its key's")
        key = VerificationKey.from_jwk(jwk, str(algorithm))
        registry = jws.JWSRegistry(algorithms=[key.algorithm])
        # A key of RSA takes more than the library expects; the whole proof is bounded already.
        registry.max_header_length = len(proof)
        opened = jws.deserialize_compact(proof, key.key, registry=registry)
        return key.key.thumbprint(), parse_object(opened.payload)
    except ProofRejectedError:
        raise
    except (TokenRejectedError, ConfigurationError, JoseError, ValueError, TypeError, KeyError) as error:
        raise ProofRejectedError(f"the proof cannot be read: {type(error).__name__}") from None


class DpopKey:
    """A client's key, and the proofs it makes: one for every request, by ES256."""

    def __init__(self, *, clock: Clock, rng: Randomness, key: ECKey | None = None) -> None:
        self._key = VerificationKey("ES256", key or ECKey.generate_key("P-256"))
        self._clock = clock
        self._rng = rng

    @property
    def thumbprint(self) -> str:
        """What a token is bound to, as `cnf.jkt` (RFC 9449 §6.1)."""
        return self._key.key.thumbprint()

    def proof(self, method: str, url: str, *, token: str | None = None, nonce: str | None = None) -> str:
        """The value of the `DPoP` header of one request."""
        claims: dict[str, Any] = {
            "jti": self._rng.token(16).hex(),
            "htm": method,
            "htu": urlsplit(url)._replace(query="", fragment="").geturl(),
            "iat": int(self._clock.now()),
        }
        if token is not None:
            claims["ath"] = _digest(token)
        if nonce is not None:
            claims["nonce"] = nonce
        header = {"typ": _TYPE, "alg": "ES256", "jwk": dict(self._key.key.as_dict(private=False))}
        body = json.dumps(claims, separators=(",", ":")).encode()
        return jws.serialize_compact(header, body, self._key.key, algorithms=["ES256"])
