"""Sessions and tokens must end."""

import re
from collections import Counter
from collections.abc import Iterator

from rearguard.analysis import ValueView
from rearguard.analysis.access import Row
from rearguard.analysis.access.resources import access_at
from rearguard.analysis.access.surface import Surface
from rearguard.analysis.identity import words
from rearguard.analysis.identity.bound_tokens import unbound_sessions
from rearguard.analysis.settings import option_of
from rearguard.checks.accounts_changed import roles_kept
from rearguard.checks.base import Context, Draft
from rearguard.checks.durations import seconds
from rearguard.checks.endless_entries import endless_entries
from rearguard.checks.endpoints import by_handler, endpoint_of, location, request
from rearguard.checks.lifetimes import Issue, is_brief, issues_of, may_be_brief
from rearguard.checks.logins import before, logins, mentions
from rearguard.checks.logouts import cleared, forgets_caller, session_cookies
from rearguard.checks.outliving import left_going, login_records
from rearguard.checks.plain import PlainCheck, told
from rearguard.checks.standing import let_in, renewed_for_ever
from rearguard.checks.unasked import unasked
from rearguard.checks.unsigned_ends import unsigned_ends
from rearguard.findings import Endpoint, Request, Rule, Severity
from rearguard.models.concepts import (
    ClientSession,
    Lifetime,
    Mac,
    RandomSource,
    ServerSession,
    SessionRenewal,
    TokenIssue,
    TokenVerify,
)
from rearguard.models.settings_concepts import CookieWrite
from rearguard.program import Instr, Op, Span

_DAY = 86_400
_LOGS_OUT = re.compile(r"(?:^|_)(?:log_?(?:out|off)|sign_?(?:out|off))(?:_|$)")
_REVOKED = re.compile(
    r"revok|blacklist|denylist|block_?list|black_?listed|token_version|session_version|jti|not_before|valid_after|session_id|logged_out"
)
_LONGEST = 90 * _DAY
_WHO = re.compile(
    r"user|uid|account|member|customer|admin|logged|auth|is_?(?:logged|auth)|email|login|person|role|\w+_id$"
)
_ENDS = re.compile(
    r"destroy|(?:^|_)(?:log|sign)_?out|flush|invalidat|revok|regenerat|^clear$|^pop|^unset|^forget|^expire|blacklist|denylist|^del(?:ete)?$|"
    r"^remove$|^reset$|end_?session|session_?end|kill|terminate|log_?out_?user|unset_|clear_session|delete_session|remove_session"
)
_OTHERWISE = re.compile(r"csrf|xsrf|state|nonce|device|visitor|cart|basket|trust|remember|locale|theme")
"""Cookies of chance that a login does not depend on."""
_RECOVERS = re.compile(
    r"reset|recover|forgot|confirm|verif|activat|invit|magic|unsub|share|link|mail|machine|device|service|api"
)
"""Functions whose tokens say nothing of who is logged in."""
_STEPS = 5


def _find(context: Context, rule: Rule) -> Iterator[Draft]:
    for use in context.uses.of(Lifetime):
        for value in use.selected:
            held: ValueView | None = value
            for key in use.row.keys:
                held = held.key(key) if held is not None else None
            if held is None:
                continue
            length = seconds(context, held, use.concept.per_second)
            if held.source_text == "False":
                yield _draft(rule, use.span, "Tokens or sessions never end.")
            elif length is not None and length > _LONGEST:
                yield _draft(rule, use.span, f"Sessions live for {int(length // _DAY):,} days.")
    yield from _left_open(context, rule)
    told_once = tuple(_left_valid(context, rule))
    yield from told_once
    stored = frozenset(login_records(context))
    bound = any(use.concept.bound for use in context.uses.of(SessionRenewal))
    lasting = _lasting(context, stored)
    yield from left_going(context, rule, lasting, bool(told_once), stored if bound else frozenset())
    ended = tuple(unasked(context, rule))
    yield from ended
    yield from let_in(context, rule, {draft.finding.subject for draft in ended})
    yield from renewed_for_ever(context, rule)
    for row, column in roles_kept(context):
        yield _kept_role(context, rule, row, column)
    for row, place, key in endless_entries(context):
        yield _endless(context, rule, row, place, key)
    for fid in unbound_sessions(context.view.linker):
        yield _unbound(context, rule, fid)
    yield from unsigned_ends(context, rule)
    for issue in context.uses.of(TokenIssue):
        for selector in issue.concept.expiry:
            given = option_of(issue, selector).value
            length = seconds(context, given, 1) if given is not None else None
            if length is not None and length > _LONGEST:
                yield _draft(rule, issue.span, f"Tokens live for {int(length // _DAY):,} days.")


