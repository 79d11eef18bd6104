"""What happens for a request: one fact for each thing, with the conditions under which it happens."""

from typing import NamedTuple, TypeAlias

from rearguard.analysis.access.atoms import Atoms
from rearguard.analysis.access.resources import Touch
from rearguard.program import Span


class Condition(NamedTuple):
    """Something that must be so for what follows to happen."""

    atoms: Atoms
    holds: bool
    span: Span
    fid: str
    value: int
    """The value tested; -1 for an error caught from the calls whose origins are in `atoms`."""
    schema: bool = False
    """Whether a schema's verdict is tested, whatever it was given."""
    presence: bool = False
    """Whether the test only asks if values are there."""
    excludes_owner: bool = False
    """Whether it holds when two values are the same: who refuses then refuses the owner."""
    excludes_others: bool = False
    """Whether it holds when two values differ."""
    settled: bool = False
    """Whether the other outcome was refused before, so that this one is no choice."""


Conditions: TypeAlias = tuple[Condition, ...]


class Fact(NamedTuple):
    """One thing that happens."""

    kind: str
    """denial, guard (a library's, called here), touch, effect, verify, checked, continue, answer (what is
    sent back), turned (a stranger gets an answer that shows nothing), tested (a condition on what the client
    says of itself), session (the session is written), overrun (a denial after which the function simply
    goes on), ignored (a check whose verdict is lost), overwritten (input takes the caller's place)."""
    span: Span
    fid: str
    value: int
    conditions: Conditions = ()
    status: int = 0
    touch: Touch | None = None
    what: str = ""
    """Of an effect: file, command, code, request, message; of a verification or an ignored check: the
    function's name; of a session: the key that is written."""
    atoms: Atoms = frozenset()
    """What an effect or verification is given."""
    leaves: bool = True
    branches: tuple[tuple[str, int, bool], ...] = ()
    """Function, tested value and side of every `if` around it: both sides never happen together."""


def compatible(one: Fact, other: Fact) -> bool:
    """Whether both can happen in one run, as far as their conditions tell."""
    taken = {(fid, value): side for fid, value, side in one.branches}
    if any(taken.get((fid, value), side) != side for fid, value, side in other.branches):
        return False
    held = {(c.fid, c.value): c.holds for c in one.conditions if c.value >= 0}
    return all(held.get((c.fid, c.value), c.holds) == c.holds for c in other.conditions if c.value >= 0)


def changes(fact: Fact) -> bool:
    """Whether it changes anything outside the request."""
    changed = fact.touch is not None and fact.touch.operation in ("create", "update", "delete")
    return changed or (fact.kind == "effect" and fact.what != "read")


__all__ = ["Condition", "Conditions", "Fact", "changes", "compatible"]
