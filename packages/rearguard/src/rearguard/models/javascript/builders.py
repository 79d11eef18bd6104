"""What the methods of SQL query builders are called that Knex, and what stands on it, share.

API reference: https://knexjs.org/guide/query-builder.html. A method that is missing here would end what is
known of a statement in the middle of it, so the list is whole.
"""

__all__ = ["RAW", "STEPS"]


def _joined(kind: str, tests: str) -> str:
    """`where`, `andWhere`, `orWhere`, each with every test that it can be made with."""
    named = (kind, f"and{kind.capitalize()}", f"or{kind.capitalize()}")
    return ",".join(f"{name}{test}" for test in ("", *tests.split()) for name in named)


_TESTS = "In NotIn Null NotNull Exists NotExists Between NotBetween Wrapped"
_JSON = "JsonObject NotJsonObject JsonPath JsonSupersetOf JsonNotSupersetOf JsonSubsetOf JsonNotSubsetOf"

RAW = "whereRaw,andWhereRaw,orWhereRaw,havingRaw,andHavingRaw,orHavingRaw,orderByRaw,groupByRaw"
"""Those whose first argument is SQL."""

STEPS = (
    f"{_joined('where', f'Not Like ILike Column {_TESTS} {_JSON}')},{_joined('having', _TESTS)},{RAW},"
    "joinRaw,fromRaw,join,innerJoin,leftJoin,leftOuterJoin,rightJoin,rightOuterJoin,outerJoin,fullOuterJoin,crossJoin,"
    "using,on,select,column,columns,from,into,table,as,with,withRecursive,withRaw,withMaterialized,withNotMaterialized,withSchema,distinct,"
    "distinctOn,groupBy,orderBy,partitionBy,limit,offset,first,pluck,count,countDistinct,min,max,sum,sumDistinct,avg,"
    "avgDistinct,rank,denseRank,rowNumber,union,unionAll,intersect,except,insert,upsert,update,updateFrom,increment,"
    "decrement,del,delete,truncate,onConflict,ignore,merge,returning,modify,clone,comment,hintComment,timeout,forUpdate,"
    "forShare,forNoKeyUpdate,forKeyShare,skipLocked,noWait,transacting,connection,options,debug,queryContext,clear,"
    "clearSelect,clearWhere,clearGroup,clearOrder,clearHaving,clearCounters,jsonExtract,jsonSet,jsonInsert,jsonRemove"
)
"""Those that give the statement back, narrowed, joined or ordered."""
