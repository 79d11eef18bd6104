"""Abstract interpretation of one function: regions, variables, conditions.

What calls do stands in `calls.py`, what conditions prove in `conditions.py`. The environment maps a
variable to a `Value`; `None` in its place means that this point is not reached.
"""

from collections.abc import Iterator
from typing import TypeAlias

from rearguard.analysis.values import templates
from rearguard.analysis.values.domain import (
    ANY_KEY,
    ERROR_BITS,
    HARMFUL,
    KEYS,
    MAX_DEPTH,
    WIDTH,
    Maybe,
    Origin,
    Origins,
    Port,
    SourceRead,
    Value,
    concatenate,
    constant,
    join,
    labelled,
    with_field,
)
from rearguard.analysis.values.program import ValueProgram
from rearguard.analysis.values.summary import SinkUse, Site, Summary
from rearguard.link import Kind, function_id
from rearguard.program import Block, Case, Handler, If, Instr, Loop, Op, Span, Switch, Try, With

Environment: TypeAlias = dict[str, Maybe]
Path: TypeAlias = tuple[str, ...]
"""A variable and the keys reached from it."""
_FIELD_MASK = (1 << WIDTH) - 1
FORESEEN_ERRORS = frozenset(
    (
        *(
            "ValueError",
            "TypeError",
            "KeyError",
            "IndexError",
            "LookupError",
            "ValidationError",
            "HTTPException",
        ),
        *(
            "FileNotFoundError",
            "FileExistsError",
            "UnicodeDecodeError",
            "JSONDecodeError",
            "InvalidOperation",
        ),
        *("ObjectDoesNotExist", "DoesNotExist", "NoResultFound", "Http404", "NotFound", "BadRequest"),
        *("PermissionDenied", "ExpiredSignatureError", "InvalidTokenError", "JWTError", "SignatureExpired"),
        *("BadSignature", "RequestValidationError", "WebSocketDisconnect", "StopIteration", "AttributeError"),
    )
)
"""Errors that say something about the request; others come from below and say something about the server."""

_PLAIN_MEMBERS = frozenset(("name", "code", "status", "status_code", "statusCode", "errno", "title"))
"""Members of an error that say what kind it is, not what happened inside."""
_NUMBER_CONVERSIONS = ("d", "i", "u", "f", "F", "e", "E", "g", "G", "x", "X", "o")
_UPLOAD_MEMBERS = frozenset(
    ("path", "filename", "destination", "size", "encoding", "tempFilePath", "filepath")
)
"""Members of a stored upload that the server chose."""


