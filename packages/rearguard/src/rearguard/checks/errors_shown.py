"""Errors that pages show: handed to a template, to a message for the user, or printed by a template's own words."""

import re
from collections.abc import Iterator

from rearguard.analysis import ValueView
from rearguard.analysis.identity import words
from rearguard.checks.base import Context
from rearguard.checks.markup import pages, printed
from rearguard.models.concepts import ErrorDetail, ErrorHandler, TemplateRender
from rearguard.program import Handler, Instr, Op, Span, Try, instructions, walk

__all__ = ["gathered", "handed", "printed_errors"]

_BROAD = frozenset(
    ("Exception", "BaseException", "DatabaseError", "SQLAlchemyError", "OperationalError", "Error")
)
_DETAILS = frozenset(
    (
        "stack",
        "stacktrace",
        "stack_trace",
        "traceback",
        "__dict__",
        "__traceback__",
        "format_exc",
        "sqlMessage",
    )
)
_SAID = frozenset(
    ("message", "args", "sqlMessage", "sql", "query", "parent", "original", "orig", "cause", "meta")
)
"""Members of an error that say what happened, or hold the error behind it."""
_ERRORS = re.compile(r"e|ex|err|error|exc|exception|failure", re.IGNORECASE)
_TELLING = re.compile(
    r"(?:sql|db|database|query)_?(?:error|exception)|(?:stack_?)?trace(?:back)?|stack_?trace|exc_?info|error_?stack",
    re.IGNORECASE,
)
_MAKES = re.compile(
    r"(?:format|render|make|build|create|serialize|to|map|handle)_?\w*(?:err|error|exception|problem)"
)
"""Names of functions that turn an error into what is answered."""
_TEXT = frozenset(("str", "repr", "format", "String", "toString", "stringify", "inspect"))
_FOR_DEVELOPERS = re.compile(
    rb"(?:===?|!==?)\s*['\"]dev(?:elopment)?['\"]|app\.debug|settings\.DEBUG|config\.DEBUG"
)
MAX_DEPTH = 4


def handed(context: Context) -> Iterator[tuple[Span, str]]:
    """Calls that put an error which nobody foresaw into a page or a message: the place and the function."""
    for use in context.uses.of(TemplateRender):
        named = (
            context.matrix.origins.constant(use.fid, use.instr.args[1]) if len(use.instr.args) > 1 else None
        )
        for key, value in _values(context, use.fid, use.instr):
            if _is_error(context, use.fid, value) and _prints(context, named, key):
                yield use.span, use.fid
                break
    for fid in context.reach:
        definitions = context.view.definitions(fid)
        for instr in instructions(context.view.function(fid).body):
            callee = definitions.get(instr.args[0]) if instr.op == Op.CALL and len(instr.args) > 1 else None
            if callee is not None and callee.name == "flash" and _is_error(context, fid, instr.args[1]):
                yield context.view.span(fid, instr.start, instr.end), fid


def printed_errors(context: Context) -> Iterator[Span]:
    """What templates print of an error that is for developers alone; one a page."""
    guarded = any(
        b"locals.error" in source.text and _FOR_DEVELOPERS.search(source.text)
        for source in context.sources.values()
    )
    for source in pages(context):
        for value in printed(source):
            last = value.path[-1]
            detail = len(value.path) > 1 and last in _DETAILS and _ERRORS.fullmatch(value.path[-2])
            if (detail and not (guarded and value.path[0] == "error")) or _TELLING.fullmatch(last):
                yield value.span
                break


def gathered(context: Context) -> Iterator[Span]:
    """Functions that make the answer about an error, and put a stack trace into it."""
    for fid, function in context.view.linker.functions.items():
        name = words(function.name.rpartition(".")[2])
        if not _MAKES.search(name) or not any(True for _ in context.matrix):
            continue
        returned = {_root(context, fid, value) for value in context.matrix.origins.returned(fid)}
        for instr in instructions(function.body):
            if instr.op not in (Op.SETITEM, Op.SETATTR) or not returned:
                continue
            if _root(context, fid, instr.args[0]) in returned and _is_trace(context, fid, instr.args[-1]):
                yield context.view.span(fid, instr.start, instr.end)
                break
    for use in context.uses.of(ErrorHandler):
        for fid in use.value.functions if use.value is not None and use.row.keys else ():
            for value in context.matrix.origins.returned(fid):
                made = context.matrix.origins.resolved(fid, value)
                entries = made[1].args if made is not None and made[1].op == Op.COLLECT else ()
                telling = next((one for one in entries if _is_trace(context, fid, one)), None)
                if telling is not None:
                    yield ValueView(context.view, fid, telling).span


