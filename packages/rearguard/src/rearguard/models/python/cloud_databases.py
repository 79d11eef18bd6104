"""Databases behind a client of their cloud: DynamoDB and Firestore.

API references: https://boto3.amazonaws.com/v1/documentation/api/latest/reference/services/dynamodb.html,
https://cloud.google.com/python/docs/reference/firestore/latest
"""

from rearguard.models.concepts import ResourceAccess, SqlExecution, StoredInput
from rearguard.models.dsl import Library

__all__ = ["CLOUD_DATABASES"]

DYNAMODB = Library(
    name="dynamodb",
    language="python",
    packages=("boto3",),
    types={
        "Table": (
            "boto3.resource().Table()",
            "boto3.{session.Session,Session}().resource().Table()",
        ),
        "Client": ("boto3.client()", "boto3.{session.Session,Session}().client()"),
    },
    concepts=(
        SqlExecution("Client.execute_statement(Statement)", parameters="(Parameters)", style="qmark"),
        StoredInput("Table.{get_item,query,scan}()"),
        ResourceAccess("Table.get_item(self)", op="read", key="(Key)"),
        ResourceAccess("Table.put_item(self)", op="create", key="(Item)"),
        ResourceAccess("Table.update_item(self)", op="update", key="(Key)"),
        ResourceAccess("Table.delete_item(self)", op="delete", key="(Key)"),
    ),
)

FIRESTORE = Library(
    name="firestore",
    language="python",
    packages=("google.cloud.firestore", "firebase_admin"),
    types={
        "Database": (
            "google.cloud.firestore.{Client,AsyncClient}()",
            "firebase_admin.{firestore,firestore_async}.client()",
        ),
        "Collection": ("{Database,Document}.collection()",),
        "Query": ("Collection", "Query.{where,order_by,limit}()"),
        "Document": ("{Database,Collection}.document()",),
    },
    concepts=(
        StoredInput("Document.get().to_dict()"),
        ResourceAccess("Collection.document(self)", op="read", key="(0)"),
        ResourceAccess("Query.where(self)", op="read", key="(0:)"),
        ResourceAccess("Query.{get,stream}(self)", op="list"),
        ResourceAccess("Collection.add(self)", op="create", key="(0)"),
        ResourceAccess("Document.{update,set}(self)", op="update"),
        ResourceAccess("Document.delete(self)", op="delete"),
    ),
)

CLOUD_DATABASES = (DYNAMODB, FIRESTORE)
