"""A function under interpretation: its environment, and how control flows through its regions.

The environment maps a variable to a `Value`; `None` in its place means that this point is not reached.
"""

import re
from abc import ABC, abstractmethod
from typing import TypeAlias

from rearguard.analysis.values import foreseen, templates
from rearguard.analysis.values.checked_errors import only_of_checks
from rearguard.analysis.values.domain import (
    ANY_KEY,
    FIELD,
    HARMFUL,
    ITERATED,
    KEYS,
    MAX_DEPTH,
    OPENED,
    OWN_ADDRESS_BITS,
    PARSED,
    SAME_KEY,
    WIDTH,
    Maybe,
    Origin,
    Origins,
    Port,
    SourceRead,
    Value,
    bounded,
    join,
    labelled,
    with_field,
)
from rearguard.analysis.values.elements import safe_elements, shown_by_loop
from rearguard.analysis.values.keeping import is_stored
from rearguard.analysis.values.program import ValueProgram
from rearguard.analysis.values.summary import SinkUse, Site, Summary
from rearguard.link import Kind
from rearguard.models.concepts import Context
from rearguard.program import Block, Case, Handler, If, Instr, Loop, Op, Span, Switch, Try, With

Environment: TypeAlias = dict[str, Maybe]
Path: TypeAlias = tuple[str, ...]
"""A variable and the keys reached from it."""
_ABSENT = Value()
"""Stands for a variable that an environment does not hold."""
_MAX_LOOPS = 5
"""Loops in loops whose bodies are read twice; those further in once, or time would double with each."""
PLAIN_MEMBERS = frozenset(
    ("name", "code", "status", "status_code", "statusCode", "errno", "title", "__class__", "__name__")
)
"""Members of an error that say what kind it is, not what happened inside."""
_OF_REQUESTS = frozenset(("user", "method"))
_SERVERS_OWN = frozenset(
    [
        "SERVER_NAME",
        "SERVER_PORT",
        "SERVER_PROTOCOL",
        "SERVER_SOFTWARE",
        "GATEWAY_INTERFACE",
        "REMOTE_ADDR",
        "REMOTE_PORT",
        "wsgi.url_scheme",
        "wsgi.version",
    ]
)
"""Entries of a WSGI environment that the server writes, and no client (RFC 3875, PEP 3333)."""
_PLAIN_COLUMN = re.compile(
    r"(?:\w*_)?(?:id|pk|uuid|at|on|count|date|time|timestamp)|created|modified|updated"
)
"""Columns that hold a number or a date by their name."""
_REFERERS = ("referer", "referrer", "http_referer")
"""A redirect to where the browser says it comes from sends nobody to a place that they do not know."""
_UPLOAD_MEMBERS = frozenset(
    ("path", "filename", "destination", "size", "encoding", "tempFilePath", "filepath")
)
"""Members of a stored upload that the server chose."""


