"""SvelteKit endpoints, form actions and load functions. API reference: https://svelte.dev/docs/kit/routing"""

from collections.abc import Iterator
from pathlib import PurePosixPath

from rearguard.models.concepts import CredentialRead, Principal, Redirect, RequestInput
from rearguard.models.dsl import Library
from rearguard.models.javascript.file_routes import address, exported, node
from rearguard.models.javascript.graphql_servers import fields
from rearguard.models.routing import RouteNode
from rearguard.models.view import ModelView, ValueView
from rearguard.program import Op

__all__ = ["SVELTEKIT"]

VERBS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "fallback")


def routes(view: ModelView) -> Iterator[RouteNode]:
    """Yield what `+server` and `+page.server` files under `routes` export."""
    for path in view.linker.modules:
        file = PurePosixPath(path)
        folders = file.parent.parts
        if "routes" not in folders or not file.name.startswith("+"):
            continue
        url = address(folders[folders.index("routes") + 1 :])
        if file.stem == "+server":
            for verb in VERBS:
                for fid in exported(view, path, verb)[:1]:
                    yield from node("sveltekit", view, fid, "*" if verb == "fallback" else verb, url, verb)
        elif file.stem in ("+page.server", "+layout.server"):
            for fid in exported(view, path, "load")[:1]:
                yield from node("sveltekit", view, fid, "GET", url, "load")
            yield from _actions(view, path, url)


def _actions(view: ModelView, path: str, url: str) -> Iterator[RouteNode]:
    body = f"{path}::<module>"
    for instr in view.linker.code(body):
        if instr.op == Op.EXPORT and instr.name == "actions":
            for name, value in fields(ValueView(view, body, instr.args[0])):
                for fid in value.functions[:1]:
                    place = url if name == "default" else f"{url}?/{name}"
                    yield from node("sveltekit", view, fid, "POST", place, name)


SVELTEKIT = Library(
    name="sveltekit",
    language="javascript",
    packages=("@sveltejs/kit",),
    types={
        "Event": (
            "@sveltejs/kit.{RequestEvent,ServerLoadEvent}()",
            "{./$types,../$types}.{RequestEvent,PageServerLoadEvent}()",
            "{Handler,Load}<0>",
            "Hook<0>.event",
        ),
        "Hook": ("@sveltejs/kit/hooks.sequence(0:)",),
    },
    exports={
        "Handler": (
            r"(?:^|/)routes/(?:.*/)?\+server\.[jt]s$",
            "GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|fallback",
        ),
        "Load": (r"(?:^|/)routes/(?:.*/)?\+(?:page|layout)\.server\.[jt]s$", "load"),
        "Hook": (r"(?:^|/)hooks\.server\.[jt]s$", "handle"),
    },
    concepts=(
        RequestInput("Event.request.{json,text,formData}()", channel="body"),
        RequestInput("Event.url.searchParams.get()", channel="query", key="(0)"),
        RequestInput("Event.params", channel="path"),
        RequestInput("Event.cookies.get()", channel="cookies", key="(0)"),
        RequestInput("Event.request.headers.get()", channel="headers", key="(0)"),
        CredentialRead("Event.cookies.get(0)"),
        Principal("Event.locals.{user,session,userId}"),
        Redirect("@sveltejs/kit.redirect(1)"),
    ),
    routes=routes,
)
