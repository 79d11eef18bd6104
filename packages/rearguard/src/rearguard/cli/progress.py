"""A line of progress on a terminal, for anything that takes longer than a second."""

import sys
import time
from typing import TextIO

AFTER = 1.0
"""Seconds before anything is shown."""
EVERY = 0.1


class ProgressLine:
    """Rewrites one line on standard error. Writes nothing when that is no terminal or `quiet`."""

    def __init__(self, quiet: bool, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._on = not quiet and self._stream.isatty()
        self._start = time.monotonic()
        self._last = 0.0
        self._shown = False

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Show a stage; `total` 0 when the amount is not known."""
        if not self._on:
            return
        now = time.monotonic()
        if now - self._start < AFTER or now - self._last < EVERY:
            return
        self._last = now
        bar = ""
        if total:
            filled = 24 * done // total
            bar = f" [{'#' * filled}{'.' * (24 - filled)}] {done}/{total}"
        self._stream.write(f"\r\x1b[K{stage}{bar} {now - self._start:.0f} s")
        self._stream.flush()
        self._shown = True

    def close(self) -> None:
        """Take the line away."""
        if self._shown:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
