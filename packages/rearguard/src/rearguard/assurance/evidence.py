"""Positive evidence: what in the code shows that a requirement is fulfilled.

Each rule is a function that answers with places, or with none. None is ever an answer of "met": a rule must
have something to show, and it must hold everywhere, as far as the program was read.
"""

import re
from collections.abc import Callable, Mapping
from typing import TypeVar

from rearguard.analysis.settings import Use, option_of
from rearguard.analysis.settings.options import Given, option
from rearguard.assurance import evidence_assertions as assertions
from rearguard.assurance import evidence_authority as authority
from rearguard.assurance import evidence_codes as codes
from rearguard.assurance import evidence_entries as entries
from rearguard.assurance import evidence_events as events
from rearguard.assurance import evidence_headers as headers
from rearguard.assurance import evidence_issuers as issuers
from rearguard.assurance import evidence_methods as methods
from rearguard.assurance import evidence_passwords as passwords
from rearguard.assurance import evidence_random as chance
from rearguard.assurance import evidence_sessions as sessions
from rearguard.assurance import evidence_settings as settings
from rearguard.assurance import evidence_tokens as tokens
from rearguard.assurance.code import SHOWN, Code, Evidence, is_conditional, steps
from rearguard.assurance.evidence_tokens import is_off, keys_are_stretched
from rearguard.checks.weak_key import curve_bits
from rearguard.findings import Endpoint
from rearguard.models.concepts import (
    Concept,
    KeyDerivation,
    KeyGeneration,
    PasswordHash,
    SessionRenewal,
    TokenDecode,
    TokenVerify,
)
from rearguard.program import Step

__all__ = ["BROKEN", "EVIDENCE"]

C = TypeVar("C", bound=Concept)
_KEY_BITS = 3072
_CURVE_BITS = 256
"""What ASVS asks of RSA and its like, and of curves, for the strength of 128 bits."""
_COSTLY = re.compile(r"log_?in|sign_?in|auth|token|search|export|report|upload|import|send|invite|reset")
_ONE_TIME = re.compile(r"(?:^|[ ._])(?:otp|totp|code|pin|mfa_?code)$")


def _everywhere(
    code: Code, column: str, good: frozenset[str], asked: Callable[[Endpoint], bool], text: str
) -> tuple[Step, ...]:
    """The endpoints that a requirement is about, if a column of the matrix holds for every one of them."""
    if code.result.coverage.endpoints_unresolved:
        return ()
    if column == "rate_limit" and _is_limited_at_times(code):
        return ()
    rows = [endpoint for endpoint in code.result.endpoints if asked(endpoint)]
    found: list[Step] = []
    for endpoint in rows:
        cell = next((one for one in endpoint.cells if one.column == column), None)
        if cell is None or cell.state not in good:
            return ()
        found.append(Step(endpoint.location, f"{endpoint.name}: {text}, {cell.reason}", "guard"))
    return tuple(found[:SHOWN])


def _is_limited_at_times(code: Code) -> bool:
    """Whether a library's limiter is put before endpoints under a condition, and so may not be there."""
    places = {
        link.span
        for row in code.rows()
        for step in row.rate_limit.evidence
        for link in row.endpoint.chain
        if link.span == step.span and not link.functions
    }
    return any(is_conditional(code, span) for span in places)


def _state(endpoint: Endpoint, column: str) -> str:
    return next((one.state for one in endpoint.cells if one.column == column), "unknown")


def passwords_get_a_slow_hash(code: Code) -> tuple[Step, ...]:
    """11.4.2: the calls that hash passwords are of Argon2, scrypt, bcrypt or PBKDF2, at an adequate cost."""
    uses = code.uses.of(PasswordHash)
    for use in uses:
        given = option_of(use, use.concept.cost) if use.concept.cost else None
        if given is not None and not given.is_absent and not _is_enough(given.const, use.concept.least):
            return ()
    derived = code.uses.of(KeyDerivation)
    if derived and not keys_are_stretched(code):
        return ()
    return steps(uses, "hashes a password slowly, with a salt of its own")


def _is_enough(cost: object, least: int) -> bool:
    return isinstance(cost, int) and not isinstance(cost, bool) and cost >= least


def tokens_are_verified(code: Code) -> tuple[Step, ...]:
    """9.1.1: tokens are read by calls that verify their signature, and by no others."""
    found = [use for use in code.uses.of(TokenVerify) if type(use.concept) is TokenVerify and use.concept.key]
    if code.uses.of(TokenDecode) or any(is_off(use) for use in found):
        return ()
    return steps(found, "verifies the signature first")


