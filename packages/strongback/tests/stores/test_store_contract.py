"""The contract: what every store does, alone, in races of 50, over time, across restarts and when cut off."""

import asyncio
import time
from collections import Counter as Tally

import pytest
from strongback.errors import ConfigurationError, StoreUnavailableError
from strongback.stores import Entry, Head, Sealed
from strongback.testing import FakeClock

from packages.strongback.tests.stores.harness import Harness

pytestmark = pytest.mark.anyio

RACERS = 50


def seal(body: bytes):  # type: ignore[no-untyped-def]
    return lambda head: Sealed(body, b"%d:" % (head.seq + 1) + body)


async def test_values_are_written_read_replaced_and_deleted(harness: Harness) -> None:
    async with harness.make() as store:
        key = harness.key("value")
        assert await store.get(key) is None
        assert await store.put(key, b"\x00one\xff", ttl=60)
        assert await store.get(key) == b"\x00one\xff"
        assert await store.put(key, b"", ttl=60)
        assert await store.get(key) == b""
        assert await store.delete(key)
        assert not await store.delete(key)
        assert await store.get(key) is None


async def test_only_if_absent_and_swap_respect_what_is_there(harness: Harness) -> None:
    async with harness.make() as store:
        key = harness.key("conditional")
        assert await store.put(key, b"1", ttl=60, only_if_absent=True)
        assert not await store.put(key, b"2", ttl=60, only_if_absent=True)
        assert not await store.swap(key, b"2", b"3", ttl=60)
        assert await store.swap(key, b"1", b"3", ttl=60)
        assert await store.take(key) == b"3"
        assert not await store.swap(key, b"3", b"4", ttl=60)


async def test_values_expire_exactly(harness: Harness, clock: FakeClock) -> None:
    async with harness.make(clock) as store:
        key = harness.key("expiring")
        await store.put(key, b"1", ttl=10)
        clock.advance(9.999)
        assert await store.get(key) == b"1"
        clock.advance(0.001)
        assert await store.get(key) is None
        assert not await store.swap(key, b"1", b"2", ttl=10)
        assert await store.put(key, b"2", ttl=10, only_if_absent=True)
        clock.advance(10)
        assert await store.take(key) is None


async def test_server_time_expires_values_without_an_injected_clock(harness: Harness) -> None:
    async with harness.make() as store:
        key = harness.key("wall")
        begun = time.monotonic()
        await store.put(key, b"1", ttl=0.3)
        seen = await store.get(key)
        # On a busy machine the second call may come after the end already.
        assert seen == b"1" or time.monotonic() - begun > 0.3
        await asyncio.sleep(0.35)
        assert await store.get(key) is None


async def test_purge_removes_only_what_expired(harness: Harness, clock: FakeClock) -> None:
    async with harness.make(clock) as store:
        await store.put(harness.key("short"), b"1", ttl=1)
        await store.put(harness.key("long"), b"1", ttl=100)
        clock.advance(2)
        removed = await store.purge()
        assert removed >= 1 or harness.engine == "valkey"  # that server expires keys by itself
        assert await store.get(harness.key("long")) == b"1"


async def test_of_fifty_takers_one_gets_the_value(harness: Harness) -> None:
    async with harness.several(5) as stores:
        key = harness.key("single-use")
        await stores[0].put(key, b"once", ttl=60)
        got = await asyncio.gather(*(stores[i % 5].take(key) for i in range(RACERS)))
        assert Tally(got) == {b"once": 1, None: RACERS - 1}


async def test_of_fifty_creators_one_wins(harness: Harness) -> None:
    async with harness.several(5) as stores:
        key = harness.key("create")
        won = await asyncio.gather(
            *(stores[i % 5].put(key, b"%d" % i, ttl=60, only_if_absent=True) for i in range(RACERS))
        )
        assert sum(won) == 1
        assert await stores[0].get(key) == b"%d" % won.index(True)


