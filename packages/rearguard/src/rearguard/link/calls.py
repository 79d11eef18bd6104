"""What calls bind: arguments to parameters, results to values, types to functions that are passed."""

from collections.abc import Mapping, Sequence

from rearguard.link.aliases import Selector
from rearguard.link.forms import FORMS
from rearguard.link.ids import function_id
from rearguard.link.members import ARRAY_METHODS, NEW_TYPES, Members
from rearguard.link.refs import Kind, Ref, Refs, join
from rearguard.program import MODULE_BODY, Instr, Op, instructions

MAX_CONSTANTS = 3
"""Different constants that are kept of what one parameter is given."""


MAX_INSIDE = 6
"""Keys and lists between an argument and a function that gets a type."""


class Calls(Members):
    """Reads the calls of one function."""

    def call(self, instr: Instr) -> Refs:
        callee = instr.args[0]
        callees = self.values[callee]
        decorated = self.linker.decorated.get((self.fid, callee))
        keepers = self.linker.table.tables[self.family].keepers
        result: Refs = ()
        if callee in self.supers:
            if self.family == "python":
                self.supers.add(instr.dst)
                return self.above()
            self._call_above(callees, instr)
            made = (self.linker.table.grow(self.family, Kind.CALL, ref, "") for ref in callees)
            return tuple(ref for ref in made if ref is not None)
        promised = self.promises.get(callee)
        if promised is not None and len(instr.args) > 1:
            result = self._then(promised, instr)
        if len(instr.args) > 2 and any(name in NEW_TYPES for ref in callees for name in ref.names):
            # `UserId = NewType("UserId", int)`: what is said of the one holds for the other.
            return self.values[instr.args[2]]
        for ref in callees:
            if len(instr.args) > 2 and not keepers.isdisjoint(ref.names):
                self._keep(ref, instr)
            result = join(result, self._call_one(ref, instr))
        kept = self.kept.get(callee)
        if kept and len(instr.args) > 1:
            result = join(self._got(kept, instr.args[1]), result)
        if decorated is not None and len(instr.args) > 1:
            return self.values[instr.args[1]]
        if not result and len(instr.args) > 1:
            result = self._wrapped(callees, instr)
        return result

    def _keep(self, callee: Ref, instr: Instr) -> None:
        """`app.set("http", client)`: functions are left to the model, which knows when they run."""
        held = tuple(ref for ref in self.values[instr.args[2]] if ref.kind is not Kind.FUNCTION)
        if callee.base is None or not held:
            return
        for name in self.values[instr.args[1]]:
            if name.kind is Kind.CONST and isinstance(name.step, str):
                self._write(callee.base, name.step, held)

    def _got(self, held: Refs, key: int) -> Refs:
        """What `x.get(key)` gives of a library's value: the member of that name, as far as models know it."""
        named = tuple(str(ref.step) for ref in self.values[key] if ref.kind is Kind.CONST)
        result: Refs = ()
        for ref in held:
            if ref.kind in (Kind.TYPE, Kind.MEMBER, Kind.CALL, Kind.ITEM):
                for name in named:
                    result = join(result, self._member(ref, name))
        return result

    def _then(self, promised: Refs, instr: Instr) -> Refs:
        """`promise.then(callback)`: the callback is given what the promise holds, its result is held next."""
        linker = self.linker
        result: Refs = ()
        for ref in self.values[instr.args[1]]:
            if ref.kind is not Kind.FUNCTION:
                continue
            params = linker.functions[ref.id].params
            if params and params[0].kind == "positional":
                given = tuple(r for r in promised if r.kind is not Kind.CONST)
                linker.grow_slot(("param", ref.id, params[0].name), given)
            linker.callers.setdefault(ref.id, set()).add(self.fid)
            result = join(result, linker.read_slot(("return", ref.id, ""), self.fid))
        return result

    def _call_above(self, callees: Refs, instr: Instr) -> None:
        """`super(...)`: the constructor of the class that is extended."""
        for ref in callees:
            if ref.kind is Kind.INSTANCE and ref.base is not None:
                constructor = self.linker.constructor(ref.base.id)
                if constructor is not None:
                    self._bind(constructor, instr.args[1:], instr.keys, instr.start)

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
        if kind is Kind.FUNCTION and instr.op == Op.NEW and linker.functions[ref.id].receiver:
            made = self._instance(ref)
            linker.grow_slot(("this", ref.id, ""), (made,))
            self._bind(ref.id, instr.args[1:], instr.keys, instr.start)
            return (made,)
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
            if ref.step == "delay":
                self._bind(ref.base.id, instr.args[1:], instr.keys, instr.start)
            if ref.step == "call":
                self._bind(ref.base.id, instr.args[2:], instr.keys[1:], instr.start)
            if ref.step == "apply":
                self._bind(ref.base.id, instr.args[2:], ("*",), instr.start)
            return linker.read_slot(("return", ref.base.id, ""), self.fid)
        if kind is Kind.MEMBER and ref.step == "bind" and ref.base is not None and not ref.names:
            return (ref.base,)
        if kind is Kind.MEMBER and ref.base is not None and ref.base.kind is Kind.COLLECT:
            if self.family == "python":
                return self._list_method(ref.base, str(ref.step), instr)
            return self._array_method(ref.base, str(ref.step), instr)
        if kind is Kind.INSTANCE and ref.base is not None:
            called = linker.method(ref.base.id, "__call__")
            if called is not None:
                self._bind(called, instr.args[1:], instr.keys, instr.start)
                return linker.read_slot(("return", called, ""), self.fid)
        return self._call_external(ref, instr)

    def _list_method(self, held: Ref, method: str, instr: Instr) -> Refs:
        """What a method of a Python container puts into it, or gives."""
        linker, slot = self.linker, self._collect_slot(held)
        if method in ("get", "setdefault") and len(instr.args) > 1:
            return self._entry(held, instr, method == "setdefault")
        if method in ("values", "copy"):
            return (held,)
        if method == "items":
            return self.paired(instr, {"1": linker.read_slot(("items", slot, ""), self.fid)})
        if method == "update":
            self.put_in(held, instr)
            return ()
        if method in ("pop", "popleft"):
            return linker.read_slot(("items", slot, ""), self.fid)
        for value in instr.args[-1:] if len(instr.args) > 1 else ():
            refs = self.values[value]
            if method == "extend":
                lists = [ref for ref in refs if ref.kind is Kind.COLLECT]
                for ref in lists:
                    inner = linker.read_slot(("items", self._collect_slot(ref), ""), self.fid)
                    linker.grow_slot(("items", slot, ""), inner)
            else:
                linker.grow_slot(("items", slot, ""), tuple(r for r in refs if r.kind is not Kind.CONST))
        return ()

    def _entry(self, held: Ref, instr: Instr, puts: bool) -> Refs:
        """What a dict gives under a key, or what is given for the case that it has none."""
        keys = [ref.step for ref in self.values[instr.args[1]] if ref.kind is Kind.CONST]
        found: Refs = ()
        for key in keys:
            found = join(found, self._collected(held, str(key)))
        if not keys:
            found = self.linker.read_slot(("items", self._collect_slot(held), ""), self.fid)
        for value in instr.args[2:3]:
            if puts:
                self._write(held, str(keys[0]) if len(keys) == 1 else "*", self.values[value])
            found = join(found, self.values[value])
        return found

    def put_in(self, held: Ref, instr: Instr) -> None:
        """`options.update(other, verify=False)`."""
        for index, value in enumerate(instr.args[1:]):
            key = instr.keys[index] if instr.keys else None
            if key is not None and key != "**":
                self._write(held, key, self.values[value])
                continue
            maps = tuple(ref for ref in self.values[value] if ref.kind is Kind.COLLECT and ref is not held)
            self.linker.grow_slot(("spread", self._collect_slot(held), ""), maps)

    def paired(self, instr: Instr, entries: Mapping[str, Refs]) -> Refs:
        """A container whose elements hold `entries`: pairs of a key and a value, as a rule."""
        table = self.linker.table
        whole = table.make(Kind.COLLECT, None, (self.fid, instr.dst))
        element = table.make(Kind.COLLECT, None, (self.fid, -2 - instr.dst))
        for key, refs in entries.items():
            self._write(element, key, refs)
        self.linker.grow_slot(("items", self._collect_slot(whole), ""), (element,))
        return (whole,)

    def elements(self, value: int) -> Refs:
        """What one element of a value may be."""
        found: Refs = ()
        for ref in self.values[value]:
            if ref.kind is Kind.COLLECT:
                found = join(found, self.linker.read_slot(("items", self._collect_slot(ref), ""), self.fid))
            else:
                found = join(found, self._element(ref))
        return found

    def _member_by_name(self, instr: Instr) -> Refs:
        """What `getattr(x, name)` may be whose name is put together: the members that begin as it does."""
        start = self._beginning(instr.args[2])
        found: Refs = ()
        for ref in self.values[instr.args[1]]:
            cls = ref.base if ref.kind is Kind.INSTANCE else ref
            if cls is None or start is None:
                continue
            if cls.kind is Kind.CLASS:
                for current in self.linker.lineage(cls.id):
                    path, _, name = current.rpartition("::")
                    for method in self.linker.modules[path].classes[name].methods:
                        if method.startswith(start) and not method.startswith("__"):
                            found = join(found, self._member(ref, method))
            elif ref.kind is Kind.MODULE and ref.id in self.linker.modules:
                module = self.linker.modules[ref.id]
                for name in (*module.classes, *module.functions):
                    if "." not in name and name[:1] != "<" and name.startswith(start):
                        found = join(found, self._member(ref, name))
        return found

    def _beginning(self, value: int) -> str | None:
        """How a text begins that is put together here; "" for any other, `None` for a constant."""
        for instr in self.linker.code(self.fid):
            if instr.dst == value:
                if instr.op == Op.CONST:
                    return None
                if instr.op == Op.JOIN and instr.args:
                    first = self.values[instr.args[0]]
                    text = first[0].step if len(first) == 1 and first[0].kind is Kind.CONST else ""
                    return text if isinstance(text, str) else ""
                return ""
        return ""

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
        returns = ARRAY_METHODS[method]
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
        places = iter(self.linker.places(cid))
        for index, value in enumerate(instr.args[1:]):
            name = (instr.keys[index] if instr.keys else None) or next(places, None)
            if name and name not in ("*", "**"):
                refs = tuple(r for r in self.values[value] if r.kind is not Kind.CONST)
                self.linker.grow_slot(("field", cid, name), refs)

    def _call_external(self, ref: Ref, instr: Instr) -> Refs:
        linker = self.linker
        if ref.kind is Kind.EXTERNAL and ref.step == "builtins.getattr" and len(instr.args) > 2:
            return self._member_by_name(instr)
        form = FORMS.get(str(ref.step)) if ref.kind is Kind.EXTERNAL else None
        formed = form(self, instr) if form is not None else ()
        if formed:
            return formed
        table = linker.table.tables[self.family]
        result: Refs = ()
        for name in ref.names:
            for selector, keys, kind in table.arguments.get(name, ()):
                if selector.event and not self._is_event(instr, selector.event):
                    continue
                for position in selector.pick(len(instr.args) - 1, instr.keys):
                    given = self.values[instr.args[1 + position]]
                    if keys:
                        self._type_inside(given, keys, kind)
                    else:
                        self._give_type(given, kind)
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

    def _type_assigned(self, target: Ref, member: str, refs: Refs) -> None:
        """Functions assigned to a member that a model names: `socket.onmessage = listener`.

        The member `*` is every entry of a register: `filters["lines"] = lines`.
        """
        table = self.linker.table.tables[self.family]
        for name in target.names:
            for selector, _, kind in table.arguments.get(f"{name}.{member}", ()):
                if selector.event == "=":
                    self._give_type(refs, kind)

    def _is_event(self, instr: Instr, event: str) -> bool:
        """Whether the first argument may be the event's name."""
        first = self.values[instr.args[1]] if len(instr.args) > 1 else ()
        return any(ref.kind is Kind.CONST and ref.step == event for ref in first)

    def _give_type(self, refs: Refs, kind: str, depth: int = 0) -> None:
        for ref in refs:
            if ref.kind is Kind.FUNCTION:
                self.linker.give_type(ref.id, kind)
            elif ref.kind is Kind.MODULE and self.family == "javascript" and depth < 3:
                # `register(import('./routes'))`: a module stands for its default export.
                self._give_type(self._module_member(ref.id, "default"), kind, 3)
            elif ref.kind is Kind.INSTANCE and ref.base is not None:
                self._give_method_types(ref.base.id, kind)
            elif ref.kind is Kind.CLASS and self.linker.constructor(ref.id) is not None:
                # A class given as handler is made with what a function would be called with.
                self.linker.give_type(str(self.linker.constructor(ref.id)), kind)
            elif ref.kind is Kind.COLLECT and depth < 3:
                items = self.linker.read_slot(("items", self._collect_slot(ref), ""), self.fid)
                self._give_type(items, kind, depth + 1)

    def _give_method_types(self, cid: str, kind: str) -> None:
        """An object passed as `kind` has methods that are called from outside: `Resource.on_get<0>`."""
        linker, live = self.linker, self.linker.table.tables[self.family].live
        for current in linker.lineage(cid):
            path, _, name = current.rpartition("::")
            cls = linker.modules[path].classes.get(name)
            for method, qualified in cls.methods.items() if cls is not None else ():
                if f"{kind}.{method}" in live:
                    linker.give_type(function_id(path, qualified), f"{kind}.{method}")

    def _type_inside(self, refs: Refs, keys: tuple[str, ...], kind: str, depth: int = 0) -> None:
        """Give a type to functions under keys of an object; `*` is any key, and lists are looked through."""
        if not keys or depth > MAX_INSIDE:
            self._give_type(refs, kind)
            return
        for ref in refs:
            if ref.kind is Kind.FUNCTION:
                # `fields: () => ({ ... })`
                returned = self.linker.read_slot(("return", ref.id, ""), self.fid)
                if any(each.kind is Kind.COLLECT for each in returned):
                    self._type_inside(returned, keys, kind, depth + 1)
            elif ref.kind is Kind.MODULE and keys[0] == "*":
                for name in self._exported_names(ref.id):
                    self._type_inside(self._module_member(ref.id, name), keys[1:], kind, depth + 1)
            elif ref.kind is Kind.MODULE:
                self._type_inside(self._module_member(ref.id, keys[0]), keys[1:], kind, depth + 1)
            elif ref.kind in (Kind.INSTANCE, Kind.CLASS) and keys[0] != "*":
                self._type_inside(self._member(ref, keys[0]), keys[1:], kind, depth + 1)
            elif ref.kind is Kind.COLLECT:
                items = self.linker.read_slot(("items", self._collect_slot(ref), ""), self.fid)
                if keys[0] == "*":
                    for spread in self.linker.read_slot(("spread", self._collect_slot(ref), ""), self.fid):
                        self._type_inside((spread,), keys, kind, depth + 1)
                    self._type_inside(items, keys[1:], kind, depth + 1)
                    continue
                found = self._collected(ref, keys[0])
                if found:
                    self._type_inside(found, keys[1:], kind, depth + 1)
                else:
                    # A list of such objects, of more such lists, or an object that is merged from others.
                    merged = self.linker.read_slot(("spread", self._collect_slot(ref), ""), self.fid)
                    inner = tuple(each for each in (*items, *merged) if each.kind is Kind.COLLECT)
                    self._type_inside(inner, keys, kind, depth + 2)

    def _exported_names(self, path: str) -> tuple[str, ...]:
        body = self.linker.functions.get(function_id(path, MODULE_BODY))
        if body is None:
            return ()
        return tuple(
            i.name for i in instructions(body.body) if i.op == Op.EXPORT and i.name not in ("*", "=")
        )

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
        positional, names = linker.parameters(fid)
        position = 0
        for index, value in enumerate(args):
            key = keys[index] if keys else None
            if key == "*":
                for ref in self.values[value]:
                    if ref.kind is Kind.COLLECT:
                        self._bind_entries(fid, positional[position:], ref)
            if key in ("*", "**"):
                position = len(positional)
                continue
            if key is None:
                name = positional[position] if position < len(positional) else ""
                position += 1
            else:
                name = key if key in names else ""
            if name:
                refs = self.values[value]
                if refs:
                    slot = ("param", fid, name)
                    linker.grow_slot(slot, _without_more_constants(linker.slots.get(slot, ()), refs))
                    if self.family == "python" and fid in linker.wrappers:
                        self._bind_around(fid, positional.index(name) if name in positional else -1, refs)

    def _bind_around(self, fid: str, position: int, refs: Refs) -> None:
        """What decorators put around a function is given what the function is."""
        for closure in self.linker.wrappers[fid]:
            names, _ = self.linker.parameters(closure)
            if 0 <= position < len(names) and not self.linker.functions[closure].receiver:
                held = tuple(ref for ref in refs if ref.kind is Kind.INSTANCE)
                self.linker.grow_slot(("param", closure, names[position]), held)

    def _bind_entries(self, fid: str, names: Sequence[str], entries: Ref) -> None:
        """Parameters that get what a written list holds, which is spread into the call."""
        slot = self._collect_slot(entries)
        for place, name in enumerate(names):
            self.linker.grow_slot(
                ("param", fid, name), self.linker.read_slot(("item", slot, str(place)), self.fid)
            )


def _without_more_constants(held: Refs, refs: Refs) -> Refs:
    """`refs` without constants where a parameter has several: it has no constant then, and each would have
    the function read again.
    """
    if len(held) < MAX_CONSTANTS or sum(ref.kind is Kind.CONST for ref in held) < MAX_CONSTANTS:
        return refs
    return tuple(ref for ref in refs if ref.kind is not Kind.CONST)
