"""OWASP categories follow from the CWE, per edition."""

import pytest
from rearguard.standards import EDITIONS, Edition, categories, category, placement
from rearguard.standards._data import table

# Every CWE that a check of the catalogue has as its primary one.
CATALOGUE = (
    20, 22, 78, 79, 89, 90, 93, 94, 113, 117, 134, 200, 204, 208, 209, 213, 250, 256, 257, 287, 290, 295, 306,
    307, 308, 312, 319, 321, 326, 327, 328, 329, 338, 347, 349, 352, 384, 390, 400, 434, 470, 489, 501, 502,
    521, 522, 532, 548, 598, 601, 611, 613, 614, 639, 640, 643, 650, 693, 770, 778, 798, 862, 863, 915, 916,
    918, 942, 943, 1004, 1021, 1088, 1188, 1236, 1275, 1321, 1333, 1336, 1357, 1385, 1392, 1395,
)  # fmt: skip


@pytest.mark.parametrize(
    ("cwe", "in_2021", "in_2025"),
    [
        (89, "A03:2021", "A05:2025"),
        (639, "A01:2021", "A01:2025"),
        (918, "A10:2021", "A01:2025"),  # no category of its own any more
        (209, "A04:2021", "A10:2025"),
        (611, "A05:2021", "A02:2025"),
        (1336, "A03:2021", "A05:2025"),
        (1392, "A07:2021", "A07:2025"),
        (259, "A07:2021", "A07:2025"),
        (489, "A05:2021", "A02:2025"),
        (693, "A05:2021", "A06:2025"),
    ],
)
def test_category_is_per_edition(cwe: int, in_2021: str, in_2025: str) -> None:
    found = [category(cwe, edition) for edition in EDITIONS]
    assert [entry.id if entry else None for entry in found] == [in_2021, in_2025]


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("cwe", CATALOGUE)
def test_every_catalogue_cwe_is_placed_or_declared_unplaced(cwe: int, edition: Edition) -> None:
    unmapped = {(row["cwe"], row["edition"]) for row in table("owasp_top10")["unmapped"]}
    assert (placement(cwe, edition) is None) == ((cwe, edition) in unmapped)


@pytest.mark.parametrize("edition", EDITIONS)
def test_a_fallback_never_overrides_the_published_list(edition: Edition) -> None:
    listed = {cwe for row in table("owasp_top10")["editions"][edition] for cwe in row["cwe"]}
    fallbacks = [row for row in table("owasp_top10")["fallbacks"] if row["category"].endswith(edition)]
    assert not {row["cwe"] for row in fallbacks} & listed
    for row in fallbacks:
        found = placement(row["cwe"], edition)
        assert found is not None
        assert found.basis in {"ancestor", "text"}
        assert found.reason


def test_an_unknown_cwe_has_no_category() -> None:
    assert category(99999, "2025") is None


@pytest.mark.parametrize("edition", EDITIONS)
def test_ten_categories_with_links(edition: Edition) -> None:
    entries = categories(edition)
    assert [entry.id for entry in entries] == [f"A{n:02}:{edition}" for n in range(1, 11)]
    assert entries[0].url == f"https://owasp.org/Top10/{edition}/A01_{edition}-Broken_Access_Control/"


def test_no_cwe_is_in_two_categories_without_a_preference() -> None:
    preferred = {row["cwe"] for row in table("owasp_top10")["preferred"]}
    for edition in EDITIONS:
        listed = [cwe for row in table("owasp_top10")["editions"][edition] for cwe in row["cwe"]]
        assert {cwe for cwe in listed if listed.count(cwe) > 1} <= preferred
