"""A review as JSON, in the form that `data/review.schema.json` publishes.

The same result gives the same bytes: keys are sorted, nothing tells the time unless it is handed in.
"""

import json
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

from rearguard import __version__
from rearguard.findings import Endpoint, Finding, Fix, ReviewResult, Unread
from rearguard.program import Source, Step
from rearguard.report.quote import Quotes, quotes, visible
from rearguard.report.revision import is_shown
from rearguard.standards import EDITIONS, category

__all__ = ["SCHEMA_VERSION", "dumps", "finding_json", "render_json", "schema"]

SCHEMA_VERSION = "1.1"
"""Grows in its second part when a field is added, in its first when one changes or goes."""

Json = dict[str, Any]


def render_json(result: ReviewResult, sources: Mapping[str, Source], *, timestamp: str = "") -> str:
    """The whole review. `timestamp` (RFC 3339) is written only when given."""
    quoted = quotes(result, sources)
    result = quoted.cleaned(result)
    document: Json = {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "rearguard", "version": __version__},
        "root": result.root,
        "level": result.level,
        "findings": [finding_json(finding, quoted) for finding in result.findings],
        "suppressed": [finding_json(finding, quoted) for finding in result.suppressed],
        "known": [finding_json(finding, quoted) for finding in result.known or ()],
        "stale_suppressions": [_unread(entry) for entry in result.stale_suppressions],
        "endpoints": [_endpoint(endpoint, quoted) for endpoint in result.endpoints],
        "coverage": _coverage(result),
        "tools": [
            {"name": tool.name, "version": tool.version, "outcome": tool.outcome, "detail": tool.detail}
            for tool in result.tools
        ],
        "notes": list(result.notes),
    }
    if timestamp:
        document["timestamp"] = timestamp
    return dumps(document)


def dumps(document: Json) -> str:
    r"""Sorted keys, two blanks, a line feed at the end; `\u` escapes for what a terminal would act on, or
    UTF-8 cannot hold."""
    # The document goes to standard output too. Such characters occur in strings alone, where \uxxxx is JSON.
    return visible(json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False)) + "\n"


def schema() -> Json:
    """The JSON Schema (2020-12) of what `render_json` writes."""
    text = files("rearguard.report").joinpath("data", "review.schema.json").read_text(encoding="utf-8")
    loaded: Json = json.loads(text)
    return loaded


def finding_json(finding: Finding, quoted: Quotes) -> Json:
    """One finding."""
    rule = finding.rule
    document: Json = {
        "check": rule.id,
        "title": rule.title,
        "severity": finding.severity.value,
        "confidence": finding.confidence.value,
        "confidence_reason": quoted.clean(finding.confidence_reason),
        "audience": rule.audience.value,
        "cwe": f"CWE-{rule.cwe}",
        "related_cwe": [f"CWE-{number}" for number in rule.related],
        "asvs": list(rule.asvs),
        "api_top10": list(rule.api_top10),
        "location": _location(finding, quoted),
        "endpoint": finding.endpoint.name if finding.endpoint else None,
        "message": quoted.clean(finding.message),
        "why": quoted.clean(finding.why),
        "advice": quoted.clean(finding.advice),
        "evidence": _steps((*finding.evidence.steps, *finding.evidence.contrast), quoted),
        "revised_code": quoted.clean(finding.fix.revised) if finding.fix and is_shown(finding.fix) else "",
        "fix": _fix(finding.fix, quoted) if finding.fix else None,
        "verification": [
            {
                "text": quoted.clean(step.text),
                "request": quoted.clean(step.request),
                "expect": quoted.clean(step.expect),
            }
            for step in finding.verification
        ],
        "fingerprint": finding.fingerprint,
        "reported_by": [quoted.clean(name) for name in finding.reported_by],
        "suppressed": quoted.clean(finding.suppressed),
    }
    for edition in EDITIONS:
        found = category(rule.cwe, edition)
        document[f"owasp_{edition}"] = found.id if found else None
    return document


def _location(finding: Finding, quoted: Quotes) -> Json:
    place = quoted.place(finding.location)
    return {
        "path": place.path,
        "line": place.line,
        "column": place.column,
        "end_line": place.end_line,
        "end_column": place.end_column,
    }


def _steps(steps: Sequence[Step], quoted: Quotes) -> list[Json]:
    return [
        {
            "path": step.span.path,
            "line": quoted.place(step.span).line,
            "text": quoted.clean(step.text),
            "kind": step.kind,
            "quote": quoted.quote(step.span),
        }
        for step in steps
    ]


def _fix(fix: Fix, quoted: Quotes) -> Json:
    edits: list[Json] = []
    for edit in fix.edits:
        place = quoted.place(edit.span)
        edits.append(
            {
                "path": place.path,
                "line": place.line,
                "column": place.column,
                "end_line": place.end_line,
                "end_column": place.end_column,
                "text": quoted.clean(edit.text),
            }
        )
    applicable = is_shown(fix) and all(quoted.clean(edit.text) == edit.text for edit in fix.edits)
    return {
        "title": quoted.clean(fix.title),
        "disposition": fix.disposition.value,
        "refused": quoted.clean(fix.refused),
        "applicable": applicable,
        "edits": edits if applicable else [],
    }


def _endpoint(endpoint: Endpoint, quoted: Quotes) -> Json:
    place = quoted.place(endpoint.location)
    return {
        "method": endpoint.method,
        "path": endpoint.path,
        "handler": endpoint.handler,
        "framework": endpoint.framework,
        "location": {"path": place.path, "line": place.line},
        "chain": list(endpoint.chain),
        "guards": list(endpoint.guards),
        "inputs": list(endpoint.inputs),
        "authentication": endpoint.authentication,
        "ownership": endpoint.ownership,
        "public": endpoint.public,
        "matrix": {
            cell.column: {"state": cell.state, "reason": cell.reason, "evidence": _steps(cell.steps, quoted)}
            for cell in endpoint.cells
        },
        "objects": [
            {
                "operation": one.operation,
                "resource": one.resource,
                "keys": list(one.keys),
                "state": one.state,
                "reason": one.reason,
                "owner": one.owner,
                "location": {"path": one.place.path, "line": quoted.place(one.place).line},
            }
            for one in endpoint.objects
        ],
    }


def _coverage(result: ReviewResult) -> Json:
    coverage = result.coverage
    return {
        "complete": coverage.complete,
        "files": coverage.files,
        "lines": coverage.lines,
        "languages": dict(coverage.languages),
        "functions": coverage.functions,
        "calls": coverage.calls,
        "calls_resolved": coverage.calls_resolved,
        "endpoints": coverage.endpoints,
        "endpoints_unresolved": [_unread(entry) for entry in coverage.endpoints_unresolved],
        "unread": [_unread(entry) for entry in coverage.unread],
        "unlowered": dict(coverage.unlowered),
        "frameworks": list(coverage.frameworks),
    }


def _unread(entry: Unread) -> Json:
    return {"path": entry.path, "line": entry.line, "reason": entry.reason}
