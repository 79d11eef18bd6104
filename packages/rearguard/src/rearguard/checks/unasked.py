"""Records of keys, sessions and accounts that have ended, and still let in: where callers are looked up, nobody asks."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from rearguard.analysis.access import Row
from rearguard.analysis.access.accounts import switched
from rearguard.analysis.access.atoms import Atom, normal
from rearguard.analysis.access.principals import is_caller, is_shown
from rearguard.analysis.access.resources import Touch
from rearguard.analysis.identity import words
from rearguard.checks.base import Context, Draft
from rearguard.checks.endpoints import by_handler, endpoint_of, request
from rearguard.checks.logins import before, logins
from rearguard.checks.outliving import SECRET, ends_sessions
from rearguard.checks.plain import told
from rearguard.findings import Request, Rule
from rearguard.models.concepts import CallerLoader
from rearguard.program import Op

__all__ = ["STANDING", "Said", "is_asked_of_callers", "names_column", "of_records", "unasked"]

_ENDED = re.compile(
    r"(?:is_)?(?:revoked|expired|disabled|invalidated|deactivated|blacklisted|cancelled)|(?:revoked|disabled|invalidated|deactivated|"
    r"cancelled|ended|terminated|logged_out|expires?|expiry|expiration|expired|valid_until|valid_to)(?:_(?:at|on|date|time|ts))?|"
    r"(?:is_)?(?:active|enabled|valid)"
)
"""Columns that say of a key or session whether it still holds."""
STANDING = re.compile(
    r"(?:is_)?(?:active|disabled|enabled|blocked|banned|suspended|deactivated|locked_out)|(?:blocked|banned|suspended|deactivated|disabled)_at"
)
"""Columns that say of an account whether its owner may still come in."""
_CREDENTIALS = re.compile(r"token|key|session|login|credential|device|refresh")
"""What records are called that are shown instead of a password."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """One look-up of who calls, before handlers or in them."""

    touch: Touch
    row: Row
    fids: tuple[str, ...]
    """What runs with it: the guards of every endpoint that has it, and all that they call."""
    also: frozenset[str]
    """Columns that are asked with it, in the same or another question about the record."""


def unasked(context: Context, rule: Rule) -> Iterator[Draft]:
    """Look-ups of who calls that leave out a column which says whether that still holds."""
    said = Said(context)
    for asked in _lookups(context).values():
        for resource, column in (*_own(context, asked), *_of_account(context, asked, said.switched)):
            used = said.switched.get(normal(resource)) == column or said.elsewhere(column, asked.fids)
            if not used or said.ends(resource, column):
                continue
            yield _draft(context, rule, asked, resource, column)
            break
    for asked, members in _loaded(context):
        for resource, column in _of_account(context, asked, said.switched):
            if column in members or _is_asked_of_records(context, resource, column, members):
                continue
            used = said.switched.get(normal(resource)) == column or said.elsewhere(column, asked.fids)
            if used and not said.ends(resource, column) and not is_asked_of_callers(context, column):
                yield _draft(context, rule, asked, resource, column)
                break


def _loaded(context: Context) -> Iterator[tuple[_Asked, tuple[str, ...]]]:
    """Functions that a library asks who calls, with the members of the account that it asks by itself."""
    guarded = next(
        (row for row in by_handler(context.matrix) if row.authentication.state == "required"), None
    )
    for use in context.uses.of(CallerLoader):
        for fid in (fid for value in use.selected for fid in value.functions):
            fids = logins(context).called((fid,))
            for fact in context.matrix.events.of(fid):
                touch = fact.touch
                reads = touch is not None and touch.operation == "read"
                if (
                    touch is not None
                    and reads
                    and normal(touch.resource) in context.matrix.accounts
                    and guarded
                ):
                    named = frozenset((*(key for key, _ in touch.keys), *touch.flags, *touch.fields))
                    yield _Asked(touch, guarded, fids, named), use.concept.asks
                    break


def _is_asked_of_records(context: Context, resource: str, column: str, members: tuple[str, ...]) -> bool:
    """Whether a member of the account's class that the library asks is made of the column."""
    return any(
        names_column(context, fid, column)
        for fid, function in context.view.linker.functions.items()
        if function.owner
        and normal(function.owner.rpartition(".")[2]) == normal(resource)
        and function.name.rpartition(".")[2] in members
    )