async def test_of_fifty_swappers_one_wins(harness: Harness) -> None:
    async with harness.several(5) as stores:
        key = harness.key("swap")
        await stores[0].put(key, b"old", ttl=60)
        won = await asyncio.gather(
            *(stores[i % 5].swap(key, b"old", b"%d" % i, ttl=60) for i in range(RACERS))
        )
        assert sum(won) == 1
        assert await stores[0].get(key) == b"%d" % won.index(True)


@pytest.mark.parametrize("operation", ["hit", "admit"])
async def test_of_fifty_hits_exactly_the_limit_is_admitted(
    harness: Harness, operation: str, clock: FakeClock
) -> None:
    async with harness.several(5, clock) as stores:
        key = harness.key(operation)
        answers = await asyncio.gather(
            *(getattr(stores[i % 5], operation)(key, limit=7, window=300) for i in range(RACERS))
        )
        assert sum(a.admitted for a in answers) == 7
        assert {a.retry_after > 0 for a in answers if not a.admitted} == {True}
        await stores[0].reset(key)
        assert (await getattr(stores[1], operation)(key, limit=7, window=300)).remaining == 6


async def test_gcra_refills_evenly_and_charges_cost(harness: Harness, clock: FakeClock) -> None:
    async with harness.make(clock) as store:
        key = harness.key("gcra")
        first = await store.hit(key, limit=4, window=8, cost=3)
        assert (first.admitted, first.remaining, first.reset_after) == (True, 1, 6.0)
        refused = await store.hit(key, limit=4, window=8, cost=2)
        assert (refused.admitted, refused.retry_after) == (False, 2.0)
        clock.advance(2)
        assert (await store.hit(key, limit=4, window=8, cost=2)).admitted
        assert not (await store.hit(key, limit=4, window=8)).admitted
        assert not (await store.hit(harness.key("gcra2"), limit=4, window=8, cost=5)).admitted


async def test_the_exact_log_never_exceeds_the_limit_in_any_window(
    harness: Harness, clock: FakeClock
) -> None:
    async with harness.make(clock) as store:
        key = harness.key("log")
        admitted: list[float] = []
        for _ in range(120):
            if (await store.admit(key, limit=3, window=300)).admitted:
                admitted.append(clock.now())
            clock.advance(17)
        assert len(admitted) >= 18
        for start in admitted:
            assert sum(start <= t < start + 300 for t in admitted) <= 3


@pytest.mark.parametrize("operation", ["hit", "admit"])
async def test_a_clock_set_back_admits_no_more(harness: Harness, operation: str, clock: FakeClock) -> None:
    async with harness.make(clock) as store:
        key = harness.key("back" + operation)
        for _ in range(3):
            assert (await getattr(store, operation)(key, limit=3, window=300)).admitted
        clock.advance(-86_400)
        refused = await getattr(store, operation)(key, limit=3, window=300)
        assert not refused.admitted


async def test_index_keeps_order_caps_expires_and_revokes(harness: Harness, clock: FakeClock) -> None:
    async with harness.make(clock) as store:
        owner = harness.key("owner")
        assert await store.add(owner, b"a", ttl=10) == []
        assert await store.add(owner, b"b", ttl=20) == []
        assert await store.add(owner, b"a", ttl=30) == []
        assert await store.members(owner) == [b"a", b"b"]
        assert await store.add(owner, b"c", ttl=20, cap=2) == [b"a"]
        assert await store.remove(owner, b"b")
        assert not await store.remove(owner, b"b")
        clock.advance(20)
        assert await store.members(owner) == []
        await store.add(owner, b"d", ttl=5)
        assert await store.epoch(owner) == 0
        assert await store.revoke(owner) == [b"d"]
        assert await store.revoke(owner) == []
        assert await store.epoch(owner) == 2
        assert await store.members(owner) == []