def _endless(context: Context, rule: Rule, row: Row, place: Span, key: str) -> Draft:
    endpoint = endpoint_of(context, row)
    return told(
        rule,
        place,
        f"{endpoint.name} keeps a login under `{key}` for ever: the store is given no time, and nothing asks how old it is.",
        why="The browser forgets its cookie one day; whoever has copied it goes on for years.",
        advice="Give the entry an end where it is written (`EX`, `setex`, `expirationTtl`), move it on at use, and end it for good "
        "after some days.",
        step="kept without an end",
        certain=False,
        reason="nothing in this file gives the entry an end, and nothing that reads it asks for one",
        subject=key,
        endpoint=endpoint,
        verification=(
            Request("Log in, and look at the time that the entry has left.", "", "Some days at most."),
        ),
    )


def _kept_role(context: Context, rule: Rule, row: Row, column: str) -> Draft:
    endpoint = endpoint_of(context, row)
    return told(
        rule,
        location(context, row),
        f"{endpoint.name} changes `{column}` of an account, and sessions go on with the one that they began with.",
        why="Whoever loses a role, or is switched off, keeps what it allows until the session ends.",
        advice="Read it from the account at each request, or end the account's sessions where it is changed.",
        step="changed here, and asked of the session elsewhere",
        certain=False,
        reason="guards read it from the session, nothing before endpoints looks the account up, and no session is ended here",
        subject=f"{endpoint.name} {column}",
        endpoint=endpoint,
        verification=(
            Request(
                "Take a role from an account that is logged in, and use it there.", request(endpoint), "403."
            ),
        ),
    )


def _unbound(context: Context, rule: Rule, fid: str) -> Draft:
    function = context.view.linker.functions[fid]
    return told(
        rule,
        context.view.span(fid, function.start, function.name_end),
        "Sessions are compared with what a new password does not change: they go on after one was set.",
        why="People set a new password when they fear that somebody else is in their account, and whoever is stays there.",
        advice="Make it of the password's hash, as the framework does (`super().get_session_auth_hash()`), and of whatever else is "
        "to end sessions beside it.",
        step="nothing here is changed by a new password",
        certain=True,
        reason="all that goes into it is read here",
        subject=function.name,
        verification=(
            Request("Set a new password, and go on with a session from before.", "", "The login."),
        ),
    )


def _left_open(context: Context, rule: Rule) -> Iterator[Draft]:
    """A logout that leaves the server's session as it is."""
    opening = {
        fact.span.path
        for row in context.matrix
        for fact in (row.surface.facts if row.surface is not None and row.purpose != "logout" else ())
        if fact.kind == "session" and _WHO.match(words(fact.what))
    }
    if not opening or context.uses.of(ClientSession):
        return
    shared = Counter(fid for row in by_handler(context.matrix) for fid in before(row))
    for row in by_handler(context.matrix):
        if row.purpose != "logout" or not row.endpoint.handler.functions or row.surface is None:
            continue
        home = context.view.linker.module_of[row.endpoint.handler.functions[0]]
        if home not in opening or _touches_session(row.surface):
            continue
        reached = logins(context).reached(row)
        # What runs before others too renews or ends their sessions as much as this one's.
        own = tuple(fid for fid in before(row) if shared[fid] == 1)
        if mentions(context, (*reached, *own), _ENDS):
            continue
        endpoint = endpoint_of(context, row)
        yield told(
            rule,
            location(context, row),
            f"{endpoint.name} ends no session: whoever has its cookie stays logged in.",
            why="People log out where others sit down after them, and when they fear that a cookie was taken; neither helps "
            "when the session goes on.",
            advice="Destroy the session on the server (`req.session.destroy()`, `session.clear()`), and then the cookie.",
            step="nothing here destroys or empties the session",
            certain=False,
            reason="the project keeps sessions, and nothing that the handler runs touches them",
            subject=endpoint.name,
            endpoint=endpoint,
            verification=(
                Request(
                    "Log out, and send a request with the cookie from before.",
                    "",
                    "401, or the page of the login.",
                ),
            ),
        )


