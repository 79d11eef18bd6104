"""One endpoint with everything that happens for it, in the request's own terms."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from rearguard.analysis.access.atoms import NOTHING, OPEN, OWN, Atom, Atoms, substituted, under, union
from rearguard.analysis.access.events import ABOVE, Events, Fact, compatible
from rearguard.analysis.access.facts import InTerms, happens_for
from rearguard.analysis.access.generic import class_of, deeds, named_object
from rearguard.analysis.access.guards import (
    Check,
    asks_marks,
    behaviour_checks,
    exemptions,
    library_checks,
    lifted_by_mark,
    lifted_by_method,
    opaque,
    unread,
)
from rearguard.analysis.access.handed import Handed
from rearguard.analysis.access.held import not_asked
from rearguard.analysis.access.holders import member_class
from rearguard.analysis.access.origins import Origins
from rearguard.analysis.access.passed import Passed
from rearguard.analysis.access.principals import is_caller, is_chosen_freely
from rearguard.analysis.access.requests import applies
from rearguard.analysis.access.resources import Touch, merged
from rearguard.analysis.access.slips import spread_over
from rearguard.link import Kind, Ref
from rearguard.models.routing import APART, BEHIND, UNASKED, VOID, Endpoint, Link
from rearguard.models.view import ValueView
from rearguard.program import Instr, Op, Span

_INPUTS = frozenset(
    ["path", "query", "body", "form", "header", "headers", "cookie", "cookies", "file", "files"]
)
MAX_WRAPPED = 3
_FIELDS = frozenset({"QUERY", "MUTATION", "SUBSCRIPTION"})
_CALLER = re.compile(r"auth|user|principal|identity|caller", re.IGNORECASE)
_WHO = ("authentication", "authorization")
_LIMITS = frozenset({"max_length", "pattern", "regex", "le", "lt", "ge", "gt", "max_digits"})


@dataclass(frozen=True, slots=True)
class Surface:
    """What is known of one endpoint before endpoints are compared."""

    endpoint: Endpoint
    facts: tuple[Fact, ...]
    handler_start: int
    """Index of the handler's first fact; those before are the chain's."""
    checks: tuple[Check, ...]
    doubts: tuple[Link, ...]
    """Elements of the chain that could not be read and sound like guards."""
    unread: tuple[Link, ...]
    """Further elements that could not be read."""
    exempt: tuple[str, ...]
    passed: frozenset[str] = frozenset()
    """Parameters of the handler that a wrapper fills, and not the request."""
    apart: tuple[tuple[Link, Check], ...] = ()
    """Guards that run in a scope without routes, with what they would ask for."""
    late: Link | None = None
    """A guard that never runs where it stands."""
    unasked: Link | None = None
    """A guard that compares single objects with the caller, and that the handler asks about none."""

    @property
    def touches(self) -> tuple[Touch, ...]:
        """Accesses to stored objects, whole chains of calls as one.

        Looking the caller up before the handler runs is the guard's business and not among them.
        """
        return merged(
            fact.touch
            for position, fact in enumerate(self.facts)
            if fact.touch is not None and (position >= self.handler_start or _is_chosen(fact.touch))
        )


def late_place(link: Link) -> str:
    """Where a guard stands that never runs there, or decides nothing."""
    if link.how == VOID:
        return "beside one that lets everybody pass"
    return (
        "behind the view that it is to guard" if link.how == BEHIND else "above what registers the function"
    )


def is_above(link: Link) -> bool:
    """Whether it is a decorator that stands above the one that registers the function."""
    return link.how not in (BEHIND, VOID)


def late_repair(link: Link) -> str:
    """Where it would run."""
    if link.how == BEHIND:
        return "first, before the view's class"
    if link.how == VOID:
        return "alone, or join the two with `&`"
    return "below the decorator that registers the function"


def _is_chosen(touch: Touch) -> bool:
    return any(is_chosen_freely(atom) for _, atoms in touch.keys for atom in atoms)


class Surfaces:
    """Makes surfaces."""

    def __init__(self, origins: Origins, events: Events) -> None:
        self.origins = origins
        self.events = events
        self.handed = Handed(origins)

    def of(self, endpoint: Endpoint) -> Surface:
        """The surface of one endpoint."""
        facts: list[Fact] = []
        checks: list[Check] = []
        doubts, others, lifted = list[Link](), list[Link](), list[str]()
        context = _Terms(self.origins, endpoint, self.handed)
        for link in endpoint.chain:
            known = list(library_checks(self.origins, link))
            spared = tuple(exemptions(self.origins, link))
            lifted.extend(spared)
            if "authentication" in spared:
                # What a library's guard of an outer level asks for, this does without.
                checks = [c for c in checks if c.position >= 0 or c.kind not in spared]
            verdict = unread(self.origins, link)
            if verdict is not None and not link.identifies:
                (doubts if verdict else others).append(link)
            before = len(facts)
            for fid in self.wrapped(link):
                inner = self.events.verdict(fid) if link.verdict else self.events.of(fid)
                if not any(check.kind == "authentication" for check in known):
                    inner = tuple(fact for fact in inner if fact.what != ABOVE)
                inner = self._reached(inner, link, fid)
                facts.extend(_turning(context.terms.of(inner), fid))
            found = list(behaviour_checks(facts[before:], link.label, endpoint, self.origins, before))
            if link.identifies:
                # A wrong credential is refused; without any, others decide.
                found = [replace(check, strength="identifies") for check in found]
            if self._lifts(link, facts[before:], endpoint):
                lifted.append("authentication")
                known = [check for check in known if check.kind != "authentication"]
            checks.extend((*known, *found))
            read = found or any(asks_marks(fact, endpoint, self.origins) for fact in facts[before:])
            if not read and opaque(self.origins, link, self.wrapped(link)):
                doubts.append(link)
        facts = [_left_out(fact, endpoint, self.origins) for fact in facts]
        start = len(facts)
        steps = endpoint.handler.functions
        ran: list[Fact] = []
        for fid in steps if endpoint.implied is not None else steps[:1]:
            ran.extend(_turning(context.terms.of(self.events.of(fid)), fid))
        cid, method = endpoint.handler.cls, self.origins.linker.method
        ran = [fact for fact in ran if not fact.methods or not cid or happens_for(fact, cid, method)]
        facts.extend(deeds(self.origins, endpoint, ran) if endpoint.implied is not None else ran)
        handled = behaviour_checks(facts[start:], "inline", endpoint, self.origins, start)
        whole = tuple(facts)
        checks.extend(
            check for check in handled if check.kind == "ownership" or _before_effects(check, whole, start)
        )
        return Surface(
            endpoint,
            whole,
            start,
            tuple(checks),
            tuple(doubts),
            tuple(others),
            tuple(dict.fromkeys(lifted)),
            frozenset(name for name in endpoint.inputs if context.passed.of(steps[0], name, ())),
            tuple(pair for link in endpoint.behind for pair in self._apart(link, endpoint, context)),
            next((link for link in endpoint.behind if self._would_ask(link, endpoint)), None),
            next((link for link in endpoint.behind if self._would_compare(link, endpoint)), None),
        )

    def _lifts(self, link: Link, facts: list[Fact], endpoint: Endpoint) -> bool:
        """Whether a guard lets everybody pass here: as the route is marked, or as its method is."""
        if any(lifted_by_mark(fact, endpoint, self.origins) for fact in facts):
            return True
        return link.verdict and any(lifted_by_method(fact, endpoint, self.origins) for fact in facts)

    def _would_compare(self, link: Link, endpoint: Endpoint) -> bool:
        """Whether a guard that nobody asks about an object would compare it with the caller here."""
        if link.how != UNASKED:
            return False
        facts = [fact for fid in link.functions for fact in self.events.verdict(fid) if fact.kind == "denial"]
        atoms = (atom for fact in facts for c in fact.conditions if c.value >= 0 for atom in c.atoms)
        return any(map(is_caller, atoms)) and not any(
            lifted_by_method(fact, endpoint, self.origins) for fact in facts
        )

    def _apart(self, link: Link, endpoint: Endpoint, context: "_Terms") -> Iterator[tuple[Link, Check]]:
        """What a guard asks for where it runs, in a scope without routes."""
        if link.how == APART:
            yield from ((link, check) for check in library_checks(self.origins, link))
            for fid in self.wrapped(link):
                facts = list(_turning(context.terms.of(self.events.of(fid)), fid))
                for check in behaviour_checks(facts, link.label, endpoint, self.origins, 0):
                    yield link, check

    def _would_ask(self, link: Link, endpoint: Endpoint) -> bool:
        """Whether something that never runs where it stands would ask who calls."""
        if link.how in (APART, UNASKED):
            return False
        if any(c.kind in _WHO for c in library_checks(self.origins, link)):
            return True
        ran = self.wrapped(link if link.verdict else replace(link, how="decorator"))
        asked = self.events.verdict if link.verdict else self.events.of
        facts = [fact for fid in ran for fact in asked(fid)]
        found = behaviour_checks(facts, link.label, endpoint, self.origins, 0)
        return any(check.kind in _WHO and check.strength == "required" for check in found)

    def _reached(self, facts: tuple[Fact, ...], link: Link, fid: str) -> tuple[Fact, ...]:
        """Without what a guard does only where it was made with more: `allow("staff")`, not `allow()`."""
        made = self.origins.resolved(*link.value) if link.value is not None else None
        if made is None or made[1].op != Op.CALL or not any(fact.kind == "denial" for fact in facts):
            return facts
        makers = [target for target in self.origins.targets(*made) if fid.startswith(f"{target}.")]
        return tuple(
            fact
            for fact in facts
            if not any(not_asked(fact.conditions, maker, made[1], self.origins) for maker in makers)
        )

    def wrapped(self, link: Link) -> Iterator[str]:
        """Functions that an element of a chain runs; for a decorator, those that it puts around."""
        seen: dict[str, None] = {}
        pending = [(fid, 0) for fid in link.functions]
        while pending:
            fid, depth = pending.pop(0)
            if fid in seen or fid not in self.origins.linker.functions:
                continue
            seen[fid] = None
            if link.how in ("decorator", "wrapper", "class") and depth < MAX_WRAPPED and not link.verdict:
                for value in self.origins.returned(fid):
                    inner = [r.id for r in self.origins.linker.refs[fid][value] if r.kind is Kind.FUNCTION]
                    own = [other for other in inner if other.startswith(f"{fid}.")]
                    made = self.origins.resolved(fid, value) if not own else None
                    if made is not None and made[1].op == Op.CALL:
                        own = list(self.origins.targets(*made))
                    for other in own:
                        pending.extend((outer, depth + 1) for outer in self._around(fid, other))
                        pending.append((other, depth + 1))
        return iter(seen)

    def _around(self, fid: str, inner: str) -> Iterator[str]:
        """Decorators of the project's own that a decorator puts on what it gives back."""
        function = self.origins.linker.functions.get(inner)
        for value in function.decorators if function is not None else ():
            for ref in self.origins.linker.refs[fid][value]:
                if ref.kind is Kind.FUNCTION:
                    yield ref.id


