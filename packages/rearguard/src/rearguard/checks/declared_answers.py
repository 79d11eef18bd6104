"""Secrets among the fields of a schema that an endpoint answers with: `@router.get(..., response_model=UserInDb)`."""

import re
from collections.abc import Iterator, Mapping

from rearguard.analysis import ValueView
from rearguard.analysis.access.fields import SECRET
from rearguard.checks.base import Context
from rearguard.checks.shown import Shown
from rearguard.program import Instr, Op, Span

_GIVEN = re.compile(r".*tokens?|api_?keys?|secret(?:_?key)?|pin(?:_?code)?|salt", re.IGNORECASE)
"""What some endpoints exist to give out."""
_KEPT_BACK = re.compile(r"exclude\s*=\s*True|Secret(?:Str|Bytes)")
"""What keeps a field out of an answer; `repr=False` does not, it keeps it out of what is printed."""
_LEFT_OUT = ("response_model_exclude", "response_model_include")
"""What says beside the schema which of its fields are answered."""
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
                names = {key: _names(value, instr, key) for key in _LEFT_OUT if key in instr.keys}
                for cid in _classes(ValueView(context.view, value.fid, given)):
                    for shown in _fields(context, cid, f"{row.endpoint.method} {row.endpoint.path}", fid):
                        if not _is_left_out(shown.subject, names):
                            yield shown


def _names(value: ValueView, instr: Instr, key: str) -> frozenset[str] | None:
    """Fields that are named by a set, list or map of an option; `None` when that cannot be read."""
    given = ValueView(value.view, value.fid, instr.args[1 + instr.keys.index(key)])
    made = given.instr
    if made is None or made.op != Op.COLLECT:
        return None
    named = [element.text for element in given.elements()] or [name for name in made.keys if name]
    return frozenset(name for name in named if name)


def _is_left_out(name: str, options: Mapping[str, frozenset[str] | None]) -> bool:
    """Whether the options of an endpoint keep a field back; what they say elsewhere is believed."""
    without, only = (options.get(key, frozenset()) for key in _LEFT_OUT)
    if without is None or only is None:
        return True
    return name in without or (_LEFT_OUT[1] in options and name not in only)


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
