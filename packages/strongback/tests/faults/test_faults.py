"""One contract for every control that has a store: whatever fails, hangs or jumps, nobody is let in by it."""

import asyncio
import importlib
import inspect
import json
import pkgutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
import strongback
from strongback.audit import AuditLedger
from strongback.errors import StrongbackError
from strongback.http.csp import CspReports
from strongback.http.rates import Rate, RateLimits
from strongback.keys import KeyRing, new_key_text
from strongback.login import PasswordLogin, StoredAccount
from strongback.mfa import Device, PushChallenges, RecoveryCodes, Totp
from strongback.mfa.passkeys import Passkeys
from strongback.mfa.push import signed_message
from strongback.mfa.totp import code_at
from strongback.oauth import OAuthLogin
from strongback.passwords import Argon2Cost, Passwords
from strongback.profile import Profile
from strongback.sessions import Sessions
from strongback.stores import MemoryStore
from strongback.testing import BrokenStore, EventRecorder, FakeClock, SeededRandomness
from strongback.tokens import AccessTokens, ApiKeys, BearerTokens, DpopKey, DpopProofs, RefreshTokens

from packages.strongback.tests.http.call import answering, call
from packages.strongback.tests.mfa.test_mfa import PHONE
from packages.strongback.tests.mfa.test_passkeys import SESSION, Authenticator, registered
from packages.strongback.tests.oauth.test_oauth import FakeProvider, made

pytestmark = pytest.mark.anyio

ORIGIN = "https://app.example.com"
RING = KeyRing.from_text(new_key_text("k1", SeededRandomness("faults")))
PASSWORDS = Passwords(cost=Argon2Cost(memory_kib=19 * 1024, time=2, lanes=1))
DAY = 86_400.0


@dataclass
class World:
    """Everything a control is made of; `store` is what may fail."""

    clock: FakeClock
    store: Any
    rng: SeededRandomness
    events: EventRecorder

    def parts(self, *left_out: str) -> dict[str, Any]:
        found = {"store": self.store, "clock": self.clock, "rng": self.rng, "events": self.events}
        return {name: part for name, part in found.items() if name not in left_out}


Attempt = Callable[[], Awaitable[bool]]


@dataclass(frozen=True)
class Gate:
    """A control, and what it takes to get past it once: True means that it let someone in."""

    control: type
    prepare: Callable[[World], Awaitable[Attempt]]
    once: bool = False
    """What gets in must not get in again."""
    ends_after: float | None = None
    """Seconds after which what was prepared is worth nothing."""


async def session(world: World) -> Attempt:
    control = Sessions(**world.parts())
    token = await control.start("ada")

    async def attempt() -> bool:
        app = answering()
        await call(control.around(app), headers={"cookie": f"{control.cookie}={token}"})
        return "strongback.principal" in app.scope  # type: ignore[attr-defined]

    return attempt


async def api_key(world: World) -> Attempt:
    control = ApiKeys(prefix="acme", **world.parts())
    issued = await control.issue("ada", scopes=frozenset({"read"}), lifetime=DAY)

    async def attempt() -> bool:
        return (await control.authenticate(issued.text)).subject == "ada"

    return attempt


async def refresh(world: World) -> Attempt:
    control = RefreshTokens(keys=RING, grace=0, **world.parts())
    first = await control.issue("ada")

    async def attempt() -> bool:
        return bool((await control.rotate(first.token)).token)

    return attempt


async def bearer(world: World) -> Attempt:
    tokens = AccessTokens.symmetric(RING, issuer=ORIGIN, audience=ORIGIN, clock=world.clock, rng=world.rng)
    control = BearerTokens(
        tokens, clock=world.clock, events=world.events, revocations=world.store, scoped=False
    )
    token = tokens.issue("ada")

    async def attempt() -> bool:
        return (await control.authenticate(f"Bearer {token}")).subject == "ada"

    return attempt


async def possession(world: World) -> Attempt:
    control = DpopProofs(**world.parts("events"))
    client = DpopKey(clock=world.clock, rng=world.rng)
    proof = client.proof("GET", ORIGIN)

    async def attempt() -> bool:
        return await control.check(proof, method="GET", url=ORIGIN) == client.thumbprint

    return attempt


