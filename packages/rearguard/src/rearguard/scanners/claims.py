"""What another tool said, in one form for all of them, and the careful reading that gets it there."""

import json
import posixpath
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from rearguard.findings import Confidence, Severity, ToolRun
from rearguard.program import Source

__all__ = [
    "Claim",
    "Scan",
    "Scanned",
    "UNNAMED",
    "UnreadableError",
    "cwe_numbers",
    "gathered",
    "items",
    "number",
    "relative",
    "said",
    "text_of",
]

UNNAMED = 710
"""CWE of a rule that names none: adherence to coding standards, which claims nothing more."""
MAX_FILE = 20_000_000
"""Bytes of a file that a tool names and a review does not read, to quote from it."""
MAX_TEXT = 1_000
"""Characters of a tool's message that are kept."""


class UnreadableError(Exception):
    """A tool's answer that has not the form it should have; the text says what is wrong."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One result of another tool."""

    tool: str
    rule: str
    """The tool's own id."""
    path: str
    """Relative to the reviewed root, with forward slashes."""
    line: int
    """From 1; 0 when it is about the whole file."""
    end_line: int
    message: str
    severity: Severity
    confidence: Confidence
    cwe: int = UNNAMED
    related: tuple[int, ...] = ()
    title: str = ""
    subject: str = ""
    """What tells two results of one rule on one line apart: a package, an advisory."""

    @property
    def name(self) -> str:
        """`bandit B608`."""
        return f"{self.tool} {self.rule}"


@dataclass(frozen=True, slots=True)
class Scan:
    """How one tool ran, and what it said."""

    run: ToolRun
    claims: tuple[Claim, ...] = ()
    covers: frozenset[str] = frozenset()
    """Languages whose code it analysed; empty for a tool that looks for secrets or at dependencies."""


@dataclass(frozen=True, slots=True)
class Scanned:
    """All tools of one review."""

    scans: tuple[Scan, ...] = ()
    sources: Mapping[str, Source] = field(default_factory=dict)
    """Files that they name and a review does not read."""

    @property
    def claims(self) -> tuple[Claim, ...]:
        """What they said, in the order of the tools, then by place."""
        return tuple(claim for scan in self.scans for claim in scan.claims)

    @property
    def runs(self) -> tuple[ToolRun, ...]:
        """How they ran."""
        return tuple(scan.run for scan in self.scans)

    def level(self, languages: frozenset[str]) -> int:
        """The tool level: 0 when independent analysers read the code of every language of the program."""
        read = frozenset[str]().union(*(s.covers for s in self.scans if s.run.outcome == "ran"))
        return 0 if languages and languages <= read else 1


def gathered(scans: Sequence[Scan], root: Path, known: Collection[str]) -> Scanned:
    """The scans with the texts of the files that they name and that are not `known`."""
    folder = root if root.is_dir() else root.parent
    sources: dict[str, Source] = {}
    for path in dict.fromkeys(claim.path for scan in scans for claim in scan.claims):
        if path in known:
            continue
        try:
            file = folder / path
            inside = file.resolve().is_relative_to(folder.resolve()) and file.is_file()
            text = file.read_bytes() if inside and file.stat().st_size <= MAX_FILE else b""
        except (OSError, ValueError):
            continue
        if text:
            sources[path] = Source(path, text, "text")
    return Scanned(tuple(scans), sources)


# -- reading what a program printed --------------------------------------------------------------------


def said(data: bytes) -> Mapping[str, Any]:
    """The JSON object that a tool printed. Raises UnreadableError."""
    found = _json(data)
    if not isinstance(found, dict):
        raise UnreadableError("its answer is no JSON object")
    return found


def items(data: bytes) -> list[Mapping[str, Any]]:
    """The JSON array of objects that a tool printed. Raises UnreadableError."""
    found = _json(data)
    if not isinstance(found, list):
        raise UnreadableError("its answer is no JSON array")
    return [one for one in found if isinstance(one, dict)]


def _json(data: bytes) -> Any:
    try:
        return json.loads(data.decode("utf-8-sig"))
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise UnreadableError("its answer is no JSON") from error


def text_of(value: Any, fallback: str = "") -> str:
    """One line of text, bounded; `fallback` for anything else."""
    return " ".join(value.split())[:MAX_TEXT] if isinstance(value, str) and value.strip() else fallback


def number(value: Any, fallback: int = 0) -> int:
    """A whole number that is not negative; `fallback` for anything else."""
    whole = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 31
    return value if whole else fallback


def cwe_numbers(value: Any) -> tuple[int, ...]:
    """The numbers of `CWE-89`, `CWE-89: ...`, `external/cwe/cwe-089`, 89, or a list of such."""
    return tuple(dict.fromkeys(_cwes(value)))


def _cwes(value: Any) -> Iterator[int]:
    if isinstance(value, list):
        for one in value[:50]:
            yield from _cwes(one)
    elif isinstance(value, str):
        _, found, rest = value.lower().partition("cwe-")
        digits = rest[: len(rest) - len(rest.lstrip("0123456789"))][:5]
        if found and digits:
            yield int(digits)
    elif number(value):
        yield value


def relative(root: Path, path: str) -> str:
    """A path as a tool wrote it, relative to `root`; "" when it lies elsewhere."""
    if "\0" in path:
        return ""
    if path.startswith("file:"):
        path = unquote(urlsplit(path).path)
    path = path.replace("\\", "/")
    if posixpath.isabs(path):
        for base in (root, root.resolve()):
            if path.startswith(f"{base.as_posix()}/"):
                path = path[len(base.as_posix()) + 1 :]
                break
        else:
            return ""
    clean = posixpath.normpath(path)
    return "" if clean in (".", "..") or clean.startswith("../") else clean
