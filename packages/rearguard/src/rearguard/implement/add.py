"""Reads an application, plans one control, and reads the planned program again before the plan is told."""

import difflib
import posixpath
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from rearguard.applying import overlooked
from rearguard.findings import Edit, Finding
from rearguard.implement import manifests
from rearguard.implement.application import find
from rearguard.implement.controls import Control
from rearguard.implement.draft import Draft
from rearguard.implement.plan import File, Plan, PresentError, RefusedError
from rearguard.implement.repairs import Repaired, repaired
from rearguard.implement.settings import Settings
from rearguard.program import Source, Span
from rearguard.repair import Shift
from rearguard.repair.gate import compare, was_hidden
from rearguard.review import Opened, Options, Program, chosen_checks, open_path, run_checks
from rearguard.review.collect import LANGUAGES

__all__ = ["Added", "plan_control"]

_NEEDS = re.compile(r"needs the package ([\w@/.-]+)")
_TEST = re.compile(r"\.(?:test|check)\.mjs$|(?:^|/)checks/serve-app\.mjs$")
_SECURE = re.compile(rb"secure['\"]?\s*[:=]\s*true", re.IGNORECASE)
_READS = re.compile(r"(?:from the variables?|default of) ([A-Z0-9_]+(?: and [A-Z0-9_]+)*)")
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Added:
    """A plan, and what reading the planned program showed."""

    plan: Plan
    gone: tuple[Finding, ...]
    """Findings of before that the plan ends."""
    sources: Mapping[str, Source]
    """The program as it was read, in which those lie."""


def plan_control(
    root: Path,
    control: Control,
    settings: Settings,
    *,
    at: str = "",
    exclude: tuple[str, ...] = (),
    progress: Progress = lambda stage, done, total: None,
) -> Added:
    """Read `root`, plan the control, and judge the plan by a second review.

    Raises RefusedError, PresentError, FileNotFoundError.
    """
    settings.check(control.settings)
    options = Options(exclude=exclude, repair=False)
    opened = open_path(root, str(root), options, progress).keeping()
    original = {source.path: source.text for source in opened.sources}
    done = repaired(opened, options, control, progress)
    program = done.opened.program(progress=progress)
    if control.put is None:
        plan = _repairs_alone(control, done, original, str(root))
    else:
        folders = {posixpath.dirname(path) for path in program.sources}
        folders |= {posixpath.dirname(folder) for folder in folders} | {""}
        draft = Draft(control.name, find(root, program, manifests.read(root, folders), at), original)
        try:
            control.put(draft, settings)
            plan = draft.plan(done.files, done.told, done.left)
        except (PresentError, RefusedError):
            if not done.files:
                raise
            plan = _repairs_alone(control, done, original, str(root))
    plan = _with_what_git_ignores(root, plan)
    if plan.changes_nothing:
        raise PresentError("everything that it would write is there")
    progress("reading the planned program", 0, 0)
    before = opened.program(progress=progress) if done.files else program
    return _judged(before, plan, options)


def _with_what_git_ignores(root: Path, plan: Plan) -> Plan:
    """The plan, with a word on new files that would not be committed, and so not be deployed."""
    unseen = overlooked(root, [file.path for file in plan.files if file.is_new])
    if not unseen:
        return plan
    told = (
        f"git ignores {', '.join(unseen)}: commit with `git add --force`, or what is deployed goes without "
        "and may not start."
    )
    return replace(plan, left=(told, *plan.left))


def _repairs_alone(control: Control, done: Repaired, original: Mapping[str, bytes], root: str) -> Plan:
    """The plan of a control that consists of repairs. Raises PresentError, RefusedError."""
    if not done.files:
        if done.left:
            found = (
                "what the review found has"
                if len(done.left) == 1
                else "the places that the review found have"
            )
            raise RefusedError("\n- ".join((f"{found} to be changed by hand:", *done.left)))
        raise PresentError("the review finds nothing to repair for it")
    languages = {path: LANGUAGES.get(posixpath.splitext(path)[1], "") for path in done.files}
    needed = sorted(
        {(languages[path], name) for path, (_, why) in done.files.items() for name in _NEEDS.findall(why)}
    )
    return Plan(
        control.name,
        "the places that the review found",
        done.told,
        tuple(File(path, original[path], text, why) for path, (text, why) in sorted(done.files.items())),
        commands=(
            *(f"{'pip' if language == 'python' else 'npm'} install {name}" for language, name in needed),
            f"rearguard review . {' '.join(f'--only {check}' for check in done.checks)}",
        ),
        left=(*_environment(done), *_https_alone(done, original), *done.left),
    )


