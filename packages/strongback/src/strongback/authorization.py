"""Deny by default: policies on routes, permissions by role, rules on objects, views on fields.

A policy decides from the principal alone, before the handler runs. Rules decide on one object, inside the
handler. Nothing is permitted that no rule permits. ASVS v5.0.0-8.2.1 to 8.2.3, 8.3.1, 8.3.2, 7.5.3 (step-up).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from strongback.errors import ConfigurationError, DeniedError
from strongback.events import Event, EventName
from strongback.http.asgi import ASGIApp, Receive, Scope, Send, Start, principal_of
from strongback.http.steps import Plain, Refusal, Steps, guard
from strongback.identity import Principal
from strongback.seams import Clock, EventSink

__all__ = [
    "DECISION",
    "Authorization",
    "DecisionGuard",
    "Fields",
    "Guarded",
    "NotFoundError",
    "Policy",
    "Public",
    "Requires",
    "Roles",
    "Rules",
    "UnauthenticatedError",
]

T = TypeVar("T")
Predicate = Callable[[Principal, Any], bool]
DECISION = "strongback.decision"
"""Where a request keeps that a decision was made."""
_AUTHORIZATION = "strongback.authorization"


class UnauthenticatedError(DeniedError):
    """Nobody is logged in, or not recently or strongly enough."""

    status = 401


class NotFoundError(DeniedError):
    """The object does not exist for this principal: the same answer whether it is absent or another's."""

    status = 404


class Roles:
    """Which permissions each role has.

    A permission nobody has is a misspelling and is refused at start-up.
    """

    def __init__(self, permissions: Mapping[str, Iterable[str]]) -> None:
        self._permissions = {role: frozenset(granted) for role, granted in permissions.items()}
        if any("*" in p or not p for granted in self._permissions.values() for p in granted):
            raise ConfigurationError(
                "Roles: spell permissions out; '*' grants what nobody has thought of yet"
            )

    @property
    def known(self) -> frozenset[str]:
        """Every permission some role has."""
        return frozenset().union(*self._permissions.values())

    def grants(self, principal: Principal, permission: str) -> bool:
        """Whether a role of the principal has the permission, and its token's scopes, if it is scoped,
        include it.
        """
        scoped = principal.scopes is None or permission in principal.scopes
        return scoped and any(permission in self._permissions.get(role, ()) for role in principal.roles)


class Policy:
    """A decision on a route. `Public` and `Requires` are the two there are."""

    permissions: frozenset[str] = frozenset()
    """Permissions that must exist."""

    def check(self, principal: Principal | None, roles: Roles, now: float) -> None:
        """Return if permitted. Raises DeniedError otherwise."""
        raise DeniedError("a policy that decides nothing")


@dataclass(frozen=True, slots=True)
class Public(Policy):
    """Anyone may call this; the reason is kept for the report."""

    reason: str

    def __post_init__(self) -> None:
        if len(self.reason.strip()) < 4:
            raise ConfigurationError("a public route needs a reason, for whoever reads the report")

    def check(self, principal: Principal | None, roles: Roles, now: float) -> None:
        """Permit."""


@dataclass(frozen=True, slots=True)
class Requires(Policy):
    """An authenticated principal with all of `permissions`, and, if given, recent and strong
    authentication.
    """

    permissions: frozenset[str] = frozenset()
    within: float | None = None
    """A factor must have been checked within this many seconds (step-up)."""
    factor: str | None = None
    """A factor that must have been used, such as `otp` or `hwk`."""
    predicate: Callable[[Principal], bool] | None = None
    """A further condition on the principal's attributes."""

    def check(self, principal: Principal | None, roles: Roles, now: float) -> None:
        """Permit a principal that fulfils everything. Raises UnauthenticatedError or DeniedError."""
        if principal is None:
            raise UnauthenticatedError("no principal")
        for permission in sorted(self.permissions):
            if not roles.grants(principal, permission):
                raise DeniedError(f"missing permission {permission}")
        if self.within is not None and not 0 <= now - principal.authenticated_at <= self.within:
            raise UnauthenticatedError("authentication is not recent")
        if self.factor is not None and self.factor not in principal.factors:
            raise UnauthenticatedError(f"factor {self.factor} is missing")
        if self.predicate is not None and not self.predicate(principal):
            raise DeniedError("the predicate does not hold")


class Rules:
    """Who may do what with an object: predicates by type and action, permitted when one of them holds."""

    def __init__(self) -> None:
        self._rules: dict[tuple[type, str], list[Predicate]] = {}

    def allow(self, kind: type, action: str, predicate: Predicate) -> "Rules":
        """Permit `action` on objects of exactly this type where `predicate(principal, object)`."""
        self._rules.setdefault((kind, action), []).append(predicate)
        return self

    def permits(self, principal: Principal | None, action: str, resource: object) -> bool:
        """Whether some rule permits it. A predicate that raises permits nothing."""
        if principal is None:
            return False
        for predicate in self._rules.get((type(resource), action), ()):
            try:
                if predicate(principal, resource) is True:
                    return True
            except Exception:
                # An attribute that is missing on one object must not open it; the next rule may still permit.
                continue
        return False


