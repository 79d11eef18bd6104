"""Request input must not become code."""

from rearguard.analysis.values import Flow
from rearguard.checks.base import Context, FlowText
from rearguard.checks.flow import FlowCheck, Probe, Variant
from rearguard.findings import Severity
from rearguard.models.concepts import CodeExecution, ProgramFile


def _in_browser(flow: Flow) -> bool:
    return flow.source.kind == "browser"


def _is_text(_: Context, flow: Flow) -> bool:
    """Whether it is text that runs: what an unknown call gives to a timer is a function."""
    concept = flow.site.concept
    takes_functions = isinstance(concept, CodeExecution) and concept.takes_functions
    return not (takes_functions and flow.uncertain and not any(isinstance(p, str) for p in flow.text or ()))


CODE_INJECTION = FlowCheck(
    id="code-injection",
    title="Request input is evaluated as code",
    cwe=94,
    severity=Severity.CRITICAL,
    asvs=("v5.0.0-1.3.2",),
    sinks=(CodeExecution, ProgramFile),
    sources=("request", "browser", "library"),
    accepts=_is_text,
    text=FlowText(
        message="{input} becomes part of the code that {call} runs.",
        why="Whoever sends the request runs code inside the service, with its rights and its secrets. Hence critical.",
        sink_step="the input is run as code",
        advice="Say what the value may mean instead of running it: parse a literal or JSON, look a name up in a "
        "table of functions, or read an expression with a grammar that has no calls.",
    ),
    variants=(
        Variant(
            ProgramFile,
            FlowText(
                message="{input} is written by {call} into a file that is a program.",
                why="Once the file is imported, started or rendered, whoever sent the request runs code inside the service, "
                "with its rights and its secrets. Hence critical.",
                sink_step="the input becomes the file's text",
                advice="Keep what clients send apart from programs: store it as data (JSON, a database), and give a template "
                "the value as a variable. Where users must submit code, run it in a sandbox without the service's rights.",
            ),
            Probe(
                "raise SystemExit",
                "Send a statement of the file's language.",
                "The file is not changed.",
            ),
        ),
        Variant(
            CodeExecution,
            FlowText(
                message="{input} becomes part of the code that {call} runs in the browser.",
                why="Whoever makes a link to the page, or opens it in a window of theirs, runs a script in the session "
                "of the person who follows it.",
                sink_step="the input is run as code",
                advice="Say what the value may mean instead of running it: read it with `JSON.parse`, or look a name up "
                "in a table of functions; give `setTimeout` a function.",
            ),
            Probe(
                "alert(1)",
                "Open the page with code as the value.",
                "No script runs.",
            ),
            severity=Severity.HIGH,
            applies=_in_browser,
        ),
    ),
    probe=Probe(
        "7*7",
        "Send an expression of the service's language.",
        "400, or the text `7*7` treated as data; never 49.",
    ),
    related=(95,),
)
