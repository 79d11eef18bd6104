"""What a model's routing function may ask of the linked program."""

from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass, field

from rearguard.link import Kind, Linker, Ref, Refs, Selector, family_of, function_id
from rearguard.models.compile import Models
from rearguard.program import Const, Function, Instr, Op, Span, Statement


@dataclass(frozen=True, slots=True)
class ValueView:
    """One value of one function."""

    view: "ModelView" = field(repr=False)
    fid: str
    value: int

    @property
    def refs(self) -> Refs:
        """What it may be."""
        return self.view.linker.refs[self.fid][self.value]

    @property
    def names(self) -> tuple[str, ...]:
        """All its API paths and types."""
        return tuple(dict.fromkeys(name for ref in self.refs for name in ref.names))

    @property
    def const(self) -> Const:
        """Its constant, when it has exactly one; else `None` (use `is_const` to tell a constant `None`)."""
        constants = [ref.step for ref in self.refs if ref.kind is Kind.CONST]
        single = constants[0] if len(constants) == 1 else None
        return None if isinstance(single, tuple) else single

    @property
    def text(self) -> str | None:
        """Its constant if that is text."""
        return self.const if isinstance(self.const, str) else None

    @property
    def functions(self) -> tuple[str, ...]:
        """Ids of the functions that it may be."""
        return tuple(ref.id for ref in self.refs if ref.kind is Kind.FUNCTION)

    @property
    def classes(self) -> tuple[str, ...]:
        """Ids of the classes that it, or what it is an instance of, may be."""
        found = ((ref.base or ref) for ref in self.refs if ref.kind in (Kind.CLASS, Kind.INSTANCE))
        return tuple(ref.id for ref in found if ref.kind is Kind.CLASS)

    @property
    def instr(self) -> Instr | None:
        """The instruction that computes it."""
        return self.view.definitions(self.fid).get(self.value)

    @property
    def span(self) -> Span:
        """Its place."""
        instr = self.instr
        return self.view.span(self.fid, instr.start, instr.end) if instr else self.view.span(self.fid, 0, 0)

    @property
    def source_text(self) -> str:
        """The expression as written."""
        return self.view.text(self.span)

    @property
    def written(self) -> "ValueView | None":
        """The container that it certainly is, where that is written out: here, or what a variable holds."""
        instr = self.instr
        if instr is None or instr.op == Op.COLLECT:
            return None if instr is None else self
        refs = self.refs
        if len(refs) != 1 or refs[0].kind is not Kind.COLLECT or not isinstance(refs[0].step, tuple):
            return None
        if not self.view.linker.is_settled(self.fid, self.value):
            return None
        found = ValueView(self.view, *refs[0].step)
        made = found.instr
        return found if made is not None and made.op == Op.COLLECT else None

    def elements(self) -> tuple["ValueView", ...]:
        """The entries of a container that is written out; none for anything else."""
        whole = self.written
        if whole is None or whole.instr is None:
            return ()
        return tuple(ValueView(self.view, whole.fid, value) for value in whole.instr.args)

    def key(self, name: str) -> "ValueView | None":
        """The entry under `name` of a map that is written out, or assigned to it later."""
        whole = self.written
        if whole is None or whole.instr is None:
            return None
        for index, key in enumerate(whole.instr.keys):
            if key == name:
                return ValueView(self.view, whole.fid, whole.instr.args[index])
        later = self.view.changes.get((whole.fid, whole.value), ())
        return next((ValueView(self.view, fid, number) for key, fid, number in later if key == name), None)

    def has_type(self, kind: str) -> bool:
        """Whether it may be of the model type `library:Type`."""
        return kind in self.names


