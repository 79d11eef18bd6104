"""Reads one function once: what each of its values may refer to."""

from rearguard.link.calls import Calls
from rearguard.link.ids import function_id
from rearguard.link.members import TRANSPARENT_TYPING
from rearguard.link.refs import Kind, Ref, Refs, join
from rearguard.program import MODULE_BODY, Instr, Op

ELEMENT = "jsx"
"""What an element of JSX calls where its name is that of an element of the page."""
_SPECIAL = frozenset(("super", "module"))
"""Names that stand for more than what was assigned to them."""


class Reader(Calls):
    """Goes through a function's instructions in program order."""

    def read(self) -> None:
        self._bind_parameters()
        # The innermost loop of linking: millions of instructions, many of them more than once. Half of them
        # read a variable of the function itself.
        values, variables, handlers, reaching = self.values, self.variables, _HANDLERS, self.reaching
        local, load = self._plain_locals(), int(Op.LOAD)
        chosen = self.linker.chosen.get(self.fid)
        for instr in self.linker.code(self.fid):
            if instr.op == load and instr.name in local and instr.dst not in reaching:
                refs = variables.get(instr.name, ())
            else:
                handler = handlers.get(instr.op)
                if handler is None:
                    continue
                refs = handler(self, instr)
            if refs:
                dst = instr.dst
                if dst >= 0:
                    if chosen is not None and dst in chosen:
                        refs = self._chosen(refs, *chosen[dst])
                    held = values[dst]
                    if held is not refs:
                        values[dst] = join(held, refs) if held else refs
        if self.function.kind == "module" and self.family == "javascript":
            self._interfaces()

    def _chosen(self, refs: Refs, maker: str, copy: str) -> Refs:
        """What a value may be, with the copy of a maker that is meant here in its place."""
        make = self.linker.table.make
        return tuple(
            make(ref.kind, None, copy) if ref.id == maker and ref.kind in (Kind.FUNCTION, Kind.CLASS) else ref
            for ref in refs
        )

    def _plain_locals(self) -> frozenset[str]:
        """Variables of which `load` says nothing but what they hold."""
        local, receiver = self.function.locals, self.function.receiver
        if receiver in local or not _SPECIAL.isdisjoint(local):
            return local - {receiver, *_SPECIAL}
        return local

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
                    declared = outer[param.annotation]
                    refs = self._conforming(join(refs, self._instances(declared)), declared)
            self._assign(param.name, refs)
        if self.function.receiver:
            owner = self.function.owner or (self.function.name if self.function.kind == "class" else "")
            if owner:
                cls = linker.table.make(Kind.CLASS, None, function_id(self.path, owner))
                own = cls if self.function.kind == "classmethod" else self._instance(cls)
                self._assign(self.function.receiver, (own,))
                for other in linker.mixed_into(cls):
                    mixed = other if self.function.kind == "classmethod" else self._instance(other)
                    self._assign(self.function.receiver, (mixed,))
            else:
                self._assign(self.function.receiver, linker.read_slot(("this", self.fid, ""), self.fid))

    def _conforming(self, given: Refs, declared: Refs) -> Refs:
        """What a parameter may be, without objects that its declaration rules out.

        Functions that make many kinds of objects would make every parameter stand for all of them. What a
        protocol is met by, and an interface of TypeScript, need not extend it.
        """
        of = {ref.id for ref in declared if ref.kind is Kind.CLASS}
        if not of or self.family != "python" or any(map(self._is_protocol, of)):
            return given
        return tuple(ref for ref in given if not self._is_other(ref, of))

    def _is_protocol(self, cid: str) -> bool:
        return any(ref.id.endswith("Protocol") for ref in self.linker.bases.get(cid, ()))

    def _is_other(self, ref: Ref, of: set[str]) -> bool:
        """Whether a value is an object of a class of the program that extends none of those declared."""
        cls = ref.base if ref.kind is Kind.INSTANCE else None
        return cls is not None and cls.kind is Kind.CLASS and of.isdisjoint(self.linker.lineage(cls.id))

    def _inherited(self, position: int) -> Refs:
        """The type that a base class from outside gives to a parameter: `View.get<0>` is a request."""
        linker, table = self.linker, self.linker.table.tables[self.family]
        cls = linker.table.make(Kind.CLASS, None, function_id(self.path, self.function.owner))
        member = self.function.name.rpartition(".")[2]
        outside = cls.names or tuple(name for other in linker.mixed_into(cls) for name in other.names)
        names = table.names(f"{name}.{member}<{position}>" for name in outside)
        return (linker.table.make(Kind.TYPE, None, names[0], names),) if names else ()

    def _assign(self, name: str, refs: Refs) -> None:
        if not refs:
            return
        old = self.variables.get(name, ())
        new = join(old, refs)
        if new is not old:
            self.variables[name] = new
            if self.is_asked:
                self.linker.grow_slot(("var", self.fid, name), new)

    def load(self, instr: Instr) -> Refs:
        if instr.name == "super" and self.function.owner:
            self.supers.add(instr.dst)
            return self.above() if self.family == "javascript" else ()
        if instr.name == self.function.receiver != "":
            self.receivers.add(instr.dst)
        if instr.name == "module" and self.family == "javascript":
            self.own_module.add(instr.dst)
        stored = self.reaching.get(instr.dst, -1)
        return (self.values[stored] if stored >= 0 else ()) or self._lookup(instr.name)

    def _lookup(self, name: str) -> Refs:
        function = self.function
        if name in function.locals or name == function.receiver:
            return self.variables.get(name, ())
        slot = self.outer.get(name)
        if slot is not None:
            return self.linker.slots.get(slot, ())
        current = function.parent
        while current:
            outer = self.module.functions.get(current)
            if outer is None:
                break
            if (outer.kind != "class" and name in outer.locals) or (name == outer.receiver != ""):
                slot = self.outer[name] = ("var", function_id(self.path, current), name)
                return self.linker.read_slot(slot, self.fid)
            current = outer.parent
        found = self._starred(self.path, name)
        if found:
            return found
        if name in self.module.classes and self.family == "javascript":
            # An interface, which no instruction makes.
            return (self.linker.table.make(Kind.CLASS, None, function_id(self.path, name)),)
        root = "builtins." if self.family == "python" else "global."
        ref = self.linker.table.external(self.family, root + name)
        if ref is not None:
            return (ref,)
        if name in ("exports", "module") and self.family == "javascript":
            return (self.linker.table.make(Kind.MODULE, None, self.path),)
        return self._by_shape(name)

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

    def func(self, instr: Instr) -> Refs:
        inner = function_id(self.path, instr.name)
        made = self.linker.functions[inner]
        if made.parent != self.function.name:
            # A named function expression refers to itself: what its parameters are given belongs outside.
            return (self.linker.table.make(Kind.FUNCTION, None, inner),)
        given = tuple(
            self.values[value]
            for param in made.params
            for value in (param.default, param.annotation)
            if value >= 0
        )
        if given != self.linker._given.get(inner, ()):
            self.linker._given[inner] = given
            self.linker._enqueue(inner)
        return (self.linker.table.make(Kind.FUNCTION, None, function_id(self.path, instr.name)),)

    def cls(self, instr: Instr) -> Refs:
        bases: Refs = ()
        for value in instr.args:
            bases = join(bases, self.values[value] or self._subscripted(value))
        cid = function_id(self.path, instr.name)
        made = self._define(cid, bases)
        for copy in self.linker.class_copies.get(cid, ()):
            self._define(copy, made)
        return made

    def _interfaces(self) -> None:
        """What the interfaces and shapes of a module extend, which no instruction makes."""
        for name, declared in self.module.classes.items():
            if declared.bases and declared.parent == self.function.name and not declared.methods:
                bases: Refs = ()
                for value in declared.bases:
                    bases = join(bases, self.values[value])
                if bases:
                    self._define(function_id(self.path, name), bases)

    def _define(self, cid: str, bases: Refs) -> Refs:
        """A class, and what it has from those that it extends."""
        linker = self.linker
        ref = linker.table.make(Kind.CLASS, None, cid)
        linker.extend(cid, bases)
        for base in bases:
            if base.kind is Kind.CLASS and cid not in linker.extended.setdefault(base.id, []):
                linker.extended[base.id].append(cid)
                linker.tell_above(cid)
        names = tuple(dict.fromkeys(name for base in bases for name in base.names))
        if names and names != ref.names:
            ref.names = names
            for current in linker.lineage(cid):
                # Those of a mixin too, which is what it is mixed into.
                path, _, qualified = current.rpartition("::")
                for method in linker.modules[path].classes[qualified].methods.values():
                    linker._enqueue(function_id(path, method))
        return (ref,)

    def _subscripted(self, value: int) -> Refs:
        """What `Base[T]` among the bases of a class extends: `Base`."""
        for instr in self.linker.code(self.fid):
            if instr.dst == value and instr.op == Op.ITEM:
                return self.values[instr.args[0]]
        return ()

    def const(self, instr: Instr) -> Refs:
        held = self.values[instr.dst]
        if held:
            return held
        value = instr.value
        if instr.name == ELEMENT:
            made = self.linker.table.external(self.family, ELEMENT)
            return () if made is None else (made,)
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

    def _overriding(self, ref: Ref, name: str) -> Refs:
        """Methods that the object may have instead, when it is made from a class that extends this one."""
        cls = ref.base if ref.kind is Kind.INSTANCE else ref
        if cls is None:
            return ()
        found = self.linker.overrides(cls.id, name, self.fid)
        return tuple(self.linker.table.make(Kind.FUNCTION, None, fid) for fid in found)

    def _named_below(self, own: Refs, name: str) -> Refs:
        """What classes that extend this one say of a member that it leaves to them: `model = Ticket`; of a
        mixin, what they have from elsewhere: `cls.query`."""
        result: Refs = ()
        for ref in own:
            cls = ref.base if ref.kind is Kind.INSTANCE else ref
            for cid in self.linker.below(cls.id) if cls is not None else ():
                lower = self.linker.table.make(Kind.CLASS, None, cid)
                lower = self._instance(lower) if ref.kind is Kind.INSTANCE else lower
                result = join(result, self._member(lower, name))
        return result

    def _implemented(self, ref: Ref, name: str) -> Refs:
        """A method that an interface or abstract class only promises, as the classes have it that keep it."""
        cls = ref.base if ref.kind is Kind.INSTANCE else None
        if cls is None or cls.kind is not Kind.CLASS:
            return ()
        return self._overriding(ref, name)

    def attr(self, instr: Instr) -> Refs:
        result: Refs = ()
        if instr.name == "then" and self.family == "javascript" and self.values[instr.args[0]]:
            self.promises[instr.dst] = self.values[instr.args[0]]
        if instr.name == "get":
            self.kept[instr.dst] = self.values[instr.args[0]]
        if instr.name == "exports" and instr.args[0] in self.own_module:
            own = self.linker.table.make(Kind.MODULE, None, self.path)
            if own in self.values[instr.args[0]]:
                # `const users = module.exports`, and then `users.find = ...`
                return join((own,), self.linker.read_slot(("export", self.path, "="), self.fid))
        for ref in self.values[instr.args[0]]:
            found = self._member(ref, instr.name)
            if not found and instr.args[0] not in self.supers:
                # Of what stands above, no class below is asked: `super().save()` is not that of a sibling.
                found = self._implemented(ref, instr.name)
            result = join(result, found) if result else found
            if ref.kind in (Kind.INSTANCE, Kind.CLASS):
                self._note_accessor(ref, instr)
                if instr.args[0] in self.receivers:
                    # A template method calls what only the classes that extend this one have.
                    result = join(result, self._overriding(ref, instr.name))
        if instr.args[0] in self.receivers and all(_says_nothing(ref) for ref in result):
            result = join(result, self._named_below(self.values[instr.args[0]], instr.name))
        if not result:
            # Some methods say by their name what they are, whatever the value: `*.isdigit`.
            return self.linker.of_anything(self.family, instr.name)
        return result

    def _note_accessor(self, ref: Ref, instr: Instr) -> None:
        cls = ref.base if ref.kind is Kind.INSTANCE else ref
        method = self.linker.method(cls.id, instr.name) if cls is not None else None
        if method is not None and self.linker.functions[method].kind in ("property", "getter"):
            self.linker.accessors[self.fid, instr.dst] = method

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
            elif any(name in TRANSPARENT_TYPING for name in ref.names):
                result = join(result, self._typing_argument(instr))
            elif isinstance(key, str):
                member = self._member(ref, key)
                result = join(result, member or self._element(ref))
            elif ref.kind is Kind.CLASS and self.family == "python" and self._is_generic(ref.id):
                # `Page[Item]`, whose class extends `Generic[T]`, is that class.
                result = join(result, (ref,))
            else:
                result = join(result, self._element(ref))
        return result

    def _is_generic(self, cid: str) -> bool:
        """Whether a class, or one that it extends, has parameters: `class Page(Generic[T])`."""
        for current in self.linker.lineage(cid):
            path, _, name = current.rpartition("::")
            if any("[" in text for text in self.linker.modules[path].classes[name].base_texts):
                return True
        return False

    def _typing_argument(self, instr: Instr) -> Refs:
        """`Optional[X]` is X; `Annotated[X, Depends(f)]` is X and what the dependency gives."""
        result: Refs = ()
        for ref in self.values[instr.args[1]]:
            if ref.kind is Kind.COLLECT:
                result = join(result, self.linker.read_slot(("items", self._collect_slot(ref), ""), self.fid))
            else:
                result = join(result, (ref,))
        return result

    def imported(self, instr: Instr) -> Refs:
        member = instr.value if isinstance(instr.value, str) else None
        if self.family == "python":
            return self._python_import(self.path, instr.name, member)
        return self._script_import(instr.name, member)

    def exported(self, instr: Instr) -> Refs:
        linker = self.linker
        refs = self.values[instr.args[0]]
        if instr.name == "*":
            stars = linker.star_exports.setdefault(self.path, [])
            stars.extend(ref for ref in refs if ref not in stars)
        else:
            linker.grow_slot(("export", self.path, instr.name), refs)
        return ()

    def setattr(self, instr: Instr) -> Refs:
        refs = self.values[instr.args[1]]
        if refs:
            for target in self.values[instr.args[0]]:
                self._write(target, instr.name, refs)
                self._type_assigned(target, instr.name, refs)
        return ()

    def setitem(self, instr: Instr) -> Refs:
        refs = self.values[instr.args[2]]
        if refs:
            for target in self.values[instr.args[0]]:
                self._write(target, str(instr.value) if instr.value is not None else "*", refs)
                self._type_assigned(target, "*", refs)
        return ()

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
        return self.elements(instr.args[0])

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


