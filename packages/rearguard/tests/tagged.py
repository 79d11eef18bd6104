"""Programs in memory whose lines say what a review must find there.

A line's comment carries `$` and the ids of the checks that must report it: `# $ sql-injection`,
`// $ open-redirect path-traversal`. Ids behind `MISSING:` are known gaps (must not be found until the
engine learns it), those behind `SPURIOUS:` known false reports. Everything else must stay silent.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from rearguard.checks import CHECKS
from rearguard.findings import Audience
from rearguard.frontends import settings_kind
from rearguard.models import Models
from rearguard.program import Source
from rearguard.review import analyse_sources, run_checks
from rearguard.review.collect import LANGUAGES
from rearguard.review.read import lower

Place = tuple[str, int, str]
"""(path, line from 1, check id)."""
_TAG = re.compile(r"(?:#|//|--|<!--|\{#|<%#)\s*\$\s+(?P<words>[\w\-: ]+?)\s*(?:-->|#\}|%>)?\s*$")
_MODES = ("MISSING:", "SPURIOUS:")
_IDS = frozenset(check.rule.id for check in CHECKS)


@dataclass(frozen=True, slots=True)
class Expected:
    """What the tags of a program say."""

    found: frozenset[Place]
    missing: frozenset[Place]
    spurious: frozenset[Place]


def expected(files: Mapping[str, str]) -> Expected:
    """The tags of all files. Raises ValueError on a tag that names no check."""
    sets: dict[str, set[Place]] = {"": set(), "MISSING:": set(), "SPURIOUS:": set()}
    for path, text in files.items():
        for number, line in enumerate(text.splitlines(), 1):
            match = _TAG.search(line)
            if match is None:
                continue
            mode = ""
            for word in match["words"].split():
                if word in _MODES:
                    mode = word
                elif word in _IDS:
                    sets[mode].add((path, number, word))
                else:
                    raise ValueError(f"{path}:{number}: no check is called {word!r}")
    return Expected(*(frozenset(sets[mode]) for mode in ("", *_MODES)))


def found(
    files: Mapping[str, str], models: Models | None = None, judges: Collection[str] = ()
) -> frozenset[Place]:
    """What all checks of the default audience report, and those named by `judges`: a check of another audience,
    or one that tells of an absence, is asked only then. Raises ValueError on text that cannot be parsed.
    """
    sources = [
        Source(path, text.encode(), LANGUAGES.get(PurePosixPath(path).suffix) or settings_kind(path))
        for path, text in sorted(files.items())
    ]
    modules = lower(sources, 1)
    for path, module in modules.items():
        if module.errors:
            raise ValueError(f"{path}: cannot be parsed at {module.errors[0]}")
    program = analyse_sources(sources, modules, models=models)
    checks = [
        check
        for check in CHECKS
        if check.rule.id in judges or (check.rule.audience is Audience.DEFAULT and not check.rule.absence)
    ]
    places = ((draft.finding.rule.id, draft.finding.location) for draft in run_checks(program, checks))
    return frozenset((at.path, program.sources[at.path].line_of(at.start), id) for id, at in places)


def problems(
    files: Mapping[str, str],
    models: Models | None = None,
    tagged: Collection[str] | None = None,
    check: str = "",
) -> list[str]:
    """Where the review and the tags disagree, one line each; empty when they agree.

    `tagged` are the paths whose tags count; `None` for all. The other files must be silent. `check` is the one
    that the program is about, which is asked whatever its kind, as are those that tags name.
    """
    wanted = expected({path: files[path] for path in (files if tagged is None else tagged)})
    named = {id for place in (wanted.found, wanted.missing, wanted.spurious) for _, _, id in place}
    got = found(files, models, {check, *named})
    lines = [f"not found: {place}" for place in sorted(wanted.found - got)]
    lines += [
        f"found, but not expected: {p}" for p in sorted(got - wanted.found - wanted.spurious - wanted.missing)
    ]
    lines += [f"found now, remove MISSING: {place}" for place in sorted(wanted.missing & got)]
    lines += [f"gone now, remove SPURIOUS: {place}" for place in sorted(wanted.spurious - got)]
    return lines
