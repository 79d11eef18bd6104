"""Signed access tokens under a strict profile, proofs of possession, refresh tokens that rotate, API keys."""

from strongback.tokens.access import AccessTokens, BearerTokens, Claims
from strongback.tokens.apikeys import ApiKeyInfo, ApiKeys, IssuedKey
from strongback.tokens.dpop import DpopKey, DpopProofs
from strongback.tokens.jws import TokenRejectedError, VerificationKey
from strongback.tokens.refresh import RefreshTokens, Rotation

__all__ = [
    "AccessTokens",
    "ApiKeyInfo",
    "ApiKeys",
    "BearerTokens",
    "Claims",
    "DpopKey",
    "DpopProofs",
    "IssuedKey",
    "RefreshTokens",
    "Rotation",
    "TokenRejectedError",
    "VerificationKey",
]
