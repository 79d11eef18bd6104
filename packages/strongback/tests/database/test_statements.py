"""SQL with its values bound, on the engines themselves: whatever a value holds, it stays a value."""

import sqlite3
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strongback.errors import ConfigurationError, DeniedError
from strongback.statements import Query, Table, statement

from packages.strongback.tests.conftest import PostgresUnderTest

ORDERS = Table("orders", ("id", "owner", "note", "total"))
HOSTILE = (
    "' OR '1'='1", "'; DROP TABLE orders; --", "\\'; --", "1 UNION SELECT 1,2,3,4", "%", "_", "!", ":id", "?",
    "%s", "$1", "%(id)s", "{0}", "ada\n", "ʼ OR 1=1", '" OR ""="',
)  # fmt: skip


def sqlite_with(*rows: tuple[object, ...]) -> sqlite3.Connection:
    db = sqlite3.connect(":memory:")
    db.execute("CREATE TABLE orders (id INTEGER, owner TEXT, note TEXT, total INTEGER)")
    db.executemany("INSERT INTO orders VALUES (?, ?, ?, ?)", rows)
    return db


def run(db: sqlite3.Connection, query: Query) -> list[Any]:
    return db.execute(*query.for_driver("qmark")).fetchall()


@pytest.mark.parametrize("value", HOSTILE)
def test_a_value_stays_a_value_on_postgres(postgres: PostgresUnderTest, value: str) -> None:
    with psycopg.connect(postgres.dsn) as db:
        db.execute("CREATE TEMP TABLE orders (id int, owner text, note text, total int)")
        for row in ((1, value, "a", 5), (2, "ada", "b%", 7)):
            record = dict(zip(("id", "owner", "note", "total"), row, strict=True))
            db.execute(*ORDERS.insert(record).for_driver("format"))  # type: ignore[arg-type]
        found = ORDERS.select("id").where(ORDERS.where(owner=value) & ~ORDERS.contains("note", "%"))
        assert db.execute(*found.query().for_driver("format")).fetchall() == [(1,)]  # type: ignore[arg-type]
        changed = ORDERS.update({"note": value}).where(ORDERS.one_of("owner", [value])).query()
        assert db.execute(*changed.for_driver("format")).rowcount == 1  # type: ignore[arg-type]
        mine = statement(
            "SELECT note FROM orders WHERE owner = :owner AND id IN :ids", owner=value, ids=[1, 2]
        )
        assert db.execute(*mine.for_driver("format")).fetchall() == [(value,)]  # type: ignore[arg-type]
        db.rollback()


@given(st.text(st.characters(exclude_characters="\0", codec="utf-8")), st.text(st.characters(codec="utf-8")))
def test_whatever_a_text_holds_it_finds_itself_alone(value: str, other: str) -> None:
    db = sqlite_with((1, value, "", 0), (2, value + "x", "", 0))
    assert run(db, ORDERS.select("id").where(ORDERS.where(owner=value)).query()) == [(1,)]
    if "\0" not in other:
        found = run(db, ORDERS.select("owner").where(ORDERS.contains("owner", other, at="start")).query())
        lowered = other.translate({c: c + 32 for c in range(65, 91)})
        wanted = [text for text in (value, value + "x") if _folded(text).startswith(lowered)]
        assert [row[0] for row in found] == wanted
    db.close()


def _folded(text: str) -> str:
    # SQLite's LIKE makes no difference between the cases of ASCII.
    return text.translate({c: c + 32 for c in range(65, 91)})


def test_each_step_says_what_it_reads() -> None:
    db = sqlite_with((1, "ada", "x", 5), (2, "ada", None, 9), (3, "eve", "y", 7))
    cheap = ORDERS.compare("total", "<", 8)
    assert run(db, ORDERS.select("id").where(cheap).order_by("total", descending=True).query()) == [
        (3,),
        (1,),
    ]
    assert run(db, ORDERS.select("id").order_by("owner").order_by("id").limit(1, offset=1).query()) == [(2,)]
    assert run(db, ORDERS.select("id").where(ORDERS.where(note=None)).query()) == [(2,)]
    assert run(db, ORDERS.select("id").where(ORDERS.compare("note", "<>", None)).query()) == [(1,), (3,)]
    either = ORDERS.where(owner="eve") | ORDERS.where(id=2)
    assert run(db, ORDERS.select("id").where(either).where(cheap).query()) == [(3,)]
    assert run(db, ORDERS.select("id").where(ORDERS.one_of("id", [])).query()) == []
    assert run(db, ORDERS.select("id").where(ORDERS.where(owner="ada", id=1)).query()) == [(1,)]
    assert [len(row) for row in run(db, ORDERS.select().query())] == [4, 4, 4]
    run(db, ORDERS.delete().where(ORDERS.where(owner="ada")).query())
    run(db, ORDERS.update({"total": 1, "note": "z"}).where(ORDERS.where(id=3)).query())
    assert run(db, ORDERS.select("id", "note", "total").query()) == [(3, "z", 1)]


