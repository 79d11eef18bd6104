"""Members and entries that are constants: `Limits.ROLE`, `settings.ROLE`, `ROLES["admin"]`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rearguard.link.ids import family_of, function_id
from rearguard.link.refs import Kind, Ref
from rearguard.link.settled import Settled
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
        self._filled: set[tuple[str, int]] = set()
        """Containers in which something is put under a name that is not written."""
        self._replaced: set[tuple[str, str]] = set()
        """Modules and names that another one assigns in them."""
        self._settled = Settled(linker)
        for fid in linker.functions:
            contents = linker.contents(fid)
            for instr in contents.writes:
                name = instr.name if instr.op == Op.SETATTR else instr.value
                if isinstance(name, str):
                    self._written.add(name)
                held = linker.refs[fid][instr.args[0]]
                if isinstance(name, str):
                    self._replaced.update((ref.id, name) for ref in held if ref.kind is Kind.MODULE)
                else:
                    self._filled.update(ref.step for ref in held if isinstance(ref.step, tuple))

    def of(self, fid: str) -> Iterator[tuple[int, Const]]:
        """Values of a function that are constants which stand elsewhere, and these."""
        values = self._linker.refs[fid]
        for instr in self._linker.code(fid):
            if instr.op not in (Op.IMPORT, *_READ) or instr.dst < 0:
                continue
            refs = values[instr.dst]
            if len(refs) != 1 or refs[0].kind is not Kind.CONST or isinstance(refs[0].step, tuple):
                continue
            name = instr.name if instr.op == Op.ATTR else instr.value
            is_fixed = self._is_imported if instr.op == Op.IMPORT else self._is_read
            if isinstance(name, str) and is_fixed(fid, instr, name):
                yield instr.dst, refs[0].step

    def _is_read(self, fid: str, instr: Instr, name: str) -> bool:
        """Whether a member or an entry is a constant of what certainly has it."""
        held = self._linker.refs[fid][instr.args[0]]
        if not held or name in self._written or not all(self._is_once(ref, name) for ref in held):
            return False
        return self._settled.is_settled(fid, instr.args[0])

    def _is_imported(self, fid: str, instr: Instr, name: str) -> bool:
        """Whether a name that is imported from a file of the review is a constant there."""
        linker = self._linker
        path = linker.module_of[fid]
        if family_of(linker.modules[path].language) != "python":
            return False
        home, is_module = linker.index.python(path, instr.name, name)
        if home is None or is_module or home not in linker.modules or (home, name) in self._replaced:
            return False
        return self._stores(function_id(home, MODULE_BODY), name)

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
            # Of a class that extends it, it may be another.
            below = linker.below(homes[0])
            return self._stores(homes[0], name) and not any(self._assigned(one, name) for one in below)
        if held.kind is Kind.COLLECT and isinstance(held.step, tuple) and held.step not in self._filled:
            home, number = held.step
            value = self._settled.entry(home, number, name)
            return value is not None and self._is_constant(home, value)
        return False

    def _is_field(self, cid: str, name: str) -> bool:
        """Whether a class declares a field, of which what it assigns is but the default."""
        path, _, qualified = cid.rpartition("::")
        fields = self._linker.modules[path].classes[qualified].fields
        return any(field.name == name and field.annotation >= 0 for field in fields)

    def _assigned(self, fid: str, name: str) -> list[Instr]:
        return self._linker.contents(fid).stores.get(name, []) if fid in self._linker.functions else []

    def _stores(self, fid: str, name: str) -> bool:
        stored = self._settled.stored_once(fid, name)
        return stored is not None and self._is_constant(fid, stored.args[0])

    def _is_constant(self, fid: str, value: int) -> bool:
        made = self._settled.definitions(fid).get(value)
        return made is not None and made.op == Op.CONST
