"""Read, link, model, analyse, check, merge, and account for what was not analysed."""

import gc
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, partial
from pathlib import Path

from rearguard import __version__
from rearguard.analysis.access import build
from rearguard.analysis.values import follow, prepared
from rearguard.checks import CHECKS, Check, Draft
from rearguard.checks.inventory import described
from rearguard.findings import (
    Audience,
    Coverage,
    Endpoint,
    Finding,
    ReviewResult,
    ToolRun,
    Unread,
)
from rearguard.findings.fingerprint import enclosing_function, fingerprinted, functions_of
from rearguard.findings.suppression import Suppression, apply, apply_file, parse
from rearguard.frontends import SETTINGS_KINDS, read_settings
from rearguard.frontends.page_scripts import BROWSER
from rearguard.link import MAX_ABOVE, ModuleIndex, linked
from rearguard.models import Models, ModelView, load, routes
from rearguard.program import Function, Module, Op, Places, SettingsFile, Source, Span
from rearguard.repair import Reading
from rearguard.review import collect as collecting
from rearguard.review import read as reading
from rearguard.review import results
from rearguard.review.cache import Cache, user_cache
from rearguard.review.checking import Program, order, processes, run_checks
from rearguard.review.fragments import cut_out, is_fragment
from rearguard.review.options import Options
from rearguard.review.project import aliases
from rearguard.review.repairing import repair
from rearguard.review.scripts import follow_scripts, is_written_by_hand
from rearguard.review.together import Later
from rearguard.scanners import Scanned, merged

CODE = frozenset(("python", "javascript", "typescript", "tsx"))
"""Languages of code, whose analysis another tool can confirm."""

Progress = Callable[[str, int, int], None]
"""Told the stage, how many are done, and of how many (0: not known)."""


@dataclass(frozen=True)
class Reviewed:
    """A result with the sources that its reports quote."""

    result: ReviewResult
    sources: Mapping[str, Source]
    rules: tuple[Check, ...]


def _quiet(stage: str, done: int, total: int) -> None:
    """Progress nobody asked for."""


