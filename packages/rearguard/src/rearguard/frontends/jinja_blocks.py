"""Blocks of a template that may hold others: what is open, and what its end restores."""

import copy
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeAlias

from rearguard.frontends.html_context import HtmlContext
from rearguard.frontends.jinja_expressions import Range, TemplateExpressions
from rearguard.frontends.jinja_tokens import Piece, Token
from rearguard.frontends.lowering import MAX_DEPTH
from rearguard.program import NO_VALUE, Block, If, Loop, Op

__all__ = ["Frame", "TagTable", "TemplateBlocks"]

TagTable: TypeAlias = dict[str, Callable[[Any], None]]

_LOOP_VARIABLES = ("loop", "forloop")
_FRAMED = frozenset(
    {"if", "for", "set", "with", "trans", "blocktrans", "blocktranslate", "autoescape", "macro", "call"}
)
"""Tags that have an end which matters."""
_BARE_END = re.compile(r"\{%\s*end\s*%\}")
"""Tornado's end of whatever block is open."""
_ENDED_BARE = frozenset({"block", "apply", "while", "try"})
"""Further blocks that such an end may close."""


@dataclass(slots=True)
class Frame:
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
    on_close: Callable[[], None] | None = None


class TemplateBlocks(TemplateExpressions):
    """Keeps the open blocks of one template, and lowers those that decide what is written."""

    def __init__(self, text: bytes) -> None:
        super().__init__(text)
        self.chars = text.decode("latin-1")
        self.loop_variables = [name for name in _LOOP_VARIABLES if name in self.chars]
        self.page = HtmlContext()
        self.frames: list[Frame] = []
        self.opened: Counter[str] = Counter()
        """How many blocks of each kind are open."""
        self.escaping = True
        self.bare_ends = _BARE_END.search(self.chars) is not None
        self.piece = Piece("text", 0, 0)

    def here(self) -> Range:
        """The whole tag or output being read."""
        return Range(self.piece.start, self.piece.end)

    def finish_piece(self) -> None:
        """Report tokens that no rule took."""
        if self.at < len(self.tokens):
            self.errors.append((self.offset(), self.tokens[-1].end))
            self.at = len(self.tokens)

    def open(self, kind: str) -> Frame:
        """Open a block tag."""
        frame = Frame(
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
        if not kind and self.frames:
            self.close()
            return
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
        if frame.on_close is not None:
            frame.on_close()
        for region in frame.regions:
            region.end = self.piece.end
        self.block = frame.block
        self.uncover(frame)
        self.escaping = frame.escaping
        self.depth = frame.depth

    def opens_bare(self, name: str) -> None:
        """A block that binds nothing, in a template whose ends do not say what they close."""
        if self.bare_ends and name in _ENDED_BARE:
            self.open(name)

    def if_(self) -> None:
        """`if condition`."""
        condition = self.expression(condition=True)
        self.finish_piece()
        self.branch(self.open("if"), condition)

    def branch(self, frame: Frame, condition: int) -> None:
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

    def uncover(self, frame: Frame) -> None:
        """Undo what a block bound."""
        while frame.shadowed:
            name, before = frame.shadowed.pop()
            self.renames.pop(name, None)
            if before is not None:
                self.renames[name] = before

    tags: ClassVar[TagTable] = {
        "if": if_,
        "elif": elif_,
        "else": else_,
        "empty": else_,
        "for": for_,
    }
    """Tag name -> the method that lowers it."""
