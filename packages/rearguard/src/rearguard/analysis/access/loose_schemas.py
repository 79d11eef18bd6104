"""Bodies of which only some fields were looked at: checked by a schema, and taken whole all the same."""

from collections.abc import Iterator

from rearguard.analysis.access.facts import Condition
from rearguard.analysis.access.origins import Origins
from rearguard.analysis.access.schema_calls import is_closed_schema, is_open_schema
from rearguard.analysis.access.surface import Surface
from rearguard.models import json_schemas
from rearguard.models.concepts import Outcome, Schema
from rearguard.models.view import ValueView
from rearguard.program import Instr, Op

__all__ = ["lets_more"]

_REFUSES = (400, 401, 403, 404, 422)
_BODIES = ("body", "json", "data")


def lets_more(surface: Surface, origins: Origins) -> bool:
    """Whether all that looks at a request's body is known to let fields through that it does not name."""
    strengths = [check.strength for check in surface.checks if check.kind == "validation"]
    if any(strength not in ("loose", "typed", "declared") for strength in strengths):
        return False
    if surface.doubts or any(map(_sounds_like_a_check, surface.unread)):
        return False
    asked = [c for fact in surface.facts if fact.status in _REFUSES for c in fact.conditions[-2:] if c.schema]
    if not all(_is_loose(condition, origins) for condition in asked):
        return False
    return bool(asked or strengths) and not _is_replaced(surface, origins)


def _sounds_like_a_check(link: object) -> bool:
    label = getattr(link, "label", "").lower()
    return any(word in label for word in ("valid", "schema", "celebrate", "check", "joi", "zod"))


def _is_loose(condition: Condition, origins: Origins) -> bool:
    """Whether the schemas whose verdict is tested let other fields through, one and all."""
    asked = list(_calls(condition, origins))
    if any(isinstance(c, Outcome) for call in asked for c in origins.concepts(condition.fid, call.dst)):
        return True
    calls = [
        (call, row.concept)
        for call in asked
        for row in origins.call_rows(condition.fid, call)
        if isinstance(row.concept, Schema)
    ]
    return bool(calls) and all(_call_is_loose(origins, condition.fid, *each) for each in calls)


def _calls(condition: Condition, origins: Origins) -> Iterator[Instr]:
    """The calls that a test asks, or those of a body whose errors are caught."""
    if condition.value < 0:
        span = condition.span
        for instr in origins.linker.code(condition.fid):
            if instr.op == Op.CALL and span.start <= instr.start and instr.end <= span.end:
                yield instr
        return
    pending, definitions = [condition.value], origins.view.definitions(condition.fid)
    for _ in range(12):
        if not pending:
            return
        found = origins.resolved(condition.fid, pending.pop())
        if found is None or found[0] != condition.fid:
            continue
        instr = found[1]
        if instr.op == Op.CALL:
            yield instr
            callee = definitions.get(instr.args[0])
            pending.extend(callee.args if callee is not None and callee.op == Op.ATTR else ())
        else:
            pending.extend(instr.args)


def _call_is_loose(origins: Origins, fid: str, call: Instr, concept: Schema) -> bool:
    described = [value for value in _described(origins, fid, call) if json_schemas.is_schema(value)]
    if described:
        return all(map(json_schemas.lets_more, described))
    if concept.refuses:
        return is_open_schema(origins, fid, call, concept)
    return not is_closed_schema(origins, fid, call)


def _described(origins: Origins, fid: str, call: Instr) -> Iterator[ValueView]:
    """What may be the JSON Schema that a call goes by: given to it, or to what made the function."""
    yield from (ValueView(origins.view, fid, value) for value in call.args[1:])
    made = origins.resolved(fid, call.args[0])
    callee = made[1] if made is not None else None
    if made is not None and callee is not None and callee.op == Op.ATTR:
        made = origins.resolved(made[0], callee.args[0])
    if made is not None and made[1].op in (Op.CALL, Op.NEW):
        yield from (ValueView(origins.view, made[0], value) for value in made[1].args[1:])


def _is_replaced(surface: Surface, origins: Origins) -> bool:
    """Whether what a schema gives takes the place of the body: `req.body = schema.parse(req.body)`."""
    chain = (fid for link in surface.endpoint.chain for fid in link.functions)
    for fid in dict.fromkeys((*chain, *(fact.fid for fact in surface.facts))):
        for instr in origins.linker.code(fid) if fid in origins.linker.functions else ():
            given = origins.of(fid, instr.args[1]) if instr.op == Op.SETATTR and instr.name in _BODIES else ()
            if any(atom.bound or not atom.exact for atom in given):
                return True
    return False
