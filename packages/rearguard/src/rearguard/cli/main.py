"""The command `rearguard`. Commands are imported when they are used, so that `--version` answers at once."""

import importlib
import os
import signal
import sys
from typing import NoReturn

import click

from rearguard import __version__

_COMMANDS = {
    "review": ("rearguard.cli.review:review", "Review a backend, or a pasted piece of code."),
    "fix": ("rearguard.cli.fix:fix", "Repair what can be repaired: plan first, files on your word."),
    "add": ("rearguard.cli.add:add", "Put one control into an application: plan, diff, tests."),
    "verify": ("rearguard.cli.verify:verify", "Decide the rows of OWASP, ASVS, CWE and SSDF by evidence."),
    "routes": ("rearguard.cli.routes:routes", "List every endpoint with what guards it."),
    "compare": ("rearguard.cli.compare:compare", "Compare two reports: new, fixed, unchanged, changed."),
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


def main(args: list[str] | None = None) -> NoReturn:
    """Run the command and exit. Nothing ends it with a stack trace, and nothing but findings with 1.

    130 is an interruption. A reader that leaves (`| head`) ends it as it ends any Unix program.
    """
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        answer = cli.main(args=args, prog_name="rearguard", standalone_mode=False)
        code = answer if isinstance(answer, int) else 0
    except click.ClickException as error:
        error.show()
        code = 2
    except (click.Abort, KeyboardInterrupt):
        click.echo("\nrearguard: interrupted; reports of an earlier run are as they were", err=True)
        code = 130
        # Python keeps in mind an interrupt inside `exec`, by which it makes data classes while it imports,
        # and would end by that signal, whatever was caught; the next `exec` makes it forget.
        exec("")
    except Exception as error:
        click.echo(f"rearguard: {_internal(error)}", err=True)
        code = 2
    sys.exit(code)


def _internal(error: Exception) -> str:
    """What to say of a fault of ours: where it is, and how to tell us."""
    if os.environ.get("REARGUARD_DEBUG"):
        import traceback

        return "internal error\n" + "".join(traceback.format_exception(error))
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    where = f" in {frame.tb_frame.f_globals.get('__name__')}, line {frame.tb_lineno}" if frame else ""
    return (
        f"internal error: {type(error).__name__}{where}. Nothing was written. "
        "Please report it; REARGUARD_DEBUG=1 shows more."
    )


if __name__ == "__main__":
    main()
