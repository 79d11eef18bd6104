"""Members and entries that are constants: `Limits.ROLE`, `settings.ROLE`, `ROLES["admin"]`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rearguard.link.ids import family_of, function_id
from rearguard.link.refs import Kind, Ref
from rearguard.program import MODULE_BODY, Const, Instr, Op

if TYPE_CHECKING:
    from rearguard.link.linker import Linker

_READ = (int(Op.ATTR), int(Op.ITEM))


class Fixed:
    """Knows what the program assigns, once everything is linked."""

    def __init__(self, linker: Linker) -> None:
        self._linker = linker
        self._written: set[str] = set()
        """Names of members and entries that some function assigns."""
        self._constants: dict[str, frozenset[int]] = {}
        self._containers: dict[str, dict[int, Instr]] = {}
        for fid in linker.functions:
            contents = linker.contents(fid)
            for instr in contents.writes:
                name = instr.name if instr.op == Op.SETATTR else instr.value
                if isinstance(name, str):
                    self._written.add(name)

    def of(self, fid: str) -> Iterator[tuple[int, Const]]:
        """Values of a function that are constants which stand elsewhere, and these."""
        values = self._linker.refs[fid]
        _, params = self._linker.parameters(fid)
        given: set[int] = set()
        for instr in self._linker.code(fid):
            if instr.op == Op.LOAD and instr.name in params:
                # Another call may give another object.
                given.add(instr.dst)
            if instr.op == Op.IMPORT:
                refs = values[instr.dst]
                if len(refs) == 1 and refs[0].kind is Kind.CONST and self._is_imported(fid, instr):
                    assert not isinstance(refs[0].step, tuple)
                    yield instr.dst, refs[0].step
                continue
            if instr.op not in _READ or instr.dst < 0 or instr.args[0] in given:
                continue
            refs = values[instr.dst]
            if len(refs) == 1 and refs[0].kind is Kind.CONST and not isinstance(refs[0].step, tuple):
                name = instr.name if instr.op == Op.ATTR else instr.value
                if isinstance(name, str) and name not in self._written:
                    held = values[instr.args[0]]
                    if held and all(self._is_once(ref, name) for ref in held):
                        yield instr.dst, refs[0].step

    def _is_imported(self, fid: str, instr: Instr) -> bool:
        """Whether a name that is imported from a file of the review is a constant there."""
        linker = self._linker
        path = linker.module_of[fid]
        if not isinstance(instr.value, str) or family_of(linker.modules[path].language) != "python":
            return False
        home, is_module = linker.index.python(path, instr.name, instr.value)
        if home is None or is_module or home not in linker.modules:
            return False
        return self._stores(function_id(home, MODULE_BODY), instr.value)

    def _is_once(self, held: Ref, name: str) -> bool:
        """Whether what stands under a name is written there once, as a constant."""
        linker = self._linker
        if held.kind is Kind.MODULE:
            return not held.id.endswith("/") and self._stores(function_id(held.id, MODULE_BODY), name)
        if held.kind in (Kind.CLASS, Kind.INSTANCE):
            cls = held.base if held.kind is Kind.INSTANCE else held
            homes = [one for one in linker.lineage(cls.id) if self._assigned(one, name)] if cls else []
            if not homes or (held.kind is Kind.INSTANCE and self._is_field(homes[0], name)):
                return False
            return self._stores(homes[0], name)
        if held.kind is Kind.COLLECT and isinstance(held.step, tuple):
            home, number = held.step
            made = self._made(home).get(number)
            if made is None or name not in made.keys:
                return False
            return self._is_constant(home, made.args[made.keys.index(name)])
        return False

    def _is_field(self, cid: str, name: str) -> bool:
        """Whether a class declares a field, of which what it assigns is but the default."""
        path, _, qualified = cid.rpartition("::")
        fields = self._linker.modules[path].classes[qualified].fields
        return any(field.name == name and field.annotation >= 0 for field in fields)

    def _assigned(self, fid: str, name: str) -> list[Instr]:
        return self._linker.contents(fid).stores.get(name, []) if fid in self._linker.functions else []

    def _stores(self, fid: str, name: str) -> bool:
        stored = self._assigned(fid, name)
        return len(stored) == 1 and self._is_constant(fid, stored[0].args[0])

    def _made(self, fid: str) -> dict[int, Instr]:
        """The containers that a function writes out."""
        known = self._containers.get(fid)
        if known is None:
            known = {i.dst: i for i in self._linker.code(fid) if i.op == Op.COLLECT}
            self._containers[fid] = known
        return known

    def _is_constant(self, fid: str, value: int) -> bool:
        known = self._constants.get(fid)
        if known is None:
            known = frozenset(i.dst for i in self._linker.code(fid) if i.op == Op.CONST)
            self._constants[fid] = known
        return value in known
