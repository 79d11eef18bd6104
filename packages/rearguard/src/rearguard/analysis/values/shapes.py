"""What a schema lets through: Zod, Joi, Yup by the calls that make it, or a JSON Schema written out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce

from rearguard.analysis.values.domain import ANY_KEY
from rearguard.analysis.values.narrowing import bits
from rearguard.analysis.values.patterns import safe_contexts
from rearguard.models.concepts import TEXT, Context
from rearguard.models.javascript.chains import call_of, follow
from rearguard.models.view import CallView, ValueView
from rearguard.program import Op

TYPES = ("schemas:ZodSchema", "schemas:JoiSchema", "schemas:YupSchema")
_PLAIN = 1 << Context.NOSQL
"""What a text is, and a list of texts: no object, so no operator of a query."""
_HARMLESS = frozenset(
    (
        *("number", "boolean", "bool", "date", "int", "int32", "bigint", "float32", "float64", "integer"),
        *("enum", "nativeEnum", "literal", "uuid", "guid", "uuidv4", "uuidv7", "cuid", "cuid2", "ulid"),
        *("nanoid", "datetime", "hex", "alphanum", "valid", "equal", "oneOf", "objectId", "isoDate"),
        *("stringbool", "iso"),
    )
)
"""Kinds and steps after which a value holds a number, a date, an identifier or one of a list."""
_ANYTHING = frozenset(
    (
        *("any", "unknown", "mixed", "object", "strictObject", "looseObject", "record", "map", "set"),
        *("array", "tuple", "custom", "json"),
    )
)
"""Kinds that may be objects. Others that are not known are taken for plain: that is what schemas are for."""
_TESTED = frozenset(
    ("custom", "refine", "superRefine", "check", "test", "external", "when", "conditional", "switch", "pipe")
)
"""Steps by which a kind that may be anything is bound by what is not read here."""
_EITHER = frozenset(("union", "discriminatedUnion", "alternatives", "alt", "try", "xor"))
_PATTERNS = ("regex", "pattern", "matches")
_OBJECTS = frozenset(
    (
        *(
            "object",
            "strictObject",
            "looseObject",
            "keys",
            "extend",
            "safeExtend",
            "append",
            "merge",
            "concat",
        ),
        *("shape", "and", "intersection", "compile"),
    )
)
_LISTS = ("array", "items", "of", "set")
_CAST = frozenset(("string", "boolean"))
"""What `z.coerce` makes of anything at all, objects too: what was given stays what it was."""
_SAFE_FORMATS = ("uuid", "date", "date-time", "time", "duration")
_MAX_DEPTH = 6
_MAX_STEPS = 24

OPEN, LEFT_OUT, REFUSED = "open", "left out", "refused"
_OTHERS = dict(zip(TYPES, (LEFT_OUT, REFUSED, OPEN), strict=True))


@dataclass(frozen=True, slots=True)
class Shape:
    """What is known of a value that a schema let through."""

    safe: int = 0
    """Contexts, as a bit set, in which it does no harm."""
    fields: tuple[tuple[str, Shape], ...] = ()
    rest: str = OPEN
    """What becomes of fields that it does not name: they come through, are left out, or are refused."""
    given: int | None = None
    """Contexts in which what the schema was given does no harm, where that is less than what it gives."""

    def of_given(self) -> Shape:
        """What is known of the value that was only looked at, while what the schema gives was thrown away."""
        return Shape(
            self.safe if self.given is None else self.given,
            tuple((key, inner.of_given()) for key, inner in self.fields),
            OPEN if self.rest == LEFT_OUT else self.rest,
        )

    @property
    def whole(self) -> int:
        """Contexts in which all of it does no harm: it is no object of the client's making."""
        if self.safe & _PLAIN or not self.fields or self.rest == OPEN:
            return self.safe
        inner = reduce(lambda left, right: left & right, (shape.whole for _, shape in self.fields))
        return self.safe | inner & _PLAIN

    def or_of(self, other: Shape) -> Shape:
        """What is known of a value that is the one or the other."""
        if self == other:
            return self
        others = dict(other.fields)
        fields = tuple((key, shape.or_of(others[key])) for key, shape in self.fields if key in others)
        closed = self.whole & other.whole
        given = None
        if self.given is not None or other.given is not None:
            given = self.of_given().safe & other.of_given().safe
        return Shape(closed, fields, self.rest if self.rest == other.rest else OPEN, given)

    def and_of(self, other: Shape) -> Shape:
        """What is known of a value that both let through."""
        fields = dict(self.fields)
        for key, shape in other.fields:
            fields[key] = fields[key].and_of(shape) if key in fields else shape
        rest = next((rest for rest in (REFUSED, LEFT_OUT) if rest in (self.rest, other.rest)), OPEN)
        return Shape(self.safe | other.safe, tuple(fields.items()), rest)


