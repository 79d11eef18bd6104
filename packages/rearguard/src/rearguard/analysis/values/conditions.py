"""What a condition proves of the values in it, on the side where it holds.

Proofs narrow values in the environment at the access path they were read from, so joining branches
keeps only what holds on both, and a branch that left takes its harm with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rearguard.analysis.settings.options import written_out
from rearguard.analysis.values import foreseen
from rearguard.analysis.values.domain import (
    DEVELOPMENT,
    ERROR_BITS,
    FIELD,
    HARMFUL,
    WIDTH,
    Maybe,
    Port,
    Value,
    with_field,
)
from rearguard.analysis.values.patterns import finds_climbing, has_lines, safe_contexts
from rearguard.analysis.values.sinks import fixes_host
from rearguard.link import Kind
from rearguard.models.concepts import TEXT, Context, PatternTest, Proof, Register
from rearguard.models.view import ValueView
from rearguard.program import Instr, Op

if TYPE_CHECKING:
    from rearguard.analysis.values.regions import Regions

_DEPTH = 8
_TEXT_BITS = sum(1 << context for context in TEXT)
_ADDRESS = (1 << Context.URL) | (1 << Context.REDIRECT)
_HOST_MEMBERS = ("host", "hostname", "netloc", "origin")
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
_CHARACTER_TESTS = {
    "isdigit": _TEXT_BITS,
    "isdecimal": _TEXT_BITS,
    "isnumeric": _TEXT_BITS,
    "isalnum": _TEXT_BITS,
    "isalpha": _TEXT_BITS,
    "isidentifier": _TEXT_BITS,
}
_PREFIX_TESTS = ("startswith", "startsWith", "is_relative_to")
_SLASH, _NOT_DOUBLE = "\0slash ", "\0single "
_NOT_ABSOLUTE, _NO_PARENT = "\0relative ", "\0no parent "
_LOOK_UPS = ("get", "delete")
_OWN_KEYS = ("hasOwn", "hasOwnProperty", "call")
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
_INTERNAL = {"is_private": False, "is_global": True}
"""Members of an address (`ipaddress`), and their value where it is none of an internal network."""
_RESOLVERS = ("gethostbyname", "getaddrinfo", "gethostbyname_ex", "resolve")
_RESOLVING = ("resolve", "join", "normalize", "realpath", "realpathSync", "abspath", "normpath", "Path")
"""Functions whose result lies where their arguments say."""
_ABSOLUTE_TESTS = ("isabs", "isAbsolute", "is_absolute")
_SHARED_KEYS = ("__proto__", "constructor", "prototype")
_SHORT = 32
"""A length up to which a text can do no harm to a pattern, or little."""
_DEVELOPMENT = ("development", "dev", "test", "local")
_COMPARED = ("==", "===", "!=", "!==", "is", "is not")
_EQUAL, _UNEQUAL = ("==", "===", "is"), ("!=", "!==", "is not")


def bits(contexts: tuple[Context, ...]) -> int:
    """A bit set of contexts."""
    return sum(1 << context for context in contexts)


def truth(value: Maybe) -> bool | None:
    """Whether the value counts as true; `None` when that is not known."""
    if value is None:
        return None
    if value.constant is not None:
        return bool(value.constant[0])
    return None


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
    narrowed = _narrow(value, ~mask)
    interpreter.narrowed.append((number, value))
    interpreter.values[number] = narrowed
    path = interpreter.paths.get(number)
    if path is not None:
        held = interpreter.environment.get(path[0])
        interpreter.environment[path[0]] = with_field(held, path[1:], narrowed)


def _narrow(value: Value, mask: int) -> Value:
    fields = {key: _narrow(child, mask) for key, child in value.fields.items()} if value.fields else None
    return Value(value.labels & mask, fields, None, value.origin, value.container, value.constant)


def assume(interpreter: Regions, number: int, holds: bool, depth: int = 0) -> None:
    """Take it that value `number` is true (or false) from here on."""
    instr = interpreter.definitions.get(number)
    if instr is None or depth > _DEPTH:
        return
    if instr.op == Op.UNARY and instr.name == "not":
        assume(interpreter, instr.args[0], not holds, depth + 1)
    elif instr.op == Op.LOGIC and instr.name in ("and", "or"):
        if holds is (instr.name == "and"):
            for argument in instr.args:
                assume(interpreter, argument, holds, depth + 1)
        else:
            _assume_one(interpreter, instr.args, holds, depth)
    elif instr.op == Op.COMPARE:
        _assume_comparison(interpreter, instr, holds)
    elif instr.op in (Op.CALL, Op.NEW):
        _assume_call(interpreter, instr, holds)
    elif instr.op == Op.AWAIT:
        assume(interpreter, instr.args[0], holds, depth + 1)
    elif instr.op == Op.ATTR and holds is _INTERNAL.get(instr.name):
        _limit_resolved(interpreter, instr.args[0])
    elif instr.op == Op.ATTR and instr.name in _HOST_MEMBERS and not holds:
        # A parsed address without a host is one of this site.
        _limit_subject(interpreter, number, _ADDRESS)
    elif instr.op == Op.ATTR:
        foreseen.assume_named(interpreter, number, instr.name, holds)
        foreseen.assume_member(interpreter, instr.args[0], instr.name, holds)
    elif instr.op == Op.LOAD:
        foreseen.assume_named(interpreter, number, instr.name, holds)
        combined = interpreter.program.combined(interpreter.fid, number)
        if combined is not None and holds is (combined.operator == "and"):
            assume(interpreter, combined.left, holds, depth + 1)
            assume(interpreter, combined.right, holds, depth + 1)
        elif combined is not None:
            _assume_one(interpreter, (combined.left, combined.right), holds, depth)
        definition = interpreter.program.single_store(interpreter.fid, instr.name)
        if definition is not None:
            assume(interpreter, definition, holds, depth + 1)
        if not holds and interpreter.family == "python" and not instr.name.startswith("$"):
            # An empty text does no harm.
            limit(interpreter, number, _TEXT_BITS)


def _assume_one(interpreter: Regions, operands: tuple[int, ...], holds: bool, depth: int) -> None:
    """One of the operands is so, and which is not known: what each of them would prove is proven."""
    before, mark = interpreter.environment, len(interpreter.narrowed)
    reached = []
    for operand in operands:
        interpreter.environment = dict(before)
        assume(interpreter, operand, holds, depth + 1)
        interpreter.restore(mark)
        reached.append(interpreter.environment)
    interpreter.merge(foreseen.in_production(reached, before))


def _assume_comparison(interpreter: Regions, instr: Instr, holds: bool) -> None:
    left, right = instr.args
    name = instr.name
    if name == "instanceof":
        if holds and not foreseen.is_any_error(interpreter, right):
            # An error of a known class: what it says was written for whoever gets it.
            limit(interpreter, left, ERROR_BITS)
        return
    _assume_development(interpreter, instr, holds)
    _assume_position(interpreter, instr, holds)
    if name in _UNEQUAL or name == "not in":
        holds = not holds
        name = "in" if name == "not in" else "=="
    if name in _EQUAL:
        name = "=="
        if not holds:
            _differs(interpreter, left, right)
            return
        for one, other in ((left, right), (right, left)):
            known = interpreter.values[other]
            if known is not None and known.constant is not None:
                _equals_constant(interpreter, one, known.constant[0])
            elif known is None or not known.deep():
                # Equal to a value that no input reaches: a settled one, whatever it is.
                _limit_subject(interpreter, one, HARMFUL)
            else:
                _limit_parent(interpreter, one, other, known.deep())
    elif name in ("<", "<=", ">", ">="):
        _assume_order(interpreter, instr, holds)
    elif name == "in":
        container = interpreter.values[right]
        if not holds:
            _not_among(interpreter, left, right)
        if holds and _is_own_container(interpreter, container):
            _limit_subject(interpreter, left, HARMFUL)
        elif not holds and container is not None and container.labels:
            probe = interpreter.values[left]
            if probe is not None and probe.constant == ("..",):
                _without_parents(interpreter, right)


def _is_own_container(interpreter: Regions, container: Maybe) -> bool:
    """Whether no input is seen to reach what is in it: it is the service's own choice, or the object's."""
    if container is None:
        return True
    origins = [interpreter.origins.items[index] for index, _ in interpreter.origins.fields(container.deep())]
    of_object = all(isinstance(o, Port) and o.kind == "receiver" and o.path for o in origins)
    return of_object and not _is_text(container)


_POSITIONS: dict[tuple[str, int], tuple[str, bool]] = {
    **{(name, -1): ("includes", False) for name in _EQUAL},
    **{(name, -1): ("includes", True) for name in _UNEQUAL},
    (">", -1): ("includes", True),
    (">=", 0): ("includes", True),
    ("<", 0): ("includes", False),
    **{(name, 0): ("startsWith", True) for name in _EQUAL},
    **{(name, 0): ("startsWith", False) for name in _UNEQUAL},
}
"""What comparing `text.indexOf(part)` with a number asks."""


def _assume_position(interpreter: Regions, instr: Instr, holds: bool) -> None:
    """`text.indexOf(part) === -1` asks whether a text or list holds it, `=== 0` whether it begins so."""
    called, known = interpreter.definitions.get(instr.args[0]), interpreter.values[instr.args[1]]
    if called is None or called.op != Op.CALL or known is None or known.constant is None:
        return
    callee = interpreter.definitions.get(called.args[0])
    number = known.constant[0]
    asked = _POSITIONS.get((instr.name, number)) if type(number) is int else None
    if asked is None or callee is None or callee.op != Op.ATTR or callee.name != "indexOf":
        return
    method, is_so = asked
    _assume_method(interpreter, called, method, callee.args[0], holds is is_so)


def _assume_development(interpreter: Regions, instr: Instr, holds: bool) -> None:
    """`NODE_ENV === "development"`, `env !== "production"`: what follows never runs where users are."""
    equal = holds is (instr.name in _EQUAL)
    for number, other in (instr.args, instr.args[::-1]):
        known = interpreter.values[number]
        if known is None or known.constant is None:
            continue
        if not foreseen.names_environment(
            ValueView(interpreter.program.view, interpreter.fid, other).source_text
        ):
            continue
        text = known.constant[0]
        if (text in _DEVELOPMENT and equal) or (
            text == "production" and not equal and instr.name in _COMPARED
        ):
            interpreter.environment[DEVELOPMENT] = Value(container="fact")


def _differs(interpreter: Regions, left: int, right: int) -> None:
    """`key !== "__proto__"`: no key that reaches what all objects share. One of the names stands for all."""
    for one, other in ((left, right), (right, left)):
        known = interpreter.values[other]
        if known is not None and known.constant is not None and known.constant[0] in _SHARED_KEYS:
            limit(interpreter, one, 1 << Context.KEY)


def _not_among(interpreter: Regions, number: int, container: int) -> None:
    """`key not in ("__proto__", ...)`."""
    if _names_shared(interpreter, container):
        limit(interpreter, number, 1 << Context.KEY)


def _assume_order(interpreter: Regions, instr: Instr, holds: bool) -> None:
    """`len(text) <= 100`: a bound for whatever takes time with the length."""
    left, right = instr.args
    at_most = holds is (instr.name in ("<", "<="))
    for one, other, is_bound in ((left, right, at_most), (right, left, not at_most)):
        known = interpreter.values[other]
        measured = interpreter.definitions.get(one)
        if known is None or known.constant is None or measured is None or not is_bound:
            continue
        most = known.constant[0]
        inclusive = ("<=", ">") if one == left else (">=", "<")
        foreseen.assume_status(interpreter, one, most, instr.name in inclusive)
        if not isinstance(most, int | float) or most > _SHORT:
            continue
        if measured.op == Op.ATTR and measured.name == "length":
            limit(interpreter, measured.args[0], 1 << Context.SUBJECT)
        elif (
            measured.op == Op.CALL
            and len(measured.args) > 1
            and "builtins.len" in interpreter.program.names(interpreter.refs[measured.args[0]])
        ):
            limit(interpreter, measured.args[1], 1 << Context.SUBJECT)


def _limit_ending(interpreter: Regions, number: int, depth: int = 0) -> None:
    """The ending of a file's name was compared with a list: what it was cut from may be stored under it."""
    limit(interpreter, number, 1 << Context.FILE_TYPE)
    instr = _resolve(interpreter, number)
    if instr is None or depth > _DEPTH:
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


