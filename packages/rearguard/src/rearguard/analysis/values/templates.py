"""Template files: what a render call binds, and where a page prints a value without escaping it.

A template was lowered to one function whose free names the render call binds. Printing is a call of
`rearguard:output`; escaping is the template language's, so it is read here and not from models.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from rearguard.analysis.values.actuals import Actuals, bind, gathered, spread
from rearguard.analysis.values.domain import MARKUP, Maybe, Port, Value, join, labelled
from rearguard.analysis.values.pages import functions_in
from rearguard.analysis.values.summary import ESCAPED, PLAIN, Rendering
from rearguard.link import function_id
from rearguard.models.compile import Row
from rearguard.models.concepts import (
    Context,
    HtmlMarkup,
    PageHandler,
    PageLink,
    TemplateRender,
    UnescapedPage,
)
from rearguard.program import MODULE_BODY, Instr, Op, Span

if TYPE_CHECKING:
    from rearguard.analysis.values.regions import Regions

LANGUAGES = ("jinja", "ejs", "handlebars", "pug")
OUTPUT = "rearguard:output"
_ESCAPING = frozenset(
    ("e", "escape", "forceescape", "force_escape", "tojson", "json_script", "urlencode", "urlize")
)
_NUMBERS = frozenset(
    ("int", "float", "length", "count", "round", "filesizeformat", "floatformat", "date", "time")
)
_NUMBERS_MORE = frozenset(
    ("timesince", "timeuntil", "naturaltime", "intcomma", "pluralize", "yesno", "wordcount")
)
_STAYS_MARKUP = frozenset(
    ("linebreaks", "linebreaksbr", "truncatewords", "truncatechars", "truncate", "trim", "default", "indent")
)
"""Filters that take safe markup for safe, and give safe markup."""
_BY_PLACE = {
    **dict.fromkeys(("attribute-unquoted", "script-code"), HtmlMarkup("")),
    "event-handler": PageHandler(""),
    "link": PageLink(""),
}
"""Places in a page where escaping for HTML does not keep a value from adding markup, or code."""
_ENDINGS = (
    *("", ".html", ".ejs", ".jinja", ".jinja2", ".j2", ".htm"),
    *(".hbs", ".handlebars", ".mustache", ".pug", ".jade", ".njk", ".eta"),
)
_TAG = re.compile(rb"<[A-Za-z!/]")
_FILLED = re.compile(rb"\{\{.*?\}\}|\{[%#].*?[%#]\}|<%.*?%>", re.DOTALL)
_LETTER = re.compile(rb"[A-Za-z\x80-\xff]")
_WITHOUT_SIGNS = (".pug", ".jade")
"""Languages of templates that write tags without `<`."""
_PRINTED = HtmlMarkup("")
_UNESCAPED = UnescapedPage("")


def builtin(run: Regions, instr: Instr, name: str) -> tuple[Maybe] | None:
    """What a call of a template's own function gives; `None` when the name is not one of them."""
    if name == OUTPUT:
        _print(run, instr)
        return (None,)
    if name == "include" and run.linker.modules[run.path].language == "ejs":
        _include_with(run, instr)
        return (None,)
    kind, _, word = name.partition(":")
    if kind == "test":
        return (None,)
    if kind != "filter" or len(instr.args) < 2:
        return None
    value = run.values[instr.args[1]]
    if word == "safe" or word == "safeseq":
        return (Value(value.deep(), None, value.text, -1, MARKUP),) if value is not None else (None,)
    if word in _STAYS_MARKUP and value is not None and value.container == MARKUP:
        return (value,)
    if word in _NUMBERS or word in _NUMBERS_MORE:
        return (None,)
    labels = 0
    for number in instr.args[1:]:
        held = run.values[number]
        labels |= held.deep() if held is not None else 0
    if word in _ESCAPING:
        labels &= ~run.origins.repeated(1 << Context.HTML)
    if word == "urlencode":
        labels &= ~run.origins.repeated(1 << Context.REDIRECT)
    return (labelled(labels),)


