"""A profile is a value whose fields are the controls. Leaving one out is `Off` with a reason, and shows."""

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from strongback.authorization import Authorization, DecisionGuard, Roles, Rules
from strongback.errors import ConfigurationError
from strongback.events import LogSink
from strongback.http.asgi import ASGIApp, Middleware
from strongback.http.boundary import ErrorBoundary
from strongback.http.cookies import CookieGuard
from strongback.http.cors import Cors, check_origin
from strongback.http.csp import CspReports
from strongback.http.csrf import Csrf
from strongback.http.headers import SecurityHeaders
from strongback.http.limits import RequestLimits
from strongback.http.proxies import AllowedHosts, TrustedProxies
from strongback.http.rates import Rate, RateLimits
from strongback.http.steps import Stepped, guard
from strongback.keys import KeyRing
from strongback.seams import Clock, EventSink, Randomness, SystemClock, SystemRandomness
from strongback.sessions import Sessions
from strongback.stores import Store
from strongback.tokens import BearerTokens

__all__ = ["Off", "Profile", "off"]

_DEFAULT_RATE = "300/m"


@dataclass(frozen=True, slots=True)
class Off:
    """A control left out on purpose."""

    reason: str

    def __post_init__(self) -> None:
        if len(self.reason.strip()) < 8:
            raise ConfigurationError(
                "off(): say why this control is not needed, for whoever reads the report"
            )


def off(reason: str) -> Off:
    """Leave a control out; the reason appears in the report."""
    return Off(reason)


def _ring(keys: KeyRing | str) -> KeyRing:
    if isinstance(keys, KeyRing):
        return keys
    kind, _, name = keys.partition(":")
    if kind != "env" or not name:
        raise ConfigurationError(
            "keys: give a KeyRing, or 'env:NAME' for the environment variable NAME or NAME_FILE"
        )
    return KeyRing.from_environment(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """All controls of one application, in the order in which a request meets them."""

    name: str
    origin: str
    store: Store
    keys: KeyRing
    production: bool
    clock: Clock
    rng: Randomness
    events: EventSink

    headers: SecurityHeaders | Off
    errors: ErrorBoundary
    proxies: TrustedProxies | Off
    hosts: AllowedHosts | Off
    reports: CspReports | Off
    limits: RequestLimits | Off
    cookies: CookieGuard | Off
    cors: Cors | Off
    csrf: Csrf | Off
    sessions: Sessions | Off
    tokens: BearerTokens | Off
    rates: RateLimits | Off
    authorization: Authorization

    @classmethod
    def web(cls, *, origin: str, store: Store, keys: KeyRing | str, **settings: Any) -> "Profile":
        """For browsers: sessions in cookies, CSRF protection, pages with a nonce policy.

        `origin` is the one address users see. Settings: `roles`, `rules`, `proxies` (networks of our reverse
        proxies), `rate` (per address, such as "300/m"), `production` (False only on a developer's machine),
        `clock`, `rng`, `events`, and any field of Profile, as a control or `off(reason)`.
        """
        profile, overrides = cls._base("web", origin, store, keys, settings)
        profile = dataclasses.replace(profile, tokens=off("browsers use sessions"))
        return profile.replace(**overrides)

    @classmethod
    def api(
        cls, *, origin: str, store: Store, keys: KeyRing | str, tokens: BearerTokens | Off, **settings: Any
    ) -> "Profile":
        """For programs: bearer tokens, no cookies, therefore no sessions and no CSRF.

        Settings as for `web`.
        """
        profile, overrides = cls._base("api", origin, store, keys, settings)
        profile = dataclasses.replace(
            profile,
            tokens=tokens,
            sessions=off("bearer tokens instead of sessions"),
            csrf=off("browsers do not attach bearer tokens by themselves"),
        )
        return profile.replace(**overrides)

    @classmethod
    def _base(
        cls, name: str, origin: str, store: Store, keys: KeyRing | str, settings: dict[str, Any]
    ) -> tuple["Profile", dict[str, Any]]:
        roles: Roles = settings.pop("roles", None) or Roles({})
        rules: Rules | None = settings.pop("rules", None)
        networks: Iterable[str] = settings.pop("proxies", ())
        rate = Rate.parse("address", settings.pop("rate", _DEFAULT_RATE))
        production: bool = settings.pop("production", True)
        clock: Clock = settings.pop("clock", None) or SystemClock()
        rng: Randomness = settings.pop("rng", None) or SystemRandomness()
        events: EventSink = settings.pop("events", None) or LogSink()
        check_origin(origin, allow_local=not production)
        ring = _ring(keys)
        cors = settings.get("cors")
        origins = {origin} | (set(cors.origins) if isinstance(cors, Cors) else set())
        reports = CspReports(store=store, clock=clock, events=events)
        sessions = Sessions(store=store, clock=clock, rng=rng, events=events)
        profile = cls(
            name=name,
            origin=origin,
            store=store,
            keys=ring,
            production=production,
            clock=clock,
            rng=rng,
            events=events,
            headers=SecurityHeaders(report_path=reports.path, rng=rng),
            errors=ErrorBoundary(clock=clock, rng=rng, events=events),
            proxies=TrustedProxies(networks),
            hosts=AllowedHosts([urlsplit(origin).hostname or ""], clock=clock, events=events),
            reports=reports,
            limits=RequestLimits(clock=clock, events=events),
            cookies=CookieGuard(),
            cors=off("only pages of our own origin call this application"),
            csrf=Csrf(origins, keys=ring, clock=clock, rng=rng, events=events),
            sessions=sessions,
            tokens=off("no bearer tokens"),
            rates=RateLimits(rate, store=store, clock=clock, events=events),
            authorization=Authorization(roles=roles, rules=rules, clock=clock, events=events),
        )
        return profile, settings

    def replace(self, **changes: Any) -> "Profile":
        """A profile with some controls exchanged. Raises ConfigurationError for a name that is no field."""
        known = {f.name for f in dataclasses.fields(self)}
        unknown = set(changes) - known
        if unknown:
            raise ConfigurationError(
                f"Profile has no {', '.join(sorted(unknown))}; fields: {', '.join(sorted(known))}"
            )
        return dataclasses.replace(self, **changes)

    def left_out(self) -> tuple[tuple[str, str], ...]:
        """Names of controls that are off, with the reasons given."""
        found = ((f.name, getattr(self, f.name)) for f in dataclasses.fields(self))
        return tuple((name, value.reason) for name, value in found if isinstance(value, Off))

    def chain(self) -> tuple[Middleware, ...]:
        """The controls that are on, outermost first."""
        ordered = (
            self.headers,
            self.errors,
            self.proxies,
            self.hosts,
            self.reports,
            self.limits,
            self.cookies,
            self.cors,
            self.csrf,
            self.sessions,
            self.tokens,
            self.rates,
            DecisionGuard(self.authorization, clock=self.clock, events=self.events),
        )
        return tuple(control for control in ordered if not isinstance(control, Off))

    def around(self, app: ASGIApp, *innermost: Stepped) -> ASGIApp:
        """Guard any ASGI application with the whole chain, without the start-up audit that `install` adds.

        `innermost` are further controls that share its layer.
        """
        sharing = list(innermost)
        for control in reversed(self.chain()):
            if isinstance(control, Stepped):
                sharing.insert(0, control)
                continue
            app = control.around(guard(app, *sharing) if sharing else app)
            sharing = []
        return guard(app, *sharing) if sharing else app
