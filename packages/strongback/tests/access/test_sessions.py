"""Sessions: a state machine against a plain model, races on real stores, and cookies in requests."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, rule, run_state_machine_as_test
from strongback.errors import ConfigurationError, StoreUnavailableError
from strongback.http.asgi import Receive, Scope, Send, principal_of
from strongback.seams import SystemRandomness
from strongback.sessions import Sessions, current_session
from strongback.stores import MemoryStore, Store
from strongback.testing import BrokenStore, EventRecorder, FakeClock, SeededRandomness

from packages.strongback.tests.http.call import call, handshake
from packages.strongback.tests.stores.harness import ENGINES, Harness, harness_for

IDLE, ABSOLUTE, CAP = 600.0, 3600.0, 3


def sessions(
    store: object, clock: FakeClock, rng: object = None, events: EventRecorder | None = None
) -> Sessions:
    return Sessions(
        store=store,  # type: ignore[arg-type]
        clock=clock,
        rng=rng or SeededRandomness(),  # type: ignore[arg-type]
        events=events or EventRecorder(),
        idle=IDLE,
        absolute=ABSOLUTE,
        cap=CAP,
    )


class SessionMachine(RuleBasedStateMachine):
    """Every operation, in any order and with any waits, agrees with a list of dictionaries."""

    tokens = Bundle("tokens")

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.clock = FakeClock()
        self.control = sessions(MemoryStore(clock=self.clock), self.clock)
        self.model: list[dict[str, object]] = []

    def teardown(self) -> None:
        self.runner.close()

    def do(self, coroutine: object) -> object:
        return self.runner.run(coroutine)  # type: ignore[arg-type]

    def live(self) -> list[dict[str, object]]:
        now = self.clock.time
        return [s for s in self.model if now - s["seen"] < IDLE and now - s["created"] < ABSOLUTE]  # type: ignore[operator]

    def entry(self, token: str) -> dict[str, object] | None:
        return next((s for s in self.live() if s["token"] == token), None)

    def see(self, entry: dict[str, object]) -> None:
        if self.clock.time - entry["seen"] >= IDLE / 60:  # type: ignore[operator]
            entry["seen"] = self.clock.time

    @rule(target=tokens, subject=st.sampled_from(["ada", "bob"]))
    def start(self, subject: str) -> str:
        token = str(self.do(self.control.start(subject, roles=("user",))))
        now = self.clock.time
        self.model = self.live()
        self.model.append(
            {"token": token, "subject": subject, "created": now, "seen": now, "authenticated": now}
        )
        mine = [s for s in self.model if s["subject"] == subject]
        for evicted in mine[: max(0, len(mine) - CAP)]:
            self.model.remove(evicted)
        return token

    @rule(seconds=st.sampled_from([1.0, 9.0, 11.0, 300.0, 599.0, 600.0, 3000.0]))
    def wait(self, seconds: float) -> None:
        self.clock.advance(seconds)

    @rule(token=tokens)
    def find(self, token: str) -> None:
        entry, found = self.entry(token), self.do(self.control.find(token))
        assert (found is not None) == (entry is not None)
        if entry is not None:
            assert found.subject == entry["subject"]  # type: ignore[attr-defined]
            assert found.authenticated_at == entry["authenticated"]  # type: ignore[attr-defined]
            self.see(entry)

    @rule(target=tokens, token=tokens)
    def rotate(self, token: str) -> str:
        entry = self.entry(token)
        fresh = self.do(self.control.rotate(token, factors=("pwd", "otp")))
        assert (fresh is not None) == (entry is not None)
        if entry is None:
            return "never-a-token-at-all-000000"
        self.model.remove(entry)
        now = self.clock.time
        self.model.append({**entry, "token": fresh, "seen": now, "authenticated": now})
        return str(fresh)

    @rule(token=consumes(tokens))
    def end(self, token: str) -> None:
        entry = self.entry(token)
        self.do(self.control.end(token))
        if entry is not None:
            self.model.remove(entry)

    @rule(subject=st.sampled_from(["ada", "bob"]))
    def end_all(self, subject: str) -> None:
        self.do(self.control.end_all(subject))
        self.model = [s for s in self.live() if s["subject"] != subject]

    @rule(subject=st.sampled_from(["ada", "bob"]), other=st.sampled_from(["ada", "bob"]))
    def end_one_by_handle(self, subject: str, other: str) -> None:
        listed = self.do(self.control.list(subject))
        mine = [s for s in self.live() if s["subject"] == subject]
        assert len(listed) == len(mine)  # type: ignore[arg-type]
        if listed:
            ended = self.do(self.control.end_one(other, listed[0].handle))  # type: ignore[index]
            assert ended is (other == subject)
            if ended:
                self.model.remove(mine[0])


def test_sessions_agree_with_the_model() -> None:
    run_state_machine_as_test(
        SessionMachine,
        settings=settings(
            max_examples=60, stateful_step_count=30, deadline=None, derandomize=True, database=None
        ),
    )


@pytest.fixture(params=ENGINES)
def harness(request: pytest.FixtureRequest, tmp_path: Path) -> Harness:
    return harness_for(request.param, request, tmp_path)


@pytest.mark.anyio
async def test_fifty_rotations_of_one_token_leave_one_session(harness: Harness) -> None:
    async with harness.several(5) as stores:
        clock, subject = FakeClock(), harness.key("ada").hex()
        controls = [sessions(store, clock, SystemRandomness()) for store in stores]
        token = await controls[0].start(subject)
        fresh = await asyncio.gather(*(controls[i % 5].rotate(token) for i in range(50)))
        winners = [t for t in fresh if t is not None]
        assert len(winners) == 1
        assert await controls[1].find(token) is None
        assert await controls[2].find(winners[0]) is not None
        assert len(await controls[3].list(subject)) == 1


class Interrupted:
    """A store that lets something else happen between a start's reading of the epoch and its writing."""

    def __init__(self, inner: Store, meanwhile: Callable[[], Awaitable[object]]) -> None:
        self._inner = inner
        self._meanwhile = meanwhile

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)

    async def put(self, key: bytes, value: bytes, *, ttl: float, only_if_absent: bool = False) -> bool:
        await self._meanwhile()
        return await self._inner.put(key, value, ttl=ttl, only_if_absent=only_if_absent)


