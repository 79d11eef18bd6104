"""Passwords: policy, storage, bounded work. Login: no enumeration by answer, time or limit; no hostile
lock-out.
"""

import asyncio
import statistics
import time
from collections.abc import Iterator

import pytest
from argon2 import extract_parameters
from hypothesis import given, settings
from hypothesis import strategies as st
from strongback.errors import ConfigurationError, StoreUnavailableError
from strongback.keys import Key, KeyRing, new_key_text
from strongback.login import LoginThrottledError, PasswordLogin, StoredAccount
from strongback.passwords import Argon2Cost, BusyError, PasswordPolicy, Passwords
from strongback.stores import MemoryStore
from strongback.testing import BrokenStore, EventRecorder, FakeClock, SeededRandomness

pytestmark = pytest.mark.anyio
FLOOR = Argon2Cost(memory_kib=19_456, time=2, lanes=1)
GOOD = "correct horse battery staple"
RING = KeyRing.from_text(new_key_text("k1", SeededRandomness("pw")))


@pytest.fixture
def passwords() -> Iterator[Passwords]:
    control = Passwords(cost=FLOOR)
    yield control
    control.close()


@pytest.mark.parametrize(
    "password",
    ["short", "fourteen chars", "passwordpassword", "Password123456!", "123456789012345", "abcdefghijklmnop",
     "aaaaaaaaaaaaaaaaaaaa", "ababababababababab", "qwertyuiop12345!", "zyxwvutsrqponmlk", "ada.lovelace1234",
     "Acme-Acme-Acme-1", "x" * 1025],
)  # fmt: skip
def test_passwords_guessed_first_are_refused(password: str) -> None:
    policy = PasswordPolicy(context_words=("Acme",))
    assert policy.objection(password, account_words=["ada.lovelace@example.com"]) is not None


@pytest.mark.parametrize(
    "password",
    [
        GOOD,
        "päßwörd mit Umlaut und Länge",
        "all lower case words",
        "x9" * 3 + " and the rest",
        "🦊🐢🦉🐝🐙🦋🐌🐞🐜🦗🕷🦂🐍🦎🐊",
    ],
)
def test_long_passwords_of_any_make_are_accepted(password: str) -> None:
    assert PasswordPolicy().objection(password, account_words=["ada"]) is None


def test_eight_characters_only_where_a_second_factor_is_enforced() -> None:
    with pytest.raises(ConfigurationError):
        PasswordPolicy(min_length=8)
    policy = PasswordPolicy(min_length=8, second_factor_enforced="TOTP is set up before first use")
    assert policy.objection("kx7!pq2z") is None
    assert policy.objection("trustno1") is not None
    with pytest.raises(ConfigurationError):
        PasswordPolicy(min_length=7, second_factor_enforced="x")


@given(st.text(max_size=80))
def test_the_policy_never_raises(password: str) -> None:
    PasswordPolicy().objection(password, account_words=[password])


async def test_hashes_are_argon2id_salted_and_verified_exactly(passwords: Passwords) -> None:
    first, second = await passwords.hash(GOOD), await passwords.hash(GOOD)
    assert first != second
    parameters = extract_parameters(first)
    assert (parameters.type.name, parameters.memory_cost, parameters.time_cost) == ("ID", 19_456, 2)
    assert (await passwords.verify(first, GOOD)).valid
    for other in (GOOD + " ", GOOD.upper(), GOOD[:-1], "", GOOD + "\x00"):
        assert not (await passwords.verify(first, other)).valid
    long = "a" * 72
    stored = await passwords.hash(long + "1")
    assert not (await passwords.verify(stored, long + "2")).valid  # nothing is cut at 72 bytes
    assert not (await passwords.verify(stored, "a" * 5000)).valid


async def test_composed_and_decomposed_forms_are_one_password(passwords: Passwords) -> None:
    assert (
        await passwords.verify(
            await passwords.hash("Caf\u00e9 noir et cr\u00e8me"), "Cafe\u0301 noir et cre\u0300me"
        )
    ).valid


