"""No account may come with a password that everybody knows."""

from collections.abc import Iterator

from rearguard.checks.base import Context, Draft
from rearguard.checks.credential import Credential
from rearguard.checks.credentials import credentials
from rearguard.checks.plain import PlainCheck, told
from rearguard.findings import Request, Rule, Severity


def _find(context: Context, rule: Rule) -> Iterator[Draft]:
    for found in credentials(context):
        if found.kind == "account":
            yield _draft(context, rule, found)


def _draft(context: Context, rule: Rule, found: Credential) -> Draft:
    where = "the code" if found.fid else "a file of the project"
    return told(
        rule,
        found.place,
        f"An account is set up with a password that stands in {where}.",
        why="The account is there wherever this is installed, with the password that is known to whoever has seen the "
        "code, and the first thing that attackers try.",
        advice="Make the first account by a command that asks for its password or shows a random one once, and demand "
        "a new one at the first login.",
        step=found.reason,
        certain=found.certain,
        reason=found.reason,
        subject=found.name,
        endpoint=context.first_endpoint(found.fid) if found.fid else None,
        verification=(Request("Log in to a new installation with this password.", "", "401."),),
    )


DEFAULT_CREDENTIALS = PlainCheck(
    id="default-credentials",
    title="An account comes with a known password",
    cwe=798,
    severity=Severity.HIGH,
    asvs=("v5.0.0-6.3.2",),
    find=_find,
    related=(1392, 259, 1393),
)
