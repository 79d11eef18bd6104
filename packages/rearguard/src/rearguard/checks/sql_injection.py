"""SQL statements must not be assembled from request input."""

import re

from rearguard.analysis.identity import words
from rearguard.analysis.values import Flow
from rearguard.checks.base import Context, FlowText
from rearguard.checks.binders import is_bound_by_builder
from rearguard.checks.checked import is_checked
from rearguard.checks.flow import FlowCheck, Probe, Variant
from rearguard.findings import Confidence, Severity
from rearguard.models.concepts import LookupNames, SqlExecution


def _is_text(context: Context, flow: Flow) -> bool:
    """Whether text can arrive where statements are objects: a call that is not known makes of input what it likes,
    and what such an executor takes is built by an expression language that binds."""
    concept = flow.site.concept
    if isinstance(concept, LookupNames):
        # A class of declared fields has no others, and what a path holds is named by its route.
        sent = flow.source.kind == "request" and flow.source.channel != "path"
        return sent and not is_checked(context, flow)
    if is_bound_by_builder(context, flow):
        return False
    takes_objects = isinstance(concept, SqlExecution) and bool(concept.wraps)
    return not (
        takes_objects and flow.uncertain and not any(isinstance(p, str) and p for p in flow.text or ())
    )


def _confidence(_: Context, flow: Flow) -> tuple[Confidence, str] | None:
    """Names of tables and columns that are stored are made by the application more often than typed by somebody."""
    if (
        flow.source.kind in ("stored", "kept")
        and flow.source.path
        and _IDENTIFIER.search(words(flow.source.path[-1]))
    ):
        return (
            Confidence.QUESTION,
            "stored as a name of a table, a column or a type; who makes it up was not followed",
        )
    return None


_IDENTIFIER = re.compile(
    r"(?:^|_)(?:table|column|col|schema|index|relation|view|field|db|database)_?(?:name|key|id)?$|_type$"
)

SQL_INJECTION = FlowCheck(
    id="sql-injection",
    title="Request input becomes SQL",
    cwe=89,
    severity=Severity.HIGH,
    asvs=("v5.0.0-1.2.4",),
    sinks=(SqlExecution, LookupNames),
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
    accepts=_is_text,
    confidence=_confidence,
    variants=(
        Variant(
            LookupNames,
            FlowText(
                message="{input} chooses the names of the conditions that {call} is given.",
                why="A name is not only a column: `owner__password__startswith` reads a related table letter by letter, "
                "and names that the mapper keeps for itself have changed the statement (CVE-2025-64459).",
                sink_step="the names are read as fields, relations and operators",
                advice="Take the names from a fixed list or a filter class that declares them, and only the values "
                "from the request.",
            ),
            Probe(
                "owner__password__startswith=p",
                "Send a name that leads to a related table.",
                "400, or the same answer as without it.",
            ),
        ),
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
