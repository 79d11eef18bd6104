"""Rows of a program's own table of routes, as what dispatches reads them.

`route("/users", needs="staff")` keeps an entry, and what dispatches asks `entry.needs` before it calls
`entry.handler`. What stands in an entry is written where the route is registered: in the row itself, in the
call of a registrar, or as the default of its parameter or of the entry's class.
"""

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from rearguard.link import Kind, function_id
from rearguard.models.own_tables import OwnRow
from rearguard.models.routing import Place, TableEntry
from rearguard.models.view import ModelView, ValueView
from rearguard.program import Instr, Op

__all__ = ["entries"]

_MAX_STEPS = 8
_ROUNDS = 4
"""Calls that hand an entry on from what dispatches."""
_NOTHING: Mapping[str, Place] = MappingProxyType({})


def entries(view: ModelView, rows: Iterable[OwnRow]) -> Iterator[TableEntry | None]:
    """The entry of each row, or `None` where it cannot be read, or nothing reads it."""
    rows = tuple(rows)
    known = [_values(view, row) for row in rows]
    answering = {
        name
        for row, values in zip(rows, known, strict=True)
        for name, place in values.items()
        if row.handler in ValueView(view, *place).functions or _has(view, place, row.handler)
    } | {name for values in known for name in values if name in _HANDLERS}
    read = _Reading(view, frozenset(answering)).members() if answering else {}
    for values in known:
        yield TableEntry(values, read) if values and read else None


def _has(view: ModelView, place: Place, handler: str) -> bool:
    """Whether a value is the class whose method answers."""
    owned = view.function(handler).owner if handler in view.linker.functions else ""
    return bool(owned) and any(
        ref.kind is Kind.CLASS and view.linker.method(ref.id, handler.rpartition(".")[2]) == handler
        for ref in ValueView(view, *place).refs
    )


_HANDLERS = frozenset(("handler", "callback", "view", "func", "fn", "action", "controller", "endpoint"))


# -- what stands in an entry ----------------------------------------------------------------------


def _values(view: ModelView, row: OwnRow) -> Mapping[str, Place]:
    """Members of a row's entry, and where what they hold is written."""
    made = view.definitions(row.fid).get(row.value)
    if made is None:
        return _NOTHING
    if made.op == Op.COLLECT:
        return _collected(row.fid, made)
    if made.op not in (Op.CALL, Op.NEW):
        return _NOTHING
    return _of_call(view, row.fid, made, row.handler)


def _collected(fid: str, made: Instr) -> Mapping[str, Place]:
    if made.name == "dict":
        return {str(key): (fid, value) for key, value in zip(made.keys, made.args, strict=False) if key}
    return {str(index): (fid, value) for index, value in enumerate(made.args)}


def _of_call(view: ModelView, fid: str, call: Instr, handler: str) -> Mapping[str, Place]:
    """What a class of entries, or a function that registers, makes of its arguments."""
    for ref in view.linker.refs[fid][call.args[0]]:
        if ref.kind is Kind.CLASS:
            return _constructed(view, fid, call, ref.id)
        if ref.kind is Kind.FUNCTION:
            given = _bound(view, fid, call, ref.id)
            for place in _within(view, ref.id):
                inner = view.definitions(place[0]).get(place[1])
                if inner is None:
                    continue
                found = (
                    _collected(place[0], inner)
                    if inner.op == Op.COLLECT
                    else _of_class(view, place[0], inner)
                )
                if found:
                    return {name: _told(view, held, given) for name, held in found.items()}
            return given
    return _NOTHING


def _of_class(view: ModelView, fid: str, call: Instr) -> Mapping[str, Place]:
    for ref in view.linker.refs[fid][call.args[0]]:
        if ref.kind is Kind.CLASS:
            return _constructed(view, fid, call, ref.id)
    return _NOTHING


def _told(view: ModelView, place: Place, given: Mapping[str, Place]) -> Place:
    """What a registrar is called with, where an entry holds its parameter: `methods or ("GET",)` too."""
    for _ in range(_MAX_STEPS):
        instr = view.definitions(place[0]).get(place[1])
        if instr is not None and instr.op == Op.LOAD and instr.name in given:
            return given[instr.name]
        if instr is None or instr.op != Op.LOGIC or instr.name != "or":
            break
        place = (place[0], instr.args[0])
    return place


