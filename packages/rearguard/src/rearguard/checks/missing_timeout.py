"""Calls of other machines end by themselves."""

from collections.abc import Iterator
from functools import cached_property

from rearguard.analysis.settings import option_of
from rearguard.checks.base import Context, Draft, page
from rearguard.checks.spots import spot
from rearguard.findings import Audience, Rule, Severity
from rearguard.models.settings_concepts import TimedCall
from rearguard.repair.targets import Target


class MissingTimeout:
    """See missing_timeout.md, which is this check's page and its test."""

    @cached_property
    def rule(self) -> Rule:
        """What is true of every finding of this check."""
        return Rule(
            id="missing-timeout",
            title="An outbound call has no time limit",
            cwe=1088,
            severity=Severity.LOW,
            asvs=("v5.0.0-13.2.6",),
            related=(400, 770),
            audience=Audience.AUDIT,
            page=page("missing-timeout"),
        )

    def run(self, context: Context) -> Iterator[Draft]:
        """Yield one finding per call that may wait for ever."""
        for use in context.uses.of(TimedCall):
            if not option_of(use, use.concept.limit).is_absent:
                continue
            yield spot(
                self.rule,
                use.span,
                "This call of another machine has no time limit.",
                "A slow or silent other side holds the worker; enough of them, and the service stands still.",
                "Give a limit in seconds that is longer than the slowest good answer.",
                "the options of the call are written out here, without one",
                step="waits as long as it takes",
                subject="timeout",
                target=Target("add-timeout", use.fid, use.instr.dst, concept=use.concept),
            )
