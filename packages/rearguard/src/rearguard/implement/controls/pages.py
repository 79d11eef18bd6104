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


@dataclass(frozen=True, slots=True)
class Pages:
    """What was seen in templates."""

    has_pages: bool
    blocked: tuple[str, ...]
    """Places, as `path:line`, of what a strict policy would block: inline code, styles, other hosts."""


def pages(app: Application) -> Pages:
    """Read the templates of the program; nothing is rendered."""
    blocked: list[str] = []
    has_pages = any(route.returns == "html" for route in app.routes)
    for source in app.texts("jinja", "ejs"):
        if _NOT_SERVED.search(source.path):
            continue
        has_pages = True
        text = source.text.decode("utf-8", "replace")
        for pattern in (_INLINE, _FOREIGN, _ELSEWHERE):
            match = pattern.search(text)
            if match:
                blocked.append(f"{source.path}:{text.count(chr(10), 0, match.start()) + 1}")
    if app.framework == "express" and app.calls("express:App.set"):
        has_pages = has_pages or any(
            call.args and call.args[0].text == "view engine" for call in app.calls("express:App.set")
        )
    return Pages(has_pages, tuple(sorted(set(blocked))))
