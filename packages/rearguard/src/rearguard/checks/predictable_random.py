"""What must not be guessed has to come from a generator made for that."""

import re
from collections.abc import Iterator

from rearguard.analysis.identity import Destination, is_secret, words
from rearguard.analysis.settings import Use, option_of
from rearguard.checks.base import Context, Draft
from rearguard.checks.guessable import Guessable, gives_back, guessable, opened_by, opens_access
from rearguard.checks.hashes import hashed
from rearguard.checks.plain import PlainCheck, told
from rearguard.checks.sent_codes import sent_codes
from rearguard.findings import Request, Rule, Severity
from rearguard.models.concepts import PasswordHash, RandomSource
from rearguard.program import Op, Step
from rearguard.repair.targets import Target

_HOW = {
    "statistical": "the next values can be computed from earlier ones",
    "clock": "it is known to everyone who knows the time",
}

_UNTIL = re.compile(r"(?:^|_)(?:exp|expir\w*|iat|nbf|issued|deadline|until|not_before)(?:_|$)")
_OF_PURPOSE = re.compile(
    r"(?:\w+_)?(?:code|token|pin|otp|password|pass|pwd|secret|key|link)|recovery|temp|reset"
)
"""Names that say it where a function is about getting into an account."""
_ADMITS = re.compile(
    r"(?:\w+_)?(?:pick_?up|collect(?:ion)?|gate|door|entry|entrance|access|key_?box|lock_?box|locker|lock|unlock|claim|redeem|redemption|"
    r"voucher|gift_?card|gift|coupon|join|enrol\w*|pairing|handover|delivery|release|check_?in|boarding|"
    r"transfer|withdraw\w*|refund|pay(?:ment|out)?|guest|share|secret|phone|mobile|text)_?(?:code|pin|key|phrase|number_code)"
)
"""Names of codes that let somebody in, or take something: goods, money, a place among others."""
_FEWEST_BYTES = 8
"""Bytes of chance below which a value that is valid for long can be found by trying (OWASP: 64 bits)."""
_BARE = re.compile(r"(?:key|code|pw|hash|hashed|challenge|captcha_?code|ticket)")
"""Names that say it only of a value that was made to look like chance."""


def _find(context: Context, rule: Rule) -> Iterator[Draft]:
    told_at: set[tuple[str, int]] = set()
    uses = sorted(context.uses.of(RandomSource), key=lambda u: u.concept.kind != "statistical")
    broken = {one.use.fid for one in hashed(context) if one.is_broken}
    broken |= {fid for fid, _ in guessable(context)}
    secure = {
        (end.fid, end.instr.start)
        for use in uses
        if use.concept.kind == "secure"
        for end in context.destinations.of(use.fid, use.instr.dst)
    }
    for one in guessable(context).values():
        if not one.gives_back:
            yield _hash(context, rule, one)
    yield from _short(context, rule, uses)
    for use in uses:
        if context.in_browser(use.fid):
            # What a page makes for itself tells one answer from another; the browser's user may know it.
            continue
        if use.concept.kind not in _HOW or (use.concept.kind == "clock" and use.fid in broken):
            # A token made of the time by a hash is told once, at the hash.
            continue
        ends = context.destinations.of(use.fid, use.instr.dst)
        found = _secret(context, use, ends)
        if found is None:
            continue
        name, end = found
        place = (end.fid, end.instr.start) if end is not None else (use.fid, use.instr.start)
        if place in told_at or (use.concept.kind == "clock" and place in secure):
            # Together with chance that is good, the time does no harm.
            continue
        told_at.add(place)
        yield _draft(context, rule, use, name, end)


def _short(context: Context, rule: Rule, uses: list[Use[RandomSource]]) -> Iterator[Draft]:
    """What opens something and is good chance, but so little of it that all values can be tried out."""
    for use in uses:
        size = option_of(use, use.concept.size).const if use.concept.size else None
        if use.concept.kind != "secure" or type(size) is not int or not 0 < size < _FEWEST_BYTES:
            continue
        for end in context.destinations.of(use.fid, use.instr.dst):
            if opens_access(end.name) and not context.in_browser(use.fid):
                yield told(
                    rule.narrowed(331),
                    use.span,
                    f"`{end.name}` is made of {size * 8} bits of chance, few enough to try them all.",
                    why=f"Of {2 ** (size * 8):,} values whoever asks often enough finds one that is in use, and takes what it "
                    "opens; nothing says whose it will be.",
                    advice="Make it of 16 random bytes or more (`secrets.token_urlsafe(16)`, `crypto.randomBytes(16)`).",
                    step=f"{size} bytes",
                    certain=False,
                    reason="the name of the value says that it opens something",
                    subject=end.name,
                    before=(Step(end.span(context.matrix.origins), f"kept as `{end.name}`", "note"),),
                    endpoint=context.first_endpoint(use.fid),
                    verification=(
                        Request("Ask for values one after the other.", "", "None of them is found in years."),
                    ),
                )
                break


