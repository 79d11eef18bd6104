"""One-time codes in a key-value store: the key that one is kept under says what it is (`otp:<phone>`)."""

import re
from collections.abc import Iterator

from rearguard.analysis.access.origins import Origins
from rearguard.analysis.identity.names import words
from rearguard.program import Instr, Op

__all__ = ["is_kept_as_code", "is_kept_code"]

_READS = frozenset(
    ["get", "getdel", "get_del", "getex", "get_ex", "hget", "h_get", "pull", "take", "get_item"]
)
_WRITES = frozenset(
    ["set", "setex", "set_ex", "psetex", "p_set_ex", "setnx", "set_nx", "hset", "h_set", "put", "set_item"]
)
_CODE = re.compile(
    r"(?:^|_)(?:otp|totp|pin|pass_?code|mfa|2fa|(?:(?:verif\w*|confirm\w*|login|sign_?in|auth|reset|sms|phone|e?mail|mobile|"
    r"one_time|access)_)?codes?)(?:_key)?(?:_|$)"
)
_OTHER = re.compile(
    r"(?:^|_)(?:country|post(?:al)?|zip|currency|language|lang|status|error|qr|bar|source)_codes?(?:_|$)"
)


def is_kept_code(origins: Origins, fid: str, value: int) -> bool:
    """Whether a value is what a store holds under a code's key: `store.get(f"code:{phone}")`."""
    found = origins.resolved(fid, value)
    if found is None or found[1].op != Op.CALL:
        return False
    home, call = found
    callee = origins.view.definitions(home).get(call.args[0])
    return (
        callee is not None
        and callee.op == Op.ATTR
        and words(callee.name) in _READS
        and len(call.args) > 1
        and _is_of_code(origins, home, call.args[1])
    )


def is_kept_as_code(origins: Origins, fid: str, call: Instr, value: int) -> bool:
    """Whether a call keeps a value under a code's key: `store.setex(f"code:{phone}", 900, code)`."""
    callee = origins.view.definitions(fid).get(call.args[0])
    return (
        callee is not None
        and callee.op == Op.ATTR
        and words(callee.name) in _WRITES
        and value in call.args[2:]
        and _is_of_code(origins, fid, call.args[1])
    )


def _is_of_code(origins: Origins, fid: str, key: int) -> bool:
    spelled = words("_".join(_texts(origins, fid, key)))
    return _CODE.search(spelled) is not None and _OTHER.search(spelled) is None


def _texts(origins: Origins, fid: str, key: int) -> Iterator[str]:
    """What is written out of a key; of one that a function makes, that function's name."""
    found = origins.resolved(fid, key)
    if found is None:
        return
    home, made = found
    if made.op == Op.CONST and isinstance(made.value, str):
        yield made.value
    elif made.op in (Op.JOIN, Op.BINARY):
        for part in made.args:
            text = origins.constant(home, part)
            if text:
                yield text
    elif made.op == Op.CALL:
        callee = origins.view.definitions(home).get(made.args[0])
        if callee is not None:
            yield callee.name
