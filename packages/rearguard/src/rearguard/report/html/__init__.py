"""`review.html`: one file for a browser, without a network, with filters, flows and the access matrix."""

from collections.abc import Mapping

from rearguard.findings import ReviewResult
from rearguard.program import Source
from rearguard.report.html.document import document
from rearguard.report.html.findings import findings_section, questions_section, suppressed_section
from rearguard.report.html.overview import coverage_section, overview_section, posture_section
from rearguard.report.html.routes import routes_section
from rearguard.report.quote import quotes

__all__ = ["render_html"]


def render_html(result: ReviewResult, sources: Mapping[str, Source], *, timestamp: str = "") -> str:
    """The whole report; the same result gives the same text, since `timestamp` is written only when given."""
    quoted = quotes(result, sources)
    result = quoted.cleaned(result)
    sections = (
        overview_section(result, quoted),
        findings_section(result, quoted),
        questions_section(result, quoted),
        routes_section(result, quoted),
        posture_section(result),
        coverage_section(result),
        suppressed_section(result, quoted),
    )
    return document(result, tuple(one for one in sections if one is not None), timestamp)
