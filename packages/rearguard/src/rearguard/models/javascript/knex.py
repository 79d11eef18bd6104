"""Knex query builder. API reference: https://knexjs.org/guide/query-builder.html"""

from rearguard.models.concepts import ResourceAccess, SqlExecution
from rearguard.models.dsl import Library

__all__ = ["KNEX"]

_STARTS = "{select,from,table,into,with,where,insert,update,queryBuilder}"
_STEPS = (
    "{select,from,into,where,andWhere,orWhere,whereNot,whereIn,join,leftJoin,innerJoin,orderBy,groupBy,having,"
    "limit,offset,first,insert,update,increment,decrement,del,delete,onConflict,ignore,merge,returning,"
    "transacting,count,distinct,modify,clone,"
    "whereRaw,orWhereRaw,orderByRaw,groupByRaw,havingRaw,joinRaw,fromRaw}"
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
            f"Builder.{_STEPS}()",
            "bookshelf:Narrowing<0>",
        ),
    },
    concepts=(
        SqlExecution("{Knex,Builder}.raw(0)", parameters="(1)", style="qmark"),
        SqlExecution(
            "Builder.{whereRaw,orWhereRaw,havingRaw,orderByRaw,groupByRaw,joinRaw,fromRaw}(0)",
            parameters="(1)",
            style="qmark",
        ),
        ResourceAccess("Builder.{where,andWhere,whereIn}(self)", op="read", key="(0:)"),
        ResourceAccess("Builder.{first,select}(self)", op="read"),
        ResourceAccess("Builder.insert(self)", op="create", key="(0)"),
        ResourceAccess("Builder.update(self)", op="update"),
        ResourceAccess("Builder.{del,delete}(self)", op="delete"),
    ),
)
