"""Keys that sign or encrypt must not stand in the code."""

from collections.abc import Iterator

from rearguard.checks.base import Context, Draft
from rearguard.checks.credential import Credential
from rearguard.checks.credentials import credentials
from rearguard.checks.plain import PlainCheck, told
from rearguard.findings import Request, Rule, Severity


def _find(context: Context, rule: Rule) -> Iterator[Draft]:
    for found in credentials(context):
        if found.kind == "key":
            yield _draft(rule, found)


def _draft(rule: Rule, found: Credential) -> Draft:
    where = "the code" if found.fid else "a file of the project"
    return told(
        rule,
        found.place,
        f"A key that signs or encrypts ({found.name}) is written into {where}.",
        why="Whoever has read it makes sessions and tokens for any account, or decrypts what was meant to be secret, and "
        "nothing shows that it happened.",
        advice="Read it from the environment or a secret store, refuse to start without it, and make a new one with "
        "32 random bytes: this one is known to whoever has seen this file.",
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
            Request("Sign a token with the old key and send it.", "", "401."),
        ),
        target=found.target,
    )


HARDCODED_KEY = PlainCheck(
    id="hardcoded-key",
    title="A cryptographic key stands in the code",
    cwe=321,
    severity=Severity.HIGH,
    asvs=("v5.0.0-13.3.1",),
    find=_find,
    related=(798, 320, 1394),
)
