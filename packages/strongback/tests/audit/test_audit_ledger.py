"""The audit trail: what was done to it is told apart, on real stores whose rows are changed behind its
back.
"""

import asyncio
import json
import sqlite3
import struct
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strongback.audit import AuditLedger, AuditReport, BreachKind, Checkpoint, FileAnchor, verify_chain
from strongback.errors import StoreUnavailableError
from strongback.keys import KeyRing, new_key_text
from strongback.stores import Entry, MemoryStore
from strongback.testing import BrokenStore, FakeClock, SeededRandomness

from packages.strongback.tests.stores.harness import Harness, harness_for

RING = KeyRing.from_text(new_key_text("k1", SeededRandomness("audit")))
OTHER = KeyRing.from_text(new_key_text("k1", SeededRandomness("stolen")))


@dataclass
class Row:
    seq: int
    previous: bytes
    body: bytes
    link: bytes


def sqlite_rows(harness: Harness, stream: str, change: Callable[[list[Row]], list[Row]]) -> None:
    with sqlite3.connect(harness.target) as db:
        query = "SELECT seq, previous, body, link FROM sb_ledger WHERE stream = ? ORDER BY seq"
        rows = [Row(*row) for row in db.execute(query, (stream,))]
        db.execute("DELETE FROM sb_ledger WHERE stream = ?", (stream,))
        db.executemany(
            "INSERT INTO sb_ledger VALUES (?, ?, ?, ?, ?)",
            [(stream, r.seq, r.previous, r.body, r.link) for r in change(rows)],
        )
    db.close()


def postgres_rows(harness: Harness, stream: str, change: Callable[[list[Row]], list[Row]]) -> None:
    with psycopg.connect(harness.target) as db:
        query = "SELECT seq, previous, body, link FROM sb_ledger WHERE stream = %s ORDER BY seq"
        rows = [Row(r[0], bytes(r[1]), bytes(r[2]), bytes(r[3])) for r in db.execute(query, (stream,))]
        db.execute("DELETE FROM sb_ledger WHERE stream = %s", (stream,))
        for r in change(rows):
            db.execute(
                "INSERT INTO sb_ledger VALUES (%s, %s, %s, %s, %s)",
                (stream, r.seq, r.previous, r.body, r.link),
            )


def valkey_rows(harness: Harness, stream: str, change: Callable[[list[Row]], list[Row]]) -> None:
    import redis

    with redis.Redis.from_url(harness.target) as client:
        key = b"strongback:l:{%s}" % stream.encode().hex().encode()
        rows = []
        for raw in client.lrange(key, 0, -1):  # type: ignore[union-attr]
            seq, before, after = struct.unpack_from(">QII", raw)
            rest = raw[16:]
            rows.append(Row(seq, rest[:before], rest[before + after :], rest[before : before + after]))
        client.delete(key)
        for r in change(rows):
            head = struct.pack(">QII", r.seq, len(r.previous), len(r.link))
            client.rpush(key, head + r.previous + r.link + r.body)


TAMPER = {"sqlite": sqlite_rows, "postgres": postgres_rows, "valkey": valkey_rows}


@pytest.fixture(params=list(TAMPER))
def harness(request: pytest.FixtureRequest, tmp_path: Path) -> Harness:
    return harness_for(request.param, request, tmp_path)


def edit_body(rows: list[Row]) -> list[Row]:
    fields = json.loads(rows[4].body)
    rows[4].body = json.dumps({**fields, "actor": "nobody"}).encode()
    return rows


def edit_and_relink_without_the_key(rows: list[Row]) -> list[Row]:
    rows[4].body = rows[4].body.replace(b"ada", b"eve")
    rows[4].link = b"k1:" + b"\x00" * 32
    rows[5].previous = rows[4].link
    return rows


def renumber(rows: list[Row]) -> list[Row]:
    del rows[4]
    for index, row in enumerate(rows):
        row.seq = index + 1
    return rows


def swap_two(rows: list[Row]) -> list[Row]:
    rows[3].body, rows[4].body = rows[4].body, rows[3].body
    return rows


def remove(*indexes: int) -> Callable[[list[Row]], list[Row]]:
    return lambda rows: [row for index, row in enumerate(rows) if index not in indexes]


