"""Tokens of several kinds that one key signs: for a login, for a reset, for a link. Whoever takes one must ask which."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rearguard.analysis import ValueView
from rearguard.analysis.identity import words
from rearguard.analysis.settings import option_of
from rearguard.checks.base import Context
from rearguard.checks.lifetimes import Issue, issues_of
from rearguard.checks.logins import before, logins
from rearguard.models.concepts import TokenVerify
from rearguard.program import Instr, Op, Span

__all__ = ["Taken", "taken_for_any"]

_CLAIM = re.compile(r"(?:token_?)?(?:typ|type|use|purpose|kind|intent|action)|aud|scope|usage|for")
"""Claims that say what a token is for."""
_KIND = re.compile(
    r"(?:^|_)(?:refresh\w*|reset\w*|recover\w*|verif\w*|confirm\w*|invit\w*|magic\w*|activat\w*|mfa|otp|2fa|two_factor|challenge|"
    r"download\w*|share\w*|unsub\w*|ack\w*|pending|pre_?auth|partial|link|e?mail\w*|password\w*|feed|calendar|embed|impersonat\w*|sso|"
    r"signup|register|registration|upload|guest)(?:_|$)"
)
"""Kinds that do not stand for a login."""
_LOGS_IN = re.compile(r"(?:^|_)(?:access|session|login|auth|user|bearer|id)(?:_|$)")
MAX_CALLERS = 3


@dataclass(frozen=True, slots=True)
class Taken:
    """A guard that takes whatever a key has signed."""

    fid: str
    place: Span
    claim: str
    """What would say what a token is for."""
    kinds: tuple[str, ...]
    """Those that are meant for something else than a login."""
    made: Span


def taken_for_any(context: Context) -> Iterator[Taken]:
    """Guards that take whatever a key has signed, one for each key."""
    for key, issues in _by_key(context).items():
        claims: dict[str, set[str]] = {}
        for issue in issues:
            for claim, kind in _kinds(context, issue):
                claims.setdefault(claim, set()).add(kind)
        for claim, kinds in sorted(claims.items()):
            others = sorted(
                kind for kind in kinds if _KIND.search(words(kind)) and not _LOGS_IN.search(words(kind))
            )
            if len(kinds) < 2 or not others:
                continue
            for fid, place in _guards(context, key, claim):
                yield Taken(fid, place, claim, tuple(others), issues[0].span)
                break


def _by_key(context: Context) -> dict[str, list[Issue]]:
    """What is signed, by what the key is called."""
    found: dict[str, list[Issue]] = {}
    for issue in issues_of(context):
        found.setdefault(_key(context, issue), []).append(issue)
    return found


def _key(context: Context, issue: Issue) -> str:
    selector = getattr(issue.concept, "key", "")
    value = option_of(issue, selector).value if selector else None
    return value.source_text if value is not None else ""


def _kinds(context: Context, issue: Issue) -> Iterator[tuple[str, str]]:
    """The claims that say what a token is for, with what they say; of what callers hand in, all that they do."""
    payload = option_of(issue, issue.concept.payload).value if issue.concept.payload else None
    found = context.matrix.origins.resolved(payload.fid, payload.value) if payload is not None else None
    if found is None or found[1].op != Op.COLLECT:
        return
    home, made = found
    for name, value in zip(made.keys, made.args, strict=False):
        if name and _CLAIM.fullmatch(words(name)):
            yield from ((name, text) for text in _texts(context, home, value, 0))


def _texts(context: Context, fid: str, value: int, depth: int) -> Iterator[str]:
    handed = tuple(context.naming.parameters(fid, value)) if depth < MAX_CALLERS else ()
    for name in handed:
        for home, given in context.naming.given(fid, name):
            yield from _texts(context, home, given, depth + 1)
    text = context.matrix.origins.constant(fid, value) if not handed else None
    if text:
        yield text


def _guards(context: Context, key: str, claim: str) -> Iterator[tuple[str, Span]]:
    """What stands before endpoints and takes a token that this key has signed, without a look at the claim."""
    found = logins(context)
    guards = tuple(dict.fromkeys(fid for row in context.matrix for fid in before(row)))
    handlers = {fid for row in context.matrix for fid in row.endpoint.handler.functions}
    reached = found.called(guards, handlers)
    for use in context.uses.of(TokenVerify):
        if key and not any(_is_key(ValueView(context.view, use.fid, v), key) for v in use.instr.args[1:]):
            continue
        if use.fid not in reached or _asks(context, use.fid, claim, use.instr):
            continue
        taking = [(home, call) for home, call in context.naming.calls_of(use.fid) if home in reached]
        for home, call in taking or [(use.fid, use.instr)]:
            above = [fid for fid, _ in context.naming.calls_of(home) if fid in reached and home not in guards]
            if not any(_asks(context, fid, claim, call) for fid in (home, *above)):
                yield home, context.view.span(home, call.start, call.end)


def _is_key(value: ValueView, key: str) -> bool:
    return value.source_text == key


def _asks(context: Context, fid: str, claim: str, call: Instr) -> bool:
    """Whether a function looks at what a token is for: reads the claim, or has the library compare it."""
    spelled = words(claim)
    definitions = context.view.definitions(fid)
    for instr in context.view.linker.code(fid):
        read = instr.name if instr.op == Op.ATTR else instr.value if instr.op == Op.ITEM else ""
        if isinstance(read, str) and words(read) == spelled:
            return True
        if instr.op == Op.CALL and len(instr.args) > 1:
            callee = definitions.get(instr.args[0])
            named = context.matrix.origins.constant(fid, instr.args[1])
            if callee is not None and callee.name in ("get", "pop") and named and words(named) == spelled:
                return True
        if spelled in ("aud", "scope") and any(
            key and words(key).startswith(spelled[:3]) for key in instr.keys
        ):
            # `audience="access"`
            return True
    # A kind that is handed in is compared where it is verified.
    return any(
        isinstance(text, str) and _LOGS_IN.search(words(text)) is not None
        for value in call.args[1:]
        for text in (context.matrix.origins.constant(fid, value),)
        if text
    )
