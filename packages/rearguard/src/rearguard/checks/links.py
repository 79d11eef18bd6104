"""Links and codes that work again after they were used: whoever finds one in a mailbox gets in."""

import re
from collections.abc import Iterable, Iterator, Mapping

from rearguard.analysis.access import Row
from rearguard.analysis.access.principals import is_open
from rearguard.analysis.access.resources import Touch, access_at
from rearguard.analysis.identity import is_password_hash, words
from rearguard.analysis.identity.bound_tokens import makers_of, unbound_makers
from rearguard.analysis.identity.renewals import Renewal, is_kept_password, place, renewal
from rearguard.analysis.settings import Use, option_of
from rearguard.checks.base import Context
from rearguard.checks.kept_entries import entry_of, is_left, name_of
from rearguard.checks.logins import logins
from rearguard.models.concepts import ServiceToken, SessionRenewal, TokenIssue, TokenVerify
from rearguard.models.settings_concepts import CookieWrite
from rearguard.program import Op, Span

_RECOVERS = re.compile(r"reset|recover|forgot|confirm|verif|activat|magic")
_USED_UP = re.compile(
    r"used|consum|redeem|delet|destroy|remov|invalidat|revok|unlink|getdel|(?:^|_)(?:pop|clear|unset|del)(?:_|$)"
)
_BOUND = re.compile(
    r"(?:^|_)(?:jti|nonce|stamp|generation|epoch|(?:token|session|password)_?version|last_?login|make_?token|check_?token|denylist|blacklist|"
    r"fingerprint|password_?changed\w*|changed_?at|updated_?at|old_?hash)(?:_|$)|used|consum|redeem|revok"
)
"""What ties a signed token to the password that it replaces, or to one use."""
_ENTRY = re.compile(
    r"^(?:\w+_)?(?:login|log_in|sign_?in|magic|entry|enter|one_time)_?(?:link|token|key|code|hash|digest)(?:_(?:hash|digest))?$|"
    r"^(?:\w+_)?(?:magic|access)?_?link(?:_(?:token|key|code|hash|digest))*$"
)
"""Fields that hold what a mailed link shows."""
_OPENS = re.compile(
    r"^(?:start|create|open|begin|new|issue|make|set|establish|save|grant)_?(?:user_?|login_?|auth_?)?(?:session|tokens?|cookie|login)$|"
    r"^(?:sign|log)(?:ed)?_?in(?:_user|_as)?$|^remember(?:_user)?$"
)
STANDING = re.compile(r"^(?:\w+_)?(?:pin|pin_code|code|pass_?code)$")
_TIME = re.compile(r"until|expir|valid|(?:_|^)(?:sent|issued|made)_(?:at|on)$")
_SEED = re.compile(r"secret|seed|totp")
"""What codes are computed with, again and again."""
_WHO = re.compile(r"user|uid|account|member|customer|person|passport|auth|login|\w*id$")
_STORES = (Op.SETATTR, Op.SETITEM)


def used_up(context: Context, row: Row, resource: str, field: str) -> bool:
    """Whether the handler, as far as is known, makes what was looked up useless."""
    reached = logins(context).reached(row)
    for touch in row.surface.touches if row.surface is not None else ():
        if touch.operation == "delete" and touch.resource in ("", resource):
            return True
        if touch.operation in ("update", "create") and _may_end(touch, resource, field):
            return True
    stored = any(
        i.op in _STORES and field in (i.name, i.value)
        for fid in reached
        for i in context.view.linker.code(fid)
    )
    return stored or _throws_away(context, reached, resource)


def _may_end(touch: Touch, resource: str, field: str) -> bool:
    """Whether a change may be what uses a secret up: of its field, of its record by another, or of one not known."""
    names = {name for name, _ in touch.written} | set(touch.fields)
    if touch.resource != resource:
        return not touch.resource
    return field in names or (bool(names) and not any(map(is_kept_password, names)))


