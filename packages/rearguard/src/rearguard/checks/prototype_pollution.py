"""Request input must not choose keys that lead to what all objects share."""

from rearguard.analysis.settings.versions import lowest, parse
from rearguard.analysis.values import Flow
from rearguard.checks.base import Context, FlowText
from rearguard.checks.checked import is_checked
from rearguard.checks.flow import FlowCheck, Probe, Variant
from rearguard.findings import Confidence, Severity
from rearguard.models.concepts import DeepMerge, KeyWrite


def _is_open(context: Context, flow: Flow) -> bool:
    """Whether no schema says which keys there are, and the library is none that refuses the harmful ones."""
    concept = flow.site.concept
    if isinstance(concept, DeepMerge | KeyWrite) and concept.refused:
        asked, refused = lowest(context.settings.values(), concept), parse(concept.refused)
        if asked is not None and refused is not None and asked >= refused:
            return False
    return not is_checked(context, flow)


def _confidence(context: Context, flow: Flow) -> tuple[Confidence, str] | None:
    concept = flow.site.concept
    if isinstance(concept, DeepMerge | KeyWrite) and concept.refused:
        return Confidence.LIKELY, f"the library refuses such keys from version {concept.refused} on"
    return None


PROTOTYPE_POLLUTION = FlowCheck(
    id="prototype-pollution",
    title="Request input chooses keys that are assigned",
    cwe=1321,
    severity=Severity.HIGH,
    asvs=("v5.0.0-15.3.6",),
    sinks=(KeyWrite, DeepMerge),
    text=FlowText(
        message="{input} chooses a key on the way to what is assigned here.",
        why="The key `__proto__` (or `constructor`, `prototype`) leads to the object that all others "
        "inherit from: a property set there appears on every object of the process, which turns "
        "checks like `if (user.isAdmin)` true and changes options of libraries, up to code that "
        "runs.",
        sink_step="the input is a key under which something is assigned",
        advice="Refuse the keys `__proto__`, `constructor` and `prototype`, keep such data in a `Map` "
        "or an object made by `Object.create(null)`, or copy only the keys that are expected.",
    ),
    probe=Probe(
        '{"__proto__": {"polluted": true}}',
        "Send the key __proto__ with a property of your own.",
        "The property appears on no other object: `({}).polluted` is undefined.",
    ),
    variants=(
        Variant(
            DeepMerge,
            FlowText(
                message="{input} is merged by {call} with all its keys, at every depth.",
                why="The key `__proto__` leads to the object that all others inherit from: a property set there "
                "appears on every object of the process, which turns checks like `if (user.isAdmin)` "
                "true.",
                sink_step="every key of the input is assigned",
                advice="Copy the keys that are expected, or check the input with a schema that allows no others; "
                "use a release of the library that refuses `__proto__`.",
            ),
            Probe(
                '{"__proto__": {"polluted": true}}',
                "Send the key __proto__ with a property of your own.",
                "The property appears on no other object: `({}).polluted` is undefined.",
            ),
        ),
    ),
    accepts=_is_open,
    confidence=_confidence,
    per_function=True,
    related=(915, 1287),
)
