"""Findings that were there before: a file of fingerprints, so that only what is new fails.

A baseline is made from a review and holds no code. Its entries name findings by fingerprint; path and line
are for people who read it. A report as JSON (`review.json`) serves as one, too.
"""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rearguard.findings.types import Finding, ReviewResult, Unread

__all__ = ["Baseline", "BaselineError", "Entry", "apply", "read", "written"]

VERSION = "1.0"
MAX_BYTES = 50_000_000


class BaselineError(Exception):
    """A file that is no baseline; the text says why."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One finding that is known."""

    fingerprint: str
    check: str
    path: str
    line: int


@dataclass(frozen=True, slots=True)
class Baseline:
    """What was known."""

    name: str
    """The file, as the user gave it."""
    entries: tuple[Entry, ...]


def read(file: Path) -> Baseline:
    """Read a baseline or a JSON report. Raises BaselineError."""
    try:
        if file.stat().st_size > MAX_BYTES:
            raise BaselineError(f"{file}: larger than {MAX_BYTES} bytes")
        document = json.loads(file.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError as error:
        raise BaselineError(f"{file}: there is no such file; --write-baseline makes one") from error
    except OSError as error:
        raise BaselineError(f"{file}: cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise BaselineError(f"{file}: not JSON") from error
    rows = document.get("findings") if isinstance(document, dict) else None
    if not isinstance(rows, list):
        raise BaselineError(f"{file}: neither a baseline nor a report as JSON: it lists no findings")
    known = document.get("known", [])
    entries = [_entry(row, file) for row in (*rows, *(known if isinstance(known, list) else []))]
    return Baseline(str(file), tuple(entries))


def _entry(row: Any, file: Path) -> Entry:
    place = row.get("location", row) if isinstance(row, dict) else {}
    fingerprint = row.get("fingerprint") if isinstance(row, dict) else None
    if not isinstance(fingerprint, str) or not fingerprint.startswith("rg1:") or not isinstance(place, dict):
        raise BaselineError(f"{file}: an entry without a fingerprint of this version; write it again")
    line = place.get("line")
    return Entry(
        fingerprint,
        str(row.get("check", "")),
        str(place.get("path", "")),
        line if isinstance(line, int) else 0,
    )


def written(findings: Iterable[Finding], lines: Iterable[int]) -> str:
    """The text of a baseline of these findings; `lines` are theirs, in order."""
    rows = [
        {"fingerprint": f.fingerprint, "check": f.rule.id, "path": f.location.path, "line": line}
        for f, line in zip(findings, lines, strict=True)
    ]
    rows.sort(key=lambda row: (str(row["path"]), str(row["check"]), str(row["fingerprint"])))
    document = {"schema_version": VERSION, "tool": "rearguard", "findings": rows}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def apply(
    result: ReviewResult, baseline: Baseline, ran: Collection[str], *, judge_stale: bool
) -> ReviewResult:
    """The result with what is known set apart, and entries that match nothing told.

    Only entries of checks that `ran` can be stale, and none where a part of the program was looked at
    (`judge_stale`).
    """
    names = {entry.fingerprint for entry in baseline.entries}
    seen = {finding.fingerprint for finding in (*result.findings, *result.suppressed)}
    new = tuple(f for f in result.findings if f.fingerprint not in names)
    known = tuple(f for f in result.findings if f.fingerprint in names)
    stale = [
        Unread(
            entry.path or baseline.name,
            0,
            f"entry of the baseline matches no finding: {entry.check}, {entry.fingerprint}",
        )
        for entry in baseline.entries
        if judge_stale and entry.fingerprint not in seen and (entry.check in ran or not entry.check)
    ]
    note = f"Baseline {baseline.name}: {len(known)} known findings are set apart; only new ones fail."
    return replace(
        result,
        findings=new,
        known=known,
        stale_suppressions=(*result.stale_suppressions, *stale),
        notes=(*result.notes, note),
    )
