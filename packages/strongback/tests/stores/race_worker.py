"""Run by `test_store_processes.py` in processes of its own: hammer one key, print how many were admitted."""

import asyncio
import sys
from pathlib import Path

from strongback.stores import SqliteStore, Store
from strongback.stores.postgres import PostgresStore
from strongback.stores.redis import RedisStore


def store_for(engine: str, target: str) -> Store:
    if engine == "sqlite":
        return SqliteStore(Path(target), busy_timeout=20.0)
    return PostgresStore(target, pool_size=4) if engine == "postgres" else RedisStore(target)


async def main(engine: str, target: str, key: str) -> None:
    async with store_for(engine, target) as store:
        print("ready", flush=True)
        sys.stdin.readline()
        answers = await asyncio.gather(
            *(store.admit(bytes.fromhex(key), limit=3, window=300) for _ in range(25))
        )
        print(sum(answer.admitted for answer in answers), flush=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:4]))
