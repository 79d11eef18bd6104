"""Whether a middleware lets nothing pass that a check found fault with: what it does with the outcome."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rearguard.link import function_id
from rearguard.models.view import ModelView
from rearguard.program import Block, If, Instr, Loop, Op, Statement, Try, With, children, instructions

_UNASKED, _ASKED, _PASSED = 0, 1, 2
"""Nothing was asked yet; whoever failed has left this function; whoever failed has left with an error."""
_ROUNDS = 3
_LEAVING = (Op.RETURN, Op.RAISE)


class Refusal:
    """One middleware and the calls in it that check the request."""

    def __init__(self, view: ModelView, fid: str, calls: Mapping[str, Mapping[int, bool]]) -> None:
        """`calls`: function, `fid` or one written in it, -> calls that check, and whether they throw."""
        self.view = view
        self.fid = fid
        self.calls = calls
        params = view.function(fid).params
        self.next = params[-1].name if params else ""
        self.bodies = tuple(inside(view, fid))
        self.told: set[str] = set()
        """Variables that say what was found."""
        self.passes = True
        """Whether every way on begins behind the outcome."""
        self.goes_on = False
        for _ in range(_ROUNDS):
            known = len(self.told)
            for body in self.bodies:
                self._tell(body)
            if len(self.told) == known:
                break

    def holds(self) -> bool:
        """Whether no way leads on for what was found at fault."""
        self._block(self.fid, self.view.function(self.fid).body, _UNASKED)
        return self.passes

    # -- what says so -----------------------------------------------------------------------------

    def _tell(self, fid: str) -> None:
        self._told_in(fid, self.view.function(fid).body, False)

    def _told_in(self, fid: str, block: Block, decided: bool) -> None:
        """Note variables that hold an outcome, or are changed where one decides."""
        for one in block:
            if type(one) is Instr:
                self._note(fid, one, decided)
            elif isinstance(one, If):
                within = decided or self.depends(fid, one.cond)
                self._told_in(fid, one.then, within)
                self._told_in(fid, one.orelse, within)
            elif isinstance(one, Try):
                self._told_in(fid, one.body, decided)
                caught = decided or self._throws_in(fid, one.body)
                for handler in one.handlers:
                    self._told_in(fid, handler.body, caught)
                self._told_in(fid, one.final, decided)
            else:
                for block_inside in children(one):
                    self._told_in(fid, block_inside, decided)

    def _note(self, fid: str, instr: Instr, decided: bool) -> None:
        definitions = self.view.definitions(fid)
        if instr.op == Op.STORE and (decided or self.depends(fid, instr.args[0])):
            self.told.add(instr.name)
        elif instr.op in (Op.CALL, Op.SETITEM, Op.SETATTR):
            given = instr.args[1:] if instr.op == Op.CALL else instr.args[-1:]
            if not (decided or any(self.depends(fid, number) for number in given)):
                return
            target = definitions.get(instr.args[0])
            if instr.op == Op.CALL:
                if target is None or target.op != Op.ATTR or target.name not in ("push", "unshift", "set"):
                    return
                target = definitions.get(target.args[0])
            if target is not None and target.op == Op.LOAD and target.name not in self._requests:
                self.told.add(target.name)

    @property
    def _requests(self) -> frozenset[str]:
        return frozenset(param.name for param in self.view.function(self.fid).params)

    def depends(self, fid: str, number: int) -> bool:
        """Whether a value comes of what a check gave."""
        definitions, calls = self.view.definitions(fid), self.calls.get(fid, {})
        pending, seen = [number], set[int]()
        while pending and len(seen) < 60:
            current = pending.pop()
            if current in seen:
                continue
            seen.add(current)
            if current in calls:
                return True
            instr = definitions.get(current)
            if instr is None:
                continue
            if instr.op == Op.LOAD and instr.name in self.told:
                return True
            if instr.op not in (Op.LOAD, Op.FUNC, Op.CONST):
                pending.extend(instr.args)
        return False

    def _throws_in(self, fid: str, block: Block) -> bool:
        calls = self.calls.get(fid, {})
        return any(calls.get(i.dst) for i in instructions(block) if i.op in (Op.CALL, Op.NEW))

    # -- ways through -----------------------------------------------------------------------------

    def _block(self, fid: str, block: Block, state: int) -> tuple[int, bool]:
        """What was asked after a block that was come to with `state`, and whether it always leaves."""
        for one in block:
            state, left = self._statement(fid, one, state)
            if left:
                return state, True
        return state, False

    def _statement(self, fid: str, one: Statement, state: int) -> tuple[int, bool]:
        if type(one) is Instr:
            if one.op in _LEAVING:
                return state, True
            return self._instr(fid, one, state), False
        if isinstance(one, If):
            asked = self.depends(fid, one.cond)
            inner = max(state, _ASKED) if asked else state
            then, else_ = self._block(fid, one.then, inner), self._block(fid, one.orelse, inner)
            if asked and (then[1] or else_[1]):
                raised = _raises(one.then) if then[1] else _raises(one.orelse)
                state = max(state, _PASSED if raised else _ASKED)
            elif not asked:
                state = max([state, *(end for end, left in (then, else_) if not left)])
            return state, then[1] and else_[1]
        if isinstance(one, Try):
            return self._try(fid, one, state)
        if isinstance(one, Loop):
            state, _ = self._block(fid, one.head, state)
            return max(state, self._block(fid, one.body, state)[0]), False
        ends = [self._block(fid, inner, state) for inner in children(one)]
        if isinstance(one, With):
            return ends[0] if ends else (state, False)
        return max([state, *(end for end, left in ends if not left)]), False

    def _try(self, fid: str, one: Try, state: int) -> tuple[int, bool]:
        end, left = self._block(fid, one.body, state)
        leaves = True
        for handler in one.handlers:
            decided = self._throws_in(fid, one.body)
            _, gone = self._block(fid, handler.body, _UNASKED if decided else state)
            leaves = leaves and gone
        if one.handlers and not leaves and end > state and self._throws_in(fid, one.body):
            end = state
        final = self._block(fid, one.final, end)
        return final[0], final[1] or (left and leaves)

    def _instr(self, fid: str, instr: Instr, state: int) -> int:
        if instr.op not in (Op.CALL, Op.NEW):
            return state
        definitions, calls = self.view.definitions(fid), self.calls.get(fid, {})
        callee = definitions.get(instr.args[0])
        if calls.get(instr.dst) and self._is_waited_for(fid, instr):
            return _PASSED
        if callee is not None and callee.op == Op.LOAD and callee.name == self.next and len(instr.args) == 1:
            self.goes_on = True
            self.passes = self.passes and state > _UNASKED
            return state
        made = [definitions.get(number) for number in instr.args[1:]]
        if callee is not None and callee.op == Op.FUNC:
            made.insert(0, callee)
        for place, inner in enumerate(made):
            if inner is None or inner.op != Op.FUNC:
                continue
            within = function_id(self.view.linker.module_of[fid], inner.name)
            if within not in self.bodies:
                continue
            end, _ = self._block(
                within, self.view.function(within).body, self._given(fid, instr, callee, place, state)
            )
            if end == _PASSED and (callee is None or callee.name not in ("then", "catch", "finally")):
                state = _PASSED
        return state

    def _given(self, fid: str, instr: Instr, callee: Instr | None, place: int, state: int) -> int:
        """What was asked when a function runs that a call is given."""
        if callee is None or callee.op != Op.ATTR or callee.name not in ("then", "catch"):
            return max(state, _ASKED) if instr.dst in self.calls.get(fid, {}) else state
        if not self.depends(fid, callee.args[0]):
            return state
        return _PASSED if callee.name == "then" and place == 0 else _UNASKED

    def _is_waited_for(self, fid: str, call: Instr) -> bool:
        """Whether a check throws where it stands: what promises is only waited for here or in `then`."""
        definitions = self.view.definitions(fid)
        callee = definitions.get(call.args[0])
        name = callee.name if callee is not None else ""
        for instr in self.view.linker.code(fid):
            if instr.op == Op.ATTR and instr.args[0] == call.dst and instr.name in ("then", "catch"):
                return False
            if instr.op == Op.AWAIT and instr.args[0] == call.dst:
                return True
        return not name.endswith(("Async", "validateOrReject"))


def _raises(block: Block) -> bool:
    return any(instr.op == Op.RAISE for instr in instructions(block))


def inside(view: ModelView, fid: str) -> Iterator[str]:
    """A function, and those written in it."""
    yield fid
    for inner in view.linker.inner.get(fid, ()):
        yield from inside(view, inner)


__all__ = ["Refusal", "inside"]
