"""Methods of text and containers, and values made of others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rearguard.analysis.values.domain import (
    ANY_KEY,
    HARMFUL,
    KEYS,
    MAX_PARTS,
    UNCERTAIN,
    WIDTH,
    Hole,
    Maybe,
    Port,
    SourceRead,
    Text,
    Value,
    concatenate,
    constant,
    join,
    labelled,
    with_field,
)
from rearguard.analysis.values.elements import filtered
from rearguard.analysis.values.maps import entries
from rearguard.analysis.values.patterns import SHELL_QUOTES, escapes_markup, removed_contexts, strips_climbing
from rearguard.link import Kind
from rearguard.models.compile import Row
from rearguard.models.concepts import (
    Context,
    TextJoin,
)
from rearguard.program import Const, Instr, Op

if TYPE_CHECKING:
    from rearguard.analysis.values.regions import Regions

GETTERS = frozenset({"get", "getlist", "getall", "get_all", "getOne", "pop", "setdefault", "getFirst", "at"})
_NO_TEXT = frozenset(
    [
        "startswith",
        "endswith",
        "startsWith",
        "endsWith",
        "isdigit",
        "isalnum",
        "isalpha",
        "isnumeric",
        "isdecimal",
        "isidentifier",
        "isspace",
        "includes",
        "indexOf",
        "lastIndexOf",
        "test",
        "has",
        "count",
        "index",
        "find_index",
        "findIndex",
        "some",
        "every",
        "exists",
        "is_file",
        "is_dir",
        "equals",
        "localeCompare",
        "hasOwnProperty",
        "__contains__",
        "rfind",
        "charCodeAt",
        "getTime",
        "valueOf",
        "isupper",
        "islower",
    ]
)
SAME_VALUE = frozenset(
    [
        "strip",
        "lstrip",
        "rstrip",
        "lower",
        "upper",
        "title",
        "capitalize",
        "trim",
        "trimStart",
        "trimEnd",
        "toLowerCase",
        "toUpperCase",
        "toString",
        "normalize",
        "decode",
        "encode",
        "copy",
        "casefold",
        "swapcase",
        "expandtabs",
        "zfill",
        "ljust",
        "rjust",
        "center",
        "padStart",
        "padEnd",
        "repeat",
        "slice",
        "substring",
        "substr",
        "replace",
        "replaceAll",
        "split",
        "rsplit",
        "splitlines",
        "partition",
        "rpartition",
        "concat",
        "join",
        "sort",
        "reverse",
        "sorted",
        "values",
        "items",
        "keys",
        "entries",
        "flat",
        "removeprefix",
        "removesuffix",
        "translate",
        "format",
        "read",
        "text",
        "json",
        "blob",
        "buffer",
        "arrayBuffer",
        "toArray",
        "tolist",
        "tobytes",
        "hex",
        "first",
        "last",
        "all",
        "one",
        "scalar",
        "scalars",
        "fetchone",
        "fetchall",
    ]
)
_ROWS = frozenset(
    (
        "toArray",
        "exec",
        "lean",
        "all",
        "limit",
        "skip",
        "populate",
        "session",
        "hint",
        "collation",
        "maxTimeMS",
    )
)
"""Methods of what a query gives that give the same rows."""
_BUILDING = frozenset(
    ("orderBy", "addOrderBy", "groupBy", "addGroupBy", "offset", "order_by", "group_by", "limit")
)
"""Methods that say of a query in which order its rows come, and how many: what they are told is no row."""
_ELEMENTS = frozenset(
    {"values", "pop", "shift", "find", "last", "first", "popitem", "findLast", "next", "at"}
)
_ADDERS = frozenset(
    {"append", "push", "add", "extend", "insert", "unshift", "appendleft", "update", "set", "setdefault"}
)
_CODING = ("encode", "decode")
_ORDERED = frozenset({"filter", "sort", "reverse", "slice", "concat", "copy", "items", "entries"})
_MAPPING = frozenset({"map", "flatMap", "then", "reduce", "reduceRight", "catch", "finally"})
METHODS = SAME_VALUE | _NO_TEXT | GETTERS | _ELEMENTS | _ADDERS | _MAPPING | {"filter", "forEach"}
"""What text and containers can do by themselves: no function that was put into an object."""
_PLACEHOLDER = 2
"""Shortest text that stands for something else in a text; a single character is escaped or removed."""
_REMOVALS: dict[tuple[Const] | None, int] = {
    (".",): 1 << Context.PATH | 1 << Context.SEGMENTS,
    ("..",): 1 << Context.PATH | 1 << Context.SEGMENTS,
    ("/",): 1 << Context.PATH,
    ("<",): 1 << Context.HTML,
    # Without it a filter has no further condition.
    ("(",): 1 << Context.LDAP,
    ("\n",): 1 << Context.LOG | 1 << Context.HEADER,
}
"""What is taken out of a text everywhere, and where the text is then safe."""


def method_of(
    run: Regions, instr: Instr, method: str, receiver: int, arguments: tuple[int, ...], returned: Maybe
) -> tuple[Maybe] | None:
    """Methods of text and containers; `None` when it is none of them."""
    held = run.values[receiver]
    if method in _NO_TEXT:
        return (None,)
    if method in _ROWS and held is not None and held.origin >= 0:
        origin = run.origins.items[held.origin]
        if isinstance(origin, SourceRead) and origin.kind == "stored" and not origin.path:
            # Rows are rows still.
            return (held,)
    if method in _BUILDING:
        return (held,)
    if method in _CODING and run.family == "python" and held is not None:
        whose = run.origins.items[held.origin] if held.origin >= 0 else None
        if held.text is not None or (isinstance(whose, Port) and whose.kind == "param" and not whose.path):
            # The same text, as bytes, be it the caller's.
            return (held,)
    if method == "resolve" and run.family == "python" and held is not None:
        return (masked(run, held, 1 << Context.SEGMENTS),)
    if method in GETTERS and arguments:
        return (_getter(run, instr, held, receiver, arguments),)
    if method == "keys" and not arguments and held is not None and run.family == "python":
        keys = run.keys_of(held)
        return (Value(0, {ANY_KEY: keys}, None, -1, "list") if keys is not None else None,)
    if method == "update" and len(arguments) == 1 and (given := run.values[arguments[0]]) and given.fields:
        for key, child in given.fields.items():
            run.write(receiver, (key,), child, weak=True)
        return (None,)
    if method == "update" and any(named not in (None, "*", "**") for named in instr.keys):
        return _updated(run, instr, receiver)
    if method in ("append", "push") and len(arguments) == 1 and _is_written_out(run, held):
        # In a straight line each has its place: what is joined later is a text with these parts.
        place = str(len(held.fields or {})) if held is not None else ANY_KEY
        run.write(receiver, (place,), run.values[arguments[0]] or Value())
        return (None,)
    if method in _ADDERS and arguments:
        _added(run, method, receiver, arguments)
        return (run.values[receiver] if method in ("set", "add") else None,)
    if method in _MAPPING:
        if method in ("then", "catch", "finally"):
            return (join(returned, held) if returned is not None else held,)
        if method.startswith("reduce"):
            return (returned,)
        return (with_field(Value(container="list"), (ANY_KEY,), returned, weak=True),)
    if method == "items" and held is not None and held.container == "dict" and not arguments:
        return (entries(run, held),)
    if method == "filter" and len(arguments) == 1 and held is not None:
        held = filtered(run, held, arguments[0])
    if method in _ORDERED and held is not None:
        return (_reordered(run, method, receiver, held, arguments),)
    if method in _ELEMENTS and held is not None and held.fields:
        return (run.member_of(held, ANY_KEY),)
    if method == "join" and arguments:
        return (labelled(_deep(run, (receiver, *arguments))),)
    if method in ("replace", "replaceAll") and len(arguments) > 1:
        text = _filled(run, held, method, arguments)
        if text is not None:
            return (text,)
        if run.family == "python" and held is not None and _takes_breaks(run, arguments):
            # What is left of the text begins and goes on as it did.
            return (_without(run, held, method, arguments),)
        replaced = labelled(_deep(run, (receiver, arguments[1])))
        return (_without(run, replaced, method, arguments),)
    if method in ("split", "rsplit", "splitlines", "partition", "rpartition"):
        labels = held.deep() if held is not None else 0
        return (Value(0, {ANY_KEY: Value(labels)}, None, -1, "list") if labels else None,)
    return None


def _updated(run: Regions, instr: Instr, receiver: int) -> tuple[Maybe]:
    """`held.update(others, name=value)`"""
    for name, number in zip(instr.keys, instr.args[1:], strict=True):
        if name is None or name in ("*", "**"):
            _added(run, "update", receiver, (number,))
        else:
            run.write(receiver, (name,), run.values[number] or Value(), weak=True)
    return (None,)


def _added(run: Regions, method: str, receiver: int, arguments: tuple[int, ...]) -> None:
    """What is put into a container whose places are not told apart."""
    for number in arguments:
        value = run.values[number]
        if value is not None and (value.deep() or value.fields):
            merged = run.member_of(value, ANY_KEY) if method in ("extend", "update") else value
            if merged is not None and run.paths.get(receiver, ("",))[-1] == "searchParams":
                # The query of an address decides nothing of where it leads.
                merged = masked(run, merged, 1 << Context.URL | 1 << Context.REDIRECT)
            run.write(receiver, (ANY_KEY,), merged, weak=True)
            if method == "update" and merged is not None and (names := run.keys_of(value)) is not None:
                run.write(receiver, (KEYS,), labelled(names.deep()), weak=True)


def _reordered(run: Regions, method: str, receiver: int, held: Value, arguments: tuple[int, ...]) -> Maybe:
    """What gives the elements of a list or the letters of a text again: fewer, more, in another order."""
    result: Maybe = held
    if method == "concat" and _is_text(run, held, arguments):
        return concatenate((run.values[n], n) for n in (receiver, *arguments))
    if method == "concat" and held.origin >= 0 and not held.fields:
        return _longer(run, receiver, held, arguments)
    for number in arguments:
        if method == "concat":
            given = run.values[number]
            if given is not None and not _is_list(given):
                given = Value(0, {ANY_KEY: given}, None, -1, "list")
            result = join(result, given)
    if result is not None and method in ("slice", "concat"):
        element = run.member_of(result, ANY_KEY)
        return Value(result.labels, {ANY_KEY: element} if element else None, None, -1, result.container)
    return result


def _is_written_out(run: Regions, held: Maybe) -> bool:
    """Whether every element of a list is known by its place, where nothing is done over again."""
    return (
        held is not None
        and held.container == "list"
        and not held.labels
        and not run.continues
        and all(key.isdigit() for key in held.fields or ())
        and len(held.fields or ()) < MAX_PARTS // 2
    )


def _longer(run: Regions, receiver: int, held: Value, arguments: tuple[int, ...]) -> Value:
    """A list that was given, with more behind it."""
    for number in arguments:
        value = run.values[number]
        if value is not None:
            run.write(
                receiver, (ANY_KEY,), run.member_of(value, ANY_KEY) if _is_list(value) else value, weak=True
            )
    return held


def _is_list(value: Value) -> bool:
    return value.container in ("", "list", "tuple")


def _is_text(run: Regions, held: Value, arguments: tuple[int, ...]) -> bool:
    """Whether `concat` is that of text: what is put behind it, or is there already, is no list or object."""
    if held.text is not None:
        return True
    return held.container == "" and not any(
        value is not None and value.container for value in (run.values[number] for number in arguments)
    )


def _takes_breaks(run: Regions, arguments: tuple[int, ...]) -> bool:
    """Whether a line's end is all that is taken out of a text: `value.replace("\\n", "")`."""
    taken, put = run.values[arguments[0]], run.values[arguments[1]]
    return (
        taken is not None
        and taken.constant in (("\r",), ("\n",), ("\r\n",))
        and put is not None
        and put.constant in (("",), (" ",))
    )


