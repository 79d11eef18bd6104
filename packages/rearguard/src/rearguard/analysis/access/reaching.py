"""Which assignments a variable's use may see, in one function."""

from collections.abc import Iterable
from typing import TypeAlias

from rearguard.program import Block, Function, If, Instr, Loop, Op, Switch, Try, With, instructions

ENTRY = -1
"""Stands for the value that a variable has when the function starts: a parameter's."""

_State: TypeAlias = dict[str, frozenset[int]]
_AT_ENTRY = frozenset((ENTRY,))


def reaching(function: Function) -> dict[int, frozenset[int]]:
    """Value of each `LOAD` of an own variable -> values stored in it that may reach there, or `ENTRY`."""
    reader = _Reader(function)
    reader.block(function.body, {})
    return reader.found


class _Reader:
    def __init__(self, function: Function) -> None:
        loaded = {i.name for i in instructions(function.body) if i.op == Op.LOAD}
        # Of what nothing reads, no state need be kept.
        self.own = (function.locals | {param.name for param in function.params}) & loaded
        self.found: dict[int, frozenset[int]] = {}

    def block(self, block: Block, state: _State) -> _State | None:
        """The state behind a block; `None` when its end is not reached."""
        for statement in block:
            if type(statement) is Instr:
                if statement.op == Op.LOAD and statement.name in self.own:
                    held = state.get(statement.name, _AT_ENTRY)
                    self.found[statement.dst] = self.found.get(statement.dst, frozenset()) | held
                elif statement.op == Op.STORE and statement.name in self.own:
                    state[statement.name] = frozenset((statement.args[0],))
                elif statement.op in (Op.RETURN, Op.RAISE, Op.BREAK, Op.CONTINUE):
                    return None
                continue
            after = self.region(statement, state)
            if after is None:
                return None
            state = after
        return state

    def region(self, region: object, state: _State) -> _State | None:
        match region:
            case If():
                return _merged((self.block(region.then, dict(state)), self.block(region.orelse, dict(state))))
            case Loop():
                return self._loop(region, state)
            case Try():
                return self._try(region, state)
            case Switch():
                return self._switch(region, state)
            case With():
                return self.block(region.body, state)
        return state

    def _loop(self, region: Loop, state: _State) -> _State | None:
        # Stores of the body reach its start again: taken as possible from the first round on.
        for name, values in _stored(region.body).items():
            state[name] = state.get(name, _AT_ENTRY) | values
        head = self.block(region.head, state)
        if head is None:
            return None
        body = self.block(region.body, dict(head))
        after = _merged((head, body))
        return None if after is None else self.block(region.orelse, after)

    def _try(self, region: Try, state: _State) -> _State | None:
        before = dict(state)
        for name, values in _stored(region.body).items():
            before[name] = before.get(name, _AT_ENTRY) | values
        ended = self.block(region.body, state)
        if ended is not None:
            ended = self.block(region.orelse, ended)
        ends = [ended, *(self.block(handler.body, dict(before)) for handler in region.handlers)]
        after = _merged(ends)
        final = self.block(region.final, after if after is not None else before)
        return None if after is None else final

    def _switch(self, region: Switch, state: _State) -> _State | None:
        ends: list[_State | None] = [dict(state)]
        for case in region.cases:
            inner = self.block(case.head, dict(state))
            ends.append(None if inner is None else self.block(case.body, inner))
        return _merged(ends)


def _stored(block: Block) -> _State:
    found: _State = {}
    stack: list[object] = list(block)
    while stack:
        statement = stack.pop()
        match statement:
            case Instr():
                if statement.op == Op.STORE:
                    found[statement.name] = found.get(statement.name, frozenset()) | {statement.args[0]}
            case If():
                stack.extend((*statement.then, *statement.orelse))
            case Loop():
                stack.extend((*statement.head, *statement.body, *statement.orelse))
            case Try():
                stack.extend((*statement.body, *statement.orelse, *statement.final))
                stack.extend(inner for handler in statement.handlers for inner in handler.body)
            case Switch():
                stack.extend(inner for case in statement.cases for inner in (*case.head, *case.body))
            case With():
                stack.extend(statement.body)
    return found


def _merged(states: Iterable[_State | None]) -> _State | None:
    reached = [state for state in states if state is not None]
    if not reached:
        return None
    merged = dict(reached[0])
    for other in reached[1:]:
        for name in {*merged, *other}:
            merged[name] = merged.get(name, _AT_ENTRY) | other.get(name, _AT_ENTRY)
    return merged
