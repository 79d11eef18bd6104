"""Comparisons with an owner that decide nothing: made for known callers alone, or with what the client says."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rearguard.analysis.access import Access, Row
from rearguard.analysis.access.atoms import Atom
from rearguard.analysis.access.facts import Condition
from rearguard.analysis.access.guards import compares_owner
from rearguard.analysis.access.presence import asks_if_known
from rearguard.analysis.access.principals import is_credential
from rearguard.analysis.access.resources import normal
from rearguard.analysis.access.tenants import stem
from rearguard.checks.base import Context
from rearguard.program import Op, Span

_SAID = frozenset({"body", "form", "json", "data", "query", "header", "headers"})
_REFERS = re.compile(
    r"(?:user|owner|author|account|customer|member|client|parent|guardian|patient|employee|student|teacher|doctor|agent|"
    r"manager|tenant|org|organi[sz]ation|company|team|workspace)_?(?:id|uuid|pk)",
    re.IGNORECASE,
)
"""Fields that hold whose something is, or who may see it."""
_SAME, _DIFFER = ("==", "==="), ("!=", "!==")
_WHO = ("authentication", "authorization")


@dataclass(frozen=True, slots=True)
class Vain:
    """A comparison that lets through whom it should refuse."""

    place: Span
    resource: str
    said: str = ""
    """What the client says, where the owner is compared with that."""
    skips: str = ""
    """Whose objects alone are compared: `missing` for those that are not there, else a role."""


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


def of_nothing(context: Context, row: Row) -> Vain | None:
    """Whose an object is, asked where there is none: `if not note and note.owner_id != user.id: refuse()`."""
    for fact in row.surface.facts if row.surface is not None else ():
        lacking: set[Atom] = set()
        for condition in fact.conditions if fact.kind == "denial" else ():
            if compares_owner(condition) and any(_is_part(a, lacking) for a in condition.atoms):
                return Vain(condition.span, _stored(condition), skips="missing")
            if _says_missing(context, condition) and len(condition.atoms) == 1:
                lacking.update(
                    a for a in condition.atoms if a.kind == "stored" and not a.path and not is_credential(a)
                )
    return None


def _says_missing(context: Context, condition: Condition) -> bool:
    """`not note`, `note is None`"""
    if not condition.presence or condition.settled:
        return False
    instr = context.view.definitions(condition.fid).get(condition.value)
    if instr is not None and instr.op == Op.COMPARE:
        return instr.name in (("is", *_SAME) if condition.holds else ("is not", *_DIFFER))
    return not condition.holds


def _is_part(atom: Atom, of: set[Atom]) -> bool:
    """Whether a value is a field of one of those records."""
    return bool(atom.path) and any(
        (atom.kind, atom.name, atom.keys) == (whole.kind, whole.name, whole.keys) for whole in of
    )


def trusts_what_is_said(row: Row) -> Vain | None:
    """Refused is only who neither is the owner nor names somebody right: `pupil.id !== user.id && pupil.parentId !==
    query.parent`. Who a record belongs to is no secret as the code of a link is."""
    for fact in row.surface.facts if row.surface is not None else ():
        conditions = fact.conditions if fact.kind == "denial" else ()
        if not any(map(compares_owner, conditions)):
            continue
        for condition in conditions:
            if condition.settled or condition.presence or condition.excludes_owner:
                continue
            refers = [
                a for a in condition.atoms if a.kind == "stored" and _REFERS.fullmatch("".join(a.path[-1:]))
            ]
            said = sorted(".".join(a.path) for a in condition.atoms if a.kind == "input" and a.name in _SAID)
            if refers and said and said[0] and not any(map(is_credential, condition.atoms)):
                return Vain(condition.span, refers[0].name, said[0])
    return None


def spares_its_own(context: Context, row: Row) -> Vain | None:
    """The very callers whose the object could be are not asked: `role !== "parent" && pupil.parentId !== user.id`."""
    for fact in row.surface.facts if row.surface is not None else ():
        conditions = fact.conditions if fact.kind == "denial" else ()
        for condition in conditions:
            spared = _role_refused(context, condition)
            if not spared:
                continue
            for other in conditions:
                if other is not condition and compares_owner(other) and _relation(other) == normal(spared):
                    return Vain(other.span, _stored(other), skips=spared)
    return None


def _role_refused(context: Context, condition: Condition) -> str:
    """The role that callers must lack to be refused: `user.role !== "parent"`."""
    if condition.settled or condition.presence:
        return ""
    if not condition.atoms or not all(is_credential(a) and a.path for a in condition.atoms):
        return ""
    instr = context.view.definitions(condition.fid).get(condition.value)
    if instr is None or instr.op != Op.COMPARE or instr.name not in (_DIFFER if condition.holds else _SAME):
        return ""
    for value in instr.args:
        said = context.matrix.origins.constant(condition.fid, value)
        if said is not None:
            return said.lower()
    return ""


def _relation(condition: Condition) -> str:
    """What the object's field is called that holds who it belongs to: `parent` of `parentId`."""
    return next(
        (stem(a.path[-1]) for a in condition.atoms if a.kind == "stored" and a.path and not is_credential(a)),
        "",
    )


def _stored(condition: Condition) -> str:
    return next((a.name for a in condition.atoms if a.kind == "stored" and not is_credential(a)), "")


def vain(context: Context, row: Row) -> Iterator[Vain]:
    """Every such comparison of an endpoint."""
    for found in (
        passes_strangers(row),
        asks_the_client(row),
        trusts_what_is_said(row),
        of_nothing(context, row),
        spares_its_own(context, row),
    ):
        if found is not None:
            yield found


__all__ = ["Vain", "vain"]
