"""Tokens that anyone can compute, since nothing secret goes into them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rearguard.analysis import ValueView
from rearguard.analysis.access.resources import access_at
from rearguard.analysis.identity import KEEPS, Destination, words
from rearguard.analysis.settings import evaluate
from rearguard.checks.base import Context
from rearguard.checks.compared_codes import asked_for
from rearguard.checks.hashes import Hashed, hashed
from rearguard.models.concepts import RandomSource
from rearguard.program import Instr, Op, Span

_GIVES_ACCESS = re.compile(
    r"(?:reset|recover\w*|forgot\w*|confirm\w*|verif\w*|activat\w*|invit\w*|magic|share|sharing|unsubscribe|access|login|"
    r"download|password)_?(?:\w+_)?(?:token|code|key|link|hash|url|pin|secret|password)$|^(?:otp|pin)(?:_code)?$"
)
_TOKEN = re.compile(r"^(?:token|code|link|digest|hash|key|signature)$")
_PURPOSE = re.compile(r"reset|recover|forgot|confirm|verif|activat|invit|magic|share|sharing|unsubscribe")
_OPENS = re.compile(
    r"(?:^|_)(?:session_?(?:id|key|token)|sess_?id|sid|new_(?:sid|session_id)|(?:api|access)_?(?:key|token)|bearer_?token|auth_?token|"
    r"refresh_?token)$"
)
"""Names of what a caller is known by from then on."""
_RECORD = re.compile(
    r"(?:^|_)(?:(?:api|access|auth|login|refresh|personal|machine)_?(?:key|token)|(?:user|login|auth)_?session)s?$"
)
_KEPT_AS = re.compile(r"^(?:\w+_)?(?:value|key|token|secret|digest|hash|hashed|plain|raw)$")
_KNOWN = re.compile(
    r"^(?:\w+_)?(?:id|ids|pk|uid|email|e_?mail|mail|address|username|user_name|login|name|nick|nick_?name|handle|phone|number|filename|file_?name|"
    r"slug|date|year|month|day|birth_?(?:day|date|year)|dob|first_name|last_name|surname|zip_?code|post_?code|created|created_at|updated_at|timestamp|time|now|today|user_?agent|remote_?addr|client_?ip|ip|host|hostname)$"
)
_SAME = frozenset(
    [
        *KEEPS,
        "isoformat",
        "strftime",
        "timestamp",
        "toISOString",
        "getTime",
        "valueOf",
        "trim",
        "rstrip",
        "lstrip",
        "ljust",
        "repr",
        "Date",
        "floor",
        "getFullYear",
        "getUTCFullYear",
        "getMonth",
        "getDate",
    ]
)
_READS = frozenset(("get", "header", "getHeader"))
_DEPTH = 12
_HANDS = 4


_GIVES_BACK = re.compile(
    r"reset|recover|forgot|confirm|verif|activat|invit|magic|login|passw|(?:^|_)(?:otp|pin)(?:_|$)"
)
_SIGNATURE = re.compile(
    r"(?:^|_)(?:sig|sign|signature|signed|hmac|mac|auth|authenti\w+|token|seal|proof)(?:_|$)"
)
"""What a client shows in proof of who made a message."""
_SECRET_COLUMN = re.compile(
    r"secret|salt|nonce|pepper|token|hash|digest|seed|passw|pwd|uuid|guid|rand|"
    r"(?:^|_)(?:key|pin|code|signature|body|text|content|data|description|notes?|message|comment|payload|value)(?:_|$)"
)
"""Columns that may hold what nobody else knows, or long texts."""
_DECLARES = re.compile(r"(?:\w*Column|\w+Field|mapped_column|Prop|Property)\s*\(|:\s*Mapped\[")
_NEXT = re.compile(r"page|next|prev|cursor|after|before|continu|offset|cache|etag|sort")
"""What marks a place in a list, or a version: it is meant to be computed."""
_CODE_OF = re.compile(r"(?:code|token)_(?:for|of)(?:_\w+)?")
_ENCODES = re.compile(
    r"(?:urlsafe_)?(?:b64|b32|b16|b85)encode|standard_b64encode|hexlify|btoa|hex|oct|toString|format"
)
_DRESSES = frozenset(
    (
        "encode",
        "decode",
        "strip",
        "rstrip",
        "replace",
        "lower",
        "upper",
        "toUpperCase",
        "toLowerCase",
        "zfill",
        "padStart",
    )
)
"""What leaves a text as guessable as it was."""


@dataclass(frozen=True, slots=True)
class Guessable:
    """One value that gives access, and is made of what others know."""

    fid: str
    instr: Instr
    span: Span
    name: str
    gives_back: bool
    """Whether it gives an account back or to somebody new, rather than say who calls from then on, or open a link."""
    hashed: bool = True
    """Whether a hash makes it, rather than an encoding or arithmetic that is undone at once."""
    sent: bool = False
    """Whether it is a signature over what comes with it, without a key."""


def guessable(context: Context) -> Mapping[tuple[str, int], Guessable]:
    """Every value that gives access and can be guessed, by the function and the value that is made there."""
    held = context.notes.get("guessable")
    if not isinstance(held, dict):
        held = {(one.fid, one.instr.dst): one for one in (*_computed(context), *_encoded(context))}
        context.notes["guessable"] = held
    return held


def _computed(context: Context) -> Iterator[Guessable]:
    for one in hashed(context):
        use = one.use
        if not one.data or context.in_browser(use.fid):
            continue
        name = _gives_access(context, use.fid, use.instr.dst)
        opens = "" if name else _opens(context, use.fid, use.instr.dst)
        parts = [_Part(context).of(use.fid, value) for value in one.data]
        if not any(parts) or any(part is None for part in parts):
            signed = "" if name or opens else _signed(context, one)
            if signed:
                yield Guessable(use.fid, use.instr, use.span, signed, False, sent=True)
            continue
        told = name or opens or asked_for(context, use.fid, use.instr.dst)
        if told:
            purpose = bool(name) and _is_about_accounts(context, use.fid, name)
            yield Guessable(use.fid, use.instr, use.span, told, purpose)


def _signed(context: Context, one: Hashed) -> str:
    """The name of a signature that a client sends, and that is nothing but a hash of what it sends along."""
    parts = [_Part(context, sent=True).of(one.use.fid, value) for value in one.data]
    if not any(parts) or any(part is None for part in parts):
        return ""
    asked = asked_for(context, one.use.fid, one.use.instr.dst)
    return asked if asked and _SIGNATURE.search(words(asked)) else ""


def _is_about_accounts(context: Context, fid: str, name: str) -> bool:
    return _GIVES_BACK.search(f"{words(name)} {_about(context, fid)}") is not None


def _encoded(context: Context) -> Iterator[Guessable]:
    """Codes of links that are known values written in another way: `base64(f"invoice:{id}")`, `(id * 31).toString(36)`."""
    for fid, function in context.view.linker.functions.items():
        name = words(_own_name(context, fid))
        if not (_GIVES_ACCESS.search(name) or _CODE_OF.fullmatch(name)) or _NEXT.search(name):
            continue
        if context.in_browser(fid) or function.kind == "module":
            continue
        made = [context.matrix.origins.resolved(fid, value) for value in context.matrix.origins.returned(fid)]
        if len(made) != 1 or made[0] is None or made[0][0] != fid or made[0][1].op != Op.CALL:
            continue
        call = made[0][1]
        if is_encoding(context, fid, call) and _Part(context).of(fid, call.dst):
            span = context.view.span(fid, call.start, call.end)
            yield Guessable(fid, call, span, _own_name(context, fid), False, hashed=False)


def opens_access(name: str) -> bool:
    """Whether a value of this name opens something to whoever has it, for long: no code that is typed in once."""
    spelled = words(name)
    return _OPENS.search(spelled) is not None or (
        _GIVES_ACCESS.search(spelled) is not None and not re.search(r"(?:code|pin|otp|password)$", spelled)
    )


def is_known(context: Context, fid: str, value: int) -> bool:
    """Whether a value differs from case to case, and is made of what others know alone."""
    return _Part(context).of(fid, value) is True


def _own_name(context: Context, fid: str) -> str:
    """The name of a function, or that of the variable that keeps an anonymous one."""
    name = context.view.function(fid).name.rpartition(".")[2]
    return name.partition("~")[0]


def is_encoding(context: Context, fid: str, call: Instr) -> bool:
    """Whether a call, or what its receiver is made by, writes a value in another way."""
    for _ in range(_HANDS):
        callee = context.view.definitions(fid).get(call.args[0])
        if callee is None:
            return False
        if _ENCODES.fullmatch(callee.name):
            # `toString()` and `"...".format()` write texts as people read them.
            plain = callee.name == "toString" and len(call.args) == 1
            return not plain and not (callee.name == "format" and callee.op == Op.ATTR)
        inner = context.matrix.origins.resolved(fid, callee.args[0]) if callee.op == Op.ATTR else None
        if callee.name not in _DRESSES or inner is None or inner[1].op != Op.CALL:
            return False
        call = inner[1]
    return False


def _opens(context: Context, fid: str, value: int) -> str:
    """The name of a session's identifier or of a key that the value becomes; "" when it becomes none."""
    for end in context.destinations.of(fid, value):
        if _OPENS.search(words(end.name)):
            return end.name
        record = opened_by(context, end)
        if record:
            return record
    return ""


