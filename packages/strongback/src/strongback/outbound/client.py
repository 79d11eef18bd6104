"""Clients of httpx2, and of httpx, whose connections go only where the policy permits.

The check sits in the connection pool's network backend, so that the address that was checked is the address
that is dialled: a name that resolves differently a moment later (DNS rebinding) changes nothing, and
redirects are checked like any other request. Needs the extra `strongback[http]`.
"""

import asyncio
import hashlib
import hmac
import ssl
import time
from collections.abc import AsyncIterator, Iterator
from types import ModuleType
from typing import Any

try:
    import httpcore2
    import httpx2
except ImportError as error:  # pragma: no cover
    raise ImportError("strongback.outbound.client needs the extra: pip install 'strongback[http]'") from error
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from strongback.background import Loop
from strongback.errors import ConfigurationError
from strongback.events import Event, EventName
from strongback.outbound.policy import OutboundBlockedError, OutboundPolicy, Resolver, resolve
from strongback.seams import Clock, EventSink

__all__ = ["guarded_client", "guarded_httpx_client", "guarded_sync_client"]


class _Network:
    """A network backend that resolves once, checks every address, and dials what was checked."""

    def __init__(
        self, inner: Any, core: ModuleType, policy: OutboundPolicy, resolver: Resolver, clock: Clock
    ) -> None:
        self._inner = inner
        self._core: Any = core
        self._policy = policy
        self._resolver = resolver
        self._clock = clock

    async def connect_tcp(
        self,
        host: str | bytes,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> Any:
        name = host.decode("ascii") if isinstance(host, bytes) else host
        if port not in self._policy.ports:
            raise OutboundBlockedError(f"port {port}")
        try:
            async with asyncio.timeout(timeout):
                addresses = await self._resolver(name, port)
        except (OSError, UnicodeError) as error:
            raise self._core.ConnectError(f"cannot resolve {name}") from error
        failure: Exception | None = None
        for address in self._policy.check_addresses(name, addresses):
            try:
                stream = await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (self._core.ConnectError, self._core.ConnectTimeout) as error:
                failure = error
                continue
            return _Stream(stream, self._policy, self._clock)
        raise failure or self._core.ConnectError(f"cannot connect to {name}")

    async def connect_unix_socket(self, *arguments: Any, **keywords: Any) -> Any:
        raise OutboundBlockedError("a Unix socket")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class _Stream:
    """A connection that compares the server's key with the pins after the handshake."""

    def __init__(self, inner: Any, policy: OutboundPolicy, clock: Clock) -> None:
        self._inner = inner
        self._policy = policy
        self._clock = clock

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data: bytes = await self._inner.read(max_bytes, timeout)
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        await self._inner.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._inner.aclose()

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> Any:
        secured = await self._inner.start_tls(ssl_context, server_hostname, timeout)
        pin = self._policy.pins.get((server_hostname or "").lower().removesuffix("."))
        if pin is not None:
            certificate = secured.get_extra_info("ssl_object").getpeercert(binary_form=True)
            matches = any(hmac.compare_digest(_spki(certificate), known) for known in pin.hashes)
            if not matches or self._clock.now() >= pin.expires:
                await secured.aclose()
                raise OutboundBlockedError("the server's key is not pinned, or the pin has expired")
        return _Stream(secured, self._policy, self._clock)


def _spki(certificate: bytes) -> bytes:
    key = x509.load_der_x509_certificate(certificate).public_key()
    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()


def _bodies(api: Any, core: Any, policy: OutboundPolicy) -> Any:
    """The class of bodies that end at the policy's size and at a deadline."""

    class Body(api.AsyncByteStream):  # type: ignore[misc]
        def __init__(self, inner: Any, ends: float) -> None:
            self._inner = inner
            self._ends = ends

        async def __aiter__(self) -> AsyncIterator[bytes]:
            size = 0
            chunks = aiter(self._inner)
            while True:
                # The deadline is set around each read, not around `yield`: what the caller does meanwhile
                # must not be cancelled by it.
                with _translated(api, core):
                    async with asyncio.timeout(max(0.0, self._ends - time.monotonic())):
                        chunk = await anext(chunks, None)
                if chunk is None:
                    return
                size += len(chunk)
                if size > policy.max_bytes:
                    raise OutboundBlockedError("the response is too large")
                yield chunk

        async def aclose(self) -> None:
            await self._inner.aclose()

    return Body


def _wired(core: Any, request: Any) -> Any:
    """A request of the client's library as its transport layer takes it."""
    url = request.url
    # Compressed answers could unfold beyond every bound, so none is asked for and none taken.
    request.headers["accept-encoding"] = "identity"
    return core.Request(
        method=request.method,
        url=core.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
        headers=request.headers.raw,
        content=request.stream,
        extensions={k: v for k, v in request.extensions.items() if k == "timeout"},
    )


def _transport(
    api: Any, core: Any, policy: OutboundPolicy, clock: Clock, events: EventSink, resolver: Resolver,
    context: ssl.SSLContext,
) -> Any:  # fmt: skip
    """A transport for one generation of the library, composed from its public parts."""
    network = _Network(core.AnyIOBackend(), core, policy, resolver, clock)
    pool = core.AsyncConnectionPool(ssl_context=context, network_backend=network, max_connections=50)
    body = _bodies(api, core, policy)

    class Transport(api.AsyncBaseTransport):  # type: ignore[misc]
        async def handle_async_request(self, request: Any) -> Any:
            url = request.url
            ends = time.monotonic() + policy.deadline
            try:
                policy.check_url(url.scheme, url.raw_host.decode("ascii"), url.port, url.userinfo)
                wire = _wired(core, request)
                with _translated(api, core):
                    async with asyncio.timeout(policy.deadline):
                        answer = await pool.handle_async_request(wire)
                coding = [v for k, v in answer.headers if k.lower() == b"content-encoding"]
                if any(value.lower() != b"identity" for value in coding):
                    await answer.aclose()
                    raise OutboundBlockedError("the response is compressed")
            except OutboundBlockedError as error:
                detail = {"reason": error.reason, "host": url.host}
                events.emit(Event(EventName.OUTBOUND_BLOCKED, clock.now(), detail=detail))
                raise
            return api.Response(
                status_code=answer.status,
                headers=answer.headers,
                stream=body(answer.stream, ends),
                extensions={
                    k: v for k, v in answer.extensions.items() if k in {"http_version", "reason_phrase"}
                },
            )

        async def aclose(self) -> None:
            await pool.aclose()

    return Transport()


class _translated:  # noqa: N801
    """Turns the transport layer's exceptions, and our deadline, into the client library's own."""

    def __init__(self, api: Any, core: Any) -> None:
        self._api = api
        self._core = core

    def __enter__(self) -> None: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, TimeoutError):
            raise self._api.ReadTimeout("the deadline has passed") from error
        for cls in type(error).__mro__ if error is not None else ():
            known = cls.__module__.partition(".")[0] == self._core.__name__
            translated = getattr(self._api, cls.__name__, None) if known else None
            if isinstance(translated, type) and issubclass(translated, self._api.TransportError):
                raise translated(str(error)) from error


