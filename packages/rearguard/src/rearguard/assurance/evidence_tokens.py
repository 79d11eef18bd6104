"""Positive evidence in cryptography, tokens and sessions: what is said at every call that it is about.

Each rule answers with places, or with none as soon as one place says otherwise or does not say.
"""

import re
from collections.abc import Iterator

from rearguard.analysis import ValueView
from rearguard.analysis.settings import branch_conditions, option_of
from rearguard.analysis.settings.options import Given
from rearguard.analysis.settings.uses import Use
from rearguard.assurance.code import SHOWN, Code, Evidence, steps
from rearguard.models.concepts import (
    Encryption,
    KeyDerivation,
    OAuthRedirect,
    OtpVerify,
    PasswordVerify,
    TlsVersion,
    TokenIssue,
    TokenVerify,
    Verification,
)
from rearguard.models.measure_concepts import TiedLogin
from rearguard.program import Op, Step

__all__ = ["BROKEN", "MET", "identities", "is_off", "keys_are_stretched", "tokens_end"]

_AUTHENTICATED = re.compile(r"fernet|gcm|ccm|chacha20[-_ ]?poly1305|siv|aes-?gcm|secretbox|aead")
_LONG_HASH = re.compile(r"sha-?_?512", re.IGNORECASE)
_SHORT_HASH = re.compile(r"sha-?_?1(?!\d)", re.IGNORECASE)
_ROUNDS = 100_000
"""Rounds of PBKDF2 of which no check says that they are too few."""
_ROUNDS_512 = 210_000
_ROUNDS_256 = 600_000
_ROUNDS_1 = 1_300_000
_LITTLE_MEMORY = 2**14
_MEMORY = 2**17
_TYPES = ("type", "typ", "token_use", "token_type")
_ASKS_TYPE = re.compile(r"[\"'.\[](?:type|typ|token_use|token_type|tokenType)\b[\"'\]]?")
_IDENTITY = re.compile(r"id_?token|verify_oauth2_token|verify_firebase_token", re.IGNORECASE)
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
        held = given.const if given is not None else None
        if not isinstance(held, int) or isinstance(held, bool) or held < _cost(use):
            return ()
    return steps(uses, "derives a key at an adequate cost")


def _cost(use: Use[KeyDerivation]) -> int:
    """What ASVS asks: of PBKDF2 more rounds for a shorter hash, of scrypt the memory of one lane.

    https://github.com/OWASP/ASVS/blob/v5.0.0/5.0/en/0x92-Appendix-C_Cryptography.md
    """
    if use.concept.least == _ROUNDS:
        if _SHORT_HASH.search(use.result.source_text):
            return _ROUNDS_1
        return _ROUNDS_512 if _LONG_HASH.search(use.result.source_text) else _ROUNDS_256
    return _MEMORY if use.concept.least == _LITTLE_MEMORY else use.concept.least


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
        own = not isinstance(use.concept, PasswordVerify | OtpVerify) and use.concept.key
        if own and not _hands_on(use) and not is_off(use):
            yield use


def is_off(use: Use[TokenVerify] | Use[Verification]) -> bool:
    """Whether a call is told to verify nothing."""
    return any(option_of(use, selector).is_const(constant) for selector, constant in use.concept.off)


def _hands_on(use: Use[Verification]) -> bool:
    """Whether it only says of what type the claims are that were verified before: `cast(Claims, claims)`."""
    callee = use.view.definitions(use.fid).get(use.instr.args[0]) if use.instr.args else None
    return callee is not None and callee.name == "cast"


def tokens_end(code: Code) -> tuple[Step, ...]:
    """9.2.1: every token is made with an end, and no verification overlooks it."""
    made = code.uses.of(TokenIssue)
    for use in made:
        says = any(option_of(use, selector).given is Given.YES for selector in use.concept.expiry)
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


def audiences_are_ignored(code: Code) -> tuple[Step, ...]:
    """9.2.3, 10.3.1, the contrary: a verification is told to look at no audience."""
    bad = [
        use
        for use in _tokens(code)
        if use.concept.audience and _looks_at_none(use) and not _reads_audience(use)
    ]
    return steps(bad, "accepts tokens of every audience")


def _reads_audience(use: Use[Verification]) -> bool:
    """Whether the function looks at the audience itself, after the call."""
    return any(
        "aud" in (instr.name, instr.value) and instr.start > use.instr.end
        for instr in use.view.linker.code(use.fid)
        if isinstance(instr.value, str | None)
    )


def _looks_at_none(use: Use[Verification]) -> bool:
    value = option_of(use, use.concept.audience).value
    if value is not None and _is_nothing(value):
        return True
    given = [ValueView(use.view, use.fid, number) for number in use.instr.args[1:]]
    told = [held for one in given if (held := one.key("verify_aud")) is not None]
    return any(one.const is False for one in told)


