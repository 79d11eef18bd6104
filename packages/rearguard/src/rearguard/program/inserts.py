"""Rows that statements of SQL write out: `INSERT INTO users (name, password) VALUES ('a', 'b')`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Inserted", "inserted"]

MAX_ROWS = 2_000
_NO_COLUMN = frozenset(("primary", "foreign", "unique", "constraint", "check", "key", "index"))
_NAME = r"[\"`\[]?[A-Za-z_][\w$]*[\"`\]]?"
_INSERT = re.compile(
    rf"\b(?:insert\s+(?:or\s+\w+\s+|ignore\s+)?into|replace\s+into)\s+(?:{_NAME}\s*\.\s*)?(?P<table>{_NAME})\s*"
    r"(?:\((?P<columns>[^()]*)\)\s*)?values\s*",
    re.IGNORECASE,
)
_CREATE = re.compile(
    rf"\bcreate\s+table\s+(?:if\s+not\s+exists\s+)?(?:{_NAME}\s*\.\s*)?(?P<table>{_NAME})\s*\((?P<columns>[^;]*)",
    re.IGNORECASE,
)
_USER = re.compile(
    r"\b(?:create|alter)\s+(?:user|role|login)\s+(?P<name>[^\s;]+)[^;']{0,80}?\b(?:password|identified\s+by)\s*=?\s*"
    r"'(?P<value>(?:[^']|'')*)'",
    re.IGNORECASE,
)
_ITEM = re.compile(r"\s*(?:[A-Za-z]?'(?P<text>(?:[^'\\]|\\.|'')*)'|(?P<open>\()|(?P<other>[^,()']+))")


@dataclass(frozen=True, slots=True)
class Inserted:
    """One value of a row."""

    table: str
    row: int
    column: str
    """Its column's name, or its position when no columns are named."""
    value: str
    """The text; numbers, functions and placeholders are left out."""
    start: int
    end: int


def inserted(text: str) -> Iterator[Inserted]:
    """Texts that the statements store, in order; and the passwords that `CREATE USER` sets."""
    tables = {_plain(m["table"]): _columns_of(m["columns"]) for m in _CREATE.finditer(text)}
    rows = 0
    for match in _INSERT.finditer(text):
        table = _plain(match["table"])
        named = match["columns"]
        columns = [_plain(c) for c in named.split(",")] if named is not None else tables.get(table, [])
        position = match.end()
        while position < len(text) and text[position] == "(" and rows < MAX_ROWS:
            held, position = _row(text, position + 1)
            for index, (value, start, end) in enumerate(held):
                if value is not None:
                    column = columns[index] if index < len(columns) else str(index)
                    yield Inserted(table, rows, column, value, start, end)
            rows += 1
            following = re.compile(r"\s*,\s*").match(text, position)
            position = following.end() if following is not None else len(text)
    for match in _USER.finditer(text):
        yield Inserted("user", rows, "name", _plain(match["name"]), match.start("name"), match.end("name"))
        yield Inserted("user", rows, "password", match["value"], match.start("value"), match.end("value"))
        rows += 1


def _row(text: str, position: int) -> tuple[list[tuple[str | None, int, int]], int]:
    """The values of a row that starts at `position`, and where it ends."""
    held: list[tuple[str | None, int, int]] = []
    while position < len(text) and len(held) < 200:
        match = _ITEM.match(text, position)
        if match is None:
            break
        value = match["text"]
        end = match.end()
        if match["open"] is not None or match["other"] is not None:
            # A function or a number: skipped with its brackets.
            end = _skipped(text, match.end() - 1 if match["open"] is not None else match.end())
        held.append((value, match.start("text"), match.end("text")))
        while end < len(text) and text[end] not in ",)":
            end = _skipped(text, end) if text[end] == "(" else end + 1
        if end >= len(text) or text[end] == ")":
            return held, end + 1
        position = end + 1
    return held, len(text)


def _skipped(text: str, position: int) -> int:
    """Behind the bracket that closes what opens at `position`, when something does."""
    if position >= len(text) or text[position] != "(":
        return position
    depth = 0
    for end in range(position, min(len(text), position + 2_000)):
        depth += (text[end] == "(") - (text[end] == ")")
        if depth == 0:
            return end + 1
    return len(text)


def _plain(name: str) -> str:
    return name.strip().strip("\"`[]'").lower()


def _columns_of(text: str) -> list[str]:
    """Names of the columns of a table's definition."""
    columns: list[str] = []
    depth, part = 0, ""
    for char in (*text, ","):
        depth += (char == "(") - (char == ")")
        if depth < 0:
            char = ","
        if char == "," and depth <= 0:
            words = part.split()
            if words and words[0].lower() not in (
                "primary",
                "foreign",
                "unique",
                "constraint",
                "check",
                "key",
            ):
                columns.append(_plain(words[0]))
            part = ""
            if depth < 0:
                break
        else:
            part += char
    return columns
