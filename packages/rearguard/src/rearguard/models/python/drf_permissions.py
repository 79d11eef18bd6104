"""What `get_permissions` of a Django REST framework view gives for one action.

API reference: https://www.django-rest-framework.org/api-guide/viewsets/#introspecting-viewset-actions,
https://www.django-rest-framework.org/api-guide/permissions/
"""

from collections.abc import Iterable
from typing import Literal, TypeAlias

from rearguard.models.python.support import class_attribute, items
from rearguard.models.view import ModelView, ValueView
from rearguard.program import Block, If, Instr, Loop, Op, Switch, Try, With, instructions

_SAFE = ("GET", "HEAD", "OPTIONS")
_INHERITED = "permission_classes"
_MAX_DEPTH = 6
"""Conditions, and entries that stand for others, within one another."""


AS_EVER: Literal["as ever"] = "as ever"
Part: TypeAlias = ValueView | list[ValueView] | Literal["as ever"]
Chosen: TypeAlias = tuple[Part, ...]


def by_action(view: ModelView, cid: str, fid: str, action: str, method: str) -> Chosen | None:
    """What all must pass: lists of permission classes, classes one by one, or `AS_EVER` for those of a class
    without `get_permissions`; `None` where more decides."""
    return _Reading(view, cid, fid, action, method).run()


