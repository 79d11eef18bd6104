"""What a checked class's declaration proves of its fields: their types, patterns and validators."""

import re
from collections.abc import Iterator

from rearguard.analysis.values.domain import HARMFUL, Port
from rearguard.analysis.values.narrowing import bits
from rearguard.analysis.values.patterns import safe_contexts
from rearguard.analysis.values.program import ValueProgram
from rearguard.link import function_id
from rearguard.models.concepts import (
    TEXT,
    CheckedFields,
    Context,
    FieldCheck,
    FieldPredicate,
    PatternTest,
    Sanitizer,
)
from rearguard.models.python.annotations import (
    CONTAINERS,
    alternatives,
    arguments,
    harmless_kind,
    head,
    written,
)
from rearguard.models.view import ValueView
from rearguard.program import Field, Op

_PATTERNS = ("pattern", "regex")
_IS_TEXT = re.compile(r"(?:\w+\.)*(?:str|StrictStr|EmailStr|NameEmail|SecretStr|\w+Url|bytes)")
"""Types of texts: nothing in them is an object."""
_DEPTH = 6
"""Types within types that are looked through: `list[Annotated[str, Field(pattern=...)]]`."""


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


def proven_of_parameter(program: ValueProgram, fid: str, name: str) -> int:
    """The same for a parameter that a framework checks against its own annotation and default."""
    default, annotation = program.view.parameter(fid, name)
    safe = _by_type(program, annotation, 0) if annotation is not None else 0
    return safe | (_by_rule(program, default) if default is not None else 0)


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
    safe = _by_type(program, annotation, 0) if annotation is not None else 0
    default = ValueView(program.view, home, field.default) if field.default >= 0 else None
    return safe | (_by_rule(program, default) if default is not None else 0)


def _by_type(program: ValueProgram, annotation: ValueView, depth: int) -> int:
    """What a type proves of its every value: by its kind, its pattern, or the functions that check it."""
    expression = written(annotation)
    if depth > _DEPTH:
        return 0
    if harmless_kind(expression, expression.source_text):
        return bits(TEXT)
    if _IS_TEXT.fullmatch(expression.source_text.strip()):
        return 1 << Context.NOSQL
    parts = alternatives(expression)
    if parts is None and head(expression) in CONTAINERS:
        parts = tuple(part for part in arguments(expression) if part.source_text.strip() != "...")
    if parts:
        safe = ~0
        for part in parts:
            safe &= _by_type(program, part, depth + 1)
        return safe
    if head(expression) == "Annotated":
        first, *rules = arguments(expression)
        safe = _by_type(program, first, depth + 1)
        for rule in rules:
            safe |= _by_rule(program, rule)
        return safe
    return _by_rule(program, expression)


def _by_rule(program: ValueProgram, rule: ValueView) -> int:
    """What a call that limits values proves: `Query(pattern=...)`, `AfterValidator(check)`."""
    expression = written(rule)
    instr = expression.instr
    if instr is None or instr.op not in (Op.CALL, Op.NEW):
        return 0
    safe = 0
    for key, given in zip(instr.keys, instr.args[1:], strict=False):
        text = ValueView(program.view, expression.fid, given).text
        if key in _PATTERNS and text is not None:
            safe |= bits(safe_contexts(text, False))
    calls = program.models.families[program.view.family(expression.fid)].calls
    callee = ValueView(program.view, expression.fid, instr.args[0])
    for row in (row for name in callee.names for row in calls.get(name, ())):
        if isinstance(row.concept, FieldCheck | FieldPredicate):
            for number in program.arguments(instr, row, -1)[:1]:
                for fid in ValueView(program.view, expression.fid, number).functions:
                    safe |= _lets_pass(program, fid, isinstance(row.concept, FieldPredicate))
    return safe


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


def _lets_pass(program: ValueProgram, fid: str, says: bool = False) -> int:
    """Contexts in which the value is safe whenever the validator returns; or whenever it returns true."""
    summary = program.summary(fid)
    params = [p.name for p in program.linker.functions[fid].params if p.kind == "positional"]
    if summary is None:
        return 0
    # Without `@classmethod` the class is the first of two parameters.
    shown = {index: safe for (index, verdict), safe in summary.proves.items() if verdict}
    for index, safe in (shown if says else summary.enforces).items():
        port = summary.origins.items[index]
        if isinstance(port, Port) and port.name in params[:2] and not port.path:
            return safe & HARMFUL
    return 0
