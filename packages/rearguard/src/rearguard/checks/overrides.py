"""Who the caller is, or whose an object is, as the client says it wherever it says anything."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from rearguard.analysis.access import Access, Row
from rearguard.analysis.access.atoms import NOTHING, Atom, Atoms, order
from rearguard.analysis.access.columns import TENANT
from rearguard.analysis.access.either import either
from rearguard.analysis.access.origins import Origins
from rearguard.analysis.access.ownership import says_owner
from rearguard.analysis.access.principals import is_caller_itself, is_named_freely
from rearguard.analysis.access.resources import Touch
from rearguard.analysis.access.surface import Surface
from rearguard.checks.privileged import is_privileged
from rearguard.checks.roles import roles, same_role
from rearguard.program import Instr, Op, Span

_EITHER = frozenset({"or", "||", "??"})
_ABOVE = re.compile(r"admin|super|sys|staff|operator|root|internal|support|platform", re.IGNORECASE)
"""Roles of those who look after all tenants."""
_DEFAULTED = frozenset({"get", "pop"})


@dataclass(frozen=True, slots=True)
class Override:
    """`request.tenant or me.tenant`: an expression by which the client's word goes before the caller's own."""

    place: Span
    field: str
    """Of the objects that are chosen or made with it."""
    said: Atom
    access: Access


def overridden(row: Row, origins: Origins, rows: Iterable[Row] = ()) -> Override | None:
    """Where an endpoint prefers what the client says of who it is."""
    surface = row.surface
    if surface is None or row.public or row.for_services:
        return None
    has_role = row.authorization.state == "required"
    found = _preference(row, surface, origins, has_role)
    if found is None or not has_role:
        return found
    above = is_privileged(row) or any(_ABOVE.search(name) for name in roles(row))
    return found if not above or any(_keeps_to_tenant(row, other) for other in rows) else None


def _preference(row: Row, surface: Surface, origins: Origins, has_role: bool) -> Override | None:
    for touch in surface.touches:
        access = next((a for a in row.accesses if (a.fid, a.value) == (touch.fid, touch.value)), None)
        if access is None:
            continue
        pairs = touch.written if touch.operation == "create" else touch.keys
        for field, atoms in pairs:
            mine = [
                a
                for a in atoms
                if (a.exact or a.bound == "number") and is_caller_itself(a) and a.kind != "credential"
            ]
            if not mine or not _says_whose(field, access, mine):
                continue
            if has_role and TENANT.fullmatch(field) is None and field != access.tenant_field:
                # A role may let one act for others of the same tenant.
                continue
            for said in sorted((a for a in atoms if is_named_freely(a)), key=lambda a: (a.path, *order(a))):
                if _looks_up_caller(touch, said):
                    # `Membership.get(user=me, team=said)`: whether the caller is in it is what is asked here.
                    continue
                place = _preferring(origins, said)
                if place is not None and not _vouched(row, said, touch):
                    return Override(place, field, said, access)
    return None


def _keeps_to_tenant(row: Row, other: Row) -> bool:
    """Whether callers with the same role are kept to their own tenant elsewhere: staff of one school, not of all."""
    return (
        other is not row
        and same_role(row, other)
        and any(access.limit == "tenant" and access.operation != "create" for access in other.accesses)
    )


def _says_whose(field: str, access: Access, mine: Iterable[Atom]) -> bool:
    """Whether a field says whose an object is: by its name, or by what of the caller it is set to."""
    known = {name for name in (access.owner_field, access.tenant_field) if name}
    return (
        field in known
        or TENANT.fullmatch(field) is not None
        or says_owner(field)
        or any(a.path and _plain(a.path[-1]) == _plain(field) and _plain(field).endswith("id") for a in mine)
    )


def _plain(name: str) -> str:
    return name.replace("_", "").lower()


def _vouched(row: Row, said: Atom, touch: Touch) -> bool:
    """Whether what the client says is held against the caller somewhere before it counts."""
    facts = row.surface.facts if row.surface is not None else ()
    for fact in facts:
        for condition in fact.conditions if fact.kind == "denial" else ():
            if not condition.presence and _holds(condition.atoms, said) and _meets_caller(condition.atoms):
                return True
        other = fact.touch
        if other is not None and other is not touch and _looks_up_caller(other, said):
            return True
    return False


def _looks_up_caller(touch: Touch, said: Atom) -> bool:
    """Whether callers are looked for in what the client names: `Membership.get(user=me, team=said)`."""
    keys = [atoms for _, atoms in touch.keys]
    return (
        touch.operation in ("read", "list")
        and any(_holds(atoms, said) for atoms in keys)
        and any(_meets_caller(atoms) and not _holds(atoms, said) for atoms in keys)
    )


def _holds(atoms: Atoms, said: Atom) -> bool:
    return any((a.kind, a.name, a.path) == (said.kind, said.name, said.path) for a in atoms)


def _meets_caller(atoms: Atoms) -> bool:
    return any(is_caller_itself(a) for a in atoms)


def _preferring(origins: Origins, said: Atom) -> Span | None:
    """The expression in which a value that the client may send goes before another."""
    if said.fid not in origins.linker.functions:
        return None
    for instr in origins.linker.code(said.fid):
        first = _preferred(origins, said.fid, instr)
        if first is not None and any(_is_same(atom, said) for atom in first):
            return origins.span(said.fid, instr)
    for one, other in either(origins.view, said.fid):
        # `request.header("x-tenant") ?? context.get("user").tenant`
        preferred = origins.of(said.fid, one.args[0]) if origins.of(said.fid, other.args[0]) else NOTHING
        if any(_is_same(atom, said) for atom in preferred):
            return origins.span(said.fid, one)
    return None


def _preferred(origins: Origins, fid: str, instr: Instr) -> Atoms | None:
    if instr.op == Op.LOGIC and instr.name in _EITHER and len(instr.args) == 2:
        return origins.of(fid, instr.args[0]) if origins.of(fid, instr.args[1]) else None
    if instr.op != Op.CALL or len(instr.args) < 3 or any(instr.keys[:2]):
        # `args.get("team", me.team, type=int)` may say more.
        return None
    callee = origins.view.definitions(fid).get(instr.args[0])
    if callee is None or callee.op != Op.ATTR or callee.name not in _DEFAULTED:
        return None
    key = origins.constant(fid, instr.args[1])
    return origins.of(fid, callee.args[0], (key,)) if key and origins.of(fid, instr.args[2]) else None


def _is_same(atom: Atom, said: Atom) -> bool:
    if atom.kind == "parameter":
        return atom.name == said.fid and atom.path[-1:] == tuple(p.replace("-", "_") for p in said.path[-1:])
    return (atom.kind, atom.name, atom.path) == (said.kind, said.name, said.path)
