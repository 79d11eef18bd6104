"""Validators that programs make themselves: which part of a request a middleware checks, and by what.

`validate(schema)`, `validate([{ schema, property: "body" }])`, `validate({ body, query })`: what is checked
is read from the call that makes the middleware; how, and that what fails is refused, from its code.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeAlias

from rearguard.analysis.values.class_shapes import class_shape
from rearguard.analysis.values.refusing import Refusal, inside
from rearguard.analysis.values.shapes import (
    LEFT_OUT,
    OPEN,
    REFUSED,
    TYPES,
    Shape,
    json_shape,
    maps,
    plain,
    read,
)
from rearguard.link import Kind, function_id
from rearguard.models.concepts import Schema
from rearguard.models.javascript.chains import call_of, follow
from rearguard.models.routing import Link
from rearguard.models.view import CallView, ModelView, ValueView
from rearguard.program import Instr, Op

CHANNELS = {
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
_THROWING = frozenset(
    ("parse", "parseAsync", "validateAsync", "validateSync", "attempt", "assert", "validateOrReject")
)
_TELLING = frozenset(("validate", "safeParse", "safeParseAsync", "spa"))
_OPTIONS = (
    ("allowUnknown", OPEN),
    ("stripUnknown", LEFT_OUT),
    ("whitelist", LEFT_OUT),
    ("forbidNonWhitelisted", REFUSED),
)
"""What calls are told about fields that a schema does not name."""
_COMPUTED = re.compile(r"\[\s*\w+\.(\w+)\s*\]\s*:\s*$")
_DEPTH = 6
BY_KEY, WHOLE = "*", "**"
"""A part of the request whose name is a variable; the request, or a map of its parts."""

Said: TypeAlias = list[tuple[str, Shape]]
"""Channel -> what is let through of it."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """One call that checks the request."""

    call: CallView
    schema: ValueView | None
    parts: tuple[str, ...]
    throws: bool


def validated(view: ModelView, link: Link) -> Said | None:
    """What a middleware of the program lets through of which channel; `None` if it checks nothing that is
    seen, or by what is not."""
    found: Said = []
    seen = False
    for fid in link.functions:
        asked = list(_asked(view, fid))
        said = _of(view, link, fid, asked) if asked else []
        if said is None:
            return None
        found.extend(said)
        seen = seen or bool(asked)
    return found if seen else None


def _of(view: ModelView, link: Link, fid: str, asked: list[_Asked]) -> Said | None:
    calls: dict[str, dict[int, bool]] = {}
    for one in asked:
        calls.setdefault(one.call.fid, {})[one.call.call.dst] = one.throws
    refusal = Refusal(view, fid, calls)
    holds = refusal.holds()
    made = _Made(view, link, fid)
    found: Said = []
    for one in asked:
        replaced = _is_replaced(view, refusal, one)
        if not holds and not (replaced and _gives_nothing(one)):
            continue
        said = made.said(one)
        if not said and not made.is_told:
            return None
        for channel, shape in said:
            shape = _with_options(shape, one)
            found.append((channel, shape if replaced else shape.of_given()))
    return found


def _gives_nothing(asked: _Asked) -> bool:
    """Whether what failed leaves nothing behind: `safeParse` has no `data` then."""
    return any(name.startswith(TYPES[0]) for name in _callee(asked.call).names) and not asked.throws


def _with_options(shape: Shape, asked: _Asked) -> Shape:
    """What a call is told about fields that the schema does not name."""
    for value in asked.call.args[1:]:
        for whole in maps(value):
            for name, rest in _OPTIONS:
                said = whole.key(name)
                if said is not None and said.const is not False and shape.fields:
                    shape = replace(shape, rest=rest)
    return shape


# -- calls that check -----------------------------------------------------------------------------


def _asked(view: ModelView, fid: str) -> Iterator[_Asked]:
    """Calls in a middleware that check a part of the request by a schema."""
    request = view.function(fid).params[0].name if view.function(fid).params else ""
    for body in inside(view, fid):
        for instr in view.linker.contents(body).calls:
            call = CallView(view, body, instr.dst, instr, "")
            found = _check_of(call, lambda value: _parts(value, request))
            if found is None:
                yield from _by_helper(call, request)
            else:
                parts, subject, throws = found
                yield _Asked(call, _schema_of(call, subject, _name(call)), parts, throws)


def _check_of(
    call: CallView, parts_of: Callable[[ValueView], tuple[str, ...]]
) -> tuple[tuple[str, ...], ValueView, bool] | None:
    """The parts that a call checks, the value that they are, and whether it throws; `None` for no check."""
    callee, name = _callee(call), _name(call)
    rows = [
        row
        for known in callee.names
        for row in call.view.models.families["javascript"].calls.get(known, ())
        if isinstance(row.concept, Schema)
    ]
    if not rows and not (name in _TELLING or name in _THROWING):
        return None
    picked = [value for row in rows[:1] if row.selector for value in call.select(row.selector)]
    subject = next(iter(picked or call.args[:1]), None)
    parts = parts_of(subject) if subject is not None else ()
    return (parts, subject, _throws(callee, name)) if subject is not None and parts else None


def _by_helper(call: CallView, request: str) -> Iterator[_Asked]:
    """A function of the program that is given a part of the request and checks it."""
    for fid in _callee(call).functions[:1]:
        params = call.view.function(fid).params
        given = dict(zip((param.name for param in params), call.args, strict=False))
        named = {name: parts for name, value in given.items() if (parts := _parts(value, request))}
        if not named or WHOLE in next(iter(named.values())):
            continue
        for instr in call.view.linker.contents(fid).calls:
            inner = CallView(call.view, fid, instr.dst, instr, "")
            found = _check_of(inner, partial(_parts_by_name, named))
            if found is None:
                continue
            parts, subject, throws = found
            schema = _schema_of(inner, subject, _name(inner))
            held = given.get(_loaded(schema)) if schema is not None else None
            throws = throws or any(one.op == Op.RAISE for one in call.view.linker.code(fid))
            yield _Asked(call, held or schema, parts, throws)


def _parts_by_name(named: Mapping[str, tuple[str, ...]], value: ValueView) -> tuple[str, ...]:
    return named.get(_loaded(value), ())


def _loaded(value: ValueView) -> str:
    instr = follow(value).instr
    return instr.name if instr is not None and instr.op == Op.LOAD else ""


def _name(call: CallView) -> str:
    instr = _callee(call).instr
    return instr.name if instr is not None else ""


def _callee(call: CallView) -> ValueView:
    return ValueView(call.view, call.fid, call.call.args[0])


def _throws(callee: ValueView, name: str) -> bool:
    return name in _THROWING or (
        name in ("validate", "cast") and any(known.startswith(TYPES[2]) for known in callee.names)
    )


def _schema_of(call: CallView, subject: ValueView | None, name: str) -> ValueView | None:
    """What a call checks by: what its method is of, or another argument."""
    if any(known.startswith("class-validator.") for known in _callee(call).names):
        # `validate(plainToInstance(Login, req.body))`
        made = call_of(follow(subject)) if subject is not None else None
        return made.args[0] if made is not None and made.args else None
    others = [value for value in call.args if subject is None or value.value != subject.value]
    if name in ("attempt", "assert") or (others and "schemas:AjvCheck" not in call.names and _is_ajv(call)):
        return others[0] if others else None
    return call.receiver or _callee(call)


def _is_ajv(call: CallView) -> bool:
    return any(name.startswith(("ajv", "Ajv")) for name in _callee(call).names)


def _parts(value: ValueView, request: str, depth: int = 0) -> tuple[str, ...]:
    """The channels of the request that a value is."""
    value = follow(value)
    instr = value.instr
    if instr is None or depth > _DEPTH:
        return ()
    base = ValueView(value.view, value.fid, instr.args[0]) if instr.args else value
    if instr.op == Op.LOAD:
        return (WHOLE,) if _is_request(value, request) else ()
    if instr.op == Op.ATTR:
        if _is_request(base, request) or _is_inner_request(base, request):
            return (CHANNELS[instr.name],) if instr.name in CHANNELS else ()
        return ()
    if instr.op == Op.ITEM:
        if not _is_request(base, request):
            return ()
        key = ValueView(value.view, value.fid, instr.args[1])
        return (CHANNELS.get(key.text or "", BY_KEY),)
    given = [ValueView(value.view, value.fid, number) for number in instr.args]
    if instr.op == Op.COLLECT and instr.name == "dict":
        spread = [each for key, each in zip(instr.keys, given, strict=False) if key in ("*", "**")]
        if len(spread) == len(given):
            return tuple(part for each in spread for part in _parts(each, request, depth + 1))
        named = [
            key for key, each in zip(instr.keys, given, strict=False) if _parts(each, request, depth + 1)
        ]
        return (WHOLE,) if named and all(key in CHANNELS for key in named) else ()
    if instr.op == Op.CALL:
        # `pick(req, Object.keys(schema))`, `{ ...req.body }` by a helper.
        if any(_is_request(each, request) for each in given[1:]):
            return (WHOLE,)
        copied = [_parts(each, request, depth + 1) for each in given[1:]]
        return copied[-1] if len(copied) in (1, 2) and copied[-1] else ()
    return ()


def _is_request(value: ValueView, request: str) -> bool:
    instr = value.instr
    if instr is None or instr.op != Op.LOAD:
        return False
    if instr.name == request != "":
        return True
    return any(name.endswith(":Request") for name in value.names)


def _is_inner_request(value: ValueView, request: str) -> bool:
    """`ctx.request`."""
    instr = value.instr
    if instr is None or instr.op != Op.ATTR or instr.name not in ("request", "req"):
        return False
    return _is_request(ValueView(value.view, value.fid, instr.args[0]), request)


# -- what becomes of the result -------------------------------------------------------------------


def _is_replaced(view: ModelView, refusal: Refusal, asked: _Asked) -> bool:
    """Whether what a check gives takes the place of what it was given."""
    only = Refusal(view, refusal.fid, {asked.call.fid: {asked.call.call.dst: asked.throws}})
    request = view.function(refusal.fid).params[0].name if view.function(refusal.fid).params else ""
    for body in refusal.bodies:
        contents = view.linker.contents(body)
        for instr in contents.writes:
            base = ValueView(view, body, instr.args[0])
            if (_is_request(base, request) or _is_inner_request(base, request)) and only.depends(
                body, instr.args[-1]
            ):
                return True
        for instr in contents.calls:
            callee = view.definitions(body).get(instr.args[0])
            if callee is None or callee.name not in ("assign", "defineProperty") or len(instr.args) < 3:
                continue
            target = ValueView(view, body, instr.args[1])
            if _is_request(target, request) and only.depends(body, instr.args[-1]):
                return True
    return False


# -- what it is made with -------------------------------------------------------------------------


class _Made:
    """The call that makes a middleware, and what it is given."""

    def __init__(self, view: ModelView, link: Link, fid: str) -> None:
        self.view = view
        self.fid = fid
        self.given: dict[tuple[str, str], ValueView] = {}
        """(Function, parameter) -> its argument."""
        self.args: list[ValueView] = []
        """All that the makers of it are given, where it is known."""
        self.is_told = False
        """Whether what they are given says anything of schemas."""
        around = _around(view, fid)
        value = behind(ValueView(view, *link.value)) if link.value is not None else None
        call = call_of(value) if value is not None else None
        self.makers: list[str] = []
        if call is not None:
            self._bind(call, around, 0)

    def _bind(self, call: CallView, around: tuple[str, ...], depth: int) -> None:
        """Follow makers that call makers: `validateBody = (schema) => validate(schema, "body")`."""
        for fid in _callee(call).functions[:3]:
            params = [p for p in self.view.function(fid).params if p.kind in ("positional", "rest")]
            for param, value in zip(params, call.args, strict=False):
                self.given[fid, param.name] = value
            self.makers.append(fid)
            self.args.extend(call.args)
            if fid in around or depth > 2:
                continue
            for instr in self.view.linker.contents(fid).calls:
                inner = CallView(self.view, fid, instr.dst, instr, "")
                if any(name in around for name in _callee(inner).functions):
                    self._bind(inner, around, depth + 1)

    def resolved(self, value: ValueView) -> ValueView:
        """The expression behind a value, out through the makers' parameters."""
        for _ in range(_DEPTH):
            value = behind(value)
            instr = value.instr
            if instr is None or instr.op != Op.LOAD:
                break
            holder = self._holder(value.fid, instr.name)
            argument = self.given.get((holder, instr.name))
            if argument is None:
                break
            value = argument
        return value

    def _holder(self, fid: str, name: str) -> str:
        for around in (fid, *_around(self.view, fid)):
            if any(param.name == name for param in self.view.function(around).params):
                return around
        return ""

    def said(self, asked: _Asked) -> Said:
        """What is let through by one call, of each channel."""
        part = asked.parts[0]
        if part not in (BY_KEY, WHOLE):
            shape = self._direct(asked.schema)
            if shape is not None:
                return [(channel, shape) for channel in asked.parts]
            return [each for each in self._listed("body") if each[0] in asked.parts]
        if part == WHOLE:
            shape = self._direct(asked.schema)
            if shape is not None and shape.fields and all(key in CHANNELS for key, _ in shape.fields):
                return [(CHANNELS[key], inner) for key, inner in shape.fields]
            return self._listed("")
        return self._listed(self._named())

    def _direct(self, schema: ValueView | None) -> Shape | None:
        """What a schema describes that is the only one that it may be."""
        if schema is None:
            return None
        value = self.resolved(schema)
        instr = value.instr
        if instr is not None and instr.op in (Op.ATTR, Op.ITEM):
            held = self.resolved(ValueView(value.view, value.fid, instr.args[0]))
            named = held.key(instr.name if instr.op == Op.ATTR else str(instr.value))
            value = self.resolved(named) if named is not None else value
        elif instr is not None and instr.op == Op.CALL and value.names and "schemas:AjvCheck" in value.names:
            call = call_of(value)
            assert call is not None
            return json_shape(self.resolved(call.args[0])) if call.args else None
        if len(value.classes) == 1 and value.instr is not None and value.instr.op != Op.NEW:
            return class_shape(self.view, value.classes[0])
        call = call_of(value)
        if call is not None and self._takes(call):
            return None
        schemas = [ref for ref in value.refs if not set(TYPES).isdisjoint(ref.names)]
        if len(schemas) == 1 or call is not None:
            return read(value)
        return plain(value) or json_shape(value)

    def _takes(self, call: CallView) -> bool:
        """Whether a schema is made, where it is asked, of what the maker is given: `Joi.compile(schema)`."""
        current: CallView | None = call
        for _ in range(_DEPTH):
            if current is None:
                break
            for value in current.args:
                given = follow(value)
                inner = call_of(given)
                taken = (given, *(map(follow, inner.args) if inner is not None else ()))
                if any(self._holder(each.fid, _loaded(each)) for each in taken):
                    return True
            current = call_of(follow(current.receiver)) if current.receiver is not None else None
        return False

    def _named(self) -> str:
        """The part that makers are told, or take when they are not."""
        for value in self.args:
            text = self.resolved(value).text
            if text in CHANNELS:
                return text
        for fid in self.makers:
            for param in self.view.function(fid).params:
                if (fid, param.name) in self.given:
                    continue
                default, _ = self.view.parameter(fid, param.name)
                if default is not None and default.text in CHANNELS:
                    return str(default.text)
        return ""

    def _listed(self, named: str) -> Said:
        """What the arguments of the makers say: schemas, maps of them by channel, lists of both."""
        found: Said = []
        for value in self.args:
            self.is_told = _spoken(self, value, named, found) or self.is_told
        return found


