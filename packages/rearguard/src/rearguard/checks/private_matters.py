"""Answers that tell whoever is logged in what is nobody else's business: pay, birth, home, health of other people."""

import re
from collections.abc import Iterator

from rearguard.analysis.access import Access, Row
from rearguard.analysis.access.answers import Answered
from rearguard.analysis.access.principals import IDENTIFIES
from rearguard.analysis.access.resources import normal
from rearguard.analysis.identity import words
from rearguard.checks.base import Context
from rearguard.checks.markup import pages, printed
from rearguard.checks.sensitive_names import is_private_matter
from rearguard.checks.shown import Shown
from rearguard.models.concepts import TemplateRender
from rearguard.program import Source

__all__ = ["in_lists", "private_matters"]

_GROUP = re.compile(
    r"(?:^|_)(?:tenant|org|organi[sz]ation|workspace|company|realm|shop|store|team|space|household|school|class|form|course|"
    r"department|group|club|branch|site|district|unit|building|project|clinic|practice|hospital)(?:_(?:id|uuid|pk))?$"
)
"""Fields that say to which of many people's group an object belongs."""
_PERSONS = frozenset(("people", "staff", "colleague"))
_KEYS = re.compile(r"(?:\w+_)?(?:api_?key|access_?key|token)")
"""What an account's owner may be shown, and nobody else."""
_LOOP = re.compile(
    rb"\bfor\s*\(?\s*(?:const\s+|let\s+|var\s+)?(?:\w+\s*,\s*)?(\w+)\s+(?:in|of)\b|\b(?:forEach|map)\(\s*(?:async\s*)?(?:function\s*)?\(?\s*(\w+)"
)
"""What templates call each of the records that they go through."""
_HIDDEN = ("select: false", "Exclude", "write_only", "deferred", "hidden", "HideField", "select:false")
"""What keeps a field out of what is loaded, or out of answers, where it is declared."""


def private_matters(
    context: Context, row: Row, part: Answered, columns: Iterator[str] | None
) -> tuple[str, ...]:
    """Such fields of a record that is sent whole; `columns` are those that a statement names."""
    access = _access(row, part)
    if access is None or not _for_everybody(context, row, access):
        return ()
    fields = context.matrix.fields
    is_account = normal(access.resource) in context.matrix.accounts
    known = columns if columns is not None else iter(sorted(fields.of(access.resource)))
    return tuple(
        name
        for name in known
        if (is_private_matter(name) or (is_account and _KEYS.fullmatch(words(name))))
        and name not in part.without
        and not _is_hidden(context, access.resource, name)
    )


def in_lists(context: Context) -> Iterator[Shown]:
    """Such fields in the rows of a page: a template goes through records of many people and prints them."""
    renders: dict[str, list[str]] = {}
    for use in context.uses.of(TemplateRender):
        named = (
            context.matrix.origins.constant(use.fid, use.instr.args[1]) if len(use.instr.args) > 1 else None
        )
        if named:
            renders.setdefault(use.fid, []).append(named.rpartition("/")[2].partition(".")[0])
    for row in context.matrix if renders else ():
        for fid in row.endpoint.handler.functions[:1]:
            listed = [one for one in row.accesses if fid in renders and _for_everybody(context, row, one)]
            for source in pages(context) if listed else ():
                if source.path.rpartition("/")[2].partition(".")[0] in renders[fid]:
                    yield from _in_rows(context, row, listed, source)


def _in_rows(context: Context, row: Row, listed: list[Access], source: Source) -> Iterator[Shown]:
    looped = {match[1] or match[2] for match in _LOOP.finditer(source.text)}
    for value in printed(source):
        if (
            len(value.path) != 2
            or value.path[0].encode() not in looped
            or not is_private_matter(value.path[1])
        ):
            continue
        for access in listed:
            if value.path[1] in context.matrix.fields.of(access.resource):
                yield Shown(
                    value.span,
                    f"The page of {row.endpoint.method} {row.endpoint.path} shows `{value.path[1]}` of every "
                    f"{access.resource} to whoever may open it.",
                    "printed for each of them",
                    "no role is asked for, and the records are not the caller's own",
                    value.path[1],
                )
                return


def _access(row: Row, part: Answered) -> Access | None:
    wanted = (part.atom.fid, part.atom.value)
    return next((one for one in row.accesses if (one.fid, one.value) == wanted), None)


def _for_everybody(context: Context, row: Row, access: Access) -> bool:
    """Whether anybody who has a login, or no login at all, gets records of many people."""
    if row.authorization.state != "none" or row.public == "login" or row.for_services:
        return False
    if access.limit == "role" or access.operation not in ("read", "list"):
        return False
    if access.limit == "owner" and not _GROUP.search(words(access.owner_field)):
        return False
    if row.endpoint.method not in ("GET", "QUERY") or row.ownership.state in ("unknown", "open"):
        # Whose objects they are is asked elsewhere.
        return False
    if any(IDENTIFIES.fullmatch(name) for name, _ in access.keys):
        # One record that the client, or the caller's identity, names: whose it may be is asked elsewhere.
        return False
    kind = normal(access.resource)
    return kind in context.matrix.accounts or kind in _PERSONS or _has_roles(context)


def _has_roles(context: Context) -> bool:
    """Whether some callers may do what others may not: where all are alike, all are trusted alike."""
    held = context.notes.get("has-roles")
    if not isinstance(held, bool):
        held = any(row.authorization.state == "required" for row in context.matrix)
        context.notes["has-roles"] = held
    return held


def _is_hidden(context: Context, resource: str, name: str) -> bool:
    span = context.matrix.fields.declared(resource, name)
    text = context.text(span) if span is not None and span.path in context.sources else ""
    return any(word in text for word in _HIDDEN)
