"""Inline suppressions: what they cover, and what is said about the wrong ones."""

from datetime import date

import pytest
from rearguard.findings import Confidence, Finding, Rule, Severity
from rearguard.findings.suppression import Suppressed, apply, parse
from rearguard.program import Evidence, Source, Span

KNOWN = ("sql-injection", "open-redirect", "path-traversal")


def comments(source: Source) -> list[tuple[int, int]]:
    """Spans of the comments that hold a directive, as a front end would give them (line comments only)."""
    spans = []
    for number, start in enumerate(source.line_starts, start=1):
        text = source.line_text(number)
        for opener in ("#", "//", "/*"):
            at = text.find(opener)
            if at != -1 and "rearguard:" in text:
                end = text.find("*/") + 2 if opener == "/*" else len(text)
                spans.append((start + len(text[:at].encode()), start + len(text[:end].encode())))
                break
    return spans


def finding(source: Source, text: str, check: str = "sql-injection") -> Finding:
    start = source.text.index(text.encode())
    return Finding(
        rule=Rule(check, check, 89, Severity.HIGH),
        location=Span(source.path, start, start + len(text.encode())),
        message="",
        why="",
        severity=Severity.HIGH,
        confidence=Confidence.CERTAIN,
        confidence_reason="",
        evidence=Evidence(()),
    )


def run(code: str, *places: str, today: date | None = None) -> tuple[Suppressed, list[str]]:
    """Apply the suppressions in `code` to a finding at each place; every problem as `line: reason`."""
    source = Source("a.py", code.encode(), "python")
    suppressions, problems = parse(source, comments(source), KNOWN)
    result = apply([finding(source, place) for place in places], suppressions, {"a.py": source}, today)
    return result, [f"{problem.line}: {problem.reason}" for problem in (*problems, *result.problems)]


@pytest.mark.parametrize(
    "code",
    [
        "run(sql)  # rearguard: ignore[sql-injection] constant table names\n",
        "# rearguard: ignore[sql-injection] constant table names\nrun(sql)\n",
        "// rearguard: ignore[sql-injection,path-traversal]: constant table names\nrun(sql)\n",
        "/* rearguard: ignore[sql-injection] constant table names */ run(sql)\n",
        (
            "# rearguard: ignore[sql-injection] constant table names\n"
            "# rearguard: ignore[open-redirect] x1\nrun(sql)\n"
        ),
    ],
)
def test_suppresses_with_a_reason(code: str) -> None:
    result, _ = run(code, "run(sql)")
    assert result.standing == ()
    assert [one.suppressed for one in result.suppressed] == ["constant table names"]


@pytest.mark.parametrize(
    "code",
    [
        "# rearguard: ignore[sql-injection] reason\n\nrun(sql)\n",  # not the line above
        "x = 1  # rearguard: ignore[sql-injection] reason\nrun(sql)\n",  # speaks for its own line
        "run(sql)\n# rearguard: ignore[sql-injection] reason\n",  # below
        "run(sql)  # rearguard: ignore[open-redirect] reason\n",  # another check
    ],
)
def test_does_not_reach_further(code: str) -> None:
    result, problems = run(code, "run(sql)")
    assert len(result.standing) == 1
    assert any("matches no finding" in problem for problem in problems)


def test_any_line_of_a_statement() -> None:
    code = "run(\n    sql,  # rearguard: ignore[sql-injection] reason\n)\n"
    result, problems = run(code, code.rstrip())
    assert len(result.suppressed) == 1
    assert problems == []


@pytest.mark.parametrize("rest", ["", " ", " --", " until=2030-01-01"])
def test_a_reason_is_mandatory(rest: str) -> None:
    result, problems = run(f"run(sql)  # rearguard: ignore[sql-injection]{rest}\n", "run(sql)")
    assert len(result.standing) == 1
    assert problems == ["1: suppression of sql-injection gives no reason, so it does not suppress"]


def test_a_check_is_mandatory() -> None:
    result, problems = run("run(sql)  # rearguard: ignore because I say so\n", "run(sql)")
    assert len(result.standing) == 1
    assert problems == ["1: suppression names no check: write ignore[check-id] and a reason"]


def test_unknown_directive() -> None:
    _, problems = run("run(sql)  # rearguard: off\n", "run(sql)")
    assert problems == ["1: unknown directive rearguard: 'off' (only ignore[check-id] is known)"]


def test_unknown_check_names_the_nearest() -> None:
    result, problems = run("run(sql)  # rearguard: ignore[sql-injecton] reason\n", "run(sql)")
    assert len(result.standing) == 1
    assert problems == ["1: suppression of unknown check 'sql-injecton'; did you mean sql-injection?"]


@pytest.mark.parametrize(("today", "suppressed"), [(None, 1), (date(2026, 12, 31), 1), (date(2027, 1, 1), 0)])
def test_expiry(today: date | None, suppressed: int) -> None:
    code = "run(sql)  # rearguard: ignore[sql-injection] until=2026-12-31 legacy\n"
    result, problems = run(code, "run(sql)", today=today)
    assert len(result.suppressed) == suppressed
    assert problems == ([] if suppressed else ["1: suppression expired on 2026-12-31"])


def test_wrong_date() -> None:
    result, problems = run("run(sql)  # rearguard: ignore[sql-injection] until=soon legacy\n", "run(sql)")
    assert len(result.standing) == 1
    assert problems == ["1: suppression has the date 'soon': write until=YYYY-MM-DD"]


def test_stale_only_for_checks_that_ran() -> None:
    source = Source("a.py", b"run(sql)  # rearguard: ignore[sql-injection,open-redirect] reason\n", "python")
    suppressions, _ = parse(source, comments(source), KNOWN)
    result = apply([], suppressions, {"a.py": source}, ran=["open-redirect"])
    assert [problem.reason for problem in result.problems] == [
        "suppression of open-redirect matches no finding"
    ]