ASSUMED = Shape(_PLAIN)
"""Of a field whose schema could not be read."""


def read(value: ValueView, depth: int = 0) -> Shape | None:
    """The shape that a schema describes; `None` for a value that is no schema."""
    member = _member(value, depth)
    if member is not None:
        return member
    call = _made(value)
    if call is None or depth > _MAX_DEPTH:
        return None
    return _Reading(depth).of(call)


def _member(value: ValueView, depth: int) -> Shape | None:
    """`base.shape.email`, `base.extract("email")`: a field of another schema."""
    value = follow(value)
    instr, base = value.instr, value
    if instr is not None and instr.op == Op.ATTR:
        base = ValueView(value.view, value.fid, instr.args[0])
        name, held = instr.name, base.instr
        if held is None or held.op != Op.ATTR or held.name != "shape" or depth > _MAX_DEPTH:
            return None
        whole = read(ValueView(value.view, value.fid, held.args[0]), depth + 1)
        return None if whole is None else dict(whole.fields).get(name)
    return None


class _Reading:
    """One schema, read from its last step to what it begins with."""

    def __init__(self, depth: int) -> None:
        self.depth = depth
        self.safe = 0
        self.fields: dict[str, Shape] = {}
        self.rest = ""
        self.names: list[str] = []
        self.only: frozenset[str] | None = None
        self.without: set[str] = set()
        self.parsed = self.cast = False
        self.joined: Shape | None = None
        self.others = OPEN
        """What becomes of fields that are not named where nothing is said of them."""

    def of(self, call: CallView) -> Shape:
        """The shape, its first kind worked out last."""
        self.others = next((rest for kind, rest in _OTHERS.items() if kind in call.names), OPEN)
        for _ in range(_MAX_STEPS):
            callee = call.view.definitions(call.fid).get(call.call.args[0])
            name = callee.name if callee is not None else ""
            self._step(name, call)
            receiver = call.receiver
            if receiver is not None and receiver.instr is not None and receiver.instr.op == Op.ATTR:
                # `z.coerce.number()`, `z.iso.date()`
                self.safe |= bits(TEXT) if receiver.instr.name == "iso" else 0
                self.cast |= receiver.instr.name == "coerce" and name in _CAST
            before = None if receiver is None else _made(receiver)
            if before is None:
                break
            call = before
        return self._whole()

    def _step(self, name: str, call: CallView) -> None:
        self.names.append(name)
        if name in ("valid", "equal", "oneOf") and _refers(call):
            # The same as another field, of which it is not said what that is.
            self.safe |= _PLAIN
        elif name in _HARMLESS:
            self.safe |= bits(TEXT)
        elif name in _PATTERNS and not (name == "pattern" and len(call.args) > 1 and read(call.args[1])):
            self.safe |= pattern_of(call)
        elif name in _EITHER or name == "or":
            self._either(name, call)
        elif name in _OBJECTS:
            self._object(name, call)
        elif name in _LISTS and call.args:
            inner = read(call.args[0], self.depth + 1)
            if inner is not None:
                self.fields.setdefault(ANY_KEY, inner)
        elif name == "fork":
            self._fork(call)
        elif name in ("pick", "omit"):
            self._some(name, call)
        elif name == "transform":
            self.parsed |= any(_parses(call, fid) for value in call.args for fid in value.functions)
        elif name == "preprocess" and len(call.args) > 1:
            inner = read(call.args[1], self.depth + 1) or ASSUMED
            self.joined, self.cast = inner, True
        self._rest(name, call)

    def _rest(self, name: str, call: CallView) -> None:
        """What is said of fields that are not named: what is said last holds."""
        if self.rest:
            return
        if name in ("passthrough", "loose", "looseObject", "catchall"):
            self.rest = OPEN
        elif name == "unknown" and call.receiver is not None and _made(call.receiver) is not None:
            self.rest = REFUSED if call.args and call.args[0].const is False else OPEN
        elif name in ("strictObject",) or (name == "strict" and "schemas:ZodSchema" in call.names):
            self.rest = REFUSED
        elif name in ("noUnknown", "strip"):
            self.rest = LEFT_OUT

    def _object(self, name: str, call: CallView) -> None:
        for value in call.args if name in ("and", "intersection") else call.args[:1]:
            for key, shape in _entries(value, self.depth):
                self.fields.setdefault(key, shape)

    def _either(self, name: str, call: CallView) -> None:
        given = call.args[1:] if name == "discriminatedUnion" else call.args
        listed = [each for value in given for each in (value.elements() or (value,))]
        shapes = [read(value, self.depth + 1) or ASSUMED for value in listed]
        if name == "or" and call.receiver is not None:
            shapes.append(read(call.receiver, self.depth + 1) or ASSUMED)
        if shapes:
            self.joined = reduce(Shape.or_of, shapes)

    def _fork(self, call: CallView) -> None:
        """`base.fork(["name"], (field) => field.required())`: fields that are made something else."""
        if len(call.args) < 2:
            return
        keys = [value.text for value in (call.args[0].elements() or call.args[:1])]
        for fid in call.args[1].functions:
            for instr in call.view.linker.code(fid):
                made = (
                    read(ValueView(call.view, fid, instr.args[0])) if _gives(instr.op, instr.args) else None
                )
                for key in keys if made is not None else ():
                    self.fields.setdefault(str(key), made or ASSUMED)

    def _some(self, name: str, call: CallView) -> None:
        whole = call.args[0].written if call.args else None
        named = frozenset(key for key in (whole.instr.keys if whole and whole.instr else ()) if key)
        if name == "pick" and named:
            self.only = named if self.only is None else self.only & named
        elif name == "omit":
            self.without |= named

    def _whole(self) -> Shape:
        fields = tuple(
            (key, shape)
            for key, shape in self.fields.items()
            if key not in self.without and (self.only is None or key in self.only)
        )
        kind, joined = self.names[-1], self.joined
        if joined is not None:
            safe = joined.safe | self.safe
            return Shape(safe, joined.fields or fields, joined.rest, 0 if self.cast else None)
        safe = self.safe
        may_be_object = kind in _ANYTHING or kind in _OBJECTS or kind in _EITHER
        tested = not fields and not _TESTED.isdisjoint(self.names)
        of_plain = kind in _LISTS and dict(fields).get(ANY_KEY, Shape()).safe & _PLAIN
        if not may_be_object or tested or of_plain:
            safe |= _PLAIN
        given = 0 if self.cast else safe if self.parsed else None
        return Shape(0 if self.parsed else safe, fields, self._what_of_others(kind, bool(fields)), given)

    def _what_of_others(self, kind: str, named: bool) -> str:
        if not named or kind not in _OBJECTS:
            return OPEN
        return self.rest or self.others


