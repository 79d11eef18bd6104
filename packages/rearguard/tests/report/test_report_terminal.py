"""The first screen and the routes, at 80 columns."""

import io
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

from rearguard.findings import Request, ReviewResult
from rearguard.report import print_review, print_routes
from rearguard.review import Options, review_path
from rich.console import Console

SCREEN = """\
Rearguard  shop  4 files, 29 lines, express, sequelize

Checks for audits were left out; --audience audit adds them.

    4  routes
    1  reachable without login
    1  takes an id without an ownership check
    1  not resolved

5 findings: 1 critical, 3 high, 1 medium  and 1 question, 1 suppressed

 1  CRITICAL  sql-injection  certain, CWE-89
    src/repo.js:3  GET /orders
    `req.query.status` becomes part of the text of this statement, through
    `findOrders`.

      3 - sequelize.query(`SELECT * FROM orders WHERE status = '${status}'`)
      3 + sequelize.query('SELECT * FROM orders WHERE status = :status', {
        +   replacements: { status } })

    Try   curl -s -H "Authorization: Bearer $TOKEN" \\
          "http://localhost:3000/orders?status=%27%20OR%20%271%27=%271"
    Want  an empty list, as for any unknown status

 2  HIGH  hardcoded-secret  likely, CWE-798
    settings.py:1
    The signing key stands in the code: hu[redacted].

      1   SECRET_KEY = "hu[redacted]"

    Fix   Read it from the environment.

3 more findings and 1 question not shown.
"""


def screen(result: ReviewResult, sources: Any, **options: Any) -> str:
    width = options.pop("width", 80)
    out = io.StringIO()
    print_review(result, sources, Console(file=out, width=width, color_system=None), **options)
    return out.getvalue()


def routes(result: ReviewResult, sources: Any) -> str:
    out = io.StringIO()
    print_routes(result, sources, Console(file=out, width=80, color_system=None))
    return out.getvalue()


def test_first_screen(sample: Any) -> None:
    assert screen(sample.result, sample.sources, limit=2).startswith(SCREEN)


def test_no_line_is_wider_than_the_terminal(sample: Any) -> None:
    for width in (60, 80):
        for line in screen(sample.result, sample.sources, width=width).splitlines():
            assert len(line) <= width or "http://localhost" in line  # a request is never cut
            assert line == line.rstrip()
    assert max(map(len, routes(sample.result, sample.sources).splitlines())) <= 80


def test_where_the_rest_is(sample: Any) -> None:
    text = screen(sample.result, sample.sources, written=("out/review.md", "out/review.sarif"), limit=3)
    assert "2 more findings, 1 question and every route, with evidence: out/review.md\n" in text
    assert "Also out/review.sarif\n" in text


def test_what_was_not_analysed_and_the_tool_level(sample: Any) -> None:
    text = screen(sample.result, sample.sources)
    assert (
        "1 file or part not analysed; 11 of 14 calls resolved.\n  dist/bundle.js: larger than 2 MB\n" in text
    )
    assert "src/orders.js:4: suppression of log-injection matches no finding" in text
    assert "Tool level 1" in text
    assert "SAST-validated" not in text


def test_wrong_directory_is_said(sample: Any) -> None:
    empty = replace(
        sample.result, findings=(), suppressed=(), endpoints=(), notes=(),
        coverage=replace(sample.result.coverage, files=0, lines=0, frameworks=(), endpoints_unresolved=()),
    )  # fmt: skip
    text = screen(empty, {})
    assert "Nothing to review: no Python, JavaScript or TypeScript source under shop." in text
    assert "Is this the right directory?" in " ".join(text.split())
    assert "No findings" not in text


def test_no_findings_is_no_praise(sample: Any) -> None:
    clean = replace(sample.result, findings=(), suppressed=())
    text = screen(clean, sample.sources)
    assert "No findings\nThat is no proof of absence" in text


