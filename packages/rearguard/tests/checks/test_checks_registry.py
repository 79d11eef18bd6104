"""The registry of checks: unique ids, and classifications that the standards know."""

from rearguard.checks import CHECKS
from rearguard.standards import api_risk, category, requirement, weakness


def test_ids_are_unique_words() -> None:
    ids = [check.rule.id for check in CHECKS]
    assert len(ids) == len(set(ids))
    assert all(id == id.lower() and id.replace("-", "").isalpha() for id in ids)


def test_weaknesses_have_names_and_a_category() -> None:
    for check in CHECKS:
        rule = check.rule
        assert weakness(rule.cwe).name, rule.id
        # No category of the list holds missing time limits, nor an ancestor of theirs.
        assert category(rule.cwe, "2025") is not None or rule.cwe == 1088, rule.id
        assert rule.cwe not in rule.related, rule.id


def test_requirements_and_risks_exist() -> None:
    for check in CHECKS:
        assert check.rule.asvs, check.rule.id
        for id in check.rule.asvs:
            assert requirement(id).label, f"{check.rule.id}: {id}"
        for id in check.rule.api_top10:
            assert api_risk(id).id == id


def test_titles_are_phrases() -> None:
    for check in CHECKS:
        title = check.rule.title
        assert title[0].isupper(), title
        assert not title.endswith("."), title
