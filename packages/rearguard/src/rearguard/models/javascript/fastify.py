"""Fastify 4 and 5. API reference: https://fastify.dev/docs/latest/Reference/

Every function given to `register` is a router of its own (encapsulation), unless `fastify-plugin` wraps it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from rearguard.link import Kind, function_id
from rearguard.models import json_schemas
from rearguard.models.concepts import (
    Context,
    CredentialRead,
    Denial,
    ErrorDetail,
    Exemption,
    Guard,
    HtmlResponse,
    Principal,
    Redirect,
    RequestInput,
    ResponseBody,
    ServedType,
    SessionStore,
    TemplateRender,
    TokenVerify,
)
from rearguard.models.dsl import Library
from rearguard.models.javascript.chains import (
    call_of,
    constant_texts,
    flatten,
    follow,
    handler_inputs,
    link_of,
    texts_of,
    wrapper_links,
)
from rearguard.models.javascript.fastify_autoload import autoloads, loaded
from rearguard.models.javascript.fastify_scopes import given_functions, links_apart, told_at
from rearguard.models.mark_concepts import RouteOptions
from rearguard.models.routing import Link, RouteNode, RouterKey
from rearguard.models.view import CallView, ModelView, ValueView
from rearguard.program import Op

__all__ = ["FASTIFY"]

VERBS = ("get", "head", "post", "put", "patch", "delete", "options", "all")
HOOKS = ("onRequest", "preParsing", "preValidation", "preHandler")
_VERBS = ",".join(VERBS)
LIMITER = "@fastify/rate-limit"
VALIDATED = "fastify:Instance.setValidatorCompiler()"
"""What stands for the schema of a route, which the framework holds requests against."""
LOOSE = "fastify:Instance.addSchema()"
"""Likewise, for one that says nothing of further fields: by default these are left as they are.

https://fastify.dev/docs/latest/Reference/Validation-and-Serialization/#validator-compiler
"""
_REQUEST_PARTS = ("body", "querystring", "query", "params", "headers")


@dataclass(frozen=True, slots=True)
class _Scopes:
    """What the registrations of a program say, collected before its routes are read."""

    view: ModelView
    open_plugins: Mapping[str, tuple[RouterKey, ...]]
    """Function wrapped by `fastify-plugin` -> routers that it is registered on."""
    decorations: Mapping[str, tuple[str, ...]]
    """Name given to `decorate` -> functions."""
    keeps_more: bool
    """Whether fields that a schema does not name come through, unless it refuses them."""
    adds_options: bool
    """Whether something runs for each route that is registered, and may add to its options."""

    def keys(self, value: ValueView) -> tuple[RouterKey, ...]:
        """Routers that an instance value stands for."""
        found: dict[RouterKey, None] = {}
        for key in instance_keys(value):
            for resolved in self._resolve(key, 0):
                found[resolved] = None
        return tuple(found)

    def _resolve(self, key: RouterKey, depth: int) -> tuple[RouterKey, ...]:
        parents = self.open_plugins.get(key) if isinstance(key, str) and depth < 8 else None
        if not parents:
            return (key,)
        return tuple(found for parent in parents for found in self._resolve(parent, depth + 1))

    def link(self, value: ValueView, how: str) -> Link:
        """A chain element; a decorated member stands for the function it was decorated with."""
        link = link_of(value, how)
        instr = follow(value).instr
        if not link.functions and instr is not None and instr.op == Op.ATTR:
            functions = self.decorations.get(instr.name, ())
            return Link(link.label, functions, link.names, link.span, link.value, how)
        if not link.functions and instr is not None and instr.op == Op.CALL:
            # `app.atLeast("operator")`: what the function gives that the instance was decorated with.
            callee = self.view.definitions(follow(value).fid).get(instr.args[0])
            made = (
                self.decorations.get(callee.name, ()) if callee is not None and callee.op == Op.ATTR else ()
            )
            given = tuple(inner for fid in made for inner in given_functions(self.view, fid))
            return Link(link.label, given, link.names, link.span, link.value, how)
        return link

    def links(self, value: ValueView, how: str) -> Iterator[Link]:
        """The elements that a value stands for: all of `app.auth([known, staff], { relation: "and" })`."""
        call = call_of(follow(value))
        callee = None if call is None else self.view.definitions(call.fid).get(call.call.args[0])
        if call is None or callee is None or callee.op != Op.ATTR or callee.name != "auth" or not call.args:
            yield self.link(value, how)
            return
        relation = call.args[1].key("relation") if len(call.args) > 1 else None
        given = tuple(flatten(self.view, call.args[0]))
        # Of several, each lets its own callers through, unless all must.
        together = len(given) == 1 or (relation is not None and relation.text == "and")
        yield from (self.link(one, how) for one in (given if together else (value,)))


def instance_keys(value: ValueView) -> tuple[RouterKey, ...]:
    """Where an instance was made, or the plugin function whose parameter it is."""
    sites = tuple(
        ref for ref in value.refs if "fastify:Instance" in ref.names and isinstance(ref.step, tuple)
    )
    if sites:
        return sites
    instr = follow(value).instr
    if instr is None or instr.op != Op.LOAD:
        return ()
    path, current = value.view.linker.module_of[value.fid], value.fid
    while True:
        function = value.view.function(current)
        if any(param.name == instr.name for param in function.params) or not function.parent:
            return (current,)
        current = function_id(path, function.parent)


def _plugins(value: ValueView) -> tuple[str, ...]:
    """Functions that a value given to `register` may be; a module stands for its default export."""
    found = dict.fromkeys(value.functions)
    for ref in value.refs:
        if ref.kind is Kind.MODULE:
            exported = value.view.linker.slots.get(("export", ref.id, "default"), ())
            found.update(dict.fromkeys(e.id for e in exported if e.kind is Kind.FUNCTION))
    return tuple(found)


def _scopes(view: ModelView) -> _Scopes:
    wrapped = {
        fid
        for call in view.calls("fastify-plugin", "fastify-plugin.default")
        for value in call.args[:1]
        for fid in value.functions
    }
    parents: dict[str, tuple[RouterKey, ...]] = {}
    for call in view.members("fastify:Instance", ("register",)):
        if call.args and call.receiver is not None:
            for fid in wrapped.intersection(_plugins(call.args[0])):
                parents[fid] = (*parents.get(fid, ()), *instance_keys(call.receiver))
            for file in loaded(view, call) if autoloads(call) else ():
                on = file.hooks_of or instance_keys(call.receiver)
                for fid in file.functions:
                    if fid in wrapped or file.hooks_of:
                        parents[fid] = (*parents.get(fid, ()), *on)
    decorations: dict[str, tuple[str, ...]] = {}
    for call in view.members("fastify:Instance", ("decorate",)):
        if len(call.args) > 1:
            for name in texts_of(call.args[0]):
                decorations[name] = (*decorations.get(name, ()), *call.args[1].functions)
    hooks = view.members("fastify:Instance", ("addHook",))
    on_route = any(call.args and call.args[0].text == "onRoute" for call in hooks)
    return _Scopes(view, parents, decorations, _keeps_more(view), on_route)


def _keeps_more(view: ModelView) -> bool:
    """Whether the validator is the framework's own, and is not told to take away all that is not named."""
    if any(True for _ in view.members("fastify:Instance", ("setValidatorCompiler",))):
        return False
    for call in view.calls("fastify", "fastify.fastify", "fastify.default"):
        told = call.args[0].key("ajv") if call.args else None
        options = told.key("customOptions") if told is not None else None
        if told is not None and (options is None or options.key("removeAdditional") is not None):
            return False
    return True


