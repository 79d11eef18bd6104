"""SQLAlchemy 1.4 and 2, SQLModel, Flask-SQLAlchemy.

API reference: https://docs.sqlalchemy.org/en/20/, https://sqlmodel.tiangolo.com/,
https://flask-sqlalchemy.readthedocs.io/en/stable/api/
"""

from rearguard.models.concepts import (
    Context,
    Denial,
    ResourceAccess,
    Sanitizer,
    SecretUse,
    SqlExecution,
    StoredInput,
    StoredObject,
)
from rearguard.models.dsl import Library

__all__ = ["SQLALCHEMY"]

_CHAIN = (
    "where,filter,filter_by,join,outerjoin,select_from,order_by,group_by,having,limit,offset,distinct,options,"
    "values,returning,with_for_update,execution_options,add_columns,with_only_columns,correlate,subquery,"
    "union,union_all,prefix_with,with_entities,on_conflict_do_update,on_conflict_do_nothing,enable_eagerloads,"
    "yield_per,populate_existing,from_statement,params,add_entity,slice,fetch,with_hint,with_statement_hint,suffix_with,"
    "intersect,intersect_all,except_,except_all,reset_joinpoint,reduce_columns,correlate_except,add_cte,cte,ordered_values,inline,"
    "from_select,set_label_style,autoflush,join_from,outerjoin_from,return_defaults,with_dialect_options"
)
_ONE = "{first,one,one_or_none,scalar,scalar_one,scalar_one_or_none,first_or_404,one_or_404}"
_MANY = "{all,paginate,fetchall,fetchmany,fetchone,scalars,mappings,tuples,partitions}"
_STATEMENTS = "sqlalchemy{,.sql,.sql.expression}"

