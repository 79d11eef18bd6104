"""Names for findings that survive editing, so that two reviews can be compared.

`rg1` hashes the check, the enclosing function's qualified name, the finding's subject and the normalised
text of its place; repeats of the same four are counted in order of path and offset.

It survives: lines that move within the file; a moved or renamed file; indentation, line breaks, quote
style, trailing commas and semicolons; edits anywhere else, other anonymous functions included.
It does not survive: an edit of the statement itself; a renamed enclosing function; for two identical
statements in functions of one name, the removal of the first (the second takes its name).
A place of more than `WHOLE` normalised characters (a handler, a class) is named by its first `HEAD`, so
that an edit inside the body does not rename it.

`line_hashes` is the algorithm by which GitHub recognises an alert again, for SARIF
`partialFingerprints.primaryLocationLineHash`
(https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning).
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from rearguard.findings.types import Finding
from rearguard.program import MODULE_BODY, Function, Module, Places, Source, Span

__all__ = ["enclosing_function", "fingerprinted", "line_hashes", "normalised"]

VERSION = "rg1"
WHOLE = 400
HEAD = 80

_SPACE = re.compile(r"\s+")
_TRAILING_COMMA = re.compile(r",+(?=[)\]}])")
_ANONYMOUS = re.compile(r"<\d+>")
_BLOCK = 100
_BASE = 37
_MASK = (1 << 64) - 1


def normalised(text: str) -> str:
    """`text` without what a formatter may change: white space, quote style, trailing punctuation."""
    dense = _SPACE.sub("", text).replace("'", '"').replace("`", '"')
    dense = _TRAILING_COMMA.sub("", dense).rstrip(";,")
    return dense if len(dense) <= WHOLE else dense[:HEAD]


def functions_of(module: Module) -> Places[Function]:
    """The functions of a module by their places, to be asked which is around something."""
    found = (function for function in module.functions.values() if function.name != MODULE_BODY)
    return Places((function.start, function.end, function) for function in found)


def enclosing_function(functions: Places[Function], offset: int) -> str:
    """Qualified name of the innermost function that holds the byte at `offset`."""
    around = functions.around(offset, offset + 1)
    return min(around, key=lambda f: f.end - f.start).name if around else MODULE_BODY


def fingerprinted(
    findings: Iterable[Finding], sources: Mapping[str, Source], enclosing: Callable[[Span], str]
) -> tuple[Finding, ...]:
    """The findings in their order, each with its fingerprint.

    `enclosing` gives the qualified name of the function around a span (`enclosing_function`); a place whose
    source is not among `sources` is named by its path instead of its text.
    """
    ordered = list(findings)
    context = [_context(finding, sources, enclosing) for finding in ordered]
    seen: dict[str, int] = {}
    names = [""] * len(ordered)
    by_place = sorted(range(len(ordered)), key=lambda index: (ordered[index].location, index))
    for index in by_place:
        count = seen.get(context[index], 0)
        seen[context[index]] = count + 1
        digest = hashlib.sha256(f"{context[index]}\0{count}".encode("utf-8", "surrogatepass")).hexdigest()
        names[index] = f"{VERSION}:{digest[:32]}"
    return tuple(replace(finding, fingerprint=name) for finding, name in zip(ordered, names, strict=True))


def _context(finding: Finding, sources: Mapping[str, Source], enclosing: Callable[[Span], str]) -> str:
    span = finding.location
    source = sources.get(span.path)
    text = normalised(source.slice(span.start, span.end)) if source else span.path
    function = _ANONYMOUS.sub("<>", enclosing(span))
    return "\0".join((finding.rule.id, function, finding.subject, text))


def line_hashes(text: bytes) -> tuple[str, ...]:
    """GitHub's hash of each line, as `<hex>:<repeat>`; index 0 is line 1.

    A polynomial hash, base 37 modulo 2^64, over the 100 characters (UTF-16 units) from the start of the
    line; blanks and tabs do not count, every line ending counts as one line feed, and the file ends with
    the unit 65535 and then zeros.
    """
    units, starts = _units(text)
    padded = units + [0] * _BLOCK
    first = pow(_BASE, _BLOCK, _MASK + 1)
    value = 0
    for unit in padded[:_BLOCK]:
        value = (value * _BASE + unit) & _MASK
    hashes: list[str] = []
    repeats: dict[str, int] = {}
    position = 0
    for start in starts:
        while position < start:
            value = (value * _BASE + padded[position + _BLOCK] - first * padded[position]) & _MASK
            position += 1
        digest = f"{value:x}"
        repeats[digest] = repeats.get(digest, 0) + 1
        hashes.append(f"{digest}:{repeats[digest]}")
    return tuple(hashes)


def _units(text: bytes) -> tuple[list[int], list[int]]:
    """The units that count, the end mark included, and the indices at which lines start."""
    lines = text.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
    counted = lines.replace(" ", "").replace("\t", "").encode("utf-16-le", "surrogatepass")
    units = [counted[i] | counted[i + 1] << 8 for i in range(0, len(counted), 2)]
    starts = [0, *(index + 1 for index, unit in enumerate(units) if unit == ord("\n"))]
    return [*units, 0xFFFF], starts
