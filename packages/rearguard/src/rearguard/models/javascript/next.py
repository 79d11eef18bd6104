"""Next.js route handlers, server actions, pages and middleware.

Where a file lies says its path: `app/**/route.ts`, `app/**/page.tsx` and `pages/**`. API reference:
https://nextjs.org/docs/app/api-reference/file-conventions, https://nextjs.org/docs/app/api-reference/functions/cookies
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from rearguard.link import Kind, function_id
from rearguard.models.concepts import (
    CredentialRead,
    Denial,
    Exit,
    HtmlResponse,
    Principal,
    Redirect,
    RequestInput,
    ResponseBody,
    ServedType,
)
from rearguard.models.dsl import Library
from rearguard.models.javascript.chains import flatten, link_of, texts_of, wrapper_links
from rearguard.models.javascript.file_routes import exported
from rearguard.models.javascript.server_actions import built
from rearguard.models.routing import Link, RouteNode
from rearguard.models.view import ModelView, ValueView
from rearguard.program import Op, Span

__all__ = ["NEXT"]

VERBS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_DIRECTIVE = re.compile(rb"\s*[\"']use server[\"']")
_COMMENTS = re.compile(rb"^(?:\s*(?://[^\n]*\n|/\*.*?\*/))+", re.DOTALL)
_SCRIPTS = (".ts", ".tsx", ".js", ".jsx", ".mjs")
_GATES = ("middleware", "proxy")
_ALL_BUT = re.compile(r"/\(\(\?!(?P<words>[^()]*)(?:\([^()]*\)[^()]*)*\)\.[*+]\)")
"""`/((?!api|_next/static|.*\\.png).*)`."""


def routes(view: ModelView) -> Iterator[RouteNode]:
    """Yield one route per exported method of a route file, per page and per server action.

    The project's middleware stands before what its matcher covers.
    """
    gates = tuple(_gates(view))
    for path in view.linker.modules:
        file = PurePosixPath(path)
        if file.suffix not in _SCRIPTS:
            continue
        for node in (*_actions(view, path), *_files(view, path, file)):
            before = tuple(gate.link for gate in gates if gate.covers(node.path or ""))
            yield replace(node, links=(*before, *node.links))


def _files(view: ModelView, path: str, file: PurePosixPath) -> Iterator[RouteNode]:
    folders = file.parent.parts
    if file.stem == "route" and "app" in folders:
        place = folders[folders.index("app") + 1 :]
        for verb in VERBS:
            yield from _exported(view, path, verb, verb, url_of(place))
    elif file.stem == "page" and "app" in folders:
        place = folders[folders.index("app") + 1 :]
        around = tuple(_layouts(view, file))
        for node in _exported(view, path, "default", "GET", url_of(place)):
            yield replace(node, links=(*around, *node.links), inputs={}, returns="told")
    elif "pages" in folders and folders[folders.index("pages") + 1 :][:1] == ("api",):
        place = folders[folders.index("pages") + 1 :]
        last = () if file.stem == "index" else (file.stem,)
        yield from _exported(view, path, "default", "*", url_of((*place, *last)))
    elif "pages" in folders and file.suffix in (".tsx", ".jsx", ".js", ".ts"):
        place = folders[folders.index("pages") + 1 :]
        last = () if file.stem == "index" else (file.stem,)
        yield from _exported(view, path, "getServerSideProps", "GET", url_of((*place, *last)))


def _layouts(view: ModelView, page: PurePosixPath) -> Iterator[Link]:
    """What is put around a page, from the outermost folder on."""
    folders = page.parent.parts
    for depth in range(folders.index("app") + 1, len(folders) + 1):
        for suffix in _SCRIPTS:
            path = PurePosixPath(*folders[:depth], f"layout{suffix}").as_posix()
            if path in view.linker.modules:
                yield from (_link_to(view, fid, "layout") for fid in exported(view, path, "default"))


def _link_to(view: ModelView, fid: str, label: str) -> Link:
    function = view.function(fid)
    span = Span(view.linker.module_of[fid], function.name_start, function.name_end)
    return Link(label, (fid,), (), span, None, "wrapper")


# -- middleware -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Gate:
    """The middleware, and the addresses that it runs for; `None` for all."""

    link: Link
    matchers: tuple[str, ...] | None

    def covers(self, url: str) -> bool:
        """Whether every request for an address runs through it.

        Server actions are reached at the address of any page, so that a matcher for some of them holds none.
        """
        if self.matchers is None:
            return True
        return any(_matches(matcher, url) for matcher in self.matchers)


def _gates(view: ModelView) -> Iterator[_Gate]:
    """`middleware.ts` beside `app` or `pages`; called `proxy.ts` since Next.js 16."""
    for path in view.linker.modules:
        file = PurePosixPath(path)
        if file.stem not in _GATES or file.suffix not in _SCRIPTS or not _beside_pages(view, file):
            continue
        matchers = _matchers(view, path)
        for name in (file.stem, "default"):
            functions = exported(view, path, name)
            if functions:
                inner = wrapper_links(view, functions)
                yield from (_Gate(link, matchers) for link in inner)
                yield _Gate(_link_to(view, functions[0], file.stem), matchers)
                break
            value = _exported_value(view, path, name)
            if value is not None:
                yield _Gate(link_of(value), matchers)
                break


def _beside_pages(view: ModelView, file: PurePosixPath) -> bool:
    root = file.parent.parts
    return any(
        PurePosixPath(path).parts[: len(root) + 1] in ((*root, "app"), (*root, "pages"))
        for path in view.linker.modules
    )


def _exported_value(view: ModelView, path: str, name: str) -> ValueView | None:
    """What a file exports under a name, where it is no function of the project."""
    body = function_id(path, "<module>")
    for instr in view.linker.code(body):
        if instr.op == Op.EXPORT and instr.name == name and instr.args:
            return ValueView(view, body, instr.args[0])
    return None


def _matchers(view: ModelView, path: str) -> tuple[str, ...] | None:
    """The addresses of `export const config = { matcher: [...] }`; `None` where there are none."""
    config = _exported_value(view, path, "config")
    given = config.key("matcher") if config is not None else None
    if given is None:
        return None
    found: list[str] = []
    for element in flatten(view, given):
        found.extend(texts_of(element.key("source") or element))
    return tuple(found)


def _matches(matcher: str, url: str) -> bool:
    """Whether a matcher covers an address.

    https://nextjs.org/docs/app/api-reference/file-conventions/middleware#matcher: segments, `:a`, `:a*`;
    `/((?!api|_next).*)` is everything but what begins so.
    """
    excluded = _ALL_BUT.fullmatch(matcher)
    if excluded is not None:
        first = url.removeprefix("/")
        return "#" in url or not any(
            first.startswith(word) for word in excluded["words"].split("|") if re.fullmatch(r"[\w/-]+", word)
        )
    wanted, given = matcher.strip("/").split("/"), url.strip("/").split("/")
    for position, part in enumerate(wanted):
        if part in ("(.*)", ":path*", "*") or (part.startswith(":") and part.endswith(("*", "+"))):
            return True
        if position >= len(given) or (part != given[position] and not part.startswith(":")):
            return False
    return len(wanted) == len(given)


def _actions(view: ModelView, path: str) -> Iterator[RouteNode]:
    """Server actions: exported functions of a file, or any function, under the directive `use server`."""
    text = view.texts.get(path, b"")
    if b"use server" not in text:
        return
    whole = _DIRECTIVE.match(_COMMENTS.sub(b"", text)) is not None
    given_out = {
        ref.id
        for (kind, home, _), refs in view.linker.slots.items()
        if kind == "export" and home == path
        for ref in refs
        if ref.kind is Kind.FUNCTION
    }
    made = set(built(view))
    for name, function in view.linker.modules[path].functions.items():
        fid = f"{path}::{name}"
        if fid in made:
            # It is the client's to call, after what the client asks for.
            continue
        inside = text[function.start : function.end].partition(b"{")[2]
        if (fid in given_out and whole) or (
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
    functions = exported(view, path, name)
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
        "Request": ("next/server.NextRequest()", "{Handler,Middleware}<0>"),
        "Cookies": ("next/headers.cookies()",),
        "Headers": ("next/headers.headers()",),
        "Auth": ("{next-auth,next-auth.default}().auth",),
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
        "Middleware": (r"(?:^|/)(?:middleware|proxy)\.[jt]s$", "middleware|proxy|default"),
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
        RequestInput("Cookies.get()", channel="cookies", key="(0)"),
        RequestInput("Headers.get()", channel="headers", key="(0)"),
        CredentialRead("{Request.headers.get,Request.cookies.get,Cookies.get,Headers.get}(0)"),
        CredentialRead("ApiRequest.headers.authorization"),
        CredentialRead("ApiRequest.cookies"),
        Principal("{next-auth.getServerSession,next-auth/next.getServerSession,next-auth/jwt.getToken}()"),
        Principal("Auth()"),
        Principal("@clerk/nextjs/server.{auth,currentUser}()"),
        Principal("@auth0/nextjs-auth0.getSession()"),
        ResponseBody("next/server.NextResponse.json(0)"),
        ResponseBody("ApiResponse.{json,send,end}(0)"),
        ServedType("next/server.NextResponse(1).headers.{Content-Type,content-type}"),
        HtmlResponse(
            "next/server.NextResponse(0)",
            content_type=("(1).headers.Content-Type", "(1).headers.content-type"),
            plain=True,
        ),
        Redirect("next/server.NextResponse.redirect(0)"),
        Redirect("next/navigation.{redirect,permanentRedirect}(0)"),
        Exit("next/navigation.{redirect,permanentRedirect,notFound,forbidden,unauthorized}()"),
        Denial("next/navigation.notFound()", status=404),
        Denial("next/navigation.forbidden()", status=403),
        Denial("next/navigation.unauthorized()", status=401),
        Redirect("ApiResponse.redirect(-1)"),
        Denial("next/server.{NextResponse,NextResponse.json}(1).status"),
        Denial("ApiResponse.status(0)"),
    ),
    routes=routes,
)
