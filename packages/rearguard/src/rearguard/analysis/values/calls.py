"""What a call does: summaries of project functions, rows of libraries, and common methods of data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rearguard.analysis.values import sinks, templates
from rearguard.analysis.values.conditions import bits, limit
from rearguard.analysis.values.domain import (
    ANY_KEY,
    DEVELOPMENT,
    ERROR_BITS,
    HARMFUL,
    MAX_DEPTH,
    UNCERTAIN,
    WIDTH,
    Hole,
    Maybe,
    Port,
    SourceRead,
    Text,
    Value,
    concatenate,
    constant,
    join,
    labelled,
    with_field,
)
from rearguard.analysis.values.summary import MAX_HOPS, Hop, SinkUse, Site, Summary
from rearguard.link import Kind
from rearguard.models.compile import Row
from rearguard.models.concepts import (
    CodeExecution,
    CommandExecution,
    Context,
    Deserialisation,
    HtmlMarkup,
    HtmlResponse,
    LogWrite,
    ResourceAccess,
    ResponseBody,
    Sanitizer,
    Sink,
    SqlExecution,
    TemplateRender,
    TextJoin,
    TokenVerify,
)
from rearguard.program import Const, Instr, Op

if TYPE_CHECKING:
    from rearguard.analysis.values.interpreter import Interpreter

GETTERS = frozenset({"get", "getlist", "getall", "get_all", "getOne", "pop", "setdefault", "getFirst", "at"})
_NO_TEXT = frozenset(
    [
        "startswith",
        "endswith",
        "startsWith",
        "endsWith",
        "isdigit",
        "isalnum",
        "isalpha",
        "isnumeric",
        "isdecimal",
        "isidentifier",
        "isspace",
        "includes",
        "indexOf",
        "lastIndexOf",
        "test",
        "has",
        "count",
        "index",
        "find_index",
        "findIndex",
        "some",
        "every",
        "exists",
        "is_file",
        "is_dir",
        "equals",
        "localeCompare",
        "hasOwnProperty",
        "__contains__",
        "rfind",
        "charCodeAt",
        "getTime",
        "valueOf",
        "isupper",
        "islower",
    ]
)
_SAME_VALUE = frozenset(
    [
        "strip",
        "lstrip",
        "rstrip",
        "lower",
        "upper",
        "title",
        "capitalize",
        "trim",
        "trimStart",
        "trimEnd",
        "toLowerCase",
        "toUpperCase",
        "toString",
        "normalize",
        "decode",
        "encode",
        "copy",
        "casefold",
        "swapcase",
        "expandtabs",
        "zfill",
        "ljust",
        "rjust",
        "center",
        "padStart",
        "padEnd",
        "repeat",
        "slice",
        "substring",
        "substr",
        "replace",
        "replaceAll",
        "split",
        "rsplit",
        "splitlines",
        "partition",
        "rpartition",
        "concat",
        "join",
        "sort",
        "reverse",
        "sorted",
        "values",
        "items",
        "keys",
        "entries",
        "flat",
        "removeprefix",
        "removesuffix",
        "translate",
        "format",
        "read",
        "text",
        "json",
        "blob",
        "buffer",
        "arrayBuffer",
        "toArray",
        "tolist",
        "tobytes",
        "hex",
        "first",
        "last",
        "all",
        "one",
        "scalar",
        "scalars",
        "fetchone",
        "fetchall",
    ]
)
_ELEMENTS = frozenset(
    {"values", "pop", "shift", "find", "last", "first", "popitem", "findLast", "next", "at"}
)
_ADDERS = frozenset(
    {"append", "push", "add", "extend", "insert", "unshift", "appendleft", "update", "set", "setdefault"}
)
_OVER_ELEMENTS = frozenset(
    [
        "map",
        "forEach",
        "filter",
        "find",
        "findIndex",
        "some",
        "every",
        "flatMap",
        "reduce",
        "sort",
        "on",
        "then",
        "catch",
        "finally",
        "tap",
        "each",
    ]
)
_MAPPING = frozenset({"map", "flatMap", "then", "reduce", "catch", "finally"})
_REMOVALS: dict[tuple[Const] | None, int] = {
    (".",): 1 << Context.PATH | 1 << Context.SEGMENTS,
    ("/",): 1 << Context.PATH,
    ("<",): 1 << Context.HTML,
}
"""One character that is taken out of a text everywhere, and where the text is then safe."""
_CONTINUES = (HtmlMarkup, LogWrite, Deserialisation, CodeExecution)
"""Sinks whose call still gives back what it was given."""


def call(run: Interpreter, instr: Instr) -> Maybe:
    """The value of a call, its sinks and side effects noted on the way."""
    program = run.program
    callees = run.refs[instr.args[0]]
    definition = run.definitions.get(instr.args[0])
    receiver = definition.args[0] if definition is not None and definition.op == Op.ATTR else -1
    rows = program.rows(callees)
    if definition is not None and definition.op == Op.LOAD and run.is_template:
        special = templates.builtin(run, instr, definition.name)
        if special is not None:
            return special[0]
    for row in rows:
        if isinstance(row.concept, TemplateRender):
            templates.render(run, instr, row.concept, program.arguments(instr, row, receiver))
        if isinstance(row.concept, Sink):
            _sink(run, instr, row, receiver)
    targets = _targets(run, instr)
    if targets:
        result: Maybe = None
        for index, (fid, given, is_new) in enumerate(targets):
            value = _instantiate(run, instr, fid, given, receiver, is_new)
            result = value if index == 0 else join(result, value)
        _callbacks(run, instr, receiver, rows, known=True)
    else:
        result = _external(run, instr, rows, receiver, definition)
    return sanitized(run, instr, result)


def _targets(run: Interpreter, instr: Instr) -> list[tuple[str, tuple[int, ...], bool]]:
    """Project functions that the call may run, with the arguments they get: (id, values, constructs)."""
    linker = run.linker
    found: list[tuple[str, tuple[int, ...], bool]] = []
    for ref in run.refs[instr.args[0]]:
        if ref.kind is Kind.FUNCTION:
            found.append((ref.id, instr.args[1:], False))
        elif ref.kind is Kind.CLASS:
            constructor = linker.constructor(ref.id)
            if constructor is not None:
                found.append((constructor, instr.args[1:], True))
        elif ref.kind is Kind.INSTANCE and ref.base is not None:
            called = linker.method(ref.base.id, "__call__")
            if called is not None:
                found.append((called, instr.args[1:], False))
        elif ref.step == "call" and ref.base is not None and ref.base.kind is Kind.FUNCTION:
            found.append((ref.base.id, instr.args[2:], False))
    return found[:6]


# -- project functions ----------------------------------------------------------------------------


def _instantiate(
    run: Interpreter, instr: Instr, fid: str, given: tuple[int, ...], receiver: int, is_new: bool
) -> Maybe:
    summary = run.program.summaries.get(fid)
    if summary is None:
        return _mixed(run, (*given, receiver), uncertain=True)
    numbers = bind(run, fid, given, instr.keys)
    actuals = Actuals(run, instr, fid, summary, numbers, -1 if is_new else receiver)
    result = actuals.value(summary.returns)
    actuals.apply_uses(instr)
    created = actuals.apply_writes(is_new)
    for origin, safe in summary.enforces.items():
        port = summary.origins.items[origin]
        if isinstance(port, Port) and port.kind == "param" and not port.path and port.name in numbers:
            limit(run, numbers[port.name], safe)
    return created if is_new else result


def bind(run: Interpreter, fid: str, given: tuple[int, ...], keys: tuple[str | None, ...]) -> dict[str, int]:
    """Parameter name -> value id of its argument."""
    params = run.linker.functions[fid].params
    positional = [p.name for p in params if p.kind == "positional"]
    names = {p.name for p in params}
    bound: dict[str, int] = {}
    position = 0
    for index, number in enumerate(given):
        key = keys[index] if keys and index < len(keys) else None
        if key is None:
            if position < len(positional):
                bound.setdefault(positional[position], number)
            else:
                rest = next((p.name for p in params if p.kind == "rest"), "")
                if rest:
                    bound.setdefault(rest, number)
            position += 1
        elif key in names:
            bound[key] = number
    return bound


class Actuals:
    """Reads a callee's summary in the terms of a caller."""

    def __init__(
        self,
        run: Interpreter,
        instr: Instr,
        fid: str,
        summary: Summary,
        numbers: dict[str, int],
        receiver: int,
        overrides: dict[str, Maybe] | None = None,
        shares: bool = False,
    ) -> None:
        """`overrides` gives parameters and captured names; with `shares` the latter are the caller's."""
        self.run = run
        self.instr = instr
        self.fid = fid
        self.summary = summary
        self.numbers = numbers
        self.receiver = receiver
        self.overrides = overrides or {}
        self.shares = shares
        self._origins: dict[int, Maybe] = {}
        self._labels: dict[int, int] = {}

    def origin(self, index: int) -> Maybe:
        """What an origin of the callee is here."""
        if index not in self._origins:
            self._origins[index] = self._find(index)
        return self._origins[index]

    def _find(self, index: int) -> Maybe:
        run = self.run
        origin = self.summary.origins.items[index]
        if isinstance(origin, SourceRead):
            return run.origin_value(origin)
        base: Maybe = None
        if origin.kind == "param":
            if origin.name in self.overrides:
                base = self.overrides[origin.name]
            elif origin.name in self.numbers:
                base = run.values[self.numbers[origin.name]]
        elif origin.kind == "receiver":
            base = run.values[self.receiver] if self.receiver >= 0 else None
        else:
            base = self._captured(origin.name)
        for key in origin.path:
            base = run.member_of(base, key)
        return base

    def _captured(self, name: str) -> Maybe:
        run = self.run
        if name in self.overrides:
            return self.overrides[name]
        if self.shares:
            held = run.environment.get(name)
            return held if name in run.environment else run.origin_value(Port("capture", name))
        owner = run.program.owner(self.fid, name)
        if owner is None:
            return None
        if owner == run.fid:
            return run.environment.get(name)
        if run.program.owner(run.fid, name) == owner:
            held = run.environment.get(name)
            return held if held is not None else run.origin_value(Port("capture", name))
        return None

    def labels(self, labels: int) -> int:
        """The callee's labels, as ours."""
        if not labels:
            return 0
        known = self._labels.get(labels)
        if known is not None:
            return known
        result = 0
        for index, field in self.summary.origins.fields(labels):
            actual = self.origin(index)
            if actual is None:
                continue
            deep = actual.deep()
            kept = deep & self.run.origins.repeated(field | UNCERTAIN)
            if field & UNCERTAIN:
                for number, own in self.run.origins.fields(kept):
                    if own & HARMFUL:
                        kept |= UNCERTAIN << (WIDTH * number)
            result |= kept
        self._labels[labels] = result
        return result

    def text(self, text: Text | None) -> Text | None:
        """The callee's text, with what we know put into its holes."""
        if text is None:
            return None
        parts: list[tuple[Maybe, int]] = []
        for part in text:
            if isinstance(part, str):
                parts.append((constant(part), -1))
                continue
            actual = self.origin(part.origin) if part.origin >= 0 else None
            if actual is not None and actual.text is not None:
                parts.append((actual, -1))
            else:
                labels = self.labels(part.labels)
                origin = actual.origin if actual is not None else -1
                parts.append((Value(labels, None, None, origin) if labels or origin >= 0 else None, -1))
        return concatenate(parts).text

    def value(self, value: Maybe, depth: int = 0) -> Maybe:
        """The callee's value, as ours."""
        if value is None:
            return None
        if depth > MAX_DEPTH:
            return labelled(self.labels(value.deep()))
        if value.origin >= 0 and not value.fields:
            full = (value.labels >> (WIDTH * value.origin)) & HARMFUL
            if full == HARMFUL:
                return self.origin(value.origin)
        fields = None
        if value.fields:
            fields = {}
            for key, child in value.fields.items():
                inner = self.value(child, depth + 1)
                fields[key] = inner if inner is not None else Value()
        labels = self.labels(value.labels)
        if not labels and not fields and value.text is None and value.constant is None:
            return None
        return Value(labels, fields, self.text(value.text), -1, value.container, value.constant)

    def apply_uses(self, instr: Instr) -> None:
        """Sinks that the callee reaches with what it is given."""
        run = self.run
        hop = Hop(run.fid, run.span(instr), self.fid)
        for use in self.summary.uses:
            if len(use.hops) >= MAX_HOPS:
                continue
            labels = self.labels(use.labels)
            if not labels:
                continue
            if use.pending:
                decided = self._decided(use.pending)
                if decided is False:
                    continue
                pending = decided if isinstance(decided, str) else ""
            else:
                pending = ""
            text = self.text(use.text)
            concept = use.site.concept
            if isinstance(concept, Sink):
                labels = sinks.harmful_part(concept.context, text, labels)
            if labels & ~run.origins.repeated(UNCERTAIN):
                run.use(SinkUse(use.site, labels, text, (hop, *use.hops), pending))

    def _decided(self, name: str) -> bool | str:
        """Whether the switch that a use waits for is on; a name when our own caller decides."""
        number = self.numbers.get(name)
        if number is None:
            default = self.run.program.default_constant(self.fid, name)
            return bool(default)
        value = self.run.values[number]
        if value is not None and value.constant is not None:
            return bool(value.constant[0])
        if value is not None and value.origin >= 0:
            origin = self.run.origins.items[value.origin]
            if isinstance(origin, Port) and origin.kind == "param" and not origin.path:
                return origin.name
        return False

    def apply_writes(self, is_new: bool) -> Maybe:
        """What the callee stores into its arguments, receiver or captured variables; the new object."""
        run = self.run
        created: Maybe = Value() if is_new else None
        for index, written in self.summary.writes.items():
            origin = self.summary.origins.items[index]
            if not isinstance(origin, Port):
                continue
            value = self.value(written)
            if origin.kind == "receiver":
                if is_new:
                    created = with_field(created, origin.path, value)
                elif self.receiver >= 0 and origin.path:
                    run.write(self.receiver, origin.path, value, weak=True)
            elif origin.kind == "param":
                number = self.numbers.get(origin.name, -1)
                if number >= 0 and origin.path:
                    run.write(number, origin.path, value, weak=True)
            elif run.program.owner(self.fid, origin.name) == run.fid and not origin.path:
                run.environment[origin.name] = join(run.environment.get(origin.name), value)
        return created


