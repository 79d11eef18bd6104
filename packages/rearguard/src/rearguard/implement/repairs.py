"""The part of a control that consists of repairs: what the review found, and the engine could mend."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from rearguard.applying import Applier, Wanted
from rearguard.checks import CHECKS
from rearguard.findings import Finding
from rearguard.findings.repairs import Outcome
from rearguard.implement.controls import Control
from rearguard.implement.plan import RefusedError
from rearguard.review import Opened, Options
from rearguard.review.pipeline import Progress

__all__ = ["Repaired", "repaired"]

_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Repaired:
    """A tree with repairs in place, in memory."""

    opened: Opened
    checks: tuple[str, ...]
    """The checks that were asked."""
    files: Mapping[str, tuple[bytes, str]]
    """Changed texts by path, each with why."""
    told: tuple[str, ...]
    left: tuple[str, ...]
    """What could not be repaired, and why."""


def repaired(opened: Opened, options: Options, control: Control, progress: Progress) -> Repaired:
    """Apply the repairs of the control's checks; nothing is written."""
    known = {check.rule.id for check in CHECKS}
    checks = tuple(each for each in control.repairs if each in known)
    if control.repairs and not checks:
        raise RefusedError("this version has no check that finds where it is missing")
    if not checks:
        return Repaired(opened, (), {}, (), ())
    applier = Applier(opened, replace(options, only=checks, repair=True), Wanted(checks, (), True), progress)
    applier.run()
    why: dict[str, set[str]] = {}
    told: list[str] = []
    for one in applier.repairs:
        if one.outcome is Outcome.APPLIED:
            finding = one.findings[0]
            told.append(
                f"{_place(finding, one.before)}: {finding.rule.title[:1].lower()}{finding.rule.title[1:]}."
            )
            for path in one.after:
                why.setdefault(path, set()).add(one.fix.title[:1].lower() + one.fix.title[1:])
    changed = applier.changed
    left = [_left(finding, applier.reviewed.sources) for finding in applier.reviewed.result.findings]
    more = (f"and {len(left) - _SHOWN} more, which `rearguard review` lists.",) if len(left) > _SHOWN else ()
    return Repaired(
        opened.changed(changed),
        checks,
        {
            path: (source.text, "; ".join(sorted(why.get(path, {"repaired"}))))
            for path, source in changed.items()
        },
        tuple(told),
        (*left[:_SHOWN], *more),
    )


def _place(finding: Finding, sources: Mapping[str, object]) -> str:
    source = sources[finding.location.path]
    return f"{finding.location.path}:{source.line_of(finding.location.start)}"  # type: ignore[attr-defined]


def _left(finding: Finding, sources: Mapping[str, object]) -> str:
    refused = finding.fix.refused if finding.fix is not None else ""
    why = f" ({refused})" if refused else ""
    return f"{_place(finding, sources)}: {finding.rule.id} is yours{why}. {finding.advice}".strip()