def _root(context: Context, fid: str, value: int) -> str:
    """The variable that a path of members begins at."""
    definitions = context.view.definitions(fid)
    instr = definitions.get(value)
    while instr is not None and instr.op in (Op.ATTR, Op.ITEM):
        instr = definitions.get(instr.args[0])
    return instr.name if instr is not None and instr.op == Op.LOAD else f"#{value}"


def _is_trace(context: Context, fid: str, value: int) -> bool:
    found = context.matrix.origins.resolved(fid, value)
    if found is None:
        return False
    if found[1].op == Op.ATTR and found[1].name == "stack":
        return True
    return any(isinstance(c, ErrorDetail) for c in context.matrix.origins.concepts(found[0], found[1].dst))


def _values(context: Context, fid: str, call: Instr) -> Iterator[tuple[str, int]]:
    for key, value in zip(call.keys, call.args[1:], strict=False):
        if key and key not in ("*", "**"):
            yield key, value
    for value in call.args[2:]:
        made = context.matrix.origins.resolved(fid, value)
        if made is not None and made[0] == fid and made[1].op == Op.COLLECT:
            yield from ((key or "", inner) for key, inner in zip(made[1].keys, made[1].args, strict=False))
            for key, home, inner in context.view.changes.get((fid, made[1].dst), ()):
                if home == fid:
                    yield key, inner


def _prints(context: Context, template: str | None, key: str) -> bool:
    """Whether the template prints the variable; `True` when it is not among what was read."""
    if not template:
        return True
    wanted = template.rpartition("/")[2].partition(".")[0]
    texts = [
        source.text
        for source in pages(context)
        if source.path.rpartition("/")[2].partition(".")[0] == wanted
        and template.strip("/") in (source.path, *_ends(source.path))
    ]
    return not texts or any(re.search(rb"\b" + re.escape(key.encode()) + rb"\b", text) for text in texts)


def _ends(path: str) -> Iterator[str]:
    """Every end of a path, with and without its extensions."""
    parts = path.split("/")
    for index in range(len(parts)):
        end = "/".join(parts[index:])
        yield end
        yield end.rpartition(".")[0]


def _is_error(context: Context, fid: str, value: int, depth: int = 0) -> bool:
    """Whether a value is an error that a catch-all caught, or text made of one."""
    found = context.matrix.origins.resolved(fid, value)
    if found is None or found[0] != fid or depth > MAX_DEPTH:
        return False
    instr = found[1]
    if any(isinstance(c, ErrorDetail) for c in context.matrix.origins.concepts(fid, instr.dst)):
        return True
    match instr.op:
        case Op.CAUGHT:
            return _catches_all(context, fid, instr)
        case Op.LOAD:
            # One or the other: where some of them are for users, a condition says which.
            kept = [one for one in context.matrix.origins.stores(fid, instr) if one not in (-1, instr.dst)]
            return bool(kept) and all(_is_error(context, fid, one, depth + 1) for one in kept)
        case Op.JOIN | Op.BINARY | Op.LOGIC | Op.ITEM:
            return any(_is_error(context, fid, inner, depth + 1) for inner in instr.args)
        case Op.ATTR if instr.name in _DETAILS or instr.name in _SAID:
            return _is_error(context, fid, instr.args[0], depth + 1)
        case Op.CALL:
            callee = context.view.definitions(fid).get(instr.args[0])
            if callee is None or callee.name not in _TEXT:
                return False
            inner = list(instr.args[1:]) + (list(callee.args) if callee.op == Op.ATTR else [])
            return any(_is_error(context, fid, one, depth + 1) for one in inner)
    return False


def _catches_all(context: Context, fid: str, caught: Instr) -> bool:
    definitions = context.view.definitions(fid)
    for statement in walk(context.view.function(fid).body):
        for handler in statement.handlers if isinstance(statement, Try) else ():
            if any(instr.dst == caught.dst for instr in instructions(handler.body)):
                return _is_broad(handler, {n: definitions[n].name for n in handler.types if n in definitions})
    return False


def _is_broad(handler: Handler, names: dict[int, str]) -> bool:
    return not handler.types or bool(_BROAD & set(names.values()))
