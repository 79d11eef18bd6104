"""What a schema lets through: Zod, Joi, Yup by the calls that make it, or a JSON Schema written out."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rearguard.analysis.values.domain import ANY_KEY, Maybe, Value
from rearguard.analysis.values.methods import masked
from rearguard.analysis.values.narrowing import bits
from rearguard.analysis.values.patterns import safe_contexts
from rearguard.models.concepts import TEXT, Context, Guard
from rearguard.models.javascript.chains import call_of, follow
from rearguard.models.routing import Endpoint, Link
from rearguard.models.view import CallView, ModelView, ValueView
from rearguard.program import Op

if TYPE_CHECKING:
    from rearguard.analysis.values.regions import Regions

CHAIN, OUTCOME = "validators:Chain", "express-validator.validationResult"
TYPES = ("schemas:ZodSchema", "schemas:JoiSchema", "schemas:YupSchema")
_HARMLESS = frozenset(
    (
        *("number", "boolean", "bool", "date", "int", "int32", "bigint", "float32", "float64", "integer"),
        *("enum", "nativeEnum", "literal", "uuid", "guid", "uuidv4", "uuidv7", "cuid", "cuid2", "ulid"),
        *("nanoid", "datetime", "hex", "alphanum", "valid", "equal", "oneOf", "objectId", "isoDate"),
        *("stringbool", "iso"),
    )
)
"""Kinds and steps after which a value holds a number, a date, an identifier or one of a list."""
_PATTERNS = ("regex", "pattern", "matches")
_OBJECTS = frozenset(
    ("object", "strictObject", "looseObject", "keys", "extend", "append", "merge", "concat", "shape")
)
_LISTS = ("array", "items", "of")
_CHANNELS = {
    "body": "body",
    "payload": "body",
    "query": "query",
    "querystring": "query",
    "param": "path",
    "form": "form",
    "header": "headers",
    "cookie": "cookies",
    "params": "path",
    "headers": "headers",
    "cookies": "cookies",
}
_CHECKS = re.compile(r"valid|schema|celebrate|check|pars(?:e|ing)|input|joi|zod|yup", re.IGNORECASE)
_SAFE_FORMATS = ("uuid", "date", "date-time", "time", "duration")
_MAX_DEPTH = 6
_MAX_STEPS = 24
_MAX_HELPERS = 2
"""Calls between the function in a chain and the one that asks for the outcome."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What is known of a value that a schema let through."""

    safe: int = 0
    """Contexts, as a bit set, in which it does no harm."""
    fields: tuple[tuple[str, Shape], ...] = ()


def read(value: ValueView, depth: int = 0) -> Shape | None:
    """The shape that a schema describes; `None` for a value that is no schema."""
    call = _made(value)
    if call is None or depth > _MAX_DEPTH:
        return None
    safe, fields = 0, dict[str, Shape]()
    for _ in range(_MAX_STEPS):
        callee = call.view.definitions(call.fid).get(call.call.args[0])
        name = callee.name if callee is not None else ""
        if name in _HARMLESS:
            safe |= bits(TEXT)
        elif name in _PATTERNS:
            safe |= _pattern(call)
        elif name in _OBJECTS:
            for key, shape in _entries(call, depth):
                fields.setdefault(key, shape)
        elif name in _LISTS and call.args:
            inner = read(call.args[0], depth + 1)
            if inner is not None:
                fields.setdefault(ANY_KEY, inner)
        receiver = call.receiver
        if receiver is not None and receiver.instr is not None and receiver.instr.op == Op.ATTR:
            # `z.coerce.number()`, `z.iso.date()`
            safe |= bits(TEXT) if receiver.instr.name == "iso" else 0
        before = None if receiver is None else _made(receiver)
        if before is None:
            break
        call = before
    return Shape(safe, tuple(fields.items()))


