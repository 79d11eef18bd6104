"""Positive evidence in cryptography, tokens and sessions: what is said at every call that it is about.

Each rule answers with places, or with none as soon as one place says otherwise or does not say.
"""

import re
from collections.abc import Iterator

from rearguard.analysis import ValueView
from rearguard.analysis.settings import evaluate, option_of
from rearguard.analysis.settings.uses import Use
from rearguard.assurance.code import SHOWN, Code, steps
from rearguard.models.concepts import (
    Encryption,
    KeyDerivation,
    Lifetime,
    OAuthRedirect,
    OtpVerify,
    PasswordVerify,
    TlsVersion,
    TokenIssue,
    Verification,
)
from rearguard.program import Op, Step

__all__ = [
    "ciphers_are_approved",
    "keys_are_stretched",
    "logins_elsewhere_carry_a_state",
    "sessions_end",
    "tls_is_recent",
    "tokens_end",
    "tokens_name_their_audience",
]

_AUTHENTICATED = re.compile(r"fernet|gcm|ccm|chacha20[-_ ]?poly1305|siv|aes-?gcm|secretbox|aead")
_RECENT = re.compile(r"TLS_?v?1[._]?[23]|TLS1_[23]_VERSION")


def ciphers_are_approved(code: Code) -> tuple[Step, ...]:
    """11.3.2: whatever encrypts does so by a cipher that authenticates what it hides."""
    uses = code.uses.of(Encryption)
    for use in uses:
        chosen = option_of(use, use.concept.chosen).value if use.concept.chosen else None
        said = f"{use.concept.algorithm} {chosen.text or chosen.source_text if chosen is not None else ''}"
        if not _AUTHENTICATED.search(said.lower()):
            return ()
    return steps(uses, "encrypts with a cipher that is approved, and authenticates")


def keys_are_stretched(code: Code) -> tuple[Step, ...]:
    """11.4.4: every key that is derived from a password costs enough, said where it is derived."""
    uses = code.uses.of(KeyDerivation)
    for use in uses:
        given = option_of(use, use.concept.cost) if use.concept.cost else None
        if given is None or given.is_absent:
            if use.concept.fallback:
                return ()
        elif not isinstance(given.const, int) or given.const < use.concept.least:
            return ()
    return steps(uses, "derives a key at an adequate cost")


def tls_is_recent(code: Code) -> tuple[Step, ...]:
    """12.1.1: wherever versions of TLS are named, they are 1.2 or 1.3."""
    uses = code.uses.of(TlsVersion)
    for use in uses:
        if not all(_RECENT.search(value.text or value.source_text) for value in use.selected):
            return ()
    return steps(uses, "speaks TLS 1.2 or newer")


def _tokens(code: Code) -> Iterator[Use[Verification]]:
    """Calls that verify signed tokens; comparing passwords, codes and digests is another matter."""
    for use in code.uses.of(Verification):
        if not isinstance(use.concept, PasswordVerify | OtpVerify) and use.concept.key:
            yield use


def tokens_end(code: Code) -> tuple[Step, ...]:
    """9.2.1: every token is made with an end, and no verification overlooks it."""
    made = code.uses.of(TokenIssue)
    for use in made:
        says = any(not option_of(use, selector).is_absent for selector in use.concept.expiry)
        claims = option_of(use, use.concept.payload).value if use.concept.payload else None
        held = claims.key("exp") if claims is not None else None
        if not says and held is None:
            return ()
    read = list(_tokens(code))
    for verified in read:
        if any(option_of(verified, s).is_const(constant) for s, constant in verified.concept.endless):
            return ()
    if not made or not read:
        return ()
    return (*steps(made, "makes a token with an end"), *steps(read, "refuses tokens past their end"))[:SHOWN]


def tokens_name_their_audience(code: Code) -> tuple[Step, ...]:
    """9.2.4: every token that is made says for whom."""
    made = code.uses.of(TokenIssue)
    for use in made:
        claims = option_of(use, use.concept.payload).value if use.concept.payload else None
        if claims is None or claims.key("aud") is None:
            return ()
    return steps(made, "names the audience of the token")


def _is_nothing(value: ValueView) -> bool:
    """Whether a value is written out as none, or as an empty text."""
    return value.instr is not None and value.instr.op == Op.CONST and not value.instr.value


def audiences_are_checked(code: Code) -> tuple[Step, ...]:
    """9.2.3, 10.3.1: every verification is told for whom the token must be."""
    read = list(_tokens(code))
    for use in read:
        value = option_of(use, use.concept.audience).value if use.concept.audience else None
        if value is None or _is_nothing(value):
            return ()
    return steps(read, "accepts tokens of its own audience only")


def sessions_end(code: Code) -> tuple[Step, ...]:
    """7.3.2: how long sessions and tokens live is said, everywhere where it can be."""
    uses = code.uses.of(Lifetime)
    for use in uses:
        for value in use.selected:
            setting = evaluate(value)
            if setting.known and setting.value in (None, False, 0):
                return ()
    return steps(uses, "says how long it lives")


def logins_elsewhere_carry_a_state(code: Code) -> tuple[Step, ...]:
    """10.2.1: every login at a provider carries a value that ties the answer to the browser."""
    uses = code.uses.of(OAuthRedirect)
    for use in uses:
        if all(option_of(use, selector).is_absent for selector in use.concept.state.split(" ") if selector):
            return ()
    return steps(uses, "ties the answer of the provider to the browser")
