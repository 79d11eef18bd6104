"""Controls that share a layer behave as each would alone, and what is skipped would have done nothing."""

import dataclasses
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strongback.errors import StoreUnavailableError
from strongback.http.asgi import Head, Receive, Scope, Send, Start, head_of, header, headers_named, opened
from strongback.http.boundary import ErrorBoundary
from strongback.http.cors import Cors
from strongback.http.rates import Rate, RateLimits
from strongback.http.steps import Instead, Plain, Reading, Refusal, Stepped, Steps, guard
from strongback.keys import KeyRing, new_key_text
from strongback.profile import Profile, off
from strongback.stores import Admission, MemoryStore
from strongback.testing import EventRecorder, FakeClock, SeededRandomness
from strongback.tokens import AccessTokens, BearerTokens

from packages.strongback.tests.http.call import Answer, answering, call, handshake, scope_for

pytestmark = pytest.mark.anyio

ORIGIN = "https://app.example.com"
RING = KeyRing.from_text(new_key_text("k1", SeededRandomness("layers")))


class Always:
    """A control whose `enter` sees every request, and whose `leave` sees every response."""

    def __init__(self, control: Stepped) -> None:
        self._control = control

    def steps(self) -> Steps:
        return dataclasses.replace(self._control.steps(), when=None, plain=None)


class Noting:
    """A control that writes down what reaches it, and does what it was told."""

    def __init__(self, name: str, said: list[str], **does: Any) -> None:
        self._name, self._said, self._does = name, said, does

    def _note(self, what: str, result: Any = None) -> Any:
        self._said.append(f"{self._name} {what}")
        if isinstance(result, Exception):
            raise result
        return result

    def steps(self) -> Steps:
        return Steps(
            enter=lambda scope, head, receive: self._note("enters", self._does.get("enter")),
            leave=lambda scope, start: self._note("leaves", self._does.get("leave")),
            plain=self._does.get("plain"),
            done=lambda: self._note("done"),
        )


def chain(**settings: Any) -> list[Any]:
    clock, events, rng = FakeClock(), EventRecorder(), SeededRandomness("chain")
    tokens = AccessTokens.symmetric(RING, issuer=ORIGIN, audience=ORIGIN, clock=clock, rng=rng)
    profile = Profile.web(
        origin=ORIGIN,
        store=MemoryStore(clock=clock),
        keys=RING,
        clock=clock,
        events=events,
        rng=rng,
        rate="3/m",
        proxies=("10.0.0.0/8",),
        production=False,
        tokens=BearerTokens(tokens, clock=clock, events=events),
        **settings,
    )
    return list(profile.chain()[:-1])


NAMES = st.sampled_from(
    [
        "host", "cookie", "origin", "authorization", "x-forwarded-for", "x-forwarded-proto", "content-length",
        "transfer-encoding", "content-type", "x-http-method-override", "access-control-request-method",
        "sec-fetch-site", "accept",
    ]
)  # fmt: skip
VALUES = st.sampled_from(
    [
        "app.example.com", "evil.example.com", "__Host-session=" + "a" * 43, ORIGIN, "https://other.example.com",
        "null", "cross-site", "same-origin", "Bearer x", "POST", "0", "2", "chunked", "application/json",
        "203.0.113.9", "https",
    ]
)  # fmt: skip
HOST = ("host", "app.example.com")
REQUESTS = st.fixed_dictionaries(
    {
        "method": st.sampled_from(["GET", "POST", "OPTIONS", "TRACE", "DELETE"]),
        "path": st.sampled_from(["/", "/csp-reports"]),
        # Most requests name the right host, since any other is answered before all else.
        "headers": st.tuples(
            st.sampled_from([[], [HOST], [HOST], [HOST]]), st.lists(st.tuples(NAMES, VALUES), max_size=4)
        ).map(lambda both: [*both[0], *both[1]]),
        "client": st.sampled_from([("203.0.113.7", 4), ("10.1.2.3", 4), None]),
        "http_version": st.sampled_from(["1.1", "2"]),
    }
)
ANSWERS = st.tuples(
    st.sampled_from([200, 200, 299, 300, 401, 404]),
    st.lists(
        st.sampled_from(
            [
                ("content-type", "application/json"), ("content-type", "text/html"), ("set-cookie", "a=b"),
                ("server", "x"), ("x-one", "1"), ("cache-control", "public"), ("ratelimit", "mine"),
                ("x-frame-options", "SAMEORIGIN"), ("x-broken", "a\nb"), ("x-broken", "a\rb"),
                ("x-broken", "a\0b"),
            ]
        ),
        max_size=3,
    ),
    st.booleans(),
)  # fmt: skip
CHAINS: list[dict[str, Any]] = [
    {},
    {"cors": Cors(["https://other.example.com"], credentials=True)},
    {"sessions": off("only tokens here"), "csrf": off("only tokens here")},
]