def _made(value: ValueView) -> CallView | None:
    """The call that makes a schema, in whatever module."""
    value = follow(value)
    if not any(kind in value.names for kind in TYPES):
        return None
    call = call_of(value)
    if call is not None and not ValueView(call.view, call.fid, call.call.args[0]).functions:
        return call
    for ref in value.refs:
        if isinstance(ref.step, tuple) and any(kind in ref.names for kind in TYPES):
            return call_of(ValueView(value.view, *ref.step))
    return None


def _pattern(call: CallView) -> int:
    for value in call.args[:1]:
        instr = follow(value).instr
        if instr is not None and instr.op == Op.CONST and isinstance(instr.value, str):
            return bits(safe_contexts(instr.value, False))
        for ref in value.refs:
            if isinstance(ref.step, str):
                return bits(safe_contexts(ref.step, False))
    return 0


def _entries(call: CallView, depth: int) -> Iterator[tuple[str, Shape]]:
    for value in call.args[:1]:
        other = read(value, depth + 1)
        if other is not None:
            yield from other.fields
            continue
        for whole in _objects(value):
            instr = whole.instr
            if instr is not None and instr.op == Op.COLLECT:
                for key, number in zip(instr.keys, instr.args, strict=False):
                    inner = read(ValueView(whole.view, whole.fid, number), depth + 1)
                    if key not in (None, "*", "**", "?"):
                        yield str(key), inner or Shape()


def _objects(value: ValueView) -> Iterator[ValueView]:
    if value.instr is not None and value.instr.op == Op.COLLECT:
        yield value
        return
    for ref in value.refs[:1]:
        if isinstance(ref.step, tuple):
            yield ValueView(value.view, *ref.step)


def shaped(run: Regions, value: Maybe, shape: Shape, depth: int = 0) -> Maybe:
    """The value, once it has passed a schema."""
    if value is None or depth > _MAX_DEPTH:
        return value
    if shape.safe:
        value = masked(run, value, shape.safe)
    if not shape.fields:
        return value
    fields = dict(value.fields or {})
    for key, inner in shape.fields:
        fields[key] = shaped(run, run.member_of(value, key), inner, depth + 1) or Value()
    return Value(value.labels, fields, None, value.origin, value.container, None)


# -- schemas in front of handlers -----------------------------------------------------------------


def of_endpoints(view: ModelView, endpoints: Sequence[Endpoint]) -> dict[tuple[str, str], Shape]:
    """`(handler, channel)` -> what every endpoint of that handler lets through of the channel."""
    found: dict[tuple[str, str], list[Shape]] = {}
    count: dict[str, int] = {}
    asking = _with_callers(view, {call.fid for call in view.calls(OUTCOME)})
    for endpoint in endpoints:
        given = {channel: shape for link in endpoint.chain for channel, shape in _checked(view, link)}
        given.update(_by_chains(view, endpoint, asking))
        for fid in endpoint.handler.functions:
            count[fid] = count.get(fid, 0) + 1
            for channel, shape in given.items():
                found.setdefault((fid, channel), []).append(shape)
    known = {
        key: shapes[0]
        for key, shapes in found.items()
        if len(shapes) == count[key[0]] and all(shape == shapes[0] for shape in shapes)
    }
    _hand_on(view, known, count)
    return known


def _hand_on(view: ModelView, known: dict[tuple[str, str], Shape], handlers: Container[str]) -> None:
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
            shapes = {known.get((other, channel)) for other in view.linker.callers[fid]}
            if (fid, channel) not in known and len(shapes) == 1:
                known[fid, channel] = known[caller, channel]
                pending.append((fid, channel))


_CHAIN_CHANNELS = {
    "body": ("body",),
    "query": ("query",),
    "param": ("path",),
    "check": ("body", "query", "path"),
}
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


