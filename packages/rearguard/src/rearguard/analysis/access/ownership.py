"""Whose an object is: the fields that say it, and whether an access is restricted to the caller's own."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from rearguard.analysis.access.atoms import CLAIMED, Atom, Atoms, normal, order, spaced
from rearguard.analysis.access.events import Fact, compatible
from rearguard.analysis.access.guards import Check
from rearguard.analysis.access.origins import CREDENTIAL_NAME
from rearguard.analysis.access.presence import spares_known
from rearguard.analysis.access.principals import (
    ROLE,
    USER_WORDS,
    asks_role,
    is_caller,
    is_caller_itself,
    is_chosen_freely,
    is_named_freely,
    is_open,
    within,
)
from rearguard.analysis.access.resources import Touch
from rearguard.analysis.access.schemas import Schemas, Table
from rearguard.analysis.access.surface import Surface
from rearguard.analysis.access.tenants import Tenants
from rearguard.analysis.access.types import Cell
from rearguard.program import Span, Step

_BY_NAME = re.compile(
    r"(?:user|owner|author|account|tenant|customer|member|creator|created_?by|belongs_?to)(?:_?(?:id|uuid|pk|ref))?|"
    r"(?:profile|org|organisation|organization|workspace|company|patient|employee)_?(?:id|uuid|pk|ref)",
    re.IGNORECASE,
)
_NOT_OWNER = re.compile(
    r"(?:updated|modified|changed|approved|reviewed|deleted|assigned|closed|edited|sent|from|to|last)_?(?:by|to|user|at)?|"
    r"email|name|title|password|token|role|status|.*_at|at",
    re.IGNORECASE,
)
_IDENTIFIER = re.compile(r"(?:^|_)(?:id|pk|uuid|sub|email|username|name|user|identity)$|Id$", re.IGNORECASE)
_TENANT_ID = re.compile(r"_?(?:id|uuid|pk)$")
_REFERS = re.compile(r"\w+(?:_(?:id|uuid|pk)|I[dD])")
"""Fields that refer to a record of their own: what they say of one resource they say of another."""
_DONE_BY = re.compile(
    r"(?!(?:created|owned|posted|uploaded|submitted|added|written)_?by).*_?by(?:_?id)?", re.IGNORECASE
)


MAX_GROUNDS = 3
"""Objects found by way of others, back to what is the caller's."""
PRIVILEGED = "only privileged callers get here"
"""Why an access is restricted where a role or permission is asked for, and nothing of the object."""

_WAYS = re.compile(
    r"(?:\w+_)?(?:provider|driver|backend|strategy|method|mode|type|kind|format|locale|lang|language|action)",
    re.IGNORECASE,
)
"""What values are called that choose a way of doing something: `/auth/{provider}/callback`."""


def _is_owner(name: str, resource: str, table: Table) -> bool:
    """Whether a field says by its name whose an object is; books have authors who are no accounts."""
    if name.lower() == "author" and name in table.columns and name not in table.refers:
        return False
    return _BY_NAME.fullmatch(name) is not None and normal(name) != resource


_FAR = 3
"""References followed from a part to what it is part of."""