def _secret(
    context: Context, use: Use[RandomSource], ends: tuple[Destination, ...]
) -> tuple[str, Destination | None] | None:
    """The name of the secret that is made, and where it is kept."""
    if use.concept.kind == "clock" and any(_UNTIL.search(words(end.name)) for end in ends):
        # A time that is kept as one, among the claims of a token as elsewhere.
        return None
    purpose = use.concept.kind == "statistical" and gives_back(context, use.fid)
    if use.concept.kind == "statistical" and _is_hashed(context, use):
        return "password", None
    for end in ends:
        if purpose and _OF_PURPOSE.fullmatch(words(end.name)):
            return end.name, end
        if end.how == "text" and use.concept.kind == "clock":
            continue
        is_text = end.formed or use.concept.bits
        if is_text and use.concept.kind == "statistical" and _BARE.fullmatch(words(end.name)):
            return end.name, end
        if end.formed and use.concept.kind == "statistical" and opened_by(context, end):
            return end.name, end
        if use.concept.kind == "statistical" and (end.how == "kept" or _ADMITS.fullmatch(words(end.name))):
            return end.name, end
        if use.concept.kind == "statistical" and end.name in sent_codes(context).get(end.fid, ()):
            # What is sent to a person as a code, whatever is done with it before.
            return end.name, end
        if is_secret(end.name) and not (use.concept.kind == "clock" and _about_time(end.name)):
            return end.name, end
    return None


def _is_hashed(context: Context, use: Use[RandomSource]) -> bool:
    """Whether what is made is hashed as a password in the same function: it is one."""
    return any(
        _is_made_of(context, hash.fid, value.value, use.instr.dst, 0)
        for hash in context.uses.of(PasswordHash)
        if hash.fid == use.fid
        for value in hash.selected
    )


def _is_made_of(context: Context, fid: str, value: int, wanted: int, depth: int) -> bool:
    found = context.matrix.origins.resolved(fid, value)
    if found is None or found[0] != fid or depth > 6:
        return False
    if found[1].dst == wanted:
        return True
    inner = (
        found[1].args if found[1].op in (Op.CALL, Op.JOIN, Op.BINARY, Op.ATTR, Op.COLLECT, Op.ITEM) else ()
    )
    return any(_is_made_of(context, fid, part, wanted, depth + 1) for part in inner)


def _about_time(name: str) -> bool:
    spelled = words(name)
    return any(word in spelled for word in ("time", "date", "at", "since", "nonce", "jti", "salt", "sid"))


def _draft(context: Context, rule: Rule, use: Use[RandomSource], name: str, end: Destination | None) -> Draft:
    call = context.text(use.span).partition("(")[0]
    after = (Step(end.span(context.matrix.origins), f"kept as `{name}`", "note"),) if end is not None else ()
    return told(
        rule,
        use.span,
        f"`{name}` is made with `{call}`, which can be predicted.",
        why=f"Whoever guesses `{name}` takes what it protects, and {_HOW[use.concept.kind]}.",
        advice="Use the generator of the operating system: `secrets` in Python, `crypto.randomBytes` or "
        "`crypto.randomInt` in Node, with at least 128 bits for what is valid for long.",
        step=f"the value comes from `{call}`",
        certain=False,
        reason="the value's name, or that of what it becomes, says that it is a secret",
        subject=name,
        verification=(
            Request(
                "Make two of them in a row, with the generator's state known.",
                "",
                "The second cannot be computed.",
            ),
        ),
        before=after,
        endpoint=context.first_endpoint(use.fid),
        target=Target("secure-random", use.fid, use.instr.dst, concept=use.concept),
    )


def _hash(context: Context, rule: Rule, one: Guessable) -> Draft:
    if one.sent:
        return _unkeyed(context, rule, one)
    made = (
        "a hash of what others know or can try out: no chance goes into it"
        if one.hashed
        else "what others know, written in another way: no chance goes into it"
    )
    return told(
        rule.narrowed(340),
        one.span,
        f"`{one.name}` is {made}.",
        why="A hash hides nothing that can be guessed: whoever knows an account's number and about when somebody logged in "
        "computes a few thousand of them, and one is right."
        if one.hashed
        else "Whoever has one of them reads how it is made, and counts through all others.",
        advice="Take at least 128 bits from the generator of the operating system (`secrets.token_urlsafe(32)`, "
        "`crypto.randomBytes(32)`) and keep it with the record; or sign the number with HMAC and a key.",
        step="made of what others know",
        certain=False,
        reason="the name of the value, or of the record that keeps it, says that it stands for a caller or opens something, "
        "or it is compared with what a request brings",
        subject=one.name,
        endpoint=context.first_endpoint(one.fid),
        verification=(Request("Ask for one, and compute the next by hand.", "", "It differs."),),
    )


def _unkeyed(context: Context, rule: Rule, one: Guessable) -> Draft:
    return told(
        rule.narrowed(345),
        one.span,
        f"`{one.name}` is compared with a hash of what was sent along, into which no key goes.",
        why="Whoever sends the message computes the hash as well: it proves nothing of who made it, and anything is "
        "accepted.",
        advice="Compute an HMAC with SHA-256 and a key that only the two sides have, and compare in constant time.",
        step="a hash without a key",
        certain=False,
        reason="the value that is compared with it is called a signature or token, and all that is hashed comes with the request",
        subject=one.name,
        endpoint=context.first_endpoint(one.fid),
        verification=(
            Request("Change the message and send the hash of the changed one.", "", "It is refused."),
        ),
    )


PREDICTABLE_RANDOM = PlainCheck(
    id="predictable-random",
    title="A secret is made by a predictable generator",
    cwe=338,
    severity=Severity.MEDIUM,
    asvs=("v5.0.0-11.5.1",),
    find=_find,
    related=(330, 331, 337, 340, 345),
)
