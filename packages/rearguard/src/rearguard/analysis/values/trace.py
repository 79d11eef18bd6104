"""The way a value took, rebuilt on demand for a reported flow; the analysis itself keeps no paths."""

from collections import deque
from collections.abc import Mapping

from rearguard.analysis.values.program import ValueProgram
from rearguard.analysis.values.summary import Flow
from rearguard.link import function_id
from rearguard.program import Instr, Op, Span

MAX_STEPS = 6
MAX_VISITS = 1_000
"""Values looked at on the way back; a longer way is not told."""


def assignments(program: ValueProgram, flow: Flow) -> tuple[Span, ...]:
    """Statements that carry the input to where it is used, in order, in the function where both meet.

    Walks back from the use over definitions and the stores of variables, shortest way first.
    """
    linker = program.linker
    function = linker.functions[flow.fid]
    definitions = program.definitions(flow.fid)
    stores = program.assignments(flow.fid)
    start = _start(program, flow)
    if start is None:
        return ()
    source = flow.source.span
    path = linker.module_of[flow.fid]
    queue: deque[tuple[int, tuple[Instr, ...]]] = deque([(start, ())])
    seen = {start}
    while queue and len(seen) <= MAX_VISITS:
        number, way = queue.popleft()
        current = definitions.get(number)
        if current is None:
            continue
        if path == source.path and current.start == source.start and current.end == source.end:
            return tuple(Span(path, step.start, step.end) for step in reversed(way))[:MAX_STEPS]
        for following, step in _before(current, stores):
            if following not in seen:
                seen.add(following)
                queue.append((following, (*way, step) if step is not None else way))
        if current.op == Op.LOAD and _is_parameter(
            function_id(path, function.name), program, current.name, source
        ):
            return tuple(Span(path, step.start, step.end) for step in reversed(way))[:MAX_STEPS]
    return ()


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
    for number, instr in program.definitions(flow.fid).items():
        if instr.op in (Op.CALL, Op.NEW) and (instr.start, instr.end) == (first.start, first.end):
            return number
    return None


def _before(instr: Instr, stores: Mapping[str, list[Instr]]) -> list[tuple[int, Instr | None]]:
    """Values that this one is made of, each with the store it came through."""
    if instr.op == Op.LOAD:
        temporary = instr.name.startswith("$")
        return [
            (store.args[0], None if temporary else store)
            for store in stores.get(instr.name, ())
            if temporary or store.start < instr.start
        ]
    return [(number, None) for number in instr.args]
