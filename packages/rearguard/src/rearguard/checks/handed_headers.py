"""Headers with which the program itself tells a proxy who calls (`auth_request` of nginx, `forwardAuth` of Traefik).

Such a proxy asks one endpoint about each request, takes the headers of its answer and sets them on what it passes on: there
the header is the proxy's word, and the client's own is replaced.
"""

from rearguard.analysis import ValueView
from rearguard.checks.base import Context
from rearguard.program import Instr, Op

__all__ = ["is_handed_over"]

_SETTERS = frozenset(("set", "setHeader", "header", "append", "__setitem__"))
_ANSWERS = ("Response", "Reply")


def is_handed_over(context: Context, header: str) -> bool:
    """Whether some answer of the program is given this header."""
    spoken = _spoken(header)
    for path, module in context.view.linker.modules.items():
        text = context.sources[path].text.lower() if path in context.sources else b""
        if not any(form in text for form in (spoken.encode(), spoken.replace("-", "_").encode())):
            continue
        for name in module.functions:
            fid = f"{path}::{name}"
            if any(_writes(context, fid, instr, spoken) for instr in context.view.linker.code(fid)):
                return True
    return False


def _writes(context: Context, fid: str, instr: Instr, header: str) -> bool:
    definitions = context.view.definitions(fid)
    if instr.op == Op.SETITEM and isinstance(instr.value, str):
        holder = definitions.get(instr.args[0])
        named = holder is not None and holder.op == Op.ATTR and holder.name == "headers"
        return (
            named
            and holder is not None
            and _spoken(instr.value) == header
            and _is_answer(context, fid, holder.args[0])
        )
    callee = definitions.get(instr.args[0]) if instr.op == Op.CALL else None
    if callee is None or callee.op != Op.ATTR or callee.name not in _SETTERS or len(instr.args) < 3:
        return False
    given = ValueView(context.view, fid, instr.args[1]).text
    return given is not None and _spoken(given) == header and _is_answer(context, fid, callee.args[0])


def _is_answer(context: Context, fid: str, value: int) -> bool:
    return any(
        kind in name.rpartition(":")[2]
        for name in ValueView(context.view, fid, value).names
        for kind in _ANSWERS
    )


def _spoken(header: str) -> str:
    return header.lower().replace("_", "-").removeprefix("http-")