@pytest.mark.parametrize(
    "stored",
    [
        "",
        "x",
        "$argon2id$v=19$m=99999999,t=3,p=4$c2FsdHNhbHQ$aGFzaA",
        "$argon2id$v=19$m=65536,t=9999,p=4$c2FsdA$aA",
        "$2b$12$abcdefghijklmnopqrstuv",
        "$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ$",
        "nokey~$argon2id$v=19$m=8,t=1,p=1$a$b",
        "$argon2id$v=19$m=-1,t=-1,p=-1$c2FsdHNhbHQ$aGFzaA",
    ],
)
async def test_foreign_or_greedy_hashes_never_verify(passwords: Passwords, stored: str) -> None:
    started = time.perf_counter()
    assert not (await passwords.verify(stored, GOOD)).valid
    assert time.perf_counter() - started < 2


async def test_old_parameters_and_old_peppers_are_replaced_at_login(passwords: Passwords) -> None:
    weak = await passwords.hash(GOOD)
    stronger = Passwords(cost=Argon2Cost(memory_kib=20_480, time=2, lanes=1), pepper=RING)
    check = await stronger.verify(weak, GOOD)
    assert check.valid
    assert check.replacement is not None
    assert check.replacement.startswith("k1~$argon2id$")
    assert (await stronger.verify(check.replacement, GOOD)) == type(check)(True, None)
    assert not (await passwords.verify(check.replacement, GOOD)).valid
    assert not (await Passwords(cost=FLOOR).verify(check.replacement, GOOD)).valid
    both = f"{new_key_text('k2', SeededRandomness('k2'))},{new_key_text('k1', SeededRandomness('pw'))}"
    two = KeyRing.from_text(both)
    later = Passwords(cost=Argon2Cost(memory_kib=20_480, time=2, lanes=1), pepper=two)
    moved = await later.verify(check.replacement, GOOD)
    assert moved.replacement is not None
    assert moved.replacement.startswith("k2~")


async def test_work_is_bounded_and_slots_belong_to_jobs() -> None:
    control = Passwords(cost=FLOOR, workers=1, waiting=1)
    first, second = (asyncio.create_task(control.hash(GOOD)) for _ in range(2))
    await asyncio.sleep(0)
    with pytest.raises(BusyError):
        await control.hash(GOOD)
    first.cancel()
    second.cancel()
    await asyncio.gather(first, second, return_exceptions=True)
    with pytest.raises(BusyError):  # the clients are gone, the memory is still in use
        await control.hash(GOOD)
    await asyncio.to_thread(control.close)
    await asyncio.sleep(0)
    assert control._taken == 0


async def test_hashing_does_not_block_the_event_loop(passwords: Passwords) -> None:
    task = asyncio.create_task(passwords.hash(GOOD))
    gaps = []
    while not task.done():
        before = time.perf_counter()
        await asyncio.sleep(0.001)
        gaps.append(time.perf_counter() - before)
    assert len(gaps) > 3


@pytest.mark.parametrize(
    "cost", [(19_455, 2, 1), (19_456, 1, 1), (300_000, 3, 4), (65_536, 17, 4), (65_536, 3, 0)]
)
def test_costs_outside_the_floor_and_ceiling_are_refused(cost: tuple[int, int, int]) -> None:
    with pytest.raises(ConfigurationError):
        Argon2Cost(*cost)


class Bench:
    def __init__(self, passwords: Passwords, clock: FakeClock, events: EventRecorder, stored: str) -> None:
        self.store = BrokenStore(MemoryStore(clock=clock), allow=10**6)
        self.login = PasswordLogin(passwords, store=self.store, keys=RING, clock=clock, events=events)
        self.ada = StoredAccount("ada", stored)

    async def attempt(self, name: str = "ada", password: str = "wrong", address: str = "198.51.100.1",
                      device: str | None = None, account: StoredAccount | None = None) -> object:  # fmt: skip
        found = account or (self.ada if name.strip().lower() == "ada" else None)
        return await self.login.attempt(name, password, account=found, address=address, device=device)


