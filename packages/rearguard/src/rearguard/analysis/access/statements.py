"""SQL statements as accesses: the text is put together from constants, its slots are matched with values."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from rearguard.analysis.access import sql
from rearguard.analysis.access.assembled import naming
from rearguard.analysis.access.atoms import NOTHING, OWN, Atoms, Key, is_open_name, open_name, trimmed, union
from rearguard.analysis.access.listed import elements
from rearguard.analysis.access.origins import Origins
from rearguard.link import Kind
from rearguard.models.compile import Row
from rearguard.models.concepts import SqlExecution
from rearguard.program import Instr, Op

if TYPE_CHECKING:
    from rearguard.analysis.access.resources import Touch

_WRAPPERS = frozenset({"text", "SQL", "literal_column", "RawSQL", "raw"})
_RUNS = frozenset({"get", "all", "run", "iterate", "each", "execute"})
_SCALARS = frozenset(
    {"Number", "parseInt", "parseFloat", "String", "BigInt", "trim", "toLowerCase", "toString"}
)
_LISTS = re.compile(
    r"(?:\w+?_?)?(?:values?|vals|param(?:eter)?s|arg(?:ument)?s|bind(?:ing)?s?|replacements|list|array)", re.I
)
"""What lists of values are called that a statement is given."""
_NUMBERED = re.compile(r"\$\d")
_FIELD = re.compile(r"\{(\w*)\}")
"""A place in a text that `format` fills."""
MAX_TEXT = 8000
MAX_WRAPPERS = 2
"""Calls through which a function may hand on the text that another runs."""
TAGGED = "tagged"
"""What calls are named that a tagged template makes."""
_BEGINS = re.compile(r"\s*(?:select|insert\s+into|update|delete\s+from|with|replace\s+into)\s", re.IGNORECASE)


def by_statement(origins: Origins, fid: str, instr: Instr, row: Row) -> Touch | None:
    """The access of a call that runs a statement given as text."""
    concept = row.concept
    assert isinstance(concept, SqlExecution)
    callee = origins.view.definitions(fid).get(instr.args[0])
    if callee is not None and callee.name in (*_WRAPPERS, "prepare"):
        return None
    values = origins.program.arguments(instr, row, origins.receiver(fid, instr))
    if not values:
        return None
    text = statement_text(origins, fid, values[0]) if not row.keys else ""
    if row.keys:
        found = origins.resolved(fid, values[0])
        if found is not None and found[1].op == Op.COLLECT and row.keys[0] in found[1].keys:
            text = statement_text(origins, found[0], found[1].args[found[1].keys.index(row.keys[0])])
    bound, inner = origins.program.selected(instr, concept.parameters) if concept.parameters else ((), ())
    numbered = concept.by_text and len(instr.args) == 3 and _NUMBERED.search(text) is not None
    numbered = numbered and origins.linker.module_of[fid].endswith(".py")
    if concept.by_text and (len(instr.args) > 3 or numbered) and not any(instr.keys):
        # Of a driver that is not known the text tells how it is called: `fetchrow("... $1 ... $2", a, b)`.
        bound = instr.args[2:]
    spread = _spread(instr)
    if concept.by_text and spread in instr.args[3:]:
        # `execute("... $1 ... {rest}", key, *values)`: what stands before the list has its own place.
        bound, inner = instr.args[2 : instr.args.index(spread) + 1], ()
    # `$queryRawUnsafe(text, id)`: every value is an argument of its own, as asyncpg has it too.
    apart = (concept.parameters.endswith(":)") or numbered) and "*" not in instr.keys
    return _touch(origins, fid, instr, text, bound, inner, apart=apart)


def by_prepared(origins: Origins, fid: str, instr: Instr) -> Touch | None:
    """`db.prepare(text).get(id)`: the text stands in one call and its values in the next."""
    callee = origins.view.definitions(fid).get(instr.args[0])
    if callee is None or callee.op != Op.ATTR or callee.name not in _RUNS:
        return None
    found = origins.resolved(fid, callee.args[0])
    if found is None or found[1].op != Op.CALL:
        return None
    home, prepared = found
    made = origins.view.definitions(home).get(prepared.args[0])
    if made is None or made.name != "prepare" or len(prepared.args) < 2:
        return None
    if not any(isinstance(row.concept, SqlExecution) for row in origins.call_rows(home, prepared)):
        return None
    text = statement_text(origins, home, prepared.args[1])
    return _touch(origins, fid, instr, text, instr.args[1:], (), home)


def by_tagged(origins: Origins, fid: str, instr: Instr) -> Touch | None:
    """`sql`select ... where id = ${id}``: a tag that binds the values which stand in the text."""
    if instr.name != TAGGED:
        return None
    text = statement_text(origins, fid, instr.dst)
    return _touch(origins, fid, instr, text, (), ()) if _BEGINS.match(text) else None


def by_wrapper(origins: Origins, fid: str, instr: Instr) -> Touch | None:
    """A call of a function of the review that runs the text it is given: `query(text, values)`."""
    for target in origins.targets(fid, instr):
        names = _wrapped_parameters(origins, target)
        if names is None:
            continue
        given = origins.arguments(instr, target)
        if names[0] not in given:
            continue
        text = statement_text(origins, fid, given[names[0]])
        bound = (given[names[1]],) if names[1] in given else _written_out(origins, fid, given, names[0])
        apart = _taken_together(origins, target, names[1], instr)
        if apart:
            return _touch(origins, fid, instr, text, apart, (), apart=True)
        return _touch(origins, fid, instr, text, bound, ())
    return None


def _written_out(origins: Origins, fid: str, given: Mapping[str, int], text: str) -> tuple[int, ...]:
    """The one map or list that is written out where a wrapper is called: the values."""
    found = [
        value
        for name, value in given.items()
        if name != text
        and (made := origins.resolved(fid, value)) is not None
        and made[0] == fid
        and made[1].op == Op.COLLECT
    ]
    return tuple(found) if len(found) == 1 else ()


def _taken_together(origins: Origins, target: str, name: str, instr: Instr) -> tuple[int, ...]:
    """The values that a parameter such as `*args` takes together, where each is written out."""
    params = origins.linker.functions[target].params
    if "*" in instr.keys or not any(p.name == name and p.kind == "rest" for p in params):
        return ()
    return instr.args[1 + sum(1 for p in params if p.kind == "positional") :]


def _wrapped_parameters(origins: Origins, fid: str, depth: int = 0) -> tuple[str, str] | None:
    """Names of the parameters that a function runs as a statement, and binds to it."""
    if not _runs_statements(origins, fid, MAX_WRAPPERS - depth):
        return None
    for instr in origins.linker.contents(fid).calls:
        if instr.op != Op.CALL:
            continue
        for target in origins.targets(fid, instr) if depth < MAX_WRAPPERS else ():
            inner = _wrapped_parameters(origins, target, depth + 1) if target != fid else None
            given = origins.arguments(instr, target) if inner is not None else {}
            if inner is not None and inner[0] in given:
                text = _own_parameter(origins, fid, (given[inner[0]],))
                if text:
                    bound = given.get(inner[1], _spread(instr))
                    return text, _own_parameter(origins, fid, (bound,))
        for row in origins.call_rows(fid, instr):
            if not isinstance(row.concept, SqlExecution):
                continue
            text = _own_parameter(origins, fid, origins.program.arguments(instr, row, -1))
            if text:
                selector = row.concept.parameters
                values = origins.program.selected(instr, selector)[0] if selector else ()
                return text, _own_parameter(
                    origins, fid, values or _given_later(origins, fid, instr) or (_spread(instr),)
                )
    return None


def _given_later(origins: Origins, fid: str, prepared: Instr) -> tuple[int, ...]:
    """The values that what was prepared is run with: `db.prepare(text).all(...values)`."""
    definitions = origins.view.definitions(fid)
    for instr in origins.linker.contents(fid).calls:
        callee = definitions.get(instr.args[0])
        if callee is not None and callee.op == Op.ATTR and callee.name in _RUNS and len(instr.args) > 1:
            found = origins.resolved(fid, callee.args[0])
            if found is not None and found[1].dst == prepared.dst:
                return instr.args[1:]
    return ()


def _runs_statements(origins: Origins, fid: str, further: int) -> bool:
    """Whether a function has a call that runs statements, or calls one that has: most of those that are asked
    about their parameters do not."""
    place = (fid, further)
    known = origins.runs_statements.get(place)
    if known is None:
        known = origins.runs_statements[place] = any(
            any(isinstance(row.concept, SqlExecution) for row in origins.call_rows(fid, instr))
            or (
                further > 0
                and any(_runs_statements(origins, to, further - 1) for to in origins.targets(fid, instr))
            )
            for instr in origins.linker.contents(fid).calls
            if instr.op == Op.CALL
        )
    return known


def _spread(instr: Instr) -> int:
    """The list that a call hands on value by value: `run(text, *values)`; -1 where there is none."""
    spread = [v for v, key in zip(instr.args[1:], instr.keys, strict=False) if key == "*"]
    return spread[0] if len(spread) == 1 else -1


def _own_parameter(origins: Origins, fid: str, values: tuple[int, ...]) -> str:
    """The first of a function's parameters that values are made of."""
    places = {p.name: place for place, p in enumerate(origins.linker.functions[fid].params)}
    for value in values:
        atoms = (a for a in origins.of(fid, value) if a.kind == "parameter" and a.name == fid)
        own = [a.path[0] for a in atoms if len(a.path) == 1 and a.path[0] in places]
        if own:
            return min(own, key=places.__getitem__)
    return ""


