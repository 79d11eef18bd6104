"""Markdown in which reviewed text is only text.

Nothing that comes from the reviewed code may become structure: no link, image, heading, HTML, table cell,
autolink or mention. Escapes follow CommonMark 0.31 and GitHub's extensions (tables, strikethrough,
autolinks, footnotes, mathematics).
"""

import re
from collections.abc import Iterable, Sequence

from rearguard.report.quote import visible

__all__ = ["code", "fence", "link", "prose", "sentence", "table"]

_SPECIAL = re.compile(r"[\\`*\[\]<>~$]|&(?=[#\w])|(?<![^\W_])_|_(?![^\W_])")
_BLOCK_START = re.compile(r"^(?:[#+=:\-]|\d+(?=[.)](?:\s|$)))")
_CODE_IN_TEXT = re.compile(r"`([^`\n]+)`")
_LINKED = re.compile(r"\S*(?:://|www\.|@)\S*|(?<!\w)#\d+\S*", re.IGNORECASE)
_PIPE = re.compile(r"(\\*)\|")
_LANGUAGES = frozenset({"python", "javascript", "typescript", "tsx", "html", "http", "sh", "diff", "json"})


def prose(text: str) -> str:
    """A paragraph's text on one line; what stands in backticks stays code, addresses become code."""
    words = " ".join(visible(text).split())
    pieces: list[str] = []
    position = 0
    for match in _CODE_IN_TEXT.finditer(words):
        pieces += [_plain(words[position : match.start()]), code(match[1])]
        position = match.end()
    pieces.append(_plain(words[position:]))
    line = _joined(pieces)
    start = _BLOCK_START.match(line)
    if start is None:
        return line
    return f"{line[: start.end()]}\\{line[start.end() :]}" if line[0].isdigit() else f"\\{line}"


def code(text: str) -> str:
    """A code span (CommonMark 6.1): delimiters longer than any run of backticks inside."""
    words = " ".join(visible(text).split("\n")).replace("\t", " ")
    if not words.strip():
        return ""
    ticks = "`" * (_longest_run(words) + 1)
    pad = " " if words[0] in "` " or words[-1] in "` " else ""
    return f"{ticks}{pad}{words}{pad}{ticks}"


def fence(text: str, language: str = "") -> str:
    """A fenced code block whose fence is longer than any run of backticks inside."""
    body = visible(text.replace("\r\n", "\n")).rstrip("\n")
    ticks = "`" * max(3, _longest_run(body) + 1)
    return f"{ticks}{language if language in _LANGUAGES else ''}\n{body}\n{ticks}"


def sentence(text: str) -> str:
    """`prose` without a full stop at its end, to stand inside a sentence."""
    return prose(text.strip().removesuffix("."))


def link(text: str, url: str) -> str:
    """A link to one of our own addresses; never use it for an address from reviewed text."""
    return f"[{_plain(text)}]({url})"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells that are Markdown already (`prose`, `code`, `link`)."""
    lines = [_row(head), _row(["---"] * len(head)), *(_row(row) for row in rows)]
    return "\n".join(lines)


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(_PIPE.sub(_escape_pipe, cell) or " " for cell in cells) + " |"


def _escape_pipe(match: re.Match[str]) -> str:
    # A backslash of the text itself must not pair with ours: parsers disagree on such a pair.
    return f"{match[1]}{' ' if len(match[1]) % 2 else ''}\\|"


def _plain(text: str) -> str:
    pieces: list[str] = []
    position = 0
    for match in _LINKED.finditer(text):
        pieces += [_escape(text[position : match.start()]), code(match[0])]
        position = match.end()
    return _joined([*pieces, _escape(text[position:])])


def _joined(pieces: Iterable[str]) -> str:
    """The pieces as one text; two code spans side by side get a blank, or their delimiters would be one."""
    line = ""
    for piece in pieces:
        line += f" {piece}" if line.endswith("`") and piece.startswith("`") else piece
    return line


def _escape(text: str) -> str:
    return _SPECIAL.sub(lambda match: f"\\{match[0]}", text)


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall(r"`+", text)), default=0)
