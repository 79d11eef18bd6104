"""Object mappers in lesser use: Beanie, Pony and Piccolo.

API references: https://beanie-odm.dev/tutorial/finding-documents/, https://docs.ponyorm.org/api_reference.html,
https://piccolo-orm.readthedocs.io/en/latest/piccolo/query_types/index.html
"""

from rearguard.models.concepts import (
    Context,
    NoSqlQuery,
    ResourceAccess,
    Sanitizer,
    SqlExecution,
    StoredInput,
)
from rearguard.models.dsl import Library

__all__ = ["MAPPERS"]

BEANIE = Library(
    name="beanie",
    language="python",
    packages=("beanie",),
    types={
        "Document": ("beanie.Document",),
        "Query": (
            "Document.{find,find_one,find_all,find_many}()",
            "Query.{find,find_one,limit,skip,sort,set,inc,update}()",
        ),
    },
    concepts=(
        NoSqlQuery("{Document,Query}.{find,find_one,find_many}(0)"),
        NoSqlQuery("Document.aggregate(0)"),
        StoredInput("Query.{to_list,first_or_none}()"),
        Sanitizer("beanie.PydanticObjectId()", (Context.NOSQL,)),
        ResourceAccess("Document.get(self)", op="read", key="(0)"),
        ResourceAccess("{Document,Query}.{find_one,find,find_many}(self)", op="read", key="(0:)"),
        ResourceAccess("Document.find_all(self)", op="list"),
        ResourceAccess("Document.insert_one(self)", op="create", key="(0)"),
        ResourceAccess("Query.{set,update,inc}(self)", op="update"),
        ResourceAccess("Query.delete(self)", op="delete"),
    ),
)

PONY = Library(
    name="pony",
    language="python",
    packages=("pony.orm",),
    types={
        "Database": ("pony.orm.Database()",),
        "Entity": ("Database.Entity",),
    },
    concepts=(
        # A name behind `$` in the text is bound; the text itself is run.
        SqlExecution("Database.{select,get,exists,execute}(0|sql)", style="none"),
        SqlExecution("Entity.{select_by_sql,get_by_sql}(0|sql)", style="none"),
        SqlExecution("pony.orm.raw_sql(0|sql)", style="none"),
        StoredInput("Database.{select,get}()"),
        ResourceAccess("Entity.get(self)", op="read", key="**"),
        ResourceAccess("Entity.{select,select_by_sql}(self)", op="list"),
    ),
)

PICCOLO = Library(
    name="piccolo",
    language="python",
    packages=("piccolo",),
    types={
        "Table": ("piccolo.table.Table",),
        "Query": (
            "Table.{select,objects,delete,update,count,exists}()",
            "Query.{where,order_by,limit,offset,first,output,get}()",
        ),
    },
    concepts=(
        SqlExecution("Table.raw(0|sql)", parameters="(1:)", style="none"),
        SqlExecution("piccolo.querystring.QueryString(0|template)", parameters="(1:)", style="none"),
        StoredInput("Query.{first,get}()"),
        ResourceAccess("Table.{select,objects}(self)", op="list"),
        ResourceAccess("Table.update(self)", op="update", key="(0)"),
        ResourceAccess("Table.delete(self)", op="delete"),
        ResourceAccess("Table.insert(self)", op="create", key="(0)"),
        ResourceAccess("Query.{where,get}(self)", op="read", key="(0:)"),
    ),
)

MAPPERS = (BEANIE, PONY, PICCOLO)
