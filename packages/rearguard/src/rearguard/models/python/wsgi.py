"""Applications without a framework: WSGI (https://peps.python.org/pep-3333/) and ASGI
(https://asgi.readthedocs.io/en/latest/specs/www.html).
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from rearguard.models.concepts import CredentialRead, Denial, HtmlResponse, RequestInput, ResponseBody
from rearguard.models.dsl import Library
from rearguard.models.own_answers import answers_with, pages_beside
from rearguard.models.own_entries import entries
from rearguard.models.own_tables import OwnRow, dispatched, rows, without_framework
from rearguard.models.python.support import constants, decorator_links, function_link, link
from rearguard.models.routing import Link, RouteNode
from rearguard.models.view import ModelView
from rearguard.program import MODULE_BODY, Function, Op, instructions

__all__ = ["WSGI"]

_WSGI = ("environ", "start_response")
_ASGI = ("scope", "receive", "send")


def routes(view: ModelView) -> Iterator[RouteNode]:
    """Yield what own tables list, and what requests are handed to where a path was tested; without a table
    the functions that answer by the protocol itself: what only hands on answers nothing."""
    speaking = dict(_speaking(view))
    bare = bool(speaking) and without_framework(view, "python")
    listed, tested = (_of_tables(view, speaking), _of_tests(view, speaking)) if bare else ((), ())
    handling = {row.handler for row in (*listed, *tested)}
    answer = answers_with(view) if handling else ""
    apps = tuple(function_link(view, fid, "middleware") for fid in speaking if fid not in handling)
    for row, entry in zip((*listed, *tested), (*entries(view, listed), *(None for _ in tested)), strict=True):
        # What calls its handlers where it tests the path is no step before them.
        # Nor is what it calls itself: that is looked at where it stands.
        before = tuple(app for app in apps if _runs_first(view, app, row))
        node = _listed(view, row, before)
        yield replace(node, entry=entry, returns=node.returns or answer)
    answering = handling | {row.fid for row in tested}
    for fid, protocol in speaking.items() if not listed else ():
        function = view.function(fid)
        helps = any(row.fid in view.linker.callers.get(fid, ()) for row in tested)
        if (
            fid in answering
            or helps
            or not _calls(function, "start_response" if protocol == "wsgi" else "send")
        ):
            continue
        names = tuple(param.name for param in function.params)
        label = fid.rpartition("::")[2]
        kinds = ("request", "response") if protocol == "wsgi" else ("request",)
        yield RouteNode(
            protocol,
            f"{protocol}:{fid}",
            "*",
            "/*",
            view.span(fid, function.start, function.end),
            view.order(fid, function.start),
            decorator_links(view, fid, ()),
            function_link(view, fid, "handler", label),
            inputs=dict(zip(names, kinds, strict=False)),
            returns="lines" if protocol == "wsgi" else "",
        )


def pages(view: ModelView) -> Iterator[tuple[str, str]]:
    """Yield functions that answer where no route does, as for requests that failed."""
    if without_framework(view, "python"):
        yield from pages_beside(view)


def _speaking(view: ModelView) -> Iterator[tuple[str, str]]:
    for fid, function in view.linker.functions.items():
        protocol, _ = _protocol(tuple(param.name for param in function.params))
        if protocol and view.family(fid) == "python":
            yield fid, protocol


def _runs_first(view: ModelView, app: Link, row: OwnRow) -> bool:
    """Whether a function that speaks the protocol runs before the one that hands requests on to a row."""
    if row.fid in app.functions:
        return False
    return not any(row.fid in view.linker.callers.get(fid, ()) for fid in app.functions)


def _of_tables(view: ModelView, speaking: Mapping[str, str]) -> tuple[OwnRow, ...]:
    """Rows of tables, and what Werkzeug's rules name."""
    return _answered(view, speaking, (*rows(view, "python"), *_ruled(view)))


def _of_tests(view: ModelView, speaking: Mapping[str, str]) -> tuple[OwnRow, ...]:
    """What requests are handed to where a path was tested."""
    return _answered(view, speaking, dispatched(view, dict.fromkeys(speaking, "*")))


def _answered(view: ModelView, speaking: Mapping[str, str], found: Iterable[OwnRow]) -> tuple[OwnRow, ...]:
    return tuple(row for row in found if row.handler not in speaking or _calls_on(view, row.handler))


def _calls_on(view: ModelView, fid: str) -> bool:
    """Whether a function that speaks the protocol answers by itself."""
    return _calls(view.function(fid), "start_response") or _calls(view.function(fid), "send")


