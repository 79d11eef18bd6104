"""What Python's frameworks do with errors: whom they hand them to, and exceptions whose text they send.

References: https://sanic.dev/en/guide/best-practices/exceptions.html, https://www.starlette.io/exceptions/,
https://falcon.readthedocs.io/en/stable/api/errors.html, https://docs.aiohttp.org/en/stable/web_exceptions.html,
https://docs.djangoproject.com/en/stable/topics/http/middleware/#process-exception,
https://www.django-rest-framework.org/api-guide/exceptions/, https://flask-restx.readthedocs.io/en/latest/errors.html
"""

from collections.abc import Iterator

from rearguard.link import function_id
from rearguard.models.concepts import ErrorDetail, ErrorHandler, HtmlResponse, ResponseBody
from rearguard.models.dsl import Library
from rearguard.models.python.support import follow, parameters
from rearguard.models.settings_concepts import ErrorTrace
from rearguard.models.view import ModelView, ValueView
from rearguard.program import Op

__all__ = ["PROBLEMS"]

_EVERYTHING = ("Exception", "BaseException", "DatabaseError", "SQLAlchemyError")
_DJANGO = (
    "{HttpResponseServerError,HttpResponseBadRequest,HttpResponseNotFound,HttpResponseForbidden,"
    "HttpResponseGone}"
)
_AIOHTTP = (
    "aiohttp.web.{HTTPInternalServerError,HTTPBadRequest,HTTPNotFound,HTTPConflict,HTTPUnprocessableEntity,"
    "HTTPServiceUnavailable,HTTPBadGateway,HTTPForbidden}"
)
_FALCON = (
    "falcon.{HTTPInternalServerError,HTTPBadRequest,HTTPError,HTTPNotFound,HTTPConflict,HTTPUnprocessableEntity,"
    "HTTPServiceUnavailable}"
)
_PYRAMID = (
    "pyramid.httpexceptions.{HTTPInternalServerError,HTTPBadRequest,HTTPServerError,HTTPConflict,"
    "HTTPServiceUnavailable}"
)
_RESTS = "{flask_restful,flask_restx,flask_restplus}"


def caught(view: ModelView) -> Iterator[tuple[str, str]]:
    """Yield functions that a framework calls with errors nobody foresaw, and the parameter that is one."""
    yield from _listed(view)
    for path, module in view.linker.modules.items():
        for qualified in module.functions:
            owner, _, name = qualified.rpartition(".")
            fid = function_id(path, qualified)
            names = parameters(view.function(fid))
            if name == "process_exception" and owner in module.classes and len(names) == 2:
                yield fid, names[1]
            elif not owner and len(names) == 2 and _asks_framework(view, fid):
                yield fid, names[0]


def _listed(view: ModelView) -> Iterator[tuple[str, str]]:
    """`exception_handlers={500: handler, Exception: handler}` of an ASGI application."""
    for call in view.calls("starlette.applications.Starlette", "fastapi.FastAPI"):
        given = call.keyword("exception_handlers")
        table = follow(given) if given is not None else None
        if table is None or table.instr is None or table.instr.op != Op.COLLECT:
            continue
        before = table.instr.start
        for key, number in zip(table.instr.keys, table.instr.args, strict=False):
            value = ValueView(view, table.fid, number)
            if value.instr is None:
                continue
            named = {
                instr.name
                for instr in view.definitions(table.fid).values()
                if instr.op in (Op.LOAD, Op.ATTR) and before <= instr.start and instr.end <= value.instr.start
            }
            before = value.instr.end
            if key == "500" or named.intersection(_EVERYTHING):
                for fid in value.functions:
                    names = parameters(view.function(fid))
                    if len(names) == 2:
                        yield fid, names[1]


def _asks_framework(view: ModelView, fid: str) -> bool:
    """Whether a function is a handler of errors that asks Django REST framework's own first."""
    return any(
        "problems:Asked" in ref.names
        for instr in view.linker.code(fid)
        if instr.op == Op.CALL
        for ref in view.linker.refs[fid][instr.args[0]]
    )


PROBLEMS = Library(
    name="problems",
    language="python",
    packages=(
        "sanic",
        "starlette",
        "falcon",
        "bottle",
        "aiohttp",
        "django",
        "rest_framework",
        "flask_restx",
        "pyramid",
    ),
    types={
        "First": ("flask_rest:Router.errorhandler()(0)",),
        "Bottled": ("bottle.error()(0)", "bottle:App.error()(0)"),
        "Second": (
            "sanic:Router.exception()(0)",
            "starlette:App.exception_handler()(0)",
            "starlette:App.add_exception_handler(1|handler)",
        ),
        "Caught": ("First<0>", "Second<1>", "falcon:Problem<2>"),
        "Problem": ("Bottled<0>",),
        "Asked": ("rest_framework.views.exception_handler",),
    },
    concepts=(
        ErrorHandler("flask_rest:Router.errorhandler()(0)", returns="json"),
        ErrorHandler("{bottle.error,bottle:App.error}()(0)", returns="html"),
        ErrorHandler("sanic:Router.exception()(0)"),
        ErrorHandler("starlette:App.exception_handler()(0)"),
        ErrorHandler("starlette:App.add_exception_handler(1|handler)"),
        ErrorHandler("falcon:App.add_error_handler(1|handler)"),
        ErrorDetail("Caught"),
        ErrorDetail("Problem.{traceback,exception}"),
        ResponseBody(f"{_AIOHTTP}(text)"),
        ResponseBody(f"{_AIOHTTP}(reason)"),
        ResponseBody(f"{_FALCON}(title)"),
        ResponseBody(f"{_FALCON}(description)"),
        ResponseBody(f"django.http.{_DJANGO}(0|content)"),
        HtmlResponse(f"django.http.{_DJANGO}(0|content)", content_type=("(1|content_type)",)),
        ResponseBody(f"{_PYRAMID}(0|detail)"),
        ResponseBody(f"{_PYRAMID}(json_body)"),
        ResponseBody(f"{_RESTS}.abort(1|message)"),
        ResponseBody("flask_rest:Router.abort(1|message)"),
        ResponseBody("flask_smorest.abort(message)"),
        ResponseBody("cherrypy.HTTPError(1|message)"),
        ResponseBody("{graphql,graphql.error,graphql.error.graphql_error}.GraphQLError(0|message)"),
        ErrorTrace("tornado.web.Application(serve_traceback)"),
        ErrorTrace("ariadne.{asgi,wsgi}.GraphQL(debug)"),
    ),
    caught=caught,
)
