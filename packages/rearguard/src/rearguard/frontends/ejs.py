"""EJS templates to the intermediate representation.

A template is turned into the JavaScript it stands for, in which every byte keeps its place: markup becomes
blanks, `<%= e %>` becomes the statement `(e)`, code stays. So control flow nests across tags, and spans lie
in the template. Source: EJS documentation, "Tags" (ejs.co), and the order in which its compiler emits `;`.
"""

import re
from dataclasses import dataclass, replace
from typing import Final

from tree_sitter import Node, Parser

from rearguard.frontends.html_context import HtmlContext
from rearguard.frontends.javascript import SUPPRESSION, grammar_of, lower_tree
from rearguard.frontends.javascript_base import LOAD, JavaScript, Tables
from rearguard.program import Instr, Module, Op

__all__ = ["OUTPUT", "Output", "read_ejs", "with_outputs"]

OUTPUT: Final = "rearguard:output"
"""The function that an output tag calls: with the key `raw` if nothing escapes the value, and the place in
the page (`HtmlContext.hole`) as the call's `Instr.value`."""

CALL = int(Op.CALL)

_NOT_BLANK = re.compile(rb"[^\r\n]")
_SEMICOLON = re.compile(rb";\s*\Z")
_OPENS_OR_CONTINUES = b"{}:;,(["
"""After these, a statement's end would break what the next tag continues."""


@dataclass(frozen=True, slots=True)
class Output:
    """An output tag."""

    start: int
    end: int
    raw: bool
    context: str


class _Template:
    """A template's JavaScript, under construction."""

    def __init__(self, text: bytes) -> None:
        self.text = text
        self.code = bytearray(_NOT_BLANK.sub(b" ", text))
        self.outputs: dict[int, Output] = {}
        """By the offset of the parenthesis that opens the statement."""
        self.errors: list[tuple[int, int]] = []
        self.comments: list[tuple[int, int]] = []
        self.page = HtmlContext()
        self.unended = False
        """Whether the last statement still lacks its `;`."""

    def read(self) -> None:
        position = 0
        text = self.text
        while (start := text.find(b"<%", position)) >= 0:
            self.page.feed(text[position:start].decode("latin-1"))
            if text.startswith(b"<%%", start):
                self.page.feed("<%")
                position = start + 3
                continue
            close = self._close(start + 2)
            if close < 0:
                self.errors.append((start, len(text)))
                return
            self._tag(start, close)
            position = close + 2
        self.page.feed(text[position:].decode("latin-1"))

    def _close(self, position: int) -> int:
        """The offset of the `%>` that ends a tag; `%%>` stands for the text `%>`."""
        while (close := self.text.find(b"%>", position)) >= 0:
            if self.text[close - 1 : close] != b"%" or close == position:
                return close
            position = close + 2
        return -1

    def _tag(self, start: int, close: int) -> None:
        kind = self.text[start + 2 : start + 3]
        if kind == b"#":
            if SUPPRESSION in self.text[start:close]:
                self.comments.append((start, close + 2))
            return
        begin = start + 3 if kind in (b"=", b"-", b"_") else start + 2
        end = close
        if end > begin and self.text[end - 1 : end] in (b"-", b"_"):
            end -= 1
        code = self.text[begin:end]
        if not code.strip():
            return
        if self.unended:
            self.code[start] = ord(";")
            self.unended = False
        if kind in (b"=", b"-"):
            self._output(start, begin, close, code, raw=kind == b"-")
        else:
            self._scriptlet(begin, close, code)

    def _output(self, start: int, begin: int, close: int, code: bytes, *, raw: bool) -> None:
        ended = _SEMICOLON.sub(lambda found: b" " * len(found[0]), code)
        self.outputs[begin - 1] = Output(start, close + 2, raw, self.page.hole())
        self.code[start] = ord(";")
        self.code[begin - 1] = ord("(")
        self.code[begin : begin + len(code)] = ended
        if _may_end_in_comment(code):
            self.code[close : close + 2] = b"\n)"
            self.unended = True
        else:
            self.code[close : close + 2] = b");"

    def _scriptlet(self, begin: int, close: int, code: bytes) -> None:
        self.code[begin : begin + len(code)] = code
        if _may_end_in_comment(code):
            self.code[close] = ord("\n")
        if code.rstrip()[-1] not in _OPENS_OR_CONTINUES:
            self.code[close + 1] = ord(";")


def _may_end_in_comment(code: bytes) -> bool:
    """Whether the last line may hold a `//` comment, which must not swallow what follows the tag."""
    return code.rfind(b"//") > code.rfind(b"\n")


def read_ejs(text: bytes) -> Module:
    """Lower a template; broken ones give a partial module with the spans of their errors.

    An output is a call of `OUTPUT`. The template's variables are names that nothing here declares.
    """
    template = _Template(text)
    template.read()
    code = bytes(template.code)
    grammar, tables = grammar_of("javascript")
    root = Parser(grammar).parse(code).root_node
    module = lower_tree(code, root, "ejs", with_outputs(tables, template.outputs))
    module.errors = sorted(module.errors + template.errors)
    module.comments = sorted(module.comments + template.comments)
    return module


def with_outputs(tables: Tables, outputs: dict[int, Output]) -> Tables:
    """The tables of JavaScript, but statements that stand for output tags become calls."""
    kind = tables.parenthesized
    plain_value, plain_effect = tables.values[kind], tables.effects[kind]

    def value(low: JavaScript, node: Node) -> int:
        output = outputs.get(node.start_byte)
        return plain_value(low, node) if output is None else _emit(low, output, plain_value(low, node))

    def effect(low: JavaScript, node: Node) -> None:
        if node.start_byte in outputs:
            value(low, node)
        else:
            plain_effect(low, node)

    return replace(tables, values={**tables.values, kind: value}, effects={**tables.effects, kind: effect})


def _emit(low: JavaScript, output: Output, value: int) -> int:
    callee = low.scope.values
    result = callee + 1
    low.scope.values = callee + 2
    keys = ("raw",) if output.raw else ()
    start, end = output.start, output.end
    low.block.append(Instr(LOAD, callee, start, end, OUTPUT))
    low.block.append(Instr(CALL, result, start, end, "", (callee, value), keys, output.context))
    return result
