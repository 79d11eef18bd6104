"""Running a program without a shell, with operands that cannot become options, within time and output.

ASVS v5.0.0-1.2.5 (OS command injection).
"""

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from strongback.errors import ConfigurationError, DeniedError, LimitExceededError

__all__ = ["Command", "Completed"]

_MAX_OPERAND = 4096
_ENDING = 5.0
"""Seconds to wait for what was killed; only a descendant that left the group can hold the pipes longer."""


@dataclass(frozen=True, slots=True)
class Completed:
    """What a program did."""

    status: int
    stdout: bytes
    stderr: bytes


@dataclass(frozen=True, slots=True)
class Command:
    """One program with its fixed arguments; only operands vary.

    The environment is empty but for `environment` and a fixed locale. Operands that begin with `-` are
    refused, and stand after `--` unless `separator` is None for a program that does not know it. The program
    and everything it starts is killed at `timeout` seconds or beyond `max_output` bytes.
    """

    program: Path
    fixed: tuple[str, ...] = ()
    separator: str | None = "--"
    environment: Mapping[str, str] = field(default_factory=dict)
    directory: Path | None = None
    timeout: float = 30.0
    max_output: int = 1024 * 1024

    def __post_init__(self) -> None:
        if not self.program.is_absolute():
            raise ConfigurationError("Command: give the program's absolute path, not a name to search for")
        if self.program.name in {
            "sh",
            "bash",
            "dash",
            "zsh",
            "ksh",
            "fish",
            "cmd.exe",
            "powershell.exe",
            "env",
        }:
            raise ConfigurationError("Command: a shell would interpret its operands")
        if self.timeout <= 0 or self.max_output < 1:
            raise ConfigurationError("Command: timeout and max_output must be positive")

    def arguments(self, operands: tuple[str, ...]) -> list[str]:
        """The argument vector. Raises DeniedError for an operand that is an option, or holds a NUL."""
        for operand in operands:
            if operand.startswith("-") or "\x00" in operand or len(operand) > _MAX_OPERAND:
                raise DeniedError("an operand looks like an option, or is too long")
        middle = (self.separator,) if self.separator is not None and operands else ()
        return [str(self.program), *self.fixed, *middle, *operands]

    async def run(self, *operands: str, stdin: bytes = b"") -> Completed:
        """Run to the end. Raises TimeoutError, LimitExceededError, DeniedError, OSError."""
        process = await asyncio.create_subprocess_exec(
            *self.arguments(operands),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={"LC_ALL": "C.UTF-8", **self.environment},
            cwd=self.directory,
            start_new_session=True,
            close_fds=True,
        )
        tasks = (
            asyncio.create_task(_drain(process.stdout, self.max_output)),
            asyncio.create_task(_drain(process.stderr, self.max_output)),
            asyncio.create_task(_feed(process, stdin)),
        )
        try:
            async with asyncio.timeout(self.timeout):
                out, err, _ = await asyncio.gather(*tasks)
                return Completed(await process.wait(), out, err)
        finally:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                # The whole group: a child that outlives its parent is the usual way past a time-out.
                os.killpg(process.pid, signal.SIGKILL)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_ENDING):
                    # asyncio waits for the ends of the pipes, which it does not read while a buffer is full.
                    await asyncio.gather(_discard(process.stdout), _discard(process.stderr))
                    await process.wait()


async def _feed(process: asyncio.subprocess.Process, data: bytes) -> bytes:
    if process.stdin is not None:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            process.stdin.write(data)
            await process.stdin.drain()
        process.stdin.close()
    return b""


async def _drain(stream: asyncio.StreamReader | None, limit: int) -> bytes:
    found = b""
    while stream is not None and (chunk := await stream.read(65_536)):
        found += chunk
        if len(found) > limit:
            raise LimitExceededError("the program says too much")
    return found


async def _discard(stream: asyncio.StreamReader | None) -> None:
    while stream is not None and await stream.read(65_536):
        pass
