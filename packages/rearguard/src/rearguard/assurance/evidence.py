"""Positive evidence: what in the code shows that a requirement is fulfilled.

Each rule is a function that answers with places, or with none. None is ever an answer of "met": a rule must
have something to show, and it must hold everywhere, as far as the program was read.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from rearguard.analysis.settings.options import Given, option
from rearguard.analysis.settings.uses import Use
from rearguard.assurance import evidence_headers as headers
from rearguard.assurance import evidence_passwords as passwords
from rearguard.assurance import evidence_settings as settings
from rearguard.assurance import evidence_tokens as tokens
from rearguard.assurance.code import SHOWN, Code, Evidence
from rearguard.findings import Endpoint
from rearguard.models.concepts import (
    Concept,
    ErrorHandler,
    KeyGeneration,
    OtpVerify,
    PasswordHash,
    RandomSource,
    SessionRenewal,
    TokenVerify,
)
from rearguard.program import Step

__all__ = ["BROKEN", "EVIDENCE"]

C = TypeVar("C", bound=Concept)
_COSTLY = re.compile(r"log_?in|sign_?in|auth|token|search|export|report|upload|import|send|invite|reset")
_ONE_TIME = re.compile(r"(?:^|[ ._])(?:otp|totp|code|pin|mfa_?code)$")


def _places(uses: Iterable[Use[C]], text: str) -> tuple[Step, ...]:
    return tuple(Step(use.span, text, "note") for use in list(uses)[:SHOWN])


def _everywhere(
    code: Code, column: str, good: frozenset[str], asked: Callable[[Endpoint], bool], text: str
) -> tuple[Step, ...]:
    """The endpoints that a requirement is about, if a column of the matrix holds for every one of them."""
    if code.result.coverage.endpoints_unresolved:
        return ()
    rows = [endpoint for endpoint in code.result.endpoints if asked(endpoint)]
    found: list[Step] = []
    for endpoint in rows:
        cell = next((one for one in endpoint.cells if one.column == column), None)
        if cell is None or cell.state not in good:
            return ()
        found.append(Step(endpoint.location, f"{endpoint.name}: {text}, {cell.reason}", "guard"))
    return tuple(found[:SHOWN])


def _state(endpoint: Endpoint, column: str) -> str:
    return next((one.state for one in endpoint.cells if one.column == column), "unknown")


def passwords_get_a_slow_hash(code: Code) -> tuple[Step, ...]:
    """11.4.2: the calls that hash passwords are of Argon2, scrypt, bcrypt or PBKDF2."""
    return _places(code.uses.of(PasswordHash), "hashes a password slowly, with a salt of its own")


def tokens_are_verified(code: Code) -> tuple[Step, ...]:
    """9.1.1: tokens are read by calls that verify their signature."""
    found = [use for use in code.uses.of(TokenVerify) if type(use.concept) is TokenVerify and use.concept.key]
    return _places(found, "verifies the signature before anything of the token is used")


def algorithms_are_named(code: Code) -> tuple[Step, ...]:
    """9.1.2: every verification is told the algorithms that it may accept."""
    uses = [use for use in code.uses.of(TokenVerify) if use.concept.algorithms]
    for use in uses:
        told = option(use.view, use.fid, use.instr, use.concept.algorithms)
        if told.given is not Given.YES:
            return ()
    return _places(uses, "names the algorithms that it accepts")


def sessions_are_renewed(code: Code) -> tuple[Step, ...]:
    """7.2.4: logging in gives the session a new identifier."""
    return _places(code.uses.of(SessionRenewal), "gives the session a new identifier")


def keys_are_long(code: Code) -> tuple[Step, ...]:
    """11.2.3, 11.6.1: every key that is made has an adequate size, written where it is made."""
    uses = code.uses.of(KeyGeneration)
    for use in uses:
        bits = use.value.const if use.value is not None else None
        if not isinstance(bits, int) or bits < use.concept.least:
            return ()
    return _places(uses, "makes a key of adequate size")


def secrets_come_from_a_secure_source(code: Code) -> tuple[Step, ...]:
    """11.5.1: values nobody may guess come from a cryptographic generator."""
    found = [use for use in code.uses.of(RandomSource) if use.concept.kind == "secure"]
    return _places(found, "takes its value from a cryptographic generator")


def errors_have_a_handler(code: Code) -> tuple[Step, ...]:
    """16.5.4: the application has a handler of last resort."""
    return _places(code.uses.of(ErrorHandler), "handles what no endpoint caught")


def inputs_are_bounded(code: Code) -> tuple[Step, ...]:
    """2.2.1, 2.2.2: every endpoint that reads input has all of it bounded, on the server."""
    reads = [e for e in code.result.endpoints if e.inputs]
    if not reads:
        return ()
    good = frozenset(("bounded", "none"))
    return _everywhere(code, "validation", good, lambda e: bool(e.inputs), "its input is bounded")


def endpoints_have_a_policy(code: Code) -> tuple[Step, ...]:
    """8.2.1: every endpoint asks who calls, or is public on purpose."""

    def asked(endpoint: Endpoint) -> bool:
        return not endpoint.public

    required = frozenset(("required",))
    return _everywhere(code, "authentication", required, asked, "asks who calls")


def forgery_is_refused(code: Code) -> tuple[Step, ...]:
    """3.5.1: every endpoint that another site could make a browser call refuses that."""

    def asked(endpoint: Endpoint) -> bool:
        return _state(endpoint, "csrf") != "unneeded"

    return _everywhere(code, "csrf", frozenset(("protected",)), asked, "forged requests are refused")


def costly_work_is_limited(code: Code) -> tuple[Step, ...]:
    """2.4.1: every endpoint that logs in, searches, exports, sends or takes uploads in is limited."""

    def asked(endpoint: Endpoint) -> bool:
        return _COSTLY.search(f"{endpoint.path} {endpoint.handler}".lower()) is not None

    return _everywhere(code, "rate_limit", frozenset(("limited",)), asked, "calls are limited")


def codes_are_limited(code: Code) -> tuple[Step, ...]:
    """6.6.3: every endpoint that takes a one-time code is limited in how often it may be called."""

    def asked(endpoint: Endpoint) -> bool:
        return any(_ONE_TIME.search(name.lower()) for name in endpoint.inputs)

    return _everywhere(code, "rate_limit", frozenset(("limited",)), asked, "calls are limited")


def codes_come_from_a_secure_source(code: Code) -> tuple[Step, ...]:
    """6.5.3: one-time codes and their seeds come from a cryptographic generator."""
    verified = code.uses.of(OtpVerify)
    return secrets_come_from_a_secure_source(code) if verified else ()


def logins_are_limited(code: Code) -> tuple[Step, ...]:
    """6.3.1: every endpoint that takes a password is limited in how often it may be called."""

    def asked(endpoint: Endpoint) -> bool:
        return any("passw" in name.lower() for name in endpoint.inputs)

    return _everywhere(code, "rate_limit", frozenset(("limited",)), asked, "calls are limited")


EVIDENCE: Mapping[str, Evidence] = {
    **headers.MET,
    **passwords.MET,
    "1.5.1": settings.entities_are_off,
    "2.2.1": inputs_are_bounded,
    "2.2.2": inputs_are_bounded,
    "2.4.1": costly_work_is_limited,
    "3.3.1": settings.cookies_have_secure_and_a_prefix,
    "3.3.2": settings.cookies_have_same_site,
    "3.3.3": settings.cookies_have_the_host_prefix,
    "3.3.4": settings.cookies_have_http_only,
    "3.4.2": settings.origins_are_listed,
    "3.5.1": forgery_is_refused,
    "4.3.2": settings.introspection_is_off,
    "5.2.1": settings.uploads_are_bounded,
    "6.3.1": logins_are_limited,
    "6.5.3": codes_come_from_a_secure_source,
    "6.6.3": codes_are_limited,
    "7.2.4": sessions_are_renewed,
    "7.3.2": tokens.sessions_end,
    "8.2.1": endpoints_have_a_policy,
    "9.1.1": tokens_are_verified,
    "9.1.2": algorithms_are_named,
    "9.2.1": tokens.tokens_end,
    "9.2.3": tokens.audiences_are_checked,
    "9.2.4": tokens.tokens_name_their_audience,
    "10.2.1": tokens.logins_elsewhere_carry_a_state,
    "10.3.1": tokens.audiences_are_checked,
    "11.2.3": keys_are_long,
    "11.3.2": tokens.ciphers_are_approved,
    "11.4.2": passwords_get_a_slow_hash,
    "11.4.4": tokens.keys_are_stretched,
    "11.5.1": secrets_come_from_a_secure_source,
    "11.6.1": keys_are_long,
    "12.1.1": tokens.tls_is_recent,
    "13.4.2": settings.debug_is_off,
    "16.5.4": errors_have_a_handler,
}
"""Requirement -> its rule. Only requirements whose fulfilment a reader of code can prove are among them."""
BROKEN: Mapping[str, Evidence] = {
    **headers.BROKEN,
    **passwords.BROKEN,
    "3.3.3": settings.host_cookies_have_a_domain,
}
"""Requirement -> what shows that it is not fulfilled, where no check speaks of it. Never an absence alone: it
was read, and says otherwise."""
