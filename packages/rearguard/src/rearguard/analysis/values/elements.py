"""Tests of every element of a list or every key of a map, after which each of them is what was asked for.

`if any(c not in COLUMNS for c in columns): abort(400)`, `keys.every((k) => ALLOWED.has(k))`, a loop that
leaves at the first wrong one, a list of the wrong ones that must be empty, `set(columns) <= COLUMNS`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rearguard.analysis.values.domain import (
    ANY_KEY,
    HARMFUL,
    KEYS,
    Maybe,
    Port,
    SourceRead,
    Value,
)
from rearguard.analysis.values.narrowing import limit, narrow
from rearguard.link import Kind
from rearguard.models.concepts import Context
from rearguard.program import If, Instr, Loop, Op, walk

if TYPE_CHECKING:
    from rearguard.analysis.values.regions import Regions

__all__ = [
    "assume_compared_sets",
    "assume_elements",
    "assume_none_left",
    "filtered",
    "safe_elements",
    "shown_by_loop",
]

_LISTS = frozenset(("list", "sorted", "set", "tuple", "frozenset", "from", "Set", "reversed"))
"""Functions that give the elements, or the keys, of what they are given."""
_KEYS_OF = frozenset(("keys", "getOwnPropertyNames", "ownKeys"))
_LISTED = frozenset(("getlist", "get_list", "getall", "get_all", "getAll", "split", "splitlines", "rsplit"))
"""Functions whose result is a list of texts."""
_SETS = ("set", "frozenset", "keys")
_CHANNELS = ("query", "form", "path", "headers")
_WRONG_ONES = frozenset(("filter", "find", "findLast"))
_DEPTH = 5


def assume_elements(run: Regions, instr: Instr, name: str, receiver: int, holds: bool) -> None:
    """`any(...)`, `all(...)`, `.some(...)`, `.every(...)`, and what sets are asked."""
    if len(instr.args) != 2:
        return
    if name in ("any", "all") and receiver < 0 and holds is (name == "all"):
        _assume_comprehension(run, instr.args[1], holds)
    elif name in ("some", "every") and receiver >= 0 and holds is (name == "every"):
        safe_elements(run, receiver, _shown_by_callback(run, instr.args[1], holds))
    elif name in ("find", "findLast") and receiver >= 0 and not holds:
        safe_elements(run, receiver, _shown_by_callback(run, instr.args[1], False))
    elif name == "issubset" and holds and _is_settled(run, instr.args[1]):
        safe_elements(run, receiver, HARMFUL)
    elif name == "issuperset" and holds and _is_settled(run, receiver):
        safe_elements(run, instr.args[1], HARMFUL)


def assume_compared_sets(run: Regions, instr: Instr, holds: bool) -> None:
    """`set(columns) <= COLUMNS`"""
    left, right = instr.args if instr.name in ("<=", "<") else instr.args[::-1]
    asked = run.definitions.get(left)
    is_set = asked is not None and asked.op == Op.CALL and _called(run, asked) in _SETS
    if holds and is_set and _is_settled(run, right):
        safe_elements(run, left, HARMFUL)


def assume_none_left(run: Regions, number: int) -> None:
    """A value that is not true, or a list that is empty: the wrong ones were put into it, or what is left."""
    made = _behind(run, number)
    if made is None:
        return
    if made.op == Op.COLLECT:
        _assume_nothing_pushed(run, made.dst)
    elif made.op == Op.BINARY and made.name == "-" and _is_settled(run, made.args[1]):
        safe_elements(run, made.args[0], HARMFUL)
    elif made.op == Op.CALL:
        callee = run.definitions.get(made.args[0])
        if callee is None or callee.op != Op.ATTR or len(made.args) != 2:
            return
        if callee.name in _WRONG_ONES:
            safe_elements(run, callee.args[0], _shown_by_callback(run, made.args[1], False))
        elif callee.name == "difference" and _is_settled(run, made.args[1]):
            safe_elements(run, callee.args[0], HARMFUL)


def shown_by_loop(run: Regions, region: Loop) -> tuple[int, int] | None:
    """What a loop walks over, and the contexts in which every element is safe that it got past.

    Called at the end of a round, in the environment that goes on.
    """
    first, stored = region.body[0], region.body[1] if len(region.body) > 1 else None
    if type(first) is not Instr or type(stored) is not Instr or stored.op != Op.STORE:
        return None
    inner = [s for s in walk(region.body) if type(s) is Instr]
    stores = sum(s.op == Op.STORE and s.name == stored.name for s in inner)
    if stores != 1 or any(s.op in (Op.BREAK, Op.CONTINUE) for s in inner):
        return None
    if not _is_input(run, first.dst):
        return None
    return first.args[0], _safe(run, run.environment.get(stored.name))


def filtered(run: Regions, held: Value, callback: int) -> Value:
    """`list.filter(callback)`: every element that is left is what the callback asks for."""
    return narrow(held, ~run.origins.repeated(_shown_by_callback(run, callback, True) & HARMFUL))


def safe_elements(run: Regions, number: int, safe: int, depth: int = 0) -> None:
    """Every element of a list, or every key of a map, is safe in the contexts of the bit set `safe`."""
    value = run.values[number]
    if value is None or not safe & HARMFUL or depth > _DEPTH:
        return
    made = _behind(run, number)
    called = _called(run, made) if made is not None and made.op in (Op.CALL, Op.NEW) else ""
    if value.container in ("list", "set", "tuple") or called in _LISTED or _is_text(run, value):
        limit(run, number, safe)
    elif called not in _LISTS and called not in _KEYS_OF:
        _limit_keys(run, number, value, safe)
    if made is not None and called in _LISTS | _KEYS_OF:
        limit(run, number, safe)
        for inner in _walked(run, made):
            safe_elements(run, inner, safe, depth + 1)


def _limit_keys(run: Regions, number: int, value: Value, safe: int) -> None:
    """The keys alone: what stands under them is as it was."""
    fields = {key: child for key, child in (value.fields or {}).items() if key != KEYS}
    keys, entry = run.keys_of(value), run.member_of(value, ANY_KEY)
    mask = ~run.origins.repeated(safe & HARMFUL)
    fields[KEYS] = narrow(keys, mask) if keys is not None else Value()
    if entry is not None:
        fields[ANY_KEY] = entry
    run.put_back(number, Value(0, fields, None, -1, "dict"))


def _is_text(run: Regions, value: Value) -> bool:
    """Whether it is a text, or a list of texts, of a request: no map whose keys are something else."""
    found = [run.origins.items[index] for index, _ in run.origins.fields(value.deep())]
    return bool(found) and all(
        isinstance(origin, SourceRead) and bool(origin.path) and origin.channel in _CHANNELS
        for origin in found
    )


def _walked(run: Regions, made: Instr) -> tuple[int, ...]:
    """What a call gives the keys or elements of: its argument, or what it is a method of."""
    if len(made.args) > 1:
        return made.args[1:2]
    callee = run.definitions.get(made.args[0])
    return callee.args[:1] if callee is not None and callee.op == Op.ATTR else ()


def _called(run: Regions, call: Instr) -> str:
    callee = run.definitions.get(call.args[0])
    return callee.name if callee is not None else ""


def _behind(run: Regions, number: int) -> Instr | None:
    """The instruction behind a value, through variables that are stored once."""
    for _ in range(_DEPTH):
        made = run.definitions.get(number)
        if made is None or made.op != Op.LOAD:
            return made
        stored = run.program.single_store(run.fid, made.name)
        if stored is None:
            return made
        number = stored
    return None


def _is_input(run: Regions, element: int) -> bool:
    """Whether input is seen to reach an element: of one that is not known, nothing is shown."""
    return not _is_settled(run, element)


def _is_settled(run: Regions, number: int) -> bool:
    value = run.values[number]
    return value is None or not value.deep()


# -- what a test shows of one element -------------------------------------------------------------


def _safe(run: Regions, value: Maybe) -> int:
    """The contexts in which a value is harmless."""
    labels = value.deep() if value is not None else 0
    return sum(1 << c for c in Context if HARMFUL >> c & 1 and not labels & run.origins.repeated(1 << c))


def _assume_comprehension(run: Regions, number: int, outcome: bool) -> None:
    loop = _loop_into(run, number)
    if loop is None or any(type(s) is not Instr for s in loop.body):
        return
    pushed = loop.body[-1]
    if type(pushed) is Instr and pushed.op == Op.PUSH and pushed.args[0] == number:
        _assume_of_each(run, loop, pushed.args[-1], outcome)


def _assume_nothing_pushed(run: Regions, number: int) -> None:
    """`bad = [c for c in columns if not known(c)]` is empty."""
    loop = _loop_into(run, number)
    last = loop.body[-1] if loop is not None else None
    if loop is None or type(last) is not If or last.orelse:
        return
    if all(type(s) is Instr for s in (*loop.body[:-1], *last.then)):
        _assume_of_each(run, loop, last.cond, False)


def _loop_into(run: Regions, number: int) -> Loop | None:
    """The comprehension's loop that fills a list."""
    for statement in walk(run.function.body):
        if type(statement) is Loop and len(statement.body) > 1:
            last = statement.body[-1]
            filled = last.then[-1:] if type(last) is If else [last]
            if any(type(s) is Instr and s.op == Op.PUSH and s.args[0] == number for s in filled):
                return statement
    return None


