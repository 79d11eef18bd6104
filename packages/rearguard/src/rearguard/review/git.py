"""What git is asked: questions only, in a way that a repository's own settings cannot turn into programs."""

from pathlib import Path

from rearguard import running

__all__ = ["GitError", "ask"]

_TIMEOUT = 60
_SAFE = ("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "protocol.allow=never")
"""A repository's own settings must not make git run a program or fetch what is missing."""


class GitError(Exception):
    """git could not answer; the text says why."""


def ask(folder: Path, *arguments: str, given: bytes = b"") -> bytes:
    """What git says. Raises GitError when it is not there, or fails."""
    program = running.find("git", folder)
    if not program:
        raise GitError("git is not on PATH")
    done = running.run(
        [program, *_SAFE, *arguments],
        cwd=folder,
        given=given,
        timeout=_TIMEOUT,
        environment={"GIT_NO_LAZY_FETCH": "1", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"},
    )
    if done.problem:
        raise GitError(f"git {done.problem}")
    if done.code:
        raise GitError(f"git says: {done.last_words or 'it failed'}")
    return done.out
