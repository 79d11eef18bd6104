"""What a proof makes of values: safe in some contexts, there and where they were read from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rearguard.analysis.settings.options import written_out
from rearguard.analysis.values.domain import (
    FIELD,
    HARMFUL,
    WIDTH,
    Maybe,
    Value,
    with_field,
)
from rearguard.models.concepts import Context
from rearguard.models.view import ValueView
from rearguard.program import Instr, Op

if TYPE_CHECKING:
    from rearguard.analysis.values.regions import Regions

DEPTH = 8
ADDRESS = (1 << Context.URL) | (1 << Context.REDIRECT)
HOST_MEMBERS = ("host", "hostname", "netloc", "origin")
_SAME_TEXT = (
    "lower",
    "upper",
    "strip",
    "toLowerCase",
    "toUpperCase",
    "trim",
    "toString",
    "casefold",
    "decode",
)
SLASH, NOT_DOUBLE = "\0slash ", "\0single "
NOT_ABSOLUTE, NO_PARENT = "\0relative ", "\0no parent "
_CUTTING = (
    *(
        "split",
        "rsplit",
        "partition",
        "rpartition",
        "splitext",
        "extname",
        "parse",
        "Path",
        "PurePath",
        "pop",
    ),
    *("slice", "substring", "substr", "lower", "upper", "casefold", "toLowerCase", "toUpperCase", "strip"),
    *("trim", "lstrip", "replace", "basename", "secure_filename", "at", "removeprefix", "String", "str"),
)
"""Functions that cut the ending off a file's name, or prepare it for that."""
_PARSERS = frozenset({"URL", "urlparse", "urlsplit", "url_parse", "parse_url", "URLParse", "make_url"})
"""What gives an address in its parts."""
_RESOLVERS = ("gethostbyname", "getaddrinfo", "gethostbyname_ex", "resolve")
_RESOLVING = ("resolve", "join", "normalize", "realpath", "realpathSync", "abspath", "normpath", "Path")
"""Functions whose result lies where their arguments say."""


def bits(contexts: tuple[Context, ...]) -> int:
    """A bit set of contexts."""
    return sum(1 << context for context in contexts)


def limit(interpreter: Regions, number: int, safe: int, spared: int = 0) -> None:
    """Make value `number` safe in the contexts of the bit set `safe`, here and where it was read from.

    Origins present in the labels `spared` stay as harmful as they were.
    """
    value = interpreter.values[number]
    if value is None:
        return
    mask = interpreter.origins.repeated(safe & HARMFUL)
    for index, _ in interpreter.origins.fields(spared):
        mask &= ~(FIELD << (WIDTH * index))
    narrowed = narrow(value, ~mask)
    interpreter.narrowed.append((number, value))
    interpreter.values[number] = narrowed
    path = interpreter.paths.get(number)
    if path is not None:
        held = interpreter.environment.get(path[0])
        interpreter.environment[path[0]] = with_field(held, path[1:], narrowed)


def narrow(value: Value, mask: int) -> Value:
    """The value with only the labels in `mask`."""
    fields = {key: narrow(child, mask) for key, child in value.fields.items()} if value.fields else None
    return Value(value.labels & mask, fields, None, value.origin, value.container, value.constant)


def _limit_ending(interpreter: Regions, number: int, depth: int = 0) -> None:
    """The ending of a file's name was compared with a list: what it was cut from may be stored under it."""
    limit(interpreter, number, 1 << Context.FILE_TYPE)
    instr = _resolve(interpreter, number)
    if instr is None or depth > DEPTH:
        return
    if instr.op in (Op.ITEM, Op.ATTR):
        whole = _resolve(interpreter, instr.args[0])
        if whole is not None and whole.op in (Op.CALL, Op.NEW):
            _limit_ending(interpreter, instr.args[0], depth + 1)
    elif instr.op in (Op.CALL, Op.NEW):
        callee = interpreter.definitions.get(instr.args[0])
        if callee is None or callee.name not in _CUTTING:
            return
        if callee.op == Op.ATTR:
            _limit_ending(interpreter, callee.args[0], depth + 1)
        for argument in instr.args[1:]:
            _limit_ending(interpreter, argument, depth + 1)


def is_text(value: Maybe) -> bool:
    return value is not None and value.constant is not None and isinstance(value.constant[0], str)


