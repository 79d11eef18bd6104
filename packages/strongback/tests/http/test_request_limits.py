"""Request limits: everything beyond a bound is refused before the application runs."""

import asyncio
import gzip
import json
import time
import zlib
from collections.abc import Coroutine

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strongback.errors import ConfigurationError, LimitExceededError
from strongback.http.asgi import USUAL_NAMES, Message, Receive, Scope, Send, head_of
from strongback.http.limits import JsonShape, RequestLimits, json_objection
from strongback.http.steps import Refusal
from strongback.testing import EventRecorder, FakeClock

from packages.strongback.tests.http.call import answering, call, handshake, scope_for

pytestmark = pytest.mark.anyio
JSON = {"content-type": "application/json"}


@pytest.fixture
def limits(clock: FakeClock, events: EventRecorder) -> RequestLimits:
    return RequestLimits(
        clock=clock, events=events, max_body=1000, larger={"/up": 5_000_000}, decompress=True
    )


async def forbidden(scope: Scope, receive: Receive, send: Send) -> None:
    raise AssertionError("the application must not run")


def sized(body: bytes, **headers: str) -> dict[str, str]:
    return {"content-length": str(len(body)), **JSON, **headers}


@pytest.mark.parametrize(
    ("status", "method", "path", "headers", "body"),
    [
        (405, "TRACE", "/", {}, b""),
        (405, "PROPFIND", "/", {}, b""),
        (414, "GET", "/" + "a" * 5000, {}, b""),
        (414, "GET", "/?" + "a" * 5000, {}, b""),
        (431, "GET", "/", {f"x-{i}": "1" for i in range(65)}, b""),
        (431, "GET", "/", {"x": "a" * 17_000}, b""),
        (400, "GET", "/", [("host", "a"), ("host", "b")], b""),
        (400, "POST", "/", [("authorization", "a"), ("authorization", "b")], b""),
        (400, "POST", "/", {"content-length": "5", "transfer-encoding": "chunked", **JSON}, b"{}"),
        (400, "POST", "/", {"content-length": "-5", **JSON}, b"{}"),
        (400, "POST", "/", {"content-length": "+5", **JSON}, b"{}"),
        (400, "POST", "/", {"content-length": "5_0", **JSON}, b"{}"),
        (400, "POST", "/", {"transfer-encoding": "gzip, chunked", **JSON}, b"{}"),
        (400, "GET", "/", {"x": "a\r\nforged: 1"}, b""),
        (413, "POST", "/", {"content-length": "1001", **JSON}, b""),
        (413, "POST", "/", {"content-length": "9" * 40, **JSON}, b""),
        (413, "POST", "/", {"transfer-encoding": "chunked", **JSON}, b" " * 1001),
        (415, "POST", "/", {"content-length": "2"}, b"{}"),
        (415, "POST", "/", {"content-length": "2", "content-type": "text/plain"}, b"{}"),
        (415, "POST", "/", {"content-length": "2", "content-type": "application/xml"}, b"{}"),
        (415, "POST", "/", sized(b"{}", **{"content-encoding": "br"}), b"{}"),
        (415, "POST", "/", {}, b"{}"),
        (400, "POST", "/", sized(b"x", **{"content-encoding": "gzip"}), b"x"),
        (
            413,
            "POST",
            "/",
            sized(b"", **{"content-encoding": "gzip"}),
            gzip.compress(b" " * 100_000, mtime=0),
        ),
        (400, "POST", "/", sized(b"", **{"content-encoding": "gzip"}), gzip.compress(b"{}", mtime=0) * 2),
        (400, "POST", "/", sized(b"", **{"content-encoding": "gzip"}), gzip.compress(b"{}", mtime=0)[:-4]),
        (400, "POST", "/", sized(b"", **JSON), b"[" * 33 + b"]" * 33),
        (400, "POST", "/", sized(b"", **JSON), b"1" * 65),
        (400, "POST", "/", {"content-length": "4", "content-type": "multipart/form-data"}, b"----"),
        (
            413,
            "POST",
            "/",
            {"content-length": "900", "content-type": "multipart/form-data; boundary=b"},
            b"--b\r\n" * 80,
        ),
    ],
)
async def test_what_exceeds_a_limit_never_reaches_the_application(
    limits: RequestLimits,
    events: EventRecorder,
    status: int,
    method: str,
    path: str,
    headers: dict[str, str],
    body: bytes,
) -> None:
    if headers and isinstance(headers, dict) and headers.get("content-length") == "0" and body:
        headers["content-length"] = str(len(body))
    answer = await call(limits.around(forbidden), method, path, headers, body)
    assert answer.status == status
    assert answer["content-type"] == "application/problem+json"
    assert [e.name.label for e in events.events] == ["request.limit.exceeded"]
    if status == 405:
        assert "GET" in answer["allow"]


