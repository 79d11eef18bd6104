"""Credentials must not stand in the code."""

from collections.abc import Iterator

from rearguard.checks.base import Context, Draft
from rearguard.checks.credential import Credential
from rearguard.checks.credentials import credentials
from rearguard.checks.plain import PlainCheck, told
from rearguard.findings import Request, Rule, Severity


def _find(context: Context, rule: Rule) -> Iterator[Draft]:
    for found in credentials(context):
        if found.kind == "secret":
            yield _draft(rule, found)


def _draft(rule: Rule, found: Credential) -> Draft:
    where = "the code" if found.fid else "a file of the project"
    return told(
        rule,
        found.place,
        f"A credential ({found.name}) is written into {where}.",
        why="Everyone who can read the code, its history or a copy of the image has it, and it cannot be changed "
        "without a release.",
        advice="Read it from the environment or a secret store, refuse to start without it, and replace the "
        "credential: it is known to whoever has seen this file.",
        step=found.reason,
        certain=found.certain,
        reason=found.reason,
        subject=found.name,
        verification=(
            Request(
                "Start the service without the variable set.",
                "",
                "It refuses to start and names the variable.",
            ),
        ),
        target=found.target,
    )


HARDCODED_SECRET = PlainCheck(
    id="hardcoded-secret",
    title="A credential stands in the code",
    cwe=798,
    severity=Severity.HIGH,
    asvs=("v5.0.0-13.3.1",),
    find=_find,
    related=(259, 547),
)
