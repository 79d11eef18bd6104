"""References: what a value can be, said without running anything.

A `Ref` is interned, so that identity is equality and its names are computed once.
"""

from enum import IntEnum
from typing import TypeAlias

from rearguard.link.aliases import AliasTable
from rearguard.program import Const, direct


@direct
class Kind(IntEnum):
    """What a reference refers to; `step` of the `Ref` holds what is named in brackets."""

    EXTERNAL = 0
    """A module, builtin or global outside the review [its path]."""
    MEMBER = 1
    """A member of `base` [its name]."""
    CALL = 2
    """What calling `base` returns."""
    ITEM = 3
    """An element of `base`."""
    FUNCTION = 4
    """A function of the review [its id]."""
    CLASS = 5
    """A class of the review [its id]."""
    INSTANCE = 6
    """An instance of the class `base`."""
    MODULE = 7
    """A module of the review [its path; a folder's path ends with a slash]."""
    TYPE = 8
    """A value of a model's type [the type]."""
    CONST = 9
    """A constant [it]."""
    COLLECT = 10
    """A container written out [function id, value id]."""


class Ref:
    """One reference. Compare by identity; made only by `RefTable`."""

    __slots__ = ("base", "id", "kind", "names", "step")

    def __init__(
        self, kind: Kind, base: "Ref | None", step: Const | tuple[str, int], names: tuple[str, ...]
    ) -> None:
        self.kind = kind
        self.base = base
        self.step = step
        self.names = names
        self.id = step if isinstance(step, str) else str(step)
        """The function or class id, module path, or external path."""

    def __repr__(self) -> str:
        inner = f"{self.base!r}, " if self.base is not None else ""
        return f"{self.kind.name.lower()}({inner}{self.step!r})"


Refs: TypeAlias = tuple[Ref, ...]
"""What a value may be; in order of discovery, without repetition: `MAX_REFS` of any kind, and functions and
rows of tables up to `MAX_ROWS`, since they say who answers what."""

MAX_REFS = 12
MAX_ROWS = 256


def join(left: Refs, right: Refs) -> Refs:
    """The union, in order of discovery, as far as it is kept; `left` itself when nothing comes to it."""
    if not right or left is right:
        return left
    if not left:
        return right
    if len(right) == 1:
        ref = right[0]
        if ref in left or not _has_room(len(left), ref):
            return left
        return (*left, ref)
    known = set(left)
    result = list(left)
    for ref in right:
        if ref not in known and _has_room(len(result), ref):
            known.add(ref)
            result.append(ref)
    return tuple(result) if len(result) > len(left) else left


_ROWS = (Kind.FUNCTION, Kind.COLLECT)


def _has_room(count: int, ref: Ref) -> bool:
    """Whether one more is kept behind `count`; else the set is what it was, and nobody is told of it."""
    return count < MAX_REFS or (count < MAX_ROWS and ref.kind in _ROWS)


class RefTable:
    """Interns references of one review."""

    def __init__(self, tables: dict[str, AliasTable]) -> None:
        """`tables` maps a language family (`python`, `javascript`) to its alias table."""
        self.tables = tables
        self._interned: dict[tuple[Kind, Ref | None, object, type], Ref] = {}

    def make(
        self, kind: Kind, base: Ref | None, step: Const | tuple[str, int], names: tuple[str, ...] = ()
    ) -> Ref:
        """The reference, made if new. `names` matters only then."""
        key = (kind, base, step, type(step))
        ref = self._interned.get(key)
        if ref is None:
            ref = self._interned[key] = Ref(kind, base, step, names)
        return ref

    def external(self, family: str, path: str) -> Ref | None:
        """An import or builtin, or `None` when no model can say anything of it."""
        key = (Kind.EXTERNAL, None, (family, path), tuple)
        ref = self._interned.get(key)
        if ref is None:
            ref = Ref(Kind.EXTERNAL, None, path, self._known(family, path))
            self._interned[key] = ref
        return ref if ref.names else None

    def _known(self, family: str, path: str) -> tuple[str, ...]:
        """The names of an import; what is taken out of a module is a member of the module's types too."""
        module, _, member = path.rpartition(".")
        types = self._known(family, module) if module else ()
        return self.tables[family].names((path, *(f"{kind}.{member}" for kind in types if kind != module)))

    def grow(self, family: str, kind: Kind, base: Ref, step: str) -> Ref | None:
        """A member, call or element of `base`, or `None` when nothing known can come of it."""
        key = (kind, base, step, str)
        ref = self._interned.get(key)
        if ref is None:
            suffix = f".{step}" if kind is Kind.MEMBER else "()" if kind is Kind.CALL else "[]"
            table = self.tables[family]
            names = table.names(name + suffix for name in base.names)
            if not names and kind is Kind.MEMBER:
                names = table.names(name + ".*" for name in base.names)
            ref = self._interned[key] = Ref(kind, base, step, names)
        return ref if ref.names else None
