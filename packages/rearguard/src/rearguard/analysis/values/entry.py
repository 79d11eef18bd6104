"""Where the framework calls the program: the parameters of handlers and of what runs before them."""

from collections.abc import Iterator, Mapping

from rearguard.analysis.values.channels import GRAPHQL, entry_source
from rearguard.analysis.values.declared import proven, proven_by_decorators, proven_of_parameter
from rearguard.analysis.values.domain import (
    ANY_KEY,
    ERROR_BITS,
    HARMFUL,
    KEYS,
    OPENED,
    UNCERTAIN,
    Maybe,
    Port,
    SourceRead,
    with_field,
)
from rearguard.analysis.values.keeping import kept
from rearguard.analysis.values.program import ValueProgram
from rearguard.analysis.values.regions import PLAIN_MEMBERS
from rearguard.analysis.values.summary import Flow, Summary
from rearguard.models.concepts import Context, Guard, KeptField
from rearguard.models.javascript.chains import call_of
from rearguard.models.routing import Endpoint
from rearguard.models.view import ValueView
from rearguard.program import Op, Span

_CHANNELS = ("path", "query", "body", "form", "header", "headers", "cookie", "cookies", "file", "files")
_DECLARED = ("path", "query", "body", "form", "header", "cookie")
"""Channels whose parameters are checked against their annotations."""
_DEPTH = 4
"""Dependencies of dependencies that are followed."""


def enter(program: ValueProgram, endpoint: Endpoint) -> None:
    """Report the flows of an endpoint whose input arrives as a parameter, its dependencies' included."""
    Entry(program, endpoint).run()


def enter_caught(program: ValueProgram, handlers: Mapping[str, str]) -> None:
    """Report the flows of functions that a framework calls with errors, by the parameter that is one."""
    for fid, name in handlers.items():
        summary = program.summary(fid)
        given = next((p for p in program.linker.functions[fid].params if p.name == name), None)
        if summary is None or given is None:
            continue
        source = SourceRead(
            "error", "error", Span(program.linker.module_of[fid], given.start, given.end), fid
        )
        for use in summary.uses:
            if use.pending:
                continue
            for number, field in summary.origins.fields(use.labels):
                origin = summary.origins.items[number]
                if not isinstance(origin, Port) or origin.kind != "param" or origin.name != name:
                    continue
                kept = field & ERROR_BITS & HARMFUL
                if kept and not PLAIN_MEMBERS.intersection(origin.path):
                    uncertain = bool(field & UNCERTAIN)
                    program.add_flow(Flow(source, use.site, use.hops, fid, uncertain, use.text, use.lifted))


