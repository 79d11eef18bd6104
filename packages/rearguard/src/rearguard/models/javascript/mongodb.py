"""MongoDB driver. API reference: https://mongodb.github.io/node-mongodb-native/6.10/classes/Collection.html"""

from rearguard.models.concepts import TEXT, Context, NoSqlQuery, Proof, ResourceAccess, Sanitizer
from rearguard.models.dsl import Library

__all__ = ["MONGODB"]

_UPDATING = "{updateOne,updateMany,replaceOne,findOneAndUpdate,findOneAndReplace}"
_DELETING = "{deleteOne,deleteMany,findOneAndDelete}"

MONGODB = Library(
    name="mongodb",
    language="javascript",
    packages=("mongodb", "monk"),
    types={
        "OnConnect": ("{mongodb.MongoClient,mongodb.MongoClient(),Client}.connect(0:)",),
        "Client": (
            "mongodb.MongoClient()",
            "mongodb.MongoClient.connect()",
            "Client.connect()",
            "OnConnect<1>",
        ),
        # Until version 3 what connected was the database.
        "Db": ("OnConnect<1>", "Client.db()", "mongodb.Db()", "mongoose.connection.db"),
        "Collection": (
            "Db.collection()",
            "mongodb.Collection()",
            "mongoose.connection.collection()",
            "monk().get()",
        ),
    },
    sites=("Collection",),
    concepts=(
        ResourceAccess("Collection.findOne(self)", op="read", key="(0)"),
        ResourceAccess("Collection.{find,aggregate,countDocuments,distinct}(self)", op="list", key="(0)"),
        ResourceAccess("Collection.{insertOne,insertMany,insert}(self)", op="create", key="(0)"),
        ResourceAccess(f"Collection.{_UPDATING}(self)", op="update", key="(0)"),
        ResourceAccess(f"Collection.{_DELETING}(self)", op="delete", key="(0)"),
        NoSqlQuery("Collection.{find,findOne,aggregate,countDocuments,bulkWrite}(0)"),
        NoSqlQuery(f"Collection.{_UPDATING}(0)"),
        NoSqlQuery(f"Collection.{_UPDATING}(1)", part="update"),
        NoSqlQuery(f"Collection.{_DELETING}(0)"),
        NoSqlQuery("Collection.distinct(1)"),
        # Throws unless the text is 24 hexadecimal digits (or 12 bytes, which come out as such).
        Sanitizer("{mongodb,bson}.{ObjectId,ObjectID}()", TEXT),
        Sanitizer("{mongodb,bson}.ObjectId.{createFromHexString,createFromTime}()", TEXT),
        # Any 12 characters are valid; what this excludes is objects.
        Proof("{mongodb,bson}.{ObjectId,ObjectID}.isValid(0)", (Context.NOSQL,)),
    ),
)
