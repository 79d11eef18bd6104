"""What the text of a Python literal means: strings, bytes, numbers, and the two template languages.

Sources: Python Language Reference, Lexical analysis (string literals, numeric literals); Python Library
Reference, Format String Syntax and printf-style String Formatting.
"""

import re
import string
import sys
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

__all__ = [
    "Hole",
    "Literal",
    "format_template",
    "identifier_text",
    "number_value",
    "percent_template",
    "read_literal",
    "text_value",
]

_QUOTES = (b'"', b"'")
_SIMPLE_ESCAPES = {
    "\\": "\\",
    "'": "'",
    '"': '"',
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
    "\n": "",
}
_BYTES_ESCAPE = re.compile(r"""\\(\n|[\\'"abfnrtv]|[0-7]{1,3}|x[0-9a-fA-F]{2})""")
_TEXT_ESCAPE = re.compile(
    r"""\\(\n|[\\'"abfnrtv]|[0-7]{1,3}|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|N\{[^{}]{1,200}\})"""
)
_PERCENT = re.compile(
    r"%(?:\((?P<key>[^()]*)\))?[-#0 +]*(?P<width>\*|\d+)?(?:\.(?P<precision>\*|\d*))?[hlL]?"
    r"(?P<conversion>[diouxXeEfFgGcrsa%])"
)
_FIELD_STEP = re.compile(r"\.([^.\[\]]+)|\[([^\[\]]+)\]")
_INT64 = range(-(2**63), 2**63)
_MAX_DIGITS = 4000
"""Beyond this Python refuses to convert decimal text to an integer (sys.set_int_max_str_digits)."""


class Literal(NamedTuple):
    """A string literal split into its parts. `prefix` is lower case; `content` is between the quotes."""

    prefix: str
    content: bytes

    @property
    def is_bytes(self) -> bool:
        """Whether it is a bytes literal."""
        return "b" in self.prefix

    @property
    def is_template(self) -> bool:
        """Whether it may hold interpolations (f-string, t-string)."""
        return "f" in self.prefix or "t" in self.prefix


def read_literal(raw: bytes) -> Literal:
    """Split the text of a string literal; a missing closing quote is tolerated."""
    mark = raw[:1]
    if mark in _QUOTES and raw[-1:] == mark and len(raw) > 2 and raw[1:2] != mark:
        return Literal("", raw[1:-1])
    start = 0
    while start < len(raw) and raw[start] not in b"'\"":
        start += 1
    prefix = raw[:start].decode("ascii", "replace").lower()
    mark = raw[start : start + 1]
    if raw.startswith(mark * 3, start) and len(raw) - start >= 6:
        mark *= 3
    start += len(mark)
    end = len(raw) - len(mark) if mark and len(raw) - start >= len(mark) and raw.endswith(mark) else len(raw)
    return Literal(prefix, raw[start:end])


def text_value(content: bytes, prefix: str, braces: bool = False) -> str:
    """The text that the content of a literal denotes; bytes become latin-1 text.

    `braces`: the content is a text piece of an f-string, where a doubled brace means one.
    Lone surrogates become U+FFFD, for the text must be encodable.
    """
    if not prefix and b"\\" not in content and b"\r" not in content:
        return content.decode("utf-8", "replace")
    if "b" in prefix:
        text, escape = content.decode("latin-1"), _BYTES_ESCAPE
    else:
        text, escape = content.decode("utf-8", "replace"), _TEXT_ESCAPE
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if braces:
        text = text.replace("{{", "{").replace("}}", "}")
    if "\\" not in text or "r" in prefix:
        return text
    wide = escape is _TEXT_ESCAPE
    return escape.sub(lambda match: _unescape(match, wide), text)


