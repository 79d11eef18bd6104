"""What stands in the text of pages and templates: forms, comments, scripts, values that are printed."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rearguard.checks.base import Context
from rearguard.program import Source, Span

__all__ = ["Form", "Printed", "comments", "forms", "pages", "printed", "scripts"]

_TEMPLATES = frozenset(("jinja", "ejs", "handlebars", "pug"))
_FOREIGN = re.compile(
    r"(?:^|/)(?:node_modules|vendors?|third_party|docs?|coverage|dist|tests?|__tests__|spec|fixtures|swagger|redoc|lib)/"
    r"|\.min\.|\.component\.html$"
)
_CLIENT_SIDE = re.compile(
    rb"\bng-(?:app|controller|model|if|repeat)\b|\*ng(?:If|For)\b|\bv-(?:if|for|model|bind)\b|\bx-data="
)
"""Markup that the browser fills: what it prints, the browser has already."""
_COMMENT = re.compile(rb"<!--(?!\[if)(.{1,4000}?)-->", re.DOTALL)
_SCRIPT = re.compile(rb"<script\b[^>]{0,300}>(.{1,200000}?)</script", re.DOTALL | re.IGNORECASE)
_FORM = re.compile(rb"<form\b([^>]{0,600})>(.{0,20000}?)</form", re.DOTALL | re.IGNORECASE)
_ATTRIBUTE = re.compile(rb"\b(method|action)\s*=\s*[\"']?([^\"'\s>]{0,200})", re.IGNORECASE)
_PRINTS = {
    "jinja": re.compile(rb"\{\{-?\s*([A-Za-z_][^{}]{0,120}?)\s*-?\}\}"),
    "handlebars": re.compile(rb"\{\{\{?\s*([A-Za-z_][^{}]{0,120}?)\s*\}?\}\}"),
    "ejs": re.compile(rb"<%[-=]\s*([A-Za-z_][^%]{0,120}?)\s*[-_]?%>"),
    "pug": re.compile(rb"[#!]\{\s*([A-Za-z_][^{}]{0,120}?)\s*\}"),
}
_PATH = re.compile(r"[A-Za-z_$][\w$]*(?:(?:\.|\?\.)[A-Za-z_$][\w$]*|\[['\"]\w+['\"]\])*")


@dataclass(frozen=True, slots=True)
class Printed:
    """One value that a template prints."""

    path: tuple[str, ...]
    """`user.password` as `("user", "password")`."""
    span: Span
    expression: str


@dataclass(frozen=True, slots=True)
class Form:
    """A form that is written out."""

    method: str
    """In lower case; "" when none is given, which is GET unless a script sends the form."""
    action: str
    body: bytes
    head: bytes
    """The attributes of its tag."""
    span: Span
    """Its opening tag."""


def pages(context: Context) -> Iterator[Source]:
    """Templates and pages of the project's own, in the order of their paths."""
    for path in sorted(context.sources):
        source = context.sources[path]
        if source.language in _TEMPLATES and not _FOREIGN.search(path):
            yield source


def comments(source: Source) -> Iterator[tuple[Span, bytes]]:
    """Comments that reach the browser."""
    if source.language == "pug":
        return
    for match in _COMMENT.finditer(source.text):
        yield Span(source.path, match.start(), match.end()), match[1]


def scripts(source: Source) -> Iterator[tuple[int, bytes]]:
    """Scripts in a page: where each begins, and its text."""
    for match in _SCRIPT.finditer(source.text):
        yield match.start(1), match[1]


def forms(source: Source) -> Iterator[Form]:
    """Forms of a page, in their order."""
    for match in _FORM.finditer(source.text):
        given = {
            name.decode().lower(): value.decode("utf-8", "replace")
            for name, value in _ATTRIBUTE.findall(match[1])
        }
        span = Span(source.path, match.start(), match.end(1) + 1)
        yield Form(given.get("method", "").lower(), given.get("action", ""), match[2], match[1], span)


def printed(source: Source, text: bytes | None = None, start: int = 0) -> Iterator[Printed]:
    """Values that a template prints, in the whole of it or in a part that begins at `start`."""
    pattern = _PRINTS.get(source.language)
    if pattern is None or _CLIENT_SIDE.search(source.text):
        return
    for match in pattern.finditer(source.text if text is None else text):
        expression = match[1].decode("utf-8", "replace")
        found = _PATH.match(expression)
        if found is None or expression[found.end() :].lstrip()[:1] == "(":
            continue
        members = tuple(part for part in re.split(r"\?\.|[.\[\]'\"]+", found[0]) if part)
        yield Printed(members, Span(source.path, start + match.start(), start + match.end()), expression)
