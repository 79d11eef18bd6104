"""What a value certainly is: on every path the one thing that is known of it, and not one of several."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rearguard.link.ids import function_id
from rearguard.link.refs import Kind, Ref
from rearguard.program import MODULE_BODY, Instr, Op, used_inside

if TYPE_CHECKING:
    from rearguard.link.linker import Linker

_MAX_DEPTH = 8
_MEMBERS = (Op.ATTR, Op.ITEM)


class Settled:
    """Asks it of values once everything is linked."""

    def __init__(self, linker: Linker, trusts_calls: bool = False) -> None:
        self._linker = linker
        self._trusts_calls = trusts_calls
        """Whether a parameter is what the calls in the review give it."""
        self._definitions: dict[str, dict[int, Instr]] = {}
        self._outer: dict[str, dict[str, set[str]]] = {}
        self._known: dict[tuple[str, int], bool] = {}

    def is_settled(self, fid: str, value: int, depth: int = 0) -> bool:
        """Whether what a value refers to is all that it may be."""
        if depth > _MAX_DEPTH:
            return False
        found = self._known.get((fid, value))
        if found is None:
            found = self._known[fid, value] = self._is(fid, value, depth)
        return found

    def stored_once(self, fid: str, name: str) -> Instr | None:
        """The one assignment of a variable, or of what a class or module has, in all of its file."""
        linker = self._linker
        stored = linker.contents(fid).stores.get(name, []) if fid in linker.functions else []
        if len(stored) != 1 or any(param.name == name for param in linker.functions[fid].params):
            return None
        return None if name in self._stored_inside(fid) else stored[0]

    def entry(self, fid: str, made: int, name: str) -> int | None:
        """The value under a name of a container that is written out, whatever follows it there."""
        instr = self.definitions(fid).get(made)
        if instr is None or instr.op != Op.COLLECT or name not in instr.keys:
            return None
        place = len(instr.keys) - 1 - instr.keys[::-1].index(name)
        return None if {"**", "?"}.intersection(instr.keys[place:]) else instr.args[place]

    def definitions(self, fid: str) -> dict[int, Instr]:
        """Value -> what computes it, of one function."""
        found = self._definitions.get(fid)
        if found is None:
            found = self._definitions[fid] = {i.dst: i for i in self._linker.code(fid) if i.dst >= 0}
        return found

    def _stored_inside(self, fid: str) -> set[str]:
        linker = self._linker
        path = linker.module_of[fid]
        found = self._outer.get(path)
        if found is None:
            functions = linker.modules[path].functions
            bodies = (
                (function, linker.code(function_id(path, name))) for name, function in functions.items()
            )
            found = self._outer[path] = used_inside(functions, bodies, Op.STORE)
        return found.get(linker.functions[fid].name, set())

    def _is(self, fid: str, value: int, depth: int) -> bool:
        instr = self.definitions(fid).get(value)
        refs = self._linker.refs[fid][value] if instr is not None else ()
        if instr is None or not refs:
            return False
        match instr.op:
            case Op.CLASS | Op.COLLECT | Op.CONST | Op.FUNC:
                return True
            case Op.IMPORT:
                return all(self._is_imported(ref, instr, depth) for ref in refs)
            case Op.LOAD:
                return self._is_loaded(fid, instr, depth)
            case Op.CALL | Op.NEW:
                return self._is_made(fid, instr, depth)
        if instr.op not in _MEMBERS or not self.is_settled(fid, instr.args[0], depth + 1):
            return False
        name = instr.name if instr.op == Op.ATTR else instr.value
        held = self._linker.refs[fid][instr.args[0]]
        return isinstance(name, str) and all(self._is_member(ref, name, depth) for ref in held)

    def _is_imported(self, ref: Ref, instr: Instr, depth: int) -> bool:
        if ref.kind is Kind.MODULE:
            return True
        if not isinstance(instr.value, str) or instr.value in ("default", "*"):
            return ref.kind is Kind.COLLECT
        home = ref.id.partition("::")[0] if ref.kind is Kind.CLASS else ""
        if ref.kind is Kind.COLLECT and isinstance(ref.step, tuple):
            home = ref.step[0].partition("::")[0]
        return self._is_stored(function_id(home, MODULE_BODY), instr.value, depth)

    def _is_stored(self, fid: str, name: str, depth: int) -> bool:
        stored = self.stored_once(fid, name)
        return stored is not None and self.is_settled(fid, stored.args[0], depth + 1)

    def _is_loaded(self, fid: str, instr: Instr, depth: int) -> bool:
        linker = self._linker
        function = linker.functions[fid]
        if instr.name == function.receiver != "":
            return True
        before = linker.reaching(fid).get(instr.dst)
        if before is not None:
            return self.is_settled(fid, before, depth + 1)
        path = linker.module_of[fid]
        if any(param.name == instr.name for param in function.params):
            stored = linker.contents(fid).stores.get(instr.name) or instr.name in self._stored_inside(fid)
            return self._trusts_calls and not stored
        while instr.name not in function.locals or (
            function.kind == "class" and function_id(path, function.name) != fid
        ):
            outer = linker.modules[path].functions.get(function.parent)
            if outer is None:
                return False
            function = outer
            if instr.name == function.receiver != "":
                return True
        return self._is_stored(function_id(path, function.name), instr.name, depth)

    def _is_made(self, fid: str, instr: Instr, depth: int) -> bool:
        """An object of a class, a class with its decorator, or `Object.freeze({...})`."""
        linker = self._linker
        callee = self.definitions(fid).get(instr.args[0])
        given = self.definitions(fid).get(instr.args[1]) if len(instr.args) == 2 else None
        if given is not None and (given.op == Op.CLASS or (callee is not None and callee.name == "freeze")):
            return self.is_settled(fid, given.dst, depth + 1)
        kinds = {ref.kind for ref in linker.refs[fid][instr.args[0]]}
        return kinds == {Kind.CLASS} and self.is_settled(fid, instr.args[0], depth + 1)

    def _is_member(self, held: Ref, name: str, depth: int) -> bool:
        if held.kind is Kind.MODULE:
            return self._is_stored(function_id(held.id, MODULE_BODY), name, depth)
        if held.kind is Kind.CLASS:
            return self._is_stored(held.id, name, depth)
        if held.kind is Kind.COLLECT and isinstance(held.step, tuple):
            home, number = held.step
            found = self.entry(home, number, name)
            return found is not None and self.is_settled(home, found, depth + 1)
        return False


__all__ = ["Settled"]
