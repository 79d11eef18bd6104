"""Accounts that were switched off and still log in, and logins that are renewed for ever."""

import re
from collections.abc import Collection, Iterator, Mapping

from rearguard.analysis.access import Row
from rearguard.analysis.access.atoms import Atom, normal
from rearguard.analysis.access.principals import is_open, is_shown
from rearguard.analysis.access.resources import Touch
from rearguard.analysis.identity import words
from rearguard.checks.base import Context, Draft
from rearguard.checks.endpoints import by_handler, endpoint_of, location, request
from rearguard.checks.lifetimes import issues_of
from rearguard.checks.links import opens_session
from rearguard.checks.logins import asks_who_calls, before, logins
from rearguard.checks.outliving import SECRET
from rearguard.checks.plain import told
from rearguard.checks.unasked import STANDING, Said, is_asked_of_callers, names_column, of_records
from rearguard.findings import Endpoint, Request, Rule
from rearguard.program import Span

__all__ = ["let_in", "renewed_for_ever"]

_ASKS = re.compile(r"^user_can_authenticate$|^confirm_login_allowed$|^is_active$|^authenticate_user$")
_END = re.compile(r"(?:^|_)(?:until|expir\w*|ends?(?:_at|_on)?|valid_(?:to|until))(?:_at|_on)?$")
_BY_ID = frozenset(("id", "_id", "pk", "uuid"))


def let_in(context: Context, rule: Rule, known: Collection[str]) -> Iterator[Draft]:
    """Logins that look an account up and do not ask whether it was switched off, where no request asks it either;
    `known`: the columns, as `record.column`, of which that is told where callers are looked up."""
    said = Said(context)
    asked_always: dict[str, bool] = {}
    for fids, touch, endpoint, judged_later in _lookups(context):
        for column in _columns(context, touch.resource, said.switched):
            subject = f"{touch.resource}.{column}"
            everywhere = asked_always.get(column)
            if everywhere is None:
                everywhere = asked_always[column] = is_asked_of_callers(context, column)
            if subject in known or everywhere or _is_named(context, fids, column):
                continue
            by_library = said.switched.get(normal(touch.resource)) == column
            if by_library and judged_later:
                continue
            if by_library or said.elsewhere(column, fids):
                yield _draft(context, rule, touch, column, endpoint)
                break


def _lookups(context: Context) -> Iterator[tuple[tuple[str, ...], Touch, Endpoint | None, bool]]:
    """Where logins look accounts up: what runs there, for which endpoint, and whether the framework itself refuses
    who is switched off at the next request (Django's `ModelBackend.get_user`)."""
    found = logins(context)
    seen: set[tuple[str, int]] = set()
    for row in by_handler(context.matrix):
        fids = (*found.reached(row), *found.called(before(row)))
        checks = (check for fid in fids for check in found.checks.get(fid, ()))
        judges = any(check.how in ("verify", "compare") for check in checks)
        if row.surface is None or asks_who_calls(row) or not judges or not opens_session(context, row, fids):
            continue
        for fact in row.surface.facts:
            if fact.touch is not None and _is_account(context, fact.touch):
                place = (fact.touch.fid, fact.touch.value)
                if place not in seen:
                    seen.add(place)
                    yield fids, fact.touch, endpoint_of(context, row), row.endpoint.framework == "django"
                break
    for fid in found.checks:
        cid, _, name = fid.rpartition(".")
        getter = context.view.linker.method(cid, "get_user") if name == "authenticate" else None
        if getter is None or getter.rpartition(".")[0] != cid:
            # The framework's own refuses whoever is switched off at the next request.
            continue
        for fact in context.matrix.events.of(fid):
            if fact.touch is not None and _is_account(context, fact.touch):
                yield found.called((fid, getter)), fact.touch, context.first_endpoint(fid), False
                break


