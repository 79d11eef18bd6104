"""pip-audit and npm audit: known vulnerabilities of what is declared.

Both ask a server, so they run only when they are named. Neither gets more of the reviewed tree than names and
versions: no setup.py, no .npmrc, nothing that could start a program or choose another server.
"""

import re
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rearguard import running
from rearguard.findings import Confidence, Severity, ToolRun
from rearguard.scanners.claims import Claim, Scan, UnreadableError, cwe_numbers, said, text_of
from rearguard.scanners.places import Place

__all__ = ["npm_audit", "pip_audit"]

VULNERABLE = 1395
_REQUIREMENTS = re.compile(
    r"(?:^|[._-])(?:requirements|constraints)[\w.-]*\.(?:txt|lock)$|^requirements/.*\.txt$"
)
_PIN = re.compile(
    r"^\s*(?P<name>[A-Za-z0-9][\w.-]*)(?:\[[\w,. -]*\])?\s*==\s*(?P<version>[\w.!+-]+)\s*(?:$|[;\\#]|--)"
)
_ASKS = re.compile(r"^\s*[A-Za-z0-9][\w.-]*\s*(?:\[|[<>=!~;@]|$)")
_LOCKS = ("poetry.lock", "uv.lock", "pdm.lock")
_SEVERITIES = {
    "critical": Severity.CRITICAL,
    "high": Severity.HIGH,
    "moderate": Severity.MEDIUM,
    "low": Severity.LOW,
    "info": Severity.LOW,
}
MAX_BYTES = 20_000_000


@dataclass(frozen=True, slots=True)
class _Pin:
    name: str
    version: str
    path: str
    line: int


def pip_audit(program: str, version: str, place: Place) -> Scan:
    """Ask for every version that requirement files and Python locks pin."""
    pins, loose = _pins(place)
    if not pins:
        detail = "no Python dependency is declared with its exact version"
        return Scan(ToolRun("pip-audit", version, "not asked", detail))
    with tempfile.TemporaryDirectory() as scratch:
        # One version of a name for each run: an environment could not hold two.
        reports: list[Any] = []
        for number, batch in enumerate(_batches(pins)):
            file = Path(scratch) / f"pins{number}.txt"
            file.write_text("".join(f"{pin.name}=={pin.version}\n" for pin in batch))
            command = [program, "--requirement", str(file), "--no-deps", "--disable-pip", "--format", "json"]
            command += ["--progress-spinner", "off", "--cache-dir", f"{scratch}/cache"]
            done = running.run(command, cwd=Path(scratch), timeout=place.timeout)
            if done.problem:
                return Scan(ToolRun("pip-audit", version, "failed", done.problem))
            try:
                reports.append(said(done.out).get("dependencies"))
            except UnreadableError as error:
                return Scan(ToolRun("pip-audit", version, "failed", f"{error}; {done.last_words}"))
    entries = [one for many in reports if isinstance(many, list) for one in many if isinstance(one, dict)]
    skipped = [one for one in entries if one.get("skip_reason")]
    if entries and len(skipped) == len(entries):
        return Scan(ToolRun("pip-audit", version, "failed", text_of(skipped[0].get("skip_reason"))))
    by_version: dict[tuple[str, str], list[_Pin]] = {}
    for pin in pins:
        by_version.setdefault((_plain(pin.name), pin.version), []).append(pin)
    claims = [claim for one in entries for claim in _advisories(one, by_version)]
    parts = [f"{len(skipped)} packages could not be asked about"] if skipped else []
    parts += [f"{loose} declarations without an exact version were not asked about"] if loose else []
    return Scan(ToolRun("pip-audit", version, "ran", "; ".join(parts)), tuple(claims))


def _advisories(entry: Any, pins: Mapping[tuple[str, str], list[_Pin]]) -> Iterator[Claim]:
    name, exact = text_of(entry.get("name")), text_of(entry.get("version"))
    found = entry.get("vulns")
    for one in found if isinstance(found, list) else ():
        advisory = text_of(one.get("id")) if isinstance(one, dict) else ""
        if not advisory:
            continue
        versions = one.get("fix_versions")
        fixed = ", ".join(map(text_of, versions)) if isinstance(versions, list) else ""
        aliases = one.get("aliases")
        known = [text_of(alias) for alias in aliases] if isinstance(aliases, list) else []
        also = f" ({', '.join(known[:3])})" if known else ""
        for pin in pins.get((_plain(name), exact), ()):
            yield Claim(
                tool="pip-audit",
                rule=advisory,
                path=pin.path,
                line=pin.line,
                end_line=pin.line,
                message=f"{name} {exact} has the known vulnerability {advisory}{also}"
                + (f"; repaired in {fixed}." if fixed else "; no repaired version is known."),
                severity=Severity.HIGH,
                confidence=Confidence.LIKELY,
                cwe=VULNERABLE,
                title="Dependency with a known vulnerability",
                subject=f"{_plain(name)} {advisory}",
            )


