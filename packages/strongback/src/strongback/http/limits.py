"""Bounds on what a request may be, checked before the application sees it.

ASVS v5.0.0-4.1.4 (methods), 4.2.1 (framing), 5.2.1 (body size),
15.2.2 (availability).
"""

import asyncio
import codecs
import re
import zlib
from collections import deque
from collections.abc import Awaitable, Iterable, Mapping
from itertools import chain

from strongback.errors import ConfigurationError, LimitExceededError
from strongback.events import Event, EventName
from strongback.http.asgi import USUAL_NAMES, ASGIApp, Head, Message, Receive, Scope, Send, head_of, header
from strongback.http.steps import Instead, Reading, Refusal, Steps, guard
from strongback.seams import Clock, EventSink

__all__ = ["JsonShape", "RequestLimits", "json_objection"]

_MIB = 1024 * 1024
_ONCE = frozenset(
    {
        b"host",
        b"content-length",
        b"content-type",
        b"authorization",
        b"transfer-encoding",
        b"content-encoding",
    }
)
_BODY = frozenset({b"content-length", b"transfer-encoding"})
_DECODED = frozenset({b"content-encoding", b"content-length"})
_OVERRIDES = frozenset({b"x-http-method-override", b"x-http-method", b"x-method-override"})
_SPECIAL = _BODY | _OVERRIDES
# A text without end reaches to the end: what begins to match always does, so that no byte is read twice.
_JSON_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|[\[{]|[\]}]|[-+]?\d[\d.eE+-]*+', re.DOTALL)
_OTHER_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# The whole value, so that no other parameter is taken for the boundary: parsers differ in which one counts.
_CHARSET = r"""(?:\s*;\s*charset="?[\w.:-]{1,40}"?)?"""
_MULTIPART = re.compile(
    rf"""multipart/form-data{_CHARSET}\s*;\s*boundary=(?:"(?P<quoted>[\w'()+,./:=? -]{{1,70}})"|"""
    rf"""(?P<plain>[\w'()+./:=?-]{{1,70}})){_CHARSET}\s*;?\s*\Z""",
    re.IGNORECASE | re.ASCII,
)
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_TYPES = ("application/json", "application/x-www-form-urlencoded", "multipart/form-data")


class JsonShape:
    """Bounds on a JSON document: nesting, digits in one number, and number of members and items."""

    __slots__ = ("depth", "digits", "items")

    def __init__(self, *, depth: int = 32, digits: int = 64, items: int = 50_000) -> None:
        self.depth = depth
        self.digits = digits
        self.items = items


def json_objection(body: bytes, shape: JsonShape) -> str | None:
    """Why a document exceeds `shape`, or None. Scans tokens without building anything; linear in the body.

    Parsers guess UTF-16 and UTF-32, whose bytes mean other things to whoever reads them as text; JSON that
    is exchanged is UTF-8 (RFC 8259 §8.1), and holds no zero byte then.
    """
    if 0 in body or body.startswith(_OTHER_MARKS):
        return "JSON that is not UTF-8"
    if body.count(b",") > shape.items:
        # Commas inside strings count too: a cheap upper bound that ordinary documents stay far below.
        return "too many JSON items"
    depth = 0
    # Of a document within the bounds; what is none, such as a million brackets, is not read to its end.
    most = 4 * shape.items + 4096
    for count, match in enumerate(_JSON_TOKEN.finditer(body)):
        if count > most:
            return "too many JSON items"
        first = body[match.start()]
        if first in b"[{":
            depth += 1
            if depth > shape.depth:
                return "JSON nested too deeply"
        elif first in b"]}":
            depth -= 1
        elif first != 0x22 and match.end() - match.start() > shape.digits:
            return "a JSON number with too many digits"
    return None


