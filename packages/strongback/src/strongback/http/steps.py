"""Several controls as one layer around an application.

Most controls look at a request's head, may answer it themselves, and add something where the response starts.
Each such control says so as `Steps`; `guard` runs any number of them in one layer, since a layer of its own
for every control costs more than what most of them do.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from strongback.http.asgi import ASGIApp, Head, Message, Receive, Scope, Send, Start, head_of, opened
from strongback.http.problems import refuse

__all__ = ["Instead", "Outcome", "Reading", "Refusal", "Stepped", "Steps", "When", "guard"]

_REQUESTS = frozenset({"http", "websocket"})
_STARTS = frozenset({"http.response.start", "websocket.accept"})


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
    leave_with: bytes | None = None
    """The header without which `leave` has nothing to do."""
    leave_at: int | None = None
    """The status without which `leave` has nothing to do."""
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


Leaves = tuple[tuple[Leave, bytes | None, int | None], ...]


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
        # Innermost first, each list as seen from one depth: what an answer made there still has to pass.
        self.outside: list[Leaves] = [
            tuple((s.leave, s.leave_with, s.leave_at) for s in reversed(all_steps[:depth]) if s.leave)
            for depth in range(len(all_steps) + 1)
        ]


def guard(app: ASGIApp, *controls: Stepped) -> ASGIApp:
    """Guard `app` by the controls, outermost first, in one layer.

    A control that answers is not seen by those inside it; its answer passes through those outside it.
    """
    plan = _Plan(controls)
    all_leaves, offers, ends, whole = plan.outside[-1], plan.offers, plan.ends, len(controls)
    leaves = tuple((position, *leaving) for position, leaving in enumerate(all_leaves))
    entries, always, watching = plan.entries, plan.always, bool(leaves or plan.boundaries)
    watched, paths, expected = plan.watched, plan.paths, plan.expected

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in _REQUESTS:
            await app(scope, receive, send)
            return
        begun = replaced = False

        # Not a coroutine: it only chooses what the sender waits for.
        def passing(message: Message) -> Awaitable[None]:
            nonlocal begun, replaced
            if replaced:
                return _nothing()
            if leaves and message["type"] in _STARTS:
                start = opened(message)
                for position, leave, name, status in leaves:
                    if (name is None or name in start) and (status is None or status == start.status):
                        refusal = leave(scope, start)
                        if refusal is not None:
                            replaced = begun = True
                            onwards = _through(scope, send, all_leaves[position + 1 :])
                            return _answered(refusal, scope, receive, onwards)
            begun = True
            return send(message)

        depth, run = -1, always
        scope.update(offers)
        if entries:
            head = head_of(scope)
            if head.many or scope["path"] in paths or not watched.isdisjoint(head):
                run = entries
            else:
                for name, values in expected:
                    if head.get(name) not in values:
                        run = entries
        try:
            for depth, enter in run:
                found: Any = enter(scope, head, receive)
                if found is None:
                    continue
                outcome = found if isinstance(found, Outcome) else await found
                if isinstance(outcome, Reading):
                    receive = outcome.receive
                elif outcome is not None:

                    def sending(message: Message) -> Awaitable[None]:
                        nonlocal begun
                        begun = True
                        return send(message)

                    await _answered(outcome, scope, receive, _through(scope, sending, plan.outside[depth]))
                    return
            depth = whole
            await app(scope, receive, passing if watching else send)
        # rearguard: ignore[error-exposure] a boundary answers with the kind of the error, never with its text
        except Exception as error:
            for at, failed in plan.boundaries:
                if at < depth:
                    answer = failed(scope, error, begun)
                    if answer is not None:
                        await _answered(answer, scope, receive, _through(scope, send, plan.outside[at]))
                        return
            raise
        finally:
            for at, done in ends:
                if at < depth:
                    done()

    return guarded


async def _nothing() -> None:
    """What is sent after a response was replaced."""


def _through(scope: Scope, send: Send, leaves: Leaves) -> Send:
    """A sender for an answer that still has to pass some controls."""
    replaced = False

    async def passing(message: Message) -> None:
        nonlocal replaced
        if replaced:
            return
        if message["type"] in _STARTS:
            start = opened(message)
            for position, (leave, name, status) in enumerate(leaves):
                if (name is None or name in start) and (status is None or status == start.status):
                    refusal = leave(scope, start)
                    if refusal is not None:
                        replaced = True
                        onwards = _through(scope, send, leaves[position + 1 :])
                        await _answered(refusal, scope, _no_body, onwards)
                        return
        await send(message)

    return passing


async def _no_body() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


async def _answered(outcome: Refusal | Instead, scope: Scope, receive: Receive, send: Send) -> None:
    if isinstance(outcome, Instead):
        await outcome.app(scope, receive, send)
    else:
        await refuse(scope, send, outcome.status, outcome.headers, error_id=outcome.error_id)
