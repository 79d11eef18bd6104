"""What an endpoint tells of people: how to reach them, and what else is nobody's business."""

import re

from rearguard.analysis.access import Access, Row
from rearguard.analysis.access.atoms import spaced
from rearguard.analysis.access.intent import is_capability, is_one_time
from rearguard.analysis.access.ownership import says_owner
from rearguard.analysis.access.resources import Touch, normal
from rearguard.checks.base import Context

_OF_PERSON = re.compile(
    r"e?_?mail(?:_?address)?|(?:tele)?phone(?:_?(?:number|no))?|mobile(?:_?(?:number|no))?|birth_?(?:date|day)|"
    r"date_?of_?birth|dob|ssn|salary|iban|national_?id|passport(?:_?(?:number|no))?",
    re.IGNORECASE,
)
_PUBLISHES = re.compile(r"author|poster|seller|host|creator|writer|publish|created_?by", re.IGNORECASE)
"""Whose objects are made to be seen: reviews by their authors, which may show too much of these."""
_ONE = re.compile(r"_?id|pk|uuid|slug|number|handle|username", re.IGNORECASE)
_WITH_WHOSE = re.compile(
    rf"(?!(?:contact|support|public|office|business|company|sales|info|shop|store|service)_)[a-z]+_(?:{_OF_PERSON.pattern})",
    re.IGNORECASE,
)
"""The same with whose it is: `consignee_phone`. Shops and offices are to be reached by everybody."""


_PEOPLE = frozenset({"patient", "customer", "student", "employee", "member", "client", "guest", "person"})
"""What people are called of whom records are kept, whether they log in or not."""


def told_of_people(context: Context, row: Row) -> tuple[Access, str] | None:
    """What is read, and a field of people in the answer; `None` where nobody else's comes out.

    Who has a link, or names one object, is another matter.
    """
    if not _answers_reads(row):
        return None
    for touch in row.surface.touches if row.surface is not None else ():
        access = next((a for a in row.accesses if (a.fid, a.value) == (touch.fid, touch.value)), None)
        if access is None or touch.operation not in ("read", "list") or is_one_time(touch):
            continue
        if is_capability(touch) or _names_one(access):
            continue
        name = _field(context, row, touch, access)
        if name:
            return access, name
    return None


def _answers_reads(row: Row) -> bool:
    """Whether what is read comes back: not where it is looked up for a change."""
    if (
        any(access.operation in ("create", "update", "delete") for access in row.accesses)
        or row.surface is None
    ):
        return False
    return row.endpoint.method in ("GET", "QUERY", "*") and (
        bool(row.answers)
        or any(fact.kind == "answer" for fact in row.surface.facts[row.surface.handler_start :])
    )


def _names_one(access: Access) -> bool:
    """Whether the client names one object: a profile, or a page with its author. That shows too much, if
    anything, and is no list of people."""
    named = [name for name, source in access.keys if source is not None]
    return (access.owner_field == "id" and bool(named)) or any(_ONE.fullmatch(name) for name in named)


def _field(context: Context, row: Row, touch: Touch, access: Access) -> str:
    """The first field that tells of people; "" for none."""
    accounts = context.matrix.accounts
    of_people = normal(touch.resource) in accounts or not _PUBLISHES.search(access.owner_field)
    for shown in touch.shown if of_people else ():
        table, _, name = shown.rpartition(".")
        if _OF_PERSON.fullmatch(spaced(name)) and (normal(table) in accounts or normal(table) in _PEOPLE):
            return name
        if _WITH_WHOSE.fullmatch(spaced(name)) and says_owner(access.owner_field):
            return name
    if touch.shown or touch.operation != "list" or normal(touch.resource) not in accounts:
        return ""
    for part in row.answers:
        if part.whole and (part.atom.fid, part.atom.value) == (touch.fid, touch.value):
            held = sorted(context.matrix.fields.of(touch.resource) - part.without)
            return next((name for name in held if _OF_PERSON.fullmatch(spaced(name))), "")
    return ""


__all__ = ["told_of_people"]
