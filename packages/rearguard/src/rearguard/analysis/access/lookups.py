"""Look-ups in the linked program: callees, arguments, assignments, callbacks, constants."""

from collections.abc import Iterator, Sequence
from functools import cached_property

from rearguard.analysis.access.atoms import Atoms, normal
from rearguard.analysis.access.giving import Giving
from rearguard.analysis.access.invoked import Invoked
from rearguard.analysis.access.managers import Managers
from rearguard.analysis.access.reaching import ENTRY, reaching
from rearguard.analysis.settings import browser_modules
from rearguard.analysis.values import Values
from rearguard.link import Kind, Refs, function_id
from rearguard.models.compile import Row
from rearguard.models.concepts import (
    Concept,
    CredentialRead,
    Guard,
    Principal,
    RecordMade,
    RequestInput,
    SqlExecution,
    StateRead,
    TokenDecode,
    TokenVerify,
)
from rearguard.models.mark_concepts import RouteHandler
from rearguard.models.view import ModelView
from rearguard.program import MODULE_BODY, Instr, Op, Span

REQUEST = "req"
"""What the request is called here, whatever a program calls it."""
STATE = "$state"
"""What is called here what a program keeps for each request elsewhere than on it."""
MAX_TARGETS = 4
"""Functions that one call may run; further ones are left out."""
MIN_LISTED = 3
"""Functions of different names that one call may run, from which on a table is behind it."""

_WHENCE = (CredentialRead, Principal, RequestInput, RouteHandler, TokenDecode, TokenVerify)
"""What says of a value where it comes from."""


