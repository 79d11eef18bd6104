"""What a route is registered with beside its handler, for guards to read:
`request.routeOptions.config.roles`."""

from typing import NamedTuple, TypeAlias

from rearguard.analysis.access.facts import Condition
from rearguard.analysis.access.origins import Origins
from rearguard.link import Kind
from rearguard.models.mark_concepts import RouteOptions
from rearguard.models.routing import Endpoint, TableEntry
from rearguard.program import Instr, Op, Span

__all__ = ["comes_out", "is_given", "is_of_entry", "mislaid"]

MAX_LOOKED = 30
"""Values that a test is looked through for."""
MAX_NAMES = 6
"""Members of members that are read on the way to an option."""
_EQUAL = {"==": True, "===": True, "!=": False, "!==": False, "is": True, "is not": False}
_AMONG = {"in": True, "not in": False}
_SIZES = frozenset(("length", "size"))
_TOLD = frozenset(("url", "method"))
"""What a framework itself puts among a route's options."""


class Unread(NamedTuple):
    """Stands for an option that is given and cannot be read."""


Given: TypeAlias = tuple[str, Instr] | Unread | None
"""What is given for an option, and in which function that stands; `None` where it is left out."""


class _Read(NamedTuple):
    """An option that is read."""

    path: tuple[str, ...]
    """The names that lead to it."""
    fallback: tuple[str, int] | None
    """What stands for it where it is left out."""
    of_table: bool = False
    """Whether the program's own table keeps it."""


class _Wanted(NamedTuple):
    """What an option is compared with."""

    values: tuple[object, ...]
    is_held: bool = False
    """Whether the option is asked for holding it: `"staff" in entry.roles`."""


class Mislaid(NamedTuple):
    """An option that stands where the guard does not look for it."""

    place: Span
    name: str
    within: str
    """The option within which the guard looks."""


def comes_out(condition: Condition, endpoint: Endpoint, origins: Origins) -> bool | None:
    """Whether a test of an option comes out true for an endpoint; `None` for another test."""
    if (endpoint.options is None and endpoint.entry is None) or condition.value < 0:
        return None
    compared = _compared(condition, origins, endpoint.entry)
    read = (
        compared[0]
        if compared is not None
        else _read(origins, condition.fid, condition.value, endpoint.entry)
    )
    if read is None:
        return None
    given = _given(origins, endpoint, read)
    if given is None and read.fallback is not None:
        given = origins.resolved(*read.fallback) or Unread()
    if isinstance(given, Unread):
        return None
    if compared is None:
        return False if given is None else _truth(given[1])
    return _as_compared(compared, given, origins)


def _as_compared(
    compared: tuple[_Read, "_Wanted", bool], given: tuple[str, Instr] | None, origins: Origins
) -> bool | None:
    """How a comparison of an option comes out."""
    _, wanted, holds = compared
    if given is not None and given[1].op == Op.COLLECT and wanted.is_held:
        held = [origins.view.definitions(given[0]).get(value) for value in given[1].args]
        if any(one is None or one.op != Op.CONST for one in held):
            return None
        return any(one is not None and one.value in wanted.values for one in held) == holds
    if given is not None and given[1].op != Op.CONST:
        return None
    return ((given[1].value if given is not None else None) in wanted.values) == holds


def is_given(condition: Condition, endpoint: Endpoint, origins: Origins) -> bool:
    """Whether an endpoint is registered with the option that a test asks for."""
    entry = endpoint.entry
    if not (endpoint.options or entry) or condition.value < 0:
        return False
    compared = _compared(condition, origins, entry)
    read = compared[0] if compared is not None else _read(origins, condition.fid, condition.value, entry)
    return read is not None and _given(origins, endpoint, read) is not None


def is_of_entry(condition: Condition, endpoint: Endpoint, origins: Origins) -> bool:
    """Whether a test looks at what the program's own table keeps for the route that answers: at its path,
    at its methods, which fit where it answers."""
    entry, pending = endpoint.entry, [condition.value]
    if entry is None:
        return False
    definitions = origins.view.definitions(condition.fid)
    for _ in range(MAX_LOOKED):
        if not pending:
            return False
        instr = definitions.get(pending.pop())
        if instr is None:
            continue
        if (condition.fid, instr.dst) in entry.read:
            return True
        if instr.op == Op.LOAD:
            pending.extend(value for value in origins.stores(condition.fid, instr) if value >= 0)
        pending.extend(instr.args)
    return False


def mislaid(condition: Condition, endpoint: Endpoint, origins: Origins) -> Mislaid | None:
    """Where a route gives the option that a test asks for beside the one within which the test looks:
    `{ roles: ["admin"] }` for a guard that reads `config.roles`."""
    if not endpoint.options or condition.value < 0:
        return None
    read = _read(origins, condition.fid, condition.value, None)
    if read is None or len(read.path) < 2 or _given(origins, endpoint, read) is not None:
        return None
    given = _given(origins, endpoint, read._replace(path=read.path[1:]))
    if not isinstance(given, tuple) or isinstance(given, Unread) or _truth(given[1]) is False:
        return None
    return Mislaid(origins.span(*given), read.path[-1], read.path[0])