def limit_subject(interpreter: Regions, number: int, safe: int, depth: int = 0) -> None:
    """Narrow the value tested, or, when its host was tested, the address it was parsed from."""
    limit(interpreter, number, safe)
    if safe & 1 << Context.FILE_TYPE and not depth:
        _limit_ending(interpreter, number)
    instr = _resolve(interpreter, number)
    if instr is None or depth > DEPTH:
        # `name = name.strip()` leads back to itself.
        return
    if instr.op == Op.ATTR and instr.name in HOST_MEMBERS:
        limit_host(interpreter, instr.args[0], safe)
    elif instr.op == Op.JOIN:
        # `f"{parts.scheme}://{parts.netloc}"` was compared as a whole.
        for argument in instr.args:
            part = _resolve(interpreter, argument)
            if safe == HARMFUL:
                # What the whole may be was settled: a part of it is a part of such a text.
                limit(interpreter, argument, safe)
            if part is not None and part.op in (Op.ATTR, Op.CALL):
                limit_subject(interpreter, argument, safe & ADDRESS, depth + 1)
    elif instr.op in (Op.CALL, Op.NEW):
        callee = interpreter.definitions.get(instr.args[0])
        if callee is not None and callee.op == Op.ATTR and callee.name in _SAME_TEXT:
            limit(interpreter, callee.args[0], safe)
            limit_subject(interpreter, callee.args[0], safe & ADDRESS, depth + 1)
        elif callee is not None and callee.name == "commonpath":
            for argument in instr.args[1:]:
                _limit_elements(interpreter, argument)


def limit_host(interpreter: Regions, number: int, safe: int) -> None:
    """Narrow a parsed address whose host was tested, and what it was parsed from."""
    parsed = _resolve(interpreter, number)
    if parsed is not None and parsed.op in (Op.CALL, Op.NEW):
        limit(interpreter, number, safe & ADDRESS)
        for argument in parsed.args[1:]:
            _limit_address(interpreter, argument, safe & ADDRESS)
    elif parsed is not None and parsed.op == Op.LOAD and _is_parsed(interpreter, parsed):
        # `ok ? new URL(next, base) : new URL(base)`: whichever it is, its host was asked.
        limit(interpreter, number, safe & ADDRESS)


def _is_parsed(interpreter: Regions, load: Instr, depth: int = 0) -> bool:
    """Whether a variable holds what some call parsed, wherever it was assigned."""
    contents = interpreter.program.view.linker.contents(interpreter.fid)
    made = [_resolve(interpreter, store.args[0]) for store in contents.stores.get(load.name, ())]
    return bool(made) and all(
        one is not None
        and (
            (one.op in (Op.CALL, Op.NEW) and _called(interpreter, one) in _PARSERS)
            or (one.op == Op.LOAD and depth < DEPTH and _is_parsed(interpreter, one, depth + 1))
        )
        for one in made
    )


def _called(interpreter: Regions, call: Instr) -> str:
    callee = interpreter.definitions.get(call.args[0])
    return callee.name if callee is not None else ""


def _limit_address(interpreter: Regions, number: int, safe: int, depth: int = 0) -> None:
    """Narrow an address that was parsed, and what it was taken from: `prepared.url or ""`."""
    limit(interpreter, number, safe)
    instr = _resolve(interpreter, number)
    if instr is None or depth > 2:
        return
    if instr.op == Op.LOGIC:
        for argument in instr.args:
            _limit_address(interpreter, argument, safe, depth + 1)
    elif instr.op == Op.ATTR and instr.name in ("url", "href"):
        _limit_address(interpreter, instr.args[0], safe, depth + 1)


def limit_resolved(interpreter: Regions, number: int) -> None:
    """The address that a host's name resolves to is none of an internal network.

    Of the name itself, read as an address, that says nothing: names are no addresses.
    """
    resolved = False
    for _ in range(DEPTH):
        instr = _resolve(interpreter, number)
        if instr is None:
            return
        if instr.op in (Op.CALL, Op.NEW) and len(instr.args) > 1:
            callee = interpreter.definitions.get(instr.args[0])
            resolved = resolved or (callee is not None and callee.name in _RESOLVERS)
            number = instr.args[1]
        elif instr.op == Op.ITEM:
            number = instr.args[0]
        else:
            break
    if resolved:
        limit_subject(interpreter, number, 1 << Context.URL)


def limit_parent(interpreter: Regions, number: int, other: int, spared: int) -> None:
    """`path.parent == folder`: the path lies in the folder, whatever the folder depends on."""
    instr, folder = _resolve(interpreter, number), _resolve(interpreter, other)
    if instr is None:
        return
    if instr.op == Op.ATTR and instr.name == "parent":
        contain(interpreter, instr.args[0], spared)
    elif instr.op == Op.CALL and len(instr.args) > 2 and folder is not None and folder.op == Op.CALL:
        # `resolve(base, path) === resolve(base)`: the folder itself.
        callee, made = (interpreter.definitions.get(one.args[0]) for one in (instr, folder))
        if callee is not None and made is not None and callee.name == made.name == "resolve":
            contain(interpreter, number, spared)


def _limit_elements(interpreter: Regions, number: int) -> None:
    """`commonpath([base, target]) == base`: every element lies under the base."""
    instr = interpreter.definitions.get(number)
    if instr is not None and instr.op == Op.COLLECT:
        for element in instr.args:
            contain(interpreter, element)