def _touch(
    origins: Origins,
    fid: str,
    instr: Instr,
    text: str,
    bound: tuple[int, ...],
    inner: tuple[str, ...],
    text_home: str = "",
    apart: bool = False,
) -> Touch | None:
    from rearguard.analysis.access.resources import Touch

    statement = sql.parse(text)
    tables = _named(origins, text_home or fid, statement.tables)
    if not statement.operation or not tables:
        return None

    alone = _alone(origins, fid, bound, statement) if not apart else False

    def given(slot: sql.Slot) -> Atoms:
        if slot.hole >= 0:
            return origins.of(text_home or fid, slot.hole)
        key = slot.name or str(slot.index)
        if alone and slot.index == 0:
            return origins.of(fid, bound[0])
        one = len(bound) == 1 and not apart
        place = _behind(origins, fid, bound[0], slot, statement.places) if one else None
        if place is not None:
            return origins.of(*place)
        if one:
            found = origins.of(fid, bound[0], (*inner, key))
            return found or (origins.of(fid, bound[0]) if _is_grown(origins, fid, bound[0]) else found)
        if 0 <= slot.index < len(bound) and not (
            _spread(instr) == bound[-1] and slot.index >= len(bound) - 1
        ):
            return origins.of(fid, bound[slot.index])
        return union(origins.of(fid, value, (key,)) for value in bound)

    keys: tuple[Key, ...] = tuple((column, given(slot)) for column, slot in statement.keys)
    written = tuple(_written(origins, text_home or fid, instr, statement, bound, given))
    return Touch(
        None,
        fid,
        instr.dst,
        origins.span(fid, instr),
        tables[0],
        statement.operation,
        trimmed(keys),
        trimmed(written),
        tuple(dict.fromkeys(statement.flags)),
        tuple(dict.fromkeys(statement.columns)),
        tuple(dict.fromkeys(table for table in tables[1:] if not is_open_name(table))),
        shown=tuple(dict.fromkeys(statement.shown)),
        sides=tuple(
            tuple(union(given(slot) for slot in side) for side in sides) for sides in statement.sides
        ),
    )


