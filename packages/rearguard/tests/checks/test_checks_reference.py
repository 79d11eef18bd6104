"""The reference of checks is up to date."""

from pathlib import Path

from rearguard.checks import CHECKS
from rearguard.checks.reference import PATH, languages, render

ROOT = Path(__file__).resolve().parents[4]


def test_the_committed_reference_is_up_to_date() -> None:
    assert (ROOT / PATH).read_text(encoding="utf-8") == render(), "run python -m rearguard.checks.reference"


def test_every_check_has_a_section_and_a_row() -> None:
    lines = render().splitlines()
    for check in CHECKS:
        assert lines.count(f"## {check.rule.id}") == 1
        assert sum(line.startswith(f"| [{check.rule.id}](#{check.rule.id}) |") for line in lines) == 1


def test_every_check_has_cases_in_both_language_families() -> None:
    for check in CHECKS:
        found = set(languages(check))
        # What only stands in files around the code has no language.
        assert {"Python", "JavaScript"} <= found or found == {"settings"}, check.rule.id