def _is_text(value: Maybe) -> bool:
    return value is not None and value.constant is not None and isinstance(value.constant[0], str)


def _equals_constant(interpreter: Regions, number: int, constant: object) -> None:
    foreseen.assume_kind(interpreter, number)
    instr = interpreter.definitions.get(number)
    if instr is not None and instr.op == Op.UNARY and instr.name == "typeof":
        kinds = {"number": _TEXT_BITS, "boolean": HARMFUL, "bigint": _TEXT_BITS, "string": 1 << Context.NOSQL}
        if isinstance(constant, str) and constant in kinds:
            limit(interpreter, instr.args[0], kinds[constant])
        return
    if constant == "":
        _limit_subject(interpreter, number, HARMFUL)
        return
    if constant in (None, 0, -1, False, True):
        # Says that it is empty or a flag; the value itself is then harmless, but so is what is derived.
        limit(interpreter, number, HARMFUL)
        return
    _limit_subject(interpreter, number, HARMFUL)


def _limit_subject(interpreter: Regions, number: int, safe: int, depth: int = 0) -> None:
    """Narrow the value tested, or, when its host was tested, the address it was parsed from."""
    limit(interpreter, number, safe)
    if safe & 1 << Context.FILE_TYPE and not depth:
        _limit_ending(interpreter, number)
    instr = _resolve(interpreter, number)
    if instr is None or depth > _DEPTH:
        # `name = name.strip()` leads back to itself.
        return
    if instr.op == Op.ATTR and instr.name in _HOST_MEMBERS:
        parsed = _resolve(interpreter, instr.args[0])
        if parsed is not None and parsed.op in (Op.CALL, Op.NEW):
            limit(interpreter, instr.args[0], safe & _ADDRESS)
            for argument in parsed.args[1:]:
                _limit_address(interpreter, argument, safe & _ADDRESS)
    elif instr.op == Op.JOIN:
        # `f"{parts.scheme}://{parts.netloc}"` was compared as a whole.
        for argument in instr.args:
            part = _resolve(interpreter, argument)
            if part is not None and part.op in (Op.ATTR, Op.CALL):
                _limit_subject(interpreter, argument, safe & _ADDRESS, depth + 1)
    elif instr.op in (Op.CALL, Op.NEW):
        callee = interpreter.definitions.get(instr.args[0])
        if callee is not None and callee.op == Op.ATTR and callee.name in _SAME_TEXT:
            limit(interpreter, callee.args[0], safe)
            _limit_subject(interpreter, callee.args[0], safe & _ADDRESS, depth + 1)
        elif callee is not None and callee.name == "commonpath":
            for argument in instr.args[1:]:
                _limit_elements(interpreter, argument)


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


