"""Where a text is put together: by which function, and from which values."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from rearguard.analysis.values.domain import Origins, Port
from rearguard.analysis.values.program import ValueProgram
from rearguard.analysis.values.summary import Flow
from rearguard.link import Kind
from rearguard.program import Instr, Op, Span

_MAX_HELPERS = 4
"""Helpers within helpers that are looked into."""
_OVER = ("map", "forEach", "flatMap", "reduce")
_OF_MARKUP = re.compile(r"html|markup|content|inner|children|layout|template|head|fragment", re.IGNORECASE)
"""Parameters that are given markup: it is made by the caller, and so is the mistake."""
_FRAME = re.compile(r"<!doctype|<html|<body", re.IGNORECASE)
"""What surrounds a page is given its parts as markup, too."""


class _Helper(NamedTuple):
    """A function of the program that is given the input and may put it into markup."""

    fid: str
    names: frozenset[str]
    """The parameters that hold it."""


def composed_in(program: ValueProgram, flow: Flow) -> tuple[Span, ...]:
    """Where a helper puts the input into the markup that the flow's function sends, if one does."""
    fid, start = _entrance(program, flow)
    summary = program.summaries.get(fid)
    if start is None or summary is None:
        return ()
    wanted = {
        number
        for use in summary.uses
        if use.site == flow.site
        for number, _ in summary.origins.fields(use.labels)
    }
    wanted.update(_numbers(summary.origins, flow))
    names = {origin.name for n in wanted if isinstance(origin := summary.origins.items[n], Port)}
    inner = program.trails.below(fid, start)
    marked = innermost(program, fid, inner & _marked_with(summary.markup, summary.origins, wanted))
    found: dict[Span, None] = {}
    for root in marked or [start]:
        if not marked or fid == flow.fid:
            for helper in _helpers(program, fid, root, _carriers(program, fid, names, flow)):
                found.update(dict.fromkeys(_places(program, helper, 0)))
    if not found and fid != flow.fid:
        own = (number for number in marked if not _is_frame(program, fid, number))
        found.update(dict.fromkeys(_span(program, fid, number) for number in own))
    return tuple(sorted(found, key=lambda span: (span.path, span.start)))


def made_before(program: ValueProgram, flow: Flow) -> tuple[Span, ...]:
    """Where what a page prints as it is was made markup, before the page was given it."""
    if len(flow.hops) != 1:
        return ()
    names = _printed_names(program, flow)
    definitions, hop = program.definitions(flow.fid), flow.hops[0]
    call = program.trails.call_at(flow.fid, hop.span.start, hop.span.end)
    render = definitions[call] if call is not None else None
    summary = program.summaries.get(flow.fid)
    if render is None or summary is None or not names:
        return ()
    wanted = _numbers(summary.origins, flow)
    marks = _marked_with(summary.markup, summary.origins, wanted)
    found: dict[Span, None] = {}
    for root in _variables(program, flow.fid, render, names):
        own = innermost(program, flow.fid, program.trails.below(flow.fid, root) & marks)
        found.update(dict.fromkeys(_span(program, flow.fid, number) for number in own))
        for helper in (
            () if own else _helpers(program, flow.fid, root, _carriers(program, flow.fid, (), flow))
        ):
            found.update(dict.fromkeys(_places(program, helper, 0)))
    return tuple(sorted(found, key=lambda span: (span.path, span.start)))


def lined_up(program: ValueProgram, flow: Flow) -> tuple[Span, ...]:
    """Where a helper of the program makes cells of what it is given, for lines put together by hand."""
    fid, start = _entrance(program, flow)
    if start is None:
        return ()
    found: dict[Span, None] = {}
    for helper in _helpers(program, fid, start, _carriers(program, fid, (), flow)):
        found.update(dict.fromkeys(_cells(program, helper, 0)))
    return tuple(sorted(found, key=lambda span: (span.path, span.start)))


