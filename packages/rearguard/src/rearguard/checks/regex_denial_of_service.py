"""Patterns that backtrack without bound must not be tried on request input."""

from rearguard.checks.base import FlowText
from rearguard.checks.flow import FlowCheck, Probe
from rearguard.findings import Severity
from rearguard.models.concepts import RegexMatch

REGEX_DENIAL_OF_SERVICE = FlowCheck(
    id="regex-denial-of-service",
    title="A pattern that backtracks meets request input",
    cwe=1333,
    severity=Severity.MEDIUM,
    asvs=("v5.0.0-1.3.12",),
    sinks=(RegexMatch,),
    text=FlowText(
        message="{input} is matched by {call} against a pattern whose time doubles with each further "
        "character.",
        why="Some thirty characters that nearly match keep the process busy for minutes, some fifty "
        "for years: one request takes a worker away, in Node.js the whole server.",
        sink_step="a pattern that can match the same text in many ways is tried on the input",
        advice="Write the repeated part so that it can match a text in one way only (no repetition of "
        "what is itself repeated), bound the length first, or use a matcher without "
        "backtracking (`re2`).",
    ),
    probe=Probe(
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!",
        "Send forty characters that the repeated part matches, and one that it does not.",
        "An answer at once.",
    ),
    related=(400, 730),
)
