"""What a check hands to a recipe: the place to repair, in the program's own terms."""

from dataclasses import dataclass

from rearguard.models.concepts import Concept


@dataclass(frozen=True, slots=True)
class Target:
    """A call, handler or value to repair."""

    recipe: str
    """Name of the recipe, as in `repair.recipes.RECIPES`."""
    fid: str
    """The function that holds the place."""
    value: int = -1
    """Value id of the call, or -1."""
    argument: int = -1
    """Value id of the argument that carries the harm, or -1."""
    concept: Concept | None = None
    """The row of the model that makes it a sink: it says how that library does it right."""
    owner: str = ""
    """The field that says whose a stored object is, when the finding is about one."""
    guards: tuple[str, ...] = ()
    """What asks for a login on siblings of an endpoint that does not, by its name in the code; best first."""
    also: tuple["Target", ...] = ()
    """Further places of the same cause, which the finding stands for: a repair ends them all."""
