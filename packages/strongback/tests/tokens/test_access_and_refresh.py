"""Access tokens say exactly what they must; refresh families survive honest retries and no theft."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, rule, run_state_machine_as_test
from joserfc.jwk import OctKey, OKPKey
from strongback.errors import ConfigurationError, StoreUnavailableError
from strongback.events import EventName
from strongback.http.asgi import principal_of
from strongback.keys import KeyRing, new_key_text
from strongback.seams import SystemRandomness
from strongback.stores import MemoryStore
from strongback.testing import BrokenStore, EventRecorder, FakeClock, SeededRandomness
from strongback.tokens import AccessTokens, BearerTokens, RefreshTokens, TokenRejectedError, VerificationKey
from strongback.tokens.jws import sign_jws

from packages.strongback.tests.http.call import answering, call
from packages.strongback.tests.stores.harness import ENGINES, Harness, harness_for

RING = KeyRing.from_text(new_key_text("k1", SeededRandomness("tokens")))


def access(clock: FakeClock, **changes: Any) -> AccessTokens:
    settings_ = {
        "issuer": "https://id.example",
        "audience": "orders",
        "clock": clock,
        "rng": SeededRandomness(),
    }
    return AccessTokens.symmetric(RING, **{**settings_, **changes})


def raw(clock: FakeClock, tokens: AccessTokens, typ: str = "at+jwt", **changes: Any) -> str:
    """A correctly signed token with claims of our choosing; a claim set to None is left out."""
    now = int(clock.now())
    claims = {
        "iss": "https://id.example", "aud": "orders", "sub": "ada", "iat": now, "nbf": now, "exp": now + 300,
        "jti": "1", "scope": "", "roles": [], "amr": [], "epoch": 0, **changes,
    }  # fmt: skip
    body = json.dumps({k: v for k, v in claims.items() if v is not None}).encode()
    return sign_jws(body, typ=typ, kid="k1", key=tokens._keys["k1"])


def test_issue_and_verify(clock: FakeClock) -> None:
    tokens = access(clock)
    token = tokens.issue(
        "ada",
        scopes=frozenset({"b", "a"}),
        roles=frozenset({"r"}),
        factors=frozenset({"pwd"}),
        extra={"tier": 1},
    )
    claims = tokens.verify(token)
    assert (claims.subject, claims.scopes, claims.roles) == ("ada", {"a", "b"}, {"r"})
    assert (claims.factors, claims.extra, claims.epoch) == ({"pwd"}, {"tier": 1}, 0)
    assert claims.expires_at - claims.issued_at == 300
    assert tokens.issue("ada") != tokens.issue("ada")


def test_expiry_is_exact_with_leeway(clock: FakeClock) -> None:
    tokens = access(clock)
    token = tokens.issue("ada")
    clock.advance(304.9)
    tokens.verify(token)
    clock.advance(0.1)
    with pytest.raises(TokenRejectedError, match="expired"):
        tokens.verify(token)
    clock.advance(-311)
    with pytest.raises(TokenRejectedError, match="not valid yet"):
        tokens.verify(token)


NOW = int(FakeClock().now())


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": None},
        {"iss": "https://id.example/"},
        {"iss": ["https://id.example"]},
        {"aud": None},
        {"aud": "other"},
        {"aud": []},
        {"aud": ["other"]},
        {"aud": {"orders": 1}},
        {"aud": "orders2"},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"jti": None},
        {"exp": None},
        {"exp": str(NOW + 60)},
        {"exp": True},
        {"exp": 1e300},
        {"exp": -1},
        {"iat": None},
        {"iat": NOW + 60},
        {"nbf": NOW + 60},
        {"nbf": "soon"},
        {"exp": NOW + 4000},
        {"exp": NOW - 10},
        {"scope": ["a"]},
        {"roles": "admin"},
        {"roles": [1]},
        {"amr": "otp"},
        {"epoch": "9"},
        {"epoch": True},
        {"iat": NOW - 9999, "exp": NOW + 100},
    ],
)
def test_claims_that_are_not_ours_are_rejected(clock: FakeClock, changes: dict[str, Any]) -> None:
    tokens = access(clock)
    tokens.verify(raw(clock, tokens))
    tokens.verify(raw(clock, tokens, aud=["x", "orders"]))
    with pytest.raises(TokenRejectedError):
        tokens.verify(raw(clock, tokens, **changes))


@pytest.mark.parametrize("typ", ["JWT", "", "rt+jwt", "at+jwt2"])
def test_a_token_for_another_use_is_rejected(clock: FakeClock, typ: str) -> None:
    tokens = access(clock)
    tokens.verify(raw(clock, tokens, typ="application/AT+JWT"))
    with pytest.raises(TokenRejectedError):
        tokens.verify(raw(clock, tokens, typ=typ))


def test_keys_of_other_audiences_and_old_keys(clock: FakeClock) -> None:
    with pytest.raises(TokenRejectedError):
        access(clock, audience="billing").verify(access(clock).issue("ada"))
    old = access(clock).issue("ada")
    text = f"{new_key_text('k2', SeededRandomness('k2'))},{new_key_text('k1', SeededRandomness('tokens'))}"
    common = {"issuer": "https://id.example", "audience": "orders", "clock": clock, "rng": SeededRandomness()}
    rotated = AccessTokens.symmetric(KeyRing.from_text(text), **common)  # type: ignore[arg-type]
    assert rotated.verify(old).subject == "ada"
    with pytest.raises(TokenRejectedError, match="unknown key"):
        access(clock).verify(rotated.issue("ada"))


def test_unsafe_settings_are_refused(clock: FakeClock) -> None:
    for changes in ({"lifetime": 7200}, {"lifetime": 0}, {"leeway": 100}, {"issuer": ""}, {"typ": ""}):
        with pytest.raises(ConfigurationError):
            access(clock, **changes)
    assert access(clock, lifetime=1, leeway=0).issue("ada")
    assert access(clock, lifetime=3600, leeway=60).issue("ada")
    mixed = {
        "a": VerificationKey("HS256", OctKey.import_key(bytes(range(32)))),
        "b": VerificationKey("Ed25519", OKPKey.generate_key("Ed25519")),
    }
    with pytest.raises(ConfigurationError):
        AccessTokens(issuer="i", audience="a", keys=mixed, clock=clock, rng=SeededRandomness())
    for arguments in ({"subject": ""}, {"subject": "a", "extra": {"sub": "root"}}):
        with pytest.raises(ConfigurationError):
            access(clock).issue(**arguments)


@pytest.mark.anyio
async def test_bearer_sets_the_principal_and_revocation_is_immediate(
    clock: FakeClock, events: EventRecorder
) -> None:
    store, tokens, app = MemoryStore(clock=clock), access(clock), answering()
    bearer = BearerTokens(tokens, clock=clock, events=events, revocations=store)
    token = tokens.issue("ada", scopes=frozenset({"read"}))
    headers = {"authorization": f"Bearer {token}"}
    assert (await call(bearer.around(app), headers=headers)).status == 200
    principal = principal_of(app.scope)  # type: ignore[attr-defined]
    assert principal is not None
    assert (principal.subject, principal.scopes) == ("ada", {"read"})
    await store.revoke(BearerTokens.epoch_key("ada"))
    assert (await call(bearer.around(app), headers=headers)).status == 401
    fresh = tokens.issue("ada", epoch=1)
    assert (await call(bearer.around(app), headers={"authorization": f"bearer {fresh}"})).status == 200
    twice = [("authorization", f"Bearer {fresh}"), ("authorization", f"Bearer {fresh}")]
    assert (await call(bearer.around(app), headers=twice)).status == 401
    assert [e.name.label for e in events.events] == ["token.rejected"] * 2
    # Whoever else answers 401 says how to come back, unless the application has said it.
    asking = await call(bearer.around(answering(status=401)))
    assert asking["www-authenticate"] == "Bearer"
    own = answering(status=401, headers={"www-authenticate": 'Bearer realm="x"'})
    assert (await call(bearer.around(own)))["www-authenticate"] == 'Bearer realm="x"'
    down = BearerTokens(tokens, clock=clock, events=events, revocations=BrokenStore(store))
    with pytest.raises(StoreUnavailableError):
        await call(down.around(app), headers=headers)


IDLE, ABSOLUTE = 1000.0, 5000.0


def refresh(store: object, clock: FakeClock, events: EventRecorder | None = None, rng: object = None,
            ring: KeyRing = RING, **changes: Any) -> RefreshTokens:  # fmt: skip
    defaults: dict[str, Any] = {"idle": IDLE, "absolute": ABSOLUTE, "cap": 3}
    return RefreshTokens(
        store=store,  # type: ignore[arg-type]
        keys=ring,
        clock=clock,
        rng=rng or SeededRandomness(),  # type: ignore[arg-type]
        events=events or EventRecorder(),
        **{**defaults, **changes},
    )


class RefreshMachine(RuleBasedStateMachine):
    """Families as a list of chains: the last token is good, its parent for ten seconds, anything older is
    theft.
    """

    tokens = Bundle("tokens")

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.clock = FakeClock()
        self.control = refresh(MemoryStore(clock=self.clock), self.clock)
        self.families: list[dict[str, Any]] = []

    def teardown(self) -> None:
        self.runner.close()

    def live(self) -> list[dict[str, Any]]:
        now = self.clock.time
        return [
            f
            for f in self.families
            if now - f["rotated"] < IDLE and now - f["created"] < ABSOLUTE and not f["dead"]
        ]

    @rule(target=tokens, subject=st.sampled_from(["ada", "bob"]))
    def issue(self, subject: str) -> str:
        token = self.runner.run(self.control.issue(subject)).token
        now = self.clock.time
        # The index forgets a family at its absolute end, not when it idles out.
        known = [
            f
            for f in self.families
            if f["subject"] == subject and f["listed"] and now - f["created"] < ABSOLUTE
        ]
        for evicted in known[: max(0, len(known) - 2)]:
            evicted["dead"], evicted["listed"] = True, False
        self.families.append(
            {
                "subject": subject,
                "chain": [token],
                "created": now,
                "rotated": now,
                "dead": False,
                "listed": True,
            }
        )
        return token

    @rule(seconds=st.sampled_from([0.5, 9.0, 11.0, 500.0, 999.0, 2500.0]))
    def wait(self, seconds: float) -> None:
        self.clock.advance(seconds)

    @rule(target=tokens, token=tokens)
    def rotate(self, token: str) -> str:
        family = next((f for f in self.live() if token in f["chain"]), None)
        try:
            result = self.runner.run(self.control.rotate(token))
        except TokenRejectedError:
            result = None
        if family is None:
            assert result is None
            return token
        chain = family["chain"]
        if token == chain[-1]:
            assert result is not None
            chain.append(result.token)
            family["rotated"] = self.clock.time
            return result.token
        if token == chain[-2] and self.clock.time - family["rotated"] <= 10:
            assert result is not None
            assert result.token == chain[-1]
            return token
        assert result is None
        family["dead"], family["listed"] = True, False
        return token

    @rule(subject=st.sampled_from(["ada", "bob"]))
    def revoke_all(self, subject: str) -> None:
        self.runner.run(self.control.revoke_all(subject))
        for family in self.families:
            if family["subject"] == subject:
                family["dead"], family["listed"] = True, False


def test_refresh_families_agree_with_the_model() -> None:
    run_state_machine_as_test(
        RefreshMachine,
        settings=settings(
            max_examples=80, stateful_step_count=30, deadline=None, derandomize=True, database=None
        ),
    )


@pytest.fixture(params=ENGINES)
def harness(request: pytest.FixtureRequest, tmp_path: Path) -> Harness:
    return harness_for(request.param, request, tmp_path)


@pytest.mark.anyio
async def test_fifty_refreshes_at_once_get_one_successor(harness: Harness) -> None:
    async with harness.several(5) as stores:
        clock, events = FakeClock(), EventRecorder()
        controls = [refresh(s, clock, events, SystemRandomness()) for s in stores]
        token = (await controls[0].issue(harness.key("ada").hex())).token
        results = await asyncio.gather(*(controls[i % 5].rotate(token) for i in range(50)))
        assert len({r.token for r in results}) == 1
        assert "token.refresh.reused" not in [e.name.label for e in events.events]
        assert (await controls[0].rotate(results[0].token)).token != results[0].token


@pytest.mark.anyio
async def test_theft_ends_the_family_for_thief_and_owner(harness: Harness) -> None:
    async with harness.several(2) as stores:
        clock, events = FakeClock(), EventRecorder()
        owner, thief = (refresh(s, clock, events, SystemRandomness()) for s in stores)
        stolen = (await owner.issue(harness.key("eve").hex())).token
        second = (await thief.rotate(stolen)).token
        third = (await thief.rotate(second)).token
        with pytest.raises(TokenRejectedError, match="reused"):
            await owner.rotate(stolen)
        for token in (stolen, second, third):
            with pytest.raises(TokenRejectedError):
                await thief.rotate(token)
        names = [e.name.label for e in events.events]
        assert names.count("token.refresh.reused") == 1
        assert names.count("token.family.revoked") == 1


@pytest.mark.anyio
async def test_only_hashes_are_stored_and_other_families_live_on(clock: FakeClock) -> None:
    store = MemoryStore(clock=clock)
    control = refresh(store, clock)
    first, second = await control.issue("ada", data={"device": "phone"}), await control.issue("ada")
    moved = await control.rotate(first.token)
    assert moved.data == {"device": "phone"}
    assert not any(t.partition(".")[2] in repr(vars(store)) for t in (first.token, second.token, moved.token))
    assert await control.revoke(first.family)
    assert not await control.revoke(first.family)
    with pytest.raises(TokenRejectedError):
        await control.rotate(moved.token)
    assert (await control.rotate(second.token)).subject == "ada"


@pytest.mark.anyio
async def test_grace_can_be_turned_off_and_needs_the_key(clock: FakeClock) -> None:
    store = MemoryStore(clock=clock)
    control = refresh(store, clock, grace=0)
    token = (await control.issue("ada")).token
    await control.rotate(token)
    clock.advance(0.001)
    with pytest.raises(TokenRejectedError, match="reused"):
        await control.rotate(token)
    token = (await control.issue("ada")).token
    await control.rotate(token)
    other = refresh(store, clock, ring=KeyRing.from_text(new_key_text("k9", SeededRandomness("k9"))))
    with pytest.raises(TokenRejectedError, match="reused"):
        await other.rotate(token)


@pytest.mark.anyio
@pytest.mark.parametrize(
    "token", ["", ".", "a.b", "A" * 22 + "." + "B" * 42, "A" * 22 + "." + "é" * 43, "x" * 9999]
)
async def test_malformed_tokens_are_rejected(token: str, clock: FakeClock) -> None:
    with pytest.raises(TokenRejectedError):
        await refresh(MemoryStore(clock=clock), clock).rotate(token)


@pytest.mark.anyio
@pytest.mark.parametrize("allow", range(4))
async def test_a_store_that_fails_midway_yields_no_token_and_keeps_the_old_one(
    allow: int, clock: FakeClock
) -> None:
    store = BrokenStore(MemoryStore(clock=clock), allow=100)
    control = refresh(store, clock)
    token = (await control.issue("ada")).token
    store.allow = allow
    if allow < 3:
        with pytest.raises(StoreUnavailableError):
            await control.rotate(token)
        store.allow = 100
    assert (await control.rotate(token)).token != token


def test_unsafe_refresh_settings_are_refused(clock: FakeClock) -> None:
    for changes in ({"grace": 10.001}, {"grace": -1}, {"idle": 0}, {"idle": 10, "absolute": 5}, {"cap": 0}):
        with pytest.raises(ConfigurationError):
            refresh(MemoryStore(), clock, **changes)
    refresh(MemoryStore(), clock, grace=10, idle=0.5, absolute=0.5, cap=1)


@pytest.mark.anyio
async def test_ending_every_family_is_told_with_its_number(clock: FakeClock, events: EventRecorder) -> None:
    control = refresh(MemoryStore(clock=clock), clock, events=events)
    families = [await control.issue("ada") for _ in range(2)]
    assert await control.revoke_all("ada") == 2
    assert events.events[-1].name is EventName.FAMILY_REVOKED
    assert events.events[-1].detail == {"count": 2}
    for family in families:
        with pytest.raises(TokenRejectedError):
            await control.rotate(family.token)
