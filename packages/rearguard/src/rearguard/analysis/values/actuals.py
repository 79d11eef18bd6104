"""A callee's summary in the terms of its caller."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from rearguard.analysis.values import sinks
from rearguard.analysis.values.domain import (
    ANY_KEY,
    HARMFUL,
    KEYS,
    MAX_DEPTH,
    SAME_KEY,
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
    plain,
    with_field,
)
from rearguard.analysis.values.methods import masked, mixed
from rearguard.analysis.values.narrowing import limit
from rearguard.analysis.values.summary import ESCAPED, MAX_HOPS, PLAIN, STATEMENT, Hop, SinkUse, Summary
from rearguard.analysis.values.uses import note_given_options
from rearguard.link import Kind, Refs
from rearguard.models.compile import Row
from rearguard.models.concepts import (
    Context,
    Invocation,
    NoSqlQuery,
    PageLink,
    Sink,
    UnescapedPage,
)
from rearguard.program import Instr, Span

if TYPE_CHECKING:
    from rearguard.analysis.values.regions import Regions

MAX_INVOKED = 6
"""Functions that one place may call, of those that are looked into."""
ARGUMENTS = "arguments"
"""The name under which a JavaScript function has all that it is given."""
_COMPOSED = frozenset(
    (
        *(Context.SQL, Context.SHELL, Context.HTML, Context.CODE, Context.TEMPLATE),
        *(Context.LDAP, Context.XPATH),
    )
)
"""What is put together from texts, so that the place to repair is where that is done."""


def _hands_on(use: SinkUse, summary: Summary) -> bool:
    """Whether a function is but another name for a sink: its parameter, or that of a function around it,
    arrives there as it is."""
    part = use.text[0] if use.text is not None and len(use.text) == 1 else ""
    if not isinstance(part, Hole) or part.origin < 0 or use.lifted != len(use.hops):
        return False
    origin, concept = summary.origins.items[part.origin], use.site.concept
    is_text = isinstance(concept, Sink) and concept.context in _COMPOSED
    return is_text and isinstance(origin, Port) and origin.kind in ("param", "capture")


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


def spread(run: Regions, fid: str, given: tuple[int, ...], keys: tuple[str | None, ...]) -> dict[str, Maybe]:
    """Parameter name -> what it gets from a list or map that is spread into the call."""
    found: dict[str, Maybe] = {}
    params = run.linker.functions[fid].params
    positional = [p.name for p in params if p.kind == "positional"]
    for index, key in enumerate(keys):
        held = run.values[given[index]] if key in ("*", "**") else None
        if held is None:
            continue
        if key == "**":
            # What stands before it by its place cannot come out of the map, too.
            placed = positional[: sum(1 for each in keys if each is None)]
            others = (p.name for p in params if p.name not in keys and p.name not in placed)
            found.update((name, run.member_of(held, name)) for name in others)
            continue
        for place, name in enumerate(positional[index:]):
            found[name] = run.member_of(held, str(place))
        for rest in params:
            if rest.kind == "rest":
                found[rest.name] = held
    return found


def gathered(
    run: Regions, fid: str, given: tuple[int, ...], keys: tuple[str | None, ...]
) -> dict[str, Maybe]:
    """What `*args`, `**kwargs` and `...rest` hold: the arguments that no other parameter takes."""
    params = run.linker.functions[fid].params
    rest = next((p.name for p in params if p.kind == "rest"), "")
    more = next((p.name for p in params if p.kind == "rest-map"), "")
    if not (rest or more):
        return {}
    names = {p.name for p in params}
    taken = sum(p.kind == "positional" for p in params)
    listed: dict[str, Value] = {}
    named: dict[str, Value] = {}
    spread_map: Maybe = None
    handed_on: Maybe = None
    position = 0
    for index, number in enumerate(given):
        key = keys[index] if keys and index < len(keys) else None
        value = run.values[number] or Value()
        if key == "**":
            spread_map = value
        elif key == "*":
            if position == taken and index == len(given) - 1:
                handed_on = value
            listed[ANY_KEY] = join(listed.get(ANY_KEY), run.member_of(value, ANY_KEY)) or value
        elif key is None:
            if position >= taken:
                listed[str(position - taken)] = value
            position += 1
        elif key not in names:
            named[key] = value
    found: dict[str, Maybe] = {}
    if rest and handed_on is not None:
        found[rest] = handed_on
    elif rest and listed:
        found[rest] = Value(0, listed, None, -1, "tuple" if run.family == "python" else "list")
    if more and (named or spread_map is not None):
        whole = Value(0, named or None, None, -1, "dict")
        found[more] = join(spread_map, whole) if named and spread_map is not None else spread_map or whole
    return found


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
        self.handed: Mapping[str, tuple[str, ...]] = {}
        """Functions that a template calls under these names, which whoever fills it hands over."""
        self.engine: Span | None = None
        """Where the engine was made that fills this template without escaping."""
        self.depth = 0
        """Functions called by functions that were given, between the call and this one."""
        self._origins: dict[int, Maybe] = {}
        self._labels: dict[int, int] = {}

    def origin(self, index: int) -> Maybe:
        """What an origin of the callee is here."""
        if index not in self._origins:
            # What a function gives back may be given to it again: `value = step(value)`.
            self._origins[index] = None
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
            elif origin.name == ARGUMENTS:
                base = self._arguments()
        elif origin.kind == "receiver":
            base = run.values[self.receiver] if self.receiver >= 0 else None
        elif origin.kind == "result":
            base = self._result(origin)
        else:
            base = self._captured(origin.name)
        for key in origin.path:
            base = run.member_of(base, key)
        return base

    def _arguments(self) -> Maybe:
        """All arguments of the call, as JavaScript's `arguments` holds them."""
        fields = {str(i): self.run.values[n] or Value() for i, n in enumerate(self.instr.args[1:])}
        return Value(0, fields, None, -1, "list") if fields else None

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
            elif actual is not None and actual.container in ("list", "tuple") and not actual.labels:
                # Parts that were joined.
                parts.extend((child, -1) for child in (actual.fields or {}).values())
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
        if value.origin >= 0:
            full = (value.labels >> (WIDTH * value.origin)) & HARMFUL
            read = self.summary.origins.items[value.origin]
            if full == HARMFUL and (not value.fields or isinstance(read, Port)):
                return self._changed(self.origin(value.origin), value.fields, depth)
            if isinstance(read, Port) and not value.fields and value.labels == full << (WIDTH * value.origin):
                given = self.origin(value.origin)
                if given is not None and (given.text is not None or (given.origin >= 0 and not given.fields)):
                    # The same text, which does less harm after a test: `if isinstance(body, str)`.
                    return masked(self.run, given, HARMFUL & ~full)
            is_read = isinstance(read, SourceRead) and value.labels == full << (WIDTH * value.origin)
            if is_read and not value.fields:
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

    def _changed(self, given: Maybe, fields: dict[str, Value] | None, depth: int) -> Maybe:
        """What was given, with what the callee put into it."""
        for key, child in (fields or {}).items():
            inner = self.value(child, depth + 1)
            given = with_field(given, (key,), inner, weak=key in (ANY_KEY, KEYS))
        return given

    def apply_uses(self, instr: Instr) -> None:
        """Sinks that the callee reaches with what it is given."""
        run = self.run
        hop = Hop(run.fid, run.span(instr), self.fid)
        for use in self.summary.uses:
            if len(use.hops) >= MAX_HOPS:
                continue
            if isinstance(use.site.concept, NoSqlQuery):
                self._scripts(use, hop)
            labels = self.labels(use.labels)
            if not labels:
                continue
            if use.pending == ESCAPED:
                if self.escapes and not self.shares:
                    continue
                pending = ESCAPED if self.shares else ""
            elif use.pending == PLAIN:
                labels = run.program.without_stored(run, labels) if self.escapes else labels
                pending = PLAIN if self.shares else ""
            elif use.pending == STATEMENT:
                read = sinks.reads_as_sql(self.text(use.text), run.origins)
                if read is False:
                    continue
                pending = "" if read else STATEMENT
            elif use.pending:
                decided = self._decided(use.pending)
                if decided is False:
                    continue
                pending = decided if isinstance(decided, str) else ""
            else:
                pending = ""
            text = self.text(use.text)
            concept = use.site.concept
            if isinstance(concept, PageLink) and not self._begins(use.text, text):
                continue
            if isinstance(concept, Sink):
                whole = use.text[0] if use.text is not None and len(use.text) == 1 else ""
                actual = self.origin(whole.origin) if isinstance(whole, Hole) and whole.origin >= 0 else None
                if actual is not None and actual.container:
                    labels &= sinks.read_part(concept, actual)
                    note_given_options(run, use, hop, actual)
                labels = sinks.harmful_part(concept.context, text, labels)
            if labels & ~run.origins.repeated(UNCERTAIN):
                lifted = use.lifted + _hands_on(use, self.summary)
                site = use.site
                if self.engine is not None and isinstance(concept, UnescapedPage):
                    site = site._replace(concept=UnescapedPage("", engine=self.engine))
                run.use(SinkUse(site, labels, text, (hop, *use.hops), pending, lifted))

    def _begins(self, text: Text | None, here: Text | None) -> bool:
        """Whether input decides an address's scheme: its parts are known, or it can only be one input."""
        first = text[0] if text else ""
        given = self.origin(first.origin) if isinstance(first, Hole) and first.origin >= 0 else None
        if given is None or not sinks.begins_with_input(here):
            return False
        alone = sum(1 for _ in self.run.origins.fields(given.deep())) == 1
        return given.text is not None or given.origin >= 0 or alone

    def _scripts(self, use: SinkUse, hop: Hop) -> None:
        """Code that stands in a filter which the callee hands to the database."""
        run = self.run
        for number, _ in self.summary.origins.fields(use.labels):
            port = self.summary.origins.items[number]
            if isinstance(port, Port) and port.path[-1:] in ((ANY_KEY,), (SAME_KEY,)):
                # `{...query, tenant}`: what is spread is looked at whole.
                number = self.summary.origins.find(Port(port.kind, port.name, port.path[:-1]))
            given = self.origin(number) if number >= 0 else None
            for script in sinks.script_parts(given) if given is not None else ():
                labels = script.deep() & run.origins.repeated((1 << Context.CODE) | UNCERTAIN)
                if labels & ~run.origins.repeated(UNCERTAIN):
                    site = use.site._replace(concept=sinks.SCRIPT)
                    # The caller wrote the code: there it is to be repaired.
                    lifted = use.lifted + (use.lifted == len(use.hops))
                    run.use(SinkUse(site, labels, script.text, (hop, *use.hops), "", lifted))

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

    def _functions(self, port: Port) -> tuple[str, ...]:
        """Functions that a port of the callee may be here."""
        run = self.run
        refs: Refs = ()
        if port.kind == "capture" and port.name in self.handed and not port.path:
            return self.handed[port.name][:MAX_INVOKED]
        if port.kind == "param" and port.name in self.numbers:
            refs = run.refs[self.numbers[port.name]]
        elif port.kind == "capture":
            owner = run.program.owner(self.fid, port.name)
            refs = run.linker.slots.get(("var", owner or "", port.name), ())
        for key in port.path:
            refs = tuple(
                inner
                for ref in refs
                if ref.kind is Kind.COLLECT and isinstance(ref.step, tuple)
                for inner in run.linker.slots.get(("item", f"{ref.step[0]}#{ref.step[1]}", key), ())
            )
        return tuple(ref.id for ref in refs if ref.kind is Kind.FUNCTION)[:MAX_INVOKED]

    def _invoked(self, port: Port, given: tuple[Maybe, ...], acting: bool = False) -> Iterator[Actuals]:
        """The functions that a port is, each with what the callee gives it; `acting`: those that do anything
        but give something back."""
        run = self.run
        if self.depth >= MAX_DEPTH:
            return
        for fid in self._functions(port):
            # What only pages call was left out so far.
            summary = run.program.summary(fid) if self.handed else run.program.summaries.get(fid)
            if summary is not None and not (
                acting and not (summary.uses or summary.writes or summary.invokes)
            ):
                names = [p.name for p in run.linker.functions[fid].params if p.kind == "positional"]
                passed = dict(zip(names, (self.value(value) for value in given), strict=False))
                inner = Actuals(run, self.instr, fid, summary, {}, -1, passed)
                inner.depth = self.depth + 1
                yield inner

    def _result(self, origin: Port) -> Maybe:
        """What calling a port gives back: the results of the functions that it may be."""
        kind, _, name = origin.name.partition(" ")
        port = Port(kind, name)
        index = self.summary.origins.find(port)
        actual = self.origin(index) if index >= 0 else None
        if actual is not None and actual.origin >= 0:
            held = self.run.origins.items[actual.origin]
            if isinstance(held, Port) and not held.path and held.kind in ("param", "capture"):
                return self.run.origin_value(Port("result", f"{held.kind} {held.name}"))
        result: Maybe = None
        for inner in self._invoked(port, self.summary.invokes.get(index, ())):
            result = join(result, inner.value(inner.summary.returns))
        return result

    def apply_invokes(self, instr: Instr) -> None:
        """Functions given to the callee run with what it gives them; ours to be called are told on."""
        for index, given in self.summary.invokes.items():
            port = self.summary.origins.items[index]
            if not isinstance(port, Port):
                continue
            actual = self.origin(index)
            if actual is not None and actual.origin >= 0:
                # What is called was given to us, so our own callers know it.
                self.run.note_invoked(actual.origin, tuple(self.value(value) for value in given))
                continue
            for inner in self._invoked(port, given, acting=True):
                inner.apply_uses(instr)
                inner.apply_writes(False)
                inner.apply_invokes(instr)

    def apply_writes(self, is_new: bool) -> Maybe:
        """What the callee stores into its arguments, receiver or captured variables; the new object."""
        run = self.run
        created: Maybe = Value() if is_new else None
        for index, written in self.summary.writes.items():
            origin = self.summary.origins.items[index]
            if not isinstance(origin, Port):
                continue
            value, path = self.value(written), plain(origin.path)
            if origin.kind == "receiver":
                if is_new:
                    created = with_field(created, path, value)
                elif self.receiver >= 0 and origin.path:
                    run.write(self.receiver, path, value, weak=True)
            elif origin.kind == "param":
                number = self.numbers.get(origin.name, -1)
                if number >= 0 and origin.path:
                    run.write(number, path, value, weak=True)
            else:
                self._write_captured(origin, value)
        return created

    def _write_captured(self, origin: Port, value: Maybe) -> None:
        """Store into a variable that the callee shares with us, or with a function around us."""
        run = self.run
        owner = run.program.owner(self.fid, origin.name)
        if owner == run.fid:
            held = run.environment.get(origin.name)
            run.environment[origin.name] = (
                with_field(held, plain(origin.path), value, weak=True) if origin.path else join(held, value)
            )
        elif owner is not None and run.program.owner(run.fid, origin.name) == owner:
            number = run.origins.number(Port("capture", origin.name, origin.path))
            run.summary.writes[number] = join(run.summary.writes.get(number), value)


