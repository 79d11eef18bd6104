"""Cookies leave only in their safe form; cross-origin permission goes to exact origins only."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strongback.errors import ConfigurationError
from strongback.http.cookies import CookieGuard, cookie_header
from strongback.http.cors import Cors, check_origin

from packages.strongback.tests.http.call import answering, call

pytestmark = pytest.mark.anyio


def test_our_cookies_carry_every_protection() -> None:
    assert cookie_header("__Host-session", "abc", max_age=60, same_site="Strict") == (
        "__Host-session=abc; Max-Age=60; Path=/; Secure; HttpOnly; SameSite=Strict"
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("session", "a"),
        ("__Host-", "a;b"),
        ("__Host-a", "a\r\nb"),
        ("__Host-a b", "c"),
        ("__Host-a", "x" * 4089),  # 4,097 bytes with its name
    ],
)
def test_cookies_that_cannot_be_safe_are_refused(name: str, value: str) -> None:
    with pytest.raises(ConfigurationError):
        cookie_header(name, value)


def test_a_cookie_may_have_as_many_bytes_as_browsers_take() -> None:
    assert cookie_header("__Host-a", "x" * 4088).startswith("__Host-a=xx")
    assert CookieGuard().repair("a=" + "x" * 4094) is not None
    assert CookieGuard().repair("a=" + "x" * 4095) is None


@pytest.mark.parametrize(
    ("weak", "safe"),
    [
        ("a=b", "a=b; Secure; HttpOnly; SameSite=Lax"),
        ("a=b; SameSite=None; Secure", "a=b; Secure; HttpOnly; SameSite=Lax"),
        ("a=b; Domain=example.com; Path=/x", "a=b; Path=/x; Secure; HttpOnly; SameSite=Lax"),
        ("a=b; SAMESITE=strict; max-age=5", "a=b; Max-Age=5; Secure; HttpOnly; SameSite=Strict"),
        ("__Host-a=b; Path=/x", "__Host-a=b; Path=/; Secure; HttpOnly; SameSite=Lax"),
        ("readable=b", "readable=b; Secure; SameSite=Lax"),
        ("readable=b; HttpOnly", "readable=b; Secure; HttpOnly; SameSite=Lax"),
        ("embed=b; SameSite=None", "embed=b; Secure; HttpOnly; SameSite=None"),
        ("no-equals", None),
        ("a b=c", None),
        ("a=" + "x" * 5000, None),
    ],
)
async def test_the_guard_repairs_or_drops(weak: str, safe: str | None) -> None:
    guard = CookieGuard(readable=["readable"], cross_site=["embed"])
    answer = await call(guard.around(answering(headers=[("set-cookie", weak), ("x", "y")])))
    assert answer.all("set-cookie") == ([] if safe is None else [safe])
    assert answer["x"] == "y"


@given(st.text(max_size=200))
def test_the_guard_never_raises_and_never_lets_a_weak_cookie_through(line: str) -> None:
    repaired = CookieGuard().repair(line)
    if repaired is not None:
        names = {part.strip().partition("=")[0].lower() for part in repaired.split(";")[1:]}
        allowed = {"secure", "httponly", "samesite", "path", "max-age", "expires", "partitioned"}
        assert {"secure", "httponly", "samesite"} <= names <= allowed
        assert "samesite=none" not in repaired.lower().split(";", 1)[1]


@pytest.mark.parametrize(
    "origin",
    [
        "*",
        "null",
        "https://*.example.com",
        "https://a.example/",
        "https://a.example/x",
        "http://a.example",
        "https://A.example",
        "a.example",
        "",
        "https://u@a.example",
        "https://",
    ],
)
def test_only_exact_https_origins_can_be_named(origin: str) -> None:
    with pytest.raises(ConfigurationError):
        check_origin(origin)
    with pytest.raises(ConfigurationError):
        Cors([origin], credentials=True)


def test_wildcards_elsewhere_are_refused() -> None:
    for settings in ({"methods": ["*"]}, {"headers": ["*"]}, {"expose": ["*"]}):
        with pytest.raises(ConfigurationError):
            Cors(["https://a.example"], **settings)  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError):
        Cors([])


ORIGIN = "https://spa.example.com"


async def test_responses_are_labelled_for_our_origins_only() -> None:
    leaky = answering(headers=(("access-control-allow-origin", "*"), ("vary", "Accept")))
    guarded = Cors([ORIGIN], credentials=True, expose=["x-total"]).around(leaky)
    answer = await call(guarded, headers={"origin": ORIGIN})
    assert answer["access-control-allow-origin"] == ORIGIN
    assert answer["access-control-allow-credentials"] == "true"
    assert answer["access-control-expose-headers"] == "x-total"
    assert answer["vary"] == "Accept, Origin"
    for other in (
        "https://evil.example",
        "null",
        "https://spa.example.com.evil.example",
        "https://SPA.example.com",
    ):
        answer = await call(guarded, headers={"origin": other})
        assert (
            answer.all("access-control-allow-origin") == answer.all("access-control-allow-credentials") == []
        )
    two = await call(guarded, headers=[("origin", ORIGIN), ("origin", "https://evil.example")])
    assert two.all("access-control-allow-origin") == []


@pytest.mark.parametrize(
    ("origin", "method", "headers", "permitted"),
    [
        (ORIGIN, "POST", "Authorization, Content-Type", True),
        (ORIGIN, "GET", "", True),
        (ORIGIN, "DELETE", "", False),
        (ORIGIN, "POST", "x-admin", False),
        ("https://evil.example", "POST", "", False),
    ],
)
async def test_preflights_are_answered_here(origin: str, method: str, headers: str, permitted: bool) -> None:
    guarded = Cors([ORIGIN], max_age=10**9).around(answering(status=599))
    asked = {
        "origin": origin,
        "access-control-request-method": method,
        "access-control-request-headers": headers,
    }
    answer = await call(guarded, "OPTIONS", headers=asked)
    assert answer.status == (204 if permitted else 403)
    assert bool(answer.all("access-control-allow-origin")) is permitted
    if permitted:
        assert answer["access-control-max-age"] == "7200"


async def test_what_a_preflight_permits_is_said_whole() -> None:
    cors = Cors(["https://app.example.com"], credentials=True, methods=("GET", "PUT"), headers=("x-note",))
    asked = {"origin": "https://app.example.com", "access-control-request-method": "PUT"}
    answer = await call(cors.around(answering()), "OPTIONS", headers=asked)
    assert answer.status == 204
    assert answer["access-control-allow-origin"] == "https://app.example.com"
    assert answer["access-control-allow-methods"] == "GET, PUT"
    assert answer["access-control-allow-credentials"] == "true"
    assert "x-note" in answer["access-control-allow-headers"]
    assert int(answer["access-control-max-age"]) <= 7200


async def test_options_that_is_no_preflight_reaches_the_application() -> None:
    assert (await call(Cors([ORIGIN]).around(answering(status=299)), "OPTIONS")).status == 299


async def test_credentials_are_off_by_default_and_localhost_is_for_development() -> None:
    answer = await call(Cors([ORIGIN]).around(answering()), headers={"origin": ORIGIN})
    assert answer["access-control-allow-origin"] == ORIGIN
    assert answer.all("access-control-allow-credentials") == []
    assert check_origin("http://localhost:8000") == "http://localhost:8000"
    with pytest.raises(ConfigurationError):
        check_origin("http://localhost:8000", allow_local=False)


async def test_only_a_preflight_is_answered_as_one() -> None:
    origin, method = ("origin", "https://app.example.com"), ("access-control-request-method", "GET")
    guarded = Cors(["https://app.example.com"], headers=("x-one",)).around(answering(status=299))
    for verb, headers in (("OPTIONS", [origin]), ("OPTIONS", [method]), ("GET", [origin, method])):
        assert (await call(guarded, verb, headers=headers)).status == 299
    every = (
        "access-control-request-headers",
        "accept, accept-language, content-language, content-type, x-one",
    )
    answer = await call(guarded, "OPTIONS", headers=[origin, method, every])
    assert (answer.status, answer["access-control-allow-origin"]) == (204, "https://app.example.com")
