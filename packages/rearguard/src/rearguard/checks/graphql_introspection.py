"""The whole schema is for those who may have it."""

from collections.abc import Iterator
from functools import cached_property

from rearguard.analysis.settings import evaluate, is_development_branch
from rearguard.checks.base import Context, Draft, page
from rearguard.checks.spots import spot
from rearguard.findings import Audience, Rule, Severity
from rearguard.models.settings_concepts import Introspection


class GraphqlIntrospection:
    """See graphql_introspection.md, which is this check's page and its test."""

    @cached_property
    def rule(self) -> Rule:
        """What is true of every finding of this check."""
        return Rule(
            id="graphql-introspection",
            title="Clients may ask for the whole GraphQL schema",
            cwe=200,
            severity=Severity.LOW,
            asvs=("v5.0.0-4.3.2",),
            api_top10=("API9:2023",),
            audience=Audience.AUDIT,
            page=page("graphql-introspection"),
        )

    def run(self, context: Context) -> Iterator[Draft]:
        """Yield one finding per server that is told to answer questions about its schema."""
        for use in context.uses.of(Introspection):
            value = use.value
            if value is None or is_development_branch(context.view, use.fid, use.instr.start):
                continue
            setting = evaluate(value)
            if setting.value is not True or setting.from_environment:
                continue
            yield spot(
                self.rule,
                use.span,
                "The server answers questions about its schema, in production too.",
                "The schema names every type, field and mutation, also those that no page uses yet.",
                "Leave it on in development alone, unless the interface is meant for others.",
                "the option is true",
                part=value.span,
                subject="introspection",
            )