def instantiate(
    run: Regions,
    instr: Instr,
    fid: str,
    given: tuple[int, ...],
    keys: tuple[str | None, ...],
    receiver: int,
    is_new: bool,
) -> Maybe:
    """The value of a call of a project function, its sinks and side effects noted."""
    summary = run.program.summaries.get(fid)
    if summary is None:
        return mixed(run, (*given, receiver), uncertain=True)
    numbers = bind(run, fid, given, keys)
    overrides = spread(run, fid, given, keys) | gathered(run, fid, given, keys)
    actuals = Actuals(run, instr, fid, summary, numbers, -1 if is_new else receiver, overrides)
    result = actuals.value(summary.returns)
    actuals.apply_uses(instr)
    actuals.apply_invokes(instr)
    created = actuals.apply_writes(is_new)
    for origin, safe in summary.enforces.items():
        port = summary.origins.items[origin]
        if isinstance(port, Port) and port.kind == "param" and not port.path and port.name in numbers:
            limit(run, numbers[port.name], safe)
    return created if is_new else result


def invoke(run: Regions, instr: Instr, row: Row) -> None:
    """Run the function that a library's call is given, with the arguments it is given for it."""
    concept = row.concept
    assert isinstance(concept, Invocation)
    passed: list[tuple[Maybe, int]] = []
    for number in run.program.selected(instr, concept.arguments)[0]:
        value = run.values[number]
        if concept.listed:
            passed.extend((entry, number) for entry in sinks.elements(value))
        else:
            passed.append((run.member_of(value, ANY_KEY) if concept.each else value, number))
    for number in run.program.arguments(instr, row, -1):
        for ref in run.refs[number]:
            summary = run.program.summaries.get(ref.id) if ref.kind is Kind.FUNCTION else None
            if summary is not None:
                names = [p.name for p in run.linker.functions[ref.id].params if p.kind == "positional"]
                given = dict(zip(names, (value for value, _ in passed), strict=False))
                actuals = Actuals(run, instr, ref.id, summary, {}, -1, given)
                actuals.apply_uses(instr)
                actuals.apply_writes(False)
        for inner in run.program.rows(run.refs[number]):
            if isinstance(inner.concept, Sink) and inner.selector is not None and not inner.keys:
                for place in inner.selector.pick(len(passed), ()):
                    value, held = passed[place]
                    if value is not None:
                        run.program.use_at(run, instr, inner.concept, held, value)


def accessed(run: Regions, instr: Instr, fid: str, receiver: int) -> Maybe:
    """What a getter or property gives."""
    summary = run.program.summaries.get(fid)
    if summary is None:
        return None
    actuals = Actuals(run, instr, fid, summary, {}, receiver)
    actuals.apply_uses(instr)
    return actuals.value(summary.returns)


def finish_closures(run: Regions) -> None:
    """Inner functions that were made but neither called nor passed here: they run some time, with what
    they captured."""
    for fid, number in list(run.closures.items()):
        summary = run.program.summaries.get(fid)
        instr = run.definitions.get(number)
        if summary is not None and instr is not None:
            actuals = Actuals(run, instr, fid, summary, {}, -1)
            actuals.apply_uses(instr)
            actuals.apply_invokes(instr)
