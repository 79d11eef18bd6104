"""Files must not be chosen freely by request input."""

from rearguard.analysis.values import Flow
from rearguard.analysis.values.columns import is_file
from rearguard.checks.base import Context, FlowText
from rearguard.checks.checked import names_a_file
from rearguard.checks.flow import FlowCheck, Probe
from rearguard.findings import Severity
from rearguard.models.concepts import FileAccess


def _chooses(context: Context, flow: Flow) -> bool:
    """Whether input may name another file: what a column for files keeps is where the framework has put one."""
    source = flow.source
    keeps = source.kind in ("stored", "kept") and any(
        is_file(context.values.program, key) for key in source.path[-2:] if key != "*"
    )
    return names_a_file(flow) and not keeps


PATH_TRAVERSAL = FlowCheck(
    id="path-traversal",
    title="Request input chooses a file",
    cwe=22,
    severity=Severity.HIGH,
    asvs=("v5.0.0-5.3.2",),
    sinks=(FileAccess,),
    text=FlowText(
        message="{input} becomes part of the path that {call} uses, and nothing keeps it inside a folder.",
        why="With `../` or an absolute path the request reaches any file that the service can: its source and "
        "secrets when it reads, its own code when it writes.",
        sink_step="the input is part of the path",
        advice="Resolve the joined path and refuse it unless it lies inside the folder you mean, or map an id that "
        "you issued to a name that you chose.",
    ),
    probe=Probe(
        "../../../../etc/passwd",
        "Ask for a file above the folder.",
        "400 or 404, and nothing of the file.",
    ),
    recipe="contain-path",
    accepts=_chooses,
    related=(23, 36, 73),
    per_input=True,
)
