"""The findings as other programs read them: JUnit XML, GitLab SAST and Code Quality, GitHub annotations."""

import hashlib
import json
import uuid
from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from rearguard import __version__
from rearguard.findings import Confidence, Finding, ReviewResult, Severity
from rearguard.program import Source
from rearguard.report.quote import Quotes, quotes, visible
from rearguard.standards import weakness

__all__ = ["FORMATS", "code_quality", "github", "gitlab_sast", "junit"]

Json = dict[str, Any]

_GITLAB = {
    Severity.CRITICAL: "Critical",
    Severity.HIGH: "High",
    Severity.MEDIUM: "Medium",
    Severity.LOW: "Low",
}
_QUALITY = {
    Severity.CRITICAL: "blocker",
    Severity.HIGH: "critical",
    Severity.MEDIUM: "major",
    Severity.LOW: "minor",
}
_GITHUB = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "notice",
}
_NEVER = "1970-01-01T00:00:00"
"""GitLab requires a time; without --timestamp a report tells none."""


def junit(result: ReviewResult, sources: Mapping[str, Source], timestamp: str = "") -> str:
    """Each finding a failed test case, a question a skipped one; one that passed when there is none."""
    quoted = quotes(result, sources)
    failed = [f for f in result.findings if f.confidence is not Confidence.QUESTION]
    asked = [f for f in result.findings if f.confidence is Confidence.QUESTION]
    cases = [_case(finding, quoted) for finding in (*failed, *asked)]
    if not cases:
        cases = ['    <testcase classname="rearguard" name="no findings"/>']
    when = f" timestamp={quoteattr(timestamp)}" if timestamp else ""
    counts = f'tests="{len(cases)}" failures="{len(failed)}" errors="0" skipped="{len(asked)}"'
    head = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<testsuites name="rearguard" {counts}>',
        f'  <testsuite name="rearguard" {counts} time="0"{when}>',
    ]
    return "\n".join([*head, *cases, "  </testsuite>", "</testsuites>"]) + "\n"


def _case(finding: Finding, quoted: Quotes) -> str:
    place = quoted.place(finding.location)
    # Characters that XML 1.0 cannot hold are written as reports show them.
    message = visible(quoted.clean(finding.message))
    text = visible(f"{place}\n{quoted.clean(finding.why)}\n{quoted.clean(finding.advice)}".strip())
    name = f"{finding.rule.id} line {place.line}"
    attributes = f"classname={quoteattr(visible(place.path))} name={quoteattr(name)}"
    attributes += f" file={quoteattr(visible(place.path))} line={quoteattr(str(place.line))}"
    if finding.confidence is Confidence.QUESTION:
        return f"    <testcase {attributes}><skipped message={quoteattr(message)}/></testcase>"
    kind = f"{finding.severity.value} {finding.rule.id}"
    body = f"<failure message={quoteattr(message)} type={quoteattr(kind)}>{escape(text)}</failure>"
    return f"    <testcase {attributes}>{body}</testcase>"


def gitlab_sast(result: ReviewResult, sources: Mapping[str, Source], timestamp: str = "") -> str:
    """GitLab's report of static analysis, version 15.2.1 of its schema.

    https://gitlab.com/gitlab-org/security-products/security-report-schemas
    """
    quoted = quotes(result, sources)
    when = timestamp[:19] or _NEVER
    tool = {
        "id": "rearguard",
        "name": "Rearguard",
        "version": __version__,
        "vendor": {"name": "Rearguard"},
    }
    failed = any(run.outcome == "failed" for run in result.tools) or not result.coverage.files
    document: Json = {
        "version": "15.2.1",
        "scan": {
            "analyzer": tool,
            "scanner": tool,
            "type": "sast",
            "start_time": when,
            "end_time": when,
            "status": "failure" if failed else "success",
        },
        "vulnerabilities": [_vulnerability(finding, quoted) for finding in result.findings],
    }
    return json.dumps(document, indent=2, sort_keys=True) + "\n"


def _vulnerability(finding: Finding, quoted: Quotes) -> Json:
    place = quoted.place(finding.location)
    rule = finding.rule
    weak = weakness(rule.cwe)
    location: Json = {"file": place.path}
    if place.line:
        location |= {
            "start_line": place.line,
            "end_line": max(place.line, quoted.last_line(finding.location)),
        }
    if finding.endpoint is not None:
        location["method"] = quoted.clean(finding.endpoint.handler)[:255]
    found: Json = {
        "id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"rearguard:{finding.fingerprint}")),
        "name": rule.title[:255],
        "description": quoted.clean(f"{finding.message} {finding.why}".strip()),
        "severity": _GITLAB[finding.severity] if finding.confidence is not Confidence.QUESTION else "Info",
        "location": location,
        "identifiers": [
            {"type": "rearguard_check", "name": rule.id, "value": rule.id},
            {"type": "cwe", "name": weak.id, "value": str(rule.cwe), "url": weak.url},
        ],
        "tracking": {
            "type": "source",
            "items": [
                {
                    "file": place.path,
                    "line_start": place.line,
                    "line_end": place.line,
                    "signatures": [{"algorithm": "scope_offset", "value": finding.fingerprint}],
                }
            ],
        },
    }
    if finding.advice:
        found["solution"] = quoted.clean(finding.advice)
    return found


def code_quality(result: ReviewResult, sources: Mapping[str, Source], timestamp: str = "") -> str:
    """GitLab's Code Quality report, a list in the form of Code Climate's issues."""
    quoted = quotes(result, sources)
    rows: list[Json] = []
    for finding in result.findings:
        place = quoted.place(finding.location)
        is_question = finding.confidence is Confidence.QUESTION
        rows.append(
            {
                "description": f"{finding.rule.id}: {quoted.clean(finding.message)}",
                "check_name": finding.rule.id,
                "fingerprint": hashlib.sha256(finding.fingerprint.encode()).hexdigest(),
                "severity": "info" if is_question else _QUALITY[finding.severity],
                "location": {"path": place.path, "lines": {"begin": max(1, place.line)}},
            }
        )
    return json.dumps(rows, indent=2, sort_keys=True) + "\n"


def github(result: ReviewResult, sources: Mapping[str, Source], timestamp: str = "") -> str:
    """Commands of GitHub's workflow log that put a finding beside its line."""
    quoted = quotes(result, sources)
    lines: list[str] = []
    for finding in result.findings:
        place = quoted.place(finding.location)
        word = "notice" if finding.confidence is Confidence.QUESTION else _GITHUB[finding.severity]
        values = {
            "file": place.path,
            "line": str(max(1, place.line)),
            "endLine": str(max(1, place.line, quoted.last_line(finding.location))),
            "title": f"{finding.rule.id} ({finding.severity.value})",
        }
        options = ",".join(f"{key}={_property(value)}" for key, value in values.items())
        lines.append(f"::{word} {options}::{_data(quoted.clean(finding.message))}\n")
    return "".join(lines)


def _data(text: str) -> str:
    """Text of a command: a line end would begin another one."""
    return visible(text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A"))


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


FORMATS = {"junit": junit, "gitlab-sast": gitlab_sast, "code-quality": code_quality, "github": github}
