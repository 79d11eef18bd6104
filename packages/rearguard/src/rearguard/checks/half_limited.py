"""Lists that are limited for ordinary callers alone: whoever has a role sees those of every tenant, though elsewhere
the role holds within its own."""

import re
from collections.abc import Iterator

from rearguard.analysis import ValueView
from rearguard.analysis.access import Access, Row
from rearguard.analysis.access.principals import is_caller
from rearguard.analysis.settings import branch_conditions
from rearguard.checks.base import Context
from rearguard.checks.endpoints import endpoint_of, request
from rearguard.findings import Confidence, Finding, Request, Rule
from rearguard.program import Evidence, Instr, Op, Step

__all__ = ["half_finding", "half_limited"]

_NARROWS = frozenset(("where", "filter", "filter_by", "andWhere", "and_where"))
_ROLE = re.compile(
    r"\b(\w*(?:staff|admin|manager|employee|moderator|operator|agent|worker|role)\w*)\b", re.IGNORECASE
)
_OF_ALL = re.compile(r"super|root|sys_?admin|platform|global|system|internal", re.IGNORECASE)
"""Roles that are for the whole service."""
_NEAR = 160
"""Characters between a role and the tenant that it is asked together with."""


def half_limited(context: Context, row: Row) -> tuple[Access, Instr, str] | None:
    """The list, the query before anything limits it, and the role for which nothing does."""
    if row.public or row.authentication.state != "required" or row.authorization.state != "none":
        return None
    for access in row.accesses:
        if access.operation not in ("read", "list") or access.limit != "owner" or not access.tenant_field:
            continue
        if access.tenant_field == access.owner_field or any(source is not None for _, source in access.keys):
            continue
        for first, role in _queries(context, access):
            if _holds_within(context, role, access.tenant_field):
                return access, first, role
    return None


def half_finding(context: Context, row: Row, rule: Rule, access: Access, query: Instr, role: str) -> Finding:
    """A list that is limited for those alone who lack a role."""
    endpoint = endpoint_of(context, row)
    place = context.view.span(access.fid, query.start, query.end)
    return Finding(
        rule=rule,
        location=place,
        message=f"{endpoint.name} lists the {access.resource} data of every `{access.tenant_field}` to who has `{role}`: only "
        "others are limited to what is theirs.",
        why="The role holds within the caller's own tenant elsewhere; here it opens what all the others have.",
        severity=rule.severity,
        confidence=Confidence.LIKELY,
        confidence_reason=f"`{role}` and `{access.tenant_field}` are asked together elsewhere",
        evidence=Evidence((Step(place, f"for `{role}` nothing is added to this query", "sink"),), ()),
        advice=f"Limit the query by `{access.tenant_field}` of the caller for everybody, and further for those without the role.",
        endpoint=endpoint,
        verification=(
            Request(
                f"As somebody with `{role}`, ask for the list.",
                request(endpoint, "Authorization: Bearer $TOKEN_OF_USER"),
                "Nothing of another tenant's in it.",
            ),
        ),
        subject=f"{access.resource} half limited",
    )


def _queries(context: Context, access: Access) -> Iterator[tuple[Instr, str]]:
    """Queries kept in a variable that only callers without a role have narrowed to what is theirs."""
    fid = access.fid
    stores: dict[str, list[Instr]] = {}
    for instr in context.view.linker.code(fid):
        if instr.op == Op.STORE:
            stores.setdefault(instr.name, []).append(instr)
    for name, kept in stores.items():
        narrowed = [store for store in kept if _narrows(context, fid, store, name)]
        own = [store for store in narrowed if _names_caller(context, fid, store)]
        if not own or kept[0] in narrowed or branch_conditions(context.view, fid, kept[0].start):
            continue
        sides: set[tuple[str, bool]] = set()
        for store in own:
            around = branch_conditions(context.view, fid, store.start)
            text, taken = around[-1] if around else ("", True)
            bare = re.sub(r"^(?:not\s+|!)", "", text)
            sides.add((bare, taken == (bare == text)))
        (text, holds), *others = sides
        role = _ROLE.search(text)
        if (
            others
            or holds
            or role is None
            or _OF_ALL.search(text)
            or re.search(r"\band\b|\bor\b|&&|\|\|", text)
        ):
            continue
        if not any(access.tenant_field in _text(context, fid, store) for store in own):
            yield kept[0], role[1]


def _narrows(context: Context, fid: str, store: Instr, name: str) -> bool:
    """`query = query.where(...)`"""
    definitions = context.view.definitions(fid)
    made = definitions.get(store.args[0])
    callee = definitions.get(made.args[0]) if made is not None and made.op == Op.CALL else None
    held = definitions.get(callee.args[0]) if callee is not None and callee.op == Op.ATTR else None
    return (
        callee is not None
        and callee.name in _NARROWS
        and held is not None
        and (held.op, held.name) == (Op.LOAD, name)
    )


def _names_caller(context: Context, fid: str, store: Instr) -> bool:
    """Whether what narrows a query compares with who calls, wherever it stands in the condition."""
    definitions = context.view.definitions(fid)
    made = definitions.get(store.args[0])
    pending = [*made.args[1:]] if made is not None else []
    while pending:
        value = pending.pop()
        if any(is_caller(atom) for atom in context.matrix.origins.of(fid, value)):
            return True
        inner = definitions.get(value)
        if inner is not None and inner.op in (Op.COMPARE, Op.BINARY, Op.LOGIC, Op.CALL):
            pending.extend(inner.args)
    return False


def _text(context: Context, fid: str, store: Instr) -> str:
    return ValueView(context.view, fid, store.args[0]).source_text


def _holds_within(context: Context, role: str, tenant: str) -> bool:
    """Whether the program asks for a role and the tenant together: `user.is_staff and pet.clinic_id == user.clinic_id`."""
    together = re.compile(
        rf"\b{re.escape(role)}\b(?!\s*[=:])[^#]{{0,{_NEAR}}}?\.{re.escape(tenant)}\s*===?\s*[\w.]*\b{re.escape(tenant)}\b"
    )
    key = f"within {role} {tenant}"
    if key not in context.notes:
        context.notes[key] = any(
            together.search(source.text.decode("utf-8", "replace"))
            for source in context.sources.values()
            if source.language in ("python", "javascript", "typescript", "tsx")
        )
    return bool(context.notes[key])
