"""Several controls as one layer around an application.

Most controls look at a request's head, may answer it themselves, and add something where the response starts.
Each such control says so as `Steps`; `guard` runs any number of them in one layer, since a layer of its own
for every control costs more than what most of them do.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from strongback.http.asgi import ASGIApp, Head, Message, Receive, Scope, Send, Start, head_of
from strongback.http.problems import refuse

__all__ = ["Instead", "Outcome", "Reading", "Refusal", "Stepped", "Steps", "guard"]

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
class Steps:
    """What one control does; each part is left out where there is nothing to do."""

    enter: Enter | None = None
    """Looks at the request; None lets it go on. A control that has to wait, for a store or a body, returns an
    awaitable of the same.
    """
    leave: Leave | None = None
    """Sees the message that starts a response, or accepts a WebSocket, and may change its headers; a refusal
    takes the response's place.
    """
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


class _Plan:
    """What the controls do, sorted by when; a control's depth is its place, the outermost being 0."""

    __slots__ = ("boundaries", "ends", "entries", "outside", "whole")

    def __init__(self, controls: tuple[Stepped, ...]) -> None:
        all_steps = [control.steps() for control in controls]
        self.whole = len(all_steps)
        self.entries = tuple((at, s.enter) for at, s in enumerate(all_steps) if s.enter is not None)
        self.ends = tuple((at, s.done) for at, s in enumerate(all_steps) if s.done is not None)
        inwards = [(at, s.failed) for at, s in enumerate(all_steps) if s.failed is not None]
        self.boundaries = tuple(reversed(inwards))
        # Innermost first, each list as seen from one depth: what an answer made there still has to pass.
        self.outside = [
            tuple(s.leave for s in reversed(all_steps[:depth]) if s.leave is not None)
            for depth in range(self.whole + 1)
        ]


def guard(app: ASGIApp, *controls: Stepped) -> ASGIApp:
    """Guard `app` by the controls, outermost first, in one layer.

    A control that answers is not seen by those inside it; its answer passes through those outside it.
    """
    plan = _Plan(controls)
    entries, leaves, boundaries, ends = plan.entries, plan.outside[-1], plan.boundaries, plan.ends
    whole = plan.whole

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in _REQUESTS:
            await app(scope, receive, send)
            return
        begun = replaced = False

        def outwards(message: Message) -> Awaitable[None]:
            nonlocal begun
            begun = True
            return send(message)

        # Not a coroutine: it only chooses what the sender waits for.
        def passing(message: Message) -> Awaitable[None]:
            nonlocal begun, replaced
            if replaced:
                return _nothing()
            if message["type"] in _STARTS:
                start = Start(message)
                for position, leave in enumerate(leaves):
                    refusal = leave(scope, start)
                    if refusal is not None:
                        replaced = True
                        onwards = _through(scope, outwards, leaves[position + 1 :])
                        return _answered(refusal, scope, receive, onwards)
            begun = True
            return send(message)

        depth, head = -1, head_of(scope)
        try:
            for depth, enter in entries:
                found: Any = enter(scope, head, receive)
                if found is None:
                    continue
                outcome = found if isinstance(found, Outcome) else await found
                if isinstance(outcome, Reading):
                    receive = outcome.receive
                elif outcome is not None:
                    await _answered(outcome, scope, receive, _through(scope, outwards, plan.outside[depth]))
                    return
            depth = whole
            await app(scope, receive, passing)
        except Exception as error:
            for at, failed in boundaries:
                if at < depth:
                    answer = failed(scope, error, begun)
                    if answer is not None:
                        await _answered(answer, scope, receive, _through(scope, outwards, plan.outside[at]))
                        break
            else:
                raise
        finally:
            for at, done in ends:
                if at < depth:
                    done()

    return guarded


async def _nothing() -> None:
    """What is sent after a response was replaced."""


def _through(scope: Scope, send: Send, leaves: tuple[Leave, ...]) -> Send:
    """A sender for an answer that still has to pass some controls."""
    replaced = False

    async def passing(message: Message) -> None:
        nonlocal replaced
        if replaced:
            return
        if message["type"] in _STARTS:
            start = Start(message)
            for position, leave in enumerate(leaves):
                refusal = leave(scope, start)
                if refusal is not None:
                    replaced = True
                    await _answered(refusal, scope, _no_body, _through(scope, send, leaves[position + 1 :]))
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
