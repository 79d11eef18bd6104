"""Fields of an account that give power, in what its own form, serializer or schema lets clients write."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rearguard.analysis import ValueView
from rearguard.analysis.access import Row
from rearguard.analysis.access.principals import ROLE, USER_WORDS, callers
from rearguard.analysis.access.resources import normal
from rearguard.checks.base import Context
from rearguard.checks.endpoints import by_handler
from rearguard.checks.serializers import Serializer, serializers
from rearguard.program import Op, Span

POWER = re.compile(
    r"is_?(?:admin|administrator|staff|superuser|super_?user|root|moderator)|admin|superuser|staff|permissions?|privileges?|"
    r"access_?level|balance|credits?",
    re.IGNORECASE,
)
"""Fields that give power or money, whatever a schema lets them hold; a role may be chosen among harmless ones."""
_MAKES = ("registration", "creates an account")


@dataclass(frozen=True, slots=True)
class Granted:
    """A field that gives power and that an endpoint for everyone lets its clients write."""

    schema: str
    model: str
    field: str
    place: Span
    row: Row


def granted(context: Context) -> Iterator[Granted]:
    """Every such field that is named by a class which checks what is sent."""
    asked = powers(context)
    rows = [row for row in by_handler(context.matrix) if row.authorization.state == "none"]
    for serializer in serializers(context):
        if serializer.writes and serializer.is_account and not serializer.takes_all:
            named = [name for name in serializer.written if POWER.fullmatch(name) or name in asked]
            row = next((row for row in rows if named and _writes_through(context, row, serializer)), None)
            if row is not None:
                yield Granted(serializer.name, serializer.model, named[0], serializer.span, row)
    for row in rows:
        yield from _bodies(context, row, asked)


def powers(context: Context) -> frozenset[str]:
    """Fields of accounts that the project's own guards ask for: `if (!req.user.isRecruiter) refuse()`."""
    found: set[str] = set()
    for row in context.matrix:
        for check in row.surface.checks if row.surface is not None else ():
            last = (
                check.fact.conditions[-1:] if check.kind == "authorization" and check.fact is not None else ()
            )
            for condition in last:
                found.update(atom.path[-1] for atom in callers(condition.atoms) if len(atom.path) == 1)
    return frozenset(name for name in found if not ROLE.fullmatch(name) or name.lower().startswith("is"))


def _writes_through(context: Context, row: Row, serializer: Serializer) -> bool:
    """Whether an endpoint hands what is sent to a serializer or form, by code or as its class says."""
    implied = row.endpoint.implied
    if implied is not None:
        if implied.operation not in ("create", "update"):
            return False
        for cid in context.view.linker.lineage(implied.cid):
            stores = context.view.linker.contents(cid).stores if cid in context.view.linker.functions else {}
            for store in stores.get("serializer_class", ()):
                return serializer.cid in ValueView(context.view, cid, store.args[0]).classes
        return False
    for fid in row.endpoint.handler.functions[:1]:
        for instr in context.view.linker.code(fid) if fid in context.view.linker.functions else ():
            if instr.op in (Op.CALL, Op.NEW) and len(instr.args) > 1:
                sent = "data" in instr.keys or (bool(instr.keys) and instr.keys[0] is None) or not instr.keys
                if sent and serializer.cid in ValueView(context.view, fid, instr.args[0]).classes:
                    return row.endpoint.method not in ("GET", "HEAD") and "many" not in instr.keys
    return False


def _bodies(context: Context, row: Row, asked: frozenset[str]) -> Iterator[Granted]:
    """A body with declared fields that becomes an account whole: `User(**new.model_dump())`."""
    if row.public not in _MAKES or row.surface is None:
        return
    for touch in row.surface.touches:
        whole = any(
            name in ("", "*") and atom.kind == "input" and atom.name == "body" and not atom.path
            for name, atoms in touch.written
            for atom in atoms
        )
        if touch.operation != "create" or normal(touch.resource) not in USER_WORDS or not whole:
            continue
        for fid in row.endpoint.handler.functions[:1]:
            for param in context.view.function(fid).params:
                _, annotation = context.view.parameter(fid, param.name)
                for cid in annotation.classes if annotation is not None else ():
                    yield from _declared(context, row, cid, touch.resource, asked)


def _declared(
    context: Context, row: Row, cid: str, resource: str, asked: frozenset[str]
) -> Iterator[Granted]:
    for each in context.view.linker.lineage(cid):
        path, _, name = each.rpartition("::")
        for field in context.view.linker.modules[path].classes[name].fields:
            if POWER.fullmatch(field.name) or field.name in asked:
                yield Granted(name, resource, field.name, Span(path, field.start, field.end), row)
                return


__all__ = ["Granted", "granted", "powers"]
