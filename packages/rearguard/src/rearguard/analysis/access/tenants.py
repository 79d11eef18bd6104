"""Which tenant an object belongs to: the fields by which objects are limited to the caller's tenant."""

import re
from collections.abc import Iterable, Iterator

from rearguard.analysis.access.atoms import Atom, normal, spaced
from rearguard.analysis.access.columns import TENANT
from rearguard.analysis.access.principals import USER_WORDS, is_caller, is_caller_itself, is_open, within
from rearguard.analysis.access.resources import Touch
from rearguard.analysis.access.schemas import Schemas
from rearguard.analysis.access.surface import Surface

_ID = re.compile(r"_?(?:id|uuid|pk|ref)$")
_PLAIN = frozenset(["id", "pk", "uuid", "guid", "oid", "_id", "self", "identity", "me"])
_NAMES = re.compile(r"e?_?mail|user_?name|login|name|sub|subject|uid|phone|handle|nick\w*", re.IGNORECASE)
"""What tells one caller from all others."""


def stem(field: str) -> str:
    """`council` of `councilId`, `council_id` and `council`."""
    return normal(_ID.sub("", spaced(field).lower()))


def shared(atom: Atom) -> str:
    """What the caller shares with others: `org` of `user.org_id`, `school?` of `user.school`; else ""."""
    if not is_caller_itself(atom) or not atom.path:
        return ""
    last = spaced(atom.path[-1]).lower()
    if last in _PLAIN and len(atom.path) > 1:
        # `user.school.id`
        last = spaced(atom.path[-2]).lower() + "_id"
    kind = stem(last)
    if last in _PLAIN or _NAMES.fullmatch(last) or kind in USER_WORDS or not kind or not kind[0].isalpha():
        return ""
    return kind if TENANT.fullmatch(last) or _ID.search(last) else f"{kind}?"


class Tenants:
    """The field by which the project limits a resource to the caller's tenant, where it does so somewhere."""

    def __init__(self, surfaces: Iterable[Surface], schemas: Schemas) -> None:
        self._fields: dict[str, str] = {}
        self._named: dict[str, str] = {}
        surfaces = tuple(surfaces)
        touches = [touch for surface in surfaces for touch in surface.touches]
        joined = {tenant for touch in touches for tenant in _memberships(touch)}
        asked = {whole for surface in surfaces for whole in wholes_of_callers(surface)}
        self._kinds = _kinds(touches)
        for touch in touches:
            for name, atoms in (*touch.keys, *touch.written, *touch.dropped):
                own = TENANT.fullmatch(name) is not None
                if (own and any(is_caller(a) for a in atoms)) or self._is_shared(touch, name):
                    self._fields.setdefault(normal(touch.resource), name)
                elif (own and _ID.sub("", name.lower()) in joined) or stem(name) in asked:
                    self._named.setdefault(normal(touch.resource), name)
        for resource in (
            {normal(touch.resource) for touch in touches} - self._fields.keys() - self._named.keys()
        ):
            table = schemas.of(resource)
            part = next((name for name in sorted({*table.columns, *table.refers}) if stem(name) in asked), "")
            if part:
                self._named[resource] = part

    def _is_shared(self, touch: Touch, name: str) -> bool:
        """Whether a field is called like what callers share, or the object is that itself."""
        return (stem(name) if name.lower() not in _PLAIN else normal(touch.resource)) in self._kinds

    def holds(self, atom: Atom) -> bool:
        """Whether a value of the caller's says which tenant it belongs to, and not who it is."""
        kind = shared(atom)
        return bool(kind) and (not kind.endswith("?") or kind[:-1] in self._kinds)

    def of(self, resource: str) -> tuple[str, bool]:
        """The field, or ""; and whether callers name their tenant, being members of several."""
        own = self._fields.get(normal(resource), "")
        return (own, False) if own else (self._named.get(normal(resource), ""), True)


def _kinds(touches: Iterable[Touch]) -> frozenset[str]:
    """What callers share that objects of more than one kind are limited by: `school`, `clinic`."""
    seen: dict[str, set[str]] = {}
    for touch in touches:
        for name, atoms in (*touch.keys, *touch.written, *touch.dropped):
            for atom in atoms:
                kind = shared(atom).rstrip("?")
                if kind and kind == (stem(name) if name.lower() not in _PLAIN else normal(touch.resource)):
                    seen.setdefault(kind, set()).add(normal(touch.resource))
    return frozenset(kind for kind, resources in seen.items() if len(resources) > 1)


def _memberships(touch: Touch) -> Iterator[str]:
    """Tenants that callers are looked up in: `findUnique({ teamId_userId: { teamId, userId: me.id } })`."""
    atoms = [atom for _, held in touch.keys for atom in held]
    if any(is_caller(atom) for atom in atoms) and any(is_open(atom) for atom in atoms):
        for name, _ in touch.keys:
            for part in (name, *name.split("_")):
                if TENANT.fullmatch(part):
                    yield _ID.sub("", part.lower())


def wholes_of_callers(surface: Surface) -> Iterator[str]:
    """What callers are refused for not being found in: `club` of `Member.get(club=given, user=caller)`."""
    # One's own like of a post, which is taken back, lets nobody into the post.
    dealt = {normal(touch.resource) for touch in surface.touches if touch.operation in ("update", "delete")}
    for fact in surface.facts:
        for condition in fact.conditions if fact.kind == "denial" and fact.status in (401, 403, 404) else ():
            if not within(condition.atoms):
                continue
            for atom in condition.atoms:
                looked = is_caller(atom) and normal(atom.name) not in dealt
                for name, inners in atom.keys if looked else ():
                    if name.lower() not in _PLAIN and not any(map(is_caller, inners)) and stem(name):
                        yield stem(name)


__all__ = ["Tenants", "shared", "stem", "wholes_of_callers"]
