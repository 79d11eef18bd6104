"""Express 4 and 5. API reference: https://expressjs.com/en/5x/api.html"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from rearguard.link import Kind, Ref
from rearguard.models.concepts import (
    CredentialRead,
    Denial,
    ErrorDetail,
    ErrorHandler,
    FileAccess,
    HeaderWrite,
    HtmlResponse,
    Principal,
    Redirect,
    RequestInput,
    ResponseBody,
    ServedType,
    SessionStore,
    StateRead,
    StateWrite,
    TemplateRender,
)
from rearguard.models.dsl import Library
from rearguard.models.javascript.chains import (
    arguments,
    arity,
    call_of,
    flatten,
    follow,
    handler_inputs,
    link_of,
    rows_behind,
    texts_of,
    under_row,
    wrapper_links,
)
from rearguard.models.javascript.own_routers import OwnRoute, is_own, own_routes, registrars
from rearguard.models.routing import Link, RouteNode, RouterKey, covers
from rearguard.models.view import CallView, ModelView, ValueView
from rearguard.program import Op

__all__ = ["EXPRESS"]

VERBS = ("get", "head", "post", "put", "patch", "delete", "del", "opts", "options", "trace", "all")
_VERBS = ",".join(VERBS)
_ITSELF = f"{_VERBS},use,set,enable,disable,engine,param"
"""Calls that give the application back, so that the next is called on it."""
_NAMES = {"del": "DELETE", "opts": "OPTIONS"}
_PATH_NAME = re.compile(r"path|prefix|route|url|uri|base|endpoint|mount|version", re.IGNORECASE)
_ANYTHING = re.compile(r"/?(\(?\.?\*\)?|\{?/?\*\w*\}?)?")
_HANDLING = frozenset({Op.LOAD, Op.ATTR, Op.ITEM, Op.CALL, Op.NEW, Op.FUNC})


@dataclass(frozen=True, slots=True)
class _Registration:
    """One call that registers handlers, its receiver and path worked out."""

    call: CallView
    router: RouterKey
    methods: tuple[str, ...]
    paths: tuple[str | None, ...]
    handlers: tuple[ValueView, ...]
    is_use: bool
    order: tuple[tuple[str, int], ...]
    around: tuple[Link, ...] = ()
    """What runs before the handlers, where what registers them is the program's own and wraps them."""


def routes(view: ModelView) -> Iterator[RouteNode]:
    """Yield registrations: the path is optional, handlers may be arrays, `use` mounts, tables are loops."""
    nodes = [node for registration in _registrations(view) for node in _nodes(view, registration)]
    nodes.sort(key=lambda node: node.order)
    params = _param_callbacks(view)
    answering = {n.router for n in nodes if n.mounts or (n.handler and not _is_catch_all(n))}
    for position, node in enumerate(nodes):
        if _is_catch_all(node) and node.router in answering:
            # Answers what nothing else answered, which is the 404 page.
            continue
        if _continues(view, node, nodes[position + 1 :]):
            assert node.handler is not None
            node = replace(node, links=(*node.links, node.handler), handler=None)
        first = tuple(
            link
            for name, link in params.get(node.router, ())
            if node.handler is not None and re.search(rf"[:*]{re.escape(name)}\b", node.path or "")
        )
        yield replace(node, links=(*first, *node.links)) if first else node


def _is_catch_all(node: RouteNode) -> bool:
    if node.handler is None or node.method != "*":
        return False
    return bool(_ANYTHING.fullmatch(node.path or "")) and (node.is_prefix or "*" in (node.path or ""))


def _continues(view: ModelView, node: RouteNode, later: Iterable[RouteNode]) -> bool:
    """Whether a handler is a middleware of later registrations, as in `router.all('/x', requireAuth)`."""
    if node.handler is None or node.path is None or arity(view, node.handler.functions) != 3:
        return False
    return any(
        other.router == node.router
        and other.path is not None
        and node.method in ("*", other.method)
        and (node.path == other.path or (node.method == "*" and covers(node.path, other.path, False)))
        for other in later
    )


# -- registrations --------------------------------------------------------------------------------


