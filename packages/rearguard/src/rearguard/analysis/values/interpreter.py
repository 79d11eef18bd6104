"""Abstract interpretation of one function: what each instruction does to its values.

What calls do stands in `calls.py`, what conditions prove in `conditions.py`, regions in `regions.py`.
"""

from collections.abc import Iterator

from rearguard.analysis.values import foreseen, templates
from rearguard.analysis.values.actuals import ARGUMENTS
from rearguard.analysis.values.domain import (
    ANY_KEY,
    DEVELOPMENT,
    ERROR_BITS,
    HARMFUL,
    KEYS,
    MAX_DEPTH,
    SAME_KEY,
    WIDTH,
    Maybe,
    Port,
    SourceRead,
    Value,
    bounded,
    concatenate,
    constant,
    join,
    labelled,
    with_field,
)
from rearguard.analysis.values.methods import masked
from rearguard.analysis.values.regions import Regions
from rearguard.analysis.values.sinks import host_is_fixed, shape_of
from rearguard.analysis.values.summary import Summary
from rearguard.link import Kind, function_id
from rearguard.models.concepts import Context
from rearguard.program import Instr, Op

_QUOTING = ("!r", "!a", "%r", "%a")
_NUMBER_CONVERSIONS = ("d", "i", "u", "f", "F", "e", "E", "g", "G", "x", "X", "o")

_BEHIND_HOST = ("pathname", "search", "hash")
"""Members of a parsed address that stand behind its host."""
_ADDRESS_BITS = 1 << Context.URL | 1 << Context.REDIRECT
_SHOWN = "\0shown"
"""Holds the right side of `and` in the environment while its left side is assumed."""


