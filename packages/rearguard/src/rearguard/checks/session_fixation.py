"""A login must begin a new session."""

import re
from collections.abc import Collection, Iterator

from rearguard.analysis.identity import words
from rearguard.checks.base import Context, Draft
from rearguard.checks.endpoints import by_handler, endpoint_of
from rearguard.checks.kept_identifiers import kept_identifier
from rearguard.checks.logins import logins
from rearguard.checks.plain import PlainCheck, told
from rearguard.findings import Endpoint, Request, Rule, Severity
from rearguard.models.concepts import ClientSession, ServerSession, SessionRenewal
from rearguard.program import Instr, Op, Span
from rearguard.repair.targets import Target

_IDENTITY = re.compile(
    r"^(?:user|uid|account|member|customer|admin|logged|auth|is_?(?:logged|auth)|email|login|person|role)"
)
_IDS = ("id", "_id", "pk", "uuid")
_COOKIE = re.compile(r"^(?:session_?id|sess(?:ion)?|sid|php_?sess_?id|j_?session_?id|auth_?token|token)$")


def _find(context: Context, rule: Rule) -> Iterator[Draft]:
    in_cookies = bool(context.uses.of(ClientSession))
    renewing = {fid for use in context.uses.of(SessionRenewal) for fid in _around(context, use.fid)}
    found = logins(context)
    handling = {fid for row in context.matrix if found.of(row) for fid in row.endpoint.handler.functions}
    judging = handling.union(found.checks)
    for fid in sorted(context.view.linker.functions):
        # What runs when the password was judged may be a callback in the handler.
        above = tuple(_within(context, fid, judging))
        if not above or in_cookies or not renewing.isdisjoint(above):
            continue
        for instr in context.view.linker.code(fid):
            if instr.op in (Op.SETATTR, Op.SETITEM) and _stores_caller(context, fid, instr):
                yield _draft(context, rule, fid, instr, "The session is the same before and after the login.")
                break
    yield from _own_stores(context, rule)
    for fid in context.view.linker.functions:
        for instr in context.view.linker.code(fid):
            if instr.op in (Op.SETITEM, Op.CALL) and _sets_cookie(context, fid, instr):
                yield _draft(
                    context, rule, fid, instr, "The client chooses the identifier of its own session."
                )


def _own_stores(context: Context, rule: Rule) -> Iterator[Draft]:
    """Logins that keep a session of the project's own under the identifier that a cookie brought."""
    found = logins(context)
    told_at: set[Span] = set()
    for row in by_handler(context.matrix):
        place = kept_identifier(context, row) if found.of(row) else None
        if place is not None and place not in told_at:
            told_at.add(place)
            yield _told(
                rule,
                place,
                "The session that the browser brings along becomes the account's at the login.",
                step="the identifier from the cookie is kept",
                reason="the login goes on with the identifier that the cookie held, when there is one",
                endpoint=endpoint_of(context, row),
            )


def _around(context: Context, fid: str) -> Iterator[str]:
    """A function and those that it is written in: a renewal may be wrapped into a promise."""
    while fid in context.view.linker.functions:
        yield fid
        fid = fid.rpartition(".")[0]


def _within(context: Context, fid: str, outer: Collection[str]) -> Iterator[str]:
    """A function and those that it is written in, up to one of `outer`; nothing where it is in none of them."""
    above: list[str] = []
    for each in _around(context, fid):
        above.append(each)
        if each in outer:
            yield from above
            return


def _stores_caller(context: Context, fid: str, instr: Instr) -> bool:
    name = instr.name if instr.op == Op.SETATTR else str(instr.value or "")
    # In a login, an identifier of what was looked up is who logs in, whatever a project calls its people.
    if not _IDENTITY.match(words(name)) and not (
        _is_stored(context, fid, instr, words(name).endswith("_id"))
    ):
        return False
    return any(isinstance(c, ServerSession) for c in context.matrix.origins.concepts(fid, instr.args[0]))


def _is_stored(context: Context, fid: str, instr: Instr, named: bool) -> bool:
    """Whether what is put there was looked up, and is an identifier by the name it gets or had."""
    return any(
        atom.kind == "stored" and (named or (bool(atom.path) and atom.path[-1] in _IDS))
        for atom in context.matrix.origins.of(fid, instr.args[-1])
    )


def _sets_cookie(context: Context, fid: str, instr: Instr) -> bool:
    """Whether a session's cookie is set to what a query or form says."""
    if instr.op == Op.SETITEM and isinstance(instr.value, str) and _COOKIE.match(words(instr.value)):
        base = context.view.definitions(fid).get(instr.args[0])
        if base is None or "cookie" not in base.name.lower():
            return False
        value = instr.args[-1]
    elif instr.op == Op.CALL and len(instr.args) > 2:
        callee = context.view.definitions(fid).get(instr.args[0])
        name = context.matrix.origins.constant(fid, instr.args[1]) or ""
        if callee is None or "cookie" not in callee.name.lower() or not _COOKIE.match(words(name)):
            return False
        value = instr.args[2]
    else:
        return False
    atoms = context.matrix.origins.of(fid, value)
    return any(
        a.kind == "input" and a.exact and a.name in ("query", "body", "form", "path", "params") for a in atoms
    )


def _draft(context: Context, rule: Rule, fid: str, instr: Instr, message: str) -> Draft:
    return _told(
        rule,
        context.view.span(fid, instr.start, instr.end),
        message,
        step="who is logged in is put into the session that was there" if instr.op != Op.CALL else "set here",
        reason="nothing in this function renews the session",
        target=Target("new-session", fid) if instr.op != Op.CALL else None,
        endpoint=context.first_endpoint(fid),
    )


def _told(
    rule: Rule,
    place: Span,
    message: str,
    *,
    step: str,
    reason: str,
    endpoint: Endpoint | None,
    target: Target | None = None,
) -> Draft:
    return told(
        rule,
        place,
        message,
        why="Whoever gives a victim an identifier beforehand, by a link or a cookie of a sister domain, shares the session "
        "once the victim has logged in.",
        advice="Give the session a new identifier at the login (`req.session.regenerate(...)`, `request.session.cycle_key()`, "
        "`new_session(request)`), and let the service alone choose it.",
        step=step,
        certain=False,
        reason=reason,
        subject="session",
        target=target,
        endpoint=endpoint,
        verification=(
            Request("Note the session's cookie, log in, and compare.", "", "The cookie has a new value."),
        ),
    )


SESSION_FIXATION = PlainCheck(
    id="session-fixation",
    title="The session survives the login unchanged",
    cwe=384,
    severity=Severity.MEDIUM,
    asvs=("v5.0.0-7.2.4",),
    find=_find,
)
