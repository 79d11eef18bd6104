"""Applications without a framework: WSGI (https://peps.python.org/pep-3333/) and ASGI
(https://asgi.readthedocs.io/en/latest/specs/www.html).
"""

from collections.abc import Iterator

from rearguard.models.concepts import CredentialRead, HtmlResponse, RequestInput, ResponseBody
from rearguard.models.dsl import Library
from rearguard.models.python.support import decorator_links, function_link
from rearguard.models.routing import RouteNode
from rearguard.models.view import ModelView
from rearguard.program import Function, Op, instructions

__all__ = ["WSGI"]

_WSGI = ("environ", "start_response")
_ASGI = ("scope", "receive", "send")


def routes(view: ModelView) -> Iterator[RouteNode]:
    """Yield the functions that answer by the protocol itself: what only hands on answers nothing."""
    for fid, function in view.linker.functions.items():
        names = tuple(param.name for param in function.params)
        protocol, answers = _protocol(names)
        if not protocol or not _calls(function, answers):
            continue
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
        "Environ": (),
        "Scope": (),
        "Receive": (),
        "Send": (),
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
        HtmlResponse("Send(0).body"),
        ResponseBody("Send(0).body"),
    ),
    shapes={"Environ": "environ", "Scope": "scope", "Receive": "receive", "Send": "send"},
    routes=routes,
)
