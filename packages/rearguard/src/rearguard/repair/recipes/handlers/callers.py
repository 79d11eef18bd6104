"""How a project says who calls: the value that stands for the caller, its identifier, and who may do all.

Read from how the project's own code does it; a pasted piece of code gets what its framework is mostly used
with.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from rearguard.program import Source
from rearguard.repair.syntax import RepairError

__all__ = [
    "CHANGES",
    "Caller",
    "belonging",
    "is_account",
    "is_group",
    "is_identifier",
    "privileged_pass",
    "python_caller",
    "script_caller",
    "session_caller",
    "spelled",
]

_ID = r"(id|_id|userId|user_id|uid|sub)"
_USER = re.compile(rf"\breq(?:uest)?\.((?:session\.)?(?:user|auth))\??\.{_ID}\b")
_SESSION = re.compile(
    r"\breq(?:uest)?\.(session\.(?:(?:user|account|member|customer|staff)_?id|uid))\b", re.IGNORECASE
)
_FLAG = re.compile(r"\breq(?:uest)?\.(?:session\.)?(?:user|auth)\??\.(isAdmin|is_admin|admin)\b")
_ROLE = re.compile(
    r"\breq(?:uest)?\.(?:session\.)?(?:user|auth)\??\.role\s*[!=]==?\s*(['\"])(admin|ADMIN|administrator)\1"
)


CHANGES = re.compile(
    r"update|set|save|delete|remove|destroy|create|insert|add|put|patch|cancel|archive|mark|increment|push",
    re.IGNORECASE,
)
"""How functions are called that change what they are given."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Expressions about the caller, for a handler whose request is called `req`."""

    present: str
    """True when somebody is logged in: `req.user`."""
    identifier: str
    """`req.user.id`; "" when the project keeps none."""
    not_privileged: str
    """True when the caller may not act for others: `!req.user.isAdmin`; "" when there is no such role."""


_ACCOUNT = re.compile(
    r"user|account|profile|member|customer|person|people|employee|staff|login|author|viewer|subscriber|student",
    re.IGNORECASE,
)


def is_account(subject: str) -> bool:
    """Whether a stored object, by its name, is the account of somebody who logs in."""
    return _ACCOUNT.search(subject.partition(" ")[0]) is not None


def is_identifier(name: str) -> bool:
    """Whether a part of a path, by its name, says which object is meant by the key of its store."""
    return re.search(r"(?:^|_)(?:id|pk|uuid|oid|guid)$|[a-z](?:Id|ID|Uuid|Pk)$", name) is not None


_GROUP = re.compile(
    r"(?:tenant|org|organi[sz]ation|company|team|workspace|clinic|site|group|household|school|department|branch"
    r"|store|shop|practice|business|firm|project)(?:_?id)?$",
    re.IGNORECASE,
)
"""Fields that say to which group something belongs: the caller has one of the same name, and is none."""


_EXEMPT = re.compile(
    r"(?:owner|user|author|account|customer|creator)\w*[\]'\"]*\s*!==?\s*[\w.()\[\]'\"]+\s*(?:&&|and)\s*(?:not\s|!|[\w.]*role)"
    r"|(?:[Aa]dmin|[Ss]taff|[Rr]ole)\w*(?:\s*===?\s*['\"]\w+['\"])?\s*(?:\|\||or)\s*[\w.\[\]'\"]*(?:owner|author|user_?id)"
)


def privileged_pass(sources: Iterable[Source]) -> bool:
    """Whether the project's own questions about an owner let some callers pass who own nothing."""
    return any(_EXEMPT.search(source.text.decode("utf-8", "replace")) for source in sources)


def is_group(owner: str) -> bool:
    """Whether a field says to which group something belongs."""
    return _GROUP.search(owner) is not None


def spelled(sources: Iterable[Source], owner: str, languages: Collection[str]) -> str:
    """A field as the project's code writes it: `orgId` where only its letters are known."""
    texts = [source.text for source in sources if source.language in languages]
    as_is = re.compile(rb"(?<![\w$])" + re.escape(owner.encode()) + rb"(?![\w$])")
    if not owner or any(as_is.search(text) for text in texts):
        return owner
    letters = b"_?".join(re.escape(c.encode()) for c in owner.replace("_", ""))
    alike = re.compile(rb"(?<![\w$])" + letters + rb"(?![\w$])", re.IGNORECASE)
    found = Counter(match[0].decode() for text in texts for match in alike.finditer(text))
    if not found:
        return owner
    return min(found.items(), key=lambda item: (-item[1], item[0]))[0]


