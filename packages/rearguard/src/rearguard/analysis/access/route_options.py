"""What a route is registered with beside its handler, for guards to read:
`request.routeOptions.config.roles`."""

from typing import NamedTuple, TypeAlias

from rearguard.analysis.access.facts import Condition
from rearguard.analysis.access.origins import Origins
from rearguard.models.mark_concepts import RouteOptions
from rearguard.models.routing import Endpoint
from rearguard.program import Instr, Op, Span

__all__ = ["comes_out", "is_given", "mislaid"]

MAX_NAMES = 6
"""Members of members that are read on the way to an option."""
_EQUAL = {"==": True, "===": True, "!=": False, "!==": False}
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


class Mislaid(NamedTuple):
    """An option that stands where the guard does not look for it."""

    place: Span
    name: str
    within: str
    """The option within which the guard looks."""


def comes_out(condition: Condition, endpoint: Endpoint, origins: Origins) -> bool | None:
    """Whether a test of an option comes out true for an endpoint; `None` for another test."""
    if endpoint.options is None or condition.value < 0:
        return None
    compared = _compared(condition, origins)
    read = compared[0] if compared is not None else _read(origins, condition.fid, condition.value)
    if read is None:
        return None
    given = _given(origins, endpoint, read.path)
    if given is None and read.fallback is not None:
        given = origins.resolved(*read.fallback) or Unread()
    if isinstance(given, Unread):
        return None
    if compared is None:
        return False if given is None else _truth(given[1])
    if given is not None and given[1].op != Op.CONST:
        return None
    _, constant, equal = compared
    return ((given[1].value if given is not None else None) == constant) == equal


def is_given(condition: Condition, endpoint: Endpoint, origins: Origins) -> bool:
    """Whether an endpoint is registered with the option that a test asks for."""
    if not endpoint.options or condition.value < 0:
        return False
    compared = _compared(condition, origins)
    read = compared[0] if compared is not None else _read(origins, condition.fid, condition.value)
    return read is not None and _given(origins, endpoint, read.path) is not None


def mislaid(condition: Condition, endpoint: Endpoint, origins: Origins) -> Mislaid | None:
    """Where a route gives the option that a test asks for beside the one within which the test looks:
    `{ roles: ["admin"] }` for a guard that reads `config.roles`."""
    if not endpoint.options or condition.value < 0:
        return None
    read = _read(origins, condition.fid, condition.value)
    if read is None or len(read.path) < 2 or _given(origins, endpoint, read.path) is not None:
        return None
    given = _given(origins, endpoint, read.path[1:])
    if not isinstance(given, tuple) or isinstance(given, Unread) or _truth(given[1]) is False:
        return None
    return Mislaid(origins.span(*given), read.path[-1], read.path[0])


def _compared(condition: Condition, origins: Origins) -> tuple[_Read, object, bool] | None:
    """An option that is compared with a constant, which, and whether the test holds if both are the same."""
    found = origins.resolved(condition.fid, condition.value)
    if found is None or found[1].op != Op.COMPARE or found[1].name not in _EQUAL:
        return None
    home, instr = found
    for one, other in (instr.args, instr.args[::-1]):
        read, wanted = _read(origins, home, one), origins.view.definitions(home).get(other)
        if read is not None and wanted is not None and wanted.op == Op.CONST:
            return read, wanted.value, _EQUAL[instr.name]
    return None


def _read(origins: Origins, fid: str, value: int) -> _Read | None:
    """The option that a value is, or whose length."""
    names: list[str] = []
    fallback: tuple[str, int] | None = None
    for _ in range(MAX_NAMES):
        found = origins.resolved(fid, value)
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


def _given(origins: Origins, endpoint: Endpoint, path: tuple[str, ...]) -> Given:
    """What an endpoint's registration gives under a path of keys."""
    for place in endpoint.options or ():
        held: Given = origins.resolved(*place) or Unread()
        for name in path:
            if held is None or isinstance(held, Unread):
                break
            held = _entry(origins, *held, name)
        if held is not None:
            return held
    return None


def _entry(origins: Origins, fid: str, made: Instr, name: str) -> Given:
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


def _truth(given: Instr) -> bool | None:
    if given.op == Op.CONST:
        return bool(given.value)
    # A list without entries counts as yes, and its length does not: what is asked is whether there are any.
    return bool(given.args) if given.op == Op.COLLECT else None
