"""Checks of a framework that a class derived from it passes by, by what the client writes into the address."""

import re
from collections.abc import Iterable, Iterator

from rearguard.analysis.access import Row
from rearguard.checks.base import Context
from rearguard.program import Op

__all__ = ["skipped_by_address"]

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


def _returns_before(context: Context, fid: str) -> bool:
    asked = False
    for instr in context.view.linker.code(fid):
        if instr.op == Op.LOAD and instr.name == "super":
            return False
        asked = asked or (instr.op == Op.ATTR and instr.name in _OF_ADDRESS)
        if instr.op == Op.RETURN and asked:
            return True
    return False