@pytest.fixture
async def bench(passwords: Passwords, clock: FakeClock, events: EventRecorder) -> Bench:
    return Bench(passwords, clock, events, await passwords.hash(GOOD))


async def test_success_failure_unknown_and_disabled(bench: Bench, events: EventRecorder) -> None:
    result = await bench.attempt(password=GOOD)
    assert (result.subject, result.replacement_hash) == ("ada", None)  # type: ignore[attr-defined]
    assert await bench.attempt() is None
    assert await bench.attempt("nobody", GOOD) is None
    disabled = StoredAccount("ada", bench.ada.password_hash, enabled=False)
    assert await bench.attempt(password=GOOD, account=disabled) is None
    assert [e.name.label.rpartition(".")[2] for e in events.events] == [
        "succeeded",
        "failed",
        "failed",
        "failed",
    ]


async def test_known_and_unknown_names_are_throttled_alike(bench: Bench) -> None:
    async def until_throttled(name: str, address: str) -> tuple[int, float]:
        for count in range(20):
            try:
                await bench.attempt(name, address=address)
            except LoginThrottledError as error:
                return count, error.retry_after
        raise AssertionError("never throttled")

    known, unknown = (
        await until_throttled("ada", "198.51.100.1"),
        await until_throttled("bob", "198.51.100.2"),
    )
    assert known == unknown == (5, 60.0)
    assert (await until_throttled(" ADA ", "198.51.100.1"))[0] == 0  # spellings of one name are one name


async def test_known_and_unknown_names_take_the_same_time(bench: Bench, clock: FakeClock) -> None:
    await bench.attempt("warm-up")
    times: dict[str, list[float]] = {"ada": [], "nobody": []}
    for index in range(12):
        for name in times:
            started = time.perf_counter()
            await bench.attempt(name, address=f"203.0.113.{index}")
            times[name].append(time.perf_counter() - started)
            clock.advance(600)
    ada, nobody = statistics.median(times["ada"]), statistics.median(times["nobody"])
    assert 0.5 < ada / nobody < 2


async def test_guessing_from_many_networks_is_bounded_by_name(bench: Bench, clock: FakeClock) -> None:
    tried = 0
    for index in range(60):
        try:
            await bench.attempt(address=f"198.51.100.{index}")
            tried += 1
        except LoginThrottledError:
            pass
    assert tried == 30


async def test_guessing_slowly_is_bounded_at_a_hundred(bench: Bench, clock: FakeClock) -> None:
    tried = 0
    for index in range(130):
        clock.advance(600)
        try:
            await bench.attempt(address=f"198.51.{index}.1")
            tried += 1
        except LoginThrottledError:
            pass
    assert 100 <= tried <= 104  # one more drips in every seven hours


async def test_many_names_from_one_network_are_bounded(bench: Bench) -> None:
    tried = 0
    for index in range(70):
        try:
            await bench.attempt(f"user{index}", address=f"2001:db8::{index:x}")
            tried += 1
        except LoginThrottledError:
            pass
    assert tried == 50


async def test_the_owner_gets_in_from_a_known_device_while_strangers_guess(bench: Bench) -> None:
    result = await bench.attempt(password=GOOD)
    device = result.device  # type: ignore[attr-defined]
    for index in range(60):
        with pytest.raises(LoginThrottledError) if index >= 30 else _nothing():
            await bench.attempt(address=f"198.51.100.{index}")
    with pytest.raises(LoginThrottledError):
        await bench.attempt(password=GOOD, address="192.0.2.1")
    assert await bench.attempt(password=GOOD, address="192.0.2.1", device=device) is not None
    for forged in ("", "AAAA", device[:-4] + "AAA=", "é", "bob" + device):
        with pytest.raises(LoginThrottledError):
            await bench.attempt(password=GOOD, address="192.0.2.1", device=forged)