@contextmanager
def _without_collector() -> Iterator[None]:
    """The cyclic collector costs more than it frees while millions of small objects are made."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def analyse_sources(
    sources: Sequence[Source],
    modules: Mapping[str, Module],
    import_aliases: Mapping[str, tuple[str, ...]] | None = None,
    models: Models | None = None,
    progress: Progress = _quiet,
    settings: Mapping[str, SettingsFile] | None = None,
    jobs: int = 1,
) -> Program:
    """Link, model and analyse modules that were read. `settings` holds what is known of settings files
    already. With several jobs, values may be followed in another process while the rest is worked out."""
    models = models or load()
    progress("linking", 0, 0)
    served = {path: module for path, module in modules.items() if module.language != BROWSER}
    if is_fragment(served):
        served = {path: cut_out(module) for path, module in served.items()}
    linker = linked(served, models.aliases, ModuleIndex(served, import_aliases))
    view = ModelView(linker, models)
    view.texts = {source.path: source.text for source in sources}
    progress("finding routes", 0, 0)
    found = routes(view)
    progress("following values", 0, 0)
    values = prepared(view, found)
    following = Later(partial(follow, values), processes(linker, jobs))
    if not following.is_apart:
        values.followed = following.result()
    progress("reading access rules", 0, 0)
    matrix = build(view, found, values)
    by_path = {source.path: source for source in sources}
    known = settings or {}
    files = {
        source.path: known.get(source.path) or read_settings(source)
        for source in sources
        if source.language in SETTINGS_KINDS
    }
    scripts = follow_scripts(sources, modules)
    return Program(
        by_path, modules, view, found, values, matrix, dict(import_aliases or {}), files, scripts, following
    )


def chosen_checks(options: Options) -> tuple[Check, ...]:
    """The checks that the options ask for. Raises KeyError, with the id, on an unknown one."""
    known = {check.rule.id: check for check in CHECKS}
    for wanted in (*options.only, *options.skip):
        if wanted not in known:
            raise KeyError(wanted)
    chosen: list[Check] = []
    for id, check in known.items():
        if id in options.skip or (options.only and id not in options.only):
            continue
        if (
            check.rule.audience is Audience.AUDIT
            and options.audience is Audience.DEFAULT
            and not options.only
        ):
            continue
        chosen.append(check)
    return tuple(chosen)


class Kept:
    """The last programs that were analysed of one tree, as it is and as it was changed."""

    MOST = 2
    """A tree before a change and after it: each may take a gigabyte."""

    def __init__(self) -> None:
        self._programs: list[tuple[tuple[Source, ...], Program]] = []

    def get(self, sources: tuple[Source, ...]) -> Program | None:
        """What these sources gave."""
        for number, (known, program) in enumerate(self._programs):
            if known == sources:
                self._programs.append(self._programs.pop(number))
                return program
        return None

    def put(self, sources: tuple[Source, ...], program: Program) -> None:
        """Keep a program in place of the one that was not asked for longest."""
        self._programs = [*self._programs, (sources, program)][-self.MOST :]


@dataclass(frozen=True)
class Opened:
    """A tree that was read, to be reviewed as it is or with some of its files changed."""

    sources: tuple[Source, ...]
    lower: Callable[[], Mapping[str, Module]]
    """Makes the sources' modules."""
    aliases: Mapping[str, tuple[str, ...]]
    files: Mapping[str, Path]
    """Where each source lies on disk, by its path."""
    shown: str
    """The path as the user gave it."""
    unread: tuple[Unread, ...]
    notes: tuple[str, ...]
    looked_at: Callable[[str], bool] = bool
    """Whether a path that another tool names is part of the review."""
    kept: Kept | None = None
    """Programs that may be asked for again, for who reads one tree several times."""

    @cached_property
    def modules(self) -> Mapping[str, Module]:
        """What the sources mean, by path; worked out when it is first asked for."""
        return self.lower()

    @property
    def languages(self) -> frozenset[str]:
        """Those of its code, templates not counted."""
        return frozenset(source.language for source in self.sources) & CODE

    def changed(self, sources: Mapping[str, Source]) -> "Opened":
        """The same tree with these sources in place of those of their paths. Nothing is written."""
        known = tuple(sources.get(source.path, source) for source in self.sources)
        fresh = reading.lower([sources[source.path] for source in known if source.path in sources], 1)
        modules = {**self.modules, **fresh}
        return replace(self, sources=known, lower=lambda: modules)

    def keeping(self) -> "Opened":
        """The same tree, for who reads it several times: programs of it, and of its changes, are kept."""
        return replace(self, kept=Kept())

    def program(self, jobs: int = 1, progress: Progress = _quiet) -> Program:
        """The analysed program, without any check."""
        known = self.kept.get(self.sources) if self.kept is not None else None
        if known is None:
            with _without_collector():
                known = analyse_sources(
                    self.sources, self.modules, self.aliases, progress=progress, jobs=jobs
                )
            if self.kept is not None:
                self.kept.put(self.sources, known)
        return known

    def analysed(self, options: Options, progress: Progress = _quiet) -> tuple[Program, Reviewed]:
        """The program beside its review, for who asks more of it than findings."""
        checks = chosen_checks(options)
        with _without_collector():
            program = self.program(options.jobs, progress)
            reviewed = finish(program, checks, self.shown, options, self.unread, self.notes, progress)
        return program, reviewed

    def review(
        self, options: Options, progress: Progress = _quiet, scanned: Scanned | None = None
    ) -> Reviewed:
        """Analyse, check, and merge with what other tools said. Raises KeyError for an unknown check."""
        checks = chosen_checks(options)
        cache = user_cache() if options.cache and scanned in (None, Scanned()) else Cache(None)
        id = results.result_key(self.sources, self.unread, self.aliases, self.notes, options, self.shown)
        known = results.load(cache, id)
        if known is not None:
            return Reviewed(known, {source.path: source for source in self.sources}, checks)
        with _without_collector():
            program = self.program(options.jobs, progress)
            reviewed = finish(
                program, checks, self.shown, options, self.unread, self.notes, progress, scanned
            )
        results.keep(cache, id, reviewed.result)
        return reviewed


