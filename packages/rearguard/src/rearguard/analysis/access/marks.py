"""What decorators write down about a route, and guards that ask for it: `@Roles('admin')`, `@Public()`."""

from collections.abc import Iterator

from rearguard.analysis.access.facts import Condition
from rearguard.analysis.access.origins import Origins
from rearguard.models.mark_concepts import MarkMaker, MarkRead, RouteMark
from rearguard.models.routing import Endpoint, Link
from rearguard.program import Instr, Op


def applies(condition: Condition, endpoint: Endpoint, origins: Origins) -> str:
    """Whether a test of a route's mark comes out as the condition wants it: yes, no; "" for another test."""
    key = _asked(condition, origins)
    if not key:
        return ""
    return "yes" if (key in _marks(endpoint, origins)) == condition.holds else "no"


def _asked(condition: Condition, origins: Origins) -> str:
    """The key of the mark that a test asks for; "" for another test."""
    if condition.value < 0 or condition.atoms:
        return ""
    found = origins.resolved(condition.fid, condition.value)
    for _ in range(3):
        if found is None:
            return ""
        home, instr = found
        if instr.op == Op.CALL and _is(origins, home, instr, MarkRead) and len(instr.args) > 1:
            return _key(origins, home, instr.args[1])
        if instr.op != Op.ATTR or instr.name != "length":
            return ""
        found = origins.resolved(home, instr.args[0])
    return ""


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


def _marks(endpoint: Endpoint, origins: Origins) -> frozenset[str]:
    """Keys under which an endpoint's decorators mark it."""
    links = tuple(link for link in endpoint.chain if link.how == "decorator")
    spans = tuple(link.span for link in links)
    known = origins.marks.get(spans)
    if known is None:
        known = origins.marks[spans] = frozenset(key for link in links for key in _of(link, origins) if key)
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
