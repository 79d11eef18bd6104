"""What a value can come from, for access control: the caller, a credential, input, a stored object."""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from rearguard.program import Span

MAX_ATOMS = 24
"""Origins of one value that are told apart; the rest is dropped."""
MAX_PATH = 4
MAX_KEY_DEPTH = 2
"""How deep the keys of stored objects keep the stored objects that their own values come from."""


class Atom(NamedTuple):
    """One origin of a value. Made by the million: hence no dataclass."""

    kind: str
    """input, parameter, principal, credential, verified, stored, exempt (the request's own path); of what
    names a resource: class, and holder for a parameter that holds a class; beside (of what stands beside it,
    which its keys hold)."""
    name: str = ""
    """Channel of an input, function id of a parameter, kind of a credential, resource of a stored object."""
    path: tuple[str, ...] = ()
    """Keys read from it; a parameter's own name comes first."""
    span: Span | None = None
    fid: str = ""
    value: int = -1
    """The call that loads a stored object or verifies, in `fid`."""
    keys: "tuple[Key, ...]" = ()
    """What identifies a stored object, or what a verified value was made of."""
    bound: str = ""
    """How the value was limited on its way: schema, open (a schema that lets other fields through), number,
    pattern, length, opaque (an unknown function)."""
    exact: bool = True
    """Whether the value is this itself and not something made of it."""
    logs_in: bool = False
    """Whether a stored object has a password: it may stand for somebody, whatever it is called."""


Atoms: TypeAlias = frozenset[Atom]
Key: TypeAlias = tuple[str, Atoms]
NOTHING: Atoms = frozenset()
CLAIMED = "claimed"
"""How a value is marked that the client may say in the place of a member of the caller's identity."""
OPEN = "open"
"""How a value is limited whose named fields are checked, and which may have any others."""
PASSWORD = "password"
"""How the verdict on a password is marked: it tells who logs in, not who calls."""
UNVERIFIED = "unverified"
"""How a token is bound whose content is taken without looking at its signature."""
KEYED = frozenset({"stored", "parameter"})
"""Kinds of origins that may be an element singled out of a list, by what their keys say."""
OWN = "$receiver"
"""Stands among a method's parameters for the object that it is called on."""
KNOWN_NAMES = 20_000
"""Names whose other forms are kept."""
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_ADORNED = re.compile(r"^(?:tbl|tb|t)_|_(?:table|model|models|schema|entity|repository|repo|row|orm)$")
_OPEN = "?"
"""How the name of a resource begins that only the callers of a function know."""


def union(parts: Iterable[Atoms]) -> Atoms:
    """All origins, in a bounded number."""
    found: set[Atom] = set()
    for part in parts:
        found |= part
    if len(found) > MAX_ATOMS:
        return frozenset(sorted(found, key=order)[:MAX_ATOMS])
    return frozenset(found)


def order(atom: Atom) -> tuple[object, ...]:
    """A stable order of origins."""
    span = atom.span or Span("", 0, 0)
    return (
        atom.kind,
        atom.name,
        atom.path,
        span,
        atom.fid,
        atom.value,
        atom.bound,
        atom.exact,
        tuple(name for name, _ in atom.keys),
    )


def child(atom: Atom, path: tuple[str, ...]) -> Atom:
    """The value under `path` of an origin."""
    if not path:
        return atom
    if atom.kind == "stored":
        path = tuple(key for key in path if key not in ("rows", "*") and not key.isdigit())
    return atom._replace(path=(*atom.path, *path)[:MAX_PATH])


def under(atoms: Atoms, path: tuple[str, ...]) -> Atoms:
    """Every origin, at `path`."""
    return frozenset(child(atom, path) for atom in atoms) if path else atoms


def made_of(atoms: Atoms, bound: str = "") -> Atoms:
    """Origins of something computed from a value with these origins."""
    return frozenset(
        atom._replace(exact=False, bound=bound or atom.bound) if atom.exact or bound else atom
        for atom in atoms
    )


def bounded(atoms: Atoms, bound: str) -> Atoms:
    """The same values, known to be limited in some way."""
    return frozenset(atom._replace(bound=atom.bound or bound) for atom in atoms)


def unproved(parts: Iterable[Atoms]) -> Atoms:
    """What a token says whose signature nobody looks at, which is told where it is read."""
    # However long the token is allowed to be: `jwt.decode(header.slice(7))`.
    return frozenset(
        a._replace(bound=UNVERIFIED if a.kind == "credential" else a.bound or UNVERIFIED, exact=False)
        for a in union(parts)
    )


def shown_at(place: Span) -> Atoms:
    """The credential of the request that a library looks up by itself, at a call of it."""
    return frozenset((Atom("credential", "credential", (), place),))


def trimmed(keys: Iterable[Key], depth: int = MAX_KEY_DEPTH) -> tuple[Key, ...]:
    """Keys whose stored objects lose their own keys below `depth`."""
    return tuple((name, _trimmed_all(atoms, depth)) for name, atoms in keys)


