"""Clients of a database that put a condition of their own into queries: `prisma.$extends({ query })`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rearguard.analysis.access.atoms import NOTHING, Key, normal
from rearguard.link import function_id
from rearguard.program import Instr, Op

if TYPE_CHECKING:
    from rearguard.analysis.access.origins import Origins

MAX_STEPS = 3
"""Functions that hand such a client on."""
_WRAPPERS = ("*", "**", "?", "where", "AND", "OR", "NOT", "data", "args")
"""What conditions are put into, and spread entries."""
_ALL_MODELS, _ALL_OPERATIONS = "$allModels", "$allOperations"


class Scopes:
    """What such clients add; the program is searched for them once, when the first record is looked up."""

    def __init__(self, origins: Origins) -> None:
        self._origins = origins
        self._kept: dict[str, list[tuple[str, int]]] | None = None

    def keys(self, fid: str, receiver: int, operation: str) -> tuple[Key, ...]:
        """The conditions that the client behind `db.ticket` adds to an operation; a plain one adds none."""
        held = self._origins.view.definitions(fid).get(receiver)
        if held is None or held.op != Op.ATTR or not self._members:
            return ()
        return self._given(fid, held.args[0], held.name, operation, 0)

    @property
    def _members(self) -> dict[str, list[tuple[str, int]]]:
        """Members that are set anywhere, and what to, where a program extends a client at all."""
        if self._kept is None:
            self._kept = {}
            linker, view = self._origins.linker, self._origins.view
            if any(b"$extends" in text for text in view.texts.values()):
                for fid in linker.functions:
                    for instr in linker.contents(fid).writes:
                        if instr.op == Op.SETATTR:
                            self._kept.setdefault(instr.name, []).append((fid, instr.args[-1]))
                self._kept.setdefault("", [])
        return self._kept

    def _given(self, fid: str, value: int, model: str, operation: str, depth: int) -> tuple[Key, ...]:
        """The same, for the client itself, however it is handed on."""
        found = self._origins.resolved(fid, value)
        if found is None or depth > MAX_STEPS:
            return ()
        home, instr = found
        if instr.op == Op.ATTR:
            held = self._members.get(instr.name, [])
            return tuple(key for place in held for key in self._given(*place, model, operation, depth + 1))
        if instr.op != Op.CALL:
            return ()
        callee = self._origins.view.definitions(home).get(instr.args[0])
        if callee is not None and callee.op == Op.ATTR and callee.name == "$extends":
            added = instr.args[1] if len(instr.args) > 1 else -1
            return self._conditions(home, added, model, operation)
        return tuple(
            (name, self._origins.at_call(home, instr, target, atoms))
            for target in self._origins.targets(home, instr)
            for made in self._origins.returned(target)
            for name, atoms in self._given(target, made, model, operation, depth + 1)
        )

    def _conditions(self, fid: str, options: int, model: str, operation: str) -> tuple[Key, ...]:
        """What the function that stands before an operation takes from around itself."""
        inside: list[tuple[str, Instr]] = []
        found = self._entry(fid, options, ("query",))
        for name in (model, _ALL_MODELS):
            of_model = self._entry(*found, (name,)) if found is not None else None
            for asked in (operation, _ALL_OPERATIONS):
                held = self._entry(*of_model, (asked,)) if of_model is not None else None
                resolved = self._origins.resolved(*held) if held is not None else None
                if resolved is not None and resolved[1].op == Op.FUNC:
                    inside.append(resolved)
        return tuple(key for home, instr in inside for key in self._captured(home, instr))

    def _entry(self, fid: str, value: int, names: tuple[str, ...]) -> tuple[str, int] | None:
        for name in names:
            found = self._origins.resolved(fid, value)
            if found is None or found[1].op != Op.COLLECT:
                return None
            fid, made = found
            entries = dict(zip(made.keys, made.args, strict=False))
            key = next((k for k in entries if k and (k == name or normal(k) == normal(name))), None)
            if key is None:
                return None
            value = entries[key]
        return fid, value

    def _captured(self, fid: str, made: Instr) -> Iterator[Key]:
        """Conditions that a function puts into a query, in terms of the function around it."""
        inner = function_id(self._origins.linker.module_of[fid], made.name)
        if inner not in self._origins.linker.functions:
            return
        for instr in self._origins.linker.code(inner):
            entries = zip(instr.keys, instr.args, strict=False) if instr.op == Op.COLLECT else ()
            for key, value in entries:
                atoms = self._origins.of(inner, value) if key and key not in _WRAPPERS else NOTHING
                given = frozenset(atom for atom in atoms if atom.name != inner)
                if given and key:
                    yield key, given


__all__ = ["Scopes"]
