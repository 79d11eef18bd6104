"""What an endpoint reads from the request, what bounds it, and what becomes of it."""

from collections.abc import Iterable, Iterator

from rearguard.analysis.access.atoms import OPEN, Atom, Atoms
from rearguard.analysis.access.events import Fact
from rearguard.analysis.access.origins import Origins
from rearguard.analysis.access.principals import is_caller
from rearguard.analysis.access.surface import Surface
from rearguard.analysis.access.types import InputUse
from rearguard.models.javascript.chains import hands_on
from rearguard.program import Span

_WHOLE = frozenset({"body", "json", "data", "form", "query", "path", "params", "args"})
CHANNELS = {
    "params": "path",
    "args": "query",
    "json": "body",
    "data": "body",
    "headers": "header",
    "cookies": "cookie",
    "files": "file",
}
_STRENGTH = ("none", "length", "unknown", "pattern", "allow-list", "number", "schema")


def used_inputs(surface: Surface, origins: Origins) -> tuple[InputUse, ...]:
    """Every input that reaches a stored object, a condition or an effect; and parameters of the handler."""
    checked = tuple(dict.fromkeys(_checked(surface)))
    bounds: dict[tuple[str, tuple[str, ...], str], str] = {}
    found: dict[tuple[str, str], InputUse] = {}
    # Large handlers use the same input under hundreds of conditions: each is looked at once.
    for atom, used_as in dict.fromkeys(_uses(surface)):
        if _is_of_others(atom, surface, origins):
            atom = atom._replace(bound="")
        kept = (atom.name, atom.path, atom.bound)
        if kept not in bounds:
            bounds[kept] = _validation(atom, checked, surface)
        channel, name = CHANNELS.get(atom.name, atom.name), ".".join(atom.path)
        use = InputUse(channel, name, atom.span or Span("", 0, 0), bounds[kept], used_as)
        held = found.get((channel, name))
        found[channel, name] = use if held is None else _joined(held, use)
    for name, channel in surface.endpoint.inputs.items():
        kind, _, typed = channel.partition(":")
        if (
            kind not in ("path", "query", "body", "form", "header", "cookie", "file")
            or name in surface.passed
        ):
            continue
        if not any(c == kind and (n == name or kind == "body") for c, n in found):
            bound = "number" if typed else "unknown"
            found[kind, name] = InputUse(kind, name, surface.endpoint.span, bound, "other")
    return tuple(found.values())


def _joined(one: InputUse, other: InputUse) -> InputUse:
    """One input used twice: the stronger use counts, with its bound; of two alike, the weaker bound."""
    order = ("other", "identifier", "stored")
    used = max(one.used_as, other.used_as, key=order.index)
    alike = [use.validation for use in (one, other) if use.used_as == used]
    weaker = min(alike, key=_STRENGTH.index)
    span = one.span if one.used_as == used else other.span
    return InputUse(one.channel, one.name, span, weaker, used)


def _uses(surface: Surface) -> Iterator[tuple[Atom, str]]:
    for touch in surface.touches:
        for _, atoms in touch.written:
            for atom in _inputs(atoms):
                yield atom, "stored"
        searched = touch.operation in ("list", "read") and len(touch.keys) > 1
        for name, atoms in touch.keys:
            for atom in _inputs(atoms):
                yield atom, "identifier" if not searched or "id" in name.lower() else "other"
    seen: set[int] = set()
    for fact in surface.facts:
        for condition in fact.conditions:
            if id(condition) not in seen:
                seen.add(id(condition))
                for atom in _inputs(condition.atoms):
                    yield atom, "other"
        for atom in _inputs(fact.atoms):
            yield atom, "other"


def _inputs(atoms: Atoms) -> Iterable[Atom]:
    """Input in a stable order; credentials and the request's own address are no input of the application."""
    found = [a for a in atoms if a.kind == "input" and (a.path or a.name in ("body", "form", "json", "data"))]
    return sorted(found, key=lambda a: (a.name, a.path, a.span or Span("", 0, 0)))


def _checked(surface: Surface) -> Iterator[tuple[str, tuple[str, ...], str]]:
    """Inputs whose refusal with a 4xx status says that they were looked at: (channel, path, how)."""
    for fact in surface.facts:
        if fact.kind == "checked":
            for atom in fact.atoms:
                if atom.kind == "input":
                    yield CHANNELS.get(atom.name, atom.name), atom.path, "pattern"
        if fact.touch is not None:
            yield from _allowed(fact)
        if fact.kind != "denial" or fact.status not in (400, 422, 404, 403, 401):
            continue
        for condition in fact.conditions[-2:]:
            if any(is_caller(a) for a in condition.atoms):
                continue
            if condition.schema and not any(a.kind == "input" for a in condition.atoms):
                yield "*", (), "schema"
            for atom in condition.atoms:
                if atom.kind == "input" and fact.status in (400, 422):
                    how = "schema" if condition.schema else "pattern"
                    if how == "schema" or not condition.presence:
                        path = () if how == "schema" else atom.path
                        yield CHANNELS.get(atom.name, atom.name), path, how


def _allowed(fact: Fact) -> Iterator[tuple[str, tuple[str, ...], str]]:
    """Inputs that had to pass a test for something to be stored: `if kind in KINDS: save(kind)`."""
    for condition in fact.conditions:
        if condition.holds and not condition.presence and not condition.settled:
            for atom in condition.atoms:
                if atom.kind == "input":
                    yield CHANNELS.get(atom.name, atom.name), atom.path, "allow-list"


def _is_of_others(atom: Atom, surface: Surface, origins: Origins) -> bool:
    """Whether an input is known as a middleware left it, which does not run before this endpoint."""
    if atom.bound not in ("schema", OPEN) or atom.fid not in origins.linker.functions:
        return False
    endpoint = surface.endpoint
    if any(atom.fid in link.functions for link in (*endpoint.chain, endpoint.handler)):
        return False
    return origins.view.family(atom.fid) == "javascript" and hands_on(origins.view, (atom.fid,))


def _validation(atom: Atom, checked: tuple[tuple[str, tuple[str, ...], str], ...], surface: Surface) -> str:
    if atom.bound in ("schema", "number"):
        return atom.bound
    if atom.bound == OPEN:
        return "schema"
    channel = CHANNELS.get(atom.name, atom.name)
    found = [
        how for kind, path, how in checked if kind == "*" or (kind == channel and _covers(path, atom.path))
    ]
    if found:
        return max(found, key=_STRENGTH.index)
    for check in surface.checks:
        # One that goes by the declared types checks what is declared as a class alone, which is known above.
        if check.kind == "validation" and check.strength not in ("typed", "declared"):
            return "schema"
    if atom.bound in ("length", "unknown"):
        return atom.bound
    if any(_is_validating(link.label) for link in (*surface.unread, *surface.doubts)):
        return "unknown"
    return "none"


def _covers(path: tuple[str, ...], given: tuple[str, ...]) -> bool:
    if not path:
        return True
    return all(a in ("*", b) for a, b in zip(path, given, strict=False)) and len(path) <= max(len(given), 1)


def _is_validating(label: str) -> bool:
    lowered = label.lower()
    return any(
        word in lowered
        for word in ("valid", "schema", "celebrate", "check(", "body(", "param(", "joi", "zod")
    )
