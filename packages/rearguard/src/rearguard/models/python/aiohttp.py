"""aiohttp's server, with its sessions and templates. API reference:
https://docs.aiohttp.org/en/stable/web_reference.html, https://aiohttp-session.readthedocs.io/,
https://aiohttp-jinja2.readthedocs.io/, https://aiohttp-security.readthedocs.io/
"""

from collections.abc import Iterator

from rearguard.link import Ref
from rearguard.models.concepts import (
    AutoEscape,
    CredentialRead,
    Denial,
    FileAccess,
    Guard,
    HtmlResponse,
    Principal,
    Redirect,
    RequestInput,
    ResponseBody,
    ServedType,
    TemplateRender,
)
from rearguard.models.dsl import Library
from rearguard.models.mark_concepts import RouteHandler
from rearguard.models.python.support import (
    HTTP_METHODS,
    call_of,
    class_methods,
    class_name,
    creation,
    decorator_links,
    function_link,
    handlers,
    items,
    link,
    made,
    router_refs,
)
from rearguard.models.routing import Link, RouteNode, RouterKey
from rearguard.models.settings_concepts import AccessLogFormat
from rearguard.models.view import CallView, ModelView, ValueView

__all__ = ["AIOHTTP"]

_APPS = ("aiohttp.web.Application", "aiohttp.web_app.Application")
_ADDERS = tuple(f"add_{method}" for method in HTTP_METHODS)


def routes(view: ModelView) -> Iterator[RouteNode]:
    """Yield routes of tables, lists and routers, sub-applications, and middleware."""
    yield from _registered(view)
    yield from _tables(view)
    yield from _mounted(view)
    for router in made(view, "aiohttp:App", *_APPS):
        call = creation(view, router)
        given = call.keyword("middlewares") if call is not None else None
        for element in items(given) if given is not None else ():
            yield _everywhere(view, router, element)
    for call in view.members("aiohttp:App.middlewares", ("append", "extend", "insert")):
        added = call.args[-1:]
        for router in _apps(view, _owner(call, 2)) if added else ():
            listed = call.member == "extend"
            for element in items(added[0]) if listed else added:
                yield _everywhere(view, router, element)


def _owner(call: CallView, depth: int) -> ValueView | None:
    """`app` of `app.router.add_get(...)`: what stands `depth` members before the call."""
    value: ValueView | None = ValueView(call.view, call.fid, call.call.args[0])
    for _ in range(depth):
        instr = value.instr if value is not None else None
        value = ValueView(call.view, call.fid, instr.args[0]) if instr is not None and instr.args else None
    return value


def _apps(view: ModelView, value: ValueView | None) -> tuple[Ref, ...]:
    """The applications meant; an annotated parameter means the program's one application."""
    found = router_refs(value, ("aiohttp:App",)) if value is not None else ()
    if not any(isinstance(ref.step, tuple) for ref in found):
        apps = made(view, "aiohttp:App", *_APPS)
        if len(apps) == 1:
            return apps
    return found


def _registered(view: ModelView) -> Iterator[RouteNode]:
    """`app.router.add_get(path, handler)`, `add_route(method, path, handler)`, `add_view(path, class)`."""
    for call in view.members("aiohttp:Dispatcher", (*_ADDERS, "add_route", "add_view")):
        routers = _apps(view, _owner(call, 2))
        for router in routers:
            yield from _route(view, router, call, call.member.removeprefix("add_"))
    for call in view.calls("aiohttp:Resource.add_route"):
        made_by = call_of(call.receiver) if call.receiver is not None else None
        path = made_by.arg(0, "path") if made_by is not None else None
        method, handler = call.arg(0, "method"), call.arg(1, "handler")
        if made_by is not None and handler is not None:
            for router in _apps(view, _owner(made_by, 2)):
                yield from _nodes(view, router, call, path, method.text if method else None, handler)


def _tables(view: ModelView) -> Iterator[RouteNode]:
    """`app.add_routes([web.get(...)])` and `app.add_routes(table)` with `@table.get(path)`."""
    for name in ("aiohttp:App.add_routes", "aiohttp:Dispatcher.add_routes"):
        for call in view.calls(name):
            given = call.arg(0, "routes")
            if given is None:
                continue
            for router in _apps(view, _owner(call, 1 if "App" in name else 2)):
                yield from _listed(view, router, call, given)
    for call in view.members("aiohttp:Table", (*HTTP_METHODS, "route", "view")):
        target = call.decorates
        if target is None or call.receiver is None:
            continue
        for router in router_refs(call.receiver, ("aiohttp:Table",)):
            yield from _decorated(view, router, call, target)


def _listed(view: ModelView, router: RouterKey, call: CallView, given: ValueView) -> Iterator[RouteNode]:
    tables = router_refs(given, ("aiohttp:Table",))
    if tables:
        order = view.order(call.fid, call.span.start)
        yield RouteNode("aiohttp", router, "*", "", call.span, order, mounts=tables, is_prefix=True)
    for element in items(given):
        inner = call_of(element)
        names = inner.names if inner is not None else ()
        if inner is not None and "aiohttp:RouteDef" in names:
            callee = ValueView(view, inner.fid, inner.call.args[0]).names
            yield from _route(view, router, inner, callee[0].rpartition(".")[2] if callee else "route")
        elif router_refs(element, ("aiohttp:Table",)):
            yield from _listed(view, router, call, element)