def _spoken(made: _Made, value: ValueView, named: str, found: Said, depth: int = 0) -> bool:
    """Gather what an argument says of channels; whether it is about schemas at all."""
    value = made.resolved(value)
    whole = read(value)
    if whole is not None:
        found.extend(by_channel(whole, named))
        return True
    told = False
    for holder in maps(value):
        instr = holder.instr
        if instr is None or instr.op != Op.COLLECT:
            continue
        if instr.name != "dict":
            for number in instr.args if depth < 3 else ():
                entry = ValueView(holder.view, holder.fid, number)
                told = _spoken(made, entry, named, found, depth + 1) or told
            continue
        said = _of_map(made, holder)
        found.extend(said)
        told = told or bool(said)
    return told


def entries(holder: ValueView) -> Iterator[tuple[str, ValueView]]:
    """The entries of a map that is written out, `[Segments.BODY]` by the last word of its key."""
    instr = holder.instr
    if instr is None or instr.op != Op.COLLECT:
        return
    end = instr.start
    for key, number in zip(instr.keys, instr.args, strict=False):
        entry = ValueView(holder.view, holder.fid, number)
        if key == "?":
            text = holder.view.texts.get(holder.span.path, b"")[end : entry.span.start].decode(
                "utf-8", "replace"
            )
            named = _COMPUTED.search(text)
            if named is not None:
                yield named[1].lower(), entry
        elif key not in (None, "*", "**"):
            yield str(key), entry
        end = entry.span.end


