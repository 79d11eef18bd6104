"""One-time codes in a key-value store: the key that one is kept under says what it is (`otp:<phone>`), or the
name of what is read from the entry does (`entry["code"]`)."""

import re

from rearguard.analysis.access.origins import Origins
from rearguard.analysis.identity.codes import BARE_CODE, CODE
from rearguard.analysis.identity.kept_values import Kept, kept_value, key_texts
from rearguard.analysis.identity.names import words
from rearguard.program import Instr, Op

__all__ = ["is_kept_as_code", "is_kept_code", "kept_code"]

_WRITES = frozenset(
    ["set", "setex", "set_ex", "psetex", "p_set_ex", "setnx", "set_nx", "hset", "h_set", "put", "set_item"]
)
_CODE = re.compile(
    r"(?:^|_)(?:otps?|totp|pins?|pass_?codes?|mfa|2fa|(?:(?:verif\w*|confirm\w*|login|sign_?in|auth|reset|sms|phone|e?mail|mobile|"
    r"one_time|access)_)?codes?)(?:_key)?(?:_|$)"
)
_OTHER = re.compile(
    r"(?:^|_)(?:country|post(?:al)?|zip|currency|language|lang|status|error|qr|bar|source|auth(?:orization)?_request)_codes?(?:_|$)"
)


def kept_code(origins: Origins, fid: str, value: int) -> Kept | None:
    """The entry of a store that a value is read from, if its key or the value's name says that it is a code:
    `store.get(f"code:{phone}")`, `json.loads(store.get(ticket))["code"]`."""
    kept = kept_value(origins, fid, value)
    if kept is None or _OTHER.search(kept.named):
        return None
    member = words(kept.members[0]) if kept.members else ""
    is_code = _CODE.search(kept.named) or BARE_CODE.match(member) or CODE.search(member)
    return kept if is_code else None


def is_kept_code(origins: Origins, fid: str, value: int) -> bool:
    """Whether a value is what a store holds as a code."""
    return kept_code(origins, fid, value) is not None


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
    spelled = words("_".join(key_texts(origins, fid, key)))
    return _CODE.search(spelled) is not None and _OTHER.search(spelled) is None