@pytest.mark.anyio
async def test_ending_all_reaches_a_session_that_is_just_starting(harness: Harness) -> None:
    async with harness.several(2) as stores:
        clock, subject = FakeClock(), harness.key("bob").hex()
        admin = sessions(stores[0], clock, SystemRandomness())
        starting = sessions(Interrupted(stores[1], lambda: admin.end_all(subject)), clock, SystemRandomness())
        token = await starting.start(subject)
        assert await admin.find(token) is None
        assert await admin.find(await admin.start(subject)) is not None


@pytest.mark.anyio
async def test_tokens_are_256_random_bits_and_only_their_hash_is_stored(clock: FakeClock) -> None:
    store = MemoryStore(clock=clock)
    control = sessions(store, clock, SystemRandomness())
    tokens = {await control.start("ada") for _ in range(CAP)}
    assert {len(t) for t in tokens} == {43}
    everything = repr(vars(store))
    assert not any(token in everything for token in tokens)


@pytest.mark.anyio
async def test_login_kills_a_planted_token_and_carries_nothing_over(clock: FakeClock) -> None:
    control = sessions(MemoryStore(clock=clock), clock)
    planted = await control.start("mallory")
    await control.save(planted, {"cart": "poison"})
    token = await control.start("ada", replaces=planted)
    assert await control.find(planted) is None
    found = await control.find(token)
    assert found is not None
    assert (found.subject, found.data) == ("ada", {})
    assert await control.save(token, {"theme": "dark"})
    assert (await control.find(token)).data == {"theme": "dark"}  # type: ignore[union-attr]
    assert not await control.save("gone" * 11, {"x": 1})


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    current = current_session(scope)
    if scope["path"] == "/login":
        await current.log_in("ada", roles=("clerk",), label="a browser")
    elif scope["path"] == "/logout":
        await current.log_out()
    elif scope["path"] == "/step-up":
        assert await current.step_up(("pwd", "otp"), roles=("admin",)) is (current.session is not None)
    who = principal_of(scope)
    body = (who.subject if who else "nobody").encode()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


def cookie_of(line: str) -> str:
    return line.partition(";")[0]


@pytest.mark.anyio
async def test_the_cookie_through_login_step_up_and_logout(clock: FakeClock) -> None:
    guarded = sessions(MemoryStore(clock=clock), clock).around(application)
    assert (await call(guarded)).all("set-cookie") == []
    login = await call(guarded, path="/login")
    cookie = cookie_of(login["set-cookie"])
    assert login["set-cookie"].endswith("; Path=/; Secure; HttpOnly; SameSite=Lax")
    assert login["cache-control"] == "no-store"
    assert (await call(guarded, headers={"cookie": cookie})).body == b"ada"
    stepped = cookie_of((await call(guarded, path="/step-up", headers={"cookie": cookie}))["set-cookie"])
    assert stepped != cookie
    assert (await call(guarded, path="/step-up")).body == b"nobody"  # nothing to step up
    assert (await call(guarded, headers={"cookie": cookie})).body == b"nobody"
    out = await call(guarded, path="/logout", headers={"cookie": stepped})
    assert "Max-Age=0" in out["set-cookie"]
    assert out["clear-site-data"] == '"cache", "cookies", "storage"'
    stale = await call(guarded, headers={"cookie": stepped})
    assert stale.body == b"nobody"
    assert "Max-Age=0" in stale["set-cookie"]


@pytest.mark.anyio
@pytest.mark.parametrize(
    "cookie",
    [
        "__Host-session=",
        "__Host-session=x",
        "__Host-session=" + "A" * 5000,
        "__Host-session=\u00e9" * 9,
        "junk",
        "=;=",
    ],
)
async def test_garbage_in_the_cookie_is_nobody(cookie: str, clock: FakeClock) -> None:
    guarded = sessions(MemoryStore(clock=clock), clock).around(application)
    assert (await call(guarded, headers={"cookie": cookie})).body == b"nobody"


