"""The dynamic half of a SARIF run: results with their flows, fixes and fingerprints."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from rearguard.findings import Confidence, Finding, Fix, Rule, Severity, line_hashes
from rearguard.program import Span, Step
from rearguard.report.quote import Quotes
from rearguard.report.revision import is_shown
from rearguard.report.sarif_rules import LEVELS, Taxa

__all__ = ["BASE_ID", "Artifacts", "Results", "region", "uri"]

Json = dict[str, Any]

BASE_ID = "%SRCROOT%"

_SNIPPET_LINES = 20
_LINK = re.compile(r"\[(?=[^\[\]]*\]\()")
_PLACEHOLDER = re.compile(r"\{(\d+)\}")
_RANKS = {Severity.CRITICAL: 95.0, Severity.HIGH: 80.0, Severity.MEDIUM: 55.0, Severity.LOW: 30.0}
_DOUBT = {Confidence.CERTAIN: 0.0, Confidence.LIKELY: 10.0, Confidence.QUESTION: 25.0}


def uri(path: str) -> str:
    """A relative URI reference for `path`, percent-encoded; bytes that are no UTF-8 are kept."""
    return quote(path, safe="/", errors="surrogateescape")


def text(words: str) -> Json:
    """A `message` whose words are only words: no embedded links, no placeholders (section 3.11)."""
    return {"text": _PLACEHOLDER.sub(r"{{\1}}", _LINK.sub(r"\\[", words))}


def region(span: Span, quoted: Quotes) -> Json:
    """A text region (section 3.30); columns count Unicode code points."""
    place = quoted.place(span)
    return {
        "startLine": place.line,
        "startColumn": place.column,
        "endLine": place.end_line,
        "endColumn": place.end_column,
    }


@dataclass(slots=True)
class Artifacts:
    """The files that the results name, in order of first use."""

    quoted: Quotes
    paths: dict[str, int] = field(default_factory=dict)
    """Path -> its index."""

    def location(self, path: str) -> Json:
        """An `artifactLocation` below the reviewed root."""
        index = self.paths.setdefault(path, len(self.paths))
        return {"uri": uri(path), "uriBaseId": BASE_ID, "index": index}

    def physical(self, span: Span, *, context: bool = False) -> Json:
        """A `physicalLocation`, with lines around it if asked; no region when the source is not at hand."""
        found: Json = {"artifactLocation": self.location(span.path)}
        place = self.quoted.place(span)
        if place.line == 0:
            return found
        found["region"] = region(span, self.quoted)
        last = self.quoted.last_line(span)
        if last - place.line >= _SNIPPET_LINES:
            return found
        source = self.quoted.sources[span.path]
        quoted = self.quoted.quote(span, _SNIPPET_LINES)
        own = self.quoted.clean(source.slice(span.start, span.end))
        if own in quoted:  # else part of it is redacted only on the whole line
            found["region"]["snippet"] = {"text": own}
        if context:
            lines = range(max(1, place.line - 2), min(last + 2, len(source.line_starts)) + 1)
            shown = "\n".join(self.quoted.line(span.path, number) for number in lines)
            found["contextRegion"] = {"startLine": lines[0], "endLine": lines[-1], "snippet": {"text": shown}}
        return found

    def json(self) -> list[Json]:
        """`run.artifacts`."""
        return [self._artifact(path) for path in self.paths]

    def _artifact(self, path: str) -> Json:
        found: Json = {"location": {"uri": uri(path), "uriBaseId": BASE_ID}}
        source = self.quoted.sources.get(path)
        if source is not None:
            found |= {
                "length": len(source.text),
                "sourceLanguage": source.language,
                "hashes": {"sha-256": source.sha256},
            }
        return found


@dataclass(slots=True)
class Results:
    """Turns findings into SARIF results."""

    quoted: Quotes
    artifacts: Artifacts
    rules: Sequence[Rule]
    taxa: Taxa
    baseline: frozenset[str] | None = None
    hashes: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def json(self, finding: Finding) -> Json:
        """One `result`. A question has kind `review`, and so level `none` (sections 3.27.9, 3.27.10)."""
        is_question = finding.confidence is Confidence.QUESTION
        result: Json = {
            "ruleId": finding.rule.id,
            "ruleIndex": [rule.id for rule in self.rules].index(finding.rule.id),
            "kind": "review" if is_question else "fail",
            "level": "none" if is_question else LEVELS[finding.severity],
            "rank": _RANKS[finding.severity] - _DOUBT[finding.confidence],
            "message": text(self.quoted.clean(_message(finding))),
            "locations": [self._location(finding)],
            "taxa": self.taxa.references(finding.rule),
            "properties": self._properties(finding),
        }
        result |= self._flow(finding)
        result |= self._identity(finding)
        if finding.fix is not None and is_shown(finding.fix):
            fix = self._fix(finding.fix)
            result |= {"fixes": [fix]} if fix else {}
        if finding.suppressed:
            reason = self.quoted.clean(finding.suppressed)
            kind = "inSource" if finding.suppressed_in == "source" else "external"
            result["suppressions"] = [{"kind": kind, "status": "accepted", "justification": reason}]
        return result

    def _location(self, finding: Finding) -> Json:
        found: Json = {"physicalLocation": self.artifacts.physical(finding.location, context=True)}
        if finding.endpoint is not None:
            found["logicalLocations"] = [
                {
                    "name": finding.endpoint.handler.rpartition(".")[2],
                    "fullyQualifiedName": finding.endpoint.handler,
                    "kind": "function",
                }
            ]
        return found

    def _properties(self, finding: Finding) -> Json:
        found: Json = {
            # The primary weakness alone: consumers that read a result's CWEs take each for a claim.
            "cwe": [f"CWE-{finding.rule.cwe}"],
            "severity": finding.severity.value,
            "confidence": finding.confidence.value,
            "confidenceReason": self.quoted.clean(finding.confidence_reason),
            "why": self.quoted.clean(finding.why),
            "advice": self.quoted.clean(finding.advice),
            "verification": [
                {
                    "text": self.quoted.clean(step.text),
                    "request": self.quoted.clean(step.request),
                    "expect": self.quoted.clean(step.expect),
                }
                for step in finding.verification
            ],
        }
        if finding.endpoint is not None:
            found["endpoint"] = finding.endpoint.name
        if finding.reported_by:
            found["reportedBy"] = [self.quoted.clean(name) for name in finding.reported_by]
        return found

    def _flow(self, finding: Finding) -> Json:
        """Steps from a source to a sink are a code flow; other evidence, and contrast, are related places."""
        steps, contrast = finding.evidence.steps, finding.evidence.contrast
        kinds = {step.kind for step in steps}
        found: Json = {}
        related: Sequence[Step] = contrast
        if {"source", "sink"} <= kinds and len(steps) > 1:
            found["codeFlows"] = [{"threadFlows": [{"locations": self._thread(steps)}]}]
        else:
            related = (*steps, *contrast)
        if related:
            found["relatedLocations"] = [
                {"id": number, **self._step(step)} for number, step in enumerate(related, start=1)
            ]
        return found

    def _thread(self, steps: Sequence[Step]) -> list[Json]:
        """`threadFlowLocation`s; the nesting level grows where the flow enters another file."""
        locations: list[Json] = []
        open_files: list[str] = []
        for number, step in enumerate(steps, start=1):
            if step.span.path in open_files:
                del open_files[open_files.index(step.span.path) + 1 :]
            else:
                open_files.append(step.span.path)
            locations.append(
                {
                    "location": self._step(step),
                    "kinds": [step.kind],
                    "nestingLevel": len(open_files) - 1,
                    "executionOrder": number,
                    "importance": "essential" if step.kind in {"source", "sink"} else "important",
                }
            )
        return locations

    def _step(self, step: Step) -> Json:
        return {
            "physicalLocation": self.artifacts.physical(step.span),
            "message": text(self.quoted.clean(step.text)),
        }

    def _identity(self, finding: Finding) -> Json:
        found: Json = {}
        if finding.fingerprint:
            found["fingerprints"] = {"rearguard/v1": finding.fingerprint}
        path = finding.location.path
        line = self.quoted.place(finding.location).line
        if line:
            if path not in self.hashes:
                self.hashes[path] = line_hashes(self.quoted.sources[path].text)
            if line <= len(self.hashes[path]):
                found["partialFingerprints"] = {"primaryLocationLineHash": self.hashes[path][line - 1]}
        if self.baseline is not None:
            found["baselineState"] = "unchanged" if finding.fingerprint in self.baseline else "new"
        return found

    def _fix(self, fix: Fix) -> Json | None:
        """A `fix`, or `None` when it cannot be applied as written: a source missing, or a secret in it."""
        changes: dict[str, list[Json]] = {}
        for edit in sorted(fix.edits, key=lambda edit: edit.span):
            if edit.span.path not in self.quoted.sources or self.quoted.clean(edit.text) != edit.text:
                return None
            changes.setdefault(edit.span.path, []).append(
                {
                    "deletedRegion": region(edit.span, self.quoted),
                    "insertedContent": {"text": edit.text},
                }
            )
        if not changes:
            return None
        return {
            "description": text(self.quoted.clean(fix.title)),
            "artifactChanges": [
                {"artifactLocation": self.artifacts.location(path), "replacements": replacements}
                for path, replacements in changes.items()
            ],
            "properties": {"disposition": fix.disposition.value},
        }


def _message(finding: Finding) -> str:
    where = f" ({finding.endpoint.name})" if finding.endpoint else ""
    return f"{finding.message}{where}"
