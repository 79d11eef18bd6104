"""Template files: what a render call binds, and where a page prints a value without escaping it.

A template was lowered to one function whose free names the render call binds. Printing is a call of
`rearguard:output`; escaping is the template language's, so it is read here and not from models.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from rearguard.analysis.values.domain import MARKUP, Maybe, Port, Value, labelled
from rearguard.analysis.values.summary import ESCAPED, PLAIN
from rearguard.link import function_id
from rearguard.models.compile import Row
from rearguard.models.concepts import Context, HtmlMarkup, TemplateRender, UnescapedPage
from rearguard.program import MODULE_BODY, Instr, Op

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
_UNQUOTED = ("attribute-unquoted", "script-code")
"""Places in a page where escaping for HTML does not keep a value from adding markup."""
_ENDINGS = (
    *("", ".html", ".ejs", ".jinja", ".jinja2", ".j2", ".htm"),
    *(".hbs", ".handlebars", ".mustache", ".pug", ".jade", ".njk", ".eta"),
)
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
    if word in _NUMBERS or word in _NUMBERS_MORE:
        return (None,)
    labels = 0
    for number in instr.args[1:]:
        held = run.values[number]
        labels |= held.deep() if held is not None else 0
    if word in _ESCAPING:
        labels &= ~run.origins.repeated(1 << Context.HTML)
    return (labelled(labels),)


def _print(run: Regions, instr: Instr) -> None:
    if len(instr.args) < 2:
        return
    value = run.values[instr.args[1]]
    if value is None:
        return
    labels = value.deep()
    pending = ""
    if "raw" not in instr.keys and value.container != MARKUP:
        if instr.value in _UNQUOTED:
            labels = run.program.without_stored(run, labels)
            pending = PLAIN
        elif run.program.pages.may_not_escape:
            pending = ESCAPED
        else:
            return
    printed = Value(labels, None, value.text, value.origin)
    concept = _UNESCAPED if pending == ESCAPED else _PRINTED
    run.program.use_at(run, instr, concept, instr.args[1], printed, pending)


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
    target = find(run, name) if name and "{{" not in name else None
    if target is None and concept.values == "**" and concept.escapes == "made":
        _printed_by_text(run, instr, row, receiver, name)
    if target is None or target == run.fid or concept.values == "return":
        return False
    bound: dict[str, Maybe] = {}
    for index, number in enumerate(instr.args[1:]):
        key = instr.keys[index] if instr.keys else None
        if concept.values == "**":
            if key == "**":
                _bind_fields(run.values[number], bound)
            elif key not in (None, "*"):
                bound[str(key)] = run.values[number]
    if concept.values != "**":
        for number in run.program.selected(instr, concept.values)[0]:
            _bind_fields(run.values[number], bound)
            _bind_whole(run, run.values[number], target, bound)
    if concept.shared and receiver >= 0 and run.values[receiver] is not None:
        _bind_whole(run, run.member_of(run.values[receiver], concept.shared), target, bound)
    escapes = run.program.pages.escapes(run, row, receiver, _path_of(target))
    run.program.instantiate_template(run, instr, target, bound, escapes)
    return True


def _kept_by_module(run: Regions, number: int) -> str:
    """What a module makes a template of once, and keeps: its file's name, or its text."""
    load = run.definitions.get(number)
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
    for index, number in enumerate(instr.args[1:]):
        key = instr.keys[index] if instr.keys else None
        value = run.values[number]
        if key not in (None, "*", "**") and value is not None and _prints(text, str(key)):
            run.program.use_at(
                run, instr, _PRINTED, number, Value(value.deep(), None, value.text, value.origin)
            )


def _prints(text: str, name: str) -> bool:
    return re.search(r"\{\{-?\s*" + re.escape(name) + r"\b[^|{}]*\}\}", text) is not None


def fill(run: Regions, instr: Instr, value: Maybe) -> None:
    """Run the template that what the function returns fills."""
    for row, name in run.program.pages.filled.get(run.fid, ()):
        target = find(run, name)
        if target is not None and target != run.fid:
            bound: dict[str, Maybe] = {}
            _bind_fields(value, bound)
            escapes = run.program.pages.escapes(run, row, -1, name)
            run.program.instantiate_template(run, instr, target, bound, escapes)


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


def _path_of(fid: str) -> str:
    return fid.partition("::")[0]


def include(run: Regions, instr: Instr) -> None:
    """An included or extended template sees the same variables."""
    target = find(run, instr.name)
    if target is not None and target != run.fid:
        run.program.instantiate_template(run, instr, target, None)


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
    run.program.instantiate_template(run, instr, target, None, extra=bound)


__all__ = ["LANGUAGES", "OUTPUT", "builtin", "fill", "find", "include", "render"]
