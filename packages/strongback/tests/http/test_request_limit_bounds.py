"""Each bound of the request limits from both of its sides, and what follows when one is passed."""

import gzip
import zlib
from types import SimpleNamespace

import pytest
from strongback.errors import LimitExceededError
from strongback.http import limits as module
from strongback.http.asgi import ASGIApp, Message, Receive, Scope, Send
from strongback.http.limits import JsonShape, RequestLimits, json_objection
from strongback.testing import EventRecorder, FakeClock

from packages.strongback.tests.http.call import answering, call, scope_for

pytestmark = pytest.mark.anyio
JSON = {"content-type": "application/json"}
FORM = {"content-type": "application/x-www-form-urlencoded"}
PARTS = {"content-type": "multipart/form-data; boundary=b"}


def limited(app: ASGIApp | None = None, **settings: object) -> ASGIApp:
    control = RequestLimits(clock=FakeClock(), events=EventRecorder(), **settings)  # type: ignore[arg-type]
    return control.around(app or answering())


async def posted(app: ASGIApp, headers: dict[str, str], body: bytes) -> int:
    return (await call(app, "POST", "/", {"content-length": str(len(body)), **headers}, body)).status


@pytest.mark.parametrize(
    ("body", "objection"),
    [
        (b"[1,2,3,4]", None),
        (b"[1,2,3,4,5]", "too many JSON items"),
        (b"12345678", None),
        (b"123456789", "a JSON number with too many digits"),
        (b'["' + b"a" * 80 + b'"]', None),
        (b"[[],[[]],[]]", None),
        (b"[[],[[[]]]]", "JSON nested too deeply"),
        (b'{"a":{},"b":[[[]]]}', "JSON nested too deeply"),
    ],
)
def test_documents_are_judged_by_items_digits_and_depth(body: bytes, objection: str | None) -> None:
    assert json_objection(body, JsonShape(depth=3, digits=8, items=3)) == objection


async def test_sixty_four_headers_and_no_more() -> None:
    app = limited()
    for count, status in ((64, 200), (65, 431)):
        assert (await call(app, headers={f"x-{i}": "1" for i in range(count)})).status == status


async def test_who_is_one_too_many_is_told_when_to_come_back() -> None:
    asked: list[str] = []

    async def asking(scope: Scope, receive: Receive, send: Send) -> None:
        inner = await call(app)
        asked.extend([str(inner.status), inner["retry-after"]])
        await answering()(scope, receive, send)

    app = limited(asking, max_concurrent=1)
    assert (await call(app)).status == 200
    assert asked == ["503", "1"]


async def test_a_refused_body_gives_its_place_back() -> None:
    app = limited(max_concurrent=1)
    for _ in range(3):
        assert await posted(app, JSON, b"[" * 40) == 400
    assert await posted(app, JSON, b"[]") == 200


async def test_an_announced_length_of_exactly_the_limit_is_taken() -> None:
    app = limited(max_body=10)
    assert await posted(app, JSON, b" " * 8 + b"[]") == 200
    assert await posted(app, JSON, b" " * 9 + b"[]") == 413


async def test_only_a_body_needs_a_content_type() -> None:
    app = limited()
    assert (await call(app, "DELETE", "/", {"content-length": "0"})).status == 200
    assert (await call(app, "POST", "/", {"transfer-encoding": "chunked"})).status == 415


async def test_multipart_has_a_number_of_parts() -> None:
    app = limited(max_parts=2)
    for parts, status in ((2, 200), (3, 413)):
        assert await posted(app, PARTS, b"--b\r\n\r\nx\r\n" * parts + b"--b--\r\n") == status


async def test_a_form_has_sixteen_fields_for_each_part() -> None:
    app = limited(max_parts=2)
    for fields, status in ((32, 200), (33, 413)):
        assert await posted(app, FORM, b"&".join([b"a=1"] * fields)) == status
    assert await posted(app, JSON, b'"' + b"&" * 100 + b'"') == 200


async def test_nothing_is_decompressed_that_nobody_asked_for() -> None:
    packed = gzip.compress(b"{}", mtime=0)
    assert await posted(limited(), {**JSON, "content-encoding": "gzip"}, packed) == 415
    assert await posted(limited(decompress=True), {**JSON, "content-encoding": "gzip"}, packed) == 200


async def test_what_is_decompressed_is_gzip_and_within_the_limit() -> None:
    app, coded = limited(decompress=True, max_body=1000), {**JSON, "content-encoding": "gzip"}
    for size, status in ((1000, 200), (1001, 413), (1002, 413)):
        assert await posted(app, coded, gzip.compress(b" " * (size - 2) + b"[]", mtime=0)) == status
    assert await posted(app, coded, zlib.compress(b"[]")) == 400
    assert await posted(app, coded, b"\0 is no gzip at all") == 400


@pytest.mark.parametrize("path", ["/", "/up"])
async def test_a_body_ends_where_the_server_says_so_or_says_nothing(path: str) -> None:
    """`more_body` is optional in ASGI, and absent means that nothing follows."""
    inbox: list[Message] = [{"type": "http.request", "body": b"[]"}, {"type": "http.disconnect"}]
    seen: list[tuple[object, object]] = []
    sent: list[Message] = []

    async def receive() -> Message:
        return inbox.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for _ in range(2):
            message = await receive()
            seen.append((message["type"], message.get("more_body", False)))

    scope = scope_for("POST", path, {"content-length": "2", **JSON})
    await limited(app, larger={"/up": 5_000_000})(scope, receive, send)
    assert seen == [("http.request", False), ("http.disconnect", False)]
    assert not sent


async def test_a_stream_is_waited_for_in_parts_and_in_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """No part later than `body_seconds`, the whole within 100 times that; afterwards as long as it takes."""
    clock, waited = [50.0], []

    class Waiting:
        def __init__(self, seconds: float) -> None:
            waited.append(round(seconds, 6))
            if seconds <= 0:
                raise TimeoutError

        async def __aenter__(self) -> None: ...

        async def __aexit__(self, *error: object) -> None: ...

    loop = SimpleNamespace(time=lambda: clock[0])
    monkeypatch.setattr(module, "asyncio", SimpleNamespace(timeout=Waiting, get_running_loop=lambda: loop))
    inbox = [(0.0, True), (10.0, True), (1485.0, True), (4.5, False)]

    async def receive() -> Message:
        if not inbox:
            return {"type": "http.disconnect"}
        passed, more = inbox.pop(0)
        clock[0] += passed
        return {"type": "http.request", "body": b"x", "more_body": more}

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        types = [(await receive())["type"] for _ in range(5)]
        assert types == ["http.request"] * 4 + ["http.disconnect"]

    async def send(message: Message) -> None: ...

    scope = scope_for("POST", "/up", {"transfer-encoding": "chunked", **JSON})
    guarded = limited(app, larger={"/up": 5_000_000}, body_seconds=15.0)
    await guarded(scope, receive, send)
    assert waited == [15.0, 15.0, 15.0, 5.0]
    inbox[:] = [(1000.0, True), (500.0, True), (0.0, False)]
    with pytest.raises(LimitExceededError, match="slow"):
        await guarded(scope_for("POST", "/up", {"transfer-encoding": "chunked", **JSON}), receive, send)