def open_path(root: Path, shown: str, options: Options, progress: Progress = _quiet) -> Opened:
    """Read a folder or file. Raises FileNotFoundError when there is nothing at `root`."""
    collected = collecting.collect(root, options)
    sources, unread = reading.load([*collected.files, *collected.settings])
    foreign = {s.path for s in sources if s.language == BROWSER and not is_written_by_hand(s.path, s.text)}
    sources = [source for source in sources if source.path not in foreign]
    if foreign:
        collected.left_out[collecting.BROWSER_SCRIPTS] += len(foreign)
    total = len(collected.files)

    def lower() -> Mapping[str, Module]:
        cache = user_cache() if options.cache else None
        with _without_collector():
            return reading.lower(sources, options.jobs, lambda done: progress("reading", done, total), cache)

    known = {source.path for source in sources}
    elsewhere = collecting.looked_at(root, options)
    notes = (f"Left out: {count} {what[count > 1]}." for what, count in sorted(collected.left_out.items()))
    return Opened(
        sources=tuple(sources),
        lower=lower,
        aliases=aliases(collected.manifests),
        files={path: file for path, file, _ in collected.files},
        shown=shown,
        unread=(*collected.unread, *unread),
        notes=tuple(notes),
        looked_at=lambda path: path in known or (not collecting.is_code(path) and elsewhere(path)),
    )


def review_path(root: Path, shown: str, options: Options, progress: Progress = _quiet) -> Reviewed:
    """Review a folder or file. `shown` is the path as the user gave it.

    Raises FileNotFoundError when there is nothing at `root`, KeyError for an unknown check.
    """
    chosen_checks(options)
    return open_path(root, shown, options, progress).review(options, progress)


def review_fragment(text: bytes, language: str, options: Options) -> Reviewed:
    """Review a pasted piece of code. Raises KeyError for an unknown check."""
    checks = chosen_checks(options)
    ending = {"python": "py", "javascript": "js", "typescript": "ts", "tsx": "tsx"}[language]
    source = Source(f"fragment.{ending}", text, language)
    with _without_collector():
        program = analyse_sources([source], reading.lower([source], 1))
        note = "A pasted piece of code: what surrounds it, such as authentication, cannot be seen."
        return finish(program, checks, "-", options, [], (note,), _quiet)


def finish(
    program: Program,
    checks: tuple[Check, ...],
    shown: str,
    options: Options,
    unread: Sequence[Unread],
    notes: tuple[str, ...],
    progress: Progress,
    scanned: Scanned | None = None,
) -> Reviewed:
    """Check, repair, merge, suppress, fingerprint, and put the result together."""
    scanned = scanned or Scanned()
    progress("checking", 0, 0)

    thorough = options.audience is Audience.AUDIT

    def is_told(finding: Finding) -> bool:
        # A check of the default audience may have findings that only an audit wants.
        rule = finding.rule
        wanted = thorough or rule.audience is Audience.DEFAULT or rule.id in options.only
        return wanted and finding.confidence.rank <= options.min_confidence.rank

    faults: dict[str, str] = {}
    found = run_checks(program, checks, options.jobs, faults)
    notes = (*notes, *(_FAULT.format(id=id, error=error) for id, error in faults.items()))
    drafts = [draft for draft in found if is_told(draft.finding)]
    untold = [draft.finding for draft in found if not is_told(draft.finding)]
    findings = [draft.finding for draft in drafts]
    if options.repair and any(draft.target is not None for draft in drafts):
        progress("working out repairs", 0, 0)
        findings, cut = _repaired(program, drafts, found, checks, faults, options.jobs)
        notes = (*notes, *cut)
    sources = {**scanned.sources, **program.sources}
    findings, others = merged(findings, scanned.claims, sources)
    findings = sorted([*findings, *others], key=order)
    # A suppression of a finding that is not told is not stale.
    tools = frozenset(run.name for run in scanned.runs if run.outcome == "ran")
    answered = tuple(check for check in checks if check.rule.id not in faults)
    standing, left_out, problems = _suppress(program, [*findings, *untold], answered, tools, options.today)
    enclosing = _encloser(program.modules)
    broken = [*_broken(program), *_not_linked(program), *_failed(program)]
    named = fingerprinted(standing, sources, enclosing)
    ran = {check.rule.id for check in answered} | {
        f.rule.id for f in named if f.rule.id.partition(":")[0] in tools
    }
    by_file = apply_file(named, options.suppress, options.today, ran)
    excused = (*fingerprinted(left_out, sources, enclosing), *by_file.suppressed)
    result = ReviewResult(
        root=shown,
        findings=tuple(filter(is_told, by_file.standing)),
        suppressed=tuple(sorted(filter(is_told, excused), key=order)),
        stale_suppressions=(*problems, *by_file.problems),
        endpoints=_endpoints(program),
        coverage=coverage(program, [*unread, *broken]),
        tools=(ToolRun("rearguard", __version__, "ran"), *scanned.runs),
        level=2 if is_fragment(program.sources) else scanned.level(_languages(program)),
        notes=notes,
    )
    return Reviewed(result, sources, checks)


