"""Where in an HTML page a template writes a value: each place needs its own escaping.

A tracker over the literal text of a template, in the order it is written. It follows the states of the
HTML standard's tokenizer (section 13.2.5) as far as they decide how an output must be escaped; the places
are those of the OWASP cross-site scripting prevention cheat sheet.
"""

import re
from typing import Final

__all__ = ["HtmlContext"]

HTML: Final = "html"
ATTRIBUTE: Final = "attribute"
UNQUOTED: Final = "attribute-unquoted"
SCRIPT: Final = "script"
CODE: Final = "script-code"
"""In a script, in none of its strings and comments; or in a template literal, where `${` begins code."""
HANDLER: Final = "event-handler"
"""The code of an event: the browser undoes what escaping for HTML did before it runs that."""
URL: Final = "url"
LINK: Final = "link"
"""The beginning of an address that the browser opens, or sends a form to, where a scheme may be code."""
STYLE: Final = "style"

_DATA = "data"
_COMMENT = "comment"
_RAW = "raw text"
_TAG_NAME = "tag name"
_IN_TAG = "in tag"
_NAME = "attribute name"
_AFTER_NAME = "after attribute name"
_BEFORE_VALUE = "before attribute value"
_QUOTED = "quoted value"
_BARE = "unquoted value"

_OPENING = re.compile(r"<(?:(!--)|(/?[a-zA-Z]))")
_SPACE = re.compile(r"\s*")
_SEPARATOR = re.compile(r"[\s/]*")
_TAG_WORD = re.compile(r"[^\s/>]*")
_ATTRIBUTE_WORD = re.compile(r"[^\s=/>]*")
_MARKS = re.compile(r"\\[\s\S]|//|/\*|\*/|[\"'`\n]")
_ENDS = {"//": "\n", "/*": "*/", "'": "'", '"': '"', "`": "`"}
"""What begins a string or comment of a script -> what ends it."""
_BARE_WORD = re.compile(r"[^\s>]*")

_RAW_TAGS = {"script": SCRIPT, "style": STYLE, "textarea": HTML, "title": HTML}
_URL_ATTRIBUTES = frozenset(
    {"href", "src", "action", "formaction", "xlink:href", "poster", "background", "cite", "ping", "srcset"}
)
_OBJECT_URL = ("object", "data")
_OPENED = frozenset(
    {
        *(("a", "href"), ("area", "href"), ("a", "xlink:href"), ("form", "action"), ("iframe", "src")),
        *(("button", "formaction"), ("input", "formaction"), _OBJECT_URL),
    }
)


