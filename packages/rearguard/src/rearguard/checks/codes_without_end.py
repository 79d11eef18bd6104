"""Codes that give an account back, and that neither say when they end nor are kept beside what says it."""

import re
from collections.abc import Iterator

from rearguard.analysis.access import Row
from rearguard.analysis.access.principals import is_open
from rearguard.analysis.access.resources import Touch, normal
from rearguard.analysis.identity import words
from rearguard.checks.base import Context
from rearguard.checks.logins import logins, mentions
from rearguard.models.concepts import PasswordVerify, TokenIssue, TokenVerify

__all__ = ["kept_without_end"]

_TIMED = re.compile(
    r"expir|until|valid_for|valid_to|deadline|lifetime|max_?age|(?:^|_)(?:ttl|ends|age|recent|fresh|timeout|stale|minutes|hours|"
    r"elapsed|purge\w*|clean_?up|sweep)(?:_|$)|(?:^|_)(?:created|issued|sent|requested|made|generated|set|updated)(?:_?(?:at|on|time|date))$"
)
"""Names by which a program says when something ends, or how old it is."""


def kept_without_end(context: Context, row: Row, touch: Touch, field: str) -> bool:
    """Whether a code of an account is written by itself alone, and nothing on the way in or out knows of a time."""
    if normal(touch.resource) not in context.matrix.accounts:
        # A record of its own is swept by whoever knows when it was made.
        return False
    making = [
        (other, one) for other in context.matrix if other is not row for one in _writes(other, touch, field)
    ]
    if not making:
        return False
    fids = dict.fromkeys(
        fid for other in (row, *(other for other, _ in making)) for fid in logins(context).reached(other)
    )
    signed = {use.fid for use in context.uses.of(TokenIssue)} | {
        use.fid for use in context.uses.of(TokenVerify) if not isinstance(use.concept, PasswordVerify)
    }
    if not signed.isdisjoint(fids) or mentions(context, tuple(fids), _TIMED):
        return False
    columns = {
        words(name) for other in (row, *(other for other, _ in making)) for name in _named(other, touch)
    }
    return not any(_TIMED.search(name) for name in columns)


def _writes(row: Row, touch: Touch, field: str) -> Iterator[Touch]:
    """Where an endpoint gives an account such a code, which no client chooses."""
    for one in row.surface.touches if row.surface is not None else ():
        if one.operation in ("create", "update") and normal(one.resource) == normal(touch.resource):
            for name, atoms in one.written:
                if name == field and not any(is_open(atom) and atom.exact for atom in atoms):
                    yield one


def _named(row: Row, touch: Touch) -> Iterator[str]:
    """Columns of the account that an endpoint asks for or writes."""
    for one in row.surface.touches if row.surface is not None else ():
        if normal(one.resource) != normal(touch.resource):
            continue
        yield from (name for name, _ in (*one.written, *one.keys))
        yield from (*one.fields, *one.flags)
