"""A callee's summary in the terms of its caller."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rearguard.analysis.values import sinks
from rearguard.analysis.values.conditions import limit
from rearguard.analysis.values.domain import (
    ANY_KEY,
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
from rearguard.analysis.values.methods import fetched, mixed
from rearguard.analysis.values.summary import ESCAPED, MAX_HOPS, Hop, SinkUse, Summary
from rearguard.link import Kind
from rearguard.models.compile import Row
from rearguard.models.concepts import (
    Sink,
)
from rearguard.program import Instr, Op

if TYPE_CHECKING:
    from rearguard.analysis.values.regions import Regions

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


def bind(run: Regions, fid: str, given: tuple[int, ...], keys: tuple[str | None, ...]) -> dict[str, int]:
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
        run: Regions,
        instr: Instr,
        fid: str,
        summary: Summary,
        numbers: dict[str, int],
        receiver: int,
        overrides: dict[str, Maybe] | None = None,
        shares: bool = False,
        escapes: bool = True,
    ) -> None:
        """`overrides` gives parameters and captured names; with `shares` the latter are the caller's.

        `escapes` says whether the engine that fills this template escapes what it prints.
        """
        self.run = run
        self.instr = instr
        self.fid = fid
        self.summary = summary
        self.numbers = numbers
        self.receiver = receiver
        self.overrides = overrides or {}
        self.shares = shares
        self.escapes = escapes
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
            read = self.summary.origins.items[value.origin]
            if full == HARMFUL:
                return self.origin(value.origin)
            if isinstance(read, SourceRead) and value.labels == full << (WIDTH * value.origin):
                return self.run.origin_value(read, full)
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
            if use.pending == ESCAPED:
                if self.escapes and not self.shares:
                    continue
                pending = ESCAPED if self.shares else ""
            elif use.pending:
                decided = self._decided(use.pending)
                if decided is False:
                    continue
                pending = decided if isinstance(decided, str) else ""
            else:
                pending = ""
            text = self.text(use.text)
            concept = use.site.concept
            if isinstance(concept, Sink):
                whole = use.text[0] if use.text is not None and len(use.text) == 1 else ""
                actual = self.origin(whole.origin) if isinstance(whole, Hole) and whole.origin >= 0 else None
                if actual is not None and actual.container:
                    labels &= sinks.read_part(concept, actual)
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


def instantiate(
    run: Regions, instr: Instr, fid: str, given: tuple[int, ...], receiver: int, is_new: bool
) -> Maybe:
    summary = run.program.summaries.get(fid)
    if summary is None:
        return mixed(run, (*given, receiver), uncertain=True)
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


def finish_closures(run: Regions) -> None:
    """Inner functions that were made but neither called nor passed here: they run some time, with what
    they captured."""
    for fid, number in list(run.closures.items()):
        summary = run.program.summaries.get(fid)
        instr = run.definitions.get(number)
        if summary is not None and instr is not None:
            Actuals(run, instr, fid, summary, {}, -1).apply_uses(instr)


def callbacks(run: Regions, instr: Instr, receiver: int, rows: tuple[Row, ...], known: bool) -> Maybe:
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


def instantiate_template(
    run: Regions, instr: Instr, fid: str, bound: dict[str, Maybe] | None, escapes: bool = True
) -> None:
    """Run a template's function with its free names bound; with ours when `bound` is `None`."""
    summary = run.program.summaries.get(fid)
    if summary is None:
        return
    Actuals(run, instr, fid, summary, {}, -1, bound, bound is None, escapes).apply_uses(instr)