def _registrations(view: ModelView) -> Iterator[_Registration]:
    inner: list[tuple[CallView, str]] = []
    for kind in ("express:Router", "express:Chained"):
        for call in view.members(kind, (*VERBS, "use")):
            if is_own(view, call, call.arg(0)):
                inner.append((call, call.member))
            else:
                yield from _registered(view, call, (call.member,))
    for call in view.calls("express:Router[]"):
        if is_own(view, call, call.arg(0)):
            inner.append((call, ""))
        else:
            yield from _registered(view, call, ())
    found = registrars(view, inner)
    called: set[str] = set()
    for route in own_routes(view, found):
        called.add(route.registrar.fid)
        called.update(call.fid for call in route.registrar.inner)
        yield from _own(view, route)
    for call, method in inner:
        if call.fid not in called:
            yield from _registered(view, call, (method,) if method else ())
    for kind in ("express:Route", "express:RouteChain"):
        for call in view.members(kind, VERBS):
            for made in () if call.receiver is None else _made(call.receiver):
                given = tuple(value for value, _ in arguments(made)[:1])
                yield from _resolved(view, made, call, (call.member,), given, _values(call))


def _registered(view: ModelView, call: CallView, methods: tuple[str, ...]) -> Iterator[_Registration]:
    given = arguments(call)
    if methods and methods[0] != "use" and len(given) < 2 and not any(spread for _, spread in given):
        # `app.get('setting')` reads a setting.
        return
    first = given[0][0] if given and not given[0][1] else None
    if first is None or not _is_path(first, methods[:1] == ("use",), len(given)):
        yield from _resolved(view, call, call, methods, (), _values(call))
    else:
        yield from _resolved(view, call, call, methods, (first,), _values(call)[1:])


def _own(view: ModelView, route: OwnRoute) -> Iterator[_Registration]:
    """The registration that a call of the program's own function is, with what that function puts before."""
    before: list[ValueView] = []
    for inner in route.registrar.inner[:1]:
        before = [value for value in _values(inner)[1:-1] if not is_own(view, inner, value)]
    keys = _own_keys(route)
    mounts = any(router_keys(value) for value in route.handlers)
    path = () if route.path is None else _paths(view, route.path)
    flat = tuple(value for each in (*before, *route.handlers) for value in flatten(view, each))
    order = view.order(route.call.fid, route.call.call.end)
    for key in keys:
        methods = ("use",) if mounts or route.method == "use" else (route.method or "all",)
        yield _Registration(route.call, key, methods, path, flat, methods == ("use",), order, _around(route))


def _around(route: OwnRoute) -> tuple[Link, ...]:
    """The function that a registrar writes around each handler: `router.get(path, (req) => handler(req))`."""
    call = route.call
    for inner in route.registrar.inner[:1]:
        for value in _values(inner)[-1:]:
            own = tuple(fid for fid in value.functions if fid.startswith(f"{inner.fid}."))
            if own:
                label = call.view.function(route.registrar.fid).name
                return (Link(label, own, (), call.span, (call.fid, call.value)),)
    return ()


def _own_keys(route: OwnRoute) -> tuple[RouterKey, ...]:
    """The router that a registrar registers on, as its caller knows it."""
    receiver = route.call.receiver
    owners = receiver.classes if receiver is not None else ()
    for inner in route.registrar.inner:
        on = inner.receiver
        for ref in () if on is None else on.refs:
            site = _start(ref, "express:Router")
            if site is not None and isinstance(site.step, tuple) and owners:
                return (owned(route.call.view, site, owners[0]),)
        if on is not None and not owners:
            # A plain function, which is given the router.
            given = [key for value in route.call.args for key in router_keys(value)]
            return tuple(dict.fromkeys(given)) or router_keys(on)
    name = owners[0] if owners else route.registrar.fid
    return (f"routes of {name}",)


def owned(view: ModelView, site: Ref, owner: str) -> Ref:
    """A router that a base class makes, as the one of a class that extends it."""
    assert isinstance(site.step, tuple)
    maker = view.linker.functions.get(site.step[0])
    made_by = "" if maker is None else maker.owner or (maker.name if maker.kind == "class" else "")
    if not made_by:
        return site
    return view.linker.table.make(Kind.MEMBER, site, f"of {owner}", site.names)


def _values(call: CallView) -> tuple[ValueView, ...]:
    return tuple(value for value, _ in arguments(call))


