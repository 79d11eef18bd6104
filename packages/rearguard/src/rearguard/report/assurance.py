"""What is fulfilled, as Markdown, JSON, CSV, and for a terminal."""

import csv
import io
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rearguard import __version__
from rearguard.assurance import Assurance, Outcome, Row, Standard
from rearguard.program import Source
from rearguard.report.json_report import dumps
from rearguard.report.markdown.text import prose
from rearguard.report.page import Page
from rearguard.report.quote import Quotes
from rearguard.report.redact import redactor
from rearguard.report.summary import plural

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["assurance_csv", "assurance_json", "assurance_markdown", "print_assurance"]

SCHEMA_VERSION = "1.0"
TITLES = {
    Standard.OWASP_2021: "OWASP Top 10:2021",
    Standard.OWASP_2025: "OWASP Top 10:2025",
    Standard.API_2023: "OWASP API Security Top 10:2023",
    Standard.CWE_25: "CWE Top 25:2025",
    Standard.ASVS: "OWASP ASVS 5.0.0",
    Standard.SSDF: "NIST SSDF 1.1 (PW.1, PW.5, PW.6, PW.9)",
    Standard.SDL: "Banned calls, after Microsoft SDL",
}
MEANING = (
    "*Met* rests on something that the code shows, never on an absence. *Violated* names its findings. "
    "*No violation found* says what was looked for and proves nothing. *Not applicable* and *needs a person* "
    "give their reason."
)
_SHOWN = 4
"""Places named in one cell of a table."""
_STYLES = {
    Outcome.MET: "green",
    Outcome.VIOLATED: "bold red",
    Outcome.NO_VIOLATION: "",
    Outcome.PERSON: "yellow",
    Outcome.NOT_APPLICABLE: "dim",
}


def _quotes(assurance: Assurance, sources: Mapping[str, Source]) -> Quotes:
    findings = {id(one): one for row in assurance.rows for one in row.findings}
    return Quotes(sources, redactor(findings.values(), sources))


def _places(row: Row, quoted: Quotes) -> list[str]:
    """The findings or the evidence of a row, as `check path:line`."""
    found = [f"{one.rule.id} {quoted.place(one.location)}" for one in row.findings]
    found += [str(quoted.place(step.span)) for step in row.evidence]
    return list(dict.fromkeys(found))


def _counts(rows: tuple[Row, ...]) -> str:
    counts = Counter(row.outcome for row in rows)
    return ", ".join(f"{counts[outcome]} {outcome.value}" for outcome in Outcome if counts[outcome])


def assurance_markdown(assurance: Assurance, sources: Mapping[str, Source], timestamp: str = "") -> str:
    """One table for each standard, ASVS by chapter."""
    quoted = _quotes(assurance, sources)
    lines = [f"# Assurance of {prose(assurance.root)}", ""]
    lines += [
        f"Rearguard {__version__}, tool level {assurance.level}"
        + (f", {timestamp}" if timestamp else "")
        + "."
    ]
    lines += ["", MEANING, ""]
    for standard, title in TITLES.items():
        rows = assurance.of(standard)
        if not rows:
            continue
        lines += [f"## {title}", "", f"{_counts(rows)}.", ""]
        chapters = dict.fromkeys(row.chapter for row in rows)
        for chapter in chapters:
            some = tuple(row for row in rows if row.chapter == chapter)
            if chapter:
                lines += [f"### {chapter}", "", f"{_counts(some)}.", ""]
            lines += _table(some, quoted, with_level=standard is Standard.ASVS)
    return "\n".join(lines).rstrip() + "\n"