def _is_account(context: Context, touch: Touch) -> bool:
    """Whether an account is looked up by its name, and not by its number."""
    return (
        touch.operation in ("read", "list")
        and normal(touch.resource) in context.matrix.accounts
        and any(name not in _BY_ID for name, atoms in touch.keys if atoms)
    )


def _columns(context: Context, resource: str, of_library: Mapping[str, str]) -> Iterator[str]:
    by_library = of_library.get(normal(resource))
    for column in sorted(context.matrix.fields.of(resource) | ({by_library} if by_library else set())):
        if STANDING.fullmatch(words(column)):
            yield column


def _is_named(context: Context, fids: tuple[str, ...], column: str) -> bool:
    reached = (*fids, *of_records(context, fids))
    return any(names_column(context, fid, column) for fid in reached) or any(
        instr.name and _ASKS.match(words(instr.name))
        for fid in reached
        for instr in context.view.linker.code(fid)
    )


def _draft(context: Context, rule: Rule, touch: Touch, column: str, endpoint: Endpoint | None) -> Draft:
    return told(
        rule,
        touch.span,
        f"Who logs in is looked up here, and `{column}` of `{touch.resource}` is not asked, here or at any request: whoever "
        "is switched off comes in again.",
        why="Accounts are switched off when somebody leaves, misuses the service or was broken into. Here that is written down "
        "and keeps nobody out.",
        advice=f"Refuse by `{column}` at the login, behind the password and with the same answer, and wherever a session or "
        "token is renewed or accepted; end what was given out when it is set.",
        step="looked up here",
        certain=False,
        reason=f"`{column}` is used elsewhere, and nothing that this login or a guard runs asks for it",
        subject=f"{touch.resource}.{column}",
        endpoint=endpoint,
        verification=(
            Request(
                f"Set `{column}` of an account, and log in to it.",
                request(endpoint) if endpoint is not None else "",
                "401.",
            ),
        ),
    )


def renewed_for_ever(context: Context, rule: Rule) -> Iterator[Draft]:
    """Endpoints that give out a fresh token for one that is kept, and move the end of the latter each time."""
    issuing = {issue.fid for issue in issues_of(context)}
    for row in by_handler(context.matrix):
        surface = row.surface
        if surface is None or issuing.isdisjoint(logins(context).reached(row)) or logins(context).of(row):
            continue
        touches = surface.touches
        for touch in touches:
            if touch.operation != "read" or not any(
                _is_token(name, a) for name, atoms in touch.keys for a in atoms
            ):
                continue
            same = [t for t in touches if normal(t.resource) == normal(touch.resource)]
            if any(t.operation in ("create", "delete") for t in same):
                continue
            set_here = {words(n) for t in same if t.operation == "update" for n in _written(t)}
            if any(map(_END.search, set_here)) and not any(map(SECRET.search, set_here)):
                yield _renewed(context, rule, row, touch.span)
                break


def _is_token(name: str, atom: Atom) -> bool:
    return SECRET.search(words(name)) is not None and (is_shown(atom) or is_open(atom))


def _written(touch: Touch) -> Iterator[str]:
    yield from (name for name, _ in touch.written)
    yield from touch.fields


def _renewed(context: Context, rule: Rule, row: Row, place: Span) -> Draft:
    endpoint = endpoint_of(context, row)
    return told(
        rule,
        location(context, row),
        f"{endpoint.name} moves the end of the token that it is shown, and gives out no other: whoever has one stays in for ever.",
        why="A token that was copied once, from a device or a backup, is renewed by whoever has it, beside its owner and unseen.",
        advice="Replace the token at each use (store the hash of a new one, and end all of its family when an old one is shown "
        "again), and let a login end at the latest after a fixed time.",
        step="the same token is looked up, and its end moved",
        certain=False,
        reason="the record's end is written here, and its secret is not",
        subject=endpoint.name,
        endpoint=endpoint,
        verification=(
            Request("Renew with the same token twice.", request(endpoint), "401 the second time."),
        ),
    )