def _resolved(
    view: ModelView,
    on: CallView,
    call: CallView,
    methods: tuple[str, ...],
    path: tuple[ValueView, ...],
    handlers: tuple[ValueView, ...],
) -> Iterator[_Registration]:
    """One registration per router, and per row of a route table.

    `on` is the call whose receiver is the router, `call` the one that names the method.
    """
    keys = _receiver_keys(on, call, handlers, path)
    dynamic = () if methods else _method_value(call)
    rows = rows_behind((*path, *dynamic, *handlers)) if (path or dynamic) else rows_behind(handlers)
    order = view.order(call.fid, call.call.end)
    for row in rows or (None,):
        place = order
        if row is not None:
            assert isinstance(row.step, tuple)
            entry = ValueView(view, *row.step)
            place = (*order, (entry.span.path, entry.span.start))
        read = [_in_row(value, row) for value in path]
        named = [_in_row(value, row) for value in dynamic]
        chosen = tuple(found for value in handlers if (found := _in_row(value, row)) is not None)
        flat = tuple(inner for value in chosen for inner in flatten(view, value))
        for key in keys:
            yield _Registration(
                call,
                key,
                methods or _dynamic_methods(named),
                _paths(view, read[0]) if read and read[0] is not None else ("",),
                flat,
                methods == ("use",),
                place,
            )


def _in_row(value: ValueView, row: Ref | None) -> ValueView | None:
    return value if row is None else under_row(value, row)


def _method_value(call: CallView) -> tuple[ValueView, ...]:
    """The key of `app[method](...)`."""
    callee = call.view.definitions(call.fid).get(call.call.args[0])
    if callee is None or callee.op != Op.ITEM:
        return ()
    return (ValueView(call.view, call.fid, callee.args[1]),)


def _dynamic_methods(named: Iterable[ValueView | None]) -> tuple[str, ...]:
    found = [text.lower() for value in named if value is not None for text in texts_of(value)]
    known = tuple(dict.fromkeys(text for text in found if text in VERBS or text == "use"))
    return known if known and len(known) == len(set(found)) else ("all",)


def _is_array(value: ValueView) -> bool:
    return any(ref.kind is Kind.COLLECT for ref in value.refs)


# -- routers --------------------------------------------------------------------------------------


def _start(ref: Ref, kind: str) -> Ref | None:
    """`x` of `x.use(a).use(b)`: the reference of type `kind` that a chain of calls starts at."""
    current: Ref | None = ref
    while current is not None and kind not in current.names:
        current = current.base
    return current


def _made(route: ValueView) -> Iterator[CallView]:
    """The `router.route(path)` calls that made a route."""
    for ref in route.refs:
        start = _start(ref, "express:Route")
        if start is not None and isinstance(start.step, tuple):
            call = call_of(ValueView(route.view, *start.step))
            if call is not None:
                yield call


def _receiver_keys(
    on: CallView, call: CallView, handlers: tuple[ValueView, ...], path: tuple[ValueView, ...]
) -> tuple[RouterKey, ...]:
    keys = () if on.receiver is None else router_keys(on.receiver)
    if not any(isinstance(key, str) for key in keys):
        return keys
    # Taken for a router by name or annotation alone: the call itself must look like a registration.
    last = handlers[-1] if handlers else None
    instr = last.instr if last is not None else None
    plausible = instr is not None and instr.op in _HANDLING
    named = not path or any(text[:1] in ("/", "*", "") for text in texts_of(path[0]))
    return keys if plausible and (named or _is_array(path[0])) else ()


def router_keys(value: ValueView) -> tuple[RouterKey, ...]:
    """What stands for the routers that `value` may be: where each was made, else a name within the file."""
    found = [start for ref in value.refs if (start := _start(ref, "express:Router")) is not None]
    holders = _holders(value)
    sites: tuple[RouterKey, ...] = tuple(
        dict.fromkeys(
            owned(value.view, ref, holder) if holder else ref
            for ref in found
            if isinstance(ref.step, tuple)
            for holder in holders or ("",)
        )
    )
    if sites or not found:
        return sites
    path = value.view.linker.module_of[value.fid]
    instr = value.instr
    return (f"{path}:{instr.name if instr is not None else found[0].names[0]}",)


def _holders(value: ValueView) -> tuple[str, ...]:
    """Classes of the objects that a router is a member of, or is given by: `new Users().router`."""
    instr = value.instr
    if instr is not None and instr.op == Op.CALL:
        instr = value.view.definitions(value.fid).get(instr.args[0])
    if instr is not None and instr.op == Op.ATTR:
        return ValueView(value.view, value.fid, instr.args[0]).classes
    function = value.view.function(value.fid)
    if instr is not None and instr.op == Op.LOAD and function.owner:
        return (f"{value.view.linker.module_of[value.fid]}::{function.owner}",)
    return ()


# -- paths ----------------------------------------------------------------------------------------


