"""Whose an object is, taken from the request where the rest of the project takes it from the caller."""

from dataclasses import dataclass

from rearguard.analysis.access import Access, Row
from rearguard.analysis.access.atoms import Atom, Atoms, order
from rearguard.analysis.access.principals import USER_WORDS, is_caller
from rearguard.analysis.access.resources import Touch, normal
from rearguard.analysis.access.surface import Surface
from rearguard.checks.base import with_article
from rearguard.checks.belonging import is_membership
from rearguard.checks.privileged import is_privileged
from rearguard.program import Step

_SAID = frozenset({"body", "form", "json", "data", "query", "header", "headers"})
_MAKES_ACCOUNTS = ("registration", "creates an account")
_ITSELF = ("", "id", "_id", "pk", "uuid")
"""The tenant's own record may be named: one asks for another's service."""
_BY_USE = "holds whose it is"
"""How evidence begins where the project sets or compares the field with the caller."""


@dataclass(frozen=True, slots=True)
class Named:
    """A field that says whose an object is, as the client says it."""

    field: str
    atom: Atom
    access: Access
    is_tenant: bool
    seen: tuple[Step, ...]
    invitation: str = ""
    """The record that says which tenant it is, where the request says it as well and counts."""

    @property
    def reason(self) -> str:
        """Why the client should not say it."""
        if self.invitation:
            return f"the {self.invitation} that lets the sender in holds `{self.field}` too, and nothing compares the two"
        resource = with_article(self.access.resource)
        return f"elsewhere `{self.field}` of {resource} is the caller's own, and here it is what the request says"

    @property
    def truth(self) -> str:
        """What should say it."""
        return f"the {self.invitation}" if self.invitation else "the caller's session or token"


def named_owner(row: Row) -> Named | None:
    """The owner or tenant that a client names for what it makes or asks for."""
    surface = row.surface
    invited = _invited(row, surface) if surface is not None else None
    if invited is not None:
        return invited
    if surface is not None and row.purpose in _MAKES_ACCOUNTS:
        return _joined(row, surface)
    if (
        surface is None
        or row.public
        or row.for_services
        or row.authentication.state != "required"
        or any(check.kind == "ownership" for check in surface.checks)
    ):
        return None
    # Whoever makes an account gives it what it begins with.
    makes = any(t.operation == "create" and normal(t.resource) in USER_WORDS for t in surface.touches)
    for touch in surface.touches:
        access = next((a for a in row.accesses if (a.fid, a.value) == (touch.fid, touch.value)), None)
        pairs = touch.written if touch.operation == "create" else touch.keys
        if access is None:
            continue
        if any(is_caller(atom) for _, atoms in pairs for atom in atoms):
            continue
        named = dict(pairs)
        if (
            access.tenant_field not in _ITSELF
            and not access.tenant_named
            and not (row.authorization.state == "required" and is_privileged(row))
            and (said := _said(named.get(access.tenant_field))) is not None
        ):
            return Named(access.tenant_field, said, access, True, ())
        if touch.operation in ("update", "delete"):
            # Whose a single object is, is asked where it is chosen by its identifier.
            continue
        if makes or is_membership(touch.resource):
            # Members bring others in: whom the request names is what it is about.
            continue
        if touch.operation == "create" and row.authorization.state == "none" and _is_known(access, touch):
            said = _said(named.get(access.owner_field))
            if said is not None:
                return Named(access.owner_field, said, access, False, access.owner_evidence)
    return None


def _joined(row: Row, surface: Surface) -> Named | None:
    """The tenant that somebody chooses who makes an account: nobody of that tenant is asked."""
    for touch in surface.touches:
        access = next((a for a in row.accesses if (a.fid, a.value) == (touch.fid, touch.value)), None)
        if access is None or touch.operation != "create" or normal(touch.resource) not in USER_WORDS:
            continue
        if access.tenant_field in _ITSELF or access.tenant_named:
            continue
        said = _said(dict(touch.written).get(access.tenant_field))
        if said is not None and said.exact:
            return Named(access.tenant_field, said, access, True, ())
    return None


def _invited(row: Row, surface: Surface) -> Named | None:
    """The tenant that the request says, where what lets its sender in says it too: an invitation of that tenant."""
    for touch in surface.touches:
        access = next((a for a in row.accesses if (a.fid, a.value) == (touch.fid, touch.value)), None)
        people = normal(touch.resource) in USER_WORDS or is_membership(touch.resource)
        if access is None or touch.operation != "create" or not people or access.tenant_field in _ITSELF:
            continue
        said = _said(dict(touch.written).get(access.tenant_field))
        given = {normal(a.name) for _, atoms in touch.written for a in atoms if a.kind == "stored"}
        for other in row.accesses if said is not None else ():
            of_tenant = other.tenant_field.lower() == access.tenant_field.lower()
            found = other.operation in ("read", "list") and normal(other.resource) in given
            if said is not None and of_tenant and found and not _is_tied(surface, other, said):
                return Named(access.tenant_field, said, access, True, (), other.resource)
    return None


def _is_tied(surface: Surface, other: Access, said: Atom) -> bool:
    """Whether what the request says is looked up in the record, or compared with it."""
    if any(source is not None and source.path == said.path for _, source in other.keys):
        return True
    return any(
        any(atom.kind == "input" and atom.path == said.path for atom in condition.atoms)
        and any(atom.kind == "stored" for atom in condition.atoms)
        for fact in surface.facts
        for condition in fact.conditions
    )


def _is_known(access: Access, touch: Touch) -> bool:
    """Whether the project itself says elsewhere that the field is the caller's, and not its name alone."""
    return (
        bool(access.owner_field)
        and normal(access.owner_field) != normal(touch.resource)
        and any(_BY_USE in step.text and step.span != touch.span for step in access.owner_evidence)
    )


def _said(atoms: Atoms | None) -> Atom | None:
    """What the client sends as it is, or made into a number or identifier: no record that is made of it."""
    given = (a for a in atoms or () if a.kind == "input" and (a.exact or a.bound in ("number", "unknown")))
    found = sorted((a for a in given if a.name in _SAID), key=lambda a: (a.path, *order(a)))
    return found[0] if found else None
