"""Random sequences of operations against every engine give what a plain Python model gives."""

import asyncio
import itertools
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strongback.testing import FakeClock

from packages.strongback.tests.stores.harness import Harness, harness_for

KEYS = st.sampled_from(["a", "b"])
SMALL = st.sampled_from([b"1", b"2", b"3"])
TTL = st.sampled_from([1.0, 5.0, 60.0])

OPERATIONS = st.one_of(
    st.tuples(st.just("wait"), st.sampled_from([0.4, 1.0, 4.9, 30.0, -3.0])),
    st.tuples(st.just("get"), KEYS),
    st.tuples(st.just("put"), KEYS, SMALL, TTL, st.booleans()),
    st.tuples(st.just("take"), KEYS),
    st.tuples(st.just("swap"), KEYS, SMALL, SMALL, TTL),
    st.tuples(st.just("hit"), KEYS, st.integers(1, 4), st.integers(1, 3)),
    st.tuples(st.just("admit"), KEYS),
    st.tuples(st.just("add"), KEYS, SMALL, TTL, st.sampled_from([None, 1, 2])),
    st.tuples(st.just("members"), KEYS),
    st.tuples(st.just("remove"), KEYS, SMALL),
    st.tuples(st.just("revoke"), KEYS),
    st.tuples(st.just("epoch"), KEYS),
)


class Model:
    """The contract in the plainest Python: lists scanned from the front, no cleverness."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.values: dict[str, tuple[bytes, float]] = {}
        self.tats: dict[str, float] = {}
        self.logs: dict[str, list[float]] = {}
        self.sets: dict[str, list[list[object]]] = {}
        self.epochs: dict[str, int] = {}

    def get(self, key: str) -> bytes | None:
        value, until = self.values.get(key, (None, 0))
        return value if until > self.clock.time else None

    def put(self, key: str, value: bytes, ttl: float, absent: bool) -> bool:
        if absent and self.get(key) is not None:
            return False
        self.values[key] = (value, self.clock.time + ttl)
        return True

    def take(self, key: str) -> bytes | None:
        value = self.get(key)
        self.values.pop(key, None)
        return value

    def swap(self, key: str, old: bytes, new: bytes, ttl: float) -> bool:
        return self.get(key) == old and self.put(key, new, ttl, False)

    def hit(self, key: str, limit: int, cost: int) -> bool:
        step, now = 12.0 / limit, self.clock.time
        start = min(max(self.tats.get(key, now), now), now + 12)
        if start + step * cost - now > 12 + 1e-7:
            return False
        self.tats[key] = start + step * cost
        return True

    def admit(self, key: str) -> bool:
        log = self.logs.setdefault(key, [])
        moment = max([self.clock.time, *log])
        if len([t for t in log if t > moment - 10]) >= 2:
            return False
        log.append(moment)
        return True

    def alive(self, key: str) -> list[list[object]]:
        return [row for row in self.sets.get(key, []) if row[1] > self.clock.time]  # type: ignore[operator]

    def add(self, key: str, member: bytes, ttl: float, cap: int | None) -> list[object]:
        rows = self.alive(key)
        for row in rows:
            if row[0] == member:
                row[1] = self.clock.time + ttl
                break
        else:
            rows.append([member, self.clock.time + ttl])
        cut = max(0, len(rows) - cap) if cap is not None else 0
        self.sets[key] = rows[cut:]
        return [row[0] for row in rows[:cut]]

    def members(self, key: str) -> list[object]:
        return [row[0] for row in self.alive(key)]

    def remove(self, key: str, member: bytes) -> bool:
        there = member in self.members(key)
        self.sets[key] = [row for row in self.sets.get(key, []) if row[0] != member]
        return there

    def revoke(self, key: str) -> list[object]:
        gone = self.members(key)
        self.sets[key] = []
        self.epochs[key] = self.epochs.get(key, 0) + 1
        return gone

    def epoch(self, key: str) -> int:
        return self.epochs.get(key, 0)


async def both(harness: Harness, salt: int, steps: list[tuple[object, ...]]) -> None:
    clock = FakeClock()
    model = Model(clock)
    async with harness.make(clock) as store:
        for name, *arguments in steps:
            if name == "wait":
                clock.advance(float(str(arguments[0])))
                continue
            expected = getattr(model, str(name))(*arguments)
            key = harness.key(f"{salt}:{arguments[0]}")
            rest = arguments[1:]
            if name == "put":
                actual = await store.put(key, rest[0], ttl=rest[1], only_if_absent=rest[2])  # type: ignore[arg-type]
            elif name == "swap":
                actual = await store.swap(key, rest[0], rest[1], ttl=rest[2])  # type: ignore[arg-type]
            elif name == "hit":
                actual = (await store.hit(key, limit=rest[0], window=12, cost=rest[1])).admitted  # type: ignore[arg-type]
            elif name == "admit":
                actual = (await store.admit(key, limit=2, window=10)).admitted
            elif name == "add":
                actual = await store.add(key, rest[0], ttl=rest[1], cap=rest[2])  # type: ignore[arg-type]
            else:
                actual = await getattr(store, str(name))(key, *rest)
            assert actual == expected, (name, arguments)


@pytest.mark.parametrize("engine", ["memory", "sqlite", "postgres", "valkey"])
def test_every_engine_behaves_like_the_model(
    engine: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    harness = harness_for(engine, request, tmp_path)
    salts = itertools.count()

    @settings(
        max_examples=200 if engine == "memory" else 30,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(OPERATIONS, min_size=5, max_size=30))
    def run(steps: list[tuple[object, ...]]) -> None:
        asyncio.run(both(harness, next(salts), steps))

    run()
