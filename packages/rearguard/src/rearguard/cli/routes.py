"""`rearguard routes`."""

import sys
from pathlib import Path

import click

from rearguard.cli.progress import ProgressLine

_EPILOG = """\b
Examples:
  rearguard routes .
  rearguard routes src --json - | jq '.endpoints[] | select(.authentication == "none")'
"""


@click.command(epilog=_EPILOG)
@click.argument("path", default=".")
@click.option(
    "--json", "json_", metavar="FILE", help="Write the endpoints as JSON to FILE; - is standard output."
)
@click.option("--exclude", multiple=True, metavar="PATTERN", help="Leave out paths, as .gitignore would.")
@click.option("--quiet", "-q", is_flag=True, help="Show no progress.")
def routes(path: str, json_: str | None, exclude: tuple[str, ...], quiet: bool) -> None:
    """List every endpoint: method, path, handler, chain of guards, inputs, who may call it.

    What could not be resolved is counted and listed at the end.
    """
    from rearguard.report import print_routes, render_json
    from rearguard.review import Options, review_path

    progress = ProgressLine(quiet)
    try:
        reviewed = review_path(Path(path), path, Options(exclude=exclude, repair=False), progress)
    except FileNotFoundError:
        click.echo(f"rearguard: {path}: there is no such file or folder", err=True)
        sys.exit(2)
    finally:
        progress.close()
    if json_:
        text = render_json(reviewed.result, reviewed.sources)
        if json_ == "-":
            click.echo(text, nl=False)
        else:
            Path(json_).write_text(text, encoding="utf-8")
        return
    from rich.console import Console

    print_routes(reviewed.result, reviewed.sources, Console(highlight=False))
