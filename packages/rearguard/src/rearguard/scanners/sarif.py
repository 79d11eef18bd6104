"""Results of any tool that writes SARIF 2.1.0, read as the claims of that tool.

Section numbers are those of the standard. Files of such tools differ in what they leave out, so everything
but the place and the message has a fallback, and what has no place in the reviewed tree is counted.
"""

import posixpath
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

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

__all__ = ["SarifError", "read_sarif"]

MAX_BYTES = 100_000_000
MAX_RESULTS = 50_000
_LEVELS = {"error": Severity.HIGH, "warning": Severity.MEDIUM, "note": Severity.LOW, "none": Severity.LOW}
_SILENT_KINDS = frozenset(("pass", "notApplicable", "informational"))

Json = Mapping[str, Any]


class SarifError(Exception):
    """A file that cannot be merged; the text says why."""


def read_sarif(
    file: Path, root: Path, languages: frozenset[str], is_wanted: Callable[[str], bool] = bool
) -> list[Scan]:
    """One scan for each run of the file. Raises SarifError.

    The file does not say which languages its tool reads: it counts for those among `languages` in whose
    files it looked or found something.
    """
    try:
        if file.stat().st_size > MAX_BYTES:
            raise SarifError(f"{file}: larger than {MAX_BYTES} bytes")
        report = said(file.read_bytes())
    except OSError as error:
        raise SarifError(f"{file}: cannot be read: {error.strerror}") from error
    except UnreadableError as error:
        raise SarifError(f"{file}: {error}; a SARIF file is one") from error
    runs = report.get("runs")
    if not text_of(report.get("version")).startswith("2.1") or not isinstance(runs, list):
        raise SarifError(f"{file}: not SARIF 2.1.0")
    scans = [_run(run, root, file.name, languages, is_wanted) for run in runs if isinstance(run, dict)]
    if any(scan.run.name.lower() == "rearguard" for scan in scans):
        raise SarifError(f"{file}: a report of Rearguard is no independent scan; see rearguard compare")
    return scans


def _run(
    run: Json, root: Path, name: str, languages: frozenset[str], is_wanted: Callable[[str], bool]
) -> Scan:
    driver = _object(_object(run.get("tool")).get("driver"))
    tool = text_of(driver.get("name"), "unnamed tool")[:60]
    version = text_of(driver.get("semanticVersion")) or text_of(driver.get("version"))
    rules = _Rules(run)
    claims: list[Claim] = []
    elsewhere = 0
    results = run.get("results")
    for result in (results if isinstance(results, list) else [])[:MAX_RESULTS]:
        if not isinstance(result, dict) or _is_silent(result):
            continue
        claim = _claim(result, run, rules, tool, root)
        if claim is None or not is_wanted(claim.path):
            elsewhere += 1
        else:
            claims.append(claim)
    detail = f"read from {name}"
    if elsewhere:
        detail += f"; {elsewhere} results without a place in what is reviewed"
    invocations = run.get("invocations")
    if isinstance(invocations, list) and any(
        _object(i).get("executionSuccessful") is False for i in invocations
    ):
        return Scan(
            ToolRun(tool, version[:40], "failed", f"{detail}; it says itself that it failed"), tuple(claims)
        )
    return Scan(ToolRun(tool, version[:40], "ran", detail), tuple(claims), _covered(run, claims, languages))


def _covered(run: Json, claims: list[Claim], languages: frozenset[str]) -> frozenset[str]:
    endings = {"python": (".py",), "javascript": (".js", ".mjs", ".cjs", ".jsx")}
    endings |= {"typescript": (".ts", ".mts", ".cts"), "tsx": (".tsx",)}
    artifacts = run.get("artifacts")
    seen = {claim.path for claim in claims}
    for artifact in artifacts if isinstance(artifacts, list) else ():
        seen.add(text_of(_object(_object(artifact).get("location")).get("uri")))
    return frozenset(one for one in languages if any(path.endswith(endings.get(one, ())) for path in seen))


def _is_silent(result: Json) -> bool:
    """What tells of no defect, or was accepted (3.27.9, 3.27.23)."""
    if text_of(result.get("kind")) in _SILENT_KINDS or text_of(result.get("baselineState")) == "absent":
        return True
    suppressions = result.get("suppressions")
    accepted = [_object(s) for s in suppressions] if isinstance(suppressions, list) else []
    return bool(accepted) and all(text_of(s.get("status"), "accepted") == "accepted" for s in accepted)


