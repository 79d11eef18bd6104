"""WSGI: the controls of a profile around Flask, Django or any other application of one thread per request.

The controls are the same objects as for ASGI. They run on an event loop in a thread of their own, one per
process; the application runs in the thread its server gave it, after they have let the request in.
"""

import asyncio
import os
import queue
import threading
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import quote

from strongback.background import Loop
from strongback.errors import AuditRefusedError, ConfigurationError
from strongback.http.asgi import Message, Receive, Scope, Send
from strongback.profile import Profile
from strongback.sessions import CurrentSession, current_session
from strongback.startup import RoutePolicy

__all__ = ["Audit", "Environ", "GuardedWsgi", "StartResponse", "ThreadSession", "scope_of"]

T = TypeVar("T")
Environ = dict[str, Any]
StartResponse = Callable[..., Callable[[bytes], object]]
WsgiApp = Callable[[Environ, StartResponse], Iterable[bytes]]
Audit = Callable[[], Awaitable[tuple[str, ...]]]

_SCOPE = "strongback.scope"
_LOOP = "strongback.loop"
_STREAM = "strongback.stream"
_CHUNK = 65_536


@dataclass(slots=True)
class _Job:
    """A request that was let in, on its way from the loop to the server's thread."""

    answer: "asyncio.Future[Message]"
    scope: Scope
    body: "_Body"


class _Body:
    """`wsgi.input` as the controls hand it on: bounded, decompressed, at its end when it ends."""

    def __init__(self, receive: Receive, loop: asyncio.AbstractEventLoop) -> None:
        self._receive = receive
        self._loop = loop
        self._held = b""
        self._more = True

    def _fill(self, wanted: int | None) -> None:
        while self._more and (wanted is None or len(self._held) < wanted):
            message = asyncio.run_coroutine_threadsafe(_awaited(self._receive()), self._loop).result()
            self._held += message.get("body", b"")
            self._more = message["type"] == "http.request" and message.get("more_body", False)

    def read(self, size: int | None = -1) -> bytes:
        """See io.RawIOBase.read."""
        wanted = None if size is None or size < 0 else size
        self._fill(wanted)
        end = len(self._held) if wanted is None else wanted
        given, self._held = self._held[:end], self._held[end:]
        return given

    def readline(self, size: int | None = -1) -> bytes:
        """See io.IOBase.readline."""
        limit = None if size is None or size < 0 else size
        while self._more and b"\n" not in self._held and (limit is None or len(self._held) < limit):
            self._fill(len(self._held) + 1)
        end = self._held.find(b"\n") + 1 or len(self._held)
        return self.read(end if limit is None else min(end, limit))

    def readlines(self, hint: int | None = -1) -> list[bytes]:
        """See io.IOBase.readlines."""
        return list(self)

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.readline, b"")


async def _awaited(work: Awaitable[T]) -> T:
    return await work


def scope_of(environ: Environ) -> Scope:
    """What the controls know of a request. Raises ConfigurationError outside `GuardedWsgi`."""
    scope: Scope | None = environ.get(_SCOPE)
    if scope is None:
        raise ConfigurationError("this needs the application inside GuardedWsgi")
    return scope


class ThreadSession:
    """The session of a request, for handlers that do not await; see `CurrentSession`."""

    def __init__(self, environ: Environ) -> None:
        self._current: CurrentSession = current_session(scope_of(environ))
        self._loop: Loop = environ[_LOOP]

    @property
    def current(self) -> CurrentSession:
        """The session itself."""
        return self._current

    def log_in(self, subject: str, **settings: Any) -> None:
        """See `CurrentSession.log_in`."""
        self._loop.run(self._current.log_in(subject, **settings))

    def step_up(self, factors: tuple[str, ...], roles: tuple[str, ...] | None = None) -> bool:
        """See `CurrentSession.step_up`."""
        return self._loop.run(self._current.step_up(factors, roles))

    def log_out(self) -> None:
        """See `CurrentSession.log_out`."""
        self._loop.run(self._current.log_out())


