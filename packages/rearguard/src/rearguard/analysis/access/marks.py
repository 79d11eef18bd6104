"""What decorators and registrations write down about a route, and guards that ask for it: `@Roles('admin')`,
`@Public()`, `{ config: { public: true } }`."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from rearguard.analysis.access import route_options
from rearguard.analysis.access.attributes import comes_out, is_given
from rearguard.analysis.access.facts import Condition
from rearguard.analysis.access.origins import Origins
from rearguard.models.mark_concepts import MarkedPlace, MarkMaker, MarkRead, RouteMark
from rearguard.models.routing import Endpoint, Link
from rearguard.program import Instr, Op, Span

_ALL = frozenset({"handler", "class"})


def applies(condition: Condition, endpoint: Endpoint, origins: Origins) -> str:
    """Whether a test of a route's mark comes out as the condition wants it: yes, no; "" for another test."""
    held = _outcome(condition, endpoint, origins)
    return "" if held is None else "yes" if held == condition.holds else "no"


def _outcome(condition: Condition, endpoint: Endpoint, origins: Origins) -> bool | None:
    """How a test of a route's marks comes out, or of several: `config.members || config.roles`."""
    asked = _asked(condition, origins)
    if asked is not None:
        return any((asked.key, place) in _marks(endpoint, origins) for place in asked.places)
    several = _several(condition, origins)
    found = [_outcome(each, endpoint, origins) for each in several.tests] if several is not None else []
    if several is not None and several.decides in found:
        return several.decides
    if several is not None and None not in found:
        return not several.decides
    # What stands for a mark that is missing, as in `config.roles || []`, is no test.
    held = route_options.comes_out(condition, endpoint, origins)
    return comes_out(condition, endpoint, origins) if held is None else held


class _Several(NamedTuple):
    """Tests joined by a word."""

    tests: tuple[Condition, ...]
    decides: bool
    """The outcome of one that settles all: true for `or`."""


def _several(condition: Condition, origins: Origins) -> _Several | None:
    """The tests of which a condition is made; `None` for one."""
    if condition.atoms or condition.value < 0:
        return None
    found = origins.resolved(condition.fid, condition.value)
    if found is None or found[1].op != Op.LOGIC or found[1].name not in ("or", "and"):
        return None
    home, made = found
    tests = tuple(condition._replace(fid=home, value=value, holds=True) for value in made.args)
    return _Several(tests, made.name == "or")


def lifts(condition: Condition, endpoint: Endpoint, origins: Origins) -> bool:
    """Whether a route's mark, and not its want of one, keeps the condition from holding."""
    given = not condition.holds or _is_given(condition, endpoint, origins)
    return given and applies(condition, endpoint, origins) == "no"


def _is_given(condition: Condition, endpoint: Endpoint, origins: Origins) -> bool:
    several = _several(condition, origins)
    if several is not None and any(_is_given(each, endpoint, origins) for each in several.tests):
        return True
    return is_given(condition, endpoint, origins) or route_options.is_given(condition, endpoint, origins)


def overlooked(condition: Condition, endpoint: Endpoint, origins: Origins) -> Span | None:
    """Where the marks of a method alone are looked at, and it is the class of the endpoint that is marked."""
    asked = _asked(condition, origins)
    if asked is None:
        return None
    marked = {place for key, place in _marks(endpoint, origins) if key == asked.key}
    says = any(
        asked.key in _of(link, origins) and _says_something(link, origins)
        for link in endpoint.chain
        if link.how == "decorator"
    )
    return asked.span if marked and says and not marked & asked.places else None


def _says_something(link: Link, origins: Origins) -> bool:
    """Whether a mark is known to be given what it asks for: `@Roles('lead')`, and not `@Roles()`."""
    found = origins.resolved(*link.value) if link.value is not None else None
    if found is None or found[1].op != Op.CALL or len(found[1].args) < 2:
        return False
    # In a decorator that is put together of others, what is given to that decides.
    given = (atom for value in found[1].args[1:] for atom in origins.of(found[0], value))
    return not any(atom.kind == "parameter" for atom in given)


class _Asked(NamedTuple):
    """A test of a mark: its key, what may have it, and where that is read."""

    key: str
    places: frozenset[str]
    span: Span


def _asked(condition: Condition, origins: Origins) -> _Asked | None:
    """The mark that a test asks for; `None` for another test."""
    if condition.value < 0 or condition.atoms:
        return None
    found = origins.resolved(condition.fid, condition.value)
    for _ in range(3):
        if found is None:
            return None
        home, instr = found
        if instr.op == Op.CALL and _is(origins, home, instr, MarkRead) and len(instr.args) > 1:
            key = _key(origins, home, instr.args[1])
            places = _places(origins, home, instr.args[2:])
            return _Asked(key, places, origins.span(home, instr)) if key else None
        if instr.op != Op.ATTR or instr.name != "length":
            return None
        found = origins.resolved(home, instr.args[0])
    return None


def _places(origins: Origins, fid: str, values: Iterable[int]) -> frozenset[str]:
    """What of a route is looked at for its marks; both where that cannot be told."""
    found: set[str] = set()
    for value in values:
        made = origins.resolved(fid, value)
        if made is None:
            return _ALL
        parts = made[1].args if made[1].op == Op.COLLECT else (made[1].dst,)
        for part in parts:
            said = {c.place for c in origins.concepts(made[0], part) if isinstance(c, MarkedPlace)}
            if not said:
                return _ALL
            found |= said
    return frozenset(found) or _ALL


def _is(origins: Origins, fid: str, instr: Instr, kind: type) -> bool:
    return any(isinstance(concept, kind) for concept in origins.concepts(fid, instr.dst))


def _key(origins: Origins, fid: str, value: int) -> str:
    text = origins.constant(fid, value)
    if text:
        return text
    found = origins.resolved(fid, value)
    if found is None or found[1].op != Op.CALL or not _is(origins, *found, MarkMaker):
        return ""
    return f"{found[0]}:{found[1].dst}"


def _marks(endpoint: Endpoint, origins: Origins) -> frozenset[tuple[str, str]]:
    """Keys under which an endpoint's decorators mark it, with what they stand on."""
    links = tuple(link for link in endpoint.chain if link.how == "decorator")
    written = tuple((link.span, link.on_class) for link in links)
    known = origins.marks.get(written)
    if known is None:
        keys = ((key, link.on_class) for link in links for key in _of(link, origins) if key)
        known = origins.marks[written] = frozenset((k, "class" if on else "handler") for k, on in keys)
    return known


def _of(link: Link, origins: Origins) -> Iterator[str]:
    if link.value is None:
        return
    found = origins.resolved(*link.value)
    if found is None or found[1].op != Op.CALL:
        return
    home, call = found
    yield _key(origins, home, call.args[0])
    if _is(origins, home, call, RouteMark) and len(call.args) > 1:
        yield _key(origins, home, call.args[1])
    for target in origins.targets(home, call):
        for value in origins.returned(target):
            made = origins.resolved(target, value)
            if made is not None and made[1].op == Op.CALL and _is(origins, *made, RouteMark):
                yield _key(origins, made[0], made[1].args[1]) if len(made[1].args) > 1 else ""
