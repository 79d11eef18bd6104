"""Which repairs, in what order.

A repair was judged on the program as it was read. Two that touch each other, or that both add an import,
cannot simply be put together: those that are apart are applied at once, the program is read again, and what
is left is worked out anew on what it has become. When a batch does not hold, its repairs go one at a time.
All of this happens in memory.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from rearguard.findings import Confidence, Disposition, Edit, Finding
from rearguard.findings.repairs import Applied, Outcome
from rearguard.program import Source
from rearguard.repair import EditError, Shift, apply_all
from rearguard.repair.edits import Taken
from rearguard.repair.gate import compare, was_hidden
from rearguard.review import Opened, Options
from rearguard.review.pipeline import Progress, Reviewed

__all__ = ["Applier", "Wanted"]

MAX_ROUNDS = 25
"""Times that the whole program is read again; every round applies at least one repair or drops one."""

Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which repairs the user asked for."""

    only: tuple[str, ...] = ()
    """Ids of checks; empty means all."""
    fingerprints: tuple[str, ...] = ()
    """Findings by name; empty means all."""
    review: bool = False
    """Whether those that ask for a look are wanted too. One that is named by its finding always is."""

    def covers(self, finding: Finding) -> bool:
        """Whether the finding is among those to repair."""
        return (not self.only or finding.rule.id in self.only) and (
            not self.fingerprints or finding.fingerprint in self.fingerprints
        )


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A repair that passed the gate, on one reading of the program."""

    findings: tuple[Finding, ...]

    @property
    def keys(self) -> frozenset[Key]:
        return frozenset(_key(finding) for finding in self.findings)

    @property
    def edits(self) -> tuple[Edit, ...]:
        fix = self.findings[0].fix
        return fix.edits if fix else ()

    @property
    def needs_a_look(self) -> bool:
        fix = self.findings[0].fix
        asks = any(finding.confidence is Confidence.QUESTION for finding in self.findings)
        return asks or fix is None or fix.disposition is Disposition.REVIEW


def _key(finding: Finding) -> Key:
    return finding.rule.id, finding.location.path, finding.fingerprint


class Applier:
    """Works through the repairs of one tree."""

    def __init__(
        self,
        opened: Opened,
        options: Options,
        wanted: Wanted,
        progress: Progress,
        decide: Callable[[Applied], bool] | None = None,
        accept: Callable[[Mapping[str, Source]], str] | None = None,
    ) -> None:
        """`decide` asks the user; without it every wanted repair is taken. `accept` is told what all changed
        files would read, and answers why not; with it, repairs go one at a time."""
        self._opened = opened
        self._options = options
        self._wanted = wanted
        self._progress = progress
        self._decide = decide
        self._accept = accept
        self._dropped: set[Key] = set()
        """Findings whose repair was declined, waits, or failed."""
        self._done: set[Key] = set()
        self.repairs: list[Applied] = []
        self.reviewed: Reviewed = opened.review(options, progress)
        """The last reading."""

    @property
    def changed(self) -> dict[str, Source]:
        """Every file that reads otherwise than it was found, as it reads now."""
        found = {source.path: source for source in self._opened.sources}
        return {
            path: source
            for path, source in self.reviewed.sources.items()
            if path in found and found[path].text != source.text
        }

    def run(self) -> None:
        """Until nothing is left to apply."""
        current = self._opened
        for _ in range(MAX_ROUNDS):
            batch = self._batch()
            if not batch:
                return
            grown = self._together(current, batch)
            if grown is None and len(batch) > 1:
                grown = self._together(current, batch[:1])
            if grown is not None:
                current = grown
                self.reviewed = current.review(self._options, self._progress)

    def _batch(self) -> list[_Candidate]:
        """Repairs that are wanted, do not touch each other, and were agreed to; worst findings first."""
        batch: list[_Candidate] = []
        taken = Taken()
        for candidate in self._candidates():
            if candidate.needs_a_look and not (self._wanted.review or self._wanted.fingerprints):
                self._drop(candidate, Outcome.WAITING)
                continue
            if not taken.leaves(candidate.edits) or (batch and self._accept is not None):
                continue
            if self._decide is not None and not self._decide(self._applied(candidate, Outcome.PLANNED)):
                self._drop(candidate, Outcome.DECLINED)
                continue
            batch.append(candidate)
            taken.add(candidate.edits)
        return batch

    def _candidates(self) -> list[_Candidate]:
        """Repairs of this reading: findings that share one are ended by it together."""
        groups: dict[int, list[Finding]] = {}
        for finding in self.reviewed.result.findings:
            fix = finding.fix
            if fix is not None and not fix.refused and fix.edits:
                groups.setdefault(id(fix), []).append(finding)
        candidates = [_Candidate(tuple(group)) for group in groups.values()]
        return [
            one
            for one in candidates
            if any(self._wanted.covers(finding) for finding in one.findings)
            and not one.keys & self._dropped
            and not (self._wanted.fingerprints and one.keys & self._done)
        ]

    def _together(self, current: Opened, batch: Iterable[_Candidate]) -> Opened | None:
        """The tree with the batch in place, if it holds; a single repair that does not is dropped."""
        batch = list(batch)
        edits = tuple(edit for candidate in batch for edit in candidate.edits)
        grown, reason = self._judged(current, batch, edits)
        if not reason:
            for candidate in batch:
                self.repairs.append(self._applied(candidate, Outcome.APPLIED))
                self._done |= candidate.keys
            return grown
        if len(batch) == 1:
            self._drop(batch[0], Outcome.FAILED, reason)
        return None

    def _judged(
        self, current: Opened, batch: list[_Candidate], edits: tuple[Edit, ...]
    ) -> tuple[Opened | None, str]:
        """The tree with edits in place, and what speaks against it."""
        try:
            changed = apply_all(self.reviewed.sources, edits)
        except EditError as error:
            return None, f"the edits cannot be applied: {error}"
        grown = current.changed(changed)
        if len(batch) > 1:  # a single one passed the gate on this very program
            every = replace(self._options, only=(), repair=False)
            before = current.review(every, self._progress).result
            after = grown.review(every, self._progress).result
            cures = [finding for candidate in batch for finding in candidate.findings]
            remaining, new = compare(
                (*before.findings, *before.suppressed),
                (*after.findings, *after.suppressed),
                Shift(edits),
                [one for one in before.findings if any(_same(one, cure) for cure in cures)],
            )
            if remaining or any(not was_hidden(finding, cures) for finding in new):
                return None, "together they do not hold"
        if self._accept is not None:
            everything = {**self.changed, **changed}
            reason = self._accept(everything)
            if reason:
                return None, reason
        return grown, ""

    def _applied(self, candidate: _Candidate, outcome: Outcome, reason: str = "") -> Applied:
        fix = candidate.findings[0].fix
        assert fix is not None
        return Applied(
            fix=fix,
            findings=candidate.findings,
            outcome=outcome,
            before=self.reviewed.sources,
            after=apply_all(self.reviewed.sources, fix.edits),
            known=(*self.reviewed.result.findings, *self.reviewed.result.suppressed),
            reason=reason,
        )

    def _drop(self, candidate: _Candidate, outcome: Outcome, reason: str = "") -> None:
        self._dropped |= candidate.keys
        self.repairs.append(self._applied(candidate, outcome, reason))


def _same(one: Finding, other: Finding) -> bool:
    return one.rule.id == other.rule.id and one.location == other.location and one.subject == other.subject