class _nothing:  # noqa: N801
    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...


async def test_success_clears_the_count(bench: Bench) -> None:
    for _ in range(3):
        for _ in range(4):
            assert await bench.attempt() is None
        assert await bench.attempt(password=GOOD) is not None


@pytest.mark.parametrize("allow", range(4))
async def test_a_store_that_is_down_lets_nobody_in(bench: Bench, allow: int) -> None:
    bench.store.allow = allow
    with pytest.raises(StoreUnavailableError):
        await bench.attempt(password=GOOD)


async def test_the_store_learns_no_names(
    passwords: Passwords, clock: FakeClock, events: EventRecorder
) -> None:
    store = MemoryStore(clock=clock)
    login = PasswordLogin(passwords, store=store, keys=RING, clock=clock, events=events)
    await login.attempt("ada@example.com", "x", account=None, address="1.2.3.4")
    assert "ada" not in repr(vars(store))


@pytest.mark.parametrize(
    "text",
    ["", "k1", "k1:", "k1:not base64!", "k1:c2hvcnQ=", "k1:" + "QUFB" * 12, "k 1:" + "A" * 44,
     new_key_text("a", SeededRandomness("1")) + "," + new_key_text("a", SeededRandomness("2"))],
)  # fmt: skip
def test_weak_or_malformed_keys_are_refused_without_being_shown(text: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        KeyRing.from_text(text)
    assert "QUFB" not in str(refused.value)


def test_placeholders_are_refused_and_keys_come_from_environment_or_file(tmp_path: object) -> None:
    for secret in (
        b"change-me-please-0123456789abcdefghij",
        b"0123456789abcdef" * 2,
        b"my-super-secret-key-for-signing-jwt!",
    ):
        with pytest.raises(ConfigurationError):
            Key("k", secret)
    text = new_key_text("k1")
    path = tmp_path / "keys"  # type: ignore[operator]
    path.write_text(text + "\n")
    assert KeyRing.from_environment("K", {"K": text}).ids == ("k1",)
    assert KeyRing.from_environment("K", {"K_FILE": str(path)}).ids == ("k1",)
    for environment in ({}, {"K": ""}, {"K_FILE": str(path) + "x"}):
        with pytest.raises(ConfigurationError):
            KeyRing.from_environment("K", environment)
    assert text.partition(":")[2] not in repr(Key("k", bytes(range(32))))
    ring = KeyRing.from_text(text)
    assert ring.derive("a") != ring.derive("b")
    with pytest.raises(KeyError):
        ring.derive("a", "unknown")


@settings(max_examples=20, deadline=None)
@given(st.text(max_size=50))
def test_device_tokens_cannot_be_made_up(text: str) -> None:
    login = PasswordLogin(None, store=MemoryStore(), keys=RING, clock=FakeClock(), events=EventRecorder())  # type: ignore[arg-type]
    assert not login._device_known(text, b"name")


async def test_what_an_attempt_is_charged(bench: Bench, events: EventRecorder) -> None:
    """The numbers of the guide; the time to count to a hundred failures is saved."""
    stranger = bench.login._charges(b"name", b"network", known=False)
    owner = bench.login._charges(b"name", b"network", known=True)
    assert [(limit, window) for _, limit, window in stranger] == [
        (5, 300), (50, 600), (30, 3600), (100, 30 * 86_400),
    ]  # fmt: skip
    assert [(limit, window) for _, limit, window in owner] == [(10, 300), (100, 30 * 86_400)]
    for _ in range(5):
        await bench.attempt("nobody")
    with pytest.raises(LoginThrottledError) as raised:
        await bench.attempt("nobody")
    assert (raised.value.status, str(raised.value)) == (429, "login throttled")
    assert events.events[-1].name.label == "authn.login.throttled"
