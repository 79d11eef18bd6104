"""Checks of a framework that a class derived from it passes by, by what the client writes into the address."""

import re
from collections.abc import Iterable, Iterator

from rearguard.analysis.access import Row
from rearguard.checks.base import Context
from rearguard.checks.loose_origins import loose_test
from rearguard.program import Op, Span

__all__ = ["passed_by_names", "skipped_by_address"]

_CHECK = re.compile(r"csrf", re.IGNORECASE)
_RUNS = ("process_view", "process_request", "__call__")
_OF_ADDRESS = ("GET", "args", "query_params")


def skipped_by_address(context: Context, rows: Iterable[Row]) -> Iterator[str]:
    """Methods that return before the inherited check, by a parameter of the address."""
    seen: set[str] = set()
    for row in rows:
        for link in row.endpoint.chain if row.csrf.state == "protected" else ():
            if not any(map(_CHECK.search, link.names)):
                continue
            for fid in link.functions:
                if fid not in seen:
                    seen.add(fid)
                    if fid.rpartition(".")[2] in _RUNS and _returns_before(context, fid):
                        yield fid


def passed_by_names(context: Context, rows: Iterable[Row]) -> Iterator[tuple[Span, str, Row]]:
    """Guards against forgery that look at a part of the origin's name: where, what they take for enough, and an endpoint
    that rests on it."""
    seen: set[tuple[str, ...]] = set()
    for row in rows:
        if row.csrf.state != "protected" or row.surface is None:
            continue
        places = {check.span for check in row.surface.checks if check.kind == "csrf"}
        places |= {step.span for step in row.csrf.evidence}
        for link in row.endpoint.chain:
            if not any(_is_within(span, link.span) for span in places) and not _guards(
                link.functions, places, context
            ):
                continue
            fids = (*link.functions, *_inside(context, link.span))
            if fids in seen:
                continue
            seen.add(fids)
            found = loose_test(context, fids)
            if found is not None:
                yield found[1], found[0], row


def _guards(fids: Iterable[str], places: Iterable[Span], context: Context) -> bool:
    """Whether a refusal stands in a function that a link runs."""
    for fid in fids:
        function = context.view.linker.functions[fid]
        own = Span(context.view.linker.module_of[fid], function.start, function.end)
        if any(_is_within(span, own) for span in places):
            return True
    return False


def _is_within(inner: Span, outer: Span) -> bool:
    return inner.path == outer.path and outer.start <= inner.start and inner.end <= outer.end


def _inside(context: Context, span: Span) -> Iterator[str]:
    """Functions that are written out in a registration: `csrf({ origin: (origin) => ... })`."""
    module = context.view.linker.modules.get(span.path)
    for name, function in module.functions.items() if module is not None else ():
        if span.start <= function.start and function.end <= span.end:
            yield f"{span.path}::{name}"


def _returns_before(context: Context, fid: str) -> bool:
    asked = False
    for instr in context.view.linker.code(fid):
        if instr.op == Op.LOAD and instr.name == "super":
            return False
        asked = asked or (instr.op == Op.ATTR and instr.name in _OF_ADDRESS)
        if instr.op == Op.RETURN and asked:
            return True
    return False
