"""Old entries leave the store for encrypted segments, and what left is told apart from what was removed."""

import base64
import contextlib
from collections.abc import Callable
from pathlib import Path

import pytest
from strongback.audit import AuditLedger, BreachKind, FileAnchor, Retired
from strongback.encryption import DecryptionError, FieldCipher
from strongback.errors import ConfigurationError, StoreUnavailableError
from strongback.keys import KeyRing, new_key_text
from strongback.retention import BrokenTrailError, Retention, Segments
from strongback.stores import MemoryStore
from strongback.testing import BrokenStore, FakeClock, SeededRandomness

from packages.strongback.tests.stores.harness import ENGINES, Harness, harness_for

pytestmark = pytest.mark.anyio
RING = KeyRing.from_text(new_key_text("k1", SeededRandomness("retention")))
ARCHIVE = KeyRing.from_text(new_key_text("a1", SeededRandomness("archive")))
DAY = 86_400.0


@pytest.fixture(params=ENGINES)
def harness(request: pytest.FixtureRequest, tmp_path: Path) -> Harness:
    return harness_for(request.param, request, tmp_path)


def a_ledger(store: object, clock: FakeClock, place: Path, stream: str = "s") -> AuditLedger:
    anchor = FileAnchor(place / "anchor")
    return AuditLedger(stream, store=store, keys=RING, clock=clock, anchor=anchor, checkpoint_every=5)  # type: ignore[arg-type]


def segments(place: Path) -> Segments:
    return Segments(place / "segments", keys=ARCHIVE, rng=SeededRandomness())


async def days(ledger: AuditLedger, clock: FakeClock, count: int) -> None:
    """One entry a day."""
    for number in range(count):
        await ledger.record("order.created", actor="ada", detail={"number": number})
        clock.advance(DAY)


async def test_old_entries_move_and_the_whole_stays_verifiable(
    harness: Harness, clock: FakeClock, tmp_path: Path
) -> None:
    async with harness.make(clock) as store:
        ledger = a_ledger(store, clock, tmp_path, harness.stream("moved"))
        await days(ledger, clock, 20)
        archive = segments(tmp_path)
        retention = Retention(ledger, archive, live=5.5 * DAY, at_most=6)
        assert await retention.run() == 15
        assert [e.seq async for e in store.read(ledger.stream)] == list(range(16, 21))
        assert [(s.first, s.last) for s in archive.of(ledger.stream)] == [(1, 6), (7, 12), (13, 15)]
        report = await ledger.verify()
        assert (report.intact, report.entries, report.retired) == (True, 5, 15)
        whole = await retention.verify()
        assert (whole.intact, whole.entries, whole.retired) == (True, 20, 0)
        assert await retention.run() == 0
        await days(ledger, clock, 3)
        assert await retention.run() == 3
        assert (await retention.verify()).entries == 23
        assert (await ledger.verify()).intact


async def test_segments_tell_nothing_without_their_key(clock: FakeClock, tmp_path: Path) -> None:
    ledger = a_ledger(MemoryStore(clock=clock), clock, tmp_path)
    await days(ledger, clock, 10)
    archive = segments(tmp_path)
    await Retention(ledger, archive, live=DAY).run()
    (segment,) = archive.of("s")
    raw = segment.path.read_bytes()
    assert b"order.created" not in raw
    assert base64.b64encode(b"ada") not in raw
    assert segment.path.stat().st_mode & 0o077 == 0
    with pytest.raises(DecryptionError):
        Segments(tmp_path / "segments", keys=RING, rng=SeededRandomness()).read("s", segment)


