"""JWS compact serialisation under RFC 8725: the key decides the algorithm, the header only names the key.

ASVS v5.0.0-9.1.1 to 9.1.3.
"""

import base64
import binascii
import json
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey, import_key

from strongback.errors import ConfigurationError, DeniedError

__all__ = [
    "ALGORITHMS",
    "TokenRejectedError",
    "VerificationKey",
    "open_jws",
    "parse_object",
    "segments_of",
    "sign_jws",
]

JoseKey = OctKey | RSAKey | ECKey | OKPKey

ALGORITHMS: Mapping[str, str] = {
    "HS256": "oct",
    "HS384": "oct",
    "HS512": "oct",
    "RS256": "RSA",
    "RS384": "RSA",
    "RS512": "RSA",
    "PS256": "RSA",
    "PS384": "RSA",
    "PS512": "RSA",
    "ES256": "EC",
    "ES384": "EC",
    "ES512": "EC",
    "Ed25519": "OKP",
}
"""Algorithms a key may be pinned to, with the key type each needs. `none` is not among them."""
_CURVES = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521", "Ed25519": "Ed25519"}
_HEADER = frozenset({"alg", "kid", "typ"})
_MAX_BYTES = 8192
_MIN_RSA_BITS = 2048
_HMAC_BYTES = {"HS256": 32, "HS384": 48, "HS512": 64}


class TokenRejectedError(DeniedError):
    """The token is not one of ours, not valid now, or not for this use. The reason is for the log alone."""

    status = 401


@dataclass(frozen=True, slots=True, repr=False)
class VerificationKey:
    """A key pinned to one algorithm. Raises ConfigurationError if the two do not belong together."""

    algorithm: str
    key: JoseKey

    def __post_init__(self) -> None:
        if ALGORITHMS.get(self.algorithm) != self.key.key_type:
            raise ConfigurationError(f"{self.algorithm} is not an algorithm for this key")
        raw = self.key.as_dict()
        if raw.get("use", "sig") != "sig" or raw.get("alg", self.algorithm) != self.algorithm:
            raise ConfigurationError("the key is declared for another use or algorithm")
        operations = raw.get("key_ops")
        if isinstance(operations, list) and not {"sign", "verify"} & set(operations):
            raise ConfigurationError("the key's operations exclude signatures")
        if isinstance(self.key, RSAKey) and self.key.public_key.key_size < _MIN_RSA_BITS:
            raise ConfigurationError("RSA keys need 2048 bits")
        if isinstance(self.key, OctKey) and len(self.key.raw_value) < _HMAC_BYTES[self.algorithm]:
            raise ConfigurationError(f"{self.algorithm} needs a secret as long as its hash (RFC 7518 §3.2)")
        if self.algorithm in _CURVES and raw.get("crv") != _CURVES[self.algorithm]:
            raise ConfigurationError(f"{self.algorithm} needs the curve {_CURVES[self.algorithm]}")

    def __repr__(self) -> str:
        return f"VerificationKey({self.algorithm!r}, [redacted])"

    @classmethod
    def from_jwk(cls, data: Mapping[str, Any], algorithm: str) -> "VerificationKey":
        """Import one JWK and pin it. Raises ConfigurationError."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", SecurityWarning)
                return cls(algorithm, import_key(dict(data)))
        except (JoseError, SecurityWarning, ValueError, TypeError, KeyError) as error:
            raise ConfigurationError(f"the JWK cannot be used: {type(error).__name__}") from None


def _segment(text: str) -> bytes:
    """Strict base64url (RFC 7515 §2): no padding, no other characters, no stray bits in the last one."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error:
        raise TokenRejectedError("not base64url") from None
    if base64.urlsafe_b64encode(raw).rstrip(b"=").decode() != text:
        raise TokenRejectedError("not canonical base64url")
    return raw


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a member is repeated")
    return found


def parse_object(raw: bytes) -> dict[str, Any]:
    """A JSON object without repeated members, NaN or infinities. Raises TokenRejectedError."""

    def constant(name: str) -> None:
        raise ValueError(name)

    try:
        parsed = json.loads(raw.decode("utf-8"), object_pairs_hook=_unique, parse_constant=constant)
    except (ValueError, RecursionError):
        raise TokenRejectedError("not a JSON object") from None
    if not isinstance(parsed, dict):
        raise TokenRejectedError("not a JSON object")
    return parsed


def segments_of(token: str) -> tuple[bytes, bytes, bytes]:
    """Header, payload and signature of a compact JWS, read more strictly than the library does."""
    if len(token) > _MAX_BYTES or not token.isascii() or token.count(".") != 2:
        raise TokenRejectedError("not a compact JWS of at most 8 KiB")
    first, second, third = map(_segment, token.split("."))
    return first, second, third


def open_jws(token: str, keys: Mapping[str, VerificationKey]) -> tuple[dict[str, Any], bytes]:
    """Verify a token against the keys by `kid` and return its header and payload. Raises TokenRejectedError.

    Only `alg`, `kid` and `typ` may stand in the header: `jku`, `x5u`, `jwk`, `x5c`, `crit`, `b64` and `zip`
    are orders from whoever wrote the token. A token without `kid` needs a mapping with exactly one key.
    """
    header = parse_object(segments_of(token)[0])
    if set(header) - _HEADER or not all(isinstance(value, str) for value in header.values()):
        raise TokenRejectedError("a header parameter is not understood")
    if "kid" in header:
        key = keys.get(header["kid"])
    else:
        key = next(iter(keys.values())) if len(keys) == 1 else None
    if key is None:
        raise TokenRejectedError("unknown key")
    if header.get("alg") != key.algorithm:
        raise TokenRejectedError("the algorithm is not the key's")
    try:
        opened = jws.deserialize_compact(token, key.key, algorithms=[key.algorithm])
    except (JoseError, ValueError, TypeError) as error:
        raise TokenRejectedError(f"signature: {type(error).__name__}") from None
    return header, opened.payload


def sign_jws(payload: bytes, *, typ: str, kid: str, key: VerificationKey) -> str:
    """Sign a payload with a private or symmetric key."""
    header = {"alg": key.algorithm, "kid": kid, "typ": typ}
    return jws.serialize_compact(header, payload, key.key, algorithms=[key.algorithm])
