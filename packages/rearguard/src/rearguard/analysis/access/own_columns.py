"""Names that are taken from a record itself: `name in columns_of("users")` lets every field through."""

import re

from rearguard.analysis.access.origins import Origins
from rearguard.models.view import ValueView
from rearguard.program import Op

_ATTRIBUTES = frozenset(
    (
        "__table__",
        "columns",
        "_meta",
        "column_attrs",
        "mapper",
        "__mapper__",
        "__dict__",
        "__annotations__",
        "model_fields",
        "__fields__",
        "_fields",
        "rawAttributes",
        "description",
    )
)
"""Members by which a model, its table or a cursor tells all its columns."""
_ASKS = re.compile(
    r"\b(?:pragma\s+table_info|information_schema\.columns|show\s+columns|describe)\b", re.IGNORECASE
)
_HARMLESS = re.compile(
    r"_?id|pk|uuid|guid|rowid|version|(?:created|updated|modified|inserted)(?:_?(?:at|on|date))?",
    re.IGNORECASE,
)
MAX_STEPS = 8


def of_record(origins: Origins, fid: str, value: int, depth: int = 0) -> bool:
    """Whether a value holds the names of all fields that a record has, but for those that harm nobody."""
    instr = origins.view.definitions(fid).get(value)
    if instr is None or depth > MAX_STEPS:
        return False
    if instr.op == Op.BINARY and instr.name == "-":
        left_out = [one.text or "" for one in ValueView(origins.view, fid, instr.args[1]).elements()]
        named = bool(left_out) and all(map(_HARMLESS.fullmatch, left_out))
        return named and of_record(origins, fid, instr.args[0], depth + 1)
    if instr.op == Op.ATTR and instr.name in _ATTRIBUTES:
        return True
    if instr.op == Op.LOAD:
        stores = origins.linker.contents(fid).stores.get(instr.name, ())
        return len(stores) == 1 and of_record(origins, fid, stores[0].args[0], depth + 1)
    if instr.op == Op.CALL:
        targets = origins.targets(fid, instr)
        if targets:
            return any(_asks_columns(origins, target) for target in targets)
        return any(of_record(origins, fid, arg, depth + 1) for arg in instr.args)
    if instr.op == Op.COLLECT:
        pushed = [i.args[1] for i in origins.linker.code(fid) if i.op == Op.PUSH and i.args[0] == value]
        return any(_gone_through(origins, fid, one, depth) for one in pushed)
    # `User.__table__.columns.keys`
    return instr.op == Op.ATTR and of_record(origins, fid, instr.args[0], depth + 1)


def _gone_through(origins: Origins, fid: str, value: int, depth: int) -> bool:
    """`c.name`, for each of what holds a record's columns."""
    definitions = origins.view.definitions(fid)
    made = definitions.get(value)
    if made is not None and made.op in (Op.ATTR, Op.ITEM):
        made = definitions.get(made.args[0])
    if made is None or made.op != Op.LOAD:
        return False
    for store in origins.linker.contents(fid).stores.get(made.name, ()):
        through = definitions.get(store.args[0])
        if (
            through is not None
            and through.op == Op.ITER
            and of_record(origins, fid, through.args[0], depth + 1)
        ):
            return True
    return False


def _asks_columns(origins: Origins, fid: str) -> bool:
    """Whether a function of the project asks the database which columns a table has, or a model."""
    return any(
        (instr.op == Op.CONST and isinstance(instr.value, str) and _ASKS.search(instr.value))
        or (instr.op == Op.ATTR and instr.name in _ATTRIBUTES - {"description"})
        for instr in origins.linker.code(fid)
    )


__all__ = ["of_record"]