def _cells(program: ValueProgram, helper: _Helper, depth: int) -> Iterator[Span]:
    """The innermost text that a helper, or one that it calls, puts together from what it is given."""
    if depth > _MAX_HELPERS:
        return
    carriers = _carriers(program, helper.fid, helper.names)
    definitions = program.definitions(helper.fid)
    told = False
    for instr in program.linker.code(helper.fid):
        if instr.op == Op.RETURN and instr.args and instr.args[0] >= 0:
            inner_ones = [
                *_helpers(program, helper.fid, instr.args[0], carriers),
                *_within(program, helper, instr.args[0]),
            ]
            for inner in inner_ones:
                for span in _cells(program, inner, depth + 1):
                    told = True
                    yield span
            made = program.trails.below(helper.fid, instr.args[0])
            joined = [
                n for n in sorted(made) if n in definitions and definitions[n].op == Op.JOIN and not told
            ]
            if joined and not carriers.isdisjoint(program.trails.below(helper.fid, joined[0])):
                told = True
                yield _span(program, helper.fid, joined[0])


def _within(program: ValueProgram, helper: _Helper, root: int) -> Iterator[_Helper]:
    """Functions written in a helper that walk over something else, and use what the helper was given."""
    definitions, refs = program.definitions(helper.fid), program.linker.refs[helper.fid]
    for instr in program.trails.calls_below(helper.fid, root):
        callee = definitions.get(instr.args[0])
        if callee is None or callee.name not in _OVER:
            continue
        for ref in (
            ref for argument in instr.args[1:] for ref in refs[argument] if ref.kind is Kind.FUNCTION
        ):
            loads = {each.name for each in program.linker.code(ref.id) if each.op == Op.LOAD}
            taken = helper.names & loads
            if taken and program.linker.functions[ref.id].parent:
                yield _Helper(ref.id, frozenset(taken))


def _printed_names(program: ValueProgram, flow: Flow) -> frozenset[str]:
    """Variables of the page that are printed at the flow's site."""
    summary = program.summaries.get(flow.site.fid)
    if summary is None:
        return frozenset()
    ports = (
        summary.origins.items[number]
        for use in summary.uses
        if use.site.span == flow.site.span and not use.hops
        for number, _ in summary.origins.fields(use.labels)
    )
    return frozenset(port.name for port in ports if isinstance(port, Port) and port.kind == "capture")


def _variables(program: ValueProgram, fid: str, render: Instr, names: Collection[str]) -> Iterator[int]:
    """What a call that fills a page gives it under one of the names."""
    definitions = program.definitions(fid)
    for index, number in enumerate(render.args[1:]):
        if render.keys and render.keys[index] in names:
            yield number
        given = definitions.get(number)
        if given is not None and given.op == Op.COLLECT:
            yield from (n for key, n in zip(given.keys, given.args, strict=False) if key in names)


def _entrance(program: ValueProgram, flow: Flow) -> tuple[str, int | None]:
    """The function that sends the page, and the value that it sends."""
    if not flow.lifted:
        return flow.site.fid, flow.site.argument
    first = flow.hops[len(flow.hops) - flow.lifted]
    return first.fid, program.trails.call_at(first.fid, first.span.start, first.span.end)


def _places(program: ValueProgram, helper: _Helper, depth: int) -> Iterator[Span]:
    """Where a helper, or one that it calls, puts what it is given into markup."""
    summary = program.summaries.get(helper.fid)
    if summary is None or depth > _MAX_HELPERS:
        return
    wanted = {
        number
        for number, origin in enumerate(summary.origins.items)
        if isinstance(origin, Port) and origin.kind == "param" and origin.name in helper.names
    }
    marked = innermost(program, helper.fid, _marked_with(summary.markup, summary.origins, wanted))
    returned = [
        instr.args[0]
        for instr in program.linker.code(helper.fid)
        if instr.op == Op.RETURN and instr.args and instr.args[0] >= 0
    ]
    carriers = _carriers(program, helper.fid, helper.names)
    for root in marked or returned:
        deeper = [
            span
            for inner in _helpers(program, helper.fid, root, carriers)
            for span in _places(program, inner, depth + 1)
        ]
        yield from deeper
        if marked and not deeper and not _is_frame(program, helper.fid, root):
            yield _span(program, helper.fid, root)


