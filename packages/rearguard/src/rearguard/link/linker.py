"""Names across files: what each value of each function may refer to.

One flow-insensitive pass over every function, then a worklist: whatever a function learns (a
parameter's value, a return, a field, a module variable, an export) is a *slot*; a slot that grows
brings its readers back. Containers and constants are followed as far as routes, options and imports
need; what requests do with values is `analysis.values`.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from typing import TypeAlias

from rearguard.link.aliases import AliasTable, Selector
from rearguard.link.modules import ModuleIndex
from rearguard.link.refs import Kind, Ref, Refs, RefTable, join
from rearguard.program import MODULE_BODY, Function, Instr, Module, Op, instructions

MAX_VISITS = 12
"""Times a function is read again; more means its slots grow without end, and what is known then stands."""

MAX_SPREADS = 16
"""Containers looked through for a key that was spread into another."""

_PROJECT_IMPORTS = (".", "@/", "~/", "#", "src/")
"""How import texts begin that mean files of the project: relative ones and the usual path aliases."""

Slot: TypeAlias = tuple[str, str, str]
_FAMILY = {"python": "python", "jinja": "python"}
_TRANSPARENT_TYPING = (
    "typing.Optional",
    "typing.Annotated",
    "typing.Final",
    "typing.ClassVar",
    "typing_extensions.Annotated",
)


def family_of(language: str) -> str:
    """The language family whose models apply: `python` or `javascript`."""
    return _FAMILY.get(language, "javascript")


def function_id(path: str, name: str) -> str:
    """The id of a function or class across modules."""
    return f"{path}::{name}"


class Linker:
    """Computes references. `run` once; then read `refs`, `slots` and the look-ups."""

    def __init__(
        self, modules: Mapping[str, Module], tables: dict[str, AliasTable], index: ModuleIndex
    ) -> None:
        self.modules = modules
        self.index = index
        self.table = RefTable(tables)
        for table in tables.values():
            for path in _TRANSPARENT_TYPING:
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
        self.callers: dict[str, set[str]] = {}
        self.decorated: dict[tuple[str, int], str] = {}
        """(function, decorator value) -> the function or class that it decorates."""
        self.wrappers: dict[str, tuple[str, ...]] = {}
        """Function id -> closures that project functions put around it (`catchAsync(f)`), in order found."""
        self.call_sites: dict[str, tuple[str, int]] = {}
        """Function id -> the first place found that calls it (function, offset)."""
        self._given: dict[str, tuple[Refs, ...]] = {}
        self._forwarded: dict[str, tuple[str, ...]] = {}
        self._first: deque[str] = deque()
        self._queue: deque[str] = deque()
        self._queued: set[str] = set()
        self._visits: dict[str, int] = {}
        for path, module in modules.items():
            for name, function in module.functions.items():
                fid = function_id(path, name)
                self.functions[fid] = function
                self.module_of[fid] = path
                self.refs[fid] = [()] * function.values
                self.variables[fid] = {}
                parent = function_id(path, function.parent)
                for decorator in function.decorators:
                    self.decorated[parent, decorator] = fid
            for name, cls in module.classes.items():
                parent = function_id(path, cls.parent)
                for decorator in cls.decorators:
                    self.decorated[parent, decorator] = function_id(path, name)

    # -- driving ----------------------------------------------------------------------------------

    def run(self) -> None:
        """Reach the fixpoint (or the visit bound)."""
        bodies = [fid for fid, f in self.functions.items() if f.kind in ("module", "class")]
        others = [fid for fid, f in self.functions.items() if f.kind not in ("module", "class")]
        for fid in (*bodies, *others):
            self._enqueue(fid)
        self._drain()
        self._shape_imports()
        self._shape_parameters()
        self._drain()

    def _drain(self) -> None:
        while self._first or self._queue:
            # What a module and its classes define is settled before the functions that ask for it.
            fid = (self._first or self._queue).popleft()
            self._queued.discard(fid)
            visits = self._visits.get(fid, 0)
            if visits < MAX_VISITS:
                self._visits[fid] = visits + 1
                _Reader(self, fid).read()

    def _shape_imports(self) -> None:
        """Take names imported from project files that are not here, or say nothing, for what they look like.

        Only once all else is known: what a file has yet to say must not be guessed.
        """
        for path, module in self.modules.items():
            table = self.table.tables[family_of(module.language)]
            body = function_id(path, MODULE_BODY)
            if not table.shapes or body not in self.functions:
                continue
            unknown: set[int] = set()
            for instr in instructions(self.functions[body].body):
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
                        (instr.op == Op.IMPORT and instr.name.startswith(_PROJECT_IMPORTS))
                        or (instr.op == Op.ATTR and instr.args[0] in unknown)
                    )
                ):
                    unknown.add(instr.dst)

    def _shape_parameters(self) -> None:
        """Take parameters that nobody is seen to fill for what they are called: a handler on its own."""
        for fid, function in self.functions.items():
            table = self.table.tables[family_of(self.modules[self.module_of[fid]].language)]
            for param in function.params:
                if param.kind == "positional" and not self.variables[fid].get(param.name):
                    kinds = table.shape(param.name)
                    self.grow_slot(
                        ("param", fid, param.name),
                        tuple(self.shaped(table, kind, param.name) for kind in kinds),
                    )

    def shaped(self, table: AliasTable, kind: str, name: str) -> Ref:
        """The reference of an unresolved name taken for type `kind`."""
        return self.table.make(Kind.TYPE, None, f"{kind}?{name}", table.names((kind,)))

    def _enqueue(self, fid: str) -> None:
        if fid not in self._queued:
            self._queued.add(fid)
            is_body = self.functions[fid].kind in ("module", "class")
            (self._first if is_body else self._queue).append(fid)

    # -- slots ------------------------------------------------------------------------------------

    def read_slot(self, slot: Slot, reader: str) -> Refs:
        """What the slot holds now; `reader` is read again when it grows."""
        readers = self.readers.get(slot)
        if readers is None:
            readers = self.readers[slot] = set()
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

    def class_of(self, cid: str) -> Module | None:
        """The module that holds class `cid`."""
        return self.modules.get(cid.rpartition("::")[0])

    def lineage(self, cid: str) -> Iterable[str]:
        """`cid` and the project classes it extends, nearest first."""
        seen: dict[str, None] = {}
        stack = [cid]
        while stack:
            current = stack.pop(0)
            if current in seen:
                continue
            seen[current] = None
            stack.extend(ref.id for ref in self.bases.get(current, ()) if ref.kind is Kind.CLASS)
        return tuple(seen)

    def method(self, cid: str, name: str) -> str | None:
        """The function that `name` means on class `cid`, inherited ones included."""
        for current in self.lineage(cid):
            path, _, qualified = current.rpartition("::")
            module = self.modules.get(path)
            cls = module.classes.get(qualified) if module else None
            if cls is not None and name in cls.methods:
                return function_id(path, cls.methods[name])
        return None

    def constructor(self, cid: str) -> str | None:
        """The function that runs when `cid` is instantiated."""
        return self.method(cid, "__init__") or self.method(cid, "constructor")

    def forwarded(self, fid: str) -> tuple[str, ...]:
        """Names of variables around closure `fid` that it calls with its own first parameter.

        `catchAsync = (fn) => (req, res, next) => fn(req, res, next).catch(next)` forwards to `fn`.
        """
        found = self._forwarded.get(fid)
        if found is None:
            found = self._forwarded[fid] = tuple(dict.fromkeys(self._calls_with_own_parameter(fid)))
        return found

    def _calls_with_own_parameter(self, fid: str) -> Iterable[str]:
        function, path = self.functions[fid], self.module_of[fid]
        if not function.params:
            return
        own = function.params[0].name
        bodies = [function]
        bodies.extend(f for f in self.modules[path].functions.values() if f.parent == function.name)
        for body in bodies:
            loaded: dict[int, str] = {}
            for instr in instructions(body.body):
                if instr.op == Op.LOAD:
                    loaded[instr.dst] = instr.name
                elif instr.op == Op.CALL and instr.args[0] in loaded and len(instr.args) > 1:
                    callee = loaded[instr.args[0]]
                    if loaded.get(instr.args[1]) == own and callee not in function.locals:
                        yield callee


class _Reader:
    """Reads one function once."""

    def __init__(self, linker: Linker, fid: str) -> None:
        self.linker = linker
        self.fid = fid
        self.function = linker.functions[fid]
        self.path = linker.module_of[fid]
        self.module = linker.modules[self.path]
        self.family = family_of(self.module.language)
        self.values = linker.refs[fid]
        self.variables = linker.variables[fid]

    def read(self) -> None:
        self._bind_parameters()
        values = self.values
        for instr in instructions(self.function.body):
            handler = _HANDLERS.get(instr.op)
            if handler is None:
                continue
            refs = handler(self, instr)
            if refs and instr.dst >= 0:
                values[instr.dst] = join(values[instr.dst], refs)

    def _bind_parameters(self) -> None:
        linker, parent = self.linker, function_id(self.path, self.function.parent)
        outer = linker.refs.get(parent)
        for position, param in enumerate(self.function.params):
            refs = linker.read_slot(("param", self.fid, param.name), self.fid)
            if self.function.owner:
                refs = join(refs, self._inherited(position))
            if outer is not None:
                if param.default >= 0:
                    refs = join(refs, tuple(r for r in outer[param.default] if r.kind is not Kind.CONST))
                if param.annotation >= 0:
                    refs = join(refs, self._instances(outer[param.annotation]))
            self._assign(param.name, refs)
        if self.function.receiver:
            owner = self.function.owner or (self.function.name if self.function.kind == "class" else "")
            if owner:
                cls = linker.table.make(Kind.CLASS, None, function_id(self.path, owner))
                own = cls if self.function.kind == "classmethod" else self._instance(cls)
                self._assign(self.function.receiver, (own,))
            else:
                self._assign(self.function.receiver, linker.read_slot(("this", self.fid, ""), self.fid))

    def _inherited(self, position: int) -> Refs:
        """The type that a base class from outside gives to a parameter: `View.get<0>` is a request."""
        linker, table = self.linker, self.linker.table.tables[self.family]
        cls = linker.table.make(Kind.CLASS, None, function_id(self.path, self.function.owner))
        member = self.function.name.rpartition(".")[2]
        names = table.names(f"{name}.{member}<{position}>" for name in cls.names)
        return (linker.table.make(Kind.TYPE, None, names[0], names),) if names else ()

    def _instance(self, cls: Ref) -> Ref:
        names = self.linker.table.tables[self.family].names(name + "()" for name in cls.names)
        ref = self.linker.table.make(Kind.INSTANCE, cls, "", names)
        if names and not ref.names:
            ref.names = names
        return ref

    def _instances(self, refs: Refs) -> Refs:
        """What a value annotated with `refs` is."""
        result: list[Ref] = []
        for ref in refs:
            if ref.kind is Kind.CLASS:
                result.append(self._instance(ref))
            elif ref.kind in (Kind.EXTERNAL, Kind.MEMBER):
                grown = self.linker.table.grow(self.family, Kind.CALL, ref, "")
                if grown is not None:
                    result.append(grown)
            elif ref.kind in (Kind.INSTANCE, Kind.CALL, Kind.TYPE):
                result.append(ref)
        return tuple(result)

    def _assign(self, name: str, refs: Refs) -> None:
        if not refs:
            return
        old = self.variables.get(name, ())
        new = join(old, refs)
        if new is not old:
            self.variables[name] = new
            self.linker.grow_slot(("var", self.fid, name), new)

    # -- variables --------------------------------------------------------------------------------

    def load(self, instr: Instr) -> Refs:
        return self._lookup(instr.name)

    def _lookup(self, name: str) -> Refs:
        function = self.function
        if (
            name in function.locals
            or name == function.receiver
            or any(p.name == name for p in function.params)
        ):
            return self.variables.get(name, ())
        current = function.parent
        while current:
            outer = self.module.functions.get(current)
            if outer is None:
                break
            if (outer.kind != "class" and name in outer.locals) or (name == outer.receiver != ""):
                return self.linker.read_slot(("var", function_id(self.path, current), name), self.fid)
            current = outer.parent
        for star in self.linker.star_imports.get(self.path, ()):
            found = self.linker.read_slot(("var", function_id(star, MODULE_BODY), name), self.fid)
            if found:
                return found
        root = "builtins." if self.family == "python" else "global."
        ref = self.linker.table.external(self.family, root + name)
        if ref is not None:
            return (ref,)
        if name == "exports" and self.family == "javascript":
            return (self.linker.table.make(Kind.MODULE, None, self.path),)
        return self._by_shape(name)

    def _by_shape(self, name: str) -> Refs:
        """An unresolved global taken for what its name says, as in a pasted fragment."""
        table = self.linker.table.tables[self.family]
        return tuple(self.linker.shaped(table, kind, name) for kind in table.shape(name))

    def store(self, instr: Instr) -> Refs:
        if instr.name in self.function.locals:
            self._assign(instr.name, self.values[instr.args[0]])
        else:
            self.linker.grow_slot(("var", self._home(instr.name), instr.name), self.values[instr.args[0]])
        return ()

    def _home(self, name: str) -> str:
        """The function whose variable a `global`/`nonlocal` or undeclared name is."""
        current = self.function.parent
        while current:
            outer = self.module.functions.get(current)
            if outer is None:
                break
            if outer.kind != "class" and name in outer.locals:
                return function_id(self.path, current)
            current = outer.parent
        return function_id(self.path, MODULE_BODY)

    # -- definitions ------------------------------------------------------------------------------

    def func(self, instr: Instr) -> Refs:
        inner = function_id(self.path, instr.name)
        given = tuple(
            self.values[value]
            for param in self.linker.functions[inner].params
            for value in (param.default, param.annotation)
            if value >= 0
        )
        if given != self.linker._given.get(inner, ()):
            self.linker._given[inner] = given
            self.linker._enqueue(inner)
        return (self.linker.table.make(Kind.FUNCTION, None, function_id(self.path, instr.name)),)

    def cls(self, instr: Instr) -> Refs:
        linker = self.linker
        cid = function_id(self.path, instr.name)
        ref = linker.table.make(Kind.CLASS, None, cid)
        bases: Refs = ()
        for value in instr.args:
            bases = join(bases, self.values[value] or self._subscripted(value))
        linker.bases[cid] = bases
        names = tuple(dict.fromkeys(name for base in bases for name in base.names))
        if names and names != ref.names:
            ref.names = names
            for fid in (function_id(self.path, m) for m in self.module.classes[instr.name].methods.values()):
                linker._enqueue(fid)
        return (ref,)

    def _subscripted(self, value: int) -> Refs:
        """What `Base[T]` among the bases of a class extends: `Base`."""
        for instr in instructions(self.function.body):
            if instr.dst == value and instr.op == Op.ITEM:
                return self.values[instr.args[0]]
        return ()

    def const(self, instr: Instr) -> Refs:
        value = instr.value
        if isinstance(value, str) and len(value) > 400:
            return ()
        return (self.linker.table.make(Kind.CONST, None, value),)

    def collect(self, instr: Instr) -> Refs:
        key = (self.fid, instr.dst)
        slot = f"{self.fid}#{instr.dst}"
        position = 0
        whole = self.linker.table.make(Kind.COLLECT, None, key)
        for index, value in enumerate(instr.args):
            name = instr.keys[index] if instr.keys else None
            refs = self.values[value]
            if instr.name == "dict" and self.family == "javascript":
                self._methods_of(whole, refs)
            if name in ("*", "**"):
                for ref in refs:
                    if ref.kind is Kind.COLLECT:
                        self.linker.grow_slot(("spread", slot, ""), (ref,))
                continue
            if name is None:
                name, position = str(position), position + 1
            if refs:
                self.linker.grow_slot(("item", slot, name), refs)
                self.linker.grow_slot(("items", slot, ""), refs)
        return (whole,)

    def _methods_of(self, whole: Ref, refs: Refs) -> None:
        """Functions written as an object's members have it as `this`."""
        for ref in refs:
            if ref.kind is Kind.FUNCTION and self.linker.functions[ref.id].receiver:
                self.linker.grow_slot(("this", ref.id, ""), (whole,))

    def join_text(self, instr: Instr) -> Refs:
        parts: list[str] = []
        for value in instr.args:
            refs = self.values[value]
            if len(refs) != 1 or refs[0].kind is not Kind.CONST:
                return ()
            parts.append(str(refs[0].step))
        text = "".join(parts)
        return (self.linker.table.make(Kind.CONST, None, text),) if len(text) <= 400 else ()

    # -- reaching into values ---------------------------------------------------------------------

    def attr(self, instr: Instr) -> Refs:
        result: Refs = ()
        for ref in self.values[instr.args[0]]:
            result = join(result, self._member(ref, instr.name))
        if not result:
            # Some methods say by their name what they are, whatever the value: `*.isdigit`.
            anything = self.linker.table.external(self.family, f"*.{instr.name}")
            return (anything,) if anything is not None else ()
        return result

    def item(self, instr: Instr) -> Refs:
        key = instr.value
        result: Refs = ()
        for ref in self.values[instr.args[0]]:
            if ref.kind is Kind.COLLECT:
                slot = self._collect_slot(ref)
                if key is None or isinstance(key, bool):
                    result = join(result, self.linker.read_slot(("items", slot, ""), self.fid))
                else:
                    found = self._collected(ref, str(key))
                    if not found and isinstance(key, int):
                        found = self.linker.read_slot(("items", slot, ""), self.fid)
                    result = join(result, found)
            elif any(name in _TRANSPARENT_TYPING for name in ref.names):
                result = join(result, self._typing_argument(instr))
            elif isinstance(key, str):
                member = self._member(ref, key)
                result = join(result, member or self._element(ref))
            else:
                result = join(result, self._element(ref))
        return result

    def _element(self, ref: Ref) -> Refs:
        grown = self.linker.table.grow(self.family, Kind.ITEM, ref, "")
        return (grown,) if grown is not None else ()

    def _typing_argument(self, instr: Instr) -> Refs:
        """`Optional[X]` is X; `Annotated[X, Depends(f)]` is X and what the dependency gives."""
        result: Refs = ()
        for ref in self.values[instr.args[1]]:
            if ref.kind is Kind.COLLECT:
                result = join(result, self.linker.read_slot(("items", self._collect_slot(ref), ""), self.fid))
            else:
                result = join(result, (ref,))
        return result

    @staticmethod
    def _collect_slot(ref: Ref) -> str:
        assert isinstance(ref.step, tuple)
        return f"{ref.step[0]}#{ref.step[1]}"

    def _collected(self, ref: Ref, name: str) -> Refs:
        """The entry under a key, or what was spread in under it; spreads are followed breadth first."""
        slot = self._collect_slot(ref)
        found = self.linker.read_slot(("item", slot, name), self.fid)
        pending = list(self.linker.read_slot(("spread", slot, ""), self.fid)) if not found else []
        seen = {ref}
        while pending and len(seen) <= MAX_SPREADS:
            other = pending.pop(0)
            if other in seen:
                continue
            seen.add(other)
            slot = self._collect_slot(other)
            entry = self.linker.read_slot(("item", slot, name), self.fid)
            found = join(found, entry)
            if not entry:
                pending.extend(self.linker.read_slot(("spread", slot, ""), self.fid))
        return found

    def _member(self, ref: Ref, name: str) -> Refs:
        kind = ref.kind
        if kind is Kind.MODULE:
            return self._module_member(ref.id, name)
        if kind is Kind.COLLECT:
            found = self._collected(ref, name) or self._grow(ref, Kind.MEMBER, name)
            if not found and self.family == "javascript" and name in _ARRAY_METHODS:
                return (self.linker.table.make(Kind.MEMBER, ref, name),)
            return found
        if kind in (Kind.INSTANCE, Kind.CLASS):
            cls = ref.base if kind is Kind.INSTANCE else ref
            assert cls is not None
            found = self._class_member(cls.id, name)
            return found or self._grow(ref, Kind.MEMBER, name)
        if kind is Kind.FUNCTION:
            if name in ("bind", "call", "apply"):
                return (self.linker.table.make(Kind.MEMBER, ref, name),)
            return self.linker.read_slot(("field", ref.id, name), self.fid)
        if kind is Kind.CONST:
            return ()
        stored: Refs = ()
        for typename in ref.names:
            stored = join(stored, self.linker.read_slot(("field", typename, name), self.fid))
        found = join(self._grow(ref, Kind.MEMBER, name), stored)
        if not found and name == "bind" and self.family == "javascript":
            return (self.linker.table.make(Kind.MEMBER, ref, name),)
        return found

    def _grow(self, ref: Ref, kind: Kind, step: str) -> Refs:
        grown = self.linker.table.grow(self.family, kind, ref, step)
        return (grown,) if grown is not None else ()

    def _class_member(self, cid: str, name: str) -> Refs:
        linker = self.linker
        method = linker.method(cid, name)
        if method is not None:
            if linker.functions[method].kind in ("property", "getter"):
                return linker.read_slot(("return", method, ""), self.fid)
            return (linker.table.make(Kind.FUNCTION, None, method),)
        found: Refs = ()
        for current in linker.lineage(cid):
            found = join(found, linker.read_slot(("field", current, name), self.fid))
            found = join(found, linker.read_slot(("var", current, name), self.fid))
            if found:
                break
            found = self._declared_field(current, name)
            if found:
                break
        return found

    def _declared_field(self, cid: str, name: str) -> Refs:
        path, _, qualified = cid.rpartition("::")
        module = self.linker.modules.get(path)
        cls = module.classes.get(qualified) if module else None
        if cls is None:
            return ()
        for declared in cls.fields:
            if declared.name == name and declared.annotation >= 0:
                return self._instances(self.linker.refs[cid][declared.annotation])
        return ()

    def _module_member(self, path: str, name: str) -> Refs:
        linker = self.linker
        if path.endswith("/"):
            return self._python_import(path.rstrip("/") + "/_", f".{name}", None)
        if family_of(linker.modules[path].language) == "python":
            found = linker.read_slot(("var", function_id(path, MODULE_BODY), name), self.fid)
            if found:
                return found
            for star in linker.star_imports.get(path, ()):
                found = linker.read_slot(("var", function_id(star, MODULE_BODY), name), self.fid)
                if found:
                    return found
            if path.endswith("__init__.py"):
                return self._python_import(path, f".{name}", None)
            return ()
        found = linker.read_slot(("export", path, name), self.fid)
        if found:
            return found
        for whole in linker.read_slot(("export", path, "="), self.fid):
            found = join(found, self._member(whole, name))
        for star_ref in linker.star_exports.get(path, ()):
            if star_ref.kind is Kind.MODULE and star_ref.id != path:
                found = join(found, self._module_member(star_ref.id, name))
        if not found and name == "default":
            return linker.read_slot(("export", path, "="), self.fid)
        return found

    # -- imports ----------------------------------------------------------------------------------

    def imported(self, instr: Instr) -> Refs:
        member = instr.value if isinstance(instr.value, str) else None
        if self.family == "python":
            return self._python_import(self.path, instr.name, member)
        return self._script_import(instr.name, member)

    def _python_import(self, importer: str, name: str, member: str | None) -> Refs:
        linker = self.linker
        path, is_submodule = linker.index.python(importer, name, member)
        if path is None:
            if linker.index.is_python_package(importer, name) and not name.startswith("."):
                return ()
            target = name if member in (None, "*") else f"{name}.{member}"
            ref = linker.table.external("python", target)
            return (ref,) if ref is not None else ()
        if path not in linker.modules:
            return ()
        module = (linker.table.make(Kind.MODULE, None, path),)
        if member == "*":
            stars = linker.star_imports.setdefault(self.path, [])
            if path not in stars and path != self.path:
                stars.append(path)
            return ()
        if member is None or is_submodule:
            if is_submodule:
                package = linker.index.python_module(importer, name)
                if package is not None:
                    shadow = linker.read_slot(
                        ("var", function_id(package, MODULE_BODY), str(member)), self.fid
                    )
                    if any(ref.kind is not Kind.MODULE for ref in shadow):
                        return shadow
            return module
        return self._module_member(path, member)

    def _script_import(self, name: str, member: str | None) -> Refs:
        linker = self.linker
        path = linker.index.script(self.path, name)
        if path is not None and path in linker.modules:
            module = linker.table.make(Kind.MODULE, None, path)
            if member is None:
                whole = linker.read_slot(("export", path, "="), self.fid)
                return whole or (module,)
            found = self._module_member(path, member)
            if not found and member == "default":
                return (module,)
            return found
        if name.startswith("."):
            # The file is not part of the review: only the name it is imported under can speak.
            return ()
        root = name.removeprefix("node:")
        target = root if member in (None, "default", "*") else f"{root}.{member}"
        ref = linker.table.external("javascript", target)
        return (ref,) if ref is not None else ()

    def exported(self, instr: Instr) -> Refs:
        linker = self.linker
        refs = self.values[instr.args[0]]
        if instr.name == "*":
            stars = linker.star_exports.setdefault(self.path, [])
            stars.extend(ref for ref in refs if ref not in stars)
        else:
            linker.grow_slot(("export", self.path, instr.name), refs)
        return ()

    # -- writing into values ----------------------------------------------------------------------

    def setattr(self, instr: Instr) -> Refs:
        refs = self.values[instr.args[1]]
        if refs:
            for target in self.values[instr.args[0]]:
                self._write(target, instr.name, refs)
        return ()

    def setitem(self, instr: Instr) -> Refs:
        refs = self.values[instr.args[2]]
        if refs:
            for target in self.values[instr.args[0]]:
                self._write(target, str(instr.value) if instr.value is not None else "*", refs)
        return ()

    def _write(self, target: Ref, name: str, refs: Refs) -> None:
        linker = self.linker
        if target.kind in (Kind.INSTANCE, Kind.CLASS):
            cls = target.base if target.kind is Kind.INSTANCE else target
            assert cls is not None
            linker.grow_slot(("field", cls.id, name), refs)
        elif target.kind is Kind.FUNCTION:
            linker.grow_slot(("field", target.id, name), refs)
        elif target.kind is Kind.COLLECT:
            slot = self._collect_slot(target)
            if name != "*":
                linker.grow_slot(("item", slot, name), refs)
            linker.grow_slot(("items", slot, ""), refs)
        elif target.kind is Kind.MODULE and not target.id.endswith("/"):
            if self.family == "python":
                linker.grow_slot(("var", function_id(target.id, MODULE_BODY), name), refs)
            else:
                linker.grow_slot(("export", target.id, name), refs)
        elif target.names and target.kind is not Kind.CONST:
            linker.grow_slot(
                ("field", target.names[-1], name), tuple(r for r in refs if r.kind is not Kind.CONST)
            )

    # -- calls ------------------------------------------------------------------------------------

    def call(self, instr: Instr) -> Refs:
        callee = instr.args[0]
        callees = self.values[callee]
        decorated = self.linker.decorated.get((self.fid, callee))
        result: Refs = ()
        for ref in callees:
            result = join(result, self._call_one(ref, instr))
        if decorated is not None and len(instr.args) > 1:
            return self.values[instr.args[1]]
        if not result and len(instr.args) > 1:
            result = self._wrapped(callees, instr)
        return result

    def _wrapped(self, callees: Refs, instr: Instr) -> Refs:
        """A call of something unknown with one function: a wrapper around it, as `asyncHandler(f)` is."""
        if any(ref.names or ref.kind in (Kind.FUNCTION, Kind.MEMBER) for ref in callees):
            return ()
        functions: Refs = ()
        for value in instr.args[1:]:
            functions = join(functions, tuple(r for r in self.values[value] if r.kind is Kind.FUNCTION))
        return functions if len(functions) == 1 else ()

    def _call_one(self, ref: Ref, instr: Instr) -> Refs:
        linker, kind = self.linker, ref.kind
        if kind is Kind.FUNCTION:
            self._bind(ref.id, instr.args[1:], instr.keys, instr.start)
            returned = linker.read_slot(("return", ref.id, ""), self.fid)
            return self._forwarded_to(ref.id, returned, instr) or returned
        if kind is Kind.CLASS:
            constructor = linker.constructor(ref.id)
            if constructor is not None:
                self._bind(constructor, instr.args[1:], instr.keys, instr.start)
            else:
                self._bind_fields(ref.id, instr)
            made = self._instance(ref)
            if not linker.table.tables[self.family].sites.isdisjoint(made.names):
                # As for a library's own router, see `_call_external`.
                made = linker.table.make(Kind.INSTANCE, ref, (self.fid, instr.dst), made.names)
            return (made,)
        if kind is Kind.MEMBER and ref.base is not None and ref.base.kind is Kind.FUNCTION:
            if ref.step == "bind":
                return (ref.base,)
            if ref.step == "call":
                self._bind(ref.base.id, instr.args[2:], instr.keys[1:], instr.start)
            return linker.read_slot(("return", ref.base.id, ""), self.fid)
        if kind is Kind.MEMBER and ref.step == "bind" and ref.base is not None and not ref.names:
            return (ref.base,)
        if kind is Kind.MEMBER and ref.base is not None and ref.base.kind is Kind.COLLECT:
            return self._array_method(ref.base, str(ref.step), instr)
        if kind is Kind.INSTANCE and ref.base is not None:
            called = linker.method(ref.base.id, "__call__")
            if called is not None:
                self._bind(called, instr.args[1:], instr.keys, instr.start)
                return linker.read_slot(("return", called, ""), self.fid)
        return self._call_external(ref, instr)

    def _array_method(self, array: Ref, method: str, instr: Instr) -> Refs:
        """What an array method gives, its callback called with the elements."""
        linker = self.linker
        items = linker.read_slot(("items", self._collect_slot(array), ""), self.fid)
        results: Refs = ()
        for ref in self.values[instr.args[1]] if len(instr.args) > 1 else ():
            if ref.kind is Kind.FUNCTION:
                params = [p for p in linker.functions[ref.id].params if p.kind == "positional"]
                position = 1 if method in ("reduce", "reduceRight") else 0
                if position < len(params):
                    linker.grow_slot(("param", ref.id, params[position].name), items)
                linker.callers.setdefault(ref.id, set()).add(self.fid)
                linker.call_sites.setdefault(ref.id, (self.fid, instr.start))
                results = join(results, linker.read_slot(("return", ref.id, ""), self.fid))
        returns = _ARRAY_METHODS[method]
        if returns == "element":
            return items
        if returns == "same":
            return (array,)
        if returns == "results" and results:
            linker.grow_slot(("items", f"{self.fid}#{instr.dst}", ""), results)
            return (linker.table.make(Kind.COLLECT, None, (self.fid, instr.dst)),)
        return ()

    def _forwarded_to(self, fid: str, returned: Refs, instr: Instr) -> Refs:
        """Functions given to `fid` that the closure it returns calls: wrapping is transparent, as decorating.

        Without this every handler behind one `catchAsync` would be the same function.
        """
        linker = self.linker
        result: Refs = ()
        names = tuple(param.name for param in linker.functions[fid].params if param.kind == "positional")
        for closure in returned:
            if closure.kind is not Kind.FUNCTION or not closure.id.startswith(f"{fid}."):
                continue
            for name in linker.forwarded(closure.id):
                if name not in names or (position := names.index(name)) + 1 >= len(instr.args):
                    continue
                if instr.keys and any(instr.keys[: position + 1]):
                    continue
                for ref in self.values[instr.args[1 + position]]:
                    if ref.kind is Kind.FUNCTION:
                        result = join(result, (ref,))
                        known = linker.wrappers.get(ref.id, ())
                        if closure.id not in known:
                            linker.wrappers[ref.id] = (*known, closure.id)
        return result

    def _bind_fields(self, cid: str, instr: Instr) -> None:
        """A class without constructor of ours (dataclass, pydantic): keywords are fields."""
        for index, value in enumerate(instr.args[1:]):
            name = instr.keys[index] if instr.keys else None
            if name and name not in ("*", "**"):
                refs = tuple(r for r in self.values[value] if r.kind is not Kind.CONST)
                self.linker.grow_slot(("field", cid, name), refs)

    def _call_external(self, ref: Ref, instr: Instr) -> Refs:
        linker = self.linker
        table = linker.table.tables[self.family]
        result: Refs = ()
        for name in ref.names:
            for selector, kind in table.arguments.get(name, ()):
                for position in selector.pick(len(instr.args) - 1, instr.keys):
                    self._give_type(self.values[instr.args[1 + position]], kind)
            passed = table.same.get(name)
            if passed is not None:
                for position in passed.pick(len(instr.args) - 1, instr.keys):
                    result = join(result, self.values[instr.args[1 + position]])
            provider = table.results.get(name)
            if provider is not None:
                result = join(result, self._provided(provider, instr))
        grown = linker.table.grow(self.family, Kind.CALL, ref, "")
        if grown is None:
            return result
        if not table.sites.isdisjoint(grown.names):
            # Two routers made by the same call of a library are two routers.
            grown = linker.table.make(Kind.CALL, ref, (self.fid, instr.dst), grown.names)
        return join(result, (grown,))

    def _give_type(self, refs: Refs, kind: str, depth: int = 0) -> None:
        for ref in refs:
            if ref.kind is Kind.FUNCTION:
                self.linker.give_type(ref.id, kind)
            elif ref.kind is Kind.MODULE and self.family == "javascript" and depth < 3:
                # `register(import('./routes'))`: a module stands for its default export.
                self._give_type(self._module_member(ref.id, "default"), kind, 3)
            elif ref.kind is Kind.COLLECT and depth < 3:
                items = self.linker.read_slot(("items", self._collect_slot(ref), ""), self.fid)
                self._give_type(items, kind, depth + 1)

    def _provided(self, selector: Selector, instr: Instr) -> Refs:
        result: Refs = ()
        for position in selector.pick(len(instr.args) - 1, instr.keys):
            for ref in self.values[instr.args[1 + position]]:
                if ref.kind is Kind.FUNCTION:
                    result = join(result, self.linker.read_slot(("return", ref.id, ""), self.fid))
                elif ref.kind is Kind.CLASS:
                    result = join(result, (self._instance(ref),))
                elif ref.kind is Kind.INSTANCE and ref.base is not None:
                    called = self.linker.method(ref.base.id, "__call__")
                    if called is not None:
                        result = join(result, self.linker.read_slot(("return", called, ""), self.fid))
                else:
                    grown = self.linker.table.grow(self.family, Kind.CALL, ref, "")
                    if grown is not None:
                        result = join(result, (grown,))
        return result

    def _bind(self, fid: str, args: tuple[int, ...], keys: tuple[str | None, ...], start: int) -> None:
        linker = self.linker
        function = linker.functions.get(fid)
        if function is None:
            return
        linker.callers.setdefault(fid, set()).add(self.fid)
        linker.call_sites.setdefault(fid, (self.fid, start))
        positional = [p for p in function.params if p.kind == "positional"]
        names = {p.name for p in function.params}
        position = 0
        for index, value in enumerate(args):
            key = keys[index] if keys else None
            if key in ("*", "**"):
                position = len(positional)
                continue
            if key is None:
                name = positional[position].name if position < len(positional) else ""
                position += 1
            else:
                name = key if key in names else ""
            if name:
                refs = self.values[value]
                if refs:
                    linker.grow_slot(("param", fid, name), refs)

    # -- the rest ---------------------------------------------------------------------------------

    def same(self, instr: Instr) -> Refs:
        return self.values[instr.args[0]]

    def either(self, instr: Instr) -> Refs:
        result: Refs = ()
        for value in instr.args:
            result = join(result, self.values[value])
        return result

    def binary(self, instr: Instr) -> Refs:
        if instr.name == "|":
            return self.either(instr)
        # An operator is a member of its operands' types, as in `Path./` for `folder / name`.
        result: Refs = ()
        for value in instr.args:
            for ref in self.values[value]:
                if ref.names:
                    result = join(result, self._grow(ref, Kind.MEMBER, instr.name))
        return result

    def iterate(self, instr: Instr) -> Refs:
        result: Refs = ()
        for ref in self.values[instr.args[0]]:
            if ref.kind is Kind.COLLECT:
                result = join(result, self.linker.read_slot(("items", self._collect_slot(ref), ""), self.fid))
            else:
                result = join(result, self._element(ref))
        return result

    def push(self, instr: Instr) -> Refs:
        for ref in self.values[instr.args[0]]:
            if ref.kind is Kind.COLLECT:
                self.linker.grow_slot(("items", self._collect_slot(ref), ""), self.values[instr.args[-1]])
        return ()

    def returned(self, instr: Instr) -> Refs:
        if instr.args:
            self.linker.grow_slot(("return", self.fid, ""), self.values[instr.args[0]])
        return ()

    def yielded(self, instr: Instr) -> Refs:
        # A generator dependency gives what it yields; for the rest an element is near enough.
        self.returned(instr)
        return ()


