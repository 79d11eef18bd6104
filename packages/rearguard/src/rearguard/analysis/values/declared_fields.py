"""What the fields of a form or serializer let through, by what its class declares them with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rearguard.analysis.values.domain import HARMFUL
from rearguard.analysis.values.narrowing import bits
from rearguard.analysis.values.patterns import safe_contexts
from rearguard.analysis.values.shapes import Shape
from rearguard.link import function_id
from rearguard.link.refs import Kind
from rearguard.models.concepts import TEXT, Context, FieldKind
from rearguard.models.view import ValueView
from rearguard.program import MODULE_BODY, Instr, Op

if TYPE_CHECKING:
    from rearguard.analysis.values.regions import Regions

__all__ = ["shape_of_form", "shape_of_instance", "shape_of_parser"]

_NAMED_BY_VIEW = ("form_class", "serializer_class", "schema")
"""How a view says of which class the forms are that it is handed."""
_NUMBERS = ("int", "float", "bool")
_JUDGES = ("clean", "validate")
"""How methods of forms and of serializers begin that judge one field."""
_DEPTH = 3
"""Forms within forms that are looked through."""


def shape_of_form(run: Regions, instr: Instr) -> Shape | None:
    """The shape of `form.cleaned_data`, or of the one field that `form.age.data` reads."""
    receiver = instr.args[0]
    forms = _classes(run, receiver)
    if forms:
        return _shape(run, forms, 0)
    field = run.program.definitions(run.fid).get(receiver)
    if field is None or field.op != Op.ATTR:
        return _shape(run, tuple(_of_view(run)), 0)
    whole = shape_of_instance(run, field.args[0])
    return dict(whole.fields).get(field.name) if whole is not None else None


def shape_of_instance(run: Regions, number: int) -> Shape | None:
    """The shape that a schema, an instance of a class of the project's own, lets through."""
    return _shape(run, _classes(run, number), 0)


def shape_of_parser(run: Regions, instr: Instr) -> Shape | None:
    """The shape of `parser.parse_args()`, by the arguments that the parser was told of where it is made."""
    callee = run.program.definitions(run.fid).get(instr.args[0])
    parser = (
        run.program.definitions(run.fid).get(callee.args[0]) if callee is not None and callee.args else None
    )
    if parser is None or parser.op != Op.LOAD:
        return None
    function = run.linker.functions[run.fid]
    home = (
        run.fid if parser.name in function.locals else function_id(run.linker.module_of[run.fid], MODULE_BODY)
    )
    definitions = run.program.definitions(home)
    fields: dict[str, Shape] = {}
    for call in run.linker.contents(home).calls:
        added = definitions.get(call.args[0])
        base = definitions.get(added.args[0]) if added is not None and added.args else None
        if added is None or added.name != "add_argument" or base is None or base.name != parser.name:
            continue
        name = ValueView(run.program.view, home, call.args[1]).text if len(call.args) > 1 else None
        given = dict(zip(call.keys, call.args[1:], strict=False))
        kind = definitions.get(given["type"]) if "type" in given else None
        cast = kind is not None and kind.op == Op.LOAD and kind.name in _NUMBERS
        if name and (cast or "choices" in given):
            fields[name] = Shape(bits(TEXT))
    return Shape(0, tuple(fields.items())) if fields else None


def _classes(run: Regions, number: int) -> tuple[str, ...]:
    """Classes of the project's own that a value may be an object of."""
    return tuple(
        ref.base.id
        for ref in run.refs[number]
        if ref.kind is Kind.INSTANCE and ref.base is not None and ref.base.kind is Kind.CLASS
    )


def _of_view(run: Regions) -> Iterator[str]:
    """The class that the view names whose method this is."""
    function = run.linker.functions[run.fid]
    if not function.owner:
        return
    cid = f"{run.linker.module_of[run.fid]}::{function.owner}"
    for home, made in _stored(run, cid):
        if made.name in _NAMED_BY_VIEW:
            yield from ValueView(run.program.view, home, made.args[0]).classes[:1]
            return


