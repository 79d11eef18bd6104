"""Tokens must end."""

import re
from collections.abc import Iterator

from rearguard.analysis import ValueView
from rearguard.analysis.settings import Use, option_of
from rearguard.checks.base import Context, Draft
from rearguard.checks.plain import PlainCheck, told
from rearguard.checks.service_tokens import endless
from rearguard.findings import Request, Rule, Severity
from rearguard.models.concepts import ServiceToken, TokenIssue, Verification
from rearguard.program import Op, Span
from rearguard.repair.targets import Target

_WHY = (
    "Whoever gets hold of such a token once, from a log, a browser or a lost device, is that person for ever: there is "
    "nothing that makes it stop working."
)


_ENDS = re.compile(
    r"expir|expires|valid_?(?:until|to|through)|not_?after|(?:created|issued|signed|made)_?(?:at|on)|^ttl$|max_?age|"
    r"time_?stamp",
    re.IGNORECASE,
)
"""Claims from which a program of its own reckons when a token ends."""


def _find(context: Context, rule: Rule) -> Iterator[Draft]:
    for issue in context.uses.of(TokenIssue):
        if _is_endless(context, issue):
            yield _draft(
                context, rule, issue, "A token is made that never expires.", "no `exp` among its claims"
            )
    yield from _of_services(context, rule)
    for use in context.uses.of(Verification):
        for selector, constant in use.concept.endless:
            if option_of(use, selector).is_const(constant) and not _is_off(use):
                text = "Tokens are accepted after they have expired."
                yield _draft(context, rule, use, text, "the test is switched off here")


def _of_services(context: Context, rule: Rule) -> Iterator[Draft]:
    """One finding for the settings that leave the end out, or for each call where there is nothing to complete."""
    told_at: set[Span] = set()
    for issue, options in endless(context):
        claims = option_of(issue, issue.concept.payload).value
        if claims is None or not _lacks_end(context, claims):
            continue
        place = options or issue.span
        if place in told_at:
            continue
        told_at.add(place)
        text = "Tokens are made that never expire." if options else "A token is made that never expires."
        step = "neither these options nor those of the call say when it ends"
        yield _draft(context, rule, issue, text, step, place)


def _is_off(use: Use[Verification]) -> bool:
    """Whether nothing is verified at all, which is another finding."""
    return any(option_of(use, selector).is_const(constant) for selector, constant in use.concept.off)


def _is_endless(context: Context, use: Use[TokenIssue]) -> bool:
    concept = use.concept
    if concept.endless:
        return any(option_of(use, selector).is_const(constant) for selector, constant in concept.endless)
    if concept.chain:
        return not _passes(context, use, concept.chain)
    if not all(option_of(use, selector).is_absent for selector in concept.expiry):
        return False
    payload = option_of(use, concept.payload).value if concept.payload else None
    return payload is not None and _lacks_end(context, payload)


def _lacks_end(context: Context, payload: ValueView) -> bool:
    """Whether a map of claims is written out here, and neither it nor what is put into it later is `exp`."""
    found = context.matrix.origins.resolved(payload.fid, payload.value)
    if found is None or found[1].op != Op.COLLECT or found[1].name != "dict":
        return False
    if any(key in ("exp", "**", "*", "?") or _ENDS.search(key or "") for key in found[1].keys):
        # What ends it may have a name of the program's own, which whoever verifies reads.
        return False
    for instr in context.view.linker.code(payload.fid):
        if instr.op == Op.SETITEM and instr.value == "exp":
            return False
        if instr.op == Op.SETATTR and instr.name == "exp":
            return False
        if instr.op == Op.COLLECT and "exp" in instr.keys:
            return False
    return True


def _passes(context: Context, use: Use[TokenIssue], method: str) -> bool:
    """Whether the chain of calls before this one, or a variable that holds it, passes a method."""
    return any(i.op == Op.ATTR and i.name == method for i in context.view.definitions(use.fid).values())


def _draft(
    context: Context,
    rule: Rule,
    use: Use[TokenIssue] | Use[Verification] | Use[ServiceToken],
    message: str,
    step: str,
    place: Span | None = None,
) -> Draft:
    return told(
        rule,
        place or use.span,
        message,
        why=_WHY,
        advice="Let access tokens end after minutes (`exp`, `expiresIn: '15m'`), renew them with a refresh token that is "
        "replaced at every use and can be revoked, and verify the end.",
        step=step,
        certain=True,
        reason="all that is given to the call is written out here",
        subject="exp",
        endpoint=context.first_endpoint(use.fid),
        verification=(Request("Send a token that was made a day ago.", "", "401."),),
        target=None
        if isinstance(use.concept, ServiceToken)
        else Target("token-expiry", use.fid, use.instr.dst, concept=use.concept),
    )


JWT_MISSING_CLAIMS = PlainCheck(
    id="jwt-missing-claims",
    title="A token never ends",
    cwe=613,
    severity=Severity.MEDIUM,
    asvs=("v5.0.0-9.2.1",),
    find=_find,
    api_top10=("API2:2023",),
)
