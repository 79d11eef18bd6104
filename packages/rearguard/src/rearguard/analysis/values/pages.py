"""Which pages escape what they print, and which functions fill a page by what they return."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from rearguard.analysis.settings import Use, Uses
from rearguard.analysis.settings.options import Given, option
from rearguard.link import Kind, Ref, Refs
from rearguard.models.compile import Row
from rearguard.models.concepts import AutoEscape, PageFunction, TemplateRender
from rearguard.models.view import ModelView, ValueView
from rearguard.program import Instr, Op, Span

if TYPE_CHECKING:
    from rearguard.analysis.values.regions import Regions

MARKUP_ENDINGS = (".html", ".htm", ".xml", ".xhtml", ".svg")
"""Names of files whose values Flask escapes (https://flask.palletsprojects.com/en/stable/templating/)."""

MARKED_ENDINGS = (".ejs", ".eta", ".pug", ".jade", ".hbs", ".handlebars", ".mustache")
"""Files in which each place says whether it is escaped."""


def functions_in(refs: Refs) -> tuple[str, ...]:
    """The functions of the program that a value may be."""
    return tuple(ref.id for ref in refs if ref.kind is Kind.FUNCTION)


class Pages:
    """What the program's template engines do. Built on the first question."""

    def __init__(self, view: ModelView, uses: Uses, paths: tuple[str, ...]) -> None:
        self._view = view
        self._uses = uses
        self._paths = paths

    @cached_property
    def _switches(self) -> tuple[tuple[str, bool], ...]:
        """(library, whether it escapes) of each place where escaping is said or left to its default."""
        found: list[tuple[str, bool]] = []
        for use in self._uses.of(AutoEscape):
            chosen = (use.value,) if use.row.keys else use.selected
            given = [value.const for value in chosen if value is not None]
            if use.instr.op in (Op.CALL, Op.NEW) and not given:
                spread = any(key in ("*", "**") for key in use.instr.keys)
                found.append((use.row.library, use.concept.default or spread))
            else:
                found.append((use.row.library, not any(value is False for value in given)))
        return tuple(found)

    @cached_property
    def may_not_escape(self) -> bool:
        """Whether some page of the program may print values as they are."""
        return any(not path.endswith(MARKUP_ENDINGS) for path in self._paths) or any(
            not escapes for _, escapes in self._switches
        )

    @cached_property
    def filled(self) -> dict[str, tuple[tuple[Row, str], ...]]:
        """Function -> the template (and the row that says so) which what it returns fills."""
        found: dict[str, tuple[tuple[Row, str], ...]] = {}
        for callee, concept, row in self._view.models.all_calls(TemplateRender):
            if concept.values != "return":
                continue
            for call in self._view.calls(callee):
                target = call.decorates
                for value in call.select(row.selector) if row.selector is not None and target else ():
                    if value.text is not None:
                        found[str(target)] = (*found.get(str(target), ()), (row, value.text))
        for target, row, name in self._of_classes():
            found[target] = (*found.get(target, ()), (row, name))
        return found

    @cached_property
    def _by_class(self) -> tuple[Row, ...]:
        """Rows of what fills the template that a class names."""
        return tuple(
            row for _, concept, row in self._view.models.all_calls(TemplateRender) if concept.by_class[0]
        )

    @cached_property
    def filling(self) -> frozenset[str]:
        """Methods whose answer fills the template that their class names."""
        concepts = (row.concept for row in self._by_class)
        return frozenset(each.by_class[1] for each in concepts if isinstance(each, TemplateRender))

    def _of_classes(self) -> Iterator[tuple[str, Row, str]]:
        """`(method, row, template)` of classes that name a template; methods that they inherit add to it."""
        linker = self._view.linker
        for path, module in linker.modules.items():
            for cid in (f"{path}::{name}" for name in module.classes if self._by_class):
                lineage = [each for each in linker.lineage(cid) if each in linker.functions]
                for row in self._by_class:
                    assert isinstance(row.concept, TemplateRender)
                    attribute, method = row.concept.by_class
                    owner = next(
                        (each for each in lineage if linker.contents(each).stores.get(attribute)), ""
                    )
                    stores = linker.contents(owner).stores[attribute] if owner else ()
                    texts = {ValueView(self._view, owner, store.args[0]).text for store in stores}
                    for target in (f"{each}.{method}" for each in lineage):
                        if target in linker.functions:
                            yield from ((target, row, text) for text in sorted(filter(None, texts)))

    @cached_property
    def functions(self) -> dict[str, tuple[str, ...]]:
        """Functions that every page may call, by name (`@app.template_global()`, `env.globals["badge"]`)."""
        found: dict[str, tuple[str, ...]] = {}
        for use in self._uses.of(PageFunction):
            refs = self._view.linker.refs[use.fid]
            for number in use.values:
                named = {name: functions_in(refs[number]) for name in self._names(use, number)}
                if use.concept.gathered:
                    named = self._gathered(functions_in(refs[number]))
                for name, functions in named.items():
                    if name and functions:
                        found[name] = tuple(dict.fromkeys((*found.get(name, ()), *functions)))
        return found

    def _names(self, use: Use[PageFunction], number: int) -> Iterator[str]:
        """Under which names pages call what is given to them."""
        instr = use.instr
        if instr.op in (Op.SETITEM, Op.SETATTR):
            yield instr.name if instr.op == Op.SETATTR else str(instr.value or "")
            return
        given = dict(zip(instr.args[1:], instr.keys, strict=False)).get(number) if instr.keys else None
        if given:
            yield given
            return
        definitions = self._view.definitions(use.fid)
        maker = definitions.get(instr.args[0])
        written = [*instr.args[2:3], *(maker.args[1:2] if maker is not None and maker.op == Op.CALL else ())]
        texts = [ValueView(self._view, use.fid, each).text for each in written]
        yield from filter(None, texts)
        if not any(texts):
            yield from (
                fid.rpartition(".")[2].rpartition("::")[2]
                for fid in functions_in(self._view.linker.refs[use.fid][number])
            )

    def _gathered(self, functions: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
        """The functions in the maps that these give."""
        found: dict[str, tuple[str, ...]] = {}
        for fid in functions:
            definitions, refs = self._view.definitions(fid), self._view.linker.refs[fid]
            for instr in self._view.linker.code(fid):
                made = definitions.get(instr.args[0]) if instr.op == Op.RETURN and instr.args else None
                if made is not None and made.op in (Op.COLLECT, Op.CALL):
                    values = made.args if made.op == Op.COLLECT else made.args[1:]
                    for key, number in zip(made.keys, values, strict=False):
                        if key is not None and functions_in(refs[number]):
                            found[key] = functions_in(refs[number])
        return found

    def escapes(self, run: Regions, row: Row, receiver: int, name: str) -> bool:
        """Whether the engine that fills the template `name` escapes what it prints."""
        concept = row.concept
        assert isinstance(concept, TemplateRender)
        if concept.escapes == "never":
            return False
        if concept.escapes == "html":
            return name.endswith(MARKUP_ENDINGS) and self._set(row.library)
        if concept.escapes == "engine":
            return name.endswith(MARKED_ENDINGS) or all(escapes for _, escapes in self._switches)
        if concept.escapes == "setting":
            return self._set(row.library)
        if concept.escapes == "made":
            return self._made(run, receiver)
        return True

    def _set(self, library: str) -> bool:
        return all(escapes for held, escapes in self._switches if held == library)

    def _made(self, run: Regions, receiver: int) -> bool:
        """By the call that made the engine from which the template at `receiver` comes."""
        made = self._engine(run, receiver)
        if made is None:
            return True
        fid, instr, row = made
        assert isinstance(row.concept, AutoEscape)
        given = option(self._view, fid, instr, f"({row.selector.keyword})") if row.selector else None
        if given is None or given.given is Given.NO:
            return row.concept.default
        return not given.is_const(False)

    def _engine(self, run: Regions, receiver: int) -> tuple[str, Instr, Row] | None:
        """The call that made the engine of a template: its function, the call, and what is said of it."""
        calls = self._view.models.families[run.family].calls
        for ref in run.refs[receiver] if receiver >= 0 else ():
            current: Ref | None = ref
            while current is not None:
                if isinstance(current.step, tuple):
                    fid, number = current.step
                    instr = self._view.definitions(fid).get(number)
                    callee = ValueView(self._view, fid, instr.args[0]).names if instr is not None else ()
                    for row in (row for each in callee for row in calls.get(each, ())):
                        if isinstance(row.concept, AutoEscape) and instr is not None and row.selector:
                            return fid, instr, row
                current = current.base
        return None

    def engine_span(self, run: Regions, row: Row, receiver: int) -> Span | None:
        """Where the engine of a template was made, if each is told by itself what it escapes."""
        assert isinstance(row.concept, TemplateRender)
        made = self._engine(run, receiver) if row.concept.escapes == "made" else None
        if made is None:
            return None
        fid, instr, _ = made
        return Span(self._view.linker.module_of[fid], instr.start, instr.end)

    def text_named(self, run: Regions, receiver: int, name: str) -> str:
        """The text of a template that stands in the program, in a map that its engine was given; or ""."""
        made = self._engine(run, receiver)
        if made is None:
            return ""
        fid, instr, _ = made
        for number in instr.args[1:]:
            given = ValueView(self._view, fid, number)
            loader = given.instr
            within = loader.args[1:] if loader is not None and loader.op in (Op.CALL, Op.NEW) else ()
            for held in (given, *(ValueView(self._view, fid, each) for each in within)):
                entry = held.key(name)
                if entry is not None and entry.text is not None:
                    return entry.text
        return ""
