"""The front end for Jinja and Django templates: a template is one function that writes a page.

`{{ value }}` is a call of `rearguard:output` with the key `raw` if escaping is switched off around it, and
the place in the page (`HtmlContext.hole`) as `Instr.value`. Variables that the template does not bind are
free names, which whoever renders it binds. An included, extended or imported template is an `IMPORT` of its
path; one whose path is computed is a call of `rearguard:include`.
"""

import copy
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, ClassVar

from rearguard.frontends.html_context import HtmlContext
from rearguard.frontends.jinja_expressions import Range, TemplateExpressions
from rearguard.frontends.jinja_tokens import Piece, Token, pieces
from rearguard.frontends.lowering import MAX_DEPTH, Scope
from rearguard.program import NO_VALUE, Block, If, Loop, Module, Op, Param

__all__ = ["INCLUDE", "OUTPUT", "read_jinja"]

OUTPUT = "rearguard:output"
INCLUDE = "rearguard:include"
_SUPPRESSION = b"rearguard:"
_LOOP_VARIABLES = ("loop", "forloop")
_BINDING_WORDS = ("with", "and", "count", "trimmed", "context", "only", ",")
_SILENT = frozenset(
    {
        "block",
        "break",
        "cache",
        "comment",
        "continue",
        "cycle",
        "debug",
        "filter",
        "get_available_languages",
        "get_current_language",
        "get_media_prefix",
        "get_static_prefix",
        "ifchanged",
        "language",
        "load",
        "localize",
        "localtime",
        "lorem",
        "now",
        "partial",
        "partialdef",
        "plural",
        "pluralize",
        "querystring",
        "raw",
        "resetcycle",
        "spaceless",
        "static",
        "templatetag",
        "timezone",
        "url",
        "verbatim",
        "widthratio",
    }
)
"""Tags that neither bind nor print a value of the page's data, or only their body."""


def read_jinja(text: bytes) -> Module:
    """Lower a template. Never raises: what cannot be read is in `errors` and `unlowered`."""
    lowering = _Template(text)
    lowering.read()
    return lowering.module()


@dataclass(slots=True)
class _Frame:
    """An open block tag, and what to restore at its end."""

    kind: str
    piece: Piece
    block: Block
    escaping: bool
    depth: int
    page: HtmlContext
    shadowed: list[tuple[str, str | None]] = field(default_factory=list)
    """Names that the block binds, with what stood for them before."""
    regions: list[If | Loop] = field(default_factory=list)
    orelse: Block | None = None
    """Where `else` and `elif` go; `None` when there is no region."""
    macro: "_Macro | None" = None


@dataclass(slots=True)
class _Macro:
    """A macro under construction."""

    name: Token
    params: list[Param]
    opened: AbstractContextManager[Scope]
    qualified: str


