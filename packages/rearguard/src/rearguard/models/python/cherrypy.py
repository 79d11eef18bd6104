"""CherryPy. API reference: https://docs.cherrypy.dev/en/latest/basics.html,
https://docs.cherrypy.dev/en/latest/pkg/cherrypy.html
"""

from collections.abc import Iterator

from rearguard.models.concepts import (
    CredentialRead,
    Denial,
    FileAccess,
    Redirect,
    RequestInput,
)
from rearguard.models.dsl import Library
from rearguard.models.python.support import decorator_links, definition, function_link
from rearguard.models.routing import RouteNode
from rearguard.models.view import ModelView

__all__ = ["CHERRYPY"]


def routes(view: ModelView) -> Iterator[RouteNode]:
    """Yield exposed methods: their name is the path, their parameters are the query and the form."""
    for fid, function in view.linker.functions.items():
        marks = [value for value in view.decorators(fid) if "cherrypy:Exposed" in value.names]
        if not marks or not function.owner:
            continue
        name = fid.rpartition(".")[2]
        inputs = {p.name: "path" if p.kind == "rest" else "query" for p in function.params}
        yield RouteNode(
            "cherrypy",
            "cherrypy:tree",
            "*",
            "/" if name in ("index", "default") else f"/{name}",
            definition(view, fid),
            view.order(fid, function.start),
            decorator_links(view, fid, tuple((value.fid, value.value) for value in marks)),
            function_link(view, fid, "handler", fid.rpartition("::")[2]),
            inputs=inputs,
            returns="html",
        )


CHERRYPY = Library(
    name="cherrypy",
    language="python",
    packages=("cherrypy",),
    types={
        "Request": ("cherrypy.request", "cherrypy.serving.request"),
        "Exposed": ("cherrypy.expose", "cherrypy.expose()"),
    },
    concepts=(
        RequestInput("Request.{params,query_string}", channel="query"),
        RequestInput("Request.json", channel="body"),
        RequestInput("Request.body.{read,params}", channel="body"),
        RequestInput("Request.headers", channel="headers"),
        RequestInput("Request.cookie", channel="cookies"),
        CredentialRead("cherrypy.session"),
        CredentialRead("Request.headers.Authorization"),
        FileAccess("cherrypy.lib.static.{serve_file,serve_download}(0|path)", action="send"),
        Redirect("cherrypy.HTTPRedirect(0|urls)"),
        Denial("cherrypy.HTTPError(0|status)"),
        Denial("cherrypy.NotFound()", status=404),
    ),
    routes=routes,
)
