"""What gives an account power in this project: the fields that its own guards ask callers for."""

import re
from collections.abc import Iterable, Iterator

from rearguard.analysis.access.facts import Condition
from rearguard.analysis.access.principals import ROLE, callers, is_caller_itself
from rearguard.analysis.access.surface import Surface

_GIVEN = re.compile(
    r"(?:is|has|can|may)(?:_|[A-Z])|\w*(?:[vV]erified|[aA]pproved|[aA]ccredited|[tT]rusted|[pP]remium)"
)
"""What others say of an account: nobody is verified by saying so."""


def powers(surfaces: Iterable[Surface]) -> frozenset[str]:
    """Fields of accounts that guards ask for: `if (!req.user.isRecruiter) refuse()`."""
    found: set[str] = set()
    for surface in surfaces:
        for check in surface.checks:
            last = check.fact.conditions[-1:] if check.fact is not None else ()
            for condition in last if check.kind == "authorization" else ():
                found.update(atom.path[-1] for atom in callers(condition.atoms) if len(atom.path) == 1)
            if check.fact is not None and check.fact.status == 403:
                found.update(_standing(last))
    return frozenset(name for name in found if not ROLE.fullmatch(name) or name.lower().startswith("is"))


def _standing(conditions: Iterable[Condition]) -> Iterator[str]:
    """The mark of an account without which callers are refused: `if (!user.verifiedSeller) refuse()`."""
    for condition in conditions:
        if condition.presence and not condition.holds and all(map(is_caller_itself, condition.atoms)):
            names = {atom.path[-1] for atom in condition.atoms if atom.path}
            yield from (name for name in names if _GIVEN.match(name))


__all__ = ["powers"]