@dataclass(frozen=True, slots=True)
class CallView(ValueView):
    """One call; as a value, its result."""

    call: Instr
    name: str
    """The name under which it was asked for: `express:Router.get`."""

    @property
    def member(self) -> str:
        """The last member of `name`: `get`."""
        return self.name.rpartition(".")[2]

    @property
    def args(self) -> tuple[ValueView, ...]:
        """Positional arguments."""
        keys = self.call.keys
        return tuple(
            ValueView(self.view, self.fid, value)
            for index, value in enumerate(self.call.args[1:])
            if not keys or keys[index] is None
        )

    def arg(self, position: int, keyword: str = "") -> ValueView | None:
        """A positional argument, or the keyword's when it is given by name."""
        found = self.keyword(keyword) if keyword else None
        return found or (self.args[position] if position < len(self.args) else None)

    def keyword(self, name: str) -> ValueView | None:
        """A keyword argument."""
        for index, key in enumerate(self.call.keys):
            if key == name:
                return ValueView(self.view, self.fid, self.call.args[1 + index])
        return None

    def select(self, selector: Selector) -> tuple[ValueView, ...]:
        """The arguments that a selector means."""
        picked = selector.pick(len(self.call.args) - 1, self.call.keys)
        return tuple(ValueView(self.view, self.fid, self.call.args[1 + i]) for i in picked)

    @property
    def receiver(self) -> ValueView | None:
        """`x` of `x.method(...)`."""
        callee = self.view.definitions(self.fid).get(self.call.args[0])
        if callee is None or callee.op not in (Op.ATTR, Op.ITEM):
            return None
        return ValueView(self.view, self.fid, callee.args[0])

    @property
    def decorates(self) -> str | None:
        """The function or class that this call's result decorates (`@app.get("/")`), or `None`."""
        return self.view.linker.decorated.get((self.fid, self.value))


