"""`rearguard verify`."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rearguard.cli.config import Config, ConfigError, bad_pattern, find
from rearguard.cli.progress import ProgressLine
from rearguard.cli.words import fail

if TYPE_CHECKING:
    from rearguard.assurance import Assurance
    from rearguard.review import Options

STANDARDS = ("owasp-2021", "owasp-2025", "api-2023", "cwe-25", "asvs", "ssdf", "sdl-banned")
_EPILOG = """\b
Examples:
  rearguard verify .
  rearguard verify . --level 1 --fail-on violated
  rearguard verify . --standard asvs --csv asvs.csv
"""


@click.command(epilog=_EPILOG)
@click.argument("path", default=".")
@click.option("--level", type=click.IntRange(1, 3), default=2, help="ASVS level to verify [default: 2].")
@click.option(
    "--standard", multiple=True, type=click.Choice(STANDARDS), help="This list alone; may be repeated."
)
@click.option(
    "--fail-on",
    type=click.Choice(["violated", "open", "nothing"]),
    default="violated",
    help="violated: exit 1 for a violated row; open: also for one that needs a person; nothing: never "
    "[default: violated].",
)
@click.option("--json", "json_", metavar="FILE", help="Also write JSON to FILE; - is standard output.")
@click.option("--csv", "csv_", metavar="FILE", help="Also write CSV to FILE.")
@click.option("--output", metavar="DIR", help="Folder in which rearguard-report/ is made [default: here].")
@click.option("--exclude", multiple=True, metavar="PATTERN", help="Leave out paths, as .gitignore would.")
@click.option("--timestamp", metavar="TIME", default="", help="Put this time into the reports.")
@click.option("--quiet", "-q", is_flag=True, help="Print nothing but errors.")
def verify(path: str, **given: Any) -> None:
    """Decide each row of OWASP Top 10, API Top 10, CWE Top 25, ASVS 5.0.0 and SSDF for the backend at PATH.

    A row is met with evidence, violated with findings, no violation was found, or it needs a person. Nothing
    is met because nothing was found. Writes assurance.md, .json and .csv to rearguard-report/.

    Exit codes: 0 no row fails, 1 one does, 2 the command could not do its work.
    """
    from rearguard.assurance import assure
    from rearguard.review import context_of, open_path

    problem = bad_pattern(given["exclude"])
    if problem:
        fail(f"--exclude: {problem}")
    root = Path(path)
    try:
        config = find(root) if root.exists() else Config({}, "")
    except ConfigError as error:
        fail(str(error))
    options = _options(given, config)
    progress = ProgressLine(given["quiet"])
    try:
        opened = open_path(root, path, options, progress)
        if not opened.languages:
            fail(f"no Python, JavaScript or TypeScript source under {path}")
        program, reviewed = opened.analysed(options, progress)
        rules = [check.rule for check in reviewed.rules]
        assurance = assure(reviewed.result, rules, context_of(program))
    except FileNotFoundError:
        fail(f"{path}: there is no such file or folder")
    finally:
        progress.close()
    assurance = _narrowed(assurance, given)
    _publish(assurance, reviewed.sources, given)
    sys.exit(1 if _fails(assurance, given["fail_on"]) else 0)


def _options(given: dict[str, Any], config: Config) -> "Options":
    """Every check runs, those of an audit too: a check that did not run cannot have looked."""
    from rearguard.findings import Audience
    from rearguard.review import Options

    values = config.values
    return Options(
        exclude=tuple(given["exclude"] or values.get("exclude", ())),
        audience=Audience.AUDIT,
        include_tests=bool(values.get("include-tests", False)),
        jobs=int(values.get("jobs", 0)),
        suppress=tuple(values.get("suppress", ())),
        repair=False,
    )


def _narrowed(assurance: "Assurance", given: dict[str, Any]) -> "Assurance":
    rows = tuple(
        row
        for row in assurance.rows
        if (not given["standard"] or row.standard.value in given["standard"]) and row.level <= given["level"]
    )
    return replace(assurance, rows=rows)


def _fails(assurance: "Assurance", fail_on: str) -> bool:
    from rearguard.assurance import Outcome

    failing = {"violated": (Outcome.VIOLATED,), "open": (Outcome.VIOLATED, Outcome.PERSON), "nothing": ()}
    return any(row.outcome in failing[fail_on] for row in assurance.rows)


def _publish(assurance: "Assurance", sources: Any, given: dict[str, Any]) -> None:
    from rearguard.report import (
        ReportPathError,
        assurance_csv,
        assurance_json,
        assurance_markdown,
        print_assurance,
        write_file,
        write_report,
    )

    stamp = given["timestamp"]
    as_json = assurance_json(assurance, sources, stamp)
    as_csv = assurance_csv(assurance, sources, stamp)
    parent = Path(given["output"] or ".")
    try:
        parent.mkdir(parents=True, exist_ok=True)
        folder = write_report(
            parent,
            {
                "assurance.md": assurance_markdown(assurance, sources, stamp),
                "assurance.json": as_json,
                "assurance.csv": as_csv,
            },
        )
        for target, text in ((given["json_"], as_json), (given["csv_"], as_csv)):
            if target and target != "-":
                write_file(Path(target), text)
    except ReportPathError as error:
        fail(f"the report could not be written: {error}")
    except OSError as error:
        fail(f"the report could not be written: {error.filename}: {error.strerror}")
    if given["json_"] == "-":
        click.echo(as_json, nl=False)
    elif not given["quiet"]:
        from rich.console import Console

        print_assurance(assurance, sources, Console(highlight=False), str(folder / "assurance.md"))