def fetched(run: Interpreter, value: Value) -> Value:
    """A value that an unknown call gave back later."""
    if not value.deep() & run.origins.repeated(UNCERTAIN):
        return value
    return _masked(run, value, 1 << Context.HTML)


def finish_closures(run: Interpreter) -> None:
    """Inner functions that were made but neither called nor passed here: they run some time, with what
    they captured."""
    for fid, number in list(run.closures.items()):
        summary = run.program.summaries.get(fid)
        instr = run.definitions.get(number)
        if summary is not None and instr is not None:
            Actuals(run, instr, fid, summary, {}, -1).apply_uses(instr)


def _callbacks(run: Interpreter, instr: Instr, receiver: int, rows: tuple[Row, ...], known: bool) -> Maybe:
    """Functions given as arguments run with what the callee passes on; what they return, joined."""
    definition = run.definitions.get(instr.args[0])
    method = definition.name if definition is not None and definition.op == Op.ATTR else ""
    held = run.values[receiver] if receiver >= 0 else None
    element: Maybe = None
    if method == "catch":
        element = run.origin_value(SourceRead("error", "error", run.span(instr), run.fid), ERROR_BITS)
    elif method in _OVER_ELEMENTS and held is not None and not rows:
        element = fetched(run, held) if method == "then" else run.member_of(held, ANY_KEY)
    result: Maybe = None
    for number in instr.args[1:]:
        for ref in run.refs[number]:
            if ref.kind is not Kind.FUNCTION:
                continue
            summary = run.program.summaries.get(ref.id)
            if summary is None:
                continue
            given: dict[str, Maybe] = {}
            if not known and element is not None:
                params = [p.name for p in run.linker.functions[ref.id].params if p.kind == "positional"]
                given = dict.fromkeys(params[: 2 if method == "reduce" else 1], element)
            actuals = Actuals(run, instr, ref.id, summary, {}, -1, given)
            actuals.apply_uses(instr)
            actuals.apply_writes(False)
            run.closures.pop(ref.id, None)
            result = join(result, actuals.value(summary.returns))
    return result