def _is_path(value: ValueView, is_use: bool, count: int) -> bool:
    if value.functions or router_keys(value):
        return False
    if texts_of(value) or _is_pattern(value):
        return True
    elements = [ref for ref in value.refs if ref.kind is Kind.COLLECT]
    if elements:
        return all(bool(texts_of(inner)) or _is_pattern(inner) for inner in flatten(value.view, value))
    if value.names or count < 2:
        return False
    instr = follow(value).instr
    if not is_use or instr is None or instr.op == Op.JOIN:
        return True
    return instr.op in (Op.LOAD, Op.ATTR) and bool(_PATH_NAME.search(instr.name))


def _is_pattern(value: ValueView) -> bool:
    instr = follow(value).instr
    return instr is not None and instr.op == Op.CONST and instr.name.startswith("regex")


def _paths(view: ModelView, value: ValueView) -> tuple[str | None, ...]:
    if _is_pattern(value):
        return (None,)
    texts = texts_of(value)
    if len(texts) == 1:
        return texts
    if _is_array(value) and not texts:
        return tuple(path for inner in flatten(view, value) for path in _paths(view, inner))
    return (None,)


# -- nodes ----------------------------------------------------------------------------------------


def _nodes(view: ModelView, given: _Registration) -> Iterator[RouteNode]:
    """The node, or nodes, of one registration: handlers after a mounted router do not guard it."""
    handlers = [value for value in given.handlers if arity(view, value.functions) != 4]
    if not handlers:
        return
    for path in given.paths:
        for method in given.methods:
            node = RouteNode(
                "express",
                given.router,
                "*" if method in ("all", "use") else _NAMES.get(method, method.upper()),
                path,
                given.call.span,
                given.order,
                is_prefix=method == "use",
            )
            if method == "use":
                yield from _use(view, node, handlers)
            else:
                yield from _route(view, node, handlers, given.around)


def _route(
    view: ModelView, node: RouteNode, handlers: list[ValueView], around: tuple[Link, ...]
) -> Iterator[RouteNode]:
    handler = link_of(handlers[-1], "handler")
    before = (link_of(value) for value in handlers[:-1])
    links = (*around, *before, *wrapper_links(view, handler.functions))
    yield replace(node, links=links, handler=handler, inputs=handler_inputs(view, handler.functions))


def _use(view: ModelView, node: RouteNode, handlers: list[ValueView]) -> Iterator[RouteNode]:
    links: list[Link] = []
    for position, value in enumerate(handlers):
        mounted = router_keys(value)
        if mounted:
            yield replace(node, links=tuple(links), mounts=mounted, order=_after(node, position))
            links = []
        else:
            links.append(link_of(value))
    if not links:
        return
    last = handlers[-1]
    if arity(view, last.functions) in (1, 2) and not call_of(last):
        # Without `next` it must answer by itself.
        inputs = handler_inputs(view, last.functions)
        yield replace(node, links=tuple(links[:-1]), handler=link_of(last, "handler"), inputs=inputs)
    else:
        yield replace(node, links=tuple(links), order=_after(node, len(handlers)))


def _after(node: RouteNode, position: int) -> tuple[tuple[str, int], ...]:
    return (*node.order, (node.span.path, position))


def _param_callbacks(view: ModelView) -> Mapping[RouterKey, list[tuple[str, Link]]]:
    """Callbacks of `router.param(name, callback)` by router."""
    found: dict[RouterKey, list[tuple[str, Link]]] = {}
    for call in view.members("express:Router", ("param",)):
        name, callback, receiver = call.arg(0), call.arg(1), call.receiver
        if name is None or callback is None or receiver is None:
            continue
        for key in router_keys(receiver):
            for text in texts_of(name):
                found.setdefault(key, []).append((text, link_of(callback, "hook")))
    return found


