"""What the origins of a value say of something that a person typed."""

from rearguard.analysis.access.atoms import Atoms
from rearguard.analysis.identity.names import is_password

__all__ = ["is_exact", "is_given", "is_of_password"]


def is_given(atoms: Atoms) -> bool:
    """Whether a caller gives it."""
    return any(atom.kind in ("input", "parameter") for atom in atoms)


def is_exact(atoms: Atoms) -> bool:
    """Whether it is used as it was given."""
    return any(atom.kind in ("input", "parameter") and atom.exact for atom in atoms)


def is_of_password(atoms: Atoms) -> bool:
    """Whether something was looked up by what was made of a typed password, whatever its column is called."""
    return any(a.kind == "input" and not a.exact and a.path and is_password(a.path[-1]) for a in atoms)
