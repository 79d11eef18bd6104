"""Keys of a whole installation: whoever has one is nobody in particular.

A guard looks up the key that a request carries and lets everybody pass who has one. Where the key's record
names no account, and nothing of it is kept for what runs later, no object can be the caller's own, and no
role theirs.
"""

import re

from rearguard.analysis.access.atoms import Atom
from rearguard.analysis.access.origins import Origins
from rearguard.analysis.access.principals import is_credential
from rearguard.analysis.access.schemas import Schemas
from rearguard.analysis.access.surface import Surface
from rearguard.program import Op

__all__ = ["stands_for_nobody"]

_KEY = re.compile(r"(?:\w+_)?(?:api_?|access_?|service_?|integration_?|secret_?)keys?")
_WHOSE = re.compile(
    r"(?:.*_)?(?:user|account|owner|member|customer|client|org|organi[sz]ation|tenant|team|workspace|project|company|"
    r"role|scopes?|permissions?)(?:_?(?:id|uuid))?s?",
    re.IGNORECASE,
)
_WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])")


def stands_for_nobody(surface: Surface, origins: Origins, schemas: Schemas) -> bool:
    """Whether all that is asked of a caller is a key of which nobody remembers whose it is."""
    asked = [
        check for check in surface.checks if check.kind == "authentication" and check.strength == "required"
    ]
    keys = {atom for check in asked if check.fact for c in check.fact.conditions for atom in c.atoms}
    found = [atom for atom in keys if atom.kind == "stored"]
    if not asked or not found or any(atom.kind in ("principal", "verified") for atom in keys):
        return False
    if any(check.fact is None for check in asked):
        return False
    guards = {check.fact.fid for check in asked if check.fact is not None}
    return all(
        _names_nobody(atom, schemas) and not any(_remembers(fid, atom, origins) for fid in guards)
        for atom in found
    )


def _names_nobody(atom: Atom, schemas: Schemas) -> bool:
    columns = schemas.of(atom.name).columns
    by_key = any(is_credential(given) for _, atoms in atom.keys for given in atoms)
    return (
        by_key
        and not atom.path
        and _KEY.fullmatch(_spelled(atom.name)) is not None
        and bool(columns)
        and not any(_WHOSE.fullmatch(_spelled(column)) for column in columns)
    )


def _remembers(fid: str, key: Atom, origins: Origins) -> bool:
    """Whether a guard reads a member of the record, or keeps it for what runs later."""
    for instr in origins.view.definitions(fid).values():
        # What stands in the look-up itself is a step of the query.
        inside = key.span is not None and key.span.start <= instr.start < key.span.end
        if instr.op == Op.ATTR and not inside and _is_of(origins.of(fid, instr.args[0]), key):
            return True
    writes = origins.linker.contents(fid).writes
    return any(_is_of(origins.of(fid, instr.args[-1]), key) for instr in writes)


def _is_of(atoms: frozenset[Atom], key: Atom) -> bool:
    return any((atom.kind, atom.name, atom.span) == (key.kind, key.name, key.span) for atom in atoms)


def _spelled(name: str) -> str:
    return _WORDS.sub("_", name).lower()
