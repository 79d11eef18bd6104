"""Tokens: signed access tokens under a strict profile, refresh tokens that rotate, API keys."""

from strongback.tokens.access import AccessTokens, BearerTokens, Claims
from strongback.tokens.apikeys import ApiKeyInfo, ApiKeys, IssuedKey
from strongback.tokens.jws import TokenRejectedError, VerificationKey
from strongback.tokens.refresh import RefreshTokens, Rotation

__all__ = [
    "AccessTokens",
    "ApiKeyInfo",
    "ApiKeys",
    "BearerTokens",
    "Claims",
    "IssuedKey",
    "RefreshTokens",
    "Rotation",
    "TokenRejectedError",
    "VerificationKey",
]
