"""Codes for the day that the second factor is lost: each is good once, and must be gone after that."""

import re
from collections.abc import Iterator

from rearguard.analysis.access import Row
from rearguard.analysis.access.principals import is_open
from rearguard.analysis.identity import words
from rearguard.checks.base import Context
from rearguard.checks.endpoints import by_handler
from rearguard.checks.links import opens_session, used_up
from rearguard.checks.logins import logins
from rearguard.program import Instr, Op, Span

__all__ = ["spare_codes_again"]

_SPARE = re.compile(
    r"(?:^|_)(?:backup|recovery|scratch|rescue|emergency)_?(?:otp_|mfa_|2fa_|login_|auth_)?(?:codes?|tokens?)(?:_|$)"
)
_FINDS = frozenset(("includes", "indexOf", "findIndex", "find", "some", "index", "count", "has"))
_ENDS = re.compile(
    r"^(?:remove|discard|pop|splice|delete\w*|destroy|srem|lrem|hdel|consume\w*|use_?up|redeem\w*|mark_\w*used|invalidate\w*)$"
)


def spare_codes_again(context: Context) -> Iterator[tuple[Row, str, Span]]:
    """Endpoints that log in by one of an account's spare codes and leave it where it was: what holds the codes, and
    where one is looked for."""
    for row in by_handler(context.matrix):
        if row.surface is None or row.endpoint.method in ("GET", "HEAD") or not opens_session(context, row):
            continue
        found = _among(context, row) or _looked_up(context, row)
        if found is not None:
            yield row, *found


def _among(context: Context, row: Row) -> tuple[str, Span] | None:
    """Where what was sent is looked for in a list that the account keeps, which nothing makes shorter."""
    reached = logins(context).reached(row)
    for fid in reached:
        for instr in context.view.linker.code(fid):
            name = _searched(context, fid, instr)
            if name:
                ended = any(_ends(context, home) for home in reached) or _is_written(row)
                return None if ended else (name, context.view.span(fid, instr.start, instr.end))
    return None


def _searched(context: Context, fid: str, instr: Instr) -> str:
    """The name of the list of codes that a test or call looks in; "" for anything else."""
    if instr.op == Op.COMPARE and instr.name in ("in", "not in"):
        held = instr.args[-1:]
    elif instr.op == Op.CALL:
        callee = context.view.definitions(fid).get(instr.args[0])
        held = (
            callee.args[:1] if callee is not None and callee.op == Op.ATTR and callee.name in _FINDS else ()
        )
    else:
        return ""
    for value in held:
        for atom in sorted(context.matrix.origins.of(fid, value), key=lambda one: (one.kind, one.path)):
            if atom.kind in ("stored", "principal") and atom.path and _SPARE.search(words(atom.path[-1])):
                return atom.path[-1]
    return ""


def _ends(context: Context, fid: str) -> bool:
    """Whether a function writes such a list, or takes something out of one."""
    definitions = context.view.definitions(fid)
    for instr in context.view.linker.code(fid):
        named = instr.name if instr.op == Op.SETATTR else instr.value if instr.op == Op.SETITEM else ""
        if isinstance(named, str) and _SPARE.search(words(named)):
            return True
        if any(key and _SPARE.search(words(key)) for key in instr.keys):
            return True
        callee = definitions.get(instr.args[0]) if instr.op == Op.CALL else None
        if callee is not None and _ENDS.match(words(callee.name)) and callee.name != "pop":
            return True
        if callee is not None and callee.name == "pop" and callee.op == Op.ATTR:
            holder = definitions.get(callee.args[0])
            if holder is not None and holder.name != "session":
                return True
        text = instr.value if instr.op == Op.CONST and isinstance(instr.value, str) else ""
        if re.search(r"\b(?:update|delete)\s", text, re.IGNORECASE) and _SPARE.search(text.lower()):
            return True
    return False


def _is_written(row: Row) -> bool:
    touches = row.surface.touches if row.surface is not None else ()
    return any(
        _SPARE.search(words(name))
        for touch in touches
        if touch.operation in ("update", "create", "delete")
        for name in (touch.resource, *touch.fields, *(key for key, _ in touch.written))
    )


def _looked_up(context: Context, row: Row) -> tuple[str, Span] | None:
    """Where a code that was sent is looked up as a record of its own, and the record stays as it was."""
    surface = row.surface
    for fact in surface.facts[surface.handler_start :] if surface is not None else ():
        touch = fact.touch
        if touch is None or touch.operation != "read" or not _SPARE.search(words(touch.resource)):
            continue
        for field, atoms in touch.keys:
            if any(is_open(atom) for atom in atoms) and not used_up(context, row, touch.resource, field):
                return touch.resource, touch.span if touch.span.path else fact.span
    return None
