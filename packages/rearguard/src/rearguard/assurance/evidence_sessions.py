"""Positive evidence about sessions: how they end, and what ends them."""

import re
from collections.abc import Iterator

from rearguard.analysis.access import Row
from rearguard.analysis.access.facts import Fact
from rearguard.analysis.identity import words
from rearguard.analysis.settings import Use, evaluate
from rearguard.assurance.code import SHOWN, Code, Evidence, is_one_of, steps
from rearguard.assurance.evidence_passwords import own_changes
from rearguard.assurance.evidence_tokens import tokens_end
from rearguard.checks.endpoints import by_handler, location
from rearguard.checks.logins import before, logins
from rearguard.models.concepts import Lifetime, ServerSession, TokenIssue
from rearguard.models.measure_concepts import IdleRenewal, SessionEnd
from rearguard.models.settings_concepts import SessionUse
from rearguard.program import Step

__all__ = ["BROKEN", "MET"]

_LOGS_OUT = re.compile(r"(?:^|_)(?:log_?(?:out|off)|sign_?(?:out|off))(?:_|$)")
_KEPT = re.compile(r"session|refresh|(?:^|_)(?:access_?)?tokens?(?:_|$)", re.IGNORECASE)
_REFUSED = re.compile(r"revok|black_?list|deny_?list|block_?list", re.IGNORECASE)
_VERSION = re.compile(r"(?:token|session)_?(?:version|epoch)|^epoch$|valid_(?:after|since)|security_stamp")
_ACTIVE = re.compile(
    r"^(?:is_?)?(?:active|enabled|disabled|blocked|banned|suspended|deactivated|locked|deleted)(?:_at|_on)?$|^status$"
)


def _lives(code: Code) -> list[Use[Lifetime]]:
    """How long sessions live, if every place that says so says an end."""
    uses = list(code.uses.of(Lifetime))
    for use in uses:
        value = use.value
        if value is None or (evaluate(value).known and evaluate(value).value in (None, False, 0)):
            return []
    return uses


def idle_sessions_end(code: Code) -> tuple[Step, ...]:
    """7.3.1: sessions have an end, and only requests put it off."""
    renewals = code.uses.of(IdleRenewal)
    lives = _lives(code)
    if not lives or not renewals or not all(is_one_of(use.value, True) for use in renewals):
        return ()
    return (*steps(renewals, "each request puts the end off"), *steps(lives, "ends without one"))[:SHOWN]


def idle_sessions_stay(code: Code) -> tuple[Step, ...]:
    """7.3.1, the contrary: it is said that requests do not put the end off."""
    off = [use for use in code.uses.of(IdleRenewal) if is_one_of(use.value, False)]
    return steps(off, "the session ends when it would, used or not")


def tokens_are_the_session(code: Code) -> tuple[Step, ...]:
    """7.3.2: whoever is logged in is so by a token whose end nothing puts off."""
    made = {use.fid for use in code.uses.of(TokenIssue)}
    kept = any(map(code.uses.of, (ServerSession, SessionUse, IdleRenewal)))
    told = logins(code.context)
    renewed = any(b"refresh" in source.text.lower() for source in code.context.sources.values()) or any(
        (row.authentication.state != "none" and not made.isdisjoint(told.reached(row)))
        or not made.isdisjoint(told.called(before(row)))
        for row in code.rows()
    )
    return tokens_end(code) if made and not kept and not renewed else ()


def _logouts(code: Code) -> Iterator[Row]:
    for row in by_handler(code.rows()):
        last = row.endpoint.path.rstrip("/").rpartition("/")[2]
        if row.public == "logout" or _LOGS_OUT.search(words(f"{last} {row.endpoint.handler.label}")):
            yield row


def _facts(row: Row) -> tuple[Fact, ...]:
    return row.surface.facts if row.surface is not None else ()


