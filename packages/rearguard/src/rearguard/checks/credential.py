"""One credential that is written out."""

from dataclasses import dataclass

from rearguard.program import Span
from rearguard.repair.targets import Target


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
    also: tuple[tuple[str, int], ...] = ()
    """Function and value of the other places that belong to the same group."""

    @property
    def target(self) -> Target | None:
        """What a recipe needs to repair all places of the group; `None` outside of code."""
        if not self.fid:
            return None
        recipe = "secret-from-environment"
        return Target(
            recipe, self.fid, self.number, also=tuple(Target(recipe, *place) for place in self.also)
        )