# -- libraries and data ---------------------------------------------------------------------------


def _external(
    run: Interpreter, instr: Instr, rows: tuple[Row, ...], receiver: int, definition: Instr | None
) -> Maybe:
    returned = _callbacks(run, instr, receiver, rows, known=False)
    method = definition.name if definition is not None and definition.op == Op.ATTR else ""
    for row in rows:
        if isinstance(row.concept, TextJoin):
            return _joined(run, instr, row, receiver)
    if any(
        (isinstance(row.concept, Sink) and not isinstance(row.concept, _CONTINUES))
        or isinstance(row.concept, TemplateRender | ResourceAccess)
        for row in rows
    ):
        return stored(run, instr, rows)
    arguments = instr.args[1:]
    if receiver >= 0 and not rows:
        special = _method(run, instr, method, receiver, arguments, returned)
        if special is not None:
            return special[0]
    if method == "" and not run.refs[instr.args[0]]:
        made = _record(run, instr)
        if made is not None:
            return made
    known = bool(run.program.names(run.refs[instr.args[0]])) or method in _SAME_VALUE
    return _mixed(run, (*arguments, receiver), uncertain=not known)


def stored(run: Interpreter, instr: Instr, rows: tuple[Row, ...]) -> Maybe:
    """What a database gives back: other people's input, which matters where it becomes markup."""
    if any(
        isinstance(row.concept, SqlExecution)
        or (isinstance(row.concept, ResourceAccess) and row.concept.op in ("read", "list"))
        for row in rows
    ):
        return run.origin_value(SourceRead("stored", "stored", run.span(instr), run.fid), 1 << Context.HTML)
    return None


