"""Checks that ask one question: does client input reach this kind of use?"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, partial

from rearguard.analysis.values import Flow
from rearguard.checks.base import (
    Context,
    Draft,
    FlowText,
    Together,
    call_name,
    flow_draft,
    group_by_repair,
    page,
)
from rearguard.checks.requests import probe
from rearguard.findings import Confidence, Rule, Severity
from rearguard.models.concepts import CommandExecution, Sink, SqlExecution
from rearguard.program import Span

MAX_CALLERS = 6
"""Callers of one helper that are told one by one, where no flow through them is certain."""


@dataclass(frozen=True, slots=True)
class Probe:
    """The request that shows a weakness of this kind."""

    payload: str
    text: str
    """What it does, in one sentence."""
    expect: str
    """What must come back once it is repaired."""


@dataclass(frozen=True, slots=True)
class Variant:
    """How a check speaks of one kind of its sinks, where that differs from the others."""

    sink: type[Sink]
    text: FlowText
    probe: Probe
    severity: Severity | None = None
    recipe: str = ""
    applies: Callable[[Flow], bool] | None = None
    """Whether the flow is of this kind; `None` when every flow into `sink` is."""
    cwe: int = 0
    """The weakness that this kind is, among those that the check names; 0 for the check's own."""


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
    """Kinds of input asked for: request, stored, archive."""
    variants: tuple[Variant, ...] = ()
    """Kinds of flows that are spoken of otherwise; the first that applies counts."""
    accepts: Callable[[Context, Flow], bool] | None = None
    """Whether a flow is what the check asks for; `None` when every one is."""
    confidence: Callable[[Context, Flow], tuple[Confidence, str] | None] | None = None
    """A confidence other than the usual one, and why; `None` for the usual."""
    per_function: bool = False
    """Whether all uses in one function are one finding, at the first of them."""
    at_source: bool = False
    """Whether it is repaired where the input is read, whatever becomes of it."""
    per_input: bool = False
    """Whether all uses of one input in one function are one finding: one test of the input repairs them."""
    per_reader: bool = False
    """Whether all uses of an input that a helper reads, by its name, are one finding: the helper is to be repaired."""

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
        kinds = (*self.sources, "kept") if "request" in self.sources else self.sources
        yield from self._told(context, lambda flow: flow.source.kind in kinds)
        browser = context.browser
        if browser is not None and "browser" in self.sources:
            # What a script takes from its page: those among the server's own modules were asked above.
            yield from self._told(browser, partial(_in_page, browser))

    def _told(self, context: Context, asked: Callable[[Flow], bool]) -> Iterator[Draft]:
        flows = (
            flow
            for flow in context.values.flows
            if asked(flow)
            and isinstance(flow.site.concept, self.sinks)
            # A browser that is given an address or a statement asks and runs it for its own user.
            and ("browser" in self.sources or not context.in_browser(flow.site.fid))
            and (self.accepts is None or self.accepts(context, flow))
        )
        if self.at_source:
            groups = _by_source(flows)
        elif self.per_function:
            groups = _by_function(flows)
        else:
            groups = _by_helper(context, group_by_repair(context, flows))
            groups = _by_reader(groups) if self.per_reader else groups
        for group in _by_input(groups) if self.per_input else groups:
            yield self._draft(context, self._of_one_kind(context, group))

    def _of_one_kind(self, context: Context, group: Together) -> Together:
        """The flows into the most telling kind of sink (`sinks` names the gravest first), the surest first."""
        rank = min(self._rank(flow) for flow in group.flows)
        flows = [flow for flow in group.flows if self._rank(flow) == rank]
        flows.sort(key=lambda flow: self._confidence_rank(context, flow))
        return Together(flows[0].site.span if self.per_function else group.place, flows, group.callers)

    def _confidence_rank(self, context: Context, flow: Flow) -> int:
        told = self.confidence(context, flow) if self.confidence is not None else None
        return told[0].rank if told is not None else 0

    def _rank(self, flow: Flow) -> int:
        return next(i for i, kind in enumerate(self.sinks) if isinstance(flow.site.concept, kind))

    def _draft(self, context: Context, group: Together) -> Draft:
        best = group.flows[0]
        spoken: FlowCheck | Variant = self
        for variant in self.variants:
            if isinstance(best.site.concept, variant.sink) and (
                variant.applies is None or variant.applies(best)
            ):
                spoken = variant
                break
        endpoint = context.endpoint_of(best)
        asked = spoken.probe
        step = probe(endpoint, best.source, asked.payload, asked.text, asked.expect)
        draft = flow_draft(
            context,
            self.rule.narrowed(spoken.cwe) if isinstance(spoken, Variant) and spoken.cwe else self.rule,
            group,
            spoken.text,
            spoken.recipe,
            severity=spoken.severity,
            verification=(step,),
        )
        if group.callers:
            more = f" {group.callers} places call it with such a text; this is the first."
            draft = replace(draft, finding=replace(draft.finding, message=draft.finding.message + more))
        told = self.confidence(context, best) if self.confidence is not None else None
        if told is None:
            return draft
        confidence, reason = told
        return replace(draft, finding=replace(draft.finding, confidence=confidence, confidence_reason=reason))


