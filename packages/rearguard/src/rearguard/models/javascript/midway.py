"""Midway 2 to 4. API references: https://midwayjs.org/en/docs/controller, https://midwayjs.org/en/docs/guard,
https://midwayjs.org/en/docs/middleware, https://midwayjs.org/en/docs/error_filter

The context is that of the server underneath: Koa's or Egg's in `koa.py`, Express's in `express.py`.
"""

import re
from collections.abc import Iterable, Iterator

from rearguard.models.concepts import Denial, Guard, RequestInput, TokenVerify
from rearguard.models.dsl import Library
from rearguard.models.javascript.chains import flatten, label_of
from rearguard.models.javascript.decorators import classes, decorated, inputs, methods, path_of
from rearguard.models.routing import Link, RouteNode, join_paths
from rearguard.models.view import CallView, ModelView, ValueView
from rearguard.program import Op, Span

__all__ = ["MIDWAY"]

_ROOT = "midway application"
_PACKAGES = ("@midwayjs/core", "@midwayjs/decorator")
_VERBS = ("Get", "Post", "Put", "Patch", "Del", "Delete", "Options", "Head", "All")
_CHANNELS = {
    "Body": "body",
    "Query": "query",
    "Queries": "query",
    "Param": "path",
    "Headers": "header",
    "File": "file",
    "Files": "file",
    "Fields": "form",
    "Session": "session",
}


def routes(view: ModelView) -> Iterator[RouteNode]:
    """Yield one endpoint per decorated method of a controller, and what is put before all of them."""
    found = False
    for package in _PACKAGES:
        known = dict(classes(view, package, ("Controller",)))
        for path, module in view.linker.modules.items():
            for cid in (f"{path}::{name}" for name in module.classes):
                # A decorator of another package may make a controller too, at a path that it knows.
                if cid in known or view.class_decorators(cid):
                    for node in _controller(view, package, cid, known.get(cid)):
                        found = True
                        yield node
    for call in view.calls(*_BEFORE_ALL) if found else ():
        order = ((" ", 0), *view.order(call.fid, call.span.start))
        links = tuple(_link(view, inner) for value in call.args for inner in flatten(view, value))
        yield RouteNode("midway", _ROOT, "*", "", call.span, order, links, is_prefix=True, everywhere=True)
    for listed in _global_lists(view) if found else ():
        order = ((" ", 0), *view.order(listed.fid, listed.span.start))
        links = tuple(_link(view, inner) for inner in flatten(view, listed))
        yield RouteNode("midway", _ROOT, "*", "", listed.span, order, links, is_prefix=True, everywhere=True)


def _global_lists(view: ModelView) -> Iterator[ValueView]:
    """Lists of classes under a key like `globalMiddlewares`, as frameworks on top of Midway take them."""
    for fid in view.linker.functions:
        for instr in view.linker.code(fid):
            if instr.op == Op.COLLECT:
                for key, number in zip(instr.keys, instr.args, strict=False):
                    value = ValueView(view, fid, number)
                    if _GLOBAL.fullmatch(str(key)) and any(each.classes for each in value.elements()):
                        yield value


_GLOBAL = re.compile(r"global\w*?(?:Middlewares?|Guards?)")


_BEFORE_ALL = tuple(f"midway:App.{name}" for name in ("useMiddleware", "useGuard", "use"))


def _controller(view: ModelView, package: str, cid: str, call: CallView | None) -> Iterator[RouteNode]:
    prefix = path_of(call) if call is not None else None
    around = (
        *(_options(view, call) if call is not None else ()),
        *_guards(view, view.class_decorators(cid), package),
    )
    for name, fid in methods(view, cid):
        decorators = view.decorators(fid)
        function, path = view.function(fid), view.linker.module_of[fid]
        for verb in decorated(decorators, package, _VERBS):
            own = path_of(verb)
            span = Span(path, function.name_start, function.name_end)
            whole = None if prefix is None or own is None else join_paths(join_paths("", prefix), own)
            yield RouteNode(
                "midway",
                _ROOT,
                {"All": "*", "Del": "DELETE"}.get(verb.member, verb.member.upper()),
                whole,
                verb.span,
                ((path, function.start),),
                (*around, *_options(view, verb), *_guards(view, decorators, package)),
                Link(f"{cid.rpartition('::')[2]}.{name}", (fid,), (), span, None, "handler"),
                inputs=inputs(view, fid, package, _CHANNELS),
                returns="html",
            )


def _options(view: ModelView, call: CallView) -> tuple[Link, ...]:
    """`{ middleware: [...] }` behind the path of a controller or method."""
    given = call.args[1].key("middleware") if len(call.args) > 1 else None
    return tuple(_link(view, value) for value in flatten(view, given)) if given is not None else ()


def _guards(view: ModelView, values: Iterable[ValueView], package: str) -> tuple[Link, ...]:
    return tuple(
        _link(view, inner)
        for call in decorated(values, package, ("UseGuard",))
        for value in call.args
        for inner in flatten(view, value)
    )


def _link(view: ModelView, value: ValueView) -> Link:
    """A guard by `canActivate`, whose verdict counts; a middleware by the function that `resolve` returns."""
    found: list[str] = []
    verdict = False
    for cid in value.classes:
        guard, resolve = view.linker.method(cid, "canActivate"), view.linker.method(cid, "resolve")
        if guard is not None:
            found.append(guard)
            verdict = True
        elif resolve is not None:
            found.extend(_returned(view, resolve))
    functions = tuple(found) or value.functions
    return Link(
        label_of(value),
        functions,
        value.names,
        value.span,
        (value.fid, value.value),
        "class",
        verdict=verdict,
    )


def _returned(view: ModelView, fid: str) -> Iterator[str]:
    for instr in view.linker.code(fid):
        if instr.op == Op.RETURN and instr.args:
            yield from ValueView(view, fid, instr.args[0]).functions


_CORE = "{@midwayjs/core,@midwayjs/decorator}"

MIDWAY = Library(
    name="midway",
    language="javascript",
    packages=("@midwayjs/core", "@midwayjs/decorator", "@midwayjs/koa", "@midwayjs/web"),
    types={
        "Decorator": (
            f"{_CORE}.{{Controller,UseGuard,{','.join(_VERBS)}}}()",
            f"{_CORE}.{{{','.join(_CHANNELS)}}}()",
        ),
        "App": ("{@midwayjs/koa,@midwayjs/web,@midwayjs/express}.Application()",),
        "Placed": ("App.{useMiddleware,useGuard,use}()",),
        "Upload": ("@midwayjs/upload.UploadFileInfo()",),
    },
    concepts=(
        RequestInput("Upload.{filename,mimeType,fieldName}", channel="files"),
        Denial("@midwayjs/core.httpError.UnauthorizedError()", status=401),
        Denial("@midwayjs/core.httpError.ForbiddenError()", status=403),
        Denial("@midwayjs/core.httpError.NotFoundError()", status=404),
        TokenVerify("@midwayjs/jwt.JwtService().verify()"),
        Guard("@midwayjs/passport.AuthenticateMiddleware", "authentication"),
    ),
    routes=routes,
)
