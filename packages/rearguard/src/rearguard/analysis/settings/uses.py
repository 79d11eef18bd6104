"""Every place where code does what a concept means, found in one pass over the program."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar, cast

from rearguard.link import Refs
from rearguard.models.compile import Row
from rearguard.models.concepts import Concept
from rearguard.models.view import ModelView, ValueView
from rearguard.program import Function, Instr, Op, Span

C = TypeVar("C", bound=Concept)

SETTINGS = "@settings"
"""First word of the paths under which models name a project's own settings: `@settings.SESSION_COOKIE_SECURE`
is that name assigned in a settings module or class, or under a configuration object."""
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
    def result(self) -> ValueView:
        """What the call gives."""
        return ValueView(self.view, self.fid, self.instr.dst)


class Uses:
    """The index of all uses, by concept. Built on the first question, in program order."""

    def __init__(self, view: ModelView) -> None:
        self._view = view
        self._by_kind: dict[type[Concept], list[Use[Concept]]] | None = None

    def of(self, kind: type[C]) -> tuple[Use[C], ...]:
        """All uses of a concept, those of subclasses included."""
        if self._by_kind is None:
            self._by_kind = {}
            for use in _all(self._view):
                self._by_kind.setdefault(type(use.concept), []).append(use)
        found = [use for held, uses in self._by_kind.items() if issubclass(held, kind) for use in uses]
        return tuple(cast("list[Use[C]]", found))


def _all(view: ModelView) -> Iterator[Use[Concept]]:
    for fid, function in view.linker.functions.items():
        refs = view.linker.refs[fid]
        tables = view.models.families[view.family(fid)]
        in_settings = _holds_settings(fid, function)
        for instr in view.linker.code(fid):
            if instr.op in (Op.CALL, Op.NEW):
                for row in _rows(tables.calls, refs[instr.args[0]]):
                    yield Use(view, fid, instr, row.concept, row, _arguments(view, fid, instr, row))
                for row in _rows(tables.values, refs[instr.dst]):
                    yield Use(view, fid, instr, row.concept, row, (instr.dst,))
            elif instr.op in (Op.SETATTR, Op.SETITEM):
                name = instr.name if instr.op == Op.SETATTR else instr.value
                if isinstance(name, str):
                    held = dict.fromkeys(n for ref in refs[instr.args[0]] for n in ref.names)
                    for row in (row for path in held for row in tables.values.get(f"{path}.{name}", ())):
                        yield Use(view, fid, instr, row.concept, row, (instr.args[-1],))
            elif instr.op == Op.STORE and in_settings:
                for row in tables.values.get(f"{SETTINGS}.{instr.name}", ()):
                    yield Use(view, fid, instr, row.concept, row, (instr.args[0],))


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
