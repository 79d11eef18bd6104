"""Input that is kept in a database under a name, and read back from there by another request.

What a database gives back is other people's input where markup is made of it. Where it becomes a
statement, a command or an address, it counts only when some request is seen to write that field, with a value
that is still harmful there: most columns hold what the program itself made.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from rearguard.analysis.values.domain import (
    ANY_KEY,
    HARMFUL,
    KEYS,
    OBJECT,
    STORED_BITS,
    UNCERTAIN,
    Maybe,
    SourceRead,
    Value,
)
from rearguard.analysis.values.kinds import TABLE, resource_of, statement, stem_of
from rearguard.analysis.values.summary import Flow, SinkUse, Site
from rearguard.link import function_id
from rearguard.models.compile import Row
from rearguard.models.concepts import (
    Context,
    KeptField,
    ResourceAccess,
    Sink,
    SqlExecution,
    StoredObject,
)
from rearguard.program import MODULE_BODY, Instr, Op

if TYPE_CHECKING:
    from rearguard.analysis.values.program import ValueProgram
    from rearguard.analysis.values.regions import Regions

KEPT = "kept"
"""Kind of the source of a flow that leads through a database."""
_MARKUP = (Context.HTML,)
_WRAPPERS = frozenset(("data", "$set", "$setOnInsert", "values", "create", "update", "defaults", "set"))
"""Keys under which the fields themselves stand."""
_FILTERS = frozenset(("where", "include", "select", "transaction", "returning"))
_MAX_NESTING = 2
_STEPS = 6
"""Steps back from a bound call to where its statement was prepared."""
_INSERT = re.compile(
    rf"\s*(?:insert|replace)\b.*?\binto\s+{TABLE}\s*\(([^()]*)\)\s*values\s*\((.*)\)", re.I | re.S
)
_UPDATE = re.compile(rf"\s*update\s+{TABLE}\s+set\s+(.*?)(?:\s+where\b|\s+returning\b|;|\Z)", re.I | re.S)
_ASSIGNED = re.compile(r"[\"`\[]?(\w+)[\"`\]]?\s*=\s*(\?|%s|%\((\w+)\)s|:(\w+)|\$(\d+)|@(\w+))", re.I)
_PLACE = re.compile(r"(?:\?|%s|%\((\w+)\)s|:(\w+)|\$(\d+)|@(\w+))\Z")


def note_kept(run: Regions, instr: Instr, rows: tuple[Row, ...]) -> None:
    """A call writes fields of stored objects: note under which names it keeps which values."""
    for row in rows:
        concept = row.concept
        if isinstance(concept, ResourceAccess) and concept.op in ("create", "update"):
            resource = resource_of(run, instr)
            for name, value in _arguments(run, instr):
                _keep(run, instr, resource, name, value)
        elif isinstance(concept, SqlExecution):
            for number in run.program.arguments(instr, row, -1)[:1]:
                for table, name, value in _columns(run, instr, number, concept):
                    _keep(run, instr, table, name, value)
    if not rows:
        _note_named(run, instr)
        for table, name, value in _prepared(run, instr) if len(instr.args) > 1 else ():
            _keep(run, instr, table, name, value)
        for table, name, value in _handed(run, instr) if len(instr.args) > 2 else ():
            _keep(run, instr, table, name, value)
    if (instr.keys or instr.op == Op.NEW) and instr.dst >= 0 and is_stored(run, instr.dst):
        # `Hook(url=...)`: the object is stored later, if at all.
        for name, value in _arguments(run, instr):
            _keep(run, instr, resource_of(run, instr), name, value)


def _note_named(run: Regions, instr: Instr) -> None:
    """`setattr(hook, name, value)`: the client may choose the name."""
    callee = run.definitions.get(instr.args[0])
    if callee is None or callee.op != Op.LOAD or callee.name != "setattr" or len(instr.args) != 4:
        return
    held, key, value = (run.values[number] for number in instr.args[1:])
    read = run.origins.items[held.origin] if held is not None and held.origin >= 0 else None
    if value is None or not isinstance(read, SourceRead) or read.kind != "stored" or read.path:
        return
    if key is not None and key.constant is not None:
        _keep(run, instr, read.channel, str(key.constant[0]), value)
    elif key is not None and key.deep():
        _keep(run, instr, read.channel, ANY_KEY, value)


def note_kept_member(run: Regions, instr: Instr, name: str, value: Value) -> None:
    """A member of a stored object is assigned."""
    base = instr.args[0]
    held = run.values[base]
    read = run.origins.items[held.origin] if held is not None and held.origin >= 0 else None
    if isinstance(read, SourceRead) and read.kind == "stored" and not read.path:
        _keep(run, instr, read.channel, name, value)
    elif is_stored(run, base):
        made = (ref.base.id for ref in run.refs[base] if ref.base is not None)
        _keep(run, instr, next(made, "").rpartition("::")[2], name, value)


def is_stored(run: Regions, number: int) -> bool:
    """Whether a value is an object of a mapper, which gives it its own number."""
    refs = run.refs[number]
    return bool(refs) and any(isinstance(row.concept, StoredObject) for row in run.program.value_rows(refs))


def _arguments(run: Regions, instr: Instr) -> Iterator[tuple[str, Value]]:
    for index, number in enumerate(instr.args[1:]):
        key = instr.keys[index] if instr.keys else None
        value = run.values[number]
        if value is None:
            continue
        if key is not None and key not in ("*", "**"):
            if key in _WRAPPERS and value.container == "dict":
                yield from _fields(value, 0)
            elif key not in _FILTERS:
                yield key, value
        else:
            yield from _fields(value, 0)


def _fields(value: Value, depth: int) -> Iterator[tuple[str, Value]]:
    """Names and values of a map; a whole map of the client's own, under any name."""
    if value.container == OBJECT:
        # Noted where it was made, which tells its class.
        return
    if value.container in ("list", "tuple"):
        for child in (value.fields or {}).values():
            if depth < _MAX_NESTING:
                yield from _fields(child, depth + 1)
        return
    for name, child in (value.fields or {}).items():
        if name in _FILTERS or name == KEYS:
            continue
        if name in _WRAPPERS and child.container == "dict" and depth < _MAX_NESTING:
            yield from _fields(child, depth + 1)
        else:
            yield name, child
    if value.labels:
        yield ANY_KEY, Value(value.labels)


