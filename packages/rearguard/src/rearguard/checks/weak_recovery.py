"""A link or code that gives access back must be secret, short-lived and good for one time."""

import re
from collections.abc import Iterator

from rearguard.analysis.access import Row
from rearguard.analysis.identity import is_password, is_secret, words
from rearguard.analysis.settings import option_of
from rearguard.checks.base import Context, Draft
from rearguard.checks.endpoints import by_handler, endpoint_of, location, request
from rearguard.checks.logins import logins, mentions
from rearguard.checks.plain import PlainCheck, told
from rearguard.findings import Request, Rule, Severity
from rearguard.models.concepts import TokenVerify

_RECOVERS = re.compile(r"reset|recover|forgot|confirm|verif|activat|magic")
_PROOF = re.compile(r"token|code|otp|secret|signature|verify|nonce|uidb64|old_password|current_password")


def _find(context: Context, rule: Rule) -> Iterator[Draft]:
    for use in context.uses.of(TokenVerify):
        lifetime = use.concept.lifetime
        name = words(context.view.function(use.fid).name)
        if lifetime and _RECOVERS.search(name) and option_of(use, lifetime).is_absent:
            yield told(
                rule,
                use.span,
                "A link for recovering or confirming an account is valid for ever.",
                why="Old mails lie in mailboxes and archives for years; whoever reads one later has the account.",
                advice="Accept the token for an hour (`max_age=3600`), and make it depend on the password's hash, so that it "
                "works once.",
                step="read without a greatest age",
                certain=True,
                reason="the option is left out",
                subject="age",
                endpoint=context.first_endpoint(use.fid),
                verification=(
                    Request("Open a link that was sent a day ago.", "", "400, and the account unchanged."),
                ),
            )
    for row in by_handler(context.matrix):
        if row.authentication.state not in ("required", "unknown") and _is_open(context, row):
            endpoint = endpoint_of(context, row)
            yield told(
                rule,
                location(context, row),
                f"{endpoint.name} sets a new password for whichever account the request names.",
                why="No secret that only the owner has is asked for, so anyone takes any account.",
                advice="Send a random token to the owner's address, keep its hash with an end, and set the password of the "
                "account that the token belongs to. Use it up.",
                step="the account is named by the client, and nothing proves whose it is",
                certain=False,
                reason="neither a token nor the old password is among what the handler reads",
                subject=endpoint.name,
                endpoint=endpoint,
                verification=(
                    Request(
                        "As nobody, set the password of another account.", request(endpoint), "400 or 401."
                    ),
                ),
            )


def _is_open(context: Context, row: Row) -> bool:
    surface = row.surface
    if surface is None or logins(context).of(row):
        return False
    names = {use.name for use in row.used}
    if any(is_secret(name.rpartition(".")[2]) and not is_password(name.rpartition(".")[2]) for name in names):
        return False
    for touch in surface.touches:
        writes = any(
            is_password(name) or "password" in name.lower()
            for name, atoms in touch.written
            if any(atom.kind == "input" for atom in atoms)
        )
        chosen = any(atom.kind == "input" for _, atoms in touch.keys for atom in atoms)
        if touch.operation == "update" and writes and chosen:
            reached = logins(context).reached(row)
            return not mentions(context, reached, _PROOF)
    return False


WEAK_RECOVERY = PlainCheck(
    id="weak-recovery",
    title="Access is given back without proof, or for ever",
    cwe=640,
    severity=Severity.HIGH,
    asvs=("v5.0.0-6.4.3",),
    find=_find,
    related=(620, 613),
)
