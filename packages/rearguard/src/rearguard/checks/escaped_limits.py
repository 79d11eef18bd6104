"""Limits to the caller that an `or` beside them gets around: `tenant = mine AND name LIKE q OR city LIKE q`."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from rearguard.analysis.access import Row
from rearguard.analysis.access.principals import is_caller, is_open
from rearguard.program import Span

__all__ = ["Escape", "escaped_limits"]


@dataclass(frozen=True, slots=True)
class Escape:
    """A condition that stands beside the limit and not behind it."""

    place: Span
    name: str
    """What the client sends that is enough to get around the limit."""


def escaped_limits(row: Row) -> Iterator[Escape]:
    """Where objects are found by what the client sends alone, although they are limited to the caller on the other side.

    What is searched for stands on both sides: `or` binds more weakly than whoever wrote it thought. Where only the
    caller stands on one side, as in `owner = me OR id = shared`, both may be meant.
    """
    facts = row.surface.facts if row.surface is not None else ()
    for one, other in pairwise(facts):
        if (one.kind, other.kind) != ("limit", "or") or (one.fid, one.value) != (other.fid, other.value):
            continue
        limited = any(map(is_caller, one.atoms)) and any(map(is_open, one.atoms))
        said = sorted(".".join(map(str, atom.path)) for atom in other.atoms if is_open(atom))
        if limited and said and all(is_open(atom) for atom in other.atoms):
            yield Escape(other.span, said[0])
