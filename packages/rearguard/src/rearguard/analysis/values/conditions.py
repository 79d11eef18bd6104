"""What a condition proves of the values in it, on the side where it holds.

Proofs narrow values in the environment at the access path they were read from, so joining branches
keeps only what holds on both, and a branch that left takes its harm with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rearguard.analysis.values import foreseen, shown
from rearguard.analysis.values.domain import (
    DEVELOPMENT,
    ERROR_BITS,
    HARMFUL,
    WIDTH,
    Maybe,
    Port,
    Value,
)
from rearguard.analysis.values.elements import assume_compared_sets, assume_elements, assume_none_left
from rearguard.analysis.values.narrowing import (
    ADDRESS,
    DEPTH,
    HOST_MEMBERS,
    NO_PARENT,
    NOT_ABSOLUTE,
    NOT_DOUBLE,
    SLASH,
    below,
    bits,
    contain,
    ends,
    is_text,
    limit,
    limit_parent,
    limit_resolved,
    limit_subject,
    narrow,
    note,
    texts_in,
    without_parents,
)
from rearguard.analysis.values.patterns import begins_with_slash, finds_climbing, has_lines, safe_contexts
from rearguard.analysis.values.sinks import fixes_host
from rearguard.link import Kind, function_id
from rearguard.models.concepts import TEXT, Context, PatternTest, Proof, Register
from rearguard.models.view import ValueView
from rearguard.program import MODULE_BODY, Function, Instr, Op

if TYPE_CHECKING:
    from rearguard.analysis.values.regions import Regions

_TEXT_BITS = sum(1 << context for context in TEXT)
_CHARACTER_TESTS = {
    "isdigit": _TEXT_BITS,
    "isdecimal": _TEXT_BITS,
    "isnumeric": _TEXT_BITS,
    "isalnum": _TEXT_BITS,
    "isalpha": _TEXT_BITS,
    "isidentifier": _TEXT_BITS,
}
_PREFIX_TESTS = ("startswith", "startsWith", "is_relative_to")
_LOOK_UPS = ("get", "delete")
_OWN_KEYS = ("hasOwn", "hasOwnProperty", "call")
_INTERNAL = {"is_private": False, "is_global": True}
"""Members of an address (`ipaddress`), and their value where it is none of an internal network."""
_ABSOLUTE_TESTS = ("isabs", "isAbsolute", "is_absolute")
_SHARED_KEYS = ("__proto__", "constructor", "prototype")
_SHORT = 32
"""A length up to which a text can do no harm to a pattern, or little."""
_DEVELOPMENT = ("development", "dev", "test", "local")
_CASTS = frozenset(("builtins.bool", "global.Boolean"))
_COMPARED = ("==", "===", "!=", "!==", "is", "is not")
_EQUAL, _UNEQUAL = ("==", "===", "is"), ("!=", "!==", "is not")


def truth(value: Maybe) -> bool | None:
    """Whether the value counts as true; `None` when that is not known."""
    if value is None:
        return None
    if value.constant is not None:
        return bool(value.constant[0])
    return None


def assume(interpreter: Regions, number: int, holds: bool, depth: int = 0) -> None:
    """Take it that value `number` is true (or false) from here on."""
    instr = interpreter.definitions.get(number)
    if instr is None or depth > DEPTH:
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
        if len(instr.args) == 2 and _CASTS & set(interpreter.program.names(interpreter.refs[instr.args[0]])):
            assume(interpreter, instr.args[1], holds, depth + 1)
        _assume_call(interpreter, instr, holds)
    elif instr.op == Op.AWAIT:
        assume(interpreter, instr.args[0], holds, depth + 1)
    elif instr.op == Op.ATTR and holds is _INTERNAL.get(instr.name):
        limit_resolved(interpreter, instr.args[0])
    elif instr.op == Op.ATTR and instr.name in ("length", "size") and not holds:
        assume_none_left(interpreter, instr.args[0])
    elif instr.op == Op.ATTR and instr.name in HOST_MEMBERS and not holds:
        # A parsed address without a host is one of this site.
        limit_subject(interpreter, number, ADDRESS)
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
        elif instr.name not in interpreter.function.locals:
            _assume_setting(interpreter, instr.name, holds)
        if not holds and not instr.name.startswith("$"):
            # An empty text does no harm.
            limit(interpreter, number, _TEXT_BITS)
            assume_none_left(interpreter, number)
    elif instr.op == Op.BINARY and not holds:
        assume_none_left(interpreter, number)


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
    _assume_found(interpreter, instr, holds)
    if name in _UNEQUAL or name == "not in":
        holds = not holds
        name = "in" if name == "not in" else "=="
    if name in _EQUAL:
        name = "=="
        if not holds:
            _differs(interpreter, left, right)
            return
        for one, other in _compared(interpreter, left, right):
            _assume_equal(interpreter, one, other)
            _assume_equal(interpreter, other, one)
    elif name in ("<", "<=", ">", ">="):
        _assume_order(interpreter, instr, holds)
        assume_compared_sets(interpreter, instr, holds)
    elif name == "in":
        container = interpreter.values[right]
        if not holds:
            _not_among(interpreter, left, right)
        above = interpreter.definitions.get(right)
        if holds and above is not None and above.op == Op.ATTR and above.name == "parents":
            # `folder in path.parents`: as `path.is_relative_to(folder)`.
            folder = interpreter.values[left]
            contain(interpreter, above.args[0], folder.deep() if folder is not None else 0)
        elif holds and _is_own_container(interpreter, container):
            limit_subject(interpreter, left, HARMFUL)
        elif not holds and container is not None and container.labels:
            probe = interpreter.values[left]
            if probe is not None and probe.constant == ("..",):
                # `".." in Path(name).parts`
                parts = above is not None and above.op == Op.ATTR and above.name == "parts"
                without_parents(interpreter, above.args[0] if parts and above is not None else right)


def _compared(interpreter: Regions, left: int, right: int) -> Iterator[tuple[int, int]]:
    """What is compared: of two tuples or lists that are written out, what stands at the same place."""
    parts = [interpreter.definitions.get(number) for number in (left, right)]
    listed = [p.args for p in parts if p is not None and p.op == Op.COLLECT and not any(p.keys)]
    if len(listed) == 2 and len(listed[0]) == len(listed[1]):
        yield from zip(listed[0], listed[1], strict=True)
    else:
        yield left, right


def _assume_equal(interpreter: Regions, one: int, other: int) -> None:
    known = interpreter.values[other]
    if known is not None and known.constant is not None:
        _equals_constant(interpreter, one, known.constant[0])
    elif known is None or not known.deep():
        # Equal to a value that no input reaches: a settled one, whatever it is.
        limit_subject(interpreter, one, HARMFUL)
    else:
        limit_parent(interpreter, one, other, known.deep())
        # Whatever else reaches it, it is no other value than that.
        limit(interpreter, one, HARMFUL, known.deep())


def _is_own_container(interpreter: Regions, container: Maybe) -> bool:
    """Whether no input is seen to reach what is in it: it is the service's own choice, or the object's."""
    if container is None:
        return True
    origins = [interpreter.origins.items[index] for index, _ in interpreter.origins.fields(container.deep())]
    of_object = all(isinstance(o, Port) and o.kind == "receiver" and o.path for o in origins)
    return of_object and not is_text(container)


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


def _assume_found(interpreter: Regions, instr: Instr, holds: bool) -> None:
    """`pattern.match(text) is not None`: what the match says."""
    if instr.name not in _COMPARED:
        return
    for number, other in (instr.args, instr.args[::-1]):
        known, asked = interpreter.values[other], interpreter.definitions.get(number)
        if known is None or known.constant != (None,) or asked is None:
            continue
        if asked.op == Op.LOAD:
            stored = interpreter.program.single_store(interpreter.fid, asked.name)
            asked = interpreter.definitions.get(stored) if stored is not None else None
        if asked is not None and asked.op == Op.CALL:
            rows = interpreter.program.rows(interpreter.refs[asked.args[0]])
            if any(isinstance(row.concept, PatternTest) for row in rows):
                _assume_call(interpreter, asked, holds is (instr.name in _UNEQUAL))


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


def _assume_setting(interpreter: Regions, name: str, holds: bool) -> None:
    """`const live = process.env.NODE_ENV === "production"` at the module's top."""
    program = interpreter.program
    home = program.owner(interpreter.fid, name) or function_id(interpreter.path, MODULE_BODY)
    stored = program.single_store(home, name) if home != interpreter.fid else None
    made = program.definitions(home).get(stored) if stored is not None else None
    if made is None or made.op != Op.COMPARE or made.name not in _COMPARED:
        return
    equal = holds is (made.name in _EQUAL)
    for number, other in (made.args, made.args[::-1]):
        text = ValueView(program.view, home, number).text
        unseen = (text in _DEVELOPMENT and equal) or (text == "production" and not equal)
        if unseen and foreseen.names_environment(ValueView(program.view, home, other).source_text):
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


