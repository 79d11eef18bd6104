"""Proofs of possession: the RFC's own, and everything a thief could send instead."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import ECKey, JWKRegistry, OctKey, OKPKey, RSAKey
from strongback.errors import ConfigurationError, StoreUnavailableError
from strongback.http.asgi import principal_of
from strongback.keys import KeyRing, new_key_text
from strongback.stores import MemoryStore
from strongback.testing import BrokenStore, EventRecorder, FakeClock, SeededRandomness
from strongback.tokens import AccessTokens, BearerTokens, DpopKey, DpopProofs
from strongback.tokens.dpop import NonceWantedError, ProofRejectedError, confirmed_by
from strongback.tokens.jws import TokenRejectedError

from packages.strongback.tests.http.call import Answer, answering, call, handshake

pytestmark = pytest.mark.anyio

ORIGIN = "https://api.example.com"
RING = KeyRing.from_text(new_key_text("k1", SeededRandomness("dpop")))
KEY = ECKey.generate_key("P-256")

# RFC 9449, figures 1 and 13: a proof for the token endpoint, and one for a resource with its token.
RFC_THUMBPRINT = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"
RFC_TOKEN = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"
RFC_HEADER = (
    "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0Rs"
    "cEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2"
    "In19"
)  # fmt: skip
RFC_PROOFS = {
    "token": RFC_HEADER
    + ".eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8v"
    "c2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ"
    ".2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg",
    "resource": RFC_HEADER
    + ".eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9y"
    "ZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90"
    "ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFF"
    "byJ9"
    ".2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA",
}  # fmt: skip


def proofs(clock: FakeClock, store: Any = None, **settings: Any) -> DpopProofs:
    return DpopProofs(
        store=store or MemoryStore(clock=clock), clock=clock, rng=SeededRandomness("nonces"), **settings
    )


def client(clock: FakeClock, key: ECKey = KEY, seed: str = "client") -> DpopKey:
    return DpopKey(clock=clock, rng=SeededRandomness(seed), key=key)


def made(clock: FakeClock, key: Any = KEY, header: dict[str, Any] | None = None, **claims: Any) -> str:
    """A well signed proof with a header and claims of our choosing; what is None is left out."""
    whole = {
        "jti": "1", "htm": "GET", "htu": f"{ORIGIN}/orders", "iat": int(clock.now()), **claims,
    }  # fmt: skip
    named = {"typ": "dpop+jwt", "alg": "ES256", "jwk": key.as_dict(private=False), **(header or {})}
    signing = {name: value for name, value in named.items() if value is not None}
    body = json.dumps({name: value for name, value in whole.items() if value is not None}).encode()
    registry = jws.JWSRegistry(algorithms=[signing.get("alg", "ES256")], strict_check_header=False)
    return jws.serialize_compact(signing, body, key, registry=registry)


async def test_the_proofs_of_the_rfc() -> None:
    clock = FakeClock(1_562_262_616)
    checking = proofs(clock)
    found = await checking.check(RFC_PROOFS["token"], method="POST", url="https://server.example.com/token")
    assert found == RFC_THUMBPRINT
    clock.advance(2)
    resource = "https://resource.example.org/protectedresource"
    assert await checking.check(RFC_PROOFS["resource"], method="GET", url=resource, token=RFC_TOKEN) == found
    with pytest.raises(ProofRejectedError, match="before"):
        await checking.check(RFC_PROOFS["resource"], method="GET", url=resource, token=RFC_TOKEN)
    with pytest.raises(ProofRejectedError, match="another token"):
        await proofs(clock).check(RFC_PROOFS["resource"], method="GET", url=resource, token=RFC_TOKEN + "x")


@pytest.mark.parametrize(
    "url",
    [
        f"{ORIGIN}/orders",
        f"{ORIGIN}/orders?page=2#top",
        "HTTPS://API.example.com:443/orders",
        f"{ORIGIN}/orders#x",
    ],
)
async def test_one_address_is_written_in_several_ways(url: str, clock: FakeClock) -> None:
    found = await proofs(clock).check(made(clock), method="GET", url=url)
    assert found == client(clock).thumbprint
    assert await proofs(clock).check(made(clock, htu=url), method="GET", url=f"{ORIGIN}/orders") == found
    assert await proofs(clock).check(client(clock).proof("GET", url), method="GET", url=url) == found


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"htm": "POST"}, "method"),
        ({"htm": "get"}, "method"),
        ({"htm": None}, "method"),
        ({"htu": f"{ORIGIN}/orders/"}, "address"),
        ({"htu": "http://api.example.com/orders"}, "address"),
        ({"htu": "https://api.example.com:8443/orders"}, "address"),
        ({"htu": "https://ada@api.example.com/orders"}, "address"),
        ({"htu": "https://api.example.com:x/orders"}, "address"),
        ({"htu": "/orders"}, "address"),
        ({"htu": None}, "address"),
        ({"iat": None}, "time"),
        ({"iat": True}, "time"),
        ({"iat": "1800000000"}, "time"),
        ({"iat": 10**400}, "time"),
        ({"iat": -1}, "time"),
        ({"iat": 1_800_000_000 + 6}, "moment"),
        ({"iat": 1_800_000_000 - 61}, "moment"),
        ({"jti": None}, "id"),
        ({"jti": ""}, "id"),
        ({"jti": 7}, "id"),
        ({"jti": "x" * 257}, "id"),
    ],
)
async def test_a_proof_is_for_one_request_of_this_moment(
    claims: dict[str, Any], reason: str, clock: FakeClock
) -> None:
    with pytest.raises(ProofRejectedError, match=reason):
        await proofs(clock).check(made(clock, **claims), method="GET", url=f"{ORIGIN}/orders")


@pytest.mark.parametrize(
    "claims", [{"iat": 1_800_000_000 + 5}, {"iat": 1_800_000_000 - 60}, {"jti": "x" * 256}]
)
async def test_bounds_end_where_they_say(claims: dict[str, Any], clock: FakeClock) -> None:
    assert await proofs(clock).check(made(clock, **claims), method="GET", url=f"{ORIGIN}/orders")


RSA, OKP = RSAKey.generate_key(2048), OKPKey.generate_key("Ed25519")
SHARED = OctKey.import_key(bytes(range(32)))


@pytest.mark.parametrize(
    ("key", "header"),
    [
        (KEY, {"typ": "jwt"}),
        (KEY, {"typ": None}),
        (KEY, {"jwk": None}),
        (KEY, {"jwk": {}}),
        (KEY, {"jwk": KEY.as_dict(private=True)}),
        (KEY, {"jwk": ECKey.generate_key("P-256").as_dict(private=False)}),
        (KEY, {"kid": "1"}),
        (KEY, {"jku": "https://evil.example"}),
        (SHARED, {"alg": "HS256", "jwk": SHARED.as_dict(private=True)}),
        (SHARED, {"alg": "HS256", "jwk": KEY.as_dict(private=False)}),
        (RSA, {"alg": "RS256"}),
            (RSA, {"alg": "PS256", "jwk": KEY.as_dict(private=False)}),
    ],
)  # fmt: skip
async def test_headers_that_are_not_those_of_a_proof(
    key: Any, header: dict[str, Any], clock: FakeClock
) -> None:
    with pytest.raises(ProofRejectedError):
        await proofs(clock).check(made(clock, key, header), method="GET", url=f"{ORIGIN}/orders")


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [(KEY, "ES256"), (ECKey.generate_key("P-384"), "ES384"), (RSA, "PS256"), (OKP, "Ed25519")],
)
async def test_every_algorithm_that_is_named(key: Any, algorithm: str, clock: FakeClock) -> None:
    proof = made(clock, key, {"alg": algorithm})
    found = await proofs(clock).check(proof, method="GET", url=f"{ORIGIN}/orders")
    assert found == JWKRegistry.import_key(key.as_dict(private=False)).thumbprint()


async def test_a_key_is_an_object(clock: FakeClock) -> None:
    for jwk in ("text", 7, None, ["EC"], {"kty": ["EC"]}):
        header = json.dumps({"typ": "dpop+jwt", "alg": "ES256", "jwk": jwk}).encode()
        first = base64.urlsafe_b64encode(header).decode().rstrip("=")
        with pytest.raises(ProofRejectedError):
            await proofs(clock).check(f"{first}.e30.e30", method="GET", url=f"{ORIGIN}/orders")


@given(st.text(max_size=200) | st.binary(max_size=60).map(lambda raw: base64.urlsafe_b64encode(raw).decode()))
async def test_no_text_is_a_proof(text: str) -> None:
    clock = FakeClock()
    for proof in (text, f"{text}.{text}.{text}", f"{RFC_HEADER}.{text}.{text}"):
        with pytest.raises(ProofRejectedError):
            await proofs(clock).check(proof, method="GET", url=f"{ORIGIN}/orders")


async def test_a_proof_serves_once_for_as_long_as_it_could(clock: FakeClock) -> None:
    checking, url = proofs(clock), f"{ORIGIN}/orders"
    early = made(clock, iat=int(clock.now()) + 5)
    await checking.check(early, method="GET", url=url)
    for _ in range(14):
        with pytest.raises(ProofRejectedError, match="before"):
            await checking.check(early, method="GET", url=url)
        clock.advance(5)
    # The same id from another key is another proof, and one that is not accepted uses up none.
    other = ECKey.generate_key("P-256")
    fresh = made(clock, other, jti="shared")
    with pytest.raises(ProofRejectedError, match="method"):
        await checking.check(fresh, method="PUT", url=url)
    assert await checking.check(fresh, method="GET", url=url)
    assert await checking.check(made(clock, jti="shared"), method="GET", url=url)


async def test_a_store_that_is_down_takes_no_proof(clock: FakeClock) -> None:
    with pytest.raises(StoreUnavailableError):
        await proofs(clock, BrokenStore(MemoryStore(clock=clock))).check(
            made(clock), method="GET", url=f"{ORIGIN}/orders"
        )


async def test_nonces_are_ours_and_recent(clock: FakeClock) -> None:
    checking, url = proofs(clock, nonces=RING), f"{ORIGIN}/orders"
    nonce = checking.nonce()
    assert nonce is not None
    assert nonce != checking.nonce()
    key = client(clock)
    assert await checking.check(key.proof("GET", url, nonce=nonce), method="GET", url=url)
    forged = nonce[:-1] + ("A" if nonce[-1] != "A" else "B")
    strange: Any
    for strange in (None, "", forged, "!" * 64, "\u00e9" * 64, nonce + "AAAA", 7, ["x"]):
        with pytest.raises(NonceWantedError):
            await checking.check(made(clock, nonce=strange), method="GET", url=url)
    clock.advance(300)
    assert await checking.check(key.proof("GET", url, nonce=nonce), method="GET", url=url)
    clock.advance(1)
    with pytest.raises(NonceWantedError):
        await checking.check(key.proof("GET", url, nonce=nonce), method="GET", url=url)
    clock.advance(-400)
    with pytest.raises(NonceWantedError):
        await checking.check(key.proof("GET", url, nonce=nonce), method="GET", url=url)
    assert proofs(clock).nonce() is None


def issuing(clock: FakeClock) -> AccessTokens:
    return AccessTokens.symmetric(
        RING, issuer=ORIGIN, audience=ORIGIN, clock=clock, rng=SeededRandomness("issuer")
    )


async def asked(control: BearerTokens, method: str = "GET", **headers: str) -> Answer:
    sent = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return await call(control.around(answering()), method, "/orders?page=2", headers=sent)


async def test_a_bound_token_needs_its_key(clock: FakeClock, events: EventRecorder) -> None:
    key, thief = client(clock), client(clock, ECKey.generate_key("P-256"), "thief")
    tokens = issuing(clock)
    token = tokens.issue("ada", extra={"cnf": {"jkt": key.thumbprint}})
    control = BearerTokens(tokens, clock=clock, events=events, proofs=proofs(clock), origin=ORIGIN)
    url = f"{ORIGIN}/orders"
    app = answering()
    proof = key.proof("GET", url, token=token)
    headers = {"authorization": f"DPoP {token}", "dpop": proof}
    assert (await call(control.around(app), "GET", "/orders?page=2", headers=headers)).status == 200
    principal = principal_of(app.scope)  # type: ignore[attr-defined]
    assert principal is not None
    assert principal.subject == "ada"
    again = await asked(control, **headers)
    assert again.status == 401
    assert again["www-authenticate"] == (
        'Bearer error="invalid_token", DPoP error="invalid_dpop_proof", algs="ES256 ES384 PS256 Ed25519"'
    )
    stolen = [
        {"authorization": f"Bearer {token}"},
        {"authorization": f"Bearer {token}", "dpop": key.proof("GET", url, token=token)},
        {"authorization": f"DPoP {token}"},
        {"authorization": f"DPoP {token}", "dpop": thief.proof("GET", url, token=token)},
        {"authorization": f"DPoP {token}", "dpop": key.proof("GET", url)},
        {"authorization": f"DPoP {token}", "dpop": key.proof("GET", f"{ORIGIN}/other", token=token)},
        {"authorization": "DPoP "},
    ]
    assert [(await asked(control, **sent)).status for sent in stolen] == [401] * 7
    twice = [("authorization", f"DPoP {token}"), *[("dpop", key.proof("GET", url, token=token))] * 2]
    assert (await call(control.around(answering()), path="/orders", headers=twice)).status == 401
    # A token that is bound to nothing is a bearer token, whatever proof comes with it.
    plain = tokens.issue("ada")
    assert (await asked(control, authorization=f"Bearer {plain}")).status == 200
    unbound = await asked(control, authorization=f"DPoP {plain}", dpop=key.proof("GET", url, token=plain))
    assert unbound.status == 401
    assert {event.name.label for event in events.events} == {"token.rejected"}


async def test_where_proofs_are_not_checked_bound_tokens_are_nobody(
    clock: FakeClock, events: EventRecorder
) -> None:
    tokens = issuing(clock)
    control = BearerTokens(tokens, clock=clock, events=events)
    bound = tokens.issue("ada", extra={"cnf": {"jkt": "x"}})
    for kind in ("Bearer", "DPoP"):
        assert (await asked(control, authorization=f"{kind} {bound}")).status == 401
    for cnf in ({"x5t#S256": "x"}, {"jkt": 7}, "x", {}):
        with pytest.raises(TokenRejectedError):
            confirmed_by({"cnf": cnf})
    assert confirmed_by({}) is None


async def test_bound_takes_nothing_else_and_nonces_are_handed_out(
    clock: FakeClock, events: EventRecorder
) -> None:
    key, tokens = client(clock), issuing(clock)
    checking = proofs(clock, nonces=RING)
    control = BearerTokens(tokens, clock=clock, events=events, proofs=checking, origin=ORIGIN, bound=True)
    token, url = tokens.issue("ada", extra={"cnf": {"jkt": key.thumbprint}}), f"{ORIGIN}/orders"
    assert (await asked(control, authorization=f"Bearer {tokens.issue('ada')}")).status == 401
    first = await asked(control, authorization=f"DPoP {token}", dpop=key.proof("GET", url, token=token))
    assert first.status == 401
    assert first["www-authenticate"] == 'DPoP error="use_dpop_nonce", algs="ES256 ES384 PS256 Ed25519"'
    proof = key.proof("GET", url, token=token, nonce=first["dpop-nonce"])
    assert (await asked(control, authorization=f"DPoP {token}", dpop=proof)).status == 200
    asking = await call(control.around(answering(status=401)))
    assert asking["www-authenticate"] == 'DPoP algs="ES256 ES384 PS256 Ed25519"'
    assert asking.all("dpop-nonce") == []
    # A handshake is a GET.
    proof = key.proof("GET", f"{ORIGIN}/ws", token=token, nonce=first["dpop-nonce"])
    sent = {"authorization": f"DPoP {token}", "dpop": proof}
    assert await handshake(control.around(answering()), sent) == "accepted"
    assert await handshake(control.around(answering()), sent) == "closed"


def test_unsafe_settings_are_refused(clock: FakeClock, events: EventRecorder) -> None:
    for settings in (
        {"lifetime": 0}, {"lifetime": 601}, {"leeway": -1}, {"leeway": 61}, {"nonce_lifetime": 0},
        {"nonce_lifetime": 3601},
    ):  # fmt: skip
        with pytest.raises(ConfigurationError):
            proofs(clock, **settings)
    assert proofs(clock, lifetime=600, leeway=0, nonce_lifetime=3600)
    assert proofs(clock, lifetime=1, leeway=60, nonce_lifetime=1)
    more: dict[str, Any]
    for more in ({"proofs": proofs(clock)}, {"origin": ORIGIN}, {"bound": True}):
        with pytest.raises(ConfigurationError):
            BearerTokens(issuing(clock), clock=clock, events=events, **more)
