"""A login at a provider: ours, of this browser, once; every other answer is refused."""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from joserfc.jwk import RSAKey
from strongback.errors import ConfigurationError
from strongback.events import EventName
from strongback.oauth import Identity, OAuthLogin, OAuthRejectedError, Provider, Started, discover
from strongback.redaction import Secret
from strongback.stores import MemoryStore
from strongback.testing import EventRecorder, FakeClock, SeededRandomness
from strongback.tokens.jws import VerificationKey, sign_jws

pytestmark = pytest.mark.anyio
ISSUER = "https://login.example.com"
PROVIDER = Provider(ISSUER, f"{ISSUER}/authorize?tenant=1", f"{ISSUER}/token", f"{ISSUER}/keys")
PUSHING = replace(PROVIDER, pushed_endpoint=f"{ISSUER}/par")
REFERENCE = "urn:example:6esc_11ACC5bwc014ltc14eY22c"
KEY = RSAKey.generate_key(2048, auto_kid=True)
OTHER = RSAKey.generate_key(2048, auto_kid=True)


@dataclass
class FakeProvider:
    """Answers as a provider would; `claims`, `key` and `answer` make it lie."""

    clock: FakeClock
    claims: dict[str, Any] = field(default_factory=dict)
    key: RSAKey = field(default_factory=lambda: KEY)
    published: list[RSAKey] = field(default_factory=lambda: [KEY])
    answer: dict[str, Any] = field(default_factory=dict)
    nonce: str = ""
    challenge: str = ""
    seen: list[httpx2.Request] = field(default_factory=list)
    pushed: dict[str, str] = field(default_factory=dict)
    par: tuple[int, Any] = (201, {"request_uri": "urn:example:6esc_11ACC5bwc014ltc14eY22c", "expires_in": 60})

    def authorize(self, url: str) -> dict[str, str]:
        """The browser visits the provider, which sends it back with this query."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        assert query["tenant"] == "1"
        if "request_uri" in query:
            # RFC 9126: the browser carries a reference, and nothing that it could read or change.
            assert query == {"tenant": "1", "client_id": "client", "request_uri": REFERENCE}
            query = self.pushed
        assert query["code_challenge_method"] == "S256"
        self.nonce, self.challenge = query["nonce"], query["code_challenge"]
        return {"state": query["state"], "code": "the-code"}

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.seen.append(request)
        if request.url.path == "/keys":
            keys = [{**key.as_dict(private=False), "use": "sig"} for key in self.published]
            return httpx2.Response(200, json={"keys": keys})
        form = {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
        if request.url.path == "/par":
            self.pushed = form
            return httpx2.Response(self.par[0], json=self.par[1])
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        if base64.urlsafe_b64encode(digest).decode().rstrip("=") != self.challenge:
            return httpx2.Response(400, json={"error": "invalid_grant"})
        now = int(self.clock.now())
        claims = {
            "iss": ISSUER,
            "aud": "client",
            "sub": "7",
            "iat": now,
            "exp": now + 300,
            "nonce": self.nonce,
            **self.claims,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        payload = json.dumps(claims).encode()
        token = sign_jws(payload, typ="JWT", kid=str(self.key.kid), key=VerificationKey("RS256", self.key))
        body = {"access_token": "at", "token_type": "Bearer", "id_token": token, **self.answer}
        return httpx2.Response(200, json=body)


@pytest.fixture
def provider(clock: FakeClock) -> FakeProvider:
    return FakeProvider(clock)


@pytest.fixture
def login(
    provider: FakeProvider, clock: FakeClock, rng: SeededRandomness, events: EventRecorder
) -> OAuthLogin:
    return made(provider, clock, rng, events)


def made(
    provider: FakeProvider, clock: FakeClock, rng: SeededRandomness, events: EventRecorder, **changes: Any
) -> OAuthLogin:
    settings: dict[str, Any] = {
        "client_id": "client",
        "secret": Secret("a secret: of the client"),
        "redirect_uri": "https://app.example.com/callback",
        "http": httpx2.AsyncClient(transport=httpx2.MockTransport(provider)),
        "store": MemoryStore(clock=clock),
        **changes,
    }
    who = settings.pop("at", PROVIDER)
    return OAuthLogin(who, clock=clock, rng=rng, events=events, **settings)


async def through(
    login: OAuthLogin, provider: FakeProvider, more: Mapping[str, str] | None = None
) -> Identity:
    started = await login.start("/orders")
    return await login.finish({**provider.authorize(started.url), **(more or {})}, started.cookie)


async def test_a_login_gives_who_it_was(
    login: OAuthLogin, provider: FakeProvider, events: EventRecorder
) -> None:
    found = await through(login, provider, {"iss": ISSUER})
    assert (found.issuer, found.subject, found.return_to) == (ISSUER, "7", "/orders")
    assert found.access_token.reveal() == "at"
    assert "Secret([redacted])" in repr(found)
    sent = base64.b64decode(provider.seen[0].headers["authorization"].removeprefix("Basic ")).decode()
    assert sent == "client:a+secret%3A+of+the+client"
    assert events.names() == [EventName.LOGIN_SUCCEEDED]


async def test_a_public_client_sends_no_secret(
    provider: FakeProvider, clock: FakeClock, rng: SeededRandomness, events: EventRecorder
) -> None:
    await through(made(provider, clock, rng, events, secret=None), provider)
    assert "authorization" not in provider.seen[0].headers
    assert b"client_id=client" in provider.seen[0].content


@pytest.mark.parametrize("secret", [Secret("a secret: of the client"), None])
async def test_a_pushed_request_leaves_a_reference(
    secret: Secret | None,
    provider: FakeProvider,
    clock: FakeClock,
    rng: SeededRandomness,
    events: EventRecorder,
) -> None:
    login = made(provider, clock, rng, events, at=PUSHING, secret=secret)
    assert (await through(login, provider)).subject == "7"
    pushed = provider.seen[0]
    assert (pushed.method, pushed.url.path) == ("POST", "/par")
    assert ("authorization" in pushed.headers) is (secret is not None)
    assert {"state", "nonce", "code_challenge", "redirect_uri", "scope"} <= set(provider.pushed)
    assert (provider.pushed["response_type"], provider.pushed["client_id"]) == ("code", "client")


@pytest.mark.parametrize(
    "answer",
    [
        (200, {"request_uri": REFERENCE, "expires_in": 60}),
        (400, {"error": "invalid_request"}),
        (201, ["no object"]),
        (201, {"expires_in": 60}),
        (201, {"request_uri": "", "expires_in": 60}),
        (201, {"request_uri": 7, "expires_in": 60}),
        (201, {"request_uri": "x" * 1025, "expires_in": 60}),
        (201, {"request_uri": REFERENCE}),
        (201, {"request_uri": REFERENCE, "expires_in": 0}),
        (201, {"request_uri": REFERENCE, "expires_in": True}),
    ],
)
async def test_a_push_that_is_not_taken_sends_nobody_away(
    answer: tuple[int, Any],
    provider: FakeProvider,
    clock: FakeClock,
    rng: SeededRandomness,
    events: EventRecorder,
) -> None:
    provider.par = answer
    with pytest.raises(OAuthRejectedError):
        await made(provider, clock, rng, events, at=PUSHING).start()
    assert events.names() == [EventName.LOGIN_FAILED]


async def test_an_answer_serves_once(login: OAuthLogin, provider: FakeProvider) -> None:
    started = await login.start()
    query = provider.authorize(started.url)
    await login.finish(query, started.cookie)
    with pytest.raises(OAuthRejectedError, match="no such login"):
        await login.finish(query, started.cookie)


@pytest.mark.parametrize("cookie", [None, "", "another"])
async def test_another_browser_cannot_finish_it(
    login: OAuthLogin, provider: FakeProvider, cookie: str | None
) -> None:
    started = await login.start()
    with pytest.raises(OAuthRejectedError, match="another browser"):
        await login.finish(provider.authorize(started.url), cookie)
    assert provider.seen == []


async def test_an_answer_nobody_asked_for_is_refused(login: OAuthLogin, provider: FakeProvider) -> None:
    for query in ({}, {"state": "x", "code": "y"}, {"code": "y"}):
        with pytest.raises(OAuthRejectedError, match="no such login"):
            await login.finish(query, "cookie")
    assert provider.seen == []


async def test_a_login_ends_after_ten_minutes(
    login: OAuthLogin, provider: FakeProvider, clock: FakeClock
) -> None:
    started = await login.start()
    clock.advance(601)
    with pytest.raises(OAuthRejectedError, match="no such login"):
        await login.finish(provider.authorize(started.url), started.cookie)


async def test_a_mixed_up_provider_is_refused_before_the_code_is_sent(
    login: OAuthLogin, provider: FakeProvider
) -> None:
    with pytest.raises(OAuthRejectedError, match="another provider"):
        await through(login, provider, {"iss": "https://evil.example"})
    assert provider.seen == []


async def test_a_promised_issuer_must_be_there(
    provider: FakeProvider, clock: FakeClock, rng: SeededRandomness, events: EventRecorder
) -> None:
    strict = Provider(*(getattr(PROVIDER, name) for name in PROVIDER.__slots__[:4]), answers_with_issuer=True)
    login = made(provider, clock, rng, events, at=strict)
    with pytest.raises(OAuthRejectedError, match="another provider"):
        await through(login, provider)
    assert (await through(login, provider, {"iss": ISSUER})).subject == "7"


@pytest.mark.parametrize(
    "lie",
    [
        {"iss": "https://evil.example"},
        {"aud": "other"},
        {"aud": ["client", "other"]},
        {"aud": ["client", "other"], "azp": "other"},
        {"azp": "other"},
        {"nonce": "another"},
        {"nonce": None},
        {"exp": 1},
        {"exp": None},
        {"iat": 4_000_000_000},
        {"exp": "9999999999"},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
    ],
    ids=str,
)
async def test_an_id_token_that_is_not_for_this_login_is_refused(
    login: OAuthLogin, provider: FakeProvider, events: EventRecorder, lie: dict[str, Any]
) -> None:
    provider.claims = lie
    with pytest.raises(OAuthRejectedError):
        await through(login, provider)
    assert events.names() == [EventName.LOGIN_FAILED]


async def test_an_audience_of_several_names_its_party(login: OAuthLogin, provider: FakeProvider) -> None:
    provider.claims = {"aud": ["client", "other"], "azp": "client"}
    assert (await through(login, provider)).subject == "7"


async def test_a_key_that_is_not_published_is_refused(login: OAuthLogin, provider: FakeProvider) -> None:
    provider.key = OTHER
    with pytest.raises(OAuthRejectedError, match="unknown key"):
        await through(login, provider)


async def test_changed_keys_are_fetched_once_a_minute_at_most(
    login: OAuthLogin, provider: FakeProvider, clock: FakeClock
) -> None:
    await through(login, provider)
    provider.key, provider.published = OTHER, [OTHER]
    with pytest.raises(OAuthRejectedError):
        await through(login, provider)
    clock.advance(61)
    assert (await through(login, provider)).subject == "7"
    assert [request.url.path for request in provider.seen].count("/keys") == 2


@pytest.mark.parametrize(
    "answer", [{"id_token": ""}, {"access_token": None}, {"token_type": "mac"}, {"id_token": "a.b.c"}]
)
async def test_half_an_answer_is_refused(
    login: OAuthLogin, provider: FakeProvider, answer: dict[str, Any]
) -> None:
    provider.answer = answer
    with pytest.raises(OAuthRejectedError):
        await through(login, provider)


async def test_a_refusal_of_the_provider_is_one(login: OAuthLogin, provider: FakeProvider) -> None:
    with pytest.raises(OAuthRejectedError, match="no code"):
        await through(login, provider, {"error": "access_denied"})


@pytest.mark.parametrize("path", ["//evil.example", "/\\evil.example", "https://evil.example", "", "/x\n"])
async def test_the_way_back_is_ours(login: OAuthLogin, path: str) -> None:
    with pytest.raises(ConfigurationError):
        await login.start(path)


async def test_every_login_has_its_own_secrets(login: OAuthLogin) -> None:
    first, second = await login.start(), await login.start()
    assert isinstance(first, Started)
    for name in ("state", "nonce", "code_challenge"):
        assert parse_qs(urlsplit(first.url).query)[name] != parse_qs(urlsplit(second.url).query)[name]
    assert first.cookie != second.cookie
    assert first.cookie not in first.url


@pytest.mark.parametrize(
    "url", ["http://login.example.com", "https://", "ftp://x", "https://u@x.example", ""]
)
def test_a_provider_without_tls_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError):
        Provider(url, PROVIDER.authorization_endpoint, PROVIDER.token_endpoint, PROVIDER.jwks_uri)


@pytest.mark.parametrize("algorithm", ["none", "HS256", "RS1"])
def test_weak_algorithms_are_refused(algorithm: str) -> None:
    with pytest.raises(ConfigurationError):
        Provider(ISSUER, f"{ISSUER}/a", f"{ISSUER}/t", f"{ISSUER}/k", frozenset({algorithm}))


def document(**changes: Any) -> httpx2.AsyncClient:
    found = {
        "issuer": ISSUER,
        "authorization_endpoint": f"{ISSUER}/a",
        "token_endpoint": f"{ISSUER}/t",
        "jwks_uri": f"{ISSUER}/k",
        "id_token_signing_alg_values_supported": ["none", "HS256", "ES256"],
        "authorization_response_iss_parameter_supported": True,
        **changes,
    }
    return httpx2.AsyncClient(
        transport=httpx2.MockTransport(lambda request: httpx2.Response(200, json=found))
    )


async def test_metadata_is_read() -> None:
    found = await discover(ISSUER, document())
    assert found.algorithms == {"ES256"}
    assert found.answers_with_issuer
    assert found.pushed_endpoint is None
    pushing = await discover(ISSUER, document(pushed_authorization_request_endpoint=f"{ISSUER}/par"))
    assert pushing.pushed_endpoint == f"{ISSUER}/par"


@pytest.mark.parametrize(
    "lie",
    [
        {"issuer": "https://evil.example"},
        {"code_challenge_methods_supported": ["plain"]},
        {"id_token_signing_alg_values_supported": ["HS256"]},
        {"token_endpoint": "http://login.example.com/t"},
        {"jwks_uri": None},
        {"pushed_authorization_request_endpoint": "http://login.example.com/par"},
    ],
    ids=str,
)
async def test_metadata_that_cannot_be_trusted_is_refused(lie: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        await discover(ISSUER, document(**lie))
