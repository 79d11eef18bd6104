"""Many repairs through the gate, within a bound of work that no clock decides.

Reading a program again costs as much as the program is long. A small program is read once for each
repair, so that each is accepted on its own; a large one is read with all repairs in place that do not
touch each other, those at fault are taken out, and the rest is read again.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeAlias

from rearguard.program import Module, Source, Span
from rearguard.repair.edits import Shift, Taken
from rearguard.repair.gate import REMAINS, Proposal, Reading, Reanalyse, Verdict, examine, told

__all__ = ["CUT", "WORK", "Trial"]

WORK = 30_000
"""Lines that may be read again for one review before repairs are tried together."""
ROUNDS = 6
"""Times that a program of any size up to `LONGEST` may be read again."""
MORE_ROUNDS, MORE_WORK = 16, 200_000
"""Times that a smaller program may be, when repairs that are tried together get into each other's way."""
LONGEST = 120_000
"""Lines beyond which a program is not read again: a review of it would take minutes for its repairs alone."""
LONG_LINE, SHORT_FUNCTION = 120, 5
"""Bytes that count as a line, and lines that a function counts, however few lines a file has."""
SHARED_FROM = 3_000
"""Lines to be read again below which other processes would cost more than they save."""
CUT = "not checked: the program is too large to be read again for every repair"


DoAll: TypeAlias = Callable[[Sequence[Callable[[], Verdict]]], list[Verdict]]
"""Does pieces of work, in any order, and gives their results in that of the pieces."""


def _one_by_one(work: Sequence[Callable[[], Verdict]]) -> list[Verdict]:
    return [piece() for piece in work]


class Trial:
    """The gate for one program, with what is left of its work."""

    def __init__(
        self,
        before: Reading,
        sources: Mapping[str, Source],
        modules: Mapping[str, Module],
        reanalyse: Reanalyse,
        work: int = WORK,
        do_all: DoAll = _one_by_one,
    ) -> None:
        """`work` is the number of lines that may be read again before repairs are tried together;
        `do_all` does pieces of work that do not depend on each other."""
        self._before = before
        self._sources = sources
        self._modules = modules
        self._reanalyse = reanalyse
        lines = sum(_lines(source, modules.get(path)) for path, source in sources.items())
        self._do_all = do_all
        self._lines = lines
        self._alone = work // max(lines, 1)
        """How many repairs may be tried one by one."""
        more = min(MORE_ROUNDS, MORE_WORK // max(lines, 1)) if work else 0
        self.rounds = 0 if lines > LONGEST else max(ROUNDS, more, self._alone)
        """Readings that are left."""

    def run(self, proposals: Sequence[Proposal]) -> list[Verdict]:
        """A verdict for each proposal, in order."""
        if len(proposals) <= min(self._alone, self.rounds):
            if len(proposals) * self._lines < SHARED_FROM:
                return [self._examine([proposal]) for proposal in proposals]
            self.rounds -= len(proposals)
            return self._do_all([partial(self._read_with, [proposal]) for proposal in proposals])
        verdicts: dict[int, Verdict] = {}
        waiting = list(range(len(proposals)))
        while waiting:
            batch: list[int] = []
            taken = Taken()
            for index in waiting if self.rounds > 0 else ():
                if taken.leaves(proposals[index].edits):
                    batch.append(index)
                    taken.add(proposals[index].edits)
            if not batch:
                verdicts.update(dict.fromkeys(waiting, Verdict(CUT)))
            self._together(batch, proposals, verdicts)
            waiting = [index for index in waiting if index not in verdicts]
        return [verdicts[index] for index in range(len(proposals))]

    def _examine(self, proposals: Sequence[Proposal]) -> Verdict:
        if self.rounds <= 0:
            return Verdict(CUT)
        self.rounds -= 1
        return self._read_with(proposals)

    def _read_with(self, proposals: Sequence[Proposal]) -> Verdict:
        return examine(proposals, self._before, self._sources, self._modules, self._reanalyse)

    def _together(
        self, batch: list[int], proposals: Sequence[Proposal], verdicts: dict[int, Verdict]
    ) -> None:
        """Judge a batch: whoever is at fault leaves it with that reason, then the rest is tried again."""
        while batch:
            verdict = self._examine([proposals[index] for index in batch])
            if not verdict.reason or verdict.reason == CUT or len(batch) == 1:
                verdicts.update(dict.fromkeys(batch, verdict))
                return
            guilty = _at_fault(batch, proposals, verdict)
            if not guilty or len(guilty) == len(batch):
                half = len(batch) // 2
                self._together(batch[:half], proposals, verdicts)
                self._together(batch[half:], proposals, verdicts)
                return
            written = _written(batch, proposals)
            verdicts.update({index: _own(proposals[index], written[index], verdict) for index in guilty})
            gone = frozenset(guilty)
            batch = [index for index in batch if index not in gone]


def _lines(source: Source, module: Module | None) -> int:
    """The work of reading a source again, in lines as most people write them: all of it may stand on one."""
    functions = len(module.functions) if module is not None else 0
    return max(source.text.count(b"\n") + 1, len(source.text) // LONG_LINE, functions * SHORT_FUNCTION)


def _at_fault(batch: list[int], proposals: Sequence[Proposal], verdict: Verdict) -> list[int]:
    """Of a batch, those whose finding remains, and those whose edits a new finding touches.

    Only when that is nobody, a new finding is laid to all that change its file: it may be another's doing,
    and then it is gone in the next round.
    """
    remaining = frozenset(verdict.remaining)
    guilty = {index for index in batch if not remaining.isdisjoint(proposals[index].cures)}
    written = _written(batch, proposals)
    places: dict[str, list[tuple[int, int, int]]] = {}
    for index in batch if verdict.new else ():
        for path, start, end in written[index]:
            places.setdefault(path, []).append((start, end, index))
    for finding in verdict.new:
        path, low, high = finding.location
        guilty.update(i for start, end, i in places.get(path, ()) if start <= high and low <= end)
    if not guilty:
        paths = {finding.location.path for finding in verdict.new}
        guilty = {index for index in batch if any(span.path in paths for span in written[index])}
    return [index for index in batch if index in guilty]


def _written(batch: list[int], proposals: Sequence[Proposal]) -> dict[int, list[Span]]:
    """Where the edits of each proposal lie when all of the batch are applied."""
    shift = Shift([edit for index in batch for edit in proposals[index].edits])
    return {index: [shift.written(edit) for edit in proposals[index].edits] for index in batch}


def _touch(one: Span, other: Span) -> bool:
    return one.path == other.path and one.start <= other.end and other.start <= one.end


def _remains(proposal: Proposal, verdict: Verdict) -> bool:
    return any(finding in verdict.remaining for finding in proposal.cures)


def _own(proposal: Proposal, written: Sequence[Span], verdict: Verdict) -> Verdict:
    """The verdict on a batch as one of its proposals is told it: what others brought is not its own."""
    if _remains(proposal, verdict):
        return replace(verdict, reason=REMAINS, new=(), targets=())
    own = [
        (finding, target)
        for finding, target in zip(verdict.new, verdict.targets, strict=True)
        if any(_touch(span, finding.location) for span in written)
    ]
    if not own or len(own) == len(verdict.new):
        return verdict
    new = tuple(finding for finding, _ in own)
    return replace(verdict, reason=told(new[0], verdict.changed), new=new, targets=tuple(t for _, t in own))