def _equals_constant(interpreter: Regions, number: int, constant: object) -> None:
    foreseen.assume_kind(interpreter, number)
    instr = interpreter.definitions.get(number)
    if instr is not None and instr.op == Op.UNARY and instr.name == "typeof":
        kinds = {"number": _TEXT_BITS, "boolean": HARMFUL, "bigint": _TEXT_BITS, "string": 1 << Context.NOSQL}
        if isinstance(constant, str) and constant in kinds:
            limit(interpreter, instr.args[0], kinds[constant])
        return
    if constant == "":
        limit_subject(interpreter, number, HARMFUL)
        return
    if constant in (None, 0, -1, False, True):
        # Says that it is empty or a flag; the value itself is then harmless, but so is what is derived.
        limit(interpreter, number, HARMFUL)
        return
    limit_subject(interpreter, number, HARMFUL)


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
                    without_parents(interpreter, number)
    if callee is not None:
        assume_elements(interpreter, instr, callee.name, receiver, holds)
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
        slash = begins_with_slash(pattern, concept.whole)
        for number in subjects:
            limit(interpreter, number, safe)
            if slash:
                note(interpreter, number, SLASH, (SLASH, NOT_DOUBLE), 1 << Context.REDIRECT)


def _assume_method(interpreter: Regions, instr: Instr, method: str, receiver: int, holds: bool) -> None:
    arguments = instr.args[1:]
    if method in _CHARACTER_TESTS and holds and not arguments:
        limit(interpreter, receiver, _CHARACTER_TESTS[method])
    elif method in _PREFIX_TESTS and arguments:
        _assume_beginning(interpreter, arguments[0], receiver, holds)
    elif (
        method in ("includes", "has", "contains")
        and arguments
        and not holds
        and _names_shared(interpreter, receiver)
    ):
        limit(interpreter, arguments[0], 1 << Context.KEY)
    elif method in ("endswith", "endsWith") and arguments and holds:
        ends(interpreter, receiver, arguments[0])
    elif method in _OWN_KEYS and arguments and holds:
        _own_key(interpreter, receiver, arguments)
    elif method in ("includes", "has", "contains") and arguments and holds:
        if _is_own_container(interpreter, interpreter.values[receiver]):
            limit_subject(interpreter, arguments[0], HARMFUL)
    elif method in ("find", "some", "findIndex") and arguments and holds:
        if _is_own_container(interpreter, interpreter.values[receiver]):
            _listed(interpreter, arguments[0])
    elif method in _LOOK_UPS and arguments and holds and _is_register(interpreter, receiver):
        limit_subject(interpreter, arguments[0], HARMFUL)
    elif method == "includes" and arguments and not holds:
        probe = interpreter.values[arguments[0]]
        if probe is not None and probe.constant == ("..",):
            without_parents(interpreter, receiver)
    elif method in _ABSOLUTE_TESTS and not holds:
        subject = arguments[0] if arguments else receiver
        note(interpreter, subject, NOT_ABSOLUTE, (NOT_ABSOLUTE, NO_PARENT), 1 << Context.PATH)
    elif method == "test" and arguments and holds:
        known, literal = interpreter.values[receiver], interpreter.definitions.get(receiver)
        pattern = known.constant[0] if known is not None and known.constant is not None else None
        if isinstance(pattern, str) and not (literal is not None and has_lines(literal)):
            limit(interpreter, arguments[0], bits(safe_contexts(pattern, False)))


