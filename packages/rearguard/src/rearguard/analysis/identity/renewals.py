"""Where an endpoint replaces the password of an account that exists, and what shows whose account it is."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rearguard.analysis.access import Row
from rearguard.analysis.access.atoms import Atom
from rearguard.analysis.access.intent import is_one_time
from rearguard.analysis.access.principals import is_caller, is_open
from rearguard.analysis.access.resources import Touch, access_at
from rearguard.analysis.identity.logins import Logins
from rearguard.analysis.identity.names import is_password, words
from rearguard.models.concepts import PasswordHash
from rearguard.program import Instr, Op, Span

_KEPT = re.compile(
    r"^(?:\w+_)?(?:password|passwd|pwd|passphrase|pass_?hash|pass_?word_?hash)(?:_(?:hash|hashed|digest))?$|^(?:hashed|encrypted)_password$"
)
_SETS = re.compile(
    r"^(?:set|change|update|replace|store|save|put|reset)_?(?:new_?|user_?|account_?)?(?:passw(?:or)?d|pwd|pass)(?:_(?:hash|for\w*|of\w*))?$"
)
_IS_GIVEN = re.compile(r"^(?:set|change|update)_?(?:new_?)?(?:passw(?:or)?d|pwd)$")
_WRITES = re.compile(
    r"^(?:update|patch|set|save|store|modify|change|put|write|replace|merge|assign|edit)(?:_|$)"
)
"""What a function is called that changes a record which exists, in a layer of the program's own."""
_HELD_IN = ("data", "$set", "set", "values", "fields", "changes")
_MAKES = re.compile(r"hash|digest|crypt|derive|seal|scrypt|bcrypt|argon|pbkdf")
_STORES = (Op.SETATTR, Op.SETITEM)


@dataclass(frozen=True, slots=True)
class Renewal:
    """One place where a password that was sent is stored for an account."""

    fid: str
    instr: Instr
    right: str
    """token (signed, and says whose), record (something is looked up by a secret that was sent), proof (what
    was sent is verified), caller (who is logged in), "" where nothing shows whose account it is."""
    proof: Touch | None = None
    """Where the secret is looked up."""


def is_kept_password(name: str) -> bool:
    """Whether a field of this name holds what an account's password is compared with."""
    return _KEPT.search(words(name)) is not None


def _keeps(logins: Logins, name: str) -> bool:
    """Whether a field holds a password: by its name, or by being what logins verify."""
    return words(name) in logins.kept or is_kept_password(name)


def renewal(logins: Logins, row: Row) -> Renewal | None:
    """Where the endpoint replaces a password, the handler's own place first; `None` when it replaces none."""
    surface = row.surface
    if surface is None or row.purpose in ("registration", "creates an account"):
        return None
    if any(t.operation == "create" and any(_keeps(logins, n) for n in _names(t)) for t in surface.touches):
        return None
    for fid in logins.reached(row):
        instr, is_first = _set_in(logins, fid)
        if is_first:
            return None
        if instr is not None:
            right, proof = _right(row)
            if not right and _is_own(logins, fid, instr):
                right = "caller"
            return Renewal(*_innermost(logins, fid, instr), right, proof)
    return None


def _set_in(logins: Logins, fid: str) -> tuple[Instr | None, bool]:
    """Where a function sets a password, and whether that is an account's first one.

    Many endpoints lead to one function, and several checks ask for them all.
    """
    found = logins.passwords_set.get(fid)
    if found is None:
        found = None, False
        for instr in logins.origins.linker.code(fid):
            # Nothing else sets anything.
            if instr.op == Op.CALL or instr.op in _STORES:
                if _begins(logins, fid, instr):
                    found = instr, True
                    break
                if _replaces(logins, fid, instr):
                    found = instr, False
                    break
        logins.passwords_set[fid] = found
    return found


