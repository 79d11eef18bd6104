"""What a review may be told."""

from dataclasses import dataclass
from datetime import date

from rearguard.findings import Audience, Confidence
from rearguard.findings.suppression import FileSuppression


@dataclass(frozen=True, slots=True)
class Options:
    """Choices of one run; the defaults are the command's."""

    only: tuple[str, ...] = ()
    """Ids of the checks to run; empty runs all of the audience."""
    skip: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    """Paths left out, as patterns of `.gitignore`."""
    audience: Audience = Audience.DEFAULT
    min_confidence: Confidence = Confidence.QUESTION
    """Findings less sure than this are not shown."""
    include_tests: bool = False
    """Whether test code is reviewed like the rest."""
    jobs: int = 0
    """Processes that read files and ask checks; 0 chooses by the machine and the tree."""
    cache: bool = False
    """Whether what an unchanged file or tree gave is kept for later runs, and taken from earlier ones."""
    today: date | None = None
    """The day by which suppressions expire; without it they do not."""
    suppress: tuple[FileSuppression, ...] = ()
    """Suppressions of the settings."""
    repair: bool = True
    """Whether revised code is worked out and checked."""
    max_file_bytes: int = 2_000_000
    max_files: int = 60_000
