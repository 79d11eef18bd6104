"""What became of repairs: the result of a run that applies them, ready for any report."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from rearguard.findings.types import Finding, Fix
from rearguard.program import Source

__all__ = ["Applied", "Outcome", "RepairRun", "TestRun"]


class Outcome(StrEnum):
    """What happened to one repair."""

    PLANNED = "planned"
    """It would be applied; nothing was written."""
    APPLIED = "applied"
    WAITING = "waiting"
    """It asks for a look, which was not asked for."""
    DECLINED = "declined"
    """The user said no."""
    FAILED = "failed"
    """Something spoke against it when it was put together with the others; the reason says what."""


@dataclass(frozen=True, slots=True)
class Applied:
    """One repair that passed the gate, and what became of it."""

    fix: Fix
    findings: tuple[Finding, ...]
    """Those that it ends, the worst first."""
    outcome: Outcome
    before: Mapping[str, Source]
    """The sources it was worked out on."""
    after: Mapping[str, Source]
    """The sources it changes, as they read with it."""
    known: tuple[Finding, ...] = ()
    """All findings on `before`: what they quote of secrets is left out of every report."""
    reason: str = ""

    @property
    def keys(self) -> frozenset[tuple[str, str, str]]:
        """What tells its findings from those of other repairs, on the same reading."""
        return frozenset((f.rule.id, f.location.path, f.fingerprint) for f in self.findings)


@dataclass(frozen=True, slots=True)
class TestRun:
    """What the project's own tests said."""

    command: str
    before: str = ""
    """passed, failed, not run."""
    after: str = ""
    """passed, failed (and everything was rolled back), not run."""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class RepairRun:
    """Everything that `rearguard fix` says."""

    root: str
    repairs: tuple[Applied, ...]
    """In the order in which they were tried."""
    refused: tuple[Finding, ...]
    """Findings whose repair was worked out and did not pass, with the reason in `Finding.fix`."""
    unrepaired: tuple[Finding, ...]
    """Findings for which no repair is known."""
    remaining: int
    """Findings that are left after what was applied, questions not counted."""
    sources: Mapping[str, Source]
    """The sources at the end: `refused` and `unrepaired` lie in them."""
    wrote: bool
    """Whether files were changed."""
    tests: TestRun | None = None
    notes: tuple[str, ...] = ()

    def of(self, *outcomes: Outcome) -> tuple[Applied, ...]:
        """The repairs with one of these outcomes."""
        return tuple(one for one in self.repairs if one.outcome in outcomes)