class RequestLimits:
    """Refuses, in this order: method, framing, header and URL size, content type and encoding, body size and
    speed, JSON shape, multipart parts; and more than `max_concurrent` requests at once.

    Bodies up to `buffer_up_to` bytes are read here, within `body_seconds`, so that the application never sees
    one that is refused. Paths in `larger` (exact path to bytes) may exceed it; their bodies are counted while
    they stream, each part within `body_seconds`; beyond the limit, or too slow, raises LimitExceededError.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        events: EventSink,
        max_body: int = _MIB,
        larger: Mapping[str, int] | None = None,
        buffer_up_to: int = 4 * _MIB,
        methods: Iterable[str] = _METHODS,
        content_types: Iterable[str] = _TYPES,
        decompress: bool = False,
        json_shape: JsonShape | None = None,
        max_parts: int = 64,
        max_headers: int = 64,
        max_header_bytes: int = 16_384,
        max_target: int = 4_096,
        body_seconds: float = 15.0,
        max_concurrent: int = 256,
    ) -> None:
        sizes = (max_body, max_parts, max_headers, max_header_bytes, max_target, max_concurrent, buffer_up_to)
        if min(sizes) < 1 or body_seconds <= 0 or max_body > buffer_up_to:
            raise ConfigurationError(
                "RequestLimits: limits must be positive, and max_body within buffer_up_to"
            )
        self._clock = clock
        self._events = events
        self._max_body = max_body
        self._larger = dict(larger or {})
        self._buffer_up_to = buffer_up_to
        self._methods = frozenset(methods)
        if self._methods & {"TRACE", "TRACK", "CONNECT"}:
            raise ConfigurationError("RequestLimits: TRACE, TRACK and CONNECT are not for applications")
        self._types = frozenset(t.lower() for t in content_types)
        self._decompress = decompress
        self._shape = json_shape or JsonShape()
        self._max_parts = max_parts
        self._max_headers = max_headers
        self._max_header_bytes = max_header_bytes
        self._max_target = max_target
        self._body_seconds = body_seconds
        self._max_concurrent = max_concurrent
        # Values that are shorter than this are within the limit whatever their usual names are.
        self._short = max_header_bytes - sum(map(len, USUAL_NAMES))
        # One item for each request that runs; its length is their number.
        self._running: deque[None] = deque()

    def around(self, app: ASGIApp) -> ASGIApp:
        """Guard `app`."""
        return guard(app, self)

    def steps(self) -> Steps:
        """See `Steps`."""
        return Steps(enter=self._enter, done=self._running.pop)

    def _enter(
        self, scope: Scope, head: Head, receive: Receive
    ) -> Refusal | Awaitable[Refusal | Instead | Reading] | None:
        announced, objection = False, None
        special = not head.usual or scope.get("method") not in self._methods or not _SPECIAL.isdisjoint(head)
        text = b"".join(head.values())
        if (
            special
            or scope.get("query_string")
            or head.size > self._max_headers
            or len(text) > self._short
            or len(scope.get("raw_path") or b"") > self._max_target
        ):
            announced, objection, text = self._special(scope, head)
        if objection is None:
            if 0 in text or 10 in text or 13 in text:
                objection = 400, "a header holds a control character"
            elif len(self._running) >= self._max_concurrent:
                objection = 503, "too many requests at once"
        if objection is not None:
            return self._refusal(scope, *objection)
        if special and head.sent_any(_OVERRIDES):
            head.without(scope, _OVERRIDES)
        self._running.append(None)
        # Without length or coding a request of HTTP/1.1 has no body (RFC 9112 §6.3).
        if announced or (scope.get("http_version") != "1.1" and scope["type"] == "http"):
            return self._body(scope, receive)
        return None

    def _special(self, scope: Scope, head: Head) -> tuple[bool, tuple[int, str] | None, bytes]:
        """Whether a body is announced, what is wrong with method, sizes or framing, and the headers' text."""
        http = scope["type"] == "http"
        announced = http and head.sent_any(_BODY)
        text = b"".join(chain.from_iterable(head.source))
        target = len(scope.get("raw_path") or b"") + len(scope.get("query_string") or b"")
        objection: tuple[int, str] | None = None
        if http and scope["method"] not in self._methods:
            objection = 405, "method"
        elif head.size > self._max_headers or len(text) > self._max_header_bytes:
            objection = 431, "headers too large"
        elif target > self._max_target:
            objection = 414, "target too long"
        elif not _ONCE.isdisjoint(head.many):
            objection = 400, "a header was sent twice"
        elif announced:
            objection = self._framing_objection(scope)
        return announced, objection, text

    def _refusal(self, scope: Scope, status: int, reason: str) -> Refusal:
        detail = {"reason": reason, "path": str(scope.get("path", ""))[:256]}
        self._events.emit(Event(EventName.LIMIT_EXCEEDED, self._clock.now(), detail=detail))
        extra: tuple[tuple[bytes, bytes], ...] = ()
        if status == 405:
            extra = ((b"allow", ", ".join(sorted(self._methods)).encode()),)
        elif status == 503:
            extra = ((b"retry-after", b"1"),)
        return Refusal(status, extra)

    def _framing_objection(self, scope: Scope) -> tuple[int, str] | None:
        length, encoding = header(scope, b"content-length"), header(scope, b"transfer-encoding")
        if length is not None and (encoding is not None or not (length.isascii() and length.isdigit())):
            return 400, "ambiguous framing"
        if encoding is not None and encoding.lower() != "chunked":
            return 400, "unknown transfer coding"
        if length is not None and int(length[:20]) > self._limit_for(scope):
            return 413, "body too large"
        if (length or "0").strip("0") == "" and encoding is None:
            return None
        kind = (header(scope, b"content-type") or "").split(";")[0].strip().lower()
        structured = (
            kind.startswith("application/") and kind.endswith("+json") and "application/json" in self._types
        )
        if kind not in self._types and not structured:
            return 415, "content type"
        coding = header(scope, b"content-encoding")
        if coding is not None and (not self._decompress or coding.lower() not in {"gzip", "identity"}):
            return 415, "content encoding"
        return None

    def _limit_for(self, scope: Scope) -> int:
        return self._larger.get(scope["path"], self._max_body)

    async def _body(self, scope: Scope, receive: Receive) -> Refusal | Instead | Reading:
        """Read and judge the body. The request has been counted; a refusal from here gives its place back."""
        answer: Refusal | Instead | Reading | None = None
        try:
            answer = await self._read(scope, receive)
        finally:
            if not isinstance(answer, Reading):
                self._running.pop()
        return answer

    async def _read(self, scope: Scope, receive: Receive) -> Refusal | Instead | Reading:
        limit = self._limit_for(scope)
        if limit > self._buffer_up_to:
            return Reading(_counting(receive, limit, self._body_seconds))
        try:
            async with asyncio.timeout(self._body_seconds):
                body = await _collect(receive, limit)
        except TimeoutError:
            return self._refusal(scope, 408, "body too slow")
        except LimitExceededError:
            return self._refusal(scope, 413, "body too large")
        if body is None:
            return Instead(_client_left)
        objection = None
        coding = (header(scope, b"content-encoding") or "identity").lower()
        if coding == "gzip":
            body, objection = _inflate(body, limit)
            length = (b"content-length", str(len(body)).encode())
            head_of(scope).without(scope, _DECODED, length)
        objection = objection or self._body_objection(scope, body)
        return self._refusal(scope, *objection) if objection else Reading(_replay(body, receive))

    def _body_objection(self, scope: Scope, body: bytes) -> tuple[int, str] | None:
        kind = (header(scope, b"content-type") or "").lower()
        if body and not kind:
            return 415, "content type"
        bare = kind.split(";")[0].strip()
        if bare == "application/json" or bare.endswith("+json"):
            reason = json_objection(body, self._shape)
            return (400, reason) if reason else None
        if bare == "multipart/form-data":
            found = _MULTIPART.match(header(scope, b"content-type") or "")
            if found is None:
                return 400, "multipart without one plain boundary"
            boundary = found["quoted"] or found["plain"]
            if body.count(b"--" + boundary.encode()) > self._max_parts + 1:
                return 413, "too many parts"
        elif bare == "application/x-www-form-urlencoded" and body.count(b"&") >= self._max_parts * 16:
            return 413, "too many fields"
        return None


