"""`rearguard doctor`."""

import platform
import sys
import textwrap
from pathlib import Path

import click

from rearguard import __version__


@click.command()
def doctor() -> None:
    """Show what works here: interpreter, grammars, independent scanners, and the tool level they allow."""
    from rearguard.scanners import SCANNERS, own_rules, present

    click.echo(f"rearguard {__version__} on Python {platform.python_version()}, {platform.system()}")
    problems = _grammars()
    found = []
    for scanner in SCANNERS:
        program, version = present(scanner, Path.cwd())
        if program:
            found.append(scanner)
        shown = version if version != "?" else "no version"
        asks = ", asks a server" if scanner.asks_a_server else ""
        _say(f"  {scanner.name:14} {shown or 'not found':12} {scanner.what}{asks}", 30)
    click.echo()
    offline = [one.name for one in found if not one.asks_a_server]
    asking = [one.name for one in found if one.asks_a_server]
    _say("Reviews run at tool level 1, files and our own engine, unless other scanners are asked for.")
    if offline:
        _say(f"rearguard review --scanners auto  also runs {', '.join(offline)}, which open no connection.")
    if asking:
        _say(f"rearguard review --scanners all   also {', '.join(asking)}, which ask a server.")
    _say(_level(set(offline)))
    _say(f"Rules for banned calls, for Semgrep alone: {own_rules()}")
    sys.exit(2 if problems else 0)


def _say(text: str, indent: int = 0) -> None:
    """Print within 80 columns; a path or command that is longer stays whole, so that it can be copied."""
    kept = text[: len(text) - len(text.lstrip())]
    click.echo(
        textwrap.fill(
            text.lstrip(),
            79,
            initial_indent=kept,
            subsequent_indent=" " * indent,
            break_long_words=False,
            break_on_hyphens=False,
            replace_whitespace=False,
        )
    )


def _level(names: set[str]) -> str:
    if "semgrep" in names:
        return (
            "Level 0 is within reach: Python by bandit or your rules, all else by your --semgrep-rules."
            if ("bandit" in names)
            else "Level 0 is within reach with your --semgrep-rules."
        )
    if "bandit" in names:
        return "Level 0 is within reach for Python; for JavaScript and TypeScript install semgrep."
    return "Level 0 is out of reach: install semgrep or bandit, or merge another tool with --import-sarif."


def _grammars() -> bool:
    from rearguard.frontends import read

    samples = {
        "python": b"x = 1\n",
        "javascript": b"x = 1;\n",
        "typescript": b"let x: number = 1;\n",
        "tsx": b"let x = <a/>;\n",
    }
    broken = [name for name, text in samples.items() if read(text, name).errors]
    click.echo(f"  grammars       {'broken: ' + ', '.join(broken) if broken else 'ok'}")
    return bool(broken)
