"""Programs must not be started from text that request input is part of."""

from rearguard.checks.base import FlowText
from rearguard.checks.flow import FlowCheck, Probe, Variant
from rearguard.findings import Severity
from rearguard.models.concepts import CommandExecution, OptionArgument

COMMAND_INJECTION = FlowCheck(
    id="command-injection",
    title="Request input becomes a command",
    cwe=78,
    severity=Severity.CRITICAL,
    asvs=("v5.0.0-1.2.5",),
    sinks=(CommandExecution, OptionArgument),
    sources=("request", "library"),
    text=FlowText(
        message="{input} becomes part of the command that {call} runs.",
        why="Whoever sends the request can run programs of their choice on the server, with the rights of the "
        "service: that is the end of every other control. Hence critical.",
        sink_step="the input is part of the command",
        advice="Start the program without a shell, with a fixed program name and the value as one element of the "
        "argument list; check the value against what the program needs, and put `--` before it where the "
        "program reads options.",
    ),
    probe=Probe(
        "x; id",
        "Send a second command after a separator.",
        "An error that the value is not valid, or the program's own answer for a strange name; never the "
        "output of the second command.",
    ),
    recipe="argument-list",
    variants=(
        Variant(
            OptionArgument,
            FlowText(
                message="{input} stands where the program that {call} starts reads options.",
                why="No shell is involved, but a value that begins with `-` is an option, and this program has options "
                "that start other programs, read a file of the client's choice or write one.",
                sink_step="the program may read the input as an option",
                advice="Put `--` before the value where the program knows that, or refuse values that begin with `-`; "
                "better, require what the value must look like.",
            ),
            Probe(
                "--help",
                "Send an option in place of the value.",
                "An error that the value is not valid; never the program's answer to the option.",
            ),
            severity=Severity.HIGH,
        ),
    ),
    related=(77, 88),
)
