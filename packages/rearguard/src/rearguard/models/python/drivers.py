"""Database drivers. They share one interface, PEP 249 (https://peps.python.org/pep-0249/), and differ in how
placeholders are written; those with an interface of their own stand below.

psycopg2 https://www.psycopg.org/docs/, psycopg https://www.psycopg.org/psycopg3/docs/api/, PyMySQL
https://pymysql.readthedocs.io/, MySQL Connector https://dev.mysql.com/doc/connector-python/en/, asyncpg
https://magicstack.github.io/asyncpg/current/api/, sqlite3 https://docs.python.org/3/library/sqlite3.html,
aiosqlite https://aiosqlite.omnilib.dev/, databases https://www.encode.io/databases/
"""

from dataclasses import dataclass

from rearguard.models.concepts import Concept, Context, Sanitizer, SecretUse, SqlExecution, StoredInput
from rearguard.models.dsl import Library

__all__ = ["DRIVERS"]


@dataclass(frozen=True, slots=True)
class _Driver:
    """A PEP 249 driver."""

    name: str
    connections: tuple[str, ...]
    """Paths whose values are connections."""
    style: str
    cursors: tuple[str, ...] = ()
    more: tuple[Concept, ...] = ()
    package: str = ""
    """What is imported, when that is not `name`."""


def _library(driver: _Driver) -> Library:
    both = "{Connection,Cursor}"
    return Library(
        name=driver.name,
        language="python",
        packages=(driver.package or driver.name,),
        types={
            "Connection": driver.connections,
            "Cursor": ("Connection.cursor()", *driver.cursors),
            "Result": ("Cursor", f"{both}.execute()"),
        },
        concepts=(
            SqlExecution(
                f"{both}.{{execute,executemany}}(0|operation)", parameters="(1)", style=driver.style
            ),
            StoredInput("Result.{fetchone,fetchall,fetchmany}()"),
            StoredInput("Result[]"),
            *driver.more,
        ),
    )


def _composition(module: str) -> tuple[Concept, ...]:
    """Psycopg's `sql` module: what is put together from its parts is quoted; the text of `SQL` is not."""
    return (
        SqlExecution(f"{module}.SQL(0)", style="format"),
        Sanitizer(f"{module}.{{Identifier,Literal,Placeholder}}()", (Context.SQL,)),
        Sanitizer(f"{module}.SQL().{{format,join}}()", (Context.SQL,)),
    )


_PEP249 = (
    _Driver(
        "sqlite3",
        ("sqlite3.connect()", "sqlite3.Connection()", "{pysqlite3,sqlcipher3}.connect()"),
        "qmark",
        ("sqlite3.Cursor()",),
        (SqlExecution("{Connection,Cursor}.executescript(0)", style="none"),),
    ),
    _Driver(
        "aiosqlite",
        ("aiosqlite.connect()", "aiosqlite.Connection()"),
        "qmark",
        ("aiosqlite.Cursor()",),
        (
            SqlExecution("{Connection,Cursor}.executescript(0)", style="none"),
            SqlExecution("Connection.execute_fetchall(0|sql)", parameters="(1)", style="qmark"),
        ),
    ),
    _Driver(
        "psycopg2",
        (
            "psycopg2.connect()",
            "psycopg2.extensions.connection()",
            "psycopg2.pool.{SimpleConnectionPool,ThreadedConnectionPool}().getconn()",
        ),
        "format",
        ("psycopg2.extensions.cursor()", "psycopg2.extras.{DictCursor,RealDictCursor,NamedTupleCursor}()"),
        (
            SqlExecution(
                "psycopg2.extras.{execute_values,execute_batch}(1|sql)", parameters="(2)", style="format"
            ),
            SqlExecution("Cursor.{mogrify,copy_expert}(0)", parameters="(1)", style="format"),
            SqlExecution("Cursor.callproc(0|procname)", parameters="(1)", style="format"),
            Sanitizer("Cursor.mogrify()", (Context.SQL,)),
            Sanitizer("psycopg2.extensions.quote_ident()", (Context.SQL,)),
            SecretUse("psycopg2.connect(password)", what="password"),
            *_composition("psycopg2.sql"),
        ),
    ),
    _Driver(
        "psycopg",
        (
            "psycopg.connect()",
            "psycopg.{Connection,AsyncConnection}()",
            "psycopg.{Connection,AsyncConnection}.connect()",
            "psycopg_pool.{ConnectionPool,AsyncConnectionPool,NullConnectionPool}().{connection,getconn}()",
        ),
        "format",
        ("psycopg.{Cursor,AsyncCursor,ClientCursor}()",),
        (
            SqlExecution("{Connection,Cursor}.stream(0|query)", parameters="(1)", style="format"),
            SqlExecution("Cursor.copy(0|statement)", parameters="(1)", style="format"),
            SecretUse("psycopg.connect(password)", what="password"),
            *_composition("psycopg.sql"),
        ),
    ),
    _Driver(
        "pymysql",
        ("pymysql.{connect,Connect,Connection}()", "pymysql.connections.Connection()"),
        "format",
        ("pymysql.cursors.{Cursor,DictCursor,SSCursor}()",),
        (
            SqlExecution("Connection.query(0|sql)", style="none"),
            # The quotes are part of the result; `escape_string` leaves them to the caller.
            Sanitizer("Connection.{escape,literal}()", (Context.SQL,)),
            SecretUse("pymysql.connect(password)", what="password"),
        ),
    ),
    _Driver(
        "mysqldb",
        (
            "MySQLdb.{connect,Connect,Connection}()",
            "flask_mysqldb.MySQL().connection",
            "flaskext.mysql.MySQL().{connect,get_db}()",
        ),
        "format",
        ("MySQLdb.cursors.{Cursor,DictCursor}()",),
        (SecretUse("MySQLdb.connect(passwd)", what="password"),),
        package="MySQLdb",
    ),
    _Driver(
        "mysql",
        (
            "mysql.connector.{connect,MySQLConnection}()",
            "mysql.connector.aio.connect()",
            "mysql.connector.pooling.MySQLConnectionPool().get_connection()",
        ),
        "format",
        (),
        (
            SqlExecution("Connection.cmd_query(0|query)", style="none"),
            SecretUse("mysql.connector.connect(password)", what="password"),
        ),
    ),
    _Driver(
        "aiomysql",
        ("aiomysql.connect()", "aiomysql.create_pool().acquire()", "aiomysql.Connection()"),
        "format",
        ("aiomysql.{Cursor,DictCursor}()",),
    ),
    _Driver("aiopg", ("aiopg.connect()", "aiopg.create_pool().acquire()"), "format"),
    _Driver("pyodbc", ("pyodbc.connect()", "pyodbc.Connection()", "aioodbc.connect()"), "qmark"),
    _Driver("oracledb", ("{oracledb,cx_Oracle}.{connect,Connection}()",), "named"),
    _Driver("pymssql", ("pymssql.connect()",), "format"),
    _Driver(
        "duckdb",
        ("duckdb.connect()", "duckdb"),
        "qmark",
        (),
        (SqlExecution("Connection.{sql,query}(0|query)", parameters="(params)", style="qmark"),),
    ),
    _Driver("snowflake", ("snowflake.connector.connect()",), "format"),
    _Driver(
        "django_cursor", (), "format", ("django.db.{connection,connections[]}.cursor()",), package="django"
    ),
)