def _limit_resolved(interpreter: Regions, number: int) -> None:
    """The address that a host's name resolves to is none of an internal network.

    Of the name itself, read as an address, that says nothing: names are no addresses.
    """
    resolved = False
    for _ in range(_DEPTH):
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
        _limit_subject(interpreter, number, 1 << Context.URL)


def _limit_parent(interpreter: Regions, number: int, other: int, spared: int) -> None:
    """`path.parent == folder`: the path lies in the folder, whatever the folder depends on."""
    instr, folder = _resolve(interpreter, number), _resolve(interpreter, other)
    if instr is None:
        return
    if instr.op == Op.ATTR and instr.name == "parent":
        _contain(interpreter, instr.args[0], spared)
    elif instr.op == Op.CALL and len(instr.args) > 2 and folder is not None and folder.op == Op.CALL:
        # `resolve(base, path) === resolve(base)`: the folder itself.
        callee, made = (interpreter.definitions.get(one.args[0]) for one in (instr, folder))
        if callee is not None and made is not None and callee.name == made.name == "resolve":
            _contain(interpreter, number, spared)


def _limit_elements(interpreter: Regions, number: int) -> None:
    """`commonpath([base, target]) == base`: every element lies under the base."""
    instr = interpreter.definitions.get(number)
    if instr is not None and instr.op == Op.COLLECT:
        for element in instr.args:
            _contain(interpreter, element)


