"""Refusals of what other sites send: tests of a form's token, of where it came from, of a login's state."""

import re

from rearguard.analysis.access.atoms import Atom
from rearguard.analysis.access.facts import Condition, Fact
from rearguard.models.routing import Endpoint

__all__ = ["FORGERY", "is_of_twins", "of_the_site"]

FORGERY = re.compile(r"csrf|xsrf|authenticity[-_]?token", re.IGNORECASE)
_TOKEN = re.compile(r"token|nonce|csrf|xsrf", re.IGNORECASE)
_BODIES = frozenset(("form", "body"))
_COOKIES = frozenset((("credential", "cookie"), ("input", "cookies")))
_FROM_SITE = re.compile(r"origin|refer+er|x-requested-with|sec-fetch-site", re.IGNORECASE)
_LOGIN_ELSEWHERE = re.compile(r"oauth|oidc|openid|sso|callback|authori[sz]e", re.IGNORECASE)


_CODES = re.compile(r"code|otp|pin|captcha|answer|passcode", re.IGNORECASE)
"""What people type in that was sent to them or shown: it says who they are."""
_CONSTANT_TIME = re.compile(r"equal|digest|compare", re.IGNORECASE)


def of_the_site(fact: Fact, endpoint: Endpoint) -> str:
    """How firmly a refusal keeps other sites' requests out; "" where it is about something else."""
    about_the_form = _compares_token(fact) or _compares_secret(fact, endpoint) or _compares_twins(fact)
    if any(_is_of_the_site(atom) for c in fact.conditions for atom in c.atoms) or about_the_form:
        return "optional" if _may_be_left_out(fact) else "required"
    states = _LOGIN_ELSEWHERE.search(endpoint.path) and any(_asks_state(c) for c in fact.conditions)
    return "required" if states else ""


def _is_of_the_site(atom: Atom) -> bool:
    """What only pages of the own site can send: a token against forgery, or a header that browsers set."""
    if not atom.path:
        return False
    name = atom.path[0].replace("_", "-").removeprefix("HTTP-")
    if FORGERY.search(name) and atom.kind in ("input", "credential"):
        return True
    return atom.kind == "input" and atom.name.startswith("header") and _FROM_SITE.fullmatch(name) is not None


def _compares_token(fact: Fact) -> bool:
    """Whether a form's token is set against the one that the caller's session or record has."""
    last = fact.conditions[-1] if fact.conditions else None
    if last is None or last.presence or last.excludes_owner:
        return False
    compared = [held for atom in last.atoms if atom.kind == "verified" for _, held in atom.keys]
    named = [a for atoms in (last.atoms, *compared) for a in atoms if a.path and _TOKEN.search(a.path[-1])]
    sent = any(atom.kind == "input" and atom.name in _BODIES for atom in named)
    kept = any(
        atom.kind == "principal" or (atom.kind, atom.name) == ("credential", "session") for atom in named
    )
    return sent and kept


def _compares_twins(fact: Fact) -> bool:
    """Whether a header is set against a cookie, which pages of the own site alone can read."""
    last = fact.conditions[-1] if fact.conditions else None
    return (
        last is not None and fact.status in (400, 403, 419) and not last.excludes_owner and is_of_twins(last)
    )


def is_of_twins(condition: Condition) -> bool:
    """Whether all that a test looks at is a header and a cookie of the same request."""
    names = {(atom.kind, atom.name) for atom in condition.atoms}
    return ("input", "headers") in names and len(names) == 2 and not names.isdisjoint(_COOKIES)


def _compares_secret(fact: Fact, endpoint: Endpoint) -> bool:
    """Whether a filter sets what a form sends against a secret of the session, whatever that is called.

    Secrets are compared in constant time, and identifiers are not; a code that people type in is no secret of
    the form.
    """
    last = fact.conditions[-1] if fact.conditions else None
    if last is None or fact.fid in endpoint.handler.functions:
        return False
    for verdict in (atom for atom in last.atoms if atom.kind == "verified"):
        held = [a for _, atoms in verdict.keys for a in atoms if _CONSTANT_TIME.search(verdict.name)]
        kept = [a for a in held if (a.kind, a.name) == ("credential", "session") and a.path]
        sent = any(a.kind == "input" and a.name in _BODIES and a.path for a in held)
        if sent and kept and not any(_CODES.search(a.path[-1]) for a in kept):
            return True
    return False


def _may_be_left_out(fact: Fact) -> bool:
    """Whether a token is looked at only where one is sent: `if sent and sent != session["token"]`."""
    last = fact.conditions[-1].atoms
    held = [atoms for atom in last if atom.kind == "verified" for _, atoms in atom.keys]
    compared = {
        (a.name, a.path)
        for atoms in (last, *held)
        for a in atoms
        if a.kind == "input" and a.path and _TOKEN.search(a.path[-1])
    }
    return any(
        c.presence and c.holds and not c.settled and any((a.name, a.path) in compared for a in c.atoms)
        for c in fact.conditions[:-1]
    )


def _asks_state(condition: Condition) -> bool:
    """Whether a test looks at the state of a login elsewhere: only who began it has it (RFC 6749, 10.12)."""
    compared = [held for atom in condition.atoms if atom.kind == "verified" for _, held in atom.keys]
    asked = (atom for atoms in (condition.atoms, *compared) for atom in atoms)
    return not condition.presence and any(a.kind == "input" and a.path == ("state",) for a in asked)
