"""The gate: a repair is accepted only if the program, read again with it, is better and nothing is worse.

A repair passes when

* its edits apply, and change nothing but what they name;
* the changed files have no syntax errors that they did not have before;
* every finding that it is for is gone;
* no check finds anything new, anywhere;
* the program still answers the same endpoints: a finding that goes because its route went is not repaired.

The gate reads and compares; what the program means is for `reanalyse`, which the caller gives.
"""

import ast
import re
import warnings
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from rearguard.findings import Confidence, Edit, Finding
from rearguard.frontends import read
from rearguard.program import Module, Source, Span
from rearguard.repair.edits import EditError, Shift, apply_all
from rearguard.repair.targets import Target

__all__ = ["REMAINS", "Proposal", "Reanalyse", "Reading", "Verdict", "examine", "told", "was_hidden"]

REMAINS = "the finding would still be there"
_ASKED_OF_CALLERS = ("insecure-direct-object-reference", "missing-authorization")
_CONVERTER = re.compile(r"<\w+(?:\([^()]*\))?:")


@dataclass(frozen=True, slots=True)
class Reading:
    """What is known of a program: all findings, suppressed ones included, and its endpoints."""

    findings: tuple[Finding, ...]
    targets: tuple[Target | None, ...]
    """What a recipe would need to repair each."""
    endpoints: tuple[str, ...]
    """`METHOD path` of each, in any order."""


Reanalyse = Callable[[Mapping[str, Source], Mapping[str, Module]], Reading]
"""Reads the program again with some sources changed; gets those and their modules, by path."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """Edits, and the findings that they are to end."""

    edits: tuple[Edit, ...]
    cures: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What reading the program again showed."""

    reason: str = ""
    """Why the proposals cannot be accepted together; "" when they can."""
    remaining: tuple[Finding, ...] = ()
    """Findings, as they were before, that are still there."""
    new: tuple[Finding, ...] = ()
    """Findings that appeared, at their places in the changed program."""
    targets: tuple[Target | None, ...] = ()
    """What a recipe would need to repair each of those."""
    revealed: tuple[Finding, ...] = ()
    """Findings that were so before and are only told now that the cured one is gone."""
    revealed_targets: tuple[Target | None, ...] = ()
    """What a recipe would need to repair each of those."""
    changed: Mapping[str, Source] | None = None
    """The changed sources, when the edits applied."""


def examine(
    proposals: Sequence[Proposal],
    before: Reading,
    sources: Mapping[str, Source],
    modules: Mapping[str, Module],
    reanalyse: Reanalyse,
) -> Verdict:
    """Try the proposals together. Never raises on what they contain."""
    edits = tuple(e for proposal in proposals for e in proposal.edits)
    cures = tuple(f for proposal in proposals for f in proposal.cures)
    try:
        changed = apply_all(sources, edits)
    except EditError as error:
        return Verdict(f"the edits cannot be applied: {error}")
    if all(source.text == sources[path].text for path, source in changed.items()):
        return Verdict("the edits change nothing")
    shift = Shift(edits)
    read_again = {path: read(source.text, source.language) for path, source in changed.items()}
    for path, module in read_again.items():
        if _is_broken(sources[path], modules[path], changed[path], module, shift):
            return Verdict(f"{path} would have a syntax error", changed=changed)
    try:
        after = reanalyse(changed, read_again)
    except Exception as error:
        # The program as it is was read without a fault, so its findings are told; the repair is not.
        return Verdict(f"the program cannot be read again with it ({type(error).__name__})", changed=changed)
    remaining, new = compare(before.findings, after.findings, shift, cures)
    # A question that only shows once a graver finding is gone is for a person, as the repair is.
    new = tuple(finding for finding in new if finding.confidence is not Confidence.QUESTION)
    hidden = [was_hidden(finding, cures) for finding in new]
    revealed = tuple(finding for finding, was in zip(new, hidden, strict=True) if was)
    new = tuple(finding for finding, was in zip(new, hidden, strict=True) if not was)
    reason = ""
    if new:
        reason = told(new[0], {**sources, **changed})
    elif remaining:
        reason = REMAINS
    elif _paths(before) != _paths(after):
        reason = "the program would answer other endpoints than before"
    targets = dict(zip(map(id, after.findings), after.targets, strict=True))
    return Verdict(
        reason,
        remaining,
        new,
        tuple(targets[id(f)] for f in new),
        revealed,
        tuple(targets[id(f)] for f in revealed),
        changed,
    )


