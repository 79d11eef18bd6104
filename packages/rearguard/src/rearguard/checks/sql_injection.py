"""SQL statements must not be assembled from request input."""

from rearguard.checks.base import FlowText
from rearguard.checks.flow import FlowCheck, Probe, Variant
from rearguard.findings import Severity
from rearguard.models.concepts import SqlExecution

SQL_INJECTION = FlowCheck(
    id="sql-injection",
    title="Request input becomes SQL",
    cwe=89,
    severity=Severity.HIGH,
    asvs=("v5.0.0-1.2.4",),
    sinks=(SqlExecution,),
    text=FlowText(
        message="{input} becomes part of the SQL text that {call} runs.",
        why="Whoever sends the request can change what the statement does: read other people's rows, "
        "log in as someone else, or change and delete data.",
        sink_step="the input is part of the statement's text",
        advice="Keep the statement's text constant and bind the value as a parameter. A column name or a "
        "sort direction cannot be bound: look it up in a fixed list.",
    ),
    probe=Probe(
        "' OR '1'='1",
        "Send a quote and a condition that is always true.",
        "The same answer as for any unknown value: no extra rows, no database error.",
    ),
    recipe="bind-parameters",
    sources=("request", "library"),
    variants=(
        Variant(
            SqlExecution,
            FlowText(
                message="{input} becomes part of the SQL text that {call} runs.",
                why="No route leads here today, so what arrives depends on whoever calls the function: the first caller "
                "that passes on what a user typed hands over the statement. Hence medium.",
                sink_step="the parameter is part of the statement's text",
                advice="Keep the statement's text constant and bind the value as a parameter.",
            ),
            Probe(
                "' OR '1'='1",
                "Call the function with a quote and a condition that is always true.",
                "The same answer as for any unknown value: no extra rows, no database error.",
            ),
            severity=Severity.MEDIUM,
            recipe="bind-parameters",
            applies=lambda flow: flow.source.kind == "library",
        ),
    ),
)
