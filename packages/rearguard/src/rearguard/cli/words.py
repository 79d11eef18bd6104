"""What commands say to people: what they most likely meant, and why a command could not do its work."""

import difflib
import sys
from collections.abc import Iterable
from typing import NoReturn

import click

__all__ = ["complete_check", "fail", "listed", "nearest", "unknown_check"]


def nearest(word: str, known: Iterable[str]) -> str:
    """` Did you mean 'x'?`, or the empty text when nothing is near."""
    found = difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f" Did you mean {found[0]!r}?" if found else ""


def complete_check(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """Ids of checks that begin so, for the shell."""
    from rearguard.checks import CHECKS

    return [check.rule.id for check in CHECKS if check.rule.id.startswith(incomplete)]


def listed(context: click.Context, parameter: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
    """What an option names that may be repeated, and may name several: `--only debug-mode,open-redirect`."""
    return tuple(name.strip() for each in given for name in each.split(",") if name.strip())


def fail(message: str) -> NoReturn:
    """End the command with exit code 2 and a reason."""
    click.echo(f"rearguard: {message}", err=True)
    sys.exit(2)


def unknown_check(error: KeyError) -> NoReturn:
    """End the command: an option or a setting names a check that does not exist."""
    from rearguard.checks import CHECKS

    wanted = str(error.args[0])
    fail(f"there is no check {wanted!r}.{nearest(wanted, (check.rule.id for check in CHECKS))}")
