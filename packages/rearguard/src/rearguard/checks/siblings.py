"""Endpoints below a part of a path that others ask the owner for: `/tickets/:id` asks, `/tickets/:id/notes` does not."""

from dataclasses import dataclass

from rearguard.analysis.access import Row
from rearguard.analysis.access.ownership import PRIVILEGED
from rearguard.checks.base import Context
from rearguard.checks.endpoints import is_trace
from rearguard.checks.loose_parts import is_set_against_its_whole
from rearguard.checks.privileged import is_privileged
from rearguard.checks.roles import roles
from rearguard.findings import Confidence
from rearguard.program import Step

_READS = ("GET", "HEAD")
_CHANGES = ("create", "update", "delete")


@dataclass(frozen=True, slots=True)
class Unlike:
    """A part of a path that an endpoint takes as it comes, and others below it do not."""

    name: str
    place: Step
    """What the endpoint does without asking."""
    kept: tuple[Row, ...]
    confidence: Confidence


def unlike_siblings(context: Context, row: Row, rows: tuple[Row, ...]) -> Unlike | None:
    """The part of its path that an endpoint should ask about as its siblings do, and does not."""
    if row.public or row.for_services or row.authentication.state not in ("required", "unknown"):
        return None
    if row.authorization.state == "unknown" or row.endpoint.method in ("*", "OPTIONS"):
        return None
    if any(check.kind == "ownership" for check in (row.surface.checks if row.surface is not None else ())):
        # It asks whose something else is, which it acts on.
        return None
    if any(is_set_against_its_whole(row, access) for access in row.accesses):
        # What it acts on is asked what it is part of, and that is the caller's.
        return None
    if row.authorization.state == "required" and is_privileged(row):
        # Operators act on what belongs to others.
        return None
    parts = _parts(row)
    for position, part in enumerate(parts):
        name = _parameter(part)
        if not name or not any(not _parameter(before) for before in parts[:position]):
            continue
        if _asks(row, name) or not _uses(context, row, name):
            continue
        near = [
            other
            for other in rows
            if other is not row
            and other.endpoint.handler.functions != row.endpoint.handler.functions
            and _is_beside(parts, _parts(other), position)
            and _asks(other, _parameter(_parts(other)[position]), row.authorization.state == "required")
            and _same_callers(row, other)
        ]
        kept = _telling(row, near, parts)
        if kept and not _is_rule_to_pass(context, row, rows, position, near):
            return Unlike(name, _deed(row, name), tuple(kept), Confidence.LIKELY)
    return None


def _is_rule_to_pass(
    context: Context, row: Row, rows: tuple[Row, ...], position: int, kept: list[Row]
) -> bool:
    """Whether most endpoints below that part of the path take it as it comes: then those that ask are special,
    or the others are limited by what could not be read."""
    parts = _parts(row)
    passed = [
        other
        for other in rows
        if other is not row
        and other not in kept
        and other.authentication.state == "required"
        and _is_beside(parts, _parts(other), position)
        and _uses(context, other, _parameter(_parts(other)[position]))
        # What is somebody's and open there is a finding itself, and no custom.
        and not any(each.owner_field and each.restricted.state == "open" for each in other.accesses)
    ]
    return len(passed) >= max(len(kept), 2)


def _telling(row: Row, near: list[Row], parts: list[str]) -> list[Row]:
    """Siblings that say something of this endpoint: even a look is kept to the owner, or another change of the same."""
    reads = [other for other in near if other.endpoint.method in _READS and not _changes(other)]
    if reads or row.endpoint.method in _READS:
        return reads
    if row.endpoint.method not in ("PUT", "PATCH", "DELETE"):
        return []
    return [other for other in near if [_plain(p) for p in _parts(other)] == [_plain(p) for p in parts]]


def _changes(row: Row) -> bool:
    return any(access.operation in _CHANGES and not is_trace(access) for access in row.accesses)


def _parts(row: Row) -> list[str]:
    return [part for part in row.endpoint.path.split("/") if part]


def _parameter(part: str) -> str:
    """`id` of `:id`, `<int:id>`, `{id}`, `[id]`; "" of a constant."""
    if part[:1] == ":":
        return part[1:].partition("(")[0].rstrip("?")
    if part[:1] + part[-1:] in ("<>", "{}", "[]"):
        inner = part[1:-1]
        return inner.rpartition(":")[2] if part[0] == "<" else inner.partition(":")[0]
    return ""


def _plain(part: str) -> str:
    return ":" if _parameter(part) else part


def _is_beside(parts: list[str], others: list[str], position: int) -> bool:
    """Whether both paths are the same up to the parameter."""
    return len(others) > position and [_plain(p) for p in others[: position + 1]] == [
        _plain(p) for p in parts[: position + 1]
    ]


def _asks(row: Row, name: str, owner_alone: bool = False) -> bool:
    """Whether an object that the parameter names is compared with, or looked up by, the caller.

    Where owners and operators pass, that says nothing of what operators alone may do.
    """
    kinds = ("ownership",) if owner_alone else ("ownership", "authorization")
    for access in row.accesses:
        if access.restricted.state == "restricted" and access.restricted.reason != PRIVILEGED:
            for _, source in access.keys:
                if source is not None and source.channel in ("path", "params") and source.path[:1] == (name,):
                    return True
    for check in row.surface.checks if row.surface is not None else ():
        if check.kind in kinds and check.fact is not None:
            for condition in check.fact.conditions:
                for atom in condition.atoms:
                    if atom.kind == "input" and atom.path[:1] == (name,):
                        return True
    return False


def _uses(context: Context, row: Row, name: str) -> bool:
    """Whether the handler takes the parameter at all."""
    if any(use.channel == "path" and use.name == name for use in row.used):
        return True
    return any(
        name in (instr.name, instr.value)
        for fid in row.endpoint.handler.functions
        if fid in context.view.linker.functions
        for instr in context.view.linker.code(fid)
    )


def _same_callers(row: Row, other: Row) -> bool:
    """Whether the same callers get this far: who has a role need not be the owner too."""
    return roles(row) == roles(other) and (
        row.authorization.state != "required" or other.authorization.state == "required"
    )


def _deed(row: Row, name: str) -> Step:
    verbs = {"read": "reads", "list": "lists", "create": "creates", "update": "changes", "delete": "removes"}
    for access in sorted(row.accesses, key=lambda a: a.operation not in _CHANGES):
        if not is_trace(access):
            return Step(
                access.span,
                f"{verbs[access.operation]} {access.resource} data, whoever `{name}` belongs to",
                "sink",
            )
    return Step(row.endpoint.handler.span, f"acts on `{name}`, whoever it belongs to", "sink")
