"""`rearguard routes`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from rearguard.cli.config import ConfigError, bad_pattern, find
from rearguard.cli.progress import ProgressLine
from rearguard.cli.words import fail

if TYPE_CHECKING:
    from rearguard.review import Options

_EPILOG = """\b
Examples:
  rearguard routes .
  rearguard routes . --matrix
  rearguard routes src --json - | jq '.endpoints[] | select(.authentication == "none")'
"""


@click.command(epilog=_EPILOG)
@click.argument("path", default=".")
@click.option(
    "--json", "json_", metavar="FILE", help="Write the endpoints as JSON to FILE; - is standard output."
)
@click.option("--matrix", is_flag=True, help="Print every cell of the access matrix with its evidence.")
@click.option("--exclude", multiple=True, metavar="PATTERN", help="Leave out paths, as .gitignore would.")
@click.option("--quiet", "-q", is_flag=True, help="Show no progress.")
def routes(path: str, json_: str | None, matrix: bool, exclude: tuple[str, ...], quiet: bool) -> None:
    """List every endpoint: method, path, handler, chain of guards, inputs, who may call it.

    What could not be resolved is counted and listed at the end.
    """
    from rearguard.report import ReportPathError, print_matrix, print_routes, render_json, write_file
    from rearguard.review import review_path

    progress = ProgressLine(quiet)
    try:
        reviewed = review_path(Path(path), path, _options(Path(path), exclude), progress)
    except FileNotFoundError:
        fail(f"{path}: there is no such file or folder")
    except ConfigError as error:
        fail(str(error))
    finally:
        progress.close()
    if not reviewed.result.coverage.files:
        fail(f"no Python, JavaScript or TypeScript source under {path}")
    if json_:
        text = render_json(reviewed.result, reviewed.sources)
        try:
            if json_ == "-":
                click.echo(text, nl=False)
            else:
                write_file(Path(json_), text)
        except (ReportPathError, OSError) as error:
            fail(f"{json_} could not be written: {error}")
        return
    from rich.console import Console

    shown = print_matrix if matrix else print_routes
    shown(reviewed.result, reviewed.sources, Console(highlight=False))


def _options(root: Path, exclude: tuple[str, ...]) -> "Options":
    """What is read is decided as for a review: by the settings, and by the command line before them."""
    from rearguard.review import Options

    problem = bad_pattern(exclude)
    if problem:
        fail(f"--exclude: {problem}")
    values = find(root).values if root.exists() else {}
    return Options(
        exclude=exclude or tuple(values.get("exclude", ())),
        include_tests=bool(values.get("include-tests", False)),
        jobs=int(values.get("jobs", 0)),
        cache=bool(values.get("cache", True)),
        repair=False,
    )
