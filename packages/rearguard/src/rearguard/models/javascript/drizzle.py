"""Drizzle. API references: https://orm.drizzle.team/docs/select, https://orm.drizzle.team/docs/rqb,
https://orm.drizzle.team/docs/insert, https://orm.drizzle.team/docs/update, https://orm.drizzle.team/docs/delete

Raw text stands in `sql_drivers.py`.
"""

from rearguard.models.concepts import ResourceAccess
from rearguard.models.dsl import Library

__all__ = ["DRIZZLE"]

_DRIVERS = (
    "{node-postgres,postgres-js,vercel-postgres,neon-http,neon-serverless,pglite,pg-proxy,xata-http,aws-data-api/pg,"
    "mysql2,planetscale-serverless,tidb-serverless,mysql-proxy,singlestore,"
    "better-sqlite3,libsql,bun-sqlite,d1,expo-sqlite,op-sqlite,sql-js,sqlite-proxy,durable-sqlite}"
)
_CLASSES = (
    "{node-postgres.NodePgDatabase,postgres-js.PostgresJsDatabase,vercel-postgres.VercelPgDatabase,"
    "neon-http.NeonHttpDatabase,neon-serverless.NeonDatabase,pglite.PgliteDatabase,mysql2.MySql2Database,"
    "planetscale-serverless.PlanetScaleDatabase,better-sqlite3.BetterSQLite3Database,libsql.LibSQLDatabase,"
    "d1.DrizzleD1Database,pg-core.PgDatabase,mysql-core.MySqlDatabase,sqlite-core.BaseSQLiteDatabase}"
)
_STEPS = (
    "{from,where,set,values,returning,$returningId,limit,offset,orderBy,groupBy,having,leftJoin,innerJoin,rightJoin,"
    "fullJoin,crossJoin,leftJoinLateral,innerJoinLateral,crossJoinLateral,for,$dynamic,$withCache,prepare,onConflictDoNothing,"
    "onConflictDoUpdate,onDuplicateKeyUpdate,overridingSystemValue,ignore,union,unionAll,intersect,intersectAll,except,"
    "exceptAll,as,comment,useIndex,forceIndex,ignoreIndex}"
)

DRIZZLE = Library(
    name="drizzle",
    language="javascript",
    packages=("drizzle-orm",),
    types={
        "Database": (
            f"drizzle-orm/{_DRIVERS}.drizzle()",
            f"drizzle-orm/{_CLASSES}()",
            "Body<0>",
        ),
        "Body": ("Database.transaction(0)",),
        # Of the relational queries, which have one member for each table of the schema.
        "Table": ("Database.query.*",),
        "Builder": (
            "Database.{select,selectDistinct,selectDistinctOn,update,insert,delete,with().select,with().update,with().delete}()",
            f"Builder.{_STEPS}()",
        ),
    },
    concepts=(
        ResourceAccess("Table.findFirst(self)", op="read", key="(0).where"),
        ResourceAccess("Table.findMany(self)", op="list", key="(0).where"),
        ResourceAccess("Builder.from(self)", op="read", resource="(0)", many=True),
        ResourceAccess("Database.update(self)", op="update", resource="(0)"),
        ResourceAccess("Database.insert(self)", op="create", resource="(0)"),
        ResourceAccess("Database.delete(self)", op="delete", resource="(0)"),
        ResourceAccess("Builder.where(self)", op="read", key="(0)", anew=True, many=True),
        ResourceAccess("Builder.set(self)", op="update"),
        ResourceAccess("Builder.values(self)", op="create", key="(0)"),
        ResourceAccess("Builder.returning(self)", op="read", many=True),
    ),
)
