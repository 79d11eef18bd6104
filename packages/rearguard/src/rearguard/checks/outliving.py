"""Sessions that go on after the password was reset, for whoever had the account until then."""

import re
from collections.abc import Iterator

from rearguard.analysis.access import Row
from rearguard.analysis.access.principals import is_open, is_shown
from rearguard.analysis.access.resources import normal
from rearguard.analysis.identity import is_password, is_password_hash, words
from rearguard.analysis.identity.renewals import Renewal, place, renewal
from rearguard.checks.base import Context, Draft
from rearguard.checks.endpoints import by_handler, endpoint_of, request
from rearguard.checks.lifetimes import issues_of
from rearguard.checks.logins import before, logins, mentions
from rearguard.checks.plain import told
from rearguard.findings import Request, Rule
from rearguard.program import Instr, Op, Step

_ENDS = re.compile(
    r"(?:^|_)(?:end|close|drop|kill|destroy|delete|remove|clear|revoke|flush|invalidate|forget|expire|purge|wipe|terminate|del|rotate|"
    r"cycle|bump|log_?out|sign_?out)_(?:\w+_)?(?:sess(?:ion)?|token|login|device|refresh|cookie|everywhere|everyone|others?|all)s?(?:_|$)|"
    r"(?:^|_)(?:sessions|refresh_?tokens|sess|log_?out\w*|sign_?out\w*|revok\w+|invalidat\w+|session_?auth_?hash|jti|unremember|denylist|"
    r"blacklist)(?:_|$)"
)
_ENDS_TOKENS = re.compile(
    r"(?:^|_)(?:end|drop|kill|destroy|delete|remove|clear|revoke|flush|invalidate|expire|purge|wipe|terminate|rotate)_(?:\w+_)?"
    r"(?:tokens?|logins?|devices?|everywhere|everyone|others?|all)(?:_|$)|(?:^|_)(?:revok\w+|invalidat\w+|log_?out_?(?:all|everywhere))(?:_|$)"
)
"""What ends tokens that are stored one by one."""
_MARKS = re.compile(
    r"(?:^|_)(?:generation|gen|epoch|stamp|token_?version|session_?version|auth_?version|credential_?version|tv|ver|version|valid_?(?:after|from|"
    r"since)|not_?before|tokens_?valid\w*|passw(?:or)?d_?(?:version|set|changed|updated)(?:_?(?:at|on))?|changed_?at|signed_?out_?at|"
    r"logged_?out_?at|session_?(?:key|salt|epoch|id|seed|nonce|secret)|token_?(?:epoch|salt|seed|key))$"
)
"""Fields of an account that what was given out before is compared with."""
SECRET = re.compile(r"token|key|hash|digest|secret|session|sid|jti|code|bearer")
"""Columns by whose value something is shown to be one's own."""
_SESSIONS = re.compile(r"sess|token|login|device|refresh|remember|auth")
_DROPS = re.compile(r"^(?:destroy|delete|remove|update|clear|purge|pop|del|discard)(?:_|$)")
_TABLES = re.compile(r"(?:sessions|tokens|logins|devices)(?:_table)?$")
_CHAIN = 8
"""Calls of one chain that are looked at."""
_RECOVERS = re.compile(r"reset|recover|forgot|verif|confirm|invit|otp|code")


def left_going(
    context: Context, rule: Rule, lasting: str, told_once: bool, stored: frozenset[str]
) -> Iterator[Draft]:
    """Resets of a password that leave open what was opened before it; `lasting` says what goes on, `told_once`
    that nothing is ever ended, which is one thing to mend. `stored`: the records that go on where all else ends."""
    if not lasting or _compares_password(context):
        return
    found: list[tuple[Row, Renewal]] = []
    ending: list[Row] = []
    for row in by_handler(context.matrix):
        one = renewal(logins(context), row)
        if one is None:
            continue
        if _ends_stored(context, row, stored) if stored else ends_sessions(context, row):
            ending.append(row)
        else:
            found.append((row, one))
    for row, one in found:
        shown = one.right in ("token", "record", "proof") or row.public
        resets = shown and one.right != "caller" and row.authentication.state != "required"
        if ending or (resets and not told_once):
            yield _draft(context, rule, row, one, ending, lasting)


