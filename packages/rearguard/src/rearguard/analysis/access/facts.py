"""What happens for a request: one fact for each thing, with the conditions under which it happens."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple, TypeAlias

from rearguard.analysis.access.atoms import Atoms, Substitution, substituted
from rearguard.analysis.access.resources import Touch, in_caller_terms
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
    goes on), held (a refusal that is left to the caller), ignored (a check whose verdict is lost),
    overwritten (input takes the caller's place), displaced (it takes that of an object that was looked up),
    spread (it takes the place of something that callers give),
    left out (nothing, as the route is registered), unsaved (a method changes its record, which callers may
    save), limit and or (the two sides of an `or` in a query's conditions)."""
    span: Span
    fid: str
    value: int
    conditions: Conditions = ()
    status: int = 0
    touch: Touch | None = None
    what: str = ""
    """Of an effect: file, command, code, request, message; of a verification or an ignored check: the
    function's name; of a session: the key that is written; of a denial: the class of the error raised."""
    atoms: Atoms = frozenset()
    """What an effect or verification is given."""
    leaves: bool = True
    branches: tuple[tuple[str, int, bool], ...] = ()
    """Function, tested value and side of every `if` around it: both sides never happen together."""
    methods: tuple[str, ...] = ()
    """Methods through which it is reached that classes put in each other's place: it happens for an object
    of a class that has all of these."""
    asked: tuple[str, ...] = ()
    """Of a denial in a helper: the words that it is called with, as `require(user, "admin")`."""
    of_password: bool = False
    """Of a verification: whether a stored hash of a password is what is verified, whatever it is called."""


def compatible(one: Fact, other: Fact) -> bool:
    """Whether both can happen in one run, as far as their conditions tell."""
    taken = {(fid, value): side for fid, value, side in one.branches}
    if any(taken.get((fid, value), side) != side for fid, value, side in other.branches):
        return False
    held = {(c.fid, c.value): c.holds for c in one.conditions if c.value >= 0}
    return all(held.get((c.fid, c.value), c.holds) == c.holds for c in other.conditions if c.value >= 0)


def happens_for(fact: Fact, cid: str, method: Callable[[str, str], str | None]) -> bool:
    """Whether an object of a class has the methods that a fact is reached through."""
    return all(method(cid, fid.rpartition("::")[2].rpartition(".")[2]) == fid for fid in fact.methods)


def changes(fact: Fact) -> bool:
    """Whether it changes anything outside the request."""
    changed = fact.touch is not None and fact.touch.operation in ("create", "update", "delete")
    return changed or (fact.kind == "effect" and fact.what != "read")


def leaving(facts: list[Fact]) -> Iterator[Fact]:
    """With denials after which the function simply goes on marked as what they are: no denials."""
    for index, fact in enumerate(facts):
        if fact.kind == "denial" and not fact.leaves:
            later = facts[index + 1 :]
            if any(_goes_on(fact, f) and compatible(fact, f) for f in later):
                yield fact._replace(kind="overrun")
                continue
        yield fact


def _goes_on(denial: Fact, later: Fact) -> bool:
    """Whether something happens behind a denial; an answer counts where it is not the denial's own.

    So does a file that is read, which may be the page that tells of the refusal.
    """
    if later.kind == "answer" or (later.kind == "effect" and later.what == "read"):
        return not set(denial.conditions) <= set(later.conditions)
    return later.kind in ("touch", "effect", "continue")


def under(facts: Iterable[Fact], known: Mapping[Condition, Condition]) -> list[Fact]:
    """Facts whose conditions are known better."""
    return [fact._replace(conditions=tuple(known.get(c, c) for c in fact.conditions)) for fact in facts]


class InTerms:
    """Facts with parameters replaced.

    They share their conditions, as statements share the tests around them, and what they are about: each is
    replaced once, and kept with its answer, so that no other takes its identity.
    """

    def __init__(self, replaced: Substitution) -> None:
        """`replaced` must say the same of an atom however often it is asked."""
        self._replaced = replaced
        self._atoms: dict[Atoms, Atoms] = {}
        self._conditions: dict[int, tuple[Condition, Condition]] = {}

    def of(self, facts: Iterable[Fact], before: Conditions = ()) -> Iterator[Fact]:
        """The facts, happening under `before`."""
        for fact in facts:
            held = fact.conditions
            conditions = tuple(map(self._told, held)) if held else held
            touch = fact.touch
            if touch is not None:
                touch = in_caller_terms(touch, self._replaced, self._atoms)
            atoms = substituted(fact.atoms, self._replaced, self._atoms) if fact.atoms else fact.atoms
            yield Fact(
                fact.kind,
                fact.span,
                fact.fid,
                fact.value,
                (*before, *conditions),
                fact.status,
                touch,
                fact.what,
                atoms,
                fact.leaves,
                fact.branches,
                fact.methods,
                fact.asked,
                fact.of_password,
            )

    def _told(self, condition: Condition) -> Condition:
        found = self._conditions.get(id(condition))
        if found is None:
            told = condition
            if condition.atoms:
                atoms = substituted(condition.atoms, self._replaced, self._atoms)
                if atoms != condition.atoms:
                    told = condition._replace(atoms=atoms)
            found = self._conditions[id(condition)] = condition, told
        return found[1]


def in_terms(facts: Iterable[Fact], replaced: Substitution, before: Conditions = ()) -> Iterator[Fact]:
    """Facts with parameters replaced, happening under `before`."""
    return InTerms(replaced).of(facts, before)


__all__ = [
    "Condition",
    "Conditions",
    "Fact",
    "InTerms",
    "changes",
    "compatible",
    "happens_for",
    "in_terms",
    "leaving",
    "under",
]