async def test_ordinary_requests_pass_unchanged(limits: RequestLimits) -> None:
    app = answering()
    body = json.dumps({"a": [1, {"b": '[[[[{{{{,,,,\\"' * 3}]}).encode()
    for headers in (sized(body), {"transfer-encoding": "chunked", **JSON}):
        answer = await call(limits.around(app), "POST", "/", headers, [body[:5], body[5:]])
        assert (answer.status, app.body) == (200, body)  # type: ignore[attr-defined]
    merge = {"content-length": str(len(body)), "content-type": "application/merge-patch+json"}
    assert (await call(limits.around(app), "PATCH", "/", merge, body)).status == 200
    packed = gzip.compress(body)
    answer = await call(
        limits.around(app), "POST", "/", sized(packed, **{"content-encoding": "gzip"}), packed
    )
    assert (answer.status, app.body) == (200, body)  # type: ignore[attr-defined]
    assert dict(app.scope["headers"])[b"content-length"] == str(len(body)).encode()  # type: ignore[attr-defined]
    assert (await call(limits.around(app), "GET")).status == 200
    assert await handshake(limits.around(app)) == "accepted"


async def test_method_override_headers_are_removed(limits: RequestLimits) -> None:
    app = answering()
    await call(limits.around(app), "GET", headers={"X-HTTP-Method-Override": "DELETE", "x-kept": "1"})
    assert app.scope["headers"] == [(b"x-kept", b"1")]  # type: ignore[attr-defined]


async def test_large_paths_stream_and_stop_at_their_limit(limits: RequestLimits) -> None:
    app = answering()
    chunk = b"x" * 1_000_000
    headers = {"transfer-encoding": "chunked", "content-type": "multipart/form-data; boundary=b"}
    assert (await call(limits.around(app), "POST", "/up", headers, [chunk] * 5)).status == 200
    assert len(app.body) == 5_000_000  # type: ignore[attr-defined]
    with pytest.raises(LimitExceededError):
        await call(limits.around(app), "POST", "/up", headers, [chunk] * 6)


async def test_a_slow_body_times_out(clock: FakeClock, events: EventRecorder) -> None:
    limits = RequestLimits(clock=clock, events=events, body_seconds=0.05)
    sent: list[Message] = []

    async def never() -> Message:
        await asyncio.sleep(5)
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/", "headers": [(b"transfer-encoding", b"chunked"),
             (b"content-type", b"application/json")]}  # fmt: skip
    await limits.around(forbidden)(scope, never, send)
    assert sent[0]["status"] == 408


async def test_no_more_than_the_allowed_number_at_once(clock: FakeClock, events: EventRecorder) -> None:
    limits = RequestLimits(clock=clock, events=events, max_concurrent=3)
    release = asyncio.Event()
    inner = answering()

    async def waiting(scope: Scope, receive: Receive, send: Send) -> None:
        await release.wait()
        await inner(scope, receive, send)

    guarded = limits.around(waiting)
    tasks = [asyncio.create_task(call(guarded)) for _ in range(5)]
    await asyncio.sleep(0.01)
    release.set()
    answers = await asyncio.gather(*tasks)
    assert sorted(a.status for a in answers) == [200, 200, 200, 503, 503]
    assert (await call(guarded)).status == 200


async def test_decompression_never_holds_more_than_the_limit(clock: FakeClock, events: EventRecorder) -> None:
    bomb = zlib.compress(b"\x00" * 200_000_000, 9, wbits=31)
    limits = RequestLimits(clock=clock, events=events, decompress=True, max_body=1_000_000)
    import tracemalloc

    tracemalloc.start()
    headers = sized(bomb, **{"content-encoding": "gzip"})
    answer = await call(limits.around(forbidden), "POST", "/", headers, bomb)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert answer.status == 413
    assert peak < 8_000_000


@pytest.mark.parametrize(
    "settings",
    [{"max_body": 0}, {"max_body": 10_000_000}, {"body_seconds": 0}, {"methods": ["GET", "TRACE"]}],
)
def test_unsafe_settings_are_refused(
    settings: dict[str, object], clock: FakeClock, events: EventRecorder
) -> None:
    with pytest.raises(ConfigurationError):
        RequestLimits(clock=clock, events=events, **settings)  # type: ignore[arg-type]


