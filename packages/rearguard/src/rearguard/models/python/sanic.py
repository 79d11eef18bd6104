"""Sanic. API reference: https://sanic.dev/en/guide/basics/routing.html, https://sanic.dev/en/guide/basics/request.html,
https://sanic.dev/en/guide/basics/response.html, https://sanic.dev/en/guide/best-practices/blueprints.html
"""

import re
from collections.abc import Iterator

from rearguard.link import Ref
from rearguard.models.concepts import (
    CredentialRead,
    Denial,
    FileAccess,
    Guard,
    HtmlResponse,
    Redirect,
    RequestInput,
    ResponseBody,
    TemplateRender,
)
from rearguard.models.dsl import Library
from rearguard.models.python.flask import view_classes
from rearguard.models.python.support import (
    class_attribute,
    class_methods,
    class_name,
    constants,
    creation,
    decorator_links,
    function_link,
    handlers,
    items,
    link,
    parameters,
    router_refs,
)
from rearguard.models.routing import Link, RouteNode, RouterKey
from rearguard.models.view import CallView, ModelView, ValueView

__all__ = ["SANIC"]

_VERBS = ("get", "post", "put", "patch", "delete", "head", "options")
_ROUTE = re.compile(r"<(?P<name>\w+)(?::(?P<type>[^>]*))?>")
_TYPED = {
    "int": "path:int",
    "number": "path:float",
    "float": "path:float",
    "uuid": "path:uuid",
    "ymd": "path:date",
}


def routes(view: ModelView) -> Iterator[RouteNode]:
    """Yield decorated handlers, `add_route`, blueprints and groups, and request middleware."""
    calls = tuple(view.members("sanic:Router", ("route", "websocket", *_VERBS)))
    registering = frozenset((call.fid, call.value) for call in calls)
    for call in calls:
        target = call.decorates
        if target is not None and target in view.linker.functions:
            links = decorator_links(view, target, registering, call.value)
            for router in _routers(call.receiver):
                yield from _nodes(view, router, call, call.arg(0, "uri"), function_link(view, target), links)
    for call in view.members("sanic:Router", ("add_route",)):
        yield from _added(view, call)
    yield from _mounted(view)
    yield from _middleware(view)


def _routers(value: ValueView | None) -> tuple[Ref, ...]:
    return router_refs(value, ("sanic:Router",)) if value is not None else ()


def _added(view: ModelView, call: CallView) -> Iterator[RouteNode]:
    given, path = call.arg(0, "handler"), call.arg(1, "uri")
    if given is None:
        return
    classes, around = view_classes(given)
    for router in _routers(call.receiver):
        for cid in classes:
            yield from _class_nodes(view, router, call, path, cid, around)
        functions, wrappers = handlers(given) if not classes else ((), ())
        for fid in functions:
            links = (*wrappers, *decorator_links(view, fid, ()))
            yield from _nodes(view, router, call, path, function_link(view, fid), links)


def _class_nodes(
    view: ModelView,
    router: RouterKey,
    call: CallView,
    path: ValueView | None,
    cid: str,
    around: tuple[Link, ...],
) -> Iterator[RouteNode]:
    given = class_attribute(view, cid, "decorators")
    own = tuple(link(value, "class") for value in items(given)) if given is not None else ()
    for name, fid in class_methods(view, cid).items():
        handler = function_link(view, fid, "handler", f"{class_name(cid)}.{name}", cid)
        links = (*around, *own, *decorator_links(view, fid, ()))
        yield _node(view, router, call, path, name.upper(), handler, links)


def _nodes(
    view: ModelView,
    router: RouterKey,
    call: CallView,
    path: ValueView | None,
    handler: Link,
    links: tuple[Link, ...],
) -> Iterator[RouteNode]:
    for method in _methods(call):
        yield _node(view, router, call, path, method, handler, links)


def _methods(call: CallView) -> tuple[str, ...]:
    if call.member == "websocket":
        return ("WEBSOCKET",)
    if call.member in _VERBS:
        return (call.member.upper(),)
    given = call.keyword("methods")
    found = constants(given) if given is not None else ("GET",)
    return tuple(method.upper() for method in found) if found else ("*",)


def _node(
    view: ModelView,
    router: RouterKey,
    call: CallView,
    path: ValueView | None,
    method: str,
    handler: Link,
    links: tuple[Link, ...],
) -> RouteNode:
    rule = path.text if path is not None else None
    typed = {m["name"]: _TYPED.get(m["type"] or "", "path") for m in _ROUTE.finditer(rule or "")}
    names = parameters(view.function(handler.functions[0]))
    socket = names[1:2] if method == "WEBSOCKET" else ()
    inputs = dict.fromkeys(names[:1], "request")
    inputs |= {name: typed.get(name, "path") for name in names[1:] if name not in socket}
    return RouteNode(
        "sanic",
        router,
        method,
        _plain(rule) if rule is not None else None,
        call.span,
        view.order(call.fid, call.span.start),
        links,
        handler,
        inputs=inputs,
    )


def _plain(rule: str) -> str:
    """A rule with parameters as others write them."""

    def parameter(match: re.Match[str]) -> str:
        return f"<path:{match['name']}>" if match["type"] == "path" else f"<{match['name']}>"

    return _ROUTE.sub(parameter, rule)