def _is_own(logins: Logins, fid: str, instr: Instr) -> bool:
    """Whether the record that changes is the caller's: `request.user.set_password(...)`, `save(me.id, x)`."""
    if instr.op == Op.CALL and any(
        atoms and all(is_caller(atom) or _is_handed(fid, atom) for atom in atoms)
        for atoms in (logins.origins.of(fid, value) for value in instr.args[1:])
    ):
        return True
    held = instr if instr.op in _STORES else logins.origins.view.definitions(fid).get(instr.args[0])
    return (
        held is not None
        and held.op in (*_STORES, Op.ATTR)
        and any(is_caller(atom) for atom in logins.origins.of(fid, held.args[0]))
    )


def _is_handed(fid: str, atom: Atom) -> bool:
    """A member of what a handler is given beside the request: `me["id"]` of whom a dependency has found."""
    return atom.kind == "parameter" and atom.name == fid and len(atom.path) > 1


def _innermost(logins: Logins, fid: str, instr: Instr) -> tuple[str, Instr]:
    """Where it is done for this endpoint alone: in the service that a handler hands everything to."""
    for _ in range(4):
        targets = logins.origins.targets(fid, instr) if instr.op == Op.CALL else ()
        if len(targets) != 1 or len(logins.naming.calls_of(targets[0])) != 1:
            break
        inner = next(
            (i for i in logins.origins.linker.code(targets[0]) if _replaces(logins, targets[0], i)), None
        )
        if inner is None:
            break
        fid, instr = targets[0], inner
    return fid, instr


def _names(touch: Touch) -> Iterator[str]:
    yield from (name for name, _ in touch.written)
    yield from touch.fields


def _begins(logins: Logins, fid: str, instr: Instr) -> bool:
    """`person.set_password(sent)` of an account that is made here: its first one."""
    callee = logins.origins.view.definitions(fid).get(instr.args[0]) if instr.op == Op.CALL else None
    named = callee is not None and callee.op == Op.ATTR and _SETS.match(words(callee.name))
    return callee is not None and bool(named) and _is_fresh(logins, fid, callee)


def _replaces(logins: Logins, fid: str, instr: Instr) -> bool:
    if instr.op in _STORES:
        name = instr.name if instr.op == Op.SETATTR else str(instr.value or "")
        if _keeps(logins, name):
            return _is_made(logins, fid, instr.args[-1]) and not _is_fresh(logins, fid, instr)
        return _is_hash(logins, fid, instr.args[-1]) and not _is_fresh(logins, fid, instr)
    if instr.op != Op.CALL:
        return False
    callee = logins.origins.view.definitions(fid).get(instr.args[0])
    if callee is not None and len(instr.args) > 1 and _SETS.match(words(callee.name)):
        if _IS_GIVEN.match(words(callee.name)) and len(instr.args) == 2 and callee.op == Op.ATTR:
            # `person.set_password(data["new"])`: a password, whatever it is called.
            return _is_made(logins, fid, instr.args[1])
        return any(logins.naming.is_called(fid, value, is_password) for value in instr.args[1:])
    touch = access_at(logins.origins, fid, instr)
    if touch is None and callee is not None and _WRITES.match(words(callee.name)):
        return any(_is_made(logins, fid, value) for value in _written_as_password(logins, fid, instr))
    if touch is None or touch.operation != "update":
        return False
    sent = any(_keeps(logins, name) and atoms for name, atoms in touch.written)
    return sent or any(_keeps(logins, name) for name in touch.fields) or _gives_hash(logins, fid, instr)


def _written_as_password(logins: Logins, fid: str, call: Instr) -> Iterator[int]:
    """Values that a call is given for a password's field: `people.update(id, {"password_hash": made})`."""
    for position, value in enumerate(call.args[1:]):
        if position < len(call.keys) and _keeps(logins, call.keys[position] or ""):
            yield value
        yield from _password_fields(logins, fid, value)


