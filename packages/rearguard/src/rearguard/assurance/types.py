"""The answers, row by row."""

from dataclasses import dataclass
from enum import StrEnum

from rearguard.findings import Finding
from rearguard.program import Step

__all__ = ["Assurance", "Outcome", "Row", "Standard"]


class Outcome(StrEnum):
    """What can be said of a requirement."""

    MET = "met"
    """Something in the code shows that it is fulfilled. Never said because nothing was found."""
    VIOLATED = "violated"
    NO_VIOLATION = "no violation found"
    """It was looked for. That is no proof of fulfilment."""
    PERSON = "needs a person"
    NOT_APPLICABLE = "not applicable"


class Standard(StrEnum):
    """The lists, as they are named in options and reports."""

    OWASP_2021 = "owasp-2021"
    OWASP_2025 = "owasp-2025"
    API_2023 = "api-2023"
    CWE_25 = "cwe-25"
    ASVS = "asvs"
    SSDF = "ssdf"
    SDL = "sdl-banned"


@dataclass(frozen=True, slots=True)
class Row:
    """One requirement."""

    standard: Standard
    id: str
    title: str
    url: str
    outcome: Outcome
    reason: str
    """What it rests on, in a sentence."""
    level: int = 0
    """Of ASVS: 1 to 3; 0 elsewhere."""
    chapter: str = ""
    findings: tuple[Finding, ...] = ()
    """Those that violate it, or ask a person about it."""
    evidence: tuple[Step, ...] = ()
    """Places that show that it is met, or broken where no finding does, or that a person should look at."""
    looked: tuple[str, ...] = ()
    """The checks that looked for a violation."""


@dataclass(frozen=True, slots=True)
class Assurance:
    """All rows of one program."""

    root: str
    level: int
    """The tool level of the review that it rests on."""
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()

    def of(self, standard: Standard) -> tuple[Row, ...]:
        """The rows of one standard, in its order."""
        return tuple(row for row in self.rows if row.standard is standard)