EDIT, GAP, TRUNCATION = BreachKind.EDIT, BreachKind.GAP, BreachKind.TRUNCATION


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda rows: rows, set()),
        (edit_body, {(EDIT, 5)}),
        (edit_and_relink_without_the_key, {(EDIT, 5), (EDIT, 6)}),
        (swap_two, {(EDIT, 4), (EDIT, 5)}),
        (remove(4), {(GAP, 5)}),
        (remove(3, 4, 7), {(GAP, 4), (GAP, 8)}),
        (remove(0), {(GAP, 1)}),
        (remove(9), {(TRUNCATION, 10)}),
        (remove(*range(5, 10)), {(TRUNCATION, 6)}),
        (remove(*range(10)), {(TRUNCATION, 1)}),
        (renumber, {*((EDIT, n) for n in range(5, 10)), (TRUNCATION, 10)}),
    ],
)
async def test_tampering_is_told_apart(
    harness: Harness,
    change: Callable[[list[Row]], list[Row]],
    expected: set[tuple[BreachKind, int]],
    tmp_path: Path,
    clock: FakeClock,
) -> None:
    stream = harness.stream("audit")
    async with harness.make(clock) as store:
        ledger = AuditLedger(
            stream,
            store=store,
            keys=RING,
            clock=clock,
            anchor=FileAnchor(tmp_path / "anchor"),
            checkpoint_every=5,
        )
        for number in range(10):
            await ledger.record("order.created", actor="ada", detail={"number": number})
            clock.advance(1)
        await asyncio.to_thread(TAMPER[harness.engine], harness, stream, change)
        report = await ledger.verify()
    assert {(b.kind, b.seq) for b in report.breaches} == expected
    assert report.intact is (not expected)
    assert report.checkpoints == 2


async def chain(clock: FakeClock, count: int, ring: KeyRing = RING) -> list[Entry]:
    store = MemoryStore()
    ledger = AuditLedger("s", store=store, keys=ring, clock=clock)
    for number in range(count):
        await ledger.record("x", actor=str(number))
        clock.advance(1)
    return [entry async for entry in store.read("s")]


async def given_entries(entries: list[Entry]) -> AsyncIterator[Entry]:
    for entry in entries:
        yield entry


async def check(entries: list[Entry], lines: list[str] | None = None, ring: KeyRing = RING) -> AuditReport:
    return await verify_chain("s", given_entries(entries), lines or [], ring)


def kinds(report: AuditReport) -> set[str]:
    return {b.kind.value for b in report.breaches}


@pytest.mark.anyio
async def test_forks_rewrites_and_backward_time(clock: FakeClock) -> None:
    first = await chain(clock, 6)
    second = await chain(clock, 6)  # a restored copy that went on by itself
    assert kinds(await check([*first, second[5]])) == {"fork"}
    assert kinds(await check([*first[:3], *second[3:]])) == {"fork"}
    point = Checkpoint("s", 4, first[3].link, 0).sign(RING)
    assert kinds(await check(second, [point])) == {"rewrite"}
    assert (await check(first, [point])).unanchored == 2
    clock.advance(-3600)
    ledger_store = MemoryStore()
    ledger = AuditLedger("s", store=ledger_store, keys=RING, clock=clock)
    await ledger.record("a", actor=None)
    clock.advance(-60)
    await ledger.heartbeat()
    assert kinds(await ledger.verify()) == {"time"}


@pytest.mark.anyio
async def test_a_chain_under_another_key_or_stream_is_not_ours(clock: FakeClock) -> None:
    forged = await chain(clock, 3, OTHER)
    assert kinds(await check(forged)) == {"edit"}
    entries = await chain(clock, 3)
    report = await verify_chain("other", given_entries(entries), [], RING)
    assert kinds(report) == {"edit"}


@pytest.mark.anyio
async def test_checkpoints_are_authenticated(clock: FakeClock) -> None:
    entries = await chain(clock, 3)
    good = Checkpoint("s", 3, entries[2].link, 1)
    line = good.sign(RING)
    assert Checkpoint.parse(line, RING) == good
    for bad in (
        "",
        "junk",
        line.replace('"seq":3', '"seq":2'),
        good.sign(OTHER),
        line[:-1],
        "k9 00 {}",
        "k1 zz {}",
    ):
        assert Checkpoint.parse(bad, RING) is None
        assert kinds(await check(entries, [bad])) == {"anchor"}
    twin = Checkpoint("s", 3, b"other", 1).sign(RING)
    assert "anchor" in kinds(await check(entries, [line, twin]))
    elsewhere = Checkpoint("another", 99, b"x", 1).sign(RING)
    assert (await check(entries, [elsewhere])).intact