def _trimmed_all(atoms: Atoms, depth: int) -> Atoms:
    # Most origins have no keys, and their sets stay what they are: this runs for every fact of every caller.
    for atom in atoms:
        if atom.keys:
            return frozenset(_trimmed(atom, depth) for atom in atoms)
    return atoms


def _trimmed(atom: Atom, depth: int) -> Atom:
    if not atom.keys:
        return atom
    if depth <= 0:
        return atom._replace(keys=())
    kept = trimmed(atom.keys, depth - 1)
    return (
        atom if all(a[1] is b[1] for a, b in zip(kept, atom.keys, strict=True)) else atom._replace(keys=kept)
    )


# Names are few, and asked for hundreds of thousands of times: for each fact of each endpoint.
@lru_cache(maxsize=KNOWN_NAMES)
def spaced(name: str) -> str:
    """`session_Token` of `sessionToken`."""
    return _HUMP.sub("_", name)


@lru_cache(maxsize=KNOWN_NAMES)
def normal(resource: str) -> str:
    """A resource's name in one form: `Orders`, `orders`, `order_table` are `order`."""
    name = _ADORNED.sub("", spaced(resource).lower().strip("_ "))
    if name.endswith("ies") and len(name) > 4:
        return name[:-3] + "y"
    if name.endswith(("sses", "xes", "ches", "shes")):
        return name[:-2]
    return name[:-1] if name.endswith("s") and not name.endswith(("ss", "us", "is")) else name


def open_name(fid: str, path: tuple[str, ...], otherwise: str) -> str:
    """The name of a resource that a parameter holds, with what it is called where nobody says."""
    return _OPEN.join(("", fid, ".".join(path), otherwise))


def is_open_name(name: str) -> bool:
    """Whether a resource's name is still a parameter's matter."""
    return name.startswith(_OPEN)


def closed_name(name: str, replaced: "Substitution") -> str:
    """An open name in the terms of a caller; any other as it is."""
    if not name.startswith(_OPEN):
        return name
    _, fid, path, otherwise = name.split(_OPEN, 3)
    given = replaced(Atom("holder", fid, tuple(path.split("."))))
    if given is None:
        return name
    if len(given) != 1:
        return otherwise
    (held,) = given
    return held.name if held.kind == "class" else open_name(held.name, held.path, otherwise)


Substitution: TypeAlias = Callable[[Atom], Atoms | None]
"""What stands for a parameter; `None` when it stays."""


def substituted(atoms: Atoms, replaced: Substitution, known: dict[Atoms, Atoms] | None = None) -> Atoms:
    """Origins with parameters replaced by what is given for them. `known`: earlier answers of `replaced`."""
    for atom in atoms:
        if atom.kind == "parameter" or atom.keys or atom.name.startswith(_OPEN):
            break
    else:
        return atoms
    held = known.get(atoms) if known is not None else None
    if held is not None:
        return held
    parts: list[Atoms] = []
    # In a stable order: what is found first is remembered, and may be cut where chains of origins are long.
    for atom in sorted(atoms, key=order) if len(atoms) > 1 else atoms:
        if atom.kind == "parameter":
            given = replaced(atom)
            keys = with_keys(atom.keys, replaced, known) if atom.keys else ()
            if given is None:
                parts.append(frozenset((atom._replace(keys=keys),)))
                continue
            if keys:
                # An element that was singled out of a list which is a parameter's.
                given = frozenset(a._replace(keys=(*a.keys, *keys)) if a.kind in KEYED else a for a in given)
            if atom.bound == "unknown":
                # What may have been verified or limited by a function that cannot be read is input alone.
                open_kinds = ("input", "credential", "parameter")
                given = frozenset(
                    a._replace(bound=a.bound or "unknown") if a.kind in open_kinds else a for a in given
                )
            elif atom.bound:
                given = bounded(given, atom.bound)
            parts.append(given if atom.exact else made_of(given))
        elif atom.keys or atom.name.startswith(_OPEN):
            name = closed_name(atom.name, replaced)
            if name != atom.name:
                atom = atom._replace(name=name)
            keys = with_keys(atom.keys, replaced, known)
            same = all(a[1] is b[1] for a, b in zip(keys, atom.keys, strict=True))
            parts.append(frozenset((atom if same else atom._replace(keys=keys),)))
        else:
            parts.append(frozenset((atom,)))
    found = union(parts)
    # Who asks compares: what nothing was put into stays the same object.
    found = atoms if found == atoms else found
    if known is not None:
        known[atoms] = found
    return found


def with_keys(
    keys: tuple[Key, ...], replaced: Substitution, known: dict[Atoms, Atoms] | None = None
) -> tuple[Key, ...]:
    """Keys with parameters replaced."""
    return trimmed((name, substituted(atoms, replaced, known)) for name, atoms in keys)
