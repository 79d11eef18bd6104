"""Limits that count by what the client says of itself: with another word, the count begins anew."""

import re
from collections.abc import Iterator

from rearguard.analysis.access.atoms import Atom
from rearguard.analysis.identity import words
from rearguard.analysis.settings import is_development_branch
from rearguard.checks.base import Context, Draft
from rearguard.checks.logins import mentions
from rearguard.checks.plain import told
from rearguard.findings import Request, Rule
from rearguard.models.concepts import RateKey
from rearguard.models.settings_concepts import TrustedProxies
from rearguard.program import Instr, Op, Span

_WHY = "Whoever tries passwords sends a new value with each of them, and nothing is limited."
_SENT = re.compile(
    r"^(?:x-(?!(?:vercel|azure|amz|amzn|appengine|nf|fastly|goog|cloud)-|[a-z-]*(?:key|token|auth|authorization|signature)$)[a-z][a-z-]*|"
    r"forwarded|client-ip|user-agent|http_x_forwarded_for)$",
    re.IGNORECASE,
)
"""Headers that clients write as they like; not what a platform overwrites, nor what shows who calls, which is checked."""
_COUNTS = re.compile(
    r"too_many|rate_?limit|limiter|throttl|attempt|brute|(?:^|_)(?:failures|failed_logins|lock_?out)(?:_|$)|over_?limit|check_limit"
)
"""What counts how often something is tried is called so, or names it."""
_ADDS = re.compile(r"^(?:h?incr(?:_?by)?|h_incr_by|increment(?:_by)?|zadd|consume)$")
_LAST = ("pop", "at", "rsplit", "rpartition", "findLast")
"""What takes the entry that the nearest proxy has written."""
_PROXIES = re.compile(r"prox(?:y|ies)|trust", re.IGNORECASE)


def chosen_keys(context: Context, rule: Rule) -> Iterator[Draft]:
    """Limiters whose key is a header as it is sent."""
    for use in context.uses.of(RateKey):
        value = use.value
        for fid in sorted(value.functions) if value is not None else ():
            read = _read(context, fid)
            if read is not None:
                yield _draft(context, rule, fid, read)
                break
    yield from _counted(context, rule)
    yield from _believed(context, rule)


def _believed(context: Context, rule: Rule) -> Iterator[Draft]:
    """Whoever asks is believed to be a proxy, and the framework's address of the client is what limits count by."""
    limited = any(row.rate_limit.state == "limited" for row in context.matrix)
    if not limited or any(use.value is not None and use.value.functions for use in context.uses.of(RateKey)):
        return
    for use in context.uses.of(TrustedProxies):
        value = use.value
        all_of_them = value is not None and value.const is True
        if value is None or not all_of_them or is_development_branch(use.view, use.fid, use.instr.start):
            continue
        yield told(
            rule,
            value.span,
            "Every proxy is believed, the client too: limits count by the address that it writes into `X-Forwarded-For`.",
            why=_WHY,
            advice="Say how many proxies stand before the service, or which addresses they have, in place of `true`.",
            step="the first entry of the header is the client's address",
            certain=False,
            reason="limits are in use, and none has a key of its own; a proxy that overwrites the header would not be seen",
            subject="proxies",
            verification=(_as_somebody_else("X-Forwarded-For"),),
        )


def _counted(context: Context, rule: Rule) -> Iterator[Draft]:
    """What counts by a header in the program's own code: `too_many(f"login:{client_ip()}", 10)`."""
    told_of: set[Span] = set()
    for fid, function in context.view.linker.functions.items():
        if function.kind in ("class", "module") or context.in_browser(fid):
            continue
        definitions = context.view.definitions(fid)
        for call in context.view.linker.contents(fid).calls:
            callee = definitions.get(call.args[0])
            if callee is None or not _is_count(context, fid, call, words(callee.name)):
                continue
            for atom in (a for value in call.args[1:] for a in context.matrix.origins.of(fid, value)):
                if not _is_header(atom) or atom.span is None or atom.span in told_of or not atom.fid:
                    continue
                read = _read(context, atom.fid)
                if read is not None:
                    told_of.add(atom.span)
                    yield _draft(context, rule, atom.fid, read)


def _is_count(context: Context, fid: str, call: Instr, name: str) -> bool:
    if _COUNTS.search(name):
        return True
    targets = context.matrix.origins.targets(fid, call)
    return bool(targets) and (
        mentions(context, targets, _COUNTS, (429,)) or any(_counts(context, to) for to in targets)
    )


def _counts(context: Context, fid: str) -> bool:
    """Whether a function counts under a key that it is given, whatever it is called: `store.incr(f"hits:{name}")`."""
    definitions = context.view.definitions(fid)
    for call in context.view.linker.contents(fid).calls:
        callee = definitions.get(call.args[0])
        adds = callee is not None and callee.op == Op.ATTR and _ADDS.match(words(callee.name)) is not None
        if adds and len(call.args) > 1 and any(context.naming.parameters(fid, call.args[1])):
            return True
    return False


def _is_header(atom: Atom) -> bool:
    header = atom.kind in ("input", "credential") and atom.name in ("header", "headers")
    return header and bool(atom.path) and _SENT.match(atom.path[-1].replace("_", "-")) is not None


def _read(context: Context, fid: str) -> Instr | None:
    """The name of the header, where a function takes it as the client wrote it."""
    code = context.view.linker.code(fid)
    named: Instr | None = None
    for instr in code:
        if instr.name in _LAST or _PROXIES.search(instr.name) or (instr.op == Op.CONST and instr.value == -1):
            return None
        if named is None and _SENT.match(_header(instr)):
            named = instr
    return named


def _header(instr: Instr) -> str:
    """What is read by a constant name: `headers["x-a"]`, `get("x-a")`."""
    return instr.name if instr.op == Op.ATTR and "-" in instr.name else str(instr.value or "")


def _draft(context: Context, rule: Rule, fid: str, read: Instr) -> Draft:
    header = _header(read)
    return told(
        rule,
        context.view.span(fid, read.start, read.end),
        f"This limit counts by `{header}`, which the client writes: another value, and the count begins anew.",
        why=_WHY,
        advice="Count by the address that the connection comes from, as the framework gives it once it knows how many proxies "
        "stand before it (`trust proxy`, `ProxyFix`, `--forwarded-allow-ips`), and by the account as well.",
        step="read as it is sent",
        certain=False,
        reason="nothing that takes the entry of a proxy of one's own is seen; one that overwrites the header would not be",
        subject=header,
        verification=(_as_somebody_else(header),),
    )


def _as_somebody_else(header: str) -> Request:
    return Request(
        f"Send a wrong password 20 times, each with another `{header}`.", "", "429 before the last."
    )


__all__ = ["chosen_keys"]