@pytest.mark.anyio
async def test_old_entries_verify_after_a_key_rotation_and_secrets_stay_out(clock: FakeClock) -> None:
    store = MemoryStore()
    await AuditLedger("s", store=store, keys=RING, clock=clock).record(
        "login\nforged", actor="ada", detail={"password": "Canary", "note": "Bearer abcdefgh12345678"}
    )
    both = f"{new_key_text('k2', SeededRandomness('2'))},{new_key_text('k1', SeededRandomness('audit'))}"
    later = AuditLedger("s", store=store, keys=KeyRing.from_text(both), clock=clock)
    await later.record("logout", actor="ada")
    assert (await later.verify()).intact
    assert not (await AuditLedger("s", store=store, keys=RING, clock=clock).verify()).intact
    bodies = b"".join([e.body async for e in store.read("s")])
    assert b"Canary" not in bodies
    assert b"abcdefgh" not in bodies
    assert b"\n" not in bodies


@pytest.mark.anyio
async def test_fifty_writers_leave_an_intact_chain(harness: Harness, clock: FakeClock) -> None:
    stream = harness.stream("writers")
    async with harness.several(5, clock) as stores:
        ledgers = [AuditLedger(stream, store=s, keys=RING, clock=clock) for s in stores]
        await asyncio.gather(*(ledgers[i % 5].record("x", actor=str(i)) for i in range(50)))
        report = await ledgers[0].verify()
    assert (report.entries, report.breaches) == (50, ())


@pytest.mark.anyio
async def test_nothing_is_recorded_when_the_store_or_the_anchor_is_down(
    clock: FakeClock, tmp_path: Path
) -> None:
    down = AuditLedger("s", store=BrokenStore(MemoryStore()), keys=RING, clock=clock)
    for attempt in (down.record("x", actor=None), down.verify(), down.checkpoint()):
        with pytest.raises(StoreUnavailableError):
            await attempt
    unwritable = FileAnchor(tmp_path / "missing" / "anchor")
    ledger = AuditLedger(
        "s", store=MemoryStore(), keys=RING, clock=clock, anchor=unwritable, checkpoint_every=1
    )
    with pytest.raises(StoreUnavailableError):
        await ledger.record("x", actor=None)
    with pytest.raises(StoreUnavailableError):  # an anchor that vanished is not an empty one
        await ledger.verify()
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "target")
    with pytest.raises(StoreUnavailableError):
        await FileAnchor(link).publish("x")


BYTES = st.binary(max_size=60)
ENTRIES = st.builds(Entry, st.integers(-1, 2**63), BYTES, BYTES, BYTES)


@settings(max_examples=100, deadline=None)
@given(st.lists(ENTRIES, max_size=6), st.lists(st.text(max_size=60), max_size=4))
def test_verification_never_raises_and_never_accepts_what_we_did_not_write(
    entries: list[Any], lines: list[str]
) -> None:
    report = asyncio.run(check(entries, lines))
    assert report.intact is (not entries and not lines)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_single_change_to_a_chain_is_found(data: st.DataObject) -> None:
    clock = FakeClock()
    entries = asyncio.run(chain(clock, 5))
    anchor = [Checkpoint("s", 5, entries[4].link, 0).sign(RING)]
    index = data.draw(st.integers(0, 4))
    how = data.draw(st.sampled_from(["body", "previous", "link", "seq", "drop", "double"]))
    changed = list(entries)
    if how == "drop":
        del changed[index]
    elif how == "double":
        changed.insert(index, entries[index])
    elif how == "seq":
        changed[index] = replace(
            entries[index], seq=data.draw(st.integers(0, 9).filter(lambda n: n != index + 1))
        )
    else:
        old = getattr(entries[index], how)
        new = data.draw(BYTES.filter(lambda b: b != old))
        changed[index] = replace(entries[index], **{how: new})
    assert not asyncio.run(check(changed, anchor)).intact
