"""Authentication must not be something that one walks around."""

import re
from collections.abc import Iterator

from rearguard.analysis.access import Row
from rearguard.analysis.access.guards import is_asked_of_senders
from rearguard.analysis.identity import words
from rearguard.checks.absent_credentials import accepts_none
from rearguard.checks.base import Context, Draft
from rearguard.checks.endpoints import endpoint_of
from rearguard.checks.logins import logins
from rearguard.checks.plain import PlainCheck, told
from rearguard.findings import Endpoint, Request, Rule, Severity
from rearguard.program import Instr, Op, Span

_KNOWS = re.compile(
    r"is_?auth|logged_?in|is_?admin|is_?staff|is_?superuser|has_?perm|is_?owner|authori[sz]ed|can_"
)
_IS_KNOWN = re.compile(r"is_?auth|logged_?in")
_SESSION = re.compile(
    r"^(?:\w+_session$|session|sess|auth|user|login|token|session_?(?:token|cookie|data)|auth_?token)"
)
_NOT_MISSING = "refuses what is wrong, and not what is missing"
# How the refusal reads in the project's language: Python's, or JavaScript's.
_REFUSED = {
    True: "if not signature or not compare_digest(signature, made): raise ...",
    False: "if (!signature || !same(signature, made)) return refuse()",
}
_CHANGES = ("create", "update", "delete")
_ENCODES = frozenset(("b64encode", "urlsafe_b64encode", "btoa", "encodebytes", "b32encode", "hexlify"))


def _find(context: Context, rule: Rule) -> Iterator[Draft]:
    found = logins(context)
    for fid, checks in found.checks.items():
        decisive = {check.instr.dst for check in checks if check.how in ("verify", "compare", "constant")}
        for instr in context.view.linker.code(fid):
            if (
                instr.op == Op.LOGIC
                and instr.name in ("or", "||")
                and _walks_around(context, fid, instr, decisive)
            ):
                text = "The right password is one of two ways in: the other condition alone is enough."
                yield _draft(context, rule, fid, instr, text, "one of the two suffices")
    yield from _left_out(context, rule)
    yield from _said_yes(context, rule)
    encoded: set[str] = set()
    for fid in context.view.linker.functions:
        for instr in context.view.linker.code(fid):
            if instr.op == Op.ASSERT and context.reach.get(fid) and _asserts_caller(context, fid, instr):
                text = "Who calls is tested by `assert`, which Python leaves out when it optimises."
                yield _draft(context, rule, fid, instr, text, "gone with `python -O`")
            elif (
                fid not in encoded
                and instr.op in (Op.CALL, Op.SETITEM)
                and _encodes_session(context, fid, instr)
            ):
                encoded.add(fid)
                text = "The session's cookie is only encoded, not signed: anybody writes one for any account."
                step = "what is encoded here can be made by everyone"
                yield _draft(context, rule.narrowed(565), fid, instr, text, step)


def _left_out(context: Context, rule: Rule) -> Iterator[Draft]:
    """Callers who send no signature pass: `if (signature && !same(signature, made)) refuse()`."""
    seen: set[Span] = set()
    for row in context.matrix:
        if row.authentication.state != "optional" or row.surface is None or row.public:
            continue
        if not row.effects and not any(access.operation in _CHANGES for access in row.accesses):
            continue
        for check in row.surface.checks:
            if check.fact is None or check.span in seen:
                continue
            if is_asked_of_senders(check, context.matrix.origins):
                seen.add(check.span)
                text = "What shows who calls is only looked at where it is sent: a request without it goes through."
                yield _told(context, rule, check.span, text, _NOT_MISSING, endpoint_of(context, row))


def _said_yes(context: Context, rule: Rule) -> Iterator[Draft]:
    """Helpers that a handler asks, and that say yes to a request without any credential."""
    seen: set[Span] = set()
    for row in context.matrix:
        for check in row.surface.checks if row.surface is not None else ():
            asked = check.fact.conditions[-1] if check.fact is not None and check.fact.conditions else None
            made = context.view.definitions(asked.fid).get(asked.value) if asked is not None else None
            if check.kind != "authentication" or asked is None or made is None or made.op != Op.CALL:
                continue
            for helper in context.matrix.origins.targets(asked.fid, made):
                for place in accepts_none(context, helper):
                    if place not in seen:
                        seen.add(place)
                        text = "What shows who calls is only compared where it is sent: a request without it is taken."
                        yield _told(context, rule, place, text, _NOT_MISSING, endpoint_of(context, row))


def _walks_around(context: Context, fid: str, instr: Instr, decisive: set[int]) -> bool:
    definitions = context.view.definitions(fid)
    sides = [_plain(definitions, value) for value in instr.args]
    hits = [
        side
        for side in sides
        if side is not None
        and side.dst in decisive
        and side.name not in ("!=", "!==")
        and not _asks_for_none(definitions, side)
    ]
    others = [side for side in sides if side is not None and side.dst not in decisive]
    if len(hits) != 1 or len(others) != 1:
        return False
    other = others[0]
    if other.op == Op.COMPARE:
        return other.name in ("==", "===")
    return other.op in (Op.LOAD, Op.ATTR)


