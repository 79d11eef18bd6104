"""The ledger against a plain list: whatever is recorded and rotated, it tells what was done behind it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test
from strongback.audit import AuditLedger, AuditReport, BreachKind, FileAnchor, verify_chain
from strongback.keys import KeyRing, new_key_text
from strongback.stores import Entry, MemoryStore
from strongback.testing import FakeClock, SeededRandomness

KEYS = [new_key_text(f"k{number}", SeededRandomness(f"ledger{number}")) for number in range(3)]


class Lines:
    """An anchor in memory."""

    def __init__(self) -> None:
        self.kept: list[str] = []

    async def publish(self, line: str) -> None:
        self.kept.append(line)

    async def lines(self) -> list[str]:
        return list(self.kept)


async def given_in_order(entries: list[Entry]) -> AsyncIterator[Entry]:
    for entry in entries:
        yield entry


class LedgerMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.clock, self.store, self.anchor = FakeClock(), MemoryStore(), Lines()
        self.ring, self.keys_used = KeyRing.from_text(KEYS[0]), 1
        self.actions: list[str] = []
        self.anchored = 0
        self.restart()

    @rule()
    def restart(self) -> None:
        self.ledger = AuditLedger(
            "s", store=self.store, keys=self.ring, clock=self.clock, anchor=self.anchor, checkpoint_every=3
        )

    @rule(action=st.sampled_from(["login", "delete", "export"]), seconds=st.integers(0, 100))
    def record(self, action: str, seconds: int) -> None:
        self.clock.advance(seconds)
        entry = asyncio.run(self.ledger.record(action, actor="ada"))
        self.actions.append(action)
        assert entry.seq == len(self.actions)
        if len(self.actions) % 3 == 0:
            self.anchored = len(self.actions)

    @precondition(lambda self: self.keys_used < len(KEYS))
    @rule()
    def rotate(self) -> None:
        self.keys_used += 1
        self.ring = KeyRing.from_text(",".join(reversed(KEYS[: self.keys_used])))
        self.restart()

    @rule()
    def checkpoint(self) -> None:
        asyncio.run(self.ledger.checkpoint())
        self.anchored = len(self.actions)

    @rule()
    def verify(self) -> None:
        report = asyncio.run(self.ledger.verify())
        assert (report.intact, report.breaches) == (True, ())
        assert report.entries == len(self.actions)
        assert report.unanchored == len(self.actions) - self.anchored

    def rows(self) -> list[Entry]:
        async def read() -> list[Entry]:
            return [entry async for entry in self.store.read("s")]

        return asyncio.run(read())

    def told(self, entries: list[Entry]) -> AuditReport:
        return asyncio.run(verify_chain("s", given_in_order(entries), self.anchor.kept, self.ring))

    @precondition(lambda self: self.actions)
    @rule(data=st.data(), how=st.sampled_from(["edit", "drop", "double", "swap", "cut"]))
    def tamper(self, data: st.DataObject, how: str) -> None:
        entries = self.rows()
        at = data.draw(st.integers(0, len(entries) - 1))
        last = at == len(entries) - 1
        changed = list(entries)
        expected: set[BreachKind] = set()
        if how == "edit":
            changed[at] = replace(entries[at], body=entries[at].body.replace(b"ada", b"eve"))
            expected = {BreachKind.EDIT}
        elif how == "double":
            changed.insert(at, entries[at])
            expected = {BreachKind.FORK}
        elif how == "swap" and not last:
            changed[at : at + 2] = [entries[at + 1], entries[at]]
            expected = {BreachKind.GAP, BreachKind.FORK}
        elif how == "drop" and not last:
            del changed[at]
            expected = {BreachKind.GAP}
        elif how == "cut":
            del changed[at:]
            # What no checkpoint has seen can be cut off unseen, and the report says how much that is.
            expected = {BreachKind.TRUNCATION} if at < self.anchored else set()
        report = self.told(changed)
        assert {breach.kind for breach in report.breaches} == expected
        assert report.entries == len(changed)


def test_the_ledger_agrees_with_the_model() -> None:
    limits = settings(max_examples=60, stateful_step_count=25, deadline=None, derandomize=True, database=None)
    run_state_machine_as_test(LedgerMachine, settings=limits)


@pytest.mark.anyio
async def test_breaches_say_how_much_is_missing_and_files_keep_a_line_each(tmp_path: Path) -> None:
    anchor, store = FileAnchor(tmp_path / "anchor"), MemoryStore()
    ring, clock = KeyRing.from_text(KEYS[0]), FakeClock()
    ledger = AuditLedger("s", store=store, keys=ring, clock=clock, anchor=anchor, checkpoint_every=1)
    entries = [await ledger.record("a", actor=None) for _ in range(6)]
    lines = await anchor.lines()
    assert len(lines) == 6

    async def details(kept: list[Entry]) -> list[Any]:
        report = await verify_chain("s", given_in_order(kept), lines, ring)
        return [(breach.kind, breach.seq, breach.detail) for breach in report.breaches]

    assert await details([*entries[:1], *entries[3:]]) == [(BreachKind.GAP, 2, "2 missing")]
    assert await details(entries[:4]) == [(BreachKind.TRUNCATION, 5, "at least 2 missing at the end")]