@given(REQUESTS, ANSWERS, st.sampled_from(CHAINS))
async def test_a_control_that_is_skipped_would_have_done_nothing(
    request_: dict[str, Any], answer: tuple[int, list[tuple[str, str]], bool], settings: dict[str, Any]
) -> None:
    """Whatever is asked and answered, at the first and at the fifth time."""
    status, headers, data = answer
    sent = [("content-type", "application/json"), *headers] if data else headers
    apps = [answering(status=status, headers=sent) for _ in range(2)]
    layers = [guard(apps[0], *chain(**settings)), guard(apps[1], *map(Always, chain(**settings)))]
    for _ in range(5):
        skipping, seeing = [await call(layer, body=b"{}", **request_) for layer in layers]
        assert (skipping.status, skipping.raw, skipping.body) == (seeing.status, seeing.raw, seeing.body)
    seen = [{**getattr(app, "scope", {})} for app in apps]
    for scope in seen:
        for own in ("strongback.head", "strongback.session", "strongback.csp_nonce_source"):
            scope.pop(own, None)
        # A proxy's own request names no port.
        scope["client"] = (scope.get("client") or ("",))[0]
    assert seen[0] == seen[1]


async def test_answers_pass_what_is_outside_and_nothing_else() -> None:
    said: list[str] = []
    inner, outer = Noting("inner", said), Noting("outer", said)
    refusing = Noting("middle", said, enter=Refusal(418, ((b"x-why", b"tea"),)))
    answer = await call(guard(answering(), outer, refusing, inner))
    assert (answer.status, answer["x-why"]) == (418, "tea")
    assert said == ["outer enters", "middle enters", "outer leaves", "outer done"]


async def test_a_refusal_that_replaces_an_answer_swallows_its_body() -> None:
    said: list[str] = []
    middle = Noting("middle", said, leave=Refusal(500))
    layer = guard(answering(b"secret"), Noting("outer", said), middle, Noting("inner", said))
    answer = await call(layer)
    assert answer.status == 500
    assert b"secret" not in answer.body
    assert said[-6:] == [
        "inner leaves",
        "middle leaves",
        "outer leaves",
        "outer done",
        "middle done",
        "inner done",
    ]
    # One that an outer control refuses again passes what is outside of that.
    twice = guard(
        answering(), Noting("outer", [], leave=Refusal(501)), Noting("inner", [], leave=Refusal(500))
    )
    assert (await call(twice)).status == 501
    assert (
        await call(
            guard(answering(), Noting("outer", [], leave=Refusal(501)), Noting("x", [], enter=Refusal(400)))
        )
    ).status == 501


PLAIN: dict[str, Any] = {"headers": {"content-type": "application/json"}}


@pytest.mark.parametrize(
    ("answer", "special"),
    [
        (PLAIN, False),
        ({**PLAIN, "status": 299}, False),
        ({**PLAIN, "status": 300}, True),
        ({**PLAIN, "status": 401}, True),
        ({"headers": {"content-type": "application/json; charset=utf-8"}}, True),
        ({"headers": {}}, True),
        ({"headers": {"content-type": "application/json", "set-cookie": "a=b"}}, True),
        ({"headers": {"content-type": "application/json", "x-name": "a\rb"}}, True),
        ({"headers": {"content-type": "application/json", "x-other": "a=b"}}, False),
    ],
)
async def test_a_control_sees_the_answers_that_concern_it(answer: dict[str, Any], special: bool) -> None:
    said: list[str] = []
    one = Noting("one", said, plain=Plain(unless=frozenset({b"set-cookie"}), given="seen"))
    assert (await call(guard(answering(**answer), one), seen=True)).status == answer.get("status", 200)
    assert ("one leaves" in said) is special
    # Without what has to be given, beside a control that sees all, and of a refusal, none is plain.
    for controls in ([], [Noting("all", [])], [Noting("inner", [], plain=Plain(), enter=Refusal(401))]):
        said.clear()
        await call(guard(answering(**answer), one, *controls), seen=bool(controls))
        assert "one leaves" in said


