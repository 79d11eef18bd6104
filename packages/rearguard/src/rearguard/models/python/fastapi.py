"""FastAPI. API reference: https://fastapi.tiangolo.com/reference/"""

import re
from collections.abc import Iterator

from rearguard.link import Ref
from rearguard.models.concepts import (
    CredentialRead,
    DebugSwitch,
    Denial,
    ErrorDetail,
    ErrorHandler,
    Guard,
    RequestInput,
    ResponseBody,
)
from rearguard.models.dsl import Library
from rearguard.models.python.fastapi_parameters import dependency_links, explicit_links, parameter_inputs
from rearguard.models.python.support import (
    constants,
    creation,
    decorator_links,
    function_link,
    handlers,
    is_guess,
    items,
    link,
    made,
    options,
    router_refs,
)
from rearguard.models.routing import Link, RouteNode, RouterKey, join_paths
from rearguard.models.view import CallView, ModelView, ValueView

__all__ = ["FASTAPI"]

_VERBS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_DECORATORS = (*_VERBS, "api_route", "route", "websocket", "websocket_route")
_ADDERS = ("add_api_route", "add_route", "add_api_websocket_route", "add_websocket_route")
_CALLEES = (
    "fastapi.FastAPI",
    "fastapi.applications.FastAPI",
    "fastapi.APIRouter",
    "fastapi.routing.APIRouter",
)
_IN_PATH = re.compile(r"\{(\w+)(?::\w+)?\}")


def routes(view: ModelView) -> Iterator[RouteNode]:
    """Yield registrations: decorators, `add_api_route`, included routers, mounts, middleware."""
    above = _names_above(view)
    yield from _decorated(view, above)
    yield from _added(view, above)
    yield from _included(view)
    yield from _middleware(view)


# -- routers --------------------------------------------------------------------------------------


def _routers(value: ValueView | None) -> tuple[Ref, ...]:
    return router_refs(value, ("fastapi:Router",)) if value is not None else ()


def _prefix(view: ModelView, router: RouterKey) -> str | None:
    """`prefix` that a router was made with: part of every path on it."""
    given = options(view, router, "prefix") if isinstance(router, Ref) else ()
    return "" if not given else given[-1].text


def _own_links(view: ModelView, router: RouterKey) -> tuple[Link, ...]:
    """Dependencies that a router or application was made with."""
    given = options(view, router, "dependencies") if isinstance(router, Ref) else ()
    return tuple(each for value in given for each in explicit_links(value))


def _path(prefix: str | None, path: str | None) -> str | None:
    return None if prefix is None or path is None else join_paths(prefix, path) if prefix or path else ""


def _names_above(view: ModelView) -> dict[RouterKey, frozenset[str]]:
    """Router -> names of path parameters in the prefixes under which it is included."""
    parents: dict[RouterKey, list[tuple[Ref, str]]] = {}
    for call in view.members("fastapi:Router", ("include_router",)):
        given = call.keyword("prefix")
        for child in _routers(call.arg(0, "router")):
            for parent in _routers(call.receiver):
                parents.setdefault(child, []).append((parent, given.text or "" if given else ""))
    found: dict[RouterKey, frozenset[str]] = {}

    def names(router: RouterKey, above: tuple[RouterKey, ...]) -> frozenset[str]:
        if router in above:
            return frozenset()
        if router not in found:
            texts = [_prefix(view, router) or ""]
            inherited: set[str] = set()
            for parent, prefix in parents.get(router, ()):
                texts.append(prefix)
                inherited |= names(parent, (*above, router))
            found[router] = frozenset(inherited.union(*(_IN_PATH.findall(text) for text in texts)))
        return found[router]

    for router in (*parents, *made(view, "fastapi:Router", *_CALLEES)):
        names(router, ())
    return found


# -- routes ---------------------------------------------------------------------------------------


def _methods(call: CallView) -> tuple[str, ...]:
    if call.member in _VERBS:
        return (call.member.upper(),)
    if "websocket" in call.member:
        return ("WEBSOCKET",)
    given = call.keyword("methods")
    named = constants(given) if given is not None else ("GET",)
    return tuple(name.upper() for name in named) if named else ("*",)


def _returns(call: CallView) -> str:
    given = call.keyword("response_class")
    if given is None:
        return "json"
    kinds = {name.rpartition(".")[2] for name in given.names}
    return "html" if "HTMLResponse" in kinds else "text" if "PlainTextResponse" in kinds else "json"