async def test_an_end_is_announced_and_anything_else_that_is_gone_is_a_gap(
    clock: FakeClock, tmp_path: Path
) -> None:
    store = MemoryStore(clock=clock)
    ledger = a_ledger(store, clock, tmp_path)
    await days(ledger, clock, 30)
    archive = segments(tmp_path)
    retention = Retention(ledger, archive, live=2 * DAY, keep=20 * DAY, at_most=5)
    await retention.run()
    assert [s.first for s in archive.of("s")] == [11, 16, 21, 26]
    report = await retention.verify()
    assert (report.intact, report.entries, report.retired) == (True, 20, 10)
    archive.of("s")[1].path.unlink()
    lost = await retention.verify()
    assert [(b.kind, b.seq) for b in lost.breaches] == [(BreachKind.GAP, 16)]
    # The store alone cannot know it, and says how many it counts on the archive for.
    assert (await ledger.verify()).retired == 28


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def flip(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    raw[-20] ^= 1
    path.write_bytes(bytes(raw))


@pytest.mark.parametrize("harm", [cut, flip])
async def test_a_changed_segment_is_told(
    clock: FakeClock, tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    ledger = a_ledger(MemoryStore(clock=clock), clock, tmp_path)
    await days(ledger, clock, 10)
    archive = segments(tmp_path)
    retention = Retention(ledger, archive, live=DAY, at_most=4)
    await retention.run()
    harm(archive.of("s")[0].path)
    kinds = {breach.kind for breach in (await retention.verify()).breaches}
    assert kinds == {BreachKind.EDIT, BreachKind.GAP}


async def test_segments_cannot_be_exchanged(clock: FakeClock, tmp_path: Path) -> None:
    ledger = a_ledger(MemoryStore(clock=clock), clock, tmp_path)
    await days(ledger, clock, 10)
    archive = segments(tmp_path)
    retention = Retention(ledger, archive, live=DAY, at_most=3)
    await retention.run()
    first, second = (segment.path for segment in archive.of("s")[:2])
    first.write_bytes(second.read_bytes())
    assert not (await retention.verify()).intact


async def test_a_trail_that_was_tampered_with_is_not_moved(clock: FakeClock, tmp_path: Path) -> None:
    store = MemoryStore(clock=clock)
    ledger = a_ledger(store, clock, tmp_path)
    await days(ledger, clock, 10)
    del store._streams["s"][3]
    retention = Retention(ledger, segments(tmp_path), live=DAY)
    with pytest.raises(BrokenTrailError) as raised:
        await retention.run()
    assert {breach.kind for breach in raised.value.breaches} == {BreachKind.GAP}
    assert len(store._streams["s"]) == 9


async def test_entries_that_are_gone_without_a_word_are_a_gap(clock: FakeClock, tmp_path: Path) -> None:
    store = MemoryStore(clock=clock)
    ledger = a_ledger(store, clock, tmp_path)
    await days(ledger, clock, 10)
    await store.trim("s", through=4)
    assert [(b.kind, b.seq) for b in (await ledger.verify()).breaches] == [(BreachKind.GAP, 1)]
    # Neither does a line help that somebody else has written, or one about another stream or place.
    anchor = FileAnchor(tmp_path / "anchor")
    link = (await anext(store.read("s"))).previous
    await anchor.publish(Retired("retired", 4, link, 1, 0, "other").sign(RING))
    await anchor.publish(Retired("retired", 5, link, 1, 0, "s").sign(RING))
    assert BreachKind.GAP in {b.kind for b in (await ledger.verify()).breaches}
    forged = Retired("retired", 4, link, 1, 0, "s").sign(ARCHIVE)
    await anchor.publish(forged)
    found = {b.kind for b in (await ledger.verify()).breaches}
    assert found >= {BreachKind.GAP, BreachKind.ANCHOR}


@pytest.mark.parametrize("allow", range(8))
async def test_a_run_that_fails_anywhere_is_finished_by_the_next(
    clock: FakeClock, tmp_path: Path, allow: int
) -> None:
    inner = MemoryStore(clock=clock)
    store = BrokenStore(inner, allow=1000)
    ledger = a_ledger(store, clock, tmp_path)
    await days(ledger, clock, 12)
    retention = Retention(ledger, segments(tmp_path), live=2 * DAY, at_most=6)
    store.allow = allow
    with contextlib.suppress(StoreUnavailableError):
        await retention.run()
    store.allow = 1000
    assert (await retention.verify()).intact
    # More has become due meanwhile: what was begun is ended as it was begun.
    await days(ledger, clock, 3)
    await retention.run()
    report = await retention.verify()
    assert (report.intact, report.entries, report.retired) == (True, 15, 0)
    assert [e.seq async for e in inner.read("s")] == [14, 15]


async def test_a_segment_that_nothing_announces_is_not_overwritten(clock: FakeClock, tmp_path: Path) -> None:
    """Its line was lost with the anchor's end: the segment may be all that is left of these entries."""
    ledger = a_ledger(MemoryStore(clock=clock), clock, tmp_path)
    await days(ledger, clock, 10)
    retention = Retention(ledger, segments(tmp_path), live=3 * DAY)
    await retention.run()
    anchor = tmp_path / "anchor"
    kept = [line for line in anchor.read_text().splitlines() if "retired" not in line]
    anchor.write_text("\n".join(kept) + "\n")
    await days(ledger, clock, 5)
    with pytest.raises(BrokenTrailError, match="1 breaches"):
        await retention.run()
    assert len(segments(tmp_path).of("s")) == 1


async def test_what_entries_say_is_encrypted_and_when_is_not(clock: FakeClock, tmp_path: Path) -> None:
    cipher = FieldCipher(ARCHIVE, rng=SeededRandomness())
    store = MemoryStore(clock=clock)
    ledger = AuditLedger("s", store=store, keys=RING, clock=clock, cipher=cipher)
    entry = await ledger.record("salary.changed", actor="ada", detail={"of": "eve"})
    assert b"salary" not in entry.body
    assert b"eve" not in entry.body
    said = ledger.said(entry)
    assert (said.action, said.actor, said.detail) == ("salary.changed", "ada", {"of": "eve"})
    assert said.at == clock.now()
    # Who has the keys of the chain alone verifies it, and cannot read it.
    auditor = AuditLedger("s", store=store, keys=RING, clock=clock)
    assert (await auditor.verify()).intact
    with pytest.raises(DecryptionError):
        auditor.said(entry)
    other = AuditLedger("t", store=store, keys=RING, clock=clock, cipher=cipher)
    with pytest.raises(DecryptionError):
        other.said(entry)
    plain = await auditor.record("order.created", actor=None)
    assert ledger.said(plain).action == "order.created"


async def test_settings_that_cannot_be_safe_are_refused(clock: FakeClock, tmp_path: Path) -> None:
    bare = AuditLedger("s", store=MemoryStore(), keys=RING, clock=clock)
    with pytest.raises(ConfigurationError, match="anchor"):
        Retention(bare, segments(tmp_path), live=DAY)
    ledger = a_ledger(MemoryStore(), clock, tmp_path)
    for wrong in ({"live": 0}, {"live": DAY, "keep": DAY - 1}, {"live": DAY, "at_most": 0}):
        with pytest.raises(ConfigurationError):
            Retention(ledger, segments(tmp_path), **wrong)  # type: ignore[arg-type]
    Retention(ledger, segments(tmp_path), live=DAY, keep=DAY, at_most=1)
