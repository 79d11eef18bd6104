"""Several controls as one layer around an application.

Most controls look at a request's head, may answer it themselves, and add something where the response starts.
Each such control says so as `Steps`; `guard` runs any number of them in one layer, since a layer of its own
for every control costs more than what most of them do.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Protocol, runtime_checkable

from strongback.http.asgi import ASGIApp, Head, Message, Receive, Scope, Send, Start, head_of, opened
from strongback.http.problems import refuse

__all__ = ["Instead", "Outcome", "Plain", "Reading", "Refusal", "Stepped", "Steps", "When", "guard"]

_REQUESTS = frozenset({"http", "websocket"})
_STARTS = frozenset({"http.response.start", "websocket.accept"})
_DATA = b"application/json"
_SUCCESSES = frozenset(range(200, 300))
_PLAIN_NAMES = frozenset({b"content-length", b"content-type", b"date", b"etag", b"vary", b"x-request-id"})


@dataclass(frozen=True, slots=True)
class Refusal:
    """The answer that a control gives instead of the application: a problem document with this status."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...] = ()
    error_id: str | None = None


@dataclass(frozen=True, slots=True)
class Instead:
    """A control answers the request by itself, as an application of its own."""

    app: ASGIApp


@dataclass(frozen=True, slots=True)
class Reading:
    """The request goes on, with its body read in another way."""

    receive: Receive


Outcome = Refusal | Instead | Reading
Enter = Callable[[Scope, Head, Receive], Outcome | Awaitable[Outcome | None] | None]
Leave = Callable[[Scope, Start], Refusal | None]
Failed = Callable[[Scope, Exception, bool], Refusal | Instead | None]


@dataclass(frozen=True, slots=True)
class When:
    """The requests that `enter` has anything to do with: each of these suffices. For other requests it is not
    called; it may be called for any.
    """

    headers: frozenset[bytes] = frozenset()
    """A header of one of these names was sent."""
    path: str | None = None
    """The path is this one."""
    unless: tuple[bytes, frozenset[bytes]] | None = None
    """The header of this name has none of these values."""