class Lookups:
    """The program, asked about single values and calls; what is asked often is remembered."""

    def __init__(self, view: ModelView, values: Values) -> None:
        self.claimed: dict[tuple[str, str], Atoms] = {}
        """A member of the request that holds the caller, and one of its keys -> what the client may say."""
        self.view = view.folded()
        self.linker = view.linker
        self.program = values.program
        self.invoked = Invoked(view.linker, values.program)
        self._reaching: dict[str, dict[int, frozenset[int]]] = {}
        self._returned: dict[str, tuple[int, ...]] = {}
        self.giving = Giving(self)
        self._methods: dict[str, list[tuple[str, str]]] | None = None
        self._managers: Managers | None = None
        self._classes: dict[str, list[str]] | None = None
        self._concepts: dict[Refs, tuple[Concept, ...]] = {}
        self._targets: dict[Refs, tuple[str, ...]] = {}
        self._callbacks: dict[str, tuple[str, Instr]] | None = None
        self._made_in: dict[str, list[str]] | None = None
        self._stateful: bool | None = None
        self._browser = browser_modules(view.linker, view.texts)
        self.listed: frozenset[str] = frozenset()
        """Functions that a table of the program's own names for its routes."""
        self.own_requests: frozenset[str] = frozenset()
        """Classes of the program whose objects its own dispatcher hands to handlers."""
        self.bound_keys: dict[tuple[str, str], str] = {}
        """Function and parameter -> what it reads by it, while a call is looked at that says so."""
        self.read_by: dict[str, tuple[str, ...]] = {}
        """Functions -> parameters by which they read entries."""
        self.put: dict[str, dict[int, tuple[int, ...]]] = {}
        """Of a function, what its comprehensions put into their containers."""
        self.answering: set[str] = set()
        """Classes whose methods answer requests: their objects are made for one of them each, or are used by
        nothing else."""
        self.sent: set[tuple[str, str]] = set()
        """(function, name): parts of the address that functions of decorators are given by their names."""

    def is_claimed(self, fid: str, instr: Instr) -> bool:
        """Whether a member of the caller's identity is read that the client may say."""
        if not self.claimed or instr.op != Op.ATTR:
            return False
        base = self.view.definitions(fid).get(instr.args[0])
        return base is not None and (self.member_of_request(fid, base), instr.name) in self.claimed

    def concepts(self, fid: str, value: int) -> tuple[Concept, ...]:
        """Rows about the value itself."""
        refs = self.linker.refs[fid][value]
        return self._said_of(refs) if refs else ()

    def _said_of(self, refs: Refs) -> tuple[Concept, ...]:
        known = self._concepts.get(refs)
        if known is None:
            seen: list[Concept] = []
            for ref in refs:
                for tables in self.view.models.families.values():
                    for name in ref.names:
                        for row in tables.values.get(name, ()):
                            if row.concept not in seen:
                                seen.append(row.concept)
            known = self._concepts[refs] = tuple(seen)
        return known

    def is_handed_in(self, fid: str, load: Instr) -> bool:
        """Whether a parameter is known by what some callers give for it alone; others give something else.

        What it is declared as, or is by default, says something of it wherever models know that.
        """
        refs = self.linker.refs[fid][load.dst]
        if not refs or not any(p.name == load.name for p in self.linker.functions[fid].params):
            return False
        given = self.view.parameter(fid, load.name)
        own = {ref for value in given if value is not None for ref in value.refs}
        said = tuple(r for r in refs if r.kind is Kind.TYPE or r in own or r.base in own)
        return not any(isinstance(concept, _WHENCE) for concept in self._said_of(said))

    def call_rows(self, fid: str, instr: Instr) -> tuple[Row, ...]:
        """Rows about a call's arguments and receiver."""
        return self.program.rows(self.linker.refs[fid][instr.args[0]])

    def constant(self, fid: str, value: int) -> str | None:
        """A constant text."""
        for ref in self.linker.refs[fid][value]:
            if ref.kind is Kind.CONST and isinstance(ref.step, str):
                return ref.step
        instr = self.view.definitions(fid).get(value)
        return (
            instr.value
            if instr is not None and instr.op == Op.CONST and isinstance(instr.value, str)
            else None
        )

    def constants(self, fid: str, value: int) -> tuple[str, ...]:
        """The texts that a value may be, as a parameter is that callers give different ones."""
        held = self.view.definitions(fid).get(value) if self.bound_keys else None
        if held is not None and held.op == Op.LOAD and (fid, held.name) in self.bound_keys:
            return (self.bound_keys[fid, held.name],)
        refs = self.linker.refs[fid][value]
        texts = dict.fromkeys(r.step for r in refs if r.kind is Kind.CONST and isinstance(r.step, str))
        return tuple(texts) or tuple(filter(None, (self.constant(fid, value),)))

    def span(self, fid: str, instr: Instr) -> Span:
        """The place of an instruction."""
        return Span(self.linker.module_of[fid], instr.start, instr.end)

    def receiver(self, fid: str, instr: Instr) -> int:
        """`x` of `x.method()`, or -1."""
        callee = self.view.definitions(fid).get(instr.args[0])
        return callee.args[0] if callee is not None and callee.op == Op.ATTR else -1

    def returned(self, fid: str) -> tuple[int, ...]:
        """Values that a function returns or yields."""
        found = self._returned.get(fid)
        if found is None:
            body = self.linker.code(fid)
            found = tuple(i.args[0] for i in body if i.op in (Op.RETURN, Op.YIELD) and i.args)
            self._returned[fid] = found
        return found

    def arguments(self, instr: Instr, target: str) -> dict[str, int]:
        """Parameter -> value given for it; `**` -> a map that is spread, `*` -> a list that is."""
        params = self.linker.functions[target].params
        positional = [p.name for p in params if p.kind == "positional"]
        rest = next((p.name for p in params if p.kind == "rest"), "")
        bound: dict[str, int] = {}
        position = 0
        instr = self.invoked.meant(instr)
        for index, value in enumerate(instr.args[1:]):
            key = instr.keys[index] if instr.keys and index < len(instr.keys) else None
            if key is None:
                if position < len(positional):
                    bound.setdefault(positional[position], value)
                elif rest:
                    bound.setdefault(rest, value)
                position += 1
            elif key == "**":
                bound["**"] = value
            elif key == "*":
                bound["*"] = value
            else:
                bound[key] = value
        return bound

    def targets(self, fid: str, instr: Instr) -> tuple[str, ...]:
        """Functions of the review that a call runs; a parameter that is called is the callers' matter."""
        refs = self.linker.refs[fid][instr.args[0]]
        if not refs:
            return ()
        run = self._targets.get(refs)
        if run is None:
            run = self._targets[refs] = tuple(self._run(refs))
        meant = self.invoked.behind(fid, instr) if not run else None
        if meant is not None:
            return self.targets(fid, meant)
        if not run or self.calls_parameter(fid, instr):
            return ()
        if fid in run:
            run = tuple(target for target in run if target != fid)
        maker = self._maker_of_wrapped(fid, instr)
        if maker is not None:
            run = self._made_by(fid, maker, run)
        if self._browser and not self.is_for_browsers(fid):
            # A page of the server names what it shows, and browsers run it.
            run = tuple(target for target in run if not self.is_for_browsers(target))
        return run[:MAX_TARGETS]

    def is_for_browsers(self, fid: str) -> bool:
        """Whether a function lies in a module that only browsers run."""
        return self.linker.module_of[fid] in self._browser

    def is_dispatched(self, fid: str, instr: Instr, targets: Sequence[str]) -> bool:
        """Whether a call runs one of many functions of a table: they have names of their own, as what takes a
        method's place has not."""
        callee = self.view.definitions(fid).get(instr.args[0])
        if callee is None:
            return False
        names = {target.rpartition("::")[2].rpartition(".")[2] for target in targets}
        if self.listed.issuperset(targets) and callee.name not in names:
            # Of a table that is asked for each request, whatever few rows it has.
            return True
        return len(names) >= MIN_LISTED

    def is_written(self, fid: str, instr: Instr) -> bool:
        """Whether the first argument of a call stands in the code."""
        return len(instr.args) > 1 and self.constant(fid, instr.args[1]) is not None

    def maker(self, fid: str, instr: Instr, target: str) -> tuple[Instr, str] | None:
        """The call in the same function that made the closure which is called, and what it called:
        `scoped(tenant).find(id)`, where `find` uses the `tenant` that `scoped` was given."""
        path = self.linker.module_of.get(target, "")
        outer = function_id(path, self.linker.functions[target].parent) if path else ""
        if outer not in self.linker.functions or self.linker.functions[outer].kind in ("module", "class"):
            return None
        value = instr.args[0]
        for _ in range(4):
            found = self.resolved(fid, value)
            if found is None or found[0] != fid:
                return None
            made = found[1]
            if made.op == Op.CALL and made.dst != instr.dst and outer in self.targets(fid, made):
                return made, outer
            if made.op not in (Op.ATTR, Op.ITEM):
                return None
            value = made.args[0]
        return None

    def _run(self, refs: Refs) -> Iterator[str]:
        for ref in refs:
            if ref.kind is Kind.FUNCTION:
                yield ref.id
            elif ref.kind is Kind.INSTANCE and ref.base is not None:
                called = self.linker.method(ref.base.id, "__call__")
                if called is not None:
                    yield called
            elif ref.step == "call" and ref.base is not None and ref.base.kind is Kind.FUNCTION:
                yield ref.base.id

    def calls_parameter(self, fid: str, instr: Instr) -> bool:
        """Whether what is called was handed in: a decorated view, a callback."""
        callee = self.view.definitions(fid).get(instr.args[0])
        if callee is not None and callee.op == Op.ATTR and callee.name in ("call", "apply"):
            # `fn.call(this, req, res)`
            callee = self.view.definitions(fid).get(callee.args[0])
        maker = self._maker_of_wrapped(fid, instr)
        if maker is not None and not self.targets(fid, maker):
            # `app.ensure_sync(view)(*args)`: what a library puts around it runs it.
            return True
        return callee is not None and self._is_parameter(fid, callee)

    def _maker_of_wrapped(self, fid: str, instr: Instr) -> Instr | None:
        """`login_required(view)` of `login_required(view)(*args)`, where `view` was handed in.

        It runs what the decorator made, and not one of the many views that it is put around.
        """
        defined = self.view.definitions(fid)
        callee = defined.get(instr.args[0])
        if callee is None or callee.op != Op.CALL:
            return None
        given = (defined.get(value) for value in callee.args[1:])
        wraps = any(each is not None and self._is_parameter(fid, each) for each in given)
        return callee if wraps else None

    def _made_by(self, fid: str, maker: Instr, run: tuple[str, ...]) -> tuple[str, ...]:
        """Which of the functions that may run a decorator made, or gives without having got them here."""
        makers = self.targets(fid, maker)
        made = tuple(f"{each}." for each in makers)
        inside = tuple(target for target in run if target.startswith(made))
        if inside or not makers:
            return inside
        if len(run) == 1:
            # Put around one function alone, it can run no other.
            return run
        # `pick(name)(request)`: one that makes nothing itself gives what it has.
        handed = {ref.id for value in maker.args[1:] for ref in self.linker.refs[fid][value]}
        return tuple(target for target in run if target not in handed)

    def _is_parameter(self, fid: str, callee: Instr) -> bool:
        """Whether a name stands for a parameter of this function, or of one that it is written in."""
        if callee.op != Op.LOAD:
            return False
        function = self.linker.functions[fid]
        if callee.name in function.locals or any(p.name == callee.name for p in function.params):
            return any(p.name == callee.name for p in function.params) and ENTRY in self.stores(fid, callee)
        owner = self.program.owner(fid, callee.name)
        return owner is not None and any(p.name == callee.name for p in self.linker.functions[owner].params)

    def callbacks(self, fid: str, instr: Instr) -> Iterator[tuple[str, int]]:
        """Functions, and the arguments they are, that a call which verifies the caller is given by name."""
        if self._provides(fid, instr):
            # `Depends(caller)` stands for what `caller` gives, and hands it nothing.
            return
        if any(isinstance(c, Guard | TokenVerify) for c in self.concepts(fid, instr.dst)):
            for value in instr.args[1:]:
                made = self.view.definitions(fid).get(value)
                for ref in self.linker.refs[fid][value]:
                    if ref.kind is Kind.FUNCTION and made is not None and made.op != Op.FUNC:
                        yield ref.id, value

    def _provides(self, fid: str, instr: Instr) -> bool:
        return any(
            name.endswith(":Dependency") for ref in self.linker.refs[fid][instr.dst] for name in ref.names
        )

    def all_callbacks(self) -> Iterator[tuple[str, tuple[str, Instr]]]:
        for fid in self.linker.functions:
            definitions = self.view.definitions(fid)
            for instr in self.linker.contents(fid).calls:
                for value in instr.args[1:]:
                    made = definitions.get(value)
                    if made is not None and made.op == Op.FUNC:
                        yield function_id(self.linker.module_of[fid], made.name), (fid, instr)
                for callback, _ in self.callbacks(fid, instr):
                    yield callback, (fid, instr)

    def callback_of(self, fid: str) -> tuple[str, Instr] | None:
        """The call that a function is handed to where it is written, and where that stands."""
        if self._callbacks is None:
            self._callbacks = dict(self.all_callbacks())
        return self._callbacks.get(fid)

    def made_in(self, fid: str) -> tuple[str, ...]:
        """Functions that are written in a function."""
        if self._made_in is None:
            self._made_in = {}
            for inner, function in self.linker.functions.items():
                outer = function_id(self.linker.module_of[inner], function.parent)
                self._made_in.setdefault(outer, []).append(inner)
        return tuple(self._made_in.get(fid, ()))

    def stores(self, fid: str, load: Instr) -> frozenset[int]:
        """Values that a use of an own variable may see."""
        held = self._reaching.get(fid)
        if held is None:
            held = self._reaching[fid] = reaching(self.linker.functions[fid])
        return held.get(load.dst, frozenset())

    def resolved(self, fid: str, value: int) -> tuple[str, Instr] | None:
        """The instruction behind a variable that only one assignment reaches, seen through `await`."""
        for _ in range(8):
            instr = self.view.definitions(fid).get(value)
            if instr is None:
                return None
            if instr.op in (Op.AWAIT, Op.ENTER):
                value = instr.args[0]
                continue
            if instr.op != Op.LOAD:
                return fid, instr
            home, reached = self._reached(fid, instr)
            if len(reached) != 1 or ENTRY in reached:
                return fid, instr
            fid, value = home, next(iter(reached))
        return None

    def _reached(self, fid: str, load: Instr) -> tuple[str, frozenset[int]]:
        function = self.linker.functions[fid]
        if load.name in function.locals or any(p.name == load.name for p in function.params):
            return fid, self.stores(fid, load)
        owner = self.program.owner(fid, load.name) or function_id(self.linker.module_of[fid], MODULE_BODY)
        stores = self.linker.contents(owner).stores.get(load.name, ())
        return owner, frozenset(store.args[0] for store in stores)

    def executed_before(self, fid: str, instr: Instr, receiver: int) -> int | None:
        """The last `cursor.execute(...)` on the same variable before `cursor.fetchone()`."""
        held = self.view.definitions(fid).get(receiver)
        if held is None or held.op != Op.LOAD:
            return None
        last: int | None = None
        for other in self.linker.code(fid):
            if other.dst == instr.dst:
                break
            if other.op == Op.CALL and any(
                isinstance(r.concept, SqlExecution) for r in self.call_rows(fid, other)
            ):
                base = self.view.definitions(fid).get(self.receiver(fid, other))
                if base is not None and base.op == Op.LOAD and base.name == held.name:
                    last = other.dst
        return last

    def makes(self, fid: str, instr: Instr) -> bool:
        return instr.op == Op.NEW or any(r.kind is Kind.CLASS for r in self.linker.refs[fid][instr.args[0]])

    def is_merge(self, fid: str, instr: Instr) -> bool:
        """`Object.assign({}, defaults, body)`: all entries of all arguments."""
        definitions = self.view.definitions(fid)
        callee = definitions.get(instr.args[0])
        if callee is None or callee.op != Op.ATTR or callee.name != "assign":
            return False
        receiver = definitions.get(callee.args[0])
        return receiver is not None and receiver.op == Op.LOAD and receiver.name == "Object"

    def record_made_of(self, fid: str, instr: Instr) -> tuple[int, ...]:
        """The maps whose fields a call makes a record of: `repository.create(body)`."""
        return tuple(
            instr.args[1 + position]
            for row in self.call_rows(fid, instr)
            if isinstance(row.concept, RecordMade) and row.selector is not None
            for position in row.selector.pick(len(instr.args) - 1, instr.keys)
        )

    def is_typed(self, fid: str, instr: Instr) -> bool:
        """`args.get("page", type=int)`."""
        return any(key == "type" for key in instr.keys)

    def is_slice(self, fid: str, instr: Instr) -> bool:
        """`text[:80]`: an element chosen by a call of `slice`."""
        definitions = self.view.definitions(fid)
        key = definitions.get(instr.args[1])
        callee = definitions.get(key.args[0]) if key is not None and key.op == Op.CALL else None
        return callee is not None and callee.op == Op.LOAD and callee.name == "slice"

    def methods_named(self, name: str) -> tuple[tuple[str, str], ...]:
        """Methods of a name: each with the name of its class."""
        if self._methods is None:
            self._methods = {}
            for path, module in self.linker.modules.items():
                for qualified in module.functions:
                    owner, _, last = qualified.rpartition(".")
                    if owner in module.classes:
                        held = (owner.rpartition(".")[2], function_id(path, qualified))
                        self._methods.setdefault(last, []).append(held)
        return tuple(self._methods.get(name, ()))

    @property
    def managers(self) -> Managers:
        """Classes that hold models' own questions."""
        if self._managers is None:
            self._managers = Managers(self)
        return self._managers

    @cached_property
    def extended(self) -> frozenset[str]:
        """Classes of the review that others extend."""
        bases = (ref for refs in self.linker.bases.values() for ref in refs)
        return frozenset(ref.id for ref in bases if ref.kind is Kind.CLASS)

    def classes_named(self, name: str) -> tuple[str, ...]:
        """Classes of the review that are called like a resource."""
        if self._classes is None:
            self._classes = {}
            for path, module in self.linker.modules.items():
                for qualified in module.classes:
                    last = qualified.rpartition(".")[2]
                    self._classes.setdefault(normal(last), []).append(function_id(path, qualified))
        return tuple(self._classes.get(normal(name), ()))

    def skips_verification(self, fid: str, instr: Instr) -> bool:
        """`verify=False`, or `options={"verify_signature": False}`."""
        definitions = self.view.definitions(fid)
        for index, key in enumerate(instr.keys):
            given = definitions.get(instr.args[1 + index])
            if given is None:
                continue
            if key == "verify" and given.op == Op.CONST and given.value is False:
                return True
            if given.op == Op.COLLECT and "verify_signature" in given.keys:
                inner = definitions.get(given.args[given.keys.index("verify_signature")])
                if inner is not None and inner.op == Op.CONST and inner.value is False:
                    return True
        return False

    def member_of_request(self, fid: str, instr: Instr) -> str:
        """The member of the request, or of its context, that is read: `req.user`, `request["user"]`,
        `c.get("user")`; "" for anything else."""
        definitions = self.view.definitions(fid)
        read, name = instr, instr.name
        if instr.op == Op.ITEM:
            name = instr.value if isinstance(instr.value, str) else ""
        elif instr.op == Op.CALL:
            callee = definitions.get(instr.args[0])
            if callee is None or callee.op != Op.ATTR or callee.name != "get" or len(instr.args) < 2:
                return ""
            if self._reads_header(fid, instr, callee):
                return ""
            read, name = callee, self.constant(fid, instr.args[1]) or ""
        elif instr.op != Op.ATTR:
            return ""
        base = definitions.get(read.args[0]) if name else None
        if base is None:
            return ""
        if base.op == Op.CALL:
            # `context.switchToHttp().getRequest().user`
            made_by = definitions.get(base.args[0])
            known = made_by is not None and made_by.name == "getRequest"
            return name if known or self.giving.gives(fid, base) or self.is_state(fid, base.dst) else ""
        if self.is_answering(fid, base):
            return name
        held = HOLDERS | STATEFUL if instr.op == Op.CALL else HOLDERS
        if base.name.lower() in held or self.request_name(fid, read.args[0]) == REQUEST:
            return name
        return name if base.op == Op.LOAD and self.is_state(fid, base.dst) else ""

    def _reads_header(self, fid: str, call: Instr, callee: Instr) -> bool:
        """`req.get("x-tenant")`, as Express has it, or what a model knows as input: what the client sent."""
        if any(isinstance(c, RequestInput | CredentialRead) for c in self.concepts(fid, call.dst)):
            return True
        own = self.request_name(fid, callee.args[0]) == REQUEST
        return own and not self.linker.module_of[fid].endswith(".py")

    def is_answering(self, fid: str, base: Instr) -> bool:
        """Whether a value is the object that answers the request, as class-based views have it."""
        receiver = self.linker.functions[fid].receiver
        own = base.op == Op.LOAD and bool(receiver) and base.name == receiver
        return own and fid.rpartition(".")[0] in self.answering

    def holder_name(self, fid: str, value: int) -> str:
        """What the request is called here, or what is kept beside it."""
        return STATE if self.is_state(fid, value) else self.request_name(fid, value)

    def request_name(self, fid: str, value: int) -> str:
        """`req` for the request, whatever it is called here; for anything else what it is called."""
        base = self.view.definitions(fid).get(value)
        if base is None or base.op not in (Op.LOAD, Op.ATTR):
            return ""
        if base.name.lower() in ("req", "request"):
            return REQUEST
        if base.op == Op.LOAD:
            refs = self.linker.refs[fid][value]
            if any(name in self._request_types for ref in refs for name in ref.names):
                return REQUEST
            if self.own_requests and any(ref.base.id in self.own_requests for ref in refs if ref.base):
                return REQUEST
        return base.name

    @cached_property
    def _request_types(self) -> frozenset[str]:
        """Types whose members are what a client sends, `express:Request`; forms hold what passed."""
        found: set[str] = set()
        for path, concept, _ in self.view.models.all_values(RequestInput):
            holder, _, member = path.rpartition(".")
            if member and ":" in holder and not concept.declared:
                found.add(holder)
        return frozenset(found)

    def is_state(self, fid: str, value: int, depth: int = 0) -> bool:
        """Whether a value is what the program keeps for each request, as an `AsyncLocalStorage` holds it."""
        if not self.keeps_state:
            return False
        found = self.resolved(fid, value)
        if found is None or depth > 2:
            return False
        home, instr = found
        if instr.op == Op.LOGIC:
            return any(self.is_state(home, each, depth + 1) for each in instr.args)
        if instr.op != Op.CALL:
            return False
        if any(isinstance(c, StateRead) and c.request for c in self.concepts(home, instr.dst)):
            return True
        return any(
            self.is_state(target, given, depth + 1)
            for target in self.targets(home, instr)
            for given in self.returned(target)
        )

    @property
    def keeps_state(self) -> bool:
        """Whether any part of the program reads such state."""
        if self._stateful is None:
            self._stateful = any(use.concept.request for use in self.program.uses.of(StateRead))
        return self._stateful


HOLDERS = frozenset(
    ("req", "request", "g", "locals", "state", "ctx", "context", "session", "res", "environ", "var")
)
"""What requests, and what is kept with them while they are answered, are called."""
STATEFUL = frozenset("c")
"""What a context is called besides, where it keeps values under names: `c.set("user", user)`."""

__all__ = ["HOLDERS", "REQUEST", "STATE", "STATEFUL", "Lookups"]
