"""Repairs for findings: what the recipes propose, and what of it the gate accepts."""

import os
import traceback
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from rearguard.checks import Draft
from rearguard.findings import Disposition, Finding, Fix
from rearguard.models import Endpoint as Route
from rearguard.models import ModelView
from rearguard.program import Module, Source, Span
from rearguard.repair import (
    CUT,
    HANDLER_RECIPES,
    RECIPES,
    Proposal,
    Reading,
    Reanalyse,
    RepairContext,
    RepairError,
    Revisions,
    Target,
    Tree,
    Trial,
    Verdict,
)
from rearguard.review.checking import order
from rearguard.review.fragments import is_fragment
from rearguard.review.together import shared_out

__all__ = ["repair"]

_HARDEN = "harden-handler"
MOST_PROCESSES = 8
"""Processes that try repairs, each of which reads the program again."""
MAX_REPAIRED = 1_000
"""Findings of one review for which a repair is worked out."""
MAX_FUNCTION = 60_000
"""Bytes of a function beyond which it is not rewritten: recipes read it many times over."""


@dataclass(frozen=True)
class _Unit:
    """One repair: the findings that it is for, by their index, the recipe's targets, its proposal."""

    members: tuple[int, ...]
    targets: tuple[Target, ...]
    fix: Fix


def repair(
    drafts: Sequence[Draft],
    sources: Mapping[str, Source],
    modules: Mapping[str, Module],
    view: ModelView,
    routes: tuple[Route, ...],
    before: Reading,
    reanalyse: Reanalyse,
    jobs: int = 1,
) -> tuple[list[Finding], tuple[str, ...]]:
    """The findings with `fix` where there is a repair, in the order of `drafts`, and notes for the reader.

    Several findings of one handler get one repair of the whole handler if there is one; what that leaves
    is repaired finding by finding. `jobs` is the number of processes; 0 chooses by the machine.
    """
    repairs = _Repairs(drafts, sources, view, routes)
    count = min(jobs or os.cpu_count() or 1, MOST_PROCESSES)
    trial = Trial(before, sources, modules, reanalyse, do_all=partial(shared_out, processes=count))
    fixes: dict[int, Fix] = {}
    repairable = [i for i, draft in enumerate(drafts) if draft.target is not None]
    worst = sorted(repairable, key=lambda i: order(drafts[i].finding))[:MAX_REPAIRED]
    chosen = frozenset(worst)
    whole = [repairs.unit(members, whole=True) for members in repairs.handlers(chosen)]
    _try(whole, repairs, trial, fixes)
    rest = [(i,) for i in sorted(chosen) if i not in fixes or fixes[i].refused]
    _try([repairs.unit(members, whole=False) for members in rest], repairs, trial, fixes)
    findings = [replace(draft.finding, fix=fixes.get(i, draft.finding.fix)) for i, draft in enumerate(drafts)]
    cut = sum(1 for fix in fixes.values() if fix.refused == CUT)
    unchecked = (f"{cut} repairs were worked out but {CUT}.",) if cut else ()
    more = len(repairable) - len(chosen)
    left = (f"No repair was worked out for {more} findings, after the worst {MAX_REPAIRED}.",) if more else ()
    return findings, (*unchecked, *left, *repairs.notes())


def _try(units: Sequence[_Unit | None], repairs: "_Repairs", trial: Trial, fixes: dict[int, Fix]) -> None:
    """Put units through the gate and note the outcome for each of their findings.

    What a repair brings to light in its own handler is repaired with it, in a second attempt: an endpoint
    that asks for a login now can be asked whose objects it gives.
    """
    made = [unit for unit in units if unit is not None]
    again: list[_Unit] = []
    for unit, verdict in zip(made, _verdicts(made, repairs, trial), strict=True):
        repairs.note(unit, verdict, fixes)
        if verdict is not None and (verdict.new or verdict.revealed):
            wider = repairs.widened(unit, verdict)
            if wider is not None and not wider.fix.refused:
                again.append(wider)
    for unit, verdict in zip(again, _verdicts(again, repairs, trial), strict=True):
        repairs.note(unit, verdict, fixes)


def _verdicts(units: Sequence[_Unit], repairs: "_Repairs", trial: Trial) -> list[Verdict | None]:
    """The gate's answer to each unit; `None` where a recipe refused, so that there is nothing to try."""
    proposals = [Proposal(u.fix.edits, repairs.findings(u.members)) for u in units if not u.fix.refused]
    answers = iter(trial.run(proposals))
    return [None if unit.fix.refused else next(answers) for unit in units]


