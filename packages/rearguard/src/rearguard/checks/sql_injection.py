"""SQL statements must not be assembled from request input."""

from collections.abc import Iterator
from functools import cached_property

from rearguard.checks.base import Context, Draft, FlowText, flow_draft, group_by_site, page
from rearguard.checks.requests import probe
from rearguard.findings import Rule, Severity
from rearguard.models.concepts import SqlExecution

_TEXT = FlowText(
    message="{input} becomes part of the SQL text that {call} runs.",
    why="Whoever sends the request can change what the statement does: read other people's rows, "
    "log in as someone else, or change and delete data.",
    sink_step="the input is part of the statement's text",
    advice="Keep the statement's text constant and bind the value as a parameter. A name of a column or a "
    "sort direction cannot be bound: look it up in a fixed list.",
)


class SqlInjection:
    """See sql_injection.md, which is this check's page and its test."""

    @cached_property
    def rule(self) -> Rule:
        return Rule(
            id="sql-injection",
            title="Request input becomes SQL",
            cwe=89,
            severity=Severity.HIGH,
            asvs=("v5.0.0-1.2.4",),
            related=(943,),
            page=page("sql-injection"),
        )

    def run(self, context: Context) -> Iterator[Draft]:
        flows = (f for f in context.values.flows if isinstance(f.site.concept, SqlExecution))
        for group in group_by_site(f for f in flows if f.source.kind == "request"):
            best = group[0]
            endpoint = context.first_endpoint(best.fid)
            step = probe(
                endpoint,
                best.source,
                "' OR '1'='1",
                "Send a quote and a condition that is always true.",
                "The same answer as for any unknown value: no extra rows, no database error.",
            )
            yield flow_draft(context, self.rule, group, _TEXT, "bind-parameters", verification=(step,))