def contain(interpreter: Regions, number: int, spared: int = 0) -> None:
    """The path starts with a folder: contained, if its `..` segments are resolved.

    `spared` are the labels of the folder itself, which stay as they are.
    """
    value = interpreter.values[number]
    if value is None:
        return
    unresolved = interpreter.origins.repeated(1 << Context.SEGMENTS)
    if not value.deep() & unresolved:
        limit(interpreter, number, 1 << Context.PATH, spared)
        _contain_parts(interpreter, number, spared)


def _contain_parts(interpreter: Regions, number: int, spared: int, depth: int = 0) -> None:
    """`resolve(base, path)` lies in the base: so does `path`, joined to it again."""
    instr = _resolve(interpreter, number)
    if instr is None or instr.op not in (Op.CALL, Op.NEW) or depth > 2:
        return
    callee = interpreter.definitions.get(instr.args[0])
    if callee is None or callee.name not in _RESOLVING:
        return
    receiver = callee.args[:1] if callee.op == Op.ATTR and len(instr.args) == 1 else ()
    for argument in (*receiver, *instr.args[1:]):
        limit(interpreter, argument, 1 << Context.PATH | 1 << Context.SEGMENTS, spared)
        _contain_parts(interpreter, argument, spared, depth + 1)


def _resolve(interpreter: Regions, number: int) -> Instr | None:
    """The instruction behind a value, through a variable that is assigned once and `await`."""
    for _ in range(DEPTH):
        instr = interpreter.definitions.get(number)
        if instr is None:
            return None
        if instr.op == Op.LOAD:
            stored = interpreter.program.single_store(interpreter.fid, instr.name)
            if stored is None:
                return instr
            number = stored
        elif instr.op == Op.AWAIT:
            number = instr.args[0]
        else:
            return instr
    return None


def texts_in(interpreter: Regions, number: int) -> tuple[object, ...]:
    """The constants in a container written out here or at the module's top; of a text, the text itself."""
    view = ValueView(interpreter.program.view, interpreter.fid, number)
    if view.text is not None:
        return (view.text,)
    found: list[object] = []
    made = _resolve(interpreter, number)
    if made is not None and made.op in (Op.NEW, Op.CALL) and len(made.args) == 2:
        # `new Set([...])`
        view = ValueView(interpreter.program.view, interpreter.fid, made.args[1])
    for container in written_out(view):
        found.extend(element.const for element in container.elements())
    return tuple(found)


def ends(interpreter: Regions, number: int, ending: int) -> None:
    """`name.endswith(".png")` tells a file's type, `host.endswith(".example.com")` whose a host is."""
    known = texts_in(interpreter, ending)
    if not known or not all(isinstance(text, str) for text in known):
        return
    if all(str(text).startswith(".") for text in known):
        _limit_ending(interpreter, number)
        subject = _resolve(interpreter, number)
        if subject is not None and subject.op == Op.ATTR and subject.name in HOST_MEMBERS:
            limit_subject(interpreter, number, ADDRESS)


def note(interpreter: Regions, number: int, fact: str, together: tuple[str, ...], safe: int) -> None:
    """Remember what a test showed; where all of `together` were shown of a value, it is safe.

    `/` but not `//` at the start keeps a redirect on the site; a path neither absolute nor with `..` in it
    stays below the folder it is joined to. Each test alone proves nothing.
    """
    path = interpreter.paths.get(number)
    if path is None:
        return
    name = " ".join(path)
    interpreter.environment[fact + name] = Value(container="fact")
    interpreter.noted = True
    if all(interpreter.environment.get(mark + name) is not None for mark in together):
        limit(interpreter, number, safe)


def forget(interpreter: Regions, variable: str) -> None:
    """A variable has a new value: what tests showed of the old one is no longer so."""
    marks = (SLASH, NOT_DOUBLE, NOT_ABSOLUTE, NO_PARENT)
    for key in list(interpreter.environment):
        mark = next((mark for mark in marks if key.startswith(mark)), None)
        if mark is not None and key[len(mark) :].partition(" ")[0] == variable:
            del interpreter.environment[key]


def without_parents(interpreter: Regions, number: int) -> None:
    """No `..` stands in the path."""
    limit(interpreter, number, 1 << Context.SEGMENTS | 1 << Context.CLIMB)
    note(interpreter, number, NO_PARENT, (NOT_ABSOLUTE, NO_PARENT), 1 << Context.PATH)


def below(interpreter: Regions, number: int) -> None:
    """`relative(folder, path)` does not begin with `..`: the path lies in the folder."""
    instr = _resolve(interpreter, number)
    if instr is None or instr.op != Op.CALL or len(instr.args) < 3:
        return
    callee = interpreter.definitions.get(instr.args[0])
    if callee is None or callee.name not in ("relative", "relpath"):
        return
    folder, path = instr.args[1:3] if callee.name == "relative" else (instr.args[2], instr.args[1])
    base = interpreter.values[folder]
    spared = base.deep() if base is not None else 0
    limit(interpreter, path, 1 << Context.PATH, spared)
    limit(interpreter, number, 1 << Context.PATH, spared)