def _touches_session(surface: Surface) -> bool:
    """Whether the handler touches its session, or something before it does more than to say who calls."""
    return any(
        fact.kind == "session"
        and (
            number >= surface.handler_start
            or not (_WHO.match(words(fact.what)) or _OTHERWISE.search(words(fact.what)))
        )
        for number, fact in enumerate(surface.facts)
    )


def _left_valid(context: Context, rule: Rule) -> Iterator[Draft]:
    """A logout that tells the browser to forget a token which whoever kept it goes on using."""
    issues = issues_of(context)
    brief = bool(issues) and all(is_brief(context, issue) for issue in issues)
    carrying = frozenset(_carrying(context))
    kept, own = frozenset(_kept(context)), session_cookies(context)
    checking = tuple({use.fid for use in context.uses.of(TokenVerify)})
    signed = not (
        brief
        or not (issues or carrying)
        or (context.uses.of(ServerSession) and not issues)
        or mentions(context, checking, _REVOKED)
    )
    if not (signed or kept or own):
        return
    for row in by_handler(context.matrix):
        surface = row.surface
        named = f"{row.endpoint.path.rstrip('/').rpartition('/')[2]} {row.endpoint.handler.label}"
        if surface is None or not row.endpoint.handler.functions:
            continue
        if not (_LOGS_OUT.search(words(named)) or forgets_caller(context, row, own)):
            continue
        changed = any(touch.operation in ("create", "update", "delete") for touch in surface.touches)
        if changed or any(
            fact.kind in ("session", "effect") for fact in surface.facts[surface.handler_start :]
        ):
            continue
        reached = logins(context).reached(row)
        if mentions(context, reached, _ENDS) or mentions(context, reached, _REVOKED):
            continue
        gone = set(cleared(context, reached))
        endpoint = endpoint_of(context, row)
        if gone & (kept | own):
            yield _forgotten(context, rule, location(context, row), endpoint)
            continue
        if not signed or (gone and not gone & carrying):
            # What the browser forgets here is no token that the program made.
            continue
        yield told(
            rule,
            location(context, row),
            f"{endpoint.name} ends nothing on the server: the token stays good until it expires.",
            why="People log out when they fear that a token was taken, and whoever took it does not throw it away.",
            advice="Keep a list of revoked tokens (by `jti`, until they expire), or a number in the account that tokens carry "
            "and that a logout raises, and ask for it whenever a token is verified. Or let access tokens end after minutes "
            "and revoke the refresh token here.",
            step="nothing here is written down that would refuse the token",
            certain=False,
            reason="tokens carry all that is asked of them, and nothing that the handler runs changes what is stored",
            subject=endpoint.name,
            endpoint=endpoint,
            severity=Severity.LOW,
            verification=(Request("Log out, and send a request with the token from before.", "", "401."),),
        )


def _lasting(context: Context, stored: frozenset[str]) -> str:
    """What goes on when a password changes, in a few words; "" when it ends by itself, or nothing is known to."""
    issues = [use for use in issues_of(context) if not _RECOVERS.search(_about(context, use))]
    found = logins(context)
    opening = {fid for row in context.matrix if found.of(row) for fid in found.reached(row)}
    # What a login gives out, where logins are known: other tokens are shown for other ends.
    issues = [use for use in issues if use.fid in opening] or issues
    if issues and not all(may_be_brief(context, issue) for issue in issues):
        return "tokens that were given out before it stay good until they expire"
    openings = context.uses.of(SessionRenewal)
    if any(use.concept.bound for use in openings):
        return "tokens that a login has stored stay good until they expire" if stored else ""
    sessions = any(
        fact.kind == "session" and (_WHO.match(words(fact.what)) or found.of(row))
        for row in context.matrix
        for fact in (row.surface.facts[row.surface.handler_start :] if row.surface is not None else ())
        if not _OTHERWISE.search(words(fact.what))
    )
    if openings or sessions or stored or any(_kept(context)) or any(_carrying(context)):
        return "whoever was logged in before it stays so"
    return ""


def _about(context: Context, use: Issue) -> str:
    return words(context.view.function(use.fid).name.rpartition(".")[2])