def _named(origins: Origins, fid: str, tables: list[str]) -> list[str]:
    """Tables by name; of one that a parameter names (`f"UPDATE {table} SET"`), which parameter that is, or
    which member of the object that the method is called on (`{self.table}`)."""
    found: list[str] = []
    for table in tables:
        if not table.startswith("\0"):
            found.append(table)
            continue
        given = origins.of(fid, int(table.strip("\0")))
        own = [
            a.path
            for a in given
            if a.kind == "parameter" and a.name == fid and a.exact and len(a.path) == 1 + (a.path[0] == OWN)
        ]
        if len(own) == len(given) == 1:
            found.append(open_name(fid, own[0], ""))
        elif not found:
            # What is changed is not known; what is joined with it says nothing of it.
            return []
    return found


def _written(
    origins: Origins,
    home: str,
    instr: Instr,
    statement: sql.Statement,
    bound: tuple[int, ...],
    given: Callable[[sql.Slot], Atoms],
) -> Iterator[Key]:
    """Columns that a statement stores, with what they get; `home` is where its text stands."""
    from rearguard.analysis.access.written import fields_of

    for column, slot in statement.written:
        whole = _whole(origins, home, instr, slot, bound) if not column else None
        if whole is None and not column and slot.hole >= 0:
            # `SET {columns}`: what is set is named by the keys of something.
            yield "", naming(origins, home, slot.hole) or given(slot)
        elif whole is None:
            yield column, given(slot)
        else:
            # `insert into orders set ?`: the columns are the keys of what is given.
            yield from fields_of(origins, *whole)
    yield from ((column, NOTHING) for column in statement.fixed)


