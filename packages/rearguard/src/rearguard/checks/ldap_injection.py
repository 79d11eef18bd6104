"""Filters and names of a directory must not be assembled from request input."""

from rearguard.analysis.values import Flow
from rearguard.checks.base import FlowText
from rearguard.checks.flow import FlowCheck, Probe, Variant
from rearguard.findings import Severity
from rearguard.models.concepts import LdapQuery


def _is_name(flow: Flow) -> bool:
    concept = flow.site.concept
    return isinstance(concept, LdapQuery) and concept.part == "name"


LDAP_INJECTION = FlowCheck(
    id="ldap-injection",
    title="Request input becomes part of an LDAP query",
    cwe=90,
    severity=Severity.HIGH,
    asvs=("v5.0.0-1.2.6",),
    sinks=(LdapQuery,),
    text=FlowText(
        message="{input} becomes part of the LDAP filter that {call} sends.",
        why="With `*`, `(` and `)` the filter asks something else: a log-in matches any account, a "
        "search shows entries and attributes that it must not.",
        sink_step="the input is part of the filter's text",
        advice="Escape each value for filters before it is put in (`escape_filter_chars`, "
        "`ldapEscape.filter`), or build the filter from objects.",
    ),
    probe=Probe(
        "*)(uid=*",
        "Send characters that end the condition and begin another.",
        "The same answer as for an unknown name.",
    ),
    variants=(
        Variant(
            LdapQuery,
            FlowText(
                message="{input} becomes part of the distinguished name that {call} uses.",
                why="With `,` and `=` the name becomes that of another entry: whoever sends the request binds, "
                "searches or changes elsewhere in the directory.",
                sink_step="the input is part of the name",
                advice="Escape each value for names before it is put in (`escape_rdn`, `escape_dn_chars`, "
                "`ldapEscape.dn`): their special characters are not those of filters.",
            ),
            Probe(
                "x,ou=admins",
                "Send a comma and one more component.",
                "The same answer as for an unknown name.",
            ),
            applies=_is_name,
        ),
    ),
    recipe="escape-value",
)
