"""Guessing at logins and codes must be limited."""

import re
from collections.abc import Iterator

from rearguard.analysis import ValueView
from rearguard.analysis.access import Row
from rearguard.analysis.access.requests import applies
from rearguard.analysis.access.resources import access_at
from rearguard.analysis.identity import PasswordCheck, words
from rearguard.analysis.settings import Use, option_of
from rearguard.checks.base import Context, Draft
from rearguard.checks.endpoints import by_handler, endpoint_of, first_line, location, request
from rearguard.checks.logins import asks_who_calls, logins, mentions
from rearguard.checks.plain import PlainCheck, told
from rearguard.checks.rate_keys import chosen_keys
from rearguard.checks.spelled_keys import spelled_keys
from rearguard.checks.unlimited_messages import unlimited_messages
from rearguard.findings import Endpoint, Request, Rule, Severity
from rearguard.models.concepts import LimiterMade, RandomSource, RateLimit
from rearguard.program import Op, Span, Step
from rearguard.repair.targets import Target

_SETS_UP = re.compile(r"enable|disable|enrol|set_?-?up|activat|register|confirm", re.IGNORECASE)
_OLD = re.compile(r"(?:old|current|existing|previous)_?pass", re.IGNORECASE)
_RECORD = re.compile(r"/\w+s/(?:<(?:\w+:)?code>|\{code\}|:code)/\w")
"""A record among others, which is called by a code: what follows in the path is a part of it."""
MAX_NAMED = 4
_FEWEST_BYTES = 8
_MANY_BITS = re.compile(
    r"randomBytes|random_?UUID|uuid\w*|v4|token_(?:hex|urlsafe|bytes)|urandom|nanoid|getRandomValues",
    re.IGNORECASE,
)
_CUTS = ("slice", "substring", "substr")
_LIMITS = re.compile(
    r"attempt|(?:^|_)(?:failures|fail(?:ed|ure)s?_(?!to|with|for|1$)\w+|fails|fail_(?:counts?|limit|times?|key|window))(?:_|$)|(?:^|_)lock(?:ed|_?out)|throttl|rate_?limit|limiter|too_many|brute|captcha|cool_?down|"
    r"blocked_until|ban(?:ned)?_until|turnstile"
)


def _find(context: Context, rule: Rule) -> Iterator[Draft]:
    yield from chosen_keys(context, rule)
    yield from spelled_keys(context, rule)
    found = logins(context)
    applying = [use for use in context.uses.of(RateLimit) if _applies(context, use)]
    if applying:
        yield from _endpoints(context, rule, lifted=True)
        if all(use.concept.passwords for use in applying):
            yield from _endpoints(context, rule, codes_alone=True)
        return
    drafts = (*_endpoints(context, rule), *_alone(context, rule))
    made = sorted(context.uses.of(LimiterMade), key=lambda use: use.span)
    if drafts and made and not any(_has_limiter(row) for row in context.matrix):
        yield _unused(context, rule, made[0].span, drafts)
    else:
        yield from drafts
    for row, what, place in unlimited_messages(
        context, lambda row: _is_limited(context, row, found.reached(row))
    ):
        yield _sent(context, rule, row, what, place)


def _sent(context: Context, rule: Rule, row: Row, what: str, place: Span) -> Draft:
    endpoint = endpoint_of(context, row)
    by_text = what == "text message"
    return told(
        rule.narrowed(799),
        location(context, row),
        f"{endpoint.name} sends a {what} to whoever the request names, as often as one likes.",
        why="Text messages cost money, and numbers that earn by them are asked for thousands; people are flooded, and each new "
        "code is another chance to guess one."
        if by_text
        else "Mailboxes are flooded in the service's name until providers refuse its mails, and each new code is another chance "
        "to guess one.",
        advice="Count what is sent per number or address and per network address (for example three an hour), answer 429, and "
        "wait between two messages to one person.",
        step="nothing limits how often this is asked",
        before=(Step(place, "sent here", "note"),),
        certain=False,
        reason="no limiter stands before the handler and nothing in it counts; one in front of the service would not be seen",
        subject=f"{endpoint.name} sends",
        endpoint=endpoint,
        verification=(
            Request("Ask for 20 messages in a minute.", request(endpoint), "429 before the last."),
        ),
    )


