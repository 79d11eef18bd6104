"""A helper of the project that runs the text it is given: what is to be repaired is the call that gives it.

`rows(sql, params)` hands both to the driver, so its callers bind values as they would there.
"""

from dataclasses import replace

from rearguard.link import Kind, split_selector
from rearguard.models.concepts import SqlExecution
from rearguard.program import Instr, Op
from rearguard.repair.context import RepairContext
from rearguard.repair.syntax import RepairError

__all__ = ["at_the_call"]


def at_the_call(context: RepairContext, concept: SqlExecution) -> tuple[RepairContext, SqlExecution]:
    """The context at the call of the helper, and how that takes text and values; both as they are when the
    text is made where it is run. Raises RepairError where the helper takes no values."""
    text = _parameter(context, context.target.argument)
    found = _call(context) if text else None
    if found is None:
        return context, concept
    fid, call = found
    values = _values(context, concept)
    index, argument = _given(context, call, text)
    if argument < 0:
        return context, concept
    parameters, is_rest = _place(context, values)
    target = replace(context.target, fid=fid, value=call.dst, argument=argument)
    moved = replace(
        concept,
        path=f"helper({index})",
        parameters=f"({parameters}:)" if is_rest else f"({parameters}|{values})",
        wraps="",
    )
    return replace(context, target=target), moved


def _parameter(context: RepairContext, number: int, may_be_set: bool = False) -> str:
    """The parameter of the helper that a value is, "" for other values."""
    instr = context.view.definitions(context.target.fid).get(number)
    if instr is None or instr.op != Op.LOAD:
        return ""
    if not may_be_set and context.stores(context.target.fid, instr.name):
        return ""
    return instr.name if any(param.name == instr.name for param in context.function.params) else ""


def _call(context: RepairContext) -> tuple[str, Instr] | None:
    """The call of the helper at the finding's place, with the function that holds it."""
    place = context.finding.location
    linker = context.view.linker
    for fid, path in linker.module_of.items():
        function = linker.functions[fid]
        if path != place.path or (
            function.kind != "module" and (place.end <= function.start or function.end <= place.start)
        ):
            continue
        for instr in linker.code(fid):
            if instr.op != Op.CALL or not (place.start <= instr.start and instr.end <= place.end):
                continue
            refs = context.value(fid, instr.args[0]).refs
            if any(ref.kind is Kind.FUNCTION and ref.id == context.target.fid for ref in refs):
                return fid, instr
    return None


def _values(context: RepairContext, concept: SqlExecution) -> str:
    """The helper's parameter that the driver gets as values."""
    _, selector, keys = split_selector(concept.parameters)
    call = context.call
    if selector is not None and not keys:
        spread = [i for i, key in enumerate(call.keys) if key == "*" and i >= (selector.low or 0)]
        for position in (*selector.pick(len(call.args) - 1, call.keys), *spread):
            # An optional argument before the last is put right at the start: `params = []`.
            name = _parameter(context, call.args[1 + position], may_be_set=True)
            if name:
                return name
    raise RepairError("the helper that runs the text takes no values to bind")


def _given(context: RepairContext, call: Instr, name: str) -> tuple[int, int]:
    """Position and value of the argument for a parameter of the helper; -1 where it is not given so."""
    names = [param.name for param in context.function.params]
    index = names.index(name)
    for position, number in enumerate(call.args[1:]):
        key = call.keys[position] if call.keys else None
        if key == name or (key is None and position == index):
            return index, number
    return index, -1


def _place(context: RepairContext, name: str) -> tuple[int, bool]:
    """Position of the helper's parameter for values, and whether it takes all that follow."""
    for index, param in enumerate(context.function.params):
        if param.name == name:
            if param.kind not in ("positional", "rest"):
                raise RepairError("the helper that runs the text takes its values by name")
            return index, param.kind == "rest"
    raise RepairError("the helper that runs the text takes no values to bind")
