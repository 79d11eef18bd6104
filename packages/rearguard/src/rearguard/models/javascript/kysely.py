"""Kysely query builder. API reference: https://kysely-org.github.io/kysely-apidoc/"""

from rearguard.models.concepts import ResourceAccess
from rearguard.models.dsl import Library

__all__ = ["KYSELY"]

_STEPS = (
    "{where,whereRef,select,selectAll,distinct,distinctOn,innerJoin,leftJoin,rightJoin,fullJoin,orderBy,groupBy,"
    "having,limit,offset,"
    "set,values,returning,returningAll,onConflict,$if,$call,$castTo,clearSelect,clearWhere,forUpdate,using,from}"
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
    ),
)
