"""Work on what is in memory, done by several processes: forks, which share it and give back what they found.

What is given back does not depend on how many there are: each piece of work is done whole by one of them, and
what nobody gave back is done here.
"""

import contextlib
import gc
import multiprocessing
import os
import signal
import sys
import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection
from typing import Generic, TypeVar

Result = TypeVar("Result")
_MOST = 255
"""Pieces of work at most: a piece is one byte in the pipe from which processes take them."""


def shared_out(work: Sequence[Callable[[], Result]], processes: int) -> list[Result]:
    """What each piece gives, in their order. Results are pickled: they must stand for themselves.

    Pieces are begun in their order, by whichever process is free. One process does all where forking is not
    possible, or not safe: with other threads, or on systems whose libraries do not bear it.
    """
    if processes <= 1 or not 1 < len(work) <= _MOST or not _can_fork():
        return [piece() for piece in work]
    found: dict[int, Result] = {}
    with _Helpers(work, processes - 1) as helpers:
        for number in helpers.taken():
            found[number] = work[number]()
        found.update(helpers.results())
    return [found[number] if number in found else piece() for number, piece in enumerate(work)]


class Later(Generic[Result]):
    """Work that another process does while this one goes on; what cannot be done there is done here."""

    def __init__(self, work: Callable[[], Result], processes: int) -> None:
        """`work` begins at once, if there may be more than one process."""
        self._work = work
        self._receiver: Connection | None = None
        if processes <= 1 or not _can_fork():
            return
        context = multiprocessing.get_context("fork")
        with contextlib.suppress(OSError):
            receiver, sender = context.Pipe(duplex=False)
            process = context.Process(target=self._help, args=(sender,), daemon=True)
            process.start()
            sender.close()
            self._receiver = receiver
            # Whoever forgets the work ends it.
            self._end = weakref.finalize(self, _ended, process, receiver)

    @property
    def is_apart(self) -> bool:
        """Whether the work goes on elsewhere."""
        return self._receiver is not None

    def result(self) -> Result:
        """What the work gave; waits for it. To be asked once."""
        if self._receiver is not None:
            try:
                found: Result = self._receiver.recv()
                return found
            except (EOFError, OSError):
                pass
            finally:
                self._end()
        return self._work()

    def _help(self, sender: Connection) -> None:
        """Runs in the other process. What fails is done again, and so told, by the one that was started."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        gc.disable()
        with contextlib.suppress(Exception):
            sender.send(self._work())


def _ended(process: multiprocessing.process.BaseProcess, receiver: Connection) -> None:
    receiver.close()
    process.terminate()
    process.join()


def _can_fork() -> bool:
    """Not with other threads, not on systems whose libraries do not bear it, and not from a helper."""
    alone = threading.active_count() == 1 and not multiprocessing.current_process().daemon
    return sys.platform == "linux" and alone


class _Helpers(Generic[Result]):
    """Forked processes that take pieces from the same pipe as this one."""

    def __init__(self, work: Sequence[Callable[[], Result]], count: int) -> None:
        self._work = work
        self._source, sink = os.pipe()
        os.write(sink, bytes(range(len(work))))
        os.close(sink)
        context = multiprocessing.get_context("fork")
        self._started: list[tuple[multiprocessing.process.BaseProcess, Connection]] = []
        # A collection would write to every object, and so copy what the processes share.
        gc.freeze()
        with contextlib.suppress(OSError):
            for _ in range(count):
                receiver, sender = context.Pipe(duplex=False)
                process = context.Process(target=self._help, args=(sender,), daemon=True)
                process.start()
                sender.close()
                self._started.append((process, receiver))

    def __enter__(self) -> "_Helpers[Result]":
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._source)
        for process, receiver in self._started:
            receiver.close()
            process.terminate()
            process.join()
        gc.unfreeze()

    def taken(self) -> Iterator[int]:
        """The next piece of work, until none is left."""
        while taken := os.read(self._source, 1):
            yield taken[0]

    def results(self) -> dict[int, Result]:
        """What the other processes found; nothing of one that failed."""
        found: dict[int, Result] = {}
        for _, receiver in self._started:
            with contextlib.suppress(EOFError, OSError):
                found.update(receiver.recv())
        return found

    def _help(self, sender: Connection) -> None:
        """Runs in a helper. What fails is done again, and so told, by the process that was started."""
        # Ctrl-C reaches every process of the terminal; the one that was started ends the others.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        gc.disable()
        with contextlib.suppress(Exception):
            sender.send({number: self._work[number]() for number in self.taken()})


__all__ = ["Later", "shared_out"]