def _columns(
    run: Regions, instr: Instr, number: int, concept: SqlExecution
) -> Iterator[tuple[str, str, Value]]:
    """Tables and columns that a statement writes, with the values bound to them."""
    text = _constant(run, number)
    if not text or not concept.parameters:
        return
    yield from _bound(run, text, run.program.selected(instr, concept.parameters)[0])


def _handed(run: Regions, instr: Instr) -> Iterator[tuple[str, str, Value]]:
    """`run("INSERT ...", values)`, a helper of the program's own; a statement that is a tagged template."""
    yield from _bound(run, statement(run, instr.args[1]), instr.args[2:])


def _prepared(run: Regions, instr: Instr) -> Iterator[tuple[str, str, Value]]:
    """`db.prepare("INSERT ...").run(...)`: the values are bound by a later call."""
    program, home, number = run.program, run.fid, instr.args[0]
    for _ in range(_STEPS):
        made = program.definitions(home).get(number)
        if made is None or made.op not in (Op.ATTR, Op.LOAD, Op.CALL, Op.AWAIT):
            return
        if made.op == Op.LOAD:
            stored = program.single_store(home, made.name)
            if stored is None:
                # Prepared once, for the whole module.
                home = function_id(run.path, MODULE_BODY)
                stored = program.single_store(home, made.name)
            if stored is None:
                return
            number = stored
            continue
        for row in program.rows(run.linker.refs[home][made.args[0]]) if made.op == Op.CALL else ():
            if isinstance(row.concept, SqlExecution):
                for statement in program.arguments(made, row, -1)[:1]:
                    text = program.definitions(home).get(statement)
                    if text is not None and text.op == Op.CONST and isinstance(text.value, str):
                        yield from _bound(run, text.value, instr.args[1:])
                return
        number = made.args[0]


def _constant(run: Regions, number: int) -> str:
    known = run.values[number]
    text = known.constant[0] if known is not None and known.constant is not None else None
    return text if isinstance(text, str) else ""


def _bound(run: Regions, text: str, numbers: tuple[int, ...]) -> Iterator[tuple[str, str, Value]]:
    given = [run.values[number] for number in numbers]
    whole = given[0] if len(given) == 1 else None
    for table, name, place in _written(text):
        held: Maybe = None
        if whole is not None and whole.fields:
            held = whole.fields.get(place)
        elif place.isdigit() and int(place) < len(given):
            held = given[int(place)]
        if held is not None:
            yield table, name, held


