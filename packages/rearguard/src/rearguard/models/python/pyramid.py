"""Pyramid. API reference: https://docs.pylonsproject.org/projects/pyramid/en/latest/api/config.html,
https://docs.pylonsproject.org/projects/pyramid/en/latest/api/request.html
"""

import re
from collections.abc import Iterator

from rearguard.models.concepts import (
    Context,
    CredentialRead,
    Denial,
    FileAccess,
    Guard,
    HtmlResponse,
    Principal,
    Redirect,
    RequestInput,
    ResponseBody,
    Sanitizer,
    TemplateRender,
)
from rearguard.models.dsl import Library
from rearguard.models.python.support import (
    class_methods,
    class_name,
    constants,
    decorator_links,
    function_link,
    handlers,
    methods,
)
from rearguard.models.routing import Link, RouteNode
from rearguard.models.view import CallView, ModelView, ValueView

__all__ = ["PYRAMID"]

_FIELD = re.compile(r"\{(?P<name>\w+)(?::(?:[^{}]|\{[^{}]*\})*)?\}")


def routes(view: ModelView) -> Iterator[RouteNode]:
    """Yield the views of named routes: `@view_config(route_name=...)` and `config.add_view`."""
    rules = _rules(view)
    for call in view.calls("pyramid.view.view_config"):
        target = call.decorates
        if target is None or target not in view.linker.functions:
            continue
        if view.function(target).kind == "class":
            attribute = call.keyword("attr")
            own = methods(view, target)
            fid = own.get(attribute.text or "" if attribute is not None else "__call__")
            if fid is not None:
                yield from _nodes(view, call, rules, fid, f"{class_name(target)}.{fid.rpartition('.')[2]}")
        else:
            yield from _nodes(view, call, rules, target, target.rpartition("::")[2])
    for call in view.calls("pyramid:Configurator.add_view"):
        given = call.arg(0, "view")
        functions, _ = handlers(given) if given is not None else ((), ())
        for fid in functions:
            yield from _nodes(view, call, rules, fid, fid.rpartition("::")[2])
    yield from _services(view)


def _rules(view: ModelView) -> dict[str, str | None]:
    """Route name -> pattern."""
    found: dict[str, str | None] = {}
    for call in view.calls("pyramid:Configurator.add_route"):
        name, pattern = call.arg(0, "name"), call.arg(1, "pattern") or call.keyword("path")
        if name is not None and name.text is not None:
            found[name.text] = pattern.text if pattern is not None else None
    return found


def _nodes(
    view: ModelView, call: CallView, rules: dict[str, str | None], fid: str, label: str
) -> Iterator[RouteNode]:
    named = _option(view, call, fid, "route_name")
    route = named.text if named is not None else None
    rule = rules.get(route) if route is not None else None
    given, renders = _option(view, call, fid, "request_method"), _option(view, call, fid, "renderer")
    allowed = constants(given) if given is not None else None
    registering = frozenset(
        (each.fid, each.value) for each in view.decorators(fid) if "pyramid:Registered" in each.names
    )
    function = view.function(fid)
    names = [param.name for param in function.params if param.kind == "positional"]
    links: tuple[Link, ...] = (
        *_permission(view, call, fid),
        *_token(view, call, fid),
        *decorator_links(view, fid, registering),
    )
    for method in allowed or ("*",):
        yield RouteNode(
            "pyramid",
            "pyramid:config",
            method.upper(),
            _plain(rule) if rule is not None else None,
            call.span,
            view.order(call.fid, call.span.start),
            links,
            function_link(view, fid, "handler", label),
            inputs=dict.fromkeys(names[-1:], "request"),
            returns="json" if renders is not None and renders.text == "json" else "",
        )


def _option(view: ModelView, call: CallView, fid: str, name: str) -> ValueView | None:
    """An option of a view, or of the `view_defaults` of its class."""
    given = call.keyword(name)
    owner = view.function(fid).owner
    if given is None and owner:
        for decorator in view.class_decorators(f"{view.linker.module_of[fid]}::{owner}"):
            instr = decorator.instr
            if instr is not None and "pyramid.view.view_defaults()" in decorator.names:
                given = CallView(view, decorator.fid, decorator.value, instr, "").keyword(name)
    return given


def _permission(view: ModelView, call: CallView, fid: str) -> Iterator[Link]:
    """A permission asked for stands before the view."""
    given = _option(view, call, fid, "permission")
    if given is not None and given.text not in (None, "__no_permission_required__"):
        label = f"permission={given.text!r}"
        yield Link(label, (), ("pyramid:Permission",), given.span, (given.fid, given.value), "decorator")


def _token(view: ModelView, call: CallView, fid: str) -> Iterator[Link]:
    """A token is asked for where a view says so, or says nothing and all are asked for one.

    https://docs.pylonsproject.org/projects/pyramid/en/latest/narr/security.html#checking-csrf-tokens-automatically
    """
    given = _option(view, call, fid, "require_csrf")
    asked = given or next(_asked_of_all(view), None)
    if asked is not None and asked.const is not False:
        place = (asked.fid, asked.value)
        yield Link("require_csrf", (), ("pyramid:TokenAsked",), asked.span, place, "decorator")