class ModelView:
    """The linked program, as models see it. Indexes are built on first use."""

    def __init__(self, linker: Linker, models: Models) -> None:
        self.linker = linker
        self.models = models
        self._calls: dict[str, list[tuple[str, Instr]]] | None = None
        self._definitions: dict[str, dict[int, Instr]] = {}
        self._branches: dict[str, list[Statement]] = {}
        self._is_folded = False
        self._changes: dict[tuple[str, int], list[tuple[str, str, int]]] | None = None
        self.texts: dict[str, bytes] = {}
        """Source text by path, for showing expressions."""

    def definitions(self, fid: str) -> dict[int, Instr]:
        """Value id -> defining instruction, of one function."""
        found = self._definitions.get(fid)
        if found is None:
            known = fid in self.linker.functions
            found = {i.dst: i for i in self.linker.code(fid) if i.dst >= 0} if known else {}
            self._definitions[fid] = found
            for dst, value in self.linker.fixed(fid).items() if self._is_folded and known else ():
                held = found[dst]
                found[dst] = Instr(int(Op.CONST), dst, held.start, held.end, value=value)
        return found

    def branches(self, fid: str) -> Sequence[Statement]:
        """The statements of a function's own block that hold others: a module of many lines has few."""
        found = self._branches.get(fid)
        if found is None:
            found = [one for one in self.function(fid).body if type(one) is not Instr]
            self._branches[fid] = found
        return found

    def folded(self) -> "ModelView":
        """The same program, in which `Limits.ROLE` is the constant that it is, wherever that stands."""
        self._calls = self.call_index  # Both use one.
        view = copy(self)
        view._definitions, view._is_folded = {}, True
        return view

    @property
    def call_index(self) -> dict[str, list[tuple[str, Instr]]]:
        """Callee name -> calls, in program order."""
        if self._calls is None:
            self._calls = {}
            for fid in self.linker.functions:
                values = self.linker.refs[fid]
                for instr in self.linker.contents(fid).calls:
                    for name in dict.fromkeys(n for ref in values[instr.args[0]] for n in ref.names):
                        self._calls.setdefault(name, []).append((fid, instr))
        return self._calls

    @property
    def changes(self) -> dict[tuple[str, int], list[tuple[str, str, int]]]:
        """Container written out `(function, value)` -> entries assigned later: `(key, function, value)`.

        `options.secure = true` changes `options`, and `options.cookie.secure = true` the map under `cookie`.
        """
        if self._changes is None:
            self._changes = {}
            for fid in self.linker.functions:
                for instr in self.linker.contents(fid).writes:
                    name = instr.name if instr.op == Op.SETATTR else instr.value
                    if isinstance(name, str):
                        for home in self._written(ValueView(self, fid, instr.args[0])):
                            self._changes.setdefault(home, []).append((name, fid, instr.args[-1]))
        return self._changes

    def _written(self, value: ValueView, depth: int = 0) -> tuple[tuple[str, int], ...]:
        """The containers that a value, or the member of one, is."""
        direct = tuple(
            ref.step for ref in value.refs if ref.kind is Kind.COLLECT and isinstance(ref.step, tuple)
        )
        instr = value.instr
        if direct or instr is None or instr.op not in (Op.ATTR, Op.ITEM) or depth > 3:
            return direct
        name = instr.name if instr.op == Op.ATTR else instr.value
        found: list[tuple[str, int]] = []
        for fid, number in self._written(ValueView(self, value.fid, instr.args[0]), depth + 1):
            inner = ValueView(self, fid, number).key(str(name))
            if inner is not None:
                found.extend(self._written(inner, 4))
        return tuple(found)

    def calls(self, *names: str) -> Iterator[CallView]:
        """Calls whose callee has one of `names`, each once, in program order within a name."""
        seen: set[tuple[str, int]] = set()
        for name in names:
            for fid, instr in self.call_index.get(name, ()):
                if (fid, instr.dst) not in seen:
                    seen.add((fid, instr.dst))
                    yield CallView(self, fid, instr.dst, instr, name)

    def members(self, kind: str, members: Iterable[str]) -> Iterator[CallView]:
        """Calls of methods `members` on values of type `library:Type`."""
        return self.calls(*(f"{kind}.{member}" for member in members))

    def function(self, fid: str) -> Function:
        """The function with this id."""
        return self.linker.functions[fid]

    def decorators(self, fid: str) -> tuple[ValueView, ...]:
        """Decorator values of a function, outermost first."""
        function = self.linker.functions[fid]
        parent = function_id(self.linker.module_of[fid], function.parent)
        return tuple(ValueView(self, parent, value) for value in function.decorators)

    def class_decorators(self, cid: str) -> tuple[ValueView, ...]:
        """Decorator values of a class, outermost first."""
        path, _, name = cid.rpartition("::")
        cls = self.linker.modules[path].classes[name]
        return tuple(ValueView(self, function_id(path, cls.parent), value) for value in cls.decorators)

    def parameter(self, fid: str, name: str) -> tuple[ValueView | None, ValueView | None]:
        """Default and annotation of a parameter, as values of the enclosing function."""
        function = self.linker.functions[fid]
        parent = function_id(self.linker.module_of[fid], function.parent)
        for param in function.params:
            if param.name == name:
                return (
                    ValueView(self, parent, param.default) if param.default >= 0 else None,
                    ValueView(self, parent, param.annotation) if param.annotation >= 0 else None,
                )
        return None, None

    def span(self, fid: str, start: int, end: int) -> Span:
        """A place in the file of a function."""
        return Span(self.linker.module_of[fid], start, end)

    def text(self, span: Span) -> str:
        """Source text, cut at 200 characters; "" when the source is not at hand."""
        data = self.texts.get(span.path, b"")
        return data[span.start : min(span.end, span.start + 800)].decode("utf-8", "replace")[:200]

    def order(self, fid: str, offset: int, depth: int = 0) -> tuple[tuple[str, int], ...]:
        """A key that sorts places as they run: a set-up function's body lies where it is called."""
        place = (self.linker.module_of[fid], offset)
        function = self.linker.functions[fid]
        if function.kind != "module" and depth < 6:
            site = self.linker.call_sites.get(fid)
            if site is not None and site[0] != fid:
                return (*self.order(site[0], site[1], depth + 1), place)
        return (place,)

    def family(self, fid: str) -> str:
        """The language family of a function."""
        return family_of(self.linker.modules[self.linker.module_of[fid]].language)

    def router(self, value: ValueView, kinds: Iterable[str]) -> Ref | None:
        """The reference that stands for a router value of one of the types `kinds`."""
        wanted = set(kinds)
        for ref in value.refs:
            if wanted.intersection(ref.names):
                return ref
        return None
