"""Errors of the program's own that what serves requests makes an answer of: `except NeedLogin: ...`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rearguard.analysis.access.facts import Fact
from rearguard.link import Kind
from rearguard.program import Handler, Instr, Op, Try, instructions, walk

if TYPE_CHECKING:
    from rearguard.analysis.access.origins import Origins

__all__ = ["answered_apart", "raised", "status_of"]

_RAISED = "raised "
_REFUSING = (401, 403)


def raised(origins: Origins, fid: str, instr: Instr) -> str:
    """What a denial says of the error that it raises, where that is of a class of the program."""
    cid = _class_of(origins, fid, instr.args[0]) if instr.args else ""
    return f"{_RAISED}{cid}" if cid else ""


def status_of(origins: Origins, fid: str, value: int) -> int:
    """The status that handlers answer an own error with, or that its class has; 0 if neither refuses."""
    cid = _class_of(origins, fid, value)
    if not cid:
        return 0
    if origins.caught_errors is None:
        origins.caught_errors = dict(_caught(origins))
    for each in origins.linker.lineage(cid):
        status = _declared(origins, each) or origins.caught_errors.get(each, 0)
        if status:
            return status
    return 0


def answered_apart(
    origins: Origins, fid: str, region: Try, index: int, start: int, facts: list[Fact]
) -> None:
    """Facts of one handler of a `try`, from `start` on: they do not happen where another one runs, and what
    was raised in the body is refused there."""
    handler = region.handlers[index]
    sides = tuple((fid, -2 - each.start, each is handler) for each in region.handlers)
    told = {fact.what.removeprefix(_RAISED) for fact in facts[:start] if fact.what.startswith(_RAISED)}
    above = {each for cid in told for each in origins.linker.lineage(cid)}
    refused = bool(above.intersection(_types(origins, fid, handler)))
    for position in range(start, len(facts)):
        fact = facts[position]
        if len(sides) > 1:
            fact = fact._replace(branches=(*sides, *fact.branches))
        if refused and fact.kind == "denial" and fact.fid == fid:
            fact = fact._replace(kind="answer")
        facts[position] = fact


def _class_of(origins: Origins, fid: str, value: int) -> str:
    """The class of the program that an error is made of; "" for another."""
    found = origins.resolved(fid, value)
    if found is None:
        return ""
    home, instr = found
    held = instr.args[0] if instr.op in (Op.CALL, Op.NEW) else instr.dst
    return next((ref.id for ref in origins.linker.refs[home][held] if ref.kind is Kind.CLASS), "")


def _types(origins: Origins, fid: str, handler: Handler) -> Iterator[str]:
    for value in handler.types:
        instr = origins.view.definitions(fid).get(value)
        listed = instr.args if instr is not None and instr.op == Op.COLLECT else (value,)
        for each in listed:
            yield from (ref.id for ref in origins.linker.refs[fid][each] if ref.kind is Kind.CLASS)


def _caught(origins: Origins) -> Iterator[tuple[str, int]]:
    """Own classes that handlers refuse with, and the status."""
    from rearguard.analysis.access.denials import denial_status

    for fid, function in origins.linker.functions.items():
        if origins.view.family(fid) != "python":
            continue
        for region in walk(function.body):
            for handler in region.handlers if isinstance(region, Try) else ():
                named = tuple(_types(origins, fid, handler))
                body = instructions(handler.body) if named else ()
                told = (
                    _said(i) if i.op == Op.CONST else denial_status(origins, fid, i)
                    for i in body
                    if i.op in (Op.CALL, Op.CONST)
                )
                status = next((each for each in told if each in _REFUSING), 0)
                if status:
                    yield from ((cid, status) for cid in named)


def _said(instr: Instr) -> int:
    """The status that a constant names: `Response("no", status=403)`, `status = "403 Forbidden"`."""
    text = str(instr.value)
    return int(text[:3]) if text[:3] in ("401", "403") and not text[3:4].isalnum() else 0


def _declared(origins: Origins, cid: str) -> int:
    """The status that the body of an error's class gives: `status = 403`."""
    for instr in origins.linker.code(cid) if cid in origins.linker.functions else ():
        if instr.op == Op.STORE and instr.name in ("status", "status_code", "code"):
            given = origins.view.definitions(cid).get(instr.args[0])
            if given is not None and given.value in _REFUSING:
                return int(given.value)
    return 0
