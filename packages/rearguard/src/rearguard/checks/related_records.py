"""Related records that a query loads along with what it asks for, whole: `include: { user: true }`."""

import re
from collections.abc import Iterator

from rearguard.analysis.access.answers import Answered
from rearguard.analysis.access.resources import normal
from rearguard.checks.base import Context

__all__ = ["related"]

_TRUE = re.compile(r"(?<![\w.])(\w+)\s*:\s*true\b")
_NESTED = re.compile(r"(?<![\w.])(\w+)\s*:\s*\{\s*(?:include|with|relations)\s*:")
"""A relation whose own relations are named, and of which nothing is left out."""
_NARROWED = re.compile(r"(?<![\w.])(\w+)\s*:\s*\{\s*(?!include|with|relations)\w+\s*:\s*true\b")
"""`relations: { author: true }, select: { author: { id: true } }`"""
_LISTED = re.compile(r"\brelations\s*:\s*\[([^\]]*)\]")
_JOINED = re.compile(r"JoinAndSelect\(\s*['\"`](?:\w+\.)?(\w+)['\"`]")
_POPULATED = re.compile(
    r"\.populate\(\s*['\"`]([\w. ]+)['\"`]\s*\)|\.populate\(\s*\{\s*path\s*:\s*['\"`](\w+)['\"`]\s*,?\s*\}"
)
_MODELS = re.compile(
    r"\binclude\s*:\s*(?:\[\s*)?((?:[A-Z]\w*\s*,?\s*)+)[\],}]|\{\s*model\s*:\s*(?:\w+\.)*([A-Z]\w*)(?![\w.])((?:[^{}]|\{[^{}]*\})*)\}"
)
_CHAIN = re.compile(r"(?:\s*\.\w+\((?:[^()]|\([^()]*\))*\))*")
"""What is called of the query after it: `.populate("author").lean()`."""
_COUNTED = re.compile(r"\b_count\s*:\s*\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}")
"""`_count: { select: { users: true } }`, which answers with a number."""
_LONGEST = 600
_NAME = re.compile(r"[\w.]+")


def related(context: Context, part: Answered) -> Iterator[str]:
    """Records, by `normal` name, that come along with a stored record whole, and have secrets."""
    span = part.atom.span
    source = context.sources.get(span.path) if span is not None else None
    if span is None or source is None or source.language not in ("javascript", "typescript", "tsx", "jsx"):
        return
    after = _CHAIN.match(source.slice(span.end, span.end + _LONGEST))
    text = _COUNTED.sub("", source.slice(span.start, span.end) + (after[0] if after is not None else ""))
    seen: set[str] = set()
    for name in _named(text):
        for target in sorted(context.matrix.fields.relation(name) or {normal(name)}):
            if (
                target not in seen
                and target != normal(part.atom.name)
                and context.matrix.fields.secrets(target)
            ):
                seen.add(target)
                yield target


def _named(text: str) -> Iterator[str]:
    """Names of relations, and of models, that are loaded with all fields."""
    narrowed = {found[1] for found in _NARROWED.finditer(text)}
    for found in _TRUE.finditer(text):
        if found[1] not in narrowed:
            yield found[1]
    for found in (*_NESTED.finditer(text), *_JOINED.finditer(text)):
        yield found[1]
    for listed in (*_LISTED.finditer(text), *_POPULATED.finditer(text)):
        for name in _NAME.findall(listed[1] or (listed[2] if listed.lastindex == 2 else "")):
            yield from name.split(".")
    for model in _MODELS.finditer(text):
        if model[2] and "attributes" not in model[3]:
            yield model[2]
        yield from _NAME.findall(model[1] or "")
