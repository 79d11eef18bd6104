"""What a call writes out and its callee stores whole: `tickets.update(id, { title })`."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from rearguard.analysis.access.atoms import Atoms, Key
from rearguard.analysis.access.facts import Fact
from rearguard.analysis.access.origins import Origins
from rearguard.analysis.access.written import fields_of
from rearguard.program import Instr


def spelled_out(
    origins: Origins, fid: str, call: Instr, target: str, facts: Iterable[Fact]
) -> Iterator[Fact]:
    """Facts of a callee that stores what it is given, with the fields that the call writes out for it."""
    bound = origins.arguments(call, target)
    for fact in facts:
        touch = fact.touch
        if touch is not None and any(_given(name, atoms, target) for name, atoms in touch.written):
            written: list[Key] = []
            for name, atoms in touch.written:
                value = bound.get(_given(name, atoms, target), -1)
                fields = tuple(fields_of(origins, fid, value)) if value >= 0 else ()
                written.extend(fields or ((name, atoms),))
            fact = fact._replace(touch=replace(touch, written=tuple(written)))
        yield fact


def _given(name: str, atoms: Atoms, target: str) -> str:
    """The parameter that is stored whole; "" where it is something else."""
    if name != "*" or len(atoms) != 1:
        return ""
    (atom,) = atoms
    whole = atom.kind == "parameter" and atom.name == target and atom.exact and len(atom.path) == 1
    return atom.path[0] if whole else ""


__all__ = ["spelled_out"]
