"""Untrusted bytes must not decide which objects are built."""

from rearguard.analysis.settings.versions import lowest, parse
from rearguard.analysis.values import Flow
from rearguard.checks.base import Context, FlowText
from rearguard.checks.flow import FlowCheck, Probe
from rearguard.findings import Severity
from rearguard.models.concepts import Deserialisation


def _builds_objects(context: Context, flow: Flow) -> bool:
    """Whether the version that the project asks for builds what the bytes name."""
    concept = flow.site.concept
    if not isinstance(concept, Deserialisation) or not concept.before:
        return True
    asked, safe = lowest(context.settings.values(), concept), parse(concept.before)
    return asked is not None and safe is not None and asked < safe


UNSAFE_DESERIALISATION = FlowCheck(
    id="unsafe-deserialisation",
    title="Request input is deserialised into objects",
    cwe=502,
    severity=Severity.CRITICAL,
    asvs=("v5.0.0-1.5.2",),
    sinks=(Deserialisation,),
    text=FlowText(
        message="{input} is deserialised by {call}, which builds whatever objects the bytes name.",
        why="The bytes can name functions to call while they are read, so whoever sends them runs code on the "
        "server. Hence critical.",
        sink_step="the input is deserialised here",
        advice="Exchange data as JSON and check it against a schema. Where a rich format is needed, use its safe "
        "loader; where the bytes come back from your own service, verify a signature before reading them.",
    ),
    probe=Probe(
        "gASVAAAAAAAAAC4=",
        "Send a serialised object instead of data.",
        "400: the value is not valid data. No object is built.",
    ),
    recipe="safe-loader",
    accepts=_builds_objects,
)