class Entry:
    """One endpoint as the framework runs it."""

    def __init__(self, program: ValueProgram, endpoint: Endpoint) -> None:
        self.program = program
        self.endpoint = endpoint
        self.inputs: dict[str, Mapping[str, str]] = {
            fid: link.inputs for link in endpoint.chain for fid in link.functions if link.inputs
        }
        """Function that the framework calls -> its parameters' channels."""
        self.inputs.update(dict.fromkeys(endpoint.handler.functions, endpoint.inputs))

    def run(self) -> None:
        """Report the flows into what each function reaches."""
        for fid in self.inputs:
            summary = self.program.summary(fid)
            if summary is None:
                continue
            for use in summary.uses:
                if use.pending:
                    continue
                for source, bits in self._inputs_of(fid, summary, use.labels, 0):
                    if isinstance(use.site.concept, KeptField):
                        kept(self.program, source, use.site.concept.name, bits)
                        continue
                    uncertain = bool(bits & UNCERTAIN)
                    self.program.add_flow(
                        Flow(source, use.site, use.hops, fid, uncertain, use.text, use.lifted)
                    )

    def _inputs_of(
        self, fid: str, summary: Summary, labels: int, depth: int
    ) -> Iterator[tuple[SourceRead, int]]:
        """Input behind the parameters in `labels`, with the bits that remain harmful."""
        for number, field in summary.origins.fields(labels):
            origin = summary.origins.items[number]
            if isinstance(origin, Port) and origin.kind == "param":
                for source, bits in self._input(fid, origin, depth):
                    kept = field & bits & HARMFUL
                    if kept:
                        yield source, kept | (field | bits) & UNCERTAIN
            elif isinstance(origin, SourceRead) and depth:
                yield origin, field

    def _input(self, fid: str, origin: Port, depth: int) -> Iterator[tuple[SourceRead, int]]:
        channel = self.inputs.get(fid, {}).get(origin.name, "")
        if channel.partition(":")[0] in _CHANNELS:
            yield self._read(fid, channel, origin)
        elif channel == "dependency" and depth < _DEPTH:
            for given in self._injected(fid, origin.name):
                if not given:
                    yield self._read(fid, "query", origin)
                    continue
                summary = self.program.summary(given)
                if summary is not None:
                    value = _given_back(summary, given.endswith((".__init__", ".constructor")))
                    for key in origin.path:
                        value = (value.fields or {}).get(key, value) if value is not None else None
                    if value is not None:
                        yield from self._inputs_of(given, summary, value.deep(), depth + 1)

    def _read(self, fid: str, channel: str, origin: Port) -> tuple[SourceRead, int]:
        path = self.program.linker.module_of[fid]
        place = next(
            (
                Span(path, p.start, p.end)
                for p in self.program.linker.functions[fid].params
                if p.name == origin.name
            ),
            self.endpoint.span,
        )
        segment = self._one_segment(origin.name)
        source, bits = entry_source(channel, origin.name, place, fid, segment, self.program.family(fid))
        if self.endpoint.path.startswith(GRAPHQL):
            bits &= ~(1 << Context.NOSQL)
        if self._is_whole_body(fid, origin.name):
            source = source._replace(path=())
        for key in origin.path:
            source = source.child(key) if key not in (KEYS, OPENED) else source
        if channel.partition(":")[0] in _DECLARED:
            bits &= ~proven_of_parameter(self.program, fid, origin.name)
        if origin.path:
            bits &= ~proven(self.program, fid, origin.name, origin.path)
            if self._validates():
                bits &= ~proven_by_decorators(self.program, fid, origin.name, origin.path)
        if OPENED in origin.path and bits & 1 << Context.OBJECT:
            # What a text was parsed into.
            bits |= 1 << Context.NOSQL
        return source, bits

    def _validates(self) -> bool:
        """Whether something in front of the handler checks what it is given."""
        rows = self.program.models.value_rows
        return any(
            guard.kind == "validation"
            for link in self.endpoint.chain
            for guard, _ in rows("javascript", link.names, Guard)
        )

    def _is_whole_body(self, fid: str, name: str) -> bool:
        """Whether a parameter is all of the body: a class of fields, and the only parameter from there."""
        inputs = self.inputs.get(fid, {})
        if [key for key, channel in inputs.items() if channel.startswith("body")] != [name]:
            return False
        _, annotation = self.program.view.parameter(fid, name)
        return (annotation is not None and bool(annotation.classes)) or self._is_unnamed(fid, name)

    def _is_unnamed(self, fid: str, name: str) -> bool:
        """Whether what decorates a parameter names no field of the body: `@Body() changes: any`."""
        view = self.program.view
        function = view.function(fid)
        param = next((p for p in function.params if p.name == name), None)
        if param is None or not param.decorators:
            return False
        parent = f"{view.linker.module_of[fid]}::{function.parent}"
        calls = [call_of(ValueView(view, parent, number)) for number in param.decorators]
        return all(call is not None and all(arg.text is None for arg in call.args) for call in calls)

    def _one_segment(self, name: str) -> bool:
        """Whether a path parameter is matched after decoding and holds no slash.

        WSGI and ASGI hand over a decoded path (PEP 3333; ASGI specification, HTTP `path`), and a parameter
        matches within a segment unless its converter says otherwise; JavaScript routers decode after the
        match.
        """
        wide = (f"{{{name}:path}}", f"<path:{name}>", f"(?P<{name}>.")
        handled = self.endpoint.handler.functions
        family = self.program.family(handled[0]) if handled else ""
        return family == "python" and not any(text in self.endpoint.path for text in wide)

    def _injected(self, fid: str, name: str) -> Iterator[str]:
        """Functions whose result a parameter is; "" for a class that the framework fills from the query."""
        view = self.program.view
        default, annotation = view.parameter(fid, name)
        results = view.models.families[view.family(fid)].aliases.results
        pending = [value for value in (default, annotation) if value is not None]
        for _ in range(24):
            if not pending:
                return
            value = pending.pop()
            instr = value.instr
            if instr is None:
                continue
            if instr.op not in (Op.CALL, Op.NEW):
                pending.extend(ValueView(view, value.fid, number) for number in instr.args)
                continue
            callee = ValueView(view, value.fid, instr.args[0])
            for path in callee.names:
                if path not in results:
                    continue
                picked = results[path].pick(len(instr.args) - 1, instr.keys)
                named = [ValueView(view, value.fid, instr.args[1 + index]) for index in picked]
                for target in named or ([annotation] if annotation is not None else []):
                    yield from target.functions
                    for cid in target.classes:
                        yield view.linker.constructor(cid) or ""
                break


def _given_back(summary: Summary, constructs: bool) -> Maybe:
    """What a dependency gives: its result, the value that it yields, or the object it sets up."""
    if not constructs:
        value = summary.returns
        fields = value.fields if value is not None else None
        return fields[ANY_KEY] if fields is not None and set(fields) == {ANY_KEY} else value
    created: Maybe = None
    for index, written in summary.writes.items():
        origin = summary.origins.items[index]
        if isinstance(origin, Port) and origin.kind == "receiver":
            created = with_field(created, origin.path, written)
    return created
