"""SQL drivers: pg, pg-promise, postgres, mysql, mysql2, mssql, sqlite3, better-sqlite3, node:sqlite; raw SQL
of drizzle and kysely.

API references: https://node-postgres.com/apis/client, https://vitaly-t.github.io/pg-promise/Database.html,
https://github.com/porsager/postgres, https://github.com/mysqljs/mysql, https://sidorares.github.io/node-mysql2/docs,
https://github.com/tediousjs/node-mssql, https://github.com/TryGhost/node-sqlite3/wiki/API,
https://github.com/WiseLibs/better-sqlite3/blob/master/docs/api.md, https://nodejs.org/api/sqlite.html,
https://orm.drizzle.team/docs/sql, https://kysely.dev/docs/recipes/raw-sql
"""

from rearguard.models.concepts import Context, Sanitizer, SqlExecution
from rearguard.models.dsl import Library

__all__ = ["MYSQL", "POSTGRES", "SQLITE", "SQL_OTHERS", "SQL_SERVICES"]

_SQL = (Context.SQL,)

POSTGRES = Library(
    name="pg",
    language="javascript",
    packages=("pg", "pg-promise", "postgres", "pg-pool"),
    types={
        "Client": (
            "pg.{Client,Pool,PoolClient,native.Client}()",
            "fastify:Instance.pg",
            "pg-pool()",
            "Client.connect()",
            "Connected<1>",
        ),
        "Connected": ("Client.connect(0)",),
        "Database": (
            "pg-promise()()",
            "pg-promise.IDatabase()",
            "Task<0>",
        ),
        "Task": ("Database.{tx,task,txIf,taskIf}(-1)",),
        "Sql": ("postgres()", "Begun<0>"),
        "Begun": ("Sql.begin(-1)",),
    },
    concepts=(
        SqlExecution("Client.query(0)", parameters="(1)", style="dollar"),
        SqlExecution("Client.query(0).text", parameters="(0).values", style="dollar"),
        SqlExecution(
            "Database.{any,one,none,many,oneOrNone,manyOrNone,query,result,multi,each,map}(0)",
            parameters="(1)",
            style="dollar",
        ),
        # Takes statements with their own values, and writes these into the text as literals.
        SqlExecution("pg-promise().helpers.concat(0)", style="dollar"),
        SqlExecution("Sql.unsafe(0)", parameters="(1)", style="dollar"),
        Sanitizer("Client.{escapeLiteral,escapeIdentifier}()", _SQL),
        Sanitizer("pg.{escapeLiteral,escapeIdentifier}()", _SQL),
        Sanitizer("pg-format.{literal,ident}()", _SQL),
    ),
)

MYSQL = Library(
    name="mysql",
    language="javascript",
    packages=("mysql", "mysql2"),
    types={
        "Connection": (
            "{mysql,mysql2,mysql2/promise,promise-mysql}.{createConnection,createPool,createPoolCluster}()",
            "{mysql,mysql2,mysql2/promise}.{Pool,Connection,PoolConnection}()",
            "fastify:Instance.mysql",
            "Connection.{getConnection,promise}()",
            "Acquired<1>",
        ),
        "Acquired": ("Connection.getConnection(-1)",),
    },
    concepts=(
        SqlExecution("Connection.{query,execute}(0)", parameters="(1)", style="qmark"),
        SqlExecution("Connection.{query,execute}(0).sql", parameters="(0).values", style="qmark"),
        Sanitizer(
            "{mysql,mysql2,mysql2/promise,sqlstring,sqlstring-sqlite,Connection}.{escape,escapeId}()", _SQL
        ),
    ),
)

SQLITE = Library(
    name="sqlite",
    language="javascript",
    packages=("sqlite3", "better-sqlite3", "sqlite"),
    types={
        "Callbacks": ("sqlite3.Database()", "sqlite3.verbose().Database()", "sqlite.open()"),
        "Database": ("better-sqlite3()", "better-sqlite3.Database()", "sqlite.DatabaseSync()"),
    },
    concepts=(
        SqlExecution("Callbacks.{run,get,all,each,prepare}(0)", parameters="(1)", style="qmark"),
        SqlExecution("Callbacks.exec(0)", style="none"),
        SqlExecution("Database.prepare(0)", style="qmark"),
        SqlExecution("Database.exec(0)", style="none"),
    ),
)

SQL_SERVICES = Library(
    name="sql-services",
    language="javascript",
    packages=(
        "@libsql/client",
        "@neondatabase/serverless",
        "@vercel/postgres",
        "@planetscale/database",
        "bun:sqlite",
    ),
    types={
        "Turso": (
            "{@libsql/client,@libsql/client/web,@libsql/client/http,@libsql/client/node}.createClient()",
            "Turso.transaction()",
        ),
        "Neon": ("@neondatabase/serverless.neon()",),
        "Pool": (
            "@neondatabase/serverless.{Pool,Client}()",
            "@vercel/postgres.{createPool,createClient,db}()",
            "@vercel/postgres.{sql,db}",
            "Pool.connect()",
        ),
        "Planet": ("@planetscale/database.{connect,Client}()", "Planet.connection()"),
        "Bun": ("bun:sqlite.{Database,default}()", "bun:sqlite()"),
    },
    concepts=(
        # https://github.com/tursodatabase/libsql-client-ts, https://neon.com/docs/serverless/serverless-driver,
        # https://vercel.com/docs/storage/vercel-postgres/sdk, https://github.com/planetscale/database-js,
        # https://bun.sh/docs/api/sqlite
        SqlExecution("Turso.execute(0)", parameters="(1)", style="qmark"),
        SqlExecution("Turso.execute(0).sql", parameters="(0).args", style="qmark"),
        SqlExecution("Turso.batch(0)", style="none"),
        SqlExecution("Turso.executeMultiple(0)", style="none"),
        # Called as a template tag it binds what is put in.
        SqlExecution("Neon.{query,unsafe}(0)", parameters="(1)", style="dollar"),
        SqlExecution("Pool.query(0)", parameters="(1)", style="dollar"),
        SqlExecution("Planet.execute(0)", parameters="(1)", style="qmark"),
        SqlExecution("Bun.{query,prepare}(0)", style="qmark"),
        SqlExecution("Bun.{run,exec}(0)", parameters="(1)", style="qmark"),
    ),
)

SQL_OTHERS = Library(
    name="sql-others",
    language="javascript",
    packages=("mssql", "drizzle-orm", "kysely"),
    types={
        "Pool": ("mssql.{connect,ConnectionPool}()", "Pool.connect()"),
        "Request": ("mssql.Request()", "Pool.request()", "Request.input()"),
    },
    concepts=(
        # Of Sails, whose models are globals.
        SqlExecution("*.sendNativeQuery(0)", parameters="(1)", style="dollar"),
        # Values are bound by `request.input(name, value)`, not by an argument here.
        SqlExecution("{mssql,Pool,Request}.{query,batch}(0)", style="none"),
        SqlExecution("{drizzle-orm,kysely}.sql.raw(0)", style="none"),
    ),
)
