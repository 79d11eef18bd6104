"""CWE, ASVS, API Top 10 and SSDF: what is carried is complete and links to its source."""

from collections import Counter

import pytest
from rearguard.standards import (
    API_TOP_10,
    PRACTICES,
    api_risk,
    chapters,
    practice,
    requirement,
    requirements,
    top_25,
    weakness,
)


def test_weakness_has_name_and_link() -> None:
    found = weakness(89)
    assert found.title.startswith(
        "CWE-89: Improper Neutralization of Special Elements used in an SQL Command"
    )
    assert found.url == "https://cwe.mitre.org/data/definitions/89.html"
    assert found.rank_2025 == 2


def test_weakness_that_is_not_carried_still_links() -> None:
    found = weakness(4)
    assert (found.name, found.title, found.rank_2025) == ("", "CWE-4", None)


def test_top_25_is_ranked_and_named() -> None:
    ranked = top_25()
    assert [entry.rank_2025 for entry in ranked] == list(range(1, 26))
    assert all(entry.name for entry in ranked)
    assert ranked[0].number == 79


def test_asvs_is_whole() -> None:
    # ASVS 5.0.0, "Using the ASVS": 345 requirements in 17 chapters.
    every = requirements()
    assert len(every) == 345
    assert Counter(entry.level for entry in every) == {1: 70, 2: 183, 3: 92}
    assert [entry.number for entry in chapters()] == list(range(1, 18))


@pytest.mark.parametrize("written", ["v5.0.0-8.2.2", "V8.2.2", "8.2.2"])
def test_requirement_by_any_spelling(written: str) -> None:
    found = requirement(written)
    assert found.id == "v5.0.0-8.2.2"
    assert found.level == 1
    assert found.chapter.title == "V8 Authorization"
    assert found.label
    assert found.url.endswith("/v5.0.0/5.0/en/0x17-V8-Authorization.md")


@pytest.mark.parametrize("written", ["v4.0.3-8.2.2", "8.2", "99.1.1", "v5.0.0-8.2.2x"])
def test_requirement_that_does_not_exist(written: str) -> None:
    with pytest.raises(KeyError):
        requirement(written)


def test_api_top_10() -> None:
    assert [risk.id for risk in API_TOP_10] == [f"API{n}:2023" for n in range(1, 11)]
    assert api_risk("API1:2023").url.endswith("/0xa1-broken-object-level-authorization/")
    with pytest.raises(KeyError):
        api_risk("API11:2023")


def test_ssdf() -> None:
    assert len({entry.id for entry in PRACTICES}) == len(PRACTICES)
    assert "Secure Settings" in practice("PW.9").name
    with pytest.raises(KeyError):
        practice("PW.99")
