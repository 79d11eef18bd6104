"""The way a value took, rebuilt on demand for a reported flow; the analysis itself keeps no paths."""

from collections import deque

from rearguard.analysis.values.composing import composed_in, innermost, lined_up, made_before
from rearguard.analysis.values.program import ValueProgram
from rearguard.analysis.values.summary import Flow
from rearguard.analysis.values.trails import MAX_VISITS, before
from rearguard.models.concepts import Context, HtmlMarkup, SheetWrite, Sink, UnescapedPage
from rearguard.program import Instr, Op, Span

MAX_STEPS = 6


def assignments(program: ValueProgram, flow: Flow) -> tuple[Span, ...]:
    """Statements that carry the input to where it is used, in order, in the function where both meet.

    Walks back from the use over definitions and the stores of variables, shortest way first.
    """
    linker = program.linker
    definitions = program.definitions(flow.fid)
    stores = program.assignments(flow.fid)
    start = _start(program, flow)
    if start is None:
        return ()
    path = linker.module_of[flow.fid]
    queue: deque[tuple[int, tuple[Instr, ...]]] = deque([(start, ())])
    seen = {start}
    while queue and len(seen) <= MAX_VISITS:
        number, way = queue.popleft()
        current = definitions.get(number)
        if current is None:
            continue
        if _is_source(program, flow, path, current):
            return tuple(Span(path, step.start, step.end) for step in reversed(way))[:MAX_STEPS]
        for following, step in before(current, stores):
            if following not in seen:
                seen.add(following)
                queue.append((following, (*way, step) if step is not None else way))
    return ()


def places(program: ValueProgram, flow: Flow) -> tuple[Span, ...]:
    """Where a flow is to be repaired: its entrance, or wherever the input is put into markup before."""
    concept = flow.site.concept
    if isinstance(concept, SheetWrite) and concept.by_hand:
        return lined_up(program, flow) or (flow.entrance,)
    if not isinstance(concept, Sink) or concept.context is not Context.HTML:
        return (flow.entrance,)
    composed = composed_in(program, flow)
    if composed:
        return composed
    if isinstance(concept, HtmlMarkup) and not concept.path and not isinstance(concept, UnescapedPage):
        return made_before(program, flow) or (flow.entrance,)
    if flow.lifted != len(flow.hops):
        return (flow.entrance,)
    start = _start(program, flow)
    if start is None:
        return (flow.entrance,)
    marked = _marked(program, flow)
    if not marked:
        elsewhere = _marked_elsewhere(program, flow)
        if elsewhere:
            return elsewhere
    first = innermost(program, flow.fid, program.trails.below(flow.fid, start) & marked)
    definitions, path = program.definitions(flow.fid), program.linker.module_of[flow.fid]
    found = [Span(path, definitions[number].start, definitions[number].end) for number in first]
    entrance = flow.entrance
    inside = [
        s for s in found if path == entrance.path and entrance.start <= s.start and s.end <= entrance.end
    ]
    return tuple(found) if found and not inside else (entrance,)


def _marked(program: ValueProgram, flow: Flow) -> frozenset[int]:
    """Texts around markup that hold the flow's input, not escaped."""
    summary = program.summaries.get(flow.fid)
    if summary is None:
        return frozenset()
    place, own = flow.source.span, summary.origins.find(flow.source)
    params = (p for p in program.linker.functions[flow.fid].params if (p.start, p.end) == place[1:])
    numbers = {number for param in params for number in program.trails.ports(flow.fid, param.name)}
    if own >= 0:
        numbers.add(own)
    return frozenset(
        value
        for value, labels in summary.markup.items()
        if not numbers.isdisjoint(number for number, _ in summary.origins.fields(labels))
    )


def _marked_elsewhere(program: ValueProgram, flow: Flow) -> tuple[Span, ...]:
    """Where other functions put the input into the markup that they give back, each at the first place."""
    found: list[Span] = []
    for fid in program.composers:
        summary = program.summaries[fid]
        number = summary.origins.find(flow.source)
        if number < 0 or fid == flow.fid:
            continue
        given = summary.returns.deep() if summary.returns is not None else 0
        if not any(index == number for index, _ in summary.origins.fields(given)):
            continue
        definitions, path = program.definitions(fid), program.linker.module_of[fid]
        spans = [
            Span(path, definitions[value].start, definitions[value].end)
            for value, labels in summary.markup.items()
            if any(index == number for index, _ in summary.origins.fields(labels))
        ]
        found.extend(sorted(spans, key=lambda span: span.start)[:1])
    return tuple(sorted(found, key=lambda span: (span.path, span.start)))


def _is_source(program: ValueProgram, flow: Flow, path: str, instr: Instr) -> bool:
    source = flow.source.span
    if path == source.path and (instr.start, instr.end) == (source.start, source.end):
        return True
    return instr.op == Op.LOAD and _is_parameter(flow.fid, program, instr.name, source)


def _is_parameter(fid: str, program: ValueProgram, name: str, source: Span) -> bool:
    return any(
        p.name == name and p.start == source.start and p.end == source.end
        for p in program.linker.functions[fid].params
    )


def _start(program: ValueProgram, flow: Flow) -> int | None:
    """The value from which to walk back: the argument at the sink, or the call that leads to it."""
    if not flow.hops:
        return flow.site.argument if flow.site.fid == flow.fid else None
    first = flow.hops[0].span
    return program.trails.call_at(flow.fid, first.start, first.end)
