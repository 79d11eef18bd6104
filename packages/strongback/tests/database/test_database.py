"""Connections that verify and bound, roles that may do little, rows that stay with their tenant."""

import time
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from strongback.database import (
    DatabaseLimits,
    database_engine,
    role_weaknesses,
    tenant,
    tenant_policy_sql,
)
from strongback.errors import ConfigurationError
from strongback.redaction import Secret


def dialect(dsn: str) -> str:
    return dsn.replace("postgresql://", "postgresql+psycopg://", 1)


@pytest.fixture
def admin(postgres) -> Iterator[Engine]:  # type: ignore[no-untyped-def]
    engine = database_engine(dialect(postgres.admin), application="tests")
    yield engine
    engine.dispose()


@pytest.fixture
def app(postgres) -> Iterator[Engine]:  # type: ignore[no-untyped-def]
    limits = DatabaseLimits(statement=0.5, lock=0.3, idle_in_transaction=0.5)
    engine = database_engine(dialect(postgres.dsn), application="tests", limits=limits)
    yield engine
    engine.dispose()


def connect_arguments(url: str) -> dict[str, object]:
    engine = database_engine(url, application="x")
    seen: dict[str, object] = {}

    def stop(dialect: object, record: object, arguments: object, keywords: dict[str, object]) -> None:
        seen.update(keywords)
        raise RuntimeError("far enough")

    from sqlalchemy import event

    event.listen(engine, "do_connect", stop)
    with pytest.raises(RuntimeError, match="far enough"):
        engine.connect()
    return seen


def test_another_machine_is_verified() -> None:
    assert connect_arguments("postgresql+psycopg://u@db.example.com/x")["sslmode"] == "verify-full"


@pytest.mark.parametrize("mode", ["disable", "allow", "prefer", "require", "verify-ca"])
def test_less_than_verification_is_refused(mode: str) -> None:
    with pytest.raises(ConfigurationError, match="does not verify"):
        database_engine(f"postgresql+psycopg://u@db.example.com/x?sslmode={mode}", application="x")


def test_a_second_host_in_the_query_is_not_local() -> None:
    with pytest.raises(ConfigurationError, match="does not verify"):
        database_engine("postgresql+psycopg://u@/x?host=db.example.com&sslmode=disable", application="x")


@pytest.mark.parametrize("url", ["sqlite:///x.db", "postgresql://u@localhost/x", "mysql://u@localhost/x"])
def test_another_driver_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match="psycopg"):
        database_engine(url, application="x")


def test_a_statement_that_runs_too_long_is_ended(app: Engine) -> None:
    started = time.monotonic()
    with app.connect() as connection, pytest.raises(DBAPIError, match="statement timeout"):
        connection.execute(text("SELECT pg_sleep(20)"))
    assert time.monotonic() - started < 10


def test_values_stay_out_of_errors(app: Engine) -> None:
    with app.connect() as connection, pytest.raises(DBAPIError) as failed:
        connection.execute(text("SELECT CAST(:value AS text), 1 / 0"), {"value": "secret-of-the-row"})
    assert "division by zero" in str(failed.value)
    assert "secret-of-the-row" not in str(failed.value)


def test_credentials_are_asked_for_at_every_connection(postgres) -> None:  # type: ignore[no-untyped-def]
    asked: list[int] = []

    def credentials() -> tuple[str, Secret]:
        asked.append(1)
        return "app", Secret("unused by this server")

    engine = database_engine(
        dialect(postgres.dsn).replace("app:@", ""), application="x", credentials=credentials
    )
    for _ in range(2):
        with engine.connect() as connection:
            assert connection.execute(text("SELECT current_user")).scalar() == "app"
        engine.dispose()
    assert len(asked) == 2


def test_a_password_beside_a_source_of_credentials_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="beside"):
        database_engine(
            "postgresql+psycopg://u:p@localhost/x",
            application="x",
            credentials=lambda: ("u", Secret("a secret value")),
        )


def test_a_superuser_is_told_and_an_ordinary_role_is_not(admin: Engine, app: Engine) -> None:
    with admin.connect() as connection:
        assert any("superuser" in said for said in role_weaknesses(connection))
    with app.connect() as connection:
        assert not [said for said in role_weaknesses(connection) if "owns" not in said]


def test_a_tenant_sees_and_writes_its_own_rows_alone(app: Engine) -> None:
    with app.begin() as connection:
        connection.execute(text("CREATE TABLE IF NOT EXISTS note (tenant_id text NOT NULL, body text)"))
        connection.execute(text("DELETE FROM note"))
        connection.exec_driver_sql(tenant_policy_sql("note"))
    try:
        with app.connect() as connection:
            for name in ("red", "blue"):
                with tenant(connection, name):
                    connection.execute(
                        text("INSERT INTO note VALUES (:t, :b)"), {"t": name, "b": f"of {name}"}
                    )
            with tenant(connection, "red"):
                assert connection.execute(text("SELECT body FROM note")).scalars().all() == ["of red"]
                assert (
                    connection.execute(text("UPDATE note SET body = 'x' WHERE tenant_id = 'blue'")).rowcount
                    == 0
                )
            with pytest.raises(DBAPIError, match="row-level security"), tenant(connection, "red"):
                connection.execute(text("INSERT INTO note VALUES ('blue', 'forged')"))
            # The tenant ended with its transaction: nobody sees anything, and nothing can be written.
            assert connection.execute(text("SELECT count(*) FROM note")).scalar() == 0
            connection.rollback()
            with pytest.raises(DBAPIError, match="row-level security"):
                connection.execute(text("INSERT INTO note VALUES ('red', 'without a tenant')"))
    finally:
        with app.begin() as connection:
            connection.execute(text("DROP TABLE note"))


def test_a_tenant_inside_a_transaction_is_refused(app: Engine) -> None:
    with app.begin() as connection, pytest.raises(ConfigurationError), tenant(connection, "red"):
        pass


@pytest.mark.parametrize("name", ["note; DROP TABLE x", "Note", "a.b.c", "", 'n"'])
def test_names_that_are_not_plain_are_refused(name: str) -> None:
    with pytest.raises(ConfigurationError):
        tenant_policy_sql(name)


@pytest.mark.parametrize("bad", [{"pool": 0}, {"statement": 0}, {"lock": 4000}, {"recycle": 0}])
def test_limits_that_bound_nothing_are_refused(bad: dict[str, int]) -> None:
    with pytest.raises(ConfigurationError):
        DatabaseLimits(**bad)
