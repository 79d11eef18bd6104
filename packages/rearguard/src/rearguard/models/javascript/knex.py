"""Knex query builder. API reference: https://knexjs.org/guide/query-builder.html"""

from rearguard.models.concepts import ResourceAccess, SqlExecution
from rearguard.models.dsl import Library
from rearguard.models.javascript.builders import RAW, STEPS

__all__ = ["KNEX"]

_STARTS = (
    "{select,from,fromRaw,table,into,with,withSchema,where,whereIn,whereNot,whereRaw,insert,upsert,update,del,delete,count,"
    "first,distinct,queryBuilder}"
)
KNEX = Library(
    name="knex",
    language="javascript",
    packages=("knex",),
    types={
        "Knex": (
            "knex()",
            "knex.{default,knex,Knex}()",
            "Knex.transaction()",
            "Body<0>",
            "bookshelf:Bookshelf.knex",
            "mikro-orm:Manager.getKnex()",
        ),
        "Body": ("Knex.transaction(0)",),
        "Builder": (
            "Knex()",
            f"Knex.{_STARTS}()",
            f"Builder.{{{STEPS}}}()",
            "bookshelf:Narrowing<0>",
        ),
    },
    concepts=(
        SqlExecution("{Knex,Builder}.raw(0)", parameters="(1)", style="qmark"),
        SqlExecution(f"Builder.{{{RAW},joinRaw,fromRaw}}(0)", parameters="(1)", style="qmark"),
        SqlExecution("Knex.{fromRaw,whereRaw}(0)", parameters="(1)", style="qmark"),
        SqlExecution("Builder.withRaw(1)", parameters="(2)", style="qmark"),
        ResourceAccess("Builder.{where,andWhere,whereIn}(self)", op="read", key="(0:)"),
        ResourceAccess("Builder.{first,select,pluck}(self)", op="read"),
        ResourceAccess("Builder.insert(self)", op="create", key="(0)"),
        ResourceAccess("Builder.{update,updateFrom,increment,decrement,upsert}(self)", op="update"),
        ResourceAccess("Builder.{del,delete,truncate}(self)", op="delete"),
    ),
)
