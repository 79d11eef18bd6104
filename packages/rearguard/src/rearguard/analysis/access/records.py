"""Members of records that are set one by one, or all at once, before the record is saved."""

import re

from rearguard.analysis.access.atoms import Atom, Key, order, trimmed
from rearguard.analysis.access.filling import merged
from rearguard.analysis.access.generic import class_of
from rearguard.analysis.access.origins import RECEIVER, Origins
from rearguard.analysis.access.resources import ACCOUNT, Touch
from rearguard.analysis.access.written import fields_of
from rearguard.link import Kind
from rearguard.program import Instr, Op

COMMITS = frozenset(
    ["commit", "save", "flush", "add", "merge", "persist", "put", "bulk_save_objects", "save_all"]
)
_HOLD_ANYTHING = frozenset({"add", "merge", "put"})
"""Those of them that sets, maps and caches have too."""
_CONTAINER = re.compile(r"set$|map$|dict$|cache|queue|counter|list$", re.IGNORECASE)
_KEEPS = frozenset({"commit", "save", "flush", "persist"})
"""Those of them that mean nothing else."""
_ALL_AT_ONCE = frozenset({"commit", "flush", "bulk_save_objects", "save_all"})
"""Calls that keep whatever was changed before."""


def stored_writes(origins: Origins, fid: str, instr: Instr) -> Touch | None:
    """`order.status = value` on a loaded object, or on the caller's own record."""
    for atom in sorted(origins.of(fid, instr.args[0]), key=lambda a: (a.name, a.value, *order(a))):
        if not atom.exact or (atom.path and atom.kind != "parameter"):
            continue
        name = instr.name if instr.op == Op.SETATTR else str(instr.value or "*")
        written = trimmed(((name, origins.of(fid, instr.args[-1])),))
        span = origins.span(fid, instr)
        if atom.kind == "stored":
            return Touch(None, fid, atom.value, span, atom.name, "update", atom.keys, written, pending=True)
        if atom.kind == "principal":
            keys: tuple[Key, ...] = (("id", frozenset((atom,))),)
            return Touch(None, fid, instr.dst, span, ACCOUNT, "update", keys, written, pending=True)
        if atom.kind == "parameter" and len(atom.path) == 1 and _may_be_record(origins, fid, atom):
            # Whose record it is, only callers know.
            return Touch(
                None,
                fid,
                instr.dst,
                span,
                "",
                "update",
                (),
                written,
                subject=frozenset((atom,)),
                pending=True,
            )
    return None


def _may_be_record(origins: Origins, fid: str, atom: Atom) -> bool:
    """Whether a parameter may be a stored object, or a method's own object be one."""
    return atom.path[0] not in _NO_RECORDS or (atom.path == (RECEIVER,) and _is_record(origins, fid))


def _is_record(origins: Origins, fid: str) -> bool:
    """Whether a method may be a stored record's: its class extends a library's, and it is no constructor."""
    cid = class_of(origins, fid)
    if cid is None or fid.rpartition(".")[2] in ("__init__", "constructor"):
        return False
    return bool(origins.linker.table.make(Kind.CLASS, None, cid).names)


_NO_RECORDS = frozenset(
    {RECEIVER, "req", "request", "res", "response", "ctx", "context", "reply", "session", "c"}
)
"""Parameters whose members are no fields of something stored."""


_FILLS = frozenset({"assign", "extend", "merge", "defaults", "assignIn", "setattr"})
"""Functions that copy the members of later arguments into the first."""
_FILLED = frozenset(
    {"set", "update", "sqlmodel_update", "fill", "merge", "assign", "overwrite", "setAttributes", "build"}
)
"""Methods of records that take a map of new values."""


def filled(origins: Origins, fid: str, instr: Instr) -> Touch | None:
    """`Object.assign(user, req.body)`, `setattr(user, key, value)`, `user.set(req.body)`: a loaded object
    takes over members that the call does not name."""
    callee = origins.view.definitions(fid).get(instr.args[0])
    if callee is None or len(instr.args) < 2:
        return None
    named: tuple[Key, ...] = ()
    if callee.name in _FILLS and len(instr.args) > 2:
        target, *given = merged(origins, fid, instr)
        if callee.name == "setattr":
            named = _named(origins, fid, instr)
    elif callee.name in _FILLED and callee.op == Op.ATTR and not any(instr.keys):
        target, given = callee.args[0], [*instr.args[1:2]]
    else:
        return None
    written = list(named) or [
        entry
        for value in given
        for entry in fields_of(origins, fid, value)
        if entry[0] == "*" or callee.name != "setattr"
    ]
    own = [a for a in origins.of(fid, target) if a.kind == "principal" and a.exact and not a.path]
    if own and given and _is_saved(origins, fid, target):
        mine: tuple[Key, ...] = (("id", frozenset(own)),)
        return Touch(
            None,
            fid,
            instr.dst,
            origins.span(fid, instr),
            ACCOUNT,
            "update",
            mine,
            trimmed(written),
            pending=True,
        )
    for atom in sorted(origins.of(fid, target), key=order):
        if atom.kind == "stored" and atom.exact and (not atom.path or atom.path == ("__dict__",)) and written:
            span = origins.span(fid, instr)
            return Touch(
                None, fid, instr.dst, span, atom.name, "update", atom.keys, trimmed(written), pending=True
            )
    return _handed_in(origins, fid, instr, target, written)


