"""NIST Secure Software Development Framework 1.1 (SP 800-218): the practices our outputs support.

The names are NIST's; `support` says in our words what a review or a build contributes, and nothing more:
a practice belongs to an organisation, no tool fulfils it. Secure default settings are PW.9; PW.6 is about
compilers, interpreters and build tools, although it is often quoted for settings.
Source: https://csrc.nist.gov/pubs/sp/800/218/final.
"""

from dataclasses import dataclass

__all__ = ["Practice", "PRACTICES", "practice", "URL"]

URL = "https://csrc.nist.gov/pubs/sp/800/218/final"


@dataclass(frozen=True, slots=True)
class Practice:
    """One practice of the framework."""

    id: str
    name: str
    support: str
    """What Rearguard contributes to it."""


PRACTICES: tuple[Practice, ...] = (
    Practice(
        "PW.1",
        "Design Software to Meet Security Requirements and Mitigate Security Risks",
        "the endpoint security table, and the trace from threat to control to test of a build",
    ),
    Practice(
        "PW.4",
        "Reuse Existing, Well-Secured Software When Feasible Instead of Duplicating Functionality",
        "repairs that use the project's own library, and controls taken from one audited package",
    ),
    Practice(
        "PW.5",
        "Create Source Code by Adhering to Secure Coding Practices",
        "findings at the line, with revised code that passed re-analysis",
    ),
    Practice(
        "PW.6",
        "Configure the Compilation, Interpreter, and Build Processes to Improve Executable Security",
        "checks of dependency pins, build and container files",
    ),
    Practice(
        "PW.7",
        "Review and/or Analyze Human-Readable Code to Identify Vulnerabilities and Verify Compliance "
        "with Security Requirements",
        "the review itself, with evidence and a ledger of what was not analysed",
    ),
    Practice(
        "PW.8",
        "Test Executable Code to Identify Vulnerabilities and Verify Compliance with Security Requirements",
        "verification steps for each finding, and abuse tests of a build",
    ),
    Practice(
        "PW.9",
        "Configure Software to Have Secure Settings by Default",
        "checks of settings, headers, cookies, CORS and debug switches",
    ),
    Practice(
        "RV.1",
        "Identify and Confirm Vulnerabilities on an Ongoing Basis",
        "stable fingerprints and a baseline, so that a repeated review shows what is new",
    ),
)


def practice(id: str) -> Practice:
    """The practice with this id. Raises `KeyError` for one that is not listed here."""
    for entry in PRACTICES:
        if entry.id == id:
            return entry
    raise KeyError(id)