def _of_map(made: _Made, holder: ValueView) -> Said:
    """`{ body: schema, query: { page: Joi.number() } }`, `{ schema, property: "body" }`."""
    found: Said = []
    schemas: list[Shape] = []
    named = ""
    for key, entry in entries(holder):
        entry = made.resolved(entry)
        shape = read(entry) or plain(entry) or json_shape(entry)
        if shape is not None and key in CHANNELS:
            found.append((CHANNELS[key], shape))
        elif shape is not None:
            schemas.append(shape)
        elif entry.text in CHANNELS:
            named = CHANNELS[str(entry.text)]
    if len(schemas) == 1 and named:
        found.append((named, schemas[0]))
    return found


def by_channel(whole: Shape, named: str) -> Iterator[tuple[str, Shape]]:
    """`z.object({ body: ..., query: ... })` speaks of several, everything else of one."""
    if whole.fields and all(key in CHANNELS for key, _ in whole.fields):
        for key, inner in whole.fields:
            yield CHANNELS[key], inner
    elif named:
        yield CHANNELS.get(named, named), whole


def _around(view: ModelView, fid: str) -> tuple[str, ...]:
    """The functions that a function is written in, the nearest first."""
    path, found = view.linker.module_of[fid], []
    parent = view.function(fid).parent
    while parent:
        outer = function_id(path, parent)
        if outer not in view.linker.functions or view.function(outer).kind in ("module", "class"):
            break
        found.append(outer)
        parent = view.function(outer).parent
    return tuple(found)


