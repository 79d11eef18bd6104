"""Codes work once; push goes out three times in five minutes at most, to a device that signs what was
typed.
"""

import asyncio
import base64
import hashlib
from pathlib import Path
from typing import Any

import pyotp
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from strongback.errors import ConfigurationError, StoreUnavailableError
from strongback.events import EventName
from strongback.mfa import (
    Device,
    Factor,
    PushBlockedError,
    PushChallenges,
    PushLimitedError,
    RecoveryCodes,
    TooManyCodesError,
    Totp,
    offered,
)
from strongback.mfa.push import signed_message
from strongback.mfa.totp import code_at
from strongback.seams import SystemRandomness
from strongback.stores import MemoryStore
from strongback.testing import BrokenStore, EventRecorder, FakeClock, SeededRandomness

from packages.strongback.tests.stores.harness import ENGINES, Harness, harness_for

ORIGIN = "https://app.example.com"
SECRET = b"12345678901234567890"
PHONE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
ADA = Device("ada", PHONE.public_key().public_bytes_raw())


@pytest.fixture(params=ENGINES)
def harness(request: pytest.FixtureRequest, tmp_path: Path) -> Harness:
    return harness_for(request.param, request, tmp_path)


@pytest.mark.parametrize(
    ("time", "code"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_rfc_6238_vectors(time: int, code: str) -> None:
    assert code_at(SECRET, time // 30) == code[-6:]


@given(st.binary(min_size=20, max_size=20), st.integers(0, 2**31))
def test_codes_are_those_of_an_independent_implementation(secret: bytes, time: int) -> None:
    assert code_at(secret, time // 30) == pyotp.TOTP(base64.b32encode(secret).decode()).at(time)


def totp(store: Any, clock: FakeClock, events: EventRecorder | None = None) -> Totp:
    return Totp(store=store, clock=clock, rng=SeededRandomness(), events=events or EventRecorder())


@pytest.mark.anyio
async def test_a_code_works_once_within_its_time(clock: FakeClock, events: EventRecorder) -> None:
    control = totp(MemoryStore(clock=clock), clock, events)
    step = int(clock.now()) // 30
    assert not await control.verify("ada", SECRET, code_at(SECRET, step - 2))
    assert await control.verify("ada", SECRET, code_at(SECRET, step))
    assert not await control.verify("ada", SECRET, code_at(SECRET, step))
    assert not await control.verify("ada", SECRET, code_at(SECRET, step - 1))  # older than one that was used
    clock.advance(30)
    assert await control.verify(
        "ada", SECRET, code_at(SECRET, step + 2)[:3] + " " + code_at(SECRET, step + 2)[3:]
    )
    assert await control.verify("bob", SECRET, code_at(SECRET, step + 1))
    names = [e.name.label for e in events.events]
    assert names.count("mfa.replayed") == 2
    assert names.count("mfa.succeeded") == 3


@pytest.mark.anyio
@pytest.mark.parametrize(
    "code", ["", "12345", "1234567", "abcdef", "①②③④⑤⑥", "000000\x00", "-00001", "é" * 6]
)
async def test_what_is_no_code_is_wrong(code: str, clock: FakeClock) -> None:
    assert not await totp(MemoryStore(clock=clock), clock).verify("ada", SECRET, code)


@pytest.mark.anyio
async def test_guessing_codes_is_bounded_per_account(clock: FakeClock, events: EventRecorder) -> None:
    control = totp(MemoryStore(clock=clock), clock, events)
    for _ in range(5):
        assert not await control.verify("ada", SECRET, "000000")
    with pytest.raises(TooManyCodesError):
        await control.verify("ada", SECRET, code_at(SECRET, int(clock.now()) // 30))
    assert events.events[-1].detail["reason"] == "throttled"


@pytest.mark.anyio
async def test_of_fifty_uses_of_one_code_one_succeeds(harness: Harness) -> None:
    async with harness.several(5) as stores:
        clock, subject = FakeClock(), harness.key("totp").hex()

        class Unthrottled:
            def __init__(self, inner: Any) -> None:
                self.inner = inner

            def __getattr__(self, name: str) -> Any:
                return getattr(self.inner, name)

            async def hit(self, key: bytes, *, limit: int, window: float, cost: int = 1) -> Any:
                return await self.inner.hit(key, limit=1000, window=window)

        code = code_at(SECRET, int(clock.now()) // 30)
        controls = [totp(Unthrottled(s), clock) for s in stores]
        won = await asyncio.gather(*(controls[i % 5].verify(subject, SECRET, code) for i in range(50)))
        assert sum(won) == 1


def test_enrolment_is_what_authenticators_read(clock: FakeClock) -> None:
    control = totp(MemoryStore(), clock)
    secret = control.new_secret()
    parsed = pyotp.parse_uri(control.enrolment_uri(secret, issuer="A & B", account="ada@example.com"))
    assert isinstance(parsed, pyotp.TOTP)
    assert parsed.at(59) == code_at(secret, 1)
    assert (parsed.issuer, parsed.name) == ("A & B", "ada@example.com")


@pytest.mark.anyio
async def test_recovery_codes_work_once_and_new_ones_end_the_old(harness: Harness) -> None:
    async with harness.several(5) as stores:
        clock, subject = FakeClock(), harness.key("recovery").hex()
        controls = [
            RecoveryCodes(store=s, clock=clock, rng=SystemRandomness(), events=EventRecorder())
            for s in stores
        ]
        codes = await controls[0].regenerate(subject)
        assert len(set(codes)) == 10
        assert {len(c.replace("-", "")) for c in codes} == {24}  # 120 bits
        typed = codes[0].lower().replace("-", " ")
        won = await asyncio.gather(
            *(controls[i % 5].redeem(subject, typed) for i in range(5)), return_exceptions=True
        )
        assert won.count(True) == 1
        assert await controls[0].remaining(subject) == 9
        with pytest.raises(TooManyCodesError):
            await controls[1].redeem(subject, codes[1])
        fresh = await controls[1].regenerate(subject)
        for store in stores[:1]:
            await store.reset(b"recovery:" + hashlib.sha256(subject.encode()).digest() + b":tries")
        assert not await controls[0].redeem(subject, codes[1])
        assert not await controls[0].redeem("someone else", fresh[0])
        assert await controls[0].redeem(subject, fresh[0])


def push(store: Any, clock: Any, events: EventRecorder | None = None, rng: Any = None) -> PushChallenges:
    return PushChallenges(
        origin=ORIGIN,
        store=store,
        clock=clock,
        rng=rng or SeededRandomness(),
        events=events or EventRecorder(),
    )


async def reply(
    control: PushChallenges,
    challenge: str,
    number: str,
    *,
    approve: bool = True,
    key: Ed25519PrivateKey = PHONE,
    device: Device = ADA,
    origin: str = ORIGIN,
) -> bool:
    message = signed_message(challenge, origin=origin, approve=approve, number=number)
    return await control.answer(
        device, challenge, approve=approve, number=number, signature=key.sign(message)
    )


@pytest.mark.anyio
async def test_the_typed_number_approves_the_login_that_showed_it(
    clock: FakeClock, events: EventRecorder
) -> None:
    control = push(MemoryStore(clock=clock), clock, events)
    challenge = await control.start("ada", login="login-1")
    assert len(challenge.number) == 6
    assert challenge.number.isdigit()
    assert challenge.number not in challenge.id
    assert await control.collect(challenge.id, login="login-1") == "pending"
    assert await reply(control, challenge.id, challenge.number)
    assert await control.collect(challenge.id, login="login-2") == "refused"
    assert await control.collect(challenge.id, login="login-1") == "approved"
    assert await control.collect(challenge.id, login="login-1") == "refused"
    assert not await reply(control, challenge.id, challenge.number)
    assert [e.name.label for e in events.events] == ["mfa.challenged", "mfa.succeeded"]


@pytest.mark.anyio
async def test_a_wrong_number_uses_the_challenge_up(clock: FakeClock) -> None:
    control = push(MemoryStore(clock=clock), clock)
    challenge = await control.start("ada", login="x")
    wrong = f"{(int(challenge.number) + 1) % 10**6:06d}"
    assert not await reply(control, challenge.id, wrong)
    assert not await reply(control, challenge.id, challenge.number)
    assert await control.collect(challenge.id, login="x") == "refused"


@pytest.mark.anyio
async def test_only_the_accounts_device_answers_for_this_site_in_time(
    clock: FakeClock, events: EventRecorder
) -> None:
    control = push(MemoryStore(clock=clock), clock, events=events)
    challenge = await control.start("ada", login="x")
    other = Ed25519PrivateKey.generate()
    theirs = Device("eve", other.public_key().public_bytes_raw())
    assert not await reply(control, challenge.id, challenge.number, key=other)
    assert not await reply(control, challenge.id, challenge.number, key=other, device=theirs)
    assert not await reply(control, challenge.id, challenge.number, origin="https://evil.example")
    assert not await reply(control, challenge.id, challenge.number, device=Device("ada", b"short"))
    message = signed_message(challenge.id, origin=ORIGIN, approve=False, number=challenge.number)
    flipped = control.answer(
        ADA, challenge.id, approve=True, number=challenge.number, signature=PHONE.sign(message)
    )
    assert not await flipped
    told = [event.detail["reason"] for event in events.events if event.name is EventName.MFA_FAILED]
    assert told == ["signature"] * 5
    assert await control.collect(challenge.id, login="x") == "pending"  # forgeries use nothing up
    clock.advance(120)
    assert not await reply(control, challenge.id, challenge.number)
    assert await control.collect(challenge.id, login="x") == "refused"


@pytest.mark.anyio
async def test_a_challenge_too_many_is_told(clock: FakeClock, events: EventRecorder) -> None:
    control = push(MemoryStore(clock=clock), clock, events)
    for _ in range(3):
        await control.start("ada", login="x")
    with pytest.raises(PushLimitedError):
        await control.start("ada", login="x")
    assert events.names() == [EventName.MFA_CHALLENGED] * 3 + [EventName.MFA_CHALLENGE_LIMITED]
    assert events.events[-1].subject == "ada"


@pytest.mark.anyio
async def test_three_in_five_minutes_in_races_and_across_restarts(harness: Harness) -> None:
    subject, clock = harness.key("push").hex(), FakeClock()
    waits: list[float] = []

    async def count(control: PushChallenges) -> int:
        try:
            await control.start(subject, login="x")
        except PushLimitedError as error:
            waits.append(error.retry_after)
            return 0
        return 1

    async with harness.several(5) as stores:
        controls = [push(s, clock, rng=SystemRandomness()) for s in stores]
        assert sum(await asyncio.gather(*(count(controls[i % 5]) for i in range(50)))) == 3
    if harness.durable:
        await harness.restart()
        async with harness.make() as store:
            assert await count(push(store, clock, rng=SystemRandomness())) == 0
    assert all(0 < wait <= 300 for wait in waits)


@pytest.mark.anyio
async def test_denials_alert_and_block_until_an_hour_or_an_administrator(
    clock: FakeClock, events: EventRecorder
) -> None:
    control = push(MemoryStore(clock=clock), clock, events)
    for _ in range(2):
        challenge = await control.start("ada", login="x")
        assert not await reply(control, challenge.id, challenge.number, approve=False)
    assert [e.name.label for e in events.events].count("mfa.fatigue.suspected") == 1
    with pytest.raises(PushBlockedError):
        await control.start("ada", login="x")
    await control.start("bob", login="x")
    clock.advance(3600)
    await control.start("ada", login="x")
    for _ in range(2):
        challenge = await control.start("ada", login="x")
        await reply(control, challenge.id, "", approve=False)
    with pytest.raises(PushBlockedError):
        await control.start("ada", login="x")
    await control.unblock("ada")
    clock.advance(300)
    await control.start("ada", login="x")


@pytest.mark.anyio
async def test_ignored_challenges_block_too_and_approval_clears(
    clock: FakeClock, events: EventRecorder
) -> None:
    control = push(MemoryStore(clock=clock), clock, events)
    for _ in range(8):
        await control.start("ada", login="x")
        clock.advance(101)
    with pytest.raises(PushBlockedError):
        await control.start("ada", login="x")
    assert events.events[-1].name.label == "mfa.fatigue.suspected"
    for _ in range(20):
        challenge = await control.start("bob", login="x")
        bob = Device("bob", ADA.public_key)
        assert await reply(control, challenge.id, challenge.number, device=bob)
        clock.advance(101)


class PushMachine(RuleBasedStateMachine):
    """Whatever happens, in any order: no window of five minutes holds four challenges."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.clock = FakeClock()
        self.control = push(MemoryStore(clock=self.clock), self.clock)
        self.sent: list[float] = []
        self.open: list[Any] = []

    def teardown(self) -> None:
        self.runner.close()

    @rule()
    def start(self) -> None:
        recent = [t for t in self.sent if t > self.clock.time - 300]
        try:
            self.open.append(self.runner.run(self.control.start("ada", login="x")))
        except PushLimitedError:
            assert len(recent) == 3
            return
        except PushBlockedError:
            return
        self.sent.append(self.clock.time)
        assert len(recent) < 3

    @rule(seconds=st.sampled_from([0.1, 60.0, 99.9, 299.9, 300.0, 3600.0]))
    def wait(self, seconds: float) -> None:
        self.clock.advance(seconds)

    @rule(approve=st.booleans())
    def answer(self, approve: bool) -> None:
        if self.open:
            challenge = self.open.pop()
            self.runner.run(reply(self.control, challenge.id, challenge.number, approve=approve))

    @rule()
    def unblock(self) -> None:
        self.runner.run(self.control.unblock("ada"))


def test_never_more_than_three_in_any_window() -> None:
    run_state_machine_as_test(
        PushMachine,
        settings=settings(
            max_examples=80, stateful_step_count=40, deadline=None, derandomize=True, database=None
        ),
    )


@pytest.mark.anyio
@pytest.mark.parametrize("allow", range(5))
async def test_no_challenge_and_no_approval_when_the_store_fails(allow: int, clock: FakeClock) -> None:
    store = BrokenStore(MemoryStore(clock=clock), allow=100)
    control = push(store, clock)
    challenge = await control.start("ada", login="x")
    store.allow = allow
    with pytest.raises(StoreUnavailableError):
        await control.start("ada", login="x")
    store.allow = min(allow, 4)
    with pytest.raises(StoreUnavailableError):
        await reply(control, challenge.id, challenge.number)
    store.allow = 100
    assert await control.collect(challenge.id, login="x") in {"pending", "refused"}
    down = totp(BrokenStore(MemoryStore(), allow=min(allow, 2)), clock)
    with pytest.raises(StoreUnavailableError):
        await down.verify("ada", SECRET, code_at(SECRET, int(clock.now()) // 30))


def test_numbers_are_uniform_enough_and_settings_bounded(clock: FakeClock) -> None:
    control = push(MemoryStore(), clock, rng=SystemRandomness())
    first = [control._number()[0] for _ in range(4000)]
    assert all(300 < first.count(d) < 500 for d in "0123456789")
    assert (PushLimitedError(1).status, PushBlockedError("x").status) == (429, 403)
    for lifetime in (9.999, 600.001):
        with pytest.raises(ConfigurationError):
            PushChallenges(
                origin=ORIGIN,
                store=MemoryStore(),
                clock=clock,
                rng=SeededRandomness(),
                events=EventRecorder(),
                lifetime=lifetime,
            )
    for lifetime in (10, 600):
        PushChallenges(
            origin=ORIGIN,
            store=MemoryStore(),
            clock=clock,
            rng=SeededRandomness(),
            events=EventRecorder(),
            lifetime=lifetime,
        )


def test_what_cannot_be_phished_comes_first() -> None:
    everything = [Factor.PUSH, Factor.RECOVERY, Factor.PASSKEY, Factor.TOTP]
    assert offered(everything) == (Factor.PASSKEY, Factor.RECOVERY)
    assert offered(everything, weaker_beside_passkey=True)[0] is Factor.PASSKEY
    assert offered([Factor.PUSH, Factor.TOTP]) == (Factor.TOTP, Factor.PUSH)
    assert offered([]) == ()


@pytest.mark.anyio
async def test_patience_does_not_find_a_code(clock: FakeClock) -> None:
    """Three codes of a million are right at any time: at five tries in five minutes a year finds one."""
    events = EventRecorder()
    totp = Totp(store=MemoryStore(clock=clock), clock=clock, rng=SystemRandomness(), events=events)
    for _ in range(100):
        assert not await totp.verify("ada", SECRET, "x")
        clock.advance(61)
    with pytest.raises(TooManyCodesError):
        await totp.verify("ada", SECRET, "x")
    clock.advance(7 * 3600)
    assert not await totp.verify("ada", SECRET, "x"), "one more after its share of the thirty days"
    clock.advance(8 * 3600)
    assert await totp.verify("ada", SECRET, code_at(SECRET, int(clock.now()) // 30))
    # A right one begins a new count.
    for _ in range(50):
        clock.advance(61)
        assert not await totp.verify("ada", SECRET, "x")


@pytest.mark.anyio
async def test_every_outcome_of_a_code_is_told(clock: FakeClock, events: EventRecorder) -> None:
    store = MemoryStore(clock=clock)
    totp = Totp(store=store, clock=clock, rng=SystemRandomness(), events=events)
    assert not await totp.verify("ada", SECRET, "000000x")
    codes = RecoveryCodes(store=store, clock=clock, rng=SystemRandomness(), events=events)
    (first, *_) = await codes.regenerate("ada")
    assert await codes.redeem("ada", first)
    assert not await codes.redeem("ada", first)
    assert [(e.name.label, e.detail["factor"], e.detail.get("reason")) for e in events.events] == [
        ("mfa.failed", "totp", "wrong"),
        ("mfa.succeeded", "recovery", None),
        ("mfa.failed", "recovery", None),
    ]