def _throws_away(context: Context, fids: Iterable[str], resource: str) -> bool:
    """Whether something is called or named that says so, and is not what is done to another kind of object."""
    for fid in fids:
        elsewhere: set[int] = set()
        for call in context.view.linker.contents(fid).calls:
            touch = access_at(context.matrix.origins, fid, call)
            named = touch.resource if touch is not None else _class_of(context, fid, call.args[0])
            if named not in ("", resource):
                elsewhere.add(call.args[0])
        for instr in context.view.linker.code(fid):
            if (
                instr.name
                and instr.op != Op.JOIN
                # What counts calls it so.
                and not (instr.op in (Op.LOAD, Op.STORE) and instr.name == "used")
                and instr.dst not in elsewhere
                and _USED_UP.search(words(instr.name))
            ):
                return True
    return False


def _class_of(context: Context, fid: str, callee: int) -> str:
    """The class that a chain of calls begins at: `Token.objects.filter(...).delete`; "" for anything else."""
    definitions = context.view.definitions(fid)
    held = definitions.get(callee)
    for _ in range(8):
        if held is None or held.op not in (Op.ATTR, Op.CALL, Op.AWAIT):
            break
        held = definitions.get(held.args[0])
    # The caller's own session is no record either.
    named = held is not None and held.op == Op.LOAD and (held.name[:1].isupper() or held.name == "session")
    return held.name if held is not None and named else ""


def endless_links(context: Context) -> Mapping[str, tuple[Use[TokenVerify], Span]]:
    """Functions that read the token of a link as if it never ended, with the call and the place to mend."""
    found: dict[str, tuple[Use[TokenVerify], Span]] = {}
    recovering: set[str] | None = None
    for use in context.uses.of(TokenVerify):
        lifetime = use.concept.lifetime
        if not use.concept.untimed and not (lifetime and option_of(use, lifetime).is_absent):
            continue
        if recovering is None:
            recovering = set(_recovering(context))
        if use.fid in recovering or _RECOVERS.search(words(context.view.function(use.fid).name)):
            found.setdefault(use.fid, (use, _signer(context, use) if use.concept.untimed else use.span))
    return found


def _recovering(context: Context) -> Iterator[str]:
    """Functions that run where a password is set by what was sent."""
    for row in context.matrix:
        one = renewal(logins(context), row)
        if one is not None and one.right in ("token", "proof"):
            yield from logins(context).reached(row)


def _signer(context: Context, use: Use[TokenVerify]) -> Span:
    """Where what reads the token is made: there it is made to know the time."""
    origins = context.matrix.origins
    callee = context.view.definitions(use.fid).get(use.instr.args[0])
    held = origins.resolved(use.fid, callee.args[0]) if callee is not None and callee.op == Op.ATTR else None
    for _ in range(3):
        if held is None or held[1].op != Op.CALL:
            return use.span
        targets = origins.targets(*held)
        if not targets:
            return origins.span(*held)
        given = next(iter(origins.returned(targets[0])), None)
        held = origins.resolved(targets[0], given) if given is not None else None
    return use.span


def signed_again(context: Context, row: Row, one: Renewal) -> Span | None:
    """Where a handler sets a password by a signed token that nothing ties to the old one; `None` where it is tied."""
    if one.right != "token":
        return None
    reached = logins(context).reached(row)
    for fid in reached:
        for instr in context.view.linker.code(fid):
            named = instr.name or (
                instr.value if isinstance(instr.value, str) and len(instr.value) < 40 else ""
            )
            if named and instr.op != Op.JOIN and _BOUND.search(words(str(named))):
                return None
            if instr.op in (Op.ATTR, Op.ITEM) and is_password_hash(str(named)):
                return None
    for touch in row.surface.touches if row.surface is not None else ():
        names = {*(name for name, _ in touch.written), *touch.fields, *(name for name, _ in touch.keys)}
        if touch.operation == "read" and any(map(is_kept_password, names)):
            return None
        if any(_BOUND.search(words(name)) for name in names) or touch.operation == "delete":
            return None
    return place(logins(context), one)


def made_again(context: Context, row: Row) -> Span | None:
    """Where a token is made that a handler sets a password by, if nothing that a new password changes goes into it."""
    makers = dict(unbound_makers(context.view.linker))
    if not makers or renewal(logins(context), row) is None:
        return None
    for fid in logins(context).reached(row):
        definitions = context.view.definitions(fid)
        for call in context.view.linker.contents(fid).calls:
            callee = definitions.get(call.args[0])
            if callee is None or callee.op != Op.ATTR:
                continue
            for made in makers_of(context.view.linker, fid, callee.args[0]):
                if made in makers:
                    tying = context.view.function(makers[made])
                    return context.view.span(makers[made], tying.name_start, tying.name_end)
    return None


