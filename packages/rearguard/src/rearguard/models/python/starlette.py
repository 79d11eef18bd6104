"""Starlette. API reference: https://www.starlette.io/routing/, https://www.starlette.io/requests/"""

from collections.abc import Iterator

from rearguard.link import Ref
from rearguard.models.concepts import (
    Context,
    CredentialRead,
    Denial,
    FileAccess,
    Guard,
    HtmlResponse,
    Invocation,
    Principal,
    Redirect,
    RequestInput,
    ResponseBody,
    Sanitizer,
    ServedType,
    SessionStore,
    TemplateRender,
)
from rearguard.models.dsl import Library
from rearguard.models.python.support import (
    call_of,
    class_methods,
    class_name,
    constants,
    creation,
    decorator_links,
    function_link,
    handlers,
    items,
    link,
    made,
    parameters,
    router_refs,
)
from rearguard.models.routing import Link, RouteNode, RouterKey
from rearguard.models.view import CallView, ModelView, ValueView

__all__ = ["STARLETTE"]

_APPS = ("starlette.applications.Starlette", "starlette.routing.Router")
_CONTENT_TYPE = ("(3|media_type)", "(2|headers).content-type")


def routes(view: ModelView) -> Iterator[RouteNode]:
    """Yield the routes of written-out lists, `add_route` and `mount`, and middleware."""
    for router in made(view, "starlette:App", *_APPS):
        call = creation(view, router)
        given = call.keyword("routes") if call is not None else None
        if given is not None:
            yield from _listed(view, router, given)
        if call is not None:
            yield from (_everywhere(view, router, around, call) for around in _stack(call))
    yield from _added(view)


def _stack(call: CallView) -> Iterator[Link]:
    """The elements of `middleware=[Middleware(...)]`, which applications, mounts and routes take."""
    stack = call.keyword("middleware")
    for element in items(stack) if stack is not None else ():
        inner = call_of(element)
        if inner is not None and inner.args:
            yield link(inner.args[0], "middleware")


def _listed(view: ModelView, router: RouterKey, given: ValueView) -> Iterator[RouteNode]:
    for element in items(given):
        call = call_of(element)
        if call is None:
            continue
        if "starlette:Route" in call.names:
            yield from _route(view, router, call, 0)
        elif "starlette:Mount" in call.names:
            yield from _mounted(view, router, call)


def _mounted(view: ModelView, router: RouterKey, call: CallView) -> Iterator[RouteNode]:
    path, inner, app = call.arg(0, "path"), call.keyword("routes"), call.arg(1, "app")
    children: tuple[RouterKey, ...] = router_refs(app, ("starlette:App",)) if app is not None else ()
    if inner is not None:
        own = f"starlette:{call.fid}#{call.value}"
        children = (*children, own)
        for around in _stack(call):
            yield _everywhere(view, own, around, call)
        yield from _listed(view, own, inner)
    if children:
        order = view.order(call.fid, call.span.start)
        text = path.text if path is not None else None
        yield RouteNode("starlette", router, "*", text, call.span, order, mounts=children, is_prefix=True)


def _route(view: ModelView, router: RouterKey, call: CallView, first: int) -> Iterator[RouteNode]:
    """The nodes of `Route(path, endpoint, methods=...)`, or of a method with these arguments."""
    path, given = call.arg(first, "path"), call.arg(first + 1, "endpoint") or call.keyword("route")
    if given is None:
        return
    socket = "starlette:SocketRoute" in call.names or "websocket" in call.member
    named = call.keyword("methods")
    methods = constants(named) if named is not None else None
    for cid in given.classes:
        for name, fid in class_methods(view, cid).items():
            handler = function_link(view, fid, "handler", f"{class_name(cid)}.{name}", cid)
            yield _node(view, router, call, path, name.upper(), handler, decorator_links(view, fid, ()))
    if given.classes:
        return
    functions, wrappers = handlers(given)
    around = tuple(_stack(call)) if "starlette:Route" in call.names else ()
    for fid in functions:
        chain = (*around, *wrappers, *decorator_links(view, fid, ()))
        for method in ("WEBSOCKET",) if socket else methods or ("GET",):
            yield _node(view, router, call, path, method.upper(), function_link(view, fid), chain)


def _node(
    view: ModelView,
    router: RouterKey,
    call: CallView,
    path: ValueView | None,
    method: str,
    handler: Link,
    chain: tuple[Link, ...],
) -> RouteNode:
    names = parameters(view.function(handler.functions[0]))
    return RouteNode(
        "starlette",
        router,
        method,
        path.text if path is not None else None,
        call.span,
        view.order(call.fid, call.span.start),
        chain,
        handler,
        inputs=dict.fromkeys(names[:1], "request"),
    )


def _added(view: ModelView) -> Iterator[RouteNode]:
    for call in view.members("starlette:App", ("add_route", "add_websocket_route")):
        for router in _routers(call):
            yield from _route(view, router, call, 0)
    for call in view.members("starlette:App", ("mount",)):
        for router in _routers(call):
            yield from _mounted(view, router, call)
    for call in view.members("starlette:App", ("add_middleware",)):
        for router in _routers(call):
            if call.args:
                yield _everywhere(view, router, link(call.args[0], "middleware"), call)


def _routers(call: CallView) -> tuple[Ref, ...]:
    return router_refs(call.receiver, ("starlette:App",)) if call.receiver is not None else ()


def _everywhere(view: ModelView, router: RouterKey, middleware: Link, call: CallView) -> RouteNode:
    order = view.order(call.fid, call.span.start)
    return RouteNode(
        "starlette", router, "*", "", call.span, order, (middleware,), is_prefix=True, everywhere=True
    )


