"""Next.js route handlers and API routes. API reference: https://nextjs.org/docs/app/api-reference/file-conventions/route

Where a file lies says its path: `app/**/route.ts` and `pages/api/**`.
"""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from rearguard.link import Kind
from rearguard.models.concepts import (
    CredentialRead,
    Denial,
    HtmlResponse,
    Principal,
    Redirect,
    RequestInput,
    ResponseBody,
)
from rearguard.models.dsl import Library
from rearguard.models.javascript.chains import wrapper_links
from rearguard.models.routing import Link, RouteNode
from rearguard.models.view import ModelView
from rearguard.program import Span

__all__ = ["NEXT"]

VERBS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_DIRECTIVE = re.compile(rb"\s*[\"']use server[\"']")
_COMMENTS = re.compile(rb"^(?:\s*(?://[^\n]*\n|/\*.*?\*/))+", re.DOTALL)
_SCRIPTS = (".ts", ".tsx", ".js", ".jsx", ".mjs")


def routes(view: ModelView) -> Iterator[RouteNode]:
    """Yield one route per exported method of a route file, and one per API page."""
    for path in view.linker.modules:
        file = PurePosixPath(path)
        if file.suffix not in _SCRIPTS:
            continue
        folders = file.parent.parts
        yield from _actions(view, path)
        if file.stem == "route" and "app" in folders:
            place = folders[folders.index("app") + 1 :]
            for verb in VERBS:
                yield from _exported(view, path, verb, verb, url_of(place))
        elif "pages" in folders and folders[folders.index("pages") + 1 :][:1] == ("api",):
            place = folders[folders.index("pages") + 1 :]
            last = () if file.stem == "index" else (file.stem,)
            yield from _exported(view, path, "default", "*", url_of((*place, *last)))
        elif "pages" in folders and file.suffix in (".tsx", ".jsx", ".js", ".ts"):
            place = folders[folders.index("pages") + 1 :]
            last = () if file.stem == "index" else (file.stem,)
            yield from _exported(view, path, "getServerSideProps", "GET", url_of((*place, *last)))


def _actions(view: ModelView, path: str) -> Iterator[RouteNode]:
    """Server actions: exported functions of a file, or any function, under the directive `use server`."""
    text = view.texts.get(path, b"")
    if b"use server" not in text:
        return
    whole = _DIRECTIVE.match(_COMMENTS.sub(b"", text)) is not None
    exported = {
        ref.id
        for (kind, home, _), refs in view.linker.slots.items()
        if kind == "export" and home == path
        for ref in refs
        if ref.kind is Kind.FUNCTION
    }
    for name, function in view.linker.modules[path].functions.items():
        fid = f"{path}::{name}"
        inside = text[function.start : function.end].partition(b"{")[2]
        if (fid in exported and whole) or (
            function.is_async and function.kind != "module" and _DIRECTIVE.match(inside) is not None
        ):
            span = Span(path, function.name_start, function.name_end)
            given = [p.name for p in function.params if p.kind in ("positional", "rest")]
            yield RouteNode(
                "next",
                f"next {path}",
                "POST",
                f"/{path}#{name.rpartition('.')[2]}",
                span,
                ((path, function.start),),
                wrapper_links(view, (fid,)),
                Link(name, (fid,), (), span, None, "handler"),
                inputs=dict.fromkeys(given, "body"),
                returns="json",
            )


def url_of(place: tuple[str, ...]) -> str:
    """The path that folders stand for: `(group)` and `@slot` are left out, `[id]` is a parameter."""
    parts = []
    for folder in place:
        if re.fullmatch(r"\(.*\)|@.*", folder):
            continue
        rest = re.fullmatch(r"\[{1,2}\.\.\.(\w+)\]{1,2}", folder)
        name = re.fullmatch(r"\[(\w+)\]", folder)
        parts.append(f"*{rest[1]}" if rest else f":{name[1]}" if name else folder)
    return "/" + "/".join(parts)


def _exported(view: ModelView, path: str, name: str, method: str, url: str) -> Iterator[RouteNode]:
    functions = tuple(
        ref.id for ref in view.linker.slots.get(("export", path, name), ()) if ref.kind is Kind.FUNCTION
    )
    if not functions:
        return
    function = view.function(functions[0])
    span = Span(view.linker.module_of[functions[0]], function.name_start, function.name_end)
    channels: tuple[str, ...] = ("request", "response") if name == "default" else ("request",)
    yield RouteNode(
        "next",
        f"next {path}",
        method,
        url,
        span,
        ((path, function.start),),
        wrapper_links(view, functions),
        Link(function.name if name == "default" else name, functions, (), span, None, "handler"),
        inputs={p.name: channel for p, channel in zip(function.params, channels, strict=False)},
    )


NEXT = Library(
    name="next",
    language="javascript",
    packages=("next",),
    types={
        "Request": ("next/server.NextRequest()", "Handler<0>"),
        "ApiRequest": ("next.NextApiRequest()", "ApiHandler<0>"),
        "PageContext": ("next.GetServerSidePropsContext()", "Props<0>"),
        "PageProps": ("Page<0>",),
        "ApiResponse": (
            "ApiHandler<1>",
            "next.NextApiResponse()",
            "ApiResponse.{status,setHeader}()",
        ),
    },
    exports={
        "Handler": (r"(?:^|/)app/(?:.*/)?route\.[jt]sx?$", "GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS"),
        "ApiHandler": (r"(?:^|/)pages/api/", "default"),
        "Props": (r"(?:^|/)pages/", "getServerSideProps"),
        "Page": (r"(?:^|/)app/(?:.*/)?page\.[jt]sx?$", "default"),
    },
    concepts=(
        RequestInput("PageProps.searchParams", channel="query"),
        RequestInput("PageProps.params", channel="path"),
        RequestInput("Handler<1>.params", channel="path"),
        RequestInput("Request.{json,text,formData}()", channel="body"),
        RequestInput("Request.nextUrl.searchParams.{get,getAll}()", channel="query", key="(0)"),
        RequestInput("Request.headers.get()", channel="headers", key="(0)"),
        RequestInput("Request.cookies.get()", channel="cookies", key="(0)"),
        RequestInput("Request.url", channel="address"),
        RequestInput("ApiRequest.{body,query,headers,cookies}", channel="$member"),
        RequestInput("PageContext.query", channel="query"),
        RequestInput("PageContext.params", channel="path"),
        RequestInput("PageContext.req.{headers,cookies}", channel="headers"),
        CredentialRead("{Request.headers.get,Request.cookies.get}(0)"),
        CredentialRead("ApiRequest.headers.authorization"),
        CredentialRead("ApiRequest.cookies"),
        Principal("{next-auth.getServerSession,next-auth/next.getServerSession,next-auth/jwt.getToken}()"),
        Principal("@clerk/nextjs/server.{auth,currentUser}()"),
        ResponseBody("next/server.NextResponse.json(0)"),
        ResponseBody("ApiResponse.{json,send,end}(0)"),
        HtmlResponse(
            "next/server.NextResponse(0)",
            content_type=("(1).headers.Content-Type", "(1).headers.content-type"),
            plain=True,
        ),
        Redirect("next/server.NextResponse.redirect(0)"),
        Redirect("next/navigation.{redirect,permanentRedirect}(0)"),
        Redirect("ApiResponse.redirect(-1)"),
        Denial("next/server.{NextResponse,NextResponse.json}(1).status"),
        Denial("ApiResponse.status(0)"),
    ),
    routes=routes,
)