def _lets_more(schema: ValueView) -> bool:
    """Whether a route's schema certainly lets a body have fields that it does not name."""
    body = _key(schema, "body")
    return body is not None and json_schemas.lets_more(body)


def routes(view: ModelView) -> Iterator[RouteNode]:
    """Yield routes, hooks and registered plugins."""
    scopes = _scopes(view)
    nodes = list(_nodes(view, scopes))
    yield from nodes
    apart = links_apart(view, nodes)
    for node in nodes:
        for plugin in node.mounts if apart else ():
            if plugin in apart:
                links = tuple(told_at(apart[plugin], node.span))
                # What stands at a prefix is meant for the routes there, wherever they are registered.
                first = () if node.path else node.order
                yield replace(node, links=links, mounts=(), order=first, everywhere=not node.path)


def _nodes(view: ModelView, scopes: _Scopes) -> Iterator[RouteNode]:
    for call in view.members("fastify:Instance", VERBS):
        if len(call.args) > 1:
            options = call.args[1] if len(call.args) > 2 else _options(call.args[1])
            handler = call.args[-1] if len(call.args) > 2 or options is None else _key(options, "handler")
            yield from _route(scopes, call, (call.member,), call.args[0], options, handler)
    for call in view.members("fastify:Instance", ("route",)):
        for value in call.args[:1]:
            methods = _methods(_key(value, "method"))
            path = _key(value, "url") or _key(value, "path")
            yield from _route(scopes, call, methods, path, value, _key(value, "handler"))
    for call in view.members("fastify:Instance", ("addHook",)):
        if len(call.args) > 1 and constant_texts(call.args[0].refs)[:1] and call.args[0].text in HOOKS:
            given = flatten(view, call.args[1])
            links = tuple(link for inner in given for link in scopes.links(inner, "hook"))
            yield from _everywhere(scopes, call, links)
    for call in view.members("fastify:Instance", ("register",)):
        yield from _registered(scopes, call)