def _alone(origins: Origins, fid: str, bound: tuple[int, ...], statement: sql.Statement) -> bool:
    """Whether the one value that a statement takes is given as it is, as drivers for Node.js let one do:
    `db.prepare("... id = ?").get(id)`, and no list of values."""
    if len(bound) != 1 or statement.places != 1 or origins.linker.module_of[fid].endswith(".py"):
        return False
    found = origins.resolved(fid, bound[0])
    return found is not None and (
        (found[1].op in (Op.ATTR, Op.LOAD) and _LISTS.fullmatch(found[1].name) is None)
        or found[1].op in (Op.JOIN, Op.BINARY)
        or (found[1].op == Op.ITEM and found[1].value is not None)
        or (found[1].op == Op.CALL and _is_scalar(origins, *found))
    )


def _is_scalar(origins: Origins, fid: str, call: Instr) -> bool:
    """`Number(text)`, `text.trim()`"""
    callee = origins.view.definitions(fid).get(call.args[0])
    return callee is not None and callee.name in _SCALARS


def _whole(
    origins: Origins, fid: str, instr: Instr, slot: sql.Slot, bound: tuple[int, ...]
) -> tuple[str, int] | None:
    """The map whose keys are the columns, for a slot that has none: `${sql(values)}`, `SET ?`."""
    if slot.hole >= 0:
        made = origins.view.definitions(fid).get(slot.hole)
        if made is None or made.op != Op.CALL or len(made.args) != 2:
            return None
        tag, helper = (origins.view.definitions(fid).get(v) for v in (instr.args[0], made.args[0]))
        same = tag is not None and helper is not None and tag.name == helper.name
        return (fid, made.args[1]) if same else None
    if not bound or slot.index < 0:
        return None
    found = origins.resolved(fid, bound[0])
    if found is not None and found[1].op == Op.COLLECT and found[1].name == "list":
        home, listed = found
        return (home, listed.args[slot.index]) if slot.index < len(listed.args) else None
    return (fid, bound[0]) if len(bound) == 1 and slot.index == 0 else None


def _behind(origins: Origins, fid: str, value: int, slot: sql.Slot, count: int) -> tuple[str, int] | None:
    """The value of a slot in a list that takes another in: of `(*body.values(), user_id)` the last."""
    given = elements(origins, fid, value)
    if given is None or slot.index < 0:
        return _behind_written(origins, fid, value, slot, count)
    spread = [place for place, one in enumerate(given) if one.is_spread]
    if len(spread) > 1 or (not spread and len(given) != count):
        return None
    last = count - slot.index
    if not spread or slot.index < spread[0]:
        return fid, given[slot.index].value
    return fid, given[-last].value if last < len(given) - spread[0] else given[spread[0]].value


def _behind_written(
    origins: Origins, fid: str, value: int, slot: sql.Slot, count: int
) -> tuple[str, int] | None:
    """The same of a list that is written out elsewhere, and handed in."""
    found = origins.resolved(fid, value)
    if found is None or found[1].op != Op.COLLECT or found[1].keys.count("*") != 1 or slot.index < 0:
        return None
    home, listed = found
    spread, last = listed.keys.index("*"), count - slot.index
    if slot.index < spread:
        return home, listed.args[slot.index]
    return home, listed.args[-last] if last < len(listed.args) - spread else listed.args[spread]


def _is_grown(origins: Origins, fid: str, value: int) -> bool:
    """A list that later calls append to: which value ends up where is not known, only that it is there."""
    found = origins.resolved(fid, value)
    return found is not None and found[1].op not in (Op.COLLECT,)


def statement_text(origins: Origins, fid: str, value: int, depth: int = 0) -> str:
    """The text of a statement with a hole for everything that is not constant; "" if nothing is known."""
    instr = origins.view.definitions(fid).get(value)
    if instr is None or depth > 12:
        return ""
    if instr.op == Op.CONST:
        return str(instr.value)[:MAX_TEXT] if instr.value is not None else ""
    if instr.op == Op.JOIN and instr.name == "join" and len(instr.args) == 2:
        return _joined_text(origins, fid, instr.args[0], instr.args[1], depth)
    if instr.op == Op.JOIN or (instr.op == Op.BINARY and instr.name == "%"):
        parts = (_part(origins, fid, inner, depth + 1) for inner in instr.args)
        return "".join(parts)[:MAX_TEXT]
    if instr.op == Op.AWAIT:
        return statement_text(origins, fid, instr.args[0], depth + 1)
    if instr.op == Op.LOAD:
        return _stored_text(origins, fid, instr, depth)
    if instr.op == Op.CALL and instr.name == TAGGED:
        return _tagged_text(origins, fid, instr, depth)
    if instr.op == Op.CALL:
        return _called_text(origins, fid, instr, depth)
    return _only_text(origins, fid, value)


