"""Tornado. API reference: https://www.tornadoweb.org/en/stable/web.html,
https://www.tornadoweb.org/en/stable/websocket.html, https://www.tornadoweb.org/en/stable/httpclient.html
"""

import re
from collections.abc import Iterator

from rearguard.link import Kind
from rearguard.models.concepts import Context as Where
from rearguard.models.concepts import (
    CredentialRead,
    Denial,
    ForgerySwitch,
    Guard,
    HtmlResponse,
    OutboundRequest,
    Principal,
    Redirect,
    RequestInput,
    ResponseBody,
    Sanitizer,
    SecretUse,
    TemplateRender,
    TemplateSource,
    TextJoin,
)
from rearguard.models.dsl import Library
from rearguard.models.python.support import (
    call_of,
    class_name,
    decorator_links,
    function_link,
    items,
    methods,
)
from rearguard.models.routing import Link, RouteNode, RouterKey
from rearguard.models.view import CallView, ModelView, ValueView
from rearguard.program import Op, Span

__all__ = ["TORNADO"]

_METHODS = ("get", "post", "put", "patch", "delete", "head", "options")
_APP = "tornado.web.Application"
_GROUP = re.compile(r"\((?:\?P<(?P<name>\w+)>)?(?P<pattern>(?:[^()\\]|\\.)*)\)")
_NUMBER = re.compile(r"(?:\\d|\[0-9\])(?:\+|\*|\{[\d,]+\})?")


def routes(view: ModelView) -> Iterator[RouteNode]:
    """Yield the handlers of applications, and pairs of pattern and class listed for one elsewhere."""
    seen: set[Span] = set()
    for node in _registered(view):
        seen.add(node.span)
        yield node
    for fid in view.linker.functions:
        for instr in view.linker.code(fid):
            pattern: ValueView | None
            given: ValueView | None
            if instr.op == Op.COLLECT and instr.name in ("tuple", "list") and len(instr.args) > 1:
                pattern, given = (ValueView(view, fid, number) for number in instr.args[:2])
            elif instr.op == Op.CALL and "tornado:Spec" in ValueView(view, fid, instr.dst).names:
                call = CallView(view, fid, instr.dst, instr, "")
                pattern, given = call.arg(0, "pattern"), call.arg(1, "handler")
            else:
                continue
            element = ValueView(view, fid, instr.dst)
            if pattern is None or given is None or pattern.text is None or element.span in seen:
                continue
            for cid in given.classes:
                if "tornado:HandlerClass" in view.linker.table.make(Kind.CLASS, None, cid).names:
                    yield from _class_nodes(view, "tornado:listed", element, pattern, cid)


def _registered(view: ModelView) -> Iterator[RouteNode]:
    for call in view.calls(_APP):
        given = call.arg(0, "handlers")
        if given is not None:
            yield from _listed(view, f"tornado:{call.fid}#{call.value}", given)
    for call in view.calls("tornado:Application.add_handlers"):
        given = call.arg(1, "host_handlers")
        if given is not None:
            yield from _listed(view, f"tornado:{call.fid}#{call.value}", given)
    for cid, base in _applications(view):
        yield from _listed(view, f"tornado:{cid}", base)


def _applications(view: ModelView) -> Iterator[tuple[str, ValueView]]:
    """`super().__init__(handlers)` and `Application.__init__(self, handlers)` in classes of the review."""
    for call in view.calls(f"{_APP}.__init__", "tornado:Application.__init__"):
        position = 1 if call.args and call.args[0].source_text == "self" else 0
        given = call.arg(position, "handlers")
        if given is not None:
            yield call.fid, given


def _listed(view: ModelView, router: RouterKey, given: ValueView) -> Iterator[RouteNode]:
    for element in items(given):
        pattern, handler = _pair(element)
        if handler is not None:
            for cid in handler.classes:
                yield from _class_nodes(view, router, element, pattern, cid)


def _pair(element: ValueView) -> tuple[ValueView | None, ValueView | None]:
    """Pattern and handler of `(pattern, class, ...)` or `url(pattern, class)`."""
    call = call_of(element)
    if call is not None:
        return call.arg(0, "pattern"), call.arg(1, "handler")
    parts = items(element)
    return (parts[0], parts[1]) if len(parts) > 1 else (None, None)


def _class_nodes(
    view: ModelView, router: RouterKey, element: ValueView, pattern: ValueView | None, cid: str
) -> Iterator[RouteNode]:
    own = methods(view, cid)
    text = pattern.text if pattern is not None else None
    before = tuple(
        function_link(view, own[name], "hook", f"{class_name(cid)}.{name}", cid)
        for name in ("prepare",)
        if name in own
    )
    for name in _METHODS:
        if name in own:
            yield _node(view, router, element, text, name.upper(), cid, own[name], before)
    if "on_message" in own:
        yield _node(view, router, element, text, "WEBSOCKET", cid, own["on_message"], before)


