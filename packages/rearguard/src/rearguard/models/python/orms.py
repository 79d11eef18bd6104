"""Other object mappers: Peewee, Tortoise, Django's; and MongoDB's drivers.

https://docs.peewee-orm.com/, https://tortoise.github.io/, https://docs.djangoproject.com/en/stable/ref/models/,
https://pymongo.readthedocs.io/, https://motor.readthedocs.io/, https://docs.mongoengine.org/
"""

from rearguard.models.concepts import (
    Context,
    Denial,
    NoSqlCode,
    NoSqlQuery,
    ResourceAccess,
    Sanitizer,
    SqlExecution,
    StoredInput,
    StoredObject,
)
from rearguard.models.dsl import Library

__all__ = ["DJANGO_ORM", "MONGO", "ORMS", "PEEWEE", "TORTOISE"]

DJANGO_ORM = Library(
    name="django_orm",
    language="python",
    packages=("django.db",),
    types={
        "Model": (
            "django.db.models.Model",
            "django.contrib.auth.{models,base_user}.{User,AbstractUser,AbstractBaseUser,Group}",
            "django.contrib.auth.get_user_model()",
        ),
        "Manager": (
            "Model.{objects,_default_manager,_base_manager}",
            # What models call a second manager, which leaves nothing out, or something.
            "Model.{all_objects,active_objects,global_objects,admin_objects,unscoped,with_deleted}",
            "django.db.models.Manager()",
            # A project's accounts mostly have one of their own, which is made from these.
            "django.contrib.auth.{models,base_user}.{BaseUserManager,UserManager}()",
        ),
        "Query": (
            "Manager",
            "Query.{all,filter,exclude,order_by,select_related,prefetch_related,annotate,values}()",
            "Query.{values_list,distinct,only,defer,using,select_for_update,reverse,none,union,extra,raw}()",
            "Query.{intersection,difference,alias,dates,datetimes,complex_filter,iterator,aiterator}()",
            "Query[]",
            "django.db.models.QuerySet()",
        ),
        "Row": (
            "Model()",
            "Query.{get,first,last,latest,earliest,create,aget,afirst,alast,alatest,aearliest,acreate}()",
            "{django.shortcuts,rest_framework.generics}.get_object_or_404()",
        ),
        # https://docs.djangoproject.com/en/stable/topics/forms/modelforms/#the-save-method
        "ModelForm": ("{django.forms,django.forms.models}.ModelForm()",),
    },
    concepts=(
        SqlExecution("Query.raw(0|raw_query)", parameters="(1|params)", style="format"),
        SqlExecution("Query.extra({select,where,tables,order_by})", style="format"),
        SqlExecution("Query.extra(select).*", style="format"),
        # What `get_queryset` of a class gives, or a helper is given, no path names: its keywords do.
        SqlExecution("*.extra({where,tables})", style="format"),
        SqlExecution("*.extra(select).*", style="format"),
        SqlExecution("django.db.models.expressions.RawSQL(0|sql)", parameters="(1|params)", style="format"),
        SqlExecution("django.db.models.RawSQL(0|sql)", parameters="(1|params)", style="format"),
        Sanitizer("Query", (Context.SQL,)),
        StoredInput(
            "Query.{get,first,last,latest,earliest,aget,afirst,alast,alatest,aearliest,values,values_list}()"
        ),
        StoredInput("Manager.{order_by,select_related,prefetch_related,annotate,exclude,only}()"),
        StoredInput("Query[]"),
        # The object that a form is about, whatever was sent with it.
        StoredInput("ModelForm.save()"),
        StoredInput("ModelForm.instance"),
        # What a method of a model reads of its own row.
        StoredInput("django.db.models.{CharField,TextField,JSONField}()", read=True),
        Denial("django.shortcuts.{get_object_or_404,get_list_or_404}()", status=404),
        # https://github.com/encode/django-rest-framework/blob/main/rest_framework/generics.py
        Denial("rest_framework.generics.get_object_or_404()", status=404),
        ResourceAccess("Query.{get,aget}(self)", op="read", key="**"),
        ResourceAccess("Query.filter(self)", op="read", key="**"),
        ResourceAccess("Query.all(self)", op="list"),
        ResourceAccess("Query.{create,get_or_create,update_or_create}(self)", op="create", key="**"),
        ResourceAccess("Query.{acreate,aget_or_create,aupdate_or_create}(self)", op="create", key="**"),
        ResourceAccess("Query.{bulk_create,abulk_create}(self)", op="create", key="(0|objs)"),
        ResourceAccess("Query.{bulk_update,abulk_update}(self)", op="update"),
        ResourceAccess("Query.{in_bulk,ain_bulk}(self)", op="list", key="(0|id_list)"),
        ResourceAccess("Query.{update,aupdate}(self)", op="update", key="**"),
        ResourceAccess("Query.{delete,adelete}(self)", op="delete"),
        StoredObject("Row"),
        ResourceAccess("Row.{save,asave}(self)", op="update"),
        ResourceAccess("Row.{delete,adelete}(self)", op="delete"),
        ResourceAccess(
            "django.shortcuts.{get_object_or_404,get_list_or_404}(self)", op="read", key="**", resource="(0)"
        ),
        ResourceAccess(
            "rest_framework.generics.get_object_or_404(self)", op="read", key="**", resource="(0)"
        ),
    ),
)

