"""Endpoints that stand among others for few, and ask for a login alone: one guard is missing."""

import re
from collections.abc import Iterator

from rearguard.analysis.access import Access, Row
from rearguard.analysis.access.principals import ROLE, is_caller, is_open
from rearguard.analysis.access.resources import normal
from rearguard.checks.base import Context
from rearguard.checks.belonging import is_of_any_membership
from rearguard.checks.endpoints import is_trace, same_router
from rearguard.checks.roles import asking, guards, least_rank, role_words
from rearguard.program import Op

_CHANGES = ("create", "update", "delete")
_DEEDS = ("starts", "runs", "sends a request", "writes")
_RANKS = {
    word: rank
    for rank, level in enumerate(
        (
            "viewer reader guest user customer client member",
            "staff agent editor clerk technician support operator employee contributor assistant",
            "moderator lead manager supervisor",
            "admin administrator owner",
            "superadmin superuser root platform sysadmin",
        )
    )
    for word in level.split()
}
"""Roles by what they are called, from those for everybody to those for few."""
_PERMITTED = {
    word: rank
    for rank, level in enumerate(
        ("read view list see get", "write edit update change create add publish", "delete manage admin")
    )
    for word in level.split()
}
"""What permissions let their holders do, from a look to everything."""
MIN_BESIDE = 3
MIN_ELSEWHERE = 2


def acts_among(row: Row, rows: tuple[Row, ...], is_decision: bool) -> tuple[Row, ...]:
    """The endpoints beside this one that do anything, where every one of them asks for a role and this does too much
    for a login: nothing that is the caller's own, unless it is a decision over it."""
    mine = [a for a in row.accesses if a.operation in ("update", "delete") and not is_trace(a)]
    if not (mine or does(row)) or any(a.operation == "create" for a in row.accesses):
        return ()
    if not mine and row.endpoint.method == "GET" and row.accesses and all(a.limit for a in row.accesses):
        # A look at what is the tenant's own, with what another service tells of it.
        return ()
    if not is_decision and any(a.limit == "owner" for a in row.accesses):
        return ()
    if any(_is_by_caller_alone(a) for a in row.accesses if a.operation != "list"):
        return ()
    beside = tuple(
        other
        for other in rows
        if other is not row
        and same_router(row, other)
        and other.endpoint.handler.functions != row.endpoint.handler.functions
        and (does(other) or other.discloses or any(a.operation in _CHANGES for a in other.accesses))
    )
    functions = {other.endpoint.handler.functions for other in beside}
    asks = all(other.authorization.state == "required" for other in beside)
    return beside if asks and len(functions) >= MIN_BESIDE else ()


def acts_beside(row: Row, rows: tuple[Row, ...]) -> tuple[Row, ...]:
    """What else is done to a single object of the same kind, `/samples/{id}/discard` beside `/samples/{id}/transfer`,
    where all of it asks for a role among those who share the object, and this asks for none."""
    path = row.endpoint.path.split("/")
    if len(path) < 3 or is_parameter(path[-1]) or not is_parameter(path[-2]):
        return ()
    for access in row.accesses:
        shared = access.limit == "tenant" or is_of_any_membership(row, access)
        if access.operation != "update" or not shared or is_trace(access):
            continue
        beside = tuple(
            other
            for other in rows
            if other.endpoint.handler.functions != row.endpoint.handler.functions
            and same_router(row, other)
            and other.endpoint.path.split("/")[:-1] == path[:-1]
            and any(_is_alike(each, access) for each in other.accesses)
        )
        functions = {other.endpoint.handler.functions for other in beside}
        if len(functions) > 1 and all(map(_asks_role, beside)) and not _asks_role(row):
            return beside
    return ()


def _asks_role(row: Row) -> bool:
    """Whether a role is asked for, be it one in what the object is part of: `seat is not None and seat.role == "lead"`."""
    return row.authorization.state == "required" or any(
        is_caller(atom) and any(map(ROLE.search, atom.path))
        for check in (row.surface.checks if row.surface is not None else ())
        if check.kind == "ownership" and check.fact is not None
        for condition in check.fact.conditions
        for atom in condition.atoms
    )


def _is_alike(one: Access, other: Access) -> bool:
    return one.operation in ("update", "delete") and normal(one.resource) == normal(other.resource)


def is_parameter(part: str) -> bool:
    """Whether a part of a path stands for any value."""
    return part[:1] in (":", "<", "{", "[")


def asks_less(row: Row, access: Access, rows: tuple[Row, ...]) -> tuple[Row, ...]:
    """The other changes of the same kind of object beside this, where each of them asks all that this asks, and more."""
    kin = tuple(
        other
        for other in rows
        if other.endpoint.handler.functions != row.endpoint.handler.functions
        and same_router(row, other)
        and any(
            each.operation in _CHANGES and normal(each.resource) == normal(access.resource)
            for each in other.accesses
        )
    )
    return kin if kin and all(_is_less(row, other) for other in kin) else ()


