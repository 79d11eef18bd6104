"""Types under which answers are sent: whether a client chose them, and nobody looked at them before."""

import re
from collections.abc import Iterator

from rearguard.analysis.values import Flow
from rearguard.checks.base import Context
from rearguard.models.concepts import ServedType
from rearguard.program import Instr, Op

__all__ = ["is_chosen"]

_TYPE_NAMES = frozenset(("mimetype", "mimeType", "content_type", "contentType"))
"""Members of an upload that hold the type which the client gave it."""
_TYPE = re.compile(r"\^?(?:image|application|video|audio|text)\\?/")
_TESTS = frozenset(("startswith", "startsWith", "includes", "has", "test", "match", "indexOf", "fullmatch"))


def is_chosen(context: Context, flow: Flow) -> bool:
    """Whether the type is the client's own word.

    A type that was kept is one where the program reads that of an upload and no list of types stands in it.
    """
    if not isinstance(flow.site.concept, ServedType) or flow.source.kind != "stored":
        return True
    if not flow.source.path or not re.search("mime|type", flow.source.path[-1], re.IGNORECASE):
        return False
    key = "served types"
    if key not in context.notes:
        context.notes[key] = _are_the_clients(context)
    return bool(context.notes[key])


def _are_the_clients(context: Context) -> bool:
    read = False
    for fid in context.view.linker.functions:
        definitions = context.view.definitions(fid)
        for instr in definitions.values():
            if instr.op == Op.ATTR and instr.name in _TYPE_NAMES:
                read = True
            elif instr.op in (Op.COLLECT, Op.COMPARE, Op.CALL) and _lists_types(definitions, instr):
                return False
    return read


def _lists_types(definitions: dict[int, Instr], instr: Instr) -> bool:
    """Whether types are compared, or written out to be."""
    if instr.op == Op.CALL:
        callee = definitions.get(instr.args[0])
        if callee is None or callee.op != Op.ATTR or callee.name not in _TESTS:
            return False
        return any(_texts(definitions, (*callee.args, *instr.args[1:])))
    if instr.op == Op.COLLECT and any(instr.keys):
        named = sum(key is not None and _TYPE.match(key) is not None for key in instr.keys)
        return named > 0 or len(list(_texts(definitions, instr.args))) > 1
    return any(_texts(definitions, instr.args))


def _texts(definitions: dict[int, Instr], numbers: tuple[int, ...]) -> Iterator[str]:
    for number in numbers:
        held = definitions.get(number)
        if (
            held is not None
            and held.op == Op.CONST
            and isinstance(held.value, str)
            and _TYPE.match(held.value)
        ):
            yield held.value
