"""Egg. API references: https://www.eggjs.org/basics/router, https://www.eggjs.org/basics/controller,
https://www.eggjs.org/basics/middleware, https://www.eggjs.org/basics/service

Controllers, services, middleware and models are files of folders: `app.controller.users.list` is what
`app/controller/users.js` exports. The context is Koa's, in `koa.py`.
"""

from collections.abc import Iterator
from dataclasses import replace

from rearguard.models.concepts import (
    Denial,
    Guard,
    Principal,
    Redirect,
    RequestInput,
    SqlExecution,
    TemplateSource,
)
from rearguard.models.dsl import Library
from rearguard.models.javascript.chains import arguments, call_of, flatten, follow, link_of, texts_of
from rearguard.models.routing import Link, RouteNode, join_paths
from rearguard.models.view import CallView, ModelView, ValueView
from rearguard.program import Op

__all__ = ["EGG"]

VERBS = ("get", "head", "post", "put", "patch", "delete", "del", "options", "all")
_ROOT = "egg application"
_RESOURCES = (
    ("index", "GET", ""),
    ("new", "GET", "/new"),
    ("create", "POST", ""),
    ("show", "GET", "/:id"),
    ("edit", "GET", "/:id/edit"),
    ("update", "PUT", "/:id"),
    ("destroy", "DELETE", "/:id"),
)


def routes(view: ModelView) -> Iterator[RouteNode]:
    """Yield what `app/router.js` registers, and the middleware that the settings name."""
    found = False
    for call in view.members("egg:Router", (*VERBS, "resources", "use")):
        found = True
        yield from _registered(view, call)
    for call in view.members("egg:App", ("use",)):
        links = tuple(link_of(value) for value, _ in arguments(call))
        order = view.order(call.fid, call.span.start)
        yield RouteNode("egg", _ROOT, "*", "", call.span, order, links, is_prefix=True, everywhere=True)
    yield from _configured(view) if found else ()


def _prefix(value: ValueView | None) -> str | None:
    """The path of `router.namespace(path)`; "" for the application's own router."""
    call = call_of(follow(value)) if value is not None else None
    if call is None or not call.has_type("egg:Named") or not call.args:
        return ""
    texts = texts_of(call.args[0])
    return texts[0] if len(texts) == 1 else None


def _registered(view: ModelView, call: CallView) -> Iterator[RouteNode]:
    given = [value for value, _ in arguments(call)]
    paths: list[str] = []
    # `router.get('name', '/path', handler)` names its route first.
    while len(given) > 1 and texts_of(given[0]):
        paths = list(texts_of(given.pop(0)))
    prefix = _prefix(call.receiver)
    path = join_paths(prefix, paths[0]) if prefix is not None and len(paths) == 1 else None
    values = [inner for value in given for inner in flatten(view, value)]
    if not values:
        return
    node = RouteNode("egg", _ROOT, "*", path, call.span, view.order(call.fid, call.call.end))
    if call.member == "use":
        yield replace(node, path=prefix, links=tuple(link_of(v) for v in values), is_prefix=True)
        return
    links = tuple(link_of(value) for value in values[:-1])
    if call.member == "resources":
        yield from _resources(view, replace(node, links=links), values[-1])
        return
    method = {"all": "*", "del": "DELETE"}.get(call.member, call.member.upper())
    answer = _handler(view, values[-1])
    yield replace(node, method=method, links=links, handler=answer, inputs=_inputs(view, answer))


def _handler(view: ModelView, value: ValueView) -> Link:
    """The action given, or the one that a text like `users.list` names."""
    answer = link_of(value, "handler")
    text = value.text
    if answer.functions or text is None:
        return answer
    functions = tuple(fid for fid in _named(view, text))
    return replace(answer, label=text, functions=functions)


def _named(view: ModelView, text: str) -> Iterator[str]:
    *folders, last, action = text.split(".") if text.count(".") else ("", text)
    kind = "/".join(("egg:Controllers", *folders))
    for ref in view.linker.slots.get(("field", kind, last), ()):
        owner = ref.base if ref.base is not None else ref
        method = view.linker.method(owner.id, action) if owner.id in view.linker.bases else None
        if method is not None:
            yield method


def _inputs(view: ModelView, answer: Link) -> dict[str, str]:
    return {view.function(f).params[0].name: "request" for f in answer.functions if view.function(f).params}


def _resources(view: ModelView, node: RouteNode, given: ValueView) -> Iterator[RouteNode]:
    """The actions of a controller by their names."""
    for name, method, behind in _RESOURCES:
        fids = [m for cid in given.classes if (m := view.linker.method(cid, name)) is not None]
        entry = given.key(name)
        fids.extend(entry.functions if entry is not None else ())
        for fid in fids:
            label = (
                f"{given.classes[0].rpartition('::')[2].rpartition('.')[2]}.{name}" if given.classes else name
            )
            answer = Link(label, (fid,), (), node.span, None, "handler")
            yield replace(
                node,
                method=method,
                path=None if node.path is None else f"{node.path.rstrip('/')}{behind}",
                order=(*node.order, (node.span.path, _ORDER[name])),
                handler=answer,
                inputs=_inputs(view, answer),
            )