def _is_less(row: Row, other: Row) -> bool:
    """Whether who gets through to one is asked less than who gets to the other: a guard of the router alone, one of
    several roles, a lower one."""
    mine, theirs = guards(row), guards(other)
    if not asking(row) or not asking(other):
        return False
    words, above = role_words(row), role_words(other)
    if mine and mine < theirs:
        return True
    own, least = least_rank(row), least_rank(other)
    if own is not None and least is not None:
        # The program itself says which of the two is higher.
        return own < least
    same = {name.partition("(")[0] for name in mine} == {name.partition("(")[0] for name in theirs}
    return same and bool(above) and (words > above or _is_lower(words, above))


def _is_lower(words: frozenset[str], above: frozenset[str]) -> bool:
    """Whether roles or permissions are lower than others by what they are called: `coupons:read`, `coupons:write`."""
    one, two = [_rank(word) for word in sorted(words)], [_rank(word) for word in sorted(above)]
    kinds = {kind for kind, _ in (*one, *two)}
    ranks = [rank for _, rank in one], [rank for _, rank in two]
    return (
        bool(one and two)
        and len(kinds) == 1
        and min(*ranks[0], *ranks[1]) >= 0
        and max(ranks[0]) < min(ranks[1])
    )


def _rank(word: str) -> tuple[str, int]:
    """How high a role is among all, or a permission among those for the same things; -1 for an unknown one."""
    if word in _RANKS:
        return "role", _RANKS[word]
    of, _, deed = re.sub(r"[.:/-]", " ", word).rpartition(" ")
    return of, _PERMITTED.get(deed, -1)


def does(row: Row) -> bool:
    """Whether programs are started, other services asked, or files written."""
    return any(step.text.startswith(_DEEDS) for step in row.effects)


def _is_by_caller_alone(access: Access) -> bool:
    """Whether the client names nothing: it is the caller's own that is dealt with."""
    return access.limit == "owner" and all(source is None for _, source in access.keys)


def changes_what_few_change(row: Row, access: Access, rows: tuple[Row, ...]) -> tuple[Row, ...]:
    """The endpoints elsewhere that change the same kind of object, where all ask for a role: it is nobody's own."""
    if access.limit or access.owner_field or access.part_of or access.operation != "update":
        return ()
    if any(a.operation == "create" for a in row.accesses) or not _takes_input(row, access):
        # A count of views or likes goes up for everyone, and who orders something takes it from the stock.
        return ()
    others = [
        (other, each)
        for other in rows
        if other is not row and not other.for_services and not other.public
        for each in other.accesses
        if each.operation in _CHANGES and normal(each.resource) == normal(access.resource)
    ]
    open_to_all = any(
        other.authorization.state != "required" and (each.operation != "update" or _takes_input(other, each))
        for other, each in others
    )
    asking = [other for other, _ in others if other.authorization.state == "required"]
    kept = tuple({id(other): other for other in asking}.values())
    return kept if not open_to_all and len(kept) >= MIN_ELSEWHERE else ()


def _takes_input(row: Row, access: Access) -> bool:
    """Whether what is stored is what the request says, and nothing that is added to what there was."""
    touches = row.surface.touches if row.surface is not None else ()
    return any(
        is_open(atom) and (atom.exact or atom.path[-1:] == (name,))
        for touch in touches
        if (touch.fid, touch.value) == (access.fid, access.value)
        for name, atoms in touch.written
        for atom in atoms
    )


def lists_what_few_list(
    context: Context, row: Row, asking: list[Row], rows: tuple[Row, ...], private: re.Pattern[str]
) -> tuple[Access, str, tuple[Row, ...]] | None:
    """The accounts that are all listed here, a private field that is taken from them, and the lists of the same that
    ask for a role: an export beside a page."""
    for access in row.accesses:
        if normal(access.resource) not in context.matrix.accounts or not _is_whole_list(access):
            continue
        lists = [o for o in rows if o is not row and any(_is_like(a, access) for a in o.accesses)]
        kept = tuple(other for other in lists if other in asking)
        shown = sorted(name for name in _named(context, row) if private.fullmatch(name))
        if kept and len(kept) == len(lists) and shown:
            return access, shown[0], kept
    return None


def _is_whole_list(access: Access) -> bool:
    return access.operation in ("read", "list") and access.limit in ("", "role") and not access.keys


def _is_like(access: Access, other: Access) -> bool:
    return _is_whole_list(access) and normal(access.resource) == normal(other.resource)


def _named(context: Context, row: Row) -> Iterator[str]:
    """Fields that a handler takes from what it has."""
    for fid in row.endpoint.handler.functions[:1]:
        for instr in context.view.linker.code(fid) if fid in context.view.linker.functions else ():
            if instr.op == Op.ATTR:
                yield instr.name
            elif instr.op in (Op.ITEM, Op.CONST) and isinstance(instr.value, str):
                yield instr.value


__all__ = ["acts_among", "acts_beside", "asks_less", "changes_what_few_change", "does", "lists_what_few_list"]