def instantiate_template(run: Interpreter, instr: Instr, fid: str, bound: dict[str, Maybe] | None) -> None:
    """Run a template's function with its free names bound; with ours when `bound` is `None`."""
    summary = run.program.summaries.get(fid)
    if summary is None:
        return
    Actuals(run, instr, fid, summary, {}, -1, bound, shares=bound is None).apply_uses(instr)


def _record(run: Interpreter, instr: Instr) -> Maybe:
    """A call by keywords alone of something unknown makes a record of them."""
    if instr.keys and all(key not in (None, "*", "**") for key in instr.keys):
        fields: dict[str, Value] = {}
        for key, number in zip(instr.keys, instr.args[1:], strict=True):
            fields[str(key)] = run.values[number] or Value()
        return Value(0, fields, None, -1, "dict")
    return None


def _method(
    run: Interpreter, instr: Instr, method: str, receiver: int, arguments: tuple[int, ...], returned: Maybe
) -> tuple[Maybe] | None:
    """Methods of text and containers; `None` when it is none of them."""
    held = run.values[receiver]
    if method in _NO_TEXT:
        return (None,)
    if method == "resolve" and run.family == "python" and held is not None:
        return (_masked(run, held, 1 << Context.SEGMENTS),)
    if method in GETTERS and arguments:
        return (_getter(run, instr, held, receiver, arguments),)
    if method == "keys" and not arguments and held is not None and run.family == "python":
        keys = run.keys_of(held)
        return (Value(0, {ANY_KEY: keys}, None, -1, "list") if keys is not None else None,)
    if method == "update" and len(arguments) == 1 and (given := run.values[arguments[0]]) and given.fields:
        for key, child in given.fields.items():
            run.write(receiver, (key,), child, weak=True)
        return (None,)
    if method in _ADDERS and arguments:
        for number in arguments:
            value = run.values[number]
            if value is not None and (value.deep() or value.fields):
                merged = run.member_of(value, ANY_KEY) if method in ("extend", "update") else value
                run.write(receiver, (ANY_KEY,), merged, weak=True)
        return (run.values[receiver] if method in ("set", "add") else None,)
    if method in _MAPPING:
        if method in ("then", "catch", "finally"):
            return (join(returned, held) if returned is not None else held,)
        return (with_field(Value(container="list"), (ANY_KEY,), returned, weak=True),)
    if (
        method in ("filter", "sort", "reverse", "slice", "concat", "copy", "items", "entries")
        and held is not None
    ):
        result: Maybe = held
        if method == "concat" and (held.text is not None or held.container == ""):
            return (concatenate((run.values[n], n) for n in (receiver, *arguments)),)
        for number in arguments:
            if method == "concat":
                result = join(result, run.values[number])
        if result is not None and method in ("slice", "concat"):
            return (
                Value(
                    result.labels,
                    {ANY_KEY: e} if (e := run.member_of(result, ANY_KEY)) else None,
                    None,
                    -1,
                    result.container,
                ),
            )
        return (result,)
    if method in _ELEMENTS and held is not None and held.fields:
        return (run.member_of(held, ANY_KEY),)
    if method == "join" and arguments:
        return (labelled(_deep(run, (receiver, *arguments))),)
    if method in ("replace", "replaceAll") and len(arguments) > 1:
        replaced = labelled(_deep(run, (receiver, arguments[1])))
        return (_without(run, replaced, method, arguments),)
    if method in ("split", "rsplit", "splitlines", "partition", "rpartition"):
        labels = held.deep() if held is not None else 0
        return (Value(0, {ANY_KEY: Value(labels)}, None, -1, "list") if labels else None,)
    return None


