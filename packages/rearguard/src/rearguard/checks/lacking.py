"""What an endpoint lacks that any account may call, and the fields of accounts that few should change."""

import re
from dataclasses import dataclass

from rearguard.analysis.access import Row
from rearguard.findings import Confidence

__all__ = ["RANK", "STANDING", "Lack"]

RANK = re.compile(
    r"(?:user_?)?roles?(?:_?(?:id|name))?|is_?(?:admin|administrator|staff|super_?user|root|moderator)|admin|superuser|"
    r"permissions?|privileges?|access_?level|rank",
    re.IGNORECASE,
)
"""Fields of an account that say what it may do."""
STANDING = re.compile(
    r"(?:is_?)?(?:enabled|disabled|blocked|banned|suspended|locked|deactivated)(?:_?at)?|(?:is_?)?active",
    re.IGNORECASE,
)
"""Fields of an account that say whether it may be used."""


@dataclass(frozen=True, slots=True)
class Lack:
    """An endpoint that should ask for a role or permission and asks for none."""

    why: str
    """For the message: `its path is for operators`."""
    confidence: Confidence
    reason: str
    kept: tuple[Row, ...]
    """Endpoints that do ask."""
    lower: str = ""
    """What is asked for and is not enough."""