def opened_by(context: Context, end: Destination) -> str:
    """The record of keys or sessions, by its name, that a value is kept in as what they are known by; "" when none."""
    if end.how not in ("key", "argument") or not _KEPT_AS.match(words(end.name)):
        return ""
    users = context.destinations.users(end.fid)
    pending = [end.instr]
    for _ in range(_HANDS):
        calls = [one for one in pending if one.op == Op.CALL]
        for call in calls:
            touch = access_at(context.matrix.origins, end.fid, call)
            changes = touch is not None and touch.operation in ("create", "update")
            if touch is not None and changes and _RECORD.search(words(touch.resource)):
                return f"{touch.resource}.{end.name}"
        # `save(create({ value }))`: from hand to hand.
        pending = [user for one in pending for user in users.get(one.dst, ())]
    return ""


def _gives_access(context: Context, fid: str, value: int) -> str:
    """The name that says so of a value, or of it and of the function that makes it; "" when none does."""
    purpose = gives_back(context, fid)
    for end in context.destinations.of(fid, value):
        name = words(end.name)
        if _GIVES_ACCESS.search(name) or (purpose and _TOKEN.match(name)):
            return end.name
    own = words(context.view.function(fid).name.rpartition(".")[2])
    return own if _GIVES_ACCESS.search(own) and fid in _returning(context, fid, value) else ""


