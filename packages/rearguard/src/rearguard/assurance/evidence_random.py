"""Positive evidence in chance: what is made of it, and how much of it there is.

A value is known by the names under which it is kept. What nobody may guess has to hold 128 bits, and a one-
time code a million possibilities; both from the generator of the operating system.
"""

import re
from collections.abc import Iterator, Mapping

from rearguard.analysis import ValueView
from rearguard.analysis.access.intent import is_capability
from rearguard.analysis.identity import is_secret, words
from rearguard.analysis.settings import Use, option_of
from rearguard.assurance.code import SHOWN, Code, Evidence, steps
from rearguard.models.concepts import OtpVerify, RandomSource
from rearguard.models.issuer_concepts import ChallengeMade
from rearguard.models.measure_concepts import SessionId
from rearguard.models.settings_concepts import CookieWrite
from rearguard.program import Op, Step

__all__ = ["BROKEN", "MET"]

_BYTES = 16
_CHALLENGE = 8
_CODES = 900_000
"""Six digits, the first of which may be no zero."""
_CODE_BYTES = 3
_WIDEST = 1
_STEP = 30
_CODE = re.compile(
    r"(?:^|_)(?:otp|totp|pin|pin_code|one_time_(?:code|password)|"
    r"(?:verification|reset|login|sms|mfa|auth|confirmation|email|phone|two_factor)_?code)$"
)
_SEED = re.compile(r"(?:^|_)(?:otp|totp|mfa|two_factor|authenticator)_?(?:secret|seed|key)$|^seed$")
_TOKEN = re.compile(r"(?:^|_)(?:tokens?|session_?(?:id|key)|api_?key|secret_?key|secret)$")
_SENT = re.compile(r"(?:^|_)(?:otp|code|pin|passcode)s?$")
_NUMBERED = re.compile(rb"uuid4|uuidv4|randomUUID|\buuid\.v4")
_OPEN = re.compile(r"(?:^|_)(?:iv|nonce|salt|vector|init)$")
"""What is of chance, and no secret."""
_SESSION = re.compile(r"sess|^sid$|auth|token|login|remember", re.IGNORECASE)


def _names(code: Code, use: Use[RandomSource]) -> frozenset[str]:
    """What a value of chance is kept under, with the function's name where it is given back."""
    ends = code.context.destinations.of(use.fid, use.instr.dst)
    kept = {i.name for i in use.view.linker.code(use.fid) if i.op == Op.STORE and use.instr.dst in i.args}
    if any(_OPEN.search(words(name)) for name in kept):
        return frozenset(map(words, kept))
    found = {words(end.name) for end in ends}
    if not found or any(end.how == "returned" for end in ends):
        found.add(words(use.view.function(use.fid).name.rpartition(".")[2]))
    return frozenset(found)


def _bytes(use: Use[RandomSource]) -> int | None:
    """How many bytes of chance there are, where that is written."""
    if not use.concept.size:
        return None
    given = option_of(use, use.concept.size)
    if given.is_absent:
        return use.concept.default or None
    return given.const if isinstance(given.const, int) and not isinstance(given.const, bool) else None


def _is_unguessable(name: str) -> bool:
    return (is_secret(name) or _TOKEN.search(name) is not None) and not _is_of_code(name)


def _is_of_code(name: str) -> bool:
    return _CODE.search(name) is not None or _SEED.search(name) is not None


def tokens_are_long(code: Code) -> tuple[Step, ...]:
    """11.5.1: whatever nobody may guess has 128 bits from the generator of the operating system."""
    if _opens_by_number(code):
        return ()
    shown: list[Use[RandomSource]] = []
    for use in code.uses.of(RandomSource):
        if use.concept.kind == "clock" or not any(map(_is_unguessable, _names(code, use))):
            continue
        if use.concept.kind != "secure" or (_bytes(use) or 0) < _BYTES:
            return ()
        shown.append(use)
    return steps(shown, "takes 128 bits or more from a cryptographic generator")


def _opens_by_number(code: Code) -> bool:
    """Whether strangers reach something by its name, which may be a UUID: that has 122 bits of chance."""
    if not any(_NUMBERED.search(source.text) for source in code.context.sources.values()):
        return False
    return any(
        row.authentication.state != "required"
        and any(is_capability(touch) for touch in (row.surface.touches if row.surface is not None else ()))
        for row in code.rows()
    )


