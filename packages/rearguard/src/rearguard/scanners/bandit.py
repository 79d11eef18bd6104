"""Bandit: static analysis of Python by its syntax."""

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

__all__ = ["run"]

_SEVERITIES = {"HIGH": Severity.HIGH, "MEDIUM": Severity.MEDIUM}
_CAUSES = {
    # Bandit files some of its tests under a number that names something else, or a wide parent.
    "B104": 605,
    "B108": 377,
    "B201": 489,
    "B301": 502,
    "B302": 502,
    "B306": 377,
    "B310": 918,
    "B403": 502,
    "B506": 502,
    "B614": 502,
    "B701": 79,
    "B702": 79,
    "B703": 79,
    "B308": 79,
    "B105": 798,
    "B106": 798,
    "B107": 798,
}


def run(program: str, version: str, place: Place) -> Scan:
    """Run it."""
    skipped = ",".join(f"./{name}" for name in NEVER) + "," + ",".join(f"*/{name}/*" for name in NEVER)
    command = [program, "-f", "json", "-q", "--exit-zero", "-x", skipped]
    command += ["-r", place.target] if place.root.is_dir() else [place.target]
    done = running.run(command, cwd=place.folder, timeout=place.timeout)
    if done.problem:
        return Scan(ToolRun("bandit", version, "failed", done.problem))
    try:
        report = said(done.out)
    except UnreadableError as error:
        return Scan(ToolRun("bandit", version, "failed", f"{error}; {done.last_words}"))
    claims: list[Claim] = []
    results = report.get("results")
    for one in results if isinstance(results, list) else []:
        if not isinstance(one, dict):
            continue
        path = relative(place.folder, text_of(one.get("filename")))
        rule, line = text_of(one.get("test_id")), number(one.get("line_number"))
        if not path or not rule or not line:
            continue
        about = one.get("issue_cwe")
        cwes = cwe_numbers(about.get("id") if isinstance(about, dict) else None)
        severity = _SEVERITIES.get(text_of(one.get("issue_severity")), Severity.LOW)
        sure = text_of(one.get("issue_confidence"))
        spans = one.get("line_range")
        lines = [number(each) for each in spans] if isinstance(spans, list) else []
        claims.append(
            Claim(
                tool="bandit",
                rule=rule,
                path=path,
                line=line,
                end_line=max([line, *lines]),
                message=text_of(one.get("issue_text"), "matches this test"),
                severity=severity,
                # It reads one call at a time and follows no values: what it is not sure of is a question.
                confidence=Confidence.LIKELY
                if sure == "HIGH" and severity is not Severity.LOW
                else Confidence.QUESTION,
                cwe=_CAUSES.get(rule) or (cwes[0] if cwes else UNNAMED),
                related=cwes,
                title=text_of(one.get("test_name")).replace("_", " "),
            )
        )
    errors = report.get("errors")
    detail = f"{len(errors)} files could not be read by it" if isinstance(errors, list) and errors else ""
    return Scan(ToolRun("bandit", version, "ran", detail), tuple(claims), frozenset(("python",)))
