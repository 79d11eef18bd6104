"""Text made by a format that stands elsewhere: `PAGE.format(title=title)`."""

from __future__ import annotations

import re
from string import Formatter, Template
from typing import TYPE_CHECKING

from rearguard.analysis.values.domain import Maybe, Value, concatenate, constant
from rearguard.models.concepts import Context
from rearguard.program import Instr

if TYPE_CHECKING:
    from rearguard.analysis.values.regions import Regions

_FIELD = re.compile(r"(\w*)((?:\.\w+|\[[^\]]*\])*)")
_MEMBER = re.compile(r"\.(\w+)|\[([^\]]*)\]")
_TEMPLATES = frozenset(("string.Template()",))
_NUMBERS = "bcdeEfFgGnoxX%"
"""Ends of a format's specification that let numbers through alone."""


def formatted(run: Regions, instr: Instr, receiver: int) -> tuple[Value] | None:
    """The text of `format` or `format_map` on a known text; `None` when the text is not known."""
    held = run.values[receiver]
    template = held.constant[0] if held is not None and held.constant is not None else None
    if not isinstance(template, str):
        return None
    whole = run.definitions[instr.args[0]].name == "format_map"
    parts: list[tuple[Maybe, int]] = []
    position = 0
    try:
        for literal, field, spec, _ in Formatter().parse(template):
            parts.append((constant(literal), -1))
            if field is None:
                continue
            found = _FIELD.match(field)
            name = found[1] if found is not None else ""
            if not name:
                name, position = str(position), position + 1
            value, number = _given(run, instr, name, whole)
            for attribute, key in _MEMBER.findall(found[2] if found is not None else ""):
                value = run.member_of(value, attribute or key)
            parts.append((None if spec and spec[-1] in _NUMBERS else value, number))
    except ValueError:
        return None
    text = concatenate(parts)
    labels = text.labels & run.origins.repeated(1 << Context.HTML)
    if labels and "<" in template:
        run.summary.markup[instr.dst] = run.summary.markup.get(instr.dst, 0) | labels
    return (text,)


def substituted(run: Regions, instr: Instr, receiver: int) -> tuple[Value] | None:
    """The text of `substitute` or `safe_substitute` on a `string.Template` whose text is known."""
    held = run.values[receiver]
    template = held.constant[0] if held is not None and held.constant is not None else None
    if not isinstance(template, str) or not _TEMPLATES.intersection(run.program.names(run.refs[receiver])):
        return None
    whole = bool(instr.args[1:]) and (not instr.keys or instr.keys[0] is None)
    parts: list[tuple[Maybe, int]] = []
    position = 0
    for found in Template.pattern.finditer(template):
        parts.append((constant(template[position : found.start()]), -1))
        position = found.end()
        name = found["named"] or found["braced"]
        parts.append(_given(run, instr, name, whole) if name else (constant(found[0][:1]), -1))
    return (concatenate([*parts, (constant(template[position:]), -1)]),)


def _given(run: Regions, instr: Instr, name: str, whole: bool) -> tuple[Maybe, int]:
    """What stands for a field: an argument by name or place, or a member of a map that holds them all."""
    place = 0
    for index, number in enumerate(instr.args[1:]):
        key = instr.keys[index] if instr.keys else None
        if key == name:
            return run.values[number], number
        if key == "**" or whole:
            return run.member_of(run.values[number], name), number
        if key is None:
            if name == str(place):
                return run.values[number], number
            place += 1
    return None, -1
