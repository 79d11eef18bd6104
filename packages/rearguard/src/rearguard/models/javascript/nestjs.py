"""NestJS controllers, guards and pipes. API reference: https://docs.nestjs.com/controllers

One root router stands for the application; every controller is mounted on it. What the framework injects
through constructors the linker reads from the parameters' types.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import product

from rearguard.link import Kind, function_id
from rearguard.models.concepts import Denial, Guard, OutboundRequest, PasswordGate, RequestInput
from rearguard.models.dsl import Library
from rearguard.models.javascript.chains import call_of, flatten, follow, label_of, texts_of
from rearguard.models.mark_concepts import MarkedPlace, MarkMaker, MarkRead, RouteMark
from rearguard.models.routing import Link, RouteNode, join_paths
from rearguard.models.view import CallView, ModelView, ValueView
from rearguard.program import MODULE_BODY, Op, Span

__all__ = ["NESTJS", "application_nodes", "guard_links", "parameter_channels"]

ROOT = "nestjs application"
PREFIXED = "nestjs global prefix"
VERBS = ("Get", "Post", "Put", "Patch", "Delete", "Options", "Head", "All")
CHANNELS = {
    "Body": "body",
    "Query": "query",
    "Param": "path",
    "Headers": "header",
    "UploadedFile": "file",
    "UploadedFiles": "file",
    "Req": "request",
    "Request": "request",
    "Res": "response",
    "Response": "response",
    "HostParam": "path",
    "Session": "session",
}
_MARKS = "@nestjs/common.SetMetadata()"
_TEXTUAL = re.compile(r"string|any|unknown|void|Response|Observable|\bT\b|[{<]\s*\w+\[")
"""Declared results that may be a text, or say nothing."""
_ENTRY = {"use": "middleware", "canActivate": "guard", "transform": "pipe"}


def routes(view: ModelView) -> Iterator[RouteNode]:
    """Yield one mount per controller, one route per decorated method, and what guards the application."""
    controllers = [
        (cid, call)
        for path, module in view.linker.modules.items()
        for name in module.classes
        for cid in (f"{path}::{name}",)
        for call in _decorators(view.class_decorators(cid), ("Controller",))
    ]
    if not controllers:
        return
    yield from application_nodes(view)
    first = controllers[0][1]
    prefix = _prefix(view)
    yield RouteNode("nestjs", ROOT, "*", prefix, first.span, (("~", 0),), mounts=(PREFIXED,), is_prefix=True)
    for cid, call in controllers:
        yield from _controller(view, cid, call)


# -- decorators -----------------------------------------------------------------------------------


def _decorators(values: Iterable[ValueView], names: Iterable[str]) -> Iterator[CallView]:
    """Decorators that are calls of Nest functions called `names`, `applyDecorators` taken apart."""
    wanted = {f"@nestjs/common.{name}" for name in names}
    for value in values:
        for inner in _expanded(value):
            call = call_of(follow(inner))
            if call is not None:
                callee = ValueView(call.view, call.fid, call.call.args[0])
                found = wanted.intersection(callee.names)
                if found:
                    yield CallView(call.view, call.fid, call.value, call.call, found.pop())


def _expanded(value: ValueView, depth: int = 0) -> Iterator[ValueView]:
    """A decorator, or those that a project function puts together with `applyDecorators`."""
    yield value
    call = call_of(follow(value))
    if call is None or depth > 3:
        return
    made = ValueView(value.view, call.fid, call.call.args[0]).functions
    for inner in value.view.calls("@nestjs/common.applyDecorators"):
        if inner.fid in made or (inner.value == call.value and inner.fid == call.fid):
            for argument in inner.args:
                yield from _expanded(argument, depth + 1)


def guard_links(view: ModelView, values: tuple[ValueView, ...]) -> tuple[Link, ...]:
    """What `@UseGuards` and `@UsePipes` put before a handler, and other decorators as marks."""
    links = [
        _class_link(view, inner)
        for call in _decorators(values, ("UseGuards", "UsePipes"))
        for argument in call.args
        for inner in flatten(view, argument)
    ]
    links.extend(
        Link(label_of(value), (), value.names, value.span, (value.fid, value.value), "decorator")
        for outer in values
        for value in _expanded(outer)
        if not _is_empty_mark(value, outer)
        and not any(name.startswith("@nestjs/") and name != _MARKS for name in value.names)
        and (value.names or value.functions or not _package(value).startswith("@nestjs/"))
    )
    return tuple(links)


def _is_empty_mark(value: ValueView, outer: ValueView) -> bool:
    """`SetMetadata("roles", roles)` of `Auth(...roles)` called with nothing: it asks for no role."""
    made, given = call_of(follow(value)), call_of(follow(outer))
    if made is None or given is None or len(made.args) < 2:
        return False
    instr = made.args[1].instr
    if instr is not None and instr.op == Op.COLLECT:
        return not instr.args
    rest = [param.name for param in value.view.function(made.fid).params if param.kind == "rest"]
    return not given.args and instr is not None and instr.op == Op.LOAD and instr.name in rest


def _package(value: ValueView) -> str:
    """Where a decorator's name is imported from: those that describe a route are no rows of any model."""
    call = call_of(follow(value))
    callee = None if call is None else ValueView(value.view, call.fid, call.call.args[0]).instr
    if callee is None or callee.op != Op.LOAD:
        return ""
    body = function_id(value.view.linker.module_of[value.fid], MODULE_BODY)
    code = value.view.linker.code(body)
    stored = {i.args[0] for i in code if i.op == Op.STORE and i.name == callee.name}
    definitions = value.view.definitions(body)
    for instr in filter(None, map(definitions.get, stored)):
        while instr.op == Op.ATTR and instr.args[0] in definitions:
            instr = definitions[instr.args[0]]
        if instr.op == Op.IMPORT:
            return instr.name
    return ""


