"""Forms and serializers of a model: saving one keeps what the client sent in the fields that it lists."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rearguard.analysis.values.columns import columns, takes_text
from rearguard.analysis.values.domain import INPUT_BITS, SourceRead
from rearguard.analysis.values.kinds import stem_of
from rearguard.models.view import ValueView
from rearguard.program import Instr, Op, Span

if TYPE_CHECKING:
    from rearguard.analysis.values.program import ValueProgram
    from rearguard.analysis.values.regions import Regions

__all__ = ["kind_of_view", "note_model_forms"]

_FORM, _SERIALIZER = re.compile(r"Form\b"), re.compile(r"Serializer\b")
_WRITING_VIEW = re.compile(r"\bModelViewSet|Create|Update")
"""Classes to extend that store what their serializer was given."""
_ALL = "__all__"
_READ_ONLY = ("id", "pk")
_CHOSEN_FROM = ("queryset", "model")
"""Attributes by which a view says what its objects are chosen from."""


def note_model_forms(program: ValueProgram) -> None:
    """Note the fields of stored objects that forms and serializers of the program write."""
    written: frozenset[str] | None = None
    for path, module in program.view.linker.modules.items():
        for name in module.classes:
            if _WRITING_VIEW.search(" ".join(module.classes[name].base_texts)) and name in module.functions:
                # A view that makes its form itself, of the fields that it lists.
                if {"model", "fields"} <= set(program.view.linker.contents(f"{path}::{name}").stores):
                    _note(program, f"{path}::{name}")
                continue
            outer, _, last = name.rpartition(".")
            if last != "Meta" or outer not in module.classes or name not in module.functions:
                continue
            bases = " ".join(module.classes[outer].base_texts)
            if _FORM.search(bases):
                _note(program, f"{path}::{name}")
            elif _SERIALIZER.search(bases):
                written = _written(program) if written is None else written
                if f"{path}::{outer}" in written:
                    _note(program, f"{path}::{name}")


def _written(program: ValueProgram) -> frozenset[str]:
    """Serializers that are given data, by a call or by a view that stores."""
    linker = program.view.linker
    found: set[str] = set()
    for fid in linker.functions:
        path, _, name = fid.partition("::")
        declared = linker.modules[path].classes.get(name) if path in linker.modules else None
        if declared is not None:
            if _WRITING_VIEW.search(" ".join(declared.base_texts)):
                for store in linker.contents(fid).stores.get("serializer_class", ()):
                    found.update(ValueView(program.view, fid, store.args[0]).classes)
            continue
        for instr in linker.contents(fid).calls:
            if "data" in instr.keys:
                found.update(ValueView(program.view, fid, instr.args[0]).classes)
    return frozenset(found)


def _note(program: ValueProgram, meta: str) -> None:
    stores = program.view.linker.contents(meta).stores
    held = {name: found[-1] for name, found in stores.items() if found}
    if "model" not in held:
        return
    value = ValueView(program.view, meta, held["model"].args[0])
    cid = value.classes[0] if value.classes else ""
    made = program.definitions(meta).get(held["model"].args[0])
    model = cid.rpartition("::")[2].rpartition(".")[2] or (made.name if made is not None else "")
    read_only = (*_READ_ONLY, *_texts(program, meta, held.get("read_only_fields")))
    for name in _fields(program, meta, held, cid):
        if name not in read_only and (not cid or takes_text(program, cid, name)):
            path, place = meta.partition("::")[0], held["model"]
            source = SourceRead("request", "body", Span(path, place.start, place.end), meta, (name,))
            program.kept.setdefault(name, {})[(stem_of(model), source)] = INPUT_BITS


def _fields(program: ValueProgram, meta: str, held: dict[str, Instr], cid: str) -> Iterator[str]:
    listed = held.get("fields")
    if listed is not None:
        made = program.definitions(meta).get(listed.args[0])
        if made is None or made.op != Op.CONST or made.value != _ALL:
            yield from _texts(program, meta, listed)
            return
    left_out = _texts(program, meta, held.get("exclude"))
    yield from (name for name in columns(program, cid) if name not in left_out)


def _texts(program: ValueProgram, meta: str, store: Instr | None) -> tuple[str, ...]:
    if store is None:
        return ()
    elements = ValueView(program.view, meta, store.args[0]).elements()
    return tuple(one.text for one in elements if one.text is not None)


def kind_of_view(run: Regions, instr: Instr, callee: Instr) -> str | None:
    """What kind of objects `self.get_object()` gives, where the view's class says what it chooses from."""
    owner, receiver = run.linker.functions[run.fid].owner, run.definitions.get(callee.args[0])
    if not owner or callee.name != "get_object" or receiver is None or receiver.op != Op.LOAD:
        return None
    if receiver.name != run.linker.functions[run.fid].receiver:
        return None
    for cid in run.linker.lineage(f"{run.path}::{owner}"):
        stores = run.linker.contents(cid).stores if cid in run.linker.functions else {}
        for name in _CHOSEN_FROM:
            for store in stores.get(name, ()):
                return _first_name(run.program, cid, store.args[0])
    return None


def _first_name(program: ValueProgram, fid: str, number: int) -> str:
    """The name that a chain begins with: `Hook` of `Hook.objects.filter(...)`."""
    definitions = program.definitions(fid)
    made = definitions.get(number)
    while made is not None and made.op in (Op.CALL, Op.ATTR) and made.args:
        made = definitions.get(made.args[0])
    return made.name.lower() if made is not None and made.op == Op.LOAD else ""