Pairs = Sequence[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Plain:
    """What `leave` comes to for a plain response, said so that its layer does it for all controls at once.

    A response is plain that succeeds (2xx) with JSON, whose headers are written in lower case and hold no
    line break, and about which no control of the layer finds anything special. For others `leave` is called.
    """

    unless: frozenset[bytes] = frozenset()
    """Headers that make a response special, among them all that `adds` gives."""
    given: str | None = None
    """A key of the scope without which the response is special."""
    adds: Callable[[Scope], Pairs | None] | str | None = None
    """The headers to add, free of line breaks, or the key of the scope that may hold them. A function may say
    by None that the response is special.
    """


@dataclass(frozen=True, slots=True)
class Steps:
    """What one control does; each part is left out where there is nothing to do."""

    enter: Enter | None = None
    """Looks at the request; None lets it go on. A control that has to wait, for a store or a body, returns an
    awaitable of the same.
    """
    when: When | None = None
    """Requests that `enter` has to see; None for all."""
    offers: Mapping[str, object] = field(default_factory=dict)
    """What it puts into the scope of every request."""
    leave: Leave | None = None
    """Sees the message that starts a response, or accepts a WebSocket, and may change its headers; a refusal
    takes the response's place.
    """
    plain: Plain | None = None
    """What `leave` does to a plain response; None where it has to see each one."""
    failed: Failed | None = None
    """Turns an exception from further inside into an answer, or returns None to let it pass; the last
    argument says whether a response had begun.
    """
    done: Callable[[], None] | None = None
    """Runs when a request that `enter` let in has ended, however it ended."""


@runtime_checkable
class Stepped(Protocol):
    """A control that can share a layer with others."""

    def steps(self) -> Steps:
        """What it does."""
        ...


class _Leaves:
    """The controls that see how a response starts, innermost first, of those outside some depth."""

    __slots__ = ("_leaving",)

    def __init__(self, leaving: Sequence[tuple[int, Steps]]) -> None:
        self._leaving = tuple((at, s.leave) for at, s in reversed(leaving) if s.leave is not None)

    def refused(self, scope: Scope, message: Message) -> tuple[Refusal, int] | None:
        """Let them see it; the first refusal, and at which depth it was made."""
        start = opened(message)
        for depth, leave in self._leaving:
            refusal = leave(scope, start)
            if refusal is not None:
                return refusal, depth
        return None


def _plainly(plains: Sequence[Plain | None]) -> Callable[[Scope, Message], bool]:
    """A function that does to a response what controls, outermost first, do if it is plain, and says whether
    it was.
    """
    known = [plain for plain in plains if plain is not None]
    if len(known) < len(plains):
        return lambda scope, message: False
    usual = frozenset[bytes]().union(*(plain.unless for plain in known)).isdisjoint
    given = tuple({plain.given for plain in known if plain.given is not None})
    held = tuple(plain.adds for plain in reversed(known) if isinstance(plain.adds, str))
    adding = tuple(plain.adds for plain in reversed(known) if callable(plain.adds))
    joined, flat, known_names = b"".join, chain.from_iterable, _PLAIN_NAMES.issuperset

    def plainly(scope: Scope, message: Message) -> bool:
        headers = list(message.get("headers") or ())
        names = dict(headers)
        if names.get(b"content-type") != _DATA or message.get("status") not in _SUCCESSES or not usual(names):
            return False
        if len(names) == len(headers) and known_names(names):
            text = joined(names.values())
        elif joined(names).islower():
            text = joined(flat(headers))
        else:
            return False
        if 10 in text or 13 in text or 0 in text:
            return False
        for key in given:
            if not scope.get(key):
                return False
        for key in held:
            headers += scope.get(key, ())
        for adds in adding:
            pairs = adds(scope)
            if pairs is None:
                return False
            headers += pairs
        message["headers"] = headers
        return True

    return plainly


class _Plan:
    """What the controls do, sorted by when; a control's depth is its place, the outermost being 0."""

    def __init__(self, controls: tuple[Stepped, ...]) -> None:
        all_steps = [control.steps() for control in controls]
        entering = [(at, s.enter, s.when) for at, s in enumerate(all_steps) if s.enter is not None]
        self.entries = tuple((at, enter) for at, enter, _ in entering)
        self.always = tuple((at, enter) for at, enter, when in entering if when is None)
        conditions = [when for _, _, when in entering if when is not None]
        self.watched = frozenset[bytes]().union(*(when.headers for when in conditions))
        self.paths = frozenset(when.path for when in conditions if when.path is not None)
        self.expected = tuple(when.unless for when in conditions if when.unless is not None)
        self.offers = {key: value for s in all_steps for key, value in s.offers.items()}
        self.ends = tuple((at, s.done) for at, s in enumerate(all_steps) if s.done is not None)
        inwards = [(at, s.failed) for at, s in enumerate(all_steps) if s.failed is not None]
        self.boundaries = tuple(reversed(inwards))
        # As seen from each depth: what an answer made there still has to pass.
        placed = list(enumerate(all_steps))
        self.outside = [_Leaves(placed[:depth]) for depth in range(len(placed) + 1)]
        leaving = [s for s in all_steps if s.leave is not None]
        self.plainly = _plainly([s.plain for s in leaving])
        self.watching = bool(leaving or self.boundaries)

    def entering(self) -> Callable[[Scope, Head], tuple[tuple[int, Enter], ...]]:
        """A function that says which controls a request concerns; it holds what it needs, since all ask."""
        entries, always, paths, expected = self.entries, self.always, self.paths, self.expected
        unwatched = self.watched.isdisjoint

        def entering(scope: Scope, head: Head) -> tuple[tuple[int, Enter], ...]:
            if head.many or scope["path"] in paths or not unwatched(head):
                return entries
            for name, values in expected:
                if head.get(name) not in values:
                    return entries
            return always

        return entering


def guard(app: ASGIApp, *controls: Stepped) -> ASGIApp:
    """Guard `app` by the controls, outermost first, in one layer.

    A control that answers is not seen by those inside it; its answer passes through those outside it.
    """
    plan = _Plan(controls)
    offers, ends, whole, entering = plan.offers, plan.ends, len(controls), plan.entering()
    watching, plainly, refusing = plan.watching, plan.plainly, plan.outside[-1].refused
    entries = bool(plan.entries)

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in _REQUESTS:
            await app(scope, receive, send)
            return
        begun, onwards = False, send

        # Not a coroutine: it only chooses what the sender waits for.
        def passing(message: Message) -> Awaitable[None]:
            nonlocal begun, onwards
            if message["type"] in _STARTS and onwards is send and not plainly(scope, message):
                refused = refusing(scope, message)
                if refused is not None:
                    begun, onwards = True, _nothing
                    return _answered(refused[0], scope, receive, _through(scope, send, plan, refused[1]))
            begun = True
            return onwards(message)

        depth, early = -1, None
        scope.update(offers)
        try:
            if entries:
                head = head_of(scope)
                for depth, enter in entering(scope, head):
                    outcome: Any = enter(scope, head, receive)
                    if outcome is None:
                        continue
                    if not isinstance(outcome, Outcome):
                        outcome = await outcome
                    if isinstance(outcome, Reading):
                        receive = outcome.receive
                    elif outcome is not None:
                        early = _Noted(send)
                        await _answered(outcome, scope, receive, _through(scope, early, plan, depth))
                        return
            depth = whole
            await app(scope, receive, passing if watching else send)
        # rearguard: ignore[error-exposure] a boundary answers with an id; the text goes to the log
        except Exception as error:
            begun = begun or (early is not None and early.begun)
            await _recovered(plan, depth, error, begun, scope, receive, send)
        finally:
            for at, done in ends:
                if at < depth:
                    done()

    return guarded


async def _recovered(
    plan: _Plan, depth: int, error: Exception, begun: bool, scope: Scope, receive: Receive, send: Send
) -> None:
    """Let the boundaries that stand outside of `depth` answer, the innermost first.

    One that fails in its turn has what it failed with seen by the next; what nobody answers is raised.
    """
    for at, failed in plan.boundaries:
        if at >= depth:
            continue
        answer = failed(scope, error, begun)
        if answer is None:
            continue
        noted = _Noted(send)
        try:
            await _answered(answer, scope, receive, _through(scope, noted, plan, at))
        # rearguard: ignore[error-exposure] a boundary answers with an id; the text goes to the log
        except Exception as another:
            error, begun = another, begun or noted.begun
        else:
            return
    raise error


class _Noted:
    """A sender that knows whether anything was sent."""

    __slots__ = ("begun", "send")

    def __init__(self, send: Send) -> None:
        self.begun = False
        self.send = send

    async def __call__(self, message: Message) -> None:
        self.begun = True
        await self.send(message)


async def _nothing(message: Message) -> None:
    """What is sent after a response was replaced."""


def _through(scope: Scope, send: Send, plan: _Plan, depth: int) -> Send:
    """A sender for an answer made at `depth`, which still has to pass the controls outside of it."""
    onwards = send

    async def passing(message: Message) -> None:
        nonlocal onwards
        if message["type"] in _STARTS and onwards is send:
            refused = plan.outside[depth].refused(scope, message)
            if refused is not None:
                onwards = _nothing
                await _answered(refused[0], scope, _no_body, _through(scope, send, plan, refused[1]))
                return
        await onwards(message)

    return passing


async def _no_body() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


async def _answered(outcome: Refusal | Instead, scope: Scope, receive: Receive, send: Send) -> None:
    if isinstance(outcome, Instead):
        await outcome.app(scope, receive, send)
    else:
        await refuse(scope, send, outcome.status, outcome.headers, error_id=outcome.error_id)
