"""`rearguard explain`."""

import sys

import click

from rearguard.cli.words import complete_check, fail, nearest


@click.command(epilog="\b\nExamples:\n  rearguard explain\n  rearguard explain sql-injection\n")
@click.argument("check", required=False, shell_complete=complete_check)
def explain(check: str | None) -> None:
    """Explain CHECK: what it finds, why it matters, examples, its limits. Without CHECK, list all."""
    from rearguard.checks import CHECKS

    rules = {item.rule.id: item.rule for item in CHECKS}
    if check is None:
        for rule in rules.values():
            click.echo(f"{rule.id}  {rule.severity.value}, CWE-{rule.cwe}\n    {rule.title}")
        return
    if check not in rules:
        fail(f"there is no check {check!r}.{nearest(check, rules)}")
    text = rules[check].page
    if sys.stdout.isatty():
        from rich.console import Console
        from rich.markdown import Markdown

        Console().print(Markdown(text))
    else:
        click.echo(text, nl=False)
