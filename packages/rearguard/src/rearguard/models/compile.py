"""Models as look-up tables: from an API path to the concepts that hold there."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields, replace
from typing import TypeVar, cast

from rearguard.link import AliasTable, Selector, expand, split_selector
from rearguard.models.concepts import Concept
from rearguard.models.dsl import Library

FAMILIES = ("python", "javascript")

C = TypeVar("C", bound=Concept)


@dataclass(frozen=True, slots=True)
class Row:
    """A concept at one path, selector split off."""

    concept: Concept
    selector: Selector | None
    """Arguments meant; `None`: the value at the path itself, or the receiver for `(self)`."""
    keys: tuple[str, ...]
    """Keys inside the argument."""
    on_self: bool
    library: str


@dataclass(slots=True)
class Tables:
    """Compiled rows of one language family."""

    aliases: AliasTable = field(default_factory=AliasTable)
    calls: dict[str, tuple[Row, ...]] = field(default_factory=dict)
    """Callee path -> rows about its arguments or receiver."""
    values: dict[str, tuple[Row, ...]] = field(default_factory=dict)
    """Path -> rows about the value there."""


class Models:
    """All loaded libraries, compiled."""

    def __init__(self, libraries: Iterable[Library]) -> None:
        """Raises ValueError on a malformed path."""
        self.libraries = tuple(libraries)
        self.families: dict[str, Tables] = {family: Tables() for family in FAMILIES}
        for library in self.libraries:
            _compile(library, self.families[library.language])
        self._saying: dict[tuple[str, type[Concept]], tuple[tuple[str, Concept, Row], ...]] = {}

    @property
    def aliases(self) -> dict[str, AliasTable]:
        """Alias tables by family, for the linker."""
        return {family: tables.aliases for family, tables in self.families.items()}

    def call_rows(self, family: str, names: Iterable[str], kind: type[C]) -> list[tuple[C, Row]]:
        """Rows of a concept about a call whose callee has `names`, without repetition."""
        return _select(self.families[family].calls, names, kind)

    def value_rows(self, family: str, names: Iterable[str], kind: type[C]) -> list[tuple[C, Row]]:
        """Rows of a concept about a value that has `names`."""
        return _select(self.families[family].values, names, kind)

    def all_calls(self, kind: type[C]) -> tuple[tuple[str, C, Row], ...]:
        """Callee, concept and row of every row of a concept about calls, whatever the language."""
        return self._all("calls", kind)

    def all_values(self, kind: type[C]) -> tuple[tuple[str, C, Row], ...]:
        """Path, concept and row of every row of a concept about values."""
        return self._all("values", kind)

    def _all(self, table: str, kind: type[C]) -> tuple[tuple[str, C, Row], ...]:
        # There are thousands of rows, and nothing about a program in them: looked through once.
        found = self._saying.get((table, kind))
        if found is None:
            found = self._saying[table, kind] = tuple(self._looked_through(table, kind))
        return cast("tuple[tuple[str, C, Row], ...]", found)

    def _looked_through(self, table: str, kind: type[C]) -> Iterator[tuple[str, C, Row]]:
        for tables in self.families.values():
            held = tables.calls if table == "calls" else tables.values
            for name, rows in held.items():
                for row in rows:
                    if isinstance(row.concept, kind):
                        yield name, row.concept, row


def _select(table: dict[str, tuple[Row, ...]], names: Iterable[str], kind: type[C]) -> list[tuple[C, Row]]:
    found: list[tuple[C, Row]] = []
    for name in names:
        for row in table.get(name, ()):
            if isinstance(row.concept, kind) and all(row.concept is not other for other, _ in found):
                found.append((row.concept, row))
    return found


def _compile(library: Library, tables: Tables) -> None:
    def qualified(path: str) -> str:
        for name in (*library.types, *library.exports):
            if path == name or (path.startswith(name) and path[len(name)] in ".(<["):
                return f"{library.name}:{path}"
        return path

    for name, paths in library.types.items():
        for pattern in paths:
            for path in expand(pattern):
                tables.aliases.add(f"{library.name}:{name}", qualified(path))
    tables.aliases.sites.update(f"{library.name}:{name}" for name in library.sites)
    for name, shape in library.shapes.items():
        tables.aliases.shapes.append((re.compile(shape), f"{library.name}:{name}"))
    for name, (place, exported) in library.exports.items():
        tables.aliases.exports.append((re.compile(place), re.compile(exported), f"{library.name}:{name}"))
    for name, place in library.folders.items():
        tables.aliases.folders.append((re.compile(place), f"{library.name}:{name}"))
    for patterns, table in (
        (library.provides, tables.aliases.results),
        (library.passes, tables.aliases.same),
    ):
        for pattern in (path for each in patterns for path in expand(each)):
            callee, selector, _ = split_selector(qualified(pattern))
            if selector is None:
                raise ValueError(f"{library.name}: {pattern} selects no argument")
            table[callee] = selector
            tables.aliases.keep(callee)
    for path in (qualified(each) for pattern in library.keeps for each in expand(pattern)):
        tables.aliases.keepers.add(path)
        tables.aliases.keep(path)
    for concept in library.concepts:
        for pattern in expand(concept.path):
            _add(tables, library, concept, qualified(pattern))


def _add(tables: Tables, library: Library, concept: Concept, path: str) -> None:
    on_self = path.endswith("(self)")
    callee, selector, keys = split_selector(path)
    if on_self:
        selector = None
    for item in fields(concept):
        if getattr(concept, item.name) == "$member":
            concept = replace(concept, **{item.name: callee.removesuffix("()").rpartition(".")[2]})
    for named in getattr(concept, "safe_values", ()):
        # What an option may name is told by its path.
        tables.aliases.keep(named)
    row = Row(concept, selector, keys, on_self, library.name)
    table = tables.calls if on_self or selector is not None else tables.values
    table[callee] = (*table.get(callee, ()), row)
    tables.aliases.keep(callee)
    if table is tables.values and callee.endswith("()"):
        # A value row on a result is also a fact about the call.
        tables.aliases.keep(callee.removesuffix("()"))
