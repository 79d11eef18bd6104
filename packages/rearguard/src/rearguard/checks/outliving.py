"""Sessions that go on after the password was reset, for whoever had the account until then."""

import re
from collections.abc import Iterator

from rearguard.analysis.access import Row
from rearguard.analysis.identity import is_password, is_password_hash, words
from rearguard.analysis.identity.renewals import Renewal, place, renewal
from rearguard.checks.base import Context, Draft
from rearguard.checks.endpoints import by_handler, endpoint_of, request
from rearguard.checks.logins import before, logins, mentions
from rearguard.checks.plain import told
from rearguard.findings import Request, Rule
from rearguard.program import Op, Step

_ENDS = re.compile(
    r"(?:^|_)(?:end|close|drop|kill|destroy|delete|remove|clear|revoke|flush|invalidate|forget|expire|purge|wipe|terminate|del|rotate|"
    r"cycle|bump|log_?out|sign_?out)_(?:\w+_)?(?:sess(?:ion)?|token|login|device|refresh|cookie|everywhere|everyone|others?|all)s?(?:_|$)|"
    r"(?:^|_)(?:sessions|refresh_?tokens|sess|log_?out\w*|sign_?out\w*|revok\w+|invalidat\w+|session_?auth_?hash|jti|unremember|denylist|"
    r"blacklist)(?:_|$)"
)
_MARKS = re.compile(
    r"(?:^|_)(?:generation|gen|epoch|stamp|token_?version|session_?version|auth_?version|credential_?version|tv|ver|version|valid_?(?:after|from|"
    r"since)|not_?before|tokens_?valid\w*|passw(?:or)?d_?(?:version|set|changed|updated)(?:_?(?:at|on))?|changed_?at|signed_?out_?at|"
    r"logged_?out_?at|session_?(?:key|salt|epoch|id|seed|nonce|secret)|token_?(?:epoch|salt|seed|key))$"
)
"""Fields of an account that what was given out before is compared with."""
_SESSIONS = re.compile(r"sess|token|login|device|refresh|remember|auth")
_DROPS = re.compile(r"^(?:destroy|delete|remove|update|clear|purge|pop|del|discard)(?:_|$)")
_RECOVERS = re.compile(r"reset|recover|forgot|verif|confirm|invit|otp|code")


def left_going(context: Context, rule: Rule, lasting: str, told_once: bool) -> Iterator[Draft]:
    """Resets of a password that leave open what was opened before it; `lasting` says what goes on, `told_once`
    that nothing is ever ended, which is one thing to mend."""
    if not lasting or _compares_password(context):
        return
    found: list[tuple[Row, Renewal]] = []
    ending: list[Row] = []
    for row in by_handler(context.matrix):
        one = renewal(logins(context), row)
        if one is None:
            continue
        if _ends(context, row):
            ending.append(row)
        else:
            found.append((row, one))
    for row, one in found:
        shown = one.right in ("token", "record", "proof") or row.public
        resets = shown and one.right != "caller" and row.authentication.state != "required"
        if ending or (resets and not told_once):
            yield _draft(context, rule, row, one, ending, lasting)


def _compares_password(context: Context) -> bool:
    """Whether what runs before handlers looks at the stored password: what was given out ends with it."""
    found = logins(context)
    # What a wrapper runs is the handler, whose form has a password of its own.
    handlers = {fid for row in context.matrix for fid in row.endpoint.handler.functions}
    asking = found.called(dict.fromkeys(fid for row in context.matrix for fid in before(row)), handlers)
    return any(
        instr.op == Op.ATTR and (is_password_hash(instr.name) or is_password(instr.name))
        for fid in asking
        if fid not in found.checks
        for instr in context.view.linker.code(fid)
    )


def _ends(context: Context, row: Row) -> bool:
    """Whether the handler, or what it calls, ends sessions or changes what they are compared with."""
    reached = logins(context).reached(row)
    if mentions(context, reached, _ENDS):
        return True
    for touch in row.surface.touches if row.surface is not None else ():
        names = [*(name for name, _ in touch.written), *touch.fields]
        if touch.operation in ("update", "create", "delete") and any(_MARKS.search(words(n)) for n in names):
            return True
        of_reset = _RECOVERS.search(words(touch.resource))
        if (
            touch.operation in ("update", "delete")
            and not of_reset
            and _SESSIONS.search(words(touch.resource))
        ):
            return True
    return mentions(context, reached, _MARKS) or any(_drops(context, fid) for fid in reached)


def _drops(context: Context, fid: str) -> bool:
    """`RefreshToken.destroy(...)`, `self.logins.pop(...)`: of a store that is known by its name alone."""
    definitions = context.view.definitions(fid)
    for call in context.view.linker.contents(fid).calls:
        callee = definitions.get(call.args[0])
        held = definitions.get(callee.args[0]) if callee is not None and callee.op == Op.ATTR else None
        if callee is not None and held is not None and _DROPS.match(words(callee.name)):
            called = words(held.name)
            # `session` alone is the unit of work of an object mapper, or the caller's own.
            if not called.endswith("session") and _SESSIONS.search(called) and not _RECOVERS.search(called):
                return True
    return False


def _draft(context: Context, rule: Rule, row: Row, one: Renewal, ending: list[Row], lasting: str) -> Draft:
    endpoint = endpoint_of(context, row)
    other = endpoint_of(context, ending[0]) if ending else None
    return told(
        rule,
        place(logins(context), one),
        f"{endpoint.name} sets a new password and ends no session: {lasting}.",
        why="People set a new password when they fear that somebody else is in their account, and whoever is stays there.",
        advice="End the account's other sessions in the same step: delete them in the store, or raise a number in the account "
        "that every session and token carries and that is compared at each request."
        + (f" {other.name} does so." if other is not None else ""),
        step="the new password is stored here",
        before=(Step(row.endpoint.span, "asked here", "note"),) if row.endpoint.span.path else (),
        certain=False,
        reason=f"{other.name} ends sessions, and this does not"
        if other is not None
        else "nothing that the handler runs touches what was given out before",
        subject=endpoint.name,
        endpoint=endpoint,
        verification=(
            Request(
                "Log in twice, reset the password with one, and go on with the other.",
                request(endpoint),
                "401.",
            ),
        ),
    )


__all__ = ["left_going"]