def _compared(
    condition: Condition, origins: Origins, entry: TableEntry | None
) -> tuple[_Read, _Wanted, bool] | None:
    """An option that is compared with constants, which, and whether the test holds if it is one of them."""
    found = origins.resolved(condition.fid, condition.value)
    if found is None or found[1].op != Op.COMPARE:
        return None
    home, instr = found
    definitions = origins.view.definitions(home)
    if instr.name in _AMONG:
        read, held = _read(origins, home, instr.args[0], entry), origins.resolved(home, instr.args[1])
        if read is not None and held is not None and held[1].op == Op.COLLECT:
            named = [origins.view.definitions(held[0]).get(value) for value in held[1].args]
            if all(one is not None and one.op == Op.CONST for one in named):
                values = tuple(one.value for one in named if one is not None)
                return read, _Wanted(values), _AMONG[instr.name]
        read, word = _read(origins, home, instr.args[1], entry), definitions.get(instr.args[0])
        if read is not None and word is not None and word.op == Op.CONST:
            return read, _Wanted((word.value,), True), _AMONG[instr.name]
    for one, other in (instr.args, instr.args[::-1]) if instr.name in _EQUAL else ():
        read, wanted = _read(origins, home, one, entry), definitions.get(other)
        if read is not None and wanted is not None and wanted.op == Op.CONST:
            return read, _Wanted((wanted.value,)), _EQUAL[instr.name]
    return None


def _read(origins: Origins, fid: str, value: int, entry: TableEntry | None) -> _Read | None:
    """The option that a value is, or whose length."""
    names: list[str] = []
    fallback: tuple[str, int] | None = None
    for _ in range(MAX_NAMES):
        kept = entry.read.get((fid, value)) if entry is not None else None
        found = origins.resolved(fid, value) if kept is None else None
        if found is not None and entry is not None:
            kept = entry.read.get((found[0], found[1].dst))
        if kept is not None:
            return _Read((*kept, *reversed(names)), fallback or _instead(origins, fid, value), True)
        if found is None:
            return None
        fid, instr = found
        held = next((c for c in origins.concepts(fid, instr.dst) if isinstance(c, RouteOptions)), None)
        if held is not None:
            path = (*((held.within,) if held.within else ()), *reversed(names))
            return _Read(path, fallback) if path and path[-1] not in _TOLD else None
        if instr.op == Op.LOGIC and instr.name in ("or", "??") and len(instr.args) == 2:
            fallback = fallback if names else (fid, instr.args[1])
            value = instr.args[0]
            continue
        name = instr.name if instr.op == Op.ATTR else instr.value if instr.op == Op.ITEM else None
        if not isinstance(name, str):
            return None
        if names or name not in _SIZES:
            names.append(name)
        value = instr.args[0]
    return None


def _instead(origins: Origins, fid: str, value: int) -> tuple[str, int] | None:
    """What `entry.get("public", False)` gives where nothing is kept."""
    instr = origins.view.definitions(fid).get(value)
    return (fid, instr.args[2]) if instr is not None and instr.op == Op.CALL and len(instr.args) > 2 else None


def _given(origins: Origins, endpoint: Endpoint, read: _Read) -> Given:
    """What an endpoint's registration gives under a path of keys."""
    path, places = read.path, endpoint.options or ()
    if read.of_table:
        assert endpoint.entry is not None
        kept = endpoint.entry.values.get(path[0])
        path, places = path[1:], (kept,) if kept is not None else ()
    for place in places:
        held: Given = origins.resolved(*place) or Unread()
        for name in path:
            if held is None or isinstance(held, Unread):
                break
            held = _entry(origins, *held, name)
        if held is not None:
            return held
    return None


def _entry(origins: Origins, fid: str, made: Instr, name: str) -> Given:
    cid = next((ref.id for ref in origins.linker.refs[fid][made.dst] if ref.kind is Kind.CLASS), "")
    if cid and made.op != Op.CALL:
        return _of_class(origins, cid, name)
    if made.op == Op.CALL:
        # `secured("admin")`, which writes the options out.
        returned = [(t, value) for t in origins.targets(fid, made) for value in origins.returned(t)]
        found = origins.resolved(*returned[0]) if len(returned) == 1 else None
        return _entry(origins, *found, name) if found is not None and found[1].op == Op.COLLECT else Unread()
    if made.op != Op.COLLECT:
        return Unread()
    for key, value in reversed(tuple(zip(made.keys, made.args, strict=False))):
        if key == name:
            return origins.resolved(fid, value) or Unread()
        if key == "**":
            spread = origins.resolved(fid, value)
            inner = _entry(origins, *spread, name) if spread is not None else Unread()
            if inner is not None:
                return inner
    return None


def _of_class(origins: Origins, cid: str, name: str) -> Given:
    """What the body of a class, or of one that it extends, gives for a name."""
    for each in origins.linker.lineage(cid):
        for instr in origins.linker.code(each) if each in origins.linker.functions else ():
            if instr.op == Op.STORE and instr.name == name:
                return origins.resolved(each, instr.args[0]) or Unread()
    return None


def _truth(given: Instr) -> bool | None:
    if given.op == Op.CONST:
        return bool(given.value)
    # A list without entries counts as yes, and its length does not: what is asked is whether there are any.
    return bool(given.args) if given.op == Op.COLLECT else None