def _options(value: ValueView) -> ValueView | None:
    """The options object, when a route's second and last argument is one."""
    return value if any(ref.kind is Kind.COLLECT for ref in value.refs) else None


def _key(value: ValueView, name: str) -> ValueView | None:
    for ref in value.refs:
        if ref.kind is Kind.COLLECT and isinstance(ref.step, tuple):
            found = ValueView(value.view, *ref.step).key(name)
            if found is not None:
                return found
    return None


def _methods(value: ValueView | None) -> tuple[str, ...]:
    if value is None:
        return ("all",)
    found = [text for inner in flatten(value.view, value) for text in texts_of(inner)]
    return tuple(found) or ("all",)


def _route(
    scopes: _Scopes,
    call: CallView,
    methods: tuple[str, ...],
    path: ValueView | None,
    options: ValueView | None,
    handler: ValueView | None,
) -> Iterator[RouteNode]:
    if handler is None or path is None or call.receiver is None:
        return
    texts = texts_of(path)
    answer = scopes.link(handler, "handler")
    hooks = [_key(options, name) for name in HOOKS] if options is not None else []
    links = tuple(
        link
        for hook in hooks
        if hook is not None
        for inner in flatten(scopes.view, hook)
        for link in scopes.links(inner, "hook")
    )
    schema = _key(options, "schema") if options is not None else None
    if schema is not None and _checks_input(schema):
        named = LOOSE if scopes.keeps_more and _lets_more(schema) else VALIDATED
        links = (*links, Link("schema", (), (named,), schema.span, (schema.fid, schema.value)))
    settings = _key(options, "config") if options is not None else None
    limit = _key(settings, "rateLimit") if settings is not None else None
    if limit is not None and any(ref.kind is Kind.COLLECT for ref in limit.refs):
        links = (*links, Link("config.rateLimit", (), (LIMITER,), limit.span))
    elif limit is not None and limit.const is False:
        links = (*links, Link("config.rateLimit: false", (), (f"{LIMITER}.off",), limit.span))
    told = () if options is None else ((options.fid, options.value),)
    for key in scopes.keys(call.receiver):
        for method in methods:
            yield RouteNode(
                "fastify",
                key,
                "*" if method == "all" else method.upper(),
                texts[0] if len(texts) == 1 else None,
                call.span,
                scopes.view.order(call.fid, call.call.end),
                (*links, *wrapper_links(scopes.view, answer.functions)),
                answer,
                inputs=handler_inputs(scopes.view, answer.functions),
                returns="told",
                options=None if scopes.adds_options else told,
            )


def _everywhere(scopes: _Scopes, call: CallView, links: tuple[Link, ...]) -> Iterator[RouteNode]:
    if call.receiver is None or not links:
        return
    order = scopes.view.order(call.fid, call.call.end)
    for key in scopes.keys(call.receiver):
        yield RouteNode("fastify", key, "*", "", call.span, order, links, is_prefix=True, everywhere=True)


def _checks_input(schema: ValueView) -> bool:
    """Whether a route's schema speaks of the request, not of the answer alone."""
    written = [ValueView(schema.view, *ref.step) for ref in schema.refs if isinstance(ref.step, tuple)]
    known = [each for each in (schema, *written) if each.instr is not None and each.instr.op == Op.COLLECT]
    return not known or any(each.key(part) is not None for each in known for part in _REQUEST_PARTS)


def _registered(scopes: _Scopes, call: CallView) -> Iterator[RouteNode]:
    if not call.args or call.receiver is None:
        return
    if autoloads(call):
        yield from _loaded(scopes, call)
        return
    plugins = [fid for fid in _plugins(call.args[0]) if fid not in scopes.open_plugins]
    if not plugins:
        everywhere = _key(call.args[1], "global") if len(call.args) > 1 else None
        if everywhere is not None and any(r.kind is Kind.CONST and r.step is False for r in everywhere.refs):
            # What is registered for the routes that ask for it: `config: { rateLimit: { max: 5 } }`.
            return
        if call.args[0].names:
            yield from _everywhere(scopes, call, (link_of(call.args[0], "hook"),))
        return
    prefix = _key(call.args[1], "prefix") if len(call.args) > 1 else None
    texts = ("",) if prefix is None else texts_of(prefix)
    for key in scopes.keys(call.receiver):
        yield RouteNode(
            "fastify",
            key,
            "*",
            texts[0] if len(texts) == 1 else None,
            call.span,
            scopes.view.order(call.fid, call.call.end),
            mounts=tuple(plugins),
            is_prefix=True,
        )


