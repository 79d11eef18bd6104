"""API keys: shown once, hashed, scoped, expiring, rotated with an overlap, ended at once."""

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strongback.errors import ConfigurationError, StoreUnavailableError
from strongback.http.asgi import principal_of
from strongback.seams import SystemRandomness
from strongback.stores import MemoryStore
from strongback.testing import BrokenStore, EventRecorder, FakeClock
from strongback.tokens import ApiKeys, TokenRejectedError

from packages.strongback.tests.http.call import answering, call
from packages.strongback.tests.stores.harness import ENGINES, Harness, harness_for

DAY = 86_400.0
READ = frozenset({"orders:read"})


def keys(store: Any, clock: FakeClock, events: EventRecorder | None = None, **changes: Any) -> ApiKeys:
    return ApiKeys(
        prefix="acme",
        store=store,
        clock=clock,
        rng=SystemRandomness(),
        events=events or EventRecorder(),
        **changes,
    )


@pytest.fixture(params=ENGINES)
def harness(request: pytest.FixtureRequest, tmp_path: Path) -> Harness:
    return harness_for(request.param, request, tmp_path)


@pytest.mark.anyio
async def test_the_life_of_a_key_on_every_store(harness: Harness, clock: FakeClock) -> None:
    async with harness.make(clock) as store:
        control, subject = keys(store, clock), harness.key("service").hex()
        issued = await control.issue(subject, scopes=READ, roles=frozenset({"clerk"}), label="import")
        assert re.fullmatch(r"acme_[0-9a-f]{16}_[0-9a-f]{64}", issued.text)
        principal = await control.authenticate(issued.text)
        assert (principal.subject, principal.scopes, principal.roles) == (subject, READ, {"clerk"})
        (listed,) = await control.list(subject)
        assert (listed.label, listed.last_used) == ("import", clock.now())
        successor = await control.rotate(subject, issued.info.id, overlap=60)
        await control.authenticate(issued.text)
        clock.advance(60)
        with pytest.raises(TokenRejectedError):
            await control.authenticate(issued.text)
        assert (await control.authenticate(successor.text)).scopes == READ
        assert [info.id for info in await control.list(subject)] == [successor.info.id]
        assert not await control.end("someone else", successor.info.id)
        assert await control.end(subject, successor.info.id)
        with pytest.raises(TokenRejectedError):
            await control.authenticate(successor.text)


@pytest.mark.anyio
async def test_keys_expire_and_end_together(clock: FakeClock) -> None:
    control = keys(MemoryStore(clock=clock), clock)
    short = await control.issue("svc", scopes=READ, lifetime=DAY)
    others = [await control.issue("svc", scopes=READ) for _ in range(3)]
    clock.advance(DAY)
    with pytest.raises(TokenRejectedError):
        await control.authenticate(short.text)
    assert await control.end_all("svc") == 3
    for key in others:
        with pytest.raises(TokenRejectedError):
            await control.authenticate(key.text)


@pytest.mark.anyio
async def test_only_hashes_are_stored(clock: FakeClock) -> None:
    store = MemoryStore(clock=clock)
    control = keys(store, clock)
    text = (await control.issue("svc", scopes=READ)).text
    await control.authenticate(text)
    assert text.rpartition("_")[2] not in repr(vars(store))


@pytest.mark.anyio
async def test_what_may_not_be_issued(clock: FakeClock) -> None:
    control = keys(MemoryStore(clock=clock), clock, cap=2)
    for changes in (
        {"scopes": frozenset()},
        {"scopes": READ, "lifetime": 367 * DAY},
        {"scopes": READ, "lifetime": 0},
    ):
        with pytest.raises(ConfigurationError):
            await control.issue("svc", **changes)  # type: ignore[arg-type]
    first = await control.issue("svc", scopes=READ)
    await control.issue("svc", scopes=READ)
    with pytest.raises(ConfigurationError):
        await control.issue("svc", scopes=READ)
    # What has ended after a rotation no longer counts.
    short = await control.issue("short", scopes=READ, lifetime=1)
    await control.rotate("short", short.info.id, overlap=0)
    clock.advance(0.5)
    await control.issue("short", scopes=READ)
    with pytest.raises(ConfigurationError):
        await control.issue("short", scopes=READ)
    assert await keys(MemoryStore(), clock, cap=1).issue("one", scopes=READ)
    for subject, key_id in (("svc", "0" * 16), ("eve", first.info.id)):
        with pytest.raises(TokenRejectedError):
            await control.rotate(subject, key_id)
    for prefix in ("", "A", "has_underscore", "x" * 13):
        with pytest.raises(ConfigurationError):
            ApiKeys(
                prefix=prefix,
                store=MemoryStore(),
                clock=clock,
                rng=SystemRandomness(),
                events=EventRecorder(),
            )


@pytest.mark.anyio
async def test_the_header_sets_the_principal(clock: FakeClock, events: EventRecorder) -> None:
    store, app = MemoryStore(clock=clock), answering()
    control = keys(store, clock, events)
    text = (await control.issue("svc", scopes=READ)).text
    guarded = control.around(app)
    assert (await call(guarded, headers={"X-API-Key": text})).status == 200
    principal = principal_of(app.scope)  # type: ignore[attr-defined]
    assert principal is not None
    assert principal.subject == "svc"
    assert (await call(guarded)).status == 200
    assert principal_of(app.scope) is None  # type: ignore[attr-defined]
    last = "0" if text[-1] != "0" else "1"
    for bad in ("", "x", text[:-1], text[:-1] + last, text.upper(), text + "0", "other" + text[4:]):
        assert (await call(guarded, headers={"X-API-Key": bad})).status == 401
    assert (await call(guarded, headers=[("x-api-key", text), ("x-api-key", text)])).status == 401
    assert {e.name.label for e in events.events} == {"apikey.rejected"}
    down = keys(BrokenStore(store), clock, events)
    with pytest.raises(StoreUnavailableError):
        await call(down.around(app), headers={"X-API-Key": text})


@given(st.text())
def test_no_text_is_a_key(text: str) -> None:
    import asyncio

    with pytest.raises(TokenRejectedError):
        asyncio.run(keys(MemoryStore(), FakeClock()).authenticate(text))


@pytest.mark.anyio
async def test_a_key_that_was_ended_has_no_successor(clock: FakeClock) -> None:
    """Ended, but its record is still there: the store failed before it was deleted."""
    inner = MemoryStore(clock=clock)
    store = BrokenStore(inner, allow=1000)
    control = keys(store, clock)
    issued = await control.issue("svc", scopes=READ)
    store.allow = 1
    with pytest.raises(StoreUnavailableError):
        await control.end_all("svc")
    store.allow = 1000
    with pytest.raises(TokenRejectedError):
        await control.rotate("svc", issued.info.id)
    short = await control.issue("svc", scopes=READ, lifetime=5)
    clock.advance(5)
    with pytest.raises(TokenRejectedError):
        await control.rotate("svc", short.info.id)


@pytest.mark.anyio
async def test_a_rotation_during_the_end_of_all_ends_with_them(clock: FakeClock) -> None:
    class Meanwhile(MemoryStore):
        """All keys end between the last look at the old key and the new one."""

        async def swap(self, *arguments: Any, **settings: Any) -> bool:
            done = await super().swap(*arguments, **settings)
            await self.revoke(ApiKeys._owner("svc"))
            return done

    control = keys(Meanwhile(clock=clock), clock)
    issued = await control.issue("svc", scopes=READ)
    successor = await control.rotate("svc", issued.info.id)
    for key in (issued, successor):
        with pytest.raises(TokenRejectedError):
            await control.authenticate(key.text)
