"""The scripts that a page hands to the browser, as one JavaScript module.

Every byte keeps its place: what is no script becomes blanks, and so do the template's own tags inside a
script; a value that the template prints there stands for a constant, since what the server writes is the
template's concern.
"""

import re
from typing import Final

from rearguard.frontends.javascript import read_javascript
from rearguard.program import Module

__all__ = ["BROWSER", "read_page_scripts", "writes_markup"]

BROWSER: Final = "browser"
"""`Module.language` of scripts that run in a browser."""

_SCRIPT = re.compile(rb"<script\b([^>]*)>(.*?)</script", re.DOTALL | re.IGNORECASE)
_TYPE = re.compile(rb"\btype\s*=\s*[\"']?([\w/+.-]*)", re.IGNORECASE)
_JAVASCRIPT = re.compile(rb"(?:module|(?:text|application)/(?:x-)?(?:java|ecma)script)?", re.IGNORECASE)
_TAG = re.compile(rb"\{\{.*?\}\}\}?|\{%.*?%\}|\{#.*?#\}|<%.*?%>", re.DOTALL)
_PRINTS = (b"{{", b"<%=", b"<%-")
_NOT_BREAK = re.compile(rb"[^\r\n]")
_WRITES = re.compile(
    rb"innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|\beval\s*\(|\.html\s*\(|"
    rb"\.(?:append|prepend|after|before|replaceWith|wrap)\s*\(|\$\s*\(|jQuery|\.(?:href|assign|replace)\b"
)


def writes_markup(text: bytes) -> bool:
    """Whether a script holds a word for what makes markup or code of text, or leads elsewhere."""
    return _WRITES.search(text) is not None


def read_page_scripts(text: bytes) -> Module | None:
    """The scripts of a page; `None` if it has none that writes markup. Never raises."""
    code = bytearray(_NOT_BREAK.sub(b" ", text))
    found = False
    for script in _SCRIPT.finditer(text):
        kind = _TYPE.search(script[1])
        if (kind is not None and not _JAVASCRIPT.fullmatch(kind[1])) or not writes_markup(script[2]):
            continue
        found = True
        code[script.start(2) : script.end(2)] = _TAG.sub(_blank, script[2])
    if not found:
        return None
    module = read_javascript(bytes(code), "javascript")
    module.language = BROWSER
    return module


def _blank(tag: re.Match[bytes]) -> bytes:
    blank = _NOT_BREAK.sub(b" ", tag[0])
    return b"0" + blank[1:] if tag[0].startswith(_PRINTS) else blank
