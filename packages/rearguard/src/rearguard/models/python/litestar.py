"""Litestar. API reference: https://docs.litestar.dev/2/usage/routing/, https://docs.litestar.dev/2/usage/requests.html,
https://docs.litestar.dev/2/usage/security/guards.html, https://docs.litestar.dev/2/usage/responses.html
"""

import re
from collections.abc import Iterator

from rearguard.models.concepts import (
    CredentialRead,
    Denial,
    FileAccess,
    Guard,
    HtmlResponse,
    Principal,
    Redirect,
    RequestInput,
    ResponseBody,
    TemplateRender,
)
from rearguard.models.dsl import Library
from rearguard.models.python.annotations import is_enumeration
from rearguard.models.python.support import (
    call_of,
    class_attribute,
    class_name,
    constants,
    decorator_links,
    function_link,
    items,
    link,
    made,
    options,
    router_refs,
)
from rearguard.models.routing import Link, RouteNode, RouterKey
from rearguard.models.view import CallView, ModelView, ValueView
from rearguard.program import Param

__all__ = ["LITESTAR"]

_VERBS = ("get", "post", "put", "patch", "delete", "head")
_MARKS = (*_VERBS, "route", "websocket", "websocket_listener")
_MODULES = "{litestar,litestar.handlers,litestar.handlers.http_handlers.decorators}"
_HANDLERS = tuple(
    f"{module}.{name}"
    for module in ("litestar", "litestar.handlers", "litestar.handlers.http_handlers.decorators")
    for name in _MARKS
)
_ROUTER_NAMES = ("litestar.Router", "litestar.router.Router")
_APP_NAMES = ("litestar.Litestar", "litestar.app.Litestar")
_ROUTERS = ("litestar:App", "litestar:Router")
_PART = re.compile(r"\{(?P<name>\w+)(?::(?P<type>\w+))?\}")
_TYPED = {"int": "path:int", "float": "path:float", "uuid": "path:uuid"}
_RESERVED = {
    "self": "",
    "data": "body",
    "body": "body",
    "request": "request",
    "socket": "request",
    "query": "query",
    "headers": "headers",
    "cookies": "cookies",
}
_OF_QUERY = frozenset(
    (
        *("str", "int", "float", "bool", "bytes", "None", "Any", "Optional", "Union", "Literal", "Annotated"),
        *("list", "List", "set", "Set", "frozenset", "tuple", "Tuple", "Sequence", "dict", "Dict", "Mapping"),
        *("UUID", "Decimal", "date", "datetime", "time", "timedelta"),
    )
)
"""Types of parameters that are read from texts."""
_UNSAID = frozenset(("state", "scope"))
UNLISTED = "litestar:unlisted"
"""Handlers of which no list of an application is seen."""


def routes(view: ModelView) -> Iterator[RouteNode]:
    """Yield handlers, those of controllers, routers within routers, and what guards them."""
    marks: dict[str, list[CallView]] = {}
    for call in view.calls(*_HANDLERS):
        if call.decorates in view.linker.functions:
            marks.setdefault(str(call.decorates), []).append(call)
    listed: set[str] = set()
    for router in made(view, "litestar:Router", *_ROUTER_NAMES):
        yield from _router(view, router, marks, listed)
    for router in made(view, "litestar:App", *_APP_NAMES):
        yield from _router(view, router, marks, listed)
    for fid, calls in marks.items():
        cid = fid.rpartition(".")[0]
        if cid in view.linker.bases:
            yield from _handler(view, f"litestar:{cid}", fid, calls)
        elif fid not in listed:
            yield from _handler(view, UNLISTED, fid, calls)


