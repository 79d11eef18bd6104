"""Text logs must not take line breaks from request input."""

from collections.abc import Iterator
from dataclasses import replace

from rearguard.analysis.values import Flow
from rearguard.checks.base import Context, Draft, FlowText, call_name, of_places
from rearguard.checks.flow import FlowCheck, Probe
from rearguard.checks.single_lines import holds_no_line_break
from rearguard.findings import Confidence, Rule, Severity
from rearguard.models.concepts import Decoding, LogWrite, StructuredLog
from rearguard.program import Step

MAX_OTHERS = 5
"""Other places that one finding for many names."""
MAX_APART = 3
"""Functions that are told one by one. Of more, the log itself is the place to repair: how it writes a line."""
_FOR_DEVELOPERS = (".debug()", ".trace()", ".verbose()", ".silly()")
_RARELY = "servers let few line breaks through here; it depends on what reads the log"
_OF_DEVELOPERS = "a line for developers, which services in use leave out"
_BUILT_IN = ("path", "params", "address")


def _is_free_text(context: Context, flow: Flow) -> bool:
    """Whether the value is a text of its own, and the project's logs are text.

    A whole body is an object, in whose rendering line breaks are escaped.
    """
    if not flow.source.path and flow.source.channel in ("body", "json", "query", "form", "headers", "files"):
        return False
    if flow.source.channel in ("address", "message"):
        # Every access log holds the one; the other comes from programs, which write logs of their own.
        return False
    if context.uses.of(StructuredLog):
        return False
    return not all(
        holds_no_line_break(context, flow.site.fid, value, believes=not _handles(context, flow.site.fid))
        for value in _written(flow)
    )


def _written(flow: Flow) -> tuple[int, ...]:
    """Of what is written, the values that the input is in, where they are the sink's own; else all of it."""
    if flow.fid == flow.site.fid and not flow.hops and flow.text is not None:
        holes = tuple(part.value for part in flow.text if not isinstance(part, str) and part.labels)
        if holes and all(value >= 0 for value in holes):
            return holes
    return (flow.site.argument,)


def _handles(context: Context, fid: str) -> bool:
    """Whether a function takes requests itself, so that what its parameters are declared as is a hope."""
    return any(fid in route.handler.functions for route in context.reach.get(fid, ()))


def _confidence(context: Context, flow: Flow) -> tuple[Confidence, str] | None:
    """That requests are logged is right, and few readers of logs are misled: a person decides where it matters.

    Free text that becomes part of the message itself is told as a finding.
    """
    seldom = flow.source.channel in _BUILT_IN or flow.source.channel in ("headers", "cookies")
    if seldom and not _is_decoded(context, flow):
        return Confidence.QUESTION, _RARELY
    if flow.uncertain:
        return Confidence.QUESTION, "the value passes through a call whose effect is not known"
    if call_name(context, flow.site).endswith(_FOR_DEVELOPERS):
        return Confidence.QUESTION, _OF_DEVELOPERS
    parts = flow.text or ()
    if len(parts) < 2:
        return Confidence.QUESTION, "the value stands alone in its place; it depends on what reads the log"
    return Confidence.LIKELY, "what the log's own handlers do with line breaks was not followed"


def _is_decoded(context: Context, flow: Flow) -> bool:
    """Whether an encoding is taken off the value where it is read, in which servers let line breaks through."""
    read = flow.source.span
    return any(
        use.fid == flow.source.fid and use.span.start <= read.start and read.end <= use.span.end
        for use in context.uses.of(Decoding)
    )


_FLOWS = FlowCheck(
    id="log-injection",
    title="Request input reaches a text log as it is",
    cwe=117,
    severity=Severity.MEDIUM,
    asvs=("v5.0.0-16.4.1",),
    sinks=(LogWrite,),
    text=FlowText(
        message="{input} is written to the log by {call} as it is, line breaks too.",
        why="A line break in the value begins a new entry: whoever sends the request writes entries "
        "that look like the service's own, hides their traces between them, or misleads what reads"
        " the log.",
        sink_step="the input becomes part of a line",
        advice="Write the value with `%r` or `repr()`, take `\\r` and `\\n` out of it, or let the "
        "logger write JSON.",
    ),
    probe=Probe(
        "a\nINFO log-in of admin",
        "Send a line break and a line of your own.",
        "One entry, in which the line break is escaped.",
    ),
    recipe="one-line",
    accepts=_is_free_text,
    confidence=_confidence,
    per_function=True,
)


class LogInjection:
    """See log_injection.md, which is this check's page and its test."""

    @property
    def rule(self) -> Rule:
        """What is true of every finding of this check."""
        return _FLOWS.rule

    def run(self, context: Context) -> Iterator[Draft]:
        """Yield one finding per function, or one for all where there are many, and one question: its answer is one."""
        asked: list[Draft] = []
        told: list[Draft] = []
        passed: list[Draft] = []
        for draft in _FLOWS.run(context):
            if draft.finding.confidence is not Confidence.QUESTION:
                told.append(draft)
            elif draft.finding.confidence_reason in (_RARELY, _OF_DEVELOPERS) and not context.is_fragment:
                passed.append(draft)
            else:
                asked.append(draft)
        if len(told) > MAX_APART:
            told = [_together(told, _FOR_ALL)]
        yield from told
        if asked:
            yield _together(asked)
        if passed:
            for_audit = _together(passed)
            finding = for_audit.finding
            yield replace(for_audit, finding=replace(finding, rule=finding.rule.for_audit()))


_FOR_ALL = (
    "Let the logger write JSON, or give its handlers a formatter that escapes `\\r` and `\\n`: "
    "one change repairs every place."
)


def _together(drafts: list[Draft], advice: str = "") -> Draft:
    """The first of the places, with the others as its evidence."""
    first, *others = sorted(of_places(drafts), key=lambda draft: draft.finding.location)
    if not others:
        return first
    told = first.finding
    more = f" So do {len(others)} more places." if len(others) > 1 else " So does one more place."
    steps = tuple(
        Step(draft.finding.location, "request input in a text log, too", "note")
        for draft in others[:MAX_OTHERS]
    )
    evidence = replace(told.evidence, steps=(*told.evidence.steps, *steps))
    message, advice = told.message + more, advice or told.advice
    target = first.target
    if target is not None:
        more_places = [
            each for draft in others if draft.target for each in (draft.target, *draft.target.also)
        ]
        target = replace(target, also=(*target.also, *more_places))
    return replace(
        first, finding=replace(told, message=message, evidence=evidence, advice=advice), target=target
    )


LOG_INJECTION = LogInjection()
