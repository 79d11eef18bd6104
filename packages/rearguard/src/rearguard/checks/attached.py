"""Objects of others that a caller attaches to their own by naming them, and is then shown: `parcel.driverId = body.driverId`."""

import re
from dataclasses import dataclass

from rearguard.analysis.access import Access, Row
from rearguard.analysis.access.atoms import Atom, Atoms
from rearguard.analysis.access.principals import USER_WORDS, is_caller, is_open
from rearguard.analysis.access.resources import Touch, normal
from rearguard.analysis.access.tenants import stem
from rearguard.checks.base import Context, Draft, with_article
from rearguard.checks.endpoints import endpoint_of, location, request
from rearguard.checks.privileged import is_privileged
from rearguard.findings import Confidence, Finding, Request, Rule
from rearguard.program import Evidence, Span, Step

__all__ = ["Attached", "attached", "attached_draft"]

_REFERS = re.compile(r"\w+(?:_(?:id|uuid|pk)|I[dD])")
_LOADS = r"relations|include|populate|[jJ]oin\w*|select_related|prefetch_related|joinedload|selectinload|with"
_SAID = frozenset({"body", "form", "json", "data", "query"})


@dataclass(frozen=True, slots=True)
class Attached:
    """A reference to what is somebody's, as the client sends it."""

    place: Span
    field: str
    resource: str
    other: str
    """What is referred to."""
    said: Atom
    kept: Row
    """An endpoint that keeps such objects to the caller."""
    shown: Span
    """Where it is given back with what it was attached to."""


def attached(context: Context, row: Row, rows: tuple[Row, ...]) -> Attached | None:
    """The object that a client attaches without being asked whose it is, where every look at one asks that."""
    surface = row.surface
    if surface is None or row.public or row.for_services or row.authentication.state != "required":
        return None
    if row.authorization.state == "required" and is_privileged(row):
        return None
    for touch in surface.touches:
        if touch.operation not in ("create", "update"):
            continue
        for name, atoms in touch.written:
            said = _sent(atoms)
            if said is None or not _REFERS.fullmatch(name):
                continue
            other = stem(name)
            if other in USER_WORDS or other in context.matrix.accounts or other == normal(touch.resource):
                continue
            kept = _keeper(other, rows)
            if kept is None or _is_asked(row, other, said):
                continue
            shown = _shown(context, touch, name, other, rows)
            if shown is not None:
                return Attached(touch.span, name, touch.resource, other, said, kept, shown)
    return None


def _sent(atoms: Atoms) -> Atom | None:
    """What the client sends, by itself."""
    given = [a for a in atoms if is_open(a) and a.kind == "input" and a.name in _SAID and a.path]
    return given[0] if len(given) == 1 and len(atoms) == 1 else None


def _keeper(other: str, rows: tuple[Row, ...]) -> Row | None:
    """An endpoint that looks such objects up for the caller alone; `None` where others show them to anybody."""
    found: Row | None = None
    for row in rows:
        for access in row.accesses:
            if normal(access.resource) != other or access.operation not in ("read", "list"):
                continue
            if access.limit in ("owner", "tenant"):
                found = found or row
            elif access.limit != "role":
                return None
    return found


def _is_asked(row: Row, other: str, said: Atom) -> bool:
    """Whether the object is looked up, or what names it is tested, before it is attached."""
    if any(normal(access.resource) == other for access in row.accesses if not _is_by_record(row, access)):
        return True
    return any(
        any(atom.kind == "input" and atom.path == said.path for atom in condition.atoms)
        and not condition.presence
        for fact in (row.surface.facts if row.surface is not None else ())
        for condition in fact.conditions
    )


def _is_by_record(row: Row, access: Access) -> bool:
    """Whether what is looked up is named by a record alone, as what was attached to it."""
    touches = row.surface.touches if row.surface is not None else ()
    found = [t for t in touches if (t.fid, t.value) == (access.fid, access.value)]
    atoms = [atom for touch in found for _, held in touch.keys for atom in held]
    return bool(atoms) and all(atom.kind == "stored" for atom in atoms) and not any(map(is_caller, atoms))


def _shown(context: Context, touch: Touch, name: str, other: str, rows: tuple[Row, ...]) -> Span | None:
    """Where what was attached is loaded along, joined, or looked up by the reference."""
    relation = re.sub(r"_?(?:id|uuid|pk)$", "", name, flags=re.IGNORECASE)
    loads = re.compile(rf"(?:{_LOADS})\b[^;]*\b{re.escape(relation)}\b", re.IGNORECASE)
    for row in rows:
        for one in row.surface.touches if row.surface is not None else ():
            if one.operation not in ("read", "list"):
                continue
            same = normal(one.resource) == normal(touch.resource)
            if same and (other in map(normal, one.also) or loads.search(context.text(one.span))):
                return one.span
            if normal(one.resource) == other and any(
                atom.kind == "stored"
                and normal(atom.name) == normal(touch.resource)
                and atom.path[-1:] == (name,)
                for _, atoms in one.keys
                for atom in atoms
            ):
                return one.span
    return None


def attached_draft(context: Context, row: Row, found: Attached, rule: Rule) -> Draft:
    """The finding of an object that is attached without being asked whose it is."""
    endpoint = endpoint_of(context, row)
    kept = f"{found.kept.endpoint.method} {found.kept.endpoint.path}"
    sent = ".".join(found.said.path)
    return Draft(
        Finding(
            rule=rule,
            location=found.place,
            message=f"{endpoint.name} attaches the {found.other} that `{sent}` names to {with_article(found.resource)}, whoever "
            "it belongs to, and it is shown with that.",
            why="Whoever counts up identifiers is shown what belongs to others, by way of what is their own.",
            severity=rule.severity,
            confidence=Confidence.LIKELY,
            confidence_reason=f"{kept} looks a {found.other} up for the caller alone, and here nothing does",
            evidence=Evidence(
                (
                    Step(
                        found.said.span or found.place, f"the client says which {found.other} it is", "source"
                    ),
                    Step(found.place, f"it is kept as `{found.field}`", "note"),
                    Step(found.shown, f"the {found.other} is loaded along", "sink"),
                ),
                (Step(location(context, found.kept), f"{kept} asks whose it is", "contrast"),),
            ),
            advice=f"Look the {found.other} up for the caller's owner or tenant before `{found.field}` is set, and answer 404 "
            "where there is none.",
            endpoint=endpoint,
            verification=(
                Request(
                    f"As a second user, name {with_article(found.other)} of the first user.",
                    request(endpoint, "Authorization: Bearer $TOKEN_OF_SECOND_USER"),
                    "403 or 404, and nothing shown or changed.",
                ),
            ),
            subject=f"{found.resource} {found.field}",
        )
    )
