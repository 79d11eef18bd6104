"""The project's own tests, as the user names them: the only thing here that runs the project."""

import shlex
from dataclasses import dataclass
from pathlib import Path

from rearguard import running

__all__ = ["Tests"]

_LINES = 15
"""Last lines of a failed run that are shown."""


@dataclass(frozen=True, slots=True)
class Tests:
    """One command, run in one folder."""

    command: str
    folder: Path
    timeout: float

    def words(self) -> list[str]:
        """The command's words; there is no shell. Raises ValueError for a quotation that does not end."""
        return shlex.split(self.command)

    def run(self) -> str:
        """Why the tests do not pass; "" when they do."""
        done = running.run(self.words(), cwd=self.folder, timeout=self.timeout)
        if done.problem:
            return done.problem
        if not done.code:
            return ""
        said = (done.out + b"\n" + done.err).decode("utf-8", "replace").strip().splitlines()
        return "\n".join([f"exit status {done.code}", *said[-_LINES:]])