async def test_names_are_compared_in_lower_case_whoever_wrote_them() -> None:
    async def shouting(scope: Scope, receive: Receive, send: Send) -> None:
        sent = [(b"content-type", b"application/json"), (b"Set-Cookie", b"a=b"), (b"X-Frame-Options", b"x")]
        await send({"type": "http.response.start", "status": 200, "headers": sent})
        await send({"type": "http.response.body", "body": b"{}"})

    answer = await call(guard(shouting, *chain()), headers=[HOST])
    assert answer["set-cookie"] == "a=b; Secure; HttpOnly; SameSite=Lax"
    assert answer.all("x-frame-options") == ["x"]


async def test_what_is_added_to_plain_answers_is_added_once_or_not_at_all() -> None:
    def adding(name: bytes, *, silent: bool = False) -> Any:
        class Adding:
            def steps(self) -> Steps:
                return Steps(
                    leave=lambda scope, start: start.put([(name, b"by itself")]),
                    plain=Plain(adds=lambda scope: None if silent else [(name, b"at once")]),
                )

        return Adding()

    answer = await call(guard(answering(), adding(b"x-outer"), adding(b"x-inner")))
    assert answer.raw[1:] == [(b"x-inner", b"at once"), (b"x-outer", b"at once")]
    answer = await call(guard(answering(), adding(b"x-outer", silent=True), adding(b"x-inner")))
    assert answer.raw[1:] == [(b"x-inner", b"by itself"), (b"x-outer", b"by itself")]


async def test_a_socket_is_never_a_plain_answer() -> None:
    async def accepting(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "websocket.accept", "headers": [(b"content-type", b"application/json")]})

    said: list[str] = []
    assert await handshake(guard(accepting, Noting("one", said, plain=Plain()))) == "accepted"
    assert "one leaves" in said


async def test_what_one_control_adds_the_next_can_see() -> None:
    class Looking:
        def steps(self) -> Steps:
            return Steps(leave=lambda scope, start: seen.append({**start}))

    seen: list[dict[bytes, bytes]] = []
    headers, _, *others = chain()
    rates = others[-1]
    answer = await call(guard(answering(), Looking(), headers, Looking(), rates, Looking()))
    before, counted, whole = seen
    assert set(counted) - set(before) == {b"ratelimit", b"ratelimit-policy"}
    assert whole == dict(answer.raw)
    assert b"content-security-policy" in whole


async def test_a_request_may_be_read_or_answered_in_another_way() -> None:
    async def other(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"another", "more_body": False}

    async def later() -> Reading:
        return Reading(receive)

    app = answering()
    said: list[str] = []
    assert (await call(guard(app, Noting("x", said, enter=Instead(other)), Noting("y", said)))).status == 204
    assert said == ["x enters"]
    await call(guard(app, Noting("x", said, enter=later())), body=b"sent")
    assert app.body == b"another"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("error", "status"), [(StoreUnavailableError("down"), 503), (RuntimeError("secret"), 500)]
)
async def test_a_boundary_answers_for_what_is_inside_it(
    error: Exception, status: int, clock: FakeClock, events: EventRecorder
) -> None:
    said: list[str] = []
    boundary = ErrorBoundary(clock=clock, rng=SeededRandomness(), events=events)

    async def failing(scope: Scope, receive: Receive, send: Send) -> None:
        raise error

    inside = guard(failing, Noting("outer", said), boundary, Noting("inner", said))
    answer = await call(inside)
    assert answer.status == status
    assert b"secret" not in answer.body
    assert said == ["outer enters", "inner enters", "outer leaves", "outer done", "inner done"]
    assert len(events.events) == 1
    said.clear()
    entering = guard(answering(), Noting("outer", said), boundary, Noting("inner", said, enter=error))
    assert (await call(entering)).status == status
    assert said == ["outer enters", "inner enters", "outer leaves", "outer done"]
    outside = guard(answering(), Noting("outer", said, enter=error), boundary)
    with pytest.raises(type(error)):
        await call(outside)
    assert await handshake(inside) == "closed"