def _forgotten(context: Context, rule: Rule, place: Span, endpoint: Endpoint) -> Draft:
    return told(
        rule,
        place,
        f"{endpoint.name} clears the cookie alone: what is stored of the session stays good until it expires.",
        why="People log out where others sit down after them, and when they fear that a cookie was taken; whoever has a copy "
        "of it goes on as before.",
        advice="Delete the session that the cookie names, in the database or store where it is looked up, and then the cookie.",
        step="nothing here deletes what the login has stored",
        certain=False,
        reason="the login stores a session under what the cookie carries, and nothing that the handler runs changes it",
        subject=endpoint.name,
        endpoint=endpoint,
        verification=(
            Request("Log out, and send a request with the cookie from before.", "", "401, or the login."),
        ),
    )


def _kept(context: Context) -> Iterator[str]:
    """Names of the cookies that carry chance under which the same function stores something: a session of one's own."""
    origins = context.matrix.origins
    for use in context.uses.of(CookieWrite):
        name = option_of(use, use.concept.name).const if use.concept.name else None
        value = option_of(use, use.concept.value).value if use.concept.value else None
        if value is None or not isinstance(name, str) or _OTHERWISE.search(words(name)):
            continue
        found = origins.resolved(value.fid, value.value)
        if found is None or not _is_chance(context, *found):
            continue
        for call in context.view.linker.contents(use.fid).calls:
            touch = access_at(origins, use.fid, call)
            if touch is not None and touch.operation in ("create", "update"):
                yield name
                break


def _is_chance(context: Context, fid: str, instr: Instr) -> bool:
    """Whether a value comes from a generator for secrets, here or in a function of the program that makes it."""
    origins = context.matrix.origins
    pending = [(fid, instr, 0)]
    while pending:
        home, made, depth = pending.pop()
        concepts = origins.concepts(home, made.dst)
        if any(isinstance(one, RandomSource) and one.kind == "secure" for one in concepts):
            return True
        if made.op not in (Op.CALL, Op.ATTR, Op.AWAIT) or depth > _STEPS:
            continue
        inner = [(home, made.args[0])] if made.args else []
        if made.op == Op.CALL:
            inner.extend((home, value) for value in made.args[1:2])
            for target in origins.targets(home, made):
                inner.extend((target, value) for value in origins.returned(target))
        for where, value in inner:
            found = origins.resolved(where, value)
            if found is not None and found[1] is not made:
                pending.append((*found, depth + 1))
    return False


def _carrying(context: Context) -> Iterator[str]:
    """Names of the cookies that carry what the program signs itself."""
    signing = {use.fid for use in context.uses.of(Mac)} | {use.fid for use in issues_of(context)}
    signing |= {home for fid in tuple(signing) for home, _ in context.naming.calls_of(fid)}
    made = {(use.fid, use.instr.dst) for use in issues_of(context)}
    for use in context.uses.of(CookieWrite):
        name = option_of(use, use.concept.name).const if use.concept.name else None
        value = option_of(use, use.concept.value).value if use.concept.value else None
        found = context.matrix.origins.resolved(value.fid, value.value) if value is not None else None
        if found is not None and found[1].op in (Op.ATTR, Op.ITEM):
            # One of several that were made together: `const { access, refresh } = tokens(user)`.
            found = context.matrix.origins.resolved(found[0], found[1].args[0])
        if found is None or not isinstance(name, str) or found[1].op not in (Op.CALL, Op.AWAIT):
            continue
        targets = context.matrix.origins.targets(*found) if found[1].op == Op.CALL else ()
        if (found[0], found[1].dst) in made or signing.intersection(targets):
            yield name


def _draft(rule: Rule, place: Span, message: str) -> Draft:
    return told(
        rule,
        place,
        message,
        why="A session or token that was lost once, with a device, in a log or a backup, keeps working all that time.",
        advice="Let sessions end after days without use and after weeks at the latest, and access tokens after minutes with a "
        "refresh token that is replaced at every use.",
        step="set here",
        certain=True,
        reason="the time is a constant",
        subject="lifetime",
        verification=(Request("Use a session after the time that you decide on.", "", "401."),),
    )


SESSION_EXPIRATION = PlainCheck(
    id="session-expiration",
    title="Sessions or tokens live too long",
    cwe=613,
    severity=Severity.MEDIUM,
    asvs=("v5.0.0-7.3.2",),
    find=_find,
)