_FAULT = "{id} said nothing: internal error ({error}). Please report it."


def _repaired(
    program: Program,
    drafts: list[Draft],
    found: list[Draft],
    checks: tuple[Check, ...],
    faults: Mapping[str, str],
    jobs: int,
) -> tuple[list[Finding], tuple[str, ...]]:
    """The findings of `drafts` with their repairs; `found` is all that the checks found.

    The gate asks every check of the default audience, whatever was chosen, but for those that fail on the
    program as it is. One that fails on the changed program alone is raised, and refuses the repair.
    """
    asked = tuple(c for c in CHECKS if c in checks or c.rule.audience is Audience.DEFAULT)
    broken = dict(faults)
    first = found if asked == checks else run_checks(program, asked, jobs, broken)
    judges = tuple(c for c in asked if c.rule.id not in broken)

    def reading(current: Program) -> Reading:
        read = first if current is program else run_checks(current, judges, jobs)
        return Reading(
            tuple(draft.finding for draft in read),
            tuple(draft.target for draft in read),
            tuple(f"{route.method} {route.path}" for route in current.routes),
        )

    def reanalyse(changed: Mapping[str, Source], modules: Mapping[str, Module]) -> Reading:
        sources = [changed.get(path, source) for path, source in program.sources.items()]
        merged = {path: modules.get(path, module) for path, module in program.modules.items()}
        kept = {path: file for path, file in program.settings.items() if path not in changed}
        models, aliases = program.view.models, program.aliases
        return reading(analyse_sources(sources, merged, aliases, models, settings=kept, jobs=jobs))

    return repair(
        drafts,
        program.sources,
        program.modules,
        program.view,
        program.routes,
        reading(program),
        reanalyse,
        jobs,
    )


def _endpoints(program: Program) -> tuple[Endpoint, ...]:
    """The inventory. Of a pasted piece it is not known who may call it: its application is not there."""
    found = tuple(described(route, program.matrix) for route in program.routes)
    if is_fragment(program.sources):
        return tuple(replace(e, authentication="unknown") if e.authentication == "none" else e for e in found)
    return found


def _encloser(modules: Mapping[str, Module]) -> Callable[[Span], str]:
    known: dict[str, Places[Function]] = {}

    def enclosing(span: Span) -> str:
        if span.path not in modules:
            return ""
        if span.path not in known:
            known[span.path] = functions_of(modules[span.path])
        return enclosing_function(known[span.path], span.start)

    return enclosing


def _languages(program: Program) -> frozenset[str]:
    return frozenset(module.language for module in program.modules.values()) & CODE


def _suppress(
    program: Program,
    findings: list[Finding],
    checks: tuple[Check, ...],
    tools: frozenset[str],
    today: date | None,
) -> tuple[list[Finding], list[Finding], list[Unread]]:
    """Findings that stand, those that are suppressed, and what is wrong with suppressions."""
    known = [check.rule.id for check in CHECKS]
    suppressions: list[Suppression] = []
    problems: list[Unread] = []
    comments = {path: module.comments for path, module in program.modules.items()}
    comments.update((path, list(file.comments)) for path, file in program.settings.items())
    for path, spans in comments.items():
        if spans:
            parsed, wrong = parse(program.sources[path], spans, known)
            suppressions.extend(parsed)
            problems.extend(wrong)
    ran = {check.rule.id for check in checks}
    ran |= {id for one in suppressions for id in one.checks if id.partition(":")[0] in tools}
    applied = apply(findings, suppressions, program.sources, today, ran)
    return list(applied.standing), list(applied.suppressed), [*problems, *applied.problems]


