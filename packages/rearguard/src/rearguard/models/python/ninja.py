"""Django Ninja and Ninja Extra's routers. API reference: https://django-ninja.dev/guides/routers/,
https://django-ninja.dev/guides/authentication/
"""

import re
from collections.abc import Iterator

from rearguard.link import Refs, function_id
from rearguard.models.concepts import CredentialRead, Denial, Guard, Principal
from rearguard.models.dsl import Library
from rearguard.models.python.fastapi_parameters import parameter_inputs
from rearguard.models.python.support import (
    constants,
    creation,
    decorator_links,
    function_link,
    is_none,
    items,
    link,
    parameters,
    router_refs,
)
from rearguard.models.routing import Link, RouteNode, RouterKey
from rearguard.models.view import CallView, ModelView, ValueView
from rearguard.program import MODULE_BODY, Op

__all__ = ["NINJA", "mounted"]

_VERBS = ("get", "post", "put", "patch", "delete")
_KINDS = ("ninja:Router",)
_MAX_NESTING = 8
_CONVERTED = re.compile(r"\{(?:(?P<type>\w+):)?(?P<name>\w+)\}")
"""Parts of a path, with or without what Django converts them to."""


def routes(view: ModelView) -> Iterator[RouteNode]:
    """Yield decorated functions, and routers that are added to others."""
    mounts = tuple(_mounts(view))
    above = {child: (parent, call) for parent, call, children in mounts for child in children}
    for parent, call, children in mounts:
        given = call.arg(0, "prefix")
        path = given.text if given is not None else None
        order = view.order(call.fid, call.span.start)
        yield RouteNode("ninja", parent, "*", _plain(path), call.span, order, mounts=children, is_prefix=True)
    calls = tuple(view.members("ninja:Router", (*_VERBS, "api_operation")))
    registering = frozenset((call.fid, call.value) for call in calls)
    for call in calls:
        target = call.decorates
        if target is None or target not in view.linker.functions or call.receiver is None:
            continue
        several = call.member == "api_operation"
        given = call.arg(1 if several else 0, "path")
        names = (constants(call.args[0]) if several and call.args else (call.member,)) or ("*",)
        path = given.text if given is not None else None
        around = decorator_links(view, target, registering, call.value)
        for router in router_refs(call.receiver, _KINDS):
            asked = _asked(view, call, router, above)
            for name in names:
                yield RouteNode(
                    "ninja",
                    router,
                    name.upper(),
                    _plain(path),
                    call.span,
                    view.order(call.fid, call.span.start),
                    (*asked, *around),
                    function_link(view, target),
                    inputs=_inputs(view, target, _prefix(router, above) + (path or "")),
                    returns="json",
                )


def mounted(target: ValueView) -> tuple[RouterKey, ...]:
    """The API whose `urls` an entry of Django's patterns names."""
    instr = target.instr
    if instr is None or instr.op != Op.ATTR or instr.name != "urls":
        return ()
    return router_refs(ValueView(target.view, target.fid, instr.args[0]), _KINDS)


def _prefix(router: RouterKey, above: dict[RouterKey, tuple[RouterKey, CallView]]) -> str:
    """The paths at which a router is added, outermost last: whatever they name is given to what is below."""
    found = ""
    for _ in range(_MAX_NESTING):
        if router not in above:
            break
        router, mount = above[router]
        given = mount.arg(0, "prefix")
        found += (given.text if given is not None else None) or ""
    return found


def _plain(path: str | None) -> str | None:
    return _CONVERTED.sub(r"{\g<name>}", path) if path is not None else None


def _inputs(view: ModelView, fid: str, path: str) -> dict[str, str]:
    """Where each parameter comes from; `{int:event_id}` says of itself what it is."""
    named = {part["name"]: part["type"] for part in _CONVERTED.finditer(path)}
    inputs = parameter_inputs(view, fid, frozenset(named))
    typed = {name: f"path:{kind}" for name, kind in named.items() if kind in ("int", "float", "uuid")}
    inputs |= {name: kind for name, kind in typed.items() if inputs.get(name) == "path"}
    return inputs | dict.fromkeys(parameters(view.function(fid))[:1], "request")


def _mounts(view: ModelView) -> Iterator[tuple[RouterKey, CallView, tuple[RouterKey, ...]]]:
    """(router, call, routers added to it) of `api.add_router("/events/", router)`; a text is its path."""
    for call in view.members("ninja:Router", ("add_router",)):
        given = call.arg(1, "router")
        if given is None or call.receiver is None:
            continue
        children = router_refs(given, _KINDS)
        if given.text is not None:
            module, _, member = given.text.rpartition(".")
            file = view.linker.index.python_module(view.linker.module_of[call.fid], module)
            held: Refs = ()
            if file is not None and file in view.linker.modules:
                held = view.linker.variable(function_id(file, MODULE_BODY), member)
            children = tuple(ref for ref in held if set(_KINDS).intersection(ref.names))
        for parent in router_refs(call.receiver, _KINDS):
            yield parent, call, children


def _asked(
    view: ModelView,
    call: CallView,
    router: RouterKey,
    above: dict[RouterKey, tuple[RouterKey, CallView]],
) -> tuple[Link, ...]:
    """Who may call: what the operation says, else its router, else where that is added, and so on."""
    given = call.keyword("auth")
    for _ in range(_MAX_NESTING):
        if given is not None:
            return () if is_none(given) else _links(given)
        own = creation(view, router) if not isinstance(router, str) else None
        given = own.keyword("auth") if own is not None else None
        if given is not None:
            continue
        if router not in above:
            return ()
        router, mount = above[router]
        given = mount.keyword("auth")
    return ()


def _links(given: ValueView) -> tuple[Link, ...]:
    """One of several is enough; the first says what is asked."""
    held = items(given) or (given,)
    return (link(held[0], "class"),)


NINJA = Library(
    name="ninja",
    language="python",
    packages=("ninja", "ninja_extra", "ninja_jwt"),
    types={
        "Router": ("ninja.{NinjaAPI,Router}()", "ninja_extra.{NinjaExtraAPI,Router}()"),
        "Operation": ("Router.{get,post,put,patch,delete,api_operation}()",),
        "Added": ("Router.add_router()",),
        "Handler": ("Operation(0)",),
        "Request": ("Handler<0>",),
        "Scheme": (
            "ninja.security.{HttpBearer,HttpBasicAuth,APIKeyHeader,APIKeyQuery,APIKeyCookie}",
            "ninja.security.{apikey.APIKeyHeader,http.HttpBearer,http.HttpBasicAuth}",
        ),
    },
    sites=("Router",),
    concepts=(
        Principal("Request.auth", carrier="header"),
        CredentialRead("Scheme.authenticate<1>"),
        Guard("Scheme()", kind="authentication", carrier="header"),
        Guard("ninja.security.{django_auth,SessionAuth()}", kind="authentication", carrier="cookie"),
        Guard(
            "ninja.security.{django_auth_superuser,django_auth_is_staff}",
            kind="authorization",
            carrier="cookie",
        ),
        Guard("ninja_jwt.authentication.{JWTAuth,AsyncJWTAuth}()", kind="authentication"),
        Denial("ninja.errors.HttpError(0|status_code)"),
        Denial("ninja.errors.AuthenticationError()", status=401),
    ),
    routes=routes,
)
