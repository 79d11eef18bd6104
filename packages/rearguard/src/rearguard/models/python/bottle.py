"""Bottle. API reference: https://bottlepy.org/docs/dev/api.html, https://bottlepy.org/docs/dev/routing.html,
https://bottlepy.org/docs/dev/stpl.html
"""

import re
from collections.abc import Iterator

from rearguard.models.concepts import (
    CredentialRead,
    DebugSwitch,
    Denial,
    Exit,
    FileAccess,
    HtmlResponse,
    Redirect,
    RequestInput,
    ResponseBody,
    TemplateRender,
    TemplateSource,
)
from rearguard.models.dsl import Library
from rearguard.models.python.support import (
    constants,
    decorator_links,
    function_link,
    handlers,
    is_guess,
    parameters,
    router_refs,
)
from rearguard.models.routing import Link, RouteNode, RouterKey
from rearguard.models.view import CallView, ModelView, ValueView

__all__ = ["BOTTLE"]

_VERBS = ("get", "post", "put", "patch", "delete", "head")
_MODULE = tuple(f"bottle.{name}" for name in ("route", *_VERBS))
_RULE = re.compile(r"<(?P<name>\w+)(?::(?P<filter>\w+)(?::[^>]*)?)?>")
_TYPED = {"int": "path:int", "float": "path:float"}
DEFAULT = "bottle:default"
"""The application that the module's own decorators put routes on."""


def routes(view: ModelView) -> Iterator[RouteNode]:
    """Yield decorated functions, `app.route(path, callback=f)`, and mounts."""
    calls = (*view.calls(*_MODULE), *view.members("bottle:App", ("route", *_VERBS)))
    registering = frozenset((call.fid, call.value) for call in calls)
    for call in calls:
        routers = _routers(call)
        target = call.decorates
        callback = call.arg(2, "callback")
        for router in routers:
            if target is not None and target in view.linker.functions:
                links = decorator_links(view, target, registering, call.value)
                yield from _nodes(view, router, call, function_link(view, target), links)
            elif callback is not None:
                functions, wrappers = handlers(callback)
                for fid in functions:
                    yield from _nodes(view, router, call, function_link(view, fid), wrappers)
    for call in view.members("bottle:App", ("mount", "merge")):
        child = call.arg(1, "app") if call.member == "mount" else call.arg(0, "routes")
        prefix = call.arg(0, "prefix") if call.member == "mount" else None
        children = router_refs(child, ("bottle:App",)) if child is not None else ()
        for router in _routers(call):
            text = prefix.text if prefix is not None else ""
            order = view.order(call.fid, call.span.start)
            yield RouteNode("bottle", router, "*", text, call.span, order, mounts=children, is_prefix=True)


def _routers(call: CallView) -> tuple[RouterKey, ...]:
    if call.name in _MODULE:
        return (DEFAULT,)
    found = router_refs(call.receiver, ("bottle:App",)) if call.receiver is not None else ()
    return () if is_guess(found) else found


def _nodes(
    view: ModelView, router: RouterKey, call: CallView, handler: Link, links: tuple[Link, ...]
) -> Iterator[RouteNode]:
    given = call.arg(0, "path")
    names = parameters(view.function(handler.functions[0]))
    for rule in _rules(given):
        typed = {m["name"]: _TYPED.get(m["filter"] or "", "path") for m in _RULE.finditer(rule or "")}
        for method in _methods(call):
            yield RouteNode(
                "bottle",
                router,
                method,
                _plain(rule) if rule is not None else None,
                call.span,
                view.order(call.fid, call.span.start),
                links,
                handler,
                inputs={name: typed.get(name, "path") for name in names},
                returns="html",
            )


def _rules(given: ValueView | None) -> tuple[str | None, ...]:
    found = constants(given)
    return tuple(found) if found else (None,)


def _plain(rule: str) -> str:
    """A rule with parameters as others write them: `<name:path>` is `<path:name>`."""

    def parameter(match: re.Match[str]) -> str:
        wide = match["filter"] in ("path", "re")
        return f"<path:{match['name']}>" if wide else f"<{match['name']}>"

    return _RULE.sub(parameter, rule)


def _methods(call: CallView) -> tuple[str, ...]:
    if call.member in _VERBS:
        return (call.member.upper(),)
    given = call.arg(1, "method")
    found = constants(given) if given is not None else ("GET",)
    return tuple(method.upper() for method in found) if found else ("*",)


_FORMS = "{forms,POST,params,files}"

BOTTLE = Library(
    name="bottle",
    language="python",
    packages=("bottle",),
    types={
        "App": ("bottle.{Bottle,default_app,app}()",),
        "Registered": (
            f"bottle.{{route,{','.join(_VERBS)}}}()()",
            f"App.{{route,{','.join(_VERBS)}}}()()",
            "App.{mount,merge,route}()",
        ),
        "Request": ("bottle.request",),
        "Response": ("bottle.response",),
        "Upload": ("Request.files.get()", "Request.files[]", "Request.files.*"),
    },
    sites=("App",),
    concepts=(
        RequestInput("Request.{query,GET,query_string}", channel="query"),
        RequestInput(f"Request.{_FORMS}", channel="form"),
        RequestInput("Request.{json,body}", channel="body"),
        RequestInput("Request.body.{read,getvalue}()", channel="body"),
        RequestInput("Request.headers", channel="headers"),
        RequestInput("Request.get_header()", channel="headers", key="(0|name)"),
        RequestInput("Request.cookies", channel="cookies"),
        RequestInput("Request.url_args", channel="path"),
        RequestInput("Request.{path,url,fullpath,urlparts}", channel="address"),
        RequestInput("Upload.{filename,raw_filename}", channel="files"),
        CredentialRead("Request.auth"),
        CredentialRead("Request.headers.Authorization"),
        # Signed when a secret is given, and whatever the client sends without.
        RequestInput("Request.get_cookie()", channel="cookies", key="(0|key)"),
        FileAccess("bottle.static_file(root)", action="send"),
        FileAccess("Upload.save(0|destination)", action="write"),
        HtmlResponse("bottle.{HTTPResponse,Response}(0|body)"),
        ResponseBody("bottle.{HTTPResponse,Response}(0|body)"),
        ResponseBody("bottle.abort(1|text)"),
        Redirect("bottle.redirect(0|url)"),
        Redirect("Response.{set_header,add_header}(1|value)", header="(0|name)"),
        TemplateRender("bottle.{template,mako_template}(0)", values="**"),
        # Its environment is made without `autoescape` (bottle.Jinja2Template).
        TemplateRender("bottle.jinja2_template(0)", values="**", escapes="never"),
        TemplateRender("bottle.{view,jinja2_view}(0|tpl_name)", values="return"),
        TemplateSource("bottle.{template,SimpleTemplate}(0)"),
        Denial("bottle.{abort,HTTPError}(0)"),
        Exit("bottle.{abort,redirect}()"),
        DebugSwitch("bottle.run(debug)"),
        DebugSwitch("bottle.debug(0|mode)"),
    ),
    routes=routes,
)
