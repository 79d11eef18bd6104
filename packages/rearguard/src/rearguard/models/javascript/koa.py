"""Koa with koa-router. API references: https://koajs.com/ and https://github.com/koajs/router/blob/master/API.md"""

from collections.abc import Iterable, Iterator, Mapping

from rearguard.link import Ref
from rearguard.models.concepts import (
    CredentialRead,
    Denial,
    Exit,
    Guard,
    HtmlResponse,
    Principal,
    Redirect,
    RequestInput,
    ResponseBody,
    SecretUse,
    SessionStore,
    TemplateRender,
)
from rearguard.models.dsl import Library
from rearguard.models.javascript.chains import (
    arguments,
    call_of,
    flatten,
    follow,
    hands_on,
    link_of,
    texts_of,
    wrapper_links,
)
from rearguard.models.routing import Link, RouteNode, RouterKey, join_paths
from rearguard.models.view import CallView, ModelView, ValueView

__all__ = ["KOA"]

VERBS = ("get", "head", "post", "put", "patch", "delete", "del", "options", "all")
_VERBS = ",".join(VERBS)


def routes(view: ModelView) -> Iterator[RouteNode]:
    """Yield routes, middleware and mounts; a router's prefix is part of every path on it."""
    prefixes = _prefixes(view)
    for call in view.members("koa:Router", (*VERBS, "use")):
        for key in _keys(call.receiver):
            yield from _registered(view, call, key, prefixes.get(key, ""))
    for call in view.members("koa:App", ("use",)):
        for key in _keys(call.receiver):
            yield from _registered(view, call, key, "")


def _keys(value: ValueView | None) -> tuple[RouterKey, ...]:
    """Where routers or applications behind a value were made; a chain of calls leads to its start."""
    found: dict[RouterKey, None] = {}
    for ref in () if value is None else value.refs:
        current: Ref | None = ref
        while current is not None and not {"koa:Router", "koa:App"}.intersection(current.names):
            current = current.base
        if current is not None and isinstance(current.step, tuple):
            found[current] = None
    return tuple(found)


def _prefixes(view: ModelView) -> Mapping[RouterKey, str]:
    """`new Router({ prefix })` and `router.prefix(text)`."""
    found: dict[RouterKey, str] = {}
    for call in view.calls("koa-router", "@koa/router"):
        for option in call.args[:1]:
            prefix = follow(option).key("prefix")
            for text in texts_of(prefix)[:1] if prefix is not None else ():
                found.update((key, text) for key in _keys(ValueView(view, call.fid, call.value)))
    for call in view.members("koa:Router", ("prefix",)):
        for text in texts_of(call.args[0])[:1] if call.args else ():
            found.update((key, join_paths(text, found.get(key, ""))) for key in _keys(call.receiver))
    return found


def _registered(view: ModelView, call: CallView, key: RouterKey, prefix: str) -> Iterator[RouteNode]:
    given = [value for value, _ in arguments(call)]
    is_use = call.member == "use"
    texts: list[str] = []
    # `router.get('name', '/path', handler)` names its route first.
    while given and texts_of(given[0]):
        texts = list(texts_of(given.pop(0)))
    handlers = [inner for value in given for inner in _parts(view, value)]
    if not handlers:
        return
    node_path = None if len(texts) > 1 else join_paths(prefix, texts[0]) if texts else prefix
    order = view.order(call.fid, call.call.end)
    method = (
        "*" if call.member in ("use", "all") else "DELETE" if call.member == "del" else call.member.upper()
    )
    if not is_use:
        answer = link_of(handlers[-1], "handler")
        if call.member == "all" and hands_on(view, answer.functions):
            # `router.all("/staff", requireAdmin)` stands before what is registered for the same address.
            guards = tuple(link_of(value) for value in handlers)
            yield RouteNode("koa", key, method, node_path, call.span, order, guards)
            return
        links = (*(link_of(value) for value in handlers[:-1]), *wrapper_links(view, answer.functions))
        inputs = _inputs(view, answer.functions)
        yield RouteNode("koa", key, method, node_path, call.span, order, links, answer, inputs=inputs)
        return
    yield from _use(call, RouteNode("koa", key, "*", node_path, call.span, order, is_prefix=True), handlers)