_ORDER = {name: number for number, (name, _, _) in enumerate(_RESOURCES)}


def _configured(view: ModelView) -> Iterator[RouteNode]:
    """`config.middleware = ['auth']` in the settings puts `app/middleware/auth.js` before everything."""
    for path in view.linker.modules:
        if "config/config." not in path:
            continue
        for fid in view.linker.functions:
            if view.linker.module_of[fid] == path:
                for value in _middleware_lists(view, fid):
                    yield from _named_middleware(view, value)


def _middleware_lists(view: ModelView, fid: str) -> Iterator[ValueView]:
    for instr in view.linker.code(fid):
        if instr.op == Op.SETATTR and instr.name in ("middleware", "coreMiddleware"):
            yield ValueView(view, fid, instr.args[-1])
        elif instr.op == Op.COLLECT:
            for key, value in zip(instr.keys, instr.args, strict=False):
                if key == "middleware":
                    yield ValueView(view, fid, value)


def _named_middleware(view: ModelView, value: ValueView) -> Iterator[RouteNode]:
    for position, element in enumerate(value.elements()):
        name = element.text
        if name is None:
            continue
        refs = view.linker.slots.get(("field", "egg:Middlewares", name), ())
        functions = tuple(
            inner
            for ref in refs
            if ref.id in view.linker.functions
            for instr in view.linker.code(ref.id)
            if instr.op == Op.RETURN and instr.args
            for inner in ValueView(view, ref.id, instr.args[0]).functions
        )
        if functions:
            link = Link(name, functions, (), element.span, None, "middleware")
            order = ((" ", 0), (element.span.path, position))
            yield RouteNode(
                "egg", _ROOT, "*", "", element.span, order, (link,), is_prefix=True, everywhere=True
            )


_VERBS = ",".join(VERBS)

EGG = Library(
    name="egg",
    language="javascript",
    packages=("egg", "egg-mysql", "egg-jwt", "egg-validate"),
    types={
        "App": (
            "RouterFile<0>",
            "LoadedFile<0>",
            "MiddlewareFile<1>",
            "egg.Application()",
            "Based.app",
            "Context.app",
        ),
        "Based": ("{egg.Controller,egg.Service,App.Controller,App.Service,Context.Service}()",),
        "Router": ("App.router", "Named", "App"),
        "Named": ("App.router.namespace()", "App.namespace()"),
        "Registered": ("Router.resources()",),
        "Controllers": ("App.controller",),
        "Middlewares": ("App.{middleware,middlewares}",),
        "Services": ("{Context,Based}.service",),
        "Models": ("{App,Context}.model",),
        "Mysql": ("App.{mysql,mysql.get()}", "Mysql.beginTransaction()"),
        "Handler": (f"Router.{{{_VERBS},use}}(0:)",),
        "Context": ("Handler<0>", "Inner<0>", "Based.ctx", "egg.Context()", "App.createAnonymousContext()"),
    },
    exports={
        "RouterFile": (r"(?:^|/)app/router(?:/.+)?\.[cm]?[jt]s$", r"=|default"),
        "LoadedFile": (r"(?:^|/)app/(?:controller|service|model)/.+\.[cm]?[jt]s$", r"=|default"),
        "MiddlewareFile": (r"(?:^|/)app/middleware/.+\.[cm]?[jt]s$", r"=|default"),
        "Inner": (r"(?:^|/)app/middleware/.+\.[cm]?[jt]s$", r"(?:=|default)\(\)"),
    },
    folders={
        "Controllers": r"(?:^|/)app/controller/(?P<path>.+)\.[cm]?[jt]s$",
        "Services": r"(?:^|/)app/service/(?P<path>.+)\.[cm]?[jt]s$",
        "Middlewares": r"(?:^|/)app/middleware/(?P<path>.+)\.[cm]?[jt]s$",
        "Models": r"(?:^|/)app/model/(?P<path>.+)\.[cm]?[jt]s$",
    },
    concepts=(
        RequestInput("Context.queries", channel="query"),
        RequestInput("Context.getFileStream().filename", channel="files"),
        Principal("Context.user"),
        Redirect("Context.{unsafeRedirect,redirect}(0)"),
        TemplateSource("Context.renderString(0)"),
        SqlExecution("Mysql.query(0)", parameters="(1)", style="qmark"),
        Denial("Context.throw(0)"),
        Guard("App.jwt", "authentication"),
        Guard("App.passport.authenticate()", "authentication"),
    ),
    routes=routes,
)
