"""A value that a template prints as markup is printed as text: by the template's own escaping, switched on.

https://jinja.palletsprojects.com/en/stable/templates/#html-escaping,
https://docs.djangoproject.com/en/stable/ref/templates/builtins/#autoescape, https://ejs.co/#docs,
https://handlebarsjs.com/guide/#html-escaping, https://pugjs.org/language/interpolation.html
"""

import re

from rearguard.findings import Disposition, Edit, Fix
from rearguard.models.concepts import UnescapedPage
from rearguard.program import Instr, Source
from rearguard.repair.context import RepairContext, proposed
from rearguard.repair.edits import edit
from rearguard.repair.helpers import imported_modules
from rearguard.repair.syntax import RepairError

__all__ = ["MAKES_MARKUP", "TEMPLATES", "escape_template"]

TEMPLATES = ("jinja", "ejs", "handlebars", "pug")
_TITLE = "Let the template escape the value"
_SAFE = re.compile(rb"\s*\|\s*safe(?:seq)?\b")
_FILTER = re.compile(r"\|\s*(\w+)")
_STILL_TEXT = frozenset(
    (
        *("safe", "safeseq", "default", "d", "trim", "lower", "upper", "title", "capitalize", "capfirst"),
        *("truncate", "truncatechars", "truncatewords", "cut", "first", "last", "join", "default_if_none"),
        *("string", "int", "float", "length"),
    )
)
"""Filters after which a value is no more markup than before."""
MAKES_MARKUP = re.compile(
    r"html|markdown|markup|\bmd\b|sanit|bleach|mark_?safe|nl2br|linebreak|linkify|highlight|rich_?text",
    re.IGNORECASE,
)
_TEXT_METHODS = frozenset(
    (
        *(
            "trim",
            "slice",
            "substring",
            "substr",
            "split",
            "join",
            "at",
            "charAt",
            "get",
            "String",
            "toString",
        ),
        *("toLowerCase", "toUpperCase", "toLocaleString", "toFixed", "toISOString", "padStart", "padEnd"),
    )
)
"""Calls whose result is no more markup than what they are given."""
_CALLED = re.compile(r"([\w.]+)\s*\(")
_LAYOUT = ("body", "content", "contents", "children", "defaultContent")
"""Names under which layouts are handed the page that they frame."""
_STRING = re.compile(r"\"[^\"\n]*\"|'[^'\n]*'")
_AUTOESCAPE = re.compile(rb"\{%-?\s*autoescape\s+(?P<value>\w+)")
_LINES = re.compile(
    r"\s*(?P<value>[\w.$\[\]?]+)\.replace\(/(?:\\r\??)?\\n/g,\s*(['\"])<br\s*/?>\2\)\s*", re.ASCII
)
_PUG = re.compile(rb"!(?=[={])")


def escape_template(context: RepairContext) -> Fix:
    """Take away what switches escaping off, at the place where it stands."""
    source = context.sources[context.path(context.target.fid)]
    instr = context.view.definitions(context.target.fid).get(context.target.value)
    if instr is None:
        raise RepairError("the place could not be found again")
    if isinstance(context.target.concept, UnescapedPage):
        return _switched_on(context)
    if _is_markup(context):
        raise RepairError("what is printed may be markup that the program makes; escape the values in there")
    if instr.value in ("script", "script-code"):
        raise RepairError("escaping for HTML is of no use inside a script; hand the value over as JSON")
    if instr.value == "event-handler":
        raise RepairError("the browser undoes escaping there; hand the value over in an attribute of its own")
    if instr.value in ("url", "link"):
        raise RepairError("which addresses may be linked to is for a person to say")
    edits = {"jinja": _jinja, "ejs": _ejs, "handlebars": _handlebars, "pug": _pug}[source.language](
        source, instr
    )
    if instr.value == "attribute-unquoted":
        edits += _quotes(source, instr)
    if not edits:
        raise RepairError("what switches escaping off is not seen here")
    return proposed(_TITLE, Disposition.REVIEW, *edits)


def _is_markup(context: RepairContext) -> bool:
    """Whether the value passes a call that makes markup on its way into the page."""
    for step in context.finding.evidence.steps[:-1]:
        source = context.sources.get(step.span.path)
        if source is None or source.language in TEMPLATES:
            continue
        texts = _STRING.sub("", source.slice(step.span.start, step.span.end))
        if any(MAKES_MARKUP.search(name.rpartition(".")[2]) for name in _CALLED.findall(texts)):
            return True
    return False


# -- one output ---------------------------------------------------------------------------------------


def _jinja(source: Source, instr: Instr) -> list[Edit]:
    start, end = _braces(source, instr)
    inside = source.text[start:end]
    found = [edit(source, start + match.start(), start + match.end(), "") for match in _SAFE.finditer(inside)]
    others = set(_FILTER.findall(inside.decode("utf-8", "replace"))) - _STILL_TEXT
    if found and others:
        raise RepairError(f"the filter {min(others)} may make markup; mark only what it gives as safe")
    if not found and "raw" in instr.keys:
        switches = list(_AUTOESCAPE.finditer(source.text, 0, start))
        if not switches or switches[-1]["value"] not in (b"false", b"off", b"False"):
            raise RepairError("what switches escaping off is not seen here")
        value = "on" if switches[-1]["value"] == b"off" else "true"
        found.append(edit(source, *switches[-1].span("value"), value))
    return found


