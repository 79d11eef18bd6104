"""Other programs: found on PATH, started without a shell, bounded in time and output, ended whole.

The one place that starts a program. None is ever one that the reviewed tree brings along: commands are
ours, or the user's own words.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

__all__ = ["MAX_OUTPUT", "Ran", "find", "run"]

MAX_OUTPUT = 64_000_000
"""Bytes of one stream that are read; a program that says more has failed."""


@dataclass(frozen=True, slots=True)
class Ran:
    """How a program ended."""

    code: int
    """Its exit status; -1 when it gave none."""
    out: bytes = b""
    err: bytes = b""
    problem: str = ""
    """Why there is no exit status: not started, ended for time, said too much."""

    @property
    def last_words(self) -> str:
        """The last line of what it said about itself."""
        lines = self.err.decode("utf-8", "replace").strip().splitlines()
        return lines[-1].strip() if lines else ""


def find(name: str, folder: Path | None = None) -> str:
    """The program of this name on PATH; "" when there is none, or it lies within `folder`.

    What a reviewed tree holds is never started, even if a relative entry of PATH leads into it.
    """
    found = shutil.which(name)
    if found is None:
        return ""
    place = Path(found).absolute()
    if folder is not None and not os.path.isabs(found) and place.is_relative_to(folder.resolve()):
        return ""
    return str(place)


def run(
    command: Sequence[str],
    *,
    cwd: Path,
    timeout: float,
    given: bytes = b"",
    environment: Mapping[str, str] | None = None,
) -> Ran:
    """Run a program to its end, with `environment` added to ours. Never raises for what it does."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, tempfile.TemporaryFile() as into:
        into.write(given)
        into.seek(0)
        try:
            process = subprocess.Popen(
                list(command),
                cwd=cwd,
                stdin=into,
                stdout=out,
                stderr=err,
                env={**os.environ, **(environment or {})},
                start_new_session=os.name != "nt",
            )
        except FileNotFoundError:
            return Ran(-1, problem=f"{command[0]} is not there")
        except (OSError, ValueError) as error:
            return Ran(-1, problem=f"{command[0]} could not be started: {error}")
        try:
            code = process.wait(timeout)
        except subprocess.TimeoutExpired:
            _end(process)
            return Ran(-1, _read(out), _read(err), f"did not end within {timeout:g} s")
        except BaseException:  # an interruption: what was started is ended before it goes on
            _end(process)
            raise
        if max(_size(out), _size(err)) > MAX_OUTPUT:
            return Ran(-1, problem=f"said more than {MAX_OUTPUT} bytes")
        return Ran(code, _read(out), _read(err))


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End a program and what it started."""
    with contextlib.suppress(OSError):
        if os.name == "nt":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _size(file: IO[bytes]) -> int:
    return os.fstat(file.fileno()).st_size


def _read(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read(MAX_OUTPUT)