_HANDLERS = {
    int(Op.CONST): Reader.const,
    int(Op.LOAD): Reader.load,
    int(Op.STORE): Reader.store,
    int(Op.ATTR): Reader.attr,
    int(Op.ITEM): Reader.item,
    int(Op.SETATTR): Reader.setattr,
    int(Op.SETITEM): Reader.setitem,
    int(Op.CALL): Reader.call,
    int(Op.NEW): Reader.call,
    int(Op.FUNC): Reader.func,
    int(Op.CLASS): Reader.cls,
    int(Op.COLLECT): Reader.collect,
    int(Op.JOIN): Reader.join_text,
    int(Op.LOGIC): Reader.either,
    int(Op.BINARY): Reader.binary,
    int(Op.AWAIT): Reader.same,
    int(Op.ENTER): Reader.same,
    int(Op.ITER): Reader.iterate,
    int(Op.PUSH): Reader.push,
    int(Op.RETURN): Reader.returned,
    int(Op.YIELD): Reader.yielded,
    int(Op.IMPORT): Reader.imported,
    int(Op.EXPORT): Reader.exported,
}


def _says_nothing(ref: Ref) -> bool:
    """Whether a class names a member for the classes that extend it alone: `model = None`."""
    return ref.kind is Kind.CONST and ref.step is None