_RESPONSES = "{fastapi,starlette}.responses"

STARLETTE = Library(
    name="starlette",
    language="python",
    packages=("starlette", "fastapi"),
    types={
        "App": tuple(f"{path}()" for path in _APPS),
        "Lifespan": tuple(f"{path}(lifespan)" for path in (*_APPS, "fastapi.FastAPI")),
        "State": ("{App,fastapi:App,Request.app,Lifespan<0>}.state",),
        "Registered": ("App.{add_route,add_websocket_route,mount,add_middleware}()",),
        "Route": ("starlette.routing.{Route,WebSocketRoute}()",),
        "SocketRoute": ("starlette.routing.WebSocketRoute()",),
        "Mount": ("starlette.routing.{Mount,Host}()",),
        "Endpoint": ("starlette.endpoints.HTTPEndpoint",),
        "SocketEndpoint": ("starlette.endpoints.WebSocketEndpoint",),
        "Handler": (
            "starlette.routing.{Route,WebSocketRoute}(1|endpoint)",
            "App.add_route(1|route)",
            "App.add_websocket_route(1|route)",
        ),
        "Request": (
            "Handler<0>",
            "Endpoint.{get,post,put,patch,delete,head,options}<0>",
            "SocketEndpoint.{on_connect,on_receive,on_disconnect}<0>",
            "starlette.requests.{Request,HTTPConnection}()",
            "fastapi.{Request,requests.Request,requests.HTTPConnection}()",
            "{starlette,fastapi}.websockets.WebSocket()",
            "fastapi.WebSocket()",
        ),
        "Form": ("Request.form()",),
        "Response": (
            f"{_RESPONSES}.{{Response,HTMLResponse,JSONResponse,PlainTextResponse}}()",
            "fastapi.Response()",
        ),
        "Tasks": ("{starlette.background,fastapi,fastapi.background}.BackgroundTasks()",),
        "Templates": ("{starlette,fastapi}.templating.Jinja2Templates()",),
    },
    sites=("App",),
    concepts=(
        # Built from the application's own routes.
        Sanitizer("Request.url_for()", (Context.REDIRECT, Context.URL)),
        RequestInput("Request.query_params", channel="query"),
        RequestInput("Request.path_params", channel="path"),
        RequestInput("Request.url", channel="address"),
        RequestInput("Request.headers", channel="headers"),
        # As middleware reads them out of the scope.
        RequestInput("{starlette,fastapi}.datastructures.Headers()", channel="headers"),
        RequestInput("Request.cookies", channel="cookies"),
        RequestInput("Request.form()", channel="form"),
        RequestInput("Request.{json,body,stream}()", channel="body"),
        RequestInput("Request.{receive_text,receive_json,receive_bytes}()", channel="body"),
        RequestInput("Request.{iter_text,iter_json,iter_bytes}()[]", channel="body"),
        CredentialRead("Request.session"),
        SessionStore("Request.session"),
        CredentialRead("Request.headers.{Authorization,authorization}"),
        Principal("Request.{user,auth,state.user}"),
        HtmlResponse(f"{_RESPONSES}.HTMLResponse(0|content)"),
        HtmlResponse(f"{_RESPONSES}.Response(0|content)", content_type=_CONTENT_TYPE),
        HtmlResponse("fastapi.Response(0|content)", content_type=_CONTENT_TYPE),
        ServedType(f"{_RESPONSES}.{{Response,StreamingResponse}}(media_type)"),
        ServedType(f"{_RESPONSES}.FileResponse(media_type)", unless="(filename)"),
        ServedType("fastapi.Response(media_type)"),
        HtmlResponse(f"{_RESPONSES}.StreamingResponse(0|content)", content_type=("(3|media_type)",)),
        ResponseBody(f"{_RESPONSES}.{{Response,HTMLResponse,JSONResponse,PlainTextResponse}}(0|content)"),
        Redirect(f"{_RESPONSES}.RedirectResponse(0|url)"),
        Redirect(f"{_RESPONSES}.{{Response,HTMLResponse,PlainTextResponse}}(headers).Location"),
        Redirect(f"{_RESPONSES}.{{Response,HTMLResponse,PlainTextResponse}}(headers).location"),
        Redirect("fastapi.Response(headers).Location"),
        FileAccess(f"{_RESPONSES}.FileResponse(0|path)", action="send"),
        FileAccess("{starlette,fastapi}.staticfiles.StaticFiles(directory)", action="send"),
        TemplateRender("Templates.TemplateResponse(1|name)", values="(2|context)"),
        # Run in another thread, or after the answer was sent.
        Invocation("{starlette,fastapi}.concurrency.run_in_threadpool(0|func)", arguments="(1:)"),
        Invocation("Tasks.add_task(0|func)", arguments="(1:)"),
        Denial("starlette.exceptions.{HTTPException,WebSocketException}(0|status_code)"),
        Denial(f"{_RESPONSES}.{{Response,HTMLResponse,JSONResponse,PlainTextResponse}}(1|status_code)"),
        Denial("fastapi.Response(1|status_code)"),
        # The scope that every backend gives to whoever is logged in.
        Guard(
            "starlette.authentication.requires()",
            kind="authorization",
            known_if=("(0|scopes)", "authenticated"),
        ),
        # Says who the caller is, and lets everyone through.
        Guard(
            "starlette.middleware.authentication.AuthenticationMiddleware",
            kind="authentication",
            strength="identifies",
        ),
        Guard("{starlette_csrf,starlette_csrf.middleware}.CSRFMiddleware", kind="csrf"),
    ),
    routes=routes,
)