def _use(call: CallView, node: RouteNode, handlers: Iterable[ValueView]) -> Iterator[RouteNode]:
    links: list[Link] = []
    for position, value in enumerate(handlers):
        path, mounted = _mounted(value)
        if mounted:
            order = (*node.order, (call.span.path, position))
            whole = join_paths(node.path or "", path) if path else node.path
            yield RouteNode(
                "koa", node.router, "*", whole, node.span, order, tuple(links), mounts=mounted, is_prefix=True
            )
            links = []
        else:
            links.append(link_of(value))
    if links:
        order = (*node.order, (call.span.path, 10_000))
        yield RouteNode("koa", node.router, "*", node.path, node.span, order, tuple(links), is_prefix=True)


def _parts(view: ModelView, value: ValueView) -> Iterator[ValueView]:
    """Elements of arrays and of `compose([...])`."""
    call = call_of(follow(value))
    if call is not None and value.has_type("koa:Composed"):
        for inner in call.args[:1]:
            yield from flatten(view, inner)
    else:
        yield from flatten(view, value)


def _mounted(value: ValueView) -> tuple[str, tuple[RouterKey, ...]]:
    """Path and routers that `router.routes()` or `mount(path, app)` stands for."""
    if value.has_type("koa:Mounted"):
        return "", _keys(value)
    call = call_of(follow(value))
    if call is None or not value.has_type("koa:Mount") or not call.args:
        return "", ()
    path = texts_of(call.args[0])[:1] if len(call.args) > 1 else ()
    return "".join(path), _keys(call.args[-1])


def _inputs(view: ModelView, functions: Iterable[str]) -> Mapping[str, str]:
    return {view.function(fid).params[0].name: "request" for fid in functions if view.function(fid).params}


KOA = Library(
    name="koa",
    language="javascript",
    packages=("koa", "koa-router", "@koa/router"),
    types={
        "App": ("koa()",),
        "Router": ("{koa-router,@koa/router}()",),
        "Mounted": ("Router.{routes,middleware}()",),
        "Mount": ("koa-mount()",),
        "Prefixed": ("Router.prefix()",),
        "Composed": ("koa-compose()",),
        "Handler": (f"Router.{{{_VERBS},use}}(0:)", "App.use(0:)", "koa-compose(0)"),
        "ParamHandler": ("Router.param(1)",),
        "Context": (
            "Handler<0>",
            "ParamHandler<1>",
            "{koa.Context,koa.ParameterizedContext}()",
            "{@midwayjs/koa,@midwayjs/web}.Context()",
            "egg:Context",
        ),
    },
    sites=("App", "Router"),
    concepts=(
        RequestInput("{Context,Context.request}.query", channel="query"),
        RequestInput("Context.request.{body,rawBody}", channel="body"),
        RequestInput("{Context,Context.request}.{header,headers}", channel="headers"),
        RequestInput("{Context,Context.request}.get()", channel="headers", key="(0)"),
        RequestInput("Context.params", channel="path"),
        RequestInput("ParamHandler<0>", channel="path"),
        RequestInput("{Context,Context.request}.{url,path,originalUrl,href}", channel="address"),
        RequestInput("{Context,Context.request}.{querystring,search}", channel="query"),
        RequestInput("Context.cookies.get()", channel="cookies", key="(0)"),
        RequestInput("Context.request.files", channel="files"),
        CredentialRead("{Context.get,Context.request.get,Context.cookies.get}(0)"),
        CredentialRead("{Context,Context.request}.{header,headers}.authorization"),
        CredentialRead("Context.session"),
        SessionStore("Context.session"),
        CredentialRead("Context.{isAuthenticated,isUnauthenticated}()"),
        Principal("Context.state.{user,auth}"),
        Principal("Context.session.{user,userId}", carrier="cookie"),
        # Text that starts with `<` is sent as HTML, an object as JSON.
        HtmlResponse("{Context,Context.response}.body", unless_json=True),
        ResponseBody("{Context,Context.response}.body"),
        Redirect("{Context,Context.response}.redirect(0)"),
        Redirect("{Context,Context.response}.set(1)", header="(0)"),
        TemplateRender("Context.render(0)", values="(1)"),
        SecretUse("App.keys", what="signing key"),
        Denial("Context.throw(0)"),
        Exit("Context.throw()"),
        Denial("Context.assert(1)"),
        Denial("Context.status"),
        Guard("koa-jwt()", "authentication", optional_if=("(0).passthrough", True)),
        Guard("koa-basic-auth()", "authentication"),
        Guard("koa-csrf()", "csrf"),
        Guard("{koa-ratelimit,koa2-ratelimit.RateLimit.middleware}()", "rate-limit"),
    ),
    routes=routes,
)