def _node(
    view: ModelView,
    router: RouterKey,
    element: ValueView,
    text: str | None,
    method: str,
    cid: str,
    fid: str,
    before: tuple[Link, ...],
) -> RouteNode:
    names = [param.name for param in view.function(fid).params if param.kind in ("positional", "keyword")]
    if method == "WEBSOCKET":
        inputs = dict.fromkeys(names[:1], "body")
    else:
        inputs = dict(zip(names, _channels(text or "", names), strict=False))
    return RouteNode(
        "tornado",
        router,
        method,
        _plain(text, names) if text is not None else None,
        element.span,
        view.order(element.fid, element.span.start),
        (*before, *decorator_links(view, fid, ())),
        function_link(view, fid, "handler", f"{class_name(cid)}.{fid.rpartition('.')[2]}", cid),
        inputs=inputs,
    )


def _channels(text: str, names: list[str]) -> list[str]:
    """The channel of each parameter: the groups of the pattern, by name or in order."""
    groups = list(_GROUP.finditer(text))
    kinds = ["path:int" if _NUMBER.fullmatch(group["pattern"]) else "path" for group in groups]
    by_name = {group["name"]: kind for group, kind in zip(groups, kinds, strict=True) if group["name"]}
    return [
        by_name.get(name, kinds[position] if position < len(kinds) else "path")
        for position, name in enumerate(names)
    ]


def _plain(text: str, names: list[str]) -> str:
    """A pattern as a path; groups that match any text, slashes too, are written `<path:name>`."""
    count = 0

    def group(match: re.Match[str]) -> str:
        nonlocal count
        count += 1
        name = match["name"] or (names[count - 1] if count <= len(names) else f"arg{count}")
        wide = match["pattern"] in (".*", ".+", ".*?", ".+?")
        return f"<path:{name}>" if wide else f"<{name}>"

    text = _GROUP.sub(group, text)
    return text.removeprefix("^").removesuffix("$").replace("\\.", ".").replace("\\-", "-")


_READS = "{get_argument,get_arguments,get_query_argument,get_query_arguments}"

TORNADO = Library(
    name="tornado",
    language="python",
    packages=("tornado",),
    types={
        "Application": (f"{_APP}()",),
        "Spec": ("tornado.web.{url,URLSpec}()", "tornado.routing.URLSpec()"),
        "Handled": ("Application.add_handlers()", f"{_APP}.__init__()", "Application.__init__()"),
        "HandlerClass": (
            "tornado.web.RequestHandler",
            "tornado.websocket.WebSocketHandler",
        ),
        "Handler": ("HandlerClass()",),
        "Request": ("Handler.request", "tornado.httputil.HTTPServerRequest()"),
        "Upload": ("Request.files[][]", "Request.files.get()[]"),
        "Client": ("tornado.httpclient.{AsyncHTTPClient,HTTPClient}()",),
        "Template": ("tornado.template.Template()", "tornado.template.Loader().load()"),
    },
    concepts=(
        RequestInput(f"Handler.{_READS}()", channel="query", key="(0|name)"),
        RequestInput("Handler.{get_body_argument,get_body_arguments}()", channel="form", key="(0|name)"),
        RequestInput("Handler.get_cookie()", channel="cookies", key="(0|name)"),
        RequestInput("Handler.path_args", channel="path"),
        RequestInput("Handler.path_kwargs", channel="path"),
        RequestInput("Request.{query,arguments,query_arguments}", channel="query"),
        RequestInput("Request.{body_arguments,files}", channel="form"),
        RequestInput("Upload.filename", channel="files"),
        RequestInput("Request.body", channel="body"),
        RequestInput("Request.headers", channel="headers"),
        RequestInput("Request.cookies", channel="cookies"),
        RequestInput("Request.{uri,path}", channel="address"),
        RequestInput("Request.{host,host_name}", channel="headers"),
        # Signed by the server when it was set.
        CredentialRead("Handler.{get_secure_cookie,get_signed_cookie}()"),
        CredentialRead("Request.headers.Authorization"),
        Principal("Handler.{current_user,get_current_user()}"),
        HtmlResponse(
            "Handler.{write,finish}(0|chunk)",
            unless_json=True,
            before=("initialize", "set_default_headers", "prepare"),
        ),
        ResponseBody("Handler.{write,finish}(0|chunk)"),
        ResponseBody("Handler.{write_error,send_error}(reason)"),
        Redirect("Handler.redirect(0|url)"),
        Redirect("Handler.{set_header,add_header}(1|value)", header="(0|name)"),
        TemplateRender("Handler.{render,render_string}(0|template_name)", values="**"),
        TemplateSource("tornado.template.Template(0|template_string)"),
        TextJoin("tornado.template.Loader().load(0|name)"),
        # What is put behind the address stays in its query.
        TextJoin("tornado.httputil.url_concat(0:)", separator="?"),
        TemplateRender("Template.generate(self)", values="**"),
        Sanitizer("tornado.escape.{xhtml_escape,linkify}()", (Where.HTML, Where.XML)),
        Sanitizer("tornado.escape.url_escape()", (Where.URL, Where.HTML, Where.HEADER)),
        Denial("tornado.web.HTTPError(0|status_code)"),
        Denial("Handler.{set_status,send_error}(0|status_code)"),
        ForgerySwitch("@option.xsrf_cookies", serves="tornado"),
        Guard("tornado.web.authenticated", kind="authentication"),
        OutboundRequest("Client.fetch(0|request)"),
        OutboundRequest("tornado.websocket.websocket_connect(0|url)"),
        SecretUse(f"{_APP}(cookie_secret)", what="signing key"),
    ),
    routes=routes,
)
