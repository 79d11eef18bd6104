"""Positive evidence about passwords: what endpoints that set them ask of them, and of who sets them.

An endpoint sets passwords if it makes accounts or stores what a password's hash gives. Rules hold for all of
these, and only where a new password is judged on the way.
"""

import re
from collections.abc import Callable, Iterator

from rearguard.analysis import ValueView
from rearguard.analysis.access import Row
from rearguard.analysis.access.atoms import normal
from rearguard.analysis.access.facts import Fact
from rearguard.analysis.access.principals import is_caller
from rearguard.analysis.identity import is_password, is_password_hash, words
from rearguard.analysis.settings import Use, evaluate
from rearguard.assurance.code import SHOWN, Code, Evidence
from rearguard.assurance.password_fields import PasswordField, password_fields
from rearguard.checks.endpoints import location
from rearguard.checks.logins import before, logins
from rearguard.models.concepts import AccountCreation, PasswordHash, PasswordPolicy, PasswordRules
from rearguard.program import Step

__all__ = ["BROKEN", "MET", "own_changes", "setters"]

_SHORTEST = 8
_LONGEST = 64
_REACHES_ACCOUNT = re.compile(r"^(?:e_?mail\w*|phone\w*|mobile\w*|totp\w*|otp\w*|mfa\w*|two_factor\w*)$")
_GIVES_BACK = re.compile(r"passw|pwd|reset|recover|forgot|credential|account|profile|settings")


def setters(code: Code) -> list[Row]:
    """Endpoints that set passwords."""
    making = {use.fid for use in code.uses.of(PasswordHash)} | {
        use.fid for use in code.uses.of(AccountCreation)
    }
    told = logins(code.context)
    return [
        row
        for row in code.rows()
        if not making.isdisjoint(told.reached(row)) and not _is_of_something_else(row)
    ]


def _is_of_something_else(row: Row) -> bool:
    """Whether the password that is kept protects a link, a room or a file, and no account."""
    kept = {
        normal(touch.resource)
        for touch in (row.surface.touches if row.surface is not None else ())
        if touch.operation in ("create", "update")
        and any(name == "*" or _is_kept(name) for name, _ in touch.written)
    }
    # Accounts are owned by themselves; what has an owner beside its own number belongs to one.
    owned = {normal(a.resource) for a in row.accesses if a.owner_field not in ("", "id", "_id", "pk")}
    return bool(kept) and kept <= owned


def _ways(code: Code, row: Row) -> tuple[str, ...]:
    return (*logins(code.context).reached(row), *before(row))


# -- what judges a new password -----------------------------------------------------------------------------


def _listed(use: Use[PasswordRules]) -> dict[str, ValueView] | None:
    """What the rules of a setting are about; `None` where one of them is not known."""
    kinds = dict(use.concept.rules)
    found: dict[str, ValueView] = {}
    for entry in use.value.elements() if use.value is not None else ():
        name = entry.key(use.concept.name)
        if name is None or name.text not in kinds:
            return None
        found[kinds[name.text]] = entry
    return found


def _judged(code: Code, kind: str) -> tuple[Step, ...]:
    """The calls that refuse such passwords, if every endpoint that sets one passes one of them."""
    listed = [
        entries[kind]
        for use in code.uses.of(PasswordRules)
        if (entries := _kinds(use)) is not None and kind in entries
    ]
    calls = [
        use
        for use in code.uses.of(PasswordPolicy)
        if use.concept.refuses == kind or (use.concept.refuses == "listed" and listed)
    ]
    places = {use.fid: use for use in calls}
    rows = setters(code)
    if not rows or not code.is_whole or not all(any(f in places for f in _ways(code, row)) for row in rows):
        return ()
    text = f"refuses {kind} passwords"
    shown = [Step(use.span, text, "note") for use in calls]
    return (*(Step(entry.span, text, "note") for entry in listed), *shown)[:SHOWN]