async def _client_left(scope: Scope, receive: Receive, send: Send) -> None:
    """Nobody waits for an answer."""


async def _collect(receive: Receive, limit: int) -> bytes | None:
    """The whole body, None if the client left. Raises LimitExceededError beyond `limit` bytes."""
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            raise LimitExceededError("body")
        chunks.append(chunk)
        if not message.get("more_body", False):
            return b"".join(chunks)


def _replay(body: bytes, receive: Receive) -> Receive:
    given = False

    async def again() -> Message:
        nonlocal given
        if not given:
            given = True
            return {"type": "http.request", "body": body, "more_body": False}
        return await receive()

    return again


def _counting(receive: Receive, limit: int, seconds: float) -> Receive:
    """A body that streams: within `limit`, no part of it later than `seconds`, the whole of it no slower than
    the limit in 100 times that.
    """
    size, ended, begun = 0, False, 0.0

    async def counted() -> Message:
        nonlocal size, ended, begun
        if ended:
            return await receive()  # whether the client has left, for however long an answer takes
        now = asyncio.get_running_loop().time()
        begun = begun or now
        try:
            async with asyncio.timeout(min(seconds, begun + 100 * seconds - now)):
                message = await receive()
        except TimeoutError:
            raise LimitExceededError("body too slow") from None
        size += len(message.get("body", b""))
        if size > limit:
            raise LimitExceededError("body")
        ended = message["type"] != "http.request" or not message.get("more_body", False)
        return message

    return counted


def _inflate(body: bytes, limit: int) -> tuple[bytes, tuple[int, str] | None]:
    """Decompress one gzip member without ever holding more than `limit` bytes."""
    engine = zlib.decompressobj(wbits=31)
    try:
        plain = engine.decompress(body, limit + 1)
    except zlib.error:
        return b"", (400, "not gzip")
    if len(plain) > limit or engine.unconsumed_tail:
        return b"", (413, "body too large when decompressed")
    if not engine.eof or engine.unused_data:
        return b"", (400, "not one complete gzip member")
    return plain, None