class Interpreter(Regions):
    """Reads one function once and fills its summary."""

    def run(self) -> Summary:
        """Interpret the body from its ports."""
        for param in self.function.params:
            self.environment[param.name] = self.origin_value(Port("param", param.name))
        if self.function.receiver:
            self.environment[self.function.receiver] = self.origin_value(Port("receiver", ""))
        self.definitions = self.program.definitions(self.fid)
        if self.block(self.function.body):
            self.exits.append(self.environment)
        self.program.finish_closures(self)
        self.summary.returns = bounded(self.summary.returns)
        self._note_enforced()
        self.summary.leaves = not self.exits and not self.function.is_generator
        return self.summary

    def _note_enforced(self) -> None:
        """What is safe at every normal exit was enforced: `check(x)` that throws unless x is fine."""
        for param in self.function.params:
            number = self.origins.number(Port("param", param.name))
            safe = HARMFUL
            for environment in self.exits:
                value = environment.get(param.name)
                if value is None or value.origin != number:
                    safe = 0
                    break
                safe &= ~(value.labels >> (WIDTH * number)) & HARMFUL
            if safe and self.exits:
                self.summary.enforces[number] = safe

    def step(self, instr: Instr) -> bool:
        """Run one instruction; false when control does not go on behind it."""
        handler = _STEPS.get(instr.op)
        if handler is None:
            return True
        return handler(self, instr)

    def set(self, instr: Instr, value: Maybe) -> bool:
        """Define the instruction's value, which may also be an input by what a model says of it."""
        refs = self.refs[instr.dst]
        if refs:
            read = self.program.source_of(self, instr, refs)
            if read is not None:
                value = read
            elif value is not None and instr.op == Op.ATTR:
                value = self.program.sanitized(self, instr, value)
        self.values[instr.dst] = value
        return True

    def _const(self, instr: Instr) -> bool:
        self.values[instr.dst] = constant(instr.value)
        return True

    def _load(self, instr: Instr) -> bool:
        name = instr.name
        if name == "super" and self.function.receiver:
            # The same object, seen as what its class extends.
            name = self.function.receiver
        value = self.environment.get(name)
        if value is None and name not in self.environment:
            value = self._load_outer(instr)
        self.paths[instr.dst] = (name,)
        if name in self.assigned or (
            value is not None
            and value.origin >= 0
            and isinstance(self.origins.items[value.origin], SourceRead)
        ):
            # What it was when it was assigned, narrowed since perhaps: its names would make it input afresh.
            self.values[instr.dst] = value
            return True
        if self._is_given(name, value):
            # What its callers give is theirs to follow: as input afresh, no test here would say anything of
            # it.
            self.values[instr.dst] = value
            return True
        self.set(instr, value)
        if name in self.environment and self.values[instr.dst] is not value:
            self.environment[name] = self.values[instr.dst]
        return True

    def _is_given(self, name: str, value: Maybe) -> bool:
        """Whether a variable is a parameter as it came, of a function that the program calls itself."""
        if value is None or value.origin < 0 or self.fid not in self.linker.call_sites:
            return False
        if self.fid in self.linker.function_types:
            # A framework calls it too.
            return False
        return self.origins.items[value.origin] == Port("param", name)

    def _load_outer(self, instr: Instr) -> Maybe:
        """A captured variable, a module's, or a global: its constant, or a port when a function has it."""
        name = instr.name
        if name in self.function.locals:
            return None
        refs = self.refs[instr.dst]
        owner = self.program.owner(self.fid, name)
        if (
            len(refs) == 1
            and refs[0].kind is Kind.CONST
            and not isinstance(refs[0].step, tuple)
            and (owner is None or self._assigns_constant(owner, name))
        ):
            # What the module assigns, unless some function assigns it anew.
            known, stored = constant(refs[0].step), self.program.module_value(self, name)
            return known if stored is None else join(known, stored)
        if name == ARGUMENTS and self.family == "javascript" and owner is None:
            return self.origin_value(Port("param", ARGUMENTS))
        if self.is_template or owner is not None:
            value = self.origin_value(Port("capture", name))
            self.environment[name] = value
            return value
        return self.program.module_value(self, name)

    def _assigns_constant(self, owner: str, name: str) -> bool:
        """Whether a function assigns its variable once, a constant: `q = query.q || ''` may be another."""
        stored = self.program.single_store(owner, name)
        made = self.program.definitions(owner).get(stored) if stored is not None else None
        if made is not None and made.op == Op.IMPORT:
            return made.dst in self.linker.fixed(owner)
        return made is not None and made.op == Op.CONST

    def _store(self, instr: Instr) -> bool:
        name, value = instr.name, self.values[instr.args[0]]
        if self.noted:
            self.program.forget(self, name)
        self.environment[name] = value
        if name not in self.function.locals:
            number = self.origins.number(Port("capture", name))
            self.summary.writes[number] = join(self.summary.writes.get(number), value)
            self.program.write_module(self, name, value)
        elif self.function.kind == "module":
            self.program.write_module(self, name, value)
        return True

    def _attr(self, instr: Instr) -> bool:
        base = instr.args[0]
        path = self.paths.get(base)
        if path is not None and len(path) <= MAX_DEPTH:
            self.paths[instr.dst] = (*path, instr.name)
        value = self.member_of(self.values[base], instr.name)
        counted = instr.name == "length" and self.family == "javascript" and not self._is_input(base)
        own = counted or self.is_own_number(instr)
        accessor = self.linker.accessors.get((self.fid, instr.dst)) if not own else None
        if accessor is not None:
            return self.set(instr, self.program.accessed(self, instr, accessor, base))
        value = None if own else value
        refs = self.refs[instr.dst]
        if (
            len(refs) == 1
            and refs[0].kind is Kind.CONST
            and not isinstance(refs[0].step, tuple)
            and (value is None or self._is_declared(value, instr.name))
        ):
            value = constant(refs[0].step)
        if self.program.fields:
            value = join(value, self.program.stored_field(self, base, instr.name)) or value
        return self.set(instr, value)

    def _is_declared(self, value: Value, name: str) -> bool:
        """Whether a member of the object itself is what its class declares, since nothing assigns it."""
        if value.origin < 0 or self.program.is_assigned(self.fid, name):
            return False
        origin = self.origins.items[value.origin]
        return isinstance(origin, Port) and origin.kind == "receiver" and origin.path == (name,)

    def _is_input(self, number: int) -> bool:
        """Whether a value is a whole channel of the request, so that the client names its members."""
        value = self.values[number]
        if value is None or value.origin < 0:
            return False
        origin = self.origins.items[value.origin]
        return isinstance(origin, SourceRead) and not origin.path

    def _item(self, instr: Instr) -> bool:
        base = instr.args[0]
        key = instr.value
        if key is None or isinstance(key, bool):
            known = self.values[instr.args[1]]
            key = known.constant[0] if known is not None and known.constant is not None else None
        name = ANY_KEY if key is None else str(key)
        path = self.paths.get(base)
        if path is not None and len(path) <= MAX_DEPTH and name != ANY_KEY:
            self.paths[instr.dst] = (*path, name)
        if name == ANY_KEY:
            self.program.note_named(self, instr)
        return self.set(instr, self.member_of(self.values[base], name))

    def _setattr(self, instr: Instr) -> bool:
        self.program.note_member_write(self, instr, instr.name, instr.args[1])
        value = self.values[instr.args[1]]
        if value is not None and instr.name in _BEHIND_HOST and self.family == "javascript":
            # `url.pathname = path`: the host is not moved by it.
            value = labelled(value.deep() & ~self.origins.repeated(_ADDRESS_BITS))
        self.write(instr.args[0], (instr.name,), value)
        return True

    def _setitem(self, instr: Instr) -> bool:
        key = instr.value
        if key is None or isinstance(key, bool):
            known = self.values[instr.args[1]]
            key = known.constant[0] if known is not None and known.constant is not None else None
        name = ANY_KEY if key is None else str(key)
        self.write(instr.args[0], (name,), self.values[instr.args[2]], weak=name == ANY_KEY)
        self.program.note_member_write(self, instr, name, instr.args[2])
        if name == ANY_KEY:
            self.program.note_key_write(self, instr)
            self.write(instr.args[0], (KEYS,), labelled(self._deep(instr.args[1])), weak=True)
        return True

    def _call(self, instr: Instr) -> bool:
        value = self.program.call(self, instr)
        self.set(instr, value)
        return not self.program.never_returns(self, instr)

    def _func(self, instr: Instr) -> bool:
        self.closures[function_id(self.path, instr.name)] = instr.dst
        return True

    def _collect(self, instr: Instr) -> bool:
        fields: dict[str, Value] = {}
        labels = 0
        position = 0
        result: Maybe = None
        for index, number in enumerate(instr.args):
            key = instr.keys[index] if instr.keys else None
            value = self.values[number]
            if key in ("*", "**"):
                if value is not None and key == "**" and self._is_port(value):
                    # Its callers know under which keys it holds what.
                    entry, names = self.member_of(value, SAME_KEY), self.keys_of(value)
                    fields = {name: join(child, entry) or child for name, child in fields.items()}
                    for name, child in ((ANY_KEY, entry), (KEYS, names)):
                        if child is not None:
                            fields[name] = (join(fields[name], child) or child) if name in fields else child
                elif value is not None:
                    labels |= value.labels
                    if key == "**" and value.labels:
                        # What is spread may hold any key, and then replaces what stood under it.
                        over = labelled(value.labels)
                        fields = {name: join(child, over) or child for name, child in fields.items()}
                    for name, child in (value.fields or {}).items():
                        fields[name if key == "**" else ANY_KEY] = child
                continue
            if key is None:
                key, position = str(position), position + 1
            if value is None:
                value = Value()
            if key == "?" or (key not in fields and len(fields) >= 2 * MAX_DEPTH + 26):
                key = ANY_KEY
            if key == ANY_KEY:
                value = join(fields.get(ANY_KEY), value) or value
            fields[key] = value
        result = Value(labels, fields or None, None, -1, instr.name)
        return self.set(instr, result)

    def _is_port(self, value: Value) -> bool:
        """Whether a value is exactly something that callers give, of which nothing more is known."""
        return value.origin >= 0 and not value.fields and isinstance(self.origins.items[value.origin], Port)

    def _join(self, instr: Instr) -> bool:
        if "*" in instr.keys:
            self.values[instr.dst] = concatenate(self._separated(instr))
            return True
        value = concatenate(self._parts(instr))
        if instr.name == "plus":
            value = self._arithmetic(instr, value)
        # Text cannot be a query's operator.
        self.values[instr.dst] = masked(self, value, 1 << Context.NOSQL) if value.labels else value
        labels = value.labels & self.origins.repeated(1 << Context.HTML)
        if labels and any(self._is_markup(number) for number in instr.args):
            self.summary.markup[instr.dst] = self.summary.markup.get(instr.dst, 0) | labels
        return True

    def _is_markup(self, number: int) -> bool:
        """Whether a part of a text is constant and holds the beginning of a tag."""
        part = self.definitions.get(number)
        text = part.value if part is not None and part.op == Op.CONST else None
        return isinstance(text, str) and "<" in text

    def _parts(self, instr: Instr) -> Iterator[tuple[Maybe, int]]:
        """The parts of a text; a conversion such as `%d` lets numbers through alone.

        What follows on a host, or on `?`, does not choose the host, whatever becomes of the text.
        """
        before = ""
        for index, number in enumerate(instr.args):
            value = self.values[number]
            conversion = instr.keys[index] if instr.keys else None
            if value is not None and conversion is not None and conversion[-1:] in _NUMBER_CONVERSIONS:
                value = None
            elif value is not None and conversion is not None and conversion.startswith(_QUOTING):
                value = masked(self, value, 1 << Context.LOG | 1 << Context.HEADER)
            if value is not None and value.labels and host_is_fixed(before):
                value = masked(self, value, 1 << Context.URL | 1 << Context.REDIRECT)
            before += shape_of(value)
            yield value, number

    def _separated(self, instr: Instr) -> list[tuple[Maybe, int]]:
        """`sep.join(parts)`: the entries in order when the list is written out, else all of them."""
        separator, entries = instr.args[0], self.values[instr.args[1]]
        if entries is None:
            return [(None, instr.args[1])]
        if entries.container == "dict" and self.family == "python":
            return [(self.keys_of(entries), instr.args[1]), (labelled(self._deep(separator)), separator)]
        fields = entries.fields or {}
        if (
            entries.container not in ("list", "tuple")
            or entries.labels
            or not all(k.isdigit() for k in fields)
        ):
            labels = entries.deep() | self._deep(separator)
            between = self.values[separator]
            if between is not None and between.constant == ("",) and self._is_port(entries):
                # Its callers know the parts.
                return [(Value(labels, None, None, entries.origin), instr.args[1])]
            if self.family == "python" and self._is_port(entries):
                each = self.iterated(entries)
                labels = (each.deep() if each is not None else 0) | self._deep(separator)
            return [(labelled(labels), instr.args[1])]
        parts: list[tuple[Maybe, int]] = []
        for child in fields.values():
            if parts:
                parts.append((self.values[separator], separator))
            parts.append((child, -1))
        return parts

    def _arithmetic(self, instr: Instr, value: Value) -> Value:
        """`+` on lists keeps the elements."""
        parts = [self.values[number] for number in instr.args]
        if any(part is not None and part.container in ("list", "tuple") for part in parts):
            fields: dict[str, Value] = {}
            position = 0
            for part in parts:
                if part is None or part.fields is None:
                    continue
                for key, child in part.fields.items():
                    if key.isdigit() and position is not None:
                        fields[str(position + int(key))] = child
                    else:
                        fields[ANY_KEY] = join(fields.get(ANY_KEY), child) or child
                position += len(part.fields)
            return Value(0, fields or None, None, -1, "list")
        return value

    def _mix(self, instr: Instr) -> bool:
        labels = 0
        for number in instr.args:
            value = self.values[number]
            if value is not None:
                labels |= value.deep()
        return self.set(instr, labelled(labels))

    def _binary(self, instr: Instr) -> bool:
        if instr.name in ("-", "*", "**", "<<", ">>", ">>>", "//"):
            left = self.values[instr.args[0]]
            if instr.name != "*" or left is None or left.text is None:
                self.values[instr.dst] = None
                return True
        if instr.name in ("/", "%"):
            return self.set(instr, self._path_or_number(instr))
        return self._mix(instr)

    def _path_or_number(self, instr: Instr) -> Maybe:
        """`/` joins paths in Python; elsewhere it divides."""
        if self.family != "python":
            return None
        return concatenate(
            part for number in instr.args for part in ((self.values[number], number), (constant("/"), -1))
        )

    def _either(self, instr: Instr) -> bool:
        left, right = self.values[instr.args[0]], self.values[instr.args[1]]
        if instr.name == "and":
            # The left side comes through only when it is falsy, and no falsy text does harm.
            known = self.program.truth(left)
            value = left if known is False else self._behind(instr.args[0], right)
        else:
            known = self.program.truth(left)
            value = left if known is True else right if known is False else join(left, right)
        self.paths.pop(instr.dst, None)
        self.values[instr.dst] = value
        return True

    def _behind(self, condition: int, value: Maybe) -> Maybe:
        """`config.env === "development" && error.stack`: an error's text that a test goes before."""
        if value is None or not value.deep() & self.origins.repeated(ERROR_BITS):
            return value
        before, mark = self.environment, len(self.narrowed)
        self.environment = {**before, _SHOWN: value}
        self.program.assume(self, condition, True)
        shown, unseen = self.environment[_SHOWN], DEVELOPMENT in self.environment
        self.restore(mark)
        self.environment = before
        return foreseen.without_errors(self, shown) if unseen and shown is not None else shown

    def _unary(self, instr: Instr) -> bool:
        if instr.name == "not":
            known = self.program.truth(self.values[instr.args[0]])
            self.values[instr.dst] = constant(not known) if known is not None else None
        return True

    def _compare(self, instr: Instr) -> bool:
        left, right = self.values[instr.args[0]], self.values[instr.args[1]]
        self.values[instr.dst] = None  # a loop comes here again with other values
        if (
            left is not None
            and right is not None
            and left.constant is not None
            and right.constant is not None
        ):
            if instr.name in ("==", "===", "is"):
                self.values[instr.dst] = constant(left.constant == right.constant)
            elif instr.name in ("!=", "!==", "is not"):
                self.values[instr.dst] = constant(left.constant != right.constant)
        return True

    def _await(self, instr: Instr) -> bool:
        """What an unknown call brings back later was looked up, not made from its arguments."""
        self._same(instr)
        call = self.definitions.get(instr.args[0])
        value = self.values[instr.dst]
        if value is not None and call is not None and call.op == Op.CALL and not self.refs[call.args[0]]:
            self.values[instr.dst] = self.program.fetched(self, value)
        return True

    def _same(self, instr: Instr) -> bool:
        source = instr.args[0]
        path = self.paths.get(source)
        if path is not None:
            self.paths[instr.dst] = path
        self.values[instr.dst] = self.values[source]
        return True

    def _iter(self, instr: Instr) -> bool:
        value = self.values[instr.args[0]]
        if instr.name == "key":
            return self.set(instr, self.keys_of(value))
        if value is not None and self._is_keyword_map(value):
            return self.set(instr, self.keys_of(value))
        return self.set(instr, self.iterated(value))

    def _is_keyword_map(self, value: Value) -> bool:
        """Whether a value is all of `**options`, as the caller gives it."""
        origin = self.origins.items[value.origin] if value.origin >= 0 else None
        return (
            isinstance(origin, Port)
            and origin.kind == "param"
            and not origin.path
            and any(p.kind == "rest-map" and p.name == origin.name for p in self.function.params)
        )

    def _push(self, instr: Instr) -> bool:
        if instr.name == "key":
            self.write(instr.args[0], (KEYS,), labelled(self._deep(instr.args[1])), weak=True)
            return True
        self.write(instr.args[0], (ANY_KEY,), self.values[instr.args[-1]], weak=True)
        if len(instr.args) == 3:
            self.write(instr.args[0], (KEYS,), labelled(self._deep(instr.args[1])), weak=True)
        return True

    def _return(self, instr: Instr) -> bool:
        value = self.values[instr.args[0]] if instr.args else None
        self.summary.returns = join(self.summary.returns, value) if self.returned else value
        self.returned = True
        if instr.args:
            self.program.answer(self, instr)
            self.program.note_proof(self, instr)
        self.exits.append(self.environment)
        return False

    def _yield(self, instr: Instr) -> bool:
        if instr.args:
            element = self.values[instr.args[0]]
            held = with_field(self.summary.returns, (ANY_KEY,), element, weak=True)
            self.summary.returns = held
            self.returned = True
            self.program.answer(self, instr)
        return True

    def _raise(self, instr: Instr) -> bool:
        if self.raises:
            self.raises[-1].append(dict(self.environment))
        return False

    def _break(self, instr: Instr) -> bool:
        if self.breaks:
            self.breaks[-1].append(self.environment)
        return False

    def _continue(self, instr: Instr) -> bool:
        if self.continues:
            self.continues[-1].append(self.environment)
        return False

    def _assert(self, instr: Instr) -> bool:
        self.program.assume(self, instr.args[0], True)
        return self.program.truth(self.values[instr.args[0]]) is not False

    def _delete(self, instr: Instr) -> bool:
        if not instr.args:
            self.environment.pop(instr.name, None)
        elif instr.name:
            self.write(instr.args[0], (instr.name,), None)
        return True

    def _import(self, instr: Instr) -> bool:
        if self.is_template:
            templates.include(self, instr)
        elif instr.dst in self.linker.fixed(self.fid):
            self.values[instr.dst] = constant(self.linker.fixed(self.fid)[instr.dst])
        return True

    def _caught(self, instr: Instr) -> bool:
        if self.catches_all:
            read = SourceRead("error", "error", self.span(instr), self.fid)
            return self.set(instr, self.origin_value(read, ERROR_BITS))
        return True


