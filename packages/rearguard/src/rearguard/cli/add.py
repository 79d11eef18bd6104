"""`rearguard add`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rearguard.cli.progress import ProgressLine
from rearguard.cli.words import fail, nearest

if TYPE_CHECKING:
    from rearguard.implement import Added

_EPILOG = """\b
Examples:
  rearguard add                              list the controls
  rearguard add security-headers .           show the plan and its diff
  rearguard add security-headers . --yes     apply it
  rearguard add cors . --set origins=https://app.example.com
"""


def _complete(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    from rearguard.implement import CONTROLS

    return [name for name in CONTROLS if name.startswith(incomplete)]


@click.command(epilog=_EPILOG)
@click.argument("control", required=False, shell_complete=_complete)
@click.argument("path", default=".", metavar="[APP]")
@click.option("--yes", "-y", is_flag=True, help="Apply the plan without asking.")
@click.option("--diff", "only_diff", is_flag=True, help="Print the diff alone; change nothing.")
@click.option("--at", metavar="PATH[:LINE]", default="", help="Which application, where there are several.")
@click.option(
    "--set", "given", multiple=True, metavar="NAME=VALUE", help="A decision that the control asks for."
)
@click.option("--allow-dirty", is_flag=True, help="Change a git work tree that is not clean.")
@click.option("--exclude", multiple=True, metavar="PATTERN", help="Leave out paths, as .gitignore would.")
@click.option("--quiet", "-q", is_flag=True, help="Print nothing but errors.")
def add(control: str | None, path: str, **options: Any) -> None:
    """Put one CONTROL into the application at APP: plan and diff first, files only on your word.

    The application is read first, and again with the plan in place: a plan that brings a finding or changes
    an endpoint is refused.

    Exit codes: 0 applied, shown, or there already; 2 refused, with the reason.
    """
    from rearguard.implement import CONTROLS, PresentError, RefusedError, plan_control

    if control is None:
        _list()
        return
    if control not in CONTROLS:
        fail(f"there is no control {control!r}.{nearest(control, CONTROLS)} `rearguard add` lists them")
    if options["yes"] and options["only_diff"]:
        fail("--diff changes nothing and --yes does; choose one")
    root = Path(path)
    if not root.is_dir():
        fail(f"{path}: there is no such folder")
    progress = ProgressLine(options["quiet"])
    try:
        added = plan_control(
            root,
            CONTROLS[control],
            _settings(options["given"]),
            at=options["at"],
            exclude=options["exclude"],
            progress=progress,
        )
    except PresentError as present:
        progress.close()
        if not options["quiet"]:
            click.echo(f"{control}: nothing to do: {present}")
        return
    except RefusedError as refused:
        progress.close()
        fail(f"{control} was not put in: {refused}")
    finally:
        progress.close()
    _carry_out(added, root, path, options)


def _list() -> None:
    from rearguard.implement import CONTROLS

    width = max(map(len, CONTROLS))
    for control in CONTROLS.values():
        click.echo(f"  {control.name:{width}}  {control.title}")


def _settings(given: tuple[str, ...]) -> Any:
    from rearguard.implement import Settings

    found: dict[str, str] = {}
    for each in given:
        name, equals, value = each.partition("=")
        if not equals or not name:
            fail(f"--set {each}: write it as NAME=VALUE")
        found[name] = value
    return Settings(found)


def _carry_out(added: "Added", root: Path, shown: str, options: dict[str, Any]) -> None:
    from rearguard.cli.plan import print_plan
    from rearguard.implement import WriteError, diff, write

    plan = added.plan
    if options["only_diff"]:
        click.echo("".join(diff(plan.files).values()), nl=False)
        return
    if not options["quiet"]:
        from rich.console import Console

        print_plan(added, Console(highlight=False))
    asks = not options["yes"] and sys.stdin.isatty() and sys.stdout.isatty() and not options["quiet"]
    if not options["yes"] and not (asks and click.confirm("Apply it?", default=False)):
        if not options["quiet"]:
            click.echo(f"Nothing was changed. To apply it: rearguard add {plan.control} {shown} --yes")
        return
    try:
        write(root, plan.files, allow_dirty=options["allow_dirty"])
    except WriteError as error:
        fail(str(error))
    if not options["quiet"]:
        click.echo(f"Applied: {', '.join(file.path for file in plan.files)}")
        for command in plan.commands:
            click.echo(f"Run: {command}")
