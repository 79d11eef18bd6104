"""Request input must not choose what is looked up and called by its name."""

from collections.abc import Iterator
from dataclasses import replace

from rearguard.analysis.values import Flow
from rearguard.checks.base import Context, Draft, FlowText
from rearguard.checks.checked import is_called
from rearguard.checks.flow import FlowCheck, Probe, Variant
from rearguard.findings import Rule, Severity
from rearguard.models.concepts import Reflection
from rearguard.program import Span, Step


def _is_module(flow: Flow) -> bool:
    concept = flow.site.concept
    return isinstance(concept, Reflection) and concept.what == "module"


def _is_used(context: Context, flow: Flow) -> bool:
    """Whether what was looked up is called. That an attribute is read shows one value; many programs do it."""
    concept = flow.site.concept
    first = flow.text[0] if flow.text else ""
    begins = first if isinstance(first, str) else ""
    if not isinstance(concept, Reflection) or (begins and begins[-1] in "._"):
        # `handle_` and a name, a package and a name: what is there was put there for that.
        return False
    if concept.what != "attribute":
        return True
    return is_called(context.view, flow.site.fid, flow.site.value)


_FLOWS = FlowCheck(
    id="unsafe-reflection",
    title="Request input chooses what is loaded or called",
    cwe=470,
    severity=Severity.HIGH,
    asvs=("v5.0.0-1.3.2",),
    sinks=(Reflection,),
    text=FlowText(
        message="{input} chooses the function or class that {call} gives and that is then called.",
        why="Whoever sends the request calls whatever has a name there, private functions and what "
        "other modules brought in as well.",
        sink_step="the input is the name that is looked up",
        advice='Look the name up in a table of what may be called (`{{"csv": export_csv}}`), and '
        "refuse any other.",
    ),
    probe=Probe(
        "__init__",
        "Send the name of something that is not meant for clients.",
        "400 or 404: there is no such operation.",
    ),
    variants=(
        Variant(
            Reflection,
            FlowText(
                message="{input} chooses the module that {call} loads.",
                why="Loading a module runs it: whoever sends the request runs any module that the service can "
                "find, and a file of theirs where names may be paths.",
                sink_step="the input is the module's name",
                advice="Choose the module from a table of those that there are, and refuse any other name.",
            ),
            Probe(
                "os",
                "Send the name of a module that is not meant for clients.",
                "400 or 404: there is no such module.",
            ),
            applies=_is_module,
        ),
    ),
    accepts=_is_used,
    related=(94, 829),
)


class UnsafeReflection:
    """See unsafe_reflection.md, which is this check's page and its test."""

    @property
    def rule(self) -> Rule:
        """What is true of every finding of this check."""
        return _FLOWS.rule

    def run(self, context: Context) -> Iterator[Draft]:
        """Yield one finding per input: a list of what it may name repairs all that it chooses later."""
        groups: dict[Span, list[Draft]] = {}
        for draft in _FLOWS.run(context):
            groups.setdefault(draft.finding.evidence.steps[0].span, []).append(draft)
        for drafts in groups.values():
            yield _together(drafts)


def _together(drafts: list[Draft]) -> Draft:
    first, *others = drafts
    steps = tuple(Step(draft.finding.location, "chosen by the same input", "note") for draft in others)
    evidence = replace(first.finding.evidence, steps=(*first.finding.evidence.steps, *steps))
    return replace(first, finding=replace(first.finding, evidence=evidence))


UNSAFE_REFLECTION = UnsafeReflection()
