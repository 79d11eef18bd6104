"""Chains of calls that check one field each: `body("email").isString().trim()`, of express-validator.

https://express-validator.github.io/docs/api/validation-chain
"""

from __future__ import annotations

from collections.abc import Container, Iterator

from rearguard.analysis.values.domain import ANY_KEY
from rearguard.analysis.values.narrowing import bits
from rearguard.analysis.values.shapes import Shape, maps, pattern_of
from rearguard.analysis.values.validators import CHANNELS, behind
from rearguard.models.concepts import TEXT, Context
from rearguard.models.javascript.chains import call_of, flatten, follow
from rearguard.models.routing import Endpoint, Link
from rearguard.models.view import CallView, ModelView, ValueView

CHAIN, OUTCOME = "validators:Chain", "express-validator.validationResult"
_MAX_STEPS = 24
_MAX_HELPERS = 2
"""Calls between the function in a chain and the one that asks for the outcome."""
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
        # What the program asks itself is not read.
        *("equals", "custom", "customSanitizer"),
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


def with_callers(view: ModelView, asking: set[str]) -> set[str]:
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


def chains_of(view: ModelView, link: Link) -> list[ValueView]:
    """The chains of calls that an element of a chain is, or runs: `validate([body("email").isEmail()])`."""
    if link.value is None:
        return []
    value = ValueView(view, *link.value)
    if CHAIN in link.names:
        return [value]
    call = call_of(behind(value)) if link.functions else None
    given = call.args if call is not None else ()
    return [each for one in given for each in flatten(view, one) if CHAIN in each.names]


def by_chains(view: ModelView, endpoint: Endpoint, asking: Container[str]) -> tuple[dict[str, Shape], bool]:
    """What chains of calls let through, one field each, and whether that is all that they say; checks count
    where the outcome is asked for."""
    chains = [value for link in endpoint.chain for value in chains_of(view, link)]
    if not chains:
        return {}, False
    functions = (*endpoint.handler.functions, *(fid for link in endpoint.chain for fid in link.functions))
    enforced = any(fid in asking for fid in functions)
    found: dict[str, Shape] = {}
    complete = True
    for value in chains:
        told = list(_said(value, enforced))
        complete = complete and bool(told)
        for channel, field, safe in told:
            for each in (channel, "validated"):
                shape = _under(tuple(field.split(".")), safe)
                found[each] = found[each].and_of(shape) if each in found else shape
    return found, complete


def _under(path: tuple[str, ...], safe: int) -> Shape:
    """A field, deep in the body where its name says so: `items.*.id`."""
    if not path:
        return Shape(safe)
    return Shape(0, ((ANY_KEY if path[0] == "*" else path[0], _under(path[1:], safe)),))


def _said(value: ValueView, enforced: bool) -> Iterator[tuple[str, str, int]]:
    """Channel, field, and contexts in which it does no harm, of one chain; nothing if it cannot be read."""
    safe, call = 0, call_of(follow(value))
    for _ in range(_MAX_STEPS):
        if call is None:
            return
        name = _called(call)
        if name == "checkSchema":
            yield from _by_map(call, enforced)
            return
        if name in _CHAIN_CHANNELS and call.args:
            fields = [each.text for each in (call.args[0].elements() or call.args[:1])]
            if all(field is not None for field in fields):
                for channel in _CHAIN_CHANNELS[name]:
                    yield from ((channel, str(field), safe) for field in fields)
            return
        safe |= pattern_of(call) if enforced and name == "matches" else _step(name, enforced)
        call = None if call.receiver is None else call_of(follow(call.receiver))


def _step(name: str, enforced: bool) -> int:
    """Contexts in which a field does no harm after one step of a chain."""
    if name in _CHAIN_CASTS or (enforced and name in _CHAIN_CHECKS):
        return bits(TEXT)
    if name in _CHAIN_TEXTS or (enforced and name in _CHAIN_FORMS):
        return 1 << Context.NOSQL | (1 << Context.HTML if name == "escape" else 0)
    return 0


def _by_map(call: CallView, enforced: bool) -> Iterator[tuple[str, str, int]]:
    """`checkSchema({ email: { in: ["body"], isString: true } })`"""
    for whole in maps(call.args[0]) if call.args else ():
        instr = whole.instr
        for field, number in zip(instr.keys, instr.args, strict=False) if instr is not None else ():
            options = ValueView(whole.view, whole.fid, number).written
            if options is None or options.instr is None or field in (None, "*", "**", "?"):
                continue
            safe = 0
            for step, given in zip(options.instr.keys, options.instr.args, strict=False):
                if step is not None and ValueView(options.view, options.fid, given).const is not False:
                    safe |= _step(step, enforced)
            said = options.key("in") or call.arg(1)
            parts = [each.text for each in (said.elements() or (said,))] if said is not None else []
            named = [CHANNELS[str(part)] for part in parts if part in CHANNELS]
            for channel in named or ("body", "query", "path"):
                yield channel, str(field), safe


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


__all__ = ["OUTCOME", "by_chains", "chained_field", "chains_of", "with_callers"]
