"""Broken hash functions must not protect anything."""

from collections.abc import Iterator

from rearguard.analysis.identity import is_password, is_secret, is_signature
from rearguard.checks.base import Context, Draft
from rearguard.checks.guessable import guessable
from rearguard.checks.hashes import Hashed, hashed
from rearguard.checks.plain import PlainCheck, told
from rearguard.findings import Rule, Severity
from rearguard.models.concepts import RandomSource
from rearguard.program import Op

_GUARDED = ("file", "content", "etag", "cache", "gravatar", "avatar", "checksum", "fingerprint", "version")


def _find(context: Context, rule: Rule) -> Iterator[Draft]:
    chance = _by_chance(context)
    for one in hashed(context):
        fid = one.use.fid
        if any(context.naming.is_called(fid, value, is_password) for value in one.data):
            continue
        prefixed = _keyed(context, one)
        if prefixed:
            yield _by_prefix(context, rule, one, prefixed)
            continue
        if not one.is_broken or (fid, one.use.instr.dst) in guessable(context):
            continue
        purpose = _purpose(context, one, chance)
        if purpose:
            yield told(
                rule,
                one.use.span,
                f"{one.shown} protects {purpose}, and {one.shown} is broken.",
                why="Two texts with the same digest can be computed at will, and short or guessable texts are found "
                "from their digest in no time: what it makes is neither unique nor secret.",
                advice="Make tokens with a random generator for secrets, sign with HMAC-SHA-256, and use SHA-256 where "
                "a digest is all that is needed.",
                step=f"{one.shown} is used here",
                certain=False,
                reason="what is hashed, or what the digest is kept as, is called so",
                subject=one.algorithm,
                endpoint=context.first_endpoint(fid),
            )


def _by_chance(context: Context) -> frozenset[tuple[str, int]]:
    """Where values are kept that are made of chance, good or bad."""
    return frozenset(
        (end.fid, end.instr.start)
        for use in context.uses.of(RandomSource)
        if use.concept.kind != "clock"
        for end in context.destinations.of(use.fid, use.instr.dst)
    )


def _purpose(context: Context, one: Hashed, chance: frozenset[tuple[str, int]]) -> str:
    """What the digest protects, by the names around it; "" when it seems to protect nothing."""
    fid = one.use.fid
    function = context.view.function(fid).name.lower()
    if any(word in function for word in _GUARDED):
        return ""
    ends = context.destinations.of(fid, one.use.instr.dst)
    if any(word in end.name.lower() for end in ends for word in _GUARDED):
        return ""
    if any((end.fid, end.instr.start) in chance for end in ends):
        # Whether it can be guessed is up to the generator.
        return ""
    for end in ends:
        if is_secret(end.name) or is_signature(end.name):
            return f"`{end.name}`"
    salted = _is_salted(context, one)
    for value in one.data:
        for name in sorted(context.naming.of(fid, value)):
            if is_secret(name) and not (salted and _is_key(name)):
                return f"`{name}`"
    return ""


def _is_salted(context: Context, one: Hashed) -> bool:
    """Whether what is hashed is put together: a key among it then keeps the rest from being guessed."""
    parts = _parts(context, one)
    return parts is not None and sum(_text(context, one.use.fid, value) is None for value in parts) > 1


def _keyed(context: Context, one: Hashed) -> str:
    """The name of a key that is simply put before a message that is hashed; "" when there is none."""
    if not one.is_fast or one.algorithm.lower().startswith(("sha3", "blake")):
        return ""
    parts = _parts(context, one)
    if parts is None or len(parts) < 2:
        return ""
    fid = one.use.fid
    definitions = context.view.definitions(fid)
    first = sorted(n for n in context.naming.of(fid, parts[0]) if _is_key(n))
    inner = definitions.get(parts[0])
    if not first and inner is not None and inner.op in (Op.JOIN, Op.BINARY):
        first = sorted(n for n in context.naming.of(fid, inner.args[0]) if _is_key(n))
    open_rest = any(not isinstance(_text(context, fid, value), str) for value in parts[1:])
    return first[0] if first and open_rest else ""


def _parts(context: Context, one: Hashed) -> tuple[int, ...] | None:
    """The values that make up the text which is hashed, as far as they are put together in the same function."""
    fid = one.use.fid
    definitions = context.view.definitions(fid)
    parts: tuple[int, ...] = one.data
    while len(parts) == 1:
        made = context.matrix.origins.resolved(fid, parts[0])
        if made is None or made[0] != fid:
            return None
        instr = made[1]
        if instr.op == Op.CALL and len(instr.args) <= 2:
            callee = definitions.get(instr.args[0])
            if callee is None or callee.op != Op.ATTR or callee.name not in ("encode", "join"):
                return None
            parts = (callee.args[0],)
        elif instr.op == Op.JOIN or (instr.op == Op.BINARY and instr.name == "+"):
            parts = instr.args
        else:
            return None
    return parts


def _is_key(name: str) -> bool:
    lowered = name.lower()
    return is_secret(name) and ("secret" in lowered or "key" in lowered)


def _text(context: Context, fid: str, value: int) -> str | None:
    return context.matrix.origins.constant(fid, value)


def _by_prefix(context: Context, rule: Rule, one: Hashed, key: str) -> Draft:
    return told(
        rule,
        one.use.span,
        f"A message is authenticated by hashing `{key}` and the message together with {one.shown}.",
        why="Whoever has seen one such digest can compute that of a longer message without knowing the key.",
        advice="Use HMAC with SHA-256, which is made for this, and compare in constant time.",
        step="key and message are one text for the hash function",
        certain=False,
        reason="what comes first is called a key or secret",
        subject=f"{one.algorithm} prefix",
        endpoint=context.first_endpoint(one.use.fid),
    )


WEAK_HASH = PlainCheck(
    id="weak-hash",
    title="A broken hash function protects something",
    cwe=328,
    severity=Severity.MEDIUM,
    asvs=("v5.0.0-11.4.1",),
    find=_find,
    related=(327, 916),
)