def _without(run: Interpreter, value: Maybe, method: str, arguments: tuple[int, ...]) -> Maybe:
    """A text from which every dot, slash or quote was taken; JavaScript's `replace` takes the first alone."""
    taken = run.values[arguments[0]]
    every = run.family == "python" or method == "replaceAll"
    if value is None or taken is None or not every or taken.constant not in _REMOVALS:
        return value
    return _masked(run, value, _REMOVALS[taken.constant])


def _getter(run: Interpreter, instr: Instr, held: Maybe, receiver: int, arguments: tuple[int, ...]) -> Maybe:
    key = run.values[arguments[0]]
    name = ANY_KEY
    if key is not None and key.constant is not None and isinstance(key.constant[0], str | int):
        name = str(key.constant[0])
        path = run.paths.get(receiver)
        if path is not None:
            run.paths[instr.dst] = (*path, name)
    if held is None:
        # An unknown store: what it holds is not what it is asked for.
        result: Maybe = None
    else:
        result = run.member_of(held, name)
    for position, number in enumerate(arguments[1:]):
        keyword = instr.keys[1 + position] if instr.keys else None
        if keyword in (None, "default"):
            result = join(result, run.values[number])
    return result


def _deep(run: Interpreter, numbers: tuple[int, ...]) -> int:
    labels = 0
    for number in numbers:
        value = run.values[number] if number >= 0 else None
        if value is not None:
            labels |= value.deep()
    return labels