def is_asked_of_callers(context: Context, column: str) -> bool:
    """Whether something that stands before endpoints asks it: then it ends at the next request."""
    guards = tuple(dict.fromkeys(fid for row in context.matrix for fid in before(row)))
    # What a wrapper runs is the handler.
    handlers = {fid for row in context.matrix for fid in row.endpoint.handler.functions}
    return any(names_column(context, fid, column) for fid in logins(context).called(guards, handlers))


def _lookups(context: Context) -> Mapping[tuple[str, int], _Asked]:
    found: dict[tuple[str, int], _Asked] = {}
    for row in by_handler(context.matrix):
        surface = row.surface
        facts = surface.facts[: surface.handler_start] if surface is not None else ()
        touches = [fact.touch for fact in facts if fact.touch is not None and fact.touch.operation == "read"]
        fids: tuple[str, ...] = ()
        for touch in touches:
            if not touch.resource or not any(_shows(name, a) for name, atoms in touch.keys for a in atoms):
                continue
            fids = fids or logins(context).called(before(row))
            columns = frozenset(
                name
                for other in touches
                if normal(other.resource) == normal(touch.resource)
                for name in (*(key for key, _ in other.keys), *other.flags, *other.fields)
            )
            key = touch.fid, touch.value
            held = found.get(key)
            if held is None:
                found[key] = _Asked(touch, row, fids, columns)
            else:
                together = tuple(dict.fromkeys((*held.fids, *fids)))
                found[key] = _Asked(held.touch, held.row, together, held.also | columns)
    return found


def _shows(column: str, atom: Atom) -> bool:
    """Whether a record is looked up by what the caller shows, or by whom that has shown to call."""
    if is_shown(atom):
        return atom.kind == "credential" or SECRET.search(words(column)) is not None
    return is_caller(atom) and atom.kind in ("credential", "verified")


def _own(context: Context, asked: _Asked) -> Iterator[tuple[str, str]]:
    """Of the record of a key or session itself: that it was revoked, or has expired."""
    resource = asked.touch.resource
    by_secret = any(SECRET.search(words(name)) for name, _ in asked.touch.keys)
    if not by_secret or normal(resource) in context.matrix.accounts:
        return
    if not _CREDENTIALS.search(words(resource)):
        return
    for column in sorted(context.matrix.fields.of(resource)):
        if _ENDED.fullmatch(words(column)) and not _is_asked(context, asked, column):
            yield resource, column