def _broken(program: Program) -> list[Unread]:
    """Parts that the grammar could not read."""
    found: list[Unread] = []
    for path, file in program.settings.items():
        for start, _ in file.errors[:1]:
            line = program.sources[path].line_of(start)
            found.append(Unread(path, line, "settings that could not be read from here on"))
    for path, module in program.modules.items():
        source = program.sources[path]
        for start, _ in module.errors[:3]:
            found.append(
                Unread(path, source.line_of(start), "syntax that could not be read; the rest of the file was")
            )
        if len(module.errors) > 3:
            more = len(module.errors) - 3
            found.append(
                Unread(path, 0, f"{more} more {'place' if more == 1 else 'places'} that could not be read")
            )
        if "too deep" in module.unlowered:
            deep = module.unlowered["too deep"]
            found.append(
                Unread(path, 0, f"{deep} {'place' if deep == 1 else 'places'} nested too deep to follow")
            )
    return found


def _not_linked(program: Program) -> list[Unread]:
    """Classes of which not all that they inherit is known."""
    counts = Counter(cid.rpartition("::")[0] for cid in program.linker.long_lineages)
    reason = f"extending more than {MAX_ABOVE} others: what they inherit beyond was not followed"
    return [
        Unread(path, 0, f"{count} {'class' if count == 1 else 'classes'} {reason}")
        for path, count in counts.items()
    ]


def _failed(program: Program) -> list[Unread]:
    """Functions that the value analysis could not read, or not wholly."""
    followed = program.values.followed
    if followed is None:
        return []
    told = {
        fid: f"internal error ({kind}) while following values of" for fid, kind in followed.failures.items()
    }
    for fid, count in followed.cut.items():
        told[fid] = f"{count} more uses of what is given were not followed in"
    found: list[Unread] = []
    for fid, reason in told.items():
        path, function = program.linker.module_of[fid], program.linker.functions[fid]
        line = program.sources[path].line_of(function.start)
        found.append(Unread(path, line, f"{reason} {function.name}"))
    return found


def coverage(program: Program, unread: Sequence[Unread]) -> Coverage:
    """The ledger."""
    linker = program.linker
    languages: dict[str, int] = {}
    unlowered: dict[str, int] = {}
    calls = resolved = 0
    for file in program.settings.values():
        languages[file.kind] = languages.get(file.kind, 0) + 1
    for module in program.modules.values():
        languages[module.language] = languages.get(module.language, 0) + 1
        for kind, count in module.unlowered.items():
            unlowered[kind] = unlowered.get(kind, 0) + count
    functions = [fid for fid in linker.functions if fid not in linker.copied]
    for fid in functions:
        refs = linker.refs[fid]
        for instr in linker.code(fid):
            if instr.op in (Op.CALL, Op.NEW):
                calls += 1
                callee = refs[instr.args[0]]
                if any(ref.kind.name in ("FUNCTION", "CLASS") or ref.names for ref in callee):
                    resolved += 1
    unresolved = tuple(
        Unread(
            route.span.path,
            program.sources[route.span.path].line_of(route.span.start),
            f"path of {route.method} route of {route.handler.label} not resolved",
        )
        for route in program.routes
        if not route.path_known
    )
    return Coverage(
        files=len(program.sources),
        lines=sum(
            source.text.count(b"\n") + (not source.text.endswith(b"\n"))
            for path, source in program.sources.items()
            if path in program.modules
        ),
        languages=dict(sorted(languages.items())),
        functions=len(functions),
        calls=calls,
        calls_resolved=resolved,
        endpoints=len(program.routes),
        endpoints_unresolved=unresolved,
        unread=tuple(sorted(unread, key=lambda u: (u.path, u.line, u.reason))),
        unlowered=dict(sorted(unlowered.items())),
        frameworks=tuple(sorted({route.framework for route in program.routes})),
    )


__all__ = [
    "Opened",
    "Program",
    "Reviewed",
    "analyse_sources",
    "chosen_checks",
    "open_path",
    "review_fragment",
    "review_path",
    "run_checks",
]