def _decorated(view: ModelView, above: dict[RouterKey, frozenset[str]]) -> Iterator[RouteNode]:
    calls = tuple(view.members("fastapi:Router", _DECORATORS))
    registrations = frozenset((call.fid, call.value) for call in calls)
    for call in calls:
        target = call.decorates
        if call.member == "route" and is_guess(_routers(call.receiver)):
            continue  # Flask's
        if target is not None and target in view.linker.functions and view.function(target).kind != "class":
            wrappers = decorator_links(view, target, registrations, call.value)
            yield from _nodes(view, call, function_link(view, target), wrappers, above)
        elif target is None:
            for outer in view.calls(f"{call.name}()"):
                if outer.fid == call.fid and outer.call.args[0] == call.value and outer.args:
                    functions, wrappers = handlers(outer.args[0])
                    for fid in functions:
                        links = (*wrappers, *decorator_links(view, fid, registrations))
                        yield from _nodes(view, call, function_link(view, fid), links, above)


def _added(view: ModelView, above: dict[RouterKey, frozenset[str]]) -> Iterator[RouteNode]:
    for call in view.members("fastapi:Router", _ADDERS):
        given = call.arg(1, "endpoint") or call.arg(1, "route")
        if given is None:
            continue
        functions, wrappers = handlers(given)
        for fid in functions:
            links = (*wrappers, *decorator_links(view, fid, ()))
            yield from _nodes(view, call, function_link(view, fid), links, above)
        if not functions:
            yield from _nodes(view, call, link(given, "handler"), (), above)


def _nodes(
    view: ModelView,
    call: CallView,
    handler: Link,
    wrappers: tuple[Link, ...],
    above: dict[RouterKey, frozenset[str]],
) -> Iterator[RouteNode]:
    given = call.arg(0, "path")
    path = given.text if given is not None else None
    fid = handler.functions[0] if handler.functions else None
    explicit = explicit_links(call.keyword("dependencies"))
    for router in _routers(call.receiver):
        own = _own_links(view, router)
        in_path = above.get(router, frozenset()) | frozenset(_IN_PATH.findall(path or ""))
        depended = dependency_links(view, fid, in_path) if fid is not None else ()
        for method in _methods(call):
            yield RouteNode(
                "fastapi",
                router,
                method,
                _path(_prefix(view, router), path),
                call.span,
                view.order(call.fid, call.span.start),
                _once((*own, *explicit, *depended)) + wrappers,
                handler,
                inputs=parameter_inputs(view, fid, in_path) if fid is not None else {},
                returns=_returns(call),
            )


def _once(links: tuple[Link, ...]) -> tuple[Link, ...]:
    """A dependency named twice runs once for a request (FastAPI, sub-dependencies)."""
    found: dict[tuple[object, ...], Link] = {}
    for each in links:
        found.setdefault(each.functions or (each.label, each.value), each)
    return tuple(found.values())


# -- routers in routers ---------------------------------------------------------------------------


def _included(view: ModelView) -> Iterator[RouteNode]:
    for call in view.members("fastapi:Router", ("include_router",)):
        given = call.keyword("prefix")
        explicit = explicit_links(call.keyword("dependencies"))
        children = _routers(call.arg(0, "router"))
        for router in _routers(call.receiver):
            path = _path(_prefix(view, router), "" if given is None else given.text)
            yield _mount(view, call, router, path, children, (*_own_links(view, router), *explicit))
    for call in view.members("fastapi:Router", ("mount",)):
        # A mounted application is its own: the dependencies of this one do not run for it.
        children = _routers(call.arg(1, "app"))
        at = call.arg(0, "path")
        if children:
            for router in _routers(call.receiver):
                text = at.text if at is not None else None
                yield _mount(view, call, router, _path(_prefix(view, router), text), children, ())
    for router in made(view, "fastapi:Router", *_CALLEES):
        yield from _given_routes(view, router)


def _given_routes(view: ModelView, router: Ref) -> Iterator[RouteNode]:
    """Middleware given to the constructor: `FastAPI(middleware=[Middleware(X)])`."""
    call = creation(view, router)
    given = call.keyword("middleware") if call is not None else None
    if call is None or given is None:
        return
    for element in items(given):
        inner = CallView(view, element.fid, element.value, element.instr, "") if element.instr else None
        if inner is not None and inner.call.args and inner.args:
            yield _everywhere(view, router, link(inner.args[0], "middleware"), call)


def _mount(
    view: ModelView,
    call: CallView,
    router: RouterKey,
    path: str | None,
    children: tuple[Ref, ...],
    links: tuple[Link, ...],
) -> RouteNode:
    order = view.order(call.fid, call.span.start)
    return RouteNode("fastapi", router, "*", path, call.span, order, links, mounts=children, is_prefix=True)


