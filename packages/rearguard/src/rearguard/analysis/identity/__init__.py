"""Passwords, tokens and logins: what values are called, where they go, which endpoints can be guessed at."""

from rearguard.analysis.identity.destinations import KEEPS, Destination, Destinations
from rearguard.analysis.identity.kept_codes import is_kept_as_code
from rearguard.analysis.identity.kept_values import Kept, kept_value, removes, writes
from rearguard.analysis.identity.logins import Logins, PasswordCheck
from rearguard.analysis.identity.names import (
    is_password,
    is_password_hash,
    is_public_token,
    is_secret,
    is_signature,
    words,
)
from rearguard.analysis.identity.naming import Naming

__all__ = [
    "KEEPS",
    "Destination",
    "Destinations",
    "Kept",
    "Logins",
    "Naming",
    "PasswordCheck",
    "is_kept_as_code",
    "is_password",
    "is_password_hash",
    "is_public_token",
    "is_secret",
    "is_signature",
    "kept_value",
    "removes",
    "words",
    "writes",
]