class _Repairs:
    """Runs recipes over drafts."""

    def __init__(
        self,
        drafts: Sequence[Draft],
        sources: Mapping[str, Source],
        view: ModelView,
        routes: tuple[Route, ...],
    ) -> None:
        self._drafts = drafts
        self._sources = sources
        self._view = view
        self._routes = routes
        self._trees: dict[str, Tree] = {}
        self._answers: dict[tuple[object, ...], object] = {}
        self._revisions = Revisions(sources, self._trees)
        self._is_fragment = is_fragment(sources)
        self._answering: dict[str, Route] = {}
        """Function -> the first route that it is a handler of."""
        self._registered: dict[tuple[Span, str], Route] = {}
        """Place and method -> the first route registered there whose handler is known."""
        for route in routes:
            for fid in route.handler.functions:
                self._answering.setdefault(fid, route)
            if route.handler.functions:
                self._registered.setdefault((route.span, route.method), route)
        self.slips: Counter[str] = Counter()
        """What failed in recipes and where, and how often."""

    def note(self, unit: _Unit, verdict: Verdict | None, fixes: dict[int, Fix]) -> None:
        """Note the outcome of a unit for each of its findings."""
        fix = unit.fix
        if verdict is not None:
            shown = ""
            if not verdict.reason and verdict.changed:
                # The sources of the verdict hold what was tried together with it, too.
                shown = self._revisions.of(fix.edits)
            fix = replace(fix, refused=verdict.reason, revised=shown)
        for i in unit.members:
            if i not in fixes or not fix.refused:
                fixes[i] = fix

    def handlers(self, chosen: Collection[int]) -> list[tuple[int, ...]]:
        """Findings of one handler that one repair of the whole may end; only where there are several."""
        groups: dict[str, list[int]] = {}
        for i, draft in enumerate(self._drafts):
            if i in chosen and draft.target is not None and draft.target.recipe in HANDLER_RECIPES:
                handler, _ = self._handler(draft)
                if handler:
                    groups.setdefault(handler, []).append(i)
        return [tuple(many) for many in groups.values() if len(many) > 1]

    def _handler(self, draft: Draft) -> tuple[str, Route | None]:
        """The handler that a finding is about, and its route: the target's function, else the endpoint's."""
        target, endpoint = draft.target, draft.finding.endpoint
        if target is not None and target.fid in self._answering:
            return target.fid, self._answering[target.fid]
        if endpoint is not None:
            route = self._registered.get((endpoint.location, endpoint.method))
            if route is not None:
                return route.handler.functions[0], route
        return "", None

    def findings(self, members: tuple[int, ...]) -> tuple[Finding, ...]:
        """The findings of a unit."""
        return tuple(self._drafts[i].finding for i in members)

    def unit(self, members: tuple[int, ...], whole: bool, more: tuple[Target, ...] = ()) -> _Unit | None:
        """What the recipe proposes; a refusal is a fix without edits that says why. `None`: no recipe."""
        drafts = [self._drafts[i] for i in members]
        targets = (*(draft.target for draft in drafts if draft.target is not None), *more)
        if not targets or drafts[0].target is None:
            return None
        name = _HARDEN if whole else targets[0].recipe
        recipe = RECIPES.get(name)
        if recipe is None:
            return None
        if self._is_long(targets[0].fid):
            refused = Fix("", Disposition.REVIEW, (), refused="the function is too long to be rewritten")
            return _Unit(members, targets, refused)
        handler, route = self._handler(drafts[0])
        context = RepairContext(
            self._view,
            self._sources,
            replace(targets[0], recipe=name),
            drafts[0].finding,
            self.findings(members),
            targets,
            handler,
            route,
            self._is_fragment,
            self._routes,
            self._trees,
            self._answers,
        )
        try:
            fix = recipe(context)
        except RepairError as error:
            fix = Fix("", Disposition.REVIEW, (), refused=str(error))
        except Exception as error:
            # Whatever code is reviewed, and whatever slip a recipe has, findings are told.
            fix = Fix("", Disposition.REVIEW, (), refused=self._failed(name, error))
        return _Unit(members, targets, fix)

    def _failed(self, recipe: str, error: Exception) -> str:
        """Why there is no repair when the recipe has a slip, which is noted with its place."""
        kind = type(error).__name__
        frames = traceback.extract_tb(error.__traceback__)
        place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
        self.slips[f"{recipe}{place} ({kind})"] += 1
        return f"the recipe {recipe} failed on this code ({kind})"

    def notes(self) -> tuple[str, ...]:
        """A line for each slip of a recipe, in a fixed order."""
        return tuple(
            f"A fault of Rearguard: the recipe {slip} failed, so that {count} "
            f"{'repair is' if count == 1 else 'repairs are'} missing; please report it."
            for slip, count in sorted(self.slips.items())
        )

    def _is_long(self, fid: str) -> bool:
        function = self._view.linker.functions.get(fid)
        return (
            function is not None
            and function.kind != "module"
            and function.end - function.start > MAX_FUNCTION
        )

    def widened(self, unit: _Unit, verdict: Verdict) -> _Unit | None:
        """The unit with what its repair brought to light, if that is all in its own handler."""
        handler, route = self._handler(self._drafts[unit.members[0]])
        if not handler or route is None or not all(t.recipe in HANDLER_RECIPES for t in unit.targets):
            return None
        more: list[Target] = []
        told = [*zip(verdict.new, verdict.targets, strict=True)]
        shown = [*zip(verdict.revealed, verdict.revealed_targets, strict=True)]
        for finding, target in (*told, *shown):
            endpoint = finding.endpoint
            same = endpoint is not None and (endpoint.method, endpoint.path) == (route.method, route.path)
            if target is not None and same and target.recipe in HANDLER_RECIPES:
                more.append(target)
            elif finding in verdict.new:
                return None
        if not more:
            return None
        return self.unit(unit.members, whole=True, more=tuple(more))