def _ending(code: Code, row: Row) -> Iterator[Step]:
    """What in an endpoint ends sessions on the server."""
    reached = frozenset(logins(code.context).reached(row))
    for use in code.uses.of(SessionEnd):
        if use.fid in reached or any(use.fid.startswith(f"{fid}.") for fid in reached):
            yield Step(use.span, "ends the session on the server", "note")
    for fact in _facts(row):
        touch = fact.touch
        if touch is None:
            continue
        name = words(touch.resource)
        gone = touch.operation == "delete" and _KEPT.search(name)
        if gone or (touch.operation == "create" and _REFUSED.search(name)):
            yield Step(fact.span, "what the session rests on is gone", "note")
        elif touch.operation == "update" and any(_VERSION.search(words(n)) for n, _ in touch.written):
            yield Step(fact.span, "tokens of the old number are refused", "note")


def logout_ends_it(code: Code) -> tuple[Step, ...]:
    """7.4.1: every logout ends the session on the server."""
    found: list[Step] = []
    for row in _logouts(code):
        ended = list(_ending(code, row))
        if not ended:
            return ()
        found.extend(ended)
    return tuple(dict.fromkeys(found))[:SHOWN] if code.is_whole else ()


def password_ends_sessions(code: Code) -> tuple[Step, ...]:
    """7.4.3: wherever callers change their password, their other sessions end."""
    found: list[Step] = []
    for row, _ in own_changes(code):
        ended = [step for step in _ending(code, row) if "ends the session" not in step.text]
        if not ended:
            return ()
        found.extend(ended)
    return tuple(dict.fromkeys(found))[:SHOWN] if code.is_whole else ()


def password_leaves_sessions(code: Code) -> tuple[Step, ...]:
    """7.4.3, the contrary: the logout deletes what sessions rest on, and a new password leaves all of it."""
    kept = {
        fact.touch.resource
        for row in _logouts(code)
        for fact in _facts(row)
        if fact.touch is not None
        and fact.touch.operation == "delete"
        and _KEPT.search(words(fact.touch.resource))
    }
    rows = [row for row, _ in own_changes(code)]
    if not kept or any(
        fact.touch is not None and fact.touch.resource in kept for row in rows for fact in _facts(row)
    ):
        return ()
    places = dict.fromkeys(location(code.context, row) for row in rows if not list(_ending(code, row)))
    text = f"a new password leaves every {' and '.join(sorted(kept))} valid"
    return tuple(Step(span, text, "note") for span in places)[:SHOWN]


def _asks_if_active(row: Row) -> Step | None:
    """Where an endpoint refuses callers whose account was switched off, whatever their credential says."""
    for fact in _facts(row):
        if fact.kind != "denial":
            continue
        for condition in fact.conditions:
            if any(
                a.kind in ("stored", "principal") and a.path and _ACTIVE.match(words(a.path[-1]))
                for a in condition.atoms
            ):
                return Step(fact.span, "refuses accounts that are switched off", "guard")
    return None


def _known(code: Code) -> list[Row]:
    return [row for row in code.rows() if row.authentication.state == "required" and not row.public]


def switched_off_accounts_are_out(code: Code) -> tuple[Step, ...]:
    """7.4.2: every endpoint that knows its caller looks whether the account is still on."""
    found: dict[Step, None] = {}
    for row in _known(code):
        step = _asks_if_active(row)
        if step is None or not any(f.touch is not None and f.touch.operation == "read" for f in _facts(row)):
            return ()
        found[step] = None
    return tuple(found)[:SHOWN] if code.is_whole else ()


def switched_off_accounts_stay(code: Code) -> tuple[Step, ...]:
    """7.4.2, the contrary: a login looks whether the account is on, and what lets tokens pass does not."""
    asked = [row for row in code.rows() if logins(code.context).of(row) and _asks_if_active(row)]
    bad = [row for row in _known(code) if _asks_if_active(row) is None and before(row)]
    if not asked or not bad or any(_asks_if_active(row) for row in _known(code)):
        return ()
    text = "the login refuses accounts that are switched off; here they stay in until their token ends"
    return tuple(Step(location(code.context, row), text, "note") for row in bad)[:SHOWN]


MET: dict[str, Evidence] = {
    "7.3.1": idle_sessions_end,
    "7.3.2": tokens_are_the_session,
    "7.4.1": logout_ends_it,
    "7.4.2": switched_off_accounts_are_out,
    "7.4.3": password_ends_sessions,
}
BROKEN: dict[str, Evidence] = {
    "7.3.1": idle_sessions_stay,
    "7.4.2": switched_off_accounts_stay,
    "7.4.3": password_leaves_sessions,
}
