"""Accesses that the project limits to the caller, by kind of object: found once, and not again for each other."""

from itertools import islice
from typing import cast

from rearguard.analysis.access import Access, Row
from rearguard.analysis.access.ownership import PRIVILEGED
from rearguard.checks.base import Context
from rearguard.program import Span, Step

MAX_CONTRAST = 3


def limited(context: Context, rows: tuple[Row, ...]) -> dict[str, list[Access]]:
    """Accesses that are limited to the caller, by kind of object: found once for all rows."""
    known = context.notes.get("limited to callers")
    if known is None:
        found: dict[str, list[Access]] = {}
        for row in rows:
            for one in row.accesses:
                if one.restricted.state == "restricted" and one.limit in ("owner", "tenant"):
                    found.setdefault(one.resource, []).append(one)
        known = context.notes["limited to callers"] = found
    return cast("dict[str, list[Access]]", known)


def contrast(context: Context, access: Access, rows: tuple[Row, ...]) -> tuple[Step, ...]:
    """Other accesses to such objects, which are limited: found once for all rows."""
    known = context.notes.get("limited accesses")
    if known is None:
        found: dict[str, dict[Span, Step]] = {}
        for row in rows:
            for other in row.accesses:
                if other.restricted.state == "restricted" and other.restricted.reason != PRIVILEGED:
                    text = f"{row.endpoint.method} {row.endpoint.path}: {other.restricted.reason}"
                    place = other.restricted.evidence[0].span if other.restricted.evidence else other.span
                    found.setdefault(other.resource, {}).setdefault(place, Step(place, text, "contrast"))
        known = context.notes["limited accesses"] = found
    steps = cast("dict[str, dict[Span, Step]]", known).get(access.resource, {})
    return tuple(islice(steps.values(), MAX_CONTRAST))