def _assume_beginning(interpreter: Regions, given: int, receiver: int, holds: bool) -> None:
    """`text.startswith(given)`"""
    prefix = interpreter.values[given]
    text = prefix.text if prefix is not None else None
    first = text[0] if text and isinstance(text[0], str) else ""
    several = texts_in(interpreter, given) if not first else ()
    if holds and several and all(isinstance(text, str) and fixes_host(text) for text in several):
        limit(interpreter, receiver, ADDRESS | 1 << Context.ARGUMENT)
        return
    if "//" in several and not holds:
        # Of several beginnings none is there: `startswith(("//", "/\\"))`.
        note(interpreter, receiver, NOT_DOUBLE, (SLASH, NOT_DOUBLE), 1 << Context.REDIRECT)
        return
    if first and holds is not first.startswith("-"):
        # Begins otherwise than an option, or does not begin like one.
        limit(interpreter, receiver, 1 << Context.ARGUMENT)
    if holds and first and fixes_host(first):
        limit(interpreter, receiver, ADDRESS)
    elif first in ("/", "//"):
        if holds is (first == "/"):
            fact = SLASH if holds else NOT_DOUBLE
            note(interpreter, receiver, fact, (SLASH, NOT_DOUBLE), 1 << Context.REDIRECT)
        elif not holds:
            note(interpreter, receiver, NOT_ABSOLUTE, (NOT_ABSOLUTE, NO_PARENT), 1 << Context.PATH)
    elif first.startswith("..") and not holds:
        below(interpreter, receiver)
    elif holds:
        contain(interpreter, receiver, prefix.deep() if prefix is not None else 0)


