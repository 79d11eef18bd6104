"""Errors that a schema raises: they say what is wrong with the request, and were written to be told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rearguard.link import function_id
from rearguard.models.concepts import Schema
from rearguard.program import Block, Instr, Op, instructions

if TYPE_CHECKING:
    from rearguard.analysis.values.regions import Regions

_DEPTH = 6
_PLAIN = frozenset(("assign", "keys", "entries", "values", "pick", "push", "next", "json", "status"))
"""Methods and functions beside a check that raise nothing that says more than it."""


def only_of_checks(run: Regions, block: Block) -> bool:
    """Whether all that can fail in a block is a check by a schema, and what goes on once it passed."""
    return _only(run, run.fid, instructions(block), True)


def comes_of_check(run: Regions, number: int) -> bool:
    """Whether a promise is rejected with a schema's error: `schema.validateAsync(body).then(next)`."""
    for _ in range(_DEPTH):
        instr = run.definitions.get(number)
        if instr is None or instr.op != Op.CALL:
            return False
        if _checks(run, run.fid, instr):
            return True
        callee = run.definitions.get(instr.args[0])
        if callee is None or callee.op != Op.ATTR or callee.name != "then":
            return False
        for given in instr.args[1:]:
            made = run.definitions.get(given)
            if made is None or made.op != Op.FUNC:
                return False
            inner = function_id(run.path, made.name)
            if not _only(run, inner, run.linker.code(inner), False):
                return False
        number = callee.args[0]
    return False


def _only(run: Regions, fid: str, code: list[Instr], asked: bool) -> bool:
    definitions, checked = run.program.definitions(fid), not asked
    for instr in code:
        if instr.op == Op.RAISE:
            return False
        if instr.op not in (Op.CALL, Op.NEW):
            continue
        if _checks(run, fid, instr):
            checked = True
            continue
        callee = definitions.get(instr.args[0])
        if callee is None or callee.name not in _PLAIN:
            return False
    return checked


def _checks(run: Regions, fid: str, instr: Instr) -> bool:
    rows = run.program.rows(run.linker.refs[fid][instr.args[0]])
    return any(isinstance(row.concept, Schema) for row in rows)


__all__ = ["comes_of_check", "only_of_checks"]