class Regions(ABC):
    """Runs blocks and regions; a subclass runs the instructions."""

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
        self.loops = 0
        """Loops around this point."""
        self.returned = False
        self.catches_all = False
        self.exits: list[Environment] = []
        self.assigned = self.function.locals.difference(p.name for p in self.function.params)
        """Variables whose value the environment holds once they are assigned."""
        self.closures: dict[str, int] = {}
        """Inner function -> value id of the closure, until it has been run."""
        self.uses_seen: set[tuple[Site, int, str]] = set()

    def origin_value(self, origin: Origin, bits: int = HARMFUL) -> Value:
        """A value that is exactly `origin`, harmful in the contexts of `bits`."""
        number = self.origins.number(origin)
        return Value(bits << (WIDTH * number), None, None, number)

    def member_of(self, value: Maybe, key: str) -> Maybe:
        """The value under `key`; `*` when the key is not known."""
        if value is None:
            return None
        if key == KEYS:
            return self.keys_of(value)
        if key == OPENED:
            return self.opened(value)
        if key == SAME_KEY and not (value.origin >= 0 and isinstance(self.origins.items[value.origin], Port)):
            key = ANY_KEY
        if key == ITERATED:
            return self.iterated(value)
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
                return join(self._under(fields[ANY_KEY], key), labelled(value.labels))
        if value.origin >= 0:
            bits = (value.labels >> (WIDTH * value.origin)) & FIELD
            origin = self.origins.items[value.origin]
            if isinstance(origin, SourceRead) and self._is_plain(origin, key):
                return None
            if isinstance(origin, SourceRead) and origin.channel == "headers" and key.lower() in _REFERERS:
                bits &= OWN_ADDRESS_BITS
            place = key == ANY_KEY or (key.isdigit() and not origin.path)
            if place and isinstance(origin, SourceRead) and origin.kind == "stored":
                # Of rows, one of them; what a browser's script gets is looked at as a whole.
                whole = origin.path or self.linker.modules[self.path].language == "browser"
                return labelled(value.labels) if whole else self.origin_value(origin, bits)
            if bits and len(origin.path) < MAX_DEPTH and key != ANY_KEY:
                return self.origin_value(origin.child(key), bits)
            if bits and isinstance(origin, Port) and key == ANY_KEY and len(origin.path) < MAX_DEPTH:
                return self.origin_value(origin.child(key), bits)
        return labelled(value.labels)

    def iterated(self, value: Maybe) -> Maybe:
        """What a loop over a value yields in Python: the keys of a map, the entries of everything else."""
        if value is None or value.container == "dict":
            return self.keys_of(value)
        origin = self.origins.items[value.origin] if value.origin >= 0 and not value.fields else None
        if isinstance(origin, Port) and self.family == "python" and len(origin.path) < MAX_DEPTH:
            bits = (value.labels >> (WIDTH * value.origin)) & FIELD
            if bits:
                return self.origin_value(origin.child(ITERATED), bits)
        return self.member_of(value, ANY_KEY)

    def _under(self, entry: Value, key: str) -> Value:
        """What an entry under any key is under this one: of a map that was spread, what that has there."""
        origin = self.origins.items[entry.origin] if entry.origin >= 0 and not entry.fields else None
        if not isinstance(origin, Port) or origin.path[-1:] != (SAME_KEY,):
            return entry
        bits = (entry.labels >> (WIDTH * entry.origin)) & FIELD
        return self.origin_value(Port(origin.kind, origin.name, (*origin.path[:-1], key)), bits)

    def is_own_number(self, instr: Instr) -> bool:
        """Whether the number is read that a mapper gives an object by itself, `new User(body)._id`, or what
        a server says of a request whose class is not known: who sends it, and how (`request.method`)."""
        if instr.name == "_id":
            return is_stored(self, instr.args[0])
        if instr.name == "_meta":
            # `queryset.model._meta.db_table`: what the model's class says.
            return self.family == "python"
        base = self.definitions.get(instr.args[0]) if instr.name in _OF_REQUESTS else None
        return base is not None and base.name == "request" and self.family == "python"

    def _is_plain(self, origin: SourceRead, key: str) -> bool:
        """Whether a member of an input is not the client's to choose, or no secret of the server."""
        if origin.kind == "error":
            return key in PLAIN_MEMBERS
        if origin.kind == "stored":
            return _PLAIN_COLUMN.fullmatch(key) is not None
        if origin.kind == "request" and key in _SERVERS_OWN:
            return True
        return origin.channel in ("file", "files") and self.family == "javascript" and key in _UPLOAD_MEMBERS

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

    def put_back(self, number: int, value: Value) -> None:
        """Take a value for what a test showed it to be, here and where it was read from."""
        self.narrowed.append((number, self.values[number]))
        self.values[number] = value
        path = self.paths.get(number)
        if path is not None:
            held = self.environment.get(path[0])
            self.environment[path[0]] = with_field(held, path[1:], value)

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
        return self.merge(foreseen.in_production(reached, before))

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
            # Most variables are the same on both sides: those are passed over without a call for each.
            changed = [name for name, value in other.items() if first.get(name, _ABSENT) is not value]
            if changed or len(first) != len(other):
                changed.extend(name for name in first if name not in other)
                merged = dict(first)
                for name in changed:
                    merged[name] = join(first.get(name), other.get(name))
                first = merged
        self.environment = first
        return True

    def _loop(self, region: Loop) -> bool:
        leaving: list[Environment] = []
        shown: tuple[int, int] | None = None
        self.breaks.append([])
        self.loops += 1
        for _ in range(2 if self.loops <= _MAX_LOOPS else 1):
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
            shown = shown_by_loop(self, region) if ends and self._is_for(region) else None
            ends.extend(self.continues.pop())
            if not self.merge([entry, *ends]):
                break
            if region.cond >= 0 or self._is_for(region):
                leaving.append(dict(self.environment))
        self.loops -= 1
        broken = self.breaks.pop()
        reached: list[Environment] = []
        if leaving and self.merge(leaving) and self.block(region.orelse):
            reached.append(self.environment)
        goes_on = self.merge([*reached, *broken])
        if goes_on and shown is not None:
            safe_elements(self, *shown)
        return goes_on

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
        if self.raises and not region.handlers:
            self.raises[-1].extend(raised)
        handlers_start = [before, *raised]
        if ended:
            handlers_start.append(after)
            self.environment = dict(after)
            if self.block(region.orelse):
                reached.append(self.environment)
        for handler in region.handlers:
            self.merge([dict(e) for e in handlers_start])
            broad = self._is_broad(handler) and not only_of_checks(self, region.body)
            outer, self.catches_all = self.catches_all, broad
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
            if definition is not None and not own and definition.name not in foreseen.FORESEEN_ERRORS:
                return True
        return False

    def _switch(self, region: Switch) -> bool:
        before = self.environment
        if region.falls_through:  # elsewhere a break leaves the loop around
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
        if region.falls_through:
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

    def span(self, instr: Instr) -> Span:
        """The place of an instruction."""
        return Span(self.path, instr.start, instr.end)

    def _deep(self, number: int) -> int:
        value = self.values[number]
        return value.deep() if value is not None else 0

    def write(self, target: int, keys: Path, value: Maybe, weak: bool = False) -> None:
        """Store into the object that the value `target` is, wherever it is reachable from."""
        path = self.paths.get(target)
        held = self.values[target]
        if path is not None:
            root, inner = path[0], path[1:]
            self.environment[root] = with_field(self.environment.get(root), (*inner, *keys), value, weak)
            held_here = root in self.function.locals or root == self.function.receiver
            if not held_here and any(ref.kind is Kind.COLLECT for ref in self.refs[target]):
                # A container of the module's, which others read.
                self.program.write_module(self, root, value)
        self.values[target] = with_field(held, keys, value, weak)
        if held is not None and held.origin >= 0:
            origin = self.origins.items[held.origin]
            if isinstance(origin, Port) and len(origin.path) + len(keys) <= MAX_DEPTH:
                for key in keys:
                    origin = origin.child(key)
                number = self.origins.number(origin)
                writes = self.summary.writes
                writes[number] = join(writes[number], value) if number in writes else value
        self.program.write_field(self, target, keys, value)

    def opened(self, value: Value) -> Value:
        """What a text is once it was parsed: an object again, if the client chose the text."""
        labels = value.labels
        for number, field in self.origins.fields(value.deep()):
            if not field & (1 << Context.OBJECT):
                continue
            origin = self.origins.items[number]
            if isinstance(origin, Port) and len(origin.path) < MAX_DEPTH and OPENED not in origin.path:
                # Whoever gives it knows what it is.
                labels &= ~(FIELD << (WIDTH * number))
                number = self.origins.number(origin.child(OPENED))
            labels |= (field | 1 << Context.NOSQL) << (WIDTH * number)
        return Value(labels, value.fields, None, -1, value.container or PARSED)

    def keys_of(self, value: Maybe) -> Maybe:
        """The keys of a map: the client's own where the whole map is, or where they were put in as such."""
        if value is None:
            return None
        named = (value.fields or {}).get(KEYS)
        if value.origin >= 0 and named is None:
            origin = self.origins.items[value.origin]
            bits = (value.labels >> (WIDTH * value.origin)) & FIELD
            if isinstance(origin, Port) and bits and len(origin.path) < MAX_DEPTH:
                # Whoever gives it knows its keys.
                return self.origin_value(origin.child(KEYS), bits)
        return labelled(value.labels | (named.labels if named is not None else 0))

    def note_invoked(self, number: int, given: tuple[Maybe, ...]) -> None:
        """Remember that a port of this function is called with `given`."""
        if isinstance(self.origins.items[number], Port):
            given = tuple(bounded(value) for value in given)
            known = self.summary.invokes.get(number)
            if known is not None:
                longer = max(known, given, key=len)
                given = tuple(
                    join(known[i], given[i]) if i < min(len(known), len(given)) else longer[i]
                    for i in range(len(longer))
                )
            self.summary.invokes[number] = given

    def use(self, use: SinkUse) -> None:
        """Keep a sink use, once."""
        key = (use.site, use.labels, use.pending)
        if key not in self.uses_seen:
            self.uses_seen.add(key)
            self.program.keep_use(self, use)

    @abstractmethod
    def step(self, instr: Instr) -> bool:
        """Run one instruction; false when control does not go on behind it."""
