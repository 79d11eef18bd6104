"""Addresses that JavaScript code parses: of a request's own address the client chooses all but the host."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rearguard.analysis.values.domain import HARMFUL, Maybe, SourceRead, Value
from rearguard.program import Instr

if TYPE_CHECKING:
    from rearguard.analysis.values.regions import Regions

_PARSERS = {
    "global.URL": {"searchParams": "query", "search": "query", "pathname": "path"},
    "url.URL": {"searchParams": "query", "search": "query", "pathname": "path"},
    "url.parse": {"query": "query", "search": "query", "pathname": "path"},
}
_ADDRESSES = ("address", "path")


def parsed_address(run: Regions, instr: Instr) -> tuple[Maybe] | None:
    """The value of `new URL(request.url)`; `None` for anything else."""
    if len(instr.args) < 2:
        return None
    for name in run.program.names(run.refs[instr.args[0]]):
        parts = _PARSERS.get(name)
        held = run.values[instr.args[1]]
        if parts is None or held is None or held.origin < 0 or held.fields:
            continue
        origin = run.origins.items[held.origin]
        if isinstance(origin, SourceRead) and origin.channel in _ADDRESSES and not origin.path:
            fields = {
                part: run.origin_value(SourceRead(origin.kind, channel, origin.span, origin.fid), HARMFUL)
                for part, channel in parts.items()
            }
            return (Value(held.labels, fields),)
    return None
