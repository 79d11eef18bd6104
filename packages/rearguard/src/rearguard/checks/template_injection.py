"""Request input must not become the text of a template."""

from rearguard.checks.base import FlowText
from rearguard.checks.flow import FlowCheck, Probe
from rearguard.findings import Severity
from rearguard.models.concepts import TemplateSource

TEMPLATE_INJECTION = FlowCheck(
    id="template-injection",
    title="Request input becomes a template",
    cwe=1336,
    severity=Severity.CRITICAL,
    asvs=("v5.0.0-1.3.7",),
    sinks=(TemplateSource,),
    text=FlowText(
        message="{input} becomes part of the template text that {call} compiles.",
        why="Template languages can call methods of the objects they see, so the request runs code on the server. "
        "Hence critical.",
        sink_step="the input is part of the template's text",
        advice="Keep the template's text constant and pass the value as a variable.",
    ),
    probe=Probe(
        "{{7*7}}",
        "Send an expression of the template language.",
        "The page shows `{{7*7}}`, not 49.",
    ),
    recipe="template-variable",
    related=(94,),
)
