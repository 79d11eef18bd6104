"""A review as SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/).

Section numbers in this module and its two helpers are those of the standard.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rearguard import __version__
from rearguard.findings import Finding, ReviewResult, Rule, Unread
from rearguard.program import Source
from rearguard.report.json_report import dumps
from rearguard.report.quote import quotes
from rearguard.report.redact import MARK
from rearguard.report.sarif_results import BASE_ID, Artifacts, Results, text, uri
from rearguard.report.sarif_rules import Taxa, rule_json, taxa

__all__ = ["Provenance", "render_sarif"]

Json = dict[str, Any]

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

_NOTIFICATIONS = {
    "not-analysed": ("A file, or a part of it, was not analysed.", "warning"),
    "route-not-resolved": ("The path or the handler of a route could not be resolved.", "warning"),
    "suppression": ("A suppression that does not hold.", "warning"),
    "tool": ("A tool did not take part.", "note"),
    "note": ("Something the reader must know.", "note"),
}


@dataclass(frozen=True, slots=True)
class Provenance:
    """The revision that was reviewed, as the caller knows it."""

    repository_uri: str
    revision_id: str
    branch: str = ""


def render_sarif(
    result: ReviewResult,
    sources: Mapping[str, Source],
    *,
    rules: Sequence[Rule] = (),
    include_suppressed: bool = True,
    baseline: Collection[str] | None = None,
    provenance: Provenance | None = None,
    category: str = "",
    timestamp: str = "",
) -> str:
    """The review as one SARIF log with one run.

    `rules` are those of every check that ran (those with findings are listed in any case).
    `include_suppressed=False` gives the variant to upload where suppressions are not understood.
    `baseline` holds the fingerprints of an earlier review; results are then `new` or `unchanged`.
    `category` distinguishes several runs over one tree; `timestamp` (UTC, RFC 3339) is the start.
    """
    quoted = quotes(result, sources)
    result = quoted.cleaned(result)
    findings = (*result.findings, *(result.known or ()), *(result.suppressed if include_suppressed else ()))
    listed = _rules(findings, rules)
    # A finding may name a narrower weakness than its check: its taxa are needed too.
    known = taxa((*listed, *(finding.rule for finding in findings)))
    artifacts = Artifacts(quoted)
    if baseline is None and result.known is not None:
        baseline = {finding.fingerprint for finding in result.known}
    known_before = None if baseline is None else frozenset(baseline)
    results = Results(quoted, artifacts, listed, known, known_before)
    run: Json = {
        "tool": {"driver": _driver(findings, listed, known)},
        "automationDetails": {"id": f"rearguard/{category}" if category else "rearguard/"},
        "columnKind": "unicodeCodePoints",
        "newlineSequences": ["\r\n", "\n"],
        "defaultEncoding": "utf-8",
        "redactionTokens": [MARK],
        "originalUriBaseIds": {BASE_ID: {"description": {"text": "The root of the reviewed tree."}}},
        "taxonomies": known.taxonomies(),
        "results": [results.json(finding) for finding in findings],
        "invocations": [_invocation(result, timestamp)],
        "properties": {
            "toolLevel": result.level,
            "tools": [
                {"name": tool.name, "version": tool.version, "outcome": tool.outcome, "detail": tool.detail}
                for tool in result.tools
            ],
        },
    }
    run["artifacts"] = artifacts.json()
    if provenance is not None:
        run["versionControlProvenance"] = [_provenance(provenance)]
    return dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _driver(findings: Sequence[Finding], listed: Sequence[Rule], known: Taxa) -> Json:
    """The tool, with a rule for every check that is `listed`."""
    return {
        # GitHub keys alerts on this name: it never changes.
        "name": "Rearguard",
        "semanticVersion": __version__,
        "rules": [
            rule_json(rule, [one for one in findings if one.rule.id == rule.id], known) for rule in listed
        ],
        "notifications": [_descriptor(id) for id in _NOTIFICATIONS],
        "supportedTaxonomies": known.components(),
    }


def _rules(findings: Sequence[Finding], rules: Sequence[Rule]) -> tuple[Rule, ...]:
    by_id = {rule.id: rule for rule in (*(finding.rule for finding in findings), *rules)}
    return tuple(by_id[id] for id in sorted(by_id))


def _descriptor(id: str) -> Json:
    words, level = _NOTIFICATIONS[id]
    return {"id": id, "shortDescription": {"text": words}, "defaultConfiguration": {"level": level}}


def _invocation(result: ReviewResult, timestamp: str) -> Json:
    """Successful only when every file of a known language was read whole and no tool failed."""
    coverage = result.coverage
    notes = [_notification("not-analysed", entry.reason, entry) for entry in coverage.unread]
    notes += [
        _notification("route-not-resolved", entry.reason, entry) for entry in coverage.endpoints_unresolved
    ]
    notes += [_notification("suppression", entry.reason, entry) for entry in result.stale_suppressions]
    notes += [
        _notification("tool", f"{tool.name}: {tool.outcome}" + (f", {tool.detail}" if tool.detail else ""))
        for tool in result.tools
        if tool.outcome != "ran"
    ]
    notes += [_notification("note", note) for note in result.notes]
    failed = any(tool.outcome == "failed" for tool in result.tools)
    found: Json = {
        "executionSuccessful": coverage.complete and not failed,
        "toolExecutionNotifications": notes,
    }
    if timestamp:
        found["startTimeUtc"] = timestamp
    return found


def _notification(id: str, reason: str, entry: Unread | None = None) -> Json:
    found: Json = {
        "descriptor": {"id": id, "index": list(_NOTIFICATIONS).index(id)},
        "level": _NOTIFICATIONS[id][1],
        "message": text(reason),
    }
    if entry is not None:
        place: Json = {"artifactLocation": {"uri": uri(entry.path), "uriBaseId": BASE_ID}}
        if entry.line:
            place["region"] = {"startLine": entry.line}
        found["locations"] = [{"physicalLocation": place}]
    return found


def _provenance(provenance: Provenance) -> Json:
    found: Json = {
        "repositoryUri": provenance.repository_uri,
        "revisionId": provenance.revision_id,
        "mappedTo": {"uriBaseId": BASE_ID},
    }
    if provenance.branch:
        found["branch"] = provenance.branch
    return found