EXPRESS = Library(
    name="express",
    language="javascript",
    packages=("express",),
    types={
        "App": ("connect-like:App", "express()", "express.{Application,Express}()", "Request.app"),
        "Locals": ("App.locals",),
        "Router": (
            "App",
            "express.{Router,IRouter}()",
            "express-promise-router()",
            "express-promise-router.default()",
        ),
        "Chained": (f"Router.{{{_ITSELF}}}()", f"Chained.{{{_ITSELF}}}()"),
        "Route": ("Router.route()",),
        "RouteChain": (f"Route.{{{_VERBS}}}()", f"RouteChain.{{{_VERBS}}}()"),
        "Handler": (
            f"Router.{{{_VERBS},use}}(0:)",
            f"Chained.{{{_VERBS},use}}(0:)",
            f"Route.{{{_VERBS}}}(0:)",
            f"RouteChain.{{{_VERBS}}}(0:)",
            "Router[](0:)",
        ),
        "ParamHandler": ("Router.param(1)",),
        "Error": ("Handler<0/4>",),
        "Request": (
            "Handler<0>",
            "Handler<1/4>",
            "ParamHandler<0>",
            "{express,express-serve-static-core}.Request()",
            "Response.req",
            "nestjs:HttpRequest",
            "@loopback/rest.Request()",
            "body-parsers:Asked<0>",
        ),
        "Response": (
            "Handler<1>",
            "Handler<2/4>",
            "ParamHandler<1>",
            "{express,express-serve-static-core}.Response()",
            "Response.{status,type,contentType,set,header,setHeader,append,cookie,clearCookie}()",
            "Response.{attachment,location,links,vary,format,send,json,writeHead}()",
            "Request.res",
            "nestjs:HttpResponse",
            "@loopback/rest.Response()",
        ),
        "Next": (
            "Handler<2>",
            "Handler<3/4>",
            "ParamHandler<2>",
            "{express,express-serve-static-core}.NextFunction()",
        ),
    },
    sites=("App", "Router", "Route"),
    keeps=("App.set",),
    shapes={
        "App": r"app|server",
        "Router": r"router|api|[a-z]\w*Router",
        "Request": "req",
        "Response": "res",
    },
    concepts=(
        # connect-flash: a message waits for the next page.
        StateWrite("Request.flash(1)", store="flash"),
        StateRead("Request.flash()", store="flash"),
        RequestInput("Request.{body,query,cookies,headers,files}", channel="$member"),
        RequestInput("Request.params", channel="path"),
        RequestInput("ParamHandler<3>", channel="path"),
        RequestInput("Request.{url,originalUrl,path}", channel="address"),
        RequestInput("Request.{hostname,host,subdomains,rawHeaders}", channel="headers"),
        RequestInput("Request.{get,header}()", channel="headers", key="(0)"),
        RequestInput("Request.param()", channel="query", key="(0)"),
        RequestInput("Request.file", channel="files"),
        CredentialRead("Request.{session,signedCookies}"),
        SessionStore("Request.session"),
        HeaderWrite("Response.{set,header,setHeader,append}(0)", part="name"),
        CredentialRead("Request.headers.{authorization,Authorization}"),
        CredentialRead("Request.headers.cookie"),
        CredentialRead("Request.{get,header}(0)"),
        CredentialRead("Request.cookies"),
        CredentialRead("Request.{isAuthenticated,isUnauthenticated}()"),
        Principal("Request.{user,auth}"),
        Principal(
            "Request.session.{user,userId,user_id,uid,username,account,accountId,passport}", carrier="cookie"
        ),
        Principal("Request.oidc.user"),
        Principal("Response.locals.user"),
        ServedType("Response.{type,contentType}(0)"),
        ServedType("Response.{set,header,setHeader}(1)", header="(0)"),
        HtmlResponse("Response.send(0)", unless_json=True),
        HtmlResponse("Response.{write,end}(0)"),
        ResponseBody("Response.{send,json,jsonp,write,end}(0)"),
        Redirect("Response.{redirect,location}(-1)"),
        Redirect("Response.{set,header,setHeader}(1)", header="(0)"),
        Redirect("Response.writeHead(-1).{Location,location}"),
        FileAccess("Response.sendFile(0)", action="send", root="(1).root"),
        FileAccess("Response.sendfile(0)", action="send", root="(1).root"),
        FileAccess("Response.download(0)", action="send", root="(2).root"),
        FileAccess("express.static(0)", action="send"),
        # The view's name is joined to the folder of views, `..` and all.
        FileAccess("{Response,App}.render(0)"),
        TemplateRender("Response.render(0)", values="(1)", shared="locals", escapes="engine"),
        TemplateRender("App.render(0)", values="(1)", shared="locals", escapes="engine"),
        Denial("Response.{status,sendStatus,writeHead}(0)"),
        Denial("Response.statusCode"),
        Denial("Response.redirect()", status=302),
        # Hands an error to the error handlers, which answer 500 unless it says otherwise.
        Denial("Next(0)", status=500),
        ErrorHandler("Error"),
        ErrorDetail("Error"),
    ),
    routes=routes,
)
