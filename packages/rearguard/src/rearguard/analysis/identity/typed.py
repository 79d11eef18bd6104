"""What the origins of a value, and the call that it is given to, say of something that a person typed."""

from collections.abc import Mapping

from rearguard.analysis.access.atoms import Atoms
from rearguard.analysis.identity.names import is_password, words
from rearguard.program import Instr, Op

__all__ = [
    "counts",
    "is_exact",
    "is_given",
    "is_kind",
    "is_of_password",
    "judges_form",
    "names_no_password",
]


def is_given(atoms: Atoms) -> bool:
    """Whether a caller gives it."""
    return any(atom.kind in ("input", "parameter") for atom in atoms)


def is_exact(atoms: Atoms) -> bool:
    """Whether it is used as it was given."""
    return any(atom.kind in ("input", "parameter") and atom.exact for atom in atoms)


def is_of_password(atoms: Atoms) -> bool:
    """Whether something was looked up by what was made of a typed password, whatever its column is called."""
    return any(a.kind == "input" and not a.exact and a.path and is_password(a.path[-1]) for a in atoms)


def names_no_password(instr: Instr) -> bool:
    """Whether what is given has names, and none is a password's: `authenticate(email=a, token=b)`."""
    named = [key for key in instr.keys if key]
    unnamed = len(instr.args) - 1 - len(named)
    return bool(named) and unnamed <= 1 and not any(key in ("*", "**") or is_password(key) for key in named)


def judges_form(callee: Instr, call: Instr) -> bool:
    """Whether a function gets a password alone, and judges its form: `validate_password(password)`."""
    named = words(callee.name).startswith(("valid", "is_valid"))
    return callee.op == Op.LOAD and len(call.args) == 2 and named


def is_kind(definitions: Mapping[int, Instr], held: Instr) -> bool:
    """One of the names that an enumeration has, by how it is written: `Factor.TOTP`."""
    base = definitions.get(held.args[0]) if held.op == Op.ATTR else None
    return base is not None and base.op == Op.LOAD and base.name[:1].isupper() and held.name[:1].isupper()


def counts(callee: Instr | None) -> bool:
    return callee is not None and callee.name in ("len", "type", "typeof", "isinstance")
