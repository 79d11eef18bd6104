"""Secrets must be compared in a time that says nothing."""

import re
from collections.abc import Iterator

from rearguard.analysis.access.macs import is_mac
from rearguard.analysis.identity import is_public_token, is_secret, is_signature, words
from rearguard.checks.base import Context, Draft
from rearguard.checks.plain import PlainCheck, told
from rearguard.findings import Rule, Severity
from rearguard.program import Instr, Op
from rearguard.repair.targets import Target

_PASSWORD = re.compile(r"passw(?:or)?d|passwd|pwd|passphrase|(?:^|_)pass(?:_|$)|hash")
_SIZES = frozenset(("length", "byteLength", "size"))
_MEMBER = re.compile(r"(?:\w+\.)*[A-Z]\w*[a-z]\w*\.[A-Z][A-Z0-9_]*")
"""One of a few names that an enumeration has: `FieldType.SIGNATURE`."""
_KEY_HEADER = re.compile(
    r"^(?!(?:\w+_)?(?:idempotency|site|client|public|publishable|cache)_).*(?:^|_)(?:key|token|secret)$"
)
_KEPT = re.compile(
    r"environ(?!ment)|getenv|process\.env|config|settings|secret|expected|computed|digest", re.IGNORECASE
)


def _find(context: Context, rule: Rule) -> Iterator[Draft]:
    for fid in context.view.linker.functions:
        for instr in context.view.linker.contents(fid).comparisons:
            if instr.name in ("==", "!=", "===", "!=="):
                name = _secret(context, fid, instr)
                if name and not _asks_store(context, fid, instr):
                    yield told(
                        rule,
                        context.view.span(fid, instr.start, instr.end),
                        f"`{name}` is compared character by character.",
                        why="The comparison ends at the first difference, so the time that the answer takes says how much of "
                        "a guess was right, and the rest is found piece by piece.",
                        advice="Compare with `hmac.compare_digest` in Python, `crypto.timingSafeEqual` in Node (on buffers of "
                        "equal length).",
                        step="ends at the first difference",
                        certain=False,
                        reason="one side comes with the request, the other is called a secret or computed with one",
                        subject=name,
                        endpoint=context.first_endpoint(fid),
                        target=Target("constant-time", fid, instr.dst),
                    )


def _asks_store(context: Context, fid: str, instr: Instr) -> bool:
    """`.filter(Member.digest == sent)`: a column of a class is compared by the database."""
    definitions = context.view.definitions(fid)
    for value in instr.args:
        column = definitions.get(value)
        held = definitions.get(column.args[0]) if column is not None and column.op == Op.ATTR else None
        if held is not None and held.op == Op.LOAD and held.name[:1].isupper() and not held.name.isupper():
            return any(instr.dst in call.args[1:] for call in context.view.linker.contents(fid).calls)
    return False


def _secret(context: Context, fid: str, instr: Instr) -> str:
    """The name of a secret that is compared with something from the request; "" when none is."""
    origins = context.matrix.origins
    for one, other in (instr.args, instr.args[::-1]):
        definition = context.view.definitions(fid).get(other)
        if definition is None or definition.op == Op.CONST or definition.name in _SIZES:
            continue
        # Names first: where values come from is asked for few comparisons, since it leads through the program.
        found = origins.resolved(fid, other)
        if found is None:
            continue
        computed = is_mac(context.matrix.origins, *found)
        names = [] if computed else sorted(n for n in context.naming.of(fid, other) if _matters(n))
        if not computed and not names and _is_shared_key(context, fid, one):
            names = sorted(context.naming.of(fid, other))
        if not computed and not names:
            continue
        sent = any(
            (atom.kind in ("input", "credential") and atom.name != "session" and len(atom.path) <= 2)
            # Whoever compares a signature that it is given with one that it computes verifies it; what is read
            # from a place that it is given, as the lines of a file, is compared without anybody waiting.
            or (computed and atom.kind == "parameter" and (atom.exact or _is_signed(context, fid, one)))
            for atom in origins.of(fid, one)
        )
        if not sent:
            continue
        if not computed and any(atom.kind in ("input", "stored") for atom in origins.of(fid, other)):
            continue
        if computed:
            # A signature of what came with the request.
            return sorted(context.naming.of(fid, one) or {"signature"})[0]
        text = context.text(origins.span(*found))
        if "challenge" in text.lower():
            # `letsencrypt.challenge.token`: what somebody is asked, which is sent to them.
            continue
        if _KEPT.search(text) or (any(n.isupper() for n in names) and not _MEMBER.fullmatch(text)):
            return names[0]
    return ""


def _is_shared_key(context: Context, fid: str, value: int) -> bool:
    """Whether a value is a header that carries a key by its name, as `X-Feed-Key`."""
    names = context.naming.of(fid, value)
    if not any(_KEY_HEADER.search(words(name)) and not is_public_token(name) for name in names):
        return False
    return any(
        atom.kind in ("input", "credential") and atom.name in ("headers", "header")
        for atom in context.matrix.origins.of(fid, value)
    )


def _is_signed(context: Context, fid: str, value: int) -> bool:
    return any(is_signature(name) or is_secret(name) for name in context.naming.of(fid, value))


def _matters(name: str) -> bool:
    spelled = words(name)
    return (
        (is_secret(name) or is_signature(name))
        and not is_public_token(name)
        and not _PASSWORD.search(spelled)
    )


TIMING_UNSAFE_COMPARISON = PlainCheck(
    id="timing-unsafe-comparison",
    title="A secret is compared in variable time",
    cwe=208,
    severity=Severity.LOW,
    asvs=("v5.0.0-11.2.4",),
    find=_find,
)
