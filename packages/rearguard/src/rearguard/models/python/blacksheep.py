"""BlackSheep. API reference: https://www.neoteroi.dev/blacksheep/routing/, https://www.neoteroi.dev/blacksheep/requests/,
https://www.neoteroi.dev/blacksheep/binders/, https://www.neoteroi.dev/blacksheep/responses/,
https://www.neoteroi.dev/blacksheep/authorization/
"""

import re
from collections.abc import Iterator

from rearguard.link import Kind, Ref
from rearguard.models.concepts import (
    CredentialRead,
    Denial,
    Exemption,
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
from rearguard.models.python.support import (
    class_name,
    creation,
    decorator_links,
    extending,
    function_link,
    link,
    methods,
    router_refs,
)
from rearguard.models.routing import Link, RouteNode, RouterKey
from rearguard.models.view import CallView, ModelView, ValueView
from rearguard.program import Op

__all__ = ["BLACKSHEEP"]

_VERBS = ("get", "post", "put", "patch", "delete", "head", "options", "trace")
_MARKS = ("route", "ws", *_VERBS)
_MODULE = tuple(
    f"blacksheep.{place}{name}" for place in ("", "server.routing.", "server.controllers.") for name in _MARKS
)
_PART = re.compile(r":(?P<old>\w+)|\{(?:(?P<type>\w+):)?(?P<name>\w+)\}")
_TYPED = {"int": "path:int", "float": "path:float", "uuid": "path:uuid"}
_BOUND = {
    "FromRoute": "path",
    "FromQuery": "query",
    "FromJSON": "body",
    "FromBody": "body",
    "FromXML": "body",
    "FromText": "body",
    "FromBytes": "body",
    "FromForm": "form",
    "FromFile": "files",
    "FromFiles": "files",
    "FromHeader": "headers",
    "FromCookie": "cookies",
    "FromServices": "",
    "ClientInfo": "",
    "ServerInfo": "",
    "Request": "request",
    "WebSocket": "request",
    "Identity": "principal",
    "User": "principal",
    "RequestUser": "principal",
}
_OF_QUERY = frozenset(
    ("str", "int", "float", "bool", "bytes", "list", "List", "Optional", "Union", "UUID", "date", "datetime")
)
DEFAULT = "blacksheep:default"
"""The router of the decorators that the package itself exports."""


def routes(view: ModelView) -> Iterator[RouteNode]:
    """Yield decorated functions, methods of controllers, and middleware of the application."""
    calls = (*view.calls(*_MODULE), *view.members("blacksheep:Router", _MARKS))
    registering = frozenset((call.fid, call.value) for call in calls)
    controllers = frozenset(extending(view, "blacksheep:Controller"))
    for call in calls:
        target = call.decorates
        if target is None or target not in view.linker.functions:
            continue
        links = decorator_links(view, target, registering)
        cid = target.rpartition(".")[0]
        owners = tuple(c for c in controllers if target in methods(view, c).values()) if cid else ()
        for owner in owners or ("",):
            for router in _routers(call):
                yield from _nodes(view, router, call, target, links, owner)
    yield from _middleware(view)


def _routers(call: CallView) -> tuple[RouterKey, ...]:
    """The application is one: routers without a prefix of their own are its own."""
    if call.name in _MODULE or call.receiver is None:
        return (DEFAULT,)
    found = router_refs(call.receiver, ("blacksheep:Prefixed",))
    return found or (DEFAULT,)


def _nodes(
    view: ModelView,
    router: RouterKey,
    call: CallView,
    target: str,
    links: tuple[Link, ...],
    owner: str,
) -> Iterator[RouteNode]:
    given = call.arg(0, "pattern")
    own = "/" if given is None else given.text
    made = creation(view, router) if isinstance(router, Ref) else None
    prefix = made.keyword("prefix") if made is not None else None
    before = _of_controller(view, owner) if owner else (prefix.text or "") if prefix is not None else ""
    path = None if own is None else before.rstrip("/") + "/" + own.lstrip("/")
    handler = function_link(
        view, target, "handler", f"{class_name(owner)}.{target.rpartition('.')[2]}" if owner else "", owner
    )
    guards = tuple(link(value, "class") for value in view.class_decorators(owner)) if owner else ()
    for method in _methods(call):
        yield RouteNode(
            "blacksheep",
            DEFAULT,
            method,
            None if path is None else _plain(path),
            call.span,
            view.order(call.fid, call.span.start),
            (*guards, *links),
            handler,
            inputs=_inputs(view, target, path or ""),
            returns="json",
        )


def _of_controller(view: ModelView, cid: str) -> str:
    """What `route` of a controller gives, or the name of an `APIController` stands for."""
    given = methods(view, cid).get("route")
    for instr in view.linker.code(given) if given is not None else ():
        text = (
            ValueView(view, given or "", instr.args[0]).text if instr.op == Op.RETURN and instr.args else None
        )
        if text is not None:
            return text
    api = "blacksheep:Api" in view.linker.table.make(Kind.CLASS, None, cid).names
    name = class_name(cid).removesuffix("Controller").removesuffix("Api").lower()
    return f"/api/{name}" if api else ""


def _methods(call: CallView) -> tuple[str, ...]:
    if call.member == "ws":
        return ("WEBSOCKET",)
    if call.member in _VERBS:
        return (call.member.upper(),)
    given = call.keyword("methods")
    found = tuple(v.text.upper() for v in given.elements() if v.text) if given is not None else ("GET",)
    return found or ("*",)


def _plain(path: str) -> str:
    def parameter(match: re.Match[str]) -> str:
        name = match["old"] or match["name"]
        return f"{{{name}:path}}" if match["type"] == "path" else f"{{{name}}}"

    return _PART.sub(parameter, path)


def _inputs(view: ModelView, fid: str, path: str) -> dict[str, str]:
    """Where parameters come from: a binder that the annotation names, the path, or by their type."""
    typed = {m["old"] or m["name"]: _TYPED.get(m["type"] or "", "path") for m in _PART.finditer(path)}
    found: dict[str, str] = {}
    for param in view.function(fid).params:
        _, annotation = view.parameter(fid, param.name)
        words = re.findall(r"\w+", annotation.source_text) if annotation is not None else []
        bound = next((_BOUND[word] for word in words if word in _BOUND), None)
        if param.name == "self" or bound == "":
            continue
        if bound is not None:
            found[param.name] = bound
        elif param.name in typed:
            number = words[:1] in (["int"], ["float"], ["UUID"])
            found[param.name] = f"path:{words[0].lower()}" if number else typed[param.name]
        elif param.name in ("request", "websocket"):
            found[param.name] = "request"
        elif annotation is None or (words[:1] and words[0] in _OF_QUERY):
            found[param.name] = f"query:{words[0]}" if words[:1] in (["int"], ["float"]) else "query"
        elif annotation.classes:
            found[param.name] = "dependency"
    return found


def _middleware(view: ModelView) -> Iterator[RouteNode]:
    """What `app.middlewares` holds, and a default policy that asks every caller to log in."""
    given = [
        (call, call.args[0]) for call in view.calls("blacksheep:App.middlewares.append") if call.args[:1]
    ]
    given += [(call, call) for call in view.calls("blacksheep:Authorization.with_default_policy")]
    for call, value in given:
        order = view.order(call.fid, call.span.start)
        links = (link(value, "middleware"),)
        yield RouteNode(
            "blacksheep", DEFAULT, "*", "", call.span, order, links, is_prefix=True, everywhere=True
        )


BLACKSHEEP = Library(
    name="blacksheep",
    language="python",
    packages=("blacksheep", "guardpost"),
    types={
        "App": ("blacksheep.{Application,server.Application,server.application.Application}()",),
        "Prefixed": ("blacksheep.{Router,server.routing.Router}()",),
        "Router": (
            "App",
            "App.router",
            "Prefixed",
            "blacksheep.server.controllers.router",
        ),
        "Controller": ("blacksheep.server.controllers.{Controller,APIController,ApiController}",),
        "Api": ("blacksheep.server.controllers.{APIController,ApiController}",),
        "Authorization": ("App.use_authorization()", "Authorization.{with_default_policy,add}()"),
        "Registered": (
            f"blacksheep.{{{','.join(_MARKS)}}}()()",
            f"blacksheep.server.controllers.{{{','.join(_MARKS)}}}()()",
            f"Router.{{{','.join(_MARKS)}}}()()",
            "App.middlewares.append()",
        ),
        "Handler": (
            f"blacksheep.{{{','.join(_MARKS)}}}()(0)",
            f"blacksheep.server.controllers.{{{','.join(_MARKS)}}}()(0)",
            f"Router.{{{','.join(_MARKS)}}}()(0)",
            "App.middlewares.append(0)",
        ),
        "Request": (
            "blacksheep.{Request,messages.Request}()",
            "Handler<0>",
        ),
    },
    sites=("App", "Prefixed"),
    concepts=(
        RequestInput("Request.query", channel="query"),
        RequestInput("Request.{json,form,text,read,multipart}()", channel="body"),
        RequestInput("Request.files()", channel="files"),
        RequestInput("Request.{headers,host}", channel="headers"),
        RequestInput("Request.{get_first_header,get_single_header}()", channel="headers", key="(0|key)"),
        RequestInput("Request.cookies", channel="cookies"),
        RequestInput("Request.get_cookie()", channel="cookies", key="(0|name)"),
        RequestInput("Request.route_values", channel="path"),
        RequestInput("Request.{url,path}", channel="address"),
        CredentialRead("Request.session"),
        CredentialRead("Request.headers.Authorization"),
        CredentialRead("Request.{get_first_header,get_single_header}(0|key)"),
        Principal("Request.{user,identity}"),
        HtmlResponse("blacksheep.{html,server.responses.html}(0|value)"),
        HtmlResponse("blacksheep.{HTMLContent,contents.HTMLContent}(0|html)"),
        ResponseBody("blacksheep.{json,text,html,ok,created,bad_request}(0)"),
        Redirect(
            "blacksheep.{redirect,see_other,temporary_redirect,permanent_redirect,moved_permanently}(0|location)"
        ),
        Redirect(
            "blacksheep.server.responses.{redirect,see_other,temporary_redirect,permanent_redirect}(0|location)"
        ),
        FileAccess("blacksheep.{file,server.responses.file}(0|value)", action="send"),
        TemplateRender("blacksheep.server.responses.{view,view_async}(0|name)", values="(1|model)"),
        Denial("blacksheep.{status_code,Response,server.responses.status_code}(0|status)"),
        Denial("blacksheep.{unauthorized,server.responses.unauthorized}()", status=401),
        Denial("blacksheep.{forbidden,server.responses.forbidden}()", status=403),
        Denial("blacksheep.{not_found,server.responses.not_found}()", status=404),
        Denial("blacksheep.{HTTPException,exceptions.HTTPException}(0|status)"),
        Denial("blacksheep.exceptions.Unauthorized()", status=401),
        Denial("blacksheep.exceptions.Forbidden()", status=403),
        Denial("blacksheep.exceptions.NotFound()", status=404),
        Guard("blacksheep.{auth,server.authorization.auth}()", kind="authentication"),
        Guard("Authorization.with_default_policy()", kind="authentication"),
        Exemption(
            "blacksheep.{allow_anonymous,server.authorization.allow_anonymous}()", kind="authentication"
        ),
    ),
    routes=routes,
)
