"""Which second factor to ask for: what cannot be phished first (ASVS v5.0.0-6.3.3, CISA guidance of 2022)."""

import enum
from collections.abc import Iterable

__all__ = ["Factor", "offered"]


class Factor(enum.IntEnum):
    """Second factors, the stronger the higher."""

    RECOVERY = 1
    PUSH = 2
    TOTP = 3
    PASSKEY = 4
    """WebAuthn, the only one here that a look-alike site cannot relay."""


def offered(enrolled: Iterable[Factor], *, weaker_beside_passkey: bool = False) -> tuple[Factor, ...]:
    """The factors to offer, strongest first.

    With a passkey enrolled, push and codes are not offered, because an attacker would pick them; recovery
    codes stay, for the day the passkey is lost. `weaker_beside_passkey` offers all.
    """
    ranked = tuple(sorted(set(enrolled), reverse=True))
    if Factor.PASSKEY in ranked and not weaker_beside_passkey:
        return tuple(f for f in ranked if f in {Factor.PASSKEY, Factor.RECOVERY})
    return ranked
