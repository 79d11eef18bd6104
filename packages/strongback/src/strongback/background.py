"""An event loop for code that does not await: the controls are written once, for both."""

import asyncio
import os
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

__all__ = ["Loop"]

T = TypeVar("T")


class Loop:
    """An event loop in a thread of its own, made anew in a process that was forked."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pid = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def running(self) -> asyncio.AbstractEventLoop:
        """The loop of this process."""
        with self._lock:
            if self._loop is None or self._pid != os.getpid():
                self._loop, self._pid = asyncio.new_event_loop(), os.getpid()
                self._thread = threading.Thread(
                    target=_keep, args=(self._loop,), name="strongback", daemon=True
                )
                self._thread.start()
            return self._loop

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Wait for `work`. Raises what it raises; not to be called on the loop itself."""
        return asyncio.run_coroutine_threadsafe(work, self.running()).result()

    def stop(self) -> None:
        """End the thread and what waits on it."""
        with self._lock:
            loop, thread, ours = self._loop, self._thread, self._pid == os.getpid()
            self._loop = self._thread = None
        if loop is not None and thread is not None and ours:
            loop.call_soon_threadsafe(loop.stop)
            thread.join()


def _keep(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.run_until_complete(loop.shutdown_default_executor())
    finally:
        loop.close()