def _assume_of_each(run: Regions, loop: Loop, condition: int, outcome: bool) -> None:
    """Try what the condition's outcome shows of the element, and take it of all."""
    first, stored = loop.body[:2]
    if type(first) is not Instr or type(stored) is not Instr or first.op != Op.ITER or stored.op != Op.STORE:
        return
    if not _is_input(run, first.dst):
        return
    before, mark = run.environment, len(run.narrowed)
    run.environment = dict(before)
    run.program.assume(run, condition, outcome)
    shown = _safe(run, run.environment.get(stored.name))
    run.restore(mark)
    run.environment = before
    safe_elements(run, first.args[0], shown)


def _shown_by_callback(run: Regions, number: int, outcome: bool) -> int:
    """What a function's answer shows of its first parameter."""
    safe = HARMFUL
    found = False
    for ref in run.refs[number]:
        summary = run.program.summary(ref.id) if ref.kind is Kind.FUNCTION else None
        function = run.linker.functions.get(ref.id) if summary is not None else None
        if summary is None or function is None or not function.params:
            return 0
        proven = 0
        for (origin, told), contexts in summary.proves.items():
            port = summary.origins.items[origin]
            if told is outcome and isinstance(port, Port) and port.kind == "param" and not port.path:
                proven |= contexts if port.name == function.params[0].name else 0
        safe &= proven
        found = True
    return safe if found else 0
