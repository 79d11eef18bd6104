"""Queries of document databases must not take operators or code from request input."""

from rearguard.analysis.values import Flow
from rearguard.checks.base import Context, FlowText
from rearguard.checks.checked import is_checked, operators_refused
from rearguard.checks.flow import FlowCheck, Probe, Variant
from rearguard.findings import Severity
from rearguard.models.concepts import NoSqlCode, NoSqlQuery


def _is_open(context: Context, flow: Flow) -> bool:
    """Whether nothing says of what type the value is, and no operator in it is refused on the way."""
    concept = flow.site.concept
    if isinstance(concept, NoSqlCode):
        return True
    if isinstance(concept, NoSqlQuery) and concept.part != "filter":
        # What is written is data; that the client chooses its fields is mass assignment.
        return False
    return not operators_refused(context) and not is_checked(context, flow)


NOSQL_INJECTION = FlowCheck(
    id="nosql-injection",
    title="Request input becomes an operator of a query",
    cwe=943,
    severity=Severity.HIGH,
    asvs=("v5.0.0-1.2.4",),
    sinks=(NoSqlCode, NoSqlQuery),
    text=FlowText(
        message="{input} reaches the filter of {call} as whatever the client sends, an object of "
        "operators too.",
        why='With an operator in place of a value (`{{"$ne": null}}`, `{{"$gt": ""}}`) the '
        "filter matches what it must not: another account at log-in, every document in a list or a"
        " deletion.",
        sink_step="a query operator may stand here",
        advice="Make the value a text before it is used (`String(value)`, a schema, `typeof value === "
        '"string"`), or compare it with `$eq`, under which nothing is an operator.',
    ),
    probe=Probe(
        '{"$ne": null}',
        "Send an operator as an object instead of the value.",
        "400, or the same answer as for an unknown value: no document.",
    ),
    variants=(
        Variant(
            NoSqlCode,
            FlowText(
                message="{input} becomes part of the code that {call} has the database run.",
                why="The database runs the text as JavaScript for each document: whoever sends the request reads "
                "what the filter hides, one bit at a time, or keeps the database busy.",
                sink_step="the input is run as code",
                advice="Say the condition with operators ($eq, $gt, $expr) and the value as a value; switch the "
                "execution of JavaScript off in the database (`--noscripting`).",
            ),
            Probe(
                "' || '1'=='1",
                "Send a quote and a condition that always holds.",
                "The same answer as for an unknown value.",
            ),
        ),
    ),
    accepts=_is_open,
    recipe="equal-operator",
    related=(89, 1287),
)
