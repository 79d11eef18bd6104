"""Decisions that only the project's owner can take, given with `--set NAME=VALUE`."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from rearguard.implement.plan import RefusedError

__all__ = ["Settings"]


@dataclass(frozen=True, slots=True)
class Settings:
    """What was given, by name."""

    given: Mapping[str, str] = field(default_factory=dict)

    def get(self, name: str, default: str = "") -> str:
        """One of them, or the default."""
        return self.given.get(name, default)

    def check(self, known: Mapping[str, str]) -> None:
        """Raises RefusedError for a name that the control does not know."""
        for name in self.given:
            if name not in known:
                names = ", ".join(f"{each} ({what})" for each, what in known.items()) or "none"
                raise RefusedError(f"--set {name}: this control knows {names}")