def _without(run: Regions, value: Maybe, method: str, arguments: tuple[int, ...]) -> Maybe:
    """A text from which every dot, slash or quote was taken; JavaScript's `replace` takes the first alone."""
    taken = run.values[arguments[0]]
    if value is not None and run.family == "javascript":
        safe = _taken_out(run, arguments, value)
        if safe:
            return masked(run, value, safe)
    every = run.family == "python" or method == "replaceAll"
    put = run.values[arguments[1]]
    if every and value is not None and taken is not None and taken.constant == ("'",):
        instead = put.constant[0] if put is not None and put.constant is not None else None
        return masked(run, value, 1 << Context.SHELL) if instead in SHELL_QUOTES else value
    if value is None or taken is None or not every or taken.constant not in _REMOVALS:
        return value
    return masked(run, value, _REMOVALS[taken.constant])


def _filled(run: Regions, held: Maybe, method: str, arguments: tuple[int, ...]) -> Maybe:
    """A text whose placeholder is replaced: `"... {name} ...".replace("{name}", name)`."""
    taken = run.values[arguments[0]]
    mark = taken.constant[0] if taken is not None and taken.constant is not None else None
    if held is None or held.text is None or not isinstance(mark, str) or len(mark) < _PLACEHOLDER:
        return None
    if not any(isinstance(part, str) and mark in part for part in held.text):
        return None
    left = 1 if run.family == "javascript" and method == "replace" else MAX_PARTS
    put = run.values[arguments[1]]
    parts: list[tuple[Maybe, int]] = []
    for part in held.text:
        if isinstance(part, Hole):
            parts.append((Value(part.labels, None, None, part.origin), part.value))
            continue
        first, *rest = part.split(mark, left) if left else (part,)
        left -= len(rest)
        parts.append((constant(first), -1))
        for each in rest:
            parts += [(put, arguments[1]), (constant(each), -1)]
    return concatenate(parts)


