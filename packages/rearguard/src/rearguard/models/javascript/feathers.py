"""FeathersJS 3 to 5. API references: https://feathersjs.com/api/services, https://feathersjs.com/api/hooks,
https://feathersjs.com/api/authentication/hook

A service is an object whose methods answer: `find` and `create` at its path, the others behind an id.
"""

from collections.abc import Iterator

from rearguard.models.concepts import (
    CredentialRead,
    Denial,
    Guard,
    NoSqlQuery,
    Principal,
    RequestInput,
    ResourceAccess,
)
from rearguard.models.dsl import Library
from rearguard.models.javascript.chains import arguments, flatten, follow, label_of, link_of, texts_of
from rearguard.models.javascript.decorators import methods
from rearguard.models.routing import Link, RouteNode
from rearguard.models.view import CallView, ModelView, ValueView
from rearguard.program import Span

__all__ = ["FEATHERS"]

_METHODS = {
    "find": ("GET", "", ("request",)),
    "get": ("GET", "/:__feathersId", ("path", "request")),
    "create": ("POST", "", ("body", "request")),
    "update": ("PUT", "/:__feathersId", ("path", "body", "request")),
    "patch": ("PATCH", "/:__feathersId", ("path", "body", "request")),
    "remove": ("DELETE", "/:__feathersId", ("path", "request")),
}


def routes(view: ModelView) -> Iterator[RouteNode]:
    """Yield what the methods of registered services answer, and the hooks that run before them."""
    seen: set[tuple[str, int]] = set()
    for call in view.members("feathers:App", ("use",)):
        given = [value for value, _ in arguments(call)]
        texts = texts_of(given[0]) if given else ()
        if not texts or len(given) < 2 or (call.fid, call.value) in seen:
            continue
        seen.add((call.fid, call.value))
        path = texts[0] if len(texts) == 1 else None
        for value in given[1:]:
            own = {name: (fid, label) for name, fid, label in _methods(view, value)}
            for name, (fid, label) in own.items():
                yield _node(view, call, path, name, fid, label)
            if value.has_type("feathers:Stored"):
                shown = _shown(view, given[-1])
                for name in _METHODS:
                    if name not in own and (shown is None or name in shown):
                        yield _inherited(call, path, name, value)
    for call in view.members("feathers:Service", ("hooks",)):
        yield from _hooks(view, call, _path_of(call))
    for call in view.members("feathers:App", ("hooks",)):
        yield from _hooks(view, call, "")


def _methods(view: ModelView, value: ValueView) -> Iterator[tuple[str, str, str]]:
    """`(method, function, label)` of a service: of its class, or of an object that is written out."""
    for cid in value.classes:
        for name, fid in methods(view, cid):
            if name in _METHODS:
                yield name, fid, f"{cid.rpartition('::')[2]}.{name}"
    for name in _METHODS:
        entry = value.key(name) if not value.classes else None
        for fid in entry.functions if entry is not None else ():
            yield name, fid, name


def _shown(view: ModelView, options: ValueView) -> tuple[str, ...] | None:
    """The methods that the option `methods` lets clients call; `None` when it does not say."""
    listed = options.key("methods")
    if listed is None:
        return None
    return tuple(text for value in flatten(view, listed) for text in texts_of(value)) or None


def _inherited(call: CallView, path: str | None, name: str, value: ValueView) -> RouteNode:
    """A method of a library's service: its hooks are all that the program says of it."""
    verb, behind, _ = _METHODS[name]
    made = value.classes[0].rpartition("::")[2] if value.classes else label_of(value)
    return RouteNode(
        "feathers",
        _ROOT,
        verb,
        None if path is None else f"/{path.strip('/')}{behind}",
        call.span,
        (("~", 0), (call.span.path, call.span.start)),
        (),
        Link(f"{made}.{name}", (), value.names, value.span, None, "handler"),
    )


def _node(view: ModelView, call: CallView, path: str | None, name: str, fid: str, label: str) -> RouteNode:
    verb, behind, channels = _METHODS[name]
    function, place = view.function(fid), view.linker.module_of[fid]
    span = Span(place, function.name_start, function.name_end)
    return RouteNode(
        "feathers",
        _ROOT,
        verb,
        None if path is None else f"/{path.strip('/')}{behind}",
        span,
        (("~", 0), (place, function.start)),
        (),
        Link(label, (fid,), (), span, None, "handler"),
        inputs={p.name: channel for p, channel in zip(function.params, channels, strict=False)},
        returns="json",
    )


_ROOT = "feathers application"