class Owners:
    """Owner fields by resource."""

    def __init__(self, schemas: Schemas, surfaces: Iterable[Surface], accounts: frozenset[str]) -> None:
        self.fields: dict[str, tuple[str, tuple[Step, ...]]] = {}
        self.users = accounts
        self._wholes: dict[str, tuple[str, tuple[Step, ...]]] = {}
        seen: dict[str, Counter[str]] = {}
        places: dict[tuple[str, str], Span] = {}
        columns: dict[str, set[str]] = {}
        surfaces = list(surfaces)
        for surface in surfaces:
            for resource, field, span, weight in _compared(surface, accounts):
                seen.setdefault(resource, Counter())[field] += weight
                places.setdefault((resource, field), span)
            for touch in surface.touches:
                held = columns.setdefault(normal(touch.resource), set())
                held.update(name for name, _ in (*touch.keys, *touch.written))
                if not touch.also:
                    held.update(touch.fields)
                places.setdefault((normal(touch.resource), ""), touch.span)
        for resource, counts in seen.items():
            field, _ = max(counts.items(), key=lambda item: (item[1], item[0]))
            text = f"`{field}` holds whose it is: here it is set from, or compared with, the caller"
            self.fields[resource] = (field, (Step(places[resource, field], text, "note"),))
        self._schemas = schemas
        self._by_declaration(schemas, columns)
        spoken = {field for field, _ in self.fields.values() if _REFERS.fullmatch(field)}
        referred: dict[str, set[str]] = {}
        for resource, (field, _) in self.fields.items():
            # A reference that is declared as one need not say so by its name: `unit` of a ticket.
            referred.setdefault(field, set()).update(schemas.of(resource).refers.get(field, ()))
        for resource, names in columns.items():
            if resource in self.fields:
                continue
            table = schemas.of(resource)
            named = sorted(n for n in names if _is_owner(n, resource, table))
            text = "`{}` says by its name whose it is"
            if not all(_may_own(table.known_as.get(n, n)) for n in named):
                named = []
            if not named and resource not in self.users:
                alike = {n for n, to in table.refers.items() if to & referred.get(n, set()) - self.users}
                named, text = sorted(spoken & names | alike), "`{}` says of other objects whose they are"
            if named:
                step = Step(places[resource, ""], text.format(named[0]), "note")
                self.fields[resource] = (named[0], (step,))
        for resource, names in columns.items():
            if resource not in self.fields and resource not in self.users:
                self._part(resource, sorted(names | set(schemas.of(resource).columns)), schemas, places)

    def _part(
        self, resource: str, names: list[str], schemas: Schemas, places: dict[tuple[str, str], Span]
    ) -> None:
        """What a resource without an owner of its own is part of."""
        for name in names:
            spelled = _TENANT_ID.sub("", spaced(name).lower())
            said = normal(spelled)
            if spelled.endswith("s") and not said.endswith("s"):
                # `reviews` of a book are its parts, and it is not theirs.
                continue
            for whole in sorted(schemas.of(resource).refers.get(name, {said})):
                if whole != resource and whole in self.fields and whole not in self.users:
                    owner = self.fields[whole][0]
                    text = f"`{name}` says which {whole} it is part of; whose that is, `{owner}` says"
                    self._wholes[resource] = (whole, (Step(places[resource, ""], text, "note"),))
                    return

    def _by_declaration(self, schemas: Schemas, resources: Iterable[str]) -> None:
        """Columns that are declared: by what they are called, or the only one that refers to an account."""
        for resource in resources:
            table = schemas.of(resource)
            if resource in self.fields or resource in self.users:
                continue
            known = {n: table.known_as.get(n, n) for n in (*table.columns, *table.refers)}
            columns = [n for n in table.columns if _may_own(known[n])]
            named = [n for n in columns if _is_owner(n, resource, table)]
            refers = [n for n in table.refers if table.refers[n] & self.users and _may_own(known[n])]
            chosen = named[:1] or (refers if len(refers) == 1 else [])
            for name in chosen:
                span = table.columns.get(name)
                text = f"`{name}` says whose a {resource} is"
                self.fields[resource] = (name, (Step(span, text, "note"),) if span is not None else ())

    def of(self, resource: str) -> tuple[str, tuple[Step, ...]]:
        """The owner field of a resource, and where it is seen; ("", ()) when none is known."""
        name = normal(resource)
        if name in self.fields:
            return self.fields[name]
        if name in self.users or (name in USER_WORDS and name not in self._wholes):
            return "id", ()
        return "", ()

    def within(self, resource: str) -> frozenset[str]:
        """What a resource is part of, step by step: a line of an order, which is one of a shop's."""
        found: set[str] = set()
        level = {normal(resource)}
        for _ in range(_FAR):
            refers = (to for name in level for to in self._schemas.of(name).refers.values())
            level = {one for to in refers for one in to if one not in self.users} - found - {normal(resource)}
            found |= level
        return frozenset(found)

    def whole_of(self, resource: str) -> tuple[str, tuple[Step, ...]]:
        """What a resource without an owner is part of, and where that is seen; ("", ()) when unknown."""
        return self._wholes.get(normal(resource), ("", ()))