async def test_of_fifty_joiners_the_cap_remains_and_each_leaver_leaves_once(harness: Harness) -> None:
    async with harness.several(5) as stores:
        owner = harness.key("crowd")
        dropped = await asyncio.gather(
            *(stores[i % 5].add(owner, b"m%d" % i, ttl=60, cap=6) for i in range(RACERS))
        )
        left = [m for group in dropped for m in group]
        staying = await stores[0].members(owner)
        assert len(staying) == 6
        assert sorted(left + staying) == sorted(b"m%d" % i for i in range(RACERS))


async def test_fifty_revocations_raise_the_epoch_by_fifty(harness: Harness) -> None:
    async with harness.several(5) as stores:
        owner = harness.key("epochs")
        await stores[0].add(owner, b"m", ttl=60)
        gone = await asyncio.gather(*(stores[i % 5].revoke(owner) for i in range(RACERS)))
        assert await stores[0].epoch(owner) == RACERS
        assert [m for group in gone for m in group] == [b"m"]


async def test_fifty_writers_make_one_unbroken_chain(harness: Harness) -> None:
    async with harness.several(5) as stores:
        stream = harness.stream("chain")
        await asyncio.gather(*(stores[i % 5].append(stream, seal(b"%d" % i)) for i in range(RACERS)))
        entries = [entry async for entry in stores[0].read(stream)]
        assert [e.seq for e in entries] == list(range(1, RACERS + 1))
        assert [e.previous for e in entries] == [b"", *(e.link for e in entries[:-1])]
        assert sorted(int(e.body) for e in entries) == list(range(RACERS))
        assert await stores[1].head(stream) == Head(RACERS, entries[-1].link)
        assert [e.seq async for e in stores[2].read(stream, after=47)] == [48, 49, 50]


async def test_ledger_bytes_come_back_as_written_across_pages(harness: Harness) -> None:
    async with harness.make() as store:
        stream = harness.stream("bytes")
        body = bytes(range(256))
        first = await store.append(stream, lambda head: Sealed(body, b"\x00\xff"))
        assert first == Entry(1, b"", body, b"\x00\xff")
        for index in range(520):
            await store.append(stream, seal(b"%d" % index))
        seen = []
        async for entry in store.read(stream):
            seen.append(entry.seq)
            if entry.seq == 500:
                # Somebody else shortens the stream between two pages: the reader misses nothing.
                assert await store.trim(stream, through=100) == 100
        assert seen == list(range(1, 522))


async def test_a_seal_that_fails_leaves_nothing_behind(harness: Harness) -> None:
    async with harness.make() as store:
        stream = harness.stream("failing")
        await store.append(stream, seal(b"1"))

        def broken(head: Head) -> Sealed:
            raise RuntimeError("no key")

        with pytest.raises(RuntimeError, match="no key"):
            await store.append(stream, broken)
        assert (await store.append(stream, seal(b"2"))).seq == 2
        assert [e.body async for e in store.read(stream)] == [b"1", b"2"]


async def test_a_connection_cut_midway_has_no_effect_and_heals(harness: Harness) -> None:
    async with harness.make() as store:
        stream = harness.stream("cut")
        await store.append(stream, seal(b"1"))

        def cutting(head: Head) -> Sealed:
            harness.sever()
            return Sealed(b"2", b"2")

        if harness.server is not None:
            with pytest.raises(StoreUnavailableError):
                await store.append(stream, cutting)
        assert [e.body async for e in store.read(stream)] == [b"1"]
        assert (await store.append(stream, seal(b"3"))).seq == 2


async def test_everything_survives_a_restart(harness: Harness) -> None:
    key, owner, stream = harness.key("kept"), harness.key("kept-owner"), harness.stream("kept")
    async with harness.make() as store:
        await store.put(key, b"value", ttl=600)
        for _ in range(3):
            await store.admit(key, limit=3, window=300)
            await store.hit(key, limit=3, window=300)
        await store.add(owner, b"gone", ttl=600)
        await store.revoke(owner)
        await store.add(owner, b"member", ttl=600)
        await store.append(stream, seal(b"entry"))
    await harness.restart()
    async with harness.make() as store:
        kept = harness.durable
        assert await store.get(key) == (b"value" if kept else None)
        assert (await store.admit(key, limit=3, window=300)).admitted is not kept
        assert (await store.hit(key, limit=3, window=300)).admitted is not kept
        assert await store.epoch(owner) == int(kept)
        assert await store.members(owner) == ([b"member"] if kept else [])
        assert (await store.head(stream)).seq == int(kept)