def _password_fields(logins: Logins, fid: str, value: int, depth: int = 0) -> Iterator[int]:
    found = logins.origins.resolved(fid, value)
    if found is None or found[0] != fid or found[1].op != Op.COLLECT:
        return
    for key, inner in zip(found[1].keys, found[1].args, strict=False):
        if _keeps(logins, key or ""):
            yield inner
        elif key in _HELD_IN and depth < 1:
            yield from _password_fields(logins, fid, inner, depth + 1)


def _gives_hash(logins: Logins, fid: str, instr: Instr) -> bool:
    """`db.update(users).set(hashed(password))`: the fields are what a function makes of a password."""
    pending, definitions = [*instr.args], logins.origins.view.definitions(fid)
    for _ in range(12):
        made = definitions.get(pending.pop()) if pending else None
        if made is None:
            continue
        if made.op == Op.CALL and _hashes(logins, fid, made):
            return True
        if made.op in (Op.CALL, Op.ATTR, Op.COLLECT, Op.AWAIT):
            pending.extend(made.args)
    return False


def _is_hash(logins: Logins, fid: str, value: int) -> bool:
    """Whether a value is what some function made of a password, whatever its field is called."""
    found = logins.origins.resolved(fid, value)
    if found is not None and found[1].op == Op.AWAIT:
        found = logins.origins.resolved(found[0], found[1].args[0])
    return found is not None and found[1].op == Op.CALL and _hashes(logins, *found)


def _hashes(logins: Logins, fid: str, call: Instr) -> bool:
    callee = logins.origins.view.definitions(fid).get(call.args[0])
    by_library = any(isinstance(row.concept, PasswordHash) for row in logins.origins.call_rows(fid, call))
    named = callee is not None and _MAKES.search(words(callee.name)) is not None
    return (by_library or named) and any(
        logins.naming.is_called(fid, value, is_password) for value in call.args[1:]
    )


def _is_made(logins: Logins, fid: str, value: int) -> bool:
    """Whether what is stored is a password or made of one, and no constant."""
    found = logins.origins.resolved(fid, value)
    if found is None or found[1].op == Op.CONST:
        return False
    return found[1].op in (Op.CALL, Op.AWAIT, Op.LOAD, Op.ATTR, Op.ITEM, Op.JOIN, Op.BINARY)


def _is_fresh(logins: Logins, fid: str, instr: Instr) -> bool:
    """Whether the object is made in the same function: a new account, or a map of what is sent on."""
    found = logins.origins.resolved(fid, instr.args[0])
    if found is None:
        return False
    if found[1].op in (Op.NEW, Op.COLLECT):
        return True
    callee = (
        logins.origins.view.definitions(found[0]).get(found[1].args[0]) if found[1].op == Op.CALL else None
    )
    return callee is not None and callee.op == Op.LOAD and callee.name[:1].isupper()


def _right(row: Row) -> tuple[str, Touch | None]:
    touches = row.surface.touches if row.surface is not None else ()
    for touch in touches:
        if is_one_time(touch) and any(is_open(atom) for _, atoms in touch.keys for atom in atoms):
            return "record", touch
    facts = row.surface.facts[row.surface.handler_start :] if row.surface is not None else ()
    keyed = (atom for touch in touches for _, atoms in touch.keys for atom in atoms)
    verified = (atom for fact in facts if fact.kind == "verify" for atom in fact.atoms)
    if any(_is_sent_token(atom) for atom in keyed):
        return "token", None
    if any(is_open(atom) for atom in verified):
        return "proof", None
    if any(is_caller(a) for t in touches for _, atoms in t.keys for a in atoms) or any(
        is_caller(atom) for touch in touches for atom in touch.subject
    ):
        return "caller", None
    return "", None


def _is_sent_token(atom: Atom) -> bool:
    """What a token says that was sent in a body or address, and verified."""
    return atom.kind == "verified" and any(is_open(inner) for _, inners in atom.keys for inner in inners)


def place(logins: Logins, one: Renewal) -> Span:
    """The statement that stores the password."""
    return logins.origins.span(one.fid, one.instr)
