"""What a program keeps under a key for a while: in a store, a cache, a map that outlives the request.

`json.loads(await redis.get(f"login:{ticket}"))["code"]`, `codes.get(email).code`, `cache.get(key(phone))`: in
whatever form it is kept, it is one entry, that some key names.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from rearguard.analysis.access.origins import Origins
from rearguard.analysis.access.resources import access_at
from rearguard.analysis.identity.names import words
from rearguard.link import function_id
from rearguard.program import MODULE_BODY, Instr, Op

__all__ = ["Kept", "key_texts", "kept_value", "removes", "writes"]

_TAKING = "getdel get_del pull take pop"
_READING = """
get get_buffer get_ex get_item get_with_metadata getex h_get h_get_all hget hgetall hmget json_get
lookup read
"""
_WRITING = """
add h_set hmset hset json_set p_set_ex psetex put save set set_ex set_item set_nx setex setnx store
"""
_REMOVING = "del del_item delete delete_many drop h_del hdel remove remove_item unlink"
_FORMS = """
bytes copy decode deserialize dict from int json load loads lower number parse str string strip
to_lower_case to_string trim unpack unpackb unserialize value_of
"""
_TAKES = frozenset((*_TAKING.split(), "get_and_delete", "find_one_and_delete"))
READS = frozenset((*_READING.split(), *_TAKING.split()))
_WRITES = frozenset(_WRITING.split())
_REMOVES = frozenset(_REMOVING.split())
_CHANGES_FORM = frozenset(_FORMS.split())
_STORE = re.compile(
    r"(?:^|_)(?:redis|cache|kv|store|storage|memcached?|valkey|pending|challenges?|tickets?|codes?|otps?|pins?|sessions?|"
    r"logins?|tokens?|resets?|attempts|registry|entries|handles|keyv|r)(?:_|$)"
)
"""What a store, or a map that stands for one, is called."""
_OF_REQUEST = re.compile(
    r"(?:^|_)(?:requests?|req|headers?|cookies?|query|params?|args|form|body|data|environ|env|config|settings|options|meta|post|"
    r"files|http|https|axios|client|url|search_params|formdata|form_data|app|router|i18n|container|registry_of)$"
)
_PREFIX = re.compile(r"^[\w.-]{1,40}[:_/|.#-]$|^[\w-]+:[\w:.-]*$")
"""How the written part of a key ends: `login:`, `otp_`."""
_STEPS, _CALLS = 10, 2


@dataclass(frozen=True, slots=True)
class Kept:
    """An entry that is read."""

    fid: str
    read: Instr
    key: int
    """The value that names it."""
    named: str
    """What the store and the written part of the key are called, in lower-case words."""
    members: tuple[str, ...]
    """What is taken from the entry, outermost last: empty for all of it."""
    takes: bool
    """Whether reading it removes it."""


def kept_value(origins: Origins, fid: str, value: int, calls: int = 0) -> Kept | None:
    """The entry that a value was read from, or is a part of."""
    members: list[str] = []
    for _ in range(_STEPS):
        found = origins.resolved(fid, value)
        if found is None:
            return None
        fid, instr = found
        match instr.op:
            case Op.AWAIT:
                value = instr.args[0]
            case Op.ATTR:
                members.append(instr.name)
                value = instr.args[0]
            case Op.ITEM:
                name = instr.value if isinstance(instr.value, str) else _constant(origins, fid, instr)
                if name is None:
                    return _of_map(origins, fid, instr, tuple(members))
                members.append(name)
                value = instr.args[0]
            case Op.LOGIC:
                # `await store.get(key) ?? ""`
                value = instr.args[0]
            case Op.CALL:
                made = _read(origins, fid, instr, tuple(members))
                if made is not None:
                    return made
                # A project's own `load` is no change of form.
                own = origins.targets(fid, instr)
                further = _unwrapped(origins, fid, instr, members) if not own else None
                if further is not None:
                    value = further
                    continue
                return _returned(origins, fid, instr, tuple(members), calls)
            case Op.LOAD if calls < _CALLS:
                # `json.loads(raw) if raw else None`
                several = (
                    kept_value(origins, fid, v, calls + 1)
                    for v in sorted(origins.stores(fid, instr))
                    if v >= 0
                )
                one = next((kept for kept in several if kept is not None), None)
                return None if one is None else replace(one, members=(*members, *one.members))
            case _:
                return None
    return None


def _constant(origins: Origins, fid: str, item: Instr) -> str | None:
    return origins.constant(fid, item.args[1]) if len(item.args) > 1 else "0"


def _unwrapped(origins: Origins, fid: str, call: Instr, members: list[str]) -> int | None:
    """What a change of form is made of: `json.loads(raw)`, `raw.decode()`, `entry.get("code")`."""
    callee = origins.view.definitions(fid).get(call.args[0])
    if callee is None:
        return None
    name = words(callee.name)
    if callee.op == Op.ATTR and name == "get" and len(call.args) > 1:
        key = origins.constant(fid, call.args[1])
        if key is not None and not _PREFIX.match(key):
            members.append(key)
            return callee.args[0]
        return None
    if name not in _CHANGES_FORM:
        return None
    return call.args[1] if len(call.args) > 1 else callee.args[0] if callee.op == Op.ATTR else None


def _returned(origins: Origins, fid: str, call: Instr, members: tuple[str, ...], calls: int) -> Kept | None:
    """What a function of the program reads for its callers: `await pending(ticket)`."""
    targets = origins.targets(fid, call)
    if len(targets) != 1 or calls >= _CALLS:
        return None
    for value in origins.returned(targets[0]):
        made = kept_value(origins, targets[0], value, calls + 1)
        if made is not None:
            return replace(made, members=(*members, *made.members))
    return None


def _read(origins: Origins, fid: str, call: Instr, members: tuple[str, ...]) -> Kept | None:
    callee = origins.view.definitions(fid).get(call.args[0])
    if callee is None or callee.op != Op.ATTR or len(call.args) < 2 or words(callee.name) not in READS:
        return None
    held = origins.view.definitions(fid).get(callee.args[0])
    named = _name_of(held)
    if not _is_store(origins, fid, call, call.args[1], named):
        return None
    texts = words("_".join((named, *key_texts(origins, fid, call.args[1]))))
    return Kept(fid, call, call.args[1], texts, members, words(callee.name) in _TAKES)


def _of_map(origins: Origins, fid: str, item: Instr, members: tuple[str, ...]) -> Kept | None:
    """`CODES[email]`, of a map that the module keeps."""
    held = origins.view.definitions(fid).get(item.args[0])
    if (
        held is None
        or held.op != Op.LOAD
        or not _is_of_module(origins, fid, held)
        or not _STORE.search(words(held.name))
    ):
        return None
    texts = words("_".join((held.name, *key_texts(origins, fid, item.args[1]))))
    return Kept(fid, item, item.args[1], texts, members, False)


def _is_of_module(origins: Origins, fid: str, load: Instr) -> bool:
    function = origins.linker.functions[fid]
    if load.name in function.locals or any(param.name == load.name for param in function.params):
        return False
    body = function_id(origins.linker.module_of[fid], MODULE_BODY)
    return load.name in origins.linker.contents(body).stores


def _name_of(held: Instr | None) -> str:
    return held.name if held is not None and held.op in (Op.ATTR, Op.LOAD) else ""


def _is_store(origins: Origins, fid: str, call: Instr, key: int, named: str) -> bool:
    """Whether something is read from, or put into, what keeps entries under keys: no request, no table."""
    spelled = words(named)
    if _OF_REQUEST.search(spelled) or access_at(origins, fid, call) is not None:
        return False
    if origins.constant(fid, key) is not None:
        return False
    texts = key_texts(origins, fid, key)
    return _STORE.search(spelled) is not None or any(map(_PREFIX.match, texts))


def key_texts(origins: Origins, fid: str, key: int) -> tuple[str, ...]:
    """What is written out of a key; of one that a function makes, that function's name too."""
    return tuple(_texts(origins, fid, key, 0))


def _texts(origins: Origins, fid: str, key: int, depth: int) -> Iterator[str]:
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
        for target in origins.targets(home, made)[:1] if depth < _CALLS else ():
            for value in origins.returned(target):
                yield from _texts(origins, target, value, depth + 1)


def writes(origins: Origins, fid: str, call: Instr) -> bool:
    """Whether a call puts something under a key: `store.setex(key, 900, value)`."""
    return _does(origins, fid, call, _WRITES, 3)


def removes(origins: Origins, fid: str, call: Instr) -> bool:
    """Whether a call removes what is kept under a key, or reads it for the last time."""
    return _does(origins, fid, call, _REMOVES | _TAKES, 2)


def _does(origins: Origins, fid: str, call: Instr, names: frozenset[str], fewest: int) -> bool:
    callee = origins.view.definitions(fid).get(call.args[0])
    if callee is None or callee.op != Op.ATTR or len(call.args) < fewest or words(callee.name) not in names:
        return False
    held = origins.view.definitions(fid).get(callee.args[0])
    return _is_store(origins, fid, call, call.args[1], _name_of(held))