def _loaded(scopes: _Scopes, call: CallView) -> Iterator[RouteNode]:
    """The plugins of a folder, each under the prefix that its place in the folder gives it."""
    assert call.receiver is not None
    order = scopes.view.order(call.fid, call.call.end)
    for position, file in enumerate(loaded(scopes.view, call)):
        names = tuple(name for ref in file.exported for name in ref.names)
        mounts = tuple(fid for fid in file.functions if fid not in scopes.open_plugins)
        place = (*order, (file.path, position))
        for key in scopes.keys(call.receiver):
            if mounts and not file.hooks_of:
                yield RouteNode(
                    "fastify", key, "*", file.prefix, call.span, place, mounts=mounts, is_prefix=True
                )
            elif names and not file.functions:
                link = Link(names[0], (), names, call.span, None, "hook")
                yield RouteNode(
                    "fastify", key, "*", "", call.span, place, (link,), is_prefix=True, everywhere=True
                )


FASTIFY = Library(
    name="fastify",
    language="javascript",
    packages=("fastify", "fastify-plugin"),
    types={
        "Instance": (
            "fastify()",
            "fastify.{fastify,default}()",
            "Plugin<0>",
            "Instance.withTypeProvider()",
            "fastify.FastifyInstance()",
            "Request.server",
        ),
        "Autoload": ("{@fastify/autoload,fastify-autoload}", "@fastify/autoload.{default,fastifyAutoload}"),
        "Plugin": ("Instance.register(0)", "{fastify-plugin,fastify-plugin.default}(0)"),
        "Handler": (
            f"Instance.{{{_VERBS}}}(1:)",
            "Instance.route(0)",
            "Instance.addHook(1)",
            "Instance.setNotFoundHandler(0:)",
        ),
        "Decorated": ("Instance.decorate(1)",),
        "Problem": ("Instance.setErrorHandler(0)",),
        "Request": ("Handler<0>", "Decorated<0/2>", "Problem<1>", "fastify.FastifyRequest()"),
        "Reply": (
            "Handler<1>",
            "Decorated<1/2>",
            "Problem<2>",
            "fastify.FastifyReply()",
            "Reply.{code,status,type,header,headers,setCookie,cookie}()",
        ),
    },
    sites=("Instance",),
    shapes={"Instance": "fastify", "Reply": "reply"},
    keeps=("Instance.decorate",),
    passes=("{fastify-plugin,fastify-plugin.default}(0)",),
    concepts=(
        RequestInput("Request.{body,query,headers,cookies}", channel="$member"),
        RequestInput("Request.params", channel="path"),
        RequestInput("Request.{url,originalUrl}", channel="address"),
        RequestInput("Request.hostname", channel="headers"),
        RequestInput("Request.{file,files,parts}()", channel="files"),
        # The last part of the name alone, unless `preservePath` is set.
        RequestInput(
            "Request.{file(),files()[],parts()[]}.filename",
            channel="files",
            safe=(Context.PATH, Context.SEGMENTS),
        ),
        # What else a form holds: `part.fields.folder.value`.
        RequestInput("Request.{file(),files()[],parts()[]}.fields", channel="form"),
        RequestInput("Request.parts()[].value", channel="form"),
        RouteOptions("Request.routeOptions"),
        RouteOptions("Request.{routeConfig,context.config}", within="config"),
        RouteOptions("Reply.context.config", within="config"),
        CredentialRead("Request.session"),
        SessionStore("Request.session"),
        CredentialRead("Request.headers.authorization"),
        CredentialRead("Request.cookies"),
        Principal("Request.user"),
        TokenVerify("Request.{jwtVerify,accessJwtVerify}()", of_request=True),
        ServedType("Reply.type(0)"),
        ServedType("Reply.header(1)", header="(0)"),
        HtmlResponse("Reply.send(0)", unless_json=True, told=True),
        ResponseBody("Reply.send(0)"),
        Redirect("Reply.header(1)", header="(0)"),
        Redirect("Reply.redirect(0:)"),
        TemplateRender("Reply.{view,viewAsync}(0)", values="(1)"),
        Denial("Reply.{code,status}(0)"),
        Denial("Reply.send(0)", thrown=True),
        Denial("Reply.unauthorized()", status=401),
        Denial("Reply.forbidden()", status=403),
        Denial("Instance.httpErrors.unauthorized()", status=401),
        Denial("Instance.httpErrors.forbidden()", status=403),
        ErrorDetail("Problem<0>"),
        Guard("Instance.setValidatorCompiler()", "validation"),
        Guard("Instance.addSchema()", "validation", strength="loose"),
        Guard(LIMITER, "rate-limit"),
        # How a route that says `config: { rateLimit: false }` is read.
        Exemption(f"{LIMITER}.off", kind="rate-limit"),
        Guard("Instance.rateLimit()", "rate-limit"),
        Guard("Instance.csrfProtection", "csrf"),
        Guard("Instance.basicAuth", "authentication", carrier="header"),
        Guard("@fastify/bearer-auth", "authentication", carrier="header"),
    ),
    routes=routes,
)
