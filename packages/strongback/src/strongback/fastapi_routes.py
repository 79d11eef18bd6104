"""Policies of FastAPI routes: dependencies to write and to audit, and in front of the handlers to run.

Solving a dependency costs FastAPI more than most controls do in all. So once the audit has passed, policies
that stand first among a route's dependencies are taken out of what FastAPI solves, and are enforced right
after routing, before the body is read. Where that cannot be done they stay dependencies.
"""

from collections.abc import Awaitable, Iterable, Iterator, Sequence
from typing import Any

from fastapi import APIRouter, Depends, FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.requests import HTTPConnection

from strongback.authorization import DECISION, Authorization, Policy, Public
from strongback.errors import ConfigurationError, DeniedError
from strongback.http.asgi import ASGIApp, Message, Receive, Scope, Send
from strongback.identity import Principal

__all__ = ["PolicyDependency", "put_before_handlers"]


class PolicyDependency:
    """A policy as a dependency, so that FastAPI runs it after routing and the start-up audit can see it."""

    def __init__(self, policy: Policy) -> None:
        self.strongback_policy = policy

    async def __call__(self, connection: HTTPConnection) -> Principal | None:
        """Enforce. Raises DeniedError."""
        return _authorization(connection.scope).enforce(self.strongback_policy, connection.scope)


def _authorization(scope: Scope) -> Authorization:
    found = scope.get("strongback.authorization")
    if not isinstance(found, Authorization):
        raise ConfigurationError("policies need install(app, profile)")
    return found


async def put_before_handlers(routes: Sequence[Any]) -> None:
    """Let the policies of `routes` run right after routing, if this FastAPI calls what its routes hold."""
    holders = list(_holders(routes))
    if holders and await _calls_what_routes_hold():
        for holder in holders:
            _put(holder)


def _holders(routes: Iterable[Any]) -> Iterator[Any]:
    """What holds the application of each HTTP route: the route, or what an included router made of it."""
    for context in iter_route_contexts(list(routes)):
        route = context.original_route
        if isinstance(route, APIRoute):
            # A class of one's own may call something else than its `app`.
            if type(route).handle is APIRoute.handle:
                yield getattr(context, "_effective_route", None)
        elif type(route).__name__ in {"Mount", "Host"}:
            yield from _holders(getattr(route, "routes", None) or ())


def _put(holder: Any) -> None:
    app, dependant = getattr(holder, "app", None), getattr(holder, "dependant", None)
    if app is None or dependant is None:
        return
    first: list[Policy] = []
    for node in dependant.dependencies:
        policy = getattr(node.call, "strongback_policy", None)
        # One with a name is also an argument of the handler.
        if not isinstance(policy, Policy) or node.name is not None:
            break
        first.append(policy)
    if first:
        holder.app = _decided(app, tuple(first))
        del dependant.dependencies[: len(first)]


def _decided(app: ASGIApp, policies: tuple[Policy, ...]) -> ASGIApp:
    restricted = tuple(policy for policy in policies if type(policy) is not Public)

    # Not a coroutine: it hands out that of the handler.
    def decided(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        for policy in restricted:
            _authorization(scope).enforce(policy, scope)
        scope[DECISION] = True
        return app(scope, receive, send)

    decided.strongback_policies = (*getattr(app, "strongback_policies", ()), *policies)  # type: ignore[attr-defined]
    return decided


class _Never(Policy):
    """Permits nobody."""


async def _calls_what_routes_hold() -> bool:
    """Whether a policy that was moved is enforced: tried on routes made for it, on the FastAPI that is there.

    A release that kept its handlers elsewhere would otherwise serve them without their policies.
    """
    app, router, ran = FastAPI(openapi_url=None), APIRouter(), []

    async def handler() -> None:
        ran.append("the handler")

    class Denying(Authorization):
        def __init__(self) -> None:
            """Needs nothing."""

        def enforce(self, policy: Policy, scope: Scope) -> Principal | None:
            ran.append(type(policy).__name__)
            raise DeniedError("a trial")

    async def refused(request: object, error: Exception) -> Any:
        ran.append("refused")
        return _nothing

    app.add_exception_handler(DeniedError, refused)
    for at in (app.router, router):
        at.add_api_route("/tried", handler, dependencies=[Depends(PolicyDependency(_Never()))])
    app.include_router(router, prefix="/included")
    holders = list(_holders(app.routes))
    for holder in holders:
        _put(holder)
    for path in ("/tried", "/included/tried"):
        scope: Scope = {
            "type": "http", "http_version": "1.1", "method": "GET", "path": path, "root_path": "",
            "query_string": b"", "headers": [], "strongback.authorization": Denying(),
        }  # fmt: skip
        await app(scope, _no_body, _nothing_sent)
    moved = [len(holder.dependant.dependencies) for holder in holders]
    return moved == [0, 0] and ran == ["_Never", "refused"] * 2


async def _no_body() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


async def _nothing_sent(message: Message) -> None:
    """Nobody waits for an answer."""


async def _nothing(scope: Scope, receive: Receive, send: Send) -> None:
    """An answer that is empty."""
