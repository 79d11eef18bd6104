"""Every place where code does what a concept means, found in one pass over the program."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar, cast

from rearguard.link import Kind, Refs, split_selector
from rearguard.models.compile import Row
from rearguard.models.concepts import Concept
from rearguard.models.view import ModelView, ValueView
from rearguard.program import Function, Instr, Op, Span

C = TypeVar("C", bound=Concept)

SETTINGS = "@settings"
"""First word of the paths under which models name a project's own settings: `@settings.SESSION_COOKIE_SECURE`
is that name assigned in a settings module or class, or under a configuration object."""
OPTION = "@option"
"""First word of the paths of options that mean one thing wherever they stand, whoever takes them:
`@option.rejectUnauthorized` is that key of any map written out, keyword of any call, or member assigned."""
_SETTINGS_PLACE = re.compile(r"settings|config", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Use(Generic[C]):
    """One use of a concept."""

    view: ModelView
    fid: str
    """The function that holds it."""
    instr: Instr
    """The call, or the assignment of a setting."""
    concept: C
    row: Row
    values: tuple[int, ...]
    """What the row selects: arguments, the receiver, the result of the call, or the value assigned."""

    @property
    def span(self) -> Span:
        """The call or assignment."""
        return self.view.span(self.fid, self.instr.start, self.instr.end)

    @property
    def selected(self) -> tuple[ValueView, ...]:
        """The selected values; keys of the row are not followed yet (see `options.entry`)."""
        return tuple(ValueView(self.view, self.fid, number) for number in self.values)

    @property
    def value(self) -> ValueView | None:
        """The one value that the row means, its keys followed into a map written out here; `None` without."""
        if not self.values:
            return None
        value = ValueView(self.view, self.fid, self.values[-1])
        for key in self.row.keys:
            inner = value.key(key)
            if inner is None:
                return None
            value = inner
        return value

    @property
    def is_written_here(self) -> bool:
        """Whether the value stands here as a constant or container; else it was given a name elsewhere."""
        value = self.value
        instr = value.instr if value is not None else None
        return instr is not None and instr.op not in (Op.LOAD, Op.ATTR, Op.ITEM)

    @property
    def result(self) -> ValueView:
        """What the call gives."""
        return ValueView(self.view, self.fid, self.instr.dst)


class Uses:
    """The index of all uses, by concept. Built on the first question, in program order."""

    def __init__(self, view: ModelView) -> None:
        self.view = view
        self._by_kind: dict[type[Concept], list[Use[Concept]]] | None = None
        self._known: dict[type[Concept], tuple[Use[Concept], ...]] = {}

    def of(self, kind: type[C]) -> tuple[Use[C], ...]:
        """All uses of a concept, those of subclasses included."""
        found = self._known.get(kind)
        if found is None:
            if self._by_kind is None:
                self._by_kind = {}
                for use in _all(self.view):
                    self._by_kind.setdefault(type(use.concept), []).append(use)
            uses = (uses for held, uses in self._by_kind.items() if issubclass(held, kind))
            found = self._known[kind] = tuple(use for each in uses for use in each)
        return cast("tuple[Use[C], ...]", found)


def _all(view: ModelView) -> Iterator[Use[Concept]]:
    named = {family: _Named(tables.values) for family, tables in view.models.families.items()}
    for fid, function in view.linker.functions.items():
        refs = view.linker.refs[fid]
        tables = view.models.families[view.family(fid)]
        names = named[view.family(fid)]
        in_settings = _holds_settings(fid, function)
        for instr in view.linker.code(fid):
            if instr.op in (Op.CALL, Op.NEW):
                for row in _rows(tables.calls, refs[instr.args[0]]):
                    yield from _used(view, fid, instr, row, _arguments(view, fid, instr, row))
                if all(ref.kind is not Kind.FUNCTION for ref in refs[instr.args[0]]):
                    # What a function of the project gives was made where that says so.
                    for row in _rows(tables.values, refs[instr.dst]):
                        yield from _used(view, fid, instr, row, (instr.dst,))
                if instr.keys:
                    yield from names.keyed(view, fid, instr, instr.args[1:])
            elif instr.op == Op.COLLECT and instr.keys:
                yield from names.keyed(view, fid, instr, instr.args)
            elif instr.op in (Op.SETATTR, Op.SETITEM):
                name = instr.name if instr.op == Op.SETATTR else instr.value
                if isinstance(name, str):
                    held = dict.fromkeys(n for ref in refs[instr.args[0]] for n in ref.names)
                    rows = dict.fromkeys(
                        row
                        for path in held
                        for ending in (f".{name}", "[]")
                        for row in tables.values.get(path + ending, ())
                    )
                    for row in (*rows, *(row for row in names.of(name) if row not in rows)):
                        yield Use(view, fid, instr, row.concept, row, (instr.args[-1],))
            elif instr.op == Op.STORE and (
                in_settings or (_is_setting(instr.name) and _is_outermost(function))
            ):
                for row in tables.values.get(f"{SETTINGS}.{instr.name}", ()):
                    yield Use(view, fid, instr, row.concept, row, (instr.args[0],))


class _Named:
    """Rows of options and settings that go by their names alone."""

    def __init__(self, table: Mapping[str, tuple[Row, ...]]) -> None:
        self.rows: dict[str, tuple[Row, ...]] = {}
        for path, rows in table.items():
            first, _, name = path.partition(".")
            if first == OPTION or (first == SETTINGS and _is_setting(name)):
                self.rows[name] = (*self.rows.get(name, ()), *rows)

    def of(self, name: str) -> tuple[Row, ...]:
        return self.rows.get(name, ())

    def keyed(
        self, view: ModelView, fid: str, instr: Instr, values: tuple[int, ...]
    ) -> Iterator[Use[Concept]]:
        """Keys of a map, or keywords of a call."""
        for key, value in zip(instr.keys, values, strict=False):
            if key in self.rows:
                for row in self.rows[key]:
                    yield Use(view, fid, instr, row.concept, row, (value,))


def _is_setting(name: str) -> bool:
    """Whether a name is that of a setting wherever it stands: capitals of more than one word."""
    return "_" in name and name.isupper()


def _is_outermost(function: Function) -> bool:
    return function.kind in ("module", "class")


def _used(
    view: ModelView, fid: str, instr: Instr, row: Row, values: tuple[int, ...]
) -> Iterator[Use[Concept]]:
    """The use, unless the row holds only for calls whose argument is something else."""
    only: tuple[str, ...] = getattr(row.concept, "only", ())
    if only:
        _, selector, _ = split_selector(only[0])
        given = selector.pick(len(instr.args) - 1, instr.keys) if selector is not None else ()
        names = {
            name for at in given for ref in view.linker.refs[fid][instr.args[1 + at]] for name in ref.names
        }
        names |= {
            str(ref.step)
            for at in given
            for ref in view.linker.refs[fid][instr.args[1 + at]]
            if ref.kind is Kind.CONST
        }
        if names.isdisjoint(only[1:]):
            return
    yield Use(view, fid, instr, row.concept, row, values)


def _rows(table: Mapping[str, tuple[Row, ...]], refs: Refs) -> tuple[Row, ...]:
    names = dict.fromkeys(name for ref in refs for name in ref.names)
    return tuple(dict.fromkeys(row for name in names for row in table.get(name, ())))


def _arguments(view: ModelView, fid: str, instr: Instr, row: Row) -> tuple[int, ...]:
    if row.on_self:
        callee = view.definitions(fid).get(instr.args[0])
        return (callee.args[0],) if callee is not None and callee.op in (Op.ATTR, Op.ITEM) else ()
    if row.selector is None:
        return ()
    return tuple(instr.args[1 + i] for i in row.selector.pick(len(instr.args) - 1, instr.keys))


def _holds_settings(fid: str, function: Function) -> bool:
    """Whether the names assigned here are settings: a module or class that is called so."""
    path, _, name = fid.rpartition("::")
    if function.kind == "module":
        return bool(_SETTINGS_PLACE.search(path))
    return function.kind == "class" and bool(_SETTINGS_PLACE.search(path) or _SETTINGS_PLACE.search(name))