def _router(
    view: ModelView, router: RouterKey, marks: dict[str, list[CallView]], listed: set[str]
) -> Iterator[RouteNode]:
    assert not isinstance(router, str)
    made_by = next((call for call in _made(view, router)), None)
    if made_by is None:
        return
    order = view.order(made_by.fid, made_by.span.start)
    paths = options(view, router, "path")
    prefix = paths[0].text or "" if paths else ""
    own = f"{made_by.fid}#{made_by.value}"
    yield RouteNode("litestar", router, "*", prefix, made_by.span, order, mounts=(own,), is_prefix=True)
    links = tuple(
        found
        for name in ("middleware", "guards", "before_request", "on_app_init")
        for found in _listed(view, router, name)
    )
    if links:
        yield RouteNode("litestar", own, "*", "", made_by.span, order, links, is_prefix=True, everywhere=True)
    for value in (element for given in options(view, router, "route_handlers") for element in items(given)):
        place = view.order(value.fid, value.span.start)
        children: tuple[RouterKey, ...] = router_refs(value, _ROUTERS)
        for cid in value.classes:
            path, links = class_attribute(view, cid, "path"), _of_class(view, cid)
            text = (path.text if path is not None else "") or ""
            yield RouteNode(
                "litestar",
                own,
                "*",
                text,
                value.span,
                place,
                links,
                mounts=(f"litestar:{cid}",),
                is_prefix=True,
            )
        if children:
            yield RouteNode("litestar", own, "*", "", value.span, place, mounts=children, is_prefix=True)
        for fid in value.functions:
            if fid in marks:
                listed.add(fid)
                yield from _handler(view, own, fid, marks[fid])


def _made(view: ModelView, router: RouterKey) -> Iterator[CallView]:
    step = getattr(router, "step", None)
    if isinstance(step, tuple):
        call = call_of(ValueView(view, *step))
        if call is not None:
            yield call


def _listed(view: ModelView, router: RouterKey, name: str) -> Iterator[Link]:
    assert not isinstance(router, str)
    for given in options(view, router, name):
        for value in items(given) or (given,):
            yield from _links(view, value)


def _of_class(view: ModelView, cid: str) -> tuple[Link, ...]:
    """What the body of a controller says that stands before its handlers."""
    given = (class_attribute(view, cid, name) for name in ("middleware", "guards", "before_request"))
    return tuple(
        found
        for value in given
        if value is not None
        for element in items(value) or (value,)
        for found in _links(view, element)
    )


def _links(view: ModelView, value: ValueView) -> Iterator[Link]:
    """The link of a guard or middleware; of a class that authenticates, its method that does."""
    call = call_of(value)
    given = call.arg(0, "middleware") if call is not None and "litestar:Defined" in call.names else value
    given = given or value
    own = [m for cid in given.classes if (m := view.linker.method(cid, "authenticate_request"))]
    if own:
        yield from (function_link(view, fid, "middleware", class_name(fid.rpartition(".")[0])) for fid in own)
    else:
        yield link(given, "middleware")


def _handler(view: ModelView, router: RouterKey, fid: str, calls: list[CallView]) -> Iterator[RouteNode]:
    registering = frozenset((call.fid, call.value) for call in calls)
    for call in calls:
        guards = tuple(
            found
            for name in ("middleware", "guards", "before_request")
            if (given := call.keyword(name)) is not None
            for value in items(given) or (given,)
            for found in _links(view, value)
        )
        links = (*guards, *decorator_links(view, fid, registering, call.value))
        for path in constants(call.arg(0, "path")) or (("",) if not call.args else (None,)):
            for method in _methods(call):
                yield RouteNode(
                    "litestar",
                    router,
                    method,
                    _PART.sub(lambda part: f"{{{part['name']}}}", path) if path is not None else None,
                    call.span,
                    view.order(call.fid, call.span.start),
                    links,
                    function_link(view, fid),
                    inputs=_inputs(view, fid, path or "", call),
                    returns="html" if _is_page(call) else "json",
                )


def _methods(call: CallView) -> tuple[str, ...]:
    if call.member.startswith("websocket"):
        return ("WEBSOCKET",)
    if call.member in _VERBS:
        return (call.member.upper(),)
    found = constants(call.keyword("http_method"))
    return tuple(method.upper() for method in found) if found else ("*",)


def _is_page(call: CallView) -> bool:
    given = call.keyword("media_type")
    return given is not None and (
        given.text == "text/html" or any(name.endswith("MediaType.HTML") for name in given.names)
    )


def _inputs(view: ModelView, fid: str, path: str, call: CallView) -> dict[str, str]:
    """Where each parameter comes from: parts of the path by name, words of the framework, else the query."""
    typed = {m["name"]: _TYPED.get(m["type"] or "", "path") for m in _PART.finditer(path)}
    provided = _provided(view, fid, call)
    found: dict[str, str] = {}
    for param in view.function(fid).params:
        if param.name in _UNSAID or param.name in provided:
            continue
        kind = typed.get(param.name) or _RESERVED.get(param.name)
        if kind is None:
            kind = _annotated(view, fid, param)
        if kind:
            found[param.name] = kind
    return found


