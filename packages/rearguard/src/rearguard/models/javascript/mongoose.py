"""Mongoose and Typegoose. API reference: https://mongoosejs.com/docs/api/model.html"""

from rearguard.models.concepts import (
    TEXT,
    Context,
    NoSqlCode,
    NoSqlQuery,
    OperatorsRefused,
    Proof,
    ResourceAccess,
    Sanitizer,
    StoredObject,
)
from rearguard.models.dsl import Library

__all__ = ["MONGOOSE"]

_BUILTIN = (
    "Array|ArrayBuffer|Atomics|AbortController|BigInt|Blob|Boolean|Buffer|DataView|Date|Error|[A-Za-z]+Error|Event|"
    "EventEmitter|FormData|Function|Headers|Infinity|Intl|Iterator|Joi|JSON|Map|Math|NaN|Number|Object|Promise|Proxy|"
    "Reflect|RegExp|Request|Response|Router|Schema|Set|SharedArrayBuffer|String|Symbol|TextDecoder|TextEncoder|"
    "Types|URL|URLSearchParams|Uint8Array|WeakMap|WeakRef|WeakSet|WebAssembly|WebSocket|"
    "[A-Za-z]*(?:Service|Controller|Repository|Manager|Client|Util|Utils|Helper|Router)"
)
_ONE = "{findOne,findOneAndUpdate,findOneAndDelete,findOneAndReplace,findOneAndRemove}"
_BY_ID = "{findById,findByIdAndUpdate,findByIdAndDelete,findByIdAndRemove}"
_FILTERED = (
    "{find,findOne,findOneAndUpdate,findOneAndDelete,findOneAndReplace,findOneAndRemove,countDocuments,exists,"
    "deleteOne,deleteMany,updateOne,updateMany,replaceOne}"
)
_UPDATING = "{findByIdAndUpdate,findOneAndUpdate,findOneAndReplace,updateOne,updateMany,replaceOne}"
_STEPS = (
    "{exec,lean,populate,select,sort,limit,skip,session,orFail,where,equals,find,findOne,or,and,nor,collation,hint,"
    "setOptions,clone,merge,gt,gte,lt,lte,in,nin,ne,regex,elemMatch,mod,near,within,intersects,slice,tailable,read,"
    "readConcern,writeConcern,comment,maxTimeMS,batchSize,allowDiskUse,transform,projection,setQuery,setUpdate,cast}"
)

MONGOOSE = Library(
    name="mongoose",
    language="javascript",
    packages=("mongoose", "@typegoose/typegoose"),
    types={
        "Connection": (
            "mongoose",
            "mongoose.{createConnection,connection,Mongoose}()",
            "mongoose.connection",
        ),
        "Model": (
            "Connection.model()",
            "mongoose.Model()",
            "mongoose.models.*",
            "@typegoose/typegoose.{getModelForClass,ReturnModelType}()",
            # What is assigned there is a member of every model, with the model as `this`.
            "Schema.statics",
        ),
        "Schema": ("mongoose.Schema()",),
        "Found": (
            f"Model.{{{_ONE[1:-1]},{_BY_ID[1:-1]},find,create,insertMany,where,hydrate}}()",
            f"Found.{_STEPS}()",
        ),
        "Document": ("Model()", "Found", "Found[]", "Schema.methods"),
    },
    sites=("Model",),
    shapes={"Model": rf"(?!(?:{_BUILTIN})$)[A-Z][a-z][A-Za-z0-9]*"},
    concepts=(
        ResourceAccess("Model.findById(self)", op="read", key="(0)"),
        ResourceAccess("Model.{findOne,exists}(self)", op="read", key="(0)"),
        ResourceAccess("Model.{find,countDocuments,aggregate,distinct}(self)", op="list", key="(0)"),
        ResourceAccess("Model.{create,insertMany}(self)", op="create", key="(0)"),
        ResourceAccess(f"Model.{_UPDATING}(self)", op="update", key="(0)"),
        ResourceAccess(
            "Model.{findByIdAndDelete,findByIdAndRemove,findOneAndDelete,findOneAndRemove,deleteOne,deleteMany}(self)",
            op="delete",
            key="(0)",
        ),
        StoredObject("Document"),
        ResourceAccess("Document.{save,updateOne,overwrite}(self)", op="update"),
        ResourceAccess("Document.{remove,deleteOne}(self)", op="delete"),
        NoSqlQuery(f"Model.{_FILTERED}(0)"),
        NoSqlQuery(f"Model.{_BY_ID}(0)"),
        NoSqlQuery(f"Model.{_UPDATING}(1)", part="update"),
        NoSqlQuery("Model.aggregate(0)"),
        NoSqlQuery("Model.distinct(1)"),
        NoSqlQuery("Found.{find,findOne,where,or,and}(0)"),
        NoSqlCode("{Model,Found}.$where(0)"),
        # Throws unless the text is 24 hexadecimal digits (or 12 bytes, which come out as such).
        Sanitizer("{mongoose.Types.ObjectId,mongoose.mongo.ObjectId}()", TEXT),
        OperatorsRefused("Connection.set(0)", setting="sanitizeFilter"),
        Sanitizer("Connection.sanitizeFilter()", (Context.NOSQL,)),
        # Any 12 characters are a valid ObjectId for these; what they exclude is objects.
        Proof("{Connection.isValidObjectId,mongoose.Types.ObjectId.isValid}(0)", (Context.NOSQL,)),
        Proof("mongoose.isObjectIdOrHexString(0)", TEXT),
    ),
)