def _batches(pins: list[_Pin]) -> list[list[_Pin]]:
    batches: list[dict[str, _Pin]] = []
    for (name, _), pin in sorted({(_plain(p.name), p.version): p for p in pins}.items(), key=lambda i: i[0]):
        place = next((one for one in batches if name not in one), None)
        if place is None:
            place = {}
            batches.append(place)
        place[name] = pin
    return [list(one.values()) for one in batches[:5]]


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _pins(place: Place) -> tuple[list[_Pin], int]:
    """Exact versions with their places, and how many declarations name none."""
    pins: list[_Pin] = []
    loose = 0
    for path, file in place.files(lambda name: name in _LOCKS or bool(_REQUIREMENTS.search(name))):
        text = _text(file)
        if file.name in _LOCKS:
            pins += _locked(text, path)
            continue
        for line, row in enumerate(text.splitlines(), start=1):
            match = _PIN.match(row)
            if match:
                pins.append(_Pin(match["name"], match["version"], path, line))
            elif _ASKS.match(row):
                loose += 1
    return pins, loose


def _locked(text: str, path: str) -> Iterator[_Pin]:
    try:
        packages = tomllib.loads(text).get("package")
    except (tomllib.TOMLDecodeError, RecursionError):
        return
    lines = {row: number for number, row in reversed(list(enumerate(text.splitlines(), start=1)))}
    for one in packages if isinstance(packages, list) else ():
        name = one.get("name") if isinstance(one, dict) else None
        version = one.get("version") if isinstance(one, dict) else None
        if isinstance(name, str) and isinstance(version, str) and _PIN.match(f"{name}=={version}"):
            yield _Pin(name, version, path, lines.get(f'name = "{name}"', 1))


def npm_audit(program: str, version: str, place: Place) -> Scan:
    """Ask for every package of every package-lock.json."""
    locks = [
        (path, file)
        for path, file in place.files(lambda name: name in ("package-lock.json", "npm-shrinkwrap.json"))
        if (file.parent / "package.json").is_file()
    ]
    if not locks:
        return Scan(ToolRun("npm audit", version, "not asked", "there is no package-lock.json"))
    claims: list[Claim] = []
    for path, lock in locks:
        with tempfile.TemporaryDirectory() as scratch:
            text = _text(lock)
            (Path(scratch) / lock.name).write_text(text, encoding="utf-8")
            (Path(scratch) / "package.json").write_text(_text(lock.parent / "package.json"), encoding="utf-8")
            command = [program, "audit", "--json", "--package-lock-only", "--ignore-scripts", "--no-fund"]
            done = running.run(
                command,
                cwd=Path(scratch),
                timeout=place.timeout,
                environment={"NO_UPDATE_NOTIFIER": "1", "npm_config_logs_max": "0"},
            )
        if done.problem:
            return Scan(ToolRun("npm audit", version, "failed", done.problem))
        try:
            report = said(done.out)
        except UnreadableError as error:
            return Scan(ToolRun("npm audit", version, "failed", f"{error}; {done.last_words}"))
        found = report.get("vulnerabilities")
        if not isinstance(found, dict):
            reason = text_of(report.get("message")) or done.last_words or "no vulnerabilities in its answer"
            return Scan(ToolRun("npm audit", version, "failed", reason))
        for name, about in found.items():
            if isinstance(about, dict):
                claims += _npm(name, about, path, text)
    return Scan(ToolRun("npm audit", version, "ran"), tuple(claims))


def _npm(name: str, about: dict[str, Any], path: str, text: str) -> Iterator[Claim]:
    advisories = about.get("via")
    for one in advisories if isinstance(advisories, list) else ():
        if not isinstance(one, dict):  # a package that is vulnerable through another, which is told itself
            continue
        advisory = text_of(one.get("url")).rpartition("/")[2] or str(one.get("source") or "")
        if not advisory:
            continue
        fix = about.get("fixAvailable")
        repaired = "a repaired version is available" if fix else "no repaired version is known"
        line = _line_of(text, name)
        yield Claim(
            tool="npm audit",
            rule=advisory,
            path=path,
            line=line,
            end_line=line,
            message=f"{name} {text_of(one.get('range'))} has a known vulnerability: "
            f"{text_of(one.get('title'), advisory)}; {repaired}.",
            severity=_SEVERITIES.get(text_of(one.get("severity")), Severity.MEDIUM),
            confidence=Confidence.LIKELY,
            cwe=VULNERABLE,
            related=cwe_numbers(one.get("cwe")),
            title="Dependency with a known vulnerability",
            subject=f"{name} {advisory}",
        )


def _line_of(text: str, name: str) -> int:
    at = text.find(f'"node_modules/{name}"')
    if at < 0:
        at = text.find(f'"{name}"')
    return text.count("\n", 0, at) + 1 if at >= 0 else 1


def _text(file: Path) -> str:
    try:
        with file.open("rb") as data:
            return data.read(MAX_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""