def _taken_out(run: Regions, arguments: tuple[int, ...], value: Value) -> int:
    """Contexts in which a text is safe by `replace(/[...]/g, "")`."""
    literal = run.definitions.get(arguments[0])
    put = run.values[arguments[1]]
    instead = put.constant[0] if put is not None and put.constant is not None else None
    if literal is None or literal.op != Op.CONST or not literal.name.startswith("regex"):
        return 0
    if not isinstance(literal.value, str):
        return 0
    if instead == "" and strips_climbing(literal.value):
        # In its shortest form (`path.normalize`) a path climbs at its beginning alone.
        shortest = not value.labels & run.origins.repeated(1 << Context.SEGMENTS)
        return 1 << Context.PATH if shortest else 0
    if "g" not in literal.name.partition(":")[2]:
        return 0
    if any(ref.kind is Kind.FUNCTION for ref in run.refs[arguments[1]]):
        # Each is looked up in a table of entities.
        return 1 << Context.HTML if escapes_markup(literal.value) else 0
    if not isinstance(instead, str):
        return 0
    return sum(1 << context for context in removed_contexts(literal.value, instead))


def _getter(run: Regions, instr: Instr, held: Maybe, receiver: int, arguments: tuple[int, ...]) -> Maybe:
    key = run.values[arguments[0]]
    name = ANY_KEY
    if key is not None and key.constant is not None and isinstance(key.constant[0], str | int):
        name = str(key.constant[0])
        path = run.paths.get(receiver)
        if path is not None:
            run.paths[instr.dst] = (*path, name)
    if held is None:
        # An unknown store: what it holds is not what it is asked for.
        result: Maybe = None
    else:
        result = run.member_of(held, name)
    for position, number in enumerate(arguments[1:]):
        keyword = instr.keys[1 + position] if instr.keys else None
        if keyword in (None, "default"):
            result = join(result, run.values[number])
    return result


