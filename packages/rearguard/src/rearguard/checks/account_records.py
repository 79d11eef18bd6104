"""Which stored record a part of an answer is: loaded here, given by a dependency, or kept as the caller."""

import re
from dataclasses import replace

from rearguard.analysis.access import Row
from rearguard.analysis.access.answers import WHOLE, Answered
from rearguard.analysis.access.principals import USER_WORDS
from rearguard.analysis.access.resources import normal
from rearguard.checks.base import Context
from rearguard.program import Op

__all__ = ["as_stored"]

_LAST = re.compile(r"(\w+)\W*$")
_GIVEN = "dependency"
_LOGGED_IN = "current_user"


def as_stored(context: Context, row: Row, part: Answered) -> Answered:
    """The part, its origin as the stored record that it is where that is known."""
    atom = part.atom
    if atom.kind == "parameter" and row.endpoint.inputs.get(atom.path[0]) == _GIVEN:
        if atom.name not in row.endpoint.handler.functions:
            return part
        resource, rest = _annotated(context, atom.name, atom.path[0]), atom.path[1:]
    elif atom.kind == "principal":
        resource, rest = _kept(context, part), atom.path
    else:
        return part
    if not resource:
        return part
    path = tuple(key for key in rest if key not in WHOLE)
    return replace(part, atom=atom._replace(kind="stored", name=resource, path=path, fid="", value=-1))


def _annotated(context: Context, fid: str, name: str) -> str:
    """The class of records that a parameter is declared as: `user: User`, `user: Annotated[User, ...]`."""
    _, annotation = context.view.parameter(fid, name)
    pending = [annotation] if annotation is not None else []
    for _ in range(12):
        if not pending:
            break
        value = pending.pop(0)
        for cid in value.classes:
            found = cid.rpartition("::")[2].rpartition(".")[2]
            if context.matrix.fields.secrets(found) or normal(found) in context.matrix.accounts:
                return found
        instr = value.instr
        if instr is not None and instr.op == Op.IMPORT:
            # `Me`, which another module declares.
            home = context.matrix.origins.resolved(value.fid, value.value)
            if home is not None and (home[0], home[1].dst) != (value.fid, value.value):
                pending.append(type(value)(value.view, home[0], home[1].dst))
        if instr is not None and instr.op == Op.LOAD:
            stored = context.view.linker.contents(value.fid).stores.get(instr.name, ())
            pending.extend(type(value)(value.view, value.fid, one.args[0]) for one in stored)
        elif instr is not None and instr.op in (Op.ITEM, Op.COLLECT):
            pending.extend(type(value)(value.view, value.fid, number) for number in instr.args)
    return ""


def _kept(context: Context, part: Answered) -> str:
    """The class of records that stands for the caller: what middleware loaded, or what a login library does."""
    text = context.text(part.atom.span) if part.atom.span is not None else ""
    named = _LAST.search(text)
    if named is None:
        return ""
    records = context.matrix.origins.principal_records
    if named[1] in records:
        return records[named[1]]
    if named[1] != _LOGGED_IN:
        return ""
    fields = context.matrix.fields
    accounts = [name for name in sorted(USER_WORDS) if fields.secrets(name)]
    logged_in = [
        name.rpartition(".")[2]
        for module in context.view.linker.modules.values()
        for name, cls in module.classes.items()
        if any("UserMixin" in text for text in cls.base_texts)
    ]
    chosen = logged_in or accounts
    return chosen[0] if len(chosen) == 1 else ""