def says_owner(field: str) -> bool:
    """Whether the name of a field says that it holds whose an object is."""
    return _BY_NAME.fullmatch(field) is not None


def _identifies(atom: Atom) -> bool:
    """Whether a value is the caller, or the caller's identifier."""
    return is_caller_itself(atom) and (not atom.path or _IDENTIFIER.search(atom.path[-1]) is not None)


def _may_own(field: str) -> bool:
    """Whether a field may say whose an object is, as far as its name goes."""
    if field.lower() in ("", "*", "id", "_id", "pk"):
        return False
    return _NOT_OWNER.fullmatch(field) is None and _DONE_BY.fullmatch(field) is None


def _compared(surface: Surface, accounts: frozenset[str]) -> Iterator[tuple[str, str, Span, int]]:
    """(resource, field, place, weight) of fields that are set against the caller."""
    for touch in surface.touches:
        resource = normal(touch.resource)
        if resource in accounts:
            continue
        keys = (*touch.keys, *touch.dropped) if not touch.also else ()
        for weight, pairs in ((2, keys), (1, touch.written)):
            for name, atoms in pairs:
                own = any(_identifies(a) for a in atoms) and not any(is_open(a) for a in atoms)
                if own and _may_own(name):
                    yield resource, name, touch.span, weight
    for fact in surface.facts:
        for condition in fact.conditions if fact.kind == "denial" else ():
            # What a caught error can have come from is compared with nothing.
            if condition.value >= 0 and any(_identifies(a) for a in condition.atoms):
                for atom in condition.atoms:
                    of_object = atom.kind == "stored" and atom.path and not is_caller_itself(atom)
                    if of_object and _may_own(atom.path[0]):
                        yield normal(atom.name), atom.path[0], condition.span, 3


# -- restrictions ---------------------------------------------------------------------------------


def identity(atom: Atom) -> tuple[object, ...]:
    """What makes two inputs the same one."""
    return (atom.name, atom.path)


def choosing(touch: Touch) -> tuple[tuple[str, Atom], ...]:
    """Inputs that choose which object it is, with the field; those of the loaded object included."""
    found: list[tuple[str, Atom]] = []
    for name, atoms in touch.keys:
        for atom in sorted(atoms, key=order):
            if is_chosen_freely(atom) and not _chooses_how(atom) and not _is_of_form(atom):
                found.append((name, atom))
            elif atom.kind == "stored" and not is_caller(atom):
                inner = (held for _, inners in atom.keys for held in sorted(inners, key=order))
                found.extend((name, held) for held in inner if is_chosen_freely(held))
    return tuple(found)


def _is_of_form(atom: Atom) -> bool:
    """Whether it is a member of an object that a form looked up: `cleaned["tag"].pk`."""
    return (
        atom.name == "form"
        and atom.bound == "schema"
        and len(atom.path) > 1
        and atom.path[-1] in ("id", "pk")
    )


def _chooses_how(atom: Atom) -> bool:
    """Whether an unknown function was told by it which way to go, and not what to look for."""
    return atom.bound == "unknown" and bool(atom.path) and _WAYS.fullmatch(spaced(atom.path[-1])) is not None