def _print(run: Regions, instr: Instr) -> None:
    if len(instr.args) < 2:
        return
    value = run.values[instr.args[1]]
    if value is None:
        return
    labels = value.deep()
    pending = ""
    concept: HtmlMarkup | None = None
    if "raw" not in instr.keys and value.container != MARKUP:
        concept = _BY_PLACE.get(str(instr.value))
        if concept is not None:
            labels = run.program.without_stored(run, labels)
            pending = PLAIN
        elif run.program.pages.may_not_escape:
            pending = ESCAPED
        else:
            return
    printed = Value(labels, None, value.text, value.origin)
    if concept is None:
        concept = _UNESCAPED if pending == ESCAPED else _PRINTED
    run.program.use_at(run, instr, concept, instr.args[1], printed, pending)


def _instantiate(
    run: Regions,
    instr: Instr,
    fid: str,
    bound: dict[str, Maybe] | None,
    escapes: bool = True,
    extra: dict[str, Maybe] | None = None,
    engine: Span | None = None,
    handed: Mapping[str, tuple[str, ...]] | None = None,
) -> None:
    """Run a template's function with its free names bound; with ours, and `extra`, when `bound` is `None`."""
    summary = run.program.summaries.get(fid)
    if summary is None:
        return
    given = bound if bound is not None else extra
    actuals = Actuals(run, instr, fid, summary, {}, -1, given, bound is None, escapes)
    actuals.engine = engine
    actuals.handed = {**run.program.pages.functions, **(handed or {})} if bound is not None else {}
    actuals.apply_uses(instr)
    actuals.apply_invokes(instr)


def find(run: Regions, name: str) -> str | None:
    """The function of the template that a render call names: the file whose path ends so, nearest first."""
    wanted = posixpath.normpath(name).lstrip("./")
    here = run.path.split("/")
    best: tuple[int, str] | None = None
    for path in run.program.template_paths:
        if any(path == wanted + ending or path.endswith("/" + wanted + ending) for ending in _ENDINGS):
            shared = 0
            for left, right in zip(here, path.split("/"), strict=False):
                if left != right:
                    break
                shared += 1
            if best is None or shared > best[0]:
                best = (shared, path)
    return function_id(best[1], MODULE_BODY) if best is not None else None


def render(run: Regions, instr: Instr, row: Row, receiver: int) -> bool:
    """Run the named template with the variables that the call binds; false when it was not found."""
    concept = row.concept
    assert isinstance(concept, TemplateRender)
    name = ""
    for number in run.program.arguments(instr, row, receiver):
        value = run.values[number]
        if value is not None and value.constant is not None and isinstance(value.constant[0], str):
            name = value.constant[0]
        elif not name:
            name = _kept_by_module(run, number)
            _note_rendering(run, instr, row, value)
    target = find(run, name) if name and "{{" not in name else None
    if target is None and concept.values == "**" and concept.escapes == "made":
        text = name if "{{" in name else run.program.pages.text_named(run, receiver, name)
        _printed_by_text(run, instr, row, receiver, text)
    if target is None or target == run.fid or concept.values == "return" or _is_plain(run, target):
        return False
    bound: dict[str, Maybe] = {}
    for value in _variables(run, instr, concept):
        _bind_fields(value, bound)
        _bind_whole(run, value, target, bound)
    if concept.shared and receiver >= 0 and run.values[receiver] is not None:
        _bind_whole(run, run.member_of(run.values[receiver], concept.shared), target, bound)
        _bind_kept(run, receiver, concept.shared, target, bound)
    escapes = run.program.pages.escapes(run, row, receiver, _path_of(target))
    engine = None if escapes else run.program.pages.engine_span(run, row, receiver)
    handed = _handed(run, instr, concept)
    _instantiate(run, instr, target, bound, escapes, engine=engine, handed=handed)
    return True


def _handed(run: Regions, instr: Instr, concept: TemplateRender) -> dict[str, tuple[str, ...]]:
    """Functions among the variables that a call binds, by the names under which the page calls them."""
    given: list[tuple[Instr, tuple[int, ...]]] = [(instr, instr.args[1:])] if concept.values == "**" else []
    for number in run.program.selected(instr, concept.values)[0] if not given else ():
        made = run.definitions.get(number)
        if made is not None and made.op == Op.COLLECT:
            given.append((made, made.args))
    return {
        key: functions
        for made, values in given
        for key, number in zip(made.keys, values, strict=False)
        if key is not None and (functions := functions_in(run.refs[number]))
    }


