"""Repairs for findings: what the recipes propose, and what of it the gate accepts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from rearguard.checks import Draft
from rearguard.findings import Disposition, Finding, Fix
from rearguard.models import Endpoint as Route
from rearguard.models import ModelView
from rearguard.program import Module, Source
from rearguard.repair import (
    CUT,
    HANDLER_RECIPES,
    RECIPES,
    Proposal,
    Reading,
    Reanalyse,
    RepairContext,
    RepairError,
    Target,
    Tree,
    Trial,
    revised,
)
from rearguard.review.fragments import FRAGMENT_PATHS

__all__ = ["repair"]

_HARDEN = "harden-handler"


@dataclass(frozen=True)
class _Unit:
    """One repair: the findings that it is for, by their index, and the target that recipes get."""

    members: tuple[int, ...]
    target: Target
    fix: Fix


def repair(
    drafts: Sequence[Draft],
    sources: Mapping[str, Source],
    modules: Mapping[str, Module],
    view: ModelView,
    routes: tuple[Route, ...],
    before: Reading,
    reanalyse: Reanalyse,
) -> tuple[list[Finding], tuple[str, ...]]:
    """The findings with `fix` where there is a repair, in the order of `drafts`, and notes for the reader.

    Several findings of one handler get one repair of the whole handler if there is one; what that leaves
    is repaired finding by finding.
    """
    repairs = _Repairs(drafts, sources, view, routes)
    trial = Trial(before, sources, modules, reanalyse)
    fixes: dict[int, Fix] = {}
    groups = repairs.handlers()
    _try(repairs.units(groups, whole=True), drafts, trial, fixes)
    rest = [(i,) for i in range(len(drafts)) if i not in fixes or fixes[i].refused]
    _try(repairs.units(rest, whole=False), drafts, trial, fixes)
    findings = [replace(draft.finding, fix=fixes.get(i, draft.finding.fix)) for i, draft in enumerate(drafts)]
    cut = sum(1 for fix in fixes.values() if fix.refused == CUT)
    return findings, (f"{cut} repairs were worked out but {CUT}.",) if cut else ()


def _try(units: Sequence[_Unit], drafts: Sequence[Draft], trial: Trial, fixes: dict[int, Fix]) -> None:
    """Put units through the gate and note the outcome for each of their findings."""
    open_ = [unit for unit in units if not unit.fix.refused]
    proposals = [Proposal(unit.fix.edits, tuple(drafts[i].finding for i in unit.members)) for unit in open_]
    verdicts = dict(zip(map(id, open_), trial.run(proposals), strict=True))
    for unit in units:
        fix = unit.fix
        verdict = verdicts.get(id(unit))
        if verdict is not None:
            shown = revised(fix.edits, verdict.changed) if not verdict.reason and verdict.changed else ""
            fix = replace(fix, refused=verdict.reason, revised=shown)
        for i in unit.members:
            if i not in fixes or not fix.refused:
                fixes[i] = fix


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
        self._is_fragment = all(path in FRAGMENT_PATHS for path in sources)

    def handlers(self) -> list[tuple[int, ...]]:
        """Findings of one handler that one repair of the whole may end; only where there are several."""
        groups: dict[str, list[int]] = {}
        for i, draft in enumerate(self._drafts):
            if draft.target is not None and draft.target.recipe in HANDLER_RECIPES:
                handler, _ = self._handler(draft)
                if handler:
                    groups.setdefault(handler, []).append(i)
        return [tuple(many) for many in groups.values() if len(many) > 1]

    def _handler(self, draft: Draft) -> tuple[str, Route | None]:
        """The handler that a finding is about, and its route: the target's function, else the endpoint's."""
        target, endpoint = draft.target, draft.finding.endpoint
        for route in self._routes:
            if target is not None and target.fid in route.handler.functions:
                return target.fid, route
        for route in self._routes:
            named = endpoint is not None and endpoint.location == route.span
            if named and route.handler.functions and (endpoint is None or endpoint.method == route.method):
                return route.handler.functions[0], route
        return "", None

    def units(self, groups: Sequence[tuple[int, ...]], whole: bool) -> list[_Unit]:
        """What the recipes propose; a refusal is a fix without edits that says why."""
        found: list[_Unit] = []
        for members in groups:
            drafts = [self._drafts[i] for i in members]
            targets = tuple(draft.target for draft in drafts if draft.target is not None)
            if not targets:
                continue
            target = targets[0]
            handler, route = self._handler(drafts[0])
            name = _HARDEN if whole else target.recipe
            recipe = RECIPES.get(name)
            if recipe is None:
                continue
            context = RepairContext(
                self._view,
                self._sources,
                replace(target, recipe=name),
                drafts[0].finding,
                tuple(draft.finding for draft in drafts),
                targets,
                handler,
                route,
                self._is_fragment,
                self._routes,
                self._trees,
            )
            try:
                fix = recipe(context)
            except RepairError as error:
                fix = Fix("", Disposition.REVIEW, (), refused=str(error))
            found.append(_Unit(members, target, fix))
        return found