class Fields:
    """Which fields of an object a role may read or write. What is not named is neither shown nor taken."""

    def __init__(
        self, *, read: Mapping[str, Iterable[str]], write: Mapping[str, Iterable[str]] | None = None
    ) -> None:
        self._read = {role: frozenset(names) for role, names in read.items()}
        self._write = {role: frozenset(names) for role, names in (write or {}).items()}

    @staticmethod
    def _allowed(table: Mapping[str, frozenset[str]], roles: Iterable[str]) -> frozenset[str]:
        return frozenset().union(*(table.get(role, frozenset()) for role in roles))

    def view(self, roles: Iterable[str], row: Mapping[str, object]) -> dict[str, object]:
        """The readable part of a row."""
        allowed = self._allowed(self._read, roles)
        return {name: value for name, value in row.items() if name in allowed}

    def accept(self, roles: Iterable[str], changes: Mapping[str, object]) -> dict[str, object]:
        """The changes, if all are writable. Raises DeniedError naming no field to the client."""
        refused = set(changes) - self._allowed(self._write, roles)
        if refused:
            raise DeniedError(f"fields not writable: {', '.join(sorted(refused))}")
        return dict(changes)


class Authorization:
    """The decision point: checks policies and rules, records every decision on the request, tells of
    denials.
    """

    def __init__(self, *, roles: Roles, clock: Clock, events: EventSink, rules: Rules | None = None) -> None:
        self.roles = roles
        self.rules = rules or Rules()
        self._clock = clock
        self._events = events

    def _denied(self, scope: Scope, principal: Principal | None, reason: str) -> None:
        subject = principal.subject if principal else None
        detail = {"reason": reason, "path": scope.get("path", ""), "method": scope.get("method", "WEBSOCKET")}
        self._events.emit(Event(EventName.ACCESS_DENIED, self._clock.now(), subject=subject, detail=detail))

    def enforce(self, policy: Policy, scope: Scope) -> Principal | None:
        """Check a policy for a request and record that a decision was made. Raises DeniedError."""
        principal = principal_of(scope)
        try:
            policy.check(principal, self.roles, self._clock.now())
        except DeniedError as error:
            self._denied(scope, principal, error.reason)
            raise
        scope[DECISION] = True
        return principal

    def authorize(self, scope: Scope, action: str, resource: T | None) -> T:
        """Return the object if the request's principal may do this with it. Raises NotFoundError.

        Absent and forbidden look alike, so that identifiers cannot be probed.
        """
        principal = principal_of(scope)
        if resource is None or not self.rules.permits(principal, action, resource):
            self._denied(scope, principal, f"{action} {type(resource).__name__}")
            raise NotFoundError(f"{action} {type(resource).__name__}")
        return resource

    def visible(self, scope: Scope, action: str, resources: Iterable[T]) -> list[T]:
        """Those of the objects that the principal may act on; others are left out silently."""
        principal = principal_of(scope)
        return [r for r in resources if self.rules.permits(principal, action, r)]


class Guarded:
    """An ASGI application behind a policy: for mounts, static files and plain Starlette endpoints."""

    def __init__(self, app: ASGIApp, policy: Policy) -> None:
        self.app = app
        self.policy = policy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Enforce, then serve. Raises ConfigurationError when no `Authorization` is installed."""
        if scope["type"] in {"http", "websocket"}:
            authorization = scope.get(_AUTHORIZATION)
            if not isinstance(authorization, Authorization):
                raise ConfigurationError("Guarded needs install(), or the DecisionGuard control")
            authorization.enforce(self.policy, scope)
        await self.app(scope, receive, send)


class DecisionGuard:
    """The second line: a success that leaves without a recorded decision becomes a 500 and an alert.

    The start-up audit is the first line; this one covers routes added later and applications it cannot see.
    """

    def __init__(self, authorization: Authorization, *, clock: Clock, events: EventSink) -> None:
        self._authorization = authorization
        self._clock = clock
        self._events = events

    def around(self, app: ASGIApp) -> ASGIApp:
        """Guard `app`."""
        return guard(app, self)

    def steps(self) -> Steps:
        """See `Steps`."""
        return Steps(
            offers={_AUTHORIZATION: self._authorization}, leave=self._leave, plain=Plain(given=DECISION)
        )

    def _leave(self, scope: Scope, start: Start) -> Refusal | None:
        # Accepting a WebSocket has no status and is a success.
        if scope.get(DECISION) or (start.status or 200) >= 400:
            return None
        event = Event(EventName.ROUTE_WITHOUT_DECISION, self._clock.now(), detail={"path": scope["path"]})
        self._events.emit(event)
        return Refusal(500)