def _route(view: ModelView, router: RouterKey, call: CallView, member: str) -> Iterator[RouteNode]:
    """The nodes of `route(method, path, handler)`, `view(path, handler)`, `get(path, handler)`."""
    if member == "route":
        method, path, handler = call.arg(0, "method"), call.arg(1, "path"), call.arg(2, "handler")
        verb = method.text if method is not None else None
    else:
        path, handler = call.arg(0, "path"), call.arg(1, "handler")
        verb = "*" if member == "view" else member
    if handler is not None:
        yield from _nodes(view, router, call, path, verb, handler)


def _nodes(
    view: ModelView,
    router: RouterKey,
    call: CallView,
    path: ValueView | None,
    method: str | None,
    given: ValueView,
) -> Iterator[RouteNode]:
    text = path.text if path is not None else None
    verb = (method or "*").upper()
    for cid in given.classes:
        yield from _class_nodes(view, router, call, text, verb, cid)
    if given.classes:
        return
    functions, wrappers = handlers(given)
    for fid in functions:
        links = (*wrappers, *decorator_links(view, fid, _registering(view, fid)))
        yield _node(view, router, call, text, verb, function_link(view, fid), links)
    if not functions:
        yield _node(view, router, call, text, verb, link(given, "handler"), ())


def _registering(view: ModelView, fid: str) -> tuple[tuple[str, int], ...]:
    """The decorators of a function that put it into a table, and do not wrap it."""
    return tuple(
        (each.fid, each.value) for each in view.decorators(fid) if "aiohttp:Registered" in each.names
    )


def _class_nodes(
    view: ModelView, router: RouterKey, call: CallView, path: str | None, method: str, cid: str
) -> Iterator[RouteNode]:
    for name, fid in class_methods(view, cid).items():
        if method in ("*", name.upper()):
            handler = function_link(view, fid, "handler", f"{class_name(cid)}.{name}", cid)
            yield _node(view, router, call, path, name.upper(), handler, decorator_links(view, fid, ()))


def _decorated(view: ModelView, router: RouterKey, call: CallView, target: str) -> Iterator[RouteNode]:
    routed = call.member == "route"
    path = call.arg(1 if routed else 0, "path")
    method = call.arg(0, "method") if routed else None
    verb = "*" if call.member == "view" else call.member
    text = path.text if path is not None else None
    if method is not None:
        verb = method.text or "*"
    if target in view.linker.functions and view.function(target).kind != "class":
        links = decorator_links(view, target, _registering(view, target), call.value)
        yield _node(view, router, call, text, verb.upper(), function_link(view, target), links)
    else:
        yield from _class_nodes(view, router, call, text, "*", target)


def _node(
    view: ModelView,
    router: RouterKey,
    call: CallView,
    path: str | None,
    method: str,
    handler: Link,
    links: tuple[Link, ...],
) -> RouteNode:
    function = view.function(handler.functions[0]) if handler.functions else None
    first = function.params[:1] if function is not None else ()
    return RouteNode(
        "aiohttp",
        router,
        method,
        path,
        call.span,
        view.order(call.fid, call.span.start),
        links,
        handler,
        inputs={param.name: "request" for param in first},
    )


def _mounted(view: ModelView) -> Iterator[RouteNode]:
    for call in view.members("aiohttp:App", ("add_subapp", "add_domain")):
        prefix, child = call.arg(0, "prefix"), call.arg(1, "subapp")
        children = router_refs(child, ("aiohttp:App",)) if child is not None else ()
        text = prefix.text if prefix is not None and call.member == "add_subapp" else ""
        for router in _apps(view, call.receiver):
            order = view.order(call.fid, call.span.start)
            yield RouteNode("aiohttp", router, "*", text, call.span, order, mounts=children, is_prefix=True)


def _everywhere(view: ModelView, router: RouterKey, given: ValueView) -> RouteNode:
    order = view.order(given.fid, given.span.start)
    middleware = link(given, "middleware")
    return RouteNode(
        "aiohttp", router, "*", "", given.span, order, (middleware,), is_prefix=True, everywhere=True
    )


_WEB = "{aiohttp.web,aiohttp.web_response}"
_ERRORS = "{aiohttp.web,aiohttp.web_exceptions}"
_MOVED = "{HTTPFound,HTTPMovedPermanently,HTTPSeeOther,HTTPTemporaryRedirect,HTTPPermanentRedirect}"
_VERBS = "{" + ",".join(HTTP_METHODS) + "}"

