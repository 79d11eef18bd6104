"""What is written into files and read back from them, and what comes back from addresses."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rearguard.analysis.values.domain import UNCERTAIN, WIDTH, Maybe, Value, join, labelled
from rearguard.analysis.values.sinks import harmful_part
from rearguard.analysis.values.uses import use_at
from rearguard.link import function_id
from rearguard.models.compile import Row
from rearguard.models.concepts import Context, FileAccess, FileContent, LogWrite, OutboundRequest, ProgramFile
from rearguard.program import MODULE_BODY, Instr, Op

if TYPE_CHECKING:
    from rearguard.analysis.values.program import ValueProgram
    from rearguard.analysis.values.regions import Regions

_PROGRAM = re.compile(
    r"\.(?:py|pyw|[cm]?[jt]s|php\d?|phtml|jspx?|aspx?|rb|pl|sh|bash|bat|ps1|mako|ejs|jinja2?|j2|njk|hbs|pug)$|"
    r"(?:^|/)(?:templates?|views)/(?:.*/)?[^/]*\.html?$",
    re.IGNORECASE,
)
"""Files that are programs: of a language, or of one for templates."""
_LOG = re.compile(r"\.log$|(?:^|/)logs?/[^/]+\.txt$", re.IGNORECASE)
"""Files whose lines are the entries of a log."""
_KEPT = 1 << Context.CODE | 1 << Context.OBJECT | 1 << Context.TEMPLATE | 1 << Context.HTML | 1 << Context.XML
"""Where what a file holds does harm once it is read back."""
_FETCHED = _KEPT | 1 << Context.SHELL | 1 << Context.SQL
_STEPS = 8


def note_content(run: Regions, instr: Instr, row: Row, receiver: int) -> None:
    """Note what is written into a file: one that is a program, or one that is read again."""
    concept = row.concept
    assert isinstance(concept, FileContent)
    path = _path(run, instr, concept, receiver)
    if not path:
        return
    for number in run.program.arguments(instr, row, receiver):
        value = run.values[number]
        if value is None or not value.deep():
            continue
        if _PROGRAM.search(path):
            use_at(run, instr, _PROGRAM_FILE, number, value)
        elif _LOG.search(path):
            use_at(run, instr, _LOG_WRITE, number, value)
        mask = run.origins.repeated(_KEPT)
        run.program.put(run, ("file", path), labelled(value.deep() & mask | run.origins.repeated(UNCERTAIN)))


_PROGRAM_FILE = ProgramFile("")
_LOG_WRITE = LogWrite("")


def read_back(run: Regions, instr: Instr, rows: tuple[Row, ...], receiver: int) -> Maybe:
    """What was written into the file that a call opens, wherever that was."""
    result: Maybe = None
    for row in rows:
        if isinstance(row.concept, FileAccess) and row.concept.action == "read":
            for number in run.program.arguments(instr, row, receiver):
                path = constants_in(run.program, run.fid, number)
                if path:
                    result = join(result, run.program.take(run, ("file", path)))
    return result


def fetched_from(run: Regions, instr: Instr, rows: tuple[Row, ...], receiver: int) -> Maybe:
    """What answers at an address whose host the client chooses: whatever the client put there."""
    labels = 0
    for row in rows:
        if not isinstance(row.concept, OutboundRequest):
            continue
        for number in run.program.arguments(instr, row, receiver):
            value = run.values[number]
            if value is None or value.container == "dict":
                continue
            mask = run.origins.repeated(1 << Context.URL)
            chosen = harmful_part(Context.URL, value.text, value.deep() & mask)
            for index, _ in run.origins.fields(chosen):
                labels |= (_FETCHED | UNCERTAIN) << (WIDTH * index)
    return Value(labels) if labels else None


def _path(run: Regions, instr: Instr, concept: FileContent, receiver: int) -> str:
    """The constant parts of the name of the file that is written."""
    program, fid = run.program, run.fid
    if concept.file == "(self)":
        return constants_in(program, fid, receiver)
    if concept.file:
        numbers, _ = program.selected(instr, concept.file)
        return constants_in(program, fid, numbers[0]) if numbers else ""
    made = _maker(run, instr, receiver)
    if made is None:
        return ""
    callee = run.definitions.get(made.args[0])
    if callee is not None and callee.op == Op.ATTR and callee.name == "open" and len(made.args) > 1:
        first = run.definitions.get(made.args[1])
        if first is not None and first.op == Op.CONST and str(first.value)[:1] in ("w", "a", "x"):
            # `path.open("w")`
            return constants_in(program, fid, callee.args[0])
    return constants_in(program, fid, made.args[1]) if len(made.args) > 1 else ""


def _maker(run: Regions, instr: Instr, number: int) -> Instr | None:
    """The call that opened the file which a value is."""
    current = run.definitions.get(number)
    for _ in range(_STEPS):
        if current is None or current.op in (Op.CALL, Op.NEW):
            return current
        if current.op == Op.LOAD:
            stores = [
                s for s in run.program.assignments(run.fid).get(current.name, ()) if s.start < instr.start
            ]
            current = run.definitions.get(stores[-1].args[0]) if stores else None
        elif current.op in (Op.ENTER, Op.AWAIT) and current.args:
            current = run.definitions.get(current.args[0])
        else:
            return None
    return None


def constants_in(program: ValueProgram, fid: str, number: int, depth: int = 0) -> str:
    """The text in what a variable of the function or its module was made of: `Path("/srv/uploads")`."""
    linker = program.linker
    instr = program.definitions(fid).get(number)
    if instr is None or depth > _STEPS:
        return ""
    if instr.op == Op.CONST:
        return instr.value if isinstance(instr.value, str) else ""
    if instr.op == Op.LOAD:
        for current in (fid, function_id(linker.module_of[fid], MODULE_BODY)):
            stored = program.single_store(current, instr.name) if current in linker.functions else None
            if stored is not None:
                return constants_in(program, current, stored, depth + 1)
        return ""
    if instr.op == Op.ATTR:
        if instr.name.isupper():
            # A setting, called after what it names.
            return instr.name.partition("_")[0].lower()
        return constants_in(program, fid, instr.args[0], depth + 1)
    if instr.op in (Op.CALL, Op.NEW, Op.JOIN, Op.BINARY):
        found = (constants_in(program, fid, given, depth + 1) for given in instr.args)
        return "/".join(text for text in found if text)
    return ""
