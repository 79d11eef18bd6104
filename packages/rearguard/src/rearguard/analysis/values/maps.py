"""What the languages' own functions over the keys of a map give."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rearguard.analysis.values.domain import ANY_KEY, KEYS, Maybe, Value, labelled, with_field
from rearguard.program import Instr

if TYPE_CHECKING:
    from rearguard.analysis.values.regions import Regions

_KEYS = frozenset(("global.Object.keys", "global.Object.getOwnPropertyNames", "global.Reflect.ownKeys"))


def over_keys(run: Regions, instr: Instr) -> tuple[Maybe] | None:
    """The value of `Object.keys(x)` and its like; `None` when the call is none of them."""
    for name in run.program.names(run.refs[instr.args[0]]):
        if name not in _KEYS and name not in _OTHERS:
            continue
        if len(instr.args) < 2 or "*" in instr.keys:
            return None
        held = run.values[instr.args[1]]
        if name in _KEYS:
            return (_listed(run.keys_of(held)),)
        return (_OTHERS[name](run, instr, held),)
    return None


def _listed(element: Maybe) -> Maybe:
    return Value(0, {ANY_KEY: element}, None, -1, "list") if element is not None else None


def _values(run: Regions, _: Instr, held: Maybe) -> Maybe:
    return _listed(run.member_of(held, ANY_KEY))


def entries(run: Regions, held: Maybe) -> Maybe:
    """The pairs of a map: `Object.entries(held)`, `held.items()`."""
    if held is None:
        return None
    key, value = run.keys_of(held) or Value(), run.member_of(held, ANY_KEY) or Value()
    return _listed(Value(0, {"0": key, "1": value}, None, -1, "list"))


def _from_entries(run: Regions, _: Instr, held: Maybe) -> Maybe:
    """Pairs made into an object; what is iterable by itself (parameters of a query) stays what it is."""
    if held is None or not held.fields:
        return held
    pair = run.member_of(held, ANY_KEY)
    key, value = run.member_of(pair, "0"), run.member_of(pair, "1")
    made = with_field(Value(held.labels, None, None, -1, "dict"), (ANY_KEY,), value)
    named = labelled(key.deep()) if key is not None else None
    return with_field(made, (KEYS,), named) if named is not None else made


def _assign(run: Regions, instr: Instr, held: Maybe) -> Maybe:
    """The first object, with what the others hold put into it."""
    target = instr.args[1]
    sources = [value for number in instr.args[2:] if (value := run.values[number]) is not None]
    if held is not None and held.container == "dict" and not held.fields and len(sources) == 1:
        path = run.paths.get(target)
        if path is None:
            return sources[0]
    for source in sources:
        for key, child in (source.fields or {}).items():
            run.write(target, (key,), child, weak=key in (ANY_KEY, KEYS))
        if source.labels:
            # Whatever it holds, under keys of its own, which may be those that are there already.
            there = run.values[target]
            known = there.fields if there is not None and there.fields else {}
            for key in (*known, ANY_KEY, KEYS):
                run.write(target, (key,), labelled(source.labels), weak=True)
    return run.values[target]


_OTHERS = {
    "global.Object.values": _values,
    "global.Object.entries": lambda run, _, held: entries(run, held),
    "global.Object.fromEntries": _from_entries,
    "global.Object.assign": _assign,
}