def _named(origins: Origins, fid: str, instr: Instr) -> tuple[Key, ...]:
    """The fields that `setattr(user, name, data[name])` sets, where a list written out names them."""
    refs = origins.linker.refs[fid][instr.args[2]]
    names = [ref.step for ref in refs if ref.kind is Kind.CONST and isinstance(ref.step, str)]
    if not names or len(names) < len(refs):
        return ()
    given = origins.of(fid, instr.args[3]) if len(instr.args) > 3 else frozenset()
    return tuple(
        (
            name,
            frozenset(a._replace(path=(*a.path[:-1], name)) if a.path[-1:] == ("*",) else a for a in given),
        )
        for name in names
    )


def _handed_in(origins: Origins, fid: str, instr: Instr, target: int, written: list[Key]) -> Touch | None:
    """The same of a record that is a parameter: whose it is, and which, only callers know."""
    records = [
        atom
        for atom in origins.of(fid, target)
        if atom.kind == "parameter" and atom.exact and len(atom.path) == 1
        if _may_be_record(origins, fid, atom)
    ]
    if not records or not written:
        return None
    return Touch(
        None,
        fid,
        instr.dst,
        origins.span(fid, instr),
        "",
        "update",
        (),
        trimmed(written),
        subject=frozenset(records),
        pending=True,
    )


def saves(origins: Origins, fid: str, call: Instr) -> bool:
    """Whether a call keeps what was changed, itself or in the function of the project that it runs:
    `order.save_to_db()`."""
    callee = origins.view.definitions(fid).get(call.args[0]) if call.op == Op.CALL else None
    if callee is None:
        return False
    if callee.name in _HOLD_ANYTHING:
        return _is_handed_a_record(origins, fid, call, callee)
    if callee.name in COMMITS:
        return True
    run = origins.runs(fid, call)
    if run or callee.op != Op.ATTR:
        return any(_commits(origins, target) for target in run)
    named = [target for _, target in origins.methods_named(callee.name)]
    return bool(named) and all(_commits(origins, target) for target in named)


def _is_handed_a_record(origins: Origins, fid: str, call: Instr, callee: Instr) -> bool:
    """Whether a call keeps a whole record, as `session.add(order)` and `order.put()` do, and does not put
    something into a set: `seen.add(order.id)`."""
    held = origins.resolved(fid, callee.args[0]) if callee.op == Op.ATTR else None
    if held is not None and (
        held[1].op == Op.COLLECT or (held[1].op in (Op.CALL, Op.NEW) and _makes_container(origins, *held))
    ):
        return False
    given = (*call.args[1:], *(callee.args[:1] if callee.op == Op.ATTR and callee.name == "put" else ()))
    for value in given:
        made = origins.resolved(fid, value)
        if made is not None and made[1].op in (Op.CALL, Op.NEW) and origins.makes(*made):
            return True
    return any(
        atom.exact and (not atom.path or (atom.kind == "parameter" and len(atom.path) == 1))
        for value in given
        for atom in origins.of(fid, value)
        if atom.kind in ("stored", "principal", "parameter")
    )


def _makes_container(origins: Origins, fid: str, call: Instr) -> bool:
    made = origins.view.definitions(fid).get(call.args[0])
    return made is not None and _CONTAINER.search(made.name) is not None


def _commits(origins: Origins, fid: str) -> bool:
    """Whether a function calls something that keeps changes."""
    definitions = origins.view.definitions(fid)
    called = (definitions.get(call.args[0]) for call in origins.linker.contents(fid).calls)
    return any(callee is not None and callee.name in _KEEPS for callee in called)


def is_kept(origins: Origins, fid: str, instr: Instr, touch: Touch) -> bool:
    """Whether a function that saves something saves the record whose member it sets."""
    if touch.resource not in (ACCOUNT, ""):
        return True
    return _is_saved(origins, fid, instr.args[0])


def _is_saved(origins: Origins, fid: str, value: int) -> bool:
    record = _identities(origins, fid, value)
    definitions = origins.view.definitions(fid)
    for call in origins.linker.code(fid):
        callee = definitions.get(call.args[0]) if call.op == Op.CALL else None
        if callee is None or not saves(origins, fid, call):
            continue
        saved = (*call.args[1:], *(callee.args[:1] if callee.op == Op.ATTR else ()))
        if callee.name in _ALL_AT_ONCE or any(record & _identities(origins, fid, value) for value in saved):
            return True
    return False


def _identities(origins: Origins, fid: str, value: int) -> set[tuple[object, ...]]:
    """What makes two values the same record, wherever they were read."""
    return {(a.kind, a.name, a.path, a.fid, a.value) for a in origins.of(fid, value) if a.exact}


__all__ = ["filled", "is_kept", "saves", "stored_writes"]