def restriction(touch: Touch, fact: Fact | None, surface: Surface) -> Cell:
    """Whether an access is limited to what belongs to the caller."""
    for name, atoms in touch.keys:
        if is_callers_own(atoms):
            step = Step(touch.span, f"`{name or 'key'}` comes from the caller", "guard")
            return Cell("restricted", (step,), f"the query is limited by `{name or 'the caller'}`")
        secret = CREDENTIAL_NAME.search(spaced(name)) is not None
        if secret and atoms and all(atom.kind == "credential" for atom in atoms):
            step = Step(touch.span, f"`{name}` is the secret that came with the request", "guard")
            return Cell("restricted", (step,), f"the query is limited by `{name}`, which the caller holds")
    for condition in fact.conditions if fact is not None else ():
        asked = condition.holds and asks_role(condition.atoms, condition.presence)
        if asked and not _asks_whose(condition.atoms) and not within(condition.atoms):
            step = Step(condition.span, "only privileged callers get here", "guard")
            return Cell("restricted", (step,), PRIVILEGED)
    chosen = {identity(atom) for _, atom in choosing(touch)}
    if not chosen:
        return Cell("unknown" if touch.keys else "none", (), "the client does not choose the object")
    done, joined = _done(touch, fact, surface), _joined(surface)
    for place, other in enumerate(surface.facts):
        if place > done and fact is not None and other is not fact and compatible(fact, other):
            # What is asked after the deed prevents nothing.
            continue
        found = _vouched(other, touch, fact, chosen, joined)
        if found is not None:
            return found
    for check in surface.checks:
        if check.kind == "authorization" and not _is_within(check):
            step = Step(check.span, f"{check.name} lets only privileged callers pass", "guard")
            return Cell("restricted", (step,), PRIVILEGED)
    return Cell("open", (), "no key of the query and no comparison depends on the caller")


def _is_within(check: Check) -> bool:
    conditions = check.fact.conditions if check.fact is not None else ()
    asked = [c.atoms for c in conditions if any(is_caller(a) for a in c.atoms)]
    # The last decides; before it strangers may have been told apart.
    return bool(asked) and within(asked[-1])


def _joined(surface: Surface) -> set[tuple[object, ...]]:
    """Inputs that name what callers are looked up in, before they get anywhere: the club of a membership."""
    found: set[tuple[object, ...]] = set()
    for fact in surface.facts:
        if fact.kind != "denial" or any(spares_known(c) for c in fact.conditions):
            continue
        for condition in fact.conditions:
            if within(condition.atoms):
                found |= _named(condition.atoms)
    return found


def _asks_whose(atoms: Atoms) -> bool:
    """Whether one test lets a role pass, and else whoever something is: `staff or user.patient == given`.

    What it says of the object is what counts then, if it is the object that is acted on.
    """
    return any(map(is_open, atoms)) and any(
        is_caller(a) and a.path and not any(map(ROLE.search, a.path)) for a in atoms
    )


def _done(touch: Touch, fact: Fact | None, surface: Surface) -> int:
    """The position from which on an object is changed, whatever is asked then; the end for all else."""
    end = len(surface.facts)
    if fact is None or touch.pending or touch.operation not in ("update", "delete"):
        return end
    return next((place for place, other in enumerate(surface.facts) if other is fact), end)


def is_callers_own(atoms: Atoms) -> bool:
    """Whether a value is the caller's, and nothing that the client says instead."""
    named = (a for a in atoms if a.bound != CLAIMED and (is_open(a) or is_named_freely(a)))
    return any(map(is_caller, atoms)) and not any(True for _ in named)


def limit(touch: Touch, cell: Cell, surface: Surface, tenants: Tenants) -> str:
    """By what an access is limited: `owner`, `tenant` (callers of the same tenant pass), `role`, or ""."""
    if cell.state != "restricted":
        return ""
    if cell.reason == PRIVILEGED:
        return "role"
    named = {identity(atom) for _, atom in choosing(touch)} & _joined(surface)
    if named and not any(is_callers_own(atoms) for _, atoms in touch.keys):
        # Whoever is a member of what the client names: all members are.
        return "tenant"
    seen = False
    for atom in _held(touch, surface):
        if not all(map(tenants.holds, _grounds(atom))):
            return "owner"
        seen = True
    return "tenant" if seen else "owner"


def _grounds(atom: Atom, depth: int = 0) -> list[Atom]:
    """What of the caller an object was found by, of which the key is: `WHERE id = load.id` of a load that was
    looked up among those of the caller's company."""
    if atom.kind != "stored" or is_caller_itself(atom) or depth > MAX_GROUNDS:
        return [atom]
    found = [inner for _, atoms in atom.keys for inner in atoms if is_caller(inner)]
    return [ground for inner in found for ground in _grounds(inner, depth + 1)] or [atom]


