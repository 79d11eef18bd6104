"""Flask: `install` a profile around an application, put policies on views as decorators.

Needs the extra `strongback[flask]`.
"""

from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Any, TypeVar

try:
    from flask import Flask, Response, request
    from werkzeug.exceptions import HTTPException, NotFound
    from werkzeug.routing import RequestRedirect
except ImportError as error:  # pragma: no cover
    raise ImportError("strongback.flask needs the extra: pip install 'strongback[flask]'") from error

from strongback.authorization import Authorization, Policy, UnauthenticatedError
from strongback.decorators import Allow, marked, policies_of
from strongback.errors import ConfigurationError, DeniedError, StoreUnavailableError, StrongbackError
from strongback.http.asgi import Scope, principal_of
from strongback.http.csp import csp_nonce
from strongback.http.problems import problem, status_of
from strongback.http.rates import Rate, RateLimitedError, RateLimits, rate_headers
from strongback.identity import Principal
from strongback.profile import Off, Profile
from strongback.startup import RoutePolicy, audit, place_of
from strongback.wsgi import GuardedWsgi, ThreadSession, scope_of

__all__ = ["allow", "current_principal", "current_scope", "install", "limited", "permit", "session"]

_EXTENSION = "strongback"
_WAY_OUT = (
    "decorate the view with @allow.public(reason), @allow.signed_in() or @allow.when(permission), below "
    "@app.route; for views of others use permit(app, endpoint, policy); Flask(static_folder=None) serves no "
    "files"
)
View = TypeVar("View", bound=Callable[..., Any])


allow = Allow()


def permit(app: Flask, endpoint: str, policy: Policy) -> None:
    """Put a policy on a view that is not yours, such as `static`. Raises ConfigurationError for no view."""
    view = app.view_functions.get(endpoint)
    if view is None:
        raise ConfigurationError(f"no endpoint {endpoint!r}")

    def guarded(*arguments: Any, **keywords: Any) -> Any:
        return view(*arguments, **keywords)

    app.view_functions[endpoint] = marked(policy)(guarded)


def current_scope() -> Scope:
    """What the controls know of this request."""
    return scope_of(request.environ)


def current_principal() -> Principal:
    """Who the request was authenticated as. Raises UnauthenticatedError for nobody."""
    principal = principal_of(current_scope())
    if principal is None:
        raise UnauthenticatedError("no principal")
    return principal


def session() -> ThreadSession:
    """The session of this request, to log in, step up or log out."""
    return ThreadSession(request.environ)


def limited(rates: RateLimits, rate: Rate, *, cost: int = 1) -> Callable[[View], View]:
    """Charge a further rate for this view, such as a tighter one for login or costly search."""

    def mark(view: View) -> View:
        charges = (*getattr(view, "strongback_rates", ()), (rates, rate, cost))
        view.strongback_rates = charges  # type: ignore[attr-defined]
        return view

    return mark


def _response(status: int, *, extra: dict[str, object] | None = None) -> Response:
    scope = current_scope()
    headers = {"cache-control": "no-store"}
    if "strongback.rate" in scope:
        headers |= {k.decode(): v.decode() for k, v in rate_headers(*scope["strongback.rate"])}
    body = problem(status, error_id=scope.get("strongback.error_id"), extra=extra)
    return Response(body, status, headers, content_type="application/problem+json")


def _handlers(profile: Profile) -> dict[type[Exception], Callable[[Any], Response]]:
    def http(error: HTTPException) -> Response:
        status = error.code or 500
        said = error.description or ""
        own = 400 <= status < 500 and said != type(error).description and len(said) <= 200
        response = _response(status, extra={"detail": said} if own else None)
        for name, value in error.get_headers():
            if name.lower() != "content-type":
                response.headers[name] = value
        return response

    def unexpected(error: Exception) -> Response:
        scope = current_scope()
        expected = isinstance(error, StrongbackError) and not isinstance(error, StoreUnavailableError)
        if not expected or status_of(error) >= HTTPStatus.INTERNAL_SERVER_ERROR:
            scope["strongback.error_id"] = profile.errors.record(error, scope)
        return _response(status_of(error))

    return {HTTPException: http, Exception: unexpected}


def _enforce(app: Flask, guarded: GuardedWsgi) -> Callable[[], None]:
    authorization: Authorization = guarded.strongback_profile.authorization

    def enforce() -> None:
        if isinstance(request.routing_exception, RequestRedirect):
            # To the path with or without a slash: an answer that no policy has decided on.
            raise NotFound
        if request.endpoint is None:
            return
        view, scope = app.view_functions[request.endpoint], current_scope()
        policies = policies_of(view)
        if not policies:
            # The audit saw every route; this one came later.
            raise DeniedError("a view without a policy")
        for policy in policies:
            authorization.enforce(policy, scope)
        for rates, rate, cost in getattr(view, "strongback_rates", ()):
            try:
                guarded.loop.run(rates.charge(rate, scope, cost=cost))
            except RateLimitedError as error:
                scope["strongback.rate"] = (rate, error.admission)
                raise

    return enforce


def _routes(app: Flask) -> Iterator[RoutePolicy]:
    for rule in app.url_map.iter_rules():
        view = app.view_functions.get(rule.endpoint)
        methods = tuple(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))
        yield RoutePolicy(rule.rule, "Rule", methods, policies_of(view), place_of(view))


def _findings(app: Flask, profile: Profile) -> Iterator[str]:
    if profile.production and app.testing:
        yield "the application is in testing mode, which lets exceptions through: set TESTING=False"
    key = app.config.get("SECRET_KEY")
    if profile.production and key is not None and len(key) < 32:
        yield "SECRET_KEY is short: 32 random bytes, or none where flask.session is not used"
    if not isinstance(profile.sessions, Off) and app.config.get("SESSION_COOKIE_DOMAIN"):
        yield "SESSION_COOKIE_DOMAIN hands cookies to other hosts: leave it unset"


def install(app: Flask, profile: Profile) -> GuardedWsgi:
    """Put the profile's controls around `app`, its policies before every view, its error handlers in it.

    The audit runs before the first request of each process, when every route is known. Call this before
    other extensions register what runs before requests. Raises ConfigurationError when called twice.
    """
    if _EXTENSION in app.extensions:
        raise ConfigurationError("install() once")

    async def audited() -> tuple[str, ...]:
        routes = tuple(_routes(app))
        return (*await audit(app, profile, routes=routes, way_out=_WAY_OUT), *_findings(app, profile))

    guarded = GuardedWsgi(app.wsgi_app, profile, audit=audited, routes=lambda: _routes(app))
    app.extensions[_EXTENSION] = guarded
    app.wsgi_app = guarded  # type: ignore[method-assign]
    app.before_request_funcs.setdefault(None, []).insert(0, _enforce(app, guarded))
    for kind, handler in _handlers(profile).items():
        app.register_error_handler(kind, handler)
    app.jinja_env.globals["csp_nonce"] = lambda: csp_nonce(current_scope())
    # An automatic answer to OPTIONS is one that no policy has decided on; Cors answers preflights.
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    return guarded
