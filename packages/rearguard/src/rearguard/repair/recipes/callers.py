"""How a project says who calls: the value that stands for the caller, its identifier, and who may do all.

Read from how the project's own code does it; a pasted piece of code gets what its framework is mostly used
with.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from rearguard.program import Source

__all__ = ["Caller", "script_caller"]

_ID = r"(id|_id|userId|user_id|uid|sub)"
_USER = re.compile(rf"\breq(?:uest)?\.((?:session\.)?(?:user|auth))\??\.{_ID}\b")
_SESSION = re.compile(r"\breq(?:uest)?\.(session\.(?:userId|user_id|uid))\b")
_FLAG = re.compile(r"\breq(?:uest)?\.(?:session\.)?(?:user|auth)\??\.(isAdmin|is_admin|admin)\b")
_ROLE = re.compile(
    r"\breq(?:uest)?\.(?:session\.)?(?:user|auth)\??\.role\s*[!=]==?\s*(['\"])(admin|ADMIN|administrator)\1"
)


@dataclass(frozen=True, slots=True)
class Caller:
    """Expressions about the caller, for a handler whose request is called `req`."""

    present: str
    """True when somebody is logged in: `req.user`."""
    identifier: str
    """`req.user.id`."""
    not_privileged: str
    """True when the caller may not act for others: `!req.user.isAdmin`; "" when the project has no such role."""


def script_caller(sources: Iterable[Source], req: str, is_fragment: bool) -> Caller | None:
    """What the scripts of a project use; `None` when nothing in it knows the caller."""
    users: Counter[tuple[str, str]] = Counter()
    sessions: Counter[str] = Counter()
    flags: Counter[str] = Counter()
    for source in sources:
        if source.language not in ("javascript", "typescript", "tsx"):
            continue
        text = source.text.decode("utf-8", "replace")
        users.update((match[1], match[2]) for match in _USER.finditer(text))
        sessions.update(match[1] for match in _SESSION.finditer(text))
        flags.update(f"!{{}}.{match[1]}" for match in _FLAG.finditer(text))
        flags.update(f"{{}}.role !== {match[1]}{match[2]}{match[1]}" for match in _ROLE.finditer(text))
    if users:
        (user, identifier), _ = min(users.items(), key=lambda item: (-item[1], item[0]))
    elif sessions:
        member, _ = min(sessions.items(), key=lambda item: (-item[1], item[0]))
        return Caller(f"{req}.{member}", f"{req}.{member}", "")
    elif is_fragment:
        user, identifier = "user", "id"
        flags.setdefault("!{}.isAdmin", 1)
    else:
        return None
    caller = f"{req}.{user}"
    flag = min(flags.items(), key=lambda item: (-item[1], item[0]))[0] if flags else ""
    return Caller(caller, f"{caller}.{identifier}", flag.format(caller))
