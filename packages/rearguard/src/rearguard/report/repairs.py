"""What `rearguard fix` says: for a terminal, and as JSON."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rearguard import __version__
from rearguard.findings import Finding
from rearguard.findings.repairs import Applied, Outcome, RepairRun
from rearguard.program import Source
from rearguard.report.json_report import dumps
from rearguard.report.page import Page
from rearguard.report.patch import is_whole, unified
from rearguard.report.quote import Quotes
from rearguard.report.redact import redactor
from rearguard.report.summary import plural

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["print_repair", "print_repairs", "repairs_json", "repairs_patch"]

SCHEMA_VERSION = "1.0"

Json = dict[str, Any]

_WORDS = {
    Outcome.PLANNED: ("would be applied", "green"),
    Outcome.APPLIED: ("applied", "bold green"),
    Outcome.WAITING: ("to be read first", "yellow"),
    Outcome.DECLINED: ("declined", "dim"),
    Outcome.FAILED: ("not applied", "red"),
}
_SHOWN = 12
"""Refused repairs that are listed on a terminal."""


def repairs_patch(run: RepairRun) -> str:
    """The diffs of all repairs that were or would be applied, in order."""
    return "".join(unified(one) for one in run.of(Outcome.PLANNED, Outcome.APPLIED))


def repairs_json(run: RepairRun) -> str:
    """The run as JSON: what was decided about every finding that it was asked for."""
    quoted = _quotes(run.sources, (*run.refused, *run.unrepaired))
    document: Json = {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "rearguard", "version": __version__},
        "root": run.root,
        "wrote": run.wrote,
        "repairs": [_repair(one) for one in run.repairs],
        "refused": [
            {**_finding(f, quoted), "reason": quoted.clean(f.fix.refused if f.fix else "")}
            for f in run.refused
        ],
        "unrepaired": [_finding(f, quoted) for f in run.unrepaired],
        "remaining": run.remaining,
        "tests": None
        if run.tests is None
        else {
            "command": run.tests.command,
            "before": run.tests.before,
            "after": run.tests.after,
            "detail": quoted.clean(run.tests.detail),
        },
        "notes": [quoted.clean(note) for note in run.notes],
    }
    return dumps(document)


def _repair(one: Applied) -> Json:
    quoted = _quotes(one.before, one.known)
    patch = unified(one)
    return {
        "title": quoted.clean(one.fix.title),
        "disposition": one.fix.disposition.value,
        "outcome": one.outcome.value,
        "reason": quoted.clean(one.reason),
        "findings": [_finding(finding, quoted) for finding in one.findings],
        "files": sorted(one.after),
        "diff": patch,
        "diff_is_whole": is_whole(patch),
    }


def _finding(finding: Finding, quoted: Quotes) -> Json:
    place = quoted.place(finding.location)
    return {
        "check": finding.rule.id,
        "severity": finding.severity.value,
        "confidence": finding.confidence.value,
        "path": place.path,
        "line": place.line,
        "message": quoted.clean(finding.message),
        "fingerprint": finding.fingerprint,
    }


def _quotes(sources: Mapping[str, Source], findings: tuple[Finding, ...]) -> Quotes:
    return Quotes(sources, redactor(findings, sources))


def print_repairs(run: RepairRun, console: "Console", *, command: str, repairs: bool = True) -> None:
    """Print the plan, or what was done. `command` is what applies the plan; `repairs` whether each is shown
    (not when the user has just seen them)."""
    page = Page(console, _quotes(run.sources, (*run.refused, *run.unrepaired)))
    page.line(("Rearguard fix", "bold"), f"  {run.root}")
    page.line()
    for note in run.notes:
        page.words(note, "yellow")
    if run.notes:
        page.line()
    if repairs:
        for number, one in enumerate(run.repairs, start=1):
            print_repair(one, console, number)
    _refused(page, run)
    _closing(page, run, command)


def print_repair(one: Applied, console: "Console", number: int) -> None:
    """One repair: what it ends, its diff, what became of it."""
    page = Page(console, _quotes(one.before, one.known))
    words, style = _WORDS[one.outcome]
    page.line((f"{number:>2}  ", "bold"), (one.fix.disposition.value, "bold"), "  ", (words, style))
    page.words(one.fix.title, indent=4)
    for finding in one.findings:
        place = str(page.quoted.place(finding.location))
        page.line((place, "cyan"), f"  {finding.rule.id}  ", (finding.fingerprint, "dim"), indent=4)
    if one.reason:
        page.words(one.reason, "red", indent=4)
    page.line()
    for line in unified(one).splitlines():
        style = {"-": "red", "+": "green", "@": "dim"}.get(line[:1], "")
        page.line(
            (line.rstrip("\r").expandtabs(4), "bold" if line[:4] in ("--- ", "+++ ") else style), indent=4
        )
    page.line()


def _refused(page: Page, run: RepairRun) -> None:
    if not run.refused:
        return
    page.line((f"{plural(len(run.refused), 'repair')} refused", "bold"), ": worked out, and not good enough")
    for finding in run.refused[:_SHOWN]:
        reason = finding.fix.refused if finding.fix else ""
        page.line((str(page.quoted.place(finding.location)), "cyan"), f"  {finding.rule.id}", indent=4)
        page.words(reason, "dim", indent=6)
    if len(run.refused) > _SHOWN:
        page.line((f"and {len(run.refused) - _SHOWN} more", "dim"), indent=4)
    page.line()


def _closing(page: Page, run: RepairRun, command: str) -> None:
    counts = [f"{len(run.of(outcome))} {words}" for outcome, (words, _) in _WORDS.items() if run.of(outcome)]
    page.words(
        f"{plural(len(run.repairs), 'repair')}: {', '.join(counts)}." if counts else "No repairs.", "bold"
    )
    if run.unrepaired:
        page.words(f"No repair is known for {plural(len(run.unrepaired), 'finding')}: see rearguard review.")
    if run.tests is not None:
        after = "" if not run.tests.detail else " only with some of the repairs"
        page.words(f"Tests ({run.tests.command}): passed before, passed after{after}.")
    if run.wrote:
        page.words(f"{plural(run.remaining, 'finding')} left. Read the diff, then run your tests.")
    elif command:
        page.words(f"Nothing was changed. To apply: {command}")