async def test_a_restart_under_an_open_store_heals(harness: Harness) -> None:
    async with harness.make() as store:
        key = harness.key("through")
        await store.put(key, b"1", ttl=600)
        if harness.server is not None:
            await harness.restart()
        for _ in range(2):  # the first call after a restart may find a dead connection
            try:
                value = await store.get(key)
                break
            except StoreUnavailableError:
                continue
        assert value == b"1"


async def test_a_closed_store_is_unavailable_not_empty(harness: Harness) -> None:
    if harness.engine == "memory":
        store = harness.make()
        assert await store.get(harness.key("x")) is None
        return
    store = harness.make()
    with pytest.raises(StoreUnavailableError):
        await store.get(harness.key("x"))
    await store.open()
    await store.open()
    await store.close()
    with pytest.raises(StoreUnavailableError):
        await store.put(harness.key("x"), b"1", ttl=1)
    with pytest.raises(StoreUnavailableError):
        await store.append(harness.stream("x"), seal(b"1"))


@pytest.mark.parametrize(
    ("operation", "arguments", "keywords"),
    [
        ("get", (b"",), {}),
        ("get", (b"k" * 1025,), {}),
        ("put", (b"k", b"v" * (1024 * 1024 + 1)), {"ttl": 1}),
        ("put", (b"k", b"v"), {"ttl": 0}),
        ("put", (b"k", b"v"), {"ttl": float("inf")}),
        ("put", (b"k", b"v"), {"ttl": float("nan")}),
        ("hit", (b"k",), {"limit": 0, "window": 1}),
        ("hit", (b"k",), {"limit": 1, "window": 0}),
        ("hit", (b"k",), {"limit": 1, "window": 1, "cost": 0}),
        ("admit", (b"k",), {"limit": 0, "window": 1}),
    ],
)
async def test_arguments_outside_the_contract_are_refused(
    harness: Harness, operation: str, arguments: tuple[bytes, ...], keywords: dict[str, float]
) -> None:
    async with harness.make() as store:
        with pytest.raises(ConfigurationError):
            await getattr(store, operation)(*arguments, **keywords)


async def test_a_trimmed_stream_goes_on_where_it_was(harness: Harness) -> None:
    async with harness.make() as store:
        stream = harness.stream("trimmed")
        assert await store.trim(stream, through=5) == 0
        for index in range(1, 8):
            await store.append(stream, seal(b"%d" % index))
        assert await store.trim(stream, through=0) == 0
        assert await store.trim(stream, through=3) == 3
        assert await store.trim(stream, through=3) == 0
        assert [e.seq async for e in store.read(stream)] == [4, 5, 6, 7]
        assert [e.seq async for e in store.read(stream, after=2)] == [4, 5, 6, 7]
        assert [e.seq async for e in store.read(stream, after=5)] == [6, 7]
        assert await store.trim(stream, through=99) == 3, "the newest stays: the next one hangs on it"
        head = await store.head(stream)
        assert head.seq == 7
        entry = await store.append(stream, seal(b"8"))
        assert (entry.seq, entry.previous) == (8, head.link)
        assert [e.seq async for e in store.read(stream, after=7)] == [8]


async def test_of_racing_trims_each_entry_is_removed_once(harness: Harness) -> None:
    async with harness.several(3) as stores:
        stream = harness.stream("trim-race")
        for index in range(12):
            await stores[0].append(stream, seal(b"%d" % index))
        removed = await asyncio.gather(*(stores[i % 3].trim(stream, through=9) for i in range(9)))
        assert sum(removed) == 9
        assert [e.seq async for e in stores[1].read(stream)] == [10, 11, 12]
