"""The answer of a server of identities must belong to the browser that asked."""

import re
from collections.abc import Iterator

from rearguard.analysis.settings import option_of
from rearguard.checks.base import Context, Draft
from rearguard.checks.plain import PlainCheck, told
from rearguard.findings import Request, Rule, Severity
from rearguard.models.concepts import OAuthRedirect
from rearguard.program import Instr, Op, Span

_WHY = (
    "An attacker begins a login and lets the victim's browser finish it: then the victim works in the attacker's account, "
    "or the attacker's identity is tied to the victim's."
)
_ADVICE = (
    "Send a random `state` that is kept in the session and compared when the answer comes, use PKCE (`code_challenge`), and "
    "take the address to come back to from the settings."
)
_ASKS = re.compile(r"response_type=(?:code|token)")


def _find(context: Context, rule: Rule) -> Iterator[Draft]:
    for use in context.uses.of(OAuthRedirect):
        selectors = use.concept.state.split()
        if selectors and all(option_of(use, selector).is_absent for selector in selectors):
            yield _draft(
                rule, use.span, "A login with another service begins without `state`.", "no `state` is given"
            )
    for fid in context.view.linker.functions:
        body = context.view.linker.code(fid)
        for instr in body:
            if (
                instr.op in (Op.COLLECT, Op.JOIN)
                and _begins(context, fid, instr)
                and not _has_state(context, fid, instr, body)
            ):
                place = context.view.span(fid, instr.start, instr.end)
                yield _draft(
                    rule,
                    place,
                    "A login with another service begins without `state`.",
                    "the address is made here",
                )
    for fid in context.view.linker.functions:
        for instr in context.view.linker.code(fid):
            if instr.op in (Op.COLLECT, Op.CALL) and "redirect_uri" in instr.keys:
                values = instr.args if instr.op == Op.COLLECT else instr.args[1:]
                given = values[instr.keys.index("redirect_uri")]
                if any(a.kind == "input" and a.exact for a in context.matrix.origins.of(fid, given)):
                    place = context.view.span(fid, instr.start, instr.end)
                    text = "The client chooses the address that the answer is sent to."
                    yield _draft(rule, place, text, "`redirect_uri` comes from the request")


def _begins(context: Context, fid: str, instr: Instr) -> bool:
    """Whether an address that asks for a login is put together."""
    if instr.op == Op.COLLECT:
        return "response_type" in instr.keys and "client_id" in instr.keys
    if instr.op == Op.JOIN:
        return _ASKS.search(_text(context, fid, instr)) is not None
    return False


def _text(context: Context, fid: str, instr: Instr) -> str:
    return "".join(context.matrix.origins.constant(fid, number) or "" for number in instr.args)


def _has_state(context: Context, fid: str, instr: Instr, body: list[Instr]) -> bool:
    if instr.op == Op.COLLECT and any(key in ("state", "**", "*", "?", "nonce") for key in instr.keys):
        return True
    if instr.op == Op.JOIN and re.search(r"[?&]state=", _text(context, fid, instr)):
        return True
    return any(
        (other.op in (Op.SETITEM, Op.CONST) and other.value == "state")
        or (other.op in (Op.LOAD, Op.STORE, Op.ATTR) and other.name == "state")
        for other in body
    )


def _draft(rule: Rule, place: Span, message: str, step: str) -> Draft:
    return told(
        rule,
        place,
        message,
        why=_WHY,
        advice=_ADVICE,
        step=step,
        certain=False,
        reason="all that is sent is written out here",
        subject="state",
        verification=(
            Request(
                "Finish a login with an answer that another browser asked for.",
                "",
                "400, and nobody is logged in.",
            ),
        ),
    )


OAUTH_MISUSE = PlainCheck(
    id="oauth-misuse",
    title="A login with another service is not tied to the browser",
    cwe=352,
    severity=Severity.HIGH,
    asvs=("v5.0.0-10.2.1",),
    find=_find,
)
