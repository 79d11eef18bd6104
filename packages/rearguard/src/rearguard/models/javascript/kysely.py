"""Kysely query builder. API reference: https://kysely-org.github.io/kysely-apidoc/"""

from rearguard.models.concepts import ResourceAccess
from rearguard.models.dsl import Library

__all__ = ["KYSELY"]

_STEPS = (
    "{where,whereRef,select,selectAll,distinct,distinctOn,innerJoin,leftJoin,rightJoin,fullJoin,crossJoin,innerJoinLateral,"
    "leftJoinLateral,crossJoinLateral,orderBy,groupBy,having,havingRef,limit,offset,fetch,top,set,values,columns,expression,"
    "defaultValues,returning,returningAll,output,outputAll,onConflict,onDuplicateKeyUpdate,ignore,orIgnore,orReplace,$if,"
    "$call,$castTo,$narrowType,$assertType,$asScalar,$asTuple,$notNull,clearSelect,clearWhere,clearLimit,clearOffset,"
    "clearOrderBy,clearGroupBy,clearReturning,forUpdate,forShare,forKeyShare,forNoKeyUpdate,skipLocked,noWait,modifyEnd,"
    "modifyFront,union,unionAll,intersect,intersectAll,except,exceptAll,as,with,using,from,explain}"
)

KYSELY = Library(
    name="kysely",
    language="javascript",
    packages=("kysely",),
    types={
        "Database": ("kysely.{Kysely,Transaction,ControlledTransaction}()", "Body<0>"),
        "Body": ("Database.{transaction,connection}().execute(0)",),
        "Builder": (
            "Database.{selectFrom,updateTable,insertInto,replaceInto,deleteFrom}()",
            f"Builder.{_STEPS}()",
        ),
    },
    concepts=(
        ResourceAccess("Database.selectFrom(self)", op="read", resource="(0)"),
        ResourceAccess("Database.updateTable(self)", op="update", resource="(0)"),
        ResourceAccess("Database.deleteFrom(self)", op="delete", resource="(0)"),
        ResourceAccess("Builder.where(self)", op="read", key="(0:)"),
        ResourceAccess("Builder.set(self)", op="update"),
        ResourceAccess("Builder.values(self)", op="create", key="(0)"),
        ResourceAccess("Builder.execute(self)", op="list"),
        ResourceAccess("Builder.{executeTakeFirst,executeTakeFirstOrThrow}(self)", op="read"),
    ),
)