def _held(touch: Touch, surface: Surface) -> Iterator[Atom]:
    """What of the caller an object is looked up by, or else compared with."""
    keys = [atoms for _, atoms in touch.keys if is_callers_own(atoms)]
    yield from (atom for atoms in keys for atom in atoms if is_caller(atom))
    if not keys:
        chosen = {identity(atom) for _, atom in choosing(touch)}
        for atoms in _compared_with(surface, chosen):
            yield from (atom for atom in atoms if is_caller(atom))


def _compared_with(surface: Surface, chosen: set[tuple[object, ...]]) -> Iterator[Atoms]:
    """What an object is compared with before callers are refused, or by what it is looked up."""
    for fact in surface.facts:
        for condition in fact.conditions:
            compared = condition.value >= 0 and any(is_caller(atom) for atom in condition.atoms)
            if compared and chosen & _named(condition.atoms):
                yield condition.atoms
        if fact.touch is not None and chosen & {identity(atom) for _, atom in choosing(fact.touch)}:
            yield from (atoms for _, atoms in fact.touch.keys)


def _vouched(
    other: Fact,
    touch: Touch,
    fact: Fact | None,
    chosen: set[tuple[object, ...]],
    joined: set[tuple[object, ...]],
) -> Cell | None:
    """A comparison with the caller, or with what the caller is a member of, that refuses; or a restricted
    access to the same object."""
    if other.kind == "denial" and not any(spares_known(c) for c in other.conditions):
        for condition in other.conditions:
            if (
                condition.value >= 0
                and not condition.excludes_owner
                and (any(is_caller(a) for a in condition.atoms) or _is_part(condition.atoms, joined - chosen))
                and _meets(chosen, _named(condition.atoms))
            ):
                step = Step(other.span, "anyone but the owner is refused here", "guard")
                return Cell("restricted", (step,), "the owner is compared with the caller")
    if other.touch is not None and other.touch is not touch and other.kind == "touch":
        inputs = {identity(atom) for _, atom in choosing(other.touch)}
        if chosen & inputs and any(is_caller(a) for _, atoms in other.touch.keys for a in atoms):
            step = Step(other.touch.span, "the same object is looked up among the caller's own", "guard")
            return Cell("restricted", (step,), "the object is looked up among the caller's own")
    if fact is not None and other is fact:
        for condition in fact.conditions:
            if (
                not condition.excludes_others
                and any(is_caller(a) for a in condition.atoms)
                and chosen & _named(condition.atoms)
            ):
                step = Step(
                    condition.span, "only reached when this comparison with the caller holds", "guard"
                )
                return Cell("restricted", (step,), "it happens for the owner only")
    return None


def _meets(chosen: set[tuple[object, ...]], named: set[tuple[object, ...]]) -> bool:
    """Whether a condition is about what was chosen; a member whose key is not known may be any:
    `kwargs[self.owner_object["pk"]]`."""
    unknown = {name for name, path in named if path == ("*",)}
    return bool(chosen & named) or any(name in unknown for name, _ in chosen)


def _is_part(atoms: Atoms, joined: set[tuple[object, ...]]) -> bool:
    """Whether a field of a stored object is compared with what names the whole of which callers are."""
    return any(atom.kind == "stored" and atom.path for atom in atoms) and any(
        joined & _named(frozenset((atom,))) for atom in atoms
    )


def _named(atoms: Atoms) -> set[tuple[object, ...]]:
    """Inputs in a condition, those that chose a stored object in it included."""
    found: set[tuple[object, ...]] = set()
    for atom in atoms:
        if atom.kind == "input":
            found.add(identity(atom))
        elif atom.kind == "stored":
            for _, inners in atom.keys:
                found.update(identity(inner) for inner in inners if inner.kind == "input")
                for inner in inners:
                    if inner.kind == "stored":
                        found |= _named(frozenset((inner,)))
    return found


__all__ = [
    "PRIVILEGED",
    "Owners",
    "choosing",
    "compatible",
    "identity",
    "is_callers_own",
    "limit",
    "restriction",
]
