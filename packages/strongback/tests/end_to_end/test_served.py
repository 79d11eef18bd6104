"""Real sockets, real workers: a limit is one limit, whoever answers; and a store that waits does not stop
the loop.
"""

import asyncio
import os
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from strongback.keys import new_key_text
from strongback.stores import SqliteStore

HERE = Path(__file__).parent
HOST = {"host": "app.example.com"}


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "APP_KEYS": new_key_text("k1"), "SERVED_DB": str(tmp_path / "served.db")}
    command = [sys.executable, "-m", "uvicorn", "served_app:app", "--port", str(port), "--workers", "2"]
    server = subprocess.Popen(
        [*command, "--no-proxy-headers"],
        cwd=HERE,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(200):
            try:
                httpx2.get(url + "/none", headers={"host": "elsewhere"}, trust_env=False)
                break
            except httpx2.TransportError:
                time.sleep(0.1)
        time.sleep(1)  # the second worker
        yield url
    finally:
        server.terminate()
        server.communicate(timeout=20)


def test_two_workers_share_one_limit_and_every_answer_is_guarded(served: str) -> None:
    answers = [httpx2.get(served + "/pid", headers=HOST, trust_env=False) for _ in range(30)]
    passed = [a for a in answers if a.status_code == 200]
    assert len(passed) == 7
    assert {a.status_code for a in answers} == {200, 429}
    assert all(a.headers["x-content-type-options"] == "nosniff" for a in answers)
    other = {**HOST, "x-forwarded-for": "203.0.113.9", "x-forwarded-proto": "https"}
    behind = httpx2.get(served + "/pid", headers=other, trust_env=False)
    assert behind.status_code == 200
    assert "strict-transport-security" in behind.headers
    assert httpx2.get(served + "/pid", headers={"host": "evil.example"}, trust_env=False).status_code == 400
    smuggled = httpx2.request("TRACE", served + "/pid", headers=HOST, trust_env=False)
    assert smuggled.status_code == 405


@pytest.mark.anyio
async def test_a_store_that_waits_does_not_stop_the_loop(tmp_path: Path) -> None:
    path = tmp_path / "slow.db"
    async with SqliteStore(path, busy_timeout=5.0) as store:
        blocker = sqlite3.connect(path, isolation_level=None)
        blocker.execute("BEGIN IMMEDIATE")
        waiting = asyncio.create_task(store.put(b"k", b"v", ttl=60))
        longest, before = 0.0, time.perf_counter()
        for _ in range(50):
            await asyncio.sleep(0.01)
            now = time.perf_counter()
            longest, before = max(longest, now - before), now
        assert not waiting.done()
        blocker.execute("ROLLBACK")
        blocker.close()
        assert await waiting
        assert longest < 0.3