def record(run: Regions, instr: Instr, container: str = "dict", places: tuple[str, ...] = ()) -> Maybe:
    """A call by keywords alone of something unknown makes a record of them; `places` are names of fields that
    are given by place."""
    given = instr.args[1:]
    keys = instr.keys or (None,) * len(given)
    by_place = sum(key is None for key in keys)
    if not given or by_place > len(places) or any(key in ("*", "**") for key in keys):
        return None
    names = (*places[:by_place], *(str(key) for key in keys[by_place:]))
    fields = {name: run.values[number] or Value() for name, number in zip(names, given, strict=True)}
    return Value(0, fields, None, -1, container)


def fetched(run: Regions, value: Value) -> Value:
    """A value that an unknown call gave back later: what it begins with was decided there."""
    if not value.deep() & run.origins.repeated(UNCERTAIN):
        return value
    return masked(run, value, 1 << Context.HTML | 1 << Context.REDIRECT | 1 << Context.URL)


def _deep(run: Regions, numbers: tuple[int, ...]) -> int:
    labels = 0
    for number in numbers:
        value = run.values[number] if number >= 0 else None
        if value is not None:
            labels |= value.deep()
    return labels


def mixed(run: Regions, numbers: tuple[int, ...], uncertain: bool) -> Maybe:
    """Labels of all these values together."""
    labels = _deep(run, numbers)
    return labelled(doubted(run, labels) if uncertain else labels)


def doubted(run: Regions, labels: int) -> int:
    """The labels of a value that passed through something whose effect is not known."""
    for number, field in run.origins.fields(labels):
        if field & HARMFUL:
            labels |= UNCERTAIN << (WIDTH * number)
    return labels


def joined(run: Regions, instr: Instr, row: Row, receiver: int) -> Maybe:
    separator = row.concept.separator if isinstance(row.concept, TextJoin) else ""
    parts: list[tuple[Maybe, int]] = []
    for number in run.program.arguments(instr, row, receiver):
        if parts and separator:
            parts.append((constant(separator), -1))
        value = run.values[number]
        if value is not None and value.text is None and value.fields:
            value = labelled(value.deep())
        parts.append((value, number))
    return concatenate(parts)


def masked(run: Regions, value: Value, safe: int) -> Value:
    mask = ~run.origins.repeated(safe)
    fields = {k: masked(run, v, safe) for k, v in value.fields.items()} if value.fields else None
    text: Text | None = None
    if value.text is not None:
        text = tuple(
            p if isinstance(p, str) else Hole(p.labels & mask, p.origin, p.value) for p in value.text
        )
    return Value(value.labels & mask, fields, text, value.origin, value.container, value.constant)
