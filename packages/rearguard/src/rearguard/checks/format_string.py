"""Request input must not be used as a format."""

from rearguard.checks.base import FlowText
from rearguard.checks.flow import FlowCheck, Probe
from rearguard.findings import Severity
from rearguard.models.concepts import FormatString

FORMAT_STRING = FlowCheck(
    id="format-string",
    title="Request input is used as a format",
    cwe=134,
    severity=Severity.MEDIUM,
    asvs=("v5.0.0-1.3.10",),
    sinks=(FormatString,),
    text=FlowText(
        message="{input} is used by {call} as the format that is filled with values of the program.",
        why="The fields of a format reach into what it is given: "
        "`{{0.__class__.__init__.__globals__}}` shows a module's variables, secrets among them; a "
        "wrong field ends in an error.",
        sink_step="the input is the format",
        advice="Keep the format constant and give the input as a value; for templates that people "
        "write, use `string.Template` or a look-up of the fields that there are.",
    ),
    probe=Probe(
        "{0.__class__}",
        "Send a field that reaches into the value.",
        "The braces come back as text.",
    ),
)
