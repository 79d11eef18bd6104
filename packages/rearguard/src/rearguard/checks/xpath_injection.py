"""Questions asked of XML documents must not be assembled from request input."""

from rearguard.checks.base import FlowText
from rearguard.checks.flow import FlowCheck, Probe
from rearguard.findings import Severity
from rearguard.models.concepts import XPathQuery

XPATH_INJECTION = FlowCheck(
    id="xpath-injection",
    title="Request input becomes part of an XPath",
    cwe=643,
    severity=Severity.HIGH,
    asvs=("v5.0.0-1.2.7",),
    sinks=(XPathQuery,),
    text=FlowText(
        message="{input} becomes part of the XPath that {call} evaluates.",
        why="With a quote the expression asks something else: a log-in matches any account, and every "
        "node of the document can be read, one condition at a time.",
        sink_step="the input is part of the expression's text",
        advice="Give the value as a variable (`xpath('//user[name=$name]', name=value)`, "
        "`xpath.parse(...).select({{variables}})`), or compare it in the program.",
    ),
    probe=Probe(
        "' or '1'='1",
        "Send a quote and a condition that always holds.",
        "The same answer as for an unknown value.",
    ),
)
