"""What a test in a helper shows of members of what it is given: `isOurs(url)` looks at `url.host`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rearguard.analysis.values.domain import FIELD, HARMFUL, WIDTH, Maybe, Port, SourceRead, Value, with_field
from rearguard.analysis.values.narrowing import HOST_MEMBERS, limit_host, narrow
from rearguard.models.concepts import Context

if TYPE_CHECKING:
    from rearguard.analysis.values.regions import Regions
    from rearguard.analysis.values.summary import Summary

Shown = dict[tuple[str, ...], tuple[int, int]]
"""Path below a parameter -> contexts in which the member still does harm, and its origin."""
_DEPTH = 3


def members(value: Maybe) -> Shown:
    """Members of a value that tests have narrowed."""
    return dict(_members(value, ())) if value is not None and value.fields else {}


def _members(value: Value, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], tuple[int, int]]]:
    for name, child in (value.fields or {}).items():
        if child.origin >= 0:
            left = (child.labels >> (WIDTH * child.origin)) & FIELD
            others = child.labels & ~(FIELD << (WIDTH * child.origin))
            # That text cannot be a query's operator is so by what it was read from.
            if not others and HARMFUL & ~left & ~(1 << Context.NOSQL):
                yield (*path, name), (left, child.origin)
        if len(path) < _DEPTH - 1:
            yield from _members(child, (*path, name))


def note(summary: Summary, key: tuple[int, bool], found: Shown) -> None:
    """Keep what every way out with this answer shows."""
    held = summary.shows.get(key)
    if held is None:
        summary.shows[key] = found
    else:
        summary.shows[key] = {
            path: (held[path][0] | left, held[path][1]) for path, (left, _) in found.items() if path in held
        }


def assume(run: Regions, summary: Summary, number: int, found: Shown) -> None:
    """Take it that members of an argument are as a helper has shown."""
    root = run.paths.get(number)
    for path, (left, origin) in found.items():
        read = summary.origins.items[origin]
        if isinstance(read, Port) and path[-1] in HOST_MEMBERS:
            if len(path) == 1:
                limit_host(run, number, HARMFUL & ~left)
            continue
        if root is None:
            continue
        if isinstance(read, SourceRead):
            child: Maybe = run.origin_value(read, left)
        else:
            child = run.values[number]
            for key in path:
                child = run.member_of(child, key)
            child = None if child is None else narrow(child, ~run.origins.repeated(HARMFUL & ~left))
        if child is not None:
            held = run.environment.get(root[0])
            run.environment[root[0]] = with_field(held, (*root[1:], *path), child)


__all__ = ["Shown", "assume", "members", "note"]