def behind(value: ValueView) -> ValueView:
    """The expression behind names and members: `validators.login`, whichever module it stands in."""
    for _ in range(_DEPTH):
        value = follow(value)
        instr = value.instr
        if instr is None or instr.op not in (Op.ATTR, Op.ITEM, Op.IMPORT, Op.LOAD):
            break
        inner = _entry(value, instr) if instr.op in (Op.ATTR, Op.ITEM) else _exported(value)
        if inner is None:
            break
        value = inner
    return value


def _entry(value: ValueView, instr: Instr) -> ValueView | None:
    name = instr.name if instr.op == Op.ATTR else instr.value
    if not isinstance(name, str):
        return None
    base = behind(ValueView(value.view, value.fid, instr.args[0]))
    if base.instr is not None and base.instr.op == Op.COLLECT:
        return base.key(name)
    held = [ref for ref in base.refs if ref.kind in (Kind.COLLECT, Kind.MODULE)]
    if len(held) != 1:
        return None
    if held[0].kind is Kind.MODULE:
        return _export_of(value.view, held[0].id, name)
    return ValueView(value.view, *held[0].step).key(name) if isinstance(held[0].step, tuple) else None


def _exported(value: ValueView) -> ValueView | None:
    """What an import stands for, in the module that exports it."""
    instr = value.instr
    if instr is not None and instr.op == Op.LOAD:
        path = value.view.linker.module_of[value.fid]
        stored = value.view.linker.contents(function_id(path, "<module>")).stores.get(instr.name, ())
        made = [value.view.definitions(function_id(path, "<module>")).get(s.args[0]) for s in stored]
        if len(made) != 1 or made[0] is None or made[0].op != Op.IMPORT:
            return None
        instr = made[0]
        value = ValueView(value.view, function_id(path, "<module>"), instr.dst)
    if instr is None or instr.op != Op.IMPORT:
        return None
    target = value.view.linker.index.script(value.view.linker.module_of[value.fid], instr.name)
    member = instr.value if isinstance(instr.value, str) else "="
    return _export_of(value.view, target, member) if target in value.view.linker.modules and target else None


def _export_of(view: ModelView, path: str, name: str) -> ValueView | None:
    """What a module exports under a name, where that is one expression."""
    body = function_id(path, "<module>")
    if body not in view.linker.functions:
        return None
    found = [
        instr.args[0]
        for instr in view.linker.code(body)
        if instr.op == Op.EXPORT and instr.name in ((name, "=") if name == "default" else (name,))
    ]
    whole = [i.args[0] for i in view.linker.code(body) if i.op == Op.EXPORT and i.name == "="]
    if not found and whole:
        return behind(ValueView(view, body, whole[0])).key(name)
    return ValueView(view, body, found[0]) if len(found) == 1 else None


__all__ = ["CHANNELS", "Said", "behind", "by_channel", "entries", "validated"]
