"""Rate limits: GCRA over a store, by address network or account, announced in IETF headers.

ASVS v5.0.0-2.4.1, 6.3.1, 15.2.2; draft-ietf-httpapi-ratelimit-headers-11 (`RateLimit-Policy`, `RateLimit`).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache, partial
from math import ceil

from strongback.errors import ConfigurationError, DeniedError
from strongback.events import Event, EventName
from strongback.http.asgi import ASGIApp, Head, Receive, Scope, Start, client_address, principal_of
from strongback.http.proxies import address_key
from strongback.http.steps import Enter, Plain, Refusal, Steps, guard
from strongback.seams import Clock, EventSink
from strongback.stores import Admission, Counter
from strongback.stores.protocols import Meter

__all__ = ["Rate", "RateLimits", "RateLimitedError", "by_account", "by_address"]

_FORM = re.compile(r"(\d{1,6})/(\d{0,5})(s|m|h|d)\Z")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_NAME = re.compile(r"[a-z][a-z0-9_.-]{0,40}\Z")

_ANNOUNCEMENT = "strongback.rate_announced"

Party = Callable[[Scope], bytes]
Said = tuple[tuple[bytes, bytes], ...]


class RateLimitedError(DeniedError):
    """The party has used its allowance."""

    status = 429

    def __init__(self, admission: Admission) -> None:
        self.admission = admission
        super().__init__("rate limited")


def by_address(scope: Scope) -> bytes:
    """The client's IPv4 address or IPv6 /64, as `TrustedProxies` determined it."""
    client = scope.get("client")
    return b"a:" + address_key(client[0] if client else None)


def by_account(scope: Scope) -> bytes:
    """The authenticated account; the address for requests without one."""
    principal = principal_of(scope)
    return b"u:" + principal.subject.encode() if principal is not None else by_address(scope)


@dataclass(frozen=True, slots=True)
class Rate:
    """`limit` requests per `window` seconds, all at once if need be, refilled evenly."""

    name: str
    limit: int
    window: int
    party: Party = by_address
    prefix: bytes = field(init=False, repr=False, compare=False, default=b"")
    """What its keys in the store begin with."""
    said: Callable[[int, int], Said] = field(init=False, repr=False, compare=False)
    """The headers for what is left and in how many seconds all is back, remembered: few pairs are usual."""

    def key(self, scope: Scope) -> bytes:
        """Under what a request is counted in the store."""
        return (self.prefix + self.party(scope))[:1024]

    def __post_init__(self) -> None:
        object.__setattr__(self, "prefix", f"rate:{self.name}:".encode())
        policy = f'"{self.name}";q={self.limit};w={self.window}'.encode()
        object.__setattr__(self, "said", _sayings(self.name.encode(), policy))
        if not _NAME.match(self.name) or self.limit < 1 or self.window < 1:
            raise ConfigurationError("a rate needs a lower-case name, limit >= 1 and window >= 1 s")

    @classmethod
    def parse(cls, name: str, text: str, party: Party = by_address) -> "Rate":
        """Read `10/5m`, `100/s` or `1000/d`."""
        match = _FORM.match(text)
        if match is None:
            raise ConfigurationError(f"rate {text!r} is not written like 10/5m")
        return cls(name, int(match[1]), int(match[2] or 1) * _UNITS[match[3]], party)


KeyOf = Callable[[str | None], bytes]
"""An address, as a key of the store."""
Meters = tuple[tuple[Rate, KeyOf | None, Meter], ...]