def _by_chains(view: ModelView, endpoint: Endpoint, asking: Container[str]) -> dict[str, Shape]:
    """What chains of calls let through, one field each; checks count where the outcome is asked for."""
    links = [link for link in endpoint.chain if CHAIN in link.names and link.value is not None]
    if not links:
        return {}
    functions = (*endpoint.handler.functions, *(fid for link in endpoint.chain for fid in link.functions))
    enforced = any(fid in asking for fid in functions)
    fields: dict[str, dict[str, Shape]] = {}
    for link in links:
        assert link.value is not None
        safe, call = 0, call_of(follow(ValueView(view, *link.value)))
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
            elif name == "escape":
                safe |= 1 << Context.HTML
            elif enforced and name == "matches":
                safe |= _pattern(call)
            elif enforced and name == "isString":
                safe |= 1 << Context.NOSQL
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


def _checked(view: ModelView, link: Link) -> Iterator[tuple[str, Shape]]:
    """Channels that an element of a chain checks, by the schemas that it is made with."""
    if link.value is None or not (_CHECKS.search(link.label) or _is_validation(view, link)):
        return
    value = follow(ValueView(view, *link.value))
    call = call_of(value)
    values = (value,) if call is None else call.args
    named = next((_CHANNELS[v.text] for v in values if v.text in _CHANNELS), "body")
    for each in values:
        whole = read(each)
        if whole is not None:
            yield from _by_channel(whole, named)
            continue
        for holder in _objects(each):
            for key, channel in _CHANNELS.items():
                entry = holder.key(key)
                inner = read(entry) if entry is not None else None
                if inner is None and entry is not None:
                    # `{ body: { name: Joi.string() } }`
                    inner = _plain(entry) or json_shape(entry)
                if inner is not None:
                    yield channel, inner


def _plain(value: ValueView) -> Shape | None:
    fields = {
        str(key): inner
        for whole in _objects(value)
        if whole.instr is not None and whole.instr.op == Op.COLLECT
        for key, number in zip(whole.instr.keys, whole.instr.args, strict=False)
        if (inner := read(ValueView(whole.view, whole.fid, number))) is not None
    }
    return Shape(0, tuple(fields.items())) if fields else None


def json_shape(value: ValueView, depth: int = 0) -> Shape | None:
    """What a JSON Schema lets through that is written out where it is used; `None` when it is none."""
    whole = next(_objects(follow(value)), None)
    if whole is None or whole.instr is None or whole.instr.op != Op.COLLECT or depth > _MAX_DEPTH:
        return None
    properties, items = whole.key("properties"), whole.key("items")
    safe = _json_type(whole)
    fields: list[tuple[str, Shape]] = []
    for held in _objects(follow(properties)) if properties is not None else ():
        instr = held.instr
        for key, number in zip(instr.keys, instr.args, strict=False) if instr is not None else ():
            inner = json_shape(ValueView(held.view, held.fid, number), depth + 1)
            if key not in (None, "*", "**", "?") and inner is not None:
                fields.append((str(key), inner))
    entry = json_shape(items, depth + 1) if items is not None else None
    if entry is not None:
        fields.append((ANY_KEY, entry))
    return Shape(safe, tuple(fields)) if safe or fields else None


def _json_type(whole: ValueView) -> int:
    """Contexts in which what a JSON Schema says of a plain value keeps it from doing harm."""
    kind, form, pattern = (
        None if (given := whole.key(name)) is None else given.text for name in ("type", "format", "pattern")
    )
    if whole.key("enum") is not None or whole.key("const") is not None:
        return bits(TEXT)
    if kind in ("integer", "number", "boolean") or form in _SAFE_FORMATS:
        return bits(TEXT)
    if kind != "string":
        return 0
    return 1 << Context.NOSQL | (bits(safe_contexts(pattern, False)) if pattern is not None else 0)


def _by_channel(whole: Shape, named: str) -> Iterator[tuple[str, Shape]]:
    """`z.object({ body: ..., query: ... })` speaks of several, everything else of one."""
    if whole.fields and all(key in _CHANNELS for key, _ in whole.fields):
        for key, inner in whole.fields:
            yield _CHANNELS[key], inner
    else:
        yield named, whole


def _is_validation(view: ModelView, link: Link) -> bool:
    rows = view.models.value_rows("javascript", link.names, Guard)
    return any(guard.kind == "validation" for guard, _ in rows)
