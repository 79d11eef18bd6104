"""A program, and what the checks say of it: asked by one process or several, with the same answers."""

import os
import traceback
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeAlias

from rearguard.analysis.access import AccessMatrix, build
from rearguard.analysis.values import Followed, NotFollowedError, Values
from rearguard.checks import Check, Context, Draft
from rearguard.findings import Finding
from rearguard.link import Linker
from rearguard.models import Endpoint as Route
from rearguard.models import ModelView
from rearguard.program import Module, SettingsFile, Source, Span
from rearguard.review.fragments import is_fragment
from rearguard.review.scripts import Scripts
from rearguard.review.together import Later, shared_out

PARALLEL_FROM = 3_000
"""Functions below which starting another process costs more than it saves."""
MOST_PROCESSES = 3
"""Processes that checks are shared out to: each costs memory, and two pieces are half of the work."""
_SHARING = (
    ("hardcoded-secret", "hardcoded-key", "default-credentials"),
    (
        "plaintext-password",
        "missing-rate-limit",
        "session-fixation",
        "weak-password-policy",
        "weak-recovery",
        "user-enumeration",
        "authentication-bypass",
        "session-expiration",
        "weak-password-hash",
    ),
)
"""Checks that need the same thing worked out, which costs more than they do: one process asks them all."""


@dataclass(frozen=True)
class Program:
    """A program read and analysed, before any check."""

    sources: Mapping[str, Source]
    modules: Mapping[str, Module]
    view: ModelView
    routes: tuple[Route, ...]
    values: Values
    matrix: AccessMatrix
    aliases: Mapping[str, tuple[str, ...]]
    settings: Mapping[str, SettingsFile]
    scripts: Scripts | None = None
    """What runs in browsers."""
    following: Later[Followed] | None = None
    """The work of following values, where another process does it."""

    def settle(self) -> None:
        """Wait until values were followed."""
        if self.values.followed is None and self.following is not None:
            self.values.followed = self.following.result()

    @property
    def linker(self) -> Linker:
        """References of every value."""
        return self.view.linker


def context_of(program: Program) -> Context:
    """What checks may look at of a program."""
    browser = None
    if program.scripts is not None and program.scripts.values.flows:
        view, values = program.scripts.view, program.scripts.values
        browser = Context(view, values, build(view, (), values), program.sources)
    return Context(
        program.view,
        program.values,
        program.matrix,
        program.sources,
        reach(program),
        is_fragment=is_fragment(program.sources),
        settings=program.settings,
        browser=browser,
    )


def run_checks(
    program: Program, checks: Iterable[Check], jobs: int = 1, faults: dict[str, str] | None = None
) -> list[Draft]:
    """All findings of the checks, without fixes, suppressions or fingerprints; ordered.

    `jobs` is the number of processes; 0 chooses by the machine. An error of ours in a check is raised; with
    `faults`, it costs what that check would say, and is noted there by the check's id.
    """
    context = context_of(program)
    checks = tuple(checks)
    count = processes(program.linker, jobs)
    said = _answers(context, dict(enumerate(checks)), count)
    # Who asked for flows while values are still being followed is asked again.
    program.settle()
    said.update(_answers(context, {n: checks[n] for n, answer in said.items() if answer is None}, count))
    drafts: list[Draft] = []
    for number, check in enumerate(checks):
        answer = said[number]
        if isinstance(answer, _Fault):
            if faults is None:
                raise answer.error
            faults[check.rule.id] = f"{type(answer.error).__name__} {answer.place}"
        else:
            drafts.extend(answer or ())
    drafts.sort(key=lambda draft: order(draft.finding))
    return list(_of_one_place(drafts)) if program.linker.copied else drafts


def _of_one_place(drafts: Iterable[Draft]) -> Iterator[Draft]:
    """One draft for each place: what stands once is read for each copy of the function around it."""
    told: set[tuple[str, Span]] = set()
    for draft in drafts:
        place = (draft.finding.rule.id, draft.finding.location)
        if place not in told:
            told.add(place)
            yield draft


