"""Handlebars and Mustache templates to the intermediate representation.

Only values and where they are printed are kept: a section's variables are those of its subject, then those
around it. Sources: Handlebars guide, "Expressions" and "Block helpers"; mustache(5).
"""

import re
from typing import Final

from rearguard.frontends.ejs import OUTPUT
from rearguard.frontends.html_context import HtmlContext
from rearguard.program import MODULE_BODY, Function, Instr, Module, Op

__all__ = ["read_handlebars"]

_TAG = re.compile(
    rb"(?P<escaped>\\\{\{)|\{\{!--.*?--~?\}\}|\{\{![^}]*\}\}|\{\{\{~?(?P<raw>[^{}]+?)~?\}\}\}|"
    rb"\{\{~?(?P<kind>[#^/&>]?)\*?\s*(?P<text>[^{}]*?)~?\}\}",
    re.DOTALL,
)
_WORD = re.compile(r"\"[^\"]*\"|'[^']*'|[^\s()=|]+=?|[()|]")
_PATH = re.compile(r"(?:\.\./)*@?[\w$.\[\]/-]+|\.")
_PLAIN_BLOCKS: Final = frozenset(("if", "unless", "else"))
_MAX_DEPTH = 40

CALL, LOAD, ATTR, ITER, LOGIC = int(Op.CALL), int(Op.LOAD), int(Op.ATTR), int(Op.ITER), int(Op.LOGIC)
STORE, IMPORT, CONST = int(Op.STORE), int(Op.IMPORT), int(Op.CONST)


class _Template:
    """One template being lowered."""

    def __init__(self, text: bytes) -> None:
        self.text = text
        self.page = HtmlContext()
        self.block: list[Instr] = []
        self.count = 0
        self.subjects: list[int] = []
        """Values of the sections around this place; -1 for one that changes nothing."""
        self.names: set[str] = set()
        self.comments: list[tuple[int, int]] = []

    def put(self, op: int, span: tuple[int, int], name: str = "", args: tuple[int, ...] = ()) -> int:
        self.block.append(Instr(op, self.count, span[0], span[1], name, args))
        self.count += 1
        return self.count - 1

    def read(self) -> None:
        position = 0
        for tag in _TAG.finditer(self.text):
            self.page.feed(self.text[position : tag.start()].decode("latin-1"))
            position = tag.end()
            span = (tag.start(), tag.end())
            if tag["raw"] is not None:
                self._print(tag["raw"], span, raw=True)
            elif tag["text"] is not None:
                self._tag(tag["kind"], tag["text"], span)
            elif b"rearguard:" in tag[0]:
                self.comments.append(span)
        self.page.feed(self.text[position:].decode("latin-1"))

    def _tag(self, kind: bytes, text: bytes, span: tuple[int, int]) -> None:
        words = _WORD.findall(text.decode("utf-8", "replace"))
        if kind in (b"#", b"^") and words:
            self._open(words, span)
        elif kind == b"/":
            if self.subjects:
                self.subjects.pop()
        elif kind == b">" and words:
            self.put(IMPORT, span, words[0].strip("\"'"))
        elif words and words[0] != "else":
            self._print(text, span, raw=kind == b"&")

    def _open(self, words: list[str], span: tuple[int, int]) -> None:
        subject, name = -1, words[0]
        if len(self.subjects) < _MAX_DEPTH:
            if name in ("each", "with") and len(words) > 1:
                held = self._path(words[1], span)
                subject = self.put(ITER, span, "value", (held,)) if name == "each" else held
            elif name not in _PLAIN_BLOCKS and len(words) == 1:
                held = self._path(name, span)
                subject = self.put(LOGIC, span, "or", (self.put(ITER, span, "value", (held,)), held))
        self.subjects.append(subject)
        if subject >= 0 and "as" in words:
            for bound in [word for word in words[words.index("as") + 1 :] if word != "|"][:1]:
                self.names.add(bound)
                self.block.append(Instr(STORE, -1, span[0], span[1], bound, (subject,)))

    def _print(self, text: bytes, span: tuple[int, int], *, raw: bool) -> None:
        words = _WORD.findall(text.decode("utf-8", "replace"))
        if not words:
            return
        value = self._value(words, span)
        callee = self.put(LOAD, span, OUTPUT)
        keys = ("raw",) if raw else ()
        self.block.append(
            Instr(CALL, self.count, span[0], span[1], "", (callee, value), keys, self.page.hole())
        )
        self.count += 1

    def _value(self, words: list[str], span: tuple[int, int]) -> int:
        """A path, or a helper that is given paths."""
        given = [
            word.rpartition("=")[2] or word
            for word in words[1:]
            if _PATH.fullmatch(word.rpartition("=")[2]) and not word.endswith("=")
        ]
        if len(words) == 1 or not given:
            return self._path(words[0], span)
        args = tuple(self._path(word, span) for word in given)
        return self.put(CALL, span, "", (self.put(LOAD, span, f"filter:{words[0]}"), *args))

    def _path(self, text: str, span: tuple[int, int]) -> int:
        """`user.name`: of the innermost section's subject, or of what surrounds it."""
        levels = text.count("../")
        parts = [p.strip("[]") for p in text.replace("../", "").replace("/", ".").split(".") if p]
        around = [subject for subject in self.subjects if subject >= 0]
        if levels:
            around = around[:-levels]
        if parts[:1] in (["@root"], ["this"]):
            if parts[0] == "@root":
                around = []
            parts = parts[1:]
        if not parts:
            return around[-1] if around else self.put(LOAD, span, "this")
        value = self.put(LOAD, span, parts[0])
        if around and parts[0] not in self.names:
            inner = self.put(ATTR, span, parts[0], (around[-1],))
            value = self.put(LOGIC, span, "or", (inner, value))
        for part in parts[1:]:
            value = self.put(ATTR, span, part, (value,))
        return value


def read_handlebars(text: bytes) -> Module:
    """Lower a template. What is not understood prints nothing."""
    template = _Template(text)
    template.read()
    body = Function(
        name=MODULE_BODY,
        kind="module",
        params=(),
        body=list(template.block),
        parent="",
        owner="",
        receiver="",
        locals=frozenset(template.names),
        values=template.count,
        decorators=(),
        returns="",
        is_async=False,
        is_generator=False,
        start=0,
        end=len(text),
        name_start=0,
        name_end=0,
        doc="",
    )
    return Module("handlebars", {MODULE_BODY: body}, {}, [], {}, template.comments)
