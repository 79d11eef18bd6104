"""Which of the methods that classes put in each other's place run: facts of a call, for its object."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from rearguard.analysis.access.facts import Fact, happens_for
from rearguard.analysis.access.generic import is_own
from rearguard.analysis.access.holders import only_class
from rearguard.program import Instr, Op

if TYPE_CHECKING:
    from rearguard.analysis.access.origins import Origins

_TIMERS = frozenset({"setTimeout", "setInterval"})


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


def runs_function(definitions: Mapping[int, Instr], instr: Instr) -> bool:
    """Whether a call that can run text is given a function, or a text written out."""
    made = definitions.get(instr.args[1]) if len(instr.args) > 1 else None
    if made is None or made.op in (Op.FUNC, Op.CONST):
        return True
    called = definitions.get(instr.args[0])
    return called is not None and called.name in _TIMERS and made.op not in (Op.JOIN, Op.BINARY)


__all__ = ["of_class", "runs_function", "saved"]