class _Reading:
    """Follows the one way through the function that an action takes."""

    def __init__(self, view: ModelView, cid: str, fid: str, action: str, method: str) -> None:
        self.view, self.cid, self.fid = view, cid, fid
        self.asked = {"action": action, "method": method}
        self.definitions = view.definitions(fid)
        self.held: dict[str, int] = {}
        """Variable, or member of the view, and what was last put in."""
        self.means: dict[int, int] = {}
        """Use of a variable, and the value that it has there."""
        self.lists: dict[int, int] = {}
        """A list that a comprehension fills, and what that goes through."""
        self.added: dict[int, list[int]] = {}
        """A list, and what is put behind what it is made with."""
        self.answer: int | None = None
        self.is_known = True

    def run(self) -> Chosen | None:
        self._block(self.view.linker.functions[self.fid].body)
        if not self.is_known or self.answer is None:
            return None
        return self._classes(self.answer)

    def _block(self, block: Block) -> bool:
        """Whether the function has ended."""
        return any(self._statement(statement) for statement in block)

    def _statement(self, statement: object) -> bool:
        match statement:
            case Instr():
                return self._instruction(statement)
            case If():
                holds = self._holds(statement.cond)
                return (
                    self._unknown()
                    if holds is None
                    else self._block(statement.then if holds else statement.orelse)
                )
            case Switch():
                return self._switch(statement)
            case Loop():
                body = instructions(statement.body)
                self._filled((*instructions(statement.head), *body))
                ends = any(
                    i.op in (Op.RETURN, Op.RAISE) or (i.op == Op.CALL and self._is_filling(i)) for i in body
                )
                return ends and self._unknown()
            case Try():
                ended = self._block(statement.body) or self._block(statement.orelse)
                return self._block(statement.final) or ended
            case With():
                return self._block(statement.body)
        return False

    def _instruction(self, instr: Instr) -> bool:
        match instr.op:
            case Op.LOAD if instr.name in self.held:
                self.means[instr.dst] = self.held[instr.name]
            case Op.STORE:
                self.held[instr.name] = self._meant(instr.args[0])
            case Op.SETATTR:
                self.held[f".{instr.name}"] = self._meant(instr.args[1])
            case Op.CALL if self._is_filling(instr):
                return self._fill(instr)
            case Op.RETURN:
                self.answer = instr.args[0] if instr.args else None
                return True
            case Op.RAISE:
                return self._unknown()
        return False

    def _unknown(self) -> bool:
        self.is_known = False
        return True

    def _is_filling(self, call: Instr) -> bool:
        """`classes.append(IsOwner)`, after which a list is no more what is written."""
        callee = self.definitions.get(call.args[0])
        if callee is None or callee.op != Op.ATTR or callee.name not in ("append", "extend", "insert"):
            return False
        held = self.definitions.get(self._meant(callee.args[0]))
        return held is not None and (held.op in (Op.COLLECT, Op.ATTR) or self._asks_above(held))

    def _fill(self, call: Instr) -> bool:
        """`asked.append(IsOwner())` puts one class more behind the others, `asked.extend([...])` several."""
        callee = self.definitions[call.args[0]]
        if len(call.args) != 2 or callee.name == "insert":
            return self._unknown()
        given = self._meant(call.args[1])
        more = self.definitions.get(given)
        several = callee.name == "extend"
        if several and (more is None or more.op != Op.COLLECT or given in self.lists):
            return self._unknown()
        parts = more.args if several and more is not None else (given,)
        self.added.setdefault(self._meant(callee.args[0]), []).extend(parts)
        return False

    def _meant(self, value: int) -> int:
        return self.means.get(value, value)

    def _switch(self, switch: Switch) -> bool:
        """`match self.action:`, of which one case holds."""
        said = self._said(switch.subject)
        for case in switch.cases:
            self._block(case.head)
            named = [self._texts(test) for test in case.tests]
            if said is None or None in named:
                return self._unknown()
            chosen = not named or any(said in texts for texts in named if texts is not None)
            holds = self._holds(case.guard) if chosen and case.guard >= 0 else chosen
            if holds is None:
                return self._unknown()
            if holds:
                return self._block(case.body)
        return False

    def _filled(self, body: Iterable[Instr]) -> None:
        through = -1
        for instr in body:
            if instr.op == Op.LOAD and instr.name in self.held:
                self.means[instr.dst] = self.held[instr.name]
            elif instr.op == Op.ITER and through < 0:
                through = instr.args[0]
            elif instr.op == Op.PUSH:
                self.lists[instr.args[0]] = through

    def _holds(self, value: int, depth: int = 0) -> bool | None:
        instr = self.definitions.get(value)
        if instr is None or depth > _MAX_DEPTH:
            return None
        if instr.op == Op.UNARY and instr.name == "not":
            inner = self._holds(instr.args[0], depth + 1)
            return None if inner is None else not inner
        if instr.op == Op.LOGIC and instr.name in ("and", "or"):
            sides = [self._holds(part, depth + 1) for part in instr.args]
            decisive = instr.name != "and"
            return decisive if decisive in sides else None if None in sides else not decisive
        if instr.op != Op.COMPARE or len(instr.args) != 2:
            return None
        said = self._said(instr.args[0])
        named = self._texts(instr.args[1])
        if said is None or named is None:
            return None
        return (said in named) != (instr.name in ("!=", "not in", "is not"))

    def _said(self, value: int) -> str | None:
        """What `self.action` and `self.request.method` are."""
        asked = self.definitions.get(self._meant(value))
        return self.asked.get(asked.name) if asked is not None and asked.op == Op.ATTR else None

    def _texts(self, value: int) -> tuple[str, ...] | None:
        given = ValueView(self.view, self.fid, value)
        if given.text is not None:
            return (given.text,)
        if any(name.endswith(".SAFE_METHODS") for name in given.names):
            return _SAFE
        elements = given.elements()
        texts = tuple(element.text for element in elements)
        return tuple(text for text in texts if text is not None) if texts and None not in texts else None

    def _classes(self, value: int, depth: int = 0) -> Chosen | None:
        value = self._meant(value)
        instr = self.definitions.get(value)
        if instr is None or depth > _MAX_DEPTH:
            return None
        if instr.op in (Op.JOIN, Op.BINARY) and instr.name in ("plus", "+"):
            # `super().get_permissions() + [IsOwner()]`
            sides = [self._classes(side, depth + 1) for side in instr.args]
            return None if None in sides else tuple(part for side in sides for part in side or ())
        first = self._first(value, instr)
        more = self._made(self.added.get(value, ()))
        if value in self.lists:
            # They are put behind what is gone through, and are made afterwards.
            later = self.added.get(self._meant(self.lists[value]), ())
            more = [ValueView(self.view, self.fid, self._meant(one)) for one in later]
        return None if first is None or more is None else (first, more)

    def _first(self, value: int, instr: Instr) -> Part | None:
        """What a list is made with."""
        if instr.op == Op.COLLECT and value in self.lists:
            return self._listed(self.lists[value])
        if instr.op == Op.COLLECT:
            return self._made(instr.args)
        return (self._member(_INHERITED) or AS_EVER) if self._asks_above(instr) else None

    def _made(self, values: Iterable[int]) -> list[ValueView] | None:
        """The classes of objects that are made in place."""
        made = [self.definitions.get(self._meant(value)) for value in values]
        calls = [one for one in made if one is not None and one.op in (Op.CALL, Op.NEW)]
        if len(calls) != len(made):
            return None
        return [ValueView(self.view, self.fid, one.args[0]) for one in calls]

    def _asks_above(self, instr: Instr) -> bool:
        """`super().get_permissions()`"""
        callee = self.definitions.get(instr.args[0]) if instr.op == Op.CALL else None
        return callee is not None and callee.op == Op.ATTR and callee.name == "get_permissions"

    def _listed(self, value: int, depth: int = 0) -> ValueView | None:
        """A list of classes that is gone through."""
        value = self._meant(value)
        instr = self.definitions.get(value)
        if instr is None or depth > _MAX_DEPTH:
            return None
        if instr.op == Op.ATTR:
            return self._member(instr.name)
        if instr.op == Op.ITEM or (instr.op == Op.CALL and len(instr.args) > 1):
            return self._entry(instr, depth)
        found = ValueView(self.view, self.fid, value)
        return found if instr.op == Op.COLLECT or items(found) else None

    def _member(self, name: str) -> ValueView | None:
        if f".{name}" in self.held:
            return ValueView(self.view, self.fid, self.held[f".{name}"])
        return class_attribute(self.view, self.cid, name)

    def _entry(self, instr: Instr, depth: int) -> ValueView | None:
        """`self.permission_classes_by_action[self.action]`, or its `get` with what holds for the others."""
        held = self.definitions.get(instr.args[0])
        if instr.op == Op.CALL and held is not None:
            held = self.definitions.get(held.args[0]) if held.name == "get" else None
        if held is None or held.op != Op.ATTR:
            return None
        given = class_attribute(self.view, self.cid, held.name)
        found = given.key(self.asked["action"]) if given is not None else None
        if found is None and instr.op == Op.CALL and len(instr.args) > 2:
            return self._listed(instr.args[2], depth + 1)
        return found


__all__ = ["AS_EVER", "by_action"]
