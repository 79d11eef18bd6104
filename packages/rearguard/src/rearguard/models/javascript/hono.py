"""Hono. API references: https://hono.dev/docs/api/hono, https://hono.dev/examples/zod-openapi"""

import re
from collections.abc import Iterator
from dataclasses import replace

from rearguard.link import Ref
from rearguard.models.concepts import (
    Context,
    CredentialRead,
    Denial,
    Guard,
    HtmlMarkup,
    HtmlResponse,
    Principal,
    Redirect,
    RequestInput,
    ResponseBody,
    Sanitizer,
    SecretUse,
    TokenDecode,
    TokenIssue,
    TokenVerify,
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
from rearguard.program import Op, Span

__all__ = ["HONO"]

VERBS = ("get", "post", "put", "patch", "delete", "options", "all")
_VERBS = ",".join(VERBS)
VALIDATED = "@hono/zod-validator.zValidator()"


def routes(view: ModelView) -> Iterator[RouteNode]:
    """Yield routes, middleware and mounted applications, method chains included."""
    for kind in ("hono:App", "hono:Chained"):
        for call in view.members(kind, (*VERBS, "use", "on", "route")):
            yield from _registered(view, call)
        for call in view.members(kind, ("openapi",)):
            yield from _declared(view, call)


def _applications(value: ValueView | None) -> tuple[tuple[RouterKey, str], ...]:
    """Where applications behind a value were made, and the path that `basePath` put before it.

    A chain of calls leads to its start; what `basePath` gives shares its routes with what it was called on.
    """
    found: dict[tuple[RouterKey, str], None] = {}
    for ref in () if value is None else value.refs:
        current: Ref | None = ref
        prefix = ""
        while current is not None:
            called = current.base
            if "hono:App" in current.names and isinstance(current.step, tuple):
                if called is None or called.step != "basePath" or value is None:
                    found[current, prefix] = None
                    break
                call = call_of(ValueView(value.view, *current.step))
                texts = texts_of(call.args[0]) if call is not None and call.args else ()
                prefix = join_paths("".join(texts[:1]), prefix)
            current = called
    return tuple(found)


def _registered(view: ModelView, call: CallView) -> Iterator[RouteNode]:
    given = [value for value, _ in arguments(call)]
    methods: tuple[str, ...] = ("*",) if call.member in ("use", "all", "route") else (call.member.upper(),)
    if call.member == "on" and given:
        methods = tuple(text for inner in flatten(view, given.pop(0)) for text in texts_of(inner)) or ("*",)
    texts = texts_of(given[0]) if given else ()
    if texts:
        given.pop(0)
    handlers = [inner for value in given for inner in flatten(view, value)]
    if not handlers:
        return
    order = view.order(call.fid, call.call.end)
    for key, base in _applications(call.receiver):
        path = join_paths(base, texts[0]) if len(texts) == 1 else None if texts else base
        for method in methods:
            # `use("/staff", guard)` is for that address alone; what lies below it takes `/staff/*`.
            below = call.member == "route" or (call.member == "use" and not texts)
            node = RouteNode("hono", key, method, path, _place(call), order, is_prefix=below)
            if call.member == "use" or (call.member == "all" and _continues(view, handlers[-1])):
                yield replace(node, links=tuple(link_of(value) for value in handlers))
            elif call.member == "route":
                mounts = tuple(found for value in handlers for found, _ in _applications(value))
                yield replace(node, mounts=mounts)
            else:
                yield _answer(view, node, handlers)


def _continues(view: ModelView, last: ValueView) -> bool:
    """Whether what `all` is given last is a middleware too: `app.all("/staff", requireAdmin)`."""
    return hands_on(view, link_of(last).functions)


def _declared(view: ModelView, call: CallView) -> Iterator[RouteNode]:
    """`app.openapi(createRoute({ method, path, middleware, request }), handler)`"""
    if len(call.args) < 2:
        return
    made = _made(call.args[0])
    config = made.args[0] if made is not None and made.args else follow(call.args[0])
    path, method, asked = (config.key(name) for name in ("path", "method", "request"))
    texts = texts_of(path) if path is not None else ()
    verbs = texts_of(method) if method is not None else ()
    before = config.key("middleware")
    links = [link_of(value) for value in flatten(view, before)] if before is not None else []
    if asked is not None:
        links.append(Link("validation", (), (VALIDATED,), asked.span, (asked.fid, asked.value)))
    order = view.order(call.fid, call.call.end)
    for key, base in _applications(call.receiver):
        for verb in verbs or ("*",):
            # `{id}`, as OpenAPI has it.
            place = join_paths(base, re.sub(r"\{(\w+)\}", r":\1", texts[0])) if len(texts) == 1 else None
            node = _answer(
                view, RouteNode("hono", key, verb.upper(), place, _place(call), order), [call.args[1]]
            )
            yield replace(node, links=(*links, *node.links))


def _place(call: CallView) -> Span:
    """A registration; of a chain of them, the one itself, which begins behind those before it."""
    receiver = call.receiver.instr if call.receiver is not None else None
    if receiver is None or receiver.op != Op.CALL or not call.args:
        return call.span
    return Span(call.span.path, call.args[0].span.start, call.span.end)


def _made(value: ValueView) -> CallView | None:
    """The call of `createRoute`, in whatever module."""
    for ref in value.refs:
        if "hono:Route" in ref.names and isinstance(ref.step, tuple):
            return call_of(ValueView(value.view, *ref.step))
    return call_of(follow(value))


def _answer(view: ModelView, node: RouteNode, handlers: list[ValueView]) -> RouteNode:
    answer = link_of(handlers[-1], "handler")
    links = (*(link_of(value) for value in handlers[:-1]), *wrapper_links(view, answer.functions))
    inputs = {view.function(f).params[0].name: "request" for f in answer.functions if view.function(f).params}
    return replace(node, links=links, handler=answer, inputs=inputs)


HONO = Library(
    name="hono",
    language="javascript",
    packages=("hono",),
    types={
        "App": ("hono.{Hono,default}()", "@hono/zod-openapi.OpenAPIHono()", "App.basePath()"),
        "Route": ("@hono/zod-openapi.createRoute()",),
        "Chained": (
            f"App.{{{_VERBS},use,on,route,openapi}}()",
            f"Chained.{{{_VERBS},use,on,route,openapi}}()",
        ),
        "Handler": (
            f"App.{{{_VERBS},use,on}}(0:)",
            f"Chained.{{{_VERBS},use,on}}(0:)",
            "{App,Chained}.openapi(1:)",
            "hono/factory.createMiddleware(0)",
            "App.notFound(0)",
        ),
        "Problem": ("App.onError(0)",),
        "Context": ("Handler<0>", "Problem<1>", "hono.Context()"),
    },
    passes=("hono/factory.createMiddleware(0)",),
    sites=("App", "Route"),
    concepts=(
        RequestInput("Context.req.{query,queries}()", channel="query", key="(0)"),
        RequestInput("Context.req.param()", channel="path", key="(0)"),
        RequestInput("Context.req.header()", channel="headers", key="(0)"),
        RequestInput("Context.req.{json,text,parseBody,formData}()", channel="body"),
        # What passed a validator is no operator of a query where it is to be a text.
        RequestInput("Context.req.valid()", channel="body", by="(0)", safe=(Context.NOSQL,)),
        RequestInput("Context.req.{url,path}", channel="address"),
        RequestInput("hono/cookie.getCookie()", channel="cookies", key="(1)"),
        CredentialRead("Context.req.header(0)"),
        CredentialRead("hono/cookie.{getCookie,getSignedCookie}()"),
        Principal("Context.var.{user,jwtPayload,authUser}"),
        TokenVerify("hono/jwt.verify()", key="(1)", algorithms="(2)"),
        TokenDecode("hono/jwt.decode()"),
        SecretUse("hono/jwt.{sign,verify}(1)", what="signing key"),
        TokenIssue("hono/jwt.sign()", payload="(0)", key="(1)"),
        HtmlResponse("Context.html(0)"),
        HtmlMarkup("hono/html.raw(0)"),
        # A template tag that escapes what is put in.
        Sanitizer("hono/html.html()", (Context.HTML,)),
        ResponseBody("Context.{json,text,html,body}(0)"),
        Redirect("Context.redirect(0)"),
        Denial("hono/http-exception.HTTPException(0)"),
        Denial("Context.{json,text}(1)"),
        Denial("Context.status(0)"),
        Guard("hono/jwt.jwt()", "authentication", keeps="jwtPayload"),
        Guard("hono/jwk.jwk()", "authentication", keeps="jwtPayload"),
        # https://github.com/honojs/middleware: what they say of the caller of this context.
        Principal("@hono/{clerk-auth,oidc-auth}.getAuth()"),
        Guard("@hono/oidc-auth.oidcAuthMiddleware()", "authentication"),
        Guard("@hono/auth-js.verifyAuth()", "authentication", keeps="authUser"),
        Guard("{hono/bearer-auth.bearerAuth,hono/basic-auth.basicAuth}()", "authentication"),
        Guard("hono/csrf.csrf()", "csrf"),
        Guard("hono-rate-limiter.rateLimiter()", "rate-limit"),
        Guard("{@hono/zod-validator.zValidator,hono/validator.validator}()", "validation"),
    ),
    routes=routes,
)