def _asked_of_all(view: ModelView) -> Iterator[ValueView]:
    for call in view.calls("pyramid:Configurator.set_default_csrf_options"):
        given = call.arg(0, "require_csrf")
        if given is None or given.const is True:
            yield ValueView(view, call.fid, call.value)


def _plain(rule: str) -> str:
    return "/" + _FIELD.sub(lambda match: f"{{{match['name']}}}", rule).lstrip("/")


def _services(view: ModelView) -> Iterator[RouteNode]:
    """Cornice: `@service.get()` on functions, `@resource(path=...)` on classes."""
    for call in view.members("pyramid:Service", ("get", "post", "put", "patch", "delete", "head", "options")):
        target = call.decorates
        if target is None or target not in view.linker.functions or call.receiver is None:
            continue
        for ref in call.receiver.refs:
            if isinstance(ref.step, tuple):
                made = view.definitions(ref.step[0])[ref.step[1]]
                path = CallView(view, ref.step[0], ref.step[1], made, "").keyword("path")
                yield RouteNode(
                    "pyramid",
                    "pyramid:config",
                    call.member.upper(),
                    path.text if path is not None else None,
                    call.span,
                    view.order(call.fid, call.span.start),
                    decorator_links(view, target, ((call.fid, call.value),)),
                    function_link(view, target),
                    inputs={param.name: "request" for param in view.function(target).params[:1]},
                    returns="json",
                )
    for call in view.calls("cornice.resource.resource"):
        path = call.keyword("path")
        if call.decorates is not None:
            for name, fid in class_methods(view, call.decorates).items():
                yield RouteNode(
                    "pyramid",
                    "pyramid:config",
                    name.upper(),
                    path.text if path is not None else None,
                    call.span,
                    view.order(call.fid, call.span.start),
                    decorator_links(view, fid, ()),
                    function_link(view, fid, "handler", f"{class_name(call.decorates)}.{name}"),
                    returns="json",
                )


_EXCEPTIONS = "pyramid.httpexceptions"
_MOVED = "{HTTPFound,HTTPSeeOther,HTTPMovedPermanently,HTTPTemporaryRedirect,HTTPPermanentRedirect}"

PYRAMID = Library(
    name="pyramid",
    language="python",
    packages=("pyramid", "cornice"),
    types={
        # What `config.include(...)` gives to the function of this name.
        "Configurator": ("pyramid.config.Configurator()", "Included<0>"),
        "Service": ("cornice.{Service,service.Service}()",),
        "Registered": (
            "pyramid.view.{view_config,view_defaults}()",
            "Configurator.{add_view,add_route,set_default_csrf_options}()",
            "Service.{get,post,put,patch,delete,head,options}()",
            "cornice.resource.resource()",
        ),
        "Handler": (
            "pyramid.view.view_config()(0)",
            "Configurator.add_view(0|view)",
            "Service.{get,post,put,patch,delete,head,options}()(0)",
        ),
        "Request": ("Handler<0/1>", "Handler<1/2>", "pyramid.request.Request()"),
        "Upload": ("Request.POST[]", "Request.POST.get()"),
        "Permission": ("pyramid.authorization.Allow",),
        "TokenAsked": ("pyramid.csrf.check_csrf_token",),
    },
    exports={"Included": (r"\.py$", "includeme")},
    sites=("Configurator", "Service"),
    concepts=(
        RequestInput("Request.{params,GET,query_string}", channel="query"),
        RequestInput("Request.POST", channel="form"),
        RequestInput("Request.{json_body,json,body,text,body_file}", channel="body"),
        RequestInput("Request.matchdict", channel="path"),
        RequestInput("Request.{headers,host,referer,user_agent}", channel="headers"),
        RequestInput("Request.cookies", channel="cookies"),
        RequestInput("Request.{path,path_info,url,path_url,path_qs}", channel="address"),
        RequestInput("Upload.filename", channel="files"),
        CredentialRead("Request.{session,authorization}"),
        Principal("Request.{authenticated_userid,unauthenticated_userid,identity,user}"),
        # Built from the application's own routes, assets and resources.
        Sanitizer(
            "*.{route_path,route_url,resource_path,resource_url,static_path,static_url}()",
            (Context.REDIRECT, Context.URL),
        ),
        Sanitizer("*.{current_route_path,current_route_url}()", (Context.REDIRECT, Context.URL)),
        HtmlResponse("pyramid.response.Response(0|body)", content_type=("(content_type)",)),
        HtmlResponse("pyramid.response.Response(text)", content_type=("(content_type)",)),
        ResponseBody("pyramid.response.Response(0|body)"),
        FileAccess("pyramid.response.FileResponse(0|path)", action="send"),
        Redirect(f"{_EXCEPTIONS}.{_MOVED}(0|location)"),
        TemplateRender("pyramid.renderers.{render,render_to_response}(0|renderer_name)", values="(1|value)"),
        TemplateRender("pyramid.view.view_config(renderer)", values="return"),
        Guard("Permission", kind="authorization"),
        Guard("TokenAsked", kind="csrf"),
        Denial(f"{_EXCEPTIONS}.HTTPUnauthorized()", status=401),
        Denial(f"{_EXCEPTIONS}.{{HTTPForbidden,HTTPNotFound}}()", status=403),
    ),
    routes=routes,
)
