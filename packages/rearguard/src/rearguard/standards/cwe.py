"""Common Weakness Enumeration: names, links, and the 2025 Top 25.

Source: https://cwe.mitre.org. `data/cwe.json` holds the weaknesses our checks use and those of the
Top 25; any other number still has a link.
"""

from dataclasses import dataclass

from rearguard.standards._data import table

__all__ = ["Weakness", "weakness", "top_25"]


@dataclass(frozen=True, slots=True)
class Weakness:
    """One CWE entry."""

    number: int
    name: str
    """The published name; "" for a number whose name is not carried."""
    rank_2025: int | None
    """Place in the 2025 Top 25, from 1."""

    @property
    def id(self) -> str:
        """`CWE-89`."""
        return f"CWE-{self.number}"

    @property
    def title(self) -> str:
        """`CWE-89: Improper Neutralization ...`, or the id alone."""
        return f"{self.id}: {self.name}" if self.name else self.id

    @property
    def url(self) -> str:
        """The definition at MITRE."""
        return f"https://cwe.mitre.org/data/definitions/{self.number}.html"


def weakness(number: int) -> Weakness:
    """The entry for a CWE number; never raises, since a scanner may name any."""
    data = table("cwe")
    ranks: list[int] = data["top_25_2025"]
    return Weakness(
        number=number,
        name=data["names"].get(str(number), ""),
        rank_2025=ranks.index(number) + 1 if number in ranks else None,
    )


def top_25() -> tuple[Weakness, ...]:
    """The 2025 CWE Top 25, worst first."""
    return tuple(weakness(number) for number in table("cwe")["top_25_2025"])
