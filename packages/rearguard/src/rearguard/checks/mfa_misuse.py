"""Second factors must be as strong as they are meant to be."""

import re
from collections.abc import Iterator

from rearguard.analysis import ValueView
from rearguard.analysis.access import Row
from rearguard.analysis.identity import words
from rearguard.analysis.settings import option_of
from rearguard.checks.base import Context, Draft
from rearguard.checks.endpoints import by_handler, endpoint_of, location, request
from rearguard.checks.factors_left_out import factors_left_out
from rearguard.checks.factors_removed import factors_removed
from rearguard.checks.logins import before, logins, mentions
from rearguard.checks.plain import PlainCheck, told
from rearguard.checks.spare_codes import spare_codes_again
from rearguard.findings import Request, Rule, Severity
from rearguard.models.concepts import OtpVerify, RandomSource, UserVerification
from rearguard.program import Span, Step

_WIDEST = 2
_FEWEST = 100_000
_CODE = re.compile(
    r"(?:^|_)(?:otp|totp|one_time_(?:code|password)|pin|pin_code|(?:verification|reset|login|sms|mfa|auth|confirmation)_?code)$"
)

_CHOOSES = ("randomInt", "randbelow", "randint", "randrange")
"""Calls that choose one number of as many as they are told."""
_SETS_UP = re.compile(
    r"enable|disable|enrol|set_?-?up|activat|register|confirm|start|new|generate|qr", re.IGNORECASE
)
_LAST = re.compile(
    r"(?:^|_)(?:last|previous|prev)_?(?:\w+_)?(?:step|counter|code|otp|totp|token|window|time_?code|used)(?:_|$)|"
    r"(?:^|_)(?:used|spent|seen|accepted)_?(?:\w+_)?(?:code|otp|totp|token|step|counter)s?(?:_|$)|(?:^|_)(?:totp|otp|mfa|tfa|code)_(?:step|counter|"
    r"last\w*|used\w*|seen\w*)(?:_|$)|replay|time_?code|time_?step|(?:^|_)(?:counter|delta|check_delta|last_t|last_timestep)(?:_|$)"
)
"""What keeps which code was the last."""
_RECOVERS = re.compile(r"reset|recover|forgot|magic|verif|confirm")


def _find(context: Context, rule: Rule) -> Iterator[Draft]:
    yield from _wide_windows(context, rule)
    yield from _unverified_users(context, rule)
    yield from _short_codes(context, rule)
    yield from _left_out(context, rule)
    yield from _removed(context, rule)
    yield from _accepted_twice(context, rule)
    for row, name, place in spare_codes_again(context):
        yield _spare(context, rule, row, name, place)


def _wide_windows(context: Context, rule: Rule) -> Iterator[Draft]:
    for use in context.uses.of(OtpVerify):
        window = option_of(use, use.concept.window).const if use.concept.window else None
        if isinstance(window, int) and not isinstance(window, bool) and window > _WIDEST:
            text = f"{2 * window + 1} codes are accepted at any time, for minutes after they were shown."
            yield _draft(
                rule,
                use.span,
                text,
                f"a window of {window}",
                "Accept the current code and one neighbour at most.",
            )


def _unverified_users(context: Context, rule: Rule) -> Iterator[Draft]:
    for asked in context.uses.of(UserVerification):
        for value in asked.selected:
            held: ValueView | None = value
            for key in asked.row.keys:
                held = held.key(key) if held is not None else None
            if held is not None and (held.text == "discouraged" or held.source_text in ("False", "false")):
                text = "A passkey is accepted without its owner being verified."
                advice = "Ask for `required` where the passkey stands for password and second factor."
                yield _draft(
                    rule, asked.span, text, "the authenticator need not ask for a PIN or finger", advice
                )


def _short_codes(context: Context, rule: Rule) -> Iterator[Draft]:
    for made in context.uses.of(RandomSource):
        callee = context.view.definitions(made.fid).get(made.instr.args[0]) if made.instr.args else None
        if callee is None or callee.name not in _CHOOSES:
            continue
        numbers = [
            v.const for n in made.instr.args[1:] if (v := ValueView(context.view, made.fid, n)) is not None
        ]
        whole = [n for n in numbers if isinstance(n, int) and not isinstance(n, bool)]
        if not whole or len(whole) != len(numbers) or not 10 <= max(whole) < _FEWEST:
            continue
        names = {words(end.name) for end in context.destinations.of(made.fid, made.instr.dst)}
        purpose = _recovers(context, made.fid)
        if any(_CODE.search(name) or (purpose and name == "code") for name in names):
            text = f"A one-time code is one of at most {max(whole) + 1:,} numbers."
            advice = "Use six digits at the least, let a code live for minutes and work once, and count wrong ones."
            # So few are guessed: what it shows is no second factor at all.
            weakness = 640 if purpose or any("reset" in name for name in names) else 287
            yield _draft(rule.narrowed(weakness), made.span, text, "made here", advice)


def _left_out(context: Context, rule: Rule) -> Iterator[Draft]:
    for row, place, name in factors_left_out(context):
        endpoint = endpoint_of(context, row)
        yield told(
            rule.narrowed(287),
            place,
            f"{endpoint.name} verifies `{name}` only where one was sent: without it, the password is enough.",
            why="A second factor is there for the day that the password is known; whoever knows it leaves the code out.",
            advice="Where the account has a second factor, refuse a login that brings no code as one that brings a wrong one.",
            step="whoever sends none is not asked",
            certain=True,
            reason="the refusal stands under a test that the code is there",
            subject="left out",
            endpoint=endpoint,
            severity=Severity.HIGH,
            verification=(
                Request(
                    "Log in to an account with a second factor, without a code.", request(endpoint), "401."
                ),
            ),
        )