def _stored(run: Regions, cid: str) -> Iterator[tuple[str, Instr]]:
    """What the bodies of a class and of its bases give names to, the class's own first."""
    for home in run.linker.lineage(cid):
        if home in run.linker.functions:
            yield from ((home, instr) for instr in run.linker.code(home) if instr.op == Op.STORE)


def _shape(run: Regions, classes: tuple[str, ...], depth: int) -> Shape | None:
    """What a class lets through; of several, any of which may be meant, nothing is known."""
    fields: dict[str, Shape] = {}
    for cid in classes if len(classes) == 1 else ():
        for home, stored in _stored(run, cid):
            if stored.name not in fields:
                shape = _of_field(run, home, stored.args[0], depth)
                if shape is not None:
                    fields[stored.name] = shape
        for name, shape in _of_model(run, cid):
            fields.setdefault(name, shape)
        for name, safe in _cleaned(run, cid):
            held = fields.get(name, Shape())
            fields[name] = Shape(held.safe | safe, held.fields)
    return Shape(0, tuple(fields.items())) if fields else None


def _cleaned(run: Regions, cid: str) -> Iterator[tuple[str, int]]:
    """Fields that a method of the class judges by itself, `clean_phone`, with what it gives back proves."""
    seen: set[str] = set()
    for home in run.linker.lineage(cid):
        path, _, qualified = home.rpartition("::")
        cls = run.linker.modules[path].classes.get(qualified)
        for name, method in cls.methods.items() if cls is not None else ():
            judges, _, field = name.partition("_")
            if judges not in _JUDGES or not field or field in seen:
                continue
            seen.add(field)
            summary = run.program.summary(function_id(path, method))
            if summary is None or summary.returns is None:
                continue
            harm = 0
            for _, left in summary.origins.fields(summary.returns.deep()):
                harm |= left
            yield field, ~harm & HARMFUL


def _of_field(run: Regions, home: str, number: int, depth: int) -> Shape | None:
    """What the call that declares a field lets through; `None` for what declares none."""
    made = run.program.definitions(home).get(number)
    if made is None or made.op not in (Op.CALL, Op.NEW):
        return None
    for row in run.program.value_rows(run.linker.refs[home][number]):
        concept = row.concept
        if not isinstance(concept, FieldKind):
            continue
        if concept.harmless or (concept.choices and concept.choices in made.keys):
            return Shape(bits(TEXT))
        if concept.upload:
            return Shape(bits((Context.PATH, Context.SEGMENTS, Context.CLIMB)))
        return Shape(_by_pattern(run, home, made, concept) | _by_validators(run, home, made))
    inner = ValueView(run.program.view, home, number).classes[:1] if depth < _DEPTH else ()
    return _shape(run, inner, depth + 1)


def _by_pattern(run: Regions, home: str, made: Instr, concept: FieldKind) -> int:
    patterns, _ = run.program.selected(made, concept.pattern) if concept.pattern else ((), ())
    text = next((ValueView(run.program.view, home, given).text for given in patterns), None)
    return bits(safe_contexts(text, False)) if text is not None else 0


def _by_validators(run: Regions, home: str, made: Instr) -> int:
    """What the validators of a field prove that are patterns."""
    given = dict(zip(made.keys, made.args[1:], strict=False)).get("validators")
    safe = 0
    for element in ValueView(run.program.view, home, given).elements() if given is not None else ():
        instr = element.instr
        for row in run.program.value_rows(element.refs) if instr is not None and element.fid == home else ():
            if isinstance(row.concept, FieldKind) and instr is not None:
                safe |= _by_pattern(run, home, instr, row.concept)
    return safe


def _of_model(run: Regions, cid: str) -> Iterator[tuple[str, Shape]]:
    """Columns of the model that a form or serializer is made from."""
    for home in run.linker.lineage(cid):
        for inner, stored in _stored(run, f"{home}.Meta"):
            if stored.name != "model":
                continue
            for model in ValueView(run.program.view, inner, stored.args[0]).classes[:1]:
                for owner, column in _stored(run, model):
                    shape = _of_field(run, owner, column.args[0], _DEPTH)
                    if shape is not None:
                        yield column.name, shape
            return
