"""Robyn. API reference: https://robyn.tech/documentation/en/api_reference/getting_started,
https://robyn.tech/documentation/en/api_reference/request_object,
https://robyn.tech/documentation/en/api_reference/authentication
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from rearguard.link import Ref
from rearguard.models.concepts import (
    CredentialRead,
    Denial,
    FileAccess,
    HtmlResponse,
    Principal,
    Redirect,
    RequestInput,
    ResponseBody,
    TemplateRender,
)
from rearguard.models.dsl import Library
from rearguard.models.python.support import creation, decorator_links, function_link, router_refs
from rearguard.models.routing import Link, RouteNode, RouterKey
from rearguard.models.view import CallView, ModelView, ValueView

__all__ = ["ROBYN"]

_VERBS = ("get", "post", "put", "patch", "delete", "head", "options", "connect", "trace")
_PART = re.compile(r":(?P<name>\w+)")
_NAMED = {
    "request": "request",
    "req": "request",
    "r": "request",
    "query_params": "query",
    "path_params": "path",
    "headers": "headers",
    "body": "body",
    "json": "body",
    "form_data": "form",
    "files": "files",
    "identity": "principal",
}
"""What parameters without an annotation hold, by their names."""
_ANNOTATED = {
    "Request": "request",
    "QueryParams": "query",
    "PathParams": "path",
    "Headers": "headers",
    "Body": "body",
    "JsonBody": "body",
    "RequestBody": "body",
    "FormData": "form",
    "Files": "files",
    "Identity": "principal",
}
_UNSAID = frozenset(("method", "url", "ip_addr", "global_dependencies", "router_dependencies"))


def routes(view: ModelView) -> Iterator[RouteNode]:
    """Yield decorated handlers, what runs before them, and routers included in others."""
    calls = tuple(view.members("robyn:App", _VERBS))
    registering = frozenset((call.fid, call.value) for call in calls)
    for call in calls:
        target = call.decorates
        if target is not None and target in view.linker.functions:
            links = (*_authentication(view, call), *decorator_links(view, target, registering, call.value))
            for router in _routers(call.receiver):
                yield _node(view, router, call, target, links)
    for call in view.members("robyn:App", ("before_request",)):
        yield from _before(view, call)
    for call in view.members("robyn:App", ("include_router",)):
        given = call.arg(0, "router")
        children = router_refs(given, ("robyn:App",)) if given is not None else ()
        for router in _routers(call.receiver):
            order = view.order(call.fid, call.span.start)
            yield RouteNode("robyn", router, "*", "", call.span, order, mounts=children, is_prefix=True)


def _routers(value: ValueView | None) -> tuple[Ref, ...]:
    return router_refs(value, ("robyn:App",)) if value is not None else ()


def _prefixed(view: ModelView, router: RouterKey, path: str | None) -> str | None:
    """The path behind the prefix that a `SubRouter` was made with."""
    call = creation(view, router) if isinstance(router, Ref) else None
    given = call.arg(1, "prefix") if call is not None and "robyn.SubRouter" in _callee(call) else None
    if path is None or (given is not None and given.text is None):
        return None
    return path if given is None or given.text is None else given.text.rstrip("/") + "/" + path.lstrip("/")


def _callee(call: CallView) -> tuple[str, ...]:
    return ValueView(call.view, call.fid, call.call.args[0]).names


def _node(
    view: ModelView, router: RouterKey, call: CallView, target: str, links: tuple[Link, ...]
) -> RouteNode:
    given = call.arg(0, "endpoint")
    return RouteNode(
        "robyn",
        router,
        call.member.upper(),
        _prefixed(view, router, given.text if given is not None else None),
        call.span,
        view.order(call.fid, call.span.start),
        links,
        function_link(view, target),
        inputs=_inputs(view, target, given.text or "" if given is not None else ""),
        returns="json",
    )


def _inputs(view: ModelView, fid: str, path: str) -> dict[str, str]:
    """The channel of each parameter, by annotation, path or name; the rest is the query."""
    parts = {match["name"] for match in _PART.finditer(path)}
    found: dict[str, str] = {}
    for param in view.function(fid).params:
        _, annotation = view.parameter(fid, param.name)
        kind = annotation.source_text.rpartition(".")[2] if annotation is not None else ""
        derived = annotation is not None and any("robyn:Body" in name for name in annotation.names)
        if param.name in _UNSAID or param.kind not in ("positional", "keyword"):
            continue
        if derived or kind in _ANNOTATED:
            found[param.name] = "body" if derived else _ANNOTATED[kind]
        elif param.name in parts:
            found[param.name] = f"path:{kind}" if kind in ("int", "float") else "path"
        else:
            found[param.name] = _NAMED.get(
                param.name, f"query:{kind}" if kind in ("int", "float") else "query"
            )
    return found


def _authentication(view: ModelView, call: CallView) -> tuple[Link, ...]:
    """`auth_required=True`: the handler given to `configure_authentication` lets pass whom it identifies."""
    given = call.keyword("auth_required")
    if given is None or given.const is not True:
        return ()
    found = tuple(
        method
        for configured in view.members("robyn:App", ("configure_authentication",))
        if (handler := configured.arg(0, "authentication_handler")) is not None
        for cid in handler.classes
        if (method := view.linker.method(cid, "authenticate")) is not None
    )
    return (Link("auth_required", found, (), given.span, None, "hook", verdict=True),)


def _before(view: ModelView, call: CallView) -> Iterator[RouteNode]:
    target = call.decorates
    if target is None or target not in view.linker.functions:
        return
    hook = replace(function_link(view, target, "hook"), inputs=_inputs(view, target, ""))
    given = call.arg(0, "endpoint")
    for router in _routers(call.receiver):
        order = view.order(call.fid, call.span.start)
        everywhere = given is None or given.const is None
        path = "" if everywhere else _prefixed(view, router, given.text if given is not None else None)
        yield RouteNode(
            "robyn",
            router,
            "*",
            path,
            call.span,
            order,
            (hook,),
            is_prefix=everywhere,
            everywhere=everywhere,
        )


_REGISTERS = ",".join(_VERBS)

ROBYN = Library(
    name="robyn",
    language="python",
    packages=("robyn",),
    types={
        "App": ("robyn.{Robyn,SubRouter}()",),
        "Registered": (
            f"App.{{{_REGISTERS},before_request}}()()",
            "App.{include_router,configure_authentication}()",
        ),
        "Body": ("robyn.types.{Body,JsonBody}", "robyn.{JsonBody,Body}"),
        "Handler": (f"App.{{{_REGISTERS},before_request}}()(0)",),
        "Request": (
            "Handler<0>",
            "robyn.{Request,robyn.Request}()",
            "robyn.authentication.AuthenticationHandler.authenticate<1>",
            "robyn.AuthenticationHandler.authenticate<1>",
        ),
    },
    sites=("App",),
    concepts=(
        RequestInput("Request.query_params", channel="query"),
        RequestInput("Request.path_params", channel="path"),
        RequestInput("Request.body", channel="body"),
        RequestInput("Request.json()", channel="body"),
        RequestInput("Request.form_data", channel="form"),
        RequestInput("Request.files", channel="files"),
        RequestInput("Request.headers", channel="headers"),
        CredentialRead("Request.headers.{Authorization,authorization}"),
        CredentialRead("robyn.authentication.BearerGetter().get_token()"),
        Principal("Request.identity"),
        HtmlResponse("robyn.{html,responses.html}(0|html)"),
        HtmlResponse(
            "robyn.{Response,robyn.Response}(2|description)",
            content_type=("(1|headers).Content-Type",),
            plain=True,
        ),
        ResponseBody("robyn.{html,responses.html,jsonify}(0)"),
        ResponseBody("robyn.{Response,robyn.Response}(2|description)"),
        Redirect("robyn.{Response,robyn.Response}(1|headers).Location"),
        FileAccess("robyn.{serve_file,serve_html}(0|file_path)", action="send"),
        TemplateRender("robyn.templating.JinjaTemplate().render_template(0|template_name)", values="**"),
        Denial("robyn.{Response,robyn.Response}(0|status_code)"),
    ),
    routes=routes,
)