def _removed(context: Context, rule: Rule) -> Iterator[Draft]:
    for row, place in factors_removed(context):
        endpoint = endpoint_of(context, row)
        yield told(
            rule.narrowed(306),
            location(context, row),
            f"{endpoint.name} takes the second factor away without asking for it, or for the password.",
            why="Whoever has the session alone, from an unlocked screen or a stolen cookie, is rid of the factor that was to keep "
            "them out, and keeps the account.",
            advice="Ask for a current code or the password, verify it, and only then switch the factor off; tell the owner.",
            step="whoever is logged in gets here",
            before=(Step(place, "the factor goes here", "note"),),
            certain=False,
            reason="nothing that the handler reads is a code or a password, and nothing before it asks for one again",
            subject=endpoint.name,
            endpoint=endpoint,
            verification=(
                Request(
                    "Switch the factor off, sending nothing but the session.",
                    request(endpoint),
                    "400, 401 or 403.",
                ),
            ),
        )


def _accepted_twice(context: Context, rule: Rule) -> Iterator[Draft]:
    """Codes by the time of day that log somebody in, where nothing keeps which was the last."""
    found = logins(context)
    told_of: set[tuple[str, int]] = set()
    for row in by_handler(context.matrix):
        checks = [check for check in found.of(row) if check.how == "code"]
        named = f"{row.endpoint.path} {row.endpoint.handler.label}"
        if not checks or _SETS_UP.search(named) or _by_message(named):
            continue
        reached = found.reached(row)
        for use in context.uses.of(OtpVerify):
            key = use.fid, use.instr.dst
            if use.fid not in reached or key in told_of or "hotp" in context.text(use.span).lower():
                continue
            window = option_of(use, use.concept.window).const if use.concept.window else None
            if not isinstance(window, int) or not window:
                # Without neighbours a code is over before it is copied.
                continue
            if _keeps_last(context, (*reached, *before(row))):
                continue
            told_of.add(key)
            yield _again(context, rule, row, use.span)


def _spare(context: Context, rule: Rule, row: Row, name: str, place: Span) -> Draft:
    endpoint = endpoint_of(context, row)
    return told(
        rule.narrowed(294),
        place,
        f"{endpoint.name} lets in by one of `{name}`, and the code stays good.",
        why="Spare codes lie on paper and in files. One that was used, or seen over a shoulder, opens the account again and "
        "again, beside the password, for years.",
        advice="Take the code out of what is stored, or mark it as used, in one statement that also asks that it was there, and "
        "go on when that changed something.",
        step="looked for here",
        certain=False,
        reason="nothing that runs for this endpoint writes the codes or removes one",
        subject=name,
        endpoint=endpoint,
        verification=(
            Request("Log in twice with the same spare code.", request(endpoint), "401 the second time."),
        ),
    )


def _keeps_last(context: Context, fids: tuple[str, ...]) -> bool:
    """Whether functions name what keeps the last code, as a member, a text or the key of a field."""
    return mentions(context, fids, _LAST) or any(
        key and _LAST.search(words(key))
        for fid in fids
        for instr in context.view.linker.code(fid)
        for key in instr.keys
    )


def _by_message(named: str) -> bool:
    return re.search(r"sms|phone|mail", named, re.IGNORECASE) is not None


def _again(context: Context, rule: Rule, row: Row, place: Span) -> Draft:
    endpoint = endpoint_of(context, row)
    return told(
        rule.narrowed(294),
        place,
        "A code that was used is accepted again until its time is over.",
        why="Whoever sees a code being typed, or sits between the browser and the service, uses the same code within the "
        "minute. RFC 6238 forbids that a code is accepted twice.",
        advice="Keep in the account for which step (`time / 30`) the last code was accepted, and refuse any code for that step or "
        "one before it, in one statement.",
        step="verified here",
        certain=False,
        reason="nothing that runs for this endpoint names a last step, counter or used code",
        subject="used code",
        endpoint=endpoint,
        severity=Severity.LOW,
        verification=(Request("Log in twice with one code.", request(endpoint), "401 the second time."),),
    )


def _recovers(context: Context, fid: str) -> bool:
    """Whether a function is about getting into an account again."""
    endpoint = context.first_endpoint(fid)
    told = f"{context.view.function(fid).name} {endpoint.path if endpoint is not None else ''}"
    return _RECOVERS.search(words(told)) is not None


def _draft(rule: Rule, place: Span, message: str, step: str, advice: str) -> Draft:
    return told(
        rule,
        place,
        message,
        why="A second factor is there for the day that the password is known; then this is all that stands between.",
        advice=advice,
        step=step,
        certain=True,
        reason="the value is a constant",
        subject="factor",
        verification=(
            Request("Send a code that is five minutes old, and a wrong one ten times.", "", "401, then 429."),
        ),
    )


MFA_MISUSE = PlainCheck(
    id="mfa-misuse",
    title="A second factor is weaker than it looks",
    cwe=308,
    severity=Severity.MEDIUM,
    asvs=("v5.0.0-6.5.4", "v5.0.0-6.5.5", "v5.0.0-7.5.1"),
    find=_find,
    related=(287, 294, 306, 330, 640, 1390),
)
