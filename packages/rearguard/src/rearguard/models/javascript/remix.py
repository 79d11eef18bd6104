"""Remix and React Router loaders and actions. API reference: https://reactrouter.com/start/framework/actions"""

from collections.abc import Iterator
from pathlib import PurePosixPath

from rearguard.models.concepts import CredentialRead, Redirect, RequestInput, ResponseBody
from rearguard.models.dsl import Library
from rearguard.models.javascript.file_routes import address, exported, node
from rearguard.models.routing import RouteNode
from rearguard.models.view import ModelView

__all__ = ["REMIX"]

METHODS = {"loader": "GET", "action": "POST"}


def routes(view: ModelView) -> Iterator[RouteNode]:
    """Yield the loader and action of every file under `app/routes`."""
    for path in view.linker.modules:
        file = PurePosixPath(path)
        folders = file.parent.parts
        if "routes" not in folders or "app" not in folders[: folders.index("routes")]:
            continue
        below = folders[folders.index("routes") + 1 :]
        names = [*below, file.stem] if file.stem != "route" else list(below)
        url = address([part for name in names for part in name.split(".")])
        for name, method in METHODS.items():
            for fid in exported(view, path, name)[:1]:
                yield from node("remix", view, fid, method, url, name)


_PACKAGES = "{@remix-run/node,@remix-run/cloudflare,@remix-run/server-runtime,@remix-run/react,react-router}"

REMIX = Library(
    name="remix",
    language="javascript",
    packages=("@remix-run/node", "react-router"),
    types={
        "Arguments": (
            f"{_PACKAGES}.{{LoaderFunctionArgs,ActionFunctionArgs,LoaderArgs,ActionArgs}}()",
            "Handler<0>",
        ),
        "Send": (f"{_PACKAGES}.redirect",),
        "Answer": (f"{_PACKAGES}.json",),
    },
    exports={"Handler": (r"(?:^|/)app/routes/", "loader|action")},
    concepts=(
        RequestInput("Arguments.request.{json,text,formData}()", channel="body"),
        RequestInput("Arguments.request.url", channel="query"),
        RequestInput("Arguments.request.headers.get()", channel="headers", key="(0)"),
        RequestInput("Arguments.params", channel="path"),
        CredentialRead("Arguments.request.headers.get(0)"),
        Redirect("Send(0)"),
        ResponseBody("Answer(0)"),
    ),
    routes=routes,
)
