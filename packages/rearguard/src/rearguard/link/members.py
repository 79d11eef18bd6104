"""What is reached from a reference: members, entries, imports; and what is written into one.

A `Members` speaks for one function: whatever it reads brings that function back when it grows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rearguard.link.ids import family_of, function_id
from rearguard.link.refs import Kind, Ref, Refs, join
from rearguard.program import MODULE_BODY

if TYPE_CHECKING:
    from rearguard.link.linker import Linker

MAX_SPREADS = 16
"""Containers looked through for a key that was spread into another."""
TRANSPARENT_TYPING = (
    "typing.Optional",
    "typing.Annotated",
    "typing.Final",
    "typing.ClassVar",
    "typing_extensions.Annotated",
)
"""Type forms that are read through to what they hold."""
NEW_TYPES = ("typing.NewType", "typing_extensions.NewType")
"""Calls that give a type another name."""
ARRAY_METHODS = {
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
LIST_METHODS = (
    *("append", "appendleft", "add", "insert", "extend", "pop", "popleft"),
    *("get", "setdefault", "update", "values", "items", "copy"),
)
"""Methods of Python's containers that put something in, or give what they hold."""


class Members:
    """Reaches into references on behalf of one function."""

    def __init__(self, linker: Linker, fid: str) -> None:
        self.linker = linker
        self.fid = fid
        self.function = linker.functions[fid]
        self.path = linker.module_of[fid]
        self.module = linker.modules[self.path]
        self.family = family_of(self.module.language)
        self.values = linker.refs[fid]
        self.variables = linker.variables[fid]
        self.outer = linker.outer.setdefault(fid, {})
        self.reaching = linker.reaching(fid)
        self.is_asked = self.function.kind in ("module", "class") or fid in linker.enclosing
        """Whether others may ask for its variables."""
        self._asked: set[tuple[str, str]] = set()
        """Members of modules that are being looked for."""
        self.promises: dict[int, Refs] = {}
        """Callee `x.then` -> what `x` may be."""
        self.kept: dict[int, Refs] = {}
        """Callee `x.get` -> what `x` may be."""
        self.supers: set[int] = set()
        """Values that are `super`, or `super()`."""
        self.receivers: set[int] = set()
        self.own_module: set[int] = set()
        """Values that are `module`, whose `exports` other files get."""
        """Values that are the method's own object."""

    def _instance(self, cls: Ref) -> Ref:
        if not cls.names:
            return self.linker.table.make(Kind.INSTANCE, cls, "")
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

    def above(self) -> Refs:
        """What `super` means in a method: the object as an instance of what its class extends."""
        return self._instances(self.linker.bases.get(function_id(self.path, self.function.owner), ()))

    def _by_shape(self, name: str) -> Refs:
        """An unresolved global taken for what its name says, as in a pasted fragment."""
        table = self.linker.table.tables[self.family]
        return tuple(self.linker.shaped(table, kind, name) for kind in table.shape(name))

    def _element(self, ref: Ref) -> Refs:
        grown = self.linker.table.grow(self.family, Kind.ITEM, ref, "")
        return (grown,) if grown is not None else ()

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
            if not found and name in (ARRAY_METHODS if self.family == "javascript" else LIST_METHODS):
                return (self.linker.table.make(Kind.MEMBER, ref, name),)
            return found
        if kind in (Kind.INSTANCE, Kind.CLASS):
            cls = ref.base if kind is Kind.INSTANCE else ref
            assert cls is not None
            found = self._class_member(cls.id, name)
            grown = self._grow(ref, Kind.MEMBER, name)
            if found and grown and self._is_only_declared(cls.id, name):
                # `request: Request` in the body of a view names a type: what is there, its framework puts.
                return join(grown, found)
            return found or grown
        if kind is Kind.FUNCTION:
            if name in (("delay", "apply_async") if self.family == "python" else ("bind", "call", "apply")):
                return (self.linker.table.make(Kind.MEMBER, ref, name),)
            if name == "prototype" and self.family == "javascript":
                return (self._instance(ref),)
            return self.linker.read_slot(("field", ref.id, name), self.fid)
        if kind is Kind.CONST:
            return ()
        stored: Refs = ()
        for typename in ref.names:
            stored = join(stored, self.linker.read_slot(("field", typename, name), self.fid))
        grown = self._grow(ref, Kind.MEMBER, name)
        if kind is Kind.EXTERNAL and name == "default" and self.family == "javascript":
            # `(await import("m")).default` is what `import m from "m"` names.
            grown = join(grown, (ref,))
        if grown:
            # A library's method that the program wraps (`res.json = ...`) still does what it does.
            stored = tuple(each for each in stored if each.kind is not Kind.FUNCTION)
        found = join(grown, stored)
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
            if self._is_plain_function(current):
                for whole in linker.read_slot(("field", current, "prototype"), self.fid):
                    if whole.kind is Kind.COLLECT:
                        found = join(found, self._collected(whole, name))
                break
            found = join(found, linker.read_slot(("var", current, name), self.fid))
            if found:
                break
            found = self._declared_field(current, name)
            if found:
                break
        return found

    def _is_plain_function(self, cid: str) -> bool:
        """Whether what stands for a class is a function that `new` is used on."""
        function = self.linker.functions.get(cid)
        return function is not None and function.kind != "class"

    def _is_only_declared(self, cid: str, name: str) -> bool:
        """Whether a class says of which type a member is, and neither it nor the program gives it a value."""
        for current in self.linker.lineage(cid):
            path, _, qualified = current.rpartition("::")
            module = self.linker.modules.get(path)
            cls = module.classes.get(qualified) if module else None
            for declared in cls.fields if cls is not None else ():
                if declared.name == name:
                    return declared.default < 0 and not self.linker.read_slot(
                        ("field", current, name), self.fid
                    )
        return False

    def _declared_field(self, cid: str, name: str) -> Refs:
        path, _, qualified = cid.rpartition("::")
        module = self.linker.modules.get(path)
        cls = module.classes.get(qualified) if module else None
        if cls is None:
            return ()
        for declared in cls.fields:
            if declared.name == name:
                refs = self.linker.refs[cid]
                annotated = self._instances(refs[declared.annotation]) if declared.annotation >= 0 else ()
                return join(annotated, refs[declared.default] if declared.default >= 0 else ())
        return ()

    def _module_member(self, path: str, name: str) -> Refs:
        if (path, name) in self._asked:
            # Modules that export each other.
            return ()
        self._asked.add((path, name))
        try:
            return self._member_of_module(path, name)
        finally:
            self._asked.discard((path, name))

    def _member_of_module(self, path: str, name: str) -> Refs:
        linker = self.linker
        if path.endswith("/"):
            return self._python_import(path.rstrip("/") + "/_", f".{name}", None)
        if family_of(linker.modules[path].language) == "python":
            found = linker.read_slot(("var", function_id(path, MODULE_BODY), name), self.fid)
            if found:
                return found
            found = self._starred(path, name)
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
        if not found and name in linker.modules[path].classes:
            # An interface, which no instruction makes.
            return (linker.table.make(Kind.CLASS, None, function_id(path, name)),)
        return found

    def _starred(self, path: str, name: str) -> Refs:
        """What a name of a module is that imports all of others: `from .parts import *`."""
        for star in self.linker.star_imports.get(path, ()):
            if star in self.linker.modules:
                found = self._module_member(star, name)
            else:
                ref = self.linker.table.external("python", f"{star}.{name}")
                found = (ref,) if ref is not None else ()
            if found:
                return found
        return ()

    def _star_import(self, target: str) -> Refs:
        stars = self.linker.star_imports.setdefault(self.path, [])
        if target not in stars and target != self.path:
            stars.append(target)
        return ()

    def _python_import(self, importer: str, name: str, member: str | None) -> Refs:
        linker = self.linker
        path, is_submodule = linker.index.python(importer, name, member)
        if path is None:
            if linker.index.is_python_package(importer, name) and not name.startswith("."):
                return ()
            if member == "*":
                return self._star_import(name)
            target = name if member is None else f"{name}.{member}"
            ref = linker.table.external("python", target)
            return (ref,) if ref is not None else ()
        if path not in linker.modules:
            return ()
        module = (linker.table.make(Kind.MODULE, None, path),)
        if member == "*":
            return self._star_import(path)
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

    def _write(self, target: Ref, name: str, refs: Refs) -> None:
        linker = self.linker
        if target.kind in (Kind.INSTANCE, Kind.CLASS):
            cls = target.base if target.kind is Kind.INSTANCE else target
            assert cls is not None
            linker.grow_slot(("field", cls.id, name), refs)
            if cls.kind is Kind.FUNCTION:
                for ref in refs:
                    if ref.kind is Kind.FUNCTION and linker.functions[ref.id].receiver:
                        linker.grow_slot(("this", ref.id, ""), (target,))
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
            for ref in refs if self.family == "javascript" else ():
                if ref.kind is Kind.FUNCTION and linker.functions[ref.id].receiver:
                    # `schema.statics.find = function () { this... }`
                    linker.grow_slot(("this", ref.id, ""), (target,))
