"""web.py. API reference: https://webpy.org/docs/0.3/api, https://webpy.org/cookbook/,
https://webpy.readthedocs.io/en/latest/
"""

import re
from collections.abc import Iterator

from rearguard.models.concepts import (
    CredentialRead,
    Denial,
    HtmlResponse,
    Redirect,
    RequestInput,
    ResourceAccess,
    SqlExecution,
    StoredInput,
    TemplateSource,
)
from rearguard.models.dsl import Library
from rearguard.models.python.support import (
    call_of,
    class_name,
    decorator_links,
    function_link,
    items,
    link,
    methods,
)
from rearguard.models.routing import RouteNode, RouterKey
from rearguard.models.view import CallView, ModelView, ValueView

__all__ = ["WEBPY"]

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
_GROUP = re.compile(r"\((?!\?[:=!])((?:[^()\\]|\\.)*)\)")
_NUMBER = re.compile(r"(?:\\d|\[0-9\])(?:\+|\*|\{[\d,]+\})?")


def routes(view: ModelView) -> Iterator[RouteNode]:
    """Yield the classes that the list of an application names, one route per method, and its processors."""
    applications = tuple(view.calls("web.application", "web.application.application"))
    for call in applications:
        listed = call.arg(0, "mapping")
        parts = items(listed) if listed is not None else ()
        # Pattern, class, pattern, class.
        for pattern, given in zip(parts[::2], parts[1::2], strict=False):
            yield from _listed(view, call, pattern, given, applications)
    for call in view.members("webpy:App", ("add_processor",)):
        yield from _processor(view, call, applications)


def _key(call: CallView) -> RouterKey:
    return f"webpy:{call.fid}#{call.value}"


def _listed(
    view: ModelView,
    call: CallView,
    pattern: ValueView,
    given: ValueView,
    applications: tuple[CallView, ...],
) -> Iterator[RouteNode]:
    order = view.order(pattern.fid, pattern.span.start)
    if "webpy:App" in given.names:
        children = tuple(_key(other) for other in applications if _same(other, given))
        yield RouteNode(
            "webpy", _key(call), "*", pattern.text, pattern.span, order, mounts=children, is_prefix=True
        )
    for cid in given.classes or _named(view, pattern.fid, given.text):
        own = methods(view, cid)
        for method in _METHODS:
            if method in own:
                text, inputs = _read(pattern.text, view, own[method])
                yield RouteNode(
                    "webpy",
                    _key(call),
                    method,
                    text,
                    pattern.span,
                    order,
                    decorator_links(view, own[method], ()),
                    function_link(view, own[method], "handler", f"{class_name(cid)}.{method}", cid),
                    inputs=inputs,
                    returns="html",
                )


def _same(call: CallView, value: ValueView) -> bool:
    return bool(set(call.refs) & set(value.refs))


def _named(view: ModelView, fid: str, name: str | None) -> tuple[str, ...]:
    """The class that a text names: in the file of the list, else the only one of this name."""
    if not name:
        return ()
    module, _, last = name.rpartition(".")
    here = f"{view.linker.module_of[fid]}::{last}"
    if not module and here in view.linker.bases:
        return (here,)
    ending = module.replace(".", "/")
    found = tuple(
        cid
        for cid in view.linker.bases
        if cid.rpartition("::")[2] == last
        and cid.rpartition("::")[0].removesuffix(".py").removesuffix("/__init__").endswith(ending)
    )
    return found if len(found) == 1 else ()