def _contain(interpreter: Regions, number: int, spared: int = 0) -> None:
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
    for _ in range(_DEPTH):
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


def _assume_call(interpreter: Regions, instr: Instr, holds: bool) -> None:
    program = interpreter.program
    callee = interpreter.definitions.get(instr.args[0])
    receiver = callee.args[0] if callee is not None and callee.op == Op.ATTR else -1
    method = callee.name if callee is not None and callee.op == Op.ATTR else ""
    for row in program.rows(interpreter.refs[instr.args[0]]):
        concept = row.concept
        if isinstance(concept, Proof) and concept.when is holds:
            for number in program.arguments(instr, row, receiver):
                limit(interpreter, number, bits(concept.contexts))
        elif isinstance(concept, PatternTest) and holds:
            _match(interpreter, instr, concept, program.arguments(instr, row, receiver), receiver)
        elif isinstance(concept, PatternTest):
            pattern = program.pattern_text(interpreter, instr, concept, receiver)
            if pattern is not None and finds_climbing(pattern):
                for number in program.arguments(instr, row, receiver):
                    _without_parents(interpreter, number)
    if receiver >= 0:
        _assume_method(interpreter, instr, method, receiver, holds)
    if "builtins.isinstance" in program.names(interpreter.refs[instr.args[0]]):
        if holds:
            _assume_type(interpreter, instr)
        elif len(instr.args) > 2 and "builtins.str" in program.names(interpreter.refs[instr.args[2]]):
            # What is no text is no harmful text.
            limit(interpreter, instr.args[1], _TEXT_BITS)
    for target in interpreter.refs[instr.args[0]]:
        if target.kind is Kind.FUNCTION:
            _assume_helper(interpreter, instr, target.id, receiver, holds)