def _provided(view: ModelView, fid: str, call: CallView) -> set[str]:
    """Names that some layer around a handler provides: https://docs.litestar.dev/2/usage/dependency-injection.html"""
    cid = fid.rpartition(".")[0]
    given = [call.keyword("dependencies")]
    if cid in view.linker.bases:
        given.append(class_attribute(view, cid, "dependencies"))
    for kind, names in (("litestar:Router", _ROUTER_NAMES), ("litestar:App", _APP_NAMES)):
        for layer in made(view, kind, *names):
            given.extend(options(view, layer, "dependencies"))
    maps = [value.written for value in given if value is not None]
    return {
        str(key)
        for value in maps
        if value is not None and value.instr is not None
        for key in value.instr.keys
    }


def _annotated(view: ModelView, fid: str, param: Param) -> str:
    """The channel that an annotation says: the query, where it says nothing, for types that a query has.

    What is of another type comes from a plugin.
    """
    default, annotation = view.parameter(fid, param.name)
    said = f"{param.annotation_text} {default.source_text if default is not None else ''}"
    told = re.search(r"\bParameter\([^()]*\b(header|cookie)\s*=", said)
    if told is not None:
        return told[1]
    plain = re.sub(r"^(?:\w+\.)*Annotated\[([^,]*),.*", r"\1", param.annotation_text, flags=re.DOTALL)
    fixed = annotation is not None and any(is_enumeration(ref) for ref in annotation.refs)
    return "query" if fixed or _OF_QUERY.issuperset(re.findall(r"\w+(?![\w.])", plain)) else ""


LITESTAR = Library(
    name="litestar",
    language="python",
    packages=("litestar",),
    types={
        "App": ("litestar.{Litestar,app.Litestar}()",),
        "Router": ("litestar.{Router,router.Router}()",),
        "Defined": ("litestar.middleware.{DefineMiddleware,base.DefineMiddleware}()",),
        "Mark": (f"{_MODULES}.{{{','.join(_MARKS)}}}()",),
        "Handler": ("Mark()",),
        "Guarding": (
            f"{_MODULES}.{{{','.join(_MARKS)}}}(guards)",
            "litestar.{Litestar,Router}(guards)",
        ),
        "Request": (
            "litestar.{Request,connection.Request,WebSocket,connection.WebSocket}()",
            "litestar.connection.ASGIConnection()",
            "Guarding<0>",
        ),
        "Upload": ("litestar.datastructures.{UploadFile,upload_file.UploadFile}()",),
        "Auth": ("litestar.security.jwt.{JWTAuth,JWTCookieAuth,OAuth2PasswordBearerAuth}()",),
        "SessionAuth": ("litestar.security.session_auth.SessionAuth()",),
        "Response": ("litestar.{Response,response.Response}()",),
    },
    sites=("App", "Router"),
    concepts=(
        RequestInput("Request.query_params", channel="query"),
        RequestInput("Request.path_params", channel="path"),
        RequestInput("Request.headers", channel="headers"),
        RequestInput("Request.cookies", channel="cookies"),
        RequestInput("Request.url", channel="address"),
        RequestInput("Request.{json,body,form}()", channel="body"),
        RequestInput("Request.{receive_text,receive_json,receive_data}()", channel="body"),
        RequestInput("Upload.filename", channel="files"),
        CredentialRead("Request.headers.{Authorization,authorization}"),
        CredentialRead("Request.session"),
        Principal("Request.{user,auth}"),
        HtmlResponse(
            "litestar.{Response,response.Response}(0|content)", content_type=("(media_type)",), plain=True
        ),
        ResponseBody("litestar.{Response,response.Response}(0|content)"),
        Redirect("litestar.response.{Redirect,redirect.Redirect}(0|path)"),
        FileAccess("litestar.response.{File,file.File}(0|path)", action="send"),
        TemplateRender("litestar.response.{Template,template.Template}(0|template_name)", values="(context)"),
        Denial("litestar.exceptions.NotAuthorizedException()", status=401),
        Denial("litestar.exceptions.PermissionDeniedException()", status=403),
        Denial("litestar.exceptions.NotFoundException()", status=404),
        Denial("litestar.exceptions.HTTPException(status_code)"),
        Guard("{Auth,SessionAuth}.on_app_init", "authentication"),
        Guard("litestar.middleware.rate_limit.RateLimitConfig().middleware", "rate-limit"),
    ),
    routes=routes,
)
