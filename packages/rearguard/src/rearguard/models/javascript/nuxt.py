"""Nuxt and Nitro server routes (h3). API references: https://nuxt.com/docs/guide/directory-structure/server, https://h3.dev/utils"""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from rearguard.models.concepts import CredentialRead, Denial, Redirect, RequestInput
from rearguard.models.dsl import Library
from rearguard.models.javascript.file_routes import address, exported, node
from rearguard.models.routing import RouteNode
from rearguard.models.view import ModelView

__all__ = ["NUXT"]

_METHOD = re.compile(r"\.(get|post|put|patch|delete|head|options)$")
# Nuxt imports these by itself, so that code uses them as globals.
_H3 = "{h3,#imports,global,nitropack/runtime}"


def routes(view: ModelView) -> Iterator[RouteNode]:
    """Yield the default export of every file under `server/api` and `server/routes`."""
    for path in view.linker.modules:
        file = PurePosixPath(path)
        folders = file.parent.parts
        if "server" not in folders:
            continue
        below = folders[folders.index("server") + 1 :]
        if below[:1] not in (("api",), ("routes",)):
            continue
        method = _METHOD.search(file.stem)
        last = file.stem[: method.start()] if method else file.stem
        url = address((*(below if below[0] == "api" else below[1:]), last))
        for fid in exported(view, path, "default")[:1]:
            if view.linker.function_types.get(fid):
                yield from node("nuxt", view, fid, method[1].upper() if method else "*", url, file.name)


NUXT = Library(
    name="nuxt",
    language="javascript",
    packages=("h3", "nitropack"),
    types={
        "Handler": (f"{_H3}.{{defineEventHandler,eventHandler,defineCachedEventHandler}}(0)",),
        "Event": ("Handler<0>", "h3.H3Event()"),
        "Body": (f"{_H3}.{{readBody,readRawBody,readFormData,readMultipartFormData,readValidatedBody}}()",),
        "Query": (f"{_H3}.{{getQuery,getValidatedQuery}}()",),
        "Parameter": (f"{_H3}.getRouterParam()",),
        "Header": (f"{_H3}.{{getHeader,getRequestHeader}}()",),
        "Cookie": (f"{_H3}.getCookie()",),
        "Reader": (f"{_H3}.{{getHeader,getRequestHeader,getCookie}}",),
        "Send": (f"{_H3}.sendRedirect",),
        "Failure": (f"{_H3}.createError",),
    },
    passes=(f"{_H3}.{{defineEventHandler,eventHandler,defineCachedEventHandler}}(0)",),
    concepts=(
        RequestInput("Body", channel="body"),
        RequestInput("Query", channel="query"),
        RequestInput("Parameter", channel="path", key="(1)"),
        RequestInput("Header", channel="headers", key="(1)"),
        RequestInput("Cookie", channel="cookies", key="(1)"),
        RequestInput("Event.context.params", channel="path"),
        CredentialRead("Reader(1)"),
        Redirect("Send(1)"),
        Denial("Failure(0).statusCode"),
    ),
    routes=routes,
)
