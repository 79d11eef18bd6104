"""Quotations: places as people write them, and lines of the reviewed code as they may be shown."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from rearguard.findings import Endpoint, Finding, ReviewResult, TouchedObject, Unread
from rearguard.program import Source, Span
from rearguard.report.redact import Redactor, redactor

__all__ = ["Place", "Quotes", "quotes", "visible"]

LONGEST_LINE = 2_000
"""Characters of one line of reviewed code that are quoted."""
_BOM = b"\xef\xbb\xbf"
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff\ufff9-\ufffb]"
)


def visible(text: str) -> str:
    r"""`text` with control, invisible and text-direction characters written as `\u202e`.

    Reviewed code must not be able to move the reader's cursor or reorder what is shown
    (https://trojansource.codes).
    """
    return _INVISIBLE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


@dataclass(frozen=True, slots=True)
class Place:
    """A span in lines and columns, both from 1, columns in Unicode code points.

    `end_column` is that of the character after the last one. All are 0 when the source is not at hand.
    """

    path: str
    line: int
    column: int
    end_line: int
    end_column: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}" if self.line else self.path


@dataclass(frozen=True, slots=True)
class Quotes:
    """Quotes sources by span, redacted."""

    sources: Mapping[str, Source]
    redactor: Redactor

    def place(self, span: Span) -> Place:
        """Where `span` is."""
        source = self.sources.get(span.path)
        if source is None:
            return Place(span.path, 0, 0, 0, 0)
        line, end_line = source.line_of(span.start), source.line_of(span.end)
        return Place(
            path=span.path,
            line=line,
            column=source.column_of(span.start) - _mark_before(source, line, span.start),
            end_line=end_line,
            end_column=source.column_of(span.end) - _mark_before(source, end_line, span.end),
        )

    def last_line(self, span: Span) -> int:
        """The line of the last character of `span`; 0 when the source is not at hand."""
        source = self.sources.get(span.path)
        return source.line_of(max(span.start, span.end - 1)) if source else 0

    def line(self, path: str, number: int) -> str:
        """Line `number` of the file at `path`, redacted and cut at `LONGEST_LINE`; "" when there is none."""
        source = self.sources.get(path)
        text = source.line_text(number).removeprefix("\ufeff") if source else ""
        # A secret that the cut goes through is seen whole.
        shown = self.redactor.line(path, number, text[: 2 * LONGEST_LINE])
        return shown if len(shown) <= LONGEST_LINE else f"{shown[:LONGEST_LINE]}..."

    def lines(self, span: Span, limit: int = 12) -> tuple[tuple[int, str], ...]:
        """The lines that `span` touches, at most `limit`, each with its number."""
        first = self.place(span).line
        if first == 0:
            return ()
        last = min(self.last_line(span), first + limit - 1)
        return tuple((number, self.line(span.path, number)) for number in range(first, last + 1))

    def quote(self, span: Span, limit: int = 12) -> str:
        """The lines that `span` touches as one text."""
        return "\n".join(text for _, text in self.lines(span, limit))

    def language(self, path: str) -> str:
        """The language of the file at `path`; "" when it is not at hand."""
        source = self.sources.get(path)
        return source.language if source else ""

    def clean(self, text: str) -> str:
        """Any other text, redacted."""
        return self.redactor.text(text)

    def cleaned(self, result: ReviewResult) -> ReviewResult:
        """The result with its endpoints, ledger and notes redacted: their paths and names are reviewed."""
        coverage = replace(
            result.coverage,
            endpoints_unresolved=self._entries(result.coverage.endpoints_unresolved),
            unread=self._entries(result.coverage.unread),
        )
        return replace(
            result,
            findings=self._findings(result.findings),
            suppressed=self._findings(result.suppressed),
            known=None if result.known is None else self._findings(result.known),
            stale_suppressions=self._entries(result.stale_suppressions),
            endpoints=tuple(self._endpoint(endpoint) for endpoint in result.endpoints),
            coverage=coverage,
            notes=tuple(self.clean(note) for note in result.notes),
        )

    def _findings(self, findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
        return tuple(
            replace(one, endpoint=self._endpoint(one.endpoint)) if one.endpoint is not None else one
            for one in findings
        )

    def _entries(self, entries: tuple[Unread, ...]) -> tuple[Unread, ...]:
        return tuple(replace(entry, reason=self.clean(entry.reason)) for entry in entries)

    def _endpoint(self, endpoint: Endpoint) -> Endpoint:
        return replace(
            endpoint,
            method=self.clean(endpoint.method),
            path=self.clean(endpoint.path),
            handler=self.redactor.label(endpoint.handler),
            chain=tuple(self.redactor.label(name) for name in endpoint.chain),
            guards=tuple(self.redactor.label(name) for name in endpoint.guards),
            inputs=tuple(self.clean(name) for name in endpoint.inputs),
            cells=tuple(replace(cell, reason=self.clean(cell.reason)) for cell in endpoint.cells),
            objects=tuple(self._object(one) for one in endpoint.objects),
        )

    def _object(self, one: TouchedObject) -> TouchedObject:
        return replace(
            one,
            resource=self.clean(one.resource),
            keys=tuple(self.clean(key) for key in one.keys),
            reason=self.clean(one.reason),
            owner=self.clean(one.owner),
        )


def quotes(result: ReviewResult, sources: Mapping[str, Source]) -> Quotes:
    """Quotations for the reports of one result."""
    return Quotes(sources, redactor((*result.findings, *(result.known or ()), *result.suppressed), sources))


def _mark_before(source: Source, line: int, offset: int) -> int:
    """1 when a byte order mark precedes `offset` on its line: it is no column (SARIF 2.1.0, 3.30.2)."""
    return 1 if line == 1 and offset >= len(_BOM) and source.text.startswith(_BOM) else 0
