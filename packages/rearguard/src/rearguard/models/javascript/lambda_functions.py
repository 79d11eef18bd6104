"""AWS Lambda functions behind API Gateway, a load balancer or a function URL.

API references: https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html, https://middy.js.org/docs/
"""

from collections.abc import Iterator

from rearguard.link import Kind
from rearguard.models.dsl import Library
from rearguard.models.gateway_events import CONCEPTS, USUAL, authorizer, path_of, reads_event
from rearguard.models.routing import Link, RouteNode
from rearguard.models.view import ModelView
from rearguard.program import Span

__all__ = ["LAMBDA_FUNCTIONS"]


def routes(view: ModelView) -> Iterator[RouteNode]:
    """Yield one endpoint per exported handler that reads what a gateway sends."""
    guarded: tuple[Link, ...] | None = None
    for (kind, path, name), refs in view.linker.slots.items():
        if kind != "export" or name in ("*", "="):
            continue
        for ref in [ref for ref in refs if ref.kind is Kind.FUNCTION][:1]:
            if view.family(ref.id) == "javascript" and _is_handler(view, ref.id, name):
                guarded = authorizer(view, "javascript") if guarded is None else guarded
                yield _node(view, path, ref.id, name, guarded)


def _is_handler(view: ModelView, fid: str, name: str) -> bool:
    """What takes its first parameter apart says of that nothing: then the function's name has to."""
    params = view.function(fid).params
    return bool(params) and (name in USUAL or params[0].name == "event") and reads_event(view, fid)


def _node(view: ModelView, path: str, fid: str, name: str, links: tuple[Link, ...]) -> RouteNode:
    function = view.function(fid)
    span = Span(view.linker.module_of[fid], function.name_start, function.name_end)
    return RouteNode(
        "lambda",
        f"lambda {path} {name}",
        "*",
        path_of(name, path),
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
    concepts=CONCEPTS,
    routes=routes,
)