def _read(pattern: str | None, view: ModelView, fid: str) -> tuple[str | None, dict[str, str]]:
    """A pattern as a path, and the channel of each parameter: the groups, in order."""
    names = [p.name for p in view.function(fid).params if p.kind in ("positional", "keyword")]
    kinds: list[str] = []

    def group(match: re.Match[str]) -> str:
        count = len(kinds)
        kinds.append("path:int" if _NUMBER.fullmatch(match[1]) else "path")
        name = names[count] if count < len(names) else f"arg{count + 1}"
        return f"<path:{name}>" if match[1] in (".*", ".+") else f"<{name}>"

    if pattern is None:
        return None, dict.fromkeys(names, "path")
    text = _GROUP.sub(group, pattern).removeprefix("^").removesuffix("$").replace("\\.", ".")
    inputs = {name: kinds[place] if place < len(kinds) else "path" for place, name in enumerate(names)}
    return text, inputs


def _processor(view: ModelView, call: CallView, applications: tuple[CallView, ...]) -> Iterator[RouteNode]:
    """What runs before every handler: a function of the handler, or one put into `web.loadhook`."""
    given = call.arg(0, "processor")
    hook = call_of(given) if given is not None else None
    inner = hook.arg(0, "h") if hook is not None and "webpy:Hook" in hook.names else given
    if inner is None or call.receiver is None:
        return
    for other in applications:
        if _same(other, call.receiver):
            order = view.order(call.fid, call.span.start)
            links = (link(inner, "hook"),)
            yield RouteNode(
                "webpy", _key(other), "*", "", call.span, order, links, is_prefix=True, everywhere=True
            )


_REDIRECTS = "{redirect,Redirect,found,Found,seeother,SeeOther,tempredirect,TempRedirect}"

WEBPY = Library(
    name="webpy",
    language="python",
    packages=("web",),
    types={
        "App": ("web.{application,auto_application}()", "web.application.application()"),
        "Processor": ("App.add_processor()",),
        "Hook": ("web.loadhook()",),
        "Session": ("web.session.Session()", "web.ctx.session"),
        "Database": ("web.{database,db.database}()", "Database.transaction()"),
    },
    sites=("App",),
    concepts=(
        RequestInput("web.{input,rawinput}()", channel="query"),
        RequestInput("web.data()", channel="body"),
        RequestInput("web.cookies()", channel="cookies"),
        RequestInput("web.ctx.query", channel="query"),
        RequestInput("web.ctx.{env,environ,host}", channel="headers"),
        RequestInput("web.ctx.{path,fullpath,home,homedomain}", channel="address"),
        RequestInput("web.input().*.filename", channel="files"),
        CredentialRead("Session"),
        CredentialRead("web.cookies"),
        CredentialRead("web.ctx.env.HTTP_AUTHORIZATION"),
        Redirect(f"web.{_REDIRECTS}(0|url)"),
        Redirect("web.header(1|value)", header="(0|hdr)"),
        HtmlResponse("web.{internalerror,badrequest}(0|message)"),
        TemplateSource("web.template.Template(0|text)"),
        Denial("web.{unauthorized,Unauthorized}()", status=401),
        Denial("web.{forbidden,Forbidden}()", status=403),
        Denial("web.{notfound,NotFound}()", status=404),
        Denial("web.HTTPError(0|status)"),
        SqlExecution("Database.query(0|sql_query)", parameters="(1|vars)", style="dollar"),
        SqlExecution("Database.select(what)", style="none"),
        SqlExecution("Database.select(order)", style="none"),
        SqlExecution("Database.select(group)", style="none"),
        SqlExecution("Database.{select,delete,update}(where)", parameters="(vars)", style="dollar"),
        StoredInput("Database.{query,select,where}()[]"),
        ResourceAccess("Database.select(self)", op="read", resource="(0|tables)", key="(where)"),
        ResourceAccess("Database.where(self)", op="read", resource="(0|table)", key="**"),
        ResourceAccess(
            "Database.{insert,multiple_insert}(self)", op="create", resource="(0|tablename)", key="**"
        ),
        ResourceAccess("Database.update(self)", op="update", resource="(0|tables)", key="(where)"),
        ResourceAccess("Database.delete(self)", op="delete", resource="(0|table)", key="(where)"),
    ),
    routes=routes,
)
