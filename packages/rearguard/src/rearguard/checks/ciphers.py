"""What the checks of ciphers share: which cipher a call chooses, and whether a value is always the same."""

import re

from rearguard.analysis import ValueView
from rearguard.analysis.settings import Use, option_of
from rearguard.checks.base import Context
from rearguard.models.concepts import Encryption
from rearguard.program import Instr, Op

_FILLED = frozenset(("bytes", "bytearray", "alloc", "Uint8Array"))
_MADE_OF_TEXT = frozenset(
    ("from", "fromhex", "encode", "b64decode", "unhexlify", "parse", "bytes", "a2b_hex", "repeat")
)


def named(value: ValueView | None) -> str:
    """The text that a value is, or the last name of a constant of a library (`AES.MODE_ECB`)."""
    if value is None:
        return ""
    if value.text is not None:
        return value.text
    instr = value.instr
    if instr is None:
        return ""
    if instr.op in (Op.ATTR, Op.LOAD):
        return instr.name
    return str(instr.value or "") if instr.op == Op.IMPORT else ""


def cipher(context: Context, use: Use[Encryption]) -> str:
    """Algorithm and mode of a use, as far as they can be told, in lower case."""
    concept = use.concept
    chosen = ""
    if concept.chosen:
        given = option_of(use, concept.chosen).value
        chosen = named(given)
        if given is not None and not chosen:
            found = context.matrix.origins.resolved(given.fid, given.value)
            chosen = named(ValueView(context.view, found[0], found[1].dst)) if found is not None else ""
    return (
        re.sub(r"^mode_", "", chosen.lower())
        if not concept.algorithm
        else f"{concept.algorithm} {chosen.lower()}"
    )


def fixed(context: Context, value: ValueView | None, depth: int = 0) -> ValueView | None:
    """Where a value that is the same on every run is written; `None` for anything else."""
    if value is None or depth > 6:
        return None
    found = context.matrix.origins.resolved(value.fid, value.value)
    if found is None:
        return None
    fid, instr = found
    here = ValueView(context.view, fid, instr.dst)
    inner = [ValueView(context.view, fid, number) for number in instr.args]
    match instr.op:
        case Op.CONST:
            return here if instr.value is not None else None
        case Op.ATTR:
            return fixed(context, _member(context, fid, instr), depth + 1)
        case Op.BINARY | Op.JOIN:
            return here if all(fixed(context, part, depth + 1) for part in inner) else None
        case Op.COLLECT:
            return here if inner and all(fixed(context, part, depth + 1) for part in inner) else None
        case Op.CALL | Op.NEW:
            callee = inner[0].instr
            name = callee.name if callee is not None else ""
            rest = inner[1:]
            if name in _FILLED and rest and all(fixed(context, part, depth + 1) for part in rest):
                return here
            if (name == "ljust" and callee is not None) or (
                name in ("encode", "repeat") and callee is not None and callee.op == Op.ATTR
            ):
                rest = [ValueView(context.view, fid, callee.args[0])]
            elif name not in _MADE_OF_TEXT:
                return None
            return here if rest and fixed(context, rest[0], depth + 1) else None
    return None


def _member(context: Context, fid: str, instr: Instr) -> ValueView | None:
    """What a member of the function's own object is, where its class assigns it once."""
    function, definitions = context.view.function(fid), context.view.definitions(fid)
    target = definitions.get(instr.args[0])
    if not function.owner or target is None or target.op != Op.LOAD or target.name != function.receiver:
        return None
    path = context.view.linker.module_of[fid]
    found: list[ValueView] = []
    for other in context.view.linker.modules[path].functions.values():
        if other.owner == function.owner or other.name == function.owner:
            home = f"{path}::{other.name}"
            found.extend(
                ValueView(context.view, home, each.args[-1])
                for each in context.view.linker.code(home)
                if each.op in (Op.SETATTR, Op.STORE) and each.name == instr.name
            )
    return found[0] if len(found) == 1 else None
