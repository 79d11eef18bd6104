"""Requirements of which a violation alone can be shown: programs that violate them, and their clean twins."""

from typing import Any

from rearguard.assurance import Outcome
from rearguard.assurance.evidence import EVIDENCE
from rearguard.assurance.evidence_slips import SEEN


def test_slip(slip: Any, verified: Any) -> None:
    said = verified(slip.files)
    row = said.rows[slip.number]
    told = (row.outcome, row.reason, [f.rule.id for f in row.findings], sorted(said.lines(row)))
    if slip.kind == "Violated":
        assert row.outcome is Outcome.VIOLATED, told
        assert said.lines(row) == slip.marked, told
    else:
        assert row.outcome is Outcome.NO_VIOLATION, told
        assert not slip.marked


def test_every_rule_has_its_programs(slips: Any) -> None:
    held = {(case.number, case.family, case.kind) for case in slips}
    assert len(held) == len(slips)
    wanted = {
        (number, family, kind)
        for number in SEEN
        for family in ("Python", "JavaScript")
        for kind in ("Violated", "Clean")
    }
    assert sorted(wanted - held) == []
    assert not set(SEEN) & set(EVIDENCE)