def _match(
    interpreter: Regions, instr: Instr, concept: PatternTest, subjects: tuple[int, ...], receiver: int
) -> None:
    pattern = interpreter.program.pattern_text(interpreter, instr, concept, receiver)
    if pattern is not None:
        safe = bits(safe_contexts(pattern, concept.whole))
        for number in subjects:
            limit(interpreter, number, safe)


def _assume_method(interpreter: Regions, instr: Instr, method: str, receiver: int, holds: bool) -> None:
    arguments = instr.args[1:]
    if method in _CHARACTER_TESTS and holds and not arguments:
        limit(interpreter, receiver, _CHARACTER_TESTS[method])
    elif method in _PREFIX_TESTS and arguments:
        prefix = interpreter.values[arguments[0]]
        text = prefix.text if prefix is not None else None
        first = text[0] if text and isinstance(text[0], str) else ""
        several = _texts_in(interpreter, arguments[0]) if not first else ()
        if holds and several and all(isinstance(text, str) and fixes_host(text) for text in several):
            limit(interpreter, receiver, _ADDRESS | 1 << Context.ARGUMENT)
            return
        if first and holds is not first.startswith("-"):
            # Begins otherwise than an option, or does not begin like one.
            limit(interpreter, receiver, 1 << Context.ARGUMENT)
        if holds and first and fixes_host(first):
            limit(interpreter, receiver, _ADDRESS)
        elif first in ("/", "//"):
            if holds is (first == "/"):
                fact = _SLASH if holds else _NOT_DOUBLE
                _note(interpreter, receiver, fact, (_SLASH, _NOT_DOUBLE), 1 << Context.REDIRECT)
            elif not holds:
                _note(interpreter, receiver, _NOT_ABSOLUTE, (_NOT_ABSOLUTE, _NO_PARENT), 1 << Context.PATH)
        elif first.startswith("..") and not holds:
            _below(interpreter, receiver)
        elif holds:
            _contain(interpreter, receiver, prefix.deep() if prefix is not None else 0)
    elif (
        method in ("includes", "has", "contains")
        and arguments
        and not holds
        and _names_shared(interpreter, receiver)
    ):
        limit(interpreter, arguments[0], 1 << Context.KEY)
    elif method in ("endswith", "endsWith") and arguments and holds:
        _ends(interpreter, receiver, arguments[0])
    elif method in _OWN_KEYS and arguments and holds:
        _own_key(interpreter, receiver, arguments)
    elif method in ("includes", "has", "contains") and arguments and holds:
        if _is_own_container(interpreter, interpreter.values[receiver]):
            _limit_subject(interpreter, arguments[0], HARMFUL)
    elif method in _LOOK_UPS and arguments and holds and _is_register(interpreter, receiver):
        _limit_subject(interpreter, arguments[0], HARMFUL)
    elif method == "includes" and arguments and not holds:
        probe = interpreter.values[arguments[0]]
        if probe is not None and probe.constant == ("..",):
            _without_parents(interpreter, receiver)
    elif method in _ABSOLUTE_TESTS and not holds:
        subject = arguments[0] if arguments else receiver
        _note(interpreter, subject, _NOT_ABSOLUTE, (_NOT_ABSOLUTE, _NO_PARENT), 1 << Context.PATH)
    elif method == "test" and arguments and holds:
        known, literal = interpreter.values[receiver], interpreter.definitions.get(receiver)
        pattern = known.constant[0] if known is not None and known.constant is not None else None
        if isinstance(pattern, str) and not (literal is not None and has_lines(literal)):
            limit(interpreter, arguments[0], bits(safe_contexts(pattern, False)))