def _helpers(program: ValueProgram, fid: str, root: int, carriers: frozenset[int]) -> Iterator[_Helper]:
    """Functions whose results the value is made of, and which of their parameters hold the input."""
    linker, definitions = program.linker, program.definitions(fid)
    refs = linker.refs[fid]
    for instr in program.trails.calls_below(fid, root):
        callee = definitions.get(instr.args[0])
        for ref in refs[instr.args[0]]:
            if ref.kind is Kind.FUNCTION:
                names = _given(program, fid, instr, ref.id, carriers)
                if names:
                    yield _Helper(ref.id, names)
        if callee is not None and callee.op == Op.ATTR and callee.name in _OVER:
            holds = not carriers.isdisjoint(program.trails.below(fid, callee.args[0]))
            for argument in instr.args[1:] if holds else ():
                for ref in refs[argument]:
                    params = linker.functions[ref.id].params if ref.kind is Kind.FUNCTION else ()
                    if params:
                        yield _Helper(ref.id, frozenset(p.name for p in params[:2]))


def _given(
    program: ValueProgram, fid: str, instr: Instr, callee: str, carriers: frozenset[int]
) -> frozenset[str]:
    """Parameters that a call gives the input, but for those that take markup, or a text that is made here."""
    params = [p.name for p in program.linker.functions[callee].params if p.kind == "positional"]
    found: set[str] = set()
    position = 0
    for index, number in enumerate(instr.args[1:]):
        key = instr.keys[index] if instr.keys else None
        name = key or (params[position] if position < len(params) else "")
        position += key is None
        made = program.definitions(fid).get(number)
        if not name or _OF_MARKUP.search(name) or (made is not None and made.op == Op.JOIN):
            continue
        if not carriers.isdisjoint(program.trails.below(fid, number)):
            found.add(name)
    return frozenset(found)


def _carriers(
    program: ValueProgram, fid: str, names: Collection[str], flow: Flow | None = None
) -> frozenset[int]:
    """Values of a function that are the input as it comes in, or a call's result that brings it."""
    trails, path = program.trails, program.linker.module_of[fid]
    found = {number for name in names for number in trails.loads(fid, name)}
    if flow is not None:
        source = flow.source.span
        if source.path == path:
            found.update(trails.at(fid, source.start, source.end))
        found.update(n for n, callees in trails.calls(fid) if _brings(program, callees, flow))
    return frozenset(found)


def _brings(program: ValueProgram, callees: Sequence[str], flow: Flow) -> bool:
    summaries = (program.summaries.get(callee) for callee in callees)
    return any(summary is not None and summary.origins.find(flow.source) >= 0 for summary in summaries)


def _numbers(origins: Origins, flow: Flow) -> set[int]:
    number = origins.find(flow.source)
    return {number} if number >= 0 else set()


def _marked_with(markup: Mapping[int, int], origins: Origins, wanted: Collection[int]) -> frozenset[int]:
    return frozenset(
        value
        for value, labels in markup.items()
        if any(number in wanted for number, _ in origins.fields(labels))
    )


def _is_frame(program: ValueProgram, fid: str, number: int) -> bool:
    definitions = program.definitions(fid)
    parts = (definitions.get(part) for part in definitions[number].args)
    return any(part is not None and part.op == Op.CONST and _FRAME.search(str(part.value)) for part in parts)


def _span(program: ValueProgram, fid: str, number: int) -> Span:
    instr = program.definitions(fid)[number]
    return Span(program.linker.module_of[fid], instr.start, instr.end)


def innermost(program: ValueProgram, fid: str, marked: frozenset[int]) -> list[int]:
    """Of texts around markup, those that hold no other of them."""
    return [n for n in sorted(marked) if not (program.trails.below(fid, n) - {n}) & marked]
