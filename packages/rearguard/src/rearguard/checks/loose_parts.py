"""Parts that an address names below a whole: the whole is checked, and nothing says that the part is its."""

from collections.abc import Iterator
from typing import TypeAlias

from rearguard.analysis.access import Access, Row
from rearguard.analysis.access.atoms import Atom, Atoms, normal
from rearguard.analysis.access.ownership import PRIVILEGED
from rearguard.analysis.access.principals import USER_WORDS, is_open
from rearguard.analysis.access.resources import Touch
from rearguard.analysis.access.tenants import stem, wholes_of_callers
from rearguard.checks.shared import chooses

_ON_ONE = ("read", "update", "delete")
_PATH = ("path", "params")
_Input: TypeAlias = tuple[str, ...]
"""What names an input: the keys under which it is sent."""


def loose_part(row: Row, access: Access) -> str:
    """The whole that is looked up for the caller, where the part below it is looked up by its own id alone.

    `/tickets/{ticket}/replies/{reply}` finds the ticket among the caller's, and then any reply, and so does what
    is sent both identifiers and knows what is part of what; "" elsewhere.
    """
    if access.operation not in _ON_ONE or normal(access.resource) in USER_WORDS:
        return ""
    tied = [
        (whole, _is_tied(row, part, own, outer, whole)) for whole, part, own, outer in _pairs(row, access)
    ]
    if not tied or any(known for _, known in tied):
        return ""
    # Of what is only read, an address names much that is part of nothing: `/carts/{cart}/items/{product}`.
    wholes = [
        whole
        for whole, _ in tied
        if access.operation != "read" or normal(whole) in {access.part_of, *access.within}
    ]
    return wholes[0] if wholes else ""


def outside_of(row: Row, access: Access) -> str:
    """What callers are looked up in before they get anywhere, as the club of the address, where the object is not
    looked up there too; "" elsewhere."""
    whole = stem(access.tenant_field)
    if row.surface is None or not whole or access.restricted.state != "open" or not chooses(access):
        return ""
    return whole if whole in set(wholes_of_callers(row.surface)) else ""


def is_set_against_its_whole(row: Row, access: Access) -> bool:
    """Whether a part is compared with a whole that is looked up for the caller."""
    if any(_is_tied(row, part, own, outer, whole) for whole, part, own, outer in _pairs(row, access)):
        return True
    wholes = {
        one.resource
        for one in row.accesses
        if normal(one.resource) == access.part_of and one.restricted.state == "restricted"
    }
    facts = row.surface.facts if row.surface is not None else ()
    return any(
        _mentions(test.atoms, (), access.resource) and _mentions(test.atoms, (), whole)
        for fact in facts
        for test in fact.conditions
        if test.value >= 0 and not test.presence
        for whole in wholes
    )


def _pairs(row: Row, access: Access) -> Iterator[tuple[str, Touch, _Input, _Input]]:
    """Wholes that are kept to the caller, the part, and the inputs that choose the two."""
    touches = row.surface.touches if row.surface is not None else ()
    part = next((t for t in touches if (t.fid, t.value) == (access.fid, access.value)), None)
    own = _only_key(part) if part is not None else None
    if part is None or own is None:
        return
    before = _names(row.endpoint.path)
    for whole in row.accesses:
        checked = whole.restricted.state == "restricted" and whole.restricted.reason != PRIVILEGED
        if not checked or normal(whole.resource) == normal(access.resource) or whole.operation == "create":
            continue
        outer = _above(whole, own, before)
        if outer is None and access.part_of == normal(whole.resource):
            outer = _beside(whole, own)
        if outer is not None:
            yield whole.resource, part, own.path, outer


def _above(whole: Access, own: Atom, before: list[str]) -> _Input | None:
    """The parameter of the path that chooses the whole, where it comes before that of the part."""
    if own.name not in _PATH or own.path[0] not in before:
        return None
    earlier = before[: before.index(own.path[0])]
    for _, source in whole.keys:
        if source is not None and source.channel in _PATH:
            # What is called back for a parameter of a path is given its value, and not its name.
            name = source.path[0] if source.path else (*earlier, "")[0]
            if name in earlier:
                return (name,)
    return None


def _beside(whole: Access, own: Atom) -> _Input | None:
    """What is sent beside the part's identifier and chooses the whole."""
    for _, source in whole.keys:
        if source is not None and source.path and source.path != own.path:
            return source.path
    return None


def _names(path: str) -> list[str]:
    """The parameters of a path, in order."""
    found: list[str] = []
    for piece in path.split("/"):
        if piece[:1] == ":":
            found.append(piece[1:].partition("(")[0].rstrip("?"))
        elif piece[:1] + piece[-1:] in ("<>", "{}", "[]"):
            inner = piece[1:-1]
            found.append(inner.rpartition(":")[2] if piece[0] == "<" else inner.partition(":")[0])
    return found


def _only_key(touch: Touch) -> Atom | None:
    """The input that alone chooses an object; `None` where anything else says which it is."""
    given = [atom for _, atoms in touch.keys for atom in atoms]
    if len([1 for _, atoms in touch.keys if atoms]) != 1 or touch.also:
        return None
    inputs = {atom.path: atom for atom in given if is_open(atom) and atom.path}
    return next(iter(inputs.values())) if len(inputs) == 1 and all(map(is_open, given)) else None


def _is_tied(row: Row, part: Touch, own: _Input, outer: _Input, whole: str) -> bool:
    """Whether anything sets the part, or its parameter, against the whole: a test, a query by both, a filter."""
    surface = row.surface
    for fact in surface.facts if surface is not None else ():
        # What a caught error can have come from is compared with nothing, nor is what is merely there.
        held = [c.atoms for c in fact.conditions if c.value >= 0 and not c.presence]
        if fact.touch is not None and fact.touch is not part:
            named = (*fact.touch.keys, *fact.touch.written)
            held.append(frozenset(a for _, atoms in named for a in atoms))
        for atoms in held:
            if _mentions(atoms, own, part.resource) and _mentions(atoms, outer, whole):
                return True
    return False


def _mentions(atoms: Atoms, given: _Input, resource: str) -> bool:
    return any(_is_of(atom, given, resource) for atom in atoms)


def _is_of(atom: Atom, given: _Input, resource: str) -> bool:
    if atom.kind == "input":
        return bool(given) and is_open(atom) and atom.path[: len(given)] == given
    if atom.kind != "stored":
        return False
    # What it is part of is looked up by it: `task = get(Task, remark.task_id)`, and `task` is compared.
    return normal(atom.name) == normal(resource) or any(
        _is_of(inner, given, resource) for _, inner_atoms in atom.keys for inner in inner_atoms
    )
