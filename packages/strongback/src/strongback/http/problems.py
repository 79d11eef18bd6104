"""Errors that leak nothing: RFC 9457 problem details with an error id, the detail only in the log.

ASVS v5.0.0-16.5.1 (generic message), 16.5.3 (fail securely), 16.5.4 (last-resort handler).
"""

import json
from http import HTTPStatus

from strongback.errors import DeniedError, LimitExceededError, StoreUnavailableError
from strongback.http.asgi import Scope, Send, respond

__all__ = ["problem", "refuse", "status_of"]

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
    scope: Scope,
    send: Send,
    status: int,
    headers: tuple[tuple[bytes, bytes], ...] = (),
    *,
    error_id: str | None = None,
) -> None:
    """Answer with a problem document, or close the handshake of a WebSocket."""
    body = problem(status, error_id=error_id)
    await respond(scope, send, status, body, (_TYPE, (b"cache-control", b"no-store"), *headers))


def status_of(error: BaseException) -> int:
    """The status that stands for an exception: a denial's own, 413 for a limit, 503 for a store, else 500."""
    if isinstance(error, DeniedError):
        return error.status
    if isinstance(error, LimitExceededError):
        return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    return HTTPStatus.SERVICE_UNAVAILABLE if isinstance(error, StoreUnavailableError) else 500
