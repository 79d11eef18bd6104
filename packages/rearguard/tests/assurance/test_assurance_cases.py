"""Requirements decided both ways: programs that fulfil them, that break them, and that only look like it."""

from typing import Any

from rearguard.assurance import Outcome


def test_case(case: Any, verified: Any) -> None:
    said = verified(case.files)
    row = said.rows[case.number]
    told = (row.outcome, row.reason, [f.rule.id for f in row.findings], sorted(said.lines(row)))
    if case.kind == "Met":
        assert row.outcome is Outcome.MET, told
        assert said.lines(row), told
        assert said.lines(row) <= case.marked, told
    elif case.kind == "Violated":
        assert row.outcome is Outcome.VIOLATED, told
        assert said.lines(row) & case.marked, told
    else:
        assert row.outcome is not Outcome.MET, told
        assert row.outcome is not Outcome.NOT_APPLICABLE, told
        assert not case.marked


def test_pages_are_whole(cases: Any) -> None:
    """Every requirement on a page has all three programs in both families of languages."""
    held = {(case.number, case.family, case.kind) for case in cases}
    assert len(held) == len(cases)
    wanted = {
        (number, family, kind)
        for number in {case.number for case in cases}
        for family in ("Python", "JavaScript")
        for kind in ("Met", "Violated", "Near miss")
    }
    assert sorted(wanted - held) == []
    assert not held - wanted
