"""Errors that leak nothing: RFC 9457 problem details with an error id, the detail only in the log.

ASVS v5.0.0-16.5.1 (generic message), 16.5.3 (fail securely), 16.5.4 (last-resort handler).
"""

import json
import logging
from http import HTTPStatus

from strongback.errors import DeniedError, LimitExceededError, StoreUnavailableError
from strongback.events import Event, EventName
from strongback.http.asgi import ASGIApp, Message, Receive, Scope, Send, respond
from strongback.seams import Clock, EventSink, Randomness

__all__ = ["ErrorBoundary", "problem", "refuse", "status_of"]

_LOG = logging.getLogger("strongback.errors")
_TYPE = (b"content-type", b"application/problem+json")


def problem(status: int, *, error_id: str | None = None, extra: dict[str, object] | None = None) -> bytes:
    """Body of a problem document (RFC 9457 §3): the status' own phrase and nothing about the cause."""
    try:
        title = HTTPStatus(status).phrase
    except ValueError:
        title = "Error"
    document: dict[str, object] = {"type": "about:blank", "title": title, "status": status}
    if error_id is not None:
        document["instance"] = f"urn:error:{error_id}"
    return json.dumps({**document, **(extra or {})}, ensure_ascii=True).encode()


async def refuse(
    scope: Scope, send: Send, status: int, headers: tuple[tuple[bytes, bytes], ...] = ()
) -> None:
    """Answer with a problem document, or close the handshake of a WebSocket."""
    await respond(scope, send, status, problem(status), (_TYPE, (b"cache-control", b"no-store"), *headers))


def status_of(error: BaseException) -> int:
    """The status that stands for an exception: a denial's own, 413 for a limit, 503 for a store, else 500."""
    if isinstance(error, DeniedError):
        return error.status
    if isinstance(error, LimitExceededError):
        return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    return HTTPStatus.SERVICE_UNAVAILABLE if isinstance(error, StoreUnavailableError) else 500


class ErrorBoundary:
    """Last-resort handler: catches every exception of the application and the controls inside it.

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

        async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] not in {"http", "websocket"}:
                await app(scope, receive, send)
                return
            started = False

            async def watch(message: Message) -> None:
                nonlocal started
                started = True
                await send(message)

            try:
                await app(scope, receive, watch)
            except Exception as error:
                expected = isinstance(error, DeniedError | LimitExceededError)
                # A framework that answered before re-raising has recorded the error under the id it sent.
                known = scope.get("strongback.error_id")
                error_id = None if expected else known or self.record(error, scope)
                if started and known is None:
                    raise
                if not started:
                    body = problem(status_of(error), error_id=error_id)
                    await respond(
                        scope, send, status_of(error), body, (_TYPE, (b"cache-control", b"no-store"))
                    )

        return guarded
