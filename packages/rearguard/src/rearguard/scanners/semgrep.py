"""Semgrep with the user's rules, and with ours for banned calls. Never with rules from its registry: those
come over the network, and change."""

import os
import tempfile
from importlib.resources import files
from pathlib import Path

from rearguard import running
from rearguard.findings import Confidence, Severity, ToolRun
from rearguard.scanners.claims import (
    UNNAMED,
    Claim,
    Scan,
    UnreadableError,
    cwe_numbers,
    number,
    relative,
    said,
    text_of,
)
from rearguard.scanners.places import NEVER, Place

__all__ = ["OFFLINE", "OWN_RULES", "own_rules", "run"]

OWN_RULES = "banned-apis"
"""The id with which every rule of ours begins."""
OFFLINE = {"SEMGREP_SEND_METRICS": "off", "SEMGREP_ENABLE_VERSION_CHECK": "0"}
"""Without these it asks a server whether there is a newer one, and waits for the answer."""
_LANGUAGES = frozenset(("python", "javascript", "typescript", "tsx"))
_SEVERITIES = {
    "CRITICAL": Severity.CRITICAL,
    "ERROR": Severity.HIGH,
    "HIGH": Severity.HIGH,
    "WARNING": Severity.MEDIUM,
    "MEDIUM": Severity.MEDIUM,
}


def own_rules() -> Path:
    """The rules for banned calls, usable alone: `semgrep scan --config FILE`."""
    return Path(str(files("rearguard.scanners").joinpath("data", "banned-apis.yaml")))


def run(program: str, version: str, place: Place) -> Scan:
    """Run it. What it says of itself stays in a folder that is thrown away."""
    with tempfile.TemporaryDirectory() as scratch:
        command = [program, "scan", "--json", "--quiet", "--metrics", "off", "--disable-version-check"]
        command += ["--timeout", "15", "--max-target-bytes", "2000000"]
        command += [
            part for rules in (own_rules(), *place.rules) for part in ("--config", str(rules.resolve()))
        ]
        command += [part for name in NEVER for part in ("--exclude", name)]
        done = running.run(
            [*command, place.target],
            cwd=place.folder,
            timeout=place.timeout,
            environment={
                **OFFLINE,
                "SEMGREP_SETTINGS_FILE": os.path.join(scratch, "settings.yml"),
                "SEMGREP_LOG_FILE": os.path.join(scratch, "semgrep.log"),
                "SEMGREP_VERSION_CACHE_PATH": os.path.join(scratch, "version"),
            },
        )
    if done.problem:
        return Scan(ToolRun("semgrep", version, "failed", done.problem))
    try:
        report = said(done.out)
    except UnreadableError as error:
        return Scan(ToolRun("semgrep", version, "failed", f"{error}; {done.last_words}"))
    errors = [one for one in _list(report, "errors") if isinstance(one, dict)]
    fatal = [one for one in errors if text_of(one.get("level")) == "error"]
    if done.code not in (0, 1) and not _list(report, "results"):
        reason = text_of(fatal[0].get("message")) if fatal else done.last_words
        return Scan(ToolRun("semgrep", version, "failed", reason or f"exit status {done.code}"))
    claims = tuple(_claims(report, place.folder))
    detail = "with the given rules, and Rearguard's for banned calls"
    if not place.rules:
        detail = "with Rearguard's rules for banned calls alone, which confirm nothing else: --semgrep-rules"
    if errors:
        detail += f"; {len(errors)} problems, the first: {text_of(errors[0].get('message'))[:200]}"
    # Rules of ours are no independent judge of our findings.
    covers = _LANGUAGES if place.rules else frozenset[str]()
    return Scan(ToolRun("semgrep", version, "ran", detail), claims, covers)


def _list(report: object, key: str) -> list[object]:
    found = report.get(key) if isinstance(report, dict) else None
    return found if isinstance(found, list) else []


def _claims(report: object, root: Path) -> list[Claim]:
    found: list[Claim] = []
    for one in _list(report, "results"):
        if not isinstance(one, dict):
            continue
        extra = one.get("extra")
        extra = extra if isinstance(extra, dict) else {}
        start, end = one.get("start"), one.get("end")
        line = number(start.get("line")) if isinstance(start, dict) else 0
        path = relative(root, text_of(one.get("path")))
        rule = text_of(one.get("check_id"))
        if not path or not line or not rule:
            continue
        about = extra.get("metadata")
        about = about if isinstance(about, dict) else {}
        cwes = cwe_numbers(about.get("cwe"))
        sure = text_of(about.get("confidence")).upper()
        found.append(
            Claim(
                tool="semgrep",
                rule=_short(rule),
                path=path,
                line=line,
                end_line=max(line, number(end.get("line")) if isinstance(end, dict) else line),
                message=text_of(extra.get("message"), "matches this rule"),
                severity=_SEVERITIES.get(text_of(extra.get("severity")).upper(), Severity.LOW),
                confidence=Confidence.QUESTION if sure == "LOW" else Confidence.LIKELY,
                cwe=cwes[0] if cwes else UNNAMED,
                related=cwes[1:],
                title=text_of(about.get("title")),
            )
        )
    return found


def _short(rule: str) -> str:
    """A rule's id without the folders that its file lies in, which Semgrep puts in front."""
    _, mark, own = rule.rpartition(f"{OWN_RULES}.")
    return f"{mark}{own}" if mark else rule.rpartition(".")[2]