@pytest.mark.anyio
async def test_a_cookie_sent_twice_is_not_believed(clock: FakeClock) -> None:
    control = sessions(MemoryStore(clock=clock), clock)
    token = await control.start("ada")
    twice = {"cookie": f"__Host-session=planted; __Host-session={token}"}
    assert (await call(control.around(application), headers=twice)).body == b"nobody"


@pytest.mark.anyio
@pytest.mark.parametrize("allow", range(6))
async def test_a_store_that_fails_midway_never_lets_anyone_in(allow: int, clock: FakeClock) -> None:
    store = BrokenStore(MemoryStore(clock=clock), allow=100)
    control = sessions(store, clock)
    token = await control.start("ada")
    await control.end_all("ada")
    store.allow = allow
    for attempt in (control.find(token), control.rotate(token)):
        try:
            assert await attempt is None
        except StoreUnavailableError:
            continue
    store.allow = 0
    with pytest.raises(StoreUnavailableError):
        await call(control.around(application), headers={"cookie": f"__Host-session={token}"})
    with pytest.raises(StoreUnavailableError):
        await handshake(control.around(application), {"cookie": f"__Host-session={token}"})


@pytest.mark.anyio
async def test_only_a_factor_makes_authentication_recent(clock: FakeClock) -> None:
    control = sessions(MemoryStore(clock=clock), clock)
    began = clock.now()
    token = await control.start("ada")
    clock.advance(1)
    promoted = await control.rotate(token, roles=("admin",))
    assert promoted is not None
    found = await control.find(promoted)
    assert found is not None
    assert (found.roles, found.authenticated_at, found.created) == (("admin",), began, began)
    stepped = await control.rotate(promoted, factors=("pwd", "otp"))
    assert stepped is not None
    found = await control.find(stepped)
    assert found is not None
    assert (found.roles, found.authenticated_at, found.created) == (("admin",), began + 1, began)


@pytest.mark.anyio
async def test_beginnings_and_ends_are_told(clock: FakeClock, events: EventRecorder) -> None:
    control = Sessions(
        store=MemoryStore(clock=clock),
        clock=clock,
        rng=SeededRandomness(),
        events=events,
        cap=1,
        idle=1,
        absolute=1,
    )
    await control.end(await control.start("ada", label="a phone"))
    await control.start("ada")
    await control.end_all("ada")
    told = [(event.name.label, dict(event.detail)) for event in events.events]
    assert told == [
        ("session.started", {"label": "a phone", "factors": ["pwd"]}),
        ("session.ended", {}),
        ("session.started", {"label": "", "factors": ["pwd"]}),
        ("session.revoked_all", {"count": 1}),
    ]


def test_weak_settings_are_refused(clock: FakeClock) -> None:
    for settings_ in ({"idle": 0}, {"idle": 10, "absolute": 5}, {"cap": 0}, {"cookie": "session"}):
        with pytest.raises(ConfigurationError):
            Sessions(
                store=MemoryStore(), clock=clock, rng=SeededRandomness(), events=EventRecorder(), **settings_
            )  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError):
        current_session({"type": "http"})


class Counted(MemoryStore):
    """Counts writes of values."""

    writes = 0

    async def swap(self, *arguments: Any, **settings_: Any) -> bool:
        self.writes += 1
        return await super().swap(*arguments, **settings_)


@pytest.mark.anyio
async def test_the_session_that_gives_way_has_ended(clock: FakeClock) -> None:
    control = sessions(MemoryStore(clock=clock), clock)
    tokens = [await control.start("ada") for _ in range(CAP + 2)]
    assert [await control.find(token) is not None for token in tokens] == [False, False, *[True] * CAP]


@pytest.mark.anyio
async def test_use_keeps_a_session_alive_and_is_noted_once_a_while(clock: FakeClock) -> None:
    store = Counted(clock=clock)
    control = sessions(store, clock)
    token = await control.start("ada")
    for _ in range(50):
        assert await control.find(token)
    assert store.writes == 0
    clock.advance(IDLE / 60)
    for _ in range(50):
        assert await control.find(token)
    assert store.writes == 1
    for _ in range(5):
        clock.advance(IDLE - 1)
        assert await control.find(token), "longer than one idle time after its start"
    clock.advance(IDLE)
    assert await control.find(token) is None


@pytest.mark.anyio
async def test_ending_one_of_a_list_is_told(clock: FakeClock, events: EventRecorder) -> None:
    control = sessions(MemoryStore(clock=clock), clock, events=events)
    token = await control.start("ada")
    (summary,) = await control.list("ada")
    assert await control.end_one("ada", summary.handle)
    assert await control.find(token) is None
    assert [e.name.label for e in events.events] == ["session.started", "session.ended"]
