"""Maps that a query takes its conditions from: who chooses their keys chooses what is compared, and how."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rearguard.analysis.values import uses
from rearguard.analysis.values.domain import ANY_KEY, KEYS, Value
from rearguard.analysis.values.narrowing import bits
from rearguard.link.refs import Kind
from rearguard.models.compile import Row
from rearguard.models.concepts import TEXT, Context, LookupNames, ResourceAccess
from rearguard.models.javascript.chains import follow
from rearguard.models.view import ValueView
from rearguard.program import Instr, Op

if TYPE_CHECKING:
    from rearguard.analysis.values.regions import Regions

_ASKS = frozenset(("filter", "exclude"))
"""Methods that take conditions by keyword wherever they are given a map of them."""
_ASKS_ONE = frozenset(("get", "aget", "get_or_none"))
_TELL_FIELDS = frozenset(("asdict", "dict", "dump", "load", "model_dump"))
"""Calls that give the fields which the class of an object, or of a schema, declares."""

_EXTRA = re.compile(rb"""extra["']?\s*[:=]\s*(?:["']|\w*Extra\.)allow""")


def note_lookups(run: Regions, instr: Instr, rows: tuple[Row, ...]) -> None:
    """`query.filter(**conditions)`."""
    if run.family != "python" or "**" not in instr.keys:
        return
    callee = run.definitions.get(instr.args[0])
    if callee is None or callee.op != Op.ATTR:
        return
    asks = callee.name in _ASKS or (
        callee.name in _ASKS_ONE and any(isinstance(row.concept, ResourceAccess) for row in rows)
    )
    for key, number in zip(instr.keys, instr.args[1:], strict=True) if asks else ():
        value = run.values[number] if key == "**" else None
        if value is None or _declares(run, number):
            continue
        named = (value.fields or {}).get(KEYS)
        labels = value.labels | (named.deep() if named is not None else 0)
        if labels:
            uses.use_at(run, instr, LookupNames(""), number, Value(labels, None, None, value.origin))


def dumped(run: Regions, instr: Instr) -> tuple[Value] | None:
    """What `body.model_dump()` gives: values that were sent, under names that the class declares."""
    callee = run.definitions.get(instr.args[0])
    if callee is None or callee.op != Op.ATTR or callee.name not in ("model_dump", "dict"):
        return None
    held = [
        ref.base for ref in run.refs[callee.args[0]] if ref.kind is Kind.INSTANCE and ref.base is not None
    ]
    value = run.values[callee.args[0]]
    if (
        value is None
        or not held
        or not all(ref.kind is Kind.CLASS and not _is_open(run, ref.id) for ref in held)
    ):
        return None
    names = value.deep() & ~run.origins.repeated(bits((*TEXT, Context.NAME, Context.KEY)))
    fields = {ANY_KEY: Value(value.deep(), None, None, value.origin), KEYS: Value(names)}
    return (Value(0, fields, None, -1, "dict"),)


def _is_open(run: Regions, cid: str) -> bool:
    """Whether a class lets fields through that it does not declare (pydantic, "Model config", `extra`)."""
    linker, texts = run.linker, run.program.view.texts
    for each in (cid, *linker.lineage(cid)):
        home, _, name = each.partition("::")
        cls = linker.modules[home].classes.get(name) if home in linker.modules else None
        if cls is not None and _EXTRA.search(texts.get(home, b"")[cls.start : cls.end]):
            return True
    return False


def _declares(run: Regions, number: int) -> bool:
    """Whether a map holds what a form, a schema or a class declares, whatever was sent."""
    value = follow(ValueView(run.program.view, run.fid, number))
    held, definitions = value.instr, run.program.definitions(value.fid)
    if held is None or held.op not in (Op.ATTR, Op.CALL):
        return False
    if held.op == Op.CALL:
        callee = definitions.get(held.args[0])
        if callee is None or callee.name not in _TELL_FIELDS:
            return False
        told = held.args[1:2] if callee.name == "asdict" else callee.args[:1]
        return any(
            ref.kind is Kind.INSTANCE and ref.base is not None and ref.base.kind is Kind.CLASS
            for source in told
            for ref in run.linker.refs[value.fid][source]
        )
    if held.name in ("validated_data", "cleaned_data"):
        return True
    of = definitions.get(held.args[0])
    return held.name == "data" and of is not None and of.name.endswith(("serializer", "form"))