def _within(view: ModelView, fid: str) -> Iterator[Place]:
    """Values that a function, or one in it, keeps: put into a list, or under a key."""
    for other in view.linker.functions:
        if other != fid and not other.startswith(f"{fid}."):
            continue
        definitions = view.definitions(other)
        for instr in view.linker.code(other):
            kept = -1
            if instr.op == Op.SETITEM:
                kept = instr.args[-1]
            elif instr.op == Op.CALL and len(instr.args) == 2:
                callee = definitions.get(instr.args[0])
                kept = instr.args[1] if callee is not None and callee.name in ("append", "add") else -1
            held = definitions.get(kept)
            while held is not None and held.op == Op.LOAD:
                stores = view.linker.contents(other).stores.get(held.name, ())
                held = definitions.get(stores[0].args[0]) if len(stores) == 1 else None
            if held is not None and held.op in (Op.COLLECT, Op.CALL):
                yield other, held.dst


def _constructed(view: ModelView, fid: str, call: Instr, cid: str) -> Mapping[str, Place]:
    """Members of an object: what its constructor assigns, or the fields of its class in their order."""
    constructor = view.linker.constructor(cid)
    if constructor is not None:
        given = _bound(view, fid, call, constructor)
        receiver = view.function(constructor).receiver
        found: dict[str, Place] = {}
        for instr in view.linker.contents(constructor).writes:
            base = view.definitions(constructor).get(instr.args[0])
            if instr.op == Op.SETATTR and base is not None and base.name == receiver:
                found[instr.name] = _told(view, (constructor, instr.args[-1]), given)
        return found
    path, _, name = cid.rpartition("::")
    cls = view.linker.modules[path].classes[name]
    body = function_id(path, name)
    named = {field.name: (body, field.default) for field in cls.fields if field.default >= 0}
    return {**named, **dict(_arguments(fid, call, [field.name for field in cls.fields]))}


def _bound(view: ModelView, fid: str, call: Instr, target: str) -> dict[str, Place]:
    """Parameters of a function, and what a call gives for them, or what stands for them by default."""
    function = view.function(target)
    names = [p.name for p in function.params if p.kind != "rest-map" and p.name != function.receiver]
    parent = function_id(view.linker.module_of[target], function.parent)
    found: dict[str, Place] = {p.name: (parent, p.default) for p in function.params if p.default >= 0}
    rest = next((index for index, p in enumerate(names) if _is_rest(view, target, p)), len(names))
    found.update(_arguments(fid, call, names[: rest + 1]))
    return found


def _is_rest(view: ModelView, fid: str, name: str) -> bool:
    return any(p.name == name and p.kind == "rest" for p in view.function(fid).params)


def _arguments(fid: str, call: Instr, names: list[str]) -> Iterator[tuple[str, Place]]:
    position = 0
    for index, value in enumerate(call.args[1:]):
        key = call.keys[index] if call.keys else None
        if key is None:
            if position < len(names):
                yield names[position], (fid, value)
            position += 1
        elif key not in ("*", "**"):
            yield key, (fid, value)


# -- what reads an entry --------------------------------------------------------------------------


