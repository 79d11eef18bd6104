"""JSON (comments and trailing commas allowed, as tools write it) and TOML, with the place of every value."""

import json
import re

from rearguard.frontends.settings_base import MAX_DEPTH, Draft, scalar
from rearguard.program import Const

_JSON = re.compile(
    r'(?P<space>[\s,:]+)|(?P<comment>//[^\n]*|/\*.*?(?:\*/|\Z))|(?P<text>"(?:[^"\\\n]|\\.)*")|(?P<mark>[{}\[\]])|(?P<word>[^\s,:{}\[\]"]+)',
    re.DOTALL,
)


def read_json(draft: Draft) -> None:
    """Fill `draft` from JSON. Separators are not insisted on: what is read is what is there."""
    text = draft.text
    stack: list[tuple[tuple[str, ...], bool, int, list[int]]] = []
    """(keys, whether a map, its start, [elements so far])."""
    key: tuple[str, int] | None = None
    position = 0
    while position < len(text) and not draft.is_full:
        match = _JSON.match(text, position)
        if match is None:
            draft.fail(position, position + 1)
            return
        start, position = position, match.end()
        kind, token = match.lastgroup, match.group()
        if kind == "comment":
            draft.comment(start, position)
            continue
        if kind == "space":
            continue
        if token in ("}", "]") and kind == "mark":
            if stack:
                keys, _, began, held = stack.pop()
                if not held[0]:
                    draft.add(keys, None, began, start, position)
            key = None
            continue
        if stack and stack[-1][1] and key is None and kind in ("text", "word"):
            key = (_unquoted(token), start)
            stack[-1][3][0] += 1
            continue
        keys, began = _next(stack, key, start)
        key = None
        if kind == "mark":
            if len(stack) >= MAX_DEPTH:
                draft.fail(start, position)
                return
            stack.append((keys, token == "{", began, [0]))
        else:
            value: Const = _unquoted(token) if kind == "text" else scalar(token)
            draft.add(keys, value, began, start, position)
    if stack:
        draft.fail(stack[-1][2], len(text))


def _next(
    stack: list[tuple[tuple[str, ...], bool, int, list[int]]], key: tuple[str, int] | None, start: int
) -> tuple[tuple[str, ...], int]:
    if not stack:
        return (), start
    keys, is_map, _, held = stack[-1]
    if is_map:
        return ((*keys, key[0]), key[1]) if key is not None else ((*keys, "?"), start)
    held[0] += 1
    return (*keys, str(held[0] - 1)), start


def _unquoted(token: str) -> str:
    if not token.startswith('"'):
        return token
    try:
        return str(json.loads(token, strict=False))
    except ValueError:
        return token[1:-1]


_TOML = re.compile(
    r"(?P<space>[ \t\r]+)|(?P<line>\n)|(?P<comment>#[^\n]*)|"
    r'(?P<long>"""(?:[^\\]|\\.)*?(?:"""|\Z)|\'\'\'.*?(?:\'\'\'|\Z))|(?P<text>"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\')|'
    r"(?P<mark>[\[\]{}=,.])|(?P<word>[^\s\[\]{}=,.#\"']+(?:\.\d[^\s\[\]{}=,#\"']*)?)",
    re.DOTALL,
)


class _Toml:
    """A reader of tokens: `[table]`, `[[tables]]`, dotted keys, arrays, inline tables, all forms of text."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.tokens: list[tuple[str, str, int, int]] = []
        self.at = 0
        position = 0
        text = draft.text
        while position < len(text):
            match = _TOML.match(text, position)
            if match is None:
                draft.fail(position, position + 1)
                break
            kind = match.lastgroup or ""
            if kind == "comment":
                draft.comment(position, match.end())
            elif kind != "space":
                self.tokens.append((kind, match.group(), position, match.end()))
            position = match.end()
        self.counts: dict[tuple[str, ...], int] = {}

    def peek(self) -> tuple[str, str, int, int]:
        if self.at < len(self.tokens):
            return self.tokens[self.at]
        return "end", "", len(self.draft.text), len(self.draft.text)

    def take(self) -> tuple[str, str, int, int]:
        token = self.peek()
        self.at += 1
        return token

    def skip_lines(self) -> None:
        while self.peek()[0] == "line":
            self.at += 1

    def read(self) -> None:
        table: tuple[str, ...] = ()
        while self.at < len(self.tokens) and not self.draft.is_full:
            kind, token, start, end = self.peek()
            if kind == "line":
                self.at += 1
            elif token == "[" and kind == "mark":
                table = self.header()
            elif kind in ("word", "text"):
                self.pair(table, 0)
                self.end_line()
            else:
                self.draft.fail(start, end)
                self.end_line()

    def header(self) -> tuple[str, ...]:
        self.at += 1
        many = self.peek()[1] == "["
        if many:
            self.at += 1
        keys = self.key()
        if many:
            number = self.counts.get(keys, 0)
            self.counts[keys] = number + 1
            keys = (*keys, str(number))
        self.end_line()
        return keys

    def key(self) -> tuple[str, ...]:
        keys: list[str] = []
        while self.peek()[0] in ("word", "text"):
            keys.append(_plain(self.take()[1]))
            if self.peek()[1] != ".":
                break
            self.at += 1
        return tuple(keys)

    def end_line(self) -> None:
        while self.peek()[0] not in ("line", "end"):
            self.at += 1

    def pair(self, table: tuple[str, ...], depth: int) -> None:
        start = self.peek()[2]
        keys = (*table, *self.key())
        if self.peek()[1] != "=":
            self.draft.fail(start, self.peek()[3])
            return
        self.at += 1
        self.value(keys, start, depth)

    def value(self, keys: tuple[str, ...], began: int, depth: int) -> None:
        kind, token, start, end = self.take()
        if kind == "mark" and token in "[{" and depth < MAX_DEPTH:
            self.container(keys, began, start, token, depth)
        elif kind in ("text", "long"):
            self.draft.add(keys, _plain(token), began, start, end)
        elif kind == "word":
            self.draft.add(keys, scalar(token), began, start, end)
        else:
            self.draft.fail(start, end)

    def container(self, keys: tuple[str, ...], began: int, start: int, opening: str, depth: int) -> None:
        count = 0
        while True:
            self.skip_lines()
            kind, token, at, end = self.peek()
            if kind == "end":
                return
            if kind == "mark" and token in "]}":
                self.at += 1
                if not count:
                    self.draft.add(keys, None, began, start, end)
                return
            if token == "," and kind == "mark":
                self.at += 1
            elif opening == "{":
                before = self.at
                self.pair(keys, depth + 1)
                self.at = max(self.at, before + 1)
                count += 1
            else:
                self.value((*keys, str(count)), at, depth + 1)
                count += 1


def read_toml(draft: Draft) -> None:
    """Fill `draft` from TOML."""
    _Toml(draft).read()


def _plain(token: str) -> str:
    if token.startswith(("'''", '"""')):
        return token[3:].removesuffix(token[:3]).removeprefix("\n")
    if token.startswith("'"):
        return token[1:-1]
    return _unquoted(token)
