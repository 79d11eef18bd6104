"""Tests of an origin that are content with a part of its name."""

import re
from collections.abc import Iterable

from rearguard.analysis import ValueView
from rearguard.analysis.identity import words
from rearguard.checks.base import Context
from rearguard.program import Instr, Op, Span, instructions

__all__ = ["loose_test"]

_ORIGIN = re.compile(r"(?:^|_)(?:origin|referr?er)(?:_|$)")


def loose_test(context: Context, functions: Iterable[str]) -> tuple[str, Span] | None:
    """What a function that is given an origin, or reads one, takes for enough of it, and where; `None` if it looks at
    all."""
    for fid in functions:
        names = {param.name for param in context.view.function(fid).params}
        names |= {name for name in context.view.function(fid).locals if _ORIGIN.search(words(name))}
        definitions = context.view.definitions(fid)
        for instr in instructions(context.view.function(fid).body):
            if instr.op == Op.COMPARE and instr.name in ("in", "not in"):
                # `"example.com" in origin`
                part, whole = (definitions.get(value) for value in instr.args)
                held_in = whole is not None and whole.op == Op.LOAD and whole.name in names
                if held_in and part is not None and isinstance(part.value, str) and "." in part.value:
                    return _loose_by("includes", part.value), context.view.span(fid, instr.start, instr.end)
            callee = definitions.get(instr.args[0]) if instr.op == Op.CALL and len(instr.args) == 2 else None
            held = definitions.get(callee.args[0]) if callee is not None and callee.op == Op.ATTR else None
            text = ValueView(context.view, fid, instr.args[1]).text if callee is not None else None
            if callee is None or held is None or held.op != Op.LOAD or held.name not in names or not text:
                continue
            loose = _loose_by(callee.name.lower(), text)
            if loose:
                return loose, context.view.span(fid, instr.start, instr.end)
        for instr in context.view.linker.contents(fid).calls:
            pattern = _tried(context, fid, instr, names)
            loose = _loose_pattern(pattern)
            if loose:
                return loose, context.view.span(fid, instr.start, instr.end)
    return None


def _tried(context: Context, fid: str, call: Instr, names: set[str]) -> str:
    """The pattern that an origin is tried against where it may stand anywhere: `/shop\\.example/.test(origin)`,
    `origin.match(...)`, `re.search(pattern, origin)`."""
    definitions = context.view.definitions(fid)
    callee = definitions.get(call.args[0])
    if callee is None or callee.op != Op.ATTR or callee.name not in _TRIES or len(call.args) < 2:
        return ""

    def is_origin(value: int) -> bool:
        held = definitions.get(value)
        return held is not None and held.op == Op.LOAD and held.name in names

    sides = (callee.args[0], *call.args[1:3])
    if not any(map(is_origin, sides)):
        return ""
    for value in sides:
        found = context.matrix.origins.resolved(fid, value)
        if found is not None and found[1].op == Op.CALL:
            # `new RegExp(...)`, `re.compile(...)`
            found = context.matrix.origins.resolved(found[0], found[1].args[-1])
        if found is not None and found[1].op == Op.CONST and isinstance(found[1].value, str):
            return found[1].value
    return ""


_TRIES = frozenset(("test", "exec", "match", "search"))
_BEGINS = re.compile(r"^(?:\^|\(\^|\\A)")
_ENDS = re.compile(r"(?:\$|\\[zZ])\)?$")
_HTTP = re.compile(r"https?")
_WHOLE_HOST = re.compile(r"[/\])]$")
"""A slash behind the host, or a choice of what may stand there."""
_BARE = re.compile(r"[a-z0-9-]+\\\.")
"""A name with nothing before it that would have to be a dot or a slash."""


def _loose_pattern(pattern: str) -> str:
    """What a pattern that names a host lets stand before or behind it."""
    begins, ends = _BEGINS.search(pattern), _ENDS.search(pattern)
    if "\\." not in pattern or (begins and ends):
        return ""
    if begins:
        loose = _HTTP.search(pattern) and not _WHOLE_HOST.search(pattern)
        return _loose_by("startswith", "http.") if loose else ""
    if ends:
        return _loose_by("endswith", "name.") if _BARE.match(pattern) else ""
    return _loose_by("includes", pattern.replace("\\", ""))


def _loose_by(method: str, text: str) -> str:
    if "." not in text:
        return ""
    if method == "endswith" and not text.startswith((".", "/", "http")):
        return "looks at its end alone, so names that only end like an allowed one pass too"
    if method == "startswith" and text.startswith("http") and not text.endswith((":", "/")):
        return "looks at its beginning alone, so names that only begin like an allowed one pass too"
    if method in ("includes", "indexof", "find"):
        return "asks only that it holds a name, wherever that stands"
    return ""
