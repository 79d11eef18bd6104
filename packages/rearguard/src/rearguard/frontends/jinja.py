"""The front end for Jinja, Django and Tornado templates: a template is one function that writes a page.

`{{ value }}` is a call of `rearguard:output` with the key `raw` if escaping is switched off around it, and
the place in the page (`HtmlContext.hole`) as `Instr.value`. Variables that the template does not bind are
free names, which whoever renders it binds. An included, extended or imported template is an `IMPORT` of its
path; one whose path is computed is a call of `rearguard:include`.
"""

from contextlib import AbstractContextManager
from functools import partial
from typing import ClassVar

from rearguard.frontends.jinja_blocks import TagTable, TemplateBlocks
from rearguard.frontends.jinja_expressions import Range
from rearguard.frontends.jinja_tokens import Piece, Token, pieces
from rearguard.frontends.lowering import MAX_DEPTH, Scope
from rearguard.program import NO_VALUE, Module, Op, Param

__all__ = ["INCLUDE", "OUTPUT", "read_jinja"]

OUTPUT = "rearguard:output"
INCLUDE = "rearguard:include"
_SUPPRESSION = b"rearguard:"
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
_OF_TORNADO = frozenset({"apply", "while", "try", "except", "finally", "module", "whitespace"})
"""More of these, where the ends of blocks do not say what they close."""


def read_jinja(text: bytes) -> Module:
    """Lower a template. Never raises: what cannot be read is in `errors` and `unlowered`."""
    lowering = _Template(text)
    lowering.read()
    return lowering.module()


class _Template(TemplateBlocks):
    """Lowers one template."""

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

    # -- tags ---------------------------------------------------------------------------------------

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
        elif name.text == "raw" and self.at < len(self.tokens):
            self.raw()
        elif name.text not in _SILENT and not (self.bare_ends and name.text in _OF_TORNADO):
            self.unlowered[f"tag {name.text}"] += 1
        self.opens_bare(name.text)

    def raw(self) -> None:
        """Tornado's `raw value`: printed as it is."""
        escaping, self.escaping = self.escaping, False
        self.output(self.expression())
        self.finish_piece()
        self.escaping = escaping

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
        if not self.bare_ends:
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
        if self.depth >= MAX_DEPTH:
            self.unlowered["too deep"] += 1
            return
        self.depth += 1
        qualified = self.qualify(self.name_text(name))
        opened = self.function(qualified, "function", self.here())
        frame.on_close = partial(self.close_macro, name, params, opened, qualified)
        opened.__enter__()
        for param in params:
            self.scope.locals.add(param.name)
            self.shadow(param.name, None)

    def close_macro(
        self, name: Token, params: list[Param], opened: AbstractContextManager[Scope], qualified: str
    ) -> None:
        """End a macro's function, and make it where its tag stands."""
        place = Range(self.scope.node.start_byte, self.piece.end)
        self.scope.node = place
        self.finish(name.start, name.end, tuple(params))
        opened.__exit__(None, None, None)
        self.store(self.variable(name), self.emit(Op.FUNC, place, qualified), place)

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

    tags: ClassVar[TagTable] = TemplateBlocks.tags | {
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
