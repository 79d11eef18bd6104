"""The command `rearguard`. Commands are imported when they are used, so that `--version` answers at once."""

import importlib
import sys
from typing import Any

import click

from rearguard import __version__

_COMMANDS = {
    "review": ("rearguard.cli.review:review", "Review a backend, or a pasted piece of code."),
    "routes": ("rearguard.cli.routes:routes", "List every endpoint with what guards it."),
    "explain": ("rearguard.cli.explain:explain", "Explain a check: what, why, examples, limits."),
    "doctor": ("rearguard.cli.doctor:doctor", "Show the tool level and what would raise it."),
    "skill": ("rearguard.skill.commands:skill", "Install the skill for coding agents."),
}


class LazyGroup(click.Group):
    """A group that knows its commands' names and summaries without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of use."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        found = _COMMANDS.get(cmd_name)
        if found is None:
            return None
        module, _, attribute = found[0].partition(":")
        command = getattr(importlib.import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list for `--help` from the table."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in _COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Name the nearest command when there is none of this name."""
        if args and args[0] not in _COMMANDS and not args[0].startswith("-"):
            from rearguard.cli.words import nearest

            ctx.fail(f"there is no command {args[0]!r}.{nearest(args[0], _COMMANDS)}")
        return super().resolve_command(ctx, args)


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Start with: rearguard review .    Shell completion: docs/guides/completion.md",
)
@click.version_option(__version__, "-V", "--version", message="%(prog)s %(version)s")
def cli() -> None:
    """Read a backend, prove what is wrong, show the evidence and the repair. Offline and deterministic.

    Exit codes: 0 nothing at or above the threshold, 1 findings, 2 the command could not do its work.
    """


def main(args: list[str] | None = None) -> Any:
    """Run the command. An interruption and a closed pipe end it without a stack trace."""
    try:
        return cli.main(args=args, prog_name="rearguard")
    except KeyboardInterrupt:
        click.echo("interrupted; reports of an earlier run are as they were", err=True)
        sys.exit(130)


if __name__ == "__main__":
    main()