def _mounted(view: ModelView) -> Iterator[RouteNode]:
    for call in view.members("sanic:Router", ("blueprint",)):
        given = call.arg(0, "blueprint")
        if given is None:
            continue
        for value in (given, *items(given)):
            for child in router_refs(value, ("sanic:Blueprint",)):
                prefix = call.keyword("url_prefix")
                text = prefix.text if prefix is not None else _made_with(view, child)
                for router in _routers(call.receiver):
                    yield _mount(view, call, router, text, child)
    for call in view.calls("sanic.Blueprint.group", "sanic.blueprints.Blueprint.group"):
        for group in router_refs(call, ("sanic:Blueprint",)):
            for argument in call.args:
                for child in router_refs(argument, ("sanic:Blueprint",)):
                    yield _mount(view, call, group, _made_with(view, child), child)


def _made_with(view: ModelView, router: Ref) -> str | None:
    """`url_prefix` that a blueprint or group was made with; "" without, `None` when not constant."""
    call = creation(view, router)
    given = call.keyword("url_prefix") if call is not None else None
    return given.text if given is not None else ""


def _mount(view: ModelView, call: CallView, router: RouterKey, text: str | None, child: Ref) -> RouteNode:
    order = view.order(call.fid, call.span.start)
    return RouteNode("sanic", router, "*", text, call.span, order, mounts=(child,), is_prefix=True)


def _middleware(view: ModelView) -> Iterator[RouteNode]:
    """What runs before every handler of an application or blueprint."""
    for call in view.members("sanic:Router", ("middleware", "on_request", "register_middleware")):
        given = call.arg(0, "middleware_or_request")
        if given is not None and given.text == "response":
            continue
        target = call.decorates
        if target is not None and target in view.linker.functions:
            middleware = function_link(view, target, "middleware")
        elif given is not None and given.functions:
            middleware = function_link(view, given.functions[0], "middleware")
        else:
            continue
        for router in _routers(call.receiver):
            order = view.order(call.fid, call.span.start)
            yield RouteNode(
                "sanic", router, "*", "", call.span, order, (middleware,), is_prefix=True, everywhere=True
            )


_RESPONSE = "{sanic.response,sanic}"
_REGISTERS = ",".join(("route", "websocket", *_VERBS))

SANIC = Library(
    name="sanic",
    language="python",
    packages=("sanic", "sanic_ext", "sanic_jwt"),
    types={
        "App": ("sanic.{Sanic,app.Sanic}()", "sanic.Sanic.get_app()"),
        "Blueprint": ("sanic.{Blueprint,blueprints.Blueprint}()", "sanic.Blueprint.group()"),
        "Router": ("App", "Blueprint"),
        "Registered": (
            f"Router.{{{_REGISTERS}}}()()",
            "Router.{add_route,blueprint,middleware,on_request,register_middleware}()",
        ),
        "ViewClass": ("sanic.views.HTTPMethodView",),
        "AsView": ("ViewClass.as_view()",),
        "Handler": (f"Router.{{{_REGISTERS}}}()(0)", "Router.add_route(0|handler)", "Router.middleware()(0)"),
        "Request": (
            "Handler<0>",
            "ViewClass.{get,post,put,patch,delete,head,options}<0>",
            "sanic.{Request,request.Request}()",
        ),
        "Upload": ("Request.files.get()", "Request.files[]"),
        "Socket": ("Handler<1>",),
    },
    sites=("App", "Blueprint"),
    concepts=(
        RequestInput("Request.{args,query_args,query_string}", channel="query"),
        RequestInput("Request.{get_args,get_query_args}()", channel="query"),
        RequestInput("Request.form", channel="form"),
        RequestInput("Request.get_form()", channel="form"),
        RequestInput("Request.{json,body}", channel="body"),
        RequestInput("Request.files", channel="files"),
        RequestInput("Upload.name", channel="files"),
        RequestInput("Request.{headers,host}", channel="headers"),
        RequestInput("Request.cookies", channel="cookies"),
        RequestInput("Request.match_info", channel="path"),
        RequestInput("Request.{url,path,raw_url}", channel="address"),
        RequestInput("Socket.recv()", channel="body"),
        CredentialRead("Request.{token,credentials}"),
        CredentialRead("Request.headers.{Authorization,authorization}"),
        HtmlResponse(f"{_RESPONSE}.html(0|body)"),
        HtmlResponse(
            f"{_RESPONSE}.{{HTTPResponse,raw}}(0|body)", content_type=("(3|content_type)",), plain=True
        ),
        ResponseBody(f"{_RESPONSE}.{{html,text,json,raw,HTTPResponse}}(0|body)"),
        Redirect(f"{_RESPONSE}.redirect(0|to)"),
        FileAccess(f"{_RESPONSE}.{{file,file_stream}}(0|location)", action="send"),
        TemplateRender("sanic_ext.render(0|template_name)", values="(context)"),
        Denial(f"{_RESPONSE}.{{html,text,json,HTTPResponse}}(1|status)"),
        Denial("sanic.exceptions.Unauthorized()", status=401),
        Denial("sanic.exceptions.Forbidden()", status=403),
        Denial("sanic.exceptions.SanicException(status_code)"),
        Guard("{sanic_jwt,sanic_jwt.decorators}.protected()", kind="authentication"),
        Guard("{sanic_jwt,sanic_jwt.decorators}.scoped()", kind="authorization"),
    ),
    routes=routes,
)