def _joined_text(origins: Origins, fid: str, between: int, listed: int, depth: int) -> str:
    """`" AND ".join(conditions)`, where each of them was put into the list by itself."""
    found = elements(origins, fid, listed) or ()
    if not found or all(one.is_spread for one in found):
        return ""
    text = statement_text(origins, fid, between, depth + 1)
    return text.join(_part(origins, fid, one.value, depth + 1) for one in found)[:MAX_TEXT]


def _only_text(origins: Origins, fid: str, value: int) -> str:
    """The one text that a value can be, or the statement with which it begins; "" for a piece, as a table's
    name, of which callers give several."""
    given = {ref.step for ref in origins.linker.refs[fid][value] if ref.kind is Kind.CONST}
    text = origins.constant(fid, value) or ""
    return text if len(given) < 2 or _BEGINS.match(text) else ""


def _tagged_text(origins: Origins, fid: str, instr: Instr, depth: int) -> str:
    """The texts of a tagged template, with holes for its values; tags among them are read along."""
    pieces = origins.view.definitions(fid).get(instr.args[1])
    if pieces is None:
        return ""
    text = ""
    for index, piece in enumerate(pieces.args):
        text += str(origins.constant(fid, piece) or "")
        if index + 2 < len(instr.args):
            inner = origins.view.definitions(fid).get(instr.args[index + 2])
            nested = inner is not None and inner.op == Op.CALL and inner.name == TAGGED
            text += (
                _tagged_text(origins, fid, inner, depth + 1)
                if inner is not None and nested and depth < 12
                else f"\0{instr.args[index + 2]}\0"
            )
    return text[:MAX_TEXT]


def _part(origins: Origins, fid: str, value: int, depth: int) -> str:
    return statement_text(origins, fid, value, depth) or f"\0{value}\0"


def _stored_text(origins: Origins, fid: str, load: Instr, depth: int) -> str:
    """What the variable holds after the assignments before: a text that grows by `+=` is taken whole."""
    function = origins.linker.functions[fid]
    if load.name in function.locals:
        last = -1
        for instr in origins.linker.code(fid):
            if instr.dst == load.dst:
                break
            if instr.op == Op.STORE and instr.name == load.name:
                last = instr.args[0]
        return statement_text(origins, fid, last, depth + 1) if last >= 0 else ""
    text = _only_text(origins, fid, load.dst)
    if text:
        return text
    found = origins.resolved(fid, load.dst)
    if found is not None and found[1].dst != load.dst:
        return statement_text(origins, found[0], found[1].dst, depth + 1)
    return ""


def _called_text(origins: Origins, fid: str, instr: Instr, depth: int) -> str:
    callee = origins.view.definitions(fid).get(instr.args[0])
    if callee is None:
        return ""
    if callee.name in _WRAPPERS and len(instr.args) > 1:
        return statement_text(origins, fid, instr.args[1], depth + 1)
    if callee.op == Op.ATTR and callee.name == "join" and len(instr.args) == 2:
        return _joined_text(origins, fid, instr.args[1], callee.args[0], depth)
    if callee.op == Op.ATTR and callee.name in ("strip", "trim", "format"):
        text = statement_text(origins, fid, callee.args[0], depth + 1)
        return _formatted(origins, fid, instr, text, depth) if callee.name == "format" else text
    return ""


def _formatted(origins: Origins, fid: str, call: Instr, text: str, depth: int) -> str:
    """`"SELECT ... {scope}".format(scope="WHERE owner_id = ?")`, with what is put in."""
    named = dict(zip(call.keys, call.args[1:], strict=False))
    counted = iter(call.args[1:])

    def given(match: re.Match[str]) -> str:
        name = match[1]
        if name.isdigit():
            value = call.args[1 + int(name)] if int(name) + 1 < len(call.args) else -1
        else:
            value = named.get(name, -1) if name else next(counted, -1)
        return match[0] if value < 0 else _filled(origins, fid, value, depth + 1)

    return _FIELD.sub(given, text)[:MAX_TEXT]


def _filled(origins: Origins, fid: str, value: int, depth: int) -> str:
    """A piece of text, which may be empty."""
    empty = origins.constant(fid, value) == ""
    return "" if empty else _part(origins, fid, value, depth)


__all__ = ["NOTHING", "TAGGED", "by_prepared", "by_statement", "by_tagged", "by_wrapper", "statement_text"]
