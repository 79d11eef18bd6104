"""The pieces of a Jinja, Django or Tornado template: literal text, `{{ outputs }}`, `{% tags %}`, and tokens.

Sources: Jinja documentation, Template Designer Documentation; Django documentation, The Django template
language. Offsets are into the template read as latin-1, so that they are byte offsets.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

__all__ = ["Piece", "Token", "pieces"]

_OPENING = re.compile(r"\{[{%#]")
_SPACE = re.compile(r"\s*")
_TAG_END = re.compile(r"[-+]?%\}")
_OUTPUT_END = re.compile(r"[-+]?\}\}")
_TOKEN = re.compile(
    r"""(?P<string>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
    # Django's names may begin with a digit: `2fa_status`.
    r"|(?P<name>(?:\d+(?=[A-Za-z])(?![eE][+-]?\d+\b))?[A-Za-z_\x80-\xff][\w\x80-\xff]*)"
    r"|(?P<number>\d[\d_]*(?:\.\d+)?(?:[eE][+-]?\d+)?)"
    r"|(?P<operator>\*\*|//|==|!=|<=|>=|.)",
    re.DOTALL,
)
_VERBATIM = {"raw": "endraw", "verbatim": "endverbatim", "comment": "endcomment"}
"""Tags whose body is not template code; that of `comment` is not output either."""


@dataclass(frozen=True, slots=True)
class Token:
    """One token; `kind` is string, number, name or operator."""

    kind: str
    text: str
    start: int
    end: int


@dataclass(slots=True)
class Piece:
    """A part of a template. `kind` is text, output, tag, comment, or error (a delimiter left open)."""

    kind: str
    start: int
    end: int
    tokens: list[Token] = field(default_factory=list)


def pieces(chars: str) -> Iterator[Piece]:
    """Take a template apart, in order and without overlap; linear in its length."""
    position = 0
    last_end = {"{": chars.rfind("}}"), "%": chars.rfind("%}"), "#": chars.rfind("#}")}
    search = 0
    while True:
        opening = _OPENING.search(chars, search)
        if opening is None:
            break
        start = opening.start()
        kind = chars[start + 1]
        search = start + 2
        if last_end[kind] < search:
            continue  # never closed: literal text
        if position < start:
            yield Piece("text", position, start)
        if kind == "#":
            piece = Piece("comment", start, chars.index("#}", search) + 2)
        else:
            piece = _code(chars, start, "tag" if kind == "%" else "output")
        yield piece
        position = search = piece.end
        if piece.kind == "tag" and _is_verbatim(piece):
            body, position = _verbatim(chars, piece)
            if body is not None:
                yield body
            search = position
    if position < len(chars):
        yield Piece("text", position, len(chars))


def _is_verbatim(piece: Piece) -> bool:
    """Whether a tag's body is no template code. Tornado's `raw value` prints the value, and has no body."""
    if not piece.tokens or piece.tokens[0].text not in _VERBATIM:
        return False
    return piece.tokens[0].text != "raw" or len(piece.tokens) == 1


def _code(chars: str, start: int, kind: str) -> Piece:
    """Read the tokens of an output or a tag up to its end.

    One that is not closed before the next one opens is an error, and reading goes on there.
    """
    end = _TAG_END if kind == "tag" else _OUTPUT_END
    position = start + 2
    if chars[position : position + 1] in ("-", "+"):
        position += 1
    tokens: list[Token] = []
    braces = 0
    while True:
        space = _SPACE.match(chars, position)
        position = space.end() if space else position
        closing = end.match(chars, position) if kind == "tag" or braces == 0 else None
        if closing is not None:
            return Piece(kind, start, closing.end(), tokens)
        token = _TOKEN.match(chars, position)
        if (
            token is None
            or (braces == 0 and _OPENING.match(chars, position))
            or chars.startswith("{%", position)
        ):
            return Piece("error", start, max(position, start + 2), tokens)
        text = token[0]
        if text == "{":
            braces += 1
        elif text == "}" and braces:
            braces -= 1
        tokens.append(Token(token.lastgroup or "operator", text, position, token.end()))
        position = token.end()


def _verbatim(chars: str, opening: Piece) -> tuple[Piece | None, int]:
    """The literal body of a raw block, if it is output, and the offset after the block."""
    name = opening.tokens[0].text
    closing = re.compile(rf"\{{%[-+]?\s*{_VERBATIM[name]}\b[^%]*%\}}").search(chars, opening.end)
    body_end = closing.start() if closing else len(chars)
    after = closing.end() if closing else len(chars)
    return (None if name == "comment" else Piece("text", opening.end, body_end)), after