PEEWEE = Library(
    name="peewee",
    language="python",
    packages=("peewee", "playhouse"),
    types={
        "Model": ("peewee.Model", "playhouse.flask_utils.FlaskDB().Model"),
        "Database": (
            "peewee.{SqliteDatabase,PostgresqlDatabase,MySQLDatabase,DatabaseProxy}()",
            "playhouse.{postgres_ext.PostgresqlExtDatabase,pool.PooledPostgresqlDatabase}()",
            "playhouse.db_url.connect()",
        ),
        "Query": (
            "Model.{select,update,delete,insert,raw,filter}()",
            "Query.{where,orwhere,join,join_from,left_outer_join,switch,order_by,order_by_extend,limit,offset,paginate,group_by}()",
            "Query.{having,distinct,filter,columns,select,select_extend,from_,with_cte,cte,alias,dicts,tuples,namedtuples}()",
            "Query.{objects,for_update,returning,on_conflict,on_conflict_ignore,on_conflict_replace,union,union_all}()",
            "Query.{intersect,except_,clone,bind,prefetch,iterator}()",
        ),
    },
    concepts=(
        SqlExecution("Database.execute_sql(0|sql)", parameters="(1|params)", style="format"),
        SqlExecution("Model.raw(0|sql)", parameters="(1:)", style="format"),
        SqlExecution("peewee.SQL(0|sql)", parameters="(1|params)", style="format"),
        Sanitizer("Query", (Context.SQL,)),
        StoredInput("Query.{get,first,scalar,dicts,tuples}()"),
        ResourceAccess("Model.{get_by_id,get_or_none,get}(self)", op="read", key="(0:)"),
        ResourceAccess("Model.delete_by_id(self)", op="delete", key="(0)"),
        ResourceAccess("Model.set_by_id(self)", op="update", key="(0)"),
        ResourceAccess("Model.{create,insert}(self)", op="create", key="**"),
        ResourceAccess("Model.select(self)", op="list"),
        ResourceAccess("Model.update(self)", op="update", key="**"),
        ResourceAccess("Model.delete(self)", op="delete"),
        ResourceAccess("Query.where(self)", op="read", key="(0:)"),
    ),
)