def gives_back(context: Context, fid: str) -> bool:
    """Whether a function, or the endpoint that runs it, is about getting into an account, by its name."""
    return _PURPOSE.search(_about(context, fid)) is not None


def _about(context: Context, fid: str) -> str:
    endpoint = context.first_endpoint(fid)
    return words(f"{context.view.function(fid).name} {endpoint.path if endpoint is not None else ''}")


def _returning(context: Context, fid: str, value: int) -> tuple[str, ...]:
    ends = context.destinations.of(fid, value)
    return (fid,) if any(end.how == "returned" for end in ends) or not ends else ()


def _plain_columns(context: Context) -> frozenset[str]:
    """Columns of stored classes that say by their names nothing of a secret, and are filled by no chance."""
    held = context.notes.get("plain columns")
    if not isinstance(held, frozenset):
        columns = {
            field.name
            for path, module in context.view.linker.modules.items()
            for cls in module.classes.values()
            for field in cls.fields
            if not _SECRET_COLUMN.search(words(field.name))
            and _DECLARES.search(context.text(Span(path, field.start, field.end)))
        }
        by_chance = {
            end.name
            for use in context.uses.of(RandomSource)
            for end in context.destinations.of(use.fid, use.instr.dst)
        }
        held = context.notes["plain columns"] = frozenset(columns - by_chance)
    return held


