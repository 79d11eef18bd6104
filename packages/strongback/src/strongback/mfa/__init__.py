"""Second factors: time-based codes, recovery codes, push with typed number matching; and which to prefer."""

from strongback.mfa.factors import Factor, offered
from strongback.mfa.push import Challenge, Device, PushBlockedError, PushChallenges, PushLimitedError
from strongback.mfa.recovery import RecoveryCodes
from strongback.mfa.totp import TooManyCodesError, Totp

__all__ = [
    "Challenge",
    "Device",
    "Factor",
    "PushBlockedError",
    "PushChallenges",
    "PushLimitedError",
    "RecoveryCodes",
    "TooManyCodesError",
    "Totp",
    "offered",
]
