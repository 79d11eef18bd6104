"""OWASP Application Security Verification Standard 5.0.0: requirement ids, levels, chapters, links.

The text of a requirement is not carried (CC BY-SA 4.0); its label here is in our own words, and the link
leads to the text. Ids are written as the standard asks: `v5.0.0-8.2.2`.
"""

import re
from dataclasses import dataclass

from rearguard.standards._data import table

__all__ = ["Chapter", "Requirement", "chapter", "chapters", "requirement", "requirements"]

_ID = re.compile(r"(?:v5\.0\.0-)?V?(?P<number>\d{1,2}\.\d{1,2}\.\d{1,2})")


@dataclass(frozen=True, slots=True)
class Chapter:
    """One of the 17 chapters."""

    number: int
    name: str
    page: str

    @property
    def title(self) -> str:
        """`V8 Authorization`."""
        return f"V{self.number} {self.name}"

    @property
    def url(self) -> str:
        """The chapter's text at the tag of the release."""
        return f"https://github.com/OWASP/ASVS/blob/v5.0.0/5.0/en/{self.page}.md"


@dataclass(frozen=True, slots=True)
class Requirement:
    """One verification requirement."""

    number: str
    """`8.2.2`."""
    level: int
    """1, 2 or 3: the lowest level that includes it."""
    chapter: Chapter
    label: str
    """What it asks, in our own words; "" for one that a reader of code cannot decide."""
    decides: str
    """`PF` pass and failure provable, `F` only failure, `E` evidence for a person, "" neither."""

    @property
    def id(self) -> str:
        """`v5.0.0-8.2.2`."""
        return f"v5.0.0-{self.number}"

    @property
    def title(self) -> str:
        """`v5.0.0-8.2.2 (L1) Object-level access enforced`."""
        return f"{self.id} (L{self.level}) {self.label}".rstrip()

    @property
    def url(self) -> str:
        """The chapter that holds the requirement's text."""
        return self.chapter.url


def chapters() -> tuple[Chapter, ...]:
    """All chapters in order."""
    return tuple(Chapter(row["number"], row["name"], row["page"]) for row in table("asvs_5_0_0")["chapters"])


def chapter(number: int) -> Chapter:
    """Chapter `number` (1 to 17). Raises `KeyError` beyond."""
    for entry in chapters():
        if entry.number == number:
            return entry
    raise KeyError(number)


def requirement(id: str) -> Requirement:
    """The requirement written `v5.0.0-8.2.2`, `V8.2.2` or `8.2.2`. Raises `KeyError` when there is none."""
    match = _ID.fullmatch(id)
    rows = table("asvs_5_0_0")["requirements"]
    if match is None or match["number"] not in rows:
        raise KeyError(id)
    number = match["number"]
    row = rows[number]
    return Requirement(
        number=number,
        level=row["level"],
        chapter=chapter(int(number.split(".")[0])),
        label=row.get("label", ""),
        decides=row.get("decides", ""),
    )


def requirements() -> tuple[Requirement, ...]:
    """All requirements in the standard's order."""
    return tuple(requirement(number) for number in table("asvs_5_0_0")["requirements"])