SQLALCHEMY = Library(
    name="sqlalchemy",
    language="python",
    packages=("sqlalchemy", "sqlmodel", "flask_sqlalchemy"),
    types={
        "Engine": (
            "sqlalchemy.{create_engine,engine_from_config}()",
            "sqlalchemy.ext.asyncio.{create_async_engine,async_engine_from_config}()",
            "sqlmodel.create_engine()",
            "sqlalchemy.engine.Engine()",
            "sqlalchemy.Engine()",
            "Database.{engine,get_engine()}",
        ),
        "Connection": (
            "Engine.{connect,begin}()",
            "Session.connection()",
            "sqlalchemy.{Connection,engine.Connection,engine.base.Connection}()",
            "sqlalchemy.ext.asyncio.AsyncConnection()",
            "alembic.op.get_bind()",
        ),
        "Maker": (
            "sqlalchemy.orm.{sessionmaker,scoped_session}()",
            "sqlalchemy.ext.asyncio.{async_sessionmaker,async_scoped_session}()",
        ),
        "Session": (
            "Maker()",
            "Maker.begin()",
            "sqlalchemy.orm.{scoped_session,Session}()",
            "sqlalchemy.orm.session.Session()",
            "sqlalchemy.ext.asyncio.{AsyncSession,async_scoped_session}()",
            "sqlmodel.{Session,ext.asyncio.session.AsyncSession}()",
            "Database.session",
            "Session.{begin,begin_nested,no_autoflush}()",
        ),
        "Database": ("flask_sqlalchemy.SQLAlchemy()", "flask_sqlalchemy_lite.SQLAlchemy()"),
        "Model": (
            "Database.Model",
            "sqlmodel.SQLModel",
            "sqlalchemy.orm.{DeclarativeBase,declarative_base(),registry().generate_base()}",
            "sqlalchemy.ext.declarative.declarative_base()",
        ),
        "Row": ("Model()", f"Query.{_ONE}()", "Query.get_or_404()", "Query.get()"),
        "Query": (
            "Session.query()",
            "Model.query",
            f"Query.{{{_CHAIN}}}()",
        ),
        "Statement": (
            f"{_STATEMENTS}.{{select,insert,update,delete,union,exists}}()",
            "sqlalchemy.future.select()",
            "sqlalchemy.dialects.{postgresql,mysql,sqlite}.insert()",
            "sqlmodel.{select,update,delete,insert}()",
            "Database.{select,insert,update,delete}()",
            f"Statement.{{{_CHAIN}}}()",
        ),
        "Result": (
            "{Session,Connection}.{execute,scalars,scalar,exec,stream,stream_scalars}()",
            "Result.{scalars,mappings,unique,tuples}()",
        ),
    },
    concepts=(
        SqlExecution(
            "{Session,Connection}.{execute,scalar,scalars,exec,stream,stream_scalars,exec_driver_sql}(0|statement)",
            parameters="(1|params)",
            style="named",
            wraps="sqlalchemy.text",
        ),
        # The text is run by whoever gets it, so this is the place where a name can be bound.
        SqlExecution(f"{_STATEMENTS}.text(0|text)", style="named"),
        SqlExecution("sqlmodel.text(0|text)", style="named"),
        SqlExecution("sqlalchemy.{literal_column,sql.literal_column}(0|text)", style="none"),
        SqlExecution(
            "Engine.execute(0|statement)", parameters="(1:)", style="named", wraps="sqlalchemy.text"
        ),
        SqlExecution("Query.from_statement(0|statement)", style="named", wraps="sqlalchemy.text"),
        SqlExecution("Database.text(0)", style="named"),
        SqlExecution("alembic.op.execute(0)", style="named"),
        # Reported where the text is made, or bound by the expression language.
        Sanitizer(f"{_STATEMENTS}.text()", (Context.SQL,)),
        Sanitizer("sqlmodel.text()", (Context.SQL,)),
        Sanitizer("Database.text()", (Context.SQL,)),
        Sanitizer("Statement", (Context.SQL,)),
        Sanitizer("Query", (Context.SQL,)),
        StoredInput(f"Result.{{{_ONE.strip('{}')},{_MANY.strip('{}')}}}()"),
        StoredInput(f"Query.{{{_ONE.strip('{}')},{_MANY.strip('{}')},get,get_or_404}}()"),
        StoredInput("Session.get()"),
        StoredObject("Row"),
        Denial("Query.{get_or_404,first_or_404,one_or_404}()", status=404),
        ResourceAccess("Session.{get,get_one}(self)", op="read", key="(1|ident)", resource="(0|entity)"),
        ResourceAccess("Database.get_or_404(self)", op="read", key="(1|ident)", resource="(0|entity)"),
        ResourceAccess("Database.{first_or_404,one_or_404}(self)", op="read", resource="(0|statement)"),
        ResourceAccess("Query.{get,get_or_404}(self)", op="read", key="(0|ident)"),
        ResourceAccess("Query.filter_by(self)", op="read", key="**"),
        ResourceAccess("Query.{filter,where}(self)", op="read", key="(0:)"),
        ResourceAccess("Query.{all,paginate,order_by}(self)", op="list"),
        ResourceAccess("Query.delete(self)", op="delete"),
        ResourceAccess("Query.update(self)", op="update"),
        ResourceAccess("Statement.filter_by(self)", op="read", key="**"),
        ResourceAccess("Statement.values(self)", op="update", key="**"),
        ResourceAccess("Statement.{filter,where}(self)", op="read", key="(0:)"),
        ResourceAccess(f"{_STATEMENTS}.select(self)", op="read", resource="(0)"),
        ResourceAccess(f"{_STATEMENTS}.insert(self)", op="create", resource="(0|table)"),
        ResourceAccess(f"{_STATEMENTS}.update(self)", op="update", resource="(0|table)"),
        ResourceAccess(f"{_STATEMENTS}.delete(self)", op="delete", resource="(0|table)"),
        ResourceAccess("sqlmodel.select(self)", op="read", resource="(0)"),
        ResourceAccess("sqlmodel.update(self)", op="update", resource="(0)"),
        ResourceAccess("sqlmodel.delete(self)", op="delete", resource="(0)"),
        ResourceAccess("Session.{add,merge}(self)", op="create", key="(0|instance)", resource="(0|instance)"),
        ResourceAccess("Session.add_all(self)", op="create", key="(0|instances)", resource="(0|instances)"),
        ResourceAccess("Session.delete(self)", op="delete", key="(0|instance)", resource="(0|instance)"),
        SecretUse("sqlalchemy.engine.URL.create(password)", what="password"),
    ),
    shapes={
        "Session": r"session|db_session",
        "Database": "db",
        "Model": r"(?!.*(?:Error|Exception|Warning)$)[A-Z][a-z][A-Za-z0-9]*",
    },
)