def _variables(run: Regions, instr: Instr, concept: TemplateRender) -> Iterator[Maybe]:
    """Maps that hold the variables which a call binds."""
    if concept.values != "**":
        for number in run.program.selected(instr, concept.values)[0]:
            yield run.values[number]
            made = run.definitions.get(number)
            for key, part in zip(made.keys, made.args, strict=False) if made is not None else ():
                if made is not None and made.op == Op.COLLECT and key == "**":
                    yield run.values[part]
        return
    named: dict[str, Value] = {}
    for index, number in enumerate(instr.args[1:]):
        key = instr.keys[index] if instr.keys else None
        if key == "**":
            yield run.values[number]
        elif key not in (None, "*"):
            named[str(key)] = run.values[number] or Value()
    if named:
        yield Value(0, named, None, -1, "dict")


def _note_rendering(run: Regions, instr: Instr, row: Row, name: Maybe) -> None:
    """The callers of this function say which template it fills."""
    origin = run.origins.items[name.origin] if name is not None and name.origin >= 0 else None
    concept = row.concept
    if not isinstance(concept, TemplateRender) or not isinstance(origin, Port) or concept.values == "return":
        return
    if origin.kind == "param" and not origin.path and concept.escapes != "made":
        held = tuple(_variables(run, instr, concept))
        run.summary.renders.append(Rendering(origin.name, row, held))


def render_named(
    run: Regions, instr: Instr, fid: str, given: tuple[int, ...], keys: tuple[str | None, ...]
) -> None:
    """Run the templates that a function of the program fills whose names its caller gives."""
    summary = run.program.summaries.get(fid)
    if summary is None or not summary.renders:
        return
    numbers = bind(run, fid, given, keys)
    overrides = spread(run, fid, given, keys) | gathered(run, fid, given, keys)
    actuals = Actuals(run, instr, fid, summary, numbers, -1, overrides)
    for rendering in summary.renders:
        known = run.values[numbers[rendering.name]] if rendering.name in numbers else None
        name = known.constant[0] if known is not None and known.constant is not None else None
        target = find(run, name) if isinstance(name, str) and "{{" not in name else None
        if target is None or target == run.fid or _is_plain(run, target):
            continue
        bound: dict[str, Maybe] = {}
        for value in rendering.values:
            held = actuals.value(value)
            _bind_fields(held, bound)
            _bind_whole(run, held, target, bound)
        escapes = run.program.pages.escapes(run, rendering.row, -1, _path_of(target))
        _instantiate(run, instr, target, bound, escapes)


def _is_plain(run: Regions, target: str) -> bool:
    """Whether a template holds words and no tag, and stands in no other: the text of a message."""
    path = _path_of(target)
    text = run.program.view.texts.get(path, b"")
    if not text or path.endswith(_WITHOUT_SIGNS) or _TAG.search(text) is not None:
        return False
    if _LETTER.search(_FILLED.sub(b"", text)) is None:
        # Nothing but what it is given: a piece of a page that was made elsewhere.
        return False
    return not any(instr.op == Op.IMPORT for instr in run.linker.code(target))


def _kept_by_module(run: Regions, number: int) -> str:
    """What a module makes a template of once, and keeps: its file's name, or its text."""
    load = run.definitions.get(number)
    if load is not None and load.op in (Op.CALL, Op.NEW) and len(load.args) > 1:
        # `Template("<p>{{ name }}</p>").render(name=name)`
        text = run.definitions.get(load.args[1])
        return text.value if text is not None and isinstance(text.value, str) and "{{" in text.value else ""
    if load is None or load.op != Op.LOAD or load.name in run.function.locals:
        return ""
    home = function_id(run.path, MODULE_BODY)
    definitions = run.program.definitions(home)
    for instr in run.linker.code(home):
        if instr.op == Op.STORE and instr.name == load.name:
            made = definitions.get(instr.args[0])
            given = definitions.get(made.args[1]) if made is not None and len(made.args) > 1 else None
            return given.value if given is not None and isinstance(given.value, str) else ""
    return ""