class HtmlContext:
    """The place reached in a page: give it literal text with `feed`, ask it with `hole` at each output."""

    def __init__(self) -> None:
        self._state = _DATA
        self._tag = ""
        """Name of the tag being read, with its slash if it closes."""
        self._attribute = ""
        self._quote = ""
        self._written = False
        """Whether the attribute's value has begun: only its beginning decides a URL's scheme."""
        self._literal = ""
        """In a script: what the string or comment being read ends with, or ""."""

    def feed(self, text: str) -> None:
        """Read literal text."""
        position = 0
        while position < len(text):
            position = self._read(text, position)

    def hole(self) -> str:
        """The context of an output here: one of the names above."""
        state = self._state
        if state in (_DATA, _COMMENT):
            return HTML
        if state == _RAW:
            return CODE if self._tag == "script" and self._literal in ("", "`") else _RAW_TAGS[self._tag]
        if state in (_TAG_NAME, _NAME, _AFTER_NAME):
            return UNQUOTED
        if state == _IN_TAG:
            # What is written here may be an attribute's name, or several attributes.
            self._begin_name()
            return UNQUOTED
        if state == _BEFORE_VALUE:
            self._state = _BARE
        if self._attribute.startswith("on"):
            context = HANDLER
        elif self._state == _BARE:
            context = UNQUOTED
        elif self._attribute == "style":
            context = STYLE
        elif self._is_url() and not self._written:
            context = LINK if (self._tag, self._attribute) in _OPENED else URL
        else:
            context = ATTRIBUTE
        self._written = True
        return context

    def _is_url(self) -> bool:
        return self._attribute in _URL_ATTRIBUTES or (self._tag, self._attribute) == _OBJECT_URL

    def _begin_name(self) -> None:
        self._state, self._attribute = _NAME, ""

    def _read(self, text: str, position: int) -> int:
        """Read on from a position in the present state; return the position reached, which is later."""
        match self._state:
            case "data":
                return self._read_data(text, position)
            case "comment":
                return self._until(text, position, "-->", _DATA)
            case "raw text":
                return self._read_raw(text, position)
            case "tag name":
                return self._read_tag_name(text, position)
            case "quoted value":
                return self._read_quoted(text, position)
            case "unquoted value":
                return self._read_bare(text, position)
            case "before attribute value":
                return self._read_before_value(text, position)
            case _:
                return self._read_in_tag(text, position)

    def _read_data(self, text: str, position: int) -> int:
        opening = _OPENING.search(text, position)
        if opening is None:
            return len(text)
        if opening[1]:
            self._state = _COMMENT
        else:
            self._state, self._tag = _TAG_NAME, opening[2].lower()
        return opening.end()

    def _until(self, text: str, position: int, end: str, state: str) -> int:
        found = text.find(end, position)
        if found < 0:
            return len(text)
        self._state = state
        return found + len(end)

    def _read_raw(self, text: str, position: int) -> int:
        closing = re.compile(rf"</{self._tag}(?=[\s/>])", re.IGNORECASE).search(text, position)
        if self._tag == "script":
            self._read_script(text[position : closing.start() if closing is not None else len(text)])
        if closing is None:
            return len(text)
        self._literal = ""
        self._state, self._tag = _IN_TAG, f"/{self._tag}"
        return closing.end()

    def _read_script(self, text: str) -> None:
        """Follow where strings and comments begin and end."""
        for mark in _MARKS.finditer(text):
            if not self._literal:
                self._literal = _ENDS.get(mark[0], "")
            elif mark[0] == self._literal or (mark[0] == "\n" and self._literal in ("'", '"')):
                self._literal = ""

    def _read_tag_name(self, text: str, position: int) -> int:
        word = _TAG_WORD.match(text, position)
        end = position if word is None else word.end()
        self._tag += text[position:end].lower()
        if end < len(text):
            self._state = _IN_TAG
        return end

    def _read_in_tag(self, text: str, position: int) -> int:
        """Between a tag's name and its end: attribute names and what separates them."""
        if self._state == _NAME:
            word = _ATTRIBUTE_WORD.match(text, position)
            end = position if word is None else word.end()
            self._attribute += text[position:end].lower()
            if end < len(text):
                self._state = _AFTER_NAME
            return end
        separator = (_SPACE if self._state == _AFTER_NAME else _SEPARATOR).match(text, position)
        end = position if separator is None else separator.end()
        if end == len(text):
            return end
        if text[end] == ">":
            self._end_tag()
            return end + 1
        if text[end] == "=" and self._state == _AFTER_NAME:
            self._state, self._written = _BEFORE_VALUE, False
            return end + 1
        if self._state == _AFTER_NAME:
            self._state = _IN_TAG
            return end
        self._begin_name()
        self._attribute = text[end].lower()
        return end + 1

    def _read_before_value(self, text: str, position: int) -> int:
        space = _SPACE.match(text, position)
        end = position if space is None else space.end()
        if end == len(text):
            return end
        if text[end] == ">":
            self._end_tag()
        elif text[end] in "\"'":
            self._state, self._quote = _QUOTED, text[end]
        else:
            self._state = _BARE
            return end
        return end + 1

    def _read_quoted(self, text: str, position: int) -> int:
        end = text.find(self._quote, position)
        value = text[position:] if end < 0 else text[position:end]
        self._written = self._written or bool(value.strip())
        if end < 0:
            return len(text)
        self._state = _IN_TAG
        return end + 1

    def _read_bare(self, text: str, position: int) -> int:
        word = _BARE_WORD.match(text, position)
        end = position if word is None else word.end()
        self._written = True
        if end == len(text):
            return end
        if text[end] == ">":
            self._end_tag()
        else:
            self._state = _IN_TAG
        return end + 1

    def _end_tag(self) -> None:
        self._state = _RAW if self._tag in _RAW_TAGS else _DATA
