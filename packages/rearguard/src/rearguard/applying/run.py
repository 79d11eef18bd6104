"""One run of `rearguard fix`: plan, write, test, and take back what does harm."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from rearguard.applying.disk import Disk, DiskError
from rearguard.applying.order import Applier, Wanted
from rearguard.applying.tests import Tests
from rearguard.applying.worktree import refusal
from rearguard.findings import Confidence
from rearguard.findings.repairs import Applied, Outcome, RepairRun, TestRun
from rearguard.program import Source
from rearguard.review import Opened, Options
from rearguard.review.pipeline import Progress, Reviewed

__all__ = ["Checked", "FixError", "apply_repairs"]


class FixError(Exception):
    """Why repairs could not be applied; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What a run may do, and what must hold for it."""

    write: bool = False
    allow_dirty: bool = False
    tests: Tests | None = None


def apply_repairs(
    root: Path,
    opened: Opened,
    options: Options,
    wanted: Wanted,
    how: Checked,
    progress: Progress,
    decide: Callable[[Applied], bool] | None = None,
) -> RepairRun:
    """Plan the wanted repairs and, if asked, write them. Raises FixError; the files are then as they were."""
    if how.write:  # said before anybody is asked anything; what is to be changed is known only afterwards
        _refuse_dirty(root, (), how)
    applier = Applier(opened, options, wanted, progress, decide)
    applier.run()
    changed = applier.changed
    if not how.write or not changed:
        return _told(opened, applier, wanted, how, None, ())
    notes: list[str] = []
    if not _refuse_dirty(root, [opened.files[path] for path in changed], how):
        notes.append("This is no git work tree: nothing but the diffs here says what was changed.")
    if how.tests is not None:
        progress("running the tests before", 0, 0)
        red = how.tests.run()
        if red:
            raise FixError(
                "the tests do not pass before any repair, so they cannot judge one. Nothing was changed. "
                f"{how.tests.command}: {red}"
            )
    disk = Disk(opened.files, {source.path: source for source in opened.sources})
    try:
        disk.put(changed)
        tests = None
        if how.tests is not None:
            tests = TestRun(how.tests.command, "passed", "passed")
            progress("running the tests after", 0, 0)
            red = how.tests.run()
            if red:
                applier = _one_by_one(opened, options, wanted, how.tests, applier, disk, progress)
                notes.append(
                    "With all repairs together the project's tests failed: they were taken back, and applied "
                    "one at a time."
                )
                tests = replace(tests, detail=red)
        return _told(opened, applier, wanted, how, tests, tuple(notes))
    except DiskError as error:
        disk.restore()
        raise FixError(f"{error}. Nothing was changed.") from error
    except BaseException:
        disk.restore()
        raise


def _refuse_dirty(root: Path, changed: Collection[Path], how: Checked) -> bool:
    """Whether git keeps the tree. Raises FixError where it could not take a change of these files back."""
    reason, is_kept = refusal(root, changed)
    if reason and not how.allow_dirty:
        raise FixError(f"{reason}. Commit or stash first, or say --allow-dirty. Nothing was changed.")
    return is_kept


def _one_by_one(
    opened: Opened,
    options: Options,
    wanted: Wanted,
    tests: Tests,
    together: Applier,
    disk: Disk,
    progress: Progress,
) -> Applier:
    """Apply again what was applied, with the tests after each; leaves on disk what they let pass."""
    disk.restore()
    declined = {key for one in together.repairs if one.outcome is Outcome.DECLINED for key in one.keys}
    passed: dict[str, Source] = {}

    def decide(repair: Applied) -> bool:
        return not repair.keys & declined

    def accept(sources: Mapping[str, Source]) -> str:
        disk.put(sources)
        progress("running the tests after one repair", 0, 0)
        red = tests.run()
        if red:
            disk.put(passed)
            return f"the project's tests fail with it: {red.splitlines()[0]}"
        passed.update(sources)
        return ""

    applier = Applier(opened, options, wanted, progress, decide, accept)
    applier.run()
    disk.put(applier.changed)
    return applier


def _told(
    opened: Opened,
    applier: Applier,
    wanted: Wanted,
    how: Checked,
    tests: TestRun | None,
    notes: tuple[str, ...],
) -> RepairRun:
    """The run as reports tell it."""
    reviewed: Reviewed = applier.reviewed
    repairs = applier.repairs
    if not how.write:
        repairs = [
            replace(one, outcome=Outcome.PLANNED) if one.outcome is Outcome.APPLIED else one
            for one in repairs
        ]
    left = [finding for finding in reviewed.result.findings if wanted.covers(finding)]
    waiting = {f.fingerprint for one in repairs for f in one.findings if one.outcome is not Outcome.APPLIED}
    return RepairRun(
        root=opened.shown,
        repairs=tuple(repairs),
        refused=tuple(f for f in left if f.fix is not None and f.fix.refused),
        unrepaired=tuple(f for f in left if f.fix is None and f.fingerprint not in waiting),
        remaining=sum(f.confidence is not Confidence.QUESTION for f in reviewed.result.findings),
        sources=reviewed.sources,
        wrote=how.write and bool(applier.changed),
        tests=tests,
        notes=(*reviewed.result.notes, *notes),
    )
