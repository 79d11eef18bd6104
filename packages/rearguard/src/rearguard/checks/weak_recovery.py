"""A link or code that gives access back must be secret, short-lived and good for one time."""

import re
from collections.abc import Iterator

from rearguard.analysis.access import Row
from rearguard.analysis.access.facts import Fact
from rearguard.analysis.access.principals import is_caller
from rearguard.analysis.access.resources import Touch
from rearguard.analysis.identity import is_password, is_secret, words
from rearguard.analysis.settings import option_of
from rearguard.checks.base import Context, Draft
from rearguard.checks.endpoints import by_handler, endpoint_of, location, request
from rearguard.checks.guessable import Guessable, guessable
from rearguard.checks.logins import before, logins, mentions
from rearguard.checks.plain import PlainCheck, told
from rearguard.findings import Request, Rule, Severity
from rearguard.models.concepts import TokenVerify
from rearguard.program import Step

_RECOVERS = re.compile(r"reset|recover|forgot|confirm|verif|activat|magic")
_KNOWN = re.compile(
    r"(?:old|current|existing|previous|verify|check|compare)_?(?:user_?)?(?:passw(?:or)?d|pass|pwd)|reauth|re_?confirm|sudo|"
    r"(?:passw(?:or)?d)_?(?:old|current)|token|otp|reset|recover|forgot|invit|activat"
)
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
    for one in guessable(context).values():
        if one.gives_back:
            yield _guessed(context, rule, one)
    for row in by_handler(context.matrix):
        touch = _change(context, row)
        if touch is not None:
            yield _unasked(context, rule, row, touch)
            continue
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


def _guessed(context: Context, rule: Rule, one: Guessable) -> Draft:
    return told(
        rule,
        one.span,
        f"`{one.name}` is a hash of what others know: nothing secret goes into it.",
        why="Whoever knows the account's address or number, and about when the token was made, computes it and has what it "
        "opens.",
        advice="Make it of at least 128 bits from the generator of the operating system (`secrets.token_urlsafe(32)`, "
        "`crypto.randomBytes(32)`), keep its hash, and let it end soon and work once.",
        step="made of what others know",
        certain=False,
        reason="the value's name, or that of the function that makes it, says that it gives access",
        subject=one.name,
        endpoint=context.first_endpoint(one.fid),
        verification=(
            Request("Ask for one for an account of yours, and compute it by hand.", "", "The two differ."),
        ),
    )


def _change(context: Context, row: Row) -> Touch | None:
    """Where a caller's own password is replaced, and nothing that is sent proves that the caller knows the old one."""
    surface = row.surface
    if (
        surface is None
        or row.public
        or row.authorization.state == "required"
        or row.endpoint.method == "WEBSOCKET"
    ):
        return None
    told = logins(context)
    if told.of(row) or any(_compares_password(fact) for fact in surface.facts):
        return None
    for touch in surface.touches:
        if touch.operation != "update":
            continue
        sent = any(
            "passw" in name.lower() and any(atom.kind == "input" for atom in atoms)
            for name, atoms in touch.written
        )
        own = any(is_caller(atom) for _, atoms in touch.keys for atom in atoms) or any(
            is_caller(atom) for atom in touch.subject
        )
        if sent and own:
            reached = told.reached(row)
            return None if mentions(context, (*reached, *before(row)), _KNOWN) else touch
    return None


def _compares_password(fact: Fact) -> bool:
    """`if me["password"] != digest(form["old"])`: refused by what is kept of the caller's own password."""
    return fact.kind == "denial" and any(
        any(is_caller(a) and a.path and "passw" in a.path[-1].lower() for a in condition.atoms)
        and any(a.kind == "input" for a in condition.atoms)
        for condition in fact.conditions
    )


def _unasked(context: Context, rule: Rule, row: Row, touch: Touch) -> Draft:
    endpoint = endpoint_of(context, row)
    return told(
        rule.narrowed(620),
        location(context, row),
        f"{endpoint.name} replaces the caller's password without asking for the old one.",
        why="Whoever finds a screen unlocked, or makes a browser send one request, takes the account for good and locks its "
        "owner out.",
        advice="Ask for the current password and verify it before the new one is set, and end the account's other sessions.",
        step="the new password is stored",
        before=(Step(touch.span, "here, for whoever is logged in", "note"),) if touch.span.path else (),
        certain=False,
        reason="neither the old password nor a code is among what the handler reads",
        subject=endpoint.name,
        endpoint=endpoint,
        severity=Severity.MEDIUM,
        verification=(
            Request("Change the password, sending the new one alone.", request(endpoint), "400 or 401."),
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
    related=(620, 613, 330, 340),
)
