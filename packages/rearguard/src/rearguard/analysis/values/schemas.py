"""What schemas let through: of values that are checked, and of requests before a handler is run."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import TYPE_CHECKING, TypeAlias

from rearguard.analysis.values.domain import Maybe, Value
from rearguard.analysis.values.methods import masked
from rearguard.analysis.values.narrowing import bits
from rearguard.analysis.values.shapes import (
    Shape,
    json_shape,
    maps,
    pattern_of,
    plain,
    read,
)
from rearguard.analysis.values.validators import CHANNELS, behind, by_channel, entries, validated
from rearguard.models.concepts import TEXT, Context, Guard
from rearguard.models.javascript.chains import call_of, flatten, follow
from rearguard.models.routing import Endpoint, Link
from rearguard.models.view import CallView, ModelView, ValueView

if TYPE_CHECKING:
    from rearguard.analysis.values.regions import Regions

CHAIN, OUTCOME = "validators:Chain", "express-validator.validationResult"
_CHECKS = re.compile(r"valid|schema|celebrate|check|pars(?:e|ing)|input|joi|zod|yup", re.IGNORECASE)
_MAX_DEPTH = 6
_MAX_STEPS = 24
_PARTS = tuple(dict.fromkeys(CHANNELS.values()))
_MAX_HELPERS = 2
"""Calls between the function in a chain and the one that asks for the outcome."""


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
    asking = _with_callers(view, {call.fid for call in view.calls(OUTCOME)})
    said: dict[Link, tuple[tuple[str, Known], ...]] = {}
    for endpoint in endpoints:
        given: dict[str, Known] = {}
        for link in endpoint.chain:
            _arrive(link.functions, given, found, count)
            if link not in said:
                said[link] = tuple(_checked(view, link))
            for channel, one in said[link]:
                given[channel] = _both(given[channel], one) if channel in given else one
        chained = _by_chains(view, endpoint, asking)
        for channel in (*_PARTS, "validated") if chained else ():
            by_chain = (chained.get(channel, Shape()), True)
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


_CHAIN_CHANNELS = {
    "body": ("body",),
    "query": ("query",),
    "param": ("path",),
    "check": ("body", "query", "path"),
}
_CHAIN_TEXTS = frozenset(
    (
        *("trim", "ltrim", "rtrim", "escape", "unescape", "normalizeEmail", "toLowerCase", "toUpperCase"),
        *("stripLow", "whitelist", "blacklist"),
    )
)
"""What makes texts of all that it is given: https://express-validator.github.io/docs/guides/validation-chain"""
_CHAIN_FORMS = frozenset(
    (
        *("isString", "isEmail", "isURL", "isMobilePhone", "isStrongPassword", "isJWT", "isIP", "isFQDN"),
        *("isPostalCode", "isCreditCard", "isSlug", "isBase64", "isTime", "isLocale", "isISO31661Alpha2"),
    )
)
"""What no object is, whose text is `[object Object]`."""
_CHAIN_CASTS = ("toInt", "toFloat", "toBoolean", "toDate")
_CHAIN_CHECKS = frozenset(
    (
        *("isInt", "isFloat", "isNumeric", "isDecimal", "isBoolean", "isUUID", "isMongoId", "isHexadecimal"),
        *("isISO8601", "isDate", "isIn", "isAlpha", "isAlphanumeric", "isHash", "isULID", "isRFC3339"),
    )
)


def _with_callers(view: ModelView, asking: set[str]) -> set[str]:
    """Functions that ask themselves or by helpers: `if (!passes(req)) return`."""
    found, last = set(asking), asking
    for _ in range(_MAX_HELPERS):
        last = {caller for fid in last for caller in view.linker.callers.get(fid, ())} - found
        found |= last
    return found


def _called(call: CallView) -> str:
    """The name of what is called, under whatever name it was imported."""
    callee = ValueView(call.view, call.fid, call.call.args[0])
    known = next((name for name in callee.names if name.startswith("express-validator")), "")
    return known.rpartition(".")[2] or ("" if callee.instr is None else callee.instr.name)


def _chains_of(view: ModelView, link: Link) -> Iterator[ValueView]:
    """The chains of calls that an element of a chain is, or runs: `validate([body("email").isEmail()])`."""
    if link.value is None:
        return
    value = ValueView(view, *link.value)
    if CHAIN in link.names:
        yield value
        return
    call = call_of(behind(value)) if link.functions else None
    for given in call.args if call is not None else ():
        for each in flatten(view, given):
            if CHAIN in each.names:
                yield each


def _by_chains(view: ModelView, endpoint: Endpoint, asking: Container[str]) -> dict[str, Shape]:
    """What chains of calls let through, one field each; checks count where the outcome is asked for."""
    links = [value for link in endpoint.chain for value in _chains_of(view, link)]
    if not links:
        return {}
    functions = (*endpoint.handler.functions, *(fid for link in endpoint.chain for fid in link.functions))
    enforced = any(fid in asking for fid in functions)
    fields: dict[str, dict[str, Shape]] = {}
    for value in links:
        safe, call = 0, call_of(follow(value))
        for _ in range(_MAX_STEPS):
            if call is None:
                break
            name = _called(call)
            if name in _CHAIN_CHANNELS and call.args and call.args[0].text is not None:
                for channel in _CHAIN_CHANNELS[name]:
                    held = fields.setdefault(channel, {})
                    before = held.get(call.args[0].text, Shape())
                    held[call.args[0].text] = Shape(before.safe | safe)
                break
            if name in _CHAIN_CASTS or (enforced and name in _CHAIN_CHECKS):
                safe |= bits(TEXT)
            elif enforced and name == "matches":
                safe |= pattern_of(call)
            elif name in _CHAIN_TEXTS or (enforced and name in _CHAIN_FORMS):
                safe |= 1 << Context.NOSQL | (1 << Context.HTML if name == "escape" else 0)
            call = None if call.receiver is None else call_of(follow(call.receiver))
    fields["validated"] = {name: shape for held in fields.values() for name, shape in held.items()}
    return {channel: Shape(0, tuple(held.items())) for channel, held in fields.items()}


_MEASURING = frozenset(
    ("isLength", "isByteLength", "isStrongPassword", "matches", "custom", "isIn", "equals", *_CHAIN_CHECKS)
)


def chained_field(view: ModelView, link: Link) -> tuple[str, bool] | None:
    """The field that a chain of calls is about, and whether more is asked of it than to be there."""
    call = call_of(follow(ValueView(view, *link.value))) if CHAIN in link.names and link.value else None
    judged = False
    for _ in range(_MAX_STEPS):
        if call is None:
            break
        name = _called(call)
        if name in _CHAIN_CHANNELS:
            field = call.args[0].text if call.args else None
            return None if field is None else (field.rpartition(".")[2], judged)
        judged = judged or name in _MEASURING
        call = None if call.receiver is None else call_of(follow(call.receiver))
    return None


def _checked(view: ModelView, link: Link) -> Iterator[tuple[str, Known]]:
    """Channels that an element of a chain checks: by its code, or by the schemas that it is made with.

    Of the others it is then said that they are not checked.
    """
    seen, is_read = validated(view, link), True
    if seen is None:
        if any(True for _ in _chains_of(view, link)):
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
