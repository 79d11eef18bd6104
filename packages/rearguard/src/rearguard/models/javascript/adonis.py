"""AdonisJS 5 and 6. API reference: https://docs.adonisjs.com/guides/basics/request"""

from rearguard.models.concepts import (
    FileAccess,
    HtmlResponse,
    Redirect,
    RequestInput,
    ResponseBody,
    SqlExecution,
)
from rearguard.models.dsl import Library
from rearguard.models.javascript.builders import RAW, STEPS

__all__ = ["ADONIS"]

ADONIS = Library(
    name="adonis",
    language="javascript",
    packages=("@adonisjs/core", "@adonisjs/lucid"),
    types={
        "Context": (
            "@adonisjs/core/http.HttpContext()",
            "@ioc:Adonis/Core/HttpContext.HttpContextContract()",
        ),
        "Request": ("Context.request",),
        "Response": ("Context.response", "Response.{status,header,type}()"),
        "Database": ("@adonisjs/lucid/services/db", "@ioc:Adonis/Lucid/Database"),
        "Query": ("Database.{from,query,table,insertQuery}()", f"Query.{{{STEPS}}}()"),
    },
    concepts=(
        RequestInput("Request.{input,param}()", channel="body", key="(0)"),
        RequestInput("Request.{all,body,only,except,raw,params}()", channel="body"),
        RequestInput("Request.qs()", channel="query"),
        RequestInput("Request.{header,headers}()", channel="headers"),
        RequestInput("Request.{cookie,plainCookie}()", channel="cookies", key="(0)"),
        RequestInput("Context.params", channel="path"),
        HtmlResponse("Response.send(0)", unless_json=True),
        ResponseBody("Response.{send,json}(0)"),
        Redirect("Response.redirect(0)"),
        Redirect("Response.redirect().toPath(0)"),
        FileAccess("Response.{download,attachment}(0)", action="send"),
        SqlExecution("Database.rawQuery(0)", parameters="(1)", style="qmark"),
        SqlExecution("{Database,Query}.raw(0)", parameters="(1)", style="qmark"),
        SqlExecution(f"Query.{{{RAW},joinRaw,fromRaw}}(0)", parameters="(1)", style="qmark"),
    ),
)