TORTOISE = Library(
    name="tortoise",
    language="python",
    packages=("tortoise",),
    types={
        "Model": ("tortoise.models.Model", "tortoise.Model"),
        "Query": (
            "Model.{filter,all,exclude,annotate,select_for_update}()",
            "Query.{filter,all,exclude,order_by,limit,offset,distinct,annotate,group_by,prefetch_related,select_related}()",
            "Query.{select_for_update,only,using_db,values,values_list,force_index,use_index,latest,earliest}()",
        ),
        "Connection": ("tortoise.{connections.get,Tortoise.get_connection}()",),
    },
    concepts=(
        SqlExecution(
            "Connection.{execute_query,execute_query_dict,execute_insert}(0|query)",
            parameters="(1|values)",
            style="dollar",
        ),
        SqlExecution("Connection.execute_script(0|query)", style="none"),
        SqlExecution("{Model,Query}.raw(0|sql)", style="none"),
        SqlExecution("tortoise.expressions.RawSQL(0|sql)", style="none"),
        StoredInput("Query.{first,get,values,values_list}()"),
        ResourceAccess("Model.{get,get_or_none}(self)", op="read", key="**"),
        ResourceAccess("{Model,Query}.filter(self)", op="read", key="**"),
        ResourceAccess("Model.all(self)", op="list"),
        ResourceAccess("Model.create(self)", op="create", key="**"),
        ResourceAccess("Query.update(self)", op="update", key="**"),
        ResourceAccess("Query.delete(self)", op="delete"),
    ),
)

_FIND = "{find,find_one,count_documents,distinct,find_raw_batches}"

MONGO = Library(
    name="mongo",
    language="python",
    packages=("pymongo", "motor", "mongoengine", "flask_pymongo"),
    types={
        "Client": (
            "pymongo.{MongoClient,AsyncMongoClient,mongo_client.MongoClient}()",
            "motor.{motor_asyncio.AsyncIOMotorClient,motor_tornado.MotorClient,MotorClient}()",
        ),
        "Database": (
            "Client[]",
            "Client.{get_database,get_default_database}()",
            "Client.*",
            "flask_pymongo.PyMongo().db",
            "pymongo.database.Database()",
            "motor.motor_asyncio.AsyncIOMotorDatabase()",
        ),
        "Collection": (
            "Database.*",
            "Database[]",
            "Database.get_collection()",
            "pymongo.collection.Collection()",
            "motor.motor_asyncio.AsyncIOMotorCollection()",
        ),
        "Document": ("mongoengine.{Document,DynamicDocument,document.Document}",),
        "Objects": (
            "Document.objects",
            "Document.objects()",
            "Objects.{filter,exclude,order_by,only,limit}()",
        ),
    },
    concepts=(
        NoSqlQuery(f"Collection.{_FIND}(0|filter)"),
        NoSqlQuery(
            "Collection.{update_one,update_many,replace_one,delete_one,delete_many,find_one_and_update,"
            "find_one_and_delete,find_one_and_replace}(0|filter)"
        ),
        NoSqlQuery("Collection.{update_one,update_many,find_one_and_update}(1|update)", part="update"),
        NoSqlQuery("Document.objects(__raw__)"),
        NoSqlCode("Document.objects.where(0)"),
        NoSqlQuery("Collection.aggregate(0|pipeline)"),
        NoSqlQuery("Database.command(0|command)"),
        NoSqlCode("Collection.map_reduce(0:)"),
        Sanitizer(
            "bson.{ObjectId,objectid.ObjectId}()", tuple(c for c in Context if c is not Context.OBJECT)
        ),
        StoredInput("Collection.find_one()"),
        StoredInput("Collection.{find,aggregate}()[]"),
        ResourceAccess("Document.objects(self)", op="read", key="**"),
        ResourceAccess("Objects.{get,filter}(self)", op="read", key="**"),
        ResourceAccess("Objects.{update,update_one}(self)", op="update"),
        ResourceAccess("Objects.delete(self)", op="delete"),
        ResourceAccess("Collection.find_one(self)", op="read", key="(0|filter)"),
        ResourceAccess("Collection.{find,aggregate,count_documents}(self)", op="list", key="(0|filter)"),
        ResourceAccess("Collection.{insert_one,insert_many}(self)", op="create", key="(0)"),
        ResourceAccess(
            "Collection.{update_one,update_many,replace_one,find_one_and_update,find_one_and_replace}(self)",
            op="update",
            key="(0|filter)",
        ),
        ResourceAccess(
            "Collection.{delete_one,delete_many,find_one_and_delete}(self)", op="delete", key="(0|filter)"
        ),
    ),
)

ORMS = (DJANGO_ORM, PEEWEE, TORTOISE, MONGO)