def _kinds(use: Use[PasswordRules]) -> dict[str, ValueView]:
    """As `_listed`, without those that are not known."""
    kinds = dict(use.concept.rules)
    entries = use.value.elements() if use.value is not None else ()
    named = ((entry.key(use.concept.name), entry) for entry in entries)
    return {kinds[n.text]: e for n, e in named if n is not None and n.text in kinds}


def common_are_refused(code: Code) -> tuple[Step, ...]:
    """6.2.4: whoever sets a password passes a list of common ones."""
    return _judged(code, "common")


def breached_are_refused(code: Code) -> tuple[Step, ...]:
    """6.2.12: whoever sets a password passes a set of breached ones."""
    return _judged(code, "breached")


# -- what a schema says of the field ------------------------------------------------------------------------


def _declared(code: Code) -> list[list[PasswordField]]:
    """For each endpoint that sets a password, the schemas' fields that it goes through."""
    fields = list(password_fields(code.context.view))
    found: list[list[PasswordField]] = []
    for row in setters(code):
        spans = [row.endpoint.span]
        for fid in _ways(code, row):
            function = code.context.view.function(fid)
            spans.append(code.context.view.span(fid, function.start, function.end))
        sources = ((code.context.sources.get(span.path), span) for span in spans)
        texts = [source.slice(span.start, span.end) for source, span in sources if source is not None]
        found.append(
            [
                field
                for field in fields
                if any(s.path == field.span.path and s.start <= field.span.start < s.end for s in spans)
                or (field.owner and any(re.search(rf"\b{re.escape(field.owner)}\b", t) for t in texts))
            ]
        )
    return found


def _fields(good: Callable[[PasswordField], bool], text: str) -> Evidence:
    """The fields, if every endpoint that sets a password has some, and all of them are good."""

    def rule(code: Code) -> tuple[Step, ...]:
        rows = _declared(code)
        if not rows or not code.is_whole or not all(fields and all(map(good, fields)) for fields in rows):
            return ()
        places = dict.fromkeys(field.span for fields in rows for field in fields)
        return tuple(Step(span, text, "note") for span in places)[:SHOWN]

    return rule


def _bad_fields(bad: Callable[[PasswordField], bool], text: str) -> Evidence:
    def rule(code: Code) -> tuple[Step, ...]:
        places = dict.fromkeys(f.span for fields in _declared(code) for f in fields if bad(f))
        return tuple(Step(span, text, "note") for span in places)[:SHOWN]

    return rule


def _lengths(code: Code) -> tuple[Step, ...]:
    """The rule of lengths that settings list, if every endpoint that sets a password asks the list."""
    places = _judged(code, "length")
    for use in code.uses.of(PasswordRules):
        entry = _kinds(use).get("length")
        options = entry.key(use.concept.options) if entry is not None else None
        name, least = use.concept.shortest
        given = options.key(name) if options is not None else None
        setting = evaluate(given) if given is not None else None
        if setting is not None:
            least = setting.value if setting.known and isinstance(setting.value, int) else 0
        if entry is None or least < _SHORTEST:
            return ()
    return places


def are_long_enough(code: Code) -> tuple[Step, ...]:
    """6.2.1: whoever sets a password sets one of eight characters or more."""
    by_schema = _fields(lambda f: (f.lower or 0) >= _SHORTEST, "asks for eight characters or more")
    return by_schema(code) or _lengths(code)


def may_be_of_any_kind(code: Code) -> tuple[Step, ...]:
    """6.2.5: all that is asked of a password is written out, and none of it is about kinds of characters."""
    by_schema = _fields(lambda f: f.only_length, "asks for a length alone")
    found = by_schema(code)
    if found and not code.uses.of(PasswordPolicy):
        return found
    uses = code.uses.of(PasswordRules)
    entries = [entry for use in uses for entry in (_listed(use) or {}).values()]
    if not entries or any(_listed(use) is None for use in uses) or not _judged(code, "length"):
        return ()
    return tuple(Step(e.span, "a rule that asks for no kind of characters", "note") for e in entries)[:SHOWN]


# -- who may set it -----------------------------------------------------------------------------------------