def _claim(result: Json, run: Json, rules: "_Rules", tool: str, root: Path) -> Claim | None:
    rule_id, rule = rules.of(result)
    locations = result.get("locations")
    first = _object(locations[0]) if isinstance(locations, list) and locations else {}
    physical = _object(first.get("physicalLocation"))
    path = _path(_object(physical.get("artifactLocation")), run, root)
    if not path:
        return None
    region = _object(physical.get("region"))
    line = number(region.get("startLine"))
    about = _object(rule.get("properties"))
    own = _object(result.get("properties"))
    tags = about.get("tags")
    cwes = dict.fromkeys(
        (
            *cwe_numbers(own.get("cwe")),
            *_taxa(result),
            *cwe_numbers(about.get("cwe")),
            *cwe_numbers(tags if isinstance(tags, list) else []),
            *_relations(rule),
        )
    )
    numbers = tuple(cwes)
    precision = text_of(about.get("precision"))
    return Claim(
        tool=tool,
        rule=rule_id,
        path=path,
        line=line,
        end_line=max(line, number(region.get("endLine"), line)),
        message=_message(result, rule) or "matches this rule",
        severity=_severity(result, rule),
        confidence=Confidence.QUESTION
        if precision == "low" or text_of(result.get("kind")) in ("review", "open")
        else Confidence.LIKELY,
        cwe=numbers[0] if numbers else UNNAMED,
        related=numbers[1:],
        title=text_of(_object(rule.get("shortDescription")).get("text")),
    )


class _Rules:
    """The rules of a run by id and by index (3.52)."""

    def __init__(self, run: Json) -> None:
        tool = _object(run.get("tool"))
        self._driver = _objects(_object(tool.get("driver")).get("rules"))
        extensions = _objects(tool.get("extensions"))
        self._extensions = [_objects(one.get("rules")) for one in extensions]
        self._by_id = {
            text_of(rule.get("id")): rule for many in (*self._extensions, self._driver) for rule in many
        }

    def of(self, result: Json) -> tuple[str, Json]:
        """The id of a result's rule, and the rule; an empty one when the file does not describe it."""
        reference = _object(result.get("rule"))
        id = text_of(result.get("ruleId")) or text_of(reference.get("id"))
        index = result.get("ruleIndex", reference.get("index"))
        component = _object(reference.get("toolComponent")).get("index")
        many = self._driver
        if isinstance(component, int) and 0 <= component < len(self._extensions):
            many = self._extensions[component]
        rule: Json = {}
        if isinstance(index, int) and not isinstance(index, bool) and 0 <= index < len(many):
            rule = many[index]
        if not rule or (id and text_of(rule.get("id")) != id):
            rule = self._by_id.get(id, rule if not id else {})
        return id or text_of(rule.get("id"), "unnamed rule"), rule


def _path(artifact: Json, run: Json, root: Path) -> str:
    """Where an artifact lies under the root (3.4); "" when it does not."""
    if "uri" not in artifact:
        artifacts = _objects(run.get("artifacts"))
        index = artifact.get("index")
        if not isinstance(index, int) or not 0 <= index < len(artifacts):
            return ""
        artifact = _object(artifacts[index].get("location"))
    uri = text_of(artifact.get("uri"))
    base = _object(_object(run.get("originalUriBaseIds")).get(text_of(artifact.get("uriBaseId"))))
    prefix = text_of(base.get("uri"))
    if uri.startswith("file:") or posixpath.isabs(uri):
        return relative(root, uri)
    if prefix.startswith("file:"):
        inside = relative(root, prefix + uri if prefix.endswith("/") else f"{prefix}/{uri}")
        if inside:
            return inside
    return relative(root, unquote(uri))


def _severity(result: Json, rule: Json) -> Severity:
    score = text_of(_object(rule.get("properties")).get("security-severity"))
    try:
        value = float(score)
    except ValueError:
        level = text_of(result.get("level")) or text_of(
            _object(rule.get("defaultConfiguration")).get("level"), "warning"
        )
        return _LEVELS.get(level, Severity.MEDIUM)
    bounds = ((9.0, Severity.CRITICAL), (7.0, Severity.HIGH), (4.0, Severity.MEDIUM))
    return next((severity for bound, severity in bounds if value >= bound), Severity.LOW)


def _message(result: Json, rule: Json) -> str:
    message = _object(result.get("message"))
    text = text_of(message.get("text")) or text_of(message.get("markdown"))
    if not text:
        strings = _object(rule.get("messageStrings"))
        text = text_of(_object(strings.get(text_of(message.get("id")))).get("text"))
    arguments = message.get("arguments")
    for index, argument in enumerate(arguments if isinstance(arguments, list) else ()):
        text = text.replace(f"{{{index}}}", text_of(argument))
    return text or text_of(_object(rule.get("shortDescription")).get("text"))


def _taxa(result: Json) -> tuple[int, ...]:
    return tuple(one for taxon in _objects(result.get("taxa")) for one in _cwe_of(taxon))


def _relations(rule: Json) -> tuple[int, ...]:
    targets = [_object(one.get("target")) for one in _objects(rule.get("relationships"))]
    return tuple(one for target in targets for one in _cwe_of(target))


def _cwe_of(reference: Json) -> tuple[int, ...]:
    """The weakness that a reference into a taxonomy names (3.54)."""
    if text_of(_object(reference.get("toolComponent")).get("name")).upper() != "CWE":
        return cwe_numbers(text_of(reference.get("id")))
    digits = text_of(reference.get("id")).upper().removeprefix("CWE-")
    return (int(digits),) if digits.isdecimal() and len(digits) < 6 else ()


def _object(value: Any) -> Json:
    return value if isinstance(value, dict) else {}


def _objects(value: Any) -> list[Json]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
