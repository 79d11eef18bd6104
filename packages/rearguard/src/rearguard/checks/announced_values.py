"""Values that the text around them says are secret or personal: `"recovery code for %s is %s"`."""

import re
from collections.abc import Iterator

from rearguard.analysis import ValueView
from rearguard.checks.base import Context
from rearguard.program import Instr, Op

_SECRET = re.compile(
    r"\b(?:recovery|reset|verification|one[- ]?time|otp|2fa|mfa|two[- ]factor|log-?in|sign-?in|magic|activation|confirmation|"
    r"temporary|security)[\s_-]+(?:code|pin|link|token|password|key)\b",
    re.IGNORECASE,
)
_HOLDS = re.compile(
    r"(?:\w+_)?(?:code|pin|otp|token|link|password|secret)|(?:reset|magic|verify|confirm)\w*_?url",
    re.IGNORECASE,
)
"""Names of what such a text announces."""
_NO_SECRET = re.compile(
    r"(?:status|error|exit|return|country|country|zip|postal|lang\w*|currency|err)_?code", re.IGNORECASE
)
_PERSONAL = re.compile(
    r"\b(?:insurance(?:\s+(?:number|no\.?))?|ssn|social security(?:\s+number)?|passport(?:\s+(?:number|no\.?))?|iban|"
    r"card number|credit card|date of birth|diagnosis)\s*(?:is|:|=|#|for)?\s*['\"(]?$",
    re.IGNORECASE,
)
"""Ends of a text behind which the value itself stands."""
_PLACE = re.compile(r"%[sdrijoO]|\{\w*\}")


def announced(context: Context, fid: str, call: Instr) -> Iterator[tuple[str, ValueView]]:
    """Values of a line of a log that its own words call a secret or a number of a person: name and place."""
    definitions = context.view.definitions(fid)
    for index, number in enumerate(call.args[1:], 1):
        made = definitions.get(number)
        if made is None:
            continue
        if made.op == Op.JOIN:
            yield from _told(context, fid, [definitions.get(part) for part in made.args])
        elif made.op == Op.CONST and isinstance(made.value, str):
            yield from _told(
                context, fid, _filled(made, [definitions.get(n) for n in call.args[index + 1 :]])
            )
            return


def _filled(text: Instr, values: list[Instr | None]) -> list[Instr | str | None]:
    """The parts of `"... %s ...", a, b`, in order; what stands behind the text, when it has no places."""
    parts: list[Instr | str | None] = []
    rest, given = str(text.value), list(values)
    while given:
        found = _PLACE.search(rest)
        parts.append(rest[: found.start()] if found is not None else rest)
        parts.append(given.pop(0))
        rest = rest[found.end() :] if found is not None else ""
    return [*parts, rest]


def _told(
    context: Context, fid: str, parts: "list[Instr | None] | list[Instr | str | None]"
) -> Iterator[tuple[str, ValueView]]:
    said = " ".join(_words(part) for part in parts)
    is_secret = _SECRET.search(said) is not None
    before = ""
    for part in parts:
        words = _words(part)
        if words or part is None or isinstance(part, str):
            before = words
            continue
        name = str(part.value) if part.op == Op.ITEM else part.name
        if part.op in (Op.LOAD, Op.ATTR, Op.ITEM):
            secret = is_secret and _HOLDS.fullmatch(name) and not _NO_SECRET.search(name)
            personal = _PERSONAL.search(before)
            if secret or personal:
                called = name if secret or personal is None else personal.group().strip(" :=#'\"(")
                yield called, ValueView(context.view, fid, part.dst)
        before = ""


def _words(part: "Instr | str | None") -> str:
    if isinstance(part, str):
        return part
    return str(part.value) if part is not None and part.op == Op.CONST and isinstance(part.value, str) else ""