def _mixed(run: Interpreter, numbers: tuple[int, ...], uncertain: bool) -> Maybe:
    labels = _deep(run, numbers)
    if uncertain and labels:
        for number, field in run.origins.fields(labels):
            if field & HARMFUL:
                labels |= UNCERTAIN << (WIDTH * number)
    return labelled(labels)


def _joined(run: Interpreter, instr: Instr, row: Row, receiver: int) -> Maybe:
    separator = row.concept.separator if isinstance(row.concept, TextJoin) else ""
    parts: list[tuple[Maybe, int]] = []
    for number in run.program.arguments(instr, row, receiver):
        if parts and separator:
            parts.append((constant(separator), -1))
        value = run.values[number]
        if value is not None and value.text is None and value.fields:
            value = labelled(value.deep())
        parts.append((value, number))
    return concatenate(parts)


def sanitized(run: Interpreter, instr: Instr, value: Maybe) -> Maybe:
    """Apply what models say of a call's or member's value."""
    if value is None:
        return None
    safe = 0
    rows = run.program.result_rows(run.refs, instr)
    if instr.op != Op.ATTR:
        rows = (*rows, *run.program.rows(run.refs[instr.args[0]]))
    for row in rows:
        concept = row.concept
        if isinstance(concept, Sanitizer) and run.program.applies(run, instr, concept):
            safe |= bits(concept.contexts)
        elif isinstance(concept, HtmlResponse | ResponseBody):
            safe |= 1 << Context.HTML
        elif isinstance(concept, TokenVerify) and instr.op != Op.ATTR:
            # Verified claims are what the server once signed.
            return None
    if not safe:
        return value
    return _masked(run, value, safe)