def _class_link(view: ModelView, value: ValueView) -> Link:
    """A guard, pipe or middleware given as class or instance: what runs is its entry method."""
    functions = tuple(
        found
        for cid in value.classes
        for name in _ENTRY
        if (found := view.linker.method(cid, name)) is not None
    )
    return Link(
        label_of(value),
        functions or value.functions,
        value.names,
        value.span,
        (value.fid, value.value),
        "class",
        verdict=any(fid.endswith(".canActivate") for fid in functions),
    )


# -- the application ------------------------------------------------------------------------------


def application_nodes(view: ModelView) -> Iterator[RouteNode]:
    """Global guards and pipes, as providers or by `useGlobal...`, and middleware for all routes."""
    for fid in view.linker.functions:
        for instr in view.linker.code(fid):
            if instr.op == Op.COLLECT and "provide" in instr.keys:
                entry = ValueView(view, fid, instr.dst)
                token = entry.key("provide")
                if token is not None and token.has_type("nestjs:Everywhere"):
                    for key in ("useClass", "useExisting", "useValue"):
                        given = entry.key(key)
                        if given is not None:
                            yield _global(view, entry, (_class_link(view, given),))
    for call in view.members("nestjs:Application", ("useGlobalGuards", "useGlobalPipes", "use")):
        yield _global(view, call, tuple(_class_link(view, value) for value in call.args))
    for call in view.members("nestjs:Consumer", ("apply",)):
        links = tuple(_class_link(view, inner) for value in call.args for inner in flatten(view, value))
        for other in view.members("nestjs:Applied", ("forRoutes",)):
            if other.fid == call.fid and call.value in _chain(other):
                for target in other.args:
                    yield from _middleware(view, call, links, target)


def _chain(call: CallView) -> Iterator[int]:
    """The calls whose methods lead to `call`: `apply` of `consumer.apply(A).exclude(b).forRoutes(c)`."""
    current: CallView | None = call
    while current is not None:
        yield current.value
        receiver = current.receiver
        current = None if receiver is None else call_of(follow(receiver))


def _middleware(
    view: ModelView, call: CallView, links: tuple[Link, ...], target: ValueView
) -> Iterator[RouteNode]:
    """Middleware for a path, for `{ path, method }`, or for a controller."""
    order = view.order(call.fid, call.span.start)
    for cid in target.classes:
        key = f"nestjs controller {cid}"
        yield RouteNode("nestjs", key, "*", "", call.span, order, links, is_prefix=True, everywhere=True)
    place, kind = target.key("path"), target.key("method")
    verb = kind.instr.name if kind is not None and kind.instr is not None else "ALL"
    for text in texts_of(target if place is None else place):
        yield _global(view, call, links, text, "*" if verb == "ALL" else verb)


def _global(
    view: ModelView, value: ValueView, links: tuple[Link, ...], path: str = "*", verb: str = "*"
) -> RouteNode:
    order = view.order(value.fid, value.span.start)
    everything = path in ("*", "/", "") and verb == "*"
    return RouteNode(
        "nestjs",
        ROOT if everything else PREFIXED,
        verb,
        "" if everything else join_paths("", path),
        value.span,
        ((" ", 0), *order),
        links,
        is_prefix=everything,
        everywhere=everything,
    )


def _prefix(view: ModelView) -> str | None:
    """The global prefix; `None` when there is one that could not be read."""
    for call in view.members("nestjs:Application", ("setGlobalPrefix",)):
        texts = texts_of(call.args[0]) if call.args else ()
        return texts[0] if len(texts) == 1 else None
    return ""


