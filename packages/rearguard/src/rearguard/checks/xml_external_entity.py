"""XML from clients must not be read by a parser that resolves entities."""

from collections.abc import Iterator

from rearguard.analysis.settings import Use, option_of
from rearguard.analysis.values import Flow
from rearguard.checks.base import Context, Draft, FlowText
from rearguard.checks.flow import FlowCheck, Probe, Variant
from rearguard.findings import Confidence, Finding, Severity
from rearguard.models.concepts import EntitiesOn, XmlParse
from rearguard.program import Evidence, Step


def _is_growth(flow: Flow) -> bool:
    concept = flow.site.concept
    return isinstance(concept, XmlParse) and concept.risk == "memory"


def _confidence(context: Context, flow: Flow) -> tuple[Confidence, str] | None:
    concept = flow.site.concept
    if isinstance(concept, XmlParse) and concept.since and concept.default:
        return Confidence.LIKELY, f"the library resolves none by default from version {concept.since} on"
    return None


_PARSED = FlowCheck(
    id="xml-external-entity",
    title="XML from the request is read with entities",
    cwe=611,
    severity=Severity.HIGH,
    asvs=("v5.0.0-1.5.1",),
    sinks=(XmlParse,),
    text=FlowText(
        message="{input} is parsed by {call}, which resolves external entities.",
        why="A document type of the client's makes the parser read files and addresses of its choice "
        "(`<!ENTITY x SYSTEM 'file:///etc/passwd'>`) and put them into the document: the service's"
        " secrets, and requests from inside the network.",
        sink_step="the parser resolves entities in the input",
        advice="Switch entities off (`resolve_entities=False`, no `noent`), or use a parser that "
        "refuses them (`defusedxml`).",
    ),
    probe=Probe(
        '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]><x>&e;</x>',
        "Send a document that names a local file as an entity.",
        "400, or a document without the file's text.",
    ),
    variants=(
        Variant(
            XmlParse,
            FlowText(
                message="{input} is parsed by {call} without the parser's limits.",
                why="A few nested entities of the client's become gigabytes in memory: one request "
                "ends the process.",
                sink_step="entities in the input grow without bound",
                advice="Leave the parser's limits on (no `huge_tree`, no `huge`), and switch entities off.",
            ),
            Probe(
                '<!DOCTYPE x [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><x>&b;</x>',
                "Send a document whose entities hold one another.",
                "400.",
            ),
            applies=_is_growth,
        ),
    ),
    confidence=_confidence,
    recipe="entities-off",
    related=(776, 827),
)


class XmlExternalEntity:
    """See xml_external_entity.md, which is this check's page and its test."""

    rule = _PARSED.rule

    def run(self, context: Context) -> Iterator[Draft]:
        """Yield one finding per document that is parsed, and per parser told to whose documents are not seen."""
        found: set[str] = set()
        for draft in _PARSED.run(context):
            found.update(step.span.path for step in draft.finding.evidence.steps)
            yield draft
        for use in context.uses.of(EntitiesOn):
            asked = use.selected[0] if use.selected else None
            named = asked is not None and asked.instr is not None and asked.instr.name == use.concept.feature
            path = use.span.path
            if named and option_of(use, use.concept.value).is_const(True, 1) and path not in found:
                yield self._switched_on(context, use)

    def _switched_on(self, context: Context, use: Use[EntitiesOn]) -> Draft:
        text = _PARSED.text
        finding = Finding(
            rule=self.rule,
            location=use.span,
            message="The parser is told to read external entities.",
            why=text.why,
            severity=self.rule.severity,
            confidence=Confidence.LIKELY,
            confidence_reason="which documents it reads was not followed",
            evidence=Evidence((Step(use.span, "external entities are switched on", "sink"),)),
            advice=text.advice,
            endpoint=context.first_endpoint(use.fid),
            subject="EntitiesOn",
        )
        return Draft(finding)
