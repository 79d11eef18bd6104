"""`rearguard compare`."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rearguard.cli.words import fail

if TYPE_CHECKING:
    from rearguard.findings.comparing import Compared, Told

_EPILOG = """\b
Examples:
  rearguard compare before.json after.json
  rearguard compare main.sarif branch.sarif --json -
"""


@click.command(epilog=_EPILOG)
@click.argument("before", type=click.Path(path_type=Path))
@click.argument("after", type=click.Path(path_type=Path))
@click.option("--json", "json_", metavar="FILE", help="Write the difference as JSON; - is standard output.")
@click.option("--quiet", "-q", is_flag=True, help="Print nothing but errors.")
def compare(before: Path, after: Path, json_: str | None, quiet: bool) -> None:
    """Compare two reports, as review.json or SARIF: what is new, fixed, unchanged, changed.

    Exit codes: 0 nothing is new or graver, 1 something is, 2 a file is no report.
    """
    from rearguard.findings.comparing import CompareError, load
    from rearguard.findings.comparing import compare as compared
    from rearguard.report import ReportPathError, write_file
    from rearguard.report.json_report import dumps

    try:
        found = compared(load(before), load(after))
    except CompareError as error:
        fail(str(error))
    if json_:
        text = dumps(_document(found))
        try:
            if json_ == "-":
                click.echo(text, nl=False)
            else:
                write_file(Path(json_), text)
        except (ReportPathError, OSError) as error:
            fail(f"{json_} could not be written: {error}")
    if not quiet and json_ != "-":
        _print(found)
    sys.exit(1 if found.worse else 0)


def _document(found: "Compared") -> dict[str, object]:
    return {
        "schema_version": "1.0",
        "new": [asdict(one) for one in found.new],
        "fixed": [asdict(one) for one in found.fixed],
        "unchanged": [asdict(one) for one in found.unchanged],
        "changed": [{"before": asdict(one), "after": asdict(other)} for one, other in found.changed],
        "worse": found.worse,
    }


def _print(found: "Compared") -> None:
    for word, many in (("new", found.new), ("fixed", found.fixed)):
        for one in many:
            click.echo(f"{word:9} {_line(one)}")
    for before, after in found.changed:
        graver = f"  was {before.severity}" if before.severity != after.severity else ""
        click.echo(f"{'changed':9} {_line(after)}{graver}")
    counts = [
        f"{len(many)} {word}"
        for word, many in (
            ("new", found.new),
            ("fixed", found.fixed),
            ("changed", found.changed),
            ("unchanged", found.unchanged),
        )
    ]
    click.echo(", ".join(counts))


def _line(one: "Told") -> str:
    from rearguard.report.quote import visible

    place = f"{one.path}:{one.line}" if one.line else one.path
    return visible(f"{one.severity:8} {one.check}  {place}").replace("\n", " ")
