"""Columns that are put together: `", ".join(f"{key} = ?" for key in body)` writes whatever is sent."""

from rearguard.analysis.access.atoms import NOTHING, Atoms, union
from rearguard.analysis.access.origins import Origins
from rearguard.analysis.access.own_columns import of_record
from rearguard.program import Instr, Op

_KEYS = frozenset(("keys", "items", "entries", "fromEntries"))
_LIMITS = frozenset(("filter", "pick", "has", "includes", "indexOf", "hasOwnProperty"))
_SAME = frozenset(("enumerate", "sorted", "list", "tuple", "set", "reversed", "from"))
"""Functions that give the keys they are given."""
_MAX_DEPTH = 12


def naming(origins: Origins, fid: str, value: int) -> Atoms:
    """What the maps come from whose keys a text is made of; nothing where only some keys pass."""
    found = _Names(origins, fid)
    atoms = found.of(value, 0)
    return NOTHING if found.limited() else atoms


class _Names:
    """One text."""

    def __init__(self, origins: Origins, fid: str) -> None:
        self.origins = origins
        self.fid = fid
        self.definitions = origins.view.definitions(fid)
        self.variables: set[str] = set()
        self.cut = False

    def limited(self) -> bool:
        """Whether a key is looked up in a list before it is used."""
        for instr in self.origins.linker.contents(self.fid).comparisons:
            asked = self.definitions.get(instr.args[0])
            if instr.name in ("in", "not in") and asked is not None and asked.name in self.variables:
                if of_record(self.origins, self.fid, instr.args[1]):
                    # Every column that there is may be named.
                    continue
                return True
        return self.cut

    def of(self, value: int, depth: int) -> Atoms:
        """The maps behind one value."""
        instr = self.definitions.get(value)
        if instr is None or depth > _MAX_DEPTH:
            return NOTHING
        if instr.op in (Op.JOIN, Op.BINARY, Op.ITEM, Op.ATTR):
            return union(self.of(inner, depth + 1) for inner in instr.args)
        if instr.op == Op.LOAD:
            return self._stored(instr, depth)
        if instr.op == Op.COLLECT:
            return union((*self._inner(instr.args, depth), *self._pushed(value, depth)))
        if instr.op == Op.ITER:
            return self._keys(instr.args[0])
        if instr.op == Op.CALL:
            return self._called(instr, depth)
        return NOTHING

    def _inner(self, values: tuple[int, ...], depth: int) -> list[Atoms]:
        return [self.of(value, depth + 1) for value in values]

    def _pushed(self, value: int, depth: int) -> list[Atoms]:
        code = self.origins.linker.code(self.fid)
        return [self.of(i.args[1], depth + 1) for i in code if i.op == Op.PUSH and i.args[0] == value]

    def _stored(self, load: Instr, depth: int) -> Atoms:
        if load.name in self.variables:
            return NOTHING
        self.variables.add(load.name)
        contents = self.origins.linker.contents(self.fid)
        parts = [self.of(store.args[0], depth + 1) for store in contents.stores.get(load.name, ())]
        for call in contents.calls:
            # `fields.append(f"{key} = ?")`
            callee = self.definitions.get(call.args[0])
            held = (
                self.definitions.get(callee.args[0]) if callee is not None and callee.op == Op.ATTR else None
            )
            if callee is None or held is None or callee.name not in ("append", "push"):
                continue
            if held.op == Op.LOAD and held.name == load.name:
                parts.extend(self._inner(call.args[1:], depth))
        return union(parts)

    def _called(self, instr: Instr, depth: int) -> Atoms:
        callee = self.definitions.get(instr.args[0])
        if callee is None:
            return NOTHING
        if callee.name in _LIMITS:
            self.cut = True
        if callee.name in _KEYS:
            return self._keys(instr.dst)
        given = (callee.args[0], *instr.args[1:]) if callee.op == Op.ATTR else instr.args[1:]
        return union(self._inner(given, depth))

    def _keys(self, value: int) -> Atoms:
        """What a map comes from, given by itself, by `map.items()` or by `Object.keys(map)`."""
        instr = self.definitions.get(value)
        callee = self.definitions.get(instr.args[0]) if instr is not None and instr.op == Op.CALL else None
        if instr is not None and callee is not None and callee.op == Op.ATTR and callee.name in _KEYS:
            value = instr.args[1] if len(instr.args) > 1 else callee.args[0]
        elif instr is not None and callee is not None and callee.name in _SAME and len(instr.args) > 1:
            # `enumerate(names)`, `sorted(values)`
            return self._keys(instr.args[1])
        elif instr is not None and (listed := self._listed(instr)):
            # `names = [name for name in values if ...]`
            return union(self._inner(listed, 0))
        return self.origins.of(self.fid, value)

    def _listed(self, instr: Instr) -> tuple[int, ...]:
        """What is put into a list of keys, one by one, before it is gone through."""
        contents = self.origins.linker.contents(self.fid)
        stores = contents.stores.get(instr.name, ()) if instr.op == Op.LOAD else ()
        held = self.definitions.get(stores[0].args[0]) if len(stores) == 1 else instr
        if held is None or held.op != Op.COLLECT or held.args:
            return ()
        code = self.origins.linker.code(self.fid)
        return tuple(i.args[1] for i in code if i.op == Op.PUSH and i.args[0] == held.dst)


__all__ = ["naming"]
