"""Databases behind a client of their cloud: Firestore, DynamoDB, Supabase.

API references: https://googleapis.dev/nodejs/firestore/latest/,
https://docs.aws.amazon.com/AWSJavaScriptSDK/v3/latest/Package/-aws-sdk-lib-dynamodb/,
https://docs.aws.amazon.com/AWSJavaScriptSDK/latest/AWS/DynamoDB/DocumentClient.html,
https://supabase.com/docs/reference/javascript/
"""

from rearguard.models.concepts import ResourceAccess, SecretUse, SqlExecution, StoredInput
from rearguard.models.dsl import Library

__all__ = ["CLOUD_DATABASES"]

FIRESTORE = Library(
    name="firestore",
    language="javascript",
    packages=("firebase-admin", "@google-cloud/firestore"),
    types={
        "Database": (
            "firebase-admin.firestore()",
            "{firebase-admin/firestore,firebase-admin.firestore}.getFirestore()",
            "@google-cloud/firestore.Firestore()",
        ),
        "Collection": (
            "{Database,Document}.{collection,collectionGroup}()",
            "Query.{limit,orderBy,select}()",
        ),
        "Query": ("Collection", "{Collection,Query}.where()", "Query.{startAfter,startAt,endAt}()"),
        "Document": ("{Database,Collection}.doc()",),
    },
    concepts=(
        StoredInput("Document.get().data()"),
        ResourceAccess("Collection.doc(self)", op="read", key="(0)"),
        ResourceAccess("{Collection,Query}.where(self)", op="read", key="(0:)"),
        ResourceAccess("Query.get(self)", op="list"),
        ResourceAccess("Collection.add(self)", op="create", key="(0)"),
        ResourceAccess("Document.{update,set}(self)", op="update"),
        ResourceAccess("Document.delete(self)", op="delete"),
    ),
)

_LIB = "@aws-sdk/lib-dynamodb"

DYNAMODB = Library(
    name="dynamodb",
    language="javascript",
    packages=("aws-sdk", "@aws-sdk/client-dynamodb", "@aws-sdk/lib-dynamodb"),
    types={
        "Old": ("aws-sdk.DynamoDB.DocumentClient()", "aws-sdk/clients/dynamodb.DocumentClient()"),
        "New": (f"{_LIB}.DynamoDBDocument.from()",),
    },
    concepts=(
        SqlExecution(
            f"{{{_LIB},@aws-sdk/client-dynamodb}}.ExecuteStatementCommand(0).Statement",
            parameters="(0).Parameters",
            style="qmark",
        ),
        StoredInput("{Old,New}.{get,query,scan}().Item"),
        ResourceAccess(f"{_LIB}.GetCommand(self)", op="read", resource="(0).TableName", key="(0).Key"),
        ResourceAccess(f"{_LIB}.PutCommand(self)", op="create", resource="(0).TableName", key="(0).Item"),
        ResourceAccess(f"{_LIB}.UpdateCommand(self)", op="update", resource="(0).TableName", key="(0).Key"),
        ResourceAccess(f"{_LIB}.DeleteCommand(self)", op="delete", resource="(0).TableName", key="(0).Key"),
        ResourceAccess("{Old,New}.get(self)", op="read", resource="(0).TableName", key="(0).Key"),
        ResourceAccess("{Old,New}.put(self)", op="create", resource="(0).TableName", key="(0).Item"),
        ResourceAccess("{Old,New}.update(self)", op="update", resource="(0).TableName", key="(0).Key"),
        ResourceAccess("{Old,New}.delete(self)", op="delete", resource="(0).TableName", key="(0).Key"),
    ),
)

_STEPS = (
    "{select,insert,update,upsert,delete,eq,neq,gt,gte,lt,lte,like,ilike,is,in,contains,match,not,or,filter,order,"
    "limit,range,single,maybeSingle,returns,throwOnError}"
)

SUPABASE = Library(
    name="supabase",
    language="javascript",
    packages=("@supabase/supabase-js",),
    types={
        "Client": ("@supabase/supabase-js.{createClient,SupabaseClient}()", "Client.schema()"),
        "Builder": ("Client.from()", f"Builder.{_STEPS}()"),
    },
    concepts=(
        # The key that passes by the rules of the rows.
        SecretUse("@supabase/supabase-js.createClient(1)", what="API key"),
        ResourceAccess("Client.from(self)", op="read", resource="(0)"),
        ResourceAccess("Builder.{eq,match,filter}(self)", op="read", key="(0:)"),
        ResourceAccess("Builder.{insert,upsert}(self)", op="create", key="(0)"),
        ResourceAccess("Builder.update(self)", op="update"),
        ResourceAccess("Builder.delete(self)", op="delete"),
    ),
)

CLOUD_DATABASES = (FIRESTORE, DYNAMODB, SUPABASE)
