"""Forms and serializers that take all fields of a model, as their inner `Meta` class says."""

from collections.abc import Iterator
from dataclasses import dataclass

from rearguard.analysis import ValueView
from rearguard.analysis.access.principals import USER_WORDS
from rearguard.analysis.access.resources import normal
from rearguard.checks.base import Context
from rearguard.program import Function, Op, Span

_ALL = "__all__"


@dataclass(frozen=True, slots=True)
class Serializer:
    """One class whose `Meta` names a model and all its fields."""

    name: str
    model: str
    span: Span
    """`fields = '__all__'`."""
    writes: bool
    """Whether requests are written through it, as far as its kind tells: forms do, serializers may."""
    is_account: bool


def serializers(context: Context) -> Iterator[Serializer]:
    """Every such class of the program."""
    for path, module in context.view.linker.modules.items():
        for name in module.classes:
            body = module.functions.get(name)
            outer, _, last = name.rpartition(".")
            if last == "Meta" and outer in module.classes and body is not None:
                found = _read(context, path, outer, body)
                if found is not None:
                    yield found


def _read(context: Context, path: str, outer: str, body: Function) -> Serializer | None:
    model, place = "", None
    fid = f"{path}::{body.name}"
    definitions = context.view.definitions(fid)
    for instr in context.view.linker.code(fid):
        if instr.op != Op.STORE:
            continue
        value = definitions.get(instr.args[0])
        if instr.name == "fields" and value is not None and value.op == Op.CONST and value.value == _ALL:
            place = Span(path, instr.start, instr.end)
        if instr.name == "model" and value is not None:
            classes = ValueView(context.view, fid, instr.args[0]).classes
            model = classes[0].rpartition("::")[2].rpartition(".")[2] if classes else value.name
    if place is None or not model:
        return None
    bases = " ".join(context.view.linker.modules[path].classes[outer].base_texts)
    is_form = "Form" in bases
    return Serializer(outer, model, place, is_form or "Serializer" in bases, normal(model) in USER_WORDS)
