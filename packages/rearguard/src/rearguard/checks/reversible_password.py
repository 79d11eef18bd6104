"""Passwords must not be stored so that they can be recovered."""

from collections.abc import Iterator

from rearguard.analysis.identity import is_password
from rearguard.analysis.settings import option_of
from rearguard.checks.base import Context, Draft
from rearguard.checks.hashes import added
from rearguard.checks.plain import PlainCheck, told
from rearguard.findings import Request, Rule, Severity
from rearguard.models.concepts import Encryption


def _find(context: Context, rule: Rule) -> Iterator[Draft]:
    for use in context.uses.of(Encryption):
        data = list(added(context, use.fid, use.instr.dst))
        if use.concept.data:
            given = option_of(use, use.concept.data).value
            data.extend([given.value] if given is not None and given.fid == use.fid else [])
        names = sorted({n for value in data for n in context.naming.of(use.fid, value) if is_password(n)})
        if names:
            yield told(
                rule,
                use.span,
                f"`{names[0]}` is encrypted, so it can be decrypted again.",
                why="The key lies where the service can read it, and so can whoever breaks into the service: then all "
                "passwords are known at once.",
                advice="Store a hash made by Argon2id, scrypt or bcrypt, and verify what is typed with the same library. "
                "Encryption is for passwords of other services that must be sent on.",
                step=f"`{names[0]}` goes into the cipher",
                certain=False,
                reason="the value is called a password; whose it is cannot be told from here",
                subject="password",
                endpoint=context.first_endpoint(use.fid),
                verification=(
                    Request("Look for code that gives a user's password back.", "", "There is none."),
                ),
            )


REVERSIBLE_PASSWORD = PlainCheck(
    id="reversible-password",
    title="Passwords are stored so that they can be recovered",
    cwe=257,
    severity=Severity.HIGH,
    asvs=("v5.0.0-11.4.2",),
    find=_find,
    related=(256, 261),
)
