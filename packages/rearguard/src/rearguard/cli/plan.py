"""The plan of `add` on a terminal: what was read, what will be touched and why, the diff, what remains."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from rearguard.implement import Added

__all__ = ["print_plan"]

_WIDEST = 100


def print_plan(added: "Added", console: "Console") -> None:
    """Print a plan. What the review calls a secret is not repeated."""
    from rich.text import Text

    from rearguard.implement import diff
    from rearguard.report.redact import redactor

    plan, hidden = added.plan, redactor(added.gone, added.sources)
    page = _Page(console)
    page.head(f"{plan.control} for {plan.application}")
    for sentence in plan.seen:
        page.words(sentence)
    page.gap()
    page.head("Touches")
    for file in plan.files:
        page.words(f"{file.path}{' (new)' if file.is_new else ''}: {file.why}", hang=2)
    for package in plan.packages:
        page.words(f"{package.name} {package.version}: {package.why}", hang=2)
    page.gap()
    for text in diff(plan.files).values():
        for line in text.splitlines():
            style = {"+": "green", "-": "red", "@": "cyan"}.get(line[:1], "")
            console.print(Text(_plain(hidden.text(line)), style), soft_wrap=True)
        page.gap()
    ended = sorted({f"{finding.rule.id} ({finding.location.path})" for finding in added.gone})
    if ended:
        page.words(f"Ends {'these findings' if len(ended) > 1 else 'this finding'}: {', '.join(ended)}.")
    page.words("Read again with the plan in place: no new finding, the same endpoints.")
    if plan.brings:
        page.words(f"Adds on purpose: {', '.join(sorted(plan.brings))}.")
    if plan.left:
        page.gap()
        page.head("Stays with you")
        for sentence in plan.left:
            page.words(f"- {sentence}", hang=2)
    if plan.commands:
        page.gap()
        page.head("Afterwards")
        for command in plan.commands:
            console.print(Text(f"  {_plain(command)}"), soft_wrap=True)
    page.gap()


def _plain(text: str) -> str:
    """Text that moves no cursor."""
    return "".join(c if c.isprintable() or c == "\t" else "\ufffd" for c in text)


class _Page:
    def __init__(self, console: "Console") -> None:
        self._console = console
        self._width = min(console.width, _WIDEST)

    def head(self, text: str) -> None:
        from rich.text import Text

        self._console.print(Text(_plain(text), "bold"))

    def gap(self) -> None:
        self._console.print()

    def words(self, text: str, hang: int = 0) -> None:
        import textwrap

        from rich.text import Text

        for line in textwrap.wrap(
            _plain(text),
            self._width,
            subsequent_indent=" " * hang,
            break_long_words=False,
            break_on_hyphens=False,
        ):
            self._console.print(Text(line))
