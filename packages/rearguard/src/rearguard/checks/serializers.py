"""Forms and serializers of a model, and which of its fields they take, as their inner `Meta` class says."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rearguard.analysis import ValueView
from rearguard.analysis.access.resources import normal
from rearguard.checks.base import Context
from rearguard.program import Function, Op, Span

_ALL = "__all__"
_EDITS = re.compile(r"\b(?:Create|Update)View$")
"""Classes to extend that make a form of a model's fields themselves."""
_READ_ONLY = re.compile(r"\b(\w+)\s*=\s*[\w.]+\((?:[^()]|\([^()]*\))*?read_only\s*=\s*True")
"""A field that is declared itself and can only be read."""


@dataclass(frozen=True, slots=True)
class Serializer:
    """One class whose `Meta` names a model and fields."""

    name: str
    model: str
    span: Span
    """Where `fields` is said."""
    writes: bool
    """Whether requests are written through it, as far as its kind tells: forms do, serializers may."""
    is_account: bool
    fields: tuple[str, ...]
    """Names that are listed; empty when all are taken."""
    is_read: bool
    """Whether answers are made with it, as far as its kind tells."""
    text: str
    """Source of the class."""
    cid: str
    read_only: frozenset[str]
    """Names among the fields that requests cannot write."""
    left_out: tuple[str, ...] = ()
    """Names that are left out, where all others are taken."""
    is_view: bool = False
    """Whether it is a view that makes its form itself: `fields` of an editing view."""

    @property
    def written(self) -> tuple[str, ...]:
        """Fields that are listed and that requests write."""
        return tuple(name for name in self.fields if name not in self.read_only)

    @property
    def takes_all(self) -> bool:
        """Whether it takes every field of the model."""
        return not self.fields and not self.left_out


def serializers(context: Context) -> Iterator[Serializer]:
    """Every such class of the program."""
    for path, module in context.view.linker.modules.items():
        for name in module.classes:
            body = module.functions.get(name)
            outer, _, last = name.rpartition(".")
            is_view = any(_EDITS.search(text) for text in module.classes[name].base_texts)
            if (is_view or (last == "Meta" and outer in module.classes)) and body is not None:
                found = _read(context, path, name if is_view else outer, body, is_view)
                if found is not None:
                    yield found


def is_of_admin(context: Context, form: Serializer) -> bool:
    """Whether a form is named by classes of Django's admin alone, which operators see: `form = MemberForm`."""
    users = [
        (path, fid)
        for path, module in context.view.linker.modules.items()
        for name in module.functions
        for fid in (f"{path}::{name}",)
        if any(
            instr.op == Op.LOAD and form.cid in ValueView(context.view, fid, instr.dst).classes
            for instr in context.view.linker.code(fid)
        )
    ]
    return bool(users) and all(_is_admin(context, path, fid) for path, fid in users)


def _is_admin(context: Context, path: str, fid: str) -> bool:
    cls = context.view.linker.modules[path].classes.get(fid.rpartition("::")[2])
    return cls is not None and any(text.endswith("Admin") for text in cls.base_texts)


def _read(context: Context, path: str, outer: str, body: Function, is_view: bool) -> Serializer | None:
    model, place = "", None
    listed: tuple[str, ...] = ()
    read_only: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    fid = f"{path}::{body.name}"
    definitions = context.view.definitions(fid)
    for instr in context.view.linker.code(fid):
        if instr.op != Op.STORE:
            continue
        value = definitions.get(instr.args[0])
        if instr.name == "fields" and value is not None and value.op == Op.CONST and value.value == _ALL:
            place = Span(path, instr.start, instr.end)
        elif instr.name == "exclude":
            left_out = _texts(ValueView(context.view, fid, instr.args[0]))
            place = Span(path, instr.start, instr.end)
        elif instr.name == "fields":
            listed = _texts(ValueView(context.view, fid, instr.args[0]))
            place = Span(path, instr.start, instr.end) if listed else place
        if instr.name == "read_only_fields":
            read_only = _texts(ValueView(context.view, fid, instr.args[0]))
        if instr.name == "model" and value is not None:
            classes = ValueView(context.view, fid, instr.args[0]).classes
            model = classes[0].rpartition("::")[2].rpartition(".")[2] if classes else value.name
    if place is None or not model:
        return None
    cls = context.view.linker.modules[path].classes[outer]
    bases = "Form" if is_view else " ".join(cls.base_texts)
    source = context.sources.get(path)
    text = source.slice(cls.start, cls.end) if source is not None else ""
    return Serializer(
        outer,
        model,
        place,
        "Form" in bases or "Serializer" in bases,
        normal(model) in context.matrix.accounts,
        listed,
        "Serializer" in bases,
        text,
        f"{path}::{outer}",
        frozenset((*read_only, *(match[1] for match in _READ_ONLY.finditer(text)))),
        left_out,
        is_view,
    )


def _texts(value: ValueView) -> tuple[str, ...]:
    """The texts of a list or tuple that is written out."""
    return tuple(one.text for one in value.elements() if one.text is not None)
