"""Objection. API references: https://vincit.github.io/objection.js/api/query-builder/find-methods.html,
https://vincit.github.io/objection.js/api/query-builder/mutate-methods.html,
https://vincit.github.io/objection.js/api/model/instance-methods.html
"""

from rearguard.models.concepts import ResourceAccess, SqlExecution
from rearguard.models.dsl import Library
from rearguard.models.javascript.builders import RAW, STEPS

__all__ = ["OBJECTION"]

_STEPS = (
    f"{STEPS},findById,findByIds,findOne,insertAndFetch,insertGraph,insertGraphAndFetch,upsertGraph,upsertGraphAndFetch,patch,"
    "patchAndFetch,patchAndFetchById,updateAndFetch,updateAndFetchById,deleteById,page,range,throwIfNotFound,whereComposite,"
    "whereInComposite,withGraphFetched,withGraphJoined,modifyGraph,joinRelated,innerJoinRelated,leftJoinRelated,"
    "leftOuterJoinRelated,rightJoinRelated,fullOuterJoinRelated,context,alias,aliasFor,resultSize,relate,unrelate,for,"
    "allowGraph,eager,joinEager,mergeEager,castTo,skipUndefined,runBefore,runAfter,onError,tableRefFor"
)

OBJECTION = Library(
    name="objection",
    language="javascript",
    packages=("objection",),
    types={
        "Model": ("objection.Model",),
        "Record": ("Model()", "Builder.{findById,findOne,first,throwIfNotFound,insert,insertAndFetch}()"),
        "Builder": (
            "Model.query()",
            "Record.{$query,$relatedQuery}()",
            "Model.relatedQuery()",
            f"Builder.{{{_STEPS}}}()",
        ),
    },
    concepts=(
        SqlExecution("objection.raw(0)", parameters="(1:)", style="qmark"),
        SqlExecution(f"Builder.{{{RAW},joinRaw,fromRaw}}(0)", parameters="(1)", style="qmark"),
        ResourceAccess("Model.query(self)", op="list"),
        ResourceAccess("Builder.{findById,findByIds}(self)", op="read", key="(0)"),
        ResourceAccess("Builder.findOne(self)", op="read", key="(0:)"),
        ResourceAccess("Builder.{where,andWhere,whereIn}(self)", op="list", key="(0:)"),
        ResourceAccess("Builder.first(self)", op="read"),
        ResourceAccess(
            "Builder.{insert,insertAndFetch,insertGraph,insertGraphAndFetch}(self)", op="create", key="(0)"
        ),
        ResourceAccess("Builder.{patch,update,increment,decrement,upsertGraph}(self)", op="update"),
        ResourceAccess("Builder.{patchAndFetchById,updateAndFetchById}(self)", op="update", key="(0)"),
        ResourceAccess("Builder.{delete,del}(self)", op="delete"),
        ResourceAccess("Builder.deleteById(self)", op="delete", key="(0)"),
    ),
)
