"""Answers of services that give out tokens, which are written to a log as they came."""

from collections.abc import Iterator

from rearguard.analysis import ValueView
from rearguard.checks.base import Context
from rearguard.program import Instr, Op

__all__ = ["token_answers"]

_TOKENS = frozenset(("access_token", "refresh_token", "id_token", "accessToken", "refreshToken", "idToken"))
_READS = frozenset(("json", "get", "parse", "loads"))
_WHOLE = frozenset(("text", "content", "data", "body", "json"))
"""Members of an answer that are all of it."""
_SHOWS = frozenset(
    ("stringify", "dumps", "str", "repr", "inspect", "String", "format", "pformat", "dict", "toString")
)
_DEPTH = 6


def token_answers(context: Context, fid: str, call: Instr) -> Iterator[tuple[str, ValueView]]:
    """The token that an answer holds, as the same function reads it, and where a log shows all of the answer."""
    parsed, answers = _held(context, fid)
    if not parsed and not answers:
        return
    for value in call.args[1:]:
        for part, name in _shown(context, fid, value, parsed, answers, 0):
            yield name, ValueView(context.view, fid, part)


def _held(context: Context, fid: str) -> tuple[dict[str, str], dict[str, str]]:
    """Variables that hold an answer's data, and those that hold the answer, with a token that is read of each."""
    definitions = context.view.definitions(fid)
    parsed: dict[str, str] = {}
    answers: dict[str, str] = {}
    for instr in context.view.linker.code(fid):
        name = instr.name if instr.op == Op.ATTR else instr.value if instr.op == Op.ITEM else ""
        if name not in _TOKENS or not instr.args:
            continue
        base, called = definitions.get(instr.args[0]), False
        for _ in range(_DEPTH):
            if base is None or base.op == Op.LOAD or not base.args:
                break
            if base.op == Op.CALL:
                callee = definitions.get(base.args[0])
                if callee is None or callee.op != Op.ATTR or callee.name not in _READS:
                    base = None
                    break
                called = True
                base = definitions.get(callee.args[0])
            else:
                base = definitions.get(base.args[0])
        if base is not None and base.op == Op.LOAD:
            (answers if called else parsed)[base.name] = str(name)
    return parsed, answers


def _shown(
    context: Context, fid: str, value: int, parsed: dict[str, str], answers: dict[str, str], depth: int
) -> Iterator[tuple[int, str]]:
    definitions = context.view.definitions(fid)
    instr = definitions.get(value)
    if instr is None or depth > _DEPTH:
        return
    match instr.op:
        case Op.LOAD if instr.name in parsed:
            yield value, parsed[instr.name]
        case Op.ATTR if instr.name in _WHOLE:
            base = definitions.get(instr.args[0])
            if base is not None and base.op == Op.LOAD and base.name in answers:
                yield value, answers[base.name]
        case Op.CALL:
            callee = definitions.get(instr.args[0])
            inner = instr.args[1:] if callee is not None and callee.name in _SHOWS else ()
            if callee is not None and callee.op == Op.ATTR and callee.name in _WHOLE:
                inner = instr.args[:1]
            for each in inner:
                yield from _shown(context, fid, each, parsed, answers, depth + 1)
        case Op.JOIN | Op.BINARY | Op.COLLECT | Op.AWAIT | Op.LOGIC:
            for each in instr.args:
                yield from _shown(context, fid, each, parsed, answers, depth + 1)
