"""Marks that are attributes of a handler: `view.public = True`, for `getattr(view, "public", False)` to read.

A guard asks for them by name, of whatever the framework says will answer.
"""

import re
from collections.abc import Iterator, Mapping

from rearguard.analysis.access.facts import Condition
from rearguard.analysis.access.origins import Origins
from rearguard.link import Kind, function_id
from rearguard.models.routing import Endpoint
from rearguard.program import MODULE_BODY, Instr, Op, Span

__all__ = ["admits_all", "comes_out", "is_given"]

_EVERYBODY = re.compile(r"any|all|every|logged", re.IGNORECASE)
SEVERAL = 3
"""Roles that are taken for all there are, where a route names none."""
MAX_MADE = 3
"""Functions that make the one that marks: `def allow(*roles): def mark(view): ...`."""


def comes_out(condition: Condition, endpoint: Endpoint, origins: Origins) -> bool | None:
    """Whether a test of an attribute comes out true for what answers an endpoint; `None` for another test."""
    own = _of_class(condition, endpoint, origins)
    if own is not None:
        return own
    asked = _asked(condition, origins)
    if asked is None:
        return None
    name, missing = asked
    return _set(endpoint, origins).get(name, missing)


def _of_class(condition: Condition, endpoint: Endpoint, origins: Origins) -> bool | None:
    """Whether `self.staff_only` is true of the class that answers, as its body, or a base's, says."""
    fid = condition.fid
    function = origins.linker.functions.get(fid)
    read = origins.view.definitions(fid).get(condition.value) if function is not None else None
    if function is None or not function.receiver or read is None or read.op != Op.ATTR:
        return None
    base = origins.view.definitions(fid).get(read.args[0])
    if base is None or base.op != Op.LOAD or base.name != function.receiver:
        return None
    home = f"{origins.linker.module_of[fid]}::{function.owner}"
    lineage = origins.linker.lineage(_class_that_answers(endpoint, origins))
    for cid in lineage if home in lineage else ():
        for instr in origins.linker.code(cid) if cid in origins.linker.functions else ():
            if instr.op == Op.STORE and instr.name == read.name:
                return _truth(origins, cid, instr.args[0])
    return None


def _class_that_answers(endpoint: Endpoint, origins: Origins) -> str:
    handler = endpoint.handler
    if handler.cls or endpoint.implied is not None:
        return handler.cls or (endpoint.implied.cid if endpoint.implied is not None else "")
    for fid in handler.functions[:1]:
        owner = origins.linker.functions[fid].owner
        if owner:
            return f"{origins.linker.module_of[fid]}::{owner}"
    return ""


def is_given(condition: Condition, endpoint: Endpoint, origins: Origins) -> bool:
    """Whether what answers an endpoint has the attribute that a test asks for."""
    asked = _asked(condition, origins)
    return asked is not None and asked[0] in _set(endpoint, origins)


def admits_all(condition: Condition, endpoint: Endpoint, origins: Origins) -> bool:
    """Whether a route that names no roles takes them all: `getattr(view, "roles", ALL)`."""
    instr = origins.view.definitions(condition.fid).get(condition.value)
    if instr is None or instr.op != Op.COMPARE or instr.name not in ("in", "not in"):
        return False
    found = origins.resolved(condition.fid, instr.args[1])
    read = _with_default(origins, *found) if found is not None else None
    if found is None or read is None or read[0] in _set(endpoint, origins):
        return False
    named = origins.view.definitions(found[0]).get(read[1])
    known = origins.resolved(found[0], read[1])
    listed = known is not None and known[1].op == Op.COLLECT and len(known[1].args) >= SEVERAL
    return listed or (named is not None and _EVERYBODY.search(named.name) is not None)


def _with_default(origins: Origins, fid: str, instr: Instr) -> tuple[str, int] | None:
    """The attribute that `getattr(view, "public", False)` reads, and what stands for it elsewhere."""
    if not _falls_back(instr, instr.args[0] if instr.args else -1):
        return None
    read = origins.view.definitions(fid).get(instr.args[0])
    return (read.name, instr.args[1]) if read is not None and read.op == Op.ATTR else None


def _falls_back(instr: Instr, value: int) -> bool:
    """Whether another value stands for this one where it is nothing."""
    logic = instr.op == Op.LOGIC and instr.name in ("or", "??") and len(instr.args) == 2
    return logic and instr.args[0] == value