def _of_account(context: Context, asked: _Asked, switched: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Of the account that the caller is then known as: that it was switched off."""
    resource = asked.touch.resource
    owners = {resource} if normal(resource) in context.matrix.accounts else set(_led_to(context, asked))
    for owner in sorted(owners):
        of_library = switched.get(normal(owner))
        known = context.matrix.fields.of(owner) | ({of_library} if of_library else set())
        for column in sorted(known):
            if STANDING.fullmatch(words(column)) and not _is_asked(context, asked, column):
                yield owner, column


def _led_to(context: Context, asked: _Asked) -> Iterator[str]:
    """Accounts that the guard takes from what it looked up: `row.user`."""
    touch, origins = asked.touch, context.matrix.origins
    wanted = normal(touch.resource)
    for fid in asked.fids:
        for instr in context.view.linker.code(fid):
            if instr.op != Op.ATTR or not instr.args:
                continue
            held = origins.of(fid, instr.args[0])
            if any(a.kind == "stored" and normal(a.name) == wanted and not a.path for a in held):
                leads = {instr.name, *context.matrix.fields.relation(instr.name)}
                yield from (name for name in leads if normal(name) in context.matrix.accounts)


def _is_asked(context: Context, asked: _Asked, column: str) -> bool:
    if any(words(column) == words(name) for name in asked.also):
        return True
    return any(names_column(context, fid, column) for fid in (*asked.fids, *of_records(context, asked.fids)))


def of_records(context: Context, fids: Iterable[str]) -> Iterator[str]:
    """Methods of stored records that functions call: `key.is_valid()`."""
    for fid in fids:
        for call in context.view.linker.contents(fid).calls:
            yield from context.matrix.origins.runs(fid, call)


def names_column(context: Context, fid: str, column: str) -> bool:
    """Whether a function names a column: a member, a key of a filter, a word of a statement."""
    spelled = words(column)
    for instr in context.view.linker.code(fid):
        if instr.name and spelled in words(instr.name):
            return True
        if any(key and spelled in words(key) for key in instr.keys):
            return True
        if isinstance(instr.value, str) and spelled in words(instr.value):
            return True
    return False


class Said:
    """What the rest of a program says of columns."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.switched = switched(context.view.linker, context.view.texts)
        self._naming: dict[str, frozenset[str]] = {}

    def elsewhere(self, column: str, without: tuple[str, ...]) -> bool:
        """Whether something else asks for a column, or sets it: one that nobody uses decides nothing."""
        return bool(self._functions(column) - set(without))

    def ends(self, resource: str, column: str) -> bool:
        """Whether where an account is switched off, what it was given is removed."""
        wanted = normal(resource)
        if wanted not in self.context.matrix.accounts:
            return False
        for row in by_handler(self.context.matrix):
            touches = row.surface.touches if row.surface is not None else ()
            sets = any(
                touch.operation == "update"
                and normal(touch.resource) == wanted
                and column in (*(name for name, _ in touch.written), *touch.fields)
                for touch in touches
            )
            if sets and ends_sessions(self.context, row):
                return True
        return False

    def _functions(self, column: str) -> frozenset[str]:
        held = self._naming.get(column)
        if held is None:
            held = self._naming[column] = frozenset(
                fid
                for fid, function in self.context.view.linker.functions.items()
                if function.kind not in ("class", "module") and self._uses(fid, column)
            )
        return held

    def _uses(self, fid: str, column: str) -> bool:
        spelled = words(column)
        for instr in self.context.view.linker.code(fid):
            if instr.op in (Op.ATTR, Op.SETATTR) and words(instr.name) == spelled:
                return True
            if any(key and words(key.partition("__")[0]) == spelled for key in instr.keys):
                return True
            text = instr.value
            if isinstance(text, str) and " " in text and re.search(rf"\b{re.escape(column)}\b", text):
                return True
        return False


def _draft(context: Context, rule: Rule, asked: _Asked, resource: str, column: str) -> Draft:
    of_account = normal(resource) in context.matrix.accounts
    endpoint = endpoint_of(context, asked.row)
    return told(
        rule,
        asked.touch.span,
        f"Who calls is looked up here, and `{column}` of `{resource}` is not asked: "
        + ("whoever is switched off stays in." if of_account else "what has ended still lets in."),
        why="Accounts are switched off when somebody leaves or was broken into, and that must hold for what they carry already."
        if of_account
        else "Keys are revoked and sessions ended when somebody else may have them; whoever has goes on as before.",
        advice=f"Ask for `{column}` in the same question, or refuse with 401 by it before anything else happens.",
        step="looked up here",
        certain=False,
        reason=f"`{column}` decides elsewhere, and nothing that runs before this endpoint's handler asks for it",
        subject=f"{resource}.{column}",
        endpoint=endpoint,
        verification=(
            Request(
                f"Set `{column}` so that it has ended, and send a request with what was given out before.",
                request(endpoint),
                "401.",
            ),
        ),
    )
