"""Handlers of Python's own server, its cookies, and the form parser that came with it.

API reference: https://docs.python.org/3/library/http.server.html, https://docs.python.org/3/library/http.cookies.html,
https://docs.python.org/3.12/library/cgi.html; the same classes in Python 2: https://docs.python.org/2.7/library/basehttpserver.html
"""

from collections.abc import Iterator
from dataclasses import replace

from rearguard.link import Kind
from rearguard.models.concepts import (
    CredentialRead,
    Denial,
    HeaderWrite,
    HtmlResponse,
    Redirect,
    RequestInput,
    ResponseBody,
)
from rearguard.models.dsl import Library
from rearguard.models.own_answers import answers_with
from rearguard.models.own_entries import entries
from rearguard.models.own_tables import OwnRow, dispatched, rows, without_framework
from rearguard.models.python.support import (
    class_name,
    class_span,
    decorator_links,
    extending,
    function_link,
    methods,
)
from rearguard.models.routing import Link, RouteNode
from rearguard.models.view import ModelView

__all__ = ["HTTP_SERVER"]

_PREFIX = "do_"


def routes(view: ModelView) -> Iterator[RouteNode]:
    """Yield what own tables list, and what requests are handed to where a path was tested; without a table
    one route for each `do_METHOD` that hands nothing on, which answers every path."""
    served = {
        fid: name[len(_PREFIX) :]
        for cid in extending(view, "http_server:Handler")
        for name, fid in methods(view, cid).items()
        if name.startswith(_PREFIX) and name[len(_PREFIX) :].isupper()
    }
    bare = bool(served) and without_framework(view, "python")
    tested = tuple(dispatched(view, served)) if bare else ()
    handing = {row.fid for row in tested}
    listed = tuple(rows(view, "python")) if bare else ()
    apps = {fid: function_link(view, fid, "middleware") for fid in served}
    answer = answers_with(view) if listed or tested else ""
    for row in tested:
        yield replace(_row(view, row, ()), returns=answer)
    for row, entry in zip(listed, entries(view, listed), strict=True):
        before = tuple(app for fid, app in apps.items() if row.method in (served[fid], "*"))
        yield replace(_row(view, row, before), entry=entry, returns=answer)
    for cid in extending(view, "http_server:Handler") if not listed else ():
        for name, fid in methods(view, cid).items():
            if fid not in served or fid in handing:
                continue
            yield RouteNode(
                "http.server",
                f"http.server:{cid}",
                served[fid],
                "/*",
                class_span(view, cid),
                view.order(fid, view.function(fid).start),
                decorator_links(view, fid, ()),
                function_link(view, fid, "handler", f"{class_name(cid)}.{name}", cid),
            )


def _row(view: ModelView, row: OwnRow, apps: tuple[Link, ...]) -> RouteNode:
    function = view.function(row.handler)
    names = [p.name for p in function.params if p.kind != "rest-map" and p.name != function.receiver]
    own = [name for name in names[:1] if _is_own(view, row.handler, name)]
    parts = names[len(own) :] if own or row.names or len(names) == 1 else []
    return RouteNode(
        "http.server",
        "http.server",
        row.method,
        row.path,
        row.span,
        view.order(row.fid, row.span.start),
        (*apps, *decorator_links(view, row.handler, ((row.fid, row.value),))),
        function_link(view, row.handler),
        inputs=dict.fromkeys(own, "own") | dict.fromkeys(parts, "path"),
    )


def _is_own(view: ModelView, fid: str, name: str) -> bool:
    """Whether a handler is given an object of a class of the program: its request, or what serves it."""
    return any(ref.kind is Kind.INSTANCE for ref in view.linker.variable(fid, name))


HTTP_SERVER = Library(
    name="http_server",
    language="python",
    packages=("http", "BaseHTTPServer", "SimpleHTTPServer", "CGIHTTPServer", "Cookie", "cgi"),
    types={
        "Handler": (
            "http.server.{BaseHTTPRequestHandler,SimpleHTTPRequestHandler,CGIHTTPRequestHandler}",
            "BaseHTTPServer.BaseHTTPRequestHandler",
            "SimpleHTTPServer.SimpleHTTPRequestHandler",
            "CGIHTTPServer.CGIHTTPRequestHandler",
            "six.moves.BaseHTTPServer.BaseHTTPRequestHandler",
        ),
        "Cookies": (
            "http.cookies.{SimpleCookie,BaseCookie}()",
            "Cookie.{SimpleCookie,BaseCookie,SerialCookie,SmartCookie}()",
        ),
        "Form": ("cgi.FieldStorage()",),
    },
    concepts=(
        RequestInput("Handler().{path,requestline,raw_requestline}", channel="query"),
        RequestInput("Handler().headers", channel="headers"),
        RequestInput("Handler().rfile.{read,read1,readline,readlines}()", channel="body"),
        RequestInput("Handler().rfile", channel="body"),
        RequestInput("Form.{getvalue,getfirst,getlist}()", channel="form", key="(0|key)"),
        RequestInput("Form[]", channel="form"),
        RequestInput("cgi.{parse,parse_multipart}()", channel="form"),
        CredentialRead("Handler().headers.{Authorization,authorization}"),
        HtmlResponse("Handler().wfile.{write,writelines}(0)"),
        # The reason phrase and the explanation are escaped for the default page.
        ResponseBody("Handler().wfile.{write,writelines}(0)"),
        ResponseBody("Handler().send_error(1:)"),
        Redirect("Handler().send_header(1|value)", header="(0|keyword)"),
        # Writes what it is given.
        HeaderWrite("Handler().send_header(0|keyword)", part="name"),
        HeaderWrite("Handler().send_header(1|value)"),
        Denial("Handler().{send_response,send_error}(0|code)"),
    ),
    routes=routes,
)
