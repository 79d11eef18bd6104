"""What must not reach a log: secrets by name, secrets by shape, and characters that forge lines.

ASVS v5.0.0-16.2.5 (sensitive data), v5.0.0-16.4.1 (log injection).
"""

import math
import re
from collections.abc import Mapping, Sequence

__all__ = ["REDACTED", "Secret", "neutralise", "redact", "redact_text"]

REDACTED = "[redacted]"

_KEY = re.compile(
    r"pass(word|wd|phrase|code)|secret|token|authori[sz]ation|cookie|api[-_]?key|private[-_]?key|credential"
    r"|session[-_]?id|otp|pin\b|cvv|cvc|iban|ssn|card[-_]?number|signature|recovery[-_]?code",
    re.IGNORECASE,
)
_SHAPES = (
    re.compile(r"(?<![\w-])eyJ[\w-]{4,}\.[\w-]+\.[\w-]*(?:\.[\w-]+){0,2}"),  # JWS or JWE, compact
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL),
    re.compile(r"(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"),  # user:password in a URL
    re.compile(r"\b(?:Bearer|Basic|DPoP)\s+[A-Za-z0-9._~+/=-]{8,}", re.IGNORECASE),
    re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
    re.compile(r"\b(?:ghp|gho|ghu|ghs|github_pat|xox[abprs]|sk|rk|sb)[-_][A-Za-z0-9_-]{16,}"),
    re.compile(r"\$argon2(?:id|i|d)\$[^\s]+"),
)
_CARD = re.compile(r"\b(?:\d[ -]?){12,18}\d\b")
# C0 and C1 controls, line and paragraph separators, bidirectional and invisible formatting characters.
_FORGING = re.compile(
    "[\\x00-\\x1f\\x7f-\\x9f\\u061c\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u2064\\u2066-\\u206f\\ufeff\\ufff9-\\ufffb]"
)
_MAX_TEXT = 4096
_MAX_ITEMS = 64
_MAX_DEPTH = 6


class Secret:
    """A string that shows itself only when asked, so that `repr`, f-strings and tracebacks stay clean."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the secret itself."""
        return self._value

    def __repr__(self) -> str:
        return "Secret([redacted])"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash((Secret, self._value))


def _luhn(digits: str) -> bool:
    total = 0
    for position, char in enumerate(reversed(digits)):
        number = int(char)
        if position % 2:
            number = number * 2 - 9 if number > 4 else number * 2
        total += number
    return total % 10 == 0


def _card(match: re.Match[str]) -> str:
    digits = re.sub(r"\D", "", match.group())
    return REDACTED if _luhn(digits) else match.group()


def neutralise(text: str) -> str:
    """Escape every character that could forge, split or reorder a log line, as `\\uXXXX`."""
    return _FORGING.sub(lambda m: f"\\u{ord(m.group()):04x}", text)


def redact_text(text: str) -> str:
    """Replace what has the shape of a secret, cut overlong text, neutralise forging characters."""
    if len(text) > _MAX_TEXT:
        text = text[:_MAX_TEXT] + "[cut]"
    for shape in _SHAPES:
        text = shape.sub(REDACTED, text)
    return neutralise(_CARD.sub(_card, text))


def redact(value: object, *, depth: int = 0) -> object:
    """Return a JSON-ready copy of `value` without secrets: by type, by key name, by shape.

    Mappings and sequences are cut at 64 items and 6 levels; unknown objects become their type's name,
    never their `repr`, which may hold anything.
    """
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, Secret):
        return REDACTED
    if isinstance(value, str):
        return redact_text(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return f"[{len(value)} bytes]"
    if depth >= _MAX_DEPTH:
        return "[deep]"
    if isinstance(value, Mapping):
        items = list(value.items())[:_MAX_ITEMS]
        return {
            redact_text(str(k)): REDACTED if _KEY.search(str(k)) else redact(v, depth=depth + 1)
            for k, v in items
        }
    if isinstance(value, (Sequence, set, frozenset)):
        ordered = sorted(value, key=str) if isinstance(value, (set, frozenset)) else list(value)
        return [redact(v, depth=depth + 1) for v in ordered[:_MAX_ITEMS]]
    return f"[{type(value).__name__}]"
