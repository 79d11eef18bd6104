"""The layers that Starlette and FastAPI put around a router, and what they cost.

Some of them do nothing until an exception passes: they look for whoever handles it, note it for telemetry, or
turn a body limit's signal into a 413. Passing through them costs every request more than most controls do. So
a request goes straight to what they stand around, and they are handed the exception when there is one.
"""

import copy
from collections.abc import Coroutine
from typing import Any

from starlette.middleware.exceptions import ExceptionMiddleware

from strongback.http.asgi import ASGIApp, Message, Receive, Scope, Send
from strongback.http.steps import Instead, Steps

__all__ = ["ExceptionLayers", "exception_layers"]

_HANDLERS = "starlette.exception_handlers"
_PASSED = "strongback.exception_passed"
# Both of FastAPI's own; the second is told apart from one that limits by what it stands around.
_WAITING = frozenset({"ExceptionTelemetryMiddleware", "AppBodyLimitMiddleware"})


class ExceptionLayers:
    """Layers that wait for an exception, as a control inside all others."""

    def __init__(self, outermost: Any, handlers: object) -> None:
        self._outermost = outermost
        self._handlers = handlers

    def steps(self) -> Steps:
        """See `Steps`. Routes look for the handlers where the layers would have put them."""
        return Steps(offers={_HANDLERS: self._handlers}, failed=self._failed)

    def _failed(self, scope: Scope, error: Exception, begun: bool) -> Instead:
        async def told(scope: Scope, receive: Receive, send: Send) -> None:
            # Of an answer that has begun nothing more is sent: they only say what to raise.
            await self._outermost(scope, receive, _drop if late else send)

        late = begun and scope["type"] == "http"
        scope[_PASSED] = error, late
        return Instead(told)


def exception_layers(stack: ASGIApp) -> tuple[ASGIApp, ExceptionLayers] | None:
    """What stands inside the waiting layers of `stack`, and those layers; None where anything else is there.

    A middleware of the application's own, or a body limit, is something else: nothing is taken apart then.
    """
    found: list[Any] = []
    layer: Any = stack
    while type(layer).__name__ in _WAITING and type(layer).__module__.partition(".")[0] == "fastapi":
        found.append(layer)
        layer = layer.app
    if type(layer) is not ExceptionMiddleware:
        return None
    outermost = innermost = _copied(layer, _raise_again)
    for one in reversed(found):
        outermost = _copied(one, outermost)
    handlers = _offered(innermost)
    return None if handlers is None else (layer.app, ExceptionLayers(outermost, handlers))


def _copied(layer: Any, app: Any) -> Any:
    same = copy.copy(layer)
    same.app = app
    return same


def _offered(layer: ExceptionMiddleware) -> object:
    """What it puts into the scope of every request; None if that is more or less than its handlers."""
    scope: dict[str, Any] = {"type": "http", "headers": []}
    trial = _copied(layer, _quiet)
    running: Coroutine[Any, Any, None] = trial(scope, _no_message, _drop)
    try:
        running.send(None)
    except StopIteration:
        return scope[_HANDLERS] if scope.keys() == {"type", "headers", _HANDLERS} else None
    running.close()
    return None


async def _raise_again(scope: Scope, receive: Receive, send: Send) -> None:
    """Stands for the application, which has failed already; tells the layers if its answer had begun."""
    error, late = scope.pop(_PASSED)
    if late:
        await send({"type": "http.response.start"})
    raise error


async def _quiet(scope: Scope, receive: Receive, send: Send) -> None:
    """An application that does nothing."""


async def _no_message() -> Message:
    return {"type": "http.disconnect"}


async def _drop(message: Message) -> None:
    """Nobody waits for an answer."""