def _masked(run: Interpreter, value: Value, safe: int) -> Value:
    mask = ~run.origins.repeated(safe)
    fields = {k: _masked(run, v, safe) for k, v in value.fields.items()} if value.fields else None
    text: Text | None = None
    if value.text is not None:
        text = tuple(
            p if isinstance(p, str) else Hole(p.labels & mask, p.origin, p.value) for p in value.text
        )
    return Value(value.labels & mask, fields, text, value.origin, value.container, value.constant)


# -- sinks ----------------------------------------------------------------------------------------


def _sink(run: Interpreter, instr: Instr, row: Row, receiver: int) -> None:
    concept = row.concept
    assert isinstance(concept, Sink)
    if not run.program.is_sink(run, instr, concept):
        return
    for number in run.program.arguments(instr, row, receiver):
        value = run.values[number]
        for key in row.keys:
            value = run.member_of(value, key)
        if value is None:
            continue
        use_at(run, instr, concept, number, value)


def _command_labels(
    run: Interpreter, instr: Instr, concept: CommandExecution, number: int, value: Value
) -> int:
    """Labels in an argument that choose what runs, when no shell is asked for."""
    named = run.program.selected(instr, concept.program)[0] if concept.program else ()
    if not named or number in named:
        return sinks.command_part(value)
    vector: list[Maybe] = []
    for given in instr.args[instr.args.index(named[0]) :]:
        vector.extend(sinks.elements(run.values[given]))
    return sinks.script_part(vector) & value.deep()


def use_at(run: Interpreter, instr: Instr, concept: Sink, number: int, value: Value) -> None:
    """Note that `value` reaches an argument of `concept`."""
    options = sinks.options_of(concept) if value.container == "dict" else ()
    if options:
        for key in options:
            option = run.member_of(value, key)
            if option is not None:
                use_at(run, instr, concept, number, option)
        return
    pending = ""
    if isinstance(concept, CommandExecution):
        shell = run.program.shell(run, instr, concept)
        if shell is False:
            labels = _command_labels(run, instr, concept, number, value)
        else:
            labels = value.deep()
            pending = shell if isinstance(shell, str) else ""
    elif isinstance(concept, HtmlResponse) and concept.unless_json and value.container:
        return
    else:
        labels = value.deep()
    if concept.context is Context.RESPONSE and DEVELOPMENT in run.environment:
        return
    if concept.context is Context.SQL and value.text is None and labels & run.origins.repeated(UNCERTAIN):
        # An object that some library built, not text.
        return
    mask = run.origins.repeated((1 << concept.context) | UNCERTAIN)
    labels &= mask
    if not labels & ~run.origins.repeated(UNCERTAIN):
        return
    text = value.text if value.text is not None else (Hole(labels, value.origin, number),)
    labels = sinks.harmful_part(concept.context, text, labels)
    if labels & ~run.origins.repeated(UNCERTAIN):
        site = Site(run.fid, instr.dst if instr.dst >= 0 else number, run.span(instr), concept, number)
        run.use(SinkUse(site, labels, text, (), pending))