class RateLimits:
    """Charges each request against every rate, in order, and refuses with 429 at the first that is used up.

    A store that is down refuses everything (503): a limit that cannot be counted is no limit.
    """

    def __init__(self, *rates: Rate, store: Counter, clock: Clock, events: EventSink) -> None:
        if len({rate.name for rate in rates}) != len(rates):
            raise ConfigurationError("RateLimits: every rate needs its own name")
        self.rates = rates
        self._store = store
        self._at_once = _meters(store, rates)
        self._clock = clock
        self._events = events

    async def charge(self, rate: Rate, scope: Scope, *, cost: int = 1) -> Admission:
        """Charge one rate. Raises RateLimitedError when it is used up."""
        admission = await self._store.hit(rate.key(scope), limit=rate.limit, window=rate.window, cost=cost)
        if not admission.admitted:
            self._tell(rate, scope)
            raise RateLimitedError(admission)
        return admission

    def _tell(self, rate: Rate, scope: Scope) -> None:
        detail = {"rate": rate.name, "path": scope.get("path", ""), "address": client_address(scope)}
        self._events.emit(Event(EventName.RATE_LIMITED, self._clock.now(), detail=detail))

    def _refusal(self, rate: Rate, admission: Admission, scope: Scope) -> Refusal:
        self._tell(rate, scope)
        return Refusal(429, rate_headers(rate, admission))

    def around(self, app: ASGIApp) -> ASGIApp:
        """Guard `app`."""
        return guard(app, self)

    def steps(self) -> Steps:
        """See `Steps`."""
        meters = self._at_once
        if meters is None:
            return Steps(lambda scope, head, receive: self._charge_all(scope), leave=_announce, plain=_PLAIN)
        one = self._one(*meters[0]) if len(meters) == 1 else None
        return Steps(one or partial(self._count, meters), leave=_announce, plain=_PLAIN)

    def _one(self, rate: Rate, key_of: KeyOf | None, hit: Meter) -> Enter | None:
        """`_count` for what is most usual, one rate by address."""
        if key_of is None:
            return None
        said = rate.said

        def count(scope: Scope, head: Head, receive: Receive) -> Refusal | None:
            client = scope.get("client")
            left = hit(key_of(client[0] if client else None))
            if type(left) is Admission:
                return self._refusal(rate, left, scope)
            scope[_ANNOUNCEMENT] = said(*left)
            return None

        return count

    def _count(self, meters: Meters, scope: Scope, head: Head, receive: Receive) -> Refusal | None:
        # In memory nothing has to be waited for, and nobody else gets a turn between two rates.
        tightest: tuple[Rate, tuple[int, int]] | None = None
        for rate, key_of, hit in meters:
            if key_of is None:
                key = rate.key(scope)
            else:
                client = scope.get("client")
                key = key_of(client[0] if client else None)
            left = hit(key)
            if isinstance(left, Admission):
                return self._refusal(rate, left, scope)
            if tightest is None or left[0] < tightest[1][0]:
                tightest = rate, left
        _announce_at_start(scope, tightest)
        return None

    async def _charge_all(self, scope: Scope) -> Refusal | None:
        tightest: tuple[Rate, tuple[int, int]] | None = None
        for rate in self.rates:
            try:
                admission = await self.charge(rate, scope)
            except RateLimitedError as error:
                return Refusal(429, rate_headers(rate, error.admission))
            if tightest is None or admission.remaining < tightest[1][0]:
                tightest = rate, (admission.remaining, ceil(admission.reset_after))
        _announce_at_start(scope, tightest)
        return None


def _announce_at_start(scope: Scope, tightest: tuple[Rate, tuple[int, int]] | None) -> None:
    if tightest is not None:
        rate, left = tightest
        scope[_ANNOUNCEMENT] = rate.said(*left)


def _announce(scope: Scope, start: Start) -> None:
    if start.status is not None:
        start.put(scope.get(_ANNOUNCEMENT, ()), keep=True)


_PLAIN = Plain(unless=frozenset({b"ratelimit", b"ratelimit-policy"}), adds=_ANNOUNCEMENT)


def _sayings(name: bytes, policy: bytes) -> Callable[[int, int], Said]:
    @lru_cache(maxsize=4096)
    def said(remaining: int, reset: int) -> Said:
        announced = b'"%b";r=%d;t=%d' % (name, remaining, reset)
        return (b"ratelimit-policy", policy), (b"ratelimit", announced)

    return said


def _meters(store: Counter, rates: tuple[Rate, ...]) -> Meters | None:
    """How a store that never waits counts; None for every other, also for one that overrides `hit` alone."""
    kind = next((kind for kind in type(store).__mro__ if "hit" in vars(kind)), object)
    meter = vars(kind).get("meter")
    if meter is None:
        return None
    return tuple(
        (rate, _key_of_address(rate), meter(store, limit=rate.limit, window=rate.window)) for rate in rates
    )


def _key_of_address(rate: Rate) -> KeyOf | None:
    """`Rate.key` for the party that is most usual, remembered by address; None for every other."""
    if rate.party is not by_address:
        return None
    return lru_cache(maxsize=8192)(lambda address: rate.key({"client": (address, 0)}))


def rate_headers(rate: Rate, admission: Admission) -> tuple[tuple[bytes, bytes], ...]:
    """`RateLimit-Policy` and `RateLimit` (draft 11, structured fields), and `Retry-After` on refusal."""
    admitted, remaining, retry, reset = admission
    found = rate.said(remaining, ceil(reset))
    if admitted:
        return found
    return (*found, (b"retry-after", str(max(1, ceil(retry))).encode()))
