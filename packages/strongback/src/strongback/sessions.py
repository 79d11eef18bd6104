"""Server-side sessions: opaque random tokens, hashed at rest, with two time-outs, rotation and revocation.

ASVS v5.0.0-7.2.3, 7.2.4 (new token), 7.3.1, 7.3.2 (idle, absolute), 7.4.1 to 7.4.3, 7.4.5 (termination),
7.5.2 (listing), 14.3.1 (Clear-Site-Data).
"""

import base64
import hashlib
import json
from collections.abc import Awaitable
from dataclasses import asdict, dataclass, field, replace
from typing import Protocol

from strongback.errors import ConfigurationError
from strongback.events import Event, EventName
from strongback.http.asgi import ASGIApp, Head, Receive, Scope, Start, cookies
from strongback.http.cookies import SameSite, cookie_header
from strongback.http.steps import Plain, Steps, guard
from strongback.identity import Principal
from strongback.seams import Clock, EventSink, Randomness
from strongback.stores import KV, Index

__all__ = ["CurrentSession", "Session", "SessionSummary", "Sessions", "current_session"]

_TOKEN_BYTES = 32
_SCOPE_KEY = "strongback.session"


class SessionStore(KV, Index, Protocol):
    """What sessions need of a store."""


@dataclass(frozen=True, slots=True)
class Session:
    """What the server knows of one session."""

    subject: str
    created: float
    seen: float
    authenticated_at: float
    epoch: int
    roles: tuple[str, ...] = ()
    factors: tuple[str, ...] = ()
    tenant: str | None = None
    label: str = ""
    """A name for the device that its owner will recognise."""
    data: dict[str, object] = field(default_factory=dict)
    """Small JSON values of the application."""

    def principal(self) -> Principal:
        """The party this session speaks for."""
        return Principal(
            subject=self.subject,
            roles=frozenset(self.roles),
            tenant=self.tenant,
            authenticated_at=self.authenticated_at,
            factors=frozenset(self.factors),
        )


@dataclass(frozen=True, slots=True)
class SessionSummary:
    """One line of a user's list of sessions; `handle` ends it and is no secret."""

    handle: str
    created: float
    seen: float
    label: str


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _encode(session: Session) -> bytes:
    return json.dumps(asdict(session), separators=(",", ":"), sort_keys=True).encode()


def _decode(raw: bytes) -> Session:
    fields = json.loads(raw)
    return Session(**{**fields, "roles": tuple(fields["roles"]), "factors": tuple(fields["factors"])})


