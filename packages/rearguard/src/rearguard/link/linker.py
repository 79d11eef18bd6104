"""Names across files: what each value of each function may refer to.

One flow-insensitive pass over every function, then a worklist: whatever a function learns (a
parameter's value, a return, a field, a module variable, an export) is a *slot*; a slot that grows
brings its readers back. Containers and constants are followed as far as routes, options and imports
need; what requests do with values is `analysis.values`.
"""

import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

from rearguard.link.aliases import AliasTable
from rearguard.link.contents import Contents
from rearguard.link.fixed import Fixed
from rearguard.link.folders import fill
from rearguard.link.forms import FORMS
from rearguard.link.ids import family_of, function_id
from rearguard.link.makers import Chosen, Copies
from rearguard.link.members import TRANSPARENT_TYPING
from rearguard.link.modules import ModuleIndex
from rearguard.link.reaching import reaching
from rearguard.link.reader import Reader
from rearguard.link.refs import Kind, Ref, Refs, RefTable, join
from rearguard.link.settled import Settled
from rearguard.program import MODULE_BODY, Const, Function, Instr, Module, Op, instructions, used_inside

MAX_VISITS = 12
"""Times a function is read again; more means its slots grow without end, and what is known then stands."""

MAX_BELOW = 64
"""Classes that extend one, as far as they are looked at."""
MAX_MIXED = 500
"""The same, where one is looked for that extends a library's class too."""
MAX_ABOVE = 100
"""Classes that one extends beyond which more are not asked what it inherits."""
MAX_OVERRIDES = 8
"""Methods put in place of one by classes that extend its own; further ones are left out."""
_PROJECT_IMPORTS = (".", "@/", "~/", "#", "src/")
"""How import texts begin that mean files of the project: relative ones and the usual path aliases."""

Slot: TypeAlias = tuple[str, str, str]
_PROJECT_MODULES = ("models", "app", "db", "database", "extensions", "entities", "src")
"""First parts of absolute imports that name no library anybody installs."""


def _means_the_project(name: str) -> bool:
    """Whether an import that leads to no file here was meant for one of the project's."""
    return name.startswith(_PROJECT_IMPORTS) or name.partition(".")[0] in _PROJECT_MODULES


