"""Which scanners there are, which of them to run, and running them one after the other."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rearguard import running
from rearguard.findings import ToolRun
from rearguard.scanners import bandit, dependencies, secrets, semgrep
from rearguard.scanners.claims import Scan
from rearguard.scanners.places import Place

__all__ = ["SCANNERS", "Scanner", "ScannerError", "chosen", "present", "scan"]

_NUMBER = re.compile(rb"\d+\.\d[\w.+-]*", re.ASCII)
_VERSION_TIMEOUT = 30
"""Seconds that a tool may take to say its version."""


@dataclass(frozen=True, slots=True)
class Scanner:
    """One tool."""

    name: str
    """As `--scanners` and reports name it."""
    program: str
    what: str
    run: Callable[[str, str, Place], Scan]
    asks_a_server: bool = False
    version: tuple[str, ...] = ("--version",)


SCANNERS: tuple[Scanner, ...] = (
    Scanner(
        "semgrep",
        "semgrep",
        "static analysis by rules",
        semgrep.run,
        version=("--version", "--disable-version-check"),
    ),
    Scanner("bandit", "bandit", "static analysis of Python", bandit.run),
    Scanner("gitleaks", "gitleaks", "secrets in files", secrets.gitleaks, version=("version",)),
    Scanner("detect-secrets", "detect-secrets", "secrets in files", secrets.detect_secrets),
    Scanner(
        "pip-audit",
        "pip-audit",
        "known vulnerabilities of Python dependencies",
        dependencies.pip_audit,
        asks_a_server=True,
    ),
    Scanner(
        "npm-audit",
        "npm",
        "known vulnerabilities of npm dependencies",
        dependencies.npm_audit,
        asks_a_server=True,
    ),
)


class ScannerError(Exception):
    """A choice that names no scanner; the text says which."""


def chosen(words: Sequence[str]) -> tuple[tuple[Scanner, ...], bool]:
    """The scanners that `auto`, `all`, `none` or names ask for, and whether each of them must be there.

    `auto` takes those that open no connection; `all` those that ask a server too. Raises ScannerError.
    """
    names = [name for word in words for name in re.split(r"[,\s]+", word) if name]
    if names == ["none"] or not names:
        return (), False
    if names == ["auto"]:
        return tuple(one for one in SCANNERS if not one.asks_a_server), False
    if names == ["all"]:
        return SCANNERS, False
    known = {one.name: one for one in SCANNERS}
    for name in names:
        if name not in known:
            raise ScannerError(name)
    return tuple(one for one in SCANNERS if one.name in names), True


def present(scanner: Scanner, folder: Path) -> tuple[str, str]:
    """The program and its version; both "" when it is not on PATH, a version of "?" when it does not tell."""
    program = running.find(scanner.program, folder)
    if not program:
        return "", ""
    done = running.run(
        [program, *scanner.version], cwd=folder, timeout=_VERSION_TIMEOUT, environment=semgrep.OFFLINE
    )
    told = _NUMBER.search(done.out or done.err) if not done.problem else None
    return program, told.group().decode("ascii") if told else "?"


def scan(scanners: Sequence[Scanner], place: Place, progress: Callable[[str, int, int], None]) -> list[Scan]:
    """Run them. One that is not there or fails is told as such, and stops nothing."""
    found: list[Scan] = []
    for index, scanner in enumerate(scanners):
        progress(f"running {scanner.name}", index, len(scanners))
        program, version = present(scanner, place.folder)
        if not program:
            found.append(Scan(ToolRun(scanner.name, "", "absent", f"{scanner.program} is not on PATH")))
            continue
        done = scanner.run(program, version, place)
        kept = tuple(claim for claim in done.claims if place.is_wanted(claim.path))
        left_out = len(done.claims) - len(kept)
        run = done.run
        if left_out:
            told = f"{left_out} of its results lie in files that this review leaves out"
            run = replace(run, detail="; ".join(filter(None, (run.detail, told))))
        found.append(replace(done, run=replace(run, name=scanner.name), claims=kept))
    return found
