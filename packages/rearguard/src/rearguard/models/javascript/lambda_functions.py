"""AWS Lambda functions behind API Gateway, a load balancer or a function URL.

API references: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html,
https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html, https://middy.js.org/docs/

Which path leads to a function is set outside the code, so an endpoint is named after its file.
"""

from collections.abc import Iterator
from pathlib import PurePosixPath

from rearguard.link import Kind
from rearguard.models.concepts import CredentialRead, Principal, RequestInput
from rearguard.models.dsl import Library
from rearguard.models.routing import Link, RouteNode
from rearguard.models.view import ModelView
from rearguard.program import Op, Span, instructions

__all__ = ["LAMBDA_FUNCTIONS"]

_USUAL = ("handler", "lambdaHandler", "main")
"""Names that say nothing of what a function answers."""
_FIELDS = frozenset(
    (
        *("queryStringParameters", "pathParameters", "multiValueQueryStringParameters", "requestContext"),
        *("body", "rawPath", "rawQueryString", "httpMethod", "isBase64Encoded", "headers"),
    )
)


def routes(view: ModelView) -> Iterator[RouteNode]:
    """Yield one endpoint per exported handler that reads what a gateway sends."""
    guarded: tuple[Link, ...] | None = None
    for (kind, path, name), refs in view.linker.slots.items():
        if kind != "export" or name in ("*", "="):
            continue
        for ref in [ref for ref in refs if ref.kind is Kind.FUNCTION][:1]:
            if view.family(ref.id) == "javascript" and _reads_event(view, ref.id, name):
                guarded = _gateway(view) if guarded is None else guarded
                yield _node(view, path, ref.id, name, guarded)


def _gateway(view: ModelView) -> tuple[Link, ...]:
    """The gateway's authorizer, where any function asks what it found out: whom it lets in is not here."""
    for fid in view.linker.functions:
        for instr in view.linker.code(fid) if view.family(fid) == "javascript" else ():
            if instr.op == Op.ATTR and instr.name == "authorizer":
                return (Link("authorizer of the gateway", (), (), view.span(fid, instr.start, instr.end)),)
    return ()


def _reads_event(view: ModelView, fid: str, name: str) -> bool:
    function = view.function(fid)
    if not function.params or not (name in _USUAL or function.params[0].name in ("event", "$0")):
        return False
    first = function.params[0].name
    loaded = {i.dst for i in instructions(function.body) if i.op == Op.LOAD and i.name == first}
    return any(
        i.op in (Op.ATTR, Op.ITEM) and i.args[0] in loaded and (i.name in _FIELDS or i.value in _FIELDS)
        for i in instructions(function.body)
    )


def _node(view: ModelView, path: str, fid: str, name: str, links: tuple[Link, ...]) -> RouteNode:
    function = view.function(fid)
    file = PurePosixPath(path)
    shown = file.parent.name if file.stem in ("index", "handler", "app", "main") else file.stem
    if name not in _USUAL:
        shown = name
    span = Span(view.linker.module_of[fid], function.name_start, function.name_end)
    return RouteNode(
        "lambda",
        f"lambda {path} {name}",
        "*",
        f"/{shown or file.stem}",
        span,
        ((path, function.start),),
        links,
        handler=Link(name, (fid,), (), span, None, "handler"),
        returns="parts",
    )


LAMBDA_FUNCTIONS = Library(
    name="lambda",
    language="javascript",
    packages=("aws-lambda", "@middy/core"),
    types={
        "Event": (
            "aws-lambda.{APIGatewayProxyEvent,APIGatewayEvent,APIGatewayProxyEventV2,ALBEvent}()",
            "aws-lambda.{LambdaFunctionURLEvent,APIGatewayProxyWithCognitoAuthorizerEvent}()",
            "aws-lambda.{APIGatewayProxyEventV2WithJWTAuthorizer,APIGatewayProxyEventV2WithRequestContext}()",
            "Handler<0>",
            "Before<0>.event",
        ),
        "Handler": ("@middy/core(0)", "@middy/core.default(0)"),
        "Chain": ("@middy/core()", "Chain.{use,before,after,onError,handler}()"),
        "Before": ("Chain.{before,after,onError}(0)",),
    },
    shapes={"Event": "event"},
    passes=("@middy/core(0)",),
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
