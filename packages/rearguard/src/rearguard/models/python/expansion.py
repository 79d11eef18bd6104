"""Values read with the calls that bind their function's parameters.

Projects wrap registrations: `def register_view(bp, routes, view): for route in routes: bp.add_url_rule(...)`,
or build paths with a function. A registration inside such a wrapper is one for each call of the wrapper.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, product

from rearguard.link import Kind, function_id
from rearguard.models.view import CallView, ModelView, ValueView
from rearguard.program import Function, Instr, Op, instructions

__all__ = ["Bound", "bound_arguments", "elements", "resolve", "sites", "texts"]

_MAX_DEPTH = 8
_MAX_WIDTH = 64


@dataclass(frozen=True, slots=True)
class Bound:
    """An expression, and the calls that bind the parameters of the function it stands in, innermost first."""

    value: ValueView
    sites: tuple[CallView, ...] = ()

    def at(self, value: int) -> "Bound":
        """Another value of the same function, in the same situation."""
        return Bound(ValueView(self.value.view, self.value.fid, value), self.sites)


def sites(view: ModelView, fid: str, depth: int = 2) -> tuple[tuple[CallView, ...], ...]:
    """The chains of calls that lead into a function, at most `depth` long."""
    found: list[tuple[CallView, ...]] = []
    for caller in sorted(view.linker.callers.get(fid, ())):
        for instr in view.linker.code(caller):
            if instr.op == Op.CALL and any(
                ref.kind is Kind.FUNCTION and ref.id == fid for ref in view.linker.refs[caller][instr.args[0]]
            ):
                call = CallView(view, caller, instr.dst, instr, "")
                outer = sites(view, caller, depth - 1) if depth > 1 else ()
                found.extend((call, *chain) for chain in outer or ((),))
    return tuple(found)


def resolve(bound: Bound, depth: int = 0) -> tuple[Bound, ...]:
    """The expressions that a name stands for: what was stored in it, looped over, or given for it."""
    instr = bound.value.instr
    if instr is None or instr.op != Op.LOAD or depth > _MAX_DEPTH:
        return (bound,)
    view, fid = bound.value.view, bound.value.fid
    while fid in view.linker.functions:
        function = view.function(fid)
        stores = _stores(function, instr)
        if stores:
            found = [each for store in stores for each in _stored(bound, fid, store, depth)]
            return tuple(islice(found, _MAX_WIDTH))
        if any(param.name == instr.name for param in function.params):
            given = _given(bound, function, fid, instr.name)
            return (bound,) if given is None else resolve(given, depth + 1)
        if instr.name in function.locals or not function.parent:
            return (bound,)
        fid = function_id(view.linker.module_of[fid], function.parent)
    return (bound,)


def _stores(function: Function, load: Instr) -> tuple[Instr, ...]:
    """The one store that runs before a load; both branches of a conditional expression."""
    before: list[Instr] = []
    for instr in instructions(function.body):
        if instr is load:
            break
        if instr.op == Op.STORE and instr.name == load.name:
            before.append(instr)
    return tuple(before) if load.name.startswith("$") or len(before) == 1 else ()


def _stored(bound: Bound, fid: str, store: Instr, depth: int) -> tuple[Bound, ...]:
    inside = bound.sites if fid == bound.value.fid else ()
    value = Bound(ValueView(bound.value.view, fid, store.args[0]), inside)
    instr = value.value.instr
    if instr is not None and instr.op == Op.ITER:
        return tuple(
            each
            for element in elements(value.at(instr.args[0]), depth + 1)
            for each in resolve(element, depth + 1)
        )
    return resolve(value, depth + 1)


def _given(bound: Bound, function: Function, fid: str, name: str) -> Bound | None:
    if not bound.sites or fid != bound.value.fid:
        return None
    call, outer = bound.sites[0], bound.sites[1:]
    position = 0
    for param in function.params:
        if param.name == name:
            given = call.arg(position if param.kind == "positional" else len(call.args), name)
            if given is None:
                given, _ = bound.value.view.parameter(fid, name)
                return Bound(given) if given is not None else None
            return Bound(given, outer)
        position += param.kind == "positional"
    return None


def elements(bound: Bound, depth: int = 0) -> tuple[Bound, ...]:
    """The elements of a list, tuple, comprehension or spread parameter."""
    found: list[Bound] = []
    for each in resolve(bound, depth) if depth <= _MAX_DEPTH else ():
        instr = each.value.instr
        if instr is None:
            continue
        if instr.op == Op.COLLECT:
            for index, value in enumerate(instr.args):
                inner = each.at(value)
                spread = bool(instr.keys) and instr.keys[index] in ("*", "**")
                found.extend(elements(inner, depth + 1) if spread else (inner,))
            found.extend(each.at(value) for value in _pushed(each.value))
        elif instr.op == Op.LOAD:
            found.extend(_rest(each, instr.name))
    return tuple(found[:_MAX_WIDTH])


def _pushed(value: ValueView) -> Iterator[int]:
    for instr in value.view.linker.code(value.fid):
        if instr.op == Op.PUSH and instr.args[0] == value.value:
            yield instr.args[-1]


def _rest(bound: Bound, name: str) -> tuple[Bound, ...]:
    """What a call gives for `*name`."""
    function = bound.value.view.function(bound.value.fid)
    named = [param for param in function.params if param.kind == "positional"]
    if not bound.sites or not any(param.name == name and param.kind == "rest" for param in function.params):
        return ()
    return tuple(Bound(given, bound.sites[1:]) for given in bound.sites[0].args[len(named) :])


def bound_arguments(call: CallView, chain: tuple[CallView, ...], start: int) -> tuple[Bound, ...]:
    """Positional arguments from `start`, a spread list among them taken apart."""
    found: list[Bound] = []
    position = 0
    for index, value in enumerate(call.call.args[1:]):
        key = call.call.keys[index] if call.call.keys else None
        bound = Bound(ValueView(call.view, call.fid, value), chain)
        if key == "*":
            found.extend(elements(bound))
        elif key is None:
            if position >= start:
                found.append(bound)
            position += 1
    return tuple(found)


def texts(bound: Bound, depth: int = 0) -> tuple[str, ...] | None:
    """The texts that an expression may be, or `None` when any of them is not known."""
    if bound.value.text is not None:
        return (bound.value.text,)
    if depth > _MAX_DEPTH:
        return None
    found: dict[str, None] = {}
    for each in resolve(bound):
        given = _texts_of(each, depth + 1)
        if given is None:
            return None
        found.update(dict.fromkeys(given))
    return tuple(islice(found, _MAX_WIDTH)) or None


def _texts_of(bound: Bound, depth: int) -> tuple[str, ...] | None:
    instr = bound.value.instr
    if bound.value.text is not None:
        return (bound.value.text,)
    if instr is not None and instr.op == Op.JOIN and instr.name != "join":
        parts = [texts(bound.at(value), depth) for value in instr.args]
        known = [part for part in parts if part is not None]
        if len(known) < len(parts):
            return None
        return tuple("".join(choice) for choice in islice(product(*known), _MAX_WIDTH))
    if instr is not None and instr.op == Op.CALL:
        return _returned(bound, instr, depth)
    return None


def _returned(bound: Bound, instr: Instr, depth: int) -> tuple[str, ...] | None:
    """The texts that a call of a function of the review gives."""
    view = bound.value.view
    callee = bound.at(instr.args[0]).value.functions
    if len(callee) != 1:
        return None
    call = CallView(view, bound.value.fid, bound.value.value, instr, "")
    found: dict[str, None] = {}
    for each in view.linker.code(callee[0]):
        if each.op == Op.RETURN and each.args:
            value = ValueView(view, callee[0], each.args[0])
            given = texts(Bound(value, (call, *bound.sites)), depth)
            if given is None:
                return None
            found.update(dict.fromkeys(given))
    return tuple(found) or None
