"""Writes what the documentation shows of the product from the product itself. `make reference` runs it.

The screen in README.md, between two comments, and its picture are those of a real review; the reference of
checks comes from their rules; the JSON schema is the one that the package ships.
"""

import os
import re
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

from picture import svg
from rearguard.checks import reference

ROOT = Path(__file__).resolve().parents[1]
COMMAND = ("review", "examples/flask-files/vulnerable")
BEGIN, END = "<!-- screen: make reference -->\n", "<!-- end of screen -->\n"


def screen(**settings: str) -> str:
    """The first screen of a review at 80 columns up to its second finding, and its last lines."""
    done = subprocess.run(
        [sys.executable, "-m", "rearguard.cli.main", *COMMAND, "--output", "build/readme"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "COLUMNS": "80", **settings},
    )
    if done.returncode != 1:
        raise RuntimeError(f"the review ended with {done.returncode}: {done.stderr}")
    lines = [line.rstrip().replace("build/readme/", "") for line in done.stdout.splitlines()]
    second = next(number for number, line in enumerate(lines) if re.match(r"(\x1b\[[0-9;]*m)* 2  ", line))
    last = next(number for number, line in enumerate(lines) if "more finding" in line)
    shown = [f"$ rearguard {' '.join(COMMAND)}", *lines[:second], "[...]", "", *lines[last:]]
    return "\n".join(shown).rstrip() + "\n"


def readme(text: str, shown: str) -> str:
    """README.md with the screen put in. Raises ValueError when it has no place for one."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError("README.md has no place for the screen")
    return f"{before}{begin}```console\n{shown}```\n{end}{after}"


def schema() -> str:
    """The schema of the JSON report."""
    return files("rearguard.report").joinpath("data/review.schema.json").read_text(encoding="utf-8")


def contents() -> dict[str, str]:
    """Path from the root -> text as it should be."""
    return {
        "README.md": readme((ROOT / "README.md").read_text(encoding="utf-8"), screen()),
        "docs/first-screen.svg": svg(screen(FORCE_COLOR="1")),
        str(reference.PATH): reference.render(),
        "docs/reference/review.schema.json": schema(),
    }


if __name__ == "__main__":
    for path, text in contents().items():
        (ROOT / path).write_text(text, encoding="utf-8")
