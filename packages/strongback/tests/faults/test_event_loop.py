"""No control blocks the event loop: opening files and databases, connecting, sleeping, starting programs and
hashing passwords happen on other threads.

What is watched for is the call itself, through the interpreter's audit events, and not the time it takes.
"""

import asyncio
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import argon2
import pytest
from strongback.audit import AuditLedger, FileAnchor
from strongback.keys import KeyRing, new_key_text
from strongback.login import PasswordLogin, StoredAccount
from strongback.passwords import Argon2Cost, Passwords
from strongback.profile import Profile
from strongback.seams import SystemClock, SystemRandomness
from strongback.stores import SqliteStore, Store
from strongback.stores.postgres import PostgresStore
from strongback.testing import EventRecorder
from strongback.tokens import RefreshTokens

from packages.strongback.tests.conftest import PostgresUnderTest
from packages.strongback.tests.http.call import answering, call

BLOCKING = ("open", "sqlite3.", "time.sleep", "subprocess.", "os.fork", "socket.getaddrinfo", "os.system")
RING = KeyRing.from_text(new_key_text("k1"))
ORIGIN = "https://app.example.com"


class Watch:
    """Notes what the watched thread does while it is on."""

    def __init__(self) -> None:
        self.thread: int | None = None
        self.seen: list[str] = []

    def hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.thread is not None and event.startswith(BLOCKING) and threading.get_ident() == self.thread:
            self.seen.append(f"{event}{arguments!r}")

    @contextmanager
    def on(self) -> Iterator[None]:
        self.thread = threading.get_ident()
        try:
            yield
        finally:
            self.thread = None


WATCH = Watch()
# A hook stays for the life of the process, so there is one, and it is off between tests.
sys.addaudithook(WATCH.hook)


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    WATCH.seen.clear()
    for name in ("hash", "verify"):
        original = getattr(argon2.PasswordHasher, name)

        def noted(*arguments: Any, original: Any = original, **keywords: Any) -> Any:
            if threading.get_ident() == WATCH.thread:
                WATCH.seen.append("argon2")
            return original(*arguments, **keywords)

        monkeypatch.setattr(argon2.PasswordHasher, name, noted)
    return WATCH


async def everything(store: Store, anchor: Path, watch: Watch) -> None:
    clock, rng, events = SystemClock(), SystemRandomness(), EventRecorder()
    profile = Profile.web(origin=ORIGIN, store=store, keys=RING, production=False, events=events)
    passwords = Passwords(cost=Argon2Cost(memory_kib=19 * 1024, time=2, lanes=1))
    login = PasswordLogin(passwords, store=store, keys=RING, clock=clock, events=events)
    refresh = RefreshTokens(store=store, keys=RING, clock=clock, rng=rng, events=events)
    trail = AuditLedger(
        anchor.name, store=store, keys=RING, clock=clock, anchor=FileAnchor(anchor), checkpoint_every=1
    )
    async with store:
        with watch.on():
            stored = await passwords.hash("correct horse battery staple 1")
            account = StoredAccount("ada", stored)
            assert await login.attempt(
                "ada", "correct horse battery staple 1", account=account, address="192.0.2.1"
            )
            assert not await login.attempt("ada", "wrong", account=account, address="192.0.2.1")
            sessions = profile.sessions
            token = await sessions.start("ada")  # type: ignore[union-attr]
            await sessions.list("ada")  # type: ignore[union-attr]
            rotated = await refresh.rotate((await refresh.issue("ada")).token)
            await refresh.revoke(rotated.family)
            await trail.record("payout", actor="ada")
            assert (await trail.verify()).intact
            headers = {"cookie": f"__Host-session={token}", "host": "app.example.com"}

            async def decided(scope: Any, receive: Any, send: Any) -> None:
                scope["strongback.decision"] = True
                await answering()(scope, receive, send)

            answer = await call(profile.around(decided), headers=headers)
            assert answer.status == 200
            await sessions.end_all("ada")  # type: ignore[union-attr]


def watched(store: Store, directory: Path, watch: Watch) -> None:
    # Once unwatched: what is imported at first use opens files, once in the life of a process.
    asyncio.run(everything(store, directory / "first", Watch()))
    asyncio.run(everything(store, directory / "second", watch))
    assert watch.seen == []


def test_nothing_blocks_over_sqlite(tmp_path: Path, watch: Watch) -> None:
    watched(SqliteStore(tmp_path / "store.db"), tmp_path, watch)


def test_nothing_blocks_over_postgres(tmp_path: Path, watch: Watch, postgres: PostgresUnderTest) -> None:
    watched(PostgresStore(postgres.dsn), tmp_path, watch)


def test_the_watch_sees_what_blocks(tmp_path: Path, watch: Watch) -> None:
    async def careless() -> None:
        with watch.on():
            (tmp_path / "file").write_text("x")
            argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("x")

    asyncio.run(careless())
    assert len(watch.seen) == 2
