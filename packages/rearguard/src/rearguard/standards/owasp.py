"""OWASP Top 10 categories, derived from the CWE for each edition.

A category is never written by hand on a check: it follows from the primary CWE, through the list each
edition publishes. A CWE that no list holds goes through an explicit fallback, or to none; both are rows
with a reason in `data/owasp_top10.json`. Renaming a 2021 category into a 2025 one is not a mapping, and
does not happen here.

Source: https://owasp.org/Top10/2021/ and https://owasp.org/Top10/2025/.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from rearguard.standards._data import table

__all__ = ["Category", "Edition", "EDITIONS", "Placement", "categories", "category", "placement"]

Edition = Literal["2021", "2025"]
EDITIONS: tuple[Edition, ...] = ("2021", "2025")


@dataclass(frozen=True, slots=True)
class Category:
    """One category of one edition."""

    id: str
    """`A05:2025`."""
    name: str
    edition: Edition
    page: str
    """Last part of the category's address."""

    @property
    def title(self) -> str:
        """`A05:2025 Injection`."""
        return f"{self.id} {self.name}"

    @property
    def url(self) -> str:
        """OWASP's page for the category."""
        return f"https://owasp.org/Top10/{self.edition}/{self.page}/"


@dataclass(frozen=True, slots=True)
class Placement:
    """How a CWE comes to a category."""

    category: Category
    basis: str
    """`list` (the edition names the CWE), `ancestor` (it names a relative) or `text` (its prose does)."""
    reason: str
    """Which relative or which passage; "" for `list`."""


def categories(edition: Edition) -> tuple[Category, ...]:
    """The ten categories of an edition, in order."""
    return tuple(
        Category(id=row["id"], name=row["name"], edition=edition, page=row["page"])
        for row in table("owasp_top10")["editions"][edition]
    )


def category(cwe: int, edition: Edition) -> Category | None:
    """The category of `cwe` in `edition`, or `None` when the edition does not place it."""
    found = placement(cwe, edition)
    return found.category if found else None


def placement(cwe: int, edition: Edition) -> Placement | None:
    """As `category`, with the ground for it."""
    return _mappings(edition).get(cwe)


@cache
def _mappings(edition: Edition) -> dict[int, Placement]:
    by_id = {entry.id: entry for entry in categories(edition)}
    found: dict[int, Placement] = {}
    for row in _rows("fallbacks", edition):
        found[row["cwe"]] = Placement(by_id[row["category"]], row["basis"], row["reason"])
    for row in table("owasp_top10")["editions"][edition]:
        for cwe in row["cwe"]:
            found[cwe] = Placement(by_id[row["id"]], "list", "")
    for row in _rows("preferred", edition):
        found[row["cwe"]] = Placement(by_id[row["category"]], "list", row["reason"])
    return found


def _rows(name: str, edition: Edition) -> Iterator[dict[str, Any]]:
    for row in table("owasp_top10")[name]:
        if row["category"].endswith(edition):
            yield row
