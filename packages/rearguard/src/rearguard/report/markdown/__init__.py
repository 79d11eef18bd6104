"""`review.md`: one result at three levels of detail."""

from collections.abc import Mapping

from rearguard import __version__
from rearguard.findings import ReviewResult
from rearguard.program import Source
from rearguard.report.markdown.executive import executive
from rearguard.report.markdown.strategic import strategic
from rearguard.report.markdown.technical import technical
from rearguard.report.markdown.text import code, prose
from rearguard.report.quote import quotes

__all__ = ["render_markdown"]


def render_markdown(result: ReviewResult, sources: Mapping[str, Source], *, timestamp: str = "") -> str:
    """The whole report; the same result gives the same text, since `timestamp` is written only when given."""
    quoted = quotes(result, sources)
    result = quoted.cleaned(result)
    made = f"Made by Rearguard {__version__}" + (f" at {prose(timestamp)}." if timestamp else ".")
    blocks = [
        f"# Security review of {code(result.root) or 'this fragment'}",
        f"{made} Text in code type is quoted from the reviewed code; secrets are cut.",
        *executive(result, quoted),
        *technical(result, quoted),
        *strategic(result, quoted),
    ]
    return "\n\n".join(blocks) + "\n"