def _gives(op: int, args: Sequence[int]) -> bool:
    return op == Op.RETURN and bool(args)


def _refers(call: CallView) -> bool:
    """Whether what is allowed is what another field holds: `Joi.valid(Joi.ref("password"))`."""
    for value in call.args:
        made = call_of(follow(value))
        callee = made.view.definitions(made.fid).get(made.call.args[0]) if made is not None else None
        if callee is not None and callee.name == "ref":
            return True
    return False


def _parses(call: CallView, fid: str) -> bool:
    """Whether a function reads a text as an object: `(text) => JSON.parse(text)`."""
    return any(instr.op == Op.ATTR and instr.name == "parse" for instr in call.view.linker.code(fid))


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


def pattern_of(call: CallView) -> int:
    for value in call.args[:1]:
        instr = follow(value).instr
        if instr is not None and instr.op == Op.CONST and isinstance(instr.value, str):
            return bits(safe_contexts(instr.value, False))
        for ref in value.refs:
            if isinstance(ref.step, str):
                return bits(safe_contexts(ref.step, False))
    return 0


def _entries(value: ValueView, depth: int) -> Iterator[tuple[str, Shape]]:
    """The fields of a schema, or of a map of schemas, with what is known of each."""
    other = read(value, depth + 1)
    if other is not None:
        yield from other.fields
        return
    for whole in maps(value):
        instr = whole.instr
        if instr is None or instr.op != Op.COLLECT:
            continue
        for key, number in reversed(tuple(zip(instr.keys, instr.args, strict=False))):
            entry = ValueView(whole.view, whole.fid, number)
            if key in ("*", "**"):
                yield from _entries(entry, depth + 1) if depth <= _MAX_DEPTH else ()
            elif key is not None and key != "?":
                yield str(key), read(entry, depth + 1) or plain(entry, depth + 1) or ASSUMED