def processes(linker: Linker, jobs: int) -> int:
    """How many processes work on a program; 0 jobs: the machine decides."""
    return min(jobs or os.cpu_count() or 1, MOST_PROCESSES) if len(linker.functions) >= PARALLEL_FROM else 1


@dataclass(frozen=True, slots=True)
class _Fault:
    """What a check says that ended with an error of ours."""

    error: Exception
    place: str
    """Where it was raised: the error itself forgets that on its way from another process."""


_Answer: TypeAlias = list[Draft] | _Fault | None


def _place_of(error: Exception) -> str:
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"in {Path(last.filename).name}, line {last.lineno}"


def _answers(context: Context, checks: Mapping[int, Check], count: int) -> dict[int, _Answer]:
    """What each check says, by its number; `None` of those that asked for flows too early."""
    numbers = list(checks)
    pieces = [[numbers[place] for place in piece] for piece in _pieces(list(checks.values()))]
    work = [partial(_asked, context, [checks[number] for number in piece]) for piece in pieces]
    answers = shared_out(work, count)
    return dict(
        zip((n for piece in pieces for n in piece), (a for each in answers for a in each), strict=True)
    )


def _pieces(checks: Sequence[Check]) -> list[list[int]]:
    """Places of checks that one process asks, those that cost most first."""
    place = {check.rule.id: number for number, check in enumerate(checks)}
    pieces = [[place.pop(id) for id in ids if id in place] for ids in _SHARING]
    return [*filter(None, pieces), *([number] for number in place.values())]


def _asked(context: Context, checks: Sequence[Check]) -> list[_Answer]:
    return [_drafts(check, context) for check in checks]


def _drafts(check: Check, context: Context) -> _Answer:
    try:
        return list(check.run(context))
    except NotFollowedError:
        return None
    except Exception as error:
        return _Fault(error, _place_of(error))


def order(finding: Finding) -> tuple[object, ...]:
    """Worst and surest first, then by place."""
    place = finding.location
    return (
        finding.severity.rank,
        finding.confidence.rank,
        place.path,
        place.start,
        finding.rule.id,
        finding.subject,
    )


def reach(program: Program) -> dict[str, tuple[Route, ...]]:
    """Function -> endpoints whose handling may run it, in the order of the routes."""
    found: dict[str, list[Route]] = {}
    # A decorator's wrapper calls whatever it wraps: that is no way from one route into another's handler.
    wrappers = program.linker.wrappers
    links = [link for route in program.routes for link in (route.handler, *route.chain)]
    handlers = {fid for route in program.routes for fid in route.handler.functions}
    handlers.update(fid for link in links for fid in link.functions if fid in wrappers)
    graph = program.values.graph
    for_browsers = program.matrix.origins.is_for_browsers
    running = {fid for fid, callees in graph.items() if not handlers.isdisjoint(callees)}
    called: dict[str, tuple[str, ...]] = {}
    """What a function calls, whatever route runs it: looked at once for all that reach it."""
    for route in program.routes:
        pending = [*route.handler.functions, *(fid for link in route.chain for fid in link.functions)]
        own = set(pending)
        seen: set[str] = set()
        while pending:
            fid = pending.pop()
            if fid in seen:
                continue
            seen.add(fid)
            found.setdefault(fid, []).append(route)
            callees = called.get(fid)
            if callees is None:
                callees = graph.get(fid, ())
                if not for_browsers(fid):
                    callees = tuple(callee for callee in callees if not for_browsers(callee))
                called[fid] = callees
            if fid in running:
                callees = tuple(callee for callee in callees if callee not in handlers or callee in own)
            pending.extend(callees)
    return {fid: tuple(many) for fid, many in found.items()}


__all__ = ["Program", "context_of", "order", "processes", "reach", "run_checks"]
