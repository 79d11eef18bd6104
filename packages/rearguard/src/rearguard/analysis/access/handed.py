"""What a program's own framework hands to its handlers: fields of its own request, and arguments.

`request.params["id"]` is what some function stored there, `ctx.query` what the dispatcher put into `ctx`.
Both are followed back to what the protocol itself says.
"""

from collections.abc import Iterator
from itertools import takewhile

from rearguard.analysis.access.atoms import NOTHING, Atom, Atoms, union
from rearguard.analysis.access.origins import RECEIVER, Origins
from rearguard.link import Kind
from rearguard.program import Instr, Op

MAX_STEPS = 5
"""Parameters of parameters, and fields that hold fields."""
MAX_CALLS = 4
"""Calls of one handler that are looked at."""


class Handed:
    """One review's own requests."""

    def __init__(self, origins: Origins) -> None:
        self.origins = origins
        self._stores: dict[tuple[str, str], list[tuple[str, int]]] | None = None
        self._active: set[tuple[str, tuple[str, ...]]] = set()

    def of(self, fid: str, path: tuple[str, ...]) -> Atoms:
        """The input behind a path from a parameter of a function that only the program itself calls.

        What a pattern found in the request's address is a part of the path, however it is passed on.
        """
        found = self._followed(fid, path, 0)
        if not found and len(path) == 2 and "-" in path[1]:
            # `request.header("X-Signature")`: nothing else is called so.
            span = self.origins.view.span(fid, self.origins.linker.functions[fid].start, 0)
            return frozenset((self.origins.source("headers", path[1:], span, fid),))
        kept = [atom for atom in found if atom.kind in ("input", "credential", "principal", "verified")]
        return frozenset(self._plain(atom, path) for atom in kept)

    @staticmethod
    def _plain(atom: Atom, path: tuple[str, ...]) -> Atom:
        if atom.kind != "input":
            return atom
        channel = "path" if atom.name == "address" else atom.name
        # Behind `*`, any of a map's entries, no name says which.
        asked = tuple(takewhile("*".__ne__, path[2:]))
        named = tuple(key for key in asked if not key.isdigit()) or asked
        inner = named if channel in ("path", "query") else atom.path or named
        return Atom("input", channel, inner[:3], atom.span, atom.fid)

    def _followed(self, fid: str, path: tuple[str, ...], depth: int) -> Atoms:
        key = (fid, path)
        if depth > MAX_STEPS or key in self._active or not path:
            return NOTHING
        self._active.add(key)
        try:
            parts = [*self._fields(fid, path), *self._arguments(fid, path)]
            return union(self._resolved(atoms, depth) for atoms in parts)
        finally:
            self._active.discard(key)

    def _resolved(self, atoms: Atoms, depth: int) -> Atoms:
        found: list[Atoms] = []
        for atom in atoms:
            if atom.kind == "parameter":
                found.append(self._followed(atom.name, atom.path, depth + 1))
            else:
                found.append(frozenset((atom,)))
        return union(found)

    def _fields(self, fid: str, path: tuple[str, ...]) -> Iterator[Atoms]:
        """What is stored in the field of an object of the program that the parameter is."""
        if len(path) < 2:
            return
        for cid in self._classes(fid, path[0]):
            for home, value in self._stored(cid, path[1]):
                yield self.origins.of(home, value, path[2:]) or self._inside(home, value)

    def _inside(self, home: str, value: int) -> Atoms:
        """What a value is made of, and what a comprehension put into it."""
        pushed = (
            self.origins.of(home, instr.args[1])
            for instr in self.origins.linker.code(home)
            if instr.op == Op.PUSH and instr.args[0] == value
        )
        return union((self.origins.of(home, value), *pushed))

    def _classes(self, fid: str, name: str) -> list[str]:
        if name == RECEIVER:
            return [fid.rpartition(".")[0]]
        refs = self.origins.linker.variable(fid, name)
        return [ref.base.id for ref in refs if ref.kind is Kind.INSTANCE and ref.base is not None]

    def _stored(self, cid: str, field: str) -> list[tuple[str, int]]:
        if self._stores is None:
            self._stores = {}
            for home in self.origins.linker.functions:
                for instr in self.origins.linker.contents(home).writes:
                    if instr.op == Op.SETATTR:
                        for owner in self._owners(home, instr):
                            self._stores.setdefault((owner, instr.name), []).append((home, instr.args[1]))
        return self._stores.get((cid, field), [])

    def _owners(self, home: str, instr: Instr) -> Iterator[str]:
        for ref in self.origins.linker.refs[home][instr.args[0]]:
            if ref.kind is Kind.INSTANCE and ref.base is not None:
                yield ref.base.id

    def _arguments(self, fid: str, path: tuple[str, ...]) -> Iterator[Atoms]:
        """What calls of the function give for the parameter."""
        if path[0] == RECEIVER:
            return
        seen = 0
        for caller in sorted(self.origins.linker.callers.get(fid, ())):
            for instr in self.origins.linker.contents(caller).calls:
                runs = any(
                    ref.kind is Kind.FUNCTION and ref.id == fid
                    for ref in self.origins.linker.refs[caller][instr.args[0]]
                )
                value = self.origins.arguments(instr, fid).get(path[0]) if runs else None
                if value is not None and seen < MAX_CALLS:
                    seen += 1
                    yield self.origins.of(caller, value, path[1:])


__all__ = ["Handed"]
