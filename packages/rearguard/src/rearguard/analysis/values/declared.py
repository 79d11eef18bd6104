"""What a checked class's declaration proves of its fields: their types, patterns and validators."""

from collections.abc import Iterator

from rearguard.analysis.values.domain import HARMFUL, Port
from rearguard.analysis.values.narrowing import bits
from rearguard.analysis.values.patterns import safe_contexts
from rearguard.analysis.values.program import ValueProgram
from rearguard.link import function_id
from rearguard.models.concepts import TEXT, CheckedFields, FieldCheck, PatternTest, Sanitizer
from rearguard.models.python.annotations import harmless_kind
from rearguard.models.view import ValueView
from rearguard.program import Field, Op

_PATTERNS = ("pattern", "regex")
_DEPTH = 4
"""Calls inside an annotation that are looked through: `Annotated[str, Field(pattern=...)]`."""


def proven(program: ValueProgram, fid: str, name: str, path: tuple[str, ...]) -> int:
    """Bit set of the contexts in which `name.path` of a parameter is safe by what its class declares."""
    _, annotation = program.view.parameter(fid, name)
    classes = annotation.classes if annotation is not None else ()
    safe = 0
    for key in path:
        found: list[str] = []
        for cid in classes[:1]:
            if not _is_checked(program, cid):
                return safe
            for home, field in _declarations(program, cid, key):
                safe |= _by_declaration(program, home, field)
                if field.annotation >= 0:
                    found.extend(ValueView(program.view, home, field.annotation).classes)
                break
            safe |= _by_validators(program, cid, key)
        classes = tuple(found)
    return safe


def proven_by_decorators(program: ValueProgram, fid: str, name: str, path: tuple[str, ...]) -> int:
    """The same for a class whose fields carry decorators that a validating framework asks for."""
    _, annotation = program.view.parameter(fid, name)
    classes = annotation.classes if annotation is not None else ()
    for key in path:
        found: list[str] = []
        for cid in classes[:1]:
            for home, field in _declarations(program, cid, key):
                safe = _by_decorators(program, home, field)
                if safe:
                    return safe
                if field.annotation >= 0:
                    found.extend(ValueView(program.view, home, field.annotation).classes)
                break
        classes = tuple(found)
    return 0


def _by_decorators(program: ValueProgram, home: str, field: Field) -> int:
    safe = 0
    for number in field.decorators:
        instr = program.definitions(home).get(number)
        if instr is None or instr.op not in (Op.CALL, Op.NEW):
            continue
        for row in program.value_rows(program.linker.refs[home][number]):
            if isinstance(row.concept, Sanitizer):
                safe |= bits(row.concept.contexts)
        for row in program.rows(program.linker.refs[home][instr.args[0]]):
            if isinstance(row.concept, PatternTest):
                for given in program.arguments(instr, row, -1):
                    text = ValueView(program.view, home, given).text
                    safe |= bits(safe_contexts(text, False)) if text is not None else 0
    return safe


def _is_checked(program: ValueProgram, cid: str) -> bool:
    values = program.models.families[program.family(cid)].values
    for current in program.linker.lineage(cid):
        for base in program.linker.bases.get(current, ()):
            if any(isinstance(row.concept, CheckedFields) for n in base.names for row in values.get(n, ())):
                return True
    return False


def _declarations(program: ValueProgram, cid: str, name: str) -> Iterator[tuple[str, Field]]:
    """Declarations of a field, the class's own first."""
    for current in program.linker.lineage(cid):
        path, _, qualified = current.rpartition("::")
        for field in program.linker.modules[path].classes[qualified].fields:
            if field.name == name:
                yield current, field


def _by_declaration(program: ValueProgram, home: str, field: Field) -> int:
    """What type and pattern of a field prove."""
    annotation = ValueView(program.view, home, field.annotation) if field.annotation >= 0 else None
    if harmless_kind(annotation, field.annotation_text):
        return bits(TEXT)
    safe = 0
    for number in (field.default, field.annotation):
        for text in _patterns(program, home, number, 0):
            safe |= bits(safe_contexts(text, False))
    return safe


def _patterns(program: ValueProgram, home: str, number: int, depth: int) -> Iterator[str]:
    """Constant patterns that the calls in a field's default or annotation are given."""
    instr = program.definitions(home).get(number)
    if instr is None or depth > _DEPTH:
        return
    if instr.op in (Op.CALL, Op.NEW):
        for key, given in zip(instr.keys, instr.args[1:], strict=False):
            text = ValueView(program.view, home, given).text
            if key in _PATTERNS and text is not None:
                yield text
    else:
        for argument in instr.args:
            yield from _patterns(program, home, argument, depth + 1)


def _by_validators(program: ValueProgram, cid: str, name: str) -> int:
    """What the methods that check a field prove of every value that they let pass."""
    safe = 0
    calls = program.models.families[program.family(cid)].calls
    for current in program.linker.lineage(cid):
        path, _, qualified = current.rpartition("::")
        for method in program.linker.modules[path].classes[qualified].methods.values():
            fid = function_id(path, method)
            if fid not in program.linker.functions:
                continue
            for decorator in program.view.decorators(fid):
                instr = decorator.instr
                if instr is None or instr.op not in (Op.CALL, Op.NEW):
                    continue
                callee = ValueView(program.view, decorator.fid, instr.args[0])
                if not any(isinstance(r.concept, FieldCheck) for n in callee.names for r in calls.get(n, ())):
                    continue
                named = {ValueView(program.view, decorator.fid, number).text for number in instr.args[1:]}
                if name in named or "*" in named:
                    safe |= _lets_pass(program, fid)
    return safe


def _lets_pass(program: ValueProgram, fid: str) -> int:
    """Contexts in which the value is safe whenever the validator returns."""
    summary = program.summary(fid)
    params = [p.name for p in program.linker.functions[fid].params if p.kind == "positional"]
    if summary is None:
        return 0
    # Without `@classmethod` the class is the first of two parameters.
    for index, safe in summary.enforces.items():
        port = summary.origins.items[index]
        if isinstance(port, Port) and port.name in params[:2] and not port.path:
            return safe & HARMFUL
    return 0
