"""Pug templates to the intermediate representation.

A template is turned into the JavaScript that it runs, in which every byte keeps its place: only values that
are printed without escaping (`!=`, `!{ }`, `name!=`), code and loops are kept, the rest becomes blanks.
Sources: pugjs.org, "Code", "Interpolation", "Attributes", "Iteration", "Includes".
"""

import re

from tree_sitter import Parser

from rearguard.frontends.ejs import Output, with_outputs
from rearguard.frontends.html_context import HTML
from rearguard.frontends.javascript import grammar_of, lower_tree
from rearguard.program import MODULE_BODY, Instr, Module, Op

__all__ = ["read_pug"]

_NOT_BLANK = re.compile(rb"[^\r\n]")
_RAW_LINE = re.compile(rb"^[ \t]*(?:[\w.#-]+(?:\([^()]*\))?)?!=[ \t]*(?P<code>\S[^\r\n]*)", re.MULTILINE)
_RAW_INSIDE = re.compile(rb"!\{(?P<code>[^{}\r\n]+)\}")
_RAW_ATTRIBUTE = re.compile(rb"[(, \t][\w:@-]+!=(?P<code>[^,()\r\n]+)")
_CODE = re.compile(
    rb"^[ \t]*-[ \t]+(?P<code>(?:var|let|const)\b[^{\r\n]*|[\w.]+[ \t]*=[^{\r\n]*)", re.MULTILINE
)
_EACH = re.compile(
    rb"^[ \t]*(?:each|for)[ \t]+(?P<name>\w+)(?:[ \t]*,[ \t]*\w+)?[ \t]+in[ \t]+(?P<code>[^\r\n]+)",
    re.MULTILINE,
)
_INCLUDED = re.compile(rb"^[ \t]*(?:include(?::\w+)?|extends)[ \t]+(?P<path>[^\s(]+)", re.MULTILINE)


def read_pug(text: bytes) -> Module:
    """Lower a template; what is not understood prints nothing."""
    # One more byte, for what closes a statement at the very end.
    code = bytearray(_NOT_BLANK.sub(b" ", text) + b" ")
    outputs: dict[int, Output] = {}
    for pattern in (_RAW_LINE, _RAW_INSIDE, _RAW_ATTRIBUTE):
        for found in pattern.finditer(text):
            start, end = found.span("code")
            end = start + len(text[start:end].partition(b" //")[0])
            if not code[start:end].strip():
                code[start:end] = text[start:end]
                code[start - 2 : start] = b";("
                # The line's end makes room, if nothing else does.
                code[end : end + 1] = b")"
                outputs[start - 1] = Output(found.start(), found.end(), True, HTML)
    for found in _CODE.finditer(text):
        start, end = found.span("code")
        code[start:end] = text[start:end]
        code[start - 1] = ord(";")
    for found in _EACH.finditer(text):
        name, (start, end) = found.span("name"), found.span("code")
        code[start:end] = text[start:end]
        code[name[0] - 2 : name[1] + 2] = b";[" + text[name[0] : name[1]] + b"]="
    grammar, tables = grammar_of("javascript")
    root = Parser(grammar).parse(bytes(code)).root_node
    module = lower_tree(bytes(code), root, "pug", with_outputs(tables, outputs))
    module.errors = []
    _include(text, module)
    return module


def _include(text: bytes, module: Module) -> None:
    """Included and extended templates see the same variables."""
    body = module.functions[MODULE_BODY]
    for found in _INCLUDED.finditer(text):
        name = found["path"].decode("utf-8", "replace")
        body.body.append(Instr(int(Op.IMPORT), body.values, found.start(), found.end(), name))
        body.values += 1
