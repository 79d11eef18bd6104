"""`rearguard skill`: install, inspect and remove the skill and the sub-agent for coding agents."""

from collections.abc import Callable, Iterable
from pathlib import Path

import click

from rearguard.skill.install import (
    AGENTS,
    Action,
    Agent,
    Outcome,
    Scope,
    State,
    install,
    status,
    uninstall,
)

__all__ = ["skill"]

_Operation = Callable[[Iterable[Agent], Scope, Path, Path], tuple[Outcome, ...]]
_Command = Callable[..., None]

_TITLES = {Agent.CLAUDE: "Claude Code", Agent.CODEX: "Codex", Agent.CURSOR: "Cursor"}
_STATES = {
    State.ABSENT: "not installed",
    State.CURRENT: "installed",
    State.OUTDATED: "outdated: run `rearguard skill install`",
    State.CHANGED: "changed by you: install and uninstall keep it",
    State.FOREIGN: "not written by rearguard: install and uninstall keep it",
    State.BLOCKED: "cannot be used",
}


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def skill() -> None:
    """Install the skill and the sub-agent for coding agents.

    The skill `backend-security-coder` teaches a coding agent to write and review backend code with rearguard;
    the sub-agent `eng-backend` takes over a whole engagement. Both are plain files, and what you change in
    them is never overwritten.
    """


def _options(command: _Command) -> _Command:
    """The options that all three commands share."""
    command = click.option(
        "--root",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        default=".",
        show_default="the current directory",
        help="Project directory, for --scope project.",
    )(command)
    command = click.option(
        "--scope",
        type=click.Choice([scope.value for scope in Scope]),
        default=Scope.PROJECT.value,
        show_default=True,
        help="For this project, or for you in all projects (below your home directory).",
    )(command)
    return click.option(
        "--agent",
        "agent_name",
        type=click.Choice([*(agent.value for agent in AGENTS), "all"]),
        default="all",
        show_default=True,
        help="The coding agent.",
    )(command)


@skill.command("install")
@_options
def install_command(agent_name: str, scope: str, root: Path) -> None:
    """Install or update the skill and the sub-agent.

    Files that you changed, or that were there before, are kept; a version that is new to them is written
    beside as NAME.new. Running it again changes nothing. Exit code 0, or 2 if a file could not be written.

    \b
    Examples:
      rearguard skill install
      rearguard skill install --agent claude
      rearguard skill install --agent codex --scope user
    """
    outcomes = _run(install, agent_name, scope, root)
    done = {outcome.action for outcome in outcomes}
    if Action.INSTALLED in done or Action.UPDATED in done:
        click.echo("Restart the coding agent if it does not find the skill by itself.")
    _leave(outcomes)


@skill.command("status")
@_options
def status_command(agent_name: str, scope: str, root: Path) -> None:
    """Show what is installed, outdated or changed. Changes nothing.

    \b
    Examples:
      rearguard skill status
      rearguard skill status --scope user
    """
    _leave(_run(status, agent_name, scope, root))


@skill.command("uninstall")
@_options
def uninstall_command(agent_name: str, scope: str, root: Path) -> None:
    """Remove the skill and the sub-agent where they are unchanged.

    Files that you changed are kept, and so is a skill directory that another installed coding agent reads.
    Exit code 0, or 2 if a file could not be removed.

    \b
    Examples:
      rearguard skill uninstall
      rearguard skill uninstall --agent cursor
    """
    outcomes = _run(uninstall, agent_name, scope, root)
    if not outcomes:
        click.echo("Nothing is installed.")
    _leave(outcomes)


def _run(operation: _Operation, agent_name: str, scope: str, root: Path) -> tuple[Outcome, ...]:
    agents = AGENTS if agent_name == "all" else (Agent(agent_name),)
    try:
        home = Path.home()
    except RuntimeError as error:
        raise click.ClickException("the home directory cannot be found; set HOME") from error
    outcomes = operation(agents, Scope(scope), root.resolve(), home)
    base = "" if scope == Scope.PROJECT else "~/"
    for agent in agents:
        mine = [outcome for outcome in outcomes if outcome.target.agent is agent]
        if mine:
            click.echo(_TITLES[agent])
        for outcome in mine:
            word = outcome.action or _STATES[outcome.state]
            click.echo(
                f"  {base}{outcome.target.path}\n    {word}" + (f": {outcome.note}" if outcome.note else "")
            )
    return outcomes


def _leave(outcomes: tuple[Outcome, ...]) -> None:
    """Exit with 2 if something could not be done."""
    failed = [o for o in outcomes if o.action is Action.FAILED or o.state is State.BLOCKED]
    if failed:
        click.echo(f"{len(failed)} of {len(outcomes)} files could not be used.", err=True)
        raise SystemExit(2)
