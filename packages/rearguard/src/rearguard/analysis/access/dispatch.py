"""Which of the methods that classes put in each other's place runs: facts of a call, for the object it is made on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from rearguard.analysis.access.facts import Fact, happens_for
from rearguard.analysis.access.holders import is_own, only_class
from rearguard.program import Instr

if TYPE_CHECKING:
    from rearguard.analysis.access.origins import Origins


def of_class(origins: Origins, fid: str, instr: Instr, target: str, facts: Iterable[Fact]) -> Iterator[Fact]:
    """Facts that happen for the class of the object which a method is called on; for the caller's own object,
    with what its class must have."""
    receiver = origins.receiver(fid, instr)
    own = receiver >= 0 and is_own(origins, fid, receiver)
    cid = "" if own or receiver < 0 else only_class(origins, fid, receiver)
    chosen = (target,) if own and len(origins.runs(fid, instr)) > 1 else ()
    for fact in facts:
        if own:
            yield fact._replace(methods=(*chosen, *fact.methods)) if chosen else fact
        elif not fact.methods:
            yield fact
        elif not cid or happens_for(fact, cid, origins.linker.method):
            yield fact._replace(methods=())


def saved(facts: Iterable[Fact], commits: bool) -> Iterator[Fact]:
    """Changes that a method leaves to its callers to save, where the caller does."""
    for fact in facts:
        yield fact._replace(kind="touch") if fact.kind == "unsaved" and commits else fact


__all__ = ["of_class", "saved"]