def _names_shared(interpreter: Regions, container: int) -> bool:
    """Whether a list or set written out holds the keys that reach what all objects share."""
    return any(text in _SHARED_KEYS for text in texts_in(interpreter, container))


def _own_key(interpreter: Regions, receiver: int, arguments: tuple[int, ...]) -> None:
    """`Object.hasOwn(target, key)`: the key is there already. Of the client's own object it says nothing."""
    holder, key = (receiver, arguments[0]) if len(arguments) == 1 else arguments[:2]
    callee = interpreter.definitions.get(receiver)
    if len(arguments) > 1 and callee is not None and callee.name not in ("hasOwnProperty", "Object"):
        return
    held, named = interpreter.values[holder], interpreter.values[key]
    if named is not None and not (held is not None and held.deep() & named.deep()):
        limit(interpreter, key, 1 << Context.KEY | 1 << Context.NAME)


def _listed(interpreter: Regions, callback: int) -> None:
    """`providers.find((one) => one.id === id)` gives one: `id` is what one of a list of ours has."""
    for ref in interpreter.refs[callback]:
        function = interpreter.linker.functions.get(ref.id) if ref.kind is Kind.FUNCTION else None
        if function is None or not function.params:
            continue
        definitions = interpreter.program.view.definitions(ref.id)
        for instr in interpreter.linker.code(ref.id):
            asked = definitions.get(instr.args[0]) if instr.op == Op.RETURN and instr.args else None
            if asked is None or asked.op != Op.COMPARE or asked.name not in _EQUAL:
                continue
            sides = [definitions.get(value) for value in asked.args]
            for one, other in (sides, sides[::-1]):
                if _is_of_element(definitions, one, function) and other is not None and other.op == Op.LOAD:
                    held = interpreter.environment.get(other.name)
                    if held is not None and other.name not in function.locals:
                        mask = interpreter.origins.repeated(HARMFUL)
                        interpreter.environment[other.name] = narrow(held, ~mask)


def _is_of_element(definitions: dict[int, Instr], value: Instr | None, function: Function) -> bool:
    """Whether a value is a callback's parameter, or a member of it."""
    while value is not None and value.op == Op.ATTR:
        value = definitions.get(value.args[0])
    return value is not None and value.op == Op.LOAD and value.name == function.params[0].name


def _is_register(interpreter: Regions, receiver: int) -> bool:
    """Whether the value is a map or set with exact keys: a key that is found is one of them."""
    held = interpreter.values[receiver]
    if held is not None and held.deep() and held.origin < 0:
        return False
    if held is not None and held.container == "dict":
        return True
    rows = interpreter.program.value_rows(interpreter.refs[receiver])
    return any(isinstance(row.concept, Register) for row in rows)


def _assume_type(interpreter: Regions, instr: Instr) -> None:
    if len(instr.args) < 3:
        return
    names = interpreter.program.names(interpreter.refs[instr.args[2]])
    asked = interpreter.definitions.get(instr.args[2])
    kinds = asked.args if asked is not None and asked.op == Op.COLLECT else instr.args[2:3]
    if kinds and all(foreseen.is_foreseen(interpreter, kind) for kind in kinds):
        limit(interpreter, instr.args[1], ERROR_BITS)
    elif "builtins.str" in names:
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
    for (origin, outcome), found in summary.shows.items():
        port = summary.origins.items[origin]
        if outcome is holds and found and isinstance(port, Port):
            number = interpreter.program.argument_of(interpreter, instr, fid, port.name)
            if number >= 0:
                shown.assume(interpreter, summary, number, found)


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
            shown.note(interpreter.summary, key, shown.members(value))
        interpreter.environment, interpreter.values = saved, values
