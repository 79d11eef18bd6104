"""SQL with its values bound: for applications that speak to a driver without SQLAlchemy.

Names come from a list, operators are methods, values are parameters, whatever they hold. ASVS v5.0.0-1.2.4
(injection), 2.2.1 (positive validation).
"""

import datetime
import decimal
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, LiteralString, get_args

from strongback.errors import ConfigurationError, DeniedError

__all__ = ["Condition", "Query", "Statement", "Style", "Table", "statement"]

Style = Literal["qmark", "format", "numeric"]
"""How a driver marks places: `?` (sqlite3), `%s` (psycopg, pymysql), `$1` (asyncpg)."""

_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}\Z")
_PLACE = re.compile(r"(?<![:\w]):([a-z_][a-z0-9_]{0,62})")
# What a text would hold that a value was put into, and one with its values bound has no need of.
_SUSPECT = re.compile(r"['\"`;\\\0]|--|/\*|\bunion\b.*\bselect\b", re.IGNORECASE | re.DOTALL)
_COMPARISONS = ("=", "<>", "<", "<=", ">", ">=")
_SCALARS = (str, int, float, bool, bytes, decimal.Decimal, datetime.date, datetime.time, uuid.UUID)
_MANY = 1000
_MARK = "\x00"


@dataclass(frozen=True, slots=True)
class Query:
    """A text without values, and the values in the order of their places."""

    text: str
    """With a NUL where a value stands; `for_driver` says what a driver takes."""
    values: tuple[object, ...] = ()

    def for_driver(self, style: Style) -> tuple[str, tuple[object, ...]]:
        """Text and values, to be given to `execute` as two arguments."""
        if style not in get_args(Style):
            raise ConfigurationError(f"a driver's style is one of {', '.join(get_args(Style))}")
        text = self.text.replace("%", "%%") if style == "format" else self.text
        pieces = text.split(_MARK)
        marks = {"qmark": "?", "format": "%s"}
        if style != "numeric":
            return marks[style].join(pieces), self.values
        numbered = [f"${place}{piece}" for place, piece in enumerate(pieces[1:], 1)]
        return pieces[0] + "".join(numbered), self.values


def _checked(name: str, value: object) -> object:
    """A value as a parameter. Raises DeniedError for a structure, in which drivers may read operators."""
    if value is None or isinstance(value, _SCALARS):
        if isinstance(value, str) and _MARK in value:
            raise DeniedError(f"{name} holds a NUL, which databases cut or refuse")
        return value
    raise DeniedError(f"{name} is no plain value")


def statement(text: LiteralString, /, **values: object) -> Query:
    """A statement of yours with `:name` where values belong: `statement("… WHERE id = :id", id=5)`.

    Typed so that a checker refuses text that is not written in the program. Where none runs, text with
    quotes, comments, a second statement or a union is refused: what was put together needs them, what is
    bound does not. A sequence stands for its items, as `IN :names` wants. Raises ConfigurationError.
    """
    found = _SUSPECT.search(text)
    if found is not None:
        raise ConfigurationError(f"statement: {found.group()[:12]!r} in its text: values are bound as :name")
    used: list[object] = []

    def place(match: re.Match[str]) -> str:
        name = match[1]
        if name not in values:
            raise ConfigurationError(f"statement: no value for :{name}")
        value = values[name]
        if isinstance(value, list | tuple | set | frozenset):
            items = _items(name, tuple(value))
            used.extend(items)
            return f"({', '.join(_MARK for _ in items)})"
        used.append(_checked(name, value))
        return _MARK

    written = _PLACE.sub(place, text)
    unused = set(values) - set(_PLACE.findall(text))
    if unused:
        raise ConfigurationError(f"statement: {', '.join(sorted(unused))} stands nowhere in the text")
    return Query(written, tuple(used))


def _items(name: str, values: tuple[object, ...]) -> list[object]:
    if not 0 < len(values) <= _MANY:
        raise DeniedError(f"{name}: between one and {_MANY} values")
    return [_checked(name, value) for value in values]


@dataclass(frozen=True, slots=True)
class Condition:
    """Something that rows fulfil. Made by `Table`, joined by `&`, `|` and `~`."""

    text: str
    values: tuple[object, ...] = ()

    def __and__(self, other: "Condition") -> "Condition":
        return Condition(f"({self.text} AND {other.text})", self.values + other.values)

    def __or__(self, other: "Condition") -> "Condition":
        return Condition(f"({self.text} OR {other.text})", self.values + other.values)

    def __invert__(self) -> "Condition":
        return Condition(f"(NOT {self.text})", self.values)