class Linker:
    """Computes references. `run` once; then read `refs`, `slots` and the look-ups."""

    def __init__(
        self,
        modules: Mapping[str, Module],
        tables: dict[str, AliasTable],
        index: ModuleIndex,
        copies: Copies | None = None,
    ) -> None:
        """`copies` are those of makers that were told apart; `modules` hold them."""
        self.modules = modules
        self.chosen: Chosen = copies.chosen if copies is not None else {}
        """Function -> value that it calls -> a maker, and the copy of it that is meant there."""
        self.class_copies: Mapping[str, list[str]] = copies.classes if copies is not None else {}
        """Class -> its copies, each of which extends it."""
        self.copied: frozenset[str] = copies.copied if copies is not None else frozenset()
        """Functions that are copies of others: their places are those of the originals."""
        self.index = index
        self.table = RefTable(tables)
        for table in tables.values():
            for path in (*TRANSPARENT_TYPING, *FORMS, "builtins.getattr", "string.Template()"):
                table.keep(path)
        self.functions: dict[str, Function] = {}
        self.module_of: dict[str, str] = {}
        self.refs: dict[str, list[Refs]] = {}
        self.variables: dict[str, dict[str, Refs]] = {}
        self.slots: dict[Slot, Refs] = {}
        self.readers: dict[Slot, set[str]] = {}
        self.function_types: dict[str, tuple[str, ...]] = {}
        """Function id -> model types its value has (`express:Handler`)."""
        self.star_imports: dict[str, list[str]] = {}
        self.star_exports: dict[str, list[Ref]] = {}
        self.bases: dict[str, Refs] = {}
        """Class id -> what it extends."""
        self.extended: dict[str, list[str]] = {}
        """Class id -> classes of the review that extend it directly."""
        self.long_lineages: set[str] = set()
        """Classes that extend more than `MAX_ABOVE` others."""
        self._asked_below: dict[str, set[str]] = {}
        """Class id -> functions that asked what classes that extend it put in place of its methods."""
        self.callers: dict[str, set[str]] = {}
        self.decorated: dict[tuple[str, int], str] = {}
        """(function, decorator value) -> the function or class that it decorates."""
        self.accessors: dict[tuple[str, int], str] = {}
        """(function, value of a member) -> the getter or property that gives it."""
        self.wrappers: dict[str, tuple[str, ...]] = {}
        """Function id -> closures that project functions put around it (`catchAsync(f)`), in order found."""
        self.call_sites: dict[str, tuple[str, int]] = {}
        """Function id -> the first place found that calls it (function, offset)."""
        self.outer: dict[str, dict[str, Slot]] = {}
        """Function id -> names that it takes from around it, and the slots that they are: found once, since
        scopes do not change."""
        self._fixed: Fixed | None = None
        self._settled: Settled | None = None
        self._constants: dict[str, Mapping[int, Const]] = {}
        self._lineages: dict[str, tuple[str, ...]] = {}
        self._methods: dict[tuple[str, str], str | None] = {}
        self._code: dict[str, list[Instr]] = {}
        self._contents: dict[str, Contents] = {}
        self._of_anything: dict[tuple[str, str], Refs] = {}
        self._reaching: dict[str, dict[int, int]] = {}
        self._shared: dict[str, dict[str, set[str]]] = {}
        self._parameters: dict[str, tuple[tuple[str, ...], frozenset[str]]] = {}
        self.inner: dict[str, list[str]] = {}
        """Function id -> functions that are written in it, directly."""
        self.enclosing: set[str] = set()
        """Functions with functions inside: whose variables others may read."""
        self._given: dict[str, tuple[Refs, ...]] = {}
        self._forwarded: dict[str, tuple[str, ...]] = {}
        self._first: deque[str] = deque()
        self._copies: deque[str] = deque()
        self._queue: deque[str] = deque()
        self._queued: set[str] = set()
        self._visits: dict[str, int] = {}
        self._enter(modules)

    def _enter(self, modules: Mapping[str, Module]) -> None:
        """Note every function, where it stands and what it decorates."""
        for path, module in modules.items():
            for name, function in module.functions.items():
                fid = function_id(path, name)
                self.functions[fid] = function
                self.module_of[fid] = path
                # One more than there are values: `NO_VALUE`, as an index the last, is nothing at all.
                self.refs[fid] = [()] * (function.values + 1)
                self.variables[fid] = {}
                parent = function_id(path, function.parent)
                self.enclosing.add(parent)
                self.inner.setdefault(parent, []).append(fid)
                for decorator in function.decorators:
                    self.decorated[parent, decorator] = fid
            for name, cls in module.classes.items():
                parent = function_id(path, cls.parent)
                for decorator in cls.decorators:
                    self.decorated[parent, decorator] = function_id(path, name)

    def is_settled(self, fid: str, value: int) -> bool:
        """Whether what a value refers to is all that it may be, calls from outside the review left aside."""
        if self._settled is None:
            self._settled = Settled(self, trusts_calls=True)
        return self._settled.is_settled(fid, value)

    def fixed(self, fid: str) -> Mapping[int, Const]:
        """What a function reads or imports that is a constant which stands elsewhere; once all is linked."""
        if self._fixed is None:
            self._fixed = Fixed(self)
        found = self._constants.get(fid)
        if found is None:
            found = self._constants[fid] = dict(self._fixed.of(fid))
        return found

    def code(self, fid: str) -> list[Instr]:
        """Every instruction of a function in program order: gathered once, since every room asks for them."""
        found = self._code.get(fid)
        if found is None:
            found = self._code[fid] = instructions(self.functions[fid].body)
        return found

    def contents(self, fid: str) -> Contents:
        """The instructions of a function by what they do."""
        found = self._contents.get(fid)
        if found is None:
            found = self._contents[fid] = Contents(self.code(fid))
        return found

    def reaching(self, fid: str) -> dict[int, int]:
        """Load -> the value that it gives, where one of several assignments certainly stands before it."""
        found = self._reaching.get(fid)
        if found is None:
            path = self.module_of[fid]
            shared = self._shared.get(path)
            if shared is None:
                functions = self.modules[path].functions
                bodies = ((f, self.code(function_id(path, name))) for name, f in functions.items())
                shared = self._shared[path] = used_inside(functions, bodies, Op.STORE)
            function = self.functions[fid]
            found = self._reaching[fid] = reaching(function, self.code(fid), shared.get(function.name, set()))
        return found

    def variable(self, fid: str, name: str) -> Refs:
        """What a variable of a function may hold."""
        return self.slots.get(("var", fid, name)) or self.variables[fid].get(name, ())

    def parameters(self, fid: str) -> tuple[tuple[str, ...], frozenset[str]]:
        """Names of the parameters that a function is given by place, and of all."""
        found = self._parameters.get(fid)
        if found is None:
            params = self.functions[fid].params
            by_place = tuple(p.name for p in params if p.kind == "positional")
            found = self._parameters[fid] = (by_place, frozenset(p.name for p in params))
        return found

    # -- driving ----------------------------------------------------------------------------------

    def run(self) -> None:
        """Reach the fixpoint (or the visit bound)."""
        order = tuple(self._imported_first())
        bodies: list[str] = []
        others: list[str] = []
        for path in order:
            functions = self.modules[path].functions
            if MODULE_BODY in functions:
                bodies.append(function_id(path, MODULE_BODY))
            for name, function in functions.items():
                if function.kind == "class":
                    bodies.append(function_id(path, name))
                elif name != MODULE_BODY:
                    others.append(function_id(path, name))
        for fid in (*bodies, *others):
            self._enqueue(fid)
        self._shape_imports(absent=True)
        self._drain()
        self._type_exports()
        fill(self)
        self._shape_imports()
        self._shape_parameters()
        self._drain()
        if fill(self):
            # What a file returns may only be known once what it is given is.
            self._drain()

    def _imported_first(self) -> Iterable[str]:
        """Modules, each behind those that it imports where that is possible: what is asked for is there."""
        wanted = {path: self.imports(path) for path in self.modules}
        done: dict[str, None] = {}
        begun: set[str] = set()
        for start in self.modules:
            stack = [] if start in begun else [(start, iter(wanted[start]))]
            begun.add(start)
            while stack:
                path, targets = stack[-1]
                following = next((each for each in targets if each not in begun), None)
                if following is None:
                    done[path] = None
                    stack.pop()
                else:
                    begun.add(following)
                    stack.append((following, iter(wanted[following])))
        return done

    def imports(self, path: str) -> tuple[str, ...]:
        """Modules of the review that the top level of a module imports."""
        body = function_id(path, MODULE_BODY)
        if body not in self.functions:
            return ()
        python = family_of(self.modules[path].language) == "python"
        found: dict[str, None] = {}
        for instr in self.code(body):
            if instr.op == Op.IMPORT:
                member = instr.value if isinstance(instr.value, str) else None
                target = (
                    self.index.python(path, instr.name, member)[0]
                    if python
                    else self.index.script(path, instr.name)
                )
                if target is not None and target in self.modules:
                    found[target] = None
        return tuple(found)

    def _drain(self) -> None:
        last = self._first
        while self._first or self._copies or self._queue:
            # What a module and its classes define is settled before the functions that ask for it. Copies are
            # read all together: each tells their module something new.
            together = self._copies if last is self._copies else None
            last = together or self._first or self._copies or self._queue
            fid = last.popleft()
            self._queued.discard(fid)
            visits = self._visits.get(fid, 0)
            if visits < MAX_VISITS:
                self._visits[fid] = visits + 1
                Reader(self, fid).read()

    def _type_exports(self) -> None:
        """Give functions the type that a framework gives them for the file that exports them."""
        places: dict[str, list[tuple[re.Pattern[str], str]]] = {}
        for path, module in self.modules.items():
            for place, name, kind in self.table.tables[family_of(module.language)].exports:
                if place.search(path):
                    places.setdefault(path, []).append((name, kind))
            if path.endswith(".py"):
                # All that stands in a module of Python can be had from it.
                for function in module.functions if path in places else ():
                    for name, kind in places[path]:
                        if name.fullmatch(function):
                            self.give_type(function_id(path, function), kind)
        for (slot, path, exported), refs in list(self.slots.items()) if places else ():
            for name, kind in places.get(path, ()) if slot == "export" else ():
                given = refs if name.fullmatch(exported) else ()
                if name.fullmatch(f"{exported}()"):
                    made = (
                        self.slots.get(("return", ref.id, ""), ())
                        for ref in refs
                        if ref.kind is Kind.FUNCTION
                    )
                    given = (*given, *(each for found in made for each in found))
                for ref in given:
                    if ref.kind is Kind.FUNCTION:
                        self.give_type(ref.id, kind)

    def _shape_imports(self, absent: bool = False) -> None:
        """Take names imported from project files that are not here, or say nothing, for what they look like.

        Only once all else is known, but for files that are absent, as generated ones are: what a file has yet
        to say must not be guessed.
        """
        for path, module in self.modules.items():
            table = self.table.tables[family_of(module.language)]
            body = function_id(path, MODULE_BODY)
            if not table.shapes or body not in self.functions:
                continue
            unknown: set[int] = set()
            for instr in self.code(body):
                if instr.op == Op.STORE and instr.args[0] in unknown:
                    refs = tuple(self.shaped(table, kind, instr.name) for kind in table.shape(instr.name))
                    if refs:
                        self.variables[body][instr.name] = refs
                        self.grow_slot(("var", body, instr.name), refs)
                        self._enqueue(body)
                elif (
                    instr.dst >= 0
                    and not self.refs[body][instr.dst]
                    and (
                        (
                            instr.op == Op.IMPORT
                            and _means_the_project(instr.name)
                            and not (absent and self._is_here(path, instr))
                        )
                        or (instr.op == Op.ATTR and instr.args[0] in unknown)
                    )
                ):
                    unknown.add(instr.dst)

    def _is_here(self, path: str, instr: Instr) -> bool:
        """Whether a file of the review is what an import names."""
        if family_of(self.modules[path].language) == "python":
            member = instr.value if isinstance(instr.value, str) else None
            return self.index.python(path, instr.name, member)[0] in self.modules
        return self.index.script(path, instr.name) in self.modules

    def _shape_parameters(self) -> None:
        """Take parameters that nobody is seen to fill for what they are called: a handler on its own."""
        for fid, function in self.functions.items():
            table = self.table.tables[family_of(self.modules[self.module_of[fid]].language)]
            for param in function.params:
                known = self.variables[fid].get(param.name) or self.slots.get(("param", fid, param.name))
                if param.kind == "positional" and not known:
                    kinds = table.shape(param.name)
                    self.grow_slot(
                        ("param", fid, param.name),
                        tuple(self.shaped(table, kind, param.name) for kind in kinds),
                    )

    def of_anything(self, family: str, name: str) -> Refs:
        """What member `name` is of a value of which nothing is known."""
        key = (family, name)
        found = self._of_anything.get(key)
        if found is None:
            ref = self.table.external(family, f"*.{name}")
            found = self._of_anything[key] = (ref,) if ref is not None else ()
        return found

    def shaped(self, table: AliasTable, kind: str, name: str) -> Ref:
        """The reference of an unresolved name taken for type `kind`."""
        return self.table.make(Kind.TYPE, None, f"{kind}?{name}", table.names((kind,)))

    def _enqueue(self, fid: str) -> None:
        if fid not in self._queued:
            self._queued.add(fid)
            is_body = self.functions[fid].kind in ("module", "class")
            later = self._copies if fid in self.copied else self._queue
            (self._first if is_body else later).append(fid)

    # -- slots ------------------------------------------------------------------------------------

    def read_slot(self, slot: Slot, reader: str) -> Refs:
        """What the slot holds now; `reader` is read again when it grows."""
        readers = self.readers.get(slot)
        if readers is None:
            self.readers[slot] = {reader}
        else:
            readers.add(reader)
        return self.slots.get(slot, ())

    def grow_slot(self, slot: Slot, refs: Refs) -> None:
        """Add to a slot."""
        if not refs:
            return
        old = self.slots.get(slot, ())
        new = join(old, refs)
        if new is not old:
            self.slots[slot] = new
            for reader in sorted(self.readers.get(slot, ())):
                self._enqueue(reader)

    def give_type(self, fid: str, kind: str) -> None:
        """Say that function `fid` is of the model type `kind`, so that its parameters are typed."""
        types = self.function_types.get(fid, ())
        if kind in types:
            return
        self.function_types[fid] = (*types, kind)
        family = family_of(self.modules[self.module_of[fid]].language)
        table = self.table.tables[family]
        params = self.functions[fid].params
        count = f"/{len(params)}"
        if not any(table.names((f"{kind}<{position}{count}>",)) for position in range(len(params))):
            count = ""
        for position, param in enumerate(params):
            if param.kind in ("rest", "rest-map"):
                break
            names = table.names((f"{kind}<{position}{count}>",))
            if names:
                ref = self.table.make(Kind.TYPE, None, names[0], names)
                self.grow_slot(("param", fid, param.name), (ref,))

    # -- look-ups ---------------------------------------------------------------------------------

    def extend(self, cid: str, bases: Refs) -> None:
        """Say what a class extends. What followed from other bases is forgotten."""
        if self.bases.get(cid) != bases:
            self.bases[cid] = bases
            self._lineages.clear()
            self._methods.clear()

    def lineage(self, cid: str) -> tuple[str, ...]:
        """`cid` and the project classes it extends, nearest first."""
        found = self._lineages.get(cid)
        if found is None:
            found = self._lineages[cid] = self._lineage(cid)
        return found

    def _lineage(self, cid: str) -> tuple[str, ...]:
        seen: dict[str, None] = {}
        stack = [cid]
        while stack:
            current = stack.pop(0)
            if current in seen:
                continue
            if len(seen) > MAX_ABOVE:
                self.long_lineages.add(cid)
                break
            seen[current] = None
            stack.extend(ref.id for ref in self.bases.get(current, ()) if ref.kind is Kind.CLASS)
        return tuple(seen)

    def mixed_into(self, cls: Ref) -> list[Ref]:
        """Classes that extend `cls`, which is of no library, and one of a library too."""
        found: list[Ref] = []
        stack, seen = [] if cls.names else list(self.extended.get(cls.id, ())), {cls.id}
        while stack and len(found) < MAX_OVERRIDES and len(seen) <= MAX_MIXED:
            current = stack.pop(0)
            if current in seen:
                continue
            seen.add(current)
            other = self.table.make(Kind.CLASS, None, current)
            if other.names:
                found.append(other)
            else:
                stack.extend(self.extended.get(current, ()))
        return found

    def tell_above(self, cid: str) -> None:
        """Bring back the functions that asked for classes that extend those which `cid` now extends."""
        asked: set[str] = set()
        for above in self.lineage(cid)[1:]:
            asked |= self._asked_below.get(above, set())
        for fid in sorted(asked):
            self._enqueue(fid)

    def overrides(self, cid: str, name: str, reader: str) -> tuple[str, ...]:
        """What classes of the review that extend `cid` put in place of its method `name`; `reader` is read
        again when there are more of them."""
        self._asked_below.setdefault(cid, set()).add(reader)
        found: list[str] = []
        for current in self.below(cid):
            path, _, qualified = current.rpartition("::")
            method = self.modules[path].classes[qualified].methods.get(name)
            if method is not None:
                found.append(function_id(path, method))
            if len(found) == MAX_OVERRIDES:
                break
        return tuple(found)

    def below(self, cid: str) -> Iterator[str]:
        """Classes of the review that extend `cid`, directly or not, as far as they are known."""
        stack, seen = list(self.extended.get(cid, ())), {cid}
        while stack and len(seen) <= MAX_BELOW:
            current = stack.pop(0)
            if current not in seen:
                seen.add(current)
                stack.extend(self.extended.get(current, ()))
                yield current

    def method(self, cid: str, name: str) -> str | None:
        """The function that `name` means on class `cid`, inherited ones included."""
        place = (cid, name)
        found = self._methods.get(place, "")
        if found == "":
            found = self._methods[place] = self._method(cid, name)
        return found

    def _method(self, cid: str, name: str) -> str | None:
        for current in self.lineage(cid):
            path, _, qualified = current.rpartition("::")
            module = self.modules.get(path)
            cls = module.classes.get(qualified) if module else None
            if cls is not None and name in cls.methods:
                return function_id(path, cls.methods[name])
        return None

    def places(self, cid: str) -> tuple[str, ...]:
        """Fields that a data class or named tuple takes by place; none of another class."""
        found: dict[str, None] = {}
        for current in reversed(self.lineage(cid)):
            path, _, qualified = current.rpartition("::")
            module = self.modules.get(path)
            cls = module.classes.get(qualified) if module else None
            if cls is not None and (cls.decorators or any("NamedTuple" in text for text in cls.base_texts)):
                found.update((each.name, None) for each in cls.fields if each.annotation >= 0)
        return tuple(found)

    def constructor(self, cid: str) -> str | None:
        """The function that runs when `cid` is instantiated."""
        return self.method(cid, "__init__") or self.method(cid, "constructor")

    def forwarded(self, fid: str) -> tuple[str, ...]:
        """Names of variables around closure `fid` that it calls with its own first parameter, or all of them.

        `catchAsync = (fn) => (req, res, next) => fn(req, res, next).catch(next)` forwards to `fn`.
        """
        found = self._forwarded.get(fid)
        if found is None:
            found = self._forwarded[fid] = tuple(dict.fromkeys(self._calls_with_own_parameter(fid)))
        return found

    def _calls_with_own_parameter(self, fid: str) -> Iterable[str]:
        function, path = self.functions[fid], self.module_of[fid]
        own = {function.params[0].name} if function.params else set()
        if family_of(self.modules[path].language) == "javascript" and function.kind != "arrow":
            own.add("arguments")
        if not own:
            return
        bodies = [function]
        bodies.extend(f for f in self.modules[path].functions.values() if f.parent == function.name)
        for body in bodies:
            loaded: dict[int, str] = {}
            bound: dict[int, str] = {}
            for instr in instructions(body.body):
                if instr.op == Op.LOAD:
                    loaded[instr.dst] = instr.name
                elif instr.op == Op.ATTR and instr.name in ("call", "apply") and instr.args[0] in loaded:
                    bound[instr.dst] = loaded[instr.args[0]]
                elif instr.op == Op.CALL:
                    # `fn.call(this, req, res)` names its receiver first.
                    callee, first = loaded.get(instr.args[0]), 1
                    if callee is None:
                        callee, first = bound.get(instr.args[0]), 2
                    if callee is None or callee in function.locals or len(instr.args) <= first:
                        continue
                    if loaded.get(instr.args[first]) in own:
                        yield callee