def _endpoints(
    context: Context, rule: Rule, lifted: bool = False, codes_alone: bool = False
) -> Iterator[Draft]:
    """Logins that nothing limits; with `lifted` those alone that are taken out of a limit for everything, and with
    `codes_alone` those that a limit for passwords does not see."""
    found = logins(context)
    # Of a form and what it is sent to, the latter is what is asked often.
    for row in by_handler(sorted(context.matrix, key=lambda row: row.endpoint.method in ("GET", "HEAD"))):
        if lifted and not _is_lifted(row):
            continue
        checks = found.of(row)
        asked = found.asked_before(row)
        if asks_who_calls(row) and not asked and not _is_second_step(row, checks):
            continue
        if not checks or _is_limited(context, row, found.reached(row)):
            continue
        codes = all(check.how == "code" for check in checks)
        if codes_alone and (not codes or _is_lifted(row)):
            continue
        # Whoever has a role here is past the steps of a login.
        past = row.authorization.state == "required" and not any(map(found.opens_session, found.reached(row)))
        if codes and (past or _RECORD.search(row.endpoint.path) or all(_is_long(context, c) for c in checks)):
            continue
        endpoint = endpoint_of(context, row)
        fids = row.endpoint.handler.functions
        target = Target("limit-attempts", fids[0]) if fids else None
        yield _draft(context, rule, _place(context, row, checks[0]), endpoint.name, checks, endpoint, target)


def _alone(context: Context, rule: Rule) -> Iterator[Draft]:
    """Functions that judge what they are sent, where no endpoint is known that leads there."""
    found = logins(context)
    for fid, checks in found.alone(context.matrix):
        if (
            _is_backend(context, fid)
            or context.in_browser(fid)
            or mentions(context, found.called((fid,)), _LIMITS, (429,))
            or all(_OLD.search(context.text(one.span(context.matrix.origins))) for one in checks)
        ):
            # Whoever is asked for the old password has logged in with it.
            continue
        function = context.view.linker.functions[fid]
        place = Span(context.view.linker.module_of[fid], function.start, function.name_end)
        shown = f"`{function.name.rpartition('.')[2]}`" if "<" not in function.name else "This login"
        yield _draft(context, rule, first_line(context, place), shown, checks, None)


def _is_backend(context: Context, fid: str) -> bool:
    """Whether a framework asks a function whose password it is: for the routes that ask it, they are told."""
    home, _, name = fid.rpartition(".")
    return name == "authenticate" and context.view.linker.method(home, "get_user") is not None


def _unused(context: Context, rule: Rule, place: Span, drafts: tuple[Draft, ...]) -> Draft:
    """A limiter that is set up and stands before no route: that is what is to be mended."""
    names = list(dict.fromkeys(draft.finding.subject for draft in drafts))
    more = f" and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else ""
    return told(
        rule,
        first_line(context, place),
        f"A limiter is set up here and stands before no route: {', '.join(names[:MAX_NAMED])}{more} may be asked as "
        "often as one likes.",
        why="Setting a limiter up limits nothing. Programs try lists of leaked passwords against every login they find.",
        advice="Put it before the login, or before every route: as a guard, decorator or middleware of the application, "
        "as its documentation says.",
        step="set up here, and used by no route, router or application",
        before=tuple(
            Step(draft.finding.location, "nothing limits how often this is asked", "note")
            for draft in drafts[:MAX_NAMED]
        ),
        certain=False,
        reason="no endpoint of the program has a limiter before it or in it",
        subject="limiter",
        endpoint=drafts[0].finding.endpoint,
        verification=drafts[0].finding.verification,
    )


def _has_limiter(row: Row) -> bool:
    return row.surface is not None and any(check.kind == "rate-limit" for check in row.surface.checks)


def _draft(
    context: Context,
    rule: Rule,
    place: Span,
    name: str,
    checks: tuple[PasswordCheck, ...],
    endpoint: Endpoint | None,
    target: Target | None = None,
) -> Draft:
    codes = all(check.how == "code" for check in checks)
    what = "one-time codes" if codes else "passwords"
    return told(
        rule,
        place,
        f"{name} may be asked as often as one likes: nothing limits how many {what} are tried.",
        why="Programs try lists of leaked passwords against every login they find; without a limit, weak and reused "
        "ones fall within hours."
        if not codes
        else "A code of six digits is found in minutes when nobody counts.",
        advice="Limit attempts per account and per address with the limiter of your framework (for example five a "
        "minute), answer 429, and make what follows a failure slower.",
        step=f"{what} are tried here",
        before=(Step(checks[0].span(context.matrix.origins), "what was sent is compared here", "note"),),
        certain=False,
        reason="no limiter stands before the handler and nothing in it counts failures; one in front of the service "
        "would not be seen",
        subject=name,
        endpoint=endpoint,
        target=target,
        verification=(
            Request(
                "Send a wrong password 20 times in a minute.",
                request(endpoint) if endpoint is not None else "",
                "429 before the last.",
            ),
        ),
    )


def _is_long(context: Context, check: PasswordCheck) -> bool:
    """Whether what is asked for is, wherever it is made, too long to be guessed."""
    touch = access_at(context.matrix.origins, check.fid, check.instr)
    if touch is None:
        return False
    names = {words(name) for name, _ in touch.keys}
    return any(
        use.concept.kind == "secure"
        and _is_whole(context, use)
        and any(words(end.name) in names for end in context.destinations.of(use.fid, use.instr.dst))
        for use in context.uses.of(RandomSource)
    )


