"""Falcon. API reference: https://falcon.readthedocs.io/en/stable/api/routing.html,
https://falcon.readthedocs.io/en/stable/api/request_and_response_wsgi.html
"""

import re
from collections.abc import Iterator

from rearguard.link import Kind
from rearguard.models.concepts import (
    CredentialRead,
    Denial,
    FileAccess,
    HtmlResponse,
    Redirect,
    RequestInput,
    ResponseBody,
)
from rearguard.models.dsl import Library
from rearguard.models.python.support import (
    HTTP_METHODS,
    class_name,
    creation,
    decorator_links,
    function_link,
    items,
    made,
    methods,
    router_refs,
)
from rearguard.models.routing import Link, RouteNode
from rearguard.models.view import CallView, ModelView, ValueView

__all__ = ["FALCON"]

_APPS = ("falcon.App", "falcon.API", "falcon.asgi.App", "falcon.app.App")
_FIELD = re.compile(r"\{(?P<name>\w+)(?::(?P<type>\w+)[^}]*)?\}")
_TYPED = {"int": "path:int", "float": "path:float", "uuid": "path:uuid", "dt": "path:date"}
_RESPONDERS = "{" + ",".join(f"on_{method}" for method in HTTP_METHODS) + "}"


def routes(view: ModelView) -> Iterator[RouteNode]:
    """Yield the responders of resources, and middleware."""
    for call in view.members("falcon:App", ("add_route",)):
        given, resource = call.arg(0, "uri_template"), call.arg(1, "resource")
        suffix = call.keyword("suffix")
        if resource is None:
            continue
        for cid in dict.fromkeys(_instances(resource)):
            yield from _resource(view, call, given, cid, suffix.text if suffix is not None else "")
    for app in made(view, "falcon:App", *_APPS):
        call_made = creation(view, app)
        given = call_made.keyword("middleware") if call_made is not None else None
        for value in (*items(given), given) if given is not None else ():
            for cid in _instances(value):
                for name in ("process_request", "process_resource"):
                    fid = view.linker.method(cid, name)
                    if fid is not None:
                        yield RouteNode(
                            "falcon",
                            app,
                            "*",
                            "",
                            value.span,
                            view.order(value.fid, value.span.start),
                            (function_link(view, fid, "middleware", f"{class_name(cid)}.{name}", cid),),
                            is_prefix=True,
                            everywhere=True,
                        )


def _instances(value: ValueView) -> tuple[str, ...]:
    return tuple(ref.base.id for ref in value.refs if ref.kind is Kind.INSTANCE and ref.base is not None)


def _resource(
    view: ModelView, call: CallView, given: ValueView | None, cid: str, suffix: str | None
) -> Iterator[RouteNode]:
    rule = given.text if given is not None else None
    typed = {m["name"]: _TYPED.get(m["type"] or "", "path") for m in _FIELD.finditer(rule or "")}
    own = methods(view, cid)
    routers = router_refs(call.receiver, ("falcon:App",)) if call.receiver is not None else ()
    for method in HTTP_METHODS:
        fid = own.get(f"on_{method}_{suffix}" if suffix else f"on_{method}")
        if fid is None:
            continue
        names = [param.name for param in view.function(fid).params if param.kind in ("positional", "keyword")]
        inputs = dict(zip(names, ("request", "response"), strict=False))
        inputs |= {name: typed.get(name, "path") for name in names[2:]}
        links: tuple[Link, ...] = decorator_links(view, fid, ())
        for router in routers:
            yield RouteNode(
                "falcon",
                router,
                method.upper(),
                _FIELD.sub(lambda match: f"{{{match['name']}}}", rule) if rule is not None else None,
                call.span,
                view.order(call.fid, call.span.start),
                links,
                function_link(view, fid, "handler", f"{class_name(cid)}.on_{method}", cid),
                inputs=inputs,
            )


FALCON = Library(
    name="falcon",
    language="python",
    packages=("falcon",),
    types={
        "App": tuple(f"{path}()" for path in _APPS),
        "Resource": ("App.add_route(1|resource)",),
        "Middleware": ("falcon.App(middleware)", "falcon.asgi.App(middleware)", "App.add_middleware(0)"),
        "Problem": ("App.add_error_handler(1|handler)",),
        "Registered": ("App.{add_route,add_middleware}()",),
        "Request": (
            f"Resource.{_RESPONDERS}<0>",
            "Middleware.{process_request,process_resource}<0>",
            "Problem<0>",
            "falcon.{Request,asgi.Request,request.Request}()",
        ),
        "Response": (
            f"Resource.{_RESPONDERS}<1>",
            "Problem<1>",
            "falcon.{Response,asgi.Response,response.Response}()",
        ),
    },
    sites=("App",),
    concepts=(
        RequestInput("Request.{params,query_string}", channel="query"),
        RequestInput(
            "Request.{get_param,get_param_as_list,get_param_as_json}()", channel="query", key="(0|name)"
        ),
        RequestInput("Request.media", channel="body"),
        RequestInput("Request.get_media()", channel="body"),
        RequestInput("Request.{stream,bounded_stream}.read()", channel="body"),
        RequestInput("Request.headers", channel="headers"),
        RequestInput("Request.get_header()", channel="headers", key="(0|name)"),
        RequestInput("Request.cookies", channel="cookies"),
        RequestInput("Request.get_cookie_values()", channel="cookies", key="(0|name)"),
        RequestInput("Request.{path,uri,url,relative_uri}", channel="address"),
        RequestInput("Request.{host,forwarded_host,user_agent}", channel="headers"),
        CredentialRead("Request.auth"),
        # A response is JSON unless its content type says otherwise.
        HtmlResponse("Response.{text,body,data}", plain=True),
        ResponseBody("Response.{text,body,data,media}"),
        Redirect(
            "falcon.{HTTPFound,HTTPSeeOther,HTTPMovedPermanently,HTTPTemporaryRedirect,HTTPPermanentRedirect}"
            "(0|location)"
        ),
        Redirect("Response.location"),
        Redirect("Response.{set_header,append_header}(1|value)", header="(0|name)"),
        FileAccess("App.add_static_route(1|directory)", action="send"),
        Denial("falcon.{HTTPUnauthorized}()", status=401),
        Denial("falcon.{HTTPForbidden,HTTPNotFound}()", status=403),
    ),
    routes=routes,
)
