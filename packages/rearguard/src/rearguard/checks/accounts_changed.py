"""What is changed of accounts without proof, and what is changed of them and reaches nobody who is logged in."""

import re
from collections.abc import Iterator

from rearguard.analysis.access import Row
from rearguard.analysis.access.atoms import normal
from rearguard.analysis.access.principals import is_caller
from rearguard.analysis.access.resources import Touch
from rearguard.analysis.identity import kept_value, words
from rearguard.checks.base import Context
from rearguard.checks.declared_bodies import body_classes, declared_fields
from rearguard.checks.endpoints import by_handler
from rearguard.checks.logins import ASKED_AGAIN, before, logins, mentions
from rearguard.checks.outliving import ends_sessions
from rearguard.checks.unasked import of_records
from rearguard.program import Op, Span

__all__ = ["addresses_changed", "invitations_again", "roles_kept"]

_ADDRESS = re.compile(r"^e_?mail(?:_address)?$")
_PROVES = re.compile(
    r"(?:old|current|existing|verify|check|compare)_?(?:user_?)?(?:passw(?:or)?d|pwd)|re_?auth|token|otp|confirm|verif|pending|"
    r"unverified|send_?\w*mail|mail_?send|new_email|change_request"
)
_ID = re.compile(r"^(?:_?id|pk|uuid|sub|(?:user|account|member|person|owner)_?id|user|e_?mail|username)$")
_INVITES = re.compile(r"invit")
_SECRET = re.compile(r"token|key|code|hash|digest|secret|nonce")
_MARKS = re.compile(
    r"(?:^|_)(?:accepted|used|redeemed|claimed|consumed|joined|revoked|status|state|expires?|uses|remaining|active|pending)(?:_|$)"
)
_ENDED = re.compile(r"(?:^|_)(?:accepted|used|redeemed|claimed|consumed|revoked|uses|remaining)(?:_|$)")
MAX_TEXT = 200
"""Length of a statement whose words are looked at."""
_USED_UP = re.compile(
    r"delet|destroy|remov|consum|redeem|revok|unlink|(?:^|_)(?:pop|del|mark_\w+|accept(?:ed)?_by|use_up)(?:_|$)"
)
_WORD = re.compile(r"[a-z_]\w*")
_SESSION = re.compile(r"(?:^|_)(?:sess(?:ions?)?|sids?|logins?)(?:_|$)")
_ROLE = re.compile(
    r"^(?:user_?)?roles?$|^is_?(?:admin|staff|superuser|moderator|owner)$|^permissions?$|^(?:user_?)?(?:kind|level|rank)$"
)


def addresses_changed(context: Context) -> Iterator[tuple[Row, Span]]:
    """Where callers change the address that new passwords are mailed to, and are not asked for the present one."""
    if not _mails_passwords(context):
        return
    found = logins(context)
    for row in by_handler(context.matrix):
        if (
            row.surface is None
            or row.authentication.state != "required"
            or row.authorization.state == "required"
        ):
            continue
        if row.endpoint.method in ("GET", "HEAD", "WEBSOCKET") or found.of(row):
            continue
        sent = {words(use.name.rpartition(".")[2]) for use in row.used}
        declared = (held for cid in body_classes(context, row) for held in declared_fields(context, cid))
        sent |= {words(field.name) for *_, field in declared}
        for touch in row.surface.touches:
            if touch.operation == "update" and _is_own_account(context, touch) and _sets_address(touch, sent):
                reached = found.reached(row)
                asked = mentions(context, reached, _PROVES) or mentions(context, before(row), ASKED_AGAIN)
                if not asked:
                    yield row, touch.span
                break


def _mails_passwords(context: Context) -> bool:
    return any(
        row.purpose in ("password reset", "sends a code or link to the owner of an account")
        or "PasswordReset" in row.endpoint.handler.label
        for row in context.matrix
    )


def _is_own_account(context: Context, touch: Touch) -> bool:
    if normal(touch.resource) not in context.matrix.accounts:
        return False
    keyed = any(is_caller(atom) for name, atoms in touch.keys if _ID.search(words(name)) for atom in atoms)
    return keyed or any(is_caller(atom) for atom in touch.subject)


def _sets_address(touch: Touch, sent: set[str]) -> bool:
    for name, atoms in touch.written:
        if name in ("*", "") and any(map(_ADDRESS.match, sent)) and atoms:
            return True
        if _ADDRESS.match(words(name)) and any(atom.kind == "input" for atom in atoms):
            return True
    return False


def invitations_again(context: Context) -> Iterator[tuple[Row, Span, str]]:
    """Invitations of one person that let in whoever shows them again: where they are looked up, and by what."""
    for row in by_handler(context.matrix):
        if row.surface is None or row.endpoint.method in ("GET", "HEAD"):
            continue
        for fact in row.surface.facts[row.surface.handler_start :]:
            touch = fact.touch
            if (
                touch is None
                or touch.operation not in ("read", "list")
                or not _INVITES.search(words(touch.resource))
            ):
                continue
            shown = [
                n
                for n, atoms in touch.keys
                if _SECRET.search(words(n)) and any(a.kind == "input" for a in atoms)
            ]
            columns = {words(name) for name in context.matrix.fields.of(touch.resource)}
            for_one = any(map(_ADDRESS.match, columns)) or any(map(_MARKS.search, columns))
            if shown and for_one and _gives(row, touch) and not _is_used_up(context, row, touch):
                yield row, touch.span if touch.span.path else fact.span, shown[0]
                break