_ARRAY_METHODS = {
    "forEach": "",
    "some": "",
    "every": "",
    "reduce": "",
    "reduceRight": "",
    "map": "results",
    "flatMap": "results",
    "filter": "same",
    "slice": "same",
    "concat": "same",
    "sort": "same",
    "reverse": "same",
    "find": "element",
    "at": "element",
    "pop": "element",
    "shift": "element",
}
"""Methods of ECMAScript arrays (ECMA-262, Array.prototype) and what they give."""

_HANDLERS = {
    int(Op.CONST): _Reader.const,
    int(Op.LOAD): _Reader.load,
    int(Op.STORE): _Reader.store,
    int(Op.ATTR): _Reader.attr,
    int(Op.ITEM): _Reader.item,
    int(Op.SETATTR): _Reader.setattr,
    int(Op.SETITEM): _Reader.setitem,
    int(Op.CALL): _Reader.call,
    int(Op.NEW): _Reader.call,
    int(Op.FUNC): _Reader.func,
    int(Op.CLASS): _Reader.cls,
    int(Op.COLLECT): _Reader.collect,
    int(Op.JOIN): _Reader.join_text,
    int(Op.LOGIC): _Reader.either,
    int(Op.BINARY): _Reader.binary,
    int(Op.AWAIT): _Reader.same,
    int(Op.ENTER): _Reader.same,
    int(Op.ITER): _Reader.iterate,
    int(Op.PUSH): _Reader.push,
    int(Op.RETURN): _Reader.returned,
    int(Op.YIELD): _Reader.yielded,
    int(Op.IMPORT): _Reader.imported,
    int(Op.EXPORT): _Reader.exported,
}
