"""Who is asking. Made by an authenticating control (session, token, API key), read by authorization."""

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["Principal"]


@dataclass(frozen=True, slots=True)
class Principal:
    """An authenticated party."""

    subject: str
    """Stable identifier of the account."""
    roles: frozenset[str] = frozenset()
    scopes: frozenset[str] | None = None
    """What a token may do at most; None where the credential is not scoped (a session)."""
    tenant: str | None = None
    authenticated_at: float = 0.0
    """When a factor was last checked, seconds since the epoch; decides step-up."""
    factors: frozenset[str] = frozenset()
    """Factors used, by RFC 8176 name: `pwd`, `otp`, `hwk`, `swk`, `mfa`."""
    attributes: Mapping[str, object] = field(default_factory=dict)
    """Further facts for predicates."""