def _scope(environ: Environ) -> Scope:
    """An ASGI scope of a WSGI environment. Where a server joins headers sent twice, they stay joined."""
    headers = [
        (name[5:].replace("_", "-").lower().encode("latin-1"), str(value).encode("latin-1"))
        for name, value in environ.items()
        if name.startswith("HTTP_") and name not in {"HTTP_CONTENT_TYPE", "HTTP_CONTENT_LENGTH"}
    ]
    headers += [
        (name.replace("_", "-").lower().encode(), str(environ[name]).encode("latin-1"))
        for name in ("CONTENT_TYPE", "CONTENT_LENGTH")
        if environ.get(name)
    ]
    path = environ.get("PATH_INFO", "").encode("latin-1")
    protocol = str(environ.get("SERVER_PROTOCOL", "HTTP/1.1"))
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": protocol.partition("/")[2] or "1.1",
        "method": environ["REQUEST_METHOD"],
        "scheme": environ.get("wsgi.url_scheme", "http"),
        "path": path.decode("utf-8", "replace"),
        "raw_path": quote(path).encode(),
        "query_string": str(environ.get("QUERY_STRING", "")).encode("latin-1"),
        "root_path": environ.get("SCRIPT_NAME", ""),
        "headers": headers,
        "client": (environ["REMOTE_ADDR"], 0) if environ.get("REMOTE_ADDR") else None,
        "server": (environ.get("SERVER_NAME", ""), int(environ.get("SERVER_PORT") or 0)),
    }


def _into_environ(environ: Environ, job: _Job) -> None:
    """What the controls decided about the request becomes what the application sees."""
    for name in [n for n in environ if n.startswith("HTTP_")] + ["CONTENT_TYPE", "CONTENT_LENGTH"]:
        environ.pop(name, None)
    for key, value in job.scope["headers"]:
        name = key.decode("latin-1").upper().replace("-", "_")
        name = name if name in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{name}"
        environ[name] = value.decode("latin-1")
    client = job.scope.get("client")
    environ["REMOTE_ADDR"] = client[0] if client else ""
    environ["wsgi.url_scheme"] = job.scope["scheme"]
    environ["wsgi.input"] = job.body
    environ["wsgi.input_terminated"] = True
    environ[_SCOPE] = job.scope


def _reader(environ: Environ) -> Receive:
    """The request's body as messages; read on another thread, since a client may be slow."""
    length = str(environ.get("CONTENT_LENGTH") or "")
    ends = bool(environ.get("wsgi.input_terminated"))
    # Without a length, and without a server that marks the end, there is nothing that may be read.
    left = int(length[:20]) if length.isascii() and length.isdigit() else _CHUNK if ends else 0
    counted = length != ""
    source = environ["wsgi.input"]  # the application will find `_Body` under this name

    async def receive() -> Message:
        nonlocal left
        chunk = b""
        if left > 0:
            chunk = await asyncio.to_thread(source.read, min(left, _CHUNK))
            left = left - len(chunk) if counted else left
            left = left if chunk else 0
        return {"type": "http.request", "body": chunk, "more_body": left > 0}

    return receive