def _asked(condition: Condition, origins: Origins) -> tuple[str, bool | None] | None:
    """The attribute that a test asks for, and how the test comes out where there is none."""
    place = (condition.fid, condition.value)
    if place not in origins.asked_attributes:
        found = origins.resolved(*place) if condition.value >= 0 else None
        origins.asked_attributes[place] = _read(origins, *found) if found is not None else None
    return origins.asked_attributes[place]


def _read(origins: Origins, home: str, instr: Instr) -> tuple[str, bool | None] | None:
    if instr.op == Op.ATTR:
        # Of `if not getattr(view, "public", False)` each side of the default is a test.
        around = (i.args[1] for i in origins.linker.code(home) if _falls_back(i, instr.dst))
        default = next(around, None)
        return instr.name, _truth(origins, home, default) if default is not None else None
    read = _with_default(origins, home, instr)
    if read is not None:
        return read[0], _truth(origins, home, read[1])
    if instr.op == Op.CALL and origins.view.definitions(home)[instr.args[0]].name == "hasattr":
        name = origins.constant(home, instr.args[-1])
        return (name, False) if name else None
    return None


def _set(endpoint: Endpoint, origins: Origins) -> Mapping[str, bool | None]:
    """Attributes that an endpoint's handler was given, and whether they are true."""
    place: tuple[str | Span, ...] = (
        *endpoint.handler.functions,
        *(link.span for link in endpoint.chain if link.how == "decorator"),
    )
    known = origins.attributes.get(place)
    if known is None:
        # The outermost decorator has the last word.
        known = origins.attributes[place] = dict(reversed(list(_given(endpoint, origins))))
    return known


def _given(endpoint: Endpoint, origins: Origins) -> Iterator[tuple[str, bool | None]]:
    for fid in endpoint.handler.functions:
        body = function_id(origins.linker.module_of[fid], MODULE_BODY)
        for name, base, value in _stored(origins, body):
            if any(ref.kind is Kind.FUNCTION and ref.id == fid for ref in origins.linker.refs[body][base]):
                yield name, _truth(origins, body, value)
    for link in endpoint.chain:
        if link.how in ("decorator", "wrapper"):
            for fid in link.functions:
                yield from _by_decorator(origins, fid, 0)


def _by_decorator(origins: Origins, fid: str, depth: int) -> Iterator[tuple[str, bool | None]]:
    """What a decorator sets on what it returns, or what a decorator sets that it makes."""
    definitions = origins.view.definitions(fid)
    returned = [(value, definitions.get(value)) for value in origins.returned(fid)]
    names = {instr.name for _, instr in returned if instr is not None and instr.op == Op.LOAD}
    for name, base, value in _stored(origins, fid):
        if definitions[base].name in names:
            yield name, _truth(origins, fid, value)
    if depth < MAX_MADE:
        made = (ref for value, _ in returned for ref in origins.linker.refs[fid][value])
        for ref in made:
            if ref.kind is Kind.FUNCTION and ref.id.startswith(f"{fid}."):
                yield from _by_decorator(origins, ref.id, depth + 1)


def _stored(origins: Origins, fid: str) -> Iterator[tuple[str, int, int]]:
    """The names of attributes that are set on what a variable holds, with the variable's value and theirs."""
    definitions = origins.view.definitions(fid)
    for instr in origins.linker.code(fid):
        name: str | None = instr.name
        base, value = (*instr.args, -1, -1)[:2]
        if instr.op == Op.CALL and len(instr.args) == 4 and definitions[instr.args[0]].name == "setattr":
            base, value = instr.args[1], instr.args[3]
            name = origins.constant(fid, instr.args[2])
        elif instr.op != Op.SETATTR:
            continue
        held = definitions.get(base)
        if name and held is not None and held.op == Op.LOAD:
            yield name, base, value


def _truth(origins: Origins, fid: str, value: int) -> bool | None:
    """Whether a value counts as true; `None` where that cannot be told."""
    found = origins.resolved(fid, value)
    if found is None:
        return None
    home, instr = found
    if instr.op == Op.CONST:
        return bool(instr.value)
    if instr.op == Op.COLLECT:
        return bool(instr.args)
    return True if instr.op == Op.LOAD and _is_rest(origins, home, instr) else None


def _is_rest(origins: Origins, fid: str, load: Instr) -> bool:
    """`roles` of `def allow(*roles)`, which nobody calls without any."""
    owner = origins.program.owner(fid, load.name) or fid
    return any(p.name == load.name and p.kind == "rest" for p in origins.linker.functions[owner].params)