def _in_page(context: Context, flow: Flow) -> bool:
    """Whether a script of a page takes the input from the page itself."""
    module = context.view.linker.modules[flow.site.span.path]
    return flow.source.kind == "browser" and flow.source.channel != "typed" and module.language == "browser"


def _by_helper(context: Context, groups: list[Together]) -> list[Together]:
    """Groups with the many callers of one helper together, at the first of them, where none is certain.

    What makes all of them doubtful stands in one place, and so does the repair.
    """
    shared: dict[str, list[Together]] = {}
    for group in groups:
        first = group.flows[0]
        is_call = isinstance(first.site.concept, SqlExecution | CommandExecution)
        if is_call and not first.site.concept.path and all(flow.uncertain for flow in group.flows):
            # A function whose name says what it runs, and that was not followed.
            shared.setdefault(call_name(context, first.site), []).append(group)
    told: list[Together] = []
    for group in groups:
        members = shared.get(call_name(context, group.flows[0].site), [])
        if len(members) <= MAX_CALLERS or group not in members:
            told.append(group)
        elif group is members[0]:
            told.append(Together(group.place, group.flows, len(members)))
    return told


def _by_source(flows: Iterable[Flow]) -> list[Together]:
    """Flows of what is read at one place together."""
    found: dict[Span, Together] = {}
    for flow in sorted(flows, key=lambda flow: (flow.source.span, flow.uncertain, len(flow.hops))):
        found.setdefault(flow.source.span, Together(flow.source.span, [])).flows.append(flow)
    return list(found.values())


def _by_function(flows: Iterator[Flow]) -> list[Together]:
    """Flows into the same function together, the first place in it first."""
    groups: dict[str, list[Flow]] = {}
    for flow in flows:
        groups.setdefault(flow.site.fid, []).append(flow)
    for group in groups.values():
        group.sort(key=lambda f: (f.site.span.start, f.uncertain, len(f.hops), f.source.span.start))
    return [Together(group[0].site.span, group) for group in groups.values()]


def _by_reader(groups: list[Together]) -> list[Together]:
    """Groups of what the same helper reads and hands to several functions, put together at the first of them."""
    merged: list[Together] = []
    first: dict[Span, Together] = {}
    for group in groups:
        read = [flow.source for flow in group.flows if flow.source.path and flow.source.fid != flow.site.fid]
        held = next((first[source.span] for source in read if source.span in first), None)
        if held is None or len(read) < len(group.flows):
            merged.append(group)
            first.update((source.span, group) for source in read if source.span not in first)
        else:
            held.flows.extend(group.flows)
    return merged


def _by_input(groups: list[Together]) -> list[Together]:
    """Groups in the same function that share an input, put together at the first of them."""
    merged: list[Together] = []
    for group in sorted(groups, key=lambda each: (each.place.path, each.place.start)):
        inputs = {(flow.fid, flow.source) for flow in group.flows}
        held = next((m for m in merged if not inputs.isdisjoint((f.fid, f.source) for f in m.flows)), None)
        if held is None:
            merged.append(group)
        else:
            held.flows.extend(group.flows)
    return merged
