"""`rearguard doctor`."""

import platform
import re
import sys
from pathlib import Path

import click

from rearguard import __version__, running

_SCANNERS = {
    "semgrep": "static analysis by rules",
    "gitleaks": "secrets in files and history",
    "pip-audit": "known vulnerabilities of Python dependencies",
    "npm": "npm audit: known vulnerabilities of npm dependencies",
}
_NUMBER = re.compile(rb"\d+\.\d[\w.+-]*", re.ASCII)
_TIMEOUT = 20
"""Seconds that a tool may take to say its version."""


@click.command()
def doctor() -> None:
    """Show what works here: interpreter, grammars, independent scanners, and the tool level they allow."""
    click.echo(f"rearguard {__version__} on Python {platform.python_version()}, {platform.system()}")
    problems = _grammars()
    present = []
    for name, what in _SCANNERS.items():
        version = _version(name)
        click.echo(f"  {name:10} {version or 'not found':14} {what}")
        if version:
            present.append(name)
    click.echo()
    click.echo("Reviews run at tool level 1: files and our own engine, no independent scanner.")
    if present:
        click.echo(f"Found on this machine, and not run by a review: {', '.join(present)}.")
    click.echo("Nothing in a report is called SAST-validated at this level.")
    sys.exit(2 if problems else 0)


def _grammars() -> bool:
    from rearguard.frontends import read

    samples = {
        "python": b"x = 1\n",
        "javascript": b"x = 1;\n",
        "typescript": b"let x: number = 1;\n",
        "tsx": b"let x = <a/>;\n",
    }
    broken = [name for name, text in samples.items() if read(text, name).errors]
    click.echo(f"  grammars   {'broken: ' + ', '.join(broken) if broken else 'ok'}")
    return bool(broken)


def _version(name: str) -> str:
    """What a program on PATH says of its version; "" when it is not there or does not answer."""
    found = running.find(name)
    if not found:
        return ""
    arguments = ["version"] if name == "gitleaks" else ["--version"]
    done = running.run([found, *arguments], cwd=Path.cwd(), timeout=_TIMEOUT)
    said = _NUMBER.search(done.out or done.err)
    return said.group().decode("ascii") if said else ""
