"""FastAPI and Starlette: `install` a profile, put policies on routes as dependencies.

Needs the extra `strongback[fastapi]`.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

try:
    from fastapi import Depends, FastAPI
    from fastapi.exceptions import RequestValidationError, WebSocketRequestValidationError
    from starlette.applications import Starlette
    from starlette.exceptions import HTTPException
    from starlette.middleware.errors import ServerErrorMiddleware
    from starlette.requests import HTTPConnection, Request
    from starlette.responses import Response
    from starlette.websockets import WebSocket
except ImportError as error:  # pragma: no cover
    raise ImportError("strongback.fastapi needs the extra: pip install 'strongback[fastapi]'") from error

from strongback.authorization import Policy, Public, Requires, UnauthenticatedError
from strongback.errors import (
    AuditRefusedError,
    ConfigurationError,
    DeniedError,
    LimitExceededError,
    StoreUnavailableError,
)
from strongback.fastapi_routes import PolicyDependency, put_before_handlers
from strongback.fastapi_stack import exception_layers
from strongback.http.asgi import ASGIApp, Head, Receive, Scope, principal_of
from strongback.http.boundary import ErrorBoundary
from strongback.http.problems import problem, status_of
from strongback.http.rates import Rate, RateLimitedError, RateLimits, rate_headers
from strongback.http.steps import Stepped, Steps
from strongback.identity import Principal
from strongback.profile import Profile
from strongback.sessions import CurrentSession, current_session
from strongback.startup import audit

__all__ = ["allow", "current_principal", "install", "limited", "session"]

_PROBLEM = "application/problem+json"
_INSTALLED = "strongback_profile"


class _Allow:
    """The vocabulary of policies. Use in `dependencies=[…]` of a route or a router."""

    def public(self, reason: str) -> Any:
        """Anyone; the reason goes into the report."""
        return self.policy(Public(reason))

    def signed_in(self) -> Any:
        """Any authenticated principal."""
        return self.policy(Requires())

    def when(
        self,
        *permissions: str,
        within: float | None = None,
        factor: str | None = None,
        predicate: Callable[[Principal], bool] | None = None,
    ) -> Any:
        """A principal with every permission; recent (`within` seconds) and with `factor` if given."""
        if not permissions and within is None and factor is None and predicate is None:
            raise ConfigurationError("allow.when() needs a condition; allow.signed_in() is for any principal")
        return self.policy(Requires(frozenset(permissions), within, factor, predicate))

    def policy(self, policy: Policy) -> Any:
        """Any policy as a dependency."""
        return Depends(PolicyDependency(policy))


allow = _Allow()


async def current_principal(connection: HTTPConnection) -> Principal:
    """Dependency: who the request was authenticated as. Raises UnauthenticatedError for nobody."""
    principal = principal_of(connection.scope)
    if principal is None:
        raise UnauthenticatedError("no principal")
    return principal


async def session(connection: HTTPConnection) -> CurrentSession:
    """Dependency: the session of this request, to log in, step up or log out."""
    return current_session(connection.scope)


def limited(rates: RateLimits, rate: Rate, *, cost: int = 1) -> Any:
    """Dependency: charge a further rate for this route, such as a tighter one for login or costly search."""

    async def charge(connection: HTTPConnection) -> None:
        try:
            await rates.charge(rate, connection.scope, cost=cost)
        except RateLimitedError as error:
            connection.scope["strongback.rate"] = (rate, error.admission)
            raise

    return Depends(charge)


def _response(status: int, scope: Scope, *, extra: dict[str, object] | None = None) -> Response:
    error_id = scope.get("strongback.error_id")
    headers = {"cache-control": "no-store"}
    if "strongback.rate" in scope:
        headers |= {k.decode(): v.decode() for k, v in rate_headers(*scope["strongback.rate"])}
    body = problem(status, error_id=error_id, extra=extra)
    return Response(body, status, headers, media_type=_PROBLEM)


def _handlers(profile: Profile) -> dict[Any, Any]:
    async def http(request: Request, error: HTTPException) -> Response:
        # A 4xx detail is a sentence the developer wrote for the client; a 5xx one is about us.
        detail = error.detail
        said = detail if isinstance(detail, str) and len(detail) <= 200 else ""
        wanted = 400 <= error.status_code < 500 and said not in {"", _phrase(error.status_code)}
        extra: dict[str, object] | None = {"detail": said} if wanted else None
        response = _response(error.status_code, request.scope, extra=extra)
        for name, value in (error.headers or {}).items():
            response.headers[name] = value
        return response

    async def invalid(request: Request, error: RequestValidationError) -> Response:
        places = [{"in": _place(e["loc"]), "type": str(e["type"])} for e in error.errors()[:20]]
        return _response(422, request.scope, extra={"errors": places})

    async def expected(request: Request, error: Exception) -> Response:
        if isinstance(error, StoreUnavailableError):
            request.scope["strongback.error_id"] = profile.errors.record(error, request.scope)
        return _response(status_of(error), request.scope)

    async def unexpected(request: Request, error: Exception) -> Response:
        request.scope["strongback.error_id"] = profile.errors.record(error, request.scope)
        return _response(500, request.scope)

    async def invalid_socket(socket: WebSocket, error: WebSocketRequestValidationError) -> None:
        await socket.close(1008)

    return {
        HTTPException: http,
        RequestValidationError: invalid,
        WebSocketRequestValidationError: invalid_socket,
        DeniedError: _for_sockets_too(expected),
        LimitExceededError: expected,
        StoreUnavailableError: _for_sockets_too(expected),
        Exception: unexpected,
    }


def _for_sockets_too(handler: Callable[[Request, Exception], Any]) -> Callable[[Any, Exception], Any]:
    async def either(connection: Any, error: Exception) -> Response | None:
        if isinstance(connection, WebSocket):
            await connection.close(1008)
            return None
        response: Response = await handler(connection, error)
        return response

    return either


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _place(location: Iterable[object]) -> str:
    """Where a field stands, in names the schema could hold; never a value."""
    parts = []
    for part in location:
        text = str(part)
        parts.append(text if (text.isidentifier() and len(text) <= 64) or isinstance(part, int) else "?")
    return ".".join(parts)


class _Start:
    """Opens the store and audits once: in the lifespan, or before the first request where there is none."""

    def __init__(self, app: Starlette, profile: Profile, handlers: dict[Any, Any]) -> None:
        self._app = app
        self._handlers = handlers
        self._profile = profile
        self._lock = asyncio.Lock()
        self._started = False
        self.waiting: ASGIApp | None = None
        """The application while it has not started, and from then on."""
        self.serving: ASGIApp | None = None

    async def ensure(self) -> None:
        """Raises AuditRefusedError, each time, while something is wrong."""
        if self._started:
            return
        async with self._lock:
            if not self._started:
                await self._profile.store.open()
                findings = await audit(self._app, self._profile)
                if findings:
                    raise AuditRefusedError(findings)
                _answer_in_mounts(self._app.routes, self._handlers)
                await put_before_handlers(self._app.routes)
                self._started = True
                if self._app.middleware_stack is self.waiting:
                    self._app.middleware_stack = self.serving

    async def stop(self) -> None:
        """Close the store."""
        self._started = False
        if self._app.middleware_stack is self.serving:
            self._app.middleware_stack = self.waiting
        await self._profile.store.close()

    def steps(self) -> Steps:
        """See `Steps`: no request is served before the audit has passed."""
        return Steps(enter=self._enter)

    def _enter(self, scope: Scope, head: Head, receive: Receive) -> Awaitable[None] | None:
        return None if self._started else self.ensure()


def _answer_in_mounts(routes: Iterable[Any], handlers: dict[Any, Any]) -> None:
    """Let mounted applications answer as this one does: what they know no handler for would be a 500."""
    for route in routes:
        inner = getattr(route, "app", None)
        if isinstance(inner, Starlette) and not hasattr(inner.state, _INSTALLED):
            for kind in (DeniedError, LimitExceededError, StoreUnavailableError, Exception):
                inner.exception_handlers.setdefault(kind, handlers[kind])
            _answer_in_mounts(inner.routes, handlers)


def install(app: FastAPI | Starlette, profile: Profile) -> None:
    """Put the profile's controls around `app`, its error handlers in it, the audit before its first request.

    The controls stand outside every other middleware, the server-error handler included. Raises
    ConfigurationError when called twice or after the first request; the application raises AuditRefusedError
    at start-up if the audit finds anything.
    """
    if hasattr(app.state, _INSTALLED) or app.middleware_stack is not None:
        raise ConfigurationError("install() once, before the application serves its first request")
    setattr(app.state, _INSTALLED, profile)
    handlers = _handlers(profile)
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)
    # A redirect to the path with or without a slash is an answer that no policy has decided on.
    app.router.redirect_slashes = False
    start = _Start(app, profile, handlers)
    build = app.build_middleware_stack

    def stack() -> ASGIApp:
        inner: Any = build()
        innermost: tuple[Stepped, ...] = ()
        # The profile's boundary catches what this would, and answers alike, but for somebody else's handler.
        known = app.exception_handlers
        ours = known.get(Exception) is handlers[Exception] and 500 not in known and not app.debug
        if ours and type(inner) is ServerErrorMiddleware and isinstance(profile.errors, ErrorBoundary):
            inner = inner.app
            apart = exception_layers(inner)
            if apart is not None:
                inner, innermost = apart[0], (apart[1],)
        start.serving = profile.around(inner, *innermost)
        start.waiting = profile.around(inner, start, *innermost)
        return start.waiting

    app.build_middleware_stack = stack  # type: ignore[method-assign]
    lifespan = app.router.lifespan_context

    @asynccontextmanager
    async def guarded(inner: Any) -> AsyncIterator[Any]:
        try:
            await start.ensure()
            async with lifespan(inner) as state:
                yield state
        finally:
            await start.stop()

    app.router.lifespan_context = guarded
