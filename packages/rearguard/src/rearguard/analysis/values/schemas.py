"""What schemas let through: of values that are checked, and of requests before a handler is run."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import TYPE_CHECKING, TypeAlias

from rearguard.analysis.values.domain import Maybe, Value
from rearguard.analysis.values.field_chains import OUTCOME, by_chains, chains_of, with_callers
from rearguard.analysis.values.methods import masked
from rearguard.analysis.values.shapes import (
    Shape,
    json_shape,
    maps,
    plain,
    read,
)
from rearguard.analysis.values.validators import CHANNELS, behind, by_channel, entries, validated
from rearguard.models.concepts import Guard
from rearguard.models.javascript.chains import call_of
from rearguard.models.routing import Endpoint, Link
from rearguard.models.view import ModelView, ValueView

if TYPE_CHECKING:
    from rearguard.analysis.values.regions import Regions

_CHECKS = re.compile(r"valid|schema|celebrate|check|pars(?:e|ing)|input|joi|zod|yup", re.IGNORECASE)
_MAX_DEPTH = 6
_PARTS = tuple(dict.fromkeys(CHANNELS.values()))


def shaped(run: Regions, value: Maybe, shape: Shape, depth: int = 0) -> Maybe:
    """The value, once it has passed a schema."""
    if value is None or depth > _MAX_DEPTH:
        return value
    if shape.whole:
        value = masked(run, value, shape.whole)
    if not shape.fields:
        return value
    fields = dict(value.fields or {})
    for key, inner in shape.fields:
        fields[key] = shaped(run, run.member_of(value, key), inner, depth + 1) or Value()
    return Value(value.labels, fields, None, value.origin, value.container, None)


# -- schemas in front of handlers -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Before:
    """What is known of requests where functions read them, by `(function, channel)`."""

    shapes: Mapping[tuple[str, str], Shape] = field(default_factory=dict)
    """What everything that stands before lets through of the channel."""
    read: frozenset[tuple[str, str]] = frozenset()
    """Those of which that is all there is to say: nothing stands before them that was not understood."""


Known: TypeAlias = tuple[Shape, bool]


def of_endpoints(view: ModelView, endpoints: Sequence[Endpoint]) -> Before:
    """What schemas in front of handlers, and of what runs before these, let through on every way to them."""
    found: dict[tuple[str, str], list[Known]] = {}
    count: dict[str, int] = {}
    asking = with_callers(view, {call.fid for call in view.calls(OUTCOME)})
    said: dict[Link, tuple[tuple[str, Known], ...]] = {}
    for endpoint in endpoints:
        given: dict[str, Known] = {}
        for link in endpoint.chain:
            _arrive(link.functions, given, found, count)
            if link not in said:
                said[link] = tuple(_checked(view, link))
            for channel, one in said[link]:
                given[channel] = _both(given[channel], one) if channel in given else one
        chained, complete = by_chains(view, endpoint, asking)
        for channel in (
            (*_PARTS, "validated") if any(chains_of(view, each) for each in endpoint.chain) else ()
        ):
            by_chain = (chained.get(channel, Shape()), complete)
            given[channel] = _both(given[channel], by_chain) if channel in given else by_chain
        _arrive(endpoint.handler.functions, given, found, count)
    known = {key: reduce(_any, shapes) for key, shapes in found.items() if len(shapes) == count[key[0]]}
    _hand_on(view, known, count)
    return Before(
        {key: shape for key, (shape, _) in known.items()},
        frozenset(key for key, (_, is_read) in known.items() if is_read),
    )


def _arrive(
    functions: Sequence[str],
    given: Mapping[str, Known],
    found: dict[tuple[str, str], list[Known]],
    count: dict[str, int],
) -> None:
    """Note with what was let through functions are come to."""
    for fid in functions:
        count[fid] = count.get(fid, 0) + 1
        for channel, known in given.items():
            found.setdefault((fid, channel), []).append(known)


def _both(one: Known, other: Known) -> Known:
    return one[0].and_of(other[0]), one[1] and other[1]


def _any(one: Known, other: Known) -> Known:
    return one[0].or_of(other[0]), one[1] and other[1]


def _hand_on(view: ModelView, known: dict[tuple[str, str], Known], handlers: Container[str]) -> None:
    """Helpers whose callers all let the same through read no more of a request than these."""
    if not known:
        return
    callees: dict[str, list[str]] = {}
    for fid, callers in view.linker.callers.items():
        for caller in callers if fid not in handlers else ():
            callees.setdefault(caller, []).append(fid)
    pending = list(known)
    while pending:
        caller, channel = pending.pop()
        for fid in callees.get(caller, ()):
            callers = view.linker.callers[fid]
            if (fid, channel) not in known and all((other, channel) in known for other in callers):
                known[fid, channel] = reduce(_any, (known[other, channel] for other in sorted(callers)))
                pending.append((fid, channel))


def _checked(view: ModelView, link: Link) -> Iterator[tuple[str, Known]]:
    """Channels that an element of a chain checks: by its code, or by the schemas that it is made with.

    Of the others it is then said that they are not checked.
    """
    seen, is_read = validated(view, link), True
    if seen is None:
        if chains_of(view, link):
            return
        is_library = _is_validation(view, link)
        if link.value is None or not (is_library or _CHECKS.search(link.label)):
            return
        seen = list(_by_arguments(view, link.value))
        is_read = is_library and not link.functions and bool(seen)
    yield from ((channel, (shape, is_read)) for channel, shape in seen)
    named = {channel for channel, _ in seen}
    yield from ((channel, (Shape(), is_read)) for channel in _PARTS if channel not in named)


def _by_arguments(view: ModelView, place: tuple[str, int]) -> Iterator[tuple[str, Shape]]:
    value = behind(ValueView(view, *place))
    call = call_of(value)
    values = (value,) if call is None else call.args
    named = next((CHANNELS[v.text] for v in values if v.text in CHANNELS), "body")
    for each in values:
        whole = read(each)
        if whole is not None:
            yield from by_channel(whole, named)
            continue
        for holder in maps(each):
            for key, entry in entries(holder):
                # `{ body: { name: Joi.string() } }`
                inner = read(entry) or plain(entry) or json_shape(entry) if key in CHANNELS else None
                if inner is not None:
                    yield CHANNELS[key], inner


def _is_validation(view: ModelView, link: Link) -> bool:
    rows = view.models.value_rows("javascript", link.names, Guard)
    return any(guard.kind == "validation" for guard, _ in rows)
