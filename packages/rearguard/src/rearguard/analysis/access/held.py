"""Refusals that a helper makes and its caller sends: `const { user, error } = await check(req)`.

The helper keeps a function that answers, under the conditions on which it would refuse; the caller asks
whether there is one, and leaves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from rearguard.analysis.access.facts import Condition, Conditions, Fact
from rearguard.analysis.access.origins import Origins
from rearguard.link import function_id
from rearguard.program import MODULE_BODY, Instr, Op, Span

_STEPS = 10
"""Instructions between a test and the call whose result it looks at."""
_UNEQUAL = ("!=", "!==")


class Held:
    """What one function keeps for its callers, and what those that it calls have kept for it."""

    def __init__(self, origins: Origins, fid: str, facts_of: Callable[[str], tuple[Fact, ...]]) -> None:
        self.origins = origins
        self.fid = fid
        self.path = origins.linker.module_of[fid]
        self.definitions = origins.view.definitions(fid)
        self.facts_of = facts_of
        self._stored: dict[str, list[Fact]] = {}
        self._given: dict[int, list[Fact]] = {}

    def store(self, instr: Instr, conditions: Conditions) -> None:
        """`error = () => unauthorized()`."""
        self._stored.setdefault(instr.name, []).extend(self._kept(instr.args[0], instr.name, conditions))

    def returned(self, instr: Instr, conditions: Conditions) -> Iterator[Fact]:
        """What an object that is returned holds of them, each under its key."""
        made = self.definitions.get(instr.args[0]) if instr.args else None
        if made is None or made.op != Op.COLLECT:
            return
        for key, value in zip(made.keys, made.args, strict=False):
            inner = self.definitions.get(value)
            if not key or inner is None:
                continue
            if inner.op == Op.LOAD:
                for fact in self._stored.get(inner.name, ()):
                    yield fact._replace(what=key)
            yield from self._kept(value, key, conditions)

    def _kept(self, value: int, name: str, conditions: Conditions) -> Iterator[Fact]:
        made = self.definitions.get(value)
        if made is None or made.op != Op.FUNC:
            return
        for fact in self.facts_of(function_id(self.path, made.name)):
            if fact.kind == "denial":
                span = Span(self.path, made.start, made.end)
                yield Fact("held", span, self.fid, made.dst, conditions, status=fact.status, what=name)
                return

    def give(self, instr: Instr, facts: Iterable[Fact], held: bool) -> list[Fact]:
        """Facts of a callee without those that it holds, which are kept for the test of its result; `held`:
        whether the callee holds any, at other calls at least."""
        if not held:
            return list(facts)
        given = self._given.setdefault(instr.dst, [])
        rest: list[Fact] = []
        for fact in facts:
            (given if fact.kind == "held" else rest).append(fact)
        return rest

    def sent(self, tested: int) -> Iterator[Fact]:
        """The refusals that are sent where a test holds: `if (error) return error()`."""
        call, key = self._member(tested)
        for fact in self._given.get(call, ()):
            if fact.what == key:
                yield fact._replace(kind="denial", leaves=True)

    def sends(self, callee: int) -> bool:
        """Whether a call is that of what a callee held: its refusals stand with the test."""
        return self._member(callee)[0] in self._given

    def _member(self, value: int) -> tuple[int, str]:
        """The call, and the key of its result, that a value is; (-1, "") for others."""
        key = ""
        for _ in range(_STEPS if self._given else 0):
            instr = self.definitions.get(value)
            if instr is None:
                break
            if instr.op in (Op.CALL, Op.NEW):
                return instr.dst, key
            if instr.op == Op.LOAD:
                stores = [number for number in self.origins.stores(self.fid, instr) if number >= 0]
                if len(stores) != 1:
                    break
                value = stores[0]
            elif instr.op in (Op.ATTR, Op.ITEM) and not key:
                key = instr.name if instr.op == Op.ATTR else str(instr.value)
                value = instr.args[0]
            elif instr.op == Op.AWAIT or (instr.op == Op.COMPARE and instr.name in _UNEQUAL):
                value = instr.args[0]
            else:
                break
        return -1, ""


def ruled_out(
    conditions: Conditions,
    target: str,
    bound: Mapping[str, int],
    definitions: Mapping[int, Instr],
    origins: Origins,
) -> bool:
    """Whether something does not happen at a call, since the call fixes what it depends on.

    `check(req, { optional: true })`.
    """
    return any(_contradicts(condition, target, bound, definitions, origins) for condition in conditions)


def _contradicts(
    condition: Condition,
    target: str,
    bound: Mapping[str, int],
    definitions: Mapping[int, Instr],
    origins: Origins,
) -> bool:
    if condition.fid != target:
        return False
    inside = origins.view.definitions(target)
    instr, key = inside.get(condition.value), ""
    if instr is not None and instr.op == Op.ATTR:
        key, instr = instr.name, inside.get(instr.args[0])
    if instr is None or instr.op != Op.LOAD:
        return False
    if any(i.op == Op.STORE and i.name == instr.name for i in origins.linker.code(target)):
        return False
    if instr.name not in bound:
        return (
            condition.holds and not {"*", "**"} & bound.keys() and _is_left_out(instr.name, target, origins)
        )
    given = definitions.get(bound[instr.name])
    if key:
        if given is None or given.op != Op.COLLECT or key not in given.keys:
            return False
        given = definitions.get(given.args[given.keys.index(key)])
    return given is not None and given.op == Op.CONST and bool(given.value) is not condition.holds


def not_asked(conditions: Conditions, maker: str, call: Instr, origins: Origins) -> bool:
    """Whether something does not happen in a function that another makes, since the call that made it gives
    nothing for what it depends on: `allow()`, where `allow = (...roles) => (req) => roles.length && ...`."""
    function = origins.linker.functions[maker]
    given = origins.arguments(call, maker)
    before = sum(1 for p in function.params if p.kind == "positional")
    for condition in conditions:
        if not condition.holds or not condition.fid.startswith(f"{maker}.") or {"*", "**"} & set(call.keys):
            continue
        inside = origins.view.definitions(condition.fid)
        instr = inside.get(condition.value)
        if instr is not None and instr.op == Op.ATTR and instr.name == "length":
            instr = inside.get(instr.args[0])
        if (
            instr is None
            or instr.op != Op.LOAD
            or instr.name in origins.linker.functions[condition.fid].locals
        ):
            continue
        kind = next((p.kind for p in function.params if p.name == instr.name), "")
        if kind == "rest" and len(call.args) - 1 <= before:
            return True
        if kind and kind != "rest" and instr.name not in given and _is_left_out(instr.name, maker, origins):
            return True
    return False


def _is_left_out(name: str, target: str, origins: Origins) -> bool:
    """Whether a parameter that a call does not give is nothing: it has no default, or `None`."""
    function = origins.linker.functions[target]
    param = next((p for p in function.params if p.name == name and p.kind in ("positional", "named")), None)
    if param is None:
        return False
    if param.default < 0:
        return True
    around = function_id(origins.linker.module_of[target], function.parent or MODULE_BODY)
    default = origins.view.definitions(around).get(param.default)
    return default is not None and default.op == Op.CONST and not default.value