class GuardedWsgi:
    """`app` behind the controls of a profile. Opens the store and runs the start-up audit before the first
    request of a process, and answers none while the audit finds something.
    """

    def __init__(
        self, app: WsgiApp, profile: Profile, *, audit: Audit, routes: Callable[[], Iterable[RoutePolicy]]
    ) -> None:
        self._app = app
        self._audit = audit
        self.routes = routes
        self._lock = threading.Lock()
        self._started_in = 0
        self._chain = profile.around(self._serve)
        self.strongback_profile = profile
        self.loop = Loop()

    async def findings(self) -> tuple[str, ...]:
        """Everything that forbids the application to start."""
        return await self._audit()

    async def _open(self) -> None:
        await self.strongback_profile.store.open()
        findings = await self._audit()
        if findings:
            raise AuditRefusedError(findings)

    def start(self) -> None:
        """Open and audit; servers may call it before they listen. Raises AuditRefusedError."""
        with self._lock:
            if self._started_in != os.getpid():
                self.loop.run(self._open())
                self._started_in = os.getpid()

    def stop(self) -> None:
        """Close the store of this process and end its loop."""
        with self._lock:
            if self._started_in == os.getpid():
                self.loop.run(self.strongback_profile.store.close())
            self._started_in = 0
            self.loop.stop()

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Stands for the application on the loop, inside every control."""
        loop = asyncio.get_running_loop()
        job = _Job(loop.create_future(), scope, _Body(receive, loop))
        scope[_STREAM].put(job)
        await send(await job.answer)
        # No control looks at a body; the server's thread sends it, unless a control has replaced the start.
        await send({"type": "http.response.body", "body": b"", _STREAM: True})

    async def _run(self, environ: Environ, jobs: "queue.SimpleQueue[_Job | None]") -> list[Message]:
        messages: list[Message] = []

        async def send(message: Message) -> None:
            messages.append(message)

        try:
            await self._chain({**_scope(environ), _STREAM: jobs}, _reader(environ), send)
        finally:
            jobs.put(None)
        return messages

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request."""
        if self._started_in != os.getpid():
            self.start()
        loop, jobs = self.loop.running(), queue.SimpleQueue[_Job | None]()
        outcome = asyncio.run_coroutine_threadsafe(self._run(environ, jobs), loop)
        job, answer = jobs.get(), None
        if job is not None:
            environ[_LOOP] = self.loop
            _into_environ(environ, job)
            answer = _Answer(self._app, environ)
            loop.call_soon_threadsafe(_settle, job.answer, answer)
        try:
            messages = outcome.result()
        except BaseException:
            if answer is not None:
                answer.close()
            raise
        start = messages[0]
        status = start["status"]
        known = status in {s.value for s in HTTPStatus}
        line = f"{status} {HTTPStatus(status).phrase if known else 'Status'}"
        pairs = [(k.decode("latin-1").title(), v.decode("latin-1")) for k, v in start["headers"]]
        start_response(line, pairs)
        if answer is not None and any(message.get(_STREAM) for message in messages):
            return answer
        if answer is not None:
            answer.close()
        return [b"".join(message.get("body", b"") for message in messages[1:])]


def _settle(future: "asyncio.Future[Message]", answer: "_Answer") -> None:
    if future.done():
        return
    if answer.error is not None:
        future.set_exception(answer.error)
    else:
        future.set_result(answer.start)


class _Answer:
    """What the application answered: its start at once, its body as the server asks for it."""

    def __init__(self, app: WsgiApp, environ: Environ) -> None:
        self.start: Message = {}
        self.error: Exception | None = None
        self._begun: list[bytes] = []
        self._chunks: Iterator[bytes] = iter(())
        self._close: Callable[[], object] | None = None
        try:
            returned = app(environ, self._start_response)
            self._close = getattr(returned, "close", None)
            self._chunks = iter(returned)
            # An application may name its status as late as with its first bytes.
            while not self.start and (chunk := next(self._chunks, None)) is not None:
                self._begun.append(chunk)
            if not self.start:
                raise ConfigurationError("the application ended without a status")
        # rearguard: ignore[error-exposure] kept to be raised again; sent are the chunks of the application
        except Exception as error:
            self.error = error

    def _start_response(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        self.start = {
            "type": "http.response.start",
            "status": int(status[:3]),
            "headers": [(k.lower().encode("latin-1"), v.encode("latin-1")) for k, v in headers],
        }
        return self._begun.append

    def __iter__(self) -> Iterator[bytes]:
        while self._begun:
            yield self._begun.pop(0)
        yield from self._chunks

    def close(self) -> None:
        """See PEP 3333."""
        if self._close is not None:
            with suppress(GeneratorExit):
                self._close()