AIOHTTP = Library(
    name="aiohttp",
    language="python",
    packages=("aiohttp", "aiohttp_session", "aiohttp_jinja2", "aiohttp_security"),
    types={
        # What is kept under its keys at start-up is found there in a request.
        "Hook": ("App.{cleanup_ctx,on_startup,on_cleanup,on_shutdown}.append(0)",),
        "App": (*(f"{path}()" for path in _APPS), "Hook<0>", "Request.{app,config_dict}"),
        "Dispatcher": ("App.router",),
        "Resource": ("Dispatcher.{add_resource,add_static}()",),
        "Table": ("aiohttp.web.RouteTableDef()", "aiohttp.web_routedef.RouteTableDef()"),
        "Registered": (f"Table.{{{','.join((*HTTP_METHODS, 'route', 'view'))}}}()",),
        "Called": (
            "App.{add_routes,add_subapp,add_domain}()",
            "App.middlewares.{append,extend,insert}()",
            "Dispatcher.{add_routes,add_view}()",
        ),
        "RouteDef": (f"aiohttp.web.{_VERBS}()", "aiohttp.web.{route,view}()"),
        "View": ("aiohttp.web.{View,web_urldispatcher.View}",),
        "Handler": (
            f"aiohttp.web.{_VERBS}(1|handler)",
            "aiohttp.web.route(2|handler)",
            f"Dispatcher.add_{_VERBS}(1|handler)",
            "Dispatcher.add_route(2|handler)",
            "Resource.add_route(1|handler)",
            "Registered(0)",
            "aiohttp.web.middleware(0)",
        ),
        "Request": (
            "Handler<0>",
            "View().request",
            "aiohttp.web.{Request,BaseRequest}()",
            "aiohttp.web_request.{Request,BaseRequest}()",
        ),
        # What a decorator calls so that takes the place of a handler: no other framework has its members.
        "Asked": (),
        "Upload": ("Request.post()[]", "Request.post().get()"),
        "Socket": ("aiohttp.web.WebSocketResponse()", "aiohttp.web_ws.WebSocketResponse()"),
        "Message": ("Socket[]", "Socket.receive()"),
        "Session": ("aiohttp_session.{get_session,new_session}()",),
    },
    sites=("App", "Table"),
    concepts=(
        RequestInput("Request.{query,query_string}", channel="query"),
        RequestInput("Request.rel_url.{query,query_string}", channel="query"),
        RequestInput("{Request,Asked}.match_info", channel="path"),
        RouteHandler("Request.match_info.{handler,route}"),
        RequestInput("Request.post()", channel="form"),
        RequestInput("Request.{json,text,read}()", channel="body"),
        RequestInput("Request.content.{read,readany,readline}()", channel="body"),
        RequestInput("Request.multipart()", channel="files"),
        RequestInput("Request.headers", channel="headers"),
        RequestInput("Request.cookies", channel="cookies"),
        RequestInput("Request.{url,rel_url,path,raw_path,path_qs}", channel="address"),
        RequestInput("Request.{host,remote}", channel="headers"),
        RequestInput("Message.data", channel="body"),
        RequestInput("Message.json()", channel="body"),
        RequestInput("Socket.{receive_str,receive_bytes,receive_json}()", channel="body"),
        CredentialRead("Session"),
        CredentialRead("Request.headers.{Authorization,AUTHORIZATION}"),
        Principal("Request.user"),
        ServedType("{aiohttp.web,aiohttp.web_fileresponse}.FileResponse(headers).Content-Type"),
        ServedType("{aiohttp.web,aiohttp.web_response}.Response(content_type)"),
        HtmlResponse(
            f"{_WEB}.Response(text)",
            content_type=("(content_type)", "(headers).Content-Type"),
            plain=True,
        ),
        HtmlResponse(
            f"{_WEB}.Response(body)",
            content_type=("(content_type)", "(headers).Content-Type"),
            plain=True,
        ),
        ResponseBody(f"{_WEB}.{{Response,json_response}}(0|body)"),
        ResponseBody(f"{_WEB}.{{Response,json_response}}(text)"),
        Redirect(f"{_ERRORS}.{_MOVED}(0|location)"),
        Redirect(f"{_WEB}.Response(headers).Location"),
        FileAccess("{aiohttp.web,aiohttp.web_fileresponse}.FileResponse(0|path)", action="send"),
        TemplateRender(
            "aiohttp_jinja2.{render_template,render_string}(0|template_name)", values="(2|context)"
        ),
        TemplateRender(
            "aiohttp_jinja2.render_template_async(0|template_name)", values="(2|context)", escapes="setting"
        ),
        TemplateRender("aiohttp_jinja2.template(0|template_name)", values="return", escapes="setting"),
        AutoEscape("aiohttp_jinja2.setup(autoescape)"),
        AccessLogFormat("aiohttp.web.{run_app,AppRunner}(access_log_format)", header=r"%\{([\w-]+)\}i"),
        Denial(f"{_ERRORS}.HTTPUnauthorized()", status=401),
        Denial(f"{_ERRORS}.HTTPForbidden()", status=403),
        Denial(f"{_ERRORS}.HTTPNotFound()", status=404),
        Denial(f"{_WEB}.{{Response,json_response}}(status)"),
        Guard("aiohttp_security.check_authorized()", kind="authentication"),
        Guard("aiohttp_security.check_permission()", kind="authorization"),
    ),
    shapes={"Asked": "request"},
    routes=routes,
)
