"""Connections to PostgreSQL that verify their server and end runaway work, with a role that may do little.

ASVS v5.0.0-12.3.2 (TLS to backends verified), 13.2.2 (least privilege), 13.3.4 (rotating credentials),
15.2.2 (bounded resources), 8.4.1 (tenants apart). Needs the extra `strongback[sqlalchemy]`.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

try:
    from sqlalchemy import Connection, Engine, create_engine, event, text
    from sqlalchemy.engine import URL, make_url
except ImportError as error:  # pragma: no cover
    raise ImportError("strongback.database needs the extra: pip install 'strongback[sqlalchemy]'") from error

from strongback.errors import ConfigurationError
from strongback.redaction import Secret

__all__ = ["DatabaseLimits", "database_engine", "role_weaknesses", "tenant", "tenant_policy_sql"]

_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}(?:\.[a-z_][a-z0-9_]{0,62})?\Z")
_LOCAL = frozenset({"", "localhost", "127.0.0.1", "::1"})
_TENANT = "strongback.tenant"


@dataclass(frozen=True, slots=True)
class DatabaseLimits:
    """What one process may take of the database, and how long one statement may."""

    pool: int = 5
    overflow: int = 5
    wait: float = 5.0
    """Seconds that a request waits for a connection before it fails."""
    statement: float = 10.0
    """Seconds of one statement."""
    lock: float = 5.0
    """Seconds that a statement waits for a lock."""
    idle_in_transaction: float = 30.0
    """Seconds after which a transaction that does nothing is ended."""
    recycle: int = 900
    """Seconds after which a connection is replaced, so that changed credentials take effect."""

    def __post_init__(self) -> None:
        bounded = (self.wait, self.statement, self.lock, self.idle_in_transaction)
        if self.pool < 1 or self.overflow < 0 or self.recycle < 1 or not all(0 < s <= 3600 for s in bounded):
            raise ConfigurationError("DatabaseLimits: pool >= 1, and every time above 0 and at most an hour")

    @property
    def options(self) -> str:
        """As libpq takes them."""
        millis = {
            "statement_timeout": self.statement,
            "lock_timeout": self.lock,
            "idle_in_transaction_session_timeout": self.idle_in_transaction,
        }
        return " ".join(f"-c {name}={int(seconds * 1000)}" for name, seconds in millis.items())


def database_engine(
    url: str | URL,
    *,
    application: str,
    limits: DatabaseLimits | None = None,
    credentials: Callable[[], tuple[str, Secret]] | None = None,
    **settings: Any,
) -> Engine:
    """A SQLAlchemy engine for PostgreSQL over psycopg.

    TLS is `verify-full` unless the server is on this machine; a URL that asks for less is refused. With
    `credentials`, every new connection asks for user and password, so that a source that rotates them needs
    no restart; the URL then carries none. Raises ConfigurationError.
    """
    parsed = make_url(url)
    if parsed.drivername != "postgresql+psycopg":
        raise ConfigurationError(f"database_engine: {parsed.drivername} is not postgresql+psycopg")
    if credentials is not None and parsed.password:
        raise ConfigurationError("database_engine: the URL holds a password beside a source of credentials")
    limit = limits or DatabaseLimits()
    options = str(parsed.query.get("options", ""))
    engine = create_engine(
        parsed.difference_update_query(["options"]),
        pool_size=limit.pool,
        max_overflow=limit.overflow,
        pool_timeout=limit.wait,
        pool_recycle=limit.recycle,
        pool_pre_ping=True,
        hide_parameters=True,  # values of statements stay out of errors and logs
        connect_args={
            "sslmode": _sslmode(parsed),
            "application_name": application[:63],
            "connect_timeout": max(1, int(limit.wait)),
            "options": f"{options} {limit.options}".strip(),
        },
        **settings,
    )
    if credentials is not None:

        @event.listens_for(engine, "do_connect")
        def fresh(dialect: Any, record: Any, arguments: Any, keywords: dict[str, Any]) -> None:
            user, password = credentials()
            keywords["user"], keywords["password"] = user, password.reveal()

    return engine


def _sslmode(url: URL) -> str:
    hosts = {str(url.host or ""), *_texts(url.query.get("host", ""))}
    local = all(host in _LOCAL or host.startswith("/") for host in hosts)
    asked = str(url.query.get("sslmode", ""))
    if local:
        return asked or "prefer"
    if asked not in {"", "verify-full"}:
        raise ConfigurationError(
            f"database_engine: sslmode={asked} does not verify the server; use verify-full with sslrootcert"
        )
    return "verify-full"


def _texts(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, tuple) else (str(value),)


def role_weaknesses(connection: Connection) -> tuple[str, ...]:
    """What the role of a connection may do that an application has no use for; empty if nothing.

    For the start-up of an application that does not use `PostgresStore`, whose audit asks the same.
    """
    row = connection.execute(
        text(
            "SELECT rolsuper, rolcreaterole, rolcreatedb, rolbypassrls, rolreplication, "
            "(SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            " WHERE c.relkind IN ('r', 'p') AND c.relowner = r.oid AND n.nspname NOT LIKE 'pg\\_%') AS owned "
            "FROM pg_roles r WHERE rolname = current_user"
        )
    ).one()
    found = [
        said
        for held, said in (
            (row.rolsuper, "the role is a superuser: no policy of the database binds it"),
            (row.rolcreaterole, "the role may make roles"),
            (row.rolcreatedb, "the role may make databases"),
            (row.rolbypassrls, "the role bypasses row-level security"),
            (row.rolreplication, "the role may read everything by replication"),
            (row.owned, f"the role owns {row.owned} tables, so that it may change them and their policies"),
        )
        if held
    ]
    return tuple(found)


def tenant_policy_sql(table: str, column: str = "tenant_id", *, kind: str = "text") -> str:
    """Statements, for a migration, after which `table` shows each tenant its own rows and no others.

    Forced, so that it binds the owner too; without a tenant set, no row is visible and none can be written.
    Raises ConfigurationError unless the names are plain lower-case ones.
    """
    if not _NAME.match(table) or not _NAME.match(column) or kind not in {"text", "uuid", "bigint", "integer"}:
        raise ConfigurationError(
            "tenant_policy_sql: plain lower-case names, kind text, uuid, bigint or integer"
        )
    current = f"nullif(current_setting('{_TENANT}', true), '')::{kind}"
    name = f"tenant_{table.rpartition('.')[2]}"[:63]
    return (
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;\n"
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY;\n"
        f"CREATE POLICY {name} ON {table} USING ({column} = {current}) WITH CHECK ({column} = {current});\n"
    )


@contextmanager
def tenant(connection: Connection, identifier: str | int) -> Iterator[Connection]:
    """A transaction in which policies of `tenant_policy_sql` see this tenant; it ends with the transaction.

    Raises ConfigurationError for an empty identifier and inside another transaction, where the setting of one
    tenant could outlast its work.
    """
    chosen = str(identifier)
    if not chosen or connection.in_transaction():
        raise ConfigurationError("tenant(): a tenant, and a connection that is in no transaction")
    with connection.begin():
        connection.execute(text("SELECT set_config(:name, :value, true)"), {"name": _TENANT, "value": chosen})
        yield connection
