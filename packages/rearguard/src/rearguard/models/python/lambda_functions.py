"""AWS Lambda functions behind API Gateway, a load balancer or a function URL.

API references: https://docs.aws.amazon.com/lambda/latest/dg/python-handler.html,
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html

Which path leads to a function is set outside the code, so an endpoint is named after its file or function.
"""

from collections.abc import Iterator
from pathlib import PurePosixPath

from rearguard.models.concepts import CredentialRead, Principal, RequestInput
from rearguard.models.dsl import Library
from rearguard.models.python.support import decorator_links, definition, function_link
from rearguard.models.routing import Link, RouteNode
from rearguard.models.view import ModelView
from rearguard.program import Op

__all__ = ["LAMBDA_FUNCTIONS"]

_USUAL = ("handler", "lambda_handler", "main")
_FIELDS = frozenset(
    (
        *("queryStringParameters", "pathParameters", "multiValueQueryStringParameters", "requestContext"),
        *("body", "rawPath", "rawQueryString", "httpMethod", "isBase64Encoded", "headers"),
    )
)


def routes(view: ModelView) -> Iterator[RouteNode]:
    """Yield one endpoint per function of a module that takes an event and a context and reads the event."""
    guarded = _gateway(view)
    for fid, function in view.linker.functions.items():
        if view.family(fid) != "python" or function.owner or not _reads_event(view, fid):
            continue
        yield RouteNode(
            "lambda",
            f"lambda {fid}",
            "*",
            f"/{_name(view, fid)}",
            definition(view, fid),
            view.order(fid, function.start),
            (*guarded, *decorator_links(view, fid, ())),
            function_link(view, fid),
            inputs={function.params[0].name: "request"},
            returns="parts",
        )


def _gateway(view: ModelView) -> tuple[Link, ...]:
    """The gateway's authorizer, where any function asks what it found out: whom it lets in is not here."""
    for fid in view.linker.functions:
        for instr in view.linker.code(fid) if view.family(fid) == "python" else ():
            if instr.op == Op.ITEM and instr.value == "authorizer":
                return (Link("authorizer of the gateway", (), (), view.span(fid, instr.start, instr.end)),)
    return ()


def _name(view: ModelView, fid: str) -> str:
    name = fid.rpartition("::")[2]
    if name not in _USUAL:
        return name
    file = PurePosixPath(view.linker.module_of[fid])
    general = ("index", "handler", "app", "main", "lambda_function", "__init__")
    return (file.parent.name if file.stem in general else file.stem) or file.stem


def _reads_event(view: ModelView, fid: str) -> bool:
    function = view.function(fid)
    names = [param.name for param in function.params]
    if len(names) != 2 or names[0] != "event" or names[1] not in ("context", "_", "_context", "ctx"):
        return False
    loaded: set[int] = set()
    for instr in view.linker.code(fid):
        if instr.op == Op.LOAD and instr.name == "event":
            loaded.add(instr.dst)
        elif instr.op == Op.ITEM and instr.args[0] in loaded and instr.value in _FIELDS:
            return True
        elif instr.op == Op.CALL and instr.args[0] in loaded and len(instr.args) > 1:
            # `event.get("body")`
            key = view.definitions(fid).get(instr.args[1])
            if key is not None and key.value in _FIELDS:
                return True
        elif instr.op == Op.ATTR and instr.args[0] in loaded and instr.name == "get":
            loaded.add(instr.dst)
    return False


LAMBDA_FUNCTIONS = Library(
    name="lambda-functions",
    language="python",
    packages=(),
    types={
        "Event": (),
        "Headers": ("Event.{headers,multiValueHeaders}", "Event.get()"),
    },
    shapes={"Event": "event"},
    concepts=(
        RequestInput("Event.body", channel="body"),
        RequestInput(
            "Event.{queryStringParameters,multiValueQueryStringParameters,rawQueryString}", channel="query"
        ),
        RequestInput("Event.{pathParameters,rawPath}", channel="path"),
        RequestInput("Event.{headers,multiValueHeaders}", channel="headers"),
        RequestInput("Event.cookies", channel="cookies"),
        CredentialRead("Event.headers.{authorization,Authorization}"),
        Principal("Event.requestContext.authorizer"),
        Principal("Event.requestContext.identity.cognitoIdentityId"),
    ),
    routes=routes,
)
