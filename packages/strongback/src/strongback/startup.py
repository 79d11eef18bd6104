"""The start-up audit: what must be true before an application may serve.

Every finding is one sentence: what is wrong, where, and the way out. Unknown kinds of routes count as routes
without a policy, so that a framework that grows a new one cannot slip past.
"""

import inspect
import multiprocessing
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from strongback.authorization import Guarded, Policy, Public, Requires
from strongback.errors import StoreUnavailableError
from strongback.profile import Off, Profile

__all__ = ["RoutePolicy", "audit", "place_of", "routes_of", "worker_count"]


class RoutePolicy:
    """One thing an application serves, and the policies found on it."""

    __slots__ = ("kind", "methods", "path", "policies", "where")

    def __init__(
        self, path: str, kind: str, methods: tuple[str, ...], policies: tuple[Policy, ...], where: str
    ) -> None:
        self.path = path
        self.kind = kind
        self.methods = methods
        self.policies = policies
        self.where = where

    def __str__(self) -> str:
        verbs = "/".join(self.methods) or self.kind
        return f"{verbs} {self.path}{f' ({self.where})' if self.where else ''}"


def place_of(endpoint: object) -> str:
    """`file:line` of a handler, relative to the working directory if below it."""
    target = inspect.unwrap(endpoint) if callable(endpoint) else endpoint
    code = getattr(target, "__code__", None)
    if code is None:
        return ""
    path = Path(code.co_filename)
    try:
        path = path.relative_to(Path.cwd())
    except ValueError:
        path = Path(path.name)
    return f"{path}:{code.co_firstlineno}"


def _dependency_policies(dependant: Any) -> tuple[Policy, ...]:
    found: list[Policy] = []
    waiting = [dependant]
    while waiting:
        node = waiting.pop()
        if node is not None:
            policy = getattr(node.call, "strongback_policy", None)
            if isinstance(policy, Policy):
                found.append(policy)
            waiting += node.dependencies
    return tuple(found)


def _contexts(routes: Sequence[Any]) -> Iterator[Any]:
    try:
        from fastapi.routing import iter_route_contexts
    except ImportError:
        yield from routes
        return
    yield from iter_route_contexts(routes)


def routes_of(routes: Sequence[Any], prefix: str = "") -> Iterator[RoutePolicy]:
    """Everything that `routes` can serve: FastAPI's tree of included routers, mounts, hosts and WebSockets.

    A mount of an application whose routes can be read is read; any other mount is one entry, with a policy
    only if it is `Guarded`.
    """
    for context in _contexts(routes):
        route = getattr(context, "original_route", context)
        path = prefix + (getattr(context, "path", None) or getattr(route, "path", None) or "?")
        app = getattr(route, "app", None)
        kind = type(route).__name__
        if isinstance(app, Guarded):
            yield RoutePolicy(path, kind, _methods(context, route), (app.policy,), "")
            continue
        inner = getattr(route, "routes", None)
        if kind in {"Mount", "Host"} and inner:
            yield from routes_of(inner, path)
            continue
        dependant = getattr(context, "dependant", None) or getattr(route, "dependant", None)
        endpoint = getattr(context, "endpoint", None) or getattr(route, "endpoint", None)
        # Policies that `install` has already put in front of the handler.
        ahead = getattr(getattr(context, "app", None), "strongback_policies", ())
        policies = (*ahead, *_dependency_policies(dependant))
        yield RoutePolicy(path, kind, _methods(context, route), policies, place_of(endpoint))


def _methods(context: Any, route: Any) -> tuple[str, ...]:
    return tuple(sorted(getattr(context, "methods", None) or getattr(route, "methods", None) or ()))


def worker_count(environment: Mapping[str, str], arguments: Sequence[str]) -> int:
    """How many worker processes the server was told to start, as far as this process can tell; 1 if nothing
    says.
    """
    candidates = (environment.get("WEB_CONCURRENCY", ""), *_flag_values(arguments))
    return max([1, *(int(c[:6]) for c in candidates if c.isascii() and c.isdigit())])


