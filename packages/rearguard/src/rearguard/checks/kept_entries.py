"""Codes that a store keeps under a key, which log in whoever shows them, and are left there."""

import re

from rearguard.analysis.access import Row
from rearguard.analysis.identity import Kept, PasswordCheck, kept_value, removes, words, writes
from rearguard.analysis.identity.kept_values import key_texts
from rearguard.checks.base import Context
from rearguard.checks.logins import logins
from rearguard.program import Instr, Op

__all__ = ["entry_of", "is_left", "name_of"]

_USED = re.compile(r"(?:^|_)(?:used|consum\w*|redeem\w*|invalidat\w*)(?:_|$)")


def entry_of(context: Context, check: PasswordCheck) -> Kept | None:
    """The entry that what was sent is compared with."""
    origins = context.matrix.origins
    definitions = context.view.definitions(check.fid)
    sides = list(check.instr.args if check.instr.op == Op.COMPARE else check.instr.args[1:])
    callee = definitions.get(check.instr.args[0]) if check.instr.op == Op.CALL else None
    if callee is not None and callee.op == Op.ATTR:
        sides.append(callee.args[0])
    return next((kept for side in sides if (kept := kept_value(origins, check.fid, side)) is not None), None)


def name_of(context: Context, entry: Kept) -> str:
    """What the entry, or what is read from it, is called."""
    texts = (text.strip(":_-/|. ") for text in key_texts(context.matrix.origins, entry.fid, entry.key))
    return entry.members[0] if entry.members else next((text for text in texts if text), "code")


def is_left(context: Context, row: Row, entry: Kept) -> bool:
    """Whether nothing that the handler runs removes the entry, or writes another in its place."""
    if entry.takes:
        return False
    reached = logins(context).reached(row)
    return not any(
        _is_marked(instr) for fid in reached for instr in context.view.linker.code(fid)
    ) and not any(
        _ends(context, fid, instr, entry) for fid in reached for instr in context.view.linker.code(fid)
    )


def _is_marked(instr: Instr) -> bool:
    """Whether an entry may be marked as used: a member, and no counter that is called so."""
    named = instr.name if instr.op in (Op.ATTR, Op.SETATTR) else instr.value if instr.op == Op.SETITEM else ""
    return any(
        isinstance(name, str) and _USED.search(words(name)) is not None
        for name in (named, *instr.keys)
        if name
    )


def _ends(context: Context, fid: str, instr: Instr, entry: Kept) -> bool:
    if instr.op == Op.UNARY and instr.name == "delete":
        return True
    origins = context.matrix.origins
    if instr.op != Op.CALL or not (removes(origins, fid, instr) or writes(origins, fid, instr)):
        return False
    if (fid, instr.dst) == (entry.fid, entry.read.dst):
        return False
    own, other = (
        words("_".join(key_texts(origins, home, key)))
        for home, key in ((entry.fid, entry.key), (fid, instr.args[1]))
    )
    # A key that is handed in may be any.
    return not own or not other or own == other or own in other or other in own