def entries_again(context: Context, row: Row) -> tuple[Touch, str] | None:
    """Where a handler that logs somebody in looks up what a link shows, and the field, if it stays good."""
    if (
        row.surface is None
        or row.authentication.state == "required"
        or renewal(logins(context), row) is not None
    ):
        return None
    for fact in row.surface.facts[row.surface.handler_start :]:
        touch = fact.touch
        if touch is None or touch.operation != "read":
            continue
        for field, atoms in touch.keys:
            if not _ENTRY.match(words(field)) or not any(is_open(atom) for atom in atoms):
                continue
            if opens_session(context, row) and not used_up(context, row, touch.resource, field):
                return touch, field
    return None


def opens_session(context: Context, row: Row, fids: tuple[str, ...] = ()) -> bool:
    """Whether a handler, or what else runs for its endpoint, lets somebody in."""
    reached = fids or logins(context).reached(row)
    surface = row.surface
    facts = surface.facts[surface.handler_start :] if surface is not None else ()
    if any(fact.kind == "session" and _WHO.match(words(fact.what)) for fact in facts):
        return True
    made = {use.fid for use in context.uses.of(SessionRenewal)}
    made |= {use.fid for use in context.uses.of(TokenIssue)}
    made |= {use.fid for use in context.uses.of(ServiceToken)}
    made |= {use.fid for use in context.uses.of(CookieWrite)}
    return not made.isdisjoint(reached) or any(
        _calls_opening(context, fid) for fid in row.endpoint.handler.functions
    )


def _calls_opening(context: Context, fid: str) -> bool:
    definitions = context.view.definitions(fid)
    for call in context.view.linker.contents(fid).calls:
        callee = definitions.get(call.args[0])
        if callee is None:
            continue
        held = definitions.get(callee.args[0]) if callee.op == Op.ATTR else None
        if _OPENS.match(words(callee.name)):
            return True
        if callee.name == "set" and held is not None and held.name == "session" and len(call.args) > 2:
            return _WHO.match(words(context.matrix.origins.constant(fid, call.args[1]) or "")) is not None
    return False


def codes_again(context: Context, row: Row) -> Iterator[tuple[str, Span]]:
    """Codes that a handler compares with what it looked up, logs in by, and leaves where they were."""
    found = logins(context)
    checks = found.of(row)
    if row.surface is None or not checks or any(check.how != "code" for check in checks):
        return
    for check in checks:
        if access_at(context.matrix.origins, check.fid, check.instr) is not None:
            # What is looked up by a code is told where codes of links are.
            continue
        entry = entry_of(context, check)
        if entry is not None:
            if opens_session(context, row) and is_left(context, row, entry):
                yield name_of(context, entry), check.span(context.matrix.origins)
                return
            continue
        held = {
            (atom.name, atom.path[-1])
            for value in check.instr.args
            for atom in context.matrix.origins.of(check.fid, value)
            if atom.kind == "stored" and atom.path and not _SEED.search(words(atom.path[-1]))
        }
        if not held or not opens_session(context, row):
            continue
        if any(STANDING.match(words(field)) for _, field in held) and not asks_time(row):
            # A PIN or code that a member keeps.
            continue
        if not any(used_up(context, row, resource, field) for resource, field in held):
            yield sorted(held)[0][1], check.span(context.matrix.origins)
            return


def asks_time(row: Row) -> bool:
    """Whether what is looked up must not have ended: it is meant for a while."""
    touches = row.surface.touches if row.surface is not None else ()
    return any(
        _TIME.search(words(name)) for t in touches for name in (*(k for k, _ in t.keys), *t.flags, *t.fields)
    )


__all__ = [
    "STANDING",
    "asks_time",
    "codes_again",
    "endless_links",
    "entries_again",
    "made_again",
    "opens_session",
    "signed_again",
    "used_up",
]
