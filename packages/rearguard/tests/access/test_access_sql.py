"""The reader of SQL text: tables, keys, flags and written columns, in several dialects."""

import pytest
from rearguard.analysis.access.sql import Slot, Statement, parse


@pytest.mark.parametrize(
    ("text", "operation", "tables"),
    [
        ("SELECT id FROM orders", "read", ["orders"]),
        ("select * from `shop`.`orders` o where o.id = ?", "read", ["orders"]),
        ('DELETE FROM "orders" WHERE id = 1', "delete", ["orders"]),
        ("UPDATE orders SET a = 1", "update", ["orders"]),
        ("INSERT INTO orders (a) VALUES (1)", "create", ["orders"]),
        (
            "WITH x AS (SELECT 1) SELECT * FROM orders JOIN users u ON u.id = orders.user_id",
            "read",
            ["orders", "users"],
        ),
        ("-- SELECT a FROM b\nSELECT c FROM d", "read", ["d"]),
        ("PRAGMA foreign_keys = ON", "", []),
        ("", "", []),
        ("SELECT 'from x' FROM y", "read", ["y"]),
    ],
)
def test_operation_and_tables(text: str, operation: str, tables: list[str]) -> None:
    found = parse(text)
    assert (found.operation, found.tables) == (operation, tables)


@pytest.mark.parametrize(
    ("condition", "keys"),
    [
        ("id = ?", [("id", Slot(index=0))]),
        ("id = $2 AND owner = $1", [("id", Slot(index=1)), ("owner", Slot(index=0))]),
        ("id = %s AND owner = %s", [("id", Slot(index=0)), ("owner", Slot(index=1))]),
        ("id = %(id)s", [("id", Slot(name="id"))]),
        (
            "o.id = :id AND (o.a = 1 OR o.owner = @who)",
            [("id", Slot(name="id")), ("owner", Slot(name="who"))],
        ),
        ("? = id", [("id", Slot(index=0))]),
        ("id IN (?, ?)", [("id", Slot(index=0)), ("id", Slot(index=1))]),
        ("lower(email) = lower($1)", [("email", Slot(index=0))]),
        ("id = \x007\x00", [("id", Slot(hole=7))]),
        ("title LIKE '%\x003\x00%'", [("title", Slot(hole=3))]),
        ("$1::text IS NULL OR status = $1", [("status", Slot(index=0))]),
    ],
)
def test_keys(condition: str, keys: list[tuple[str, Slot]]) -> None:
    assert [key for key in parse(f"SELECT * FROM t WHERE {condition}").keys if key[0] != "text"] == keys


@pytest.mark.parametrize(
    ("condition", "flags"),
    [("published AND id = ?", ["published"]), ("state = 'open'", ["state"]), ("not hidden", ["hidden"])],
)
def test_flags(condition: str, flags: list[str]) -> None:
    assert parse(f"SELECT * FROM t WHERE {condition}").flags == flags


def test_written_columns() -> None:
    inserted = parse("INSERT INTO t (a, b, c) VALUES ($1, now(), lower($2))")
    assert inserted.written == [("a", Slot(index=0)), ("c", Slot(index=1))]
    selected = parse("INSERT INTO t (a, b) SELECT $1, id FROM u WHERE id = $2")
    assert selected.written == [("a", Slot(index=0))]
    updated = parse("UPDATE t SET a = coalesce($3, a), b = ? WHERE id = $1")
    assert updated.written == [("a", Slot(index=2)), ("b", Slot(index=0))]
    assert updated.keys == [("id", Slot(index=0))]


@pytest.mark.parametrize(
    "text", ["SELECT", "UPDATE SET WHERE", "INSERT INTO", "DELETE FROM WHERE ((", "\x00", "'''"]
)
def test_anything_is_read_without_an_error(text: str) -> None:
    assert isinstance(parse(text), Statement)