def _names_shared(interpreter: Regions, container: int) -> bool:
    """Whether a list or set written out holds the keys that reach what all objects share."""
    return any(text in _SHARED_KEYS for text in _texts_in(interpreter, container))


def _texts_in(interpreter: Regions, number: int) -> tuple[object, ...]:
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


def _ends(interpreter: Regions, number: int, ending: int) -> None:
    """`name.endswith(".png")` tells a file's type, `host.endswith(".example.com")` whose a host is."""
    known = _texts_in(interpreter, ending)
    if not known or not all(isinstance(text, str) for text in known):
        return
    if all(str(text).startswith(".") for text in known):
        _limit_ending(interpreter, number)
        subject = _resolve(interpreter, number)
        if subject is not None and subject.op == Op.ATTR and subject.name in _HOST_MEMBERS:
            _limit_subject(interpreter, number, _ADDRESS)


def _own_key(interpreter: Regions, receiver: int, arguments: tuple[int, ...]) -> None:
    """`Object.hasOwn(target, key)`: the key is there already. Of the client's own object it says nothing."""
    holder, key = (receiver, arguments[0]) if len(arguments) == 1 else arguments[:2]
    callee = interpreter.definitions.get(receiver)
    if len(arguments) > 1 and callee is not None and callee.name not in ("hasOwnProperty", "Object"):
        return
    held, named = interpreter.values[holder], interpreter.values[key]
    if named is not None and not (held is not None and held.deep() & named.deep()):
        limit(interpreter, key, 1 << Context.KEY | 1 << Context.NAME)


