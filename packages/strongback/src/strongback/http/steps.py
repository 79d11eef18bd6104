"""Several controls as one layer around an application.

Most controls look at a request's head, may refuse it, and add something where the response starts. Each such
control says so as `Steps`; `guard` runs any number of them in one layer, since a layer of its own for every
control costs more than what most of them do.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from strongback.http.asgi import ASGIApp, Message, Receive, Scope, Send
from strongback.http.problems import refuse

__all__ = ["Refusal", "Stepped", "Steps", "guard"]

_REQUESTS = frozenset({"http", "websocket"})
_STARTS = frozenset({"http.response.start", "websocket.accept"})


@dataclass(frozen=True, slots=True)
class Refusal:
    """The answer that a control gives instead of the application: a problem document with this status."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...] = ()


Leave = Callable[[Scope, Message], Refusal | None]


@dataclass(frozen=True, slots=True)
class Steps:
    """What one control does; each part is left out where there is nothing to do."""

    enter: Callable[[Scope], Refusal | None] | None = None
    """Looks at the request; needs no store."""
    check: Callable[[Scope], Awaitable[Refusal | None]] | None = None
    """Looks at the request and asks a store. Runs after `enter`."""
    leave: Leave | None = None
    """Sees the message that starts a response, or accepts a WebSocket, and may change its headers; a refusal
    takes the response's place.
    """


@runtime_checkable
class Stepped(Protocol):
    """A control that can share a layer with others."""

    def steps(self) -> Steps:
        """What it does."""
        ...


def guard(app: ASGIApp, *controls: Stepped) -> ASGIApp:
    """Guard `app` by the controls, outermost first, in one layer.

    A control that refuses is not seen by those inside it; its answer passes through those outside it.
    """
    all_steps = [control.steps() for control in controls]
    entries: list[tuple[int, bool, Callable[[Scope], object]]] = []
    for depth, steps in enumerate(all_steps):
        if steps.enter is not None:
            entries.append((depth, False, steps.enter))
        if steps.check is not None:
            entries.append((depth, True, steps.check))
    # Innermost first, each list as seen from one depth: what an answer made there still has to pass.
    outside = [
        tuple(steps.leave for steps in reversed(all_steps[:depth]) if steps.leave is not None)
        for depth in range(len(all_steps) + 1)
    ]
    leaves = outside[-1]

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in _REQUESTS:
            await app(scope, receive, send)
            return
        for depth, waits, entry in entries:
            refusal = entry(scope)
            if waits:
                refusal = await refusal  # type: ignore[misc]
            if refusal is not None:
                passing = _passing(scope, send, outside[depth])
                await refuse(scope, passing, refusal.status, refusal.headers)  # type: ignore[attr-defined]
                return
        await app(scope, receive, _passing(scope, send, leaves) if leaves else send)

    return guarded


def _passing(scope: Scope, send: Send, leaves: tuple[Leave, ...]) -> Send:
    replaced = False

    async def passing(message: Message) -> None:
        nonlocal replaced
        if replaced:
            return
        if message["type"] in _STARTS:
            for position, leave in enumerate(leaves):
                refusal = leave(scope, message)
                if refusal is not None:
                    replaced = True
                    outer = _passing(scope, send, leaves[position + 1 :])
                    await refuse(scope, outer, refusal.status, refusal.headers)
                    return
        await send(message)

    return passing