def _environment(done: Repaired) -> tuple[str, ...]:
    """What the repaired places read from the environment, which has to have it from now on."""
    told = [match for _, why in done.files.values() for match in _READS.findall(why)]
    names = sorted({name for each in told for name in each.split(" and ")})
    if not names:
        return ()
    return (f"Set {', '.join(names)} wherever this starts, tests included: it does not start without.",)


def _https_alone(done: Repaired, original: Mapping[str, bytes]) -> tuple[str, ...]:
    """What follows where cookies became Secure."""
    count = sum(
        len(_SECURE.findall(text)) - len(_SECURE.findall(original[p])) for p, (text, _) in done.files.items()
    )
    if count <= 0:
        return ()
    told = (
        "A cookie with Secure is sent over https alone: behind a proxy, say which one is believed about "
        "that, and let tests that log in ask over https."
    )
    return (told,)


def _judged(program: Program, plan: Plan, options: Options) -> Added:
    """Raises RefusedError when the planned program has a finding that was not there, or other endpoints."""
    checks = chosen_checks(options)
    before = [draft.finding for draft in run_checks(program, checks)]
    changed: dict[str, Source] = {}
    edits: list[Edit] = []
    for file in plan.files:
        old = program.sources.get(file.path)
        language = old.language if old is not None else LANGUAGES.get(posixpath.splitext(file.path)[1], "")
        if language and not _is_test(file.path):
            changed[file.path] = Source(file.path, file.after, language)
            edits += _edits(old, file.after) if old is not None else []
    again = _changed(program, changed)
    for path in changed:
        module = again.modules.get(path)
        known = path in program.modules and program.modules[path].errors
        if module is not None and module.errors and not known:
            raise RefusedError(f"{path} would have a syntax error at byte {module.errors[0][0]}")
    after = [draft.finding for draft in run_checks(again, checks)]
    shift = Shift(edits)
    _, new = compare(before, after, shift, ())
    gone = _gone(before, after, shift)
    # What a login shows behind it is among what the control's repairs have left to the user.
    new = tuple(finding for finding in new if not was_hidden(finding, gone))
    if new:
        raise RefusedError(f"the planned program would have a new finding, {_told(new[0], again)}")
    was = {f"{route.method} {route.path}" for route in program.routes}
    new_files = {file.path for file in plan.files if file.is_new}
    brought = [route for route in again.routes if route.handler.span.path in new_files]
    now = {f"{route.method} {route.path}" for route in again.routes if route not in brought}
    now |= {f"{route.method} {route.path}" for route in brought} & plan.brings
    if now - plan.brings != was:
        odd = ", ".join(sorted((now - plan.brings) ^ was))
        raise RefusedError(f"the planned program would answer other endpoints than before: {odd}")
    return Added(plan, gone, program.sources)


def _place(finding: Finding, program: Program) -> str:
    place = finding.location
    return f"{place.path}:{program.sources[place.path].line_of(place.start)}"


def _told(finding: Finding, program: Program) -> str:
    return f"{finding.rule.id} at {_place(finding, program)}: {finding.message}"


def _changed(program: Program, changed: Mapping[str, Source]) -> Program:
    """The program with some sources changed and others new."""
    sources = {**program.sources, **changed}
    opened = Opened(
        tuple(sources[path] for path in sorted(sources)),
        lambda: program.modules,
        program.aliases,
        {},
        "",
        (),
        (),
    )
    return opened.changed(changed).program()


def _gone(before: list[Finding], after: list[Finding], shift: Shift) -> tuple[Finding, ...]:
    """Findings of `before` that have no counterpart in `after`."""
    remaining, _ = compare(before, after, shift, before)
    return tuple(finding for finding in before if finding not in remaining)


def _edits(old: Source, after: bytes) -> list[Edit]:
    """The insertions and replacements between two texts, by lines: enough to follow places."""
    a, b = old.text.splitlines(keepends=True), after.splitlines(keepends=True)
    offsets = [0]
    for line in a:
        offsets.append(offsets[-1] + len(line))
    found: list[Edit] = []
    for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if tag != "equal":
            text = b"".join(b[j1:j2]).decode("utf-8", "replace")
            found.append(Edit(Span(old.path, offsets[i1], offsets[i2]), text))
    return found


def _is_test(path: str) -> bool:
    parts = path.split("/")
    return any(part in ("test", "tests", "__tests__") for part in parts[:-1]) or bool(_TEST.search(path))