def _is_register(interpreter: Regions, receiver: int) -> bool:
    """Whether the value is a map or set with exact keys: a key that is found is one of them."""
    held = interpreter.values[receiver]
    if held is not None and held.deep() and held.origin < 0:
        return False
    if held is not None and held.container == "dict":
        return True
    rows = interpreter.program.value_rows(interpreter.refs[receiver])
    return any(isinstance(row.concept, Register) for row in rows)


def _note(interpreter: Regions, number: int, fact: str, together: tuple[str, ...], safe: int) -> None:
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
    marks = (_SLASH, _NOT_DOUBLE, _NOT_ABSOLUTE, _NO_PARENT)
    for key in list(interpreter.environment):
        mark = next((mark for mark in marks if key.startswith(mark)), None)
        if mark is not None and key[len(mark) :].partition(" ")[0] == variable:
            del interpreter.environment[key]


def _without_parents(interpreter: Regions, number: int) -> None:
    """No `..` stands in the path."""
    limit(interpreter, number, 1 << Context.SEGMENTS | 1 << Context.CLIMB)
    _note(interpreter, number, _NO_PARENT, (_NOT_ABSOLUTE, _NO_PARENT), 1 << Context.PATH)


def _below(interpreter: Regions, number: int) -> None:
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


def _assume_type(interpreter: Regions, instr: Instr) -> None:
    if len(instr.args) < 3:
        return
    names = interpreter.program.names(interpreter.refs[instr.args[2]])
    if "builtins.str" in names:
        limit(interpreter, instr.args[1], 1 << Context.NOSQL)
    elif any(ref.kind is Kind.CLASS for ref in interpreter.refs[instr.args[2]]) and not foreseen.is_any_error(
        interpreter, instr.args[2]
    ):
        limit(interpreter, instr.args[1], ERROR_BITS)
    elif any(name in names for name in ("builtins.int", "builtins.float", "builtins.bool")):
        limit(interpreter, instr.args[1], _TEXT_BITS)


def _assume_helper(interpreter: Regions, instr: Instr, fid: str, receiver: int, holds: bool) -> None:
    summary = interpreter.program.summary(fid)
    if summary is None:
        return
    for (origin, outcome), safe in summary.proves.items():
        port = summary.origins.items[origin]
        if outcome is holds and safe and isinstance(port, Port) and port.kind == "param" and not port.path:
            number = interpreter.program.argument_of(interpreter, instr, fid, port.name)
            if number >= 0:
                limit(interpreter, number, safe)


def note_proof(interpreter: Regions, instr: Instr) -> None:
    """Remember what this return's outcome says of the parameters: the function may be used as a test."""
    params = interpreter.function.params
    if not params or len(params) > 6:
        return
    result = interpreter.values[instr.args[0]]
    known = truth(result)
    for outcome in (True, False):
        if known is (not outcome):
            continue
        saved, values = interpreter.environment, list(interpreter.values)
        interpreter.environment = dict(saved)
        if known is None:
            assume(interpreter, instr.args[0], outcome)
        for param in params:
            number = interpreter.origins.number(Port("param", param.name))
            value = interpreter.environment.get(param.name)
            safe = 0
            if value is not None and value.origin == number:
                safe = ~(value.labels >> (WIDTH * number)) & HARMFUL
            key = (number, outcome)
            proves = interpreter.summary.proves
            proves[key] = proves.get(key, HARMFUL) & safe
        interpreter.environment, interpreter.values = saved, values
