"""Lines for a terminal: no wider than it is, with reviewed text as text and nothing else.

`rich` is imported where it is used, so that reports that need no terminal do not pay for it.
"""

import re
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rearguard.report.quote import Quotes, visible

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

__all__ = ["Page", "Part"]

_WIDEST = 100

_WORD = re.compile(r"""(?:[^\s"'\\]|\\.|"(?:\\.|[^"\\])*"|'[^']*'|["'\\])+""", re.DOTALL)
"""One word of a POSIX shell, its quotations and escaped characters whole."""

Part = str | tuple[str, str]
"""Text, or text and its style."""


class Page:
    """Prints lines no wider than the console, with reviewed text as text and nothing else."""

    def __init__(self, console: "Console", quoted: Quotes) -> None:
        self.console = console
        self.quoted = quoted
        self.width = min(console.width, _WIDEST)

    def line(self, *parts: Part, indent: int = 0) -> None:
        """One line, cut at the width."""
        text = _text(" " * indent, *parts)
        text.truncate(self.width, overflow="ellipsis")
        self._print(text)

    def words(self, text: str, style: str = "", *, indent: int = 0, hang: int = 0, first: str = "") -> None:
        """A paragraph wrapped at the width; `first` stands before its first line, within `hang`."""
        from rich.text import Text

        body = Text(visible(" ".join(self.quoted.clean(text).split())), style)
        body.highlight_regex(r"`[^`]+`", "bold")
        for number, wrapped in enumerate(body.wrap(self.console, max(20, self.width - indent - hang))):
            wrapped.rstrip()
            head = Text(" " * indent + (f"{first:{hang}}" if number == 0 else " " * hang), "dim")
            self._print(head + wrapped)

    def code(self, lines: Sequence[tuple[str, int, str]], *, indent: int) -> None:
        """Lines of code as sign (`-`, `+`, blank), number and text, without their common indentation."""
        if not lines:
            return
        texts = textwrap.dedent("\n".join(visible(text).expandtabs(4) or " " for _, _, text in lines))
        room = max(20, self.width - indent - 8)
        for (sign, number, _), text in zip(lines, texts.split("\n"), strict=True):
            style = {"-": "red", "+": "green"}.get(sign, "")
            for index, piece in enumerate(_pieces(text, room)):
                gutter = f"{number:>5} {sign} " if index == 0 else f"{'':>5} {sign} "
                self.line((gutter, "dim"), (piece, style), indent=indent)

    def command(self, request: str, *, indent: int, hang: int, first: str) -> None:
        """A request to paste: broken between its words only, with a backslash where it goes on."""
        room = max(20, self.width - indent - hang - 2)
        rows = [row for line in self.quoted.clean(request).splitlines() for row in _rows(line, room)]
        for index, row in enumerate(rows):
            head = " " * indent + f"{'' if index else first:{hang}}"
            self._print(_text((head, "dim"), (row, "bold")))

    def _print(self, text: "Text") -> None:
        text.rstrip()
        self.console.print(text, soft_wrap=True, highlight=False, markup=False, emoji=False)


def _text(*parts: Part) -> "Text":
    from rich.text import Text

    text = Text()
    for part in parts:
        words, style = (part, "") if isinstance(part, str) else part
        text.append(visible(words).replace("\n", "\\n"), style)
    return text


def _pieces(text: str, room: int) -> list[str]:
    """`text` in pieces of at most `room`, broken after a blank where one is near."""
    pieces: list[str] = []
    while len(text) > room:
        at = text.rfind(" ", room // 2, room) + 1 or room
        pieces.append(text[:at].rstrip())
        text = "  " + text[at:]
    return [*pieces, text]


def _rows(command: str, room: int) -> list[str]:
    """`command` broken between words (quotations stay whole) into rows that a shell reads as one."""
    rows: list[str] = []
    for word in _WORD.findall(command):
        if rows and len(rows[-1]) + 1 + len(word) <= room:
            rows[-1] += f" {word}"
        else:
            rows.append(word)
    return [f"{row} \\" for row in rows[:-1]] + rows[-1:]