# -- middleware -----------------------------------------------------------------------------------


def _everywhere(view: ModelView, router: RouterKey, middleware: Link, call: CallView) -> RouteNode:
    order = view.order(call.fid, call.span.start)
    return RouteNode(
        "fastapi", router, "*", "", call.span, order, (middleware,), is_prefix=True, everywhere=True
    )


def _middleware(view: ModelView) -> Iterator[RouteNode]:
    for call in view.members("fastapi:Router", ("add_middleware",)):
        if call.args:
            for router in _routers(call.receiver):
                yield _everywhere(view, router, link(call.args[0], "middleware"), call)
    for call in view.members("fastapi:Router", ("middleware",)):
        target = call.decorates
        if target is not None and target in view.linker.functions:
            for router in _routers(call.receiver):
                yield _everywhere(view, router, function_link(view, target, "middleware"), call)


_MARKERS = "{Path,Query,Header,Cookie,Body,Form,File}"
_SCHEMES = (
    "{OAuth2,OAuth2PasswordBearer,OAuth2AuthorizationCodeBearer,OpenIdConnect,HTTPBasic,HTTPBearer,HTTPDigest,"
    "APIKeyHeader,APIKeyQuery,APIKeyCookie}"
)

FASTAPI = Library(
    name="fastapi",
    language="python",
    packages=("fastapi",),
    types={
        "ErrorHandler": ("Router.exception_handler()(0)", "Router.add_exception_handler(1|handler)"),
        "CaughtError": ("ErrorHandler<1>",),
        "App": ("fastapi.FastAPI()", "fastapi.applications.FastAPI()"),
        "APIRouter": ("fastapi.APIRouter()", "fastapi.routing.APIRouter()"),
        "Router": ("App", "APIRouter", "App.router"),
        "Registered": (
            f"Router.{{{','.join(_DECORATORS)},middleware}}()()",
            f"Router.{{{','.join(_ADDERS)},include_router,mount,add_middleware}}()",
        ),
        "Middleware": ("{fastapi.middleware,starlette.middleware}.Middleware()",),
        "Dependency": ("{fastapi,fastapi.params,fastapi.param_functions}.{Depends,Security}()",),
        "Marker": (f"{{fastapi,fastapi.params,fastapi.param_functions}}.{_MARKERS}()",),
        # Kept so that a parameter's annotation can be told.
        "Special": (
            "fastapi.{Request,Response,WebSocket,BackgroundTasks}",
            "{fastapi,starlette}.requests.{Request,HTTPConnection}",
            "{fastapi,starlette}.responses.Response",
            "{fastapi,starlette}.websockets.WebSocket",
            "{fastapi,starlette}.background.BackgroundTasks",
            "fastapi.security.SecurityScopes",
        ),
        "Enumeration": ("enum.{Enum,StrEnum,IntEnum,Flag,IntFlag}",),
        "UploadFile": ("fastapi.UploadFile", "fastapi.datastructures.UploadFile"),
        "Upload": ("UploadFile()",),
        "Scheme": (f"fastapi.security.{_SCHEMES}()",),
        "HttpError": ("fastapi.HTTPException", "fastapi.exceptions.HTTPException"),
    },
    sites=("App", "APIRouter", "Dependency", "Scheme"),
    provides=("{fastapi,fastapi.params,fastapi.param_functions}.{Depends,Security}(0|dependency)",),
    concepts=(
        # A scheme takes the credential out of the request and refuses one that is absent; whether it is
        # valid is for whoever receives it (https://fastapi.tiangolo.com/reference/security/).
        Guard("Scheme", kind="authentication", strength="presence", optional_if=("(auto_error)", False)),
        CredentialRead("Scheme()"),
        RequestInput(
            "{fastapi.security,fastapi.security.oauth2}.OAuth2PasswordRequestForm()", channel="form"
        ),
        RequestInput("Upload.{filename,content_type,headers}", channel="files"),
        RequestInput("Upload.{read,file.read}()", channel="files"),
        Denial("HttpError(0|status_code)"),
        ResponseBody("HttpError(1|detail)"),
        DebugSwitch("fastapi.FastAPI(debug)"),
        ErrorHandler("Router.exception_handler()(0)"),
        ErrorDetail("CaughtError"),
        ErrorHandler("Router.add_exception_handler(1|handler)"),
    ),
    shapes={"Router": r"app|router|api|\w+_router"},
    routes=routes,
)