def tokens_name_no_audience(code: Code) -> tuple[Step, ...]:
    """9.2.4, the contrary: what a token says of its audience is nothing, or everybody."""
    bad = [
        use
        for use in code.uses.of(TokenIssue)
        if use.concept.payload
        and (claims := option_of(use, use.concept.payload).value) is not None
        and (held := claims.key("aud")) is not None
        and (_is_nothing(held) or held.text == "*")
    ]
    return steps(bad, "the token is for everybody")


def _type_of(use: Use[TokenIssue]) -> str | None:
    """The type of token that is made, where it is written."""
    claims = option_of(use, use.concept.payload).value if use.concept.payload else None
    named = [claims.key(name) for name in _TYPES] if claims is not None else []
    return next((held.text for held in named if held is not None), None)


def _asks_type(use: Use[Verification]) -> bool:
    """Whether a function that verifies a token refuses one of another type."""
    given = [ValueView(use.view, use.fid, number) for number in use.instr.args[1:]]
    if any(one.key("typ") is not None for one in given):
        return True
    for instr in use.view.linker.code(use.fid):
        if instr.op in (Op.RAISE, Op.RETURN):
            conditions = branch_conditions(use.view, use.fid, instr.start)
            if any(_ASKS_TYPE.search(text) for text, _ in conditions):
                return True
    return False


def types_are_checked(code: Code) -> tuple[Step, ...]:
    """9.2.2: every verification refuses tokens that were made for something else."""
    read = list(_tokens(code))
    return steps(read, "refuses tokens of another type") if all(map(_asks_type, read)) else ()


def types_are_ignored(code: Code) -> tuple[Step, ...]:
    """9.2.2, the contrary: tokens of several types are made, and one is taken for the other."""
    types = {held for use in code.uses.of(TokenIssue) if (held := _type_of(use))}
    bad = [use for use in _tokens(code) if not _asks_type(use)]
    compared = any(
        instr.op in (Op.COMPARE, Op.ITEM, Op.ATTR) and (instr.name in _TYPES or instr.value in _TYPES)
        for fid in {use.fid for use in code.uses.of(Verification)}
        for instr in code.context.view.linker.code(fid)
    )
    return steps(bad, "takes any type of token") if len(types) > 1 and not compared else ()


def identities_are_for_this_client(code: Code) -> tuple[Step, ...]:
    """10.5.4: wherever an identity of a provider is verified, it must be meant for this client."""
    read = list(identities(code))
    for use in read:
        value = option_of(use, use.concept.audience).value if use.concept.audience else None
        if value is None or _is_nothing(value):
            return ()
    return steps(read, "accepts identities that were given out for this client")


def identities_are_for_anyone(code: Code) -> tuple[Step, ...]:
    """10.5.4, the contrary: the audience of an identity is left out, so that any client's is taken."""
    bad = [
        use
        for use in identities(code)
        if use.concept.audience and (option_of(use, use.concept.audience).is_absent or _looks_at_none(use))
    ]
    return steps(bad, "accepts identities that were given out for other clients")


def identities(code: Code) -> Iterator[Use[Verification]]:
    """Verifications of what says by its name, or the call's, that it is an identity."""
    for use in code.uses.of(Verification):
        if not isinstance(use.concept, PasswordVerify | OtpVerify) and _IDENTITY.search(
            use.result.source_text
        ):
            yield use


def logins_elsewhere_carry_a_state(code: Code) -> tuple[Step, ...]:
    """10.2.1: every login at a provider carries a value that ties the answer to the browser."""
    uses = code.uses.of(OAuthRedirect)
    for use in uses:
        selectors = use.concept.state.split()
        if not any(option_of(use, selector).given is Given.YES for selector in selectors):
            return ()
    tied = steps(code.uses.of(TiedLogin), "the library ties the answer of the provider to the browser")
    return (*steps(uses, "ties the answer of the provider to the browser"), *tied)[:SHOWN]


MET: dict[str, Evidence] = {
    "9.2.1": tokens_end,
    "9.2.2": types_are_checked,
    "9.2.3": audiences_are_checked,
    "9.2.4": tokens_name_their_audience,
    "10.2.1": logins_elsewhere_carry_a_state,
    "10.3.1": audiences_are_checked,
    "10.5.4": identities_are_for_this_client,
    "11.3.2": ciphers_are_approved,
    "11.4.4": keys_are_stretched,
    "12.1.1": tls_is_recent,
}
BROKEN: dict[str, Evidence] = {
    "9.2.2": types_are_ignored,
    "9.2.3": audiences_are_ignored,
    "9.2.4": tokens_name_no_audience,
    "10.3.1": audiences_are_ignored,
    "10.5.4": identities_are_for_anyone,
}