def _written(text: str) -> Iterator[tuple[str, str, str]]:
    """`(table, column, key of the bound value)` of an `INSERT` or `UPDATE`."""
    inserted, updated = _INSERT.match(text), _UPDATE.match(text)
    pairs: list[tuple[str, str]] = []
    if inserted is not None:
        names = [name.strip(' "`[]\n\t').lower() for name in inserted[2].split(",")]
        pairs = list(zip(names, (part.strip() for part in inserted[3].split(",")), strict=False))
    elif updated is not None:
        pairs = [(match[1].lower(), match[2]) for match in _ASSIGNED.finditer(updated[2])]
    table = inserted[1] if inserted is not None else updated[1] if updated is not None else ""
    position = 0
    for name, part in pairs:
        match = _PLACE.match(part)
        if match is None:
            continue
        if match[3]:
            yield table, name, str(int(match[3]) - 1)
        elif match.lastindex:
            yield table, name, match[match.lastindex]
        else:
            yield table, name, str(position)
            position += 1


def _keep(run: Regions, instr: Instr, resource: str, name: str, value: Value) -> None:
    labels = value.deep() & run.origins.repeated(HARMFUL | UNCERTAIN)
    if labels & ~run.origins.repeated(UNCERTAIN):
        number = instr.dst if instr.dst >= 0 else instr.args[-1]
        site = Site(run.fid, number, run.span(instr), KeptField("", f"{resource}.{name}"), number)
        run.use(SinkUse(site, labels, None))


def kept(program: ValueProgram, source: SourceRead, field: str, bits: int) -> None:
    """Remember that input is kept in a field; in any, when it is all that the client sent."""
    resource, _, name = field.rpartition(".")
    whole = all(key == ANY_KEY for key in source.path)
    if source.kind == "request" and (whole or name != ANY_KEY):
        held = program.kept.setdefault(name, {})
        key = (stem_of(resource), source)
        held[key] = held.get(key, 0) | bits & HARMFUL


_COUNTS = re.compile(r"count(?:_documents|Documents)?|estimated_?[dD]ocument_?[cC]ount|exists|sum|avg")
"""Methods that give a number."""


def stored(run: Regions, instr: Instr, rows: tuple[Row, ...]) -> Maybe:
    """What a database gives back: other people's input, which matters where it becomes markup."""
    callee = run.definitions.get(instr.args[0])
    if callee is not None and callee.op == Op.ATTR and _COUNTS.fullmatch(callee.name):
        return None
    if any(
        isinstance(row.concept, SqlExecution)
        or (isinstance(row.concept, ResourceAccess) and row.concept.op in ("read", "list"))
        for row in rows
    ):
        return rows_of(run, instr)
    return None


def rows_of(run: Regions, instr: Instr) -> Value:
    """The rows that a call reads, as input of whoever wrote them."""
    return object_of(run, instr, resource_of(run, instr))


def object_of(run: Regions, instr: Instr, kind: str) -> Value:
    """A stored object of some kind, or several."""
    return run.origin_value(SourceRead("stored", kind or "stored", run.span(instr), run.fid), STORED_BITS)


def second_order(program: ValueProgram) -> None:
    """Of flows from a database, keep those that people see, and those whose field some request writes."""
    for key, flow in list(program.flows.items()):
        concept = flow.site.concept
        if flow.source.kind != "stored" or not isinstance(concept, Sink) or concept.context in _MARKUP:
            continue
        writer = _writer(program, flow, concept.context)
        if writer is not None or concept.context is not Context.CELL:
            del program.flows[key]
        if writer is not None:
            source = flow.source._replace(kind=KEPT)
            program.add_flow(replace(flow, source=source, written=writer))


def _writer(program: ValueProgram, flow: Flow, context: Context) -> SourceRead | None:
    path = flow.source.path
    if not path or path[-1] == ANY_KEY:
        return None
    kind = stem_of(flow.source.channel)
    for name in (path[-1], path[-1].lower(), ANY_KEY):
        for (written, source), bits in program.kept.get(name, {}).items():
            alike = written == kind if written and kind else name != ANY_KEY
            if alike and bits & 1 << context:
                return source
    return None
