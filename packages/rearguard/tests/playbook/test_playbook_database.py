"""Section 4 of the playbook: queries with ownership, and PostgreSQL's own defence on PostgreSQL itself."""

import hashlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.pool import StaticPool

PAGE = "database-access"
ROWS = [
    (1, "t1", "ada", "100% cotton", "", 7),
    (2, "t1", "ada", "anvil", "", 7),
    (3, "t1", "bob", "bob's order", "", 7),
    (4, "t2", "ada", "same owner id, other tenant", "", 7),
]
PRINCIPALS = [
    {"token": "ada-token", "id": "ada", "tenantId": "t1"},
    {"token": "bob-token", "id": "bob", "tenantId": "t1"},
]
ADA = {"Authorization": "Bearer ada-token"}
BOB = {"Authorization": "Bearer bob-token"}


@pytest.fixture(scope="module")
def express_server(
    code_blocks: Callable[[str, str], list[str]], express_http_once: Callable[..., Any]
) -> Any:
    [sql] = code_blocks(PAGE, "sql")
    return express_http_once(PAGE, sql=sql, rows=ROWS, principals=PRINCIPALS, tenant="t1")


@pytest.fixture
def engine() -> Iterator[Engine]:
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    yield engine
    engine.dispose()


@pytest.fixture(params=["fastapi", "express"])
def http(request: pytest.FixtureRequest, engine: Engine) -> Any:
    if request.param == "express":
        server = request.getfixturevalue("express_server")
        assert server.send("POST", "/test/reset").status == 204
        return server
    module = request.getfixturevalue("python_page")(PAGE)
    module.metadata.create_all(engine)
    names = ("id", "tenant_id", "owner_id", "title", "note", "internal_margin")
    with engine.begin() as connection:
        connection.execute(module.orders.insert(), [dict(zip(names, row, strict=True)) for row in ROWS])
    principals = {
        hashlib.sha256(p["token"].encode()).hexdigest(): module.Principal(p["id"], p["tenantId"])
        for p in PRINCIPALS
    }
    return request.getfixturevalue("fastapi_http")(module.create_app(engine, principals))


def test_list_shows_own_rows_and_declared_fields(http: Any) -> None:
    answer = http.send("GET", "/orders", headers=ADA)
    assert answer.json == [
        {"id": 1, "title": "100% cotton", "note": ""},
        {"id": 2, "title": "anvil", "note": ""},
    ]
    assert http.send("GET", "/orders").status == 401


def test_sorting_and_searching_are_literal(http: Any) -> None:
    def ids(query: str) -> list[int]:
        return [row["id"] for row in http.send("GET", f"/orders?{query}", headers=ADA).json]

    assert ids("sort=title&direction=desc") == [2, 1]
    assert ids("title=%25") == [1]
    assert ids("title=_") == []
    assert ids("title=anv") == [2]
    assert ids("limit=1") == [1]
    for query in (
        "sort=internal_margin",
        "sort=id;DROP%20TABLE%20orders",
        "direction=desc--",
        "limit=100000",
        "limit=0",
    ):
        assert http.send("GET", f"/orders?{query}", headers=ADA).status == 422, query


def test_other_peoples_rows_do_not_exist(http: Any) -> None:
    assert http.send("GET", "/orders/1", headers=ADA).json["id"] == 1
    answers = [http.send("GET", f"/orders/{number}", headers=ADA) for number in (3, 4, 999)]
    assert [a.status for a in answers] == [404, 404, 404]
    assert len({a.body for a in answers}) == 1
    assert http.send("GET", "/orders/1%20OR%201=1", headers=ADA).status == 422


def test_changes_are_bound_to_the_owner_and_stored_literally(http: Any) -> None:
    text = "'; DROP TABLE orders; --"
    assert http.send("PATCH", "/orders/3", {"note": "mine now"}, ADA).status == 404
    assert http.send("GET", "/orders/3", headers=BOB).json["note"] == ""
    assert http.send("PATCH", "/orders/1", {"note": text}, ADA).json["note"] == text
    assert http.send("GET", "/orders/1", headers=ADA).json["note"] == text
    assert http.send("PATCH", "/orders/1", {"note": "x", "owner_id": "bob"}, ADA).status == 422


def test_postgresql_roles_grants_and_row_level_security(express_server: Any) -> None:
    http = express_server
    assert http.send("POST", "/test/reset").status == 204  # rows exist, and stay invisible below

    def run(sql: str) -> Any:
        answer = http.send(
            "POST", "/test/as-serving-role", content=sql.encode(), headers={"Content-Type": "text/plain"}
        )
        return answer.json if answer.status == 200 else answer.json["message"]

    assert run("SELECT count(id)::int AS n FROM orders") == [{"n": 0}]
    for statement in (
        "SELECT internal_margin FROM orders",
        "DELETE FROM orders",
        "DROP TABLE orders",
        "UPDATE orders SET owner_id = 'ada'",
        "CREATE TABLE mine (id int)",
    ):
        assert "denied" in run(statement) or "must be owner" in run(statement), statement
