"""HTML in which reviewed text is only text.

Markup is made by `tag` alone. A plain string is escaped wherever it stands, as content and as attribute, so
that nothing of the reviewed code becomes an element, an attribute, a script or an address.
"""

import html
import re
from dataclasses import dataclass

from rearguard.report.quote import visible

__all__ = ["NOTHING", "Content", "Markup", "code", "joined", "link", "prose", "tag", "trusted"]

_CODE_IN_TEXT = re.compile(r"`([^`\n]+)`")
_VOID = frozenset({"br", "hr", "input", "meta"})
_ADDRESS = re.compile(r"https://[\w./#:%?=&()-]+")


@dataclass(frozen=True, slots=True)
class Markup:
    """Text that is HTML already."""

    text: str


Content = str | Markup

NOTHING = Markup("")


def tag(name: str, /, *children: Content, **attributes: str | bool) -> Markup:
    """An element. `class_` is written as `class`, `data_check` as `data-check`; True stands without a value,
    False and "" are left out."""
    written = "".join(_attribute(key, value) for key, value in attributes.items() if value is not False)
    if name in _VOID:
        return Markup(f"<{name}{written}>")
    return Markup(f"<{name}{written}>{joined(*children).text}</{name}>")


def joined(*parts: Content) -> Markup:
    """The parts one after the other."""
    return Markup("".join(part.text if isinstance(part, Markup) else _escaped(part) for part in parts))


def trusted(text: str) -> Markup:
    """Our own style and script; never reviewed text."""
    return Markup(text)


def prose(text: str) -> Markup:
    """A sentence on one line; what stands in backticks becomes code."""
    words = " ".join(text.split())
    pieces: list[Content] = []
    position = 0
    for match in _CODE_IN_TEXT.finditer(words):
        pieces += [words[position : match.start()], code(match[1])]
        position = match.end()
    return joined(*pieces, words[position:])


def code(text: str) -> Markup:
    """A name or a place as code."""
    return tag("code", text) if text else NOTHING


def link(text: str, url: str) -> Markup:
    """A link to one of our own addresses; never use it for an address from reviewed text."""
    if not _ADDRESS.fullmatch(url):
        raise ValueError(f"not an address of a standard: {url!r}")
    return tag("a", text, href=url, rel="noreferrer")


def _attribute(key: str, value: str | bool) -> str:
    if value == "":
        return ""
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{_escaped(str(value))}"'


def _escaped(text: str) -> str:
    return html.escape(visible(text), quote=True)
