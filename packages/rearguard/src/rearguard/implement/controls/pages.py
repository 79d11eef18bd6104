"""What the pages of an application load, which decides the policy that can be enforced at once."""

import re
from dataclasses import dataclass

from rearguard.implement.application import Application

__all__ = ["Pages", "pages"]

_INLINE = re.compile(
    r"<script(?![^>]*\bsrc\s*=)(?![^>]*\btype\s*=\s*[\"']?(?:application/(?:ld\+)?json|text/template))[^>]*>"
    r"|<style\b|\sstyle\s*=\s*[\"']|\son[a-z]{3,}\s*=\s*[\"']|href\s*=\s*[\"']?javascript:",
    re.IGNORECASE,
)
_FOREIGN = re.compile(
    r"<(?:script|link|img|iframe|source|video|audio)\b[^>]*\b(?:src|href)\s*=\s*[\"']?((?:https?:)?//[^\"'\s>]+)",
    re.IGNORECASE,
)
_ELSEWHERE = re.compile(r"<form\b[^>]*\baction\s*=\s*[\"']?https?://", re.IGNORECASE)

_NOT_SERVED = re.compile(r"(?:^|/)(?:[\w-]*e?mails?(?:[-_]\w+)*|docs?|documentation)(?:/|\.)", re.IGNORECASE)
"""Templates of mails, and documentation: no browser gets them from this application."""


_READ = ("ejs", "njk", "nunjucks", "html", "eta")
"""Engines of Express whose templates are among the sources."""
_SERVES = {
    "express": r"\bexpress\.static\(|\bserveStatic\(|\.sendFile\(|\bres(?:ponse)?\.render\(",
    "fastapi": r"\bStaticFiles\(|\bHTMLResponse\b|\bTemplateResponse\(",
    "flask": r"\bsend_from_directory\(|\bsend_static_file\(|\brender_template\w*\(|\bstatic_folder\s*=",
    "django": r"\brender\(|\bTemplateView\b|['\"](?:rest_framework|django\.contrib\.admin)['\"]",
}


@dataclass(frozen=True, slots=True)
class Pages:
    """What was seen in templates."""

    has_pages: bool
    blocked: tuple[str, ...]
    """Places, as `path:line`, of what a strict policy would block: inline code, styles, other hosts."""
    unread: str
    """Where the application answers with pages that were not read, as `path:line`, or ""."""


def pages(app: Application) -> Pages:
    """Read the templates of the program; nothing is rendered."""
    blocked: list[str] = []
    has_templates = False
    has_pages = any(route.returns == "html" for route in app.routes)
    for source in app.texts("jinja", "ejs"):
        if _NOT_SERVED.search(source.path):
            continue
        has_pages = has_templates = True
        text = source.text.decode("utf-8", "replace")
        for pattern in (_INLINE, _FOREIGN, _ELSEWHERE):
            match = pattern.search(text)
            if match:
                blocked.append(f"{source.path}:{text.count(chr(10), 0, match.start()) + 1}")
    unread = _other_engine(app) or ("" if has_templates else _served(app))
    return Pages(has_pages or bool(unread), tuple(sorted(set(blocked))), unread)


def _other_engine(app: Application) -> str:
    """Where Express is told of an engine whose templates are not read."""
    for call in app.calls("express:App.set") if app.framework == "express" else ():
        if len(call.args) > 1 and call.args[0].text == "view engine" and call.args[1].text not in _READ:
            return f"{call.span.path}:{app.program.sources[call.span.path].line_of(call.span.start)}"
    return ""


def _served(app: Application) -> str:
    """Where pages or files are answered with, in a program without templates."""
    for route in app.routes:
        if route.returns == "html":
            span = route.handler.span
            return f"{span.path}:{app.program.sources[span.path].line_of(span.start)}"
    return app.mentions(_SERVES[app.framework])