def _versions(view: ModelView, *values: ValueView | None) -> tuple[str, ...]:
    """Path segments of the first version given, when versions are part of the path."""
    for call in view.members("nestjs:Application", ("enableVersioning",)):
        options = call.args[0] if call.args else None
        kind = None if options is None else options.key("type")
        instr = None if kind is None else kind.instr
        if options is not None and (instr is None or instr.name in ("URI", "")):
            for value in (*values, options.key("defaultVersion")):
                if value is not None:
                    return tuple(f"v{text}" for inner in flatten(view, value) for text in texts_of(inner))
    return ()


# -- controllers ----------------------------------------------------------------------------------


def _controller(view: ModelView, cid: str, call: CallView) -> Iterator[RouteNode]:
    path, _, name = cid.rpartition("::")
    cls = view.linker.modules[path].classes[name]
    key = f"nestjs controller {cid}"
    given = call.args[0] if call.args else None
    options = given if given is not None and given.key("path") is not None else None
    version = None if given is None else given.key("version")
    place = options.key("path") if options is not None else None if version is not None else given
    written = tuple(v for v in view.class_decorators(cid) if v.value != call.value)
    links = tuple(replace(link, on_class=True) for link in guard_links(view, written))
    versions = [
        found.args[0] for found in _decorators(view.class_decorators(cid), ("Version",)) if found.args
    ]
    for segment, text in product(_versions(view, version, *versions) or ("",), _paths(view, place)):
        whole = None if text is None else join_paths(join_paths("", segment), text)
        order = (("~", 0), (path, cls.start))
        yield RouteNode(
            "nestjs", PREFIXED, "*", whole, call.span, order, links, mounts=(key,), is_prefix=True
        )
    seen: set[str] = set()
    for current in view.linker.lineage(cid):
        owner, _, qualified = current.rpartition("::")
        for method, function in view.linker.modules[owner].classes[qualified].methods.items():
            if method not in seen:
                seen.add(method)
                yield from _method(view, key, f"{owner}::{function}", f"{name}.{method}")


def _paths(view: ModelView, value: ValueView | None) -> tuple[str | None, ...]:
    if value is None:
        return ("",)
    texts = tuple(text for inner in flatten(view, value) for text in texts_of(inner))
    return texts or (None,)


def _method(view: ModelView, key: str, fid: str, label: str) -> Iterator[RouteNode]:
    decorators = view.decorators(fid)
    function = view.function(fid)
    path = view.linker.module_of[fid]
    for call in _decorators(decorators, VERBS):
        verb = call.member
        links = guard_links(view, tuple(v for v in decorators if v.value != call.value))
        links += tuple(_class_link(view, pipe) for pipe in _parameter_pipes(view, fid))
        span = Span(path, function.name_start, function.name_end)
        # What the decorator was given can be overridden by what the method returns.
        redirects = any(_decorators(decorators, ("Redirect",)))
        returns = "redirect" if redirects else _sent_as(function.returns)
        handler = Link(label, (fid,), (), span, None, "handler")
        for text in _paths(view, call.args[0] if call.args else None):
            yield RouteNode(
                "nestjs",
                key,
                "*" if verb == "All" else verb.upper(),
                text,
                call.span,
                ((path, function.start),),
                links,
                handler,
                inputs=parameter_channels(view, fid),
                returns=returns,
            )


def _sent_as(declared: str) -> str:
    """How what a method returns is sent: text as HTML; an object, as `Promise<Invoice>` says, as JSON."""
    return "" if declared and not _TEXTUAL.search(declared) else "html"


def parameter_channels(view: ModelView, fid: str) -> dict[str, str]:
    """Channels that parameter decorators name; one made by the project may give the caller."""
    function = view.function(fid)
    found: dict[str, str] = {}
    parent = f"{view.linker.module_of[fid]}::{function.parent}"
    for param in function.params:
        for number in param.decorators:
            call = call_of(ValueView(view, parent, number))
            if call is None:
                continue
            callee = ValueView(view, parent, call.call.args[0])
            for name in callee.names:
                channel = CHANNELS.get(name.removeprefix("@nestjs/common."))
                if channel is not None:
                    typed = any(value.has_type("nestjs:Parsing") for value in call.args)
                    found[param.name] = f"{channel}:int" if typed else channel
            made = _made_by(view, callee) if callee.has_type("nestjs:ParamDecorator") else ""
            if made:
                found[param.name] = f"returned:{made}"
    return found


def _parameter_pipes(view: ModelView, fid: str) -> Iterator[ValueView]:
    """Pipes that go by declared types, where they stand at a parameter: `@Body(new ValidationPipe())`."""
    function = view.function(fid)
    parent = f"{view.linker.module_of[fid]}::{function.parent}"
    for param in function.params:
        for number in param.decorators:
            call = call_of(ValueView(view, parent, number))
            for value in call.args if call is not None else ():
                if any(name.startswith("@nestjs/common.ValidationPipe") for name in value.names):
                    yield value


