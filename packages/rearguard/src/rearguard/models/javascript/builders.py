"""What the methods of SQL query builders are called that Knex, and what stands on it, share.

API reference: https://knexjs.org/guide/query-builder.html. A method that is missing here would end what is
known of a statement in the middle of it, so the list is whole.
"""

__all__ = ["RAW", "STEPS"]

_WHERE = (
    "",
    "Not",
    "In",
    "NotIn",
    "Null",
    "NotNull",
    "Exists",
    "NotExists",
    "Between",
    "NotBetween",
    "Like",
    "ILike",
)
_JSON = ("Object", "Path", "SupersetOf", "NotSupersetOf", "SubsetOf", "NotSubsetOf")
_WHERES = tuple(
    name
    for kind in (*_WHERE, *(f"Json{kind}" for kind in _JSON), "Column", "NotJsonObject", "Wrapped")
    for name in (f"where{kind}", f"andWhere{kind}", f"orWhere{kind}")
)
_HAVINGS = tuple(
    name
    for kind in (
        "",
        "In",
        "NotIn",
        "Null",
        "NotNull",
        "Exists",
        "NotExists",
        "Between",
        "NotBetween",
        "Wrapped",
    )
    for name in (f"having{kind}", f"andHaving{kind}", f"orHaving{kind}")
)
_JOINS = tuple(
    f"{kind}"
    for kind in ("join", "innerJoin", "leftJoin", "leftOuterJoin", "rightJoin", "rightOuterJoin", "outerJoin")
)

RAW = ",".join(
    (
        "whereRaw",
        "andWhereRaw",
        "orWhereRaw",
        "havingRaw",
        "andHavingRaw",
        "orHavingRaw",
        "orderByRaw",
        "groupByRaw",
    )
)
"""Those whose first argument is SQL."""

STEPS = ",".join(
    (
        *_WHERES,
        *_HAVINGS,
        *_JOINS,
        *RAW.split(","),
        *(
            "joinRaw",
            "fromRaw",
            "fullOuterJoin",
            "crossJoin",
            "using",
            "on",
            "select",
            "column",
            "columns",
            "from",
        ),
        *(
            "into",
            "table",
            "as",
            "with",
            "withRecursive",
            "withRaw",
            "withMaterialized",
            "withNotMaterialized",
        ),
        *(
            "withSchema",
            "distinct",
            "distinctOn",
            "groupBy",
            "orderBy",
            "partitionBy",
            "limit",
            "offset",
            "first",
        ),
        *(
            "pluck",
            "count",
            "countDistinct",
            "min",
            "max",
            "sum",
            "sumDistinct",
            "avg",
            "avgDistinct",
            "rank",
        ),
        *("denseRank", "rowNumber", "union", "unionAll", "intersect", "except", "insert", "upsert", "update"),
        *(
            "updateFrom",
            "increment",
            "decrement",
            "del",
            "delete",
            "truncate",
            "onConflict",
            "ignore",
            "merge",
        ),
        *(
            "returning",
            "modify",
            "clone",
            "comment",
            "hintComment",
            "timeout",
            "forUpdate",
            "forShare",
            "skipLocked",
        ),
        *(
            "forNoKeyUpdate",
            "forKeyShare",
            "noWait",
            "transacting",
            "connection",
            "options",
            "debug",
            "queryContext",
        ),
        *("clear", "clearSelect", "clearWhere", "clearGroup", "clearOrder", "clearHaving", "clearCounters"),
        *("jsonExtract", "jsonSet", "jsonInsert", "jsonRemove"),
    )
)
"""Those that give the statement back, narrowed, joined or ordered."""
