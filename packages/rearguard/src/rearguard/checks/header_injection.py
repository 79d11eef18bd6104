"""Headers must not take line breaks or names from request input."""

from rearguard.analysis.values import Flow
from rearguard.checks.base import Context, FlowText
from rearguard.checks.flow import FlowCheck, Probe, Variant
from rearguard.findings import Severity
from rearguard.models.concepts import HeaderWrite


def _is_name(flow: Flow) -> bool:
    concept = flow.site.concept
    return isinstance(concept, HeaderWrite) and concept.part == "name"


def _is_chosen(context: Context, flow: Flow) -> bool:
    """Whether the header's name is a value of the request, not merely taken from a map that holds one."""
    if not _is_name(flow):
        return True
    return any(not isinstance(part, str) and part.labels and part.origin >= 0 for part in flow.text or ())


HEADER_INJECTION = FlowCheck(
    id="header-injection",
    title="Request input becomes a header",
    cwe=113,
    severity=Severity.MEDIUM,
    asvs=("v5.0.0-1.2.2",),
    sinks=(HeaderWrite,),
    text=FlowText(
        message="{input} reaches a header through {call}, which lets line breaks through.",
        why="A line break ends the header: whoever sends the request adds headers (a cookie, a "
        "permission for other origins) or a whole second response, which caches and browsers take "
        "for yours.",
        sink_step="the input is part of a header",
        advice="Refuse or take out `\\r` and `\\n`, or choose the value from a fixed list.",
    ),
    probe=Probe(
        "a\r\nSet-Cookie: x=1",
        "Send a line break and another header.",
        "400, or one header that holds the value without the line break.",
    ),
    accepts=_is_chosen,
    variants=(
        Variant(
            HeaderWrite,
            FlowText(
                message="{input} chooses which header {call} sets.",
                why="Who names the header may set any: a cookie, a permission for other origins, a policy that "
                "allows scripts.",
                sink_step="the input is the header's name",
                advice="Choose the name from a fixed list of headers.",
            ),
            Probe(
                "Set-Cookie",
                "Send the name of a header that must not be yours to set.",
                "400; no such header in the answer.",
            ),
            applies=_is_name,
        ),
    ),
)
