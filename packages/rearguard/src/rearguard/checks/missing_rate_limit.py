"""Guessing at logins and codes must be limited."""

import re
from collections.abc import Iterator

from rearguard.analysis.access import Row
from rearguard.analysis.identity import PasswordCheck
from rearguard.analysis.settings import Use
from rearguard.checks.base import Context, Draft
from rearguard.checks.endpoints import by_handler, endpoint_of, location, request
from rearguard.checks.logins import before, logins, mentions
from rearguard.checks.plain import PlainCheck, told
from rearguard.findings import Request, Rule, Severity
from rearguard.models.concepts import RateLimit
from rearguard.program import Span, Step

_SETS_UP = re.compile(r"enable|disable|enrol|set_?-?up|activat|register|confirm", re.IGNORECASE)
_LIMITS = re.compile(
    r"attempt|(?:^|_)fail(?:ed|ure)s?(?:_|$)|lock(?:ed|_?out)|throttl|rate_?limit|limiter|too_many|brute|captcha|cool_?down|"
    r"blocked_until|ban(?:ned)?_until|turnstile"
)


def _find(context: Context, rule: Rule) -> Iterator[Draft]:
    if any(_applies(use) for use in context.uses.of(RateLimit)):
        return
    found = logins(context)
    # Of a form and what it is sent to, the latter is what is asked often.
    for row in by_handler(sorted(context.matrix, key=lambda row: row.endpoint.method in ("GET", "HEAD"))):
        checks = found.of(row)
        if row.authentication.state == "required" and not _is_second_step(row, checks):
            continue
        if not checks or _is_limited(context, row, found.reached(row)):
            continue
        codes = all(check.how == "code" for check in checks)
        what = "one-time codes" if codes else "passwords"
        endpoint = endpoint_of(context, row)
        yield told(
            rule,
            _place(context, row, checks[0]),
            f"{endpoint.name} may be asked as often as one likes: nothing limits how many {what} are tried.",
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
            subject=endpoint.name,
            endpoint=endpoint,
            verification=(
                Request(
                    "Send a wrong password 20 times in a minute.", request(endpoint), "429 before the last."
                ),
            ),
        )


def _is_second_step(row: Row, checks: tuple[PasswordCheck, ...]) -> bool:
    """Whether a code is tried by whoever has the password; the codes of one's own set-up nobody needs to guess."""
    named = f"{row.endpoint.path} {row.endpoint.handler.label}"
    return all(check.how == "code" for check in checks) and not _SETS_UP.search(named)


def _place(context: Context, row: Row, check: PasswordCheck) -> Span:
    """The handler; the function that holds the check when one handler answers for every path."""
    handler = row.endpoint.handler.functions[:1]
    if "*" not in row.endpoint.path or row.endpoint.path.strip("/*") or check.fid in handler:
        return location(context, row)
    function = context.view.function(check.fid)
    return context.view.span(check.fid, function.start, function.name_end)


def _applies(use: Use[RateLimit]) -> bool:
    """Whether the setting limits what anybody asks."""
    words_wanted = use.concept.words
    if not words_wanted:
        return True
    pattern = re.compile(words_wanted, re.IGNORECASE)
    for value in use.selected:
        texts = [element.source_text for element in value.elements()] or [value.source_text]
        instr = value.instr
        texts.extend(key or "" for key in (instr.keys if instr is not None else ()))
        if any(pattern.search(text) for text in texts):
            return True
    return False


def _is_limited(context: Context, row: Row, reached: tuple[str, ...]) -> bool:
    surface = row.surface
    if surface is not None and any(check.kind == "rate-limit" for check in surface.checks):
        return True
    if any(_LIMITS.search(link.label.lower()) for link in row.endpoint.chain):
        return True
    return mentions(context, (*reached, *before(row)), _LIMITS, (429,))


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
