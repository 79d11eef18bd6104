"""Forms and serializers of a model: saving one stores an object, or changes the one that it was made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rearguard.analysis.access.atoms import Atom, Atoms, Key, order, trimmed
from rearguard.analysis.access.holders import only_class
from rearguard.analysis.access.resource_names import resource_name
from rearguard.program import Instr, Op

if TYPE_CHECKING:
    from rearguard.analysis.access.origins import Origins
    from rearguard.analysis.access.resources import Touch


def by_form(origins: Origins, fid: str, instr: Instr) -> Touch | None:
    """`ProfileForm(request.POST, instance=profile).save()`."""
    from rearguard.analysis.access.resources import Touch

    callee = origins.view.definitions(fid).get(instr.args[0]) if instr.op == Op.CALL else None
    if callee is None or callee.op != Op.ATTR or callee.name != "save":
        return None
    cid = only_class(origins, fid, callee.args[0])
    model = _model(origins, cid) if cid else ""
    made = origins.resolved(fid, callee.args[0]) if model else None
    if made is None or made[1].op not in (Op.CALL, Op.NEW):
        return None
    span = origins.span(fid, instr)
    body = Atom("input", "body", (), span, fid, bound="schema")
    written: list[Key] = [("", frozenset((body,)))]
    for name, value in zip(instr.keys, instr.args[1:], strict=False):
        if name and name not in ("*", "**", "commit"):
            written.append((name, origins.of(fid, value)))
    held = _instance(origins, *made)
    if held is None:
        return Touch(None, fid, instr.dst, span, model, "create", (), trimmed(written))
    return Touch(None, fid, instr.dst, span, model, "update", _keys(held), trimmed(written))


def _instance(origins: Origins, fid: str, made: Instr) -> Atoms | None:
    """What a form or serializer is made of, when it is an object that is there already."""
    named = dict(zip(made.keys, made.args[1:], strict=False)) if made.keys else {}
    value = named.get("instance")
    if value is None and "data" in named and made.keys[0] is None:
        value = made.args[1]
    return origins.of(fid, value) if value is not None else None


def _keys(held: Atoms) -> tuple[Key, ...]:
    """What identifies the object: what it was loaded by, or the caller whose it is."""
    for atom in sorted(held, key=order):
        if atom.kind == "stored" and not atom.path:
            return trimmed(atom.keys)
        if atom.kind == "principal":
            return (("id" if not atom.path else "user", frozenset((atom._replace(path=()),))),)
    return ()


def _model(origins: Origins, cid: str) -> str:
    """The model that a class's inner `Meta` names."""
    for current in origins.linker.lineage(cid):
        meta = f"{current}.Meta"
        stores = origins.linker.contents(meta).stores if meta in origins.linker.functions else {}
        for store in stores.get("model", ()):
            return resource_name(origins, meta, store.args[0])
    return ""


__all__ = ["by_form"]