class _Template(TemplateExpressions):
    """Lowers one template."""

    def __init__(self, text: bytes) -> None:
        super().__init__(text)
        self.chars = text.decode("latin-1")
        self.loop_variables = [name for name in _LOOP_VARIABLES if name in self.chars]
        self.page = HtmlContext()
        self.frames: list[_Frame] = []
        self.opened: Counter[str] = Counter()
        """How many blocks of each kind are open."""
        self.escaping = True
        self.piece = Piece("text", 0, 0)

    def read(self) -> None:
        """Lower every piece in order."""
        parts = list(pieces(self.chars))
        self.declare_sets(parts)
        for piece in parts:
            self.piece = piece
            if piece.kind == "text":
                self.page.feed(self.chars[piece.start : piece.end])
            elif piece.kind == "output":
                self.begin(piece.tokens)
                self.output(self.expression())
                self.finish_piece()
            elif piece.kind == "tag":
                self.tag(piece)
            elif piece.kind == "error":
                self.errors.append((piece.start, piece.end))
            elif _SUPPRESSION in self.text[piece.start : piece.end]:
                self.comments.append((piece.start, piece.end))
        while self.frames:
            self.errors.append((self.frames[-1].piece.start, self.frames[-1].piece.end))
            self.close()
        self.errors.sort()

    def here(self) -> Range:
        """The whole tag or output being read."""
        return Range(self.piece.start, self.piece.end)

    def finish_piece(self) -> None:
        """Report tokens that no rule took."""
        if self.at < len(self.tokens):
            self.errors.append((self.offset(), self.tokens[-1].end))
            self.at = len(self.tokens)

    def declare_sets(self, parts: list[Piece]) -> None:
        """Give each name that `set` binds a variable of its own, which begins as what the caller passed.

        A template may read the caller's variable before it sets it, or set it in one branch only.
        """
        for piece in parts:
            if piece.kind != "tag" or not piece.tokens or piece.tokens[0].text != "set":
                continue
            for index in range(1, len(piece.tokens)):
                token = piece.tokens[index]
                following = piece.tokens[index + 1].text if index + 1 < len(piece.tokens) else ""
                if token.text == "=" or following in (".", "|"):
                    break
                name = self.name_text(token)
                if token.kind == "name" and name not in self.renames:
                    place = Range(token.start, token.end)
                    value = self.emit(Op.LOAD, place, name)
                    self.renames[name] = f"{name}$set"
                    self.store(self.renames[name], value, place)

    # -- output -----------------------------------------------------------------------------------

    def output(self, value: int) -> None:
        """Write a value to the page."""
        callee = self.emit(Op.LOAD, self.here(), OUTPUT)
        keys = () if self.escaping else ("raw",)
        self.emit(Op.CALL, self.here(), args=(callee, value), keys=keys, value=self.page.hole())

    # -- tags -------------------------------------------------------------------------------------

    def tag(self, piece: Piece) -> None:
        """Lower one tag by its name."""
        self.begin(piece.tokens)
        name = self.take_name()
        if name is None:
            self.errors.append((piece.start, piece.end))
            return
        lower = self.tags.get(name.text)
        if lower is not None:
            lower(self)
        elif name.text.startswith("end"):
            self.end(name.text[3:])
        elif name.text not in _SILENT:
            self.unlowered[f"tag {name.text}"] += 1

    def open(self, kind: str) -> _Frame:
        """Open a block tag."""
        frame = _Frame(
            kind,
            self.piece,
            self.block,
            self.escaping,
            self.depth,
            copy.copy(self.page),
        )
        self.frames.append(frame)
        self.opened[kind] += 1
        return frame

    def end(self, kind: str) -> None:
        """An `end...` tag: closes the innermost block of its kind, and what was left open inside."""
        if kind not in _FRAMED:
            return
        if not self.opened[kind]:
            self.errors.append((self.piece.start, self.piece.end))
            return
        while self.frames[-1].kind != kind:
            self.errors.append((self.frames[-1].piece.start, self.frames[-1].piece.end))
            self.close()
        self.close()

    def close(self) -> None:
        """Close the innermost block."""
        frame = self.frames.pop()
        self.opened[frame.kind] -= 1
        if frame.macro is not None:
            self.close_macro(frame.macro)
        for region in frame.regions:
            region.end = self.piece.end
        self.block = frame.block
        self.uncover(frame)
        self.escaping = frame.escaping
        self.depth = frame.depth

    # -- control flow -----------------------------------------------------------------------------

    def if_(self) -> None:
        """`if condition`."""
        condition = self.expression(condition=True)
        self.finish_piece()
        self.branch(self.open("if"), condition)

    def branch(self, frame: _Frame, condition: int) -> None:
        """Begin a branch here. Beyond the depth limit its body is not conditional, but still there."""
        if self.depth >= MAX_DEPTH:
            self.unlowered["too deep"] += 1
            return
        self.depth += 1
        region = If(condition, [], [], self.piece.start, self.piece.end)
        self.block.append(region)
        frame.regions.append(region)
        frame.orelse = region.orelse
        self.block = region.then

    def elif_(self) -> None:
        """`elif condition`: an `if` in the `else` of the one before."""
        frame = self.frames[-1] if self.frames else None
        if frame is None or frame.kind != "if":
            self.errors.append((self.piece.start, self.piece.end))
            return
        self.page = copy.copy(frame.page)
        if frame.orelse is not None:
            self.block = frame.orelse
        condition = self.expression(condition=True)
        self.finish_piece()
        self.branch(frame, condition)

    def else_(self) -> None:
        """`else` of `if` and `for`; Django's `empty`."""
        frame = self.frames[-1] if self.frames else None
        if frame is None or frame.kind not in ("if", "for"):
            return
        self.page = copy.copy(frame.page)
        if frame.orelse is not None:
            self.block = frame.orelse
        if frame.kind == "for":
            self.uncover(frame)

    def for_(self) -> None:
        """`for targets in iterable if condition`."""
        targets: list[Token] = []
        while self.at < len(self.tokens) and not self.next_is("in"):
            token = self.tokens[self.at]
            self.at += 1
            if token.kind == "name":
                targets.append(token)
        if not self.take("in"):
            self.errors.append((self.piece.start, self.piece.end))
        source = self.expression(ternary=False)
        frame = self.open("for")
        if self.depth >= MAX_DEPTH:
            self.unlowered["too deep"] += 1
        else:
            self.depth += 1
            region = Loop([], NO_VALUE, [], [], self.piece.start, self.piece.end)
            self.block.append(region)
            frame.regions.append(region)
            frame.orelse = region.orelse
            self.block = region.body
        element = self.emit(Op.ITER, self.here(), "value", (source,))
        for index, target in enumerate(targets):
            value = element
            if len(targets) > 1:
                key = self.emit(Op.CONST, Range(target.start, target.end), value=index)
                value = self.emit(Op.ITEM, Range(target.start, target.end), args=(element, key), value=index)
            self.bind(self.name_text(target), value, Range(target.start, target.end))
        for name in self.loop_variables:
            self.bind(name, self.emit(Op.COLLECT, self.here(), "dict"), self.here())
        if self.take("if"):
            condition = self.expression(condition=True)
            orelse = frame.orelse
            self.branch(frame, condition)
            frame.orelse = orelse
        if not self.take("recursive", "reversed"):
            self.finish_piece()

    def bind(self, name: str, value: int, place: Range) -> None:
        """Bind a name until the block ends, to a variable of its own."""
        self.scope.temporaries += 1
        self.shadow(name, f"{name}${self.scope.temporaries}")
        self.store(self.renames[name], value, place)

    def shadow(self, name: str, unique: str | None) -> None:
        """Let `unique` (or the name itself) stand for a name until the innermost open block ends."""
        self.frames[-1].shadowed.append((name, self.renames.pop(name, None)))
        if unique is not None:
            self.renames[name] = unique

    def uncover(self, frame: _Frame) -> None:
        """Undo what a block bound."""
        while frame.shadowed:
            name, before = frame.shadowed.pop()
            self.renames.pop(name, None)
            if before is not None:
                self.renames[name] = before

    # -- binding ----------------------------------------------------------------------------------

    def set_(self) -> None:
        """`set a, b = value`, `set a.b = value`, and `set a` with a body."""
        if not any(token.text == "=" and token.kind == "operator" for token in self.tokens):
            name = self.take_name()
            self.open("set")
            if name is not None:
                # The body's outputs are seen where they are written; the variable holds escaped text.
                self.assign(name, self.emit(Op.CONST, self.here(), value=""))
            return
        targets: list[Token] = []
        while name := self.take_name():
            if self.take("."):
                owner = self.emit(Op.LOAD, Range(name.start, name.end), self.variable(name))
                attribute = self.take_name()
                if attribute is not None and self.take("="):
                    value = self.expression()
                    self.act(Op.SETATTR, self.here(), self.name_text(attribute), (owner, value))
                self.finish_piece()
                return
            targets.append(name)
            if not self.take(","):
                break
        if not self.take("="):
            self.fail()
            return
        values = [self.expression()]
        while self.take(","):
            values.append(self.expression())
        self.finish_piece()
        if len(values) == len(targets):
            for name, value in zip(targets, values, strict=True):
                self.assign(name, value)
            return
        whole = values[0]
        if len(values) > 1:
            whole = self.emit(Op.COLLECT, self.here(), "tuple", tuple(values), (None,) * len(values))
        for index, name in enumerate(targets):
            value = whole
            if len(targets) > 1:
                key = self.emit(Op.CONST, self.here(), value=index)
                value = self.emit(Op.ITEM, self.here(), args=(whole, key), value=index)
            self.assign(name, value)

    def variable(self, name: Token) -> str:
        """The variable that stands for a name here."""
        text = self.name_text(name)
        return self.renames.get(text, text)

    def assign(self, name: Token, value: int) -> None:
        """Store to the variable that stands for a name here."""
        self.store(self.variable(name), value, self.here())

    def trans(self) -> None:
        """Jinja's `trans`, which has an end, and Django's, which writes its argument."""
        if "endtrans" in self.chars:
            self.with_()
            return
        self.output(self.expression())

    def with_(self) -> None:
        """`with a=b, c=d`, Django's `with b as a`, and the bindings of translation tags."""
        self.open(self.tokens[0].text)
        while self.at < len(self.tokens):
            if self.take(*_BINDING_WORDS):
                continue
            key = self.keyword()
            value = self.expression()
            if key is None and self.take("as", "asvar"):
                name = self.take_name()
                key = None if name is None else self.name_text(name)
            if key is not None:
                self.bind(key, value, self.here())

    def autoescape(self) -> None:
        """`autoescape false`, `autoescape off`: outputs inside are raw."""
        self.open("autoescape")
        self.escaping = not self.take("false", "False", "off", "none", "None")

    # -- other templates --------------------------------------------------------------------------

    def paths(self) -> list[str]:
        """The constant template paths that come next: one, or a list of them."""
        found: list[str] = []
        listed = self.take("[", "(")
        while self.at < len(self.tokens) and self.tokens[self.at].kind == "string":
            token = self.tokens[self.at]
            found.append(self.text[token.start + 1 : token.end - 1].decode("utf-8", "replace"))
            self.at += 1
            if not listed or not self.take(","):
                break
        return found

    def reference(self) -> list[str]:
        """Import the templates that come next; their paths, none when they are computed."""
        begin = self.at
        paths = self.paths()
        if paths and not self.next_is("~", "+", "|", ".", "%"):
            self.take("]", ")")
            return paths
        self.at = begin
        value = self.expression()
        callee = self.emit(Op.LOAD, self.here(), INCLUDE)
        self.emit(Op.CALL, self.here(), args=(callee, value))
        return []

    def include(self) -> None:
        """`include "path"`, `extends "path"`."""
        for path in self.reference():
            self.emit(Op.IMPORT, self.here(), path)

    def import_(self) -> None:
        """`import "path" as name`."""
        paths = self.reference()
        values = [self.emit(Op.IMPORT, self.here(), path) for path in paths]
        name = self.take_name() if self.take("as") else None
        if name is not None and values:
            self.assign(name, values[0])

    def from_(self) -> None:
        """`from "path" import a as b, c`."""
        paths = self.reference()
        if not self.take("import"):
            return
        while name := self.take_name():
            alias = self.take_name() if self.take("as") else name
            if paths:
                value = self.emit(Op.IMPORT, self.here(), paths[0], value=self.name_text(name))
                self.assign(alias or name, value)
            if not self.take(","):
                return

    # -- macros -----------------------------------------------------------------------------------

    def macro(self) -> None:
        """`macro name(a, b=1)`: a function whose body writes."""
        name = self.take_name()
        if name is None:
            self.fail()
            return
        params = self.parameters()
        self.finish_piece()
        frame = self.open("macro")
        qualified = self.qualify(self.name_text(name))
        opened = self.function(qualified, "function", self.here())
        frame.macro = _Macro(name, params, opened, qualified)
        opened.__enter__()
        for param in params:
            self.scope.locals.add(param.name)
            self.shadow(param.name, None)

    def close_macro(self, macro: _Macro) -> None:
        """End a macro's function, and make it where its tag stands."""
        start = self.scope.node.start_byte
        self.scope.node = Range(start, self.piece.end)
        self.finish(macro.name.start, macro.name.end, tuple(macro.params))
        macro.opened.__exit__(None, None, None)
        place = Range(start, self.piece.end)
        self.store(self.variable(macro.name), self.emit(Op.FUNC, place, macro.qualified), place)

    def parameters(self) -> list[Param]:
        """`(a, b=default)`; defaults are computed here."""
        params: list[Param] = []
        if not self.take("("):
            return params
        while name := self.take_name():
            default = self.expression() if self.take("=") else NO_VALUE
            params.append(
                Param(self.name_text(name), "positional", default, NO_VALUE, "", (), name.start, name.end)
            )
            if not self.take(","):
                break
        self.take(")")
        return params

    def call_(self) -> None:
        """`call(a) macro(...)`: the macro's result is written; the body sees what the macro passes it."""
        params = self.parameters()
        self.output(self.expression())
        self.finish_piece()
        self.open("call")
        for param in params:
            value = self.emit(Op.UNKNOWN, self.here(), "caller")
            self.bind(param.name, value, self.here())

    # -- single values ----------------------------------------------------------------------------

    def do(self) -> None:
        """`do expression`."""
        self.expression()
        self.finish_piece()

    def csrf_token(self) -> None:
        """Django's `csrf_token`."""
        self.output(self.emit(Op.LOAD, self.here(), "csrf_token"))

    def firstof(self) -> None:
        """Django's `firstof a b "c"`: any of them is written."""
        while self.at < len(self.tokens) and not self.next_is("as"):
            self.output(self.expression())

    def regroup(self) -> None:
        """Django's `regroup items by key as name`: groups of the same items."""
        value = self.expression()
        while self.at < len(self.tokens) and not self.take("as"):
            self.at += 1
        name = self.take_name()
        if name is not None:
            self.assign(name, value)

    tags: ClassVar[dict[str, Callable[[Any], None]]] = {
        "if": if_,
        "elif": elif_,
        "else": else_,
        "empty": else_,
        "for": for_,
        "set": set_,
        "with": with_,
        "trans": trans,
        "translate": trans,
        "blocktrans": with_,
        "blocktranslate": with_,
        "autoescape": autoescape,
        "include": include,
        "extends": include,
        "import": import_,
        "from": from_,
        "macro": macro,
        "call": call_,
        "do": do,
        "csrf_token": csrf_token,
        "firstof": firstof,
        "regroup": regroup,
    }


_FRAMED = frozenset(
    {"if", "for", "set", "with", "trans", "blocktrans", "blocktranslate", "autoescape", "macro", "call"}
)
"""Tags that have an end."""
