"""Comparisons with an owner that decide nothing: made for known callers alone, or with what the client says."""

from collections.abc import Iterator
from dataclasses import dataclass

from rearguard.analysis.access import Access, Row
from rearguard.analysis.access.facts import Condition
from rearguard.analysis.access.guards import asks_if_known, compares_owner
from rearguard.analysis.access.principals import is_credential
from rearguard.analysis.access.resources import normal
from rearguard.program import Span

_SAID = frozenset({"body", "form", "json", "data", "query", "header", "headers"})
_WHO = ("authentication", "authorization")


@dataclass(frozen=True, slots=True)
class Vain:
    """A comparison that lets through whom it should refuse."""

    place: Span
    resource: str
    said: str = ""
    """What the client says, where the owner is compared with that."""


def passes_strangers(row: Row) -> Vain | None:
    """The owner is asked for where somebody is logged in, and nothing asks whether anybody is:
    `if user and note.owner_id != user.id: refuse()`."""
    surface = row.surface
    if surface is None or surface.doubts or surface.unread or not row.accesses:
        return None
    if any(c.kind in _WHO and c.strength in ("required", "unknown") for c in surface.checks):
        return None
    found: Vain | None = None
    for check in surface.checks:
        if check.kind != "ownership":
            continue
        conditions = check.fact.conditions if check.fact is not None else ()
        compared = next((c for c in conditions if compares_owner(c)), None)
        if compared is None or not any(map(asks_if_known, conditions)):
            # This one refuses strangers too.
            return None
        if any(_is_of_another(c, _stored(compared)) for c in conditions if c is not compared):
            # A page for everyone that some of its readers are kept from.
            return None
        found = found or Vain(compared.span, _stored(compared) or row.accesses[0].resource)
    return found


def _is_of_another(condition: Condition, resource: str) -> bool:
    """Whether a test asks for something else than whose the object is: a block, an invitation."""
    if asks_if_known(condition) or not condition.holds:
        return False
    return any(a.kind == "stored" and normal(a.name) != normal(resource) for a in condition.atoms)


def asks_the_client(row: Row) -> Vain | None:
    """The field that says whose an object is, compared with what the request says before the object is changed.

    Of those whose role is asked for, who may do so to any object, such a test only keeps the field as it is.
    """
    if row.authorization.state != "none":
        return None
    for fact in row.surface.facts if row.surface is not None else ():
        for condition in fact.conditions if fact.kind == "denial" else ():
            for access in row.accesses:
                said = _believed(condition, access)
                if said:
                    return Vain(condition.span, access.resource, said)
    return None


def _believed(condition: Condition, access: Access) -> str:
    """What the client says that is held against the owner of what it changes; "" for none."""
    if access.operation not in ("update", "delete") or access.limit in ("owner", "tenant"):
        return ""
    if condition.value < 0 or condition.presence or any(map(is_credential, condition.atoms)):
        return ""
    owner = access.owner_field
    held = any(
        a.kind == "stored" and a.path[-1:] == (owner,) and normal(a.name) == normal(access.resource)
        for a in condition.atoms
    )
    said = sorted(
        ".".join(a.path) for a in condition.atoms if a.kind == "input" and a.name in _SAID and a.path
    )
    return said[0] if held and said and owner not in ("", "id") else ""


def _stored(condition: Condition) -> str:
    return next((a.name for a in condition.atoms if a.kind == "stored" and not is_credential(a)), "")


def vain(row: Row) -> Iterator[Vain]:
    """Every such comparison of an endpoint."""
    for found in (passes_strangers(row), asks_the_client(row)):
        if found is not None:
            yield found


__all__ = ["Vain", "vain"]