ASYNCPG = Library(
    name="asyncpg",
    language="python",
    packages=("asyncpg",),
    types={
        "Pool": ("asyncpg.{create_pool,Pool}()", "asyncpg.pool.Pool()"),
        "Connection": (
            "asyncpg.{connect,Connection}()",
            "asyncpg.connection.Connection()",
            "Pool.acquire()",
            "Pool",
        ),
        "Prepared": ("Connection.prepare()",),
    },
    concepts=(
        SqlExecution(
            "Connection.{execute,fetch,fetchrow,fetchval,cursor}(0|query)", parameters="(1:)", style="dollar"
        ),
        SqlExecution("Connection.executemany(0|command)", parameters="(1|args)", style="dollar"),
        SqlExecution("Connection.prepare(0|query)", style="dollar"),
        StoredInput("{Connection,Prepared}.{fetch,fetchrow,fetchval}()"),
        SecretUse("asyncpg.{connect,create_pool}(password)", what="password"),
    ),
)

ENCODE_DATABASES = Library(
    name="databases",
    language="python",
    packages=("databases",),
    types={"Database": ("databases.Database()", "databases.core.Connection()", "Database.connection()")},
    concepts=(
        SqlExecution(
            "Database.{execute,execute_many,fetch_all,fetch_one,fetch_val,iterate}(0|query)",
            parameters="(1|values)",
            style="named",
        ),
        StoredInput("Database.{fetch_all,fetch_one,fetch_val}()"),
    ),
)

UNKNOWN_CURSOR = Library(
    name="cursor",
    language="python",
    packages=(),
    types={"Cursor": ("Connection.cursor()",), "Connection": ()},
    shapes={"Cursor": r"cursor|cur|\w+_cursor", "Connection": r"conn|connection|\w+_conn"},
    concepts=(
        SqlExecution("{Cursor,Connection}.{execute,executemany}(0)", parameters="(1)", style="format"),
        StoredInput("Cursor.{fetchone,fetchall,fetchmany}()"),
    ),
)

UNKNOWN_DATABASE = Library(
    name="database",
    language="python",
    packages=(),
    concepts=(
        SqlExecution(
            "*.{execute,executemany,execute_sql,run_query,raw_query,query,fetch,fetch_all,fetch_one,fetchall,fetchrow,"
            "fetchval}(0)",
            parameters="(1)",
            style="format",
            by_text=True,
        ),
    ),
)

DRIVERS = (
    *(_library(driver) for driver in _PEP249),
    ASYNCPG,
    ENCODE_DATABASES,
    UNKNOWN_CURSOR,
    UNKNOWN_DATABASE,
)
