"""Secrets among the fields of a schema that an endpoint answers with: `@router.get(..., response_model=UserInDb)`."""

import re
from collections.abc import Iterator

from rearguard.analysis import ValueView
from rearguard.analysis.access.fields import SECRET
from rearguard.checks.base import Context
from rearguard.checks.shown import Shown
from rearguard.program import Op, Span

_GIVEN = re.compile(r".*tokens?|api_?keys?|secret(?:_?key)?|pin(?:_?code)?|salt", re.IGNORECASE)
"""What some endpoints exist to give out."""
_KEPT_BACK = re.compile(r"exclude\s*=\s*True|repr\s*=\s*False|Secret(?:Str|Bytes)")
MAX_NESTED = 3


def in_declared(context: Context) -> Iterator[Shown]:
    """Every such field, with the first endpoint that answers with it."""
    for row in context.matrix:
        for fid in row.endpoint.handler.functions[:1]:
            for value in context.view.decorators(fid) if fid in context.view.linker.functions else ():
                instr = value.instr
                if instr is None or instr.op != Op.CALL or "response_model" not in instr.keys:
                    continue
                given = instr.args[1 + instr.keys.index("response_model")]
                for cid in _classes(ValueView(context.view, value.fid, given)):
                    yield from _fields(context, cid, f"{row.endpoint.method} {row.endpoint.path}", fid)


def _classes(value: ValueView) -> tuple[str, ...]:
    """The class, or that of the elements of a list."""
    for _ in range(MAX_NESTED):
        instr = value.instr
        if value.classes or instr is None or instr.op != Op.ITEM or len(instr.args) < 2:
            break
        value = ValueView(value.view, value.fid, instr.args[1])
    return value.classes


def _fields(context: Context, cid: str, name: str, fid: str) -> Iterator[Shown]:
    for each in context.view.linker.lineage(cid):
        path, _, own = each.rpartition("::")
        source = context.sources.get(path)
        for field in context.view.linker.modules[path].classes[own].fields:
            if not SECRET.fullmatch(field.name) or _GIVEN.fullmatch(field.name):
                continue
            if source is None or _KEPT_BACK.search(source.slice(field.start, field.end)):
                continue
            yield Shown(
                Span(path, field.start, field.end),
                f"{name} answers with a `{cid.rpartition('::')[2]}`, which has `{field.name}`.",
                "among the fields of the answer",
                "the schema of the answer names the field",
                field.name,
                fid=fid,
            )


__all__ = ["in_declared"]