def _asks_for_none(definitions: dict[int, Instr], side: Instr) -> bool:
    """`password === ""`: nothing was typed."""
    sides = (definitions.get(value) for value in side.args)
    return any(one is not None and one.op == Op.CONST and one.value in ("", None) for one in sides)


def _plain(definitions: dict[int, Instr], value: int) -> Instr | None:
    instr = definitions.get(value)
    while instr is not None and instr.op == Op.AWAIT:
        instr = definitions.get(instr.args[0])
    return instr


def _asserts_caller(context: Context, fid: str, instr: Instr) -> bool:
    if not context.view.linker.module_of[fid].endswith(".py"):
        return False
    text = words(context.text(context.view.span(fid, instr.start, instr.end)).partition(",")[0])
    if not _KNOWS.search(text):
        return False
    kinds = ("authentication", "authorization") if _IS_KNOWN.search(text) else ("authorization",)
    return not all(_refused_before(context, context.matrix.row(route), kinds) for route in context.reach[fid])


def _refused_before(context: Context, row: Row | None, kinds: tuple[str, ...]) -> bool:
    """Whether a guard that no switch removes refuses the same callers, so that the assertion only tells types."""
    checks = row.surface.checks if row is not None and row.surface is not None else ()
    return any(
        check.kind in kinds
        and check.strength == "required"
        and not context.text(check.span).startswith("assert ")
        for check in checks
    )


def _encodes_session(context: Context, fid: str, instr: Instr) -> bool:
    """Whether a cookie that says who is logged in is set to text that is only encoded."""
    definitions = context.view.definitions(fid)
    if instr.op == Op.CALL:
        callee = definitions.get(instr.args[0])
        if callee is None or "cookie" not in callee.name.lower() or len(instr.args) < 3:
            return False
        name, value = context.matrix.origins.constant(fid, instr.args[1]) or "", instr.args[2]
    else:
        base = definitions.get(instr.args[0])
        if base is None or "cookie" not in base.name.lower():
            return False
        name, value = str(instr.value or ""), instr.args[-1]
    if not _SESSION.match(words(name)):
        return False
    found = context.matrix.origins.resolved(fid, value)
    for _ in range(3):
        if found is None or found[1].op != Op.CALL:
            return False
        called = context.view.definitions(found[0]).get(found[1].args[0])
        if called is None:
            return False
        if called.name in _ENCODES:
            return _says_who(context, found[0], found[1])
        if called.op != Op.ATTR or called.name not in ("decode", "toString", "strip"):
            return False
        found = context.matrix.origins.resolved(found[0], called.args[0])
    return False


def _says_who(context: Context, fid: str, instr: Instr) -> bool:
    """Whether what is encoded holds a user's name or number, and nothing that only the service knows."""
    span = context.view.span(fid, instr.start, instr.end)
    inner = [context.naming.of(fid, value) for value in instr.args[1:]]
    spelled = {words(name) for names in inner for name in names} | {words(context.text(span))}
    said = " ".join(spelled)
    return re.search(r"user|email|account|uid|login", said) is not None and not re.search(
        r"secret|encrypt|sign|hmac|seal|random|token_(?:hex|urlsafe)", said
    )


def _draft(context: Context, rule: Rule, fid: str, instr: Instr, message: str, step: str) -> Draft:
    place: Span = context.view.span(fid, instr.start, instr.end)
    return _told(context, rule, place, message, step, context.first_endpoint(fid))


def _told(
    context: Context, rule: Rule, place: Span, message: str, step: str, endpoint: Endpoint | None
) -> Draft:
    sent = step == _NOT_MISSING
    return told(
        rule,
        place,
        message,
        why="Then the login protects nothing: whoever knows how gets in as anyone.",
        advice=f"Refuse what comes without it, before it is compared: `{_REFUSED[place.path.endswith('.py')]}`."
        if sent
        else "Let one place verify the password by a library and refuse everything else, keep who is logged in on the server "
        "or in a signed token, and raise an error rather than assert.",
        step=step,
        certain=False,
        reason="the code reads so",
        subject="bypass",
        endpoint=endpoint,
        verification=(
            Request("Send the request without any credential.", "", "401, and nothing is changed.")
            if sent
            else Request("Log in with the right name and a wrong password.", "", "401."),
        ),
    )


AUTHENTICATION_BYPASS = PlainCheck(
    id="authentication-bypass",
    title="Authentication can be walked around",
    cwe=287,
    severity=Severity.CRITICAL,
    asvs=("v5.0.0-8.2.1",),
    find=_find,
    api_top10=("API2:2023",),
    related=(565, 617, 302),
)
