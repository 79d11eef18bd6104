"""Codes and links that are sent to a person to prove an address, and are in the answer to whoever asked as well."""

import re
from collections.abc import Iterator

from rearguard.analysis.access import Row
from rearguard.analysis.identity import words
from rearguard.checks.base import Context
from rearguard.checks.endpoints import by_handler
from rearguard.checks.logins import asks_who_calls
from rearguard.checks.unlimited_messages import is_sending
from rearguard.models.concepts import RandomSource, TokenIssue
from rearguard.program import Instr, Op, Span

__all__ = ["answered_secrets"]

_ANSWERS = re.compile(r"^(?:json|jsonify|json_response|send|response|next_response|respond|reply|ok|body)$")
_PARTS = (Op.JOIN, Op.COLLECT, Op.BINARY, Op.LOGIC, Op.AWAIT)
_DEPTH = 6
_STEPS = 60


def answered_secrets(context: Context) -> Iterator[tuple[Row, str, Span]]:
    """Endpoints for everybody, the secret, and where it is answered."""
    drawn = {(u.fid, u.instr.dst) for u in context.uses.of(RandomSource) if u.concept.kind != "clock"}
    drawn |= {(use.fid, use.instr.dst) for use in context.uses.of(TokenIssue)}
    kept: dict[str, set[str]] = {}
    for fid, value in sorted(drawn):
        for end in context.destinations.of(fid, value):
            if end.how == "variable":
                kept.setdefault(end.fid, set()).add(end.name)
    for row in by_handler(context.matrix):
        if asks_who_calls(row) or row.endpoint.method in ("GET", "HEAD", "WEBSOCKET"):
            continue
        for fid in row.endpoint.handler.functions:
            for name in sorted(kept.get(fid, ())):
                place = _answered(context, fid, name) if _is_sent(context, fid, name) else None
                if place is not None:
                    yield row, name, place


def _is_sent(context: Context, fid: str, name: str) -> bool:
    """Whether a text that it is a part of is sent to a person."""
    return any(
        part == name
        for call in context.view.linker.contents(fid).calls
        if is_sending(context, fid, call)
        for value in call.args[1:]
        for part in _loads(context, fid, value, 0)
    )


def _loads(context: Context, fid: str, value: int, depth: int) -> Iterator[str]:
    instr = context.view.definitions(fid).get(value)
    if instr is None or depth > _DEPTH:
        return
    if instr.op == Op.LOAD:
        yield instr.name
        for number in context.matrix.origins.stores(fid, instr):
            if number >= 0 and number != value:
                yield from _loads(context, fid, number, depth + 1)
    elif instr.op in _PARTS:
        for inner in instr.args:
            yield from _loads(context, fid, inner, depth + 1)


def _answered(context: Context, fid: str, name: str) -> Span | None:
    """Where a map that holds it as it is becomes the answer."""
    users = context.destinations.users(fid)
    pending = [
        instr.dst
        for instr in context.view.linker.code(fid)
        if instr.op == Op.LOAD and instr.name == name and instr.dst >= 0
    ]
    held, seen = False, 0
    while pending and seen < _STEPS:
        number = pending.pop()
        seen += 1
        for user in users.get(number, ()):
            match user.op:
                case Op.COLLECT | Op.LOGIC | Op.AWAIT:
                    held = held or user.op == Op.COLLECT
                    pending.append(user.dst)
                case Op.STORE:
                    pending.extend(_reads(context, fid, user.name))
                case Op.SETITEM | Op.SETATTR if user.args[-1] == number:
                    held = True
                    base = context.view.definitions(fid).get(user.args[0])
                    if base is not None and base.op == Op.LOAD:
                        pending.extend(_reads(context, fid, base.name))
                case Op.CALL if number in user.args[1:] and held and _is_answer(context, fid, user):
                    return context.view.span(fid, user.start, user.end)
                case Op.RETURN if held:
                    return context.view.span(fid, user.start, user.end)
    return None


def _reads(context: Context, fid: str, name: str) -> Iterator[int]:
    for instr in context.view.linker.code(fid):
        if instr.op == Op.LOAD and instr.name == name:
            yield instr.dst


def _is_answer(context: Context, fid: str, call: Instr) -> bool:
    callee = context.view.definitions(fid).get(call.args[0])
    return callee is not None and _ANSWERS.match(words(callee.name)) is not None
