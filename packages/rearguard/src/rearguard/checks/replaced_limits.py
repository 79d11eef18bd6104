"""Limits to the caller that a later condition of the same query takes the place of."""

from collections.abc import Iterator
from dataclasses import dataclass

from rearguard.analysis.access import Row
from rearguard.analysis.access.atoms import Atoms
from rearguard.analysis.access.principals import is_caller, is_open
from rearguard.program import Span

__all__ = ["Replaced", "replaced_limits"]


@dataclass(frozen=True, slots=True)
class Replaced:
    """`query.where(mine).where(wanted)`, where a builder keeps the last condition alone."""

    place: Span
    field: str
    resource: str


def replaced_limits(row: Row) -> Iterator[Replaced]:
    """The conditions of an endpoint's queries that limit nothing any more, and nothing else does."""
    for touch in row.surface.touches if row.surface is not None else ():
        own = [name for name, atoms in touch.dropped if _is_callers(atoms)]
        if own and not any(any(map(is_caller, atoms)) for _, atoms in touch.keys):
            yield Replaced(touch.span, own[0], touch.resource)


def _is_callers(atoms: Atoms) -> bool:
    return any(map(is_caller, atoms)) and not any(map(is_open, atoms))