def test_names_come_from_the_list() -> None:
    for name in ("secret", "id; --", 'id"', "ID", ""):
        for use in (
            lambda name=name: ORDERS.select(name),
            lambda name=name: ORDERS.where(**{name: 1}),
            lambda name=name: ORDERS.select("id").order_by(name),
            lambda name=name: ORDERS.insert({name: 1}),
            lambda name=name: ORDERS.update({name: 1}),
            lambda name=name: ORDERS.one_of(name, []),
            lambda name=name: ORDERS.contains(name, "x"),
        ):
            with pytest.raises(DeniedError, match="no such column"):
                use()
    with pytest.raises(DeniedError, match="comparison"):
        ORDERS.compare("id", "= 1 OR 1 =", 1)
    for name, columns in (("orders; --", ("id",)), ("a.b.c", ("id",)), ("Orders", ("id",)), ("orders", ())):
        with pytest.raises(ConfigurationError):
            Table(name, columns)
    assert Table("shop.orders", ("id",)).name == '"shop"."orders"'


@pytest.mark.parametrize("value", [{"$ne": ""}, ["a"], object(), ("x",), {"a"}])
def test_a_structure_is_no_value(value: object) -> None:
    for use in (
        lambda: ORDERS.where(owner=value),
        lambda: ORDERS.insert({"owner": value}),
        lambda: ORDERS.update({"owner": value}),
        lambda: ORDERS.one_of("owner", [value]),
        lambda: statement("SELECT 1 WHERE owner IN :x", x=[value]),
    ):
        with pytest.raises(DeniedError):
            use()
    with pytest.raises(DeniedError):
        ORDERS.where(owner="a\0b")
    with pytest.raises(DeniedError):
        ORDERS.one_of("owner", "ada")
    with pytest.raises(DeniedError):
        ORDERS.contains("owner", 5)  # type: ignore[arg-type]


def test_a_change_of_every_row_is_refused() -> None:
    for step in (ORDERS.update({"total": 0}), ORDERS.delete()):
        with pytest.raises(ConfigurationError, match="every row"):
            step.query()
        with pytest.raises(ConfigurationError, match="select"):
            step.limit(1)
    for count, offset in ((-1, 0), (1, -1), (10**7, 0), ("1; --", 0), (True, 0)):
        with pytest.raises(DeniedError):
            ORDERS.select("id").limit(count, offset=offset)  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="before limit"):
        ORDERS.select("id").limit(1).order_by("id")


@pytest.mark.parametrize("value", HOSTILE[:4])
def test_a_text_that_was_put_together_is_refused(value: str) -> None:
    with pytest.raises(ConfigurationError, match="values are bound"):
        statement(f"SELECT id FROM orders WHERE owner = '{value}'")  # type: ignore[arg-type]


def test_places_and_values_agree() -> None:
    for text, values in (
        ("SELECT 1 WHERE a = :a", {}),
        ("SELECT 1 WHERE a = :a", {"a": 1, "b": 2}),
        ("SELECT a::int", {"int": 1}),
    ):
        with pytest.raises(ConfigurationError):
            statement(text, **values)  # type: ignore[arg-type]
    for many in ([], range(1001)):
        with pytest.raises(DeniedError):
            statement("SELECT 1 WHERE a IN :a", a=list(many))
    query = statement("SELECT a::int, 5 % 2 FROM t WHERE a = :a AND (b = :b OR a = :a)", a=1, b=2)
    assert query.for_driver("numeric") == (
        "SELECT a::int, 5 % 2 FROM t WHERE a = $1 AND (b = $2 OR a = $3)",
        (1, 2, 1),
    )
    assert query.for_driver("format")[0] == (
        "SELECT a::int, 5 %% 2 FROM t WHERE a = %s AND (b = %s OR a = %s)"
    )
    with pytest.raises(ConfigurationError):
        query.for_driver("pyformat")  # type: ignore[arg-type]
