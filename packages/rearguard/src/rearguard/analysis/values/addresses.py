"""Addresses that code parses and joins: of a request's own address the client chooses all but the host."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rearguard.analysis.values.domain import HARMFUL, Hole, Maybe, SourceRead, Value
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
        joined = _joined(run, instr, *_BASES[name]) if name in _BASES and len(instr.args) > 2 else None
        if joined is not None:
            return (joined,)
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


def _joined(run: Regions, instr: Instr, base: int, relative: int) -> Maybe:
    """`new URL(`assets/${name}`, base)`: what begins with a folder written out leads to the host of the base.

    A beginning of one slash is none: with a second one in the input, another host follows.
    """
    of, part = run.values[instr.args[base]], run.values[instr.args[relative]]
    begin = part.text[0] if part is not None and part.text else None
    if part is None or part.text is None or not isinstance(begin, str) or not _FOLDER.match(begin):
        return None
    held = of.text if of is not None and of.text is not None else None
    if held is None:
        held = (
            Hole(of.deep() if of is not None else 0, of.origin if of is not None else -1, instr.args[base]),
        )
    whole = part.deep() | (of.deep() if of is not None else 0)
    return Value(whole, None, (*held, "/", *part.text))


_BASES = {"global.URL": (2, 1), "url.URL": (2, 1), "urllib.parse.urljoin": (1, 2)}
"""Calls that join two addresses: where the base stands among what they are given, and where the rest."""
_FOLDER = re.compile(r"/?[\w.~-]+/|/[\w.~-]+|[?#]")
