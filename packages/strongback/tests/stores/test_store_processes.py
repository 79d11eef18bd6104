"""The exact log holds across operating-system processes, and across their death midway."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from strongback.stores import Sealed, SqliteStore

from packages.strongback.tests.stores.harness import harness_for

WORKER = Path(__file__).with_name("race_worker.py")


@pytest.mark.parametrize("engine", ["sqlite", "postgres", "valkey"])
def test_three_admissions_among_processes(
    engine: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    harness = harness_for(engine, request, tmp_path)

    async def create() -> None:
        async with harness.make():
            pass

    asyncio.run(create())
    arguments = [sys.executable, str(WORKER), engine, harness.target, harness.key("race").hex()]
    workers = [
        subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    for worker in workers:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    assert sum(int(worker.communicate(timeout=60)[0]) for worker in workers) == 3
    assert [worker.returncode for worker in workers] == [0, 0, 0]


def test_a_process_killed_inside_a_transaction_leaves_no_entry(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    script = (
        "import asyncio, os, signal, sys\n"
        "from strongback.stores import SqliteStore, Sealed\n"
        "def die(head):\n    os.kill(os.getpid(), signal.SIGKILL)\n"
        "async def main():\n"
        "    async with SqliteStore(sys.argv[1]) as store:\n"
        "        await store.append('s', lambda head: Sealed(b'kept', b'1'))\n"
        "        await store.append('s', die)\n"
        "asyncio.run(main())\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(path)], check=False)
    assert done.returncode == -9

    async def look() -> list[bytes]:
        async with SqliteStore(path) as store:
            await store.append("s", lambda head: Sealed(b"after", b"2"))
            return [entry.body async for entry in store.read("s")]

    assert asyncio.run(look()) == [b"kept", b"after"]
