"""The last-resort handler: no exception reaches a client, and none is lost.

ASVS v5.0.0-16.5.1 (generic message), 16.5.3 (fail securely), 16.5.4 (last-resort handler).
"""

import logging
from itertools import chain

from strongback.errors import DeniedError, LimitExceededError, StoreUnavailableError
from strongback.events import Event, EventName
from strongback.http.asgi import ASGIApp, Receive, Scope, Send, Start
from strongback.http.problems import status_of
from strongback.http.steps import Instead, Plain, Refusal, Steps, guard
from strongback.seams import Clock, EventSink, Randomness

__all__ = ["ErrorBoundary"]

_LOG = logging.getLogger("strongback.errors")


class ErrorBoundary:
    """Catches every exception of the application and the controls inside it.

    The client gets a problem document with an error id; the log gets the id, the path and the traceback
    through the logger `strongback.errors` (use `JsonFormatter` to redact it). If the response had begun,
    the connection is ended by raising, because a truncated body must not look complete.
    """

    def __init__(self, *, clock: Clock, rng: Randomness, events: EventSink) -> None:
        self._clock = clock
        self._rng = rng
        self._events = events

    def record(self, error: BaseException, scope: Scope) -> str:
        """Log an exception and emit an event; return the error id."""
        error_id = self._rng.token(9).hex()
        unavailable = isinstance(error, StoreUnavailableError)
        name = EventName.STORE_UNAVAILABLE if unavailable else EventName.ERROR_UNHANDLED
        detail = {"error_id": error_id, "error": type(error).__name__, "path": scope.get("path", "")}
        self._events.emit(Event(name, self._clock.now(), detail=detail))
        _LOG.error("error %s", error_id, exc_info=(type(error), error, error.__traceback__))
        return error_id

    def around(self, app: ASGIApp) -> ASGIApp:
        """Guard `app`."""
        return guard(app, self)

    def steps(self) -> Steps:
        """See `Steps`."""
        return Steps(failed=self._failed, leave=self._leave, plain=Plain())

    def _leave(self, scope: Scope, start: Start) -> Refusal | None:
        """Not every server refuses a header with a line break in it, which would begin another header."""
        text = b"".join(chain.from_iterable(start.headers))
        if 13 not in text and 10 not in text and 0 not in text:
            return None
        error = ValueError("a response header holds a line break")
        return Refusal(500, error_id=self.record(error, scope))

    def _failed(self, scope: Scope, error: Exception, begun: bool) -> Refusal | Instead | None:
        expected = isinstance(error, DeniedError | LimitExceededError)
        # A framework that answered before re-raising has recorded the error under the id it sent.
        known = scope.get("strongback.error_id")
        error_id = None if expected else known or self.record(error, scope)
        if begun:
            return None if known is None else Instead(_answered_already)
        return Refusal(status_of(error), error_id=error_id)


async def _answered_already(scope: Scope, receive: Receive, send: Send) -> None:
    """The framework has sent the whole answer."""