def _gives(row: Row, invitation: Touch) -> bool:
    """Whether something else is stored of what the invitation says."""
    for touch in row.surface.touches if row.surface is not None else ():
        if touch.operation not in ("create", "update"):
            continue
        held = (a for _, atoms in (*touch.written, *touch.keys) for a in atoms)
        if any(a.kind == "stored" and normal(a.name) == normal(invitation.resource) for a in held):
            return True
    return False


def _is_used_up(context: Context, row: Row, invitation: Touch) -> bool:
    wanted = normal(invitation.resource)
    for touch in row.surface.touches if row.surface is not None else ():
        if normal(touch.resource) == wanted and touch.operation == "delete":
            return True
    reached = logins(context).reached(row)
    asked = _asked(context, row, reached, wanted)
    for fid in reached:
        for instr in context.view.linker.code(fid):
            named = (
                instr.name if instr.op in (Op.SETATTR, Op.ATTR) else "",
                instr.value if instr.op in (Op.SETITEM, Op.CONST) and isinstance(instr.value, str) else "",
                *(key or "" for key in instr.keys),
            )
            if instr.op == Op.SETATTR and words(instr.name) not in asked:
                # What is written down and never asked ends nothing.
                continue
            # What a member is asked for may be the answer's.
            marks = _MARKS if instr.op != Op.ATTR else _ENDED
            if any(marks.search(words(name)) for name in named if name and len(name) < MAX_TEXT):
                return True
            if instr.op == Op.ATTR and _USED_UP.search(words(instr.name)):
                return True
    return False


def _asked(context: Context, row: Row, reached: tuple[str, ...], wanted: str) -> set[str]:
    """Columns of an invitation that something asks for: its look-up, what runs for the endpoint, its own methods."""
    found: set[str] = set()
    for touch in row.surface.touches if row.surface is not None else ():
        if normal(touch.resource) == wanted and touch.operation != "create":
            found.update(words(name) for name in (*(key for key, _ in touch.keys), *touch.flags))
    for fid in (*reached, *of_records(context, reached)):
        for instr in context.view.linker.code(fid):
            if instr.op == Op.ATTR:
                found.add(words(instr.name))
            elif instr.op == Op.CONST and isinstance(instr.value, str) and " " in instr.value:
                found.update(_WORD.findall(instr.value.lower()))
    return found


def roles_kept(context: Context) -> Iterator[tuple[Row, str]]:
    """Endpoints that change somebody's role or switch somebody off, where guards go by what a session took down when
    it began."""
    asked = set(_asked_of_sessions(context))
    if not asked or _reads_accounts(context):
        return
    told: set[str] = set()
    for row in by_handler(context.matrix):
        if row.surface is None or row.endpoint.method in ("GET", "HEAD"):
            continue
        for touch in row.surface.touches:
            if touch.operation != "update" or normal(touch.resource) not in context.matrix.accounts:
                continue
            names = {words(name) for name, _ in touch.written} | {words(name) for name in touch.fields}
            if "*" in {name for name, _ in touch.written}:
                names |= {words(use.name.rpartition(".")[2]) for use in row.used}
                # What a validator lets through stands where the endpoint is registered.
                text = context.text(row.endpoint.span) if row.endpoint.span.path else ""
                names |= {name for name in asked if re.search(rf"\b{name}\b\s*:", text)}
            changed = sorted(names & asked)
            if not changed or _is_own_account(context, touch) or ends_sessions(context, row):
                continue
            if changed[0] not in told:
                # The place to mend is where they are asked, and one.
                told.add(changed[0])
                yield row, changed[0]
            break


def _asked_of_sessions(context: Context) -> Iterator[str]:
    """What guards refuse by, of what is kept with a session: of the framework's, or of an entry of a store."""
    guards: dict[str, None] = {}
    for row in context.matrix:
        guards.update(dict.fromkeys(before(row)))
        for fact in row.surface.facts if row.surface is not None else ():
            for condition in fact.conditions if fact.kind == "denial" else ():
                for atom in condition.atoms:
                    # What a library gives of who calls is read anew with each request.
                    kept = atom.kind in ("credential", "principal") and atom.name == "session"
                    if kept and atom.path and _ROLE.match(words(atom.path[-1])):
                        yield words(atom.path[-1])
    for fid in logins(context).called(guards):
        for instr in context.view.linker.code(fid):
            if instr.op == Op.ATTR and _ROLE.match(words(instr.name)):
                entry = kept_value(context.matrix.origins, fid, instr.dst)
                if entry is not None and _SESSION.search(entry.named):
                    yield words(instr.name)


def _reads_accounts(context: Context) -> bool:
    """Whether what stands before endpoints looks accounts up."""
    return any(
        fact.touch is not None and normal(fact.touch.resource) in context.matrix.accounts
        for row in context.matrix
        for fact in (row.surface.facts[: row.surface.handler_start] if row.surface is not None else ())
    )
