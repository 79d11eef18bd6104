"""What folders are: the constant text of their paths, through the settings that name them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rearguard.analysis.settings.options import Given, Option, entry
from rearguard.link import function_id
from rearguard.models.view import ModelView, ValueView
from rearguard.program import MODULE_BODY, Instr, Op

__all__ = ["Folder", "Folders"]

_STEPS = 10
_NAMES = re.compile(r"dir|folder|root|path|stor(?:e|age)|uploads?|media|static|public|files", re.IGNORECASE)
"""What folders are called: the other names are not looked for by name alone."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder, as far as the program says which."""

    parts: tuple[str | tuple[str, int], ...] = ()
    """The constant parts of its path, and the place of each value of a setting that says nothing more."""

    @property
    def text(self) -> str:
        """The constant parts alone."""
        return "/".join(part for part in self.parts if isinstance(part, str))

    def is_in(self, other: "Folder") -> bool:
        """Whether it is certainly the other or a part of it."""
        inner, outer = self._steps(), other._steps()
        return bool(outer) and inner[: len(outer)] == outer

    def _steps(self) -> tuple[str | tuple[str, int], ...]:
        steps: list[str | tuple[str, int]] = []
        for part in self.parts:
            if isinstance(part, tuple):
                steps.append(part)
            else:
                steps += [step for step in part.replace("\\", "/").split("/") if step not in ("", ".")]
        return tuple(steps)


class Folders:
    """Looks folders up; the index of settings is made on the first question."""

    def __init__(self, view: ModelView) -> None:
        self._view = view
        self._named: dict[str, list[tuple[str, int]]] | None = None

    def of(self, fid: str, number: int) -> Folder:
        """The folder that a value names."""
        return Folder(tuple(self._parts(ValueView(self._view, fid, number), 0)))

    def _parts(self, value: ValueView, depth: int) -> Iterator[str | tuple[str, int]]:
        instr = value.instr
        if instr is None or depth > _STEPS:
            return
        if instr.op == Op.CONST:
            if isinstance(instr.value, str) and instr.value and not instr.value.isupper():
                # In capitals it is the name of a variable of the environment.
                yield instr.value
        elif instr.op in (Op.LOAD, Op.ATTR, Op.ITEM):
            held = self._held(value, instr)
            if held is not None:
                parts = tuple(self._parts(held, depth + 1))
                yield from parts or ((held.fid, held.value),)
            elif instr.op == Op.ATTR:
                # `ROOT.resolve()`, `file.parent`
                yield from self._parts(ValueView(value.view, value.fid, instr.args[0]), depth + 1)
        elif instr.op == Op.LOGIC:
            # What the environment says is not known; what holds without it is.
            yield from self._parts(ValueView(value.view, value.fid, instr.args[-1]), depth + 1)
        elif instr.op in (Op.CALL, Op.NEW, Op.JOIN, Op.BINARY):
            for given in self._made_of(value, instr):
                yield from self._parts(ValueView(value.view, value.fid, given), depth + 1)

    def _made_of(self, value: ValueView, instr: Instr) -> tuple[int, ...]:
        """Parts of a path; of a call what it is called on rather than what is called."""
        if instr.op not in (Op.CALL, Op.NEW):
            return instr.args
        callee = value.view.definitions(value.fid).get(instr.args[0])
        receiver = callee.args[:1] if callee is not None and callee.op == Op.ATTR else ()
        return (*receiver, *instr.args[1:])

    def _held(self, value: ValueView, instr: Instr) -> ValueView | None:
        """What a variable, or a setting, holds."""
        if instr.op == Op.LOAD:
            return self._variable(value, instr.name)
        name = instr.name if instr.op == Op.ATTR else instr.value
        if not isinstance(name, str):
            return None
        found = entry(Option(Given.YES, ValueView(value.view, value.fid, instr.args[0])), name)
        return found.value or self._by_name(name)

    def _variable(self, value: ValueView, name: str) -> ValueView | None:
        linker = value.view.linker
        for current in dict.fromkeys((value.fid, function_id(linker.module_of[value.fid], MODULE_BODY))):
            stores = linker.contents(current).stores.get(name, ()) if current in linker.functions else ()
            if len(stores) > 1:
                return None
            if stores:
                held = ValueView(value.view, current, stores[0].args[0])
                if held.instr is None or held.instr.op != Op.IMPORT:
                    return held
                return self._by_name(name)
        return None

    def _by_name(self, name: str) -> ValueView | None:
        """What the one module or class that has a name for it holds under that: settings have one home."""
        if not _NAMES.search(name):
            return None
        if self._named is None:
            self._named = {}
            for fid, function in self._view.linker.functions.items():
                if function.kind in ("module", "class"):
                    for held, stores in self._view.linker.contents(fid).stores.items():
                        if _NAMES.search(held):
                            self._named.setdefault(held, []).extend((fid, s.args[0]) for s in stores)
        values = [ValueView(self._view, *place) for place in self._named.get(name, ())]
        homes = [value for value in values if value.instr is None or value.instr.op != Op.IMPORT]
        return homes[0] if len(homes) == 1 else None
