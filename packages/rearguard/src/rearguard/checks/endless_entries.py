"""Logins that a store keeps under a key, and that nothing ends: neither a time that it is given, nor what reads it."""

import re
from collections.abc import Iterator

from rearguard.analysis.access import Row
from rearguard.analysis.identity import kept_value, words, writes
from rearguard.analysis.identity.kept_values import key_texts
from rearguard.checks.base import Context
from rearguard.checks.endpoints import by_handler
from rearguard.checks.logins import asks_who_calls, logins
from rearguard.models.concepts import RandomSource
from rearguard.program import Instr, Op, Span

__all__ = ["endless_entries"]

_LOGIN = re.compile(
    r"(?:^|_)(?:sess(?:ions?)?|sids?|s|logins?|tokens?|auth|access|refresh|bearer|users?)(?:_|$)"
)
_OTHERWISE = re.compile(
    r"csrf|reset|recover|forgot|confirm|verif|otp|code|invite|limit|count|attempt|lock|cart|cache_of|by_user|_of(?:_|$)"
)
_TIMED = re.compile(
    r"^(?:ex|px|exat|pxat|ttl|expir\w*|timeout|max_?age|keepttl|expiration_?ttl)$", re.IGNORECASE
)
_ENDS = re.compile(
    r"(?:^|_)(?:p?expire(?:_?at)?|touch|setex|set_ex|psetex|ttl)(?:_|$)|until|expir|(?:^|_)exp(?:_|$)|valid_?to|(?:created|issued|login|seen)_?at|max_age|last_seen"
)
"""What says when an entry is over: a call of the store, or what is kept in it."""
_BY_ITSELF = re.compile(r"(?:^|_)(?:cache|lru|memo|ttl)(?:_|$)")
"""Stores that end what they keep by themselves, unless they are told otherwise."""
_COUNTED = re.compile(r"limit|count|attempt|hits?|try|tries|(?:^|_)n(?:_|$)")
"""Entries that are counters: when those end says nothing of a login."""
_FEWEST = 3
_PLAIN = frozenset(("set", "hset", "h_set", "hmset", "put", "set_item"))


def endless_entries(context: Context) -> Iterator[tuple[Row, Span, str]]:
    """Logins that keep who is there under a secret of their own, for ever: where that is written, and its key."""
    origins = context.matrix.origins
    seen: set[Span] = set()
    random = {
        (use.fid, use.instr.dst) for use in context.uses.of(RandomSource) if use.concept.kind == "secure"
    }
    for row in by_handler(context.matrix):
        if asks_who_calls(row) or not logins(context).of(row):
            continue
        reached = logins(context).reached(row)
        for fid in reached:
            for call in context.view.linker.contents(fid).calls:
                if not writes(origins, fid, call) or not _is_endless(context, fid, call):
                    continue
                texts = words("_".join(key_texts(origins, fid, call.args[1])))
                place = context.view.span(fid, call.start, call.end)
                named = _LOGIN.search(texts) is not None and _OTHERWISE.search(texts) is None
                if not named or place in seen or not _is_of_chance(context, fid, call.args[1], random):
                    continue
                if any(_ends(context, each) for each in _around(context, fid, reached)) or _is_read_with_end(
                    context, texts
                ):
                    continue
                seen.add(place)
                yield row, place, texts


def _is_endless(context: Context, fid: str, call: Instr) -> bool:
    """`set(key, value)` and no more, of a store that keeps things until it is told to drop them."""
    callee = context.view.definitions(fid).get(call.args[0])
    held = (
        context.view.definitions(fid).get(callee.args[0])
        if callee is not None and callee.op == Op.ATTR
        else None
    )
    if (
        callee is None
        or held is None
        or words(callee.name) not in _PLAIN
        or _BY_ITSELF.search(words(held.name))
    ):
        return False
    if any(key and _TIMED.match(key) for key in call.keys):
        return False
    for value in call.args[3:]:
        made = context.matrix.origins.resolved(fid, value)
        if (
            made is None
            or made[1].op != Op.CONST
            or (isinstance(made[1].value, str) and _TIMED.match(made[1].value))
        ):
            # Options that are not read, or say when it ends.
            return False
    return len(call.args) >= _FEWEST


def _is_of_chance(context: Context, fid: str, key: int, random: set[tuple[str, int]]) -> bool:
    """Whether a key is made of a secret that the program draws: the identifier of a session."""
    pending, seen = [(fid, key)], 0
    while pending and seen < 40:
        home, value = pending.pop()
        seen += 1
        found = context.matrix.origins.resolved(home, value)
        if found is None:
            continue
        at, made = found
        if (at, made.dst) in random:
            return True
        if made.op == Op.LOAD:
            pending.extend((at, number) for number in context.matrix.origins.stores(at, made) if number >= 0)
            for name in context.naming.parameters(at, made.dst):
                pending.extend(context.naming.given(at, name))
        elif made.op in (Op.JOIN, Op.BINARY, Op.LOGIC, Op.AWAIT, Op.ITEM, Op.ATTR):
            pending.extend((at, number) for number in made.args)
        elif made.op == Op.CALL:
            pending.extend((at, number) for number in made.args)
            for target in context.matrix.origins.targets(at, made):
                pending.extend((target, number) for number in context.matrix.origins.returned(target))
    return False


def _around(context: Context, fid: str, reached: tuple[str, ...]) -> tuple[str, ...]:
    """The function that writes, and those of the login that lie in its module."""
    home = context.view.linker.module_of[fid]
    return tuple(each for each in reached if context.view.linker.module_of[each] == home)


def _ends(context: Context, fid: str) -> bool:
    """Whether a function gives something an end: by a call, or in what it keeps. What a cookie is told, it is not."""
    definitions = context.view.definitions(fid)
    cookies = {
        value
        for call in context.view.linker.contents(fid).calls
        if (callee := definitions.get(call.args[0])) is not None and "cookie" in callee.name.lower()
        for value in call.args[1:]
    }
    for instr in context.view.linker.code(fid):
        if instr.op == Op.CALL:
            callee = definitions.get(instr.args[0])
            if (
                callee is not None
                and callee.op == Op.ATTR
                and _ENDS.search(words(callee.name))
                and len(instr.args) > 1
            ):
                texts = words("_".join(key_texts(context.matrix.origins, fid, instr.args[1])))
                if not _COUNTED.search(texts):
                    return True
        if (
            instr.op == Op.COLLECT
            and instr.dst not in cookies
            and any(k and _ENDS.search(words(k)) for k in instr.keys)
        ):
            return True
    return False


def _is_read_with_end(context: Context, texts: str) -> bool:
    """Whether what reads such an entry asks how old it is."""
    for fid in context.view.linker.functions:
        for call in context.view.linker.contents(fid).calls:
            kept = kept_value(context.matrix.origins, fid, call.dst)
            if (
                kept is None
                or kept.fid != fid
                or words("_".join(key_texts(context.matrix.origins, fid, kept.key))) != texts
            ):
                continue
            if any(
                i.op in (Op.ATTR, Op.ITEM) and _ENDS.search(words(str(i.name or i.value or "")))
                for i in context.view.linker.code(fid)
            ):
                return True
    return False