def _settings(policy: OutboundPolicy) -> dict[str, Any]:
    return {
        "trust_env": False,  # a proxy from the environment would dial for us, unchecked
        "follow_redirects": policy.max_redirects > 0,
        "max_redirects": policy.max_redirects,
    }


def guarded_client(
    policy: OutboundPolicy,
    *,
    clock: Clock,
    events: EventSink,
    resolver: Resolver = resolve,
    context: ssl.SSLContext | None = None,
) -> httpx2.AsyncClient:
    """A client of httpx2. `context` adds authorities; one that does not verify is refused.

    Requests raise OutboundBlockedError where the policy forbids, and httpx2's own errors otherwise.
    """
    transport = _transport(httpx2, httpcore2, policy, clock, events, resolver, _verifying(context))
    timeout = httpx2.Timeout(policy.deadline, connect=policy.connect_timeout)
    return httpx2.AsyncClient(transport=transport, timeout=timeout, **_settings(policy))


def guarded_httpx_client(
    policy: OutboundPolicy,
    *,
    clock: Clock,
    events: EventSink,
    resolver: Resolver = resolve,
    context: ssl.SSLContext | None = None,
) -> Any:
    """The same for the older httpx, if it is installed: an `httpx.AsyncClient`."""
    import httpcore
    import httpx

    transport = _transport(httpx, httpcore, policy, clock, events, resolver, _verifying(context))
    timeout = httpx.Timeout(policy.deadline, connect=policy.connect_timeout)
    return httpx.AsyncClient(transport=transport, timeout=timeout, **_settings(policy))


def guarded_sync_client(
    policy: OutboundPolicy,
    *,
    clock: Clock,
    events: EventSink,
    resolver: Resolver = resolve,
    context: ssl.SSLContext | None = None,
) -> httpx2.Client:
    """The same for code that does not await: an `httpx2.Client`, its connections on a thread of their own.

    Close it, or use it in a `with` statement. It may be shared between threads, not between processes.
    """
    inner = _transport(httpx2, httpcore2, policy, clock, events, resolver, _verifying(context))
    timeout = httpx2.Timeout(policy.deadline, connect=policy.connect_timeout)
    return httpx2.Client(transport=_Bridge(inner), timeout=timeout, **_settings(policy))


class _Upload(httpx2.AsyncByteStream):
    """A body that is read as the caller made it, on another thread, since it may wait."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    async def __aiter__(self) -> AsyncIterator[bytes]:
        chunks = iter(self._inner)
        while (chunk := await asyncio.to_thread(next, chunks, None)) is not None:
            yield chunk


class _Download(httpx2.SyncByteStream):
    """An answer's body, a chunk at a time from the loop."""

    def __init__(self, inner: Any, loop: Loop) -> None:
        self._inner = inner
        self._loop = loop

    def __iter__(self) -> Iterator[bytes]:
        chunks = aiter(self._inner)

        async def following() -> bytes | None:
            return await anext(chunks, None)

        while (chunk := self._loop.run(following())) is not None:
            yield chunk

    def close(self) -> None:
        self._loop.run(self._inner.aclose())


class _Bridge(httpx2.BaseTransport):
    """The guarded transport behind the interface that does not await."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self._loop = Loop()

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        outgoing = httpx2.Request(
            request.method,
            request.url,
            headers=request.headers,
            stream=_Upload(request.stream),
            extensions=request.extensions,
        )
        answer = self._loop.run(self._inner.handle_async_request(outgoing))
        return httpx2.Response(
            status_code=answer.status_code,
            headers=answer.headers,
            stream=_Download(answer.stream, self._loop),
            extensions=answer.extensions,
        )

    def close(self) -> None:
        self._loop.run(self._inner.aclose())
        self._loop.stop()


def _verifying(context: ssl.SSLContext | None) -> ssl.SSLContext:
    chosen = context or ssl.create_default_context()
    if chosen.verify_mode is not ssl.CERT_REQUIRED or not chosen.check_hostname:
        raise ConfigurationError("the TLS context does not verify certificates and names")
    return chosen
