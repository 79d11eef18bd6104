"""Two reports beside each other: what is new, fixed, unchanged, changed.

Findings are paired by fingerprint. What is left of one check in one file is the same defect edited, when its
message or its place is; then it is told as changed.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["CompareError", "Compared", "Told", "compare", "load"]

MAX_BYTES = 100_000_000
_NEAR = 10
"""Lines that an edited finding may have moved."""
_LEVELS = {"error": "high", "warning": "medium", "note": "low", "none": "low"}
_ORDER = ("critical", "high", "medium", "low")


class CompareError(Exception):
    """A file that is no report; the text says why."""


@dataclass(frozen=True, slots=True)
class Told:
    """A finding as a report tells it."""

    fingerprint: str
    check: str
    path: str
    line: int
    severity: str
    confidence: str
    message: str

    @property
    def is_question(self) -> bool:
        """Whether a person is to decide it."""
        return self.confidence == "question"


@dataclass(frozen=True, slots=True)
class Compared:
    """The difference."""

    new: tuple[Told, ...]
    fixed: tuple[Told, ...]
    unchanged: tuple[Told, ...]
    changed: tuple[tuple[Told, Told], ...]
    """Before and after."""

    @property
    def worse(self) -> bool:
        """Whether something is new, or graver than it was; questions do not count."""
        graver = any(_rank(after) < _rank(before) and not after.is_question for before, after in self.changed)
        return graver or any(not one.is_question for one in self.new)


def _rank(told: Told) -> int:
    return _ORDER.index(told.severity) if told.severity in _ORDER else len(_ORDER)


def compare(before: Sequence[Told], after: Sequence[Told]) -> Compared:
    """Pair the findings of two reports."""
    old: dict[str, list[Told]] = {}
    for one in before:
        old.setdefault(one.fingerprint, []).append(one)
    unchanged: list[Told] = []
    changed: list[tuple[Told, Told]] = []
    rest: list[Told] = []
    for one in after:
        match = old.get(one.fingerprint)
        if not match:
            rest.append(one)
            continue
        earlier = match.pop(0)
        same = (earlier.severity, earlier.confidence) == (one.severity, one.confidence)
        if same:
            unchanged.append(one)
        else:
            changed.append((earlier, one))
    gone = [one for many in old.values() for one in many]
    new: list[Told] = []
    for one in rest:
        edited = [g for g in gone if (g.check, g.path) == (one.check, one.path) and _is_near(g, one)]
        if edited:
            earlier = min(edited, key=lambda g: (g.message != one.message, abs(g.line - one.line)))
            gone.remove(earlier)
            changed.append((earlier, one))
        else:
            new.append(one)
    return Compared(tuple(new), tuple(gone), tuple(unchanged), tuple(changed))


def _is_near(one: Told, other: Told) -> bool:
    return one.message == other.message or abs(one.line - other.line) <= _NEAR


def load(file: Path) -> list[Told]:
    """The findings of `review.json`, or of SARIF of any tool. Raises CompareError."""
    try:
        if file.stat().st_size > MAX_BYTES:
            raise CompareError(f"{file}: larger than {MAX_BYTES} bytes")
        document = json.loads(file.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError as error:
        raise CompareError(f"{file}: there is no such file") from error
    except OSError as error:
        raise CompareError(f"{file}: cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise CompareError(f"{file}: not JSON") from error
    if isinstance(document, dict) and isinstance(document.get("runs"), list):
        return [told for run in document["runs"] if isinstance(run, dict) for told in _sarif(run)]
    if not isinstance(document, dict) or not isinstance(document.get("findings"), list):
        raise CompareError(f"{file}: neither review.json nor SARIF")
    known = document.get("known")
    rows = [*document["findings"], *(known if isinstance(known, list) else [])]
    return [_own(row) for row in rows if isinstance(row, dict)]


def _own(row: Mapping[str, Any]) -> Told:
    place = _object(row.get("location"), row)
    return Told(
        fingerprint=_text(row.get("fingerprint")),
        check=_text(row.get("check")),
        path=_text(place.get("path")),
        line=_line(place.get("line")),
        severity=_text(row.get("severity")),
        confidence=_text(row.get("confidence")),
        message=_text(row.get("message")),
    )


def _sarif(run: Mapping[str, Any]) -> list[Told]:
    found: list[Told] = []
    results = run.get("results")
    for result in results if isinstance(results, list) else ():
        if not isinstance(result, dict) or result.get("suppressions"):
            continue
        if result.get("baselineState") == "absent":
            continue
        locations = result.get("locations")
        first = _object(locations[0]) if isinstance(locations, list) and locations else {}
        physical = _object(first.get("physicalLocation"))
        path = _text(_object(physical.get("artifactLocation")).get("uri"))
        line = _line(_object(physical.get("region")).get("startLine"))
        message = _text(_object(result.get("message")).get("text"))
        check = _text(result.get("ruleId"))
        own = _object(result.get("fingerprints"))
        partial = _object(result.get("partialFingerprints"))
        hashed = _text(own.get("rearguard/v1")) or "\0".join(_text(own[key]) for key in sorted(own))
        if not hashed:
            hashes = tuple(_text(partial[key]) for key in sorted(partial))
            hashed = "\0".join((check, path, *(hashes or (message,))))
        about = _object(result.get("properties"))
        found.append(
            Told(
                fingerprint=hashed,
                check=check,
                path=path,
                line=line,
                severity=_text(about.get("severity")) or _LEVELS.get(_text(result.get("level")), "medium"),
                confidence="question"
                if result.get("kind") in ("review", "open")
                else _text(about.get("confidence")),
                message=message,
            )
        )
    return found


def _object(value: Any, fallback: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else (fallback or {})


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _line(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0