def tokens_are_short(code: Code) -> tuple[Step, ...]:
    """11.5.1, the contrary: a token of fewer bits."""
    bad = [
        use
        for use in code.uses.of(RandomSource)
        if use.concept.kind == "secure"
        and 0 < (_bytes(use) or 0) < _BYTES
        and any(_TOKEN.search(name) and not _is_of_code(name) for name in _names(code, use))
    ]
    return steps(bad, "a token of fewer than 128 bits")


def _codes(code: Code) -> Iterator[Use[RandomSource]]:
    for use in code.uses.of(RandomSource):
        if use.concept.kind != "clock" and any(map(_is_of_code, _names(code, use))):
            yield use


def codes_are_of_chance(code: Code) -> tuple[Step, ...]:
    """6.5.3: one-time codes and their seeds come from the generator of the operating system."""
    found = list(_codes(code))
    if any(use.concept.kind != "secure" for use in found):
        return ()
    return steps(found, "takes the code from a cryptographic generator")


def codes_are_guessable(code: Code) -> tuple[Step, ...]:
    """6.5.3, the contrary."""
    return steps(
        (u for u in _codes(code) if u.concept.kind == "statistical"), "the next code can be reckoned"
    )


def _range(use: Use[RandomSource]) -> int | None:
    """How many values a call chooses from, where that is written."""
    held = _bytes(use)
    if held is not None:
        return int(256 ** min(held, _BYTES))
    numbers = [ValueView(use.view, use.fid, number).const for number in use.instr.args[1:]]
    whole = [n for n in numbers if isinstance(n, int) and not isinstance(n, bool)]
    if not whole or len(whole) != len(numbers) or len(whole) > 2:
        return None
    return whole[-1] - (whole[0] if len(whole) == 2 else 0)


def codes_are_many(code: Code) -> tuple[Step, ...]:
    """6.5.4: a one-time code is one of a million or more."""
    found = [use for use in _codes(code) if not _is_seed(code, use)]
    if any(use.concept.kind != "secure" or (_range(use) or 0) < _CODES for use in found):
        return ()
    return steps(found, "one of six digits or more")


def _is_seed(code: Code, use: Use[RandomSource]) -> bool:
    return any(_SEED.search(name) for name in _names(code, use))


def codes_end_soon(code: Code) -> tuple[Step, ...]:
    """6.5.5: codes of an authenticator are accepted for one step of thirty seconds, and its neighbours."""
    uses = code.uses.of(OtpVerify)
    if any(_SENT.search(name) for use in code.uses.of(RandomSource) for name in _names(code, use)):
        # How long a code lives that is sent is not known.
        return ()
    for use in uses:
        window = option_of(use, use.concept.window) if use.concept.window else None
        if window is None or not (window.is_absent or window.is_const(*range(_WIDEST + 1))):
            return ()
        if not _has_short_steps(code, use):
            return ()
    return steps(uses, "accepts a code for its own thirty seconds and the neighbouring ones")


def _has_short_steps(code: Code, use: Use[OtpVerify]) -> bool:
    """Whether neither the call nor what made its receiver says a longer step."""
    callee = use.view.definitions(use.fid).get(use.instr.args[0])
    made = code.context.matrix.origins.resolved(use.fid, callee.args[0]) if callee and callee.args else None
    calls = [(use.fid, use.instr)]
    if made is not None and made[1].op in (Op.CALL, Op.NEW):
        calls.append(made)
    for fid, instr in calls:
        values = [ValueView(use.view, fid, number) for number in instr.args[1:]]
        given = dict(zip(instr.keys, values, strict=False))
        for name in ("interval", "step", "period"):
            told = given.get(name) or next((v.key(name) for v in values if v.key(name)), None)
            held = told.const if told is not None else _STEP
            if not isinstance(held, int) or held > _STEP:
                return False
    return True