def _unescape(match: re.Match[str], wide: bool) -> str:
    body = match[1]
    simple = _SIMPLE_ESCAPES.get(body)
    if simple is not None:
        return simple
    if body[0] == "N":
        try:
            return unicodedata.lookup(body[2:-1])
        except KeyError:
            return match[0]
    code = int(body, 8) if body[0] in "01234567" else int(body[1:], 16)
    if not wide:
        return chr(code & 0xFF)
    if code > 0x10FFFF:
        return match[0]
    return "\ufffd" if 0xD800 <= code <= 0xDFFF else chr(code)


def identifier_text(raw: bytes) -> str:
    """An identifier as Python compares it: NFKC normalised when it is not plain ASCII."""
    name = raw.decode("utf-8", "replace")
    return name if name.isascii() else unicodedata.normalize("NFKC", name)


def number_value(text: str) -> int | float | None:
    """The value of a number; `None` for an imaginary one.

    Integers outside 64 bits become floats, and what a float cannot hold becomes the largest one.
    """
    digits = text.replace("_", "").lower()
    if digits.endswith("j"):
        return None
    digits = digits.rstrip("l")
    try:
        if digits[:2] in ("0x", "0o", "0b"):
            value = int(digits, 0)
        elif digits.isdigit() and len(digits) <= _MAX_DIGITS:
            # Python 2 wrote octal as 0755.
            value = (
                int(digits, 8) if len(digits) > 1 and digits[0] == "0" and digits.strip("0") else int(digits)
            )
        else:
            return _float_of(digits)
    except ValueError:
        return _float_of(digits)
    return value if value in _INT64 else _float_of(value)


def _float_of(value: int | str) -> float:
    try:
        return min(float(value), sys.float_info.max)
    except (OverflowError, ValueError):
        return sys.float_info.max


@dataclass(frozen=True, slots=True)
class Hole:
    """A place in a template that a value fills.

    `key` is the position (int) or the name (str) of the value; `path` the steps from it: a text that
    starts with "." is an attribute, any other an item. `conversion` is as written: `%d`, `!r`, `:>10`;
    `None` if it is the plain one.
    """

    key: int | str
    path: tuple[str, ...] = ()
    conversion: str | None = None


def format_template(template: str) -> list[str | Hole] | None:
    """Text pieces and holes of a `str.format` template, in order; `None` if it is malformed."""
    counter = iter(range(len(template)))
    try:
        return list(_format_parts(template, counter, nested=False))
    except ValueError:
        return None


def _format_parts(template: str, counter: Iterator[int], nested: bool) -> Iterator[str | Hole]:
    for text, field, spec, conversion in string.Formatter().parse(template):
        if text and not nested:
            yield text
        if field is None:
            continue
        first = re.split(r"[.\[]", field, maxsplit=1)[0]
        steps = tuple(
            "." + step[1] if step[1] else step[2] for step in _FIELD_STEP.finditer(field[len(first) :])
        )
        key: int | str = next(counter) if not first else int(first) if first.isdecimal() else first
        written = (f"!{conversion}" if conversion else "") + (f":{spec}" if spec else "")
        yield Hole(key, steps, written or None)
        if spec and not nested:
            yield from _format_parts(spec, counter, nested=True)


def percent_template(template: str) -> list[str | Hole]:
    """Text pieces and holes of a printf-style template, in order. Holes have a name or a position."""
    parts: list[str | Hole] = []
    position = count = 0
    text = ""
    for match in _PERCENT.finditer(template):
        text += template[position : match.start()]
        position = match.end()
        if match["conversion"] == "%":
            text += "%"
            continue
        if text:
            parts.append(text)
            text = ""
        conversion = None if match["conversion"] == "s" else "%" + match["conversion"]
        if match["key"] is not None:
            parts.append(Hole(match["key"], (), conversion))
            continue
        for star in (match["width"], match["precision"]):
            if star == "*":
                parts.append(Hole(count, (), "%*"))
                count += 1
        parts.append(Hole(count, (), conversion))
        count += 1
    text += template[position:]
    if text:
        parts.append(text)
    return parts
