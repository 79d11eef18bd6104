"""The vocabulary of servers that give out codes and tokens (OAuth), and of challenges; for assurance."""

from dataclasses import dataclass

from rearguard.models.concepts import Concept
from rearguard.program import Const

__all__ = [
    "AddressJudge",
    "AssertionRule",
    "ChallengeMade",
    "ExactAddresses",
    "GrantOffered",
    "GrantRegistration",
    "IssuerRule",
    "NonceCheck",
    "OpenIdClient",
]


@dataclass(frozen=True, slots=True)
class IssuerRule(Concept):
    """An option of a server that gives out codes and tokens: at the path, or under `key` of the map there."""

    what: str
    """code-life, refresh-life; refresh-slides (a life that each use begins anew); rotation (a refresh token
    is replaced at each use), renewed (and the new one lives as long again), family (one that comes again ends
    all of its line), grace (for how long it may); pkce (a code must be proved), pkce-public (by clients that
    have no secret), pkce-strict (never in the clear), pkce-plain (the contrary), pkce-methods;
    response-types, no-implicit, no-password; wildcards (in addresses to come back to); bound (tokens are tied
    to a key of the client)."""
    key: str = ""
    default: Const = None
    """What holds where it is left out; `None` where that is not one value."""


@dataclass(frozen=True, slots=True)
class GrantRegistration(Concept):
    """The call lets a server give out tokens in one more way, which is at the path."""


@dataclass(frozen=True, slots=True)
class GrantOffered(Concept):
    """The class or call is one such way."""

    kind: str
    """code, implicit, password, client, refresh, device."""


@dataclass(frozen=True, slots=True)
class ChallengeMade(Concept):
    """The call makes what an authenticator has to sign."""

    given: str
    """Selector of a challenge that is given; without one the library takes it from the system's generator."""
    size: int
    """How many bytes the library takes."""


@dataclass(frozen=True, slots=True)
class AddressJudge(Concept):
    """The function at the path decides whether a client may be sent back to an address."""


@dataclass(frozen=True, slots=True)
class ExactAddresses(Concept):
    """The class: clients that extend it are sent back to the very addresses that are registered."""


@dataclass(frozen=True, slots=True)
class AssertionRule(Concept):
    """An option of what takes the answers of a provider of identities (SAML)."""

    what: str
    """assertions, responses (must be signed), either (one of the two); strict (all rules are kept);
    unsolicited (answers that nobody asked for are taken), asked (whether that is looked at)."""
    lenient: bool = False
    """Whether answers without any signature pass where none is asked for."""


@dataclass(frozen=True, slots=True)
class NonceCheck(Concept):
    """The call compares the nonce of an identity (OpenID Connect)."""

    nonce: str = ""
    """Selector of the nonce that it must have; "" where the library keeps it by itself."""
    off: tuple[str, ...] = ()
    """Paths of values that say that none is wanted."""


@dataclass(frozen=True, slots=True)
class OpenIdClient(Concept):
    """The text at the path says what is asked of a provider; with `openid` among it, identities."""