def _table(rows: tuple[Row, ...], quoted: Quotes, *, with_level: bool) -> list[str]:
    """Rows as a table; what no reader of code decides is listed by id below it."""
    shown = [
        row
        for row in rows
        if row.looked or row.findings or row.outcome is not Outcome.PERSON or not with_level
    ]
    rest = [row for row in rows if row not in shown]
    lines: list[str] = []
    if shown:
        level = "Level | " if with_level else ""
        lines += [
            f"| Id | {level}Requirement | Outcome | Why |",
            "|---|" + ("---|" if with_level else "") + "---|---|---|",
        ]
    for row in shown:
        places = _places(row, quoted)
        where = ", ".join(f"`{prose(one)}`" for one in places[:_SHOWN])
        more = f" and {len(places) - _SHOWN} more" if len(places) > _SHOWN else ""
        why = f"{prose(quoted.clean(row.reason))}{': ' + where + more if where else ''}"
        level = f"L{row.level} | " if with_level else ""
        cells = f"| [{row.id}]({row.url}) | {level}{prose(row.title)} | {row.outcome.value} | {why} |"
        lines.append(cells.replace("\n", " "))
    lines += [""] if shown else []
    for reason in dict.fromkeys(row.reason for row in rest):
        ids = ", ".join(row.id.removeprefix("v5.0.0-") for row in rest if row.reason == reason)
        lines += [f"Needs a person, {reason}: {ids}.", ""]
    return lines


def assurance_json(assurance: Assurance, sources: Mapping[str, Source], timestamp: str = "") -> str:
    """Every row with its findings and evidence."""
    quoted = _quotes(assurance, sources)
    document: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "rearguard", "version": __version__},
        "root": assurance.root,
        "level": assurance.level,
        "rows": [_row(row, quoted) for row in assurance.rows],
        "notes": [quoted.clean(note) for note in assurance.notes],
    }
    if timestamp:
        document["timestamp"] = timestamp
    return dumps(document)


def _row(row: Row, quoted: Quotes) -> dict[str, Any]:
    return {
        "standard": row.standard.value,
        "id": row.id,
        "title": row.title,
        "url": row.url,
        "asvs_level": row.level or None,
        "chapter": row.chapter,
        "outcome": row.outcome.value,
        "reason": quoted.clean(row.reason),
        "checks": list(row.looked),
        "findings": [
            {
                "check": one.rule.id,
                "fingerprint": one.fingerprint,
                "path": quoted.place(one.location).path,
                "line": quoted.place(one.location).line,
                "severity": one.severity.value,
                "confidence": one.confidence.value,
            }
            for one in row.findings
        ],
        "evidence": [
            {
                "path": quoted.place(step.span).path,
                "line": quoted.place(step.span).line,
                "text": quoted.clean(step.text),
                "quote": quoted.quote(step.span, 3),
            }
            for step in row.evidence
        ],
    }


def assurance_csv(assurance: Assurance, sources: Mapping[str, Source], timestamp: str = "") -> str:
    """One line for each row, for a spreadsheet."""
    quoted = _quotes(assurance, sources)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("standard", "id", "level", "chapter", "title", "outcome", "reason", "where"))
    for row in assurance.rows:
        cells = (
            *(row.standard.value, row.id, row.level or "", row.chapter, row.title, row.outcome.value),
            *(quoted.clean(row.reason), "; ".join(_places(row, quoted))),
        )
        writer.writerow([_inert(str(cell)) for cell in cells])
    return out.getvalue()


def _inert(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell


def print_assurance(
    assurance: Assurance, sources: Mapping[str, Source], console: "Console", written: str
) -> None:
    """Counts for each standard, what is violated, and what is met."""
    page = Page(console, _quotes(assurance, sources))
    page.line(("Rearguard verify", "bold"), f"  {assurance.root}")
    page.line()
    for note in assurance.notes:
        page.words(note, "yellow")
    for standard, title in TITLES.items():
        rows = assurance.of(standard)
        if not rows:
            continue
        page.line((title, "bold"))
        page.words(_counts(rows), indent=2)
        for row in rows:
            if row.outcome not in (Outcome.VIOLATED, Outcome.MET):
                continue
            id = row.id.removeprefix("v5.0.0-")
            page.line((f"{row.outcome.value:9}", _STYLES[row.outcome]), f" {id} {row.title}", indent=2)
            page.words(_where(row, page.quoted), "dim", indent=12)
        page.line()
    page.words(f"Every row, with its reason and places: {written}", "bold")
    page.words("Nothing here is a certificate: what needs a person still does.", "dim")


def _where(row: Row, quoted: Quotes) -> str:
    places = _places(row, quoted)
    more = len(places) - 2
    return ", ".join(places[:2]) + (f" and {plural(more, 'more place')}" if more > 0 else "")