def _changes(code: Code, wanted: Callable[[str], bool]) -> Iterator[tuple[Row, Fact]]:
    """Where callers change such a field of their own account."""
    for row in code.rows():
        if row.surface is None or row.authentication.state != "required":
            continue
        for fact in row.surface.facts:
            touch = fact.touch
            if touch is None or touch.operation != "update":
                continue
            sent = any(
                wanted(name) and any(atom.kind == "input" for atom in atoms) for name, atoms in touch.written
            )
            own = any(is_caller(atom) for _, atoms in touch.keys for atom in atoms) or any(
                is_caller(atom) for atom in touch.subject
            )
            if sent and own:
                yield row, fact


def own_changes(code: Code) -> Iterator[tuple[Row, Fact]]:
    """Where callers change the password of their own account."""
    return _changes(code, _is_kept)


def _is_kept(name: str) -> bool:
    return is_password(name) or is_password_hash(name)


def _is_proved(fact: Fact) -> bool:
    """Whether it happens only after something that the caller knows was verified."""
    return any(
        condition.holds and any(atom.kind == "verified" for atom in condition.atoms)
        for condition in fact.conditions
    )


def can_be_changed(code: Code) -> tuple[Step, ...]:
    """6.2.2: an endpoint lets callers change the password of their own account."""
    found = {location(code.context, row): row for row, _ in _changes(code, _is_kept)}
    return tuple(Step(span, "changes the caller's own password", "note") for span in found)[:SHOWN]


def cannot_be_changed(code: Code) -> tuple[Step, ...]:
    """6.2.2, the contrary: accounts with passwords are made, and of all endpoints none could change one."""
    rows = list(code.rows())
    made = [row for row in setters(code) if row.public in ("registration", "creates an account")]
    others = [row for row in rows if row not in made]
    if not made or not code.is_whole or len(setters(code)) > len(made):
        return ()
    named = (words(f"{row.endpoint.path} {row.endpoint.handler.label} {row.inputs}") for row in others)
    if any(_GIVES_BACK.search(name) for name in named if "log_in" not in name and "login" not in name):
        return ()
    text = "makes accounts with passwords, which no endpoint changes"
    return tuple(Step(location(code.context, row), text, "note") for row in made)[:SHOWN]


def _proved(code: Code, wanted: Callable[[str], bool], text: str) -> tuple[Step, ...]:
    found = list(_changes(code, wanted))
    if not found or not code.is_whole or not all(_is_proved(fact) for _, fact in found):
        return ()
    return tuple(Step(fact.span, text, "guard") for _, fact in found)[:SHOWN]


def change_needs_the_old_one(code: Code) -> tuple[Step, ...]:
    """6.2.3: wherever callers change their password, they proved to know the old one."""
    return _proved(code, _is_kept, "changed only once the current password was verified")


def sensitive_changes_need_a_proof(code: Code) -> tuple[Step, ...]:
    """7.5.1: wherever callers change what leads to their account, they proved again who they are."""

    def wanted(name: str) -> bool:
        return _is_kept(name) or _REACHES_ACCOUNT.match(words(name)) is not None

    return _proved(code, wanted, "changed only once the caller proved again who it is")


MET: dict[str, Evidence] = {
    "6.2.1": are_long_enough,
    "6.2.2": can_be_changed,
    "6.2.3": change_needs_the_old_one,
    "6.2.4": common_are_refused,
    "6.2.5": may_be_of_any_kind,
    "6.2.9": _fields(lambda f: (f.upper or 0) >= _LONGEST, "takes 64 characters and more"),
    "6.2.12": breached_are_refused,
    "7.5.1": sensitive_changes_need_a_proof,
}
BROKEN: dict[str, Evidence] = {
    "6.2.1": _bad_fields(lambda f: f.lower is not None and f.lower < _SHORTEST, "takes shorter passwords"),
    "6.2.2": cannot_be_changed,
    "6.2.5": _bad_fields(lambda f: f.asks_kinds, "asks for kinds of characters"),
    "6.2.9": _bad_fields(lambda f: f.upper is not None and f.upper < _LONGEST, "refuses longer passwords"),
}