def depth_of(value: object) -> int:
    if isinstance(value, list):
        return 1 + max([0, *map(depth_of, value)])
    if isinstance(value, dict):
        return 1 + max([0, *map(depth_of, value.values())])
    return 0


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=12,
    )
)
def test_the_scanner_measures_depth_like_a_parser(value: object) -> None:
    body = json.dumps(value, ensure_ascii=False).encode()
    depth = depth_of(value)
    wide = JsonShape(depth=depth, digits=10_000) if depth else JsonShape(depth=1, digits=10_000)
    assert json_objection(body, wide) is None
    if depth > 1:
        assert json_objection(body, JsonShape(depth=depth - 1, digits=10_000)) is not None


@given(st.binary())
def test_the_scanner_never_raises(body: bytes) -> None:
    json_objection(body, JsonShape())


@pytest.mark.parametrize(
    "body",
    [b'"' + b"a" * 1_000_000, b'"' + b'\\"' * 500_000, b'"\\' * 300_000, b"1" * 1_000_000],
    ids=["no end", "escaped quotes", "quotes and ends", "digits"],
)
def test_documents_are_looked_through_in_time_that_grows_with_them(body: bytes) -> None:
    started = time.process_time()
    json_objection(body, JsonShape())
    assert time.process_time() - started < 2


async def test_limits_end_where_they_say(clock: FakeClock, events: EventRecorder) -> None:
    limits = RequestLimits(
        clock=clock, events=events, max_body=4, buffer_up_to=4, larger={"/big": 6}, max_header_bytes=100
    ).around(answering())
    kind = {"content-type": "application/json", "transfer-encoding": "chunked"}
    bodies = [("/", b"1234", 200), ("/", b"12345", 413), ("/big", b"123456", 200)]
    for path, body, status in bodies:
        assert (await call(limits, "POST", path, kind, body)).status == status
    with pytest.raises(LimitExceededError):
        await call(limits, "POST", "/big", kind, b"1234567")
    for size, status in ((99, 200), (100, 431)):
        assert (await call(limits, headers={"x": "y" * size})).status == status
    for character, status in (("\x00", 400), ("\x01", 200), ("\r", 400), ("\n", 400)):
        assert (await call(limits, headers={"x": character})).status == status


def test_json_is_utf_8_and_nothing_else() -> None:
    # The low byte of the first text is a quote to who reads bytes: the brackets would lie in a string.
    hidden = '["\u2241",' + "[" * 200 + "]" * 200 + ',"\u2241"]'
    for encoding in ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le"):
        raw = hidden.encode(encoding)
        assert json.loads(raw), "parsers guess the encoding"
        assert json_objection(raw, JsonShape()) == "JSON that is not UTF-8"
    assert json_objection("\ufeff{}".encode("utf-16-le"), JsonShape()) == "JSON that is not UTF-8"
    assert json_objection('{"a": "≁"}'.encode(), JsonShape()) is None


@pytest.mark.parametrize("body", [b"[]" * 500_000, b"{}" * 500_000, b"1 " * 500_000, b'""' * 500_000])
def test_what_no_document_holds_is_not_read_to_its_end(body: bytes) -> None:
    shape = JsonShape(items=100)
    whole, part = len(body), 4_000
    assert json_objection(body, shape) == "too many JSON items"
    assert json_objection(body[:part], shape) is None
    assert whole > part


async def test_the_largest_documents_within_the_bounds_pass() -> None:
    members = {f"k{n}": [n, {"a": "b"}] for n in range(12_000)}
    assert json_objection(json.dumps(members).encode(), JsonShape()) is None


MULTIPART = "multipart/form-data; "


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (MULTIPART + "boundary=real", 413),
        (MULTIPART + 'boundary="real"', 413),
        (MULTIPART + "charset=utf-8; boundary=real", 413),
        (MULTIPART + 'boundary=real; charset="utf-8"', 413),
        # Two parameters that look like a boundary: which one a parser takes cannot be known.
        (MULTIPART + "xboundary=other; boundary=real", 400),
        (MULTIPART + 'x="boundary=other"; boundary=real', 400),
        (MULTIPART + "boundary=other; boundary=real", 400),
        (MULTIPART + "boundary*=utf-8''real", 400),
        (MULTIPART + "boundary*0=re; boundary*1=al", 400),
        (MULTIPART + 'boundary="re\\al"', 400),
        (MULTIPART + "boundary=", 400),
        (MULTIPART + "boundary=" + "a" * 71, 400),
        ("multipart/form-data", 400),
    ],
)
async def test_one_boundary_and_no_doubt(
    kind: str, status: int, clock: FakeClock, events: EventRecorder
) -> None:
    control = RequestLimits(clock=clock, events=events, max_parts=2)
    part = b"--real\r\ncontent-disposition: form-data; name=a\r\n\r\n1\r\n"
    for count, expected in ((4, status), (1, 200 if status == 413 else status)):
        body = part * count + b"--real--"
        headers = {"content-type": kind, "content-length": str(len(body))}
        answer = await call(control.around(answering()), "POST", "/", headers, body)
        assert answer.status == expected