def told(new: Finding, sources: Mapping[str, Source] | None) -> str:
    """What a repair would bring, in words; `sources` as they are with the repair."""
    source = (sources or {}).get(new.location.path)
    line = f":{source.line_of(new.location.start)}" if source is not None else ""
    return f"it would bring a new finding, {new.rule.id} at {new.location.path}{line}"


def _paths(reading: Reading) -> list[str]:
    """Endpoints without the converters of their parameters, which a repair may narrow."""
    return sorted(_CONVERTER.sub("<", endpoint) for endpoint in reading.endpoints)


def _is_broken(old: Source, was: Module, new: Source, now: Module, shift: Shift) -> bool:
    """Whether there are errors in places that had none."""
    known = [shift.span(Span(old.path, start, end)) for start, end in was.errors]
    for start, end in now.errors:
        if not any(place.start <= end and start <= place.end for place in known):
            return True
    return new.language == "python" and not was.errors and _parses(old.text) and not _parses(new.text)


def _parses(text: bytes) -> bool:
    """Whether Python itself reads the text: it knows rules that a grammar does not, such as `return` outside
    a function. Nothing is run."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(text, "<repaired>", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def compare(
    before: Iterable[Finding], after: Iterable[Finding], shift: Shift, cures: Iterable[Finding]
) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """Findings of `cures` that are still there, and findings that were not there before.

    Two findings are the same when check and subject agree and the places, moved by the edits, overlap; of
    several candidates, the one at exactly the same place, then one that was to be cured. What was so before
    and is only told now is not new.
    """
    wanted = frozenset(cures)
    gathered: dict[tuple[str, str, str], list[tuple[Span, Finding]]] = {}
    for finding in before:
        gathered.setdefault(_key(finding), []).append((shift.span(finding.location), finding))
    open_ = {key: _Open(many) for key, many in gathered.items()}
    remaining: list[Finding] = []
    new: list[Finding] = []
    for finding in after:
        place = finding.location
        known = open_.get(_key(finding))
        candidates = known.around(place) if known is not None else []
        if known is None or not candidates:
            if not _was_so(finding):
                new.append(finding)
            continue
        chosen = min(candidates, key=lambda i: (known.places[i] != place, known.findings[i] not in wanted, i))
        known.take(chosen)
        if known.findings[chosen] in wanted:
            remaining.append(known.findings[chosen])
    return tuple(remaining), tuple(new)


class _Open:
    """Findings of one kind that none of the changed program is known to be yet, by place."""

    def __init__(self, findings: Sequence[tuple[Span, Finding]]) -> None:
        self.places = [place for place, _ in findings]
        self.findings = [finding for _, finding in findings]
        self._order = sorted(range(len(findings)), key=lambda i: self.places[i].start)
        self._starts = [self.places[i].start for i in self._order]
        # How far any of the first ones reaches: those before that are not looked at.
        self._reach = list(accumulate((_end(self.places[i]) for i in self._order), max))
        self._taken: set[int] = set()

    def around(self, place: Span) -> list[int]:
        """The findings, by number, whose places overlap this one."""
        found: list[int] = []
        at = bisect_left(self._starts, _end(place)) - 1
        while at >= 0 and self._reach[at] > place.start:
            number = self._order[at]
            if number not in self._taken and _end(self.places[number]) > place.start:
                found.append(number)
            at -= 1
        return found

    def take(self, number: int) -> None:
        """Leave a finding out from now on."""
        self._taken.add(number)


def _end(place: Span) -> int:
    return max(place.end, place.start + 1)


def _was_so(finding: Finding) -> bool:
    """Whether a finding tells what was so before: that headers are missing is told once people log in."""
    return finding.rule.id == "security-headers" and finding.subject == "headers"


def was_hidden(finding: Finding, cures: Iterable[Finding]) -> bool:
    """Whether a finding tells what a graver one of the same endpoint hid: whose objects it gives, and what
    callers may do there, is asked only of an endpoint that asks who calls. It was so for everybody before."""
    endpoint = finding.endpoint
    return (
        endpoint is not None
        and finding.rule.id in _ASKED_OF_CALLERS
        and any(
            cure.rule.id == "missing-authentication"
            and cure.endpoint is not None
            and (cure.endpoint.method, cure.endpoint.path) == (endpoint.method, endpoint.path)
            for cure in cures
        )
    )


def _key(finding: Finding) -> tuple[str, str, str]:
    return finding.rule.id, finding.location.path, finding.subject
