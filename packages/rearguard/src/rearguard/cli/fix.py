"""`rearguard fix`."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rearguard.cli.config import Config, ConfigError, bad_pattern, find
from rearguard.cli.progress import ProgressLine
from rearguard.cli.words import complete_check, fail, listed, unknown_check

if TYPE_CHECKING:
    from collections.abc import Callable

    from rearguard.applying import Checked, Wanted
    from rearguard.findings import Finding
    from rearguard.findings.repairs import Applied, RepairRun
    from rearguard.review import Options

_EPILOG = """\b
Examples:
  rearguard fix .                            show the plan; on a terminal, ask for each repair
  rearguard fix . --diff                     print the diffs and nothing else
  rearguard fix . --yes                      apply the safe repairs
  rearguard fix . --yes --review             and those that change behaviour on purpose
  rearguard fix . --yes --only debug-mode --test-command "pytest -q"
"""


@click.command(epilog=_EPILOG)
@click.argument("path", default=".")
@click.option("--yes", "-y", is_flag=True, help="Apply safe repairs without asking.")
@click.option("--review", is_flag=True, help="Also those that change behaviour on purpose.")
@click.option(
    "--only",
    multiple=True,
    metavar="CHECK",
    callback=listed,
    help="Repair findings of these checks: repeat it, or part them by commas.",
    shell_complete=complete_check,
)
@click.option(
    "--finding", multiple=True, metavar="FINGERPRINT", help="Repair this finding; its first letters will do."
)
@click.option("--diff", "diff", is_flag=True, help="Print the diffs alone; change nothing.")
@click.option("--json", "json_", metavar="FILE", help="Write what was decided as JSON; - is standard output.")
@click.option("--test-command", metavar="COMMAND", help="Your tests: must pass before, and still pass after.")
@click.option(
    "--test-timeout",
    type=click.FloatRange(min=1),
    default=600.0,
    metavar="SECONDS",
    help="Time for one run of the tests [default: 600].",
)
@click.option("--allow-dirty", is_flag=True, help="Change a git work tree that is not clean.")
@click.option("--exclude", multiple=True, metavar="PATTERN", help="Leave out paths, as .gitignore would.")
@click.option("--include-tests", is_flag=True, default=None, help="Repair test code like the rest.")
@click.option("--quiet", "-q", is_flag=True, help="Print nothing but errors.")
def fix(path: str, **given: Any) -> None:
    """Repair what can be repaired under PATH: plan and diffs first, files only on your word.

    Every repair was applied to the program, read again, and ended its findings without a new one.

    Exit codes: 0 nothing is left to apply, 1 repairs are left, 2 the command could not do its work.
    """
    from rearguard.applying import FixError, apply_repairs
    from rearguard.review import chosen_checks, open_path

    if given["diff"] and given["yes"]:
        fail("--diff changes nothing and --yes does; choose one")
    problem = bad_pattern(given["exclude"])
    if problem:
        fail(f"--exclude: {problem}")
    root = Path(path)
    try:
        config = find(root) if root.exists() else Config({}, "")
    except ConfigError as error:
        fail(str(error))
    options = _options(given, config)
    try:
        chosen_checks(options)
    except KeyError as error:
        unknown_check(error)
    progress = ProgressLine(given["quiet"])
    try:
        opened = open_path(root, path, options, progress).keeping()
        if not opened.sources:
            fail(f"no Python, JavaScript or TypeScript source under {path}")
        named: tuple[Finding, ...] = ()
        if given["finding"]:
            named = opened.review(replace(options, repair=False), progress).result.findings
        wanted = _wanted(given, named)
        asked = _asks(given)
        decide = _decider(progress) if asked else None
        how = _how(given, asked)
        run = apply_repairs(root, opened, options, wanted, how, progress, decide)
    except FileNotFoundError:
        fail(f"{path}: there is no such file or folder")
    except FixError as error:
        fail(str(error))
    except KeyboardInterrupt:
        progress.close()
        click.echo("\nrearguard: interrupted; every file is as it was", err=True)
        sys.exit(130)
    finally:
        progress.close()
    _publish(run, path, given, asked)
    sys.exit(1 if any(one.outcome.value != "applied" for one in run.repairs) else 0)


def _options(given: dict[str, Any], config: Config) -> "Options":
    from rearguard.findings import Audience
    from rearguard.review import Options

    values = config.values
    return Options(
        only=tuple(given["only"] or values.get("only", ())),
        skip=tuple(values.get("skip", ())),
        exclude=tuple(given["exclude"] or values.get("exclude", ())),
        audience=Audience(values.get("audience", "default")),
        include_tests=bool(given["include_tests"] or values.get("include-tests", False)),
        jobs=int(values.get("jobs", 0)),
    )


def _wanted(given: dict[str, Any], findings: "tuple[Finding, ...]") -> "Wanted":
    """The choice of findings; what was named must be there, and be one."""
    from rearguard.applying import Wanted

    names: list[str] = []
    for name in given["finding"]:
        found = [
            one.fingerprint
            for one in findings
            if one.fingerprint.removeprefix("rg1:").startswith(name.removeprefix("rg1:"))
        ]
        if len(found) != 1:
            fail(
                f"--finding {name}: there is no finding of this fingerprint; review.json has them all"
                if not found
                else f"--finding {name}: {len(found)} fingerprints begin so; give more of it"
            )
        names += found
    return Wanted(tuple(given["only"]), tuple(names), given["review"] or _asks(given))


def _asks(given: dict[str, Any]) -> bool:
    """Whether each repair is put to the user: there is one, and no option says what to do."""
    told = given["yes"] or given["diff"] or given["json_"] or given["quiet"]
    return not told and sys.stdin.isatty() and sys.stdout.isatty()


def _how(given: dict[str, Any], asked: bool) -> "Checked":
    from rearguard.applying import Checked, Tests

    tests = None
    if given["test_command"] is not None:
        tests = Tests(given["test_command"], Path.cwd(), given["test_timeout"])
        try:
            words = tests.words()
        except ValueError as error:
            fail(f"--test-command: {error}")
        if not words:
            fail("--test-command is empty")
    return Checked(write=given["yes"] or asked, allow_dirty=given["allow_dirty"], tests=tests)


def _decider(progress: ProgressLine) -> "Callable[[Applied], bool]":
    """Shows a repair and asks for it; `a` takes it and all that follow, `q` none of them."""
    from rich.console import Console

    from rearguard.report import print_repair

    console = Console(highlight=False)
    number = 0
    rest = ""

    def decide(repair: "Applied") -> bool:
        nonlocal number, rest
        if rest:
            return rest == "a"
        progress.close()
        number += 1
        print_repair(repair, console, number)
        answer = click.prompt(
            "Apply it? yes, no, all that follow, quit",
            type=click.Choice(["y", "n", "a", "q"]),
            default="n",
        )
        rest = answer if answer in ("a", "q") else ""
        return answer in ("y", "a")

    return decide


def _publish(run: "RepairRun", path: str, given: dict[str, Any], asked: bool) -> None:
    from rearguard.report import (
        ReportPathError,
        print_repairs,
        repairs_json,
        repairs_patch,
        write_file,
    )

    if given["diff"]:
        click.echo(repairs_patch(run), nl=False)
    if given["json_"]:
        text = repairs_json(run)
        try:
            if given["json_"] == "-":
                click.echo(text, nl=False)
            else:
                write_file(Path(given["json_"]), text)
        except (ReportPathError, OSError) as error:
            fail(f"{given['json_']} could not be written: {error}")
    if given["quiet"] or given["diff"] or given["json_"] == "-":
        return
    from rich.console import Console

    print_repairs(run, Console(highlight=False), command=_command(run, path, given), repairs=not asked)


def _command(run: "RepairRun", path: str, given: dict[str, Any]) -> str:
    """What applies the rest of the plan; "" when there is none."""
    import shlex

    from rearguard.findings.repairs import Outcome

    more = bool(run.of(Outcome.WAITING))
    if not more and not run.of(Outcome.PLANNED):
        return ""
    words = ["rearguard", "fix", path, "--yes"]
    words += ["--review"] if more or given["review"] else []
    for option in ("only", "finding"):
        words += [word for value in given[option] for word in (f"--{option}", value)]
    return shlex.join(words)