class Interpreter:
    """Reads one function once and fills its summary."""

    def __init__(self, program: ValueProgram, fid: str) -> None:
        self.program = program
        self.linker = program.linker
        self.fid = fid
        self.function = program.linker.functions[fid]
        self.path = program.linker.module_of[fid]
        self.family = program.family(fid)
        self.refs = program.linker.refs[fid]
        self.is_template = program.linker.modules[self.path].language in templates.LANGUAGES
        self.origins = Origins()
        self.summary = Summary(self.origins)
        self.values: list[Maybe] = [None] * self.function.values
        self.narrowed: list[tuple[int, Maybe]] = []
        """What values were before a condition proved something of them, latest last."""
        self.noted = False
        """Whether tests have left facts in the environment."""
        self.paths: dict[int, Path] = {}
        self.definitions: dict[int, Instr] = {}
        self.environment: Environment = {}
        self.breaks: list[list[Environment]] = []
        self.continues: list[list[Environment]] = []
        self.raises: list[list[Environment]] = []
        self.returned = False
        self.catches_all = False
        self.exits: list[Environment] = []
        self.assigned = self.function.locals.difference(p.name for p in self.function.params)
        """Variables whose value the environment holds once they are assigned."""
        self.closures: dict[str, int] = {}
        """Inner function -> value id of the closure, until it has been run."""
        self.uses_seen: set[tuple[Site, int, str]] = set()

    # -- origins ----------------------------------------------------------------------------------

    def origin_value(self, origin: Origin, bits: int = HARMFUL) -> Value:
        """A value that is exactly `origin`, harmful in the contexts of `bits`."""
        number = self.origins.number(origin)
        return Value(bits << (WIDTH * number), None, None, number)

    def member_of(self, value: Maybe, key: str) -> Maybe:
        """The value under `key`; `*` when the key is not known."""
        if value is None:
            return None
        fields = value.fields
        if fields:
            child = fields.get(key)
            if child is not None:
                return child
            if key == ANY_KEY:
                result: Maybe = labelled(value.labels)
                for name, other in fields.items():
                    if name != KEYS:
                        result = join(result, other)
                return result
            if ANY_KEY in fields:
                return join(fields[ANY_KEY], labelled(value.labels))
        if value.origin >= 0:
            bits = (value.labels >> (WIDTH * value.origin)) & _FIELD_MASK
            origin = self.origins.items[value.origin]
            if isinstance(origin, SourceRead) and self._is_plain(origin, key):
                return None
            if bits and len(origin.path) < MAX_DEPTH and key != ANY_KEY:
                return self.origin_value(origin.child(key), bits)
            if bits and isinstance(origin, Port) and key == ANY_KEY and len(origin.path) < MAX_DEPTH:
                return self.origin_value(origin.child(ANY_KEY), bits)
        return labelled(value.labels)

    def _is_plain(self, origin: SourceRead, key: str) -> bool:
        """Whether a member of an input is not the client's to choose, or no secret of the server."""
        if origin.kind == "error":
            return key in _PLAIN_MEMBERS
        return origin.channel in ("file", "files") and self.family == "javascript" and key in _UPLOAD_MEMBERS

    # -- running ----------------------------------------------------------------------------------

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

    def block(self, block: Block) -> bool:
        """Run a block in the current environment; false when its end is not reached."""
        for statement in block:
            if type(statement) is Instr:
                if not self.step(statement):
                    return False
            elif not self.region(statement):
                return False
        return True

    def region(self, region: object) -> bool:
        """Run a region."""
        match region:
            case If():
                return self._if(region)
            case Loop():
                return self._loop(region)
            case Try():
                return self._try(region)
            case Switch():
                return self._switch(region)
            case With():
                return self.block(region.body)
        return True

    def _if(self, region: If) -> bool:
        known = self.program.truth(self.values[region.cond])
        before = self.environment
        reached: list[Environment] = []
        mark = len(self.narrowed)
        proven: list[tuple[int, Maybe]] = []
        for truth, block in ((True, region.then), (False, region.orelse)):
            if known is (not truth):
                continue
            self.environment = dict(before)
            self.program.assume(self, region.cond, truth)
            goes_on = self.block(block)
            narrowed = self.restore(mark)
            if goes_on:
                reached.append(self.environment)
                proven = narrowed
        if len(reached) == 1:
            # The other side left: what this one proved holds from here on.
            for number, value in proven:
                self.narrowed.append((number, self.values[number]))
                self.values[number] = value
        return self.merge(reached)

    def restore(self, mark: int) -> list[tuple[int, Maybe]]:
        """Undo what conditions proved of values since `mark`: it held on one branch. Gives what is undone."""
        undone: list[tuple[int, Maybe]] = []
        while len(self.narrowed) > mark:
            number, value = self.narrowed.pop()
            undone.append((number, self.values[number]))
            self.values[number] = value
        return undone[::-1]

    def merge(self, environments: list[Environment]) -> bool:
        """Continue where any of these continue."""
        if not environments:
            return False
        first = environments[0]
        for other in environments[1:]:
            merged: Environment = {}
            for name in dict.fromkeys((*first, *other)):
                left, right = first.get(name), other.get(name)
                merged[name] = left if left is right else join(left, right)
            first = merged
        self.environment = first
        return True

    def _loop(self, region: Loop) -> bool:
        leaving: list[Environment] = []
        self.breaks.append([])
        for _ in range(2):
            self.continues.append([])
            if not self.block(region.head):
                self.continues.pop()
                break
            entry = dict(self.environment)
            if region.cond >= 0:
                known = self.program.truth(self.values[region.cond])
                if known is not True:
                    left = dict(entry)
                    self.environment = left
                    mark = len(self.narrowed)
                    self.program.assume(self, region.cond, False)
                    self.restore(mark)
                    leaving.append(self.environment)
                self.environment = dict(entry)
                self.program.assume(self, region.cond, True)
            elif self._is_for(region):
                leaving.append(dict(entry))
            ends = [self.environment] if self.block(region.body) else []
            ends.extend(self.continues.pop())
            if not self.merge([entry, *ends]):
                break
            if region.cond >= 0 or self._is_for(region):
                leaving.append(dict(self.environment))
        broken = self.breaks.pop()
        reached: list[Environment] = []
        if leaving and self.merge(leaving) and self.block(region.orelse):
            reached.append(self.environment)
        return self.merge([*reached, *broken])

    @staticmethod
    def _is_for(region: Loop) -> bool:
        first = region.body[0] if region.body else None
        return type(first) is Instr and first.op == Op.ITER

    def _try(self, region: Try) -> bool:
        before = dict(self.environment)
        self.raises.append([])
        reached: list[Environment] = []
        ended = self.block(region.body)
        after = self.environment
        raised = self.raises.pop()
        handlers_start = [before, *raised]
        if ended:
            handlers_start.append(after)
            self.environment = dict(after)
            if self.block(region.orelse):
                reached.append(self.environment)
        for handler in region.handlers:
            self.merge([dict(e) for e in handlers_start])
            outer, self.catches_all = self.catches_all, self._is_broad(handler)
            if self.block(handler.body):
                reached.append(self.environment)
            self.catches_all = outer
        if not self.merge(reached):
            if region.final:
                self.merge(handlers_start)
                self.block(region.final)
            return False
        return self.block(region.final)

    def _is_broad(self, handler: Handler) -> bool:
        """Whether errors nobody foresaw land here: a specific error's text was written for its reader."""
        if not handler.types:
            return True
        for number in handler.types:
            definition = self.definitions.get(number)
            own = any(ref.kind is Kind.CLASS for ref in self.refs[number])
            if definition is not None and not own and definition.name not in FORESEEN_ERRORS:
                return True
        return False

    def _switch(self, region: Switch) -> bool:
        before = self.environment
        self.breaks.append([])
        reached: list[Environment] = []
        falling: Environment | None = None
        has_default = False
        for case in region.cases:
            self.environment = dict(before)
            self.block(case.head)
            mark = len(self.narrowed)
            self._assume_case(region, case)
            has_default = has_default or (not case.tests and case.guard < 0)
            if falling is not None:
                self.merge([self.environment, falling])
            falling = None
            goes_on = self.block(case.body)
            self.restore(mark)
            if goes_on:
                if region.falls_through:
                    falling = self.environment
                else:
                    reached.append(self.environment)
        if falling is not None:
            reached.append(falling)
        if not has_default:
            reached.append(dict(before))
        reached.extend(self.breaks.pop())
        return self.merge(reached)

    def _assume_case(self, region: Switch, case: Case) -> None:
        if case.tests and all(self._is_constant(test) for test in case.tests):
            self.program.limit(self, region.subject, HARMFUL)
        if case.guard >= 0:
            self.program.assume(self, case.guard, True)

    def _is_constant(self, value: int) -> bool:
        known = self.values[value]
        return known is not None and known.constant is not None

    # -- instructions -----------------------------------------------------------------------------

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
        self.set(instr, value)
        if name in self.environment and self.values[instr.dst] is not value:
            self.environment[name] = self.values[instr.dst]
        return True

    def _load_outer(self, instr: Instr) -> Maybe:
        """A captured variable, a module's, or a global: its constant, or a port when a function has it."""
        name = instr.name
        if name in self.function.locals:
            return None
        refs = self.refs[instr.dst]
        if len(refs) == 1 and refs[0].kind is Kind.CONST and not isinstance(refs[0].step, tuple):
            # What the module assigns, unless some function assigns it anew.
            known, stored = constant(refs[0].step), self.program.module_value(self, name)
            return known if stored is None else join(known, stored)
        if self.is_template or self.program.owner(self.fid, name) is not None:
            value = self.origin_value(Port("capture", name))
            self.environment[name] = value
            return value
        return self.program.module_value(self, name)

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
        if instr.name == "length" and self.family == "javascript" and not self._is_input(base):
            value = None
        refs = self.refs[instr.dst]
        if (
            value is None
            and len(refs) == 1
            and refs[0].kind is Kind.CONST
            and not isinstance(refs[0].step, tuple)
        ):
            value = constant(refs[0].step)
        if self.program.fields:
            value = join(value, self.program.stored_field(self, base, instr.name)) or value
        return self.set(instr, value)

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
        return self.set(instr, self.member_of(self.values[base], name))

    def write(self, target: int, keys: Path, value: Maybe, weak: bool = False) -> None:
        """Store into the object that the value `target` is, wherever it is reachable from."""
        path = self.paths.get(target)
        held = self.values[target]
        if path is not None:
            root, inner = path[0], path[1:]
            self.environment[root] = with_field(self.environment.get(root), (*inner, *keys), value, weak)
        self.values[target] = with_field(held, keys, value, weak)
        if held is not None and held.origin >= 0:
            origin = self.origins.items[held.origin]
            if isinstance(origin, Port) and len(origin.path) + len(keys) <= MAX_DEPTH:
                for key in keys:
                    origin = origin.child(key)
                number = self.origins.number(origin)
                self.summary.writes[number] = join(self.summary.writes.get(number), value)
        self.program.write_field(self, target, keys, value)

    def _setattr(self, instr: Instr) -> bool:
        self.write(instr.args[0], (instr.name,), self.values[instr.args[1]])
        return True

    def _setitem(self, instr: Instr) -> bool:
        key = instr.value
        if key is None or isinstance(key, bool):
            known = self.values[instr.args[1]]
            key = known.constant[0] if known is not None and known.constant is not None else None
        name = ANY_KEY if key is None else str(key)
        self.write(instr.args[0], (name,), self.values[instr.args[2]], weak=name == ANY_KEY)
        if name == ANY_KEY:
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
                if value is not None:
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

    def _join(self, instr: Instr) -> bool:
        if "*" in instr.keys:
            self.values[instr.dst] = concatenate(self._separated(instr))
            return True
        value = concatenate(self._parts(instr))
        if instr.name == "plus":
            value = self._arithmetic(instr, value)
        self.values[instr.dst] = value
        return True

    def _parts(self, instr: Instr) -> Iterator[tuple[Maybe, int]]:
        """The parts of a text; a conversion such as `%d` lets numbers through alone."""
        for index, number in enumerate(instr.args):
            value = self.values[number]
            conversion = instr.keys[index] if instr.keys else None
            if value is not None and conversion is not None and conversion[-1:] in _NUMBER_CONVERSIONS:
                value = None
            yield value, number

    def _separated(self, instr: Instr) -> list[tuple[Maybe, int]]:
        """`sep.join(parts)`: the entries in order when the list is written out, else all of them."""
        separator, entries = instr.args[0], self.values[instr.args[1]]
        if entries is None:
            return [(None, instr.args[1])]
        fields = entries.fields or {}
        if (
            entries.container not in ("list", "tuple")
            or entries.labels
            or not all(k.isdigit() for k in fields)
        ):
            return [(labelled(entries.deep() | self._deep(separator)), instr.args[1])]
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
            value = left if known is False else right
        else:
            known = self.program.truth(left)
            value = left if known is True else right if known is False else join(left, right)
        self.paths.pop(instr.dst, None)
        self.values[instr.dst] = value
        return True

    def _unary(self, instr: Instr) -> bool:
        if instr.name == "not":
            known = self.program.truth(self.values[instr.args[0]])
            self.values[instr.dst] = constant(not known) if known is not None else None
        return True

    def _compare(self, instr: Instr) -> bool:
        left, right = self.values[instr.args[0]], self.values[instr.args[1]]
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
        if instr.name == "key" or (value is not None and value.container == "dict"):
            return self.set(instr, self.keys_of(value))
        return self.set(instr, self.member_of(value, ANY_KEY))

    def _push(self, instr: Instr) -> bool:
        self.write(instr.args[0], (ANY_KEY,), self.values[instr.args[-1]], weak=True)
        if len(instr.args) == 3:
            self.write(instr.args[0], (KEYS,), labelled(self._deep(instr.args[1])), weak=True)
        return True

    def _deep(self, number: int) -> int:
        value = self.values[number]
        return value.deep() if value is not None else 0

    def keys_of(self, value: Maybe) -> Maybe:
        """The keys of a map: the client's own where the whole map is, or where they were put in as such."""
        if value is None:
            return None
        named = (value.fields or {}).get(KEYS)
        return labelled(value.labels | (named.labels if named is not None else 0))

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
        return True

    def _caught(self, instr: Instr) -> bool:
        if self.catches_all:
            read = SourceRead("error", "error", self.span(instr), self.fid)
            return self.set(instr, self.origin_value(read, ERROR_BITS))
        return True

    # -- reporting --------------------------------------------------------------------------------

    def span(self, instr: Instr) -> Span:
        """The place of an instruction."""
        return Span(self.path, instr.start, instr.end)

    def use(self, use: SinkUse) -> None:
        """Keep a sink use, once."""
        key = (use.site, use.labels, use.pending)
        if key not in self.uses_seen:
            self.uses_seen.add(key)
            self.program.keep_use(self, use)


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