def belonging(sources: Iterable[Source], caller: Caller, owner: str) -> str:
    """What of the caller a field that says whose something is has to equal.

    Raises RepairError where that is a group and nothing shows that callers know theirs.
    """
    if not _GROUP.search(owner):
        return caller.identifier
    holder = re.sub(r"(?:\.\w+|\[['\"]\w+['\"]\])$", "", caller.identifier)
    quote = caller.identifier[-2] if caller.identifier.endswith("]") else ""
    same = f"{holder}[{quote}{owner}{quote}]" if quote else f"{holder}.{owner}"
    written = re.escape(same).replace(
        re.escape(holder), rf"(?:{re.escape(holder)}|\w*(?:user|staff|caller)\w*)"
    )
    seen = re.compile(rf"(?<![\w.]){written}(?!\w)", re.IGNORECASE)
    if not any(seen.search(source.text.decode("utf-8", "replace")) for source in sources):
        raise RepairError(f"whether the caller has the same {owner} is not seen here")
    return same


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


_PY_ID = r"(id|user_id|sub|uid|pk)"
_PY_HOLDER = r"(g\.user|g\.current_user|current_user|request\.user|request\.state\.user|user)"
_PY_USER = re.compile(rf"(?<![\w.]){_PY_HOLDER}(?:\.{_PY_ID}\b|\[(['\"]){_PY_ID}\3\])")
_PY_FLAG = r"(?<![\w.]){holder}(?:\.(is_admin|is_superuser|is_staff)\b|\[(['\"])(is_admin|is_superuser)\2\])"
_PY_ROLE = r"(?<![\w.]){holder}(?:\.role|\[(['\"])role\1\])\s*[!=]=\s*(['\"])(admin|ADMIN|administrator)\2"


def python_caller(sources: Iterable[Source], holders: Iterable[str]) -> Caller | None:
    """What the Python files of a project use, for a caller held in one of `holders` (`g.user`)."""
    users: Counter[tuple[str, str]] = Counter()
    texts = [s.text.decode("utf-8", "replace") for s in sources if s.language == "python"]
    wanted = set(holders)
    for text in texts:
        for match in _PY_USER.finditer(text):
            if match[1] in wanted:
                form = f"{match[1]}.{match[2]}" if match[2] else f"{match[1]}[{match[3]}{match[4]}{match[3]}]"
                users[match[1], form] += 1
    if not users:
        return None
    (holder, identifier), _ = min(users.items(), key=lambda item: (-item[1], item[0]))
    flags: Counter[str] = Counter()
    for text in texts:
        for match in re.finditer(_PY_FLAG.format(holder=re.escape(holder)), text):
            flags[f"not {match[0]}"] += 1
        for match in re.finditer(_PY_ROLE.format(holder=re.escape(holder)), text):
            flags[re.sub(r"\s*[!=]=\s*", " != ", match[0])] += 1
    declared = {"is_admin": "not {}.is_admin", "is_superuser": "not {}.is_superuser"}
    if not flags and "[" not in identifier:
        for text in texts:
            for name, form in declared.items():
                if re.search(rf"^\s+{name}\s*[:=]", text, re.MULTILINE):
                    flags[form.format(holder)] += 1
    flag = min(flags.items(), key=lambda item: (-item[1], item[0]))[0] if flags else ""
    return Caller(holder, identifier, flag)


_ASKED = re.compile(
    r"(?<![\w.])(?:flask\.)?session\.get\((['\"])(\w+)\1\)|(['\"])(\w+)\3 (?:not )?in (?:flask\.)?session\b"
)
_KEPT = re.compile(
    r"(?<![\w.])(?:flask\.)?session\[(['\"])(user_?id|uid|account_id)\1\]\s*=(?!=)", re.IGNORECASE
)
_LOGIN = re.compile(r"user|uid|log(?:ged|in)|account|auth|mail", re.IGNORECASE)


def session_caller(sources: Iterable[Source], quote: str) -> Caller | None:
    """The entry of Flask's session by which the project's handlers ask for a login; `None` when none does."""
    asked: Counter[str] = Counter()
    kept: Counter[str] = Counter()
    for source in sources:
        if source.language == "python" and b"session" in source.text:
            text = source.text.decode("utf-8", "replace")
            asked.update(match[2] or match[4] for match in _ASKED.finditer(text))
            kept.update(match[2] for match in _KEPT.finditer(text))
    named = {key: count for key, count in asked.items() if _LOGIN.search(key)}
    if not named:
        return None
    key = min(named.items(), key=lambda item: (-item[1], item[0]))[0]
    held = min(kept.items(), key=lambda item: (-item[1], item[0]))[0] if kept else ""
    return Caller(f"session.get({quote}{key}{quote})", f"session[{quote}{held}{quote}]" if held else "", "")