def _flag_values(arguments: Sequence[str]) -> Iterator[str]:
    for position, argument in enumerate(arguments):
        name, equals, value = argument.partition("=")
        if name in {"--workers", "-w"}:
            yield value if equals else "".join(arguments[position + 1 : position + 2])


_FASTAPI_WAY_OUT = (
    "add dependencies=[allow.public(reason)], allow.signed_in() or allow.when(permission); wrap mounts and "
    "plain routes in Guarded(app, policy); turn generated docs off with docs_url=None, redoc_url=None, "
    "openapi_url=None"
)


def _route_findings(routes: Iterable[RoutePolicy], profile: Profile, way_out: str) -> Iterator[str]:
    known = profile.authorization.roles.known
    for route in routes:
        if not route.policies:
            yield f"{route} has no policy: {way_out}"
        kinds = {type(policy) for policy in route.policies}
        if kinds >= {Public, Requires}:
            yield f"{route} is both public and restricted: keep one policy"
        for policy in route.policies:
            for missing in sorted(policy.permissions - known):
                yield f"{route} requires {missing!r}, which no role has: correct it or grant it in Roles"


def _override_findings(app: Any) -> Iterator[str]:
    overrides = getattr(app, "dependency_overrides", None) or {}
    if any(isinstance(getattr(call, "strongback_policy", None), Policy) for call in overrides):
        yield "dependency_overrides replaces a policy: remove the override outside of tests"


def _setting_findings(app: Any, profile: Profile) -> Iterator[str]:
    if not profile.production:
        return
    if getattr(app, "debug", False):
        yield "the application is in debug mode, which shows tracebacks to clients: pass debug=False"
    for name in ("headers", "limits", "hosts", "rates"):
        value = getattr(profile, name)
        if isinstance(value, Off) and len(value.reason.split()) < 3:
            yield f"{name} is off in production without an explanation: give off() a sentence"
    if profile.store.plaintext:
        yield "the store's URL sends data in the clear: use rediss:// or sslmode=verify-full"
    for name in ("cors", "csrf"):
        near = sorted(o for o in getattr(getattr(profile, name), "origins", ()) if not o.startswith("https:"))
        if near:
            yield f"{name} trusts {near[0]}, whatever runs on a user's own machine: leave it out"
    if "--reload" in sys.argv:
        yield "the server reloads on file changes: drop --reload, or pass production=False locally"


def _foreign_cors(app: Any) -> Iterator[str]:
    for middleware in getattr(app, "user_middleware", ()):
        if getattr(middleware.cls, "__name__", "") == "CORSMiddleware":
            options = middleware.kwargs
            origins = options.get("allow_origins", ())
            anyone = "*" in origins or options.get("allow_origin_regex") is not None
            if anyone and options.get("allow_credentials"):
                yield "CORSMiddleware lets any origin in with credentials: pass cors=Cors([…]) instead"
            else:
                yield "CORSMiddleware stands beside the profile: pass cors=Cors([…]) to the profile"


async def audit(
    app: Any,
    profile: Profile,
    *,
    routes: Iterable[RoutePolicy] | None = None,
    way_out: str = _FASTAPI_WAY_OUT,
) -> tuple[str, ...]:
    """Everything that forbids `app` to start, empty if nothing does.

    `routes` and `way_out` come from the adapter where the application is none of FastAPI or Starlette.
    """
    served = routes_of(app.routes) if routes is None else routes
    findings = [*_route_findings(served, profile, way_out), *_setting_findings(app, profile)]
    findings += [*_override_findings(app), *_foreign_cors(app)]
    workers = worker_count(os.environ, sys.argv)
    if profile.production and multiprocessing.parent_process() is not None:
        workers = max(workers, 2)
    if workers > 1 and not profile.store.shared:
        findings.append(
            f"the store is not shared but {workers} workers run, so every limit counts {workers} times and "
            f"sessions "
            "vanish between requests: use SqliteStore, PostgresStore or RedisStore"
        )
    if profile.production:
        try:
            findings += await profile.store.weaknesses()
        except StoreUnavailableError as error:
            findings.append(f"the store cannot be reached ({error}): start it, or correct its URL")
    return tuple(findings)
