"""Draws text from a terminal, with its colours, as an SVG picture that needs no font from elsewhere."""

import re
from html import escape

_ESCAPE = re.compile(r"\x1b\[([0-9;]*)m")
_COLOURS = {"31": "#ff7b72", "32": "#7ee787", "33": "#e3b341", "36": "#79c0ff", "37": "#ffffff"}
_TEXT, _DIM, _PAGE, _ALARM = "#e6edf3", "#9198a1", "#0d1117", "#b62324"
_FONT = 'font-family="ui-monospace, Menlo, Consolas, \'DejaVu Sans Mono\', monospace" font-size="14"'
# Measured in pixels: the advance of a letter, the height of a line, and the edge around the text.
_LETTER, _LINE, _EDGE = 8.43, 19, 18


def _style(codes: set[str]) -> str:
    plain = _DIM if "2" in codes else _TEXT
    colour = next((_COLOURS[code] for code in sorted(codes) if code in _COLOURS), plain)
    return f'fill="{colour}"' + (' font-weight="bold"' if "1" in codes else "")


def _line(line: str, top: int, codes: set[str]) -> list[str]:
    """The marks of one line, whose baseline is at `top`. `codes`, what is switched on, changes in place."""
    marks: list[str] = []
    column = 0
    for number, part in enumerate(_ESCAPE.split(line)):
        if number % 2:
            for code in part.split(";"):
                codes.clear() if code in {"", "0"} else codes.add(code)
        elif part:
            left, width = _EDGE + column * _LETTER, len(part) * _LETTER
            if "41" in codes:
                place = f'x="{left:.1f}" y="{top - 14}" width="{width:.1f}" height="{_LINE}"'
                marks.append(f'<rect {place} fill="{_ALARM}"/>')
            if part.strip():
                # A stated length keeps columns straight in whatever fixed-width font the reader has.
                place = f'x="{left:.1f}" y="{top}" textLength="{width:.1f}"'
                marks.append(f"<text {place} {_style(codes)}>{escape(part)}</text>")
            column += len(part)
    return marks


def svg(text: str, columns: int = 80) -> str:
    """`text`, which may hold colour codes (ECMA-48 "select graphic rendition"), as an SVG document."""
    lines = text.splitlines()
    codes: set[str] = set()
    marks: list[str] = []
    for number, line in enumerate(lines):
        marks += _line(line, _EDGE + 14 + number * _LINE, codes)
    width, height = round(2 * _EDGE + columns * _LETTER), 2 * _EDGE + len(lines) * _LINE
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} {_FONT} xml:space="preserve">'
    page = f'<rect width="100%" height="100%" rx="8" fill="{_PAGE}"/>'
    return "\n".join([head, page, *marks, "</svg>", ""])