def sessions_are_unguessable(code: Code) -> tuple[Step, ...]:
    """7.2.3: sessions are kept under identifiers of 128 bits, made by the library or by the program."""
    shown: list[Step] = []
    for use in code.uses.of(SessionId):
        concept = use.concept
        value = use.value
        entries = value.elements() if value is not None else ()
        if concept.entry and not any(one.text == concept.entry for one in entries):
            continue
        if concept.given and not option_of(use, concept.given).is_absent:
            return ()
        shown.append(Step(use.span, f"the library makes identifiers of {concept.bits} bits", "note"))
    for written, made in _own_sessions(code):
        if made is None or (_bytes(made) or 0) < _BYTES:
            return ()
        shown.append(Step(written.span, "the cookie holds 128 bits or more of chance", "note"))
    return tuple(shown[:SHOWN])


def _secure(code: Code) -> Mapping[tuple[str, int], Use[RandomSource]]:
    """Calls of the system's generator, by the value that they give."""
    uses = code.uses.of(RandomSource)
    return {(use.fid, use.instr.dst): use for use in uses if use.concept.kind == "secure"}


def _own_sessions(code: Code) -> Iterator[tuple[Use[CookieWrite], Use[RandomSource] | None]]:
    """Cookies that carry a session by their names, and the chance that they hold, if it is known."""
    made = _secure(code)
    for use in code.uses.of(CookieWrite):
        name = option_of(use, use.concept.name).const if use.concept.name else None
        value = option_of(use, use.concept.value).value if use.concept.value else None
        if use.concept.session or not isinstance(name, str) or not _SESSION.search(name) or value is None:
            continue
        yield use, _chance_in(code, value, made)


def _chance_in(
    code: Code, value: ValueView, made: Mapping[tuple[str, int], Use[RandomSource]]
) -> Use[RandomSource] | None:
    """The chance that a value holds, written in letters or not."""
    origins = code.context.matrix.origins
    found = origins.resolved(value.fid, value.value)
    for _ in range(3):
        # `randomBytes(32).toString("hex")` is the same chance in letters.
        if found is None or (found[0], found[1].dst) in made or found[1].op != Op.CALL:
            break
        callee = value.view.definitions(found[0]).get(found[1].args[0])
        if callee is None or callee.op != Op.ATTR:
            break
        found = origins.resolved(found[0], callee.args[0])
    return made.get((found[0], found[1].dst)) if found is not None else None


def _challenges(code: Code) -> Iterator[tuple[Use[ChallengeMade], int | None]]:
    """What authenticators have to sign, and how many bytes of chance it holds; `None`: unknown."""
    made = _secure(code)
    for use in code.uses.of(ChallengeMade):
        given = option_of(use, use.concept.given)
        if given.is_absent:
            yield use, use.concept.size
        elif given.value is None:
            yield use, None
        elif isinstance(given.const, str) or _is_constant(given.value):
            yield use, 0
        else:
            source = _chance_in(code, given.value, made)
            yield use, _bytes(source) if source is not None else None


def _is_constant(value: ValueView) -> bool:
    found = value.instr
    return found is not None and found.op == Op.CONST and found.value is not None


def challenges_are_of_chance(code: Code) -> tuple[Step, ...]:
    """6.7.2: what an authenticator has to sign holds 64 bits of chance or more."""
    found = list(_challenges(code))
    good = all((held or 0) >= _CHALLENGE for _, held in found)
    return steps((use for use, _ in found), "the challenge is new each time, and long") if good else ()


def challenges_are_short(code: Code) -> tuple[Step, ...]:
    """6.7.2, the contrary: it is always the same, or short."""
    bad = [use for use, held in _challenges(code) if held is not None and held < _CHALLENGE]
    return steps(bad, "the challenge is the same each time, or shorter than 64 bits")


def sessions_are_short(code: Code) -> tuple[Step, ...]:
    """7.2.3, the contrary: a session's cookie of fewer bits."""
    bad = [w for w, made in _own_sessions(code) if made is not None and 0 < (_bytes(made) or 0) < _BYTES]
    return steps(bad, "the session's cookie holds fewer than 128 bits of chance")


MET: dict[str, Evidence] = {
    "6.5.3": codes_are_of_chance,
    "6.5.4": codes_are_many,
    "6.5.5": codes_end_soon,
    "6.7.2": challenges_are_of_chance,
    "7.2.3": sessions_are_unguessable,
    "11.5.1": tokens_are_long,
}
BROKEN: dict[str, Evidence] = {
    "6.5.3": codes_are_guessable,
    "6.7.2": challenges_are_short,
    "7.2.3": sessions_are_short,
    "11.5.1": tokens_are_short,
}