class Sessions:
    """Starts, finds, rotates and ends sessions, over any store.

    `idle` and `absolute` in seconds (NIST SP 800-63B AAL2: one hour, 24 hours). `cap` sessions per subject;
    the oldest gives way. A session is dead when its subject's epoch has moved on, so ending all sessions
    also reaches one that is being started at that moment.
    """

    def __init__(
        self,
        *,
        store: SessionStore,
        clock: Clock,
        rng: Randomness,
        events: EventSink,
        cookie: str = "__Host-session",
        same_site: SameSite = "Lax",
        idle: float = 3600,
        absolute: float = 86_400,
        cap: int = 10,
    ) -> None:
        if not 0 < idle <= absolute or cap < 1:
            raise ConfigurationError("Sessions: 0 < idle <= absolute, and cap >= 1")
        cookie_header(cookie, "")  # refuses a name without __Host-
        self.cookie = cookie
        self.same_site = same_site
        self._store = store
        self._clock = clock
        self._rng = rng
        self._events = events
        self._idle = idle
        self._absolute = absolute
        self._cap = cap

    def _emit(self, name: EventName, subject: str, **detail: object) -> None:
        self._events.emit(Event(name, self._clock.now(), subject=subject, detail=detail))

    @staticmethod
    def _key(digest: bytes) -> bytes:
        return b"session:" + digest

    @staticmethod
    def _owner(subject: str) -> bytes:
        return b"sessions:" + hashlib.sha256(subject.encode()).digest()

    def _ttl(self, session: Session, now: float) -> float:
        # A millisecond at least, so that a session at its very end is still well-formed for the store.
        return max(0.001, min(self._idle, session.created + self._absolute - now))

    async def start(
        self,
        subject: str,
        *,
        roles: tuple[str, ...] = (),
        factors: tuple[str, ...] = ("pwd",),
        tenant: str | None = None,
        label: str = "",
        replaces: str | None = None,
    ) -> str:
        """Begin a session after authentication and return its token, 256 random bits.

        `replaces` is the token the browser held before, which ends here: nothing of it is carried over, so a
        planted one (fixation) is worth nothing.
        """
        if replaces is not None:
            await self.end(replaces)
        now = self._clock.now()
        owner = self._owner(subject)
        epoch = await self._store.epoch(owner)
        token = base64.urlsafe_b64encode(self._rng.token(_TOKEN_BYTES)).decode().rstrip("=")
        session = Session(subject, now, now, now, epoch, roles, factors, tenant, label[:80])
        await self._store.put(self._key(_digest(token)), _encode(session), ttl=self._ttl(session, now))
        for evicted in await self._store.add(owner, _digest(token), ttl=self._absolute, cap=self._cap):
            await self._store.delete(self._key(evicted))
        self._emit(EventName.SESSION_STARTED, subject, label=label[:80], factors=list(factors))
        return token

    async def find(self, token: str) -> Session | None:
        """The live session of a token, marked as seen; None if there is none, or it timed out, or was
        ended.
        """
        if not 20 <= len(token) <= 128:
            return None
        key = self._key(_digest(token))
        raw = await self._store.get(key)
        if raw is None:
            return None
        session = _decode(raw)
        now = self._clock.now()
        expired = now - session.seen >= self._idle or now - session.created >= self._absolute
        if expired or session.epoch != await self._store.epoch(self._owner(session.subject)):
            await self._store.delete(key)
            return None
        if now - session.seen >= self._idle / 60:
            # Written at most once a minute of a one-hour idle time; losing the race to another request is
            # fine.
            session = replace(session, seen=now)
            await self._store.swap(key, raw, _encode(session), ttl=self._ttl(session, now))
        return session

    async def rotate(
        self,
        token: str,
        *,
        roles: tuple[str, ...] | None = None,
        factors: tuple[str, ...] | None = None,
    ) -> str | None:
        """Give a live session a new token, after a second factor or a change of role; None if it is not live.

        Of racing rotations one succeeds; the old token is dead in every case. The absolute time-out stays.
        """
        session = await self.find(token)
        if session is None or await self._store.take(self._key(_digest(token))) is None:
            return None
        now = self._clock.now()
        fresh = base64.urlsafe_b64encode(self._rng.token(_TOKEN_BYTES)).decode().rstrip("=")
        session = replace(
            session,
            seen=now,
            roles=session.roles if roles is None else roles,
            factors=session.factors if factors is None else factors,
            authenticated_at=session.authenticated_at if factors is None else now,
        )
        owner = self._owner(session.subject)
        await self._store.put(self._key(_digest(fresh)), _encode(session), ttl=self._ttl(session, now))
        await self._store.remove(owner, _digest(token))
        ends = max(0.001, session.created + self._absolute - now)
        await self._store.add(owner, _digest(fresh), ttl=ends, cap=self._cap)
        return fresh

    async def save(self, token: str, data: dict[str, object]) -> bool:
        """Replace the application's data; False if the session is gone or changed meanwhile."""
        key = self._key(_digest(token))
        if await self.find(token) is None or (raw := await self._store.get(key)) is None:
            return False
        session = replace(_decode(raw), data=data)
        return await self._store.swap(key, raw, _encode(session), ttl=self._ttl(session, self._clock.now()))

    async def end(self, token: str) -> None:
        """Log out one session."""
        raw = await self._store.take(self._key(_digest(token)))
        if raw is not None:
            subject = _decode(raw).subject
            await self._store.remove(self._owner(subject), _digest(token))
            self._emit(EventName.SESSION_ENDED, subject)

    async def end_all(self, subject: str) -> int:
        """End every session of a subject: password change, disabled account, an administrator's order."""
        gone = await self._store.revoke(self._owner(subject))
        for digest in gone:
            await self._store.delete(self._key(digest))
        self._emit(EventName.SESSION_REVOKED_ALL, subject, count=len(gone))
        return len(gone)

    async def list(self, subject: str) -> list[SessionSummary]:
        """Live sessions of a subject, oldest first."""
        found = []
        for digest in await self._store.members(self._owner(subject)):
            raw = await self._store.get(self._key(digest))
            if raw is not None:
                session = _decode(raw)
                handle = hashlib.sha256(b"handle" + digest).hexdigest()[:32]
                found.append(SessionSummary(handle, session.created, session.seen, session.label))
        return found

    async def end_one(self, subject: str, handle: str) -> bool:
        """End the session of `subject` with this handle; another subject's handle finds nothing."""
        for digest in await self._store.members(self._owner(subject)):
            if hashlib.sha256(b"handle" + digest).hexdigest()[:32] == handle:
                await self._store.remove(self._owner(subject), digest)
                ended = await self._store.delete(self._key(digest))
                self._emit(EventName.SESSION_ENDED, subject)
                return ended
        return False

    def around(self, app: ASGIApp) -> ASGIApp:
        """Guard `app`: find the session of the cookie, set the principal, and write the cookie when it
        changes.
        """
        return guard(app, self)

    def steps(self) -> Steps:
        """See `Steps`."""
        return Steps(enter=self._enter, leave=self._leave, plain=Plain(adds=_unchanged))

    def _enter(self, scope: Scope, head: Head, receive: Receive) -> Awaitable[None] | None:
        token = cookies(scope).get(self.cookie) if head.sent(b"cookie") else None
        if token:
            return self._attach(scope, token)
        scope[_SCOPE_KEY] = CurrentSession(self, token, None)
        return None

    async def _attach(self, scope: Scope, token: str) -> None:
        session = await self.find(token)
        scope[_SCOPE_KEY] = CurrentSession(self, token, session)
        if session is not None:
            scope["strongback.principal"] = session.principal()

    def _leave(self, scope: Scope, start: Start) -> None:
        current_session(scope).write(start)


