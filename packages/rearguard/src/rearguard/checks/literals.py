"""Texts that values are, or fall back to, where they are written."""

import re
from collections.abc import Iterator

from rearguard.analysis.settings import kept_elsewhere
from rearguard.checks.base import Context
from rearguard.models.concepts import Hashing, Mac, PasswordHash
from rearguard.program import Instr, Op

MAX_STEPS = 60
_SAME = frozenset(
    (
        *(
            "encode",
            "from",
            "strip",
            "trim",
            "bytes",
            "str",
            "String",
            "utf8",
            "b64decode",
            "parse",
            "toString",
        ),
        *("fromhex", "unhexlify", "createSecretKey", "bytearray", "b64encode", "urlsafe_b64encode"),
    )
)
_OF_HASHES = ("update", "digest", "hexdigest")
_READS = ("environ", "getenv", "config", "settings", "env")
_DESCRIBES = frozenset(("env", "format", "sensitive"))
_FALLBACK = frozenset(("default", "fallback"))
_CHAIN = 8
"""Calls of a chain that a schema's field is described with."""


def written(context: Context, fid: str, number: int) -> Instr | None:
    """The constant text that a value is, written in place or kept in a variable that is assigned once."""
    found = context.matrix.origins.resolved(fid, number)
    if found is None or found[1].op != Op.CONST or not isinstance(found[1].value, str):
        return None
    return found[1]


def literals(
    context: Context, fid: str, number: int, within: tuple[str, ...] = (), loops: bool = False
) -> Iterator[tuple[str, Instr]]:
    """Every text that a value may be: a constant, what it falls back to when a setting is not given, what a hash is
    made of, the elements of a list that a loop goes through; with the function that holds it."""
    pending: list[tuple[str, int, tuple[str, ...]]] = [(fid, number, within)]
    seen: set[tuple[str, int, tuple[str, ...]]] = set()
    while pending and len(seen) < MAX_STEPS:
        current = pending.pop(0)
        if current in seen:
            continue
        seen.add(current)
        home, value, path = current
        instr = context.view.definitions(home).get(value)
        if instr is None:
            continue
        if instr.op == Op.CONST:
            if isinstance(instr.value, str) and not path:
                yield home, instr
        elif loops or instr.op != Op.ITER:
            pending.extend(_behind(context, home, instr, path))


def _behind(
    context: Context, fid: str, instr: Instr, path: tuple[str, ...]
) -> Iterator[tuple[str, int, tuple[str, ...]]]:
    match instr.op:
        case Op.LOGIC if instr.name in ("or", "??", "||"):
            yield fid, instr.args[1], path
        case Op.LOAD if instr.name.startswith("$"):
            for other in context.view.linker.code(fid):
                if other.op == Op.STORE and other.name == instr.name:
                    yield fid, other.args[0], path
        case Op.LOAD:
            found = context.matrix.origins.resolved(fid, instr.dst)
            if found is not None and found != (fid, instr):
                yield found[0], found[1].dst, path
        case Op.AWAIT:
            yield fid, instr.args[0], path
        case Op.ITER:
            yield fid, instr.args[0], ("*", *path)
        case Op.ATTR | Op.IMPORT:
            yield from kept_elsewhere(context.view, context.notes, fid, instr, path)
        case Op.ITEM if instr.value is not None and not isinstance(instr.value, bool):
            yield from kept_elsewhere(context.view, context.notes, fid, instr, path)
            yield fid, instr.args[0], (str(instr.value), *path)
        case Op.COLLECT if path:
            yield from _elements(fid, instr, path)
        case Op.COLLECT if "default" in instr.keys and _DESCRIBES.intersection(filter(None, instr.keys)):
            # A schema of settings that is made of maps: `{ env: "API_KEY", format: String, default: "..." }`
            yield fid, instr.args[instr.keys.index("default")], path
        case Op.CALL | Op.NEW:
            yield from _called(context, fid, instr, path)


def _elements(fid: str, instr: Instr, path: tuple[str, ...]) -> Iterator[tuple[str, int, tuple[str, ...]]]:
    position = 0
    for index, value in enumerate(instr.args):
        key = instr.keys[index] if instr.keys else None
        if key is None:
            key, position = str(position), position + 1
        if path[0] in ("*", key):
            yield fid, value, path[1:]


