"""What reviewed text may do in a report: be read, and nothing else."""

import io
from dataclasses import replace
from typing import Any

import pytest
from rearguard.findings import Disposition, Edit, Fix
from rearguard.program import Source, Span
from rearguard.report import (
    print_review,
    print_routes,
    render_html,
    render_json,
    render_markdown,
    render_sarif,
)
from rearguard.report.quote import LONGEST_LINE, Quotes, visible
from rearguard.report.redact import Redactor
from rearguard.report.revision import revision
from rich.console import Console

_TOKEN = "sk_live_" + "a1b2c3d4" * 3


def reports(sample: Any) -> dict[str, str]:
    """Every report of one result."""
    screen = io.StringIO()
    console = Console(file=screen, width=80, color_system=None)
    print_review(sample.result, sample.sources, console)
    print_routes(sample.result, sample.sources, console)
    return {
        "terminal": screen.getvalue(),
        "markdown": render_markdown(sample.result, sample.sources),
        "html": render_html(sample.result, sample.sources),
        "json": render_json(sample.result, sample.sources),
        "sarif": render_sarif(sample.result, sample.sources),
    }


def hostile(sample: Any, **changes: Any) -> Any:
    """The sample with these values in every endpoint."""
    result = sample.result
    endpoints = tuple(replace(one, **changes) for one in result.endpoints)
    findings = tuple(
        replace(one, endpoint=replace(one.endpoint, **changes) if one.endpoint else None)
        for one in result.findings
    )
    return replace(sample, result=replace(result, endpoints=endpoints, findings=findings))


def test_endpoints_are_redacted_like_the_rest(sample: Any) -> None:
    chain = (f"session({{ secret: 'weak word', key: '{_TOKEN}' }})",)
    told = hostile(sample, path=f"/hooks/{_TOKEN}", chain=chain, guards=(f"authentication: {chain[0]}",))
    for name, text in reports(told).items():
        assert "/hooks/sk[redacted]" in text, name
        assert _TOKEN not in text, name
        assert "weak word" not in text, name


def test_nothing_in_a_report_acts_on_a_terminal(sample: Any) -> None:
    told = hostile(
        sample, path="/\x1b[31m\x9b2J\u202e\u200b", handler="\x07[bold]x[/bold]", inputs=("query \x1b",)
    )
    for name, text in reports(told).items():
        assert visible(text) == text, name
        assert "202e" in text, name


def test_an_endless_line_is_cut() -> None:
    source = Source("a.py", b"x = '" + b"a" * 50_000 + b"'\n", "python")
    quoted = Quotes({"a.py": source}, Redactor())
    assert len(quoted.line("a.py", 1)) == LONGEST_LINE + 3


@pytest.mark.parametrize(
    "text", ["token" * 200_000, "a." * 400_000, "-eyJ" * 250_000, "key=" + "a" * 900_000]
)
def test_redaction_takes_time_in_proportion(text: str) -> None:
    assert Redactor().text(text) == text


def test_a_form_feed_ends_no_line() -> None:
    source = Source("a.py", b"one\n\x0c\ntwo\n\x0cthree\nfour\n", "python")
    start = source.text.index(b"three")
    fix = Fix(
        "", Disposition.SAFE, (Edit(Span("a.py", start, start + 5), "3"), Edit(Span("a.py", 0, 3), "1"))
    )
    changes = [
        change for hunk in revision(fix, Quotes({"a.py": source}, Redactor())) for change in hunk.changes
    ]
    assert [(c.sign, c.number, c.text) for c in changes if c.sign != " "] == [
        ("-", 1, "one"),
        ("+", 1, "1"),
        ("-", 4, "\x0cthree"),
        ("+", 4, "\x0c3"),
    ]