class CurrentSession:
    """The session of one request, for handlers: log in, step up, log out. The cookie follows by itself."""

    def __init__(self, sessions: Sessions, token: str | None, session: Session | None) -> None:
        self._sessions = sessions
        self._changed = token is not None and session is None
        self._ended = False
        self.token = token if session is not None else None
        self.session = session

    async def log_in(
        self,
        subject: str,
        *,
        roles: tuple[str, ...] = (),
        factors: tuple[str, ...] = ("pwd",),
        tenant: str | None = None,
        label: str = "",
    ) -> None:
        """Start a session under a new token; what came before ends."""
        self.token = await self._sessions.start(
            subject, roles=roles, factors=factors, tenant=tenant, label=label, replaces=self.token
        )
        self.session = await self._sessions.find(self.token)
        self._changed = True

    async def step_up(self, factors: tuple[str, ...], roles: tuple[str, ...] | None = None) -> bool:
        """Record stronger authentication under a new token; False if the session is gone."""
        fresh = await self._sessions.rotate(self.token, factors=factors, roles=roles) if self.token else None
        self.token, self._changed = fresh, True
        self.session = await self._sessions.find(fresh) if fresh else None
        return fresh is not None

    async def log_out(self) -> None:
        """End the session, delete the cookie, and ask the browser to clear what it kept."""
        if self.token is not None:
            await self._sessions.end(self.token)
        self.token, self.session, self._changed, self._ended = None, None, True, True

    @property
    def changed(self) -> bool:
        """Whether the cookie has to be written."""
        return self._changed

    def write(self, start: Start) -> None:
        """Add the cookie to a response that starts, if it changed."""
        if not self._changed:
            return
        value = cookie_header(
            self._sessions.cookie,
            self.token or "",
            max_age=None if self.token else 0,
            same_site=self._sessions.same_site,
        )
        start.replace([*start.headers, (b"set-cookie", value.encode())])
        start.put([(b"cache-control", b"no-store")])
        if self._ended:
            start.put([(b"clear-site-data", b'"cache", "cookies", "storage"')])


def _unchanged(scope: Scope) -> tuple[()] | None:
    return None if current_session(scope).changed else ()


def current_session(scope: Scope) -> CurrentSession:
    """The session of this request. Raises ConfigurationError outside the `Sessions` control."""
    found = scope.get(_SCOPE_KEY)
    if not isinstance(found, CurrentSession):
        raise ConfigurationError("current_session() needs the Sessions control around the application")
    return found