def _braces(source: Source, instr: Instr) -> tuple[int, int]:
    """From after `{{` to before `}}`."""
    start = source.text.rfind(b"{{", 0, instr.start + 2)
    end = source.text.find(b"}}", instr.start)
    if start < 0 or end < 0:
        raise RepairError("the output could not be found again")
    return start + 2, end


def _ejs(source: Source, instr: Instr) -> list[Edit]:
    if "raw" not in instr.keys:
        return []
    code = source.slice(instr.start + len("<%-"), instr.end - len("%>"))
    lines = _LINES.fullmatch(code)
    if lines is not None:
        value = lines["value"]
        text = f"<% for (const line of {value}.split('\\n')) {{ %><%= line %><br><% }} %>"
        return [edit(source, instr.start, instr.end, text)]
    if "<" in code or MAKES_MARKUP.search(code):
        raise RepairError("the expression makes markup of its own; escape the values that it puts in")
    # `include('head')`, `body()`: what a function gives may be a page, with tags of its own.
    others = {name.rpartition(".")[2] for name in _CALLED.findall(_STRING.sub("", code))} - _TEXT_METHODS
    if others or code.strip() in _LAYOUT:
        made = min(others, default=code.strip())
        raise RepairError(f"{made} may give markup; escape the values that it puts in")
    return [edit(source, instr.start + 2, instr.start + 3, "=")]


def _handlebars(source: Source, instr: Instr) -> list[Edit]:
    if "raw" not in instr.keys:
        return []
    text = source.slice(instr.start, instr.end)
    if text.startswith("{{{") and text.endswith("}}}"):
        name = text[3:-3]
    else:
        match = re.fullmatch(r"\{\{(~?)&\s*(.*)\}\}", text, re.DOTALL)
        if match is None:
            raise RepairError("the output could not be found again")
        name = match[1] + match[2]
    if len(name.split()) > 1 or name.strip() in _LAYOUT:
        raise RepairError("the helper may make markup; escape the values that it puts in")
    return [edit(source, instr.start, instr.end, "{{" + name + "}}")]


def _pug(source: Source, instr: Instr) -> list[Edit]:
    match = _PUG.search(source.text, instr.start, instr.end)
    if match is None:
        raise RepairError("the output could not be found again")
    inside = source.text[match.end() : match.end() + 1] == b"{"
    return [edit(source, match.start(), match.end(), "#" if inside else "")]


def _quotes(source: Source, instr: Instr) -> list[Edit]:
    """Quotes around the attribute that the output is part of: without them, a blank ends it."""
    opening = {"jinja": b"{{", "handlebars": b"{{", "ejs": b"<%"}.get(source.language)
    if opening is None:
        return []
    closing = b"}}" if opening == b"{{" else b"%>"
    text = source.text
    start = text.rfind(opening, 0, instr.start + 2)
    while start > 0 and text[start - 1 : start] not in b"= \t\r\n>\"'":
        start -= 1
    end = text.find(closing, instr.start)
    if start <= 0 or end < 0 or text[start - 1 : start] != b"=":
        raise RepairError("the value is no attribute's; write the attribute out")
    end += 2
    while end < len(text) and text[end : end + 1] not in b" \t\r\n>":
        if text[end : end + 1] in b"\"'{<%" and not text.startswith(opening, end):
            raise RepairError("where the attribute ends is decided by the template")
        end = text.find(closing, end) + 2 if text.startswith(opening, end) else end + 1
    return [edit(source, start, start, '"'), edit(source, end, end, '"')]


# -- all outputs --------------------------------------------------------------------------------------

_OFF = {
    "python": re.compile(rb"\bautoescape\s*=\s*(?P<value>False)\b"),
    "javascript": re.compile(rb"\b(?:autoescape\s*:\s*(?P<value>false)|noEscape\s*:\s*(?P<no>true))\b"),
}
_PLAIN_ENVIRONMENT = re.compile(rb"\bEnvironment\((?P<arguments>(?:[^()]|\([^()]*\))*)\)")


def _switched_on(context: RepairContext) -> Fix:
    """Escaping for all templates, where the program sets them up; only when that is one place."""
    found: list[Edit] = []
    jinja = "jinja2" in imported_modules(context)
    concept = context.target.concept
    engine = concept.engine if isinstance(concept, UnescapedPage) else None
    for path in sorted(context.sources):
        source = context.sources[path]
        family = "python" if source.language == "python" else "javascript"
        if source.language not in ("python", "javascript", "typescript", "tsx"):
            continue
        if engine is not None and path != engine.path:
            continue
        within = (engine.start, engine.end) if engine is not None else (0, len(source.text))
        for match in _OFF[family].finditer(source.text, *within):
            value = "value" if match["value"] else "no"
            turned = {b"False": "True", b"false": "true", b"true": "false"}[match[value]]
            found.append(edit(source, *match.span(value), turned))
        if family == "python" and jinja and b"jinja2" in source.text:
            for match in _PLAIN_ENVIRONMENT.finditer(source.text, *within):
                if b"autoescape" in match["arguments"]:
                    continue
                end = match.end("arguments")
                text = "autoescape=True"
                if match["arguments"].strip():
                    text = f" {text}" if match["arguments"].rstrip().endswith(b",") else f", {text}"
                found.append(edit(source, end, end, text))
    if len(found) != 1:
        raise RepairError("where escaping is switched off for these templates is not seen")
    return proposed("Let all templates escape what they print", Disposition.REVIEW, *found)