def algorithms_are_named(code: Code) -> tuple[Step, ...]:
    """9.1.2: every verification is told the algorithms that it may accept."""
    uses = [use for use in code.uses.of(TokenVerify) if use.concept.algorithms]
    for use in uses:
        told = option(use.view, use.fid, use.instr, use.concept.algorithms)
        if told.given is not Given.YES:
            return ()
    return steps(uses, "names the algorithms that it accepts")


def sessions_are_renewed(code: Code) -> tuple[Step, ...]:
    """7.2.4: logging in gives the session a new identifier."""
    return steps(code.uses.of(SessionRenewal), "gives the session a new identifier")


def keys_are_long(code: Code) -> tuple[Step, ...]:
    """11.2.3, 11.6.1: every key that is made has an adequate size, written where it is made."""
    uses = code.uses.of(KeyGeneration)
    # One call makes keys of either kind: its options say which.
    said = {(use.fid, use.instr.dst) for use in uses if _key_size(use) is not None}
    told = [use for use in uses if _key_size(use) is not None or (use.fid, use.instr.dst) not in said]
    if any((_key_size(use) or 0) < _adequate(use) for use in told):
        return ()
    return steps(told, "makes a key of adequate size")


def keys_are_short(code: Code) -> tuple[Step, ...]:
    """11.2.3, the contrary: a key of 2048 bits is as hard to break as one of 112 that is kept secret."""
    bad = [use for use in code.uses.of(KeyGeneration) if 0 < (_key_size(use) or 0) < _adequate(use)]
    return steps(bad, "makes a key of too few bits, whose strength is less than 128 bits")


def _adequate(use: Use[KeyGeneration]) -> int:
    """The bits of a key whose strength is 128 bits (NIST SP 800-57 Part 1, table 2)."""
    return _CURVE_BITS if use.concept.curve else _KEY_BITS


def _key_size(use: Use[KeyGeneration]) -> int | None:
    """The size of a key of RSA or DSA, or of a curve, where it is written."""
    if use.concept.curve:
        return curve_bits(use.value) if use.value is not None else None
    bits = use.value.const if use.value is not None else None
    return bits if isinstance(bits, int) and not isinstance(bits, bool) else None


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


def logins_are_limited(code: Code) -> tuple[Step, ...]:
    """6.3.1: every endpoint that takes a password is limited in how often it may be called."""

    def asked(endpoint: Endpoint) -> bool:
        return any("passw" in name.lower() for name in endpoint.inputs)

    return _everywhere(code, "rate_limit", frozenset(("limited",)), asked, "calls are limited")


EVIDENCE: Mapping[str, Evidence] = {
    **headers.MET,
    **settings.MET,
    **passwords.MET,
    **chance.MET,
    **sessions.MET,
    **tokens.MET,
    **issuers.MET,
    **assertions.MET,
    **authority.MET,
    **methods.MET,
    **codes.MET,
    **entries.MET,
    **events.MET,
    "2.2.1": inputs_are_bounded,
    "2.2.2": inputs_are_bounded,
    "2.4.1": costly_work_is_limited,
    "3.5.1": forgery_is_refused,
    "6.3.1": logins_are_limited,
    "6.6.3": codes_are_limited,
    "7.2.4": sessions_are_renewed,
    "8.2.1": endpoints_have_a_policy,
    "9.1.1": tokens_are_verified,
    "9.1.2": algorithms_are_named,
    "11.2.3": keys_are_long,
    "11.4.2": passwords_get_a_slow_hash,
    "11.6.1": keys_are_long,
}
"""Requirement -> its rule. Only requirements whose fulfilment a reader of code can prove are among them."""
BROKEN: Mapping[str, Evidence] = {
    "11.2.3": keys_are_short,
    **headers.BROKEN,
    **settings.BROKEN,
    **passwords.BROKEN,
    **chance.BROKEN,
    **sessions.BROKEN,
    **tokens.BROKEN,
    **issuers.BROKEN,
    **assertions.BROKEN,
    **authority.BROKEN,
    **methods.BROKEN,
    **codes.BROKEN,
    **entries.BROKEN,
    **events.BROKEN,
}
"""Requirement -> what shows that it is not fulfilled, where no check speaks of it. Never an absence alone: it
was read, and says otherwise."""
