"""Roles that callers hand out, or take, as they like: one above their own, or any with an invitation."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rearguard.analysis.access import Row
from rearguard.analysis.access.atoms import Atom, normal, order, spaced
from rearguard.analysis.access.principals import is_caller, is_open
from rearguard.analysis.access.requests import compared_texts
from rearguard.analysis.access.resources import Touch
from rearguard.checks.base import Context
from rearguard.checks.belonging import is_membership
from rearguard.checks.declared_bodies import declared_text
from rearguard.checks.roles import role_words, same_role
from rearguard.program import Span

_ROLE = re.compile(
    r"(?:user_?|member_?|account_?)?(?:roles?|rank|access_?level)|role_?name|user_?type", re.IGNORECASE
)
_POWER = re.compile(rf"{_ROLE.pattern}|permissions?|privileges?", re.IGNORECASE)
_INVITATION = re.compile(r"invit", re.IGNORECASE)
_TOP = re.compile(r"(?:super|org|tenant|team|account|site)?[_-]?(?:admin|administrator|owner|root|superuser)")
_EVERY = re.compile(r"\bIsEnum\(")
"""Says that a field takes whichever role there is."""


@dataclass(frozen=True, slots=True)
class HandedRole:
    """A role that is taken from the request, and nothing says that the caller may give it."""

    place: Span
    field: str
    resource: str
    said: Atom
    above: str
    """The role that is above the caller's; "" where an invitation is accepted with any."""
    below: str
    """The role of callers who can hand it out."""
    weighed: str = ""
    """The endpoint for the same callers that asks first whether they may give it, where that is so."""

    @property
    def places(self) -> tuple[Span, ...]:
        """Where it is written, and where it is read, which may have been told already."""
        return (self.place,) if self.said.span is None else (self.place, self.said.span)


def handed_role(context: Context, row: Row, rows: tuple[Row, ...]) -> HandedRole | None:
    """The role that callers of an endpoint give themselves or others, though it is not theirs to give."""
    surface = row.surface
    if surface is None or row.for_services:
        return None
    for touch in surface.touches:
        if touch.operation not in ("create", "update") or not _is_of_people(context, touch):
            continue
        for name, atoms in touch.written:
            said = _sent(name, atoms)
            if said is None:
                continue
            weighed = _weighed(row, touch, name, said, rows)
            if weighed:
                return HandedRole(touch.span, name, touch.resource, said, "", "", weighed)
            if not _ROLE.fullmatch(name):
                continue
            if touch.operation == "create" and _is_invited(touch) and row.authorization.state == "none":
                return HandedRole(touch.span, name, touch.resource, said, "", "")
            pair = _above(context, row, said, rows)
            if pair is not None:
                return HandedRole(said.span or touch.span, name, touch.resource, said, *pair)
    return None


def _is_of_people(context: Context, touch: Touch) -> bool:
    return normal(touch.resource) in context.matrix.accounts or is_membership(touch.resource)


def _sent(name: str, atoms: Iterable[Atom]) -> Atom | None:
    """What the client says of a field that gives power, where that is stored as it is."""
    if not _POWER.fullmatch(name):
        return None
    sent = (a for a in sorted(atoms, key=lambda a: (a.path, *order(a))) if is_open(a) and a.path)
    return next((a for a in sent if _POWER.fullmatch(a.path[-1])), None)


def _weighed(row: Row, touch: Touch, name: str, said: Atom, rows: tuple[Row, ...]) -> str:
    """The endpoint for callers with the same role that holds what is given against the caller, as this does not."""
    if _weighs_roles(row, said) or _is_compared(row, said):
        return ""
    for other in rows:
        if other is row or other.surface is None or not same_role(row, other):
            continue
        for kept in other.surface.touches:
            if kept.operation not in ("create", "update") or normal(kept.resource) != normal(touch.resource):
                continue
            found = next((_sent(name, atoms) for written, atoms in kept.written if written == name), None)
            if found is not None and _weighs_roles(other, found):
                return f"{other.endpoint.method} {other.endpoint.path}"
    return ""


def _is_invited(touch: Touch) -> bool:
    """Whether what is made is filled from an invitation: a record of one, or a token that was signed for it."""
    held = [atom for name, atoms in touch.written for atom in atoms if not _ROLE.fullmatch(name)]
    return any(
        (atom.kind == "stored" and _INVITATION.search(spaced(atom.name)))
        or (
            atom.kind == "verified"
            and atom.path
            and any(
                is_open(inner) and _INVITATION.search(".".join(inner.path))
                for _, given in atom.keys
                for inner in given
            )
        )
        for atom in held
    )


def _above(context: Context, row: Row, said: Atom, rows: tuple[Row, ...]) -> tuple[str, str] | None:
    """(higher, lower): a role that the endpoint hands out, and one of those who call it that may less."""
    may = role_words(row)
    if not may or row.authorization.state != "required" or _weighs_roles(row, said):
        return None
    listed = _listed(context, row, said)
    for other in rows:
        more = role_words(other)
        lower = sorted(may - more)
        higher = sorted(role for role in more & may if listed is None or role in listed)
        if other.authorization.state == "required" and lower and higher:
            return higher[0], lower[0]
    # No endpoint tells them apart, and their names do.
    higher = sorted(role for role in may if _TOP.fullmatch(role) and (listed is None or role in listed))
    lower = sorted(role for role in may if not _TOP.fullmatch(role))
    return (higher[0], lower[0]) if higher and lower else None


def _weighs_roles(row: Row, said: Atom) -> bool:
    """Whether the role that is handed out is looked at together with the caller's own, or with who is asked."""
    return any(
        any(is_caller(atom) for atom in condition.atoms)
        and any(_same(atom, said) for atom in condition.atoms)
        for fact in (row.surface.facts if row.surface is not None else ())
        for condition in fact.conditions
    )


def _same(atom: Atom, said: Atom) -> bool:
    return atom.kind == "input" and atom.path == said.path


def _listed(context: Context, row: Row, said: Atom) -> frozenset[str] | None:
    """The roles that may be sent, as far as a test or a declaration says; `None` for any."""
    found = frozenset(_compared(context, row, said))
    if found or _is_compared(row, said):
        # A list that was not read may hold none of them.
        return found
    if not said.bound:
        return None
    text = declared_text(context, row, said.path[-1])
    return (
        None
        if _EVERY.search(text)
        else frozenset(w.lower() for w in re.findall(r"['\"]([\w:.-]+)['\"]", text))
    )


def _is_compared(row: Row, said: Atom) -> bool:
    return any(
        any(_same(atom, said) for atom in condition.atoms) and not condition.presence
        for fact in (row.surface.facts if row.surface is not None else ())
        for condition in fact.conditions
    )


def _compared(context: Context, row: Row, said: Atom) -> Iterator[str]:
    for fact in row.surface.facts if row.surface is not None else ():
        for condition in fact.conditions:
            if any(_same(atom, said) for atom in condition.atoms) and not condition.presence:
                yield from (text.lower() for text in compared_texts(condition, context.matrix.origins))


__all__ = ["HandedRole", "handed_role"]