class Table:
    """One table with the columns that may be named; every other name is refused."""

    def __init__(self, name: str, columns: Sequence[str]) -> None:
        parts = name.split(".")
        if len(parts) > 2 or not all(_NAME.match(part) for part in (*parts, *columns)) or not columns:
            raise ConfigurationError("Table: plain lower-case names, and at least one column")
        self.name = ".".join(f'"{part}"' for part in parts)
        self.columns = frozenset(columns)

    def column(self, name: str) -> str:
        """A column's name, quoted. Raises DeniedError for one that is not listed."""
        if name not in self.columns:
            raise DeniedError("no such column")
        return f'"{name}"'

    def where(self, **equal: object) -> Condition:
        """Rows whose columns have these values; None is for no value."""
        if not equal:
            raise ConfigurationError("where: name a column")
        parts = [self.compare(name, "=", value) for name, value in equal.items()]
        found = parts[0]
        for part in parts[1:]:
            found &= part
        return found

    def compare(self, name: str, operator: str, value: object) -> Condition:
        """`name operator value`, with one of `= <> < <= > >=`."""
        if operator not in _COMPARISONS:
            raise DeniedError("no such comparison")
        column = self.column(name)
        if value is None:
            if operator not in {"=", "<>"}:
                raise DeniedError("nothing is above or below no value")
            return Condition(f"{column} IS {'NOT ' if operator == '<>' else ''}NULL")
        return Condition(f"{column} {operator} {_MARK}", (_checked(name, value),))

    def one_of(self, name: str, values: Sequence[object]) -> Condition:
        """Rows whose column has one of the values; of none, no row."""
        column = self.column(name)
        if isinstance(values, str | bytes):
            raise DeniedError(f"{name}: a list of values")
        if not values:
            return Condition("1 = 0")
        items = _items(name, tuple(values))
        return Condition(f"{column} IN ({', '.join(_MARK for _ in items)})", tuple(items))

    def contains(self, name: str, text: str, *, at: Literal["anywhere", "start"] = "anywhere") -> Condition:
        """Rows whose column holds a text; `%` and `_` in it stand for themselves."""
        if not isinstance(text, str):
            raise DeniedError(f"{name} is no text")
        plain = re.sub(r"([!%_])", r"!\1", str(_checked(name, text)))
        pattern = f"{plain}%" if at == "start" else f"%{plain}%"
        return Condition(f"{self.column(name)} LIKE {_MARK} ESCAPE '!'", (pattern,))

    def select(self, *columns: str) -> "Statement":
        """These columns; all listed ones if none is named."""
        chosen = ", ".join(self.column(name) for name in columns or sorted(self.columns))
        return Statement(self, f"SELECT {chosen} FROM {self.name}", whole=True)

    def insert(self, values: Mapping[str, object]) -> Query:
        """One row."""
        if not values:
            raise ConfigurationError("insert: name a column")
        names = ", ".join(self.column(name) for name in values)
        marks = ", ".join(_MARK for _ in values)
        bound = tuple(_checked(name, value) for name, value in values.items())
        return Query(f"INSERT INTO {self.name} ({names}) VALUES ({marks})", bound)

    def update(self, values: Mapping[str, object]) -> "Statement":
        """New values for the rows of its `where`, without which it is refused."""
        if not values:
            raise ConfigurationError("update: name a column")
        pairs = ", ".join(f"{self.column(name)} = {_MARK}" for name in values)
        bound = tuple(_checked(name, value) for name, value in values.items())
        return Statement(self, f"UPDATE {self.name} SET {pairs}", bound)

    def delete(self) -> "Statement":
        """Without the rows of its `where`, without which it is refused."""
        return Statement(self, f"DELETE FROM {self.name}")


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement that conditions, an order and a limit may be added to. Each step returns another one."""

    table: Table
    head: str
    values: tuple[object, ...] = ()
    condition: Condition | None = None
    tail: str = ""
    bounds: tuple[object, ...] = ()
    whole: bool = False
    """Whether it may concern every row."""

    def where(self, condition: Condition) -> "Statement":
        """Only rows that fulfil this too."""
        joined = condition if self.condition is None else self.condition & condition
        return replace(self, condition=joined)

    def order_by(self, name: str, *, descending: bool = False) -> "Statement":
        """By a column that is listed; again for the next one."""
        self._reads("order_by")
        if self.bounds:
            raise ConfigurationError("order_by: before limit")
        before = f"{self.tail}, " if self.tail else " ORDER BY "
        return replace(self, tail=f"{before}{self.table.column(name)}{' DESC' if descending else ''}")

    def limit(self, count: int, *, offset: int = 0) -> "Statement":
        """At most `count` rows, from `offset` on. Raises DeniedError unless both are sensible numbers."""
        self._reads("limit")
        for number in (count, offset):
            if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number <= 1_000_000:
                raise DeniedError("a limit and an offset are numbers up to a million")
        return replace(self, tail=f"{self.tail} LIMIT {_MARK} OFFSET {_MARK}", bounds=(count, offset))

    def _reads(self, step: str) -> None:
        if not self.whole:
            raise ConfigurationError(f"{step} is for select")

    def query(self) -> Query:
        """The whole. Raises ConfigurationError for a change of every row."""
        if self.condition is None:
            if not self.whole:
                raise ConfigurationError(
                    f"{self.head.split(' ', 1)[0]} without a condition changes every row"
                )
            return Query(self.head + self.tail, self.bounds)
        text = f"{self.head} WHERE {self.condition.text}{self.tail}"
        return Query(text, (*self.values, *self.condition.values, *self.bounds))
