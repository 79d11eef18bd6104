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
_CALLS = 3
"""Functions that hand the claims on, one to the other."""


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


def _lacks_end(context: Context, payload: ValueView, depth: int = 0) -> bool:
    """Whether a map of claims is written out, and neither it nor what is put into it later is `exp`.

    What a function is given is written out by those who call it: `sign(claims)`, `sign(user, **more)`.
    """
    found = context.matrix.origins.resolved(payload.fid, payload.value)
    instr = found[1] if found is not None else payload.instr
    fid = found[0] if found is not None else payload.fid
    if instr is not None and instr.op == Op.LOAD:
        return any(_lacks_end(context, value, depth + 1) for value in _given(context, fid, instr.name, depth))
    if instr is None or instr.op != Op.COLLECT or instr.name != "dict":
        return False
    for key, value in zip(instr.keys, instr.args, strict=True):
        if key == "**" and _spread_lacks_end(context, ValueView(context.view, fid, value), depth):
            continue
        if key in ("exp", "**", "*", "?") or _ENDS.search(key or ""):
            # What ends it may have a name of the program's own, which whoever verifies reads.
            return False
    return not any(
        (each.op == Op.SETITEM and each.value == "exp")
        or (each.op == Op.SETATTR and each.name == "exp")
        or (each.op == Op.COLLECT and "exp" in each.keys)
        for home in {payload.fid, fid}
        for each in context.view.linker.code(home)
    )


def _spread_lacks_end(context: Context, value: ValueView, depth: int) -> bool:
    """Whether what is put in between the claims has no end for some caller: a map, or keywords that are left out."""
    instr = value.instr
    function = context.view.linker.functions[value.fid]
    rest = next((p for p in function.params if p.kind == "rest-map"), None)
    if instr is not None and instr.op == Op.LOAD and rest is not None and rest.name == instr.name:
        known = {param.name for param in function.params}
        calls = context.naming.calls_of(value.fid)
        return any(
            not any(key == "**" or (key and key not in known and _ENDS.search(key)) for key in call.keys)
            and "exp" not in call.keys
            for _, call in calls
        )
    return _lacks_end(context, value, depth + 1)


def _given(context: Context, fid: str, name: str, depth: int) -> Iterator[ValueView]:
    """What the callers of a function give for a parameter that is never set again."""
    is_set = any(each.op == Op.STORE and each.name == name for each in context.view.linker.code(fid))
    if is_set or depth >= _CALLS or all(p.name != name for p in context.view.linker.functions[fid].params):
        return
    for home, number in context.naming.given(fid, name):
        yield ValueView(context.view, home, number)


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