def _left_out(fact: Fact, endpoint: Endpoint, origins: Origins) -> Fact:
    """A fact of what dispatches, or nothing in its place where the route is registered so that it does not
    happen: `if entry.needs == "anyone": return`."""
    if endpoint.entry is None:
        return fact
    if not any(applies(c, endpoint, origins) == "no" for c in fact.conditions if not c.atoms):
        return fact
    return Fact("left out", fact.span, fact.fid, fact.value)


def _turning(facts: Iterable[Fact], fid: str) -> Iterator[Fact]:
    """Facts of a handler or guard: where it answers strangers itself, it refuses them.

    Elsewhere, leaving early for want of a caller gives whoever called nothing, and decides nothing.
    """
    for fact in facts:
        if fact.kind == "unsaved" or (fact.touch is not None and not fact.touch.resource):
            # Nobody saves it; or a member of something that nobody is known to have loaded.
            continue
        if fact.kind == "spread":
            told = spread_over(fact)
            if told is not None:
                yield told
            continue
        yield fact._replace(kind="denial") if fact.kind == "turned" and fact.fid == fid else fact


class _Terms:
    """What parameters of the functions in a chain stand for."""

    def __init__(self, origins: Origins, endpoint: Endpoint, handed: Handed) -> None:
        self.origins = origins
        self.handed = handed
        self.endpoint = endpoint
        self.passed = Passed(origins, endpoint)
        self.inputs: dict[str, dict[str, str]] = {}
        self.factories: dict[str, tuple[str, Instr]] = {}
        self.dependencies: dict[tuple[str, int], tuple[str, ...]] = {}
        for link in (*endpoint.chain, endpoint.handler):
            self._add(link, dict(link.inputs))
        for fid in endpoint.handler.functions:
            self.inputs[fid] = dict(endpoint.inputs)
        self._lets_more = self._keeps_undeclared()
        self._active: set[tuple[str, str]] = set()
        self._taken: dict[tuple[str, str], frozenset[str]] = {}
        self._known: dict[int, tuple[Atom, Atoms | None]] = {}
        """Answers by the atom's identity, with the atom, so that it stays alive: facts share theirs."""
        self.terms = InTerms(self.replaced)

    def _keeps_undeclared(self) -> bool:
        """Whether what goes by declared types here lets fields come along that nothing declares."""
        if self.endpoint.method in _FIELDS:
            # Of a field of a schema, the schema itself says what its arguments may hold.
            return False
        checks = (check for link in self.endpoint.chain for check in library_checks(self.origins, link))
        found = {check.strength for check in checks if check.kind == "validation"}
        return "typed" in found and "declared" not in found

    def _add(self, link: Link, inputs: dict[str, str]) -> None:
        for fid in link.functions:
            self.inputs.setdefault(fid, inputs)
        if link.value is None:
            return
        self.dependencies.setdefault(link.value, link.functions)
        found = self.origins.resolved(*link.value)
        if found is not None and found[1].op == Op.CALL:
            home, call = found
            for target in self.origins.targets(home, call):
                self.factories.setdefault(target, (home, call))

    def replaced(self, atom: Atom) -> Atoms | None:
        """What a parameter is for this endpoint."""
        known = self._known.get(id(atom))
        if known is None:
            known = atom, self._replaced(atom)
            if not self._active:
                self._known[id(atom)] = known
        return known[1]

    def _replaced(self, atom: Atom) -> Atoms | None:
        fid, name, rest = atom.name, atom.path[0], atom.path[1:]
        if atom.kind == "holder":
            return self._class_of(fid, name, rest)
        if name == OWN and rest and self.inputs.get(fid, {}).get(f"this.{rest[0]}") == "principal":
            return frozenset((Atom("principal", "caller", rest[1:], atom.span),))
        passed = self.passed.of(fid, name, rest) if (fid, name) not in self._active else NOTHING
        if passed:
            self._active.add((fid, name))
            try:
                return substituted(passed, self.replaced)
            finally:
                self._active.discard((fid, name))
        if fid in self.factories and fid not in self.inputs:
            home, call = self.factories[fid]
            value = self.origins.arguments(call, fid).get(name)
            return self.origins.of(home, value, rest) if value is not None else NOTHING
        channel = self.inputs.get(fid, {}).get(name, "")
        kind = channel.partition(":")[0]
        if kind == "dependency" or not channel:
            given = self._dependency(fid, name, rest)
            if given is not None:
                return given
            if not channel and (own := self._own(fid, name)):
                return self.handed.of(own[0], (own[1], *rest))
            if not channel and (of_path := self._of_path(atom, fid, name, rest)):
                return of_path
            return self._unread(atom, fid, name, rest) if kind == "dependency" else NOTHING
        if kind == "returned":
            target = channel.partition(":")[2]
            values = self.origins.returned(target)
            return union(self.origins.of(target, value, rest) for value in values)
        if kind == "object":
            return under(named_object(self.origins, self.endpoint), rest)
        if kind == "principal":
            return frozenset((Atom("principal", "caller", rest, atom.span),))
        if kind == "session":
            return frozenset((Atom("credential", "session", rest, atom.span, fid),))
        if kind == "own":
            return self.handed.of(fid, (name, *rest))
        if kind not in _INPUTS:
            return NOTHING
        if rest and rest[0] in self._removed(fid, name):
            return NOTHING
        shown = name.replace("_", "-") if kind.startswith("header") else name
        path = rest if kind == "body" and rest else (shown, *rest)
        span = atom.span or Span("", 0, 0)
        source = self.origins.source(channel, path, span, fid)
        if kind == "body" and not source.bound and self._is_schema(fid, name):
            bound = OPEN if not rest and self._lets_more else "schema"
            source = Atom("input", kind, path, span, fid, bound=bound)
        if source.kind == "input" and not source.bound and self._is_limited(fid, name):
            source = source._replace(bound="schema")
        return frozenset((source,))

    def _own(self, fid: str, name: str) -> tuple[str, str] | None:
        """The handler's own request, where a decorator's function is given it in the handler's place."""
        own = [key for key, channel in self.endpoint.inputs.items() if channel == "own"]
        function = self.origins.linker.functions.get(fid)
        if not own or function is None or fid in self.inputs:
            return None
        first = next((p.name for p in function.params if p.name != function.receiver), "")
        around = any(fid.startswith(f"{each}.") for link in self.endpoint.chain for each in link.functions)
        return (self.endpoint.handler.functions[0], own[0]) if name == first and around else None

    def _class_of(self, fid: str, name: str, member: tuple[str, ...]) -> Atoms:
        """What the endpoint's own class is, or holds: a handler of a base class works on what that names."""
        implied = self.endpoint.implied
        cid = self.endpoint.handler.cls or (
            implied.cid if implied is not None else class_of(self.origins, fid)
        )
        return member_class(self.origins, cid, member) if cid and name == OWN else NOTHING

    def _of_path(self, atom: Atom, fid: str, name: str, rest: tuple[str, ...]) -> Atoms:
        """A part of the address that a decorator takes by its name: `def inner(team)`, `kwargs["team"]`."""
        params = self.origins.linker.functions[fid].params if fid in self.origins.linker.functions else ()
        if any(p.name == name and p.kind == "rest-map" for p in params):
            name, rest = (rest[0], rest[1:]) if rest else ("", ())
        if not name or rest or name not in re.findall(r"[{<]\s*(?:\w+:)?(\w+)", self.endpoint.path):
            return NOTHING
        if (fid, name) not in self.origins.sent:
            return NOTHING
        return frozenset((self.origins.source("path", (name,), atom.span or Span("", 0, 0), fid),))

    def _removed(self, fid: str, name: str) -> frozenset[str]:
        """Fields of a parameter that a handler takes away before all else: `delete dto.owner`."""
        found = self._taken.get((fid, name))
        if found is None:
            definitions = self.origins.view.definitions(fid)
            found = self._taken[fid, name] = frozenset(
                i.name
                for i in self.origins.linker.functions[fid].body
                if type(i) is Instr and i.op == Op.DELETE and i.args and definitions[i.args[0]].name == name
            )
        return found

    def _unread(self, atom: Atom, fid: str, name: str, rest: tuple[str, ...]) -> Atoms:
        """What is put in by something that cannot be read, and is called like the caller."""
        if (fid, name) in self._active or not _CALLER.search(name):
            return NOTHING
        _, annotation = self.origins.view.parameter(fid, name)
        if annotation is None or not annotation.classes:
            return NOTHING
        span = atom.span or Span("", 0, 0)
        return frozenset((Atom("credential", "credential", rest, span, fid, bound="opaque", exact=False),))

    def _is_limited(self, fid: str, name: str) -> bool:
        """Whether a parameter's declaration says how long, how large or of what form it may be."""
        pending = [given for given in self.origins.view.parameter(fid, name) if given is not None]
        for _ in range(12):
            instr = pending[0].instr if pending else None
            if instr is None:
                return False
            if instr.op == Op.CALL and _LIMITS.intersection(instr.keys):
                return True
            # `Annotated[str, Query(max_length=20)]`
            given = pending.pop(0)
            pending.extend(ValueView(given.view, given.fid, value) for value in instr.args)
        return False

    def _is_schema(self, fid: str, name: str) -> bool:
        """Whether a parameter's annotation is a class with declared fields."""
        _, annotation = self.origins.view.parameter(fid, name)
        return annotation is not None and bool(annotation.classes)

    def _dependency(self, fid: str, name: str, rest: tuple[str, ...]) -> Atoms | None:
        """What the function that a parameter depends on returns."""
        if (fid, name) in self._active:
            return None
        self._active.add((fid, name))
        try:
            parts: list[Atoms] = []
            for target in self._targets(fid, name):
                function = self.origins.linker.functions[target]
                if function.name.endswith(("__init__", "constructor")):
                    continue
                returned = (self.origins.of(target, value, rest) for value in self.origins.returned(target))
                parts.extend(substituted(atoms, self.replaced) for atoms in returned)
            return union(parts) if parts else None
        finally:
            self._active.discard((fid, name))

    def _targets(self, fid: str, name: str) -> Iterable[str]:
        default, annotation = self.origins.view.parameter(fid, name)
        for given in (default, annotation):
            for ref in given.refs if given is not None else ():
                call = _creation(self.origins, ref)
                if call is None:
                    continue
                home, instr = call
                values = instr.args[1:2]
                for value in values:
                    yield from self.dependencies.get((home, value), ())
                    yield from _called(self.origins, home, value)
                    return


def _creation(origins: Origins, ref: Ref) -> tuple[str, Instr] | None:
    """The `Depends(...)` call that a reference stands for."""
    if not isinstance(ref.step, tuple) or not any(name.endswith(":Dependency") for name in ref.names):
        return None
    fid, value = ref.step
    instr = origins.view.definitions(fid).get(value)
    return (fid, instr) if instr is not None and instr.op == Op.CALL else None


def _called(origins: Origins, fid: str, value: int) -> Iterator[str]:
    for ref in origins.linker.refs[fid][value]:
        if ref.kind is Kind.FUNCTION:
            yield ref.id
        elif ref.kind is Kind.INSTANCE and ref.base is not None:
            called = origins.linker.method(ref.base.id, "__call__")
            if called is not None:
                yield called


def _before_effects(check: Check, facts: tuple[Fact, ...], start: int) -> bool:
    """Whether the handler, whose facts begin at `start`, changed nothing before the refusal."""
    if check.position < 0 or check.fact is None:
        return True
    for earlier in facts[start : check.position]:
        changes = earlier.touch is not None and earlier.touch.operation in ("create", "update", "delete")
        if (changes or earlier.what in ("file", "command", "message")) and compatible(earlier, check.fact):
            return False
    return True