class _Reading:
    """Values that are an entry, or members of one, in what dispatches and what that calls."""

    def __init__(self, view: ModelView, answering: frozenset[str]) -> None:
        self.view = view
        self.answering = answering
        """Members that are called to answer a request."""
        self.bases: dict[tuple[str, str | int], tuple[str, ...]] = {}
        """Variables, or values, that hold an entry or a member of one -> the names that lead to it."""

    def members(self) -> Mapping[Place, tuple[str, ...]]:
        """Value -> the names that lead to it from the entry."""
        for fid in self.view.linker.functions:
            if self.view.family(fid) == "python":
                self._seed(fid)
        for _ in range(_ROUNDS):
            before = len(self.bases)
            for fid in dict.fromkeys(fid for fid, _ in self.bases):
                self._hand_on(fid)
            if len(self.bases) == before:
                break
        found: dict[Place, tuple[str, ...]] = {}
        for fid in dict.fromkeys(fid for fid, _ in self.bases):
            for instr in self.view.linker.code(fid):
                path = self._path(fid, instr.dst) if instr.dst >= 0 else None
                if path:
                    found[fid, instr.dst] = path
        return found

    def _seed(self, fid: str) -> None:
        """`entry.handler(request)`, `for path, handler, needs in ROUTES: ... handler(request)`"""
        for instr in self.view.linker.contents(fid).calls:
            base, names = self._trace(fid, instr.args[0])
            if len(names) == 1 and names[0] in self.answering and base is not None:
                self.bases[fid, base] = ()

    def _hand_on(self, fid: str) -> None:
        """`check_needs(entry, request)`"""
        for instr in self.view.linker.contents(fid).calls:
            for ref in self.view.linker.refs[fid][instr.args[0]]:
                if ref.kind is not Kind.FUNCTION:
                    continue
                function = self.view.function(ref.id)
                names = [p.name for p in function.params if p.name != function.receiver]
                for name, (_, value) in _arguments(fid, instr, names):
                    path = self._path(fid, value)
                    if path is not None:
                        self.bases.setdefault((ref.id, name), path)

    def _path(self, fid: str, value: int, made: bool = True) -> tuple[str, ...] | None:
        """The names that lead to a value from an entry; `None` for another value."""
        base, names = self._trace(fid, value, made)
        held = self.bases.get((fid, base)) if base is not None else None
        return (*held, *names) if held is not None else None

    def _is_member(self, fid: str, value: int) -> bool:
        path = self._path(fid, value, made=False)
        return path is not None and len(path) == 1 and path[0] in self.answering

    def _trace(self, fid: str, value: int, made: bool = True) -> tuple[str | int | None, tuple[str, ...]]:
        """The variable or value that something is a member of, and the names of the members; `made` looks
        through calls of what an entry names, as what a class makes has what the class has."""
        definitions, names = self.view.definitions(fid), list[str]()
        for _ in range(_MAX_STEPS):
            instr = definitions.get(value)
            if instr is None:
                return None, ()
            if (fid, instr.dst) in self.bases:
                return instr.dst, tuple(reversed(names))
            name = _member(definitions, instr)
            if name is not None:
                names.append(name)
                value = (instr if instr.op != Op.CALL else definitions[instr.args[0]]).args[0]
                continue
            if instr.op == Op.LOAD:
                if (fid, instr.name) in self.bases:
                    return instr.name, tuple(reversed(names))
                stores = self.view.linker.contents(fid).stores.get(instr.name, ())
                if len(stores) == 1:
                    value = stores[0].args[0]
                    continue
                param = any(p.name == instr.name for p in self.view.function(fid).params)
                is_own = param and instr.name != self.view.function(fid).receiver
                return (instr.name, tuple(reversed(names))) if is_own and not stores else (None, ())
            if made and instr.op == Op.CALL and names and self.bases and self._is_member(fid, instr.args[0]):
                # An object of the class that the entry names.
                value = instr.args[0]
                continue
            held = instr.op in (Op.ITER, Op.ITEM, Op.CALL)
            return (instr.dst, tuple(reversed(names))) if held else (None, ())
        return None, ()


def _member(definitions: Mapping[int, Instr], instr: Instr) -> str | None:
    """The name of the member that an instruction reads: `entry.needs`, `entry["needs"]`, `entry[2]`,
    `entry.get("needs")`."""
    if instr.op == Op.ATTR:
        return instr.name
    if instr.op == Op.ITEM:
        return str(instr.value) if instr.value is not None and not isinstance(instr.value, bool) else None
    if instr.op != Op.CALL:
        return None
    callee = definitions.get(instr.args[0])
    if callee is None or callee.op != Op.ATTR or callee.name != "get" or len(instr.args) < 2:
        return None
    key = definitions.get(instr.args[1])
    return str(key.value) if key is not None and key.op == Op.CONST and isinstance(key.value, str) else None
