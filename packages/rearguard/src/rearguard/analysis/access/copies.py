"""Maps made from what is at hand: `dict(row)`, `SimpleCookie(header)`, `{k: v for k, v in jar.items()}`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rearguard.analysis.access.atoms import Atoms, made_of, under, union
from rearguard.program import Instr, Op

if TYPE_CHECKING:
    from rearguard.analysis.access.origins import Origins

__all__ = ["by_key", "copied"]

_JARS = frozenset(("SimpleCookie", "BaseCookie"))
"""Classes that take a `Cookie` header apart, into objects with a `value` each."""
_FORMS = frozenset(("parse_qs", "parse_qsl"))
"""Functions that take a query apart (`urllib.parse`)."""
_MAX_STEPS = 6

_Path = tuple[str, ...]


def copied(origins: Origins, fid: str, instr: Instr, path: _Path) -> Atoms | None:
    """What is under a path of `dict(row)`, or of the cookies in a header; `None` for another call."""
    callee = origins.view.definitions(fid).get(instr.args[0])
    if callee is None or not instr.args[1:] or instr.keys[:1] not in ((), (None,)):
        return None
    if callee.op == Op.LOAD and any(
        ref.id == "builtins.dict" for ref in origins.linker.refs[fid][callee.dst]
    ):
        named = [value for key, value in zip(instr.keys, instr.args[1:], strict=False) if path[:1] == (key,)]
        if named:
            return union(origins.of(fid, value, path[1:]) for value in named)
        given = origins.view.definitions(fid).get(instr.args[1])
        if given is not None and given.op == Op.COLLECT and given.name != "dict":
            # `dict((key, value) for ...)`: pairs, of which none stands under its key.
            return None
        return origins.of(fid, instr.args[1], path)
    last = callee.name or str(callee.value)
    if last in _FORMS:
        return _of_form(origins, fid, instr, path)
    if len(instr.args) == 2 and last in _JARS:
        held = origins.of(fid, instr.args[1])
        read = [atom for atom in held if atom.kind in ("input", "credential")]
        if not read:
            return None
        if not path:
            return made_of(held)
        path = path[:-1] if len(path) > 1 and path[-1] == "value" else path
        whole = (atom._replace(name="cookies", path=(), exact=True) for atom in read)
        return union(
            frozenset((origins.source(atom.name, path, atom.span, atom.fid),))
            if atom.span is not None and "*" not in path
            else under(frozenset((atom,)), path)
            for atom in whole
        )
    return None


def _of_form(origins: Origins, fid: str, instr: Instr, path: _Path) -> Atoms | None:
    """A field of a query or a form: `parse_qs(body)["name"][0]`."""
    held = made_of(origins.of(fid, instr.args[1]))
    if not path or path[0] == "*" or not any(atom.kind == "input" for atom in held):
        return None
    return frozenset(
        atom._replace(path=path[:1], exact=True) if atom.kind == "input" and not atom.path else atom
        for atom in held
    )


def by_key(origins: Origins, fid: str, instr: Instr, path: _Path) -> Atoms | None:
    """What is under a key of `{k: m.value for k, m in jar.items()}`, which has the keys of `jar`; `None` for
    another map."""
    pushed = [i.args[1] for i in origins.linker.code(fid) if i.op == Op.PUSH and i.args[0] == instr.dst]
    if len(pushed) != 2:
        return None
    keyed, valued = (_looped(origins, fid, value) for value in pushed)
    if keyed is None or valued is None or keyed[0] != valued[0] or (keyed[1], valued[1]) != (0, 1):
        return None
    found = origins.of(fid, keyed[0], path[:1])
    return found if valued[2] else made_of(found)


def _looped(origins: Origins, fid: str, value: int) -> tuple[int, int, bool] | None:
    """The map whose `items()` a loop takes a value from, whether that is the key or the entry, and if it is
    handed on as it is."""
    definitions, plain = origins.view.definitions(fid), True
    for _ in range(_MAX_STEPS):
        instr = definitions.get(value)
        if instr is None:
            return None
        if instr.op == Op.LOAD:
            stores = origins.stores(fid, instr)
            if len(stores) != 1:
                return None
            value = next(iter(stores))
            continue
        if instr.op == Op.ITEM and instr.value in (0, 1):
            taken = definitions.get(instr.args[0])
            if taken is not None and taken.op == Op.ITER:
                called = definitions.get(taken.args[0])
                listed = (
                    definitions.get(called.args[0]) if called is not None and called.op == Op.CALL else None
                )
                if listed is None or listed.op != Op.ATTR or listed.name != "items":
                    return None
                return listed.args[0], int(instr.value), plain
        if instr.op == Op.CALL:
            callee = definitions.get(instr.args[0])
            inner = callee.args[0] if callee is not None and callee.op == Op.ATTR else -1
            value, plain = (instr.args[1] if len(instr.args) == 2 and inner < 0 else inner), False
        elif instr.op in (Op.ATTR, Op.ITEM):
            plain = plain and (instr.name == "value" or instr.value in (0, -1))
            value = instr.args[0]
        else:
            return None
    return None