class _Part:
    """Whether others know what a value is made of."""

    def __init__(self, context: Context, sent: bool = False) -> None:
        """`sent`: whether what a request brings is known, as it is to whoever sends it."""
        self.context = context
        self.origins = context.matrix.origins
        self.sent = sent

    def of(self, fid: str, value: int, depth: int = 0) -> bool | None:
        """True for what differs from case to case and is known, false for constants, `None` when it may be secret."""
        found = self.origins.resolved(fid, value)
        if found is None or depth > _DEPTH:
            return None
        home, instr = found
        match instr.op:
            case Op.CONST:
                return False
            case _ if self._is_constant(home, instr):
                return False
            case _ if self.sent and self._is_sent(home, instr):
                return True
            case Op.JOIN | Op.BINARY | Op.AWAIT | Op.LOGIC:
                return self._all(home, instr.args, depth)
            case Op.ATTR:
                plain = instr.name in _plain_columns(self.context)
                return True if plain or _KNOWN.match(words(instr.name)) else None
            case Op.ITEM:
                if self.origins.is_slice(home, instr):
                    return self.of(home, instr.args[0], depth + 1)
                named = isinstance(instr.value, str) and _KNOWN.match(words(instr.value))
                return True if named else None
            case Op.LOAD:
                return self._loaded(home, instr, depth)
            case Op.CALL | Op.NEW:
                return self._called(home, instr, depth)
            case _:
                return None

    def _is_constant(self, fid: str, instr: Instr) -> bool:
        """`config.SALT`, which stands in the code for everybody to read."""
        if instr.op not in (Op.LOAD, Op.ATTR):
            return False
        setting = evaluate(ValueView(self.context.view, fid, instr.dst))
        return setting.known and not setting.from_environment

    def _all(self, fid: str, values: tuple[int, ...], depth: int) -> bool | None:
        parts = [self.of(fid, value, depth + 1) for value in values]
        return None if any(part is None for part in parts) else any(parts)

    def _loaded(self, fid: str, load: Instr, depth: int) -> bool | None:
        stores = tuple(v for v in self.origins.stores(fid, load) if v >= 0 and v != load.dst)
        if stores:
            return self._all(fid, stores, depth)
        if self.sent:
            return self._given(fid, load, depth)
        return True if _KNOWN.match(words(load.name)) else None

    def _is_sent(self, fid: str, instr: Instr) -> bool:
        """Whether a request brings the value, all of it."""
        atoms = self.origins.of(fid, instr.dst)
        return bool(atoms) and all(atom.kind == "input" and atom.name != "session" for atom in atoms)

    def _given(self, fid: str, load: Instr, depth: int) -> bool | None:
        """What every caller gives for a parameter."""
        given = [
            self.of(home, value, depth + 1)
            for name in self.context.naming.parameters(fid, load.dst)
            for home, value in self.context.naming.given(fid, name)
        ]
        return None if not given or any(part is None for part in given) else any(given)

    def _called(self, fid: str, instr: Instr, depth: int) -> bool | None:
        concepts = self.origins.concepts(fid, instr.dst)
        sources = [concept for concept in concepts if isinstance(concept, RandomSource)]
        if sources:
            return True if all(source.kind == "clock" for source in sources) else None
        callee = self.context.view.definitions(fid).get(instr.args[0])
        if callee is None:
            return None
        if callee.name in _READS and len(instr.args) > 1:
            # `headers.get("User-Agent")`
            asked = ValueView(self.context.view, fid, instr.args[1]).text
            return True if asked and _KNOWN.match(words(asked)) else None
        if callee.name not in _SAME:
            return None
        receiver = (callee.args[0],) if callee.op == Op.ATTR and not _is_library(callee) else ()
        if callee.name == "Date" and len(instr.args) == 1:
            return True
        return self._all(fid, (*receiver, *instr.args[1:]), depth)


def _is_library(callee: Instr) -> bool:
    """`Math.floor(x)`, `Buffer.from(x)`: the receiver is no part of what is made."""
    return callee.name in ("floor", "ceil", "round", "from", "b64encode", "urlsafe_b64encode", "hexlify")


__all__ = ["Guessable", "gives_back", "guessable", "is_encoding", "is_known", "opened_by", "opens_access"]
