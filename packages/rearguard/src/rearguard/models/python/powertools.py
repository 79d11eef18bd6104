"""Event handlers of Powertools for AWS Lambda.

API reference: https://docs.aws.amazon.com/powertools/python/latest/core/event_handler/api_gateway/
"""

import re
from collections.abc import Iterator

from rearguard.models.concepts import (
    CredentialRead,
    Denial,
    HtmlResponse,
    Principal,
    Redirect,
    RequestInput,
)
from rearguard.models.dsl import Library
from rearguard.models.python.support import (
    constants,
    decorator_links,
    function_link,
    items,
    link,
    parameters,
    router_refs,
)
from rearguard.models.routing import Link, RouteNode, RouterKey
from rearguard.models.view import CallView, ModelView, ValueView

__all__ = ["POWERTOOLS"]

_VERBS = ("get", "post", "put", "patch", "delete", "head", "route")
_KINDS = ("powertools:App",)
_PART = re.compile(r"<(\w+)>")


def routes(view: ModelView) -> Iterator[RouteNode]:
    """Yield decorated functions, routers that are included, and middleware of all routes."""
    calls = tuple(view.members("powertools:App", _VERBS))
    registering = frozenset((call.fid, call.value) for call in calls)
    for call in calls:
        target = call.decorates
        if target is None or target not in view.linker.functions:
            continue
        links = (
            *_given(call.keyword("middlewares")),
            *decorator_links(view, target, registering, call.value),
        )
        for router in _routers(call):
            yield from _nodes(view, router, call, target, links)
    for call in view.members("powertools:App", ("include_router", "use")):
        order = view.order(call.fid, call.span.start)
        given, prefix = call.arg(0, "router"), call.arg(1, "prefix")
        for router in _routers(call):
            if call.member == "use":
                links = _given(call.arg(0, "middlewares"))
                yield RouteNode(
                    "powertools",
                    router,
                    "*",
                    "",
                    call.span,
                    order,
                    links,
                    is_prefix=True,
                    everywhere=True,
                )
            elif given is not None:
                text = prefix.text if prefix is not None else ""
                mounts = router_refs(given, _KINDS)
                yield RouteNode(
                    "powertools", router, "*", text, call.span, order, mounts=mounts, is_prefix=True
                )


def _routers(call: CallView) -> tuple[RouterKey, ...]:
    return router_refs(call.receiver, _KINDS) if call.receiver is not None else ()


def _given(listed: ValueView | None) -> tuple[Link, ...]:
    return tuple(link(value, "middleware") for value in items(listed)) if listed is not None else ()


def _nodes(
    view: ModelView, router: RouterKey, call: CallView, target: str, links: tuple[Link, ...]
) -> Iterator[RouteNode]:
    methods = constants(call.arg(1, "method")) if call.member == "route" else (call.member,)
    rule = call.arg(0, "rule")
    text = rule.text if rule is not None else None
    own = set(_PART.findall(text or ""))
    # What is no part of the path is taken from the query, where the resolver validates.
    inputs = {name: "path" if name in own else "query" for name in parameters(view.function(target))}
    for method in methods or ("*",):
        yield RouteNode(
            "powertools",
            router,
            method.upper(),
            text,
            call.span,
            view.order(call.fid, call.span.start),
            links,
            function_link(view, target),
            inputs=inputs,
            returns="json",
        )


_MODULE = "aws_lambda_powertools.event_handler"

POWERTOOLS = Library(
    name="powertools",
    language="python",
    packages=("aws_lambda_powertools",),
    types={
        "App": (
            (
                f"{_MODULE}.{{APIGatewayRestResolver,APIGatewayHttpResolver,ALBResolver,"
                "LambdaFunctionUrlResolver,VPCLatticeResolver,VPCLatticeV2Resolver,ApiGatewayResolver}()"
            ),
            f"{_MODULE}.{{api_gateway,router}}.{{Router,APIGatewayRouter,APIGatewayHttpRouter,ALBRouter}}()",
            f"{_MODULE}.router.{{LambdaFunctionUrlRouter,VPCLatticeRouter,VPCLatticeV2Router}}()",
            "Middleware<0>",
        ),
        "Registered": (f"App.{{{','.join(_VERBS)}}}()()", "App.{include_router,use}()"),
        "Middleware": (f"App.{{{','.join(_VERBS)}}}(middlewares)", "App.use(middlewares)"),
        "Event": ("App.current_event",),
    },
    sites=("App",),
    concepts=(
        RequestInput("Event.{json_body,body,decoded_body}", channel="body"),
        RequestInput("Event.{query_string_parameters,multi_value_query_string_parameters}", channel="query"),
        RequestInput("Event.resolved_query_string_parameters", channel="query"),
        RequestInput(
            "Event.{get_query_string_value,get_multi_value_query_string_values}()",
            channel="query",
            key="(0|name)",
        ),
        RequestInput("Event.path_parameters", channel="path"),
        RequestInput("Event.headers", channel="headers"),
        RequestInput("Event.get_header_value()", channel="headers", key="(0|name)"),
        CredentialRead("Event.headers.{authorization,Authorization}"),
        Principal("Event.request_context.authorizer"),
        Principal("App.context.{user,claims,current_user}"),
        Denial(f"{_MODULE}.exceptions.UnauthorizedError()", status=401),
        Denial(f"{_MODULE}.exceptions.ForbiddenError()", status=403),
        Denial(f"{_MODULE}.exceptions.{{ServiceError}}(0|status_code)"),
        HtmlResponse(f"{_MODULE}.Response(body)", content_type=("(1|content_type)",), plain=True),
        Redirect(f"{_MODULE}.Response(headers).Location"),
    ),
    routes=routes,
)
