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

_EXPORTS = ("handler", "lambdaHandler", "main")
_FIELDS = frozenset(
    (
        *("queryStringParameters", "pathParameters", "multiValueQueryStringParameters", "requestContext"),
        *("body", "rawPath", "rawQueryString", "httpMethod", "isBase64Encoded", "headers"),
    )
)


def routes(view: ModelView) -> Iterator[RouteNode]:
    """Yield one endpoint per exported handler that reads what a gateway sends."""
    for path, module in view.linker.modules.items():
        if module.language not in ("javascript", "typescript", "tsx"):
            continue
        for name in _EXPORTS:
            for ref in view.linker.slots.get(("export", path, name), ())[:1]:
                if ref.kind is Kind.FUNCTION and _reads_event(view, ref.id):
                    yield _node(view, path, ref.id, name)


def _reads_event(view: ModelView, fid: str) -> bool:
    function = view.function(fid)
    if not function.params:
        return False
    first = function.params[0].name
    loaded = {i.dst for i in instructions(function.body) if i.op == Op.LOAD and i.name == first}
    return any(
        i.op in (Op.ATTR, Op.ITEM) and i.args[0] in loaded and (i.name in _FIELDS or i.value in _FIELDS)
        for i in instructions(function.body)
    )


def _node(view: ModelView, path: str, fid: str, name: str) -> RouteNode:
    function = view.function(fid)
    file = PurePosixPath(path)
    shown = file.parent.name if file.stem in ("index", "handler", "app", "main") else file.stem
    span = Span(view.linker.module_of[fid], function.name_start, function.name_end)
    return RouteNode(
        "lambda",
        f"lambda {path}",
        "*",
        f"/{shown or file.stem}",
        span,
        ((path, function.start),),
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
