"""Makers of one-time tokens that a project derives from a library's, and what they tie a token to."""

import re
from collections.abc import Iterator

from rearguard.link import Kind
from rearguard.link.linker import Linker
from rearguard.program import Op

__all__ = ["makers_of", "unbound_makers", "unbound_sessions"]

_MAKER = re.compile(r"\bPasswordResetTokenGenerator\b")
_TIES = "_make_hash_value"
"""The method that says what, besides a secret and the time, a token is made of: it ends when that changes."""
_COMPARES = "get_session_auth_hash"
"""The method whose result each session keeps, and is ended by when it changes."""
_STAYS = re.compile(
    r"pk|id|uuid|e_?mail|username|user_?name|get_username|get_email_field_name|date_joined|joined\w*|created\w*|phone|"
    r"name|first_name|last_name|__class__|__name__"
)
"""Members of an account that a new password leaves as they are."""


def unbound_makers(linker: Linker) -> Iterator[tuple[str, str]]:
    """Classes whose tokens are made of nothing that a new password changes, with the method that says so."""
    for path, module in linker.modules.items():
        for name, cls in module.classes.items():
            if not any(map(_MAKER.search, cls.base_texts)):
                continue
            cid = f"{path}::{name}"
            fid = linker.method(cid, _TIES)
            if fid is not None and fid.startswith(f"{cid}.") and _is_unbound(linker, fid):
                yield cid, fid


def unbound_sessions(linker: Linker) -> Iterator[str]:
    """Methods that say what sessions are compared with, of nothing that a new password changes."""
    for path, module in linker.modules.items():
        for name in module.classes:
            fid = linker.method(f"{path}::{name}", _COMPARES)
            if fid is not None and fid.startswith(f"{path}::{name}.") and _is_unbound(linker, fid, True):
                yield fid


def makers_of(linker: Linker, fid: str, value: int) -> Iterator[str]:
    """The classes that a value is an object of."""
    for ref in linker.refs[fid][value]:
        if ref.kind is Kind.INSTANCE and ref.base is not None:
            yield ref.base.id


def _is_unbound(linker: Linker, fid: str, of_receiver: bool = False) -> bool:
    function = linker.functions[fid]
    given = [function.receiver] if of_receiver else [param.name for param in function.params]
    loads: dict[int, str] = {}
    read: set[str] = set()
    handed = False
    for instr in linker.code(fid):
        if instr.op == Op.LOAD:
            loads[instr.dst] = instr.name
            if instr.name in ("super", "getattr"):
                return False
        elif instr.op == Op.ATTR and loads.get(instr.args[0]) in given:
            read.add(instr.name)
        elif instr.op == Op.CALL and loads.get(instr.args[0]) not in ("str", "repr"):
            # What a function makes of the account is not known here.
            handed = handed or any(loads.get(value) in given[:2] for value in instr.args[1:])
    return not handed and bool(read) and all(_STAYS.fullmatch(name) for name in read)