def _path_of(call: CallView) -> str | None:
    """The path in `app.service(path).hooks(...)`, or in a variable that holds the service."""
    value = follow(call.receiver) if call.receiver is not None else None
    for given in call.view.members("feathers:App", ("service",)):
        if value is not None and (given.fid, given.value) == (value.fid, value.value) and given.args:
            texts = texts_of(given.args[0])
            return f"/{texts[0].strip('/')}" if len(texts) == 1 else None
    return None


def _hooks(view: ModelView, call: CallView, path: str | None) -> Iterator[RouteNode]:
    """`hooks({ before: { all: [...], create: [...] }, around: { all: [...] } })`."""
    given = call.args[0] if call.args else None
    if given is None or path is None:
        return
    order = view.order(call.fid, call.span.start)
    for when in ("around", "before"):
        held = given.key(when)
        for position, (name, (verb, behind, _)) in enumerate(
            {"all": ("*", "", ()), **_METHODS}.items() if held is not None else ()
        ):
            listed = held.key(name) if held is not None else None
            links = (
                tuple(link_of(value, "hook") for value in flatten(view, listed)) if listed is not None else ()
            )
            if links:
                is_all = name == "all"
                place = (("!", int(when == "before")), *order, (call.span.path, position))
                yield RouteNode(
                    "feathers",
                    _ROOT,
                    verb,
                    path if is_all else f"{path}{behind}",
                    call.span,
                    place,
                    links,
                    is_prefix=is_all,
                )


_ERRORS = "@feathersjs/errors"

FEATHERS = Library(
    name="feathers",
    language="javascript",
    packages=("@feathersjs/feathers", "@feathersjs/express", "@feathersjs/koa", "@feathersjs/authentication"),
    types={
        "App": (
            "@feathersjs/express()",
            "@feathersjs/express.default()",
            "@feathersjs/koa.koa()",
            "@feathersjs/feathers.{feathers,default}()",
            "@feathersjs/feathers()",
            "@feathersjs/feathers.Application()",
            "{@feathersjs/express,@feathersjs/koa}.Application()",
            "App.{use,configure,hooks}()",
            "Configured<0>",
        ),
        "Configured": ("App.configure(0)",),
        "Service": ("App.service()",),
        "Listing": ("App.use(1:).find",),
        "Second": ("App.use(1:).{get,create,remove}",),
        "Third": ("App.use(1:).{update,patch}",),
        "Params": (
            "Listing<0>",
            "Second<1>",
            "Third<2>",
            "@feathersjs/feathers.Params()",
            "Hooked.params",
        ),
        "Hook": (
            "{App,Service}.hooks(0).{before,around,after}.*",
            "{App,Service}.hooks(0).{before,around,after}",
        ),
        "Hooked": ("Hook<0>", "@feathersjs/feathers.HookContext()"),
        "Stored": (
            "{@feathersjs/mongodb.MongoDBService,@feathersjs/knex.KnexService}()",
            "{feathers-mongoose.Service,feathers-sequelize.Service,feathers-knex.Service}()",
            "{feathers-mongoose,feathers-sequelize,feathers-knex,feathers-objection,feathers-memory}()",
            "@feathersjs/memory.{memory,MemoryService}()",
        ),
    },
    concepts=(
        RequestInput("Params.query", channel="query"),
        RequestInput("Params.headers", channel="headers"),
        RequestInput("Params.route", channel="path"),
        RequestInput("Hooked.data", channel="body"),
        RequestInput("Hooked.id", channel="path"),
        Principal("Params.{user,payload,account}"),
        CredentialRead("Params.authentication"),
        CredentialRead("Params.headers.authorization"),
        Guard("@feathersjs/authentication.authenticate()", "authentication"),
        Guard("@feathersjs/authentication.hooks.authenticate()", "authentication"),
        Guard("@feathersjs/{express,koa}.authenticate()", "authentication"),
        Guard("{feathers-hooks-common,feathers-authentication-hooks}.restrictToOwner()", "ownership"),
        Guard("feathers-authentication-hooks.{restrictToRoles,hasRole}()", "authorization"),
        Guard("@feathersjs/schema.hooks.{validateData,validateQuery}()", "validation"),
        Denial(f"{_ERRORS}.NotAuthenticated()", status=401),
        Denial(f"{_ERRORS}.Forbidden()", status=403),
        Denial(f"{_ERRORS}.NotFound()", status=404),
        ResourceAccess("Stored.get(self)", op="read", key="(0)"),
        ResourceAccess("Stored.find(self)", op="list", key="(0).query"),
        ResourceAccess("Stored.create(self)", op="create", key="(0)"),
        ResourceAccess("Stored.{update,patch}(self)", op="update", key="(0)"),
        ResourceAccess("Stored.remove(self)", op="delete", key="(0)"),
        NoSqlQuery("@feathersjs/mongodb.MongoDBService().find(0).query"),
    ),
    routes=routes,
)
