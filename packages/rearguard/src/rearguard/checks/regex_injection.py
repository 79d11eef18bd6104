"""Request input must not be read as a regular expression."""

from rearguard.checks.base import FlowText
from rearguard.checks.flow import FlowCheck, Probe
from rearguard.findings import Severity
from rearguard.models.concepts import RegexCompile

REGEX_INJECTION = FlowCheck(
    id="regex-injection",
    title="Request input becomes a pattern",
    cwe=400,
    severity=Severity.MEDIUM,
    asvs=("v5.0.0-1.2.9",),
    sinks=(RegexCompile,),
    text=FlowText(
        message="{input} is read as a regular expression by {call}.",
        why="A pattern such as `(a+)+$` needs time that doubles with each character, so that one "
        "request keeps a process busy for hours; and a pattern matches more than the text that was"
        " meant.",
        sink_step="the input is a pattern",
        advice="Escape it (`re.escape`, `escapeRegExp`) if text is meant; if patterns are wanted, use "
        "a matcher without backtracking (`re2`) and a limit of time.",
    ),
    probe=Probe(
        "(a+)+$",
        "Send a pattern that backtracks, or one that matches everything.",
        "The text is looked for as it is: no match, at once.",
    ),
    recipe="escape-value",
    related=(625, 1333, 730),
)
