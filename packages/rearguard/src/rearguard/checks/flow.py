"""Checks that ask one question: does client input reach this kind of use?"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from rearguard.checks.base import Context, Draft, FlowText, flow_draft, group_by_repair, page
from rearguard.checks.requests import probe
from rearguard.findings import Rule, Severity
from rearguard.models.concepts import Sink


@dataclass(frozen=True, slots=True)
class Probe:
    """The request that shows a weakness of this kind."""

    payload: str
    text: str
    """What it does, in one sentence."""
    expect: str
    """What must come back once it is repaired."""


@dataclass(frozen=True)
class FlowCheck:
    """Input that reaches the argument of one of `sinks`. See the page beside the check's module."""

    id: str
    title: str
    cwe: int
    severity: Severity
    asvs: tuple[str, ...]
    sinks: tuple[type[Sink], ...]
    text: FlowText
    probe: Probe
    recipe: str = ""
    """Recipe that repairs it, "" when repair is no mechanical matter."""
    api_top10: tuple[str, ...] = ()
    related: tuple[int, ...] = ()
    sources: tuple[str, ...] = ("request",)
    """Kinds of input asked for: request, stored."""

    @cached_property
    def rule(self) -> Rule:
        """What is true of every finding of this check."""
        return Rule(
            id=self.id,
            title=self.title,
            cwe=self.cwe,
            severity=self.severity,
            asvs=self.asvs,
            api_top10=self.api_top10,
            related=self.related,
            page=page(self.id),
        )

    def run(self, context: Context) -> Iterator[Draft]:
        """Yield one finding per place where a repair keeps input from its use."""
        flows = (
            flow
            for flow in context.values.flows
            if flow.source.kind in self.sources and isinstance(flow.site.concept, self.sinks)
        )
        for group in group_by_repair(context, flows):
            best = group.flows[0]
            endpoint = context.endpoint_of(best)
            step = probe(endpoint, best.source, self.probe.payload, self.probe.text, self.probe.expect)
            yield flow_draft(context, self.rule, group, self.text, self.recipe, verification=(step,))