def _ruled(view: ModelView) -> Iterator[OwnRow]:
    """`Rule("/users/<int:id>", endpoint="user")`, whose endpoint is a function, or the name of a method."""
    for call in view.calls("werkzeug.routing.Rule"):
        path, endpoint = call.arg(0, "string"), call.keyword("endpoint")
        if path is None or path.text is None or endpoint is None:
            continue
        handler = (*endpoint.functions, *_called(view, call.fid, endpoint.text or ""))[:1]
        for method in constants(call.keyword("methods")) or ("*",):
            if handler:
                names = tuple(re.findall(r"<(?:[^:>]*:)?(\w+)>", path.text))
                yield OwnRow(
                    method.upper(), path.text, handler[0], (), call.fid, call.value, call.span, names
                )


def _called(view: ModelView, fid: str, name: str) -> tuple[str, ...]:
    """The function or method that an endpoint's name means: of the rule's own file, else the only one."""
    wanted = (f"on_{name}", name) if name.isidentifier() else ()
    for sought in wanted:
        found = [
            other
            for other, function in view.linker.functions.items()
            if other.rpartition("::")[2].rpartition(".")[2] == sought
            and (function.owner or function.parent == MODULE_BODY)
            and view.family(other) == "python"
        ]
        own = [
            other for other in found if view.linker.module_of[other] == view.linker.module_of[fid]
        ] or found
        if len(own) == 1:
            return (own[0],)
    return ()


def _listed(view: ModelView, row: OwnRow, apps: tuple[Link, ...]) -> RouteNode:
    function = view.function(row.handler)
    names = [p.name for p in function.params if p.kind != "rest-map" and p.name != function.receiver]
    protocol, _ = _protocol(tuple(names))
    inputs = dict.fromkeys(names[:1], "request" if protocol else "own") | dict.fromkeys(
        names[2 if protocol else 1 :], "path"
    )
    if protocol == "wsgi" or "start_response" in names:
        inputs["start_response"] = "response"
    typed = {m[2]: f"path:{m[1]}" for m in re.finditer(r"<(int|float|uuid):(\w+)>", row.path)}
    return RouteNode(
        "own table",
        "own table",
        row.method,
        re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", row.path),
        row.span,
        view.order(row.fid, row.span.start),
        (
            *apps,
            *(link(value, "middleware") for value in row.before),
            *decorator_links(view, row.handler, ((row.fid, row.value),), row.value),
        ),
        function_link(view, row.handler),
        inputs={name: typed.get(name, kind) for name, kind in inputs.items()},
        returns="lines" if "start_response" in names else "",
    )


def _protocol(names: tuple[str, ...]) -> tuple[str, str]:
    if names[:2] == _WSGI or (len(names) == 2 and names[1] == "start_response"):
        return "wsgi", "start_response"
    return ("asgi", "send") if names == _ASGI else ("", "")


def _calls(function: Function, name: str) -> bool:
    loaded: set[int] = set()
    for instr in instructions(function.body):
        if instr.op == Op.LOAD and instr.name == name:
            loaded.add(instr.dst)
        elif instr.op == Op.CALL and instr.args[0] in loaded:
            return True
    return False


_SERVER = (
    "{SERVER_NAME,SERVER_PORT,SERVER_PROTOCOL,REQUEST_METHOD,REMOTE_ADDR,REMOTE_USER,SCRIPT_NAME,"
    "wsgi.url_scheme,wsgi.errors,wsgi.version,wsgi.multithread,wsgi.multiprocess,wsgi.run_once}"
)

WSGI = Library(
    name="wsgi",
    language="python",
    packages=("wsgiref",),
    types={
        "Rule": ("werkzeug.routing.Rule()",),
        "Environ": (),
        "Scope": (),
        "Receive": (),
        "Send": (),
        "StartResponse": (),
        # What the server itself says.
        "Server": (f"Environ.{_SERVER}",),
    },
    concepts=(
        RequestInput("Environ.QUERY_STRING", channel="query"),
        RequestInput("Environ.{PATH_INFO,REQUEST_URI,RAW_URI}", channel="address"),
        RequestInput("Environ.wsgi.input.{read,readline,readlines}()", channel="body"),
        RequestInput("Environ.HTTP_COOKIE", channel="cookies"),
        RequestInput("Environ.*", channel="headers"),
        RequestInput("Environ.get()", channel="headers", key="(0)"),
        CredentialRead("Environ.HTTP_AUTHORIZATION"),
        RequestInput("Scope.query_string", channel="query"),
        RequestInput("Scope.{path,raw_path}", channel="address"),
        RequestInput("Scope.headers", channel="headers"),
        RequestInput("Receive()", channel="body"),
        Denial("StartResponse(0)"),
        HtmlResponse("Send(0).body"),
        ResponseBody("Send(0).body"),
    ),
    shapes={
        "StartResponse": "start_response",
        "Environ": "environ",
        "Scope": "scope",
        "Receive": "receive",
        "Send": "send",
    },
    routes=routes,
    pages=pages,
)
