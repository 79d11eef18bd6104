"""What the rules of positive evidence may ask, and the few questions that all of them have."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from rearguard.analysis import ValueView
from rearguard.analysis.access import Row
from rearguard.analysis.settings import Uses, branch_conditions, evaluate, is_development_name
from rearguard.analysis.settings.uses import Use
from rearguard.checks import Context
from rearguard.findings import ReviewResult
from rearguard.models.concepts import Concept
from rearguard.program import Span, Step

__all__ = ["SHOWN", "Code", "Evidence", "is_conditional", "is_one_of", "steps"]

C = TypeVar("C", bound=Concept)
SHOWN = 8
"""Places that are shown for one requirement."""


@dataclass(frozen=True, slots=True)
class Code:
    """A reviewed program."""

    result: ReviewResult
    context: Context

    @property
    def uses(self) -> Uses:
        """Every use of a concept."""
        return self.context.uses

    def rows(self) -> Iterator[Row]:
        """The endpoints of the access matrix that answer requests."""
        return iter(self.context.matrix)

    @property
    def is_whole(self) -> bool:
        """Whether every endpoint that is registered is known."""
        return not self.result.coverage.endpoints_unresolved


Evidence = Callable[[Code], tuple[Step, ...]]
"""Places that show a requirement fulfilled, or broken; empty when nothing does."""


def steps(uses: Iterable[Use[C]], text: str) -> tuple[Step, ...]:
    """The places of uses, each with its sentence; what developers run shows nothing of what is served."""
    served = [use for use in uses if not is_development_name(use.span.path)]
    return tuple(Step(use.span, text, "note") for use in served[:SHOWN])


def is_one_of(value: ValueView | None, *wanted: object) -> bool:
    """Whether a value is one of the constants, wherever the program runs."""
    if value is None:
        return False
    setting = evaluate(value)
    return setting.known and not setting.from_environment and setting.value in wanted


def is_conditional(code: Code, span: Span) -> bool:
    """Whether a place is reached under a condition; of a function made in place, where that stands."""
    view = code.context.view
    around = [
        fid
        for fid, function in view.linker.functions.items()
        if view.linker.module_of[fid] == span.path
        and function.kind != "class"
        and (function.kind == "module" or function.start <= span.start < function.end)
    ]
    around.sort(key=lambda fid: view.function(fid).start, reverse=True)
    place = span.start
    for fid in around:
        if branch_conditions(view, fid, place):
            return True
        function = view.function(fid)
        if function.kind != "arrow":
            return False
        place = function.start
    return False