_STEPS = {
    int(Op.CONST): Interpreter._const,
    int(Op.LOAD): Interpreter._load,
    int(Op.STORE): Interpreter._store,
    int(Op.ATTR): Interpreter._attr,
    int(Op.ITEM): Interpreter._item,
    int(Op.SETATTR): Interpreter._setattr,
    int(Op.SETITEM): Interpreter._setitem,
    int(Op.CALL): Interpreter._call,
    int(Op.NEW): Interpreter._call,
    int(Op.FUNC): Interpreter._func,
    int(Op.COLLECT): Interpreter._collect,
    int(Op.JOIN): Interpreter._join,
    int(Op.BINARY): Interpreter._binary,
    int(Op.UNARY): Interpreter._unary,
    int(Op.COMPARE): Interpreter._compare,
    int(Op.LOGIC): Interpreter._either,
    int(Op.AWAIT): Interpreter._await,
    int(Op.ENTER): Interpreter._same,
    int(Op.ITER): Interpreter._iter,
    int(Op.PUSH): Interpreter._push,
    int(Op.YIELD): Interpreter._yield,
    int(Op.RETURN): Interpreter._return,
    int(Op.RAISE): Interpreter._raise,
    int(Op.BREAK): Interpreter._break,
    int(Op.CONTINUE): Interpreter._continue,
    int(Op.ASSERT): Interpreter._assert,
    int(Op.DELETE): Interpreter._delete,
    int(Op.UNKNOWN): Interpreter._mix,
    int(Op.IMPORT): Interpreter._import,
    int(Op.CAUGHT): Interpreter._caught,
}