def test_no_routes_is_said(sample: Any) -> None:
    coverage = replace(sample.result.coverage, endpoints_unresolved=())
    text = screen(replace(sample.result, endpoints=(), coverage=coverage), sample.sources)
    assert "No routes were recognised" in text


def test_no_secret(sample: Any) -> None:
    assert "hunter2" not in screen(sample.result, sample.sources)


def test_colour_only_on_a_terminal(sample: Any) -> None:
    plain, terminal = io.StringIO(), io.StringIO()
    print_review(sample.result, sample.sources, Console(file=plain, width=80))
    print_review(
        sample.result,
        sample.sources,
        Console(file=terminal, width=80, force_terminal=True, color_system="standard", _environ={}),
    )
    assert "\x1b[" not in plain.getvalue()
    assert "\x1b[" in terminal.getvalue()


def test_reviewed_text_cannot_drive_the_terminal(sample: Any) -> None:
    """Escape sequences, markup and direction marks come out as text."""
    evil = "\x1b[2J[bold red]x[/]\u202e\r\nnew"
    one = replace(sample.result.findings[0], message=evil)
    endpoint = replace(sample.result.endpoints[0], path=evil, handler=evil, guards=(evil,), inputs=(evil,))
    hostile = replace(sample.result, findings=(one,), endpoints=(endpoint,), notes=(evil,))
    text = screen(hostile, sample.sources) + routes(hostile, sample.sources)
    assert not set(text) & {"\x1b", "\u202e", "\r"}
    assert "[bold red]x[/]" in text
    assert "\\u001b[2J" in text


def test_routes(sample: Any) -> None:
    lines = routes(sample.result, sample.sources).splitlines()
    assert lines[0].split() == ["ROUTE", "LOGIN", "OBJECT"]
    assert lines[5].split() == ["GET", "/orders/:id", "required", "OPEN"]
    assert lines[6].strip() == "handler  orders.read (src/orders.js:10)"
    assert lines[7].strip() == "guard    authentication: requireAuth (src/auth.js:3)"
    assert lines[8].strip() == "reads    path id"
    assert lines[13].split() == ["POST", "/signup", "none", "-"]
    assert lines[-2:] == ["1 registration not resolved:", "  src/plugins.js:12: the path is computed"]


def test_places_whose_sources_are_missing(sample: Any) -> None:
    text = screen(sample.result, {})
    assert "    src/repo.js  GET /orders\n" in text


def test_routes_of_nothing(sample: Any) -> None:
    assert routes(replace(sample.result, endpoints=()), {}).startswith("No routes were recognised.\n")


def test_a_broken_request_pastes_as_the_same_words(sample: Any) -> None:
    wanted = (
        "curl -i -X POST 'http://localhost:8000/search/by/name' -H 'Content-Type: application/json' "
        """-d '{"q": "'\\'' OR '\\''1'\\''='\\''1 and more of it"}' --data-urlencode 'a=x y' a\\ b"""
    )
    step = Request("Send it.", wanted, "Nothing.")
    first = replace(sample.result.findings[0], verification=(step,))
    told = screen(replace(sample.result, findings=(first,)), sample.sources)
    shown = told[told.index("Try ") + 4 : told.index("Want ")]
    assert len(shown.splitlines()) > 3
    assert shlex.split(shown.replace("\\\n", "")) == shlex.split(wanted)


def test_a_long_revision_is_shown_where_the_finding_is(tmp_path: Path) -> None:
    """The helper that a repair brings fills the lines that are shown; what it is there for stands among them."""
    text = (
        "// for migrations only\nif (!process.env.JWT_SECRET) {\n  process.env.JWT_SECRET = 'securekey'\n}\n"
    )
    (tmp_path / "knexfile.js").write_text(text)
    done = review_path(tmp_path, ".", Options(cache=False))
    shown = screen(done.result, done.sources)
    assert "3 -   process.env.JWT_SECRET" in shown
    assert "more lines in the report" in shown
