"""CSRF: a table in the shape of Go's CrossOriginProtection and Django's tests, tokens, and handshakes."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strongback.errors import ConfigurationError
from strongback.http.csrf import Csrf, CsrfRequest
from strongback.keys import KeyRing, new_key_text
from strongback.testing import EventRecorder, FakeClock, SeededRandomness

from packages.strongback.tests.http.call import answering, call, handshake

pytestmark = pytest.mark.anyio
OWN = "https://app.example.com"
EVIL = "https://evil.example"
RING = KeyRing.from_text(new_key_text("k1", SeededRandomness("csrf")))


def control(events: EventRecorder | None = None, **settings: object) -> Csrf:
    return Csrf(
        [OWN],
        keys=RING,
        clock=FakeClock(),
        rng=SeededRandomness(),
        events=events or EventRecorder(),
        **settings,  # type: ignore[arg-type]
    )


def request(method: str = "POST", **fields: object) -> CsrfRequest:
    empty = CsrfRequest(method, None, None, None, None, None, None, False)
    return replace(empty, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "post", "WEBSOCKET", "UNKNOWN"])
@pytest.mark.parametrize(
    ("fields", "passes"),
    [
        ({"origin": OWN}, True),
        ({"origin": OWN, "fetch_site": "same-origin", "cookies": True}, True),
        (
            {"origin": OWN, "fetch_site": "cross-site"},
            True,
        ),  # a trusted origin of a Cors list calls across sites
        ({"origin": EVIL}, False),
        ({"origin": EVIL, "fetch_site": "same-origin"}, False),
        ({"origin": EVIL, "fetch_site": "cross-site"}, False),
        ({"origin": "null", "fetch_site": "cross-site"}, False),
        ({"origin": "null"}, False),
        ({"origin": OWN + ".evil.example"}, False),
        ({"origin": "https://app.example.com:8443"}, False),
        ({"origin": "http://app.example.com"}, False),
        ({"origin": "HTTPS://APP.EXAMPLE.COM"}, False),
        ({"origin": ""}, False),
        ({"fetch_site": "cross-site"}, False),
        ({"fetch_site": "same-site"}, False),
        ({"fetch_site": "nonsense"}, False),
        ({}, True),  # no browser, no cookies: nothing attached by itself
    ],
)
def test_the_table_for_unsafe_methods(method: str, fields: dict[str, object], passes: bool) -> None:
    assert (control().objection(request(method, **fields)) is None) is passes


@pytest.mark.parametrize("site", ["same-origin", "none"])
def test_own_and_user_initiated_requests_pass_without_an_origin(site: str) -> None:
    assert control().objection(request(fetch_site=site, cookies=True)) is None


def test_cookies_without_any_browser_header_need_a_token() -> None:
    csrf = control()
    token = csrf.token("session-1")
    assert csrf.objection(request(cookies=True)) is not None
    assert csrf.objection(request(cookies=True, token=token, session="session-1")) is None
    assert csrf.objection(request(cookies=True, token=token, session="session-2")) is not None
    assert csrf.objection(request("WEBSOCKET", cookies=True, token=token, session="session-1")) is not None


def test_always_token_asks_our_own_pages_too() -> None:
    csrf = control(always_token=True)
    mine = request(origin=OWN, fetch_site="same-origin", cookies=True, session="s")
    assert csrf.objection(mine) is not None
    assert csrf.objection(replace(mine, token=csrf.token("s"))) is None


@pytest.mark.parametrize(
    ("fields", "passes"),
    [
        (
            {"fetch_site": "cross-site", "cookies": True, "fetch_mode": "navigate", "fetch_dest": "document"},
            True,
        ),
        (
            {"fetch_site": "cross-site", "cookies": True, "fetch_mode": "no-cors", "fetch_dest": "script"},
            False,
        ),
        (
            {"fetch_site": "cross-site", "cookies": True, "fetch_mode": "navigate", "fetch_dest": "iframe"},
            False,
        ),
        ({"fetch_site": "cross-site", "cookies": True, "fetch_mode": "cors", "fetch_dest": "empty"}, False),
        ({"fetch_site": "cross-site", "cookies": True, "fetch_mode": "cors", "origin": OWN}, True),
        ({"fetch_site": "cross-site", "fetch_mode": "no-cors", "fetch_dest": "image"}, True),
        ({"fetch_site": "same-origin", "cookies": True, "fetch_mode": "cors"}, True),
        ({"cookies": True}, True),
    ],
)
def test_cross_site_reads_with_cookies_are_isolated(fields: dict[str, object], passes: bool) -> None:
    assert (control().objection(request("GET", **fields)) is None) is passes


def test_tokens_differ_each_time_and_outlive_a_key_rotation() -> None:
    csrf = control()
    first, second = csrf.token("s"), csrf.token("s")
    assert first != second
    assert csrf.token_valid(first, "s")
    assert csrf.token_valid(second, "s")
    rotated = KeyRing.from_text(
        f"{new_key_text('k2', SeededRandomness('new'))},{new_key_text('k1', SeededRandomness('csrf'))}"
    )
    later = Csrf([OWN], keys=rotated, clock=FakeClock(), rng=SeededRandomness("x"), events=EventRecorder())
    assert later.token_valid(first, "s")
    assert not csrf.token_valid(later.token("s"), "s")


@given(st.text(max_size=100) | st.binary(max_size=80).map(lambda b: b.hex()), st.text(max_size=20))
def test_no_text_but_a_token_is_a_token(text: str, session: str) -> None:
    assert not control().token_valid(text, session)


@given(st.integers(0, 63), st.characters(min_codepoint=45, max_codepoint=122))
def test_changing_one_character_breaks_a_token(position: int, character: str) -> None:
    csrf = control()
    token = csrf.token("s")
    changed = token[:position] + character + token[position + 1 :]
    assert csrf.token_valid(changed, "s") is (changed == token)


async def test_the_middleware_refuses_and_tells(events: EventRecorder) -> None:
    guarded = control(events).around(answering())
    cookie = ("cookie", "__Host-session=s")
    assert (await call(guarded, "POST", headers={"origin": EVIL})).status == 403
    assert (await call(guarded, "POST", headers=[("origin", OWN), ("origin", EVIL)])).status == 403
    assert (await call(guarded, "POST", headers=[cookie])).status == 403
    assert [e.name.label for e in events.events] == ["csrf.rejected"] * 3
    token = control().token("s")
    assert (await call(guarded, "POST", headers=[cookie, ("x-csrf-token", token)])).status == 200
    assert (await call(guarded, "POST", headers={"origin": OWN})).status == 200


async def test_websocket_handshakes_are_not_forgotten(events: EventRecorder) -> None:
    guarded = control(events).around(answering())
    assert await handshake(guarded, {"origin": OWN, "cookie": "__Host-session=s"}) == "accepted"
    assert await handshake(guarded, {"origin": EVIL, "cookie": "__Host-session=s"}) == "closed"
    assert await handshake(guarded, {"origin": EVIL}) == "closed"
    assert await handshake(guarded, {"cookie": "__Host-session=s"}) == "closed"
    assert await handshake(guarded, {}) == "accepted"


def test_origins_must_be_exact() -> None:
    for origin in ("*", "null", "https://*.example.com"):
        with pytest.raises(ConfigurationError):
            Csrf([origin], keys=RING, clock=FakeClock(), rng=SeededRandomness(), events=EventRecorder())
