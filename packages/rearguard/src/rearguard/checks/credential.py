"""One credential that is written out."""

from dataclasses import dataclass

from rearguard.program import Span


@dataclass(frozen=True, slots=True)
class Credential:
    """One that is written out."""

    kind: str
    """key, account, secret."""
    place: Span
    name: str
    """What it is called, or is by its form."""
    reason: str
    certain: bool
    text: str
    group: tuple[object, ...]
    """Credentials with one group are one to replace, or one place where they are made."""
    fid: str = ""
    number: int = -1