async def totp(world: World) -> Attempt:
    control = Totp(**world.parts())
    secret = b"12345678901234567890"
    code = code_at(secret, int(world.clock.now()) // 30)
    return lambda: control.verify("ada", secret, code)


async def recovery(world: World) -> Attempt:
    control = RecoveryCodes(**world.parts())
    code = (await control.regenerate("ada"))[0]
    return lambda: control.redeem("ada", code)


async def push_start(world: World) -> Attempt:
    control = PushChallenges(origin=ORIGIN, **world.parts())

    async def attempt() -> bool:
        return bool((await control.start("ada", login="login")).id)

    return attempt


async def push_answer(world: World) -> Attempt:
    control = PushChallenges(origin=ORIGIN, **world.parts())
    challenge = await control.start("ada", login="login")
    device = Device("ada", PHONE.public_key().public_bytes_raw())
    message = signed_message(challenge.id, origin=ORIGIN, approve=True, number=challenge.number)

    async def attempt() -> bool:
        approved = await control.answer(
            device, challenge.id, approve=True, number=challenge.number, signature=PHONE.sign(message)
        )
        return approved and await control.collect(challenge.id, login="login") == "approved"

    return attempt


async def passkey(world: World) -> Attempt:
    control = Passkeys(rp_id="example.com", rp_name="Example", origin=ORIGIN, **world.parts())
    key = Authenticator()
    stored = await registered(control, key)
    options = await control.login_options(session=SESSION, subject="7", known=[stored])
    response = json.dumps(key.get(options))

    async def attempt() -> bool:
        return (await control.verify(response, stored=stored, session=SESSION)).subject == "7"

    return attempt


async def oauth(world: World) -> Attempt:
    provider = FakeProvider(world.clock)
    control = made(provider, world.clock, world.rng, world.events, store=world.store)
    started = await control.start("/")
    query = provider.authorize(started.url)

    async def attempt() -> bool:
        return (await control.finish(query, started.cookie)).subject == "7"

    return attempt


async def password(world: World) -> Attempt:
    control = PasswordLogin(PASSWORDS, keys=RING, **world.parts("rng"))
    account = StoredAccount("ada", await PASSWORDS.hash("correct horse battery staple 1"))

    async def attempt() -> bool:
        found = await control.attempt(
            "ada", "correct horse battery staple 1", account=account, address="192.0.2.1"
        )
        return found is not None

    return attempt


async def rate(world: World) -> Attempt:
    control = RateLimits(Rate.parse("address", "1/d"), **world.parts("rng"))

    async def attempt() -> bool:
        return (await call(control.around(answering()))).status == 200

    return attempt


async def csp_report(world: World) -> Attempt:
    control = CspReports(**world.parts("rng"))
    body = json.dumps({"csp-report": {"blocked-uri": "x"}}).encode()

    async def attempt() -> bool:
        before = len(world.events.events)
        await call(
            control.around(answering()),
            "POST",
            control.path,
            {"content-type": "application/csp-report"},
            body,
        )
        return len(world.events.events) > before

    return attempt


async def ledger(world: World) -> Attempt:
    control = AuditLedger("trail", keys=RING, **world.parts("rng", "events"))

    async def attempt() -> bool:
        return (await control.record("payout", actor="ada")).seq > 0

    return attempt


async def whole(world: World) -> Attempt:
    profile = Profile.web(origin=ORIGIN, keys=RING, production=False, **world.parts())
    token = await profile.sessions.start("ada")  # type: ignore[union-attr]

    async def attempt() -> bool:
        app = answering()

        async def decided(scope: Any, receive: Any, send: Any) -> None:
            scope["strongback.decision"] = True
            await app(scope, receive, send)

        headers = {"cookie": f"__Host-session={token}", "host": "app.example.com"}
        answer = await call(profile.around(decided), headers=headers)
        return answer.status == 200

    return attempt


GATES = {
    "session": Gate(Sessions, session, ends_after=DAY),
    "API key": Gate(ApiKeys, api_key, ends_after=DAY),
    "refresh token": Gate(RefreshTokens, refresh, once=True, ends_after=30 * DAY),
    "access token": Gate(BearerTokens, bearer, ends_after=3600),
    "proof of possession": Gate(DpopProofs, possession, once=True, ends_after=120),
    "TOTP": Gate(Totp, totp, once=True, ends_after=300),
    "recovery code": Gate(RecoveryCodes, recovery, once=True),
    "push challenge": Gate(PushChallenges, push_start),
    "push answer": Gate(PushChallenges, push_answer, once=True, ends_after=600),
    "passkey": Gate(Passkeys, passkey, once=True, ends_after=3600),
    "login at a provider": Gate(OAuthLogin, oauth, once=True, ends_after=3600),
    "password": Gate(PasswordLogin, password),
    "rate limit": Gate(RateLimits, rate, once=True),
    "CSP report": Gate(CspReports, csp_report),
    "audit ledger": Gate(AuditLedger, ledger),
    "web profile": Gate(Profile, whole),
}
EVERY = pytest.mark.parametrize("gate", GATES.values(), ids=GATES.keys())


async def opened(gate: Gate, store: Any, clock: FakeClock) -> tuple[World, Attempt]:
    world = World(clock, store, SeededRandomness("gate"), EventRecorder())
    return world, await gate.prepare(world)


async def outcome(attempt: Attempt) -> bool:
    try:
        return await attempt()
    except StrongbackError:
        return False


@EVERY
async def test_a_healthy_store_lets_in(gate: Gate, clock: FakeClock) -> None:
    _, attempt = await opened(gate, MemoryStore(clock=clock), clock)
    assert await outcome(attempt)
    assert await outcome(attempt) is not gate.once


@EVERY
async def test_whichever_operation_fails_nobody_is_let_in(gate: Gate, clock: FakeClock) -> None:
    for allow in range(30):
        store = BrokenStore(MemoryStore(clock=clock), allow=1_000_000)
        _, attempt = await opened(gate, store, clock)
        store.allow = allow
        let_in = await outcome(attempt)
        if store.allow > 0:
            assert let_in
            assert allow > 0
            return
        if let_in:
            # The last operation it was allowed was the last one it needed.
            store.allow = 0
            assert not await outcome(attempt)
            return
    raise AssertionError("it never had enough operations")


class HangingStore:
    """A store whose operations do not answer while `hangs`."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self.hangs = False

    def __getattr__(self, name: str) -> Any:
        target = getattr(self._inner, name)
        if not inspect.iscoroutinefunction(target):
            return target

        async def operation(*arguments: Any, **keywords: Any) -> Any:
            while self.hangs:
                await asyncio.sleep(0)
            return await target(*arguments, **keywords)

        return operation


@EVERY
async def test_a_store_that_does_not_answer_lets_nobody_in(gate: Gate, clock: FakeClock) -> None:
    store = HangingStore(MemoryStore(clock=clock))
    _, attempt = await opened(gate, store, clock)
    store.hangs = True
    waiting = asyncio.ensure_future(outcome(attempt))
    for _ in range(500):
        await asyncio.sleep(0)
    assert not waiting.done()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    store.hangs = False
    # What was given up is neither used twice nor lost for good when nothing reached the store.
    assert await outcome(attempt)


class YieldingStore:
    """A store that lets everyone else go first, before each operation."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        target = getattr(self._inner, name)
        if not inspect.iscoroutinefunction(target):
            return target

        async def operation(*arguments: Any, **keywords: Any) -> Any:
            await asyncio.sleep(0)
            return await target(*arguments, **keywords)

        return operation


@EVERY
async def test_of_many_at_once_one_is_let_in(gate: Gate, clock: FakeClock) -> None:
    if not gate.once:
        return
    _, attempt = await opened(gate, YieldingStore(MemoryStore(clock=clock)), clock)
    assert sum(await asyncio.gather(*(outcome(attempt) for _ in range(8)))) <= 1


@EVERY
async def test_a_clock_that_jumps_ahead_ends_what_has_an_end(gate: Gate, clock: FakeClock) -> None:
    if gate.ends_after is None:
        return
    _, attempt = await opened(gate, MemoryStore(clock=clock), clock)
    clock.advance(gate.ends_after + 1)
    assert not await outcome(attempt)


@pytest.mark.parametrize(
    ("name", "after"),
    [("session", 3600), ("API key", DAY), ("refresh token", 14 * DAY), ("access token", 3600)],
)
async def test_a_store_whose_clock_stands_still_prolongs_nothing(
    name: str, after: float, clock: FakeClock
) -> None:
    _, attempt = await opened(GATES[name], MemoryStore(clock=FakeClock()), clock)
    clock.advance(after + 60)
    assert not await outcome(attempt)


@EVERY
@pytest.mark.parametrize("back", [1.0, 3600.0, DAY, 400 * DAY])
async def test_a_clock_set_back_gives_nothing_twice(gate: Gate, back: float, clock: FakeClock) -> None:
    if not gate.once:
        return
    _, attempt = await opened(gate, MemoryStore(clock=clock), clock)
    assert await outcome(attempt)
    clock.advance(-back)
    assert not await outcome(attempt)
    clock.advance(back)
    assert not await outcome(attempt)


def test_every_control_with_a_store_is_among_them() -> None:
    """A control that is added must be added here."""
    found = set()
    for module in pkgutil.walk_packages(strongback.__path__, "strongback."):
        if ".stores" in module.name or module.name.endswith(("__main__", "testing")):
            continue
        for value in vars(importlib.import_module(module.name)).values():
            # By its real type: settings that load when looked at say that they are what they hold.
            if issubclass(type(value), type) and value.__module__.startswith("strongback."):
                named = inspect.signature(value.__init__).parameters
                if {"store", "revocations"} & set(named):
                    found.add(value)
    assert found == {gate.control for gate in GATES.values()}
