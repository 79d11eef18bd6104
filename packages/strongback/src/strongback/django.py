"""Django: a profile around the application of `wsgi.py` or `asgi.py`, policies on views as decorators.

Needs the extra `strongback[django]`. In `settings.py`: `"strongback.django.PolicyMiddleware"` first in
`MIDDLEWARE`, `APPEND_SLASH = False`, and `STRONGBACK = "project.security.profile"`.
"""

from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Any

try:
    from asgiref.sync import iscoroutinefunction, markcoroutinefunction
    from django.conf import settings
    from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
    from django.http import Http404, HttpRequest, HttpResponse
    from django.urls import URLPattern, URLResolver, get_resolver
    from django.utils.module_loading import import_string
except ImportError as error:  # pragma: no cover
    raise ImportError("strongback.django needs the extra: pip install 'strongback[django]'") from error

from strongback.authorization import UnauthenticatedError
from strongback.decorators import Allow, policies_of
from strongback.errors import (
    AuditRefusedError,
    ConfigurationError,
    DeniedError,
    StoreUnavailableError,
    StrongbackError,
)
from strongback.http.asgi import ASGIApp, Receive, Scope, Send, principal_of
from strongback.http.problems import problem, status_of
from strongback.identity import Principal
from strongback.profile import Profile
from strongback.sessions import CurrentSession, current_session
from strongback.startup import RoutePolicy, audit, place_of
from strongback.wsgi import GuardedWsgi, ThreadSession, scope_of

__all__ = [
    "PolicyMiddleware",
    "allow",
    "async_session",
    "current_principal",
    "current_scope",
    "guard_asgi",
    "guard_wsgi",
    "session",
]

_WAY_OUT = (
    "decorate the view with @allow.public(reason), @allow.signed_in() or @allow.when(permission); in urls.py "
    "allow.public(reason)(view) does the same for views of others"
)


allow = Allow()


def _profile() -> Profile:
    found = getattr(settings, "STRONGBACK", None)
    found = import_string(found) if isinstance(found, str) else found
    if not isinstance(found, Profile):
        raise ConfigurationError("settings.STRONGBACK: a Profile, or the dotted name of one")
    return found


def current_scope(request: HttpRequest) -> Scope:
    """What the controls know of a request. Raises ConfigurationError outside the guards below."""
    scope: Scope | None = getattr(request, "scope", None)
    if scope is not None:
        return scope
    return scope_of(getattr(request, "environ", {}))


def current_principal(request: HttpRequest) -> Principal:
    """Who the request was authenticated as. Raises UnauthenticatedError for nobody."""
    principal = principal_of(current_scope(request))
    if principal is None:
        raise UnauthenticatedError("no principal")
    return principal


def session(request: HttpRequest) -> ThreadSession:
    """The session of a request under WSGI, to log in, step up or log out."""
    return ThreadSession(request.environ)


def async_session(request: HttpRequest) -> CurrentSession:
    """The session of a request under ASGI, for views that await."""
    return current_session(current_scope(request))


def _response(request: HttpRequest, status: int) -> HttpResponse:
    body = problem(status, error_id=current_scope(request).get("strongback.error_id"))
    headers = {"cache-control": "no-store"}
    return HttpResponse(body, status=status, content_type="application/problem+json", headers=headers)


class PolicyMiddleware:
    """Enforces the policies of the view that was found; exceptions become problem details.

    A view without a policy is not called.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self._get_response = get_response
        self._profile = _profile()
        self._awaits = iscoroutinefunction(get_response)
        if self._awaits:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Any:
        """Serve, and answer for what no view has."""
        if self._awaits:
            return self._awaited(request)
        return self._checked(request, self._get_response(request))

    async def _awaited(self, request: HttpRequest) -> Any:
        return self._checked(request, await self._get_response(request))

    def _checked(self, request: HttpRequest, response: Any) -> Any:
        if request.resolver_match is not None:
            return response
        # No view was found: a page that says so, or a redirect to the path with a slash, which no policy
        # has decided on.
        status = response.status_code
        return _response(request, status if status >= HTTPStatus.BAD_REQUEST else 404)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """Enforce every policy of the view."""
        policies = policies_of(view)
        try:
            if not policies:
                raise DeniedError("a view without a policy")
            for policy in policies:
                self._profile.authorization.enforce(policy, current_scope(request))
        except DeniedError as error:
            return _response(request, error.status)
        return None

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse:
        """A problem document; what was not expected is recorded under its id."""
        scope = current_scope(request)
        for kind, status in ((Http404, 404), (PermissionDenied, 403), (BadRequest, 400)):
            if isinstance(error, kind):
                return _response(request, status)
        if isinstance(error, SuspiciousOperation):
            return _response(request, 400)
        if not isinstance(error, StrongbackError) or isinstance(error, StoreUnavailableError):
            scope["strongback.error_id"] = self._profile.errors.record(error, scope)
        return _response(request, status_of(error))


def _routes(resolver: URLResolver, prefix: str = "/") -> Iterator[RoutePolicy]:
    for entry in resolver.url_patterns:
        path = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from _routes(entry, path)
        elif isinstance(entry, URLPattern):
            view = entry.callback
            yield RoutePolicy(path, "View", (), policies_of(view), place_of(view))
        else:
            yield RoutePolicy(path, type(entry).__name__, (), (), "")


def _findings() -> Iterator[str]:
    if "strongback.django.PolicyMiddleware" not in settings.MIDDLEWARE:
        yield "policies are not enforced: put 'strongback.django.PolicyMiddleware' first in MIDDLEWARE"
    slash = getattr(settings, "APPEND_SLASH", True)
    if slash and "django.middleware.common.CommonMiddleware" in settings.MIDDLEWARE:
        yield "APPEND_SLASH answers where no view does: set APPEND_SLASH = False"


async def _audited() -> tuple[str, ...]:
    profile = _profile()

    class Seen:
        debug = settings.DEBUG

    routes = tuple(_routes(get_resolver()))
    return (*await audit(Seen, profile, routes=routes, way_out=_WAY_OUT), *_findings())


def guard_wsgi(application: Any) -> GuardedWsgi:
    """For `wsgi.py`: `application = guard_wsgi(get_wsgi_application())`.

    The audit runs before the first request.
    """
    return GuardedWsgi(application, _profile(), audit=_audited, routes=lambda: _routes(get_resolver()))


def guard_asgi(application: ASGIApp) -> ASGIApp:
    """For `asgi.py`: `application = guard_asgi(get_asgi_application())`.

    The audit runs before the first request.
    """
    profile, chain = _profile(), _profile().around(application)
    passed = False

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal passed
        if not passed and scope["type"] in {"http", "websocket"}:
            await profile.store.open()
            findings = await _audited()
            if findings:
                raise AuditRefusedError(findings)
            passed = True
        await chain(scope, receive, send)

    return guarded