def _made_by(view: ModelView, decorator: ValueView) -> str:
    """The function of `createParamDecorator((data, context) => request.user)` that gives the parameter."""
    for call in view.calls("@nestjs/common.createParamDecorator"):
        made = {ref for ref in view.linker.refs[call.fid][call.value] if ref.kind is Kind.CALL}
        if made.intersection(decorator.refs) and call.args:
            return next(iter(call.args[0].functions), "")
    return ""


NESTJS = Library(
    name="nestjs",
    language="javascript",
    packages=("@nestjs/common", "@nestjs/core"),
    types={
        "Application": (
            "@nestjs/core.NestFactory.create()",
            "@nestjs/common.INestApplication()",
            "@nestjs/platform-fastify.NestFastifyApplication()",
            "@nestjs/platform-express.NestExpressApplication()",
        ),
        "Everywhere": ("@nestjs/core.{APP_GUARD,APP_PIPE}",),
        # Pipes that let numbers, booleans, identifiers and members of a list through alone.
        "Parsing": (
            "@nestjs/common.{ParseIntPipe,ParseFloatPipe,ParseBoolPipe,ParseUUIDPipe,ParseEnumPipe,ParseDatePipe}",
            "@nestjs/common.{ParseIntPipe,ParseFloatPipe,ParseBoolPipe,ParseUUIDPipe,ParseEnumPipe,ParseDatePipe}()",
        ),
        "Decorator": (
            "@nestjs/common.{Controller,Get,Post,Put,Patch,Delete,Options,Head,All,UseGuards,UsePipes,Version}()",
            "@nestjs/common.{Body,Query,Param,Headers,Req,Request,Res,Response,UploadedFile,UploadedFiles}()",
            "@nestjs/common.{HostParam,HttpCode,Header,UseInterceptors,UseFilters,Render,Redirect,Injectable}()",
            "@nestjs/common.applyDecorators()",
        ),
        "ParamFactory": ("@nestjs/common.createParamDecorator(0)",),
        "ParamDecorator": ("@nestjs/common.createParamDecorator()",),
        "Context": ("ParamFactory<1>", "@nestjs/common.{ExecutionContext,ArgumentsHost}()"),
        "HttpRequest": (
            "Context.switchToHttp().getRequest()",
            "@nestjs/graphql.GqlExecutionContext.create().getContext().{req,request}",
        ),
        "HttpResponse": ("Context.switchToHttp().getResponse()",),
        "Place": ("Context.{getHandler,getClass}()",),
        "Consumer": ("@nestjs/common.MiddlewareConsumer()",),
        "Applied": ("Consumer.apply()", "Applied.exclude()"),
        "Settings": (
            "Application.{useGlobalGuards,useGlobalPipes,use,setGlobalPrefix,enableVersioning}()",
            "Applied.forRoutes()",
        ),
    },
    sites=("ParamDecorator",),
    concepts=(
        Guard("@nestjs/passport.AuthGuard()", "authentication"),
        PasswordGate("@nestjs/passport.AuthGuard()", strategy="(0)", strategies=("local", "basic")),
        Guard("@nestjs/throttler.ThrottlerGuard", "rate-limit"),
        Guard("@nestjs/common.ValidationPipe", "validation", strength="typed"),
        Guard(
            "@nestjs/common.ValidationPipe()",
            "validation",
            strength="typed",
            strips_if=("(0).whitelist", True),
        ),
        RouteMark("@nestjs/common.SetMetadata()"),
        RequestInput("@nestjs/graphql.GqlExecutionContext.create().getArgs()", channel="body"),
        MarkMaker("@nestjs/core.Reflector.createDecorator()"),
        MarkRead("@nestjs/core.Reflector().{get,getAll,getAllAndOverride,getAllAndMerge}()"),
        MarkedPlace("Context.getHandler()", place="handler"),
        MarkedPlace("Context.getClass()", place="class"),
        Denial("@nestjs/common.UnauthorizedException()", status=401),
        Denial("@nestjs/common.ForbiddenException()", status=403),
        Denial("@nestjs/common.NotFoundException()", status=404),
        Denial("@nestjs/common.HttpException(1)"),
        RequestInput("HttpRequest.{body,query,headers,cookies}", channel="$member"),
        RequestInput("HttpRequest.params", channel="path"),
        OutboundRequest("@nestjs/axios.HttpService().{get,delete,head,post,put,patch}(0)"),
        OutboundRequest("@nestjs/axios.HttpService().axiosRef.{get,delete,head,post,put,patch}(0)"),
    ),
    routes=routes,
)