def _printed_by_text(run: Regions, instr: Instr, row: Row, receiver: int, text: str) -> None:
    """What a template that stands in the code as a text of markup prints without escaping."""
    if "<" not in text or "{{" not in text or run.program.pages.escapes(run, row, receiver, ""):
        return
    concept = UnescapedPage("", engine=run.program.pages.engine_span(run, row, receiver))
    for index, number in enumerate(instr.args[1:]):
        key = instr.keys[index] if instr.keys else None
        whole = run.values[number]
        for members in _printed(text, str(key)) if key not in (None, "*", "**") else ():
            value = whole
            for member in members:
                value = run.member_of(value, member)
            if value is not None:
                shown = Value(value.deep(), None, value.text, value.origin)
                run.program.use_at(run, instr, concept, number, shown)


def _printed(text: str, name: str) -> list[tuple[str, ...]]:
    """Which members of a variable a template prints as they are."""
    found = re.findall(r"\{\{-?\s*" + re.escape(name) + r"\b((?:\.\w+)*)[^|{}]*\}\}", text)
    return [tuple(path.split(".")[1:]) for path in dict.fromkeys(found)]


def fill(run: Regions, instr: Instr, value: Maybe) -> None:
    """Run the template that what the function returns fills."""
    for row, name in run.program.pages.filled.get(run.fid, ()):
        target = find(run, name)
        if target is not None and target != run.fid:
            bound: dict[str, Maybe] = {}
            _bind_fields(value, bound)
            escapes = run.program.pages.escapes(run, row, -1, name)
            _instantiate(run, instr, target, bound, escapes)


def _bind_fields(value: Maybe, bound: dict[str, Maybe]) -> None:
    if value is not None and value.fields:
        bound.update(value.fields)


def _bind_whole(run: Regions, value: Maybe, target: str, bound: dict[str, Maybe]) -> None:
    """Names of a template that a value holds whose members the program does not list."""
    summary = run.program.summaries.get(target)
    if value is None or summary is None or not (value.labels or value.fields):
        return
    for origin in summary.origins.items:
        if isinstance(origin, Port) and origin.kind == "capture" and origin.name not in bound:
            held = run.member_of(value, origin.name)
            if held is not None and held.deep():
                bound[origin.name] = held


def _bind_kept(run: Regions, receiver: int, shared: str, target: str, bound: dict[str, Maybe]) -> None:
    """Names of a template that middleware has put where every page sees them (`res.locals.notice`)."""
    summary = run.program.summaries.get(target)
    holders = [f"{holder}.{shared}" for holder in run.program.holders(run.refs[receiver])]
    for origin in summary.origins.items if summary is not None else ():
        if isinstance(origin, Port) and origin.kind == "capture":
            for holder in holders:
                kept = run.program.take(run, (holder, origin.name))
                if kept is not None:
                    bound[origin.name] = join(bound.get(origin.name), kept)


def _path_of(fid: str) -> str:
    return fid.partition("::")[0]


def include(run: Regions, instr: Instr) -> None:
    """An included or extended template sees the same variables."""
    target = find(run, instr.name)
    if target is not None and target != run.fid:
        _instantiate(run, instr, target, None)


def _include_with(run: Regions, instr: Instr) -> None:
    """`include("head", { title })` of EJS: what the call names is seen beside the page's own variables."""
    known = run.values[instr.args[1]] if len(instr.args) > 1 else None
    name = known.constant[0] if known is not None and known.constant is not None else None
    target = find(run, name) if isinstance(name, str) else None
    if target is None or target == run.fid:
        return
    bound: dict[str, Maybe] = {}
    for number in instr.args[2:3]:
        _bind_fields(run.values[number], bound)
    _instantiate(run, instr, target, None, extra=bound)


__all__ = ["LANGUAGES", "OUTPUT", "builtin", "fill", "find", "include", "render", "render_named"]