async def test_a_stream_that_stands_still_ends(clock: FakeClock, events: EventRecorder) -> None:
    control = RequestLimits(
        clock=clock, events=events, max_body=10, larger={"/up": 5_000_000}, body_seconds=0.02
    )
    sent: list[Message] = []
    state = {"parts": 0}

    async def receive() -> Message:
        state["parts"] += 1
        if state["parts"] > 3:
            await asyncio.sleep(600)
        return {"type": "http.request", "body": b"x", "more_body": True}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http", "method": "POST", "path": "/up", "http_version": "1.1",
        "headers": [(b"transfer-encoding", b"chunked"), (b"content-type", b"application/json")],
    }  # fmt: skip
    with pytest.raises(LimitExceededError, match="slow"):
        await control.around(answering())(scope, receive, send)


async def test_waiting_for_a_client_to_leave_is_not_reading(clock: FakeClock, events: EventRecorder) -> None:
    control = RequestLimits(
        clock=clock, events=events, max_body=10, larger={"/up": 5_000_000}, body_seconds=0.01
    )

    async def receive() -> Message:
        if state["asked"]:
            await asyncio.sleep(0.05)
            return {"type": "http.disconnect"}
        state["asked"] = True
        return {"type": "http.request", "body": b"x", "more_body": False}

    state = {"asked": False}

    async def app(scope: Scope, inner: Receive, send: Send) -> None:
        assert (await inner())["body"] == b"x"
        assert (await inner())["type"] == "http.disconnect"

    async def send(message: Message) -> None: ...

    scope = {
        "type": "http", "method": "POST", "path": "/up", "http_version": "1.1",
        "headers": [(b"content-length", b"1"), (b"content-type", b"application/json")],
    }  # fmt: skip
    await control.around(app)(scope, receive, send)


NAMES = ["host", "accept", "user-agent", "cookie", "origin", "referer", "content-length", "expect"]


@given(
    names=st.lists(st.sampled_from(NAMES), max_size=6),
    lengths=st.lists(st.sampled_from([0, 1, 30, 120, 130, 200]), min_size=6, max_size=6),
    end=st.sampled_from(["", "\n", "\0"]),
    method=st.sampled_from(["GET", "GET", "TRACE"]),
    target=st.tuples(st.sampled_from([0, 1, 23, 24, 25]), st.sampled_from([0, 1, 2, 25])),
    version=st.sampled_from(["1.1", "2"]),
    kind=st.sampled_from(["http", "http", "websocket"]),
)
async def test_usual_requests_are_judged_like_all_others(
    names: list[str],
    lengths: list[int],
    end: str,
    method: str,
    target: tuple[int, int],
    version: str,
    kind: str,
) -> None:
    """The few comparisons that suffice for them say what all of them say, sizes at their bounds included."""
    values = ["a" * length for length in lengths]
    sent = [(name, value + end) for name, value in zip(names, values, strict=False)]
    whole = sum(len(name) + len(value) for name, value in sent)
    for most in (max(1, whole), max(1, whole - 1), 16_384):
        found = []
        for usual in (True, False):
            limits = RequestLimits(
                clock=FakeClock(),
                events=EventRecorder(),
                max_headers=4,
                max_header_bytes=most,
                max_target=24,
                max_concurrent=1,
            )
            scope = scope_for(method, f"{'/' * target[0]}?{'q' * target[1]}", sent, type=kind)
            scope["http_version"] = version
            head = head_of(scope)
            head.usual = head.usual and usual
            for _ in range(2):
                outcome = limits.steps().enter(scope, head, _unread)  # type: ignore[misc]
                if isinstance(outcome, Coroutine):
                    outcome.close()
                found.append(outcome if isinstance(outcome, Refusal) else type(outcome))
        assert found[:2] == found[2:]


def test_headers_of_exactly_the_limit_are_taken(clock: FakeClock, events: EventRecorder) -> None:
    names = sorted(USUAL_NAMES - {b"content-length", b"content-type"})
    scope = {**scope_for(http_version="1.1"), "headers": [(name, b"a" * 20) for name in names]}
    whole = sum(len(name) + 20 for name in names)
    for most, refused in ((whole, False), (whole - 1, True)):
        limits = RequestLimits(clock=clock, events=events, max_header_bytes=most)
        outcome = limits.steps().enter(scope, head_of(scope), _unread)  # type: ignore[misc]
        assert isinstance(outcome, Refusal) is refused


async def _unread() -> Message:
    return {"type": "http.disconnect"}