def _called(
    context: Context, fid: str, instr: Instr, path: tuple[str, ...]
) -> Iterator[tuple[str, int, tuple[str, ...]]]:
    callee = context.view.definitions(fid).get(instr.args[0])
    if callee is None:
        return
    default = fallback(context, fid, instr)
    if default is not None:
        yield fid, default, path
    elif callee.name in _SAME:
        own = callee.name in ("strip", "trim", "toString") or (
            # `new TextEncoder().encode(text)` is given the text.
            callee.name == "encode"
            and context.view.linker.modules[context.view.linker.module_of[fid]].language == "python"
        )
        if callee.op == Op.ATTR and own:
            yield fid, callee.args[0], path
        elif len(instr.args) > 1 and not (instr.keys and instr.keys[0]):
            yield fid, instr.args[1], path
    elif callee.op == Op.ATTR and callee.name in _OF_HASHES:
        # A keyed hash is as secret as its key, whatever is hashed.
        keyed = any(isinstance(one, Mac) for one in context.matrix.origins.concepts(fid, callee.args[0]))
        inner = instr.args[1:2] if callee.name == "update" else callee.args[:1]
        yield from ((fid, value, path) for value in inner if not keyed)
    elif len(instr.args) > 1 and hashes(context, fid, instr):
        yield fid, instr.args[1], path


def fallback(context: Context, fid: str, call: Instr) -> int | None:
    """What a setting is when nobody gives it: `config(name, default=...)`, `Field("...")`, `z.string().default("...")`,
    `str({ default: "..." })`."""
    definitions = context.view.definitions(fid)
    callee = definitions.get(call.args[0])
    keys = call.keys or (None,) * (len(call.args) - 1)
    given = list(zip(keys, call.args[1:], strict=False))
    if callee is None or not given:
        return _of_chain(definitions, call)
    plain = [value for key, value in given if key is None]
    is_field = callee.name == "Field"
    if is_field or reads_setting(context, fid, callee):
        named = [value for key, value in given if key in _FALLBACK]
        if named:
            return named[0]
        index = 0 if is_field else 1
        if callee.name == "get" and _has_sections(context, fid, callee):
            # `parser.get(section, option)`: the second is a name.
            index = 2
        return plain[index] if len(plain) > index else None
    described = definitions.get(given[0][1])
    if (
        described is not None
        and described.op == Op.COLLECT
        and "default" in described.keys
        and len(given) == 1
    ):
        return described.args[described.keys.index("default")]
    return _of_chain(definitions, call)


def _has_sections(context: Context, fid: str, callee: Instr) -> bool:
    """Whether settings are read from a file of sections, as `configparser` does it."""
    span = context.view.span(fid, callee.start, callee.end)
    source = context.sources[span.path].text.decode("utf-8", "replace")
    holder = re.escape(context.text(span).removesuffix(".get"))
    return (
        re.search(
            rf"{holder}\.(?:has_option|has_section|sections|get(?:boolean|int|float))\(|configparser", source
        )
        is not None
    )


def _of_chain(definitions: dict[int, Instr], call: Instr) -> int | None:
    """`z.string().default("...").optional()`: what stands in the chain."""
    current: Instr | None = call
    for _ in range(_CHAIN):
        callee = definitions.get(current.args[0]) if current is not None and current.op == Op.CALL else None
        if current is None or callee is None or callee.op != Op.ATTR:
            return None
        if callee.name == "default" and len(current.args) == 2:
            return current.args[1]
        current = definitions.get(callee.args[0])
    return None


def reads_setting(context: Context, fid: str, callee: Instr) -> bool:
    """`os.environ.get(name, default)`, `os.getenv(name, default)`, `config(name, default)`."""
    text = context.text(context.view.span(fid, callee.start, callee.end)).lower()
    return any(word in text for word in _READS)


def hashes(context: Context, fid: str, instr: Instr) -> bool:
    """Whether a call makes a hash of its first argument, so that the account's password is that argument."""
    callee = context.view.definitions(fid).get(instr.args[0])
    if callee is not None and "hash" in callee.name.lower():
        return True
    concepts = [
        row.concept for row in context.values.program.rows(context.view.linker.refs[fid][instr.args[0]])
    ]
    concepts.extend(context.matrix.origins.concepts(fid, instr.dst))
    return any(isinstance(concept, PasswordHash | Hashing) for concept in concepts)
