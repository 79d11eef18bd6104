"""Cookies that a program writes as headers by hand: what they are called, and if they stay at home."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from rearguard.analysis.settings import Uses
from rearguard.program import Instr, Op, Span

_ATTRIBUTE = re.compile(
    r"(?:^|;)\s*(?:httponly|secure|path=|domain=|max-age=|expires=|samesite=)", re.IGNORECASE
)
_PART = re.compile(r"\s*(?:httponly\b|secure\b|(?:path|domain|max-age|expires|samesite)=)", re.IGNORECASE)
_STAYS = re.compile(r"(?:^|;)\s*samesite=(?:lax|strict)", re.IGNORECASE)
_ENDS = re.compile(r";\s*max-age=(?:0|-)|1970", re.IGNORECASE)
_NAME = re.compile(r"\s*([\w.-]+)=")
_TEXTS = (Op.CONST, Op.JOIN, Op.BINARY, Op.COLLECT)
_HEADER = "set-cookie"
MAX_NESTED = 6


class Written(NamedTuple):
    """One cookie, as a header's text has it."""

    name: str
    """"" where it is not written out."""
    stays: bool
    """Whether browsers keep it back from other sites."""
    span: Span


def written_cookies(uses: Uses) -> tuple[Written, ...]:
    """`"sid=...; HttpOnly; SameSite=Lax"` of a program that writes `Set-Cookie` itself."""
    linker = uses.view.linker
    writes = False
    found: list[Written] = []
    for fid in linker.functions:
        constants = [i.value for i in linker.code(fid) if i.op == Op.CONST and isinstance(i.value, str)]
        writes = writes or any(text.lower() == _HEADER for text in constants)
        if any(_ATTRIBUTE.search(text) for text in constants):
            found.extend(_of_function(uses, fid))
    return tuple(found) if writes else ()


def _of_function(uses: Uses, fid: str) -> Iterator[Written]:
    code, definitions = uses.view.linker.code(fid), uses.view.definitions(fid)
    texts = [instr for instr in code if instr.op in _TEXTS]
    inner = {value for instr in texts for value in instr.args}
    for instr in texts:
        for text in _cookies(definitions, instr) if instr.dst not in inner else ():
            if not _ATTRIBUTE.search(text) or _ENDS.search(text):
                continue
            named = _NAME.match(text)
            name = named.group(1) if named is not None and not _PART.match(text) else ""
            yield Written(name, _STAYS.search(text) is not None, uses.view.span(fid, instr.start, instr.end))


def _cookies(definitions: Mapping[int, Instr], instr: Instr) -> Iterator[str]:
    """A text; of a list the cookies that it has, or the one whose parts its entries are."""
    if instr.op != Op.COLLECT:
        yield _text(definitions, instr, 0)
        return
    entries = [_text(definitions, definitions[v], 0) if v in definitions else "?" for v in instr.args]
    if all(entry == "?" or _PART.match(entry) for entry in entries[1:]):
        yield "; ".join(entries)
    else:
        yield from entries


def _text(definitions: Mapping[int, Instr], instr: Instr, depth: int) -> str:
    """What a text says, with a `?` for what is put into it."""
    if instr.op == Op.CONST:
        return instr.value if isinstance(instr.value, str) else "?"
    if instr.op not in (Op.JOIN, Op.BINARY) or depth > MAX_NESTED:
        return "?"
    return "".join(
        _text(definitions, definitions[v], depth + 1) if v in definitions else "?" for v in instr.args
    )


__all__ = ["Written", "written_cookies"]