def _is_whole(context: Context, use: Use[RandomSource]) -> bool:
    """Whether a value of chance has 64 bits or more, of which nothing is cut off."""
    callee = context.view.definitions(use.fid).get(use.instr.args[0]) if use.instr.args else None
    if callee is None or not _MANY_BITS.fullmatch(callee.name):
        return False
    sizes = [ValueView(context.view, use.fid, number).const for number in use.instr.args[1:]]
    if any(isinstance(size, int) and size < _FEWEST_BYTES for size in sizes):
        return False
    return not any(i.op == Op.ATTR and i.name in _CUTS for i in context.view.linker.code(use.fid))


def _is_second_step(row: Row, checks: tuple[PasswordCheck, ...]) -> bool:
    """Whether a code is tried by whoever has the password; the codes of one's own set-up nobody needs to guess."""
    named = f"{row.endpoint.path} {row.endpoint.handler.label}"
    return all(check.how == "code" for check in checks) and not _SETS_UP.search(named)


def _place(context: Context, row: Row, check: PasswordCheck) -> Span:
    """The handler; the function that holds the check when one handler answers for every path."""
    registered = _beside_limited(context, row)
    if registered is not None:
        return registered
    handler = row.endpoint.handler.functions[:1]
    if "*" not in row.endpoint.path or row.endpoint.path.strip("/*") or check.fid in handler:
        return location(context, row)
    function = context.view.function(check.fid)
    return context.view.span(check.fid, function.start, function.name_end)


def _beside_limited(context: Context, row: Row) -> Span | None:
    """The line that registers a handler from elsewhere, where others are registered with a limiter: it lacks one
    there."""
    place = row.endpoint.span
    lines = location(context, row)
    if not place.path or (lines.path == place.path and lines.start <= place.end and place.start <= lines.end):
        return None
    beside = any(
        link.span.path == place.path
        for other in context.matrix
        if other.endpoint.span.path == place.path and _has_limiter(other)
        for link in other.endpoint.chain
        if other.endpoint.span.start <= link.span.start <= other.endpoint.span.end
    )
    return first_line(context, place) if beside else None


def _applies(context: Context, use: Use[RateLimit]) -> bool:
    """Whether the setting limits what anybody asks; what the program's own classes limit, their code says."""
    words_wanted = use.concept.words
    if use.concept.everywhere and option_of(use, use.concept.everywhere).is_const(False):
        return False
    if not words_wanted:
        # A limiter that is made without limits for all limits nothing by itself.
        return bool(use.values)
    pattern = re.compile(words_wanted, re.IGNORECASE)
    for value in use.selected:
        texts = [element.source_text for element in value.elements()] or [value.source_text]
        instr = value.instr
        texts.extend(key or "" for key in (instr.keys if instr is not None else ()))
        if any(pattern.search(text) and not _is_own(context, use, text) for text in texts):
            return True
    return False


def _is_own(context: Context, use: Use[RateLimit], text: str) -> bool:
    module = text.strip("'\"").rpartition(".")[0]
    return bool(module) and context.view.linker.index.python_module(use.span.path, module) is not None


def _is_lifted(row: Row) -> bool:
    return row.surface is not None and "rate-limit" in row.surface.exempt


def _is_limited(context: Context, row: Row, reached: tuple[str, ...]) -> bool:
    if _is_lifted(row):
        return mentions(context, reached, _LIMITS, (429,))
    if _has_limiter(row):
        return True
    chain = [link for link in row.endpoint.chain if not _is_for_others(context, row, link.functions)]
    if any(_LIMITS.search(link.label.lower()) for link in chain):
        return True
    first = logins(context).called(fid for link in chain for fid in link.functions)
    own = tuple(_methods(context, row.endpoint.handler.cls)) if row.endpoint.handler.cls else ()
    return mentions(context, (*reached, *first, *own), _LIMITS, (429,))


def _methods(context: Context, cid: str) -> Iterator[str]:
    """What a view's class has of its own, which the view that it is made from calls: `form_invalid` counts."""
    for each in context.view.linker.lineage(cid):
        yield from (fid for fid in context.view.linker.functions if fid.rpartition(".")[0] == each)


def _is_for_others(context: Context, row: Row, fids: tuple[str, ...]) -> bool:
    """Whether what runs before answers other routes alone: `if request.path == "/login": ... 429`."""
    facts = row.surface.facts if row.surface is not None else ()
    ends = [fact for fact in facts if fact.fid in fids and fact.kind in ("answer", "denial")]
    return bool(ends) and all(
        any(applies(c, row.endpoint, context.matrix.origins) == "no" for c in fact.conditions)
        for fact in ends
    )


MISSING_RATE_LIMIT = PlainCheck(
    id="missing-rate-limit",
    title="Nothing limits how often passwords are tried",
    cwe=307,
    severity=Severity.MEDIUM,
    asvs=("v5.0.0-6.3.1",),
    find=_find,
    api_top10=("API2:2023", "API4:2023"),
    related=(770, 799),
    absence=True,
)