def login_records(context: Context) -> Iterator[str]:
    """Records, by `normal` name, that a login stores and by which callers are known afterwards: tokens of one's own."""
    asked = {
        normal(fact.touch.resource)
        for row in context.matrix
        for fact in (row.surface.facts[: row.surface.handler_start] if row.surface is not None else ())
        if fact.touch is not None and any(is_shown(atom) for _, atoms in fact.touch.keys for atom in atoms)
    }
    found = logins(context)
    asked |= set(_renewing(context))
    for row in context.matrix if asked else ():
        for touch in row.surface.touches if row.surface is not None and found.of(row) else ():
            if touch.operation == "create" and normal(touch.resource) in asked - context.matrix.accounts:
                yield normal(touch.resource)


def _renewing(context: Context) -> Iterator[str]:
    """Records that are looked up by the secret that is shown where a fresh token is given out for it."""
    issuing = {issue.fid for issue in issues_of(context)}
    for row in context.matrix if issuing else ():
        if row.surface is None or issuing.isdisjoint(logins(context).reached(row)) or logins(context).of(row):
            continue
        for touch in row.surface.touches:
            shown = (
                SECRET.search(words(name)) is not None and (is_shown(atom) or is_open(atom))
                for name, atoms in touch.keys
                for atom in atoms
            )
            if (
                _SESSIONS.search(words(touch.resource))
                and not _RECOVERS.search(words(touch.resource))
                and any(shown)
            ):
                yield normal(touch.resource)


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


def ends_sessions(context: Context, row: Row) -> bool:
    """Whether the handler, or what it calls, ends sessions or changes what they are compared with."""
    reached = logins(context).reached(row)
    if mentions(context, reached, _ENDS):
        return True
    for touch in row.surface.touches if row.surface is not None else ():
        names = [*(name for name, _ in touch.written), *touch.fields]
        if touch.operation in ("update", "create", "delete") and any(_MARKS.search(words(n)) for n in names):
            return True
        if touch.operation in ("update", "delete") and _is_of_sessions(context, touch.resource):
            return True
    return mentions(context, reached, _MARKS) or any(_drops(context, fid) for fid in reached)


def _is_of_sessions(context: Context, resource: str) -> bool:
    """Whether records are what logins store, or are called so."""
    if normal(resource) in _stored(context):
        return True
    return _SESSIONS.search(words(resource)) is not None and _RECOVERS.search(words(resource)) is None


def _stored(context: Context) -> frozenset[str]:
    held = context.notes.get("login records")
    if not isinstance(held, frozenset):
        held = context.notes["login records"] = frozenset(login_records(context))
    return held


def _ends_stored(context: Context, row: Row, stored: frozenset[str]) -> bool:
    """Whether the handler removes or changes what a login has stored: a framework's own sessions are no part of it."""
    touches = row.surface.touches if row.surface is not None else ()
    changed = any(t.operation in ("update", "delete") and normal(t.resource) in stored for t in touches)
    reached = logins(context).reached(row)
    return changed or mentions(context, reached, _ENDS_TOKENS) or any(_drops(context, fid) for fid in reached)


def _drops(context: Context, fid: str) -> bool:
    """`RefreshToken.destroy(...)`, `self.logins.pop(...)`, `db("session").where(...).del()`: of a store that is
    known by its name alone."""
    definitions = context.view.definitions(fid)
    for call in context.view.linker.contents(fid).calls:
        callee = definitions.get(call.args[0])
        if callee is None or callee.op != Op.ATTR or not _DROPS.match(words(callee.name)):
            continue
        held = definitions.get(callee.args[0])
        # `session` alone is the unit of work of an object mapper, or the caller's own.
        called = words(held.name) if held is not None else ""
        if not called.endswith("session") and _is_of_logins(called):
            return True
        if any(map(_is_of_logins, _texts(context, fid, call))):
            return True
    return False


def _is_of_logins(name: str) -> bool:
    return _SESSIONS.search(name) is not None and _RECOVERS.search(name) is None


def _texts(context: Context, fid: str, call: Instr) -> Iterator[str]:
    """What a call is given, and what the calls were that it goes on from, as far as it is written out: tables,
    collections, keys of a store."""
    definitions = context.view.definitions(fid)
    for _ in range(_CHAIN):
        for value in call.args[1:]:
            made = definitions.get(value)
            first = made.args[0] if made is not None and made.op == Op.JOIN and made.args else value
            text = context.matrix.origins.constant(fid, first)
            # Statements are read where they are run.
            if text and " " not in text.strip():
                yield words(text)
            elif made is not None and made.op == Op.LOAD and _TABLES.search(words(made.name)):
                yield words(made.name)
        held = definitions.get(call.args[0])
        while held is not None and held.op in (Op.ATTR, Op.AWAIT):
            held = definitions.get(held.args[0])
        if held is None or held.op != Op.CALL:
            return
        call = held


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


__all__ = ["SECRET", "ends_sessions", "left_going", "login_records"]
