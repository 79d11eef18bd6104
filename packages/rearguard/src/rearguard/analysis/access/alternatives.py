"""Alternatives in the conditions of a query: what stands beside a limit to the caller, joined to it by `or`.

`where(tenant = mine).andWhere(name like q).orWhere(city like q)` is `(mine and name) or city`, and so
is `a AND b OR c` in a statement's text and `a & b | c` in Python. What is joined in a group of its own is
inside one argument, and seen as no alternative to what stands around it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from rearguard.analysis.access.atoms import NOTHING, Atoms, union
from rearguard.analysis.access.origins import Origins
from rearguard.analysis.access.sql import BY_SECRET
from rearguard.link import function_id
from rearguard.program import Instr, Op

if TYPE_CHECKING:
    from rearguard.analysis.access.resources import Touch

__all__ = ["Alternative", "alternatives"]

_OR_STEP = re.compile(r"or_?[wW]here(?!Not|_not|Null|_null|Exists|_exists)\w*")
_STEP = re.compile(r"(?:and_?)?[wW]here\w*|filter(?:_by)?")
_FUNCTIONS = ("or_", "Or", "or")
_LISTS = ("OR", "$or")
_FIXED = re.compile(r"(?:=|\bis\b)\s*(?:true|false|null|not|'|\d)", re.IGNORECASE)
MAX_DEPTH = 8
MAX_STEPS = 12


class Alternative(NamedTuple):
    """Two sides of an `or`, by what the conditions on each compare with."""

    limits: Atoms
    other: Atoms


class _Branch(NamedTuple):
    """The conditions that hold together on one side."""

    atoms: Atoms
    plain: bool
    """Whether each of them compares with a value, and none is one by which things are shared."""


def alternatives(origins: Origins, fid: str, instr: Instr, touch: Touch | None) -> Iterator[Alternative]:
    """The alternatives that a call adds to a query; `touch` is what it does to stored objects."""
    for sides in touch.sides if touch is not None else ():
        for side in sides:
            yield from (Alternative(side, other) for other in sides if other is not side and other)
    asks = touch is not None and touch.concept is not None
    callee = origins.view.definitions(fid).get(instr.args[0]) if instr.op == Op.CALL else None
    if callee is None:
        return
    if callee.op == Op.ATTR and _OR_STEP.fullmatch(callee.name):
        reader = _Reader(origins, fid)
        before = list(reader.before(callee.args[0]))
        limits = union(branch.atoms for branch in before)
        other = [reader.branch(instr.args[1:]), *reader.behind(instr.dst)]
        if limits and all(branch.plain for branch in other):
            yield Alternative(limits, union(branch.atoms for branch in other))
    elif asks or (callee.op == Op.ATTR and _STEP.fullmatch(callee.name)):
        reader = _Reader(origins, fid)
        for branches in (found for value in instr.args[1:] for found in reader.disjunctions(value)):
            for one in branches:
                yield from (Alternative(one.atoms, b.atoms) for b in branches if b is not one and b.plain)


class _Reader:
    """Reads conditions in one function."""

    def __init__(self, origins: Origins, fid: str) -> None:
        self.origins = origins
        self.fid = fid
        self.definitions = origins.view.definitions(fid)

    def before(self, value: int) -> Iterator[_Branch]:
        """The steps of a chain up to a value, back to where it begins."""
        for _ in range(MAX_STEPS):
            instr = self.definitions.get(value)
            if instr is not None and instr.op == Op.LOAD:
                found = self.origins.resolved(self.fid, value)
                instr = found[1] if found is not None and found[0] == self.fid else None
            if instr is None or instr.op != Op.CALL:
                return
            callee = self.definitions.get(instr.args[0])
            if callee is None or callee.op != Op.ATTR:
                return
            if _STEP.fullmatch(callee.name):
                yield self.branch(instr.args[1:])
            value = callee.args[0]

    def behind(self, value: int) -> Iterator[_Branch]:
        """The steps that narrow a chain further: `orWhere(a).andWhere(b)` is one alternative."""
        asked = {i.args[0]: i for i in self.definitions.values() if i.op == Op.ATTR and i.args}
        called = {i.args[0]: i for i in self.definitions.values() if i.op == Op.CALL and i.args}
        for _ in range(MAX_STEPS):
            step = asked.get(value)
            call = called.get(step.dst) if step is not None else None
            if step is None or call is None or _OR_STEP.fullmatch(step.name):
                return
            if _STEP.fullmatch(step.name):
                yield self.branch(call.args[1:])
            value = call.dst

    def branch(self, values: tuple[int, ...]) -> _Branch:
        """What a step compares with: `("city", "like", q)`, `({ city: q })`, `("city = :q", { q })`."""
        named = [self.origins.constant(self.fid, value) for value in values]
        texts = " ".join(filter(None, named))
        last = self.definitions.get(values[-1]) if values else None
        bare = last is None or (last.op == Op.CONST and len(values) > 1)
        atoms = union(self.deep(value) for value in values)
        plain = not bare and not BY_SECRET.search(texts) and not _FIXED.search(texts)
        return _Branch(atoms, plain and all(self._is_plain(value) for value in values))

    def _is_plain(self, value: int, depth: int = 0) -> bool:
        """Whether no part of a condition is fixed, as `public: true` is, or by a secret."""
        instr = self.definitions.get(value)
        if instr is None or depth > MAX_DEPTH:
            return True
        if instr.op in (Op.COLLECT, Op.CALL, Op.NEW):
            keys = instr.keys or (None,) * len(instr.args)
            given = instr.args if instr.op == Op.COLLECT else instr.args[1:]
            for key, each in zip(keys, given, strict=False):
                made = self.definitions.get(each)
                fixed = made is not None and made.op == Op.CONST and key not in (None, "mode", "escape")
                if (key and BY_SECRET.search(key)) or fixed:
                    return False
        if instr.op == Op.COMPARE:
            sides = [self.definitions.get(each) for each in instr.args]
            if any(side is not None and side.op == Op.CONST for side in sides):
                return False
        if instr.op == Op.ATTR:
            return not BY_SECRET.search(instr.name)
        return instr.op in (Op.LOAD, Op.FUNC) or all(self._is_plain(v, depth + 1) for v in instr.args)

    def deep(self, value: int, depth: int = 0) -> Atoms:
        """Everything that a condition is made of."""
        instr = self.definitions.get(value)
        if instr is None or depth > MAX_DEPTH:
            return NOTHING
        if instr.op == Op.FUNC:
            # `orWhere((q) => q.where({ owner: me }))`
            inner = function_id(self.origins.linker.module_of[self.fid], instr.name)
            calls = (
                self.origins.linker.contents(inner).calls if inner in self.origins.linker.functions else ()
            )
            return union(self.origins.of(inner, each) for call in calls for each in call.args[1:])
        own = self.origins.of(self.fid, value)
        if instr.op in (Op.COLLECT, Op.CALL, Op.NEW, Op.LOGIC, Op.BINARY, Op.COMPARE, Op.UNARY, Op.JOIN):
            return union((own, *(self.deep(each, depth + 1) for each in instr.args)))
        if instr.op == Op.LOAD and not own:
            found = self.origins.resolved(self.fid, value)
            if found is not None and found[0] == self.fid and found[1].dst != value:
                return self.deep(found[1].dst, depth + 1)
        return own

    def disjunctions(self, value: int, depth: int = 0) -> Iterator[list[_Branch]]:
        """Every `or` within an argument: `a & b | c`, `or_(a, b)`, `{ OR: [a, b] }`."""
        instr = self.definitions.get(value)
        if instr is None or depth > MAX_DEPTH:
            return
        parts: tuple[int, ...] = ()
        if instr.op == Op.BINARY and instr.name == "|":
            parts = instr.args
        elif instr.op == Op.CALL:
            callee = self.definitions.get(instr.args[0])
            if callee is not None and callee.name in _FUNCTIONS:
                parts = instr.args[1:]
        elif instr.op == Op.LOAD:
            found = self.origins.resolved(self.fid, value)
            if found is not None and found[0] == self.fid and found[1].dst != value:
                yield from self.disjunctions(found[1].dst, depth + 1)
            return
        if parts:
            yield [_Branch(self.deep(part), self._is_plain(part)) for part in parts]
        if instr.op not in (Op.COLLECT, Op.BINARY, Op.CALL, Op.LOGIC):
            return
        for index, inner in enumerate(instr.args):
            listed = self.definitions.get(inner)
            key = instr.keys[index] if instr.op == Op.COLLECT and instr.keys else None
            if key in _LISTS and listed is not None and listed.op == Op.COLLECT:
                yield [_Branch(self.deep(each), self._is_plain(each)) for each in listed.args]
            yield from self.disjunctions(inner, depth + 1)
