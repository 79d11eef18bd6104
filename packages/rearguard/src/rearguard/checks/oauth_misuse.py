"""The answer of a server of identities must belong to the browser that asked."""

import re
from collections.abc import Iterator

from rearguard.analysis.access import Row
from rearguard.analysis.access.atoms import normal
from rearguard.analysis.identity import words
from rearguard.analysis.settings import option_of
from rearguard.checks.base import Context, Draft
from rearguard.checks.endpoints import by_handler, endpoint_of
from rearguard.checks.logins import logins, mentions
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
_ANSWERS = re.compile(
    r"(?:^|_)(?:oauth2?|oidc|sso|saml|social|auth)_(?:\w+_)?(?:callback|complete|return)(?:_|$)|(?:^|_)callback$"
)
_VERIFIED = re.compile(r"verified|confirmed_email|email_confirmed")
_ADDRESS = re.compile(r"(?:^|_)e?_?mail(?:_address)?$|(?:^|_)email_")
_PROFILE = re.compile(r"user_?info|/oauth|/token\b|openid|/me\b|/profile", re.IGNORECASE)
_FETCHES = re.compile(
    r"userinfo|user_info|authorize_access_token|fetch_token|parse_id_token|profile_url|token_url|callback_params"
)
_VERIFIES_ALL = re.compile(r"google|microsoft|apple|okta|cognito|auth0|azure", re.IGNORECASE)
"""Services whose addresses are verified by themselves, or by whoever runs the accounts."""
_ASKS = re.compile(r"response_type=(?:code|token)")


def _find(context: Context, rule: Rule) -> Iterator[Draft]:
    for use in context.uses.of(OAuthRedirect):
        selectors = use.concept.state.split()
        if selectors and all(option_of(use, selector).is_absent for selector in selectors):
            yield _draft(
                rule, use.span, "A login with another service begins without `state`.", "no `state` is given"
            )
    yield from _unverified(context, rule)
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


def _unverified(context: Context, rule: Rule) -> Iterator[Draft]:
    """Accounts that are found by the address that another service says, whoever has verified it there."""
    found = logins(context)
    for row in by_handler(context.matrix):
        named = words(f"{row.endpoint.path} {row.endpoint.handler.label}")
        if row.surface is None or not (row.purpose == "login with another service" or _ANSWERS.search(named)):
            continue
        reached = found.reached(row)
        if mentions(context, reached, _VERIFIED) or not _asks_service(context, reached):
            continue
        facts = row.surface.facts[row.surface.handler_start :]
        for touch in (fact.touch for fact in facts if fact.touch is not None):
            by_address = any(
                _ADDRESS.search(words(name))
                and not any(atom.kind == "input" and atom.exact for atom in atoms)
                for name, atoms in touch.keys
            )
            account = normal(touch.resource) in context.matrix.accounts
            if touch.operation in ("read", "list", "update") and account and by_address:
                yield _draft_unverified(context, rule, row, touch.span)
                break


def _asks_service(context: Context, fids: tuple[str, ...]) -> bool:
    """Whether somebody's profile is fetched, of a service that does not verify every address itself."""
    texts = [
        str(instr.value)
        for fid in fids
        for instr in context.view.linker.code(fid)
        if instr.op == Op.CONST and isinstance(instr.value, str)
    ]
    names = [instr.name for fid in fids for instr in context.view.linker.code(fid) if instr.op == Op.ATTR]
    fetched = any(map(_PROFILE.search, texts)) or any(_FETCHES.search(words(name)) for name in names)
    return fetched and not any(map(_VERIFIES_ALL.search, (*texts, *names, *fids)))


def _draft_unverified(context: Context, rule: Rule, row: Row, place: Span) -> Draft:
    endpoint = endpoint_of(context, row)
    return told(
        rule.narrowed(287),
        place,
        f"{endpoint.name} takes the account that has the address which the other service says, verified or not.",
        why="Whoever enters a victim's address into an account of the other service, where nobody has them prove it, is let into "
        "the victim's account here.",
        advice="Look accounts up by the service's own identifier (`sub`). Tie one to an account that exists only when "
        "`email_verified` is true and the service is trusted with that, or when the owner is logged in and asks for it.",
        step="looked up by the address alone",
        certain=False,
        reason="nothing that the handler runs asks whether the address was verified",
        subject="address",
        endpoint=endpoint,
        verification=(
            Request(
                "Log in with a service's account that has another's address, unverified.", "", "No login."
            ),
        ),
    )


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
    related=(287,),
)