def maps(value: ValueView) -> Iterator[ValueView]:
    """The maps written out that a value may be."""
    value = follow(value)
    if value.instr is not None and value.instr.op == Op.COLLECT:
        yield value
        return
    for ref in value.refs[:1]:
        if isinstance(ref.step, tuple):
            yield ValueView(value.view, *ref.step)


def plain(value: ValueView, depth: int = 0) -> Shape | None:
    """A map of schemas, which Joi takes for the schema of such an object."""
    if depth > _MAX_DEPTH or not any(_is_schema(entry) for entry in _values_of(value)):
        return None
    fields = tuple(dict(_entries(value, depth)).items())
    return Shape(0, fields, REFUSED) if fields else None


def _values_of(value: ValueView) -> Iterable[ValueView]:
    for whole in maps(value):
        if whole.instr is not None and whole.instr.op == Op.COLLECT and whole.instr.name == "dict":
            yield from (ValueView(whole.view, whole.fid, number) for number in whole.instr.args)


def _is_schema(value: ValueView) -> bool:
    return any(kind in value.names for kind in TYPES)


def json_shape(value: ValueView, depth: int = 0) -> Shape | None:
    """What a JSON Schema lets through that is written out where it is used; `None` when it is none."""
    whole = next(maps(value), None)
    if whole is None or whole.instr is None or whole.instr.op != Op.COLLECT or depth > _MAX_DEPTH:
        return None
    properties, items = whole.key("properties"), whole.key("items")
    safe = _json_type(whole)
    fields: list[tuple[str, Shape]] = []
    for held in maps(properties) if properties is not None else ():
        instr = held.instr
        for key, number in zip(instr.keys, instr.args, strict=False) if instr is not None else ():
            inner = json_shape(ValueView(held.view, held.fid, number), depth + 1)
            if key not in (None, "*", "**", "?") and inner is not None:
                fields.append((str(key), inner))
    entry = json_shape(items, depth + 1) if items is not None else None
    if entry is not None:
        fields.append((ANY_KEY, entry))
    more = whole.key("additionalProperties")
    rest = REFUSED if more is not None and more.const is False else OPEN
    return Shape(safe, tuple(fields), rest) if safe or fields or depth else None


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
    return _PLAIN | (bits(safe_contexts(pattern, False)) if pattern is not None else 0)


__all__ = [
    "ASSUMED",
    "LEFT_OUT",
    "OPEN",
    "REFUSED",
    "TYPES",
    "Shape",
    "json_shape",
    "maps",
    "pattern_of",
    "plain",
    "read",
]