async def test_what_has_begun_is_not_answered_again(clock: FakeClock, events: EventRecorder) -> None:
    boundary = ErrorBoundary(clock=clock, rng=SeededRandomness(), events=events)

    async def half(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError("half way")

    async def answered(scope: Scope, receive: Receive, send: Send) -> None:
        scope["strongback.error_id"] = "known"
        await half(scope, receive, send)

    for app in (half, guard(answering(), Noting("x", [], enter=Instead(half)))):
        with pytest.raises(RuntimeError, match="half way"):
            await call(guard(app, boundary))
    with pytest.raises(RuntimeError, match="half way"):
        await call(guard(answering(), boundary, Noting("x", [], enter=Instead(half))))
    assert (await call(guard(answered, boundary))).status == 200


def test_heads_are_read_whoever_wrote_them() -> None:
    scope = scope_for()
    scope["headers"] = [(b"Host", b" a "), (b"X-One", b"1"), (b"x-two", b"2"), (b"X-TWO", b"3")]
    head = head_of(scope)
    assert (head, head.many) == ({b"host": b" a ", b"x-one": b"1"}, {b"x-two": [b"2", b"3"]})
    assert header(scope, b"host") == "a"
    assert header(scope, b"x-two") is None
    assert (headers_named(scope, b"x-two"), headers_named(scope, b"x-one")) == ([b"2", b"3"], [b"1"])
    assert [head.sent(n) for n in (b"host", b"x-two", b"x-three")] == [True, True, False]
    assert [head.sent_any(frozenset({n})) for n in (b"host", b"x-two", b"x-three")] == [True, True, False]
    assert head_of(scope) is head
    head.without(scope, frozenset({b"x-two"}), (b"x-four", b"4"))
    assert scope["headers"] == [(b"Host", b" a "), (b"X-One", b"1"), (b"x-four", b"4")]
    assert head_of(scope) is head
    assert (set(head), head.many) == ({b"host", b"x-one", b"x-four"}, {})
    scope["headers"].append((b"x-five", b"5"))
    assert header(scope, b"x-five") == "5"
    assert not Head().keys()


def test_a_start_is_what_will_be_sent() -> None:
    shared = [(b"X-A", b"1"), (b"x-b", b"2"), (b"x-b", b"3")]
    message: dict[str, Any] = {"type": "http.response.start", "status": 200, "headers": shared}
    start = opened(message)
    assert (dict(start), start.status) == ({b"x-a": b"1", b"x-b": b"3"}, 200)
    start.put([(b"x-a", b"4"), (b"x-c", b"5")], keep=True)
    start.put([(b"x-b", b"6"), (b"x-d", b"7")])
    assert message["headers"] == [(b"x-a", b"1"), (b"x-c", b"5"), (b"x-b", b"6"), (b"x-d", b"7")]
    assert dict(start) == dict(message["headers"])
    assert shared == [(b"X-A", b"1"), (b"x-b", b"2"), (b"x-b", b"3")]
    bare: dict[str, Any] = {"type": "websocket.accept"}
    assert (opened(bare).status, bare["headers"], dict(Start())) == (None, [], {})


@given(
    st.lists(st.tuples(st.integers(-3, 40), st.sampled_from([b"a", b"b"])), max_size=40), st.integers(1, 5)
)
async def test_counting_at_once_is_counting(hits: list[tuple[int, bytes]], limit: int) -> None:
    """A meter answers what `hit` answers, however the clock moves."""
    clock = FakeClock()
    stores = [MemoryStore(clock=clock), MemoryStore(clock=clock)]
    meter = stores[0].meter(limit=limit, window=20)
    for seconds, key in hits:
        clock.advance(seconds)
        counted = await stores[1].hit(key, limit=limit, window=20)
        short = (counted.remaining, math.ceil(counted.reset_after))
        assert meter(key) == (short if counted.admitted else counted)


async def test_a_store_that_overrides_how_it_counts_is_asked(clock: FakeClock, events: EventRecorder) -> None:
    class Shut(MemoryStore):
        async def hit(self, key: bytes, *, limit: int, window: float, cost: int = 1) -> Admission:
            return Admission(False, 0, 1.0, 1.0)

    for store, status in ((MemoryStore(clock=clock), 200), (Shut(clock=clock), 429)):
        rates = RateLimits(Rate.parse("address", "9/m"), store=store, clock=clock, events=events)
        answer: Answer = await call(rates.around(answering()))
        assert answer.status == status
