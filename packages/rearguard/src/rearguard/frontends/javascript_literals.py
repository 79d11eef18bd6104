"""What JavaScript literals mean: escapes, numbers, regular expressions.

Source: ECMA-262, section 12.9 (Literals).
"""

import re

__all__ = ["number", "text_without_surrogates", "unescape"]

_ESCAPE = re.compile(
    r"\\(?:u\{([0-9a-fA-F]+)\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([0-7]{1,3})|(\r\n|.)|$)", re.DOTALL
)
_SIMPLE = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v"}
_SIMPLE |= dict.fromkeys(("\n", "\r\n", "\r", "\u2028", "\u2029"), "")
_LAST_CODE_POINT = 0x10FFFF
_INT_LIMIT = 2**63
_LONGEST_INT = 4000
"""Digits beyond which Python refuses to read a decimal integer."""


def unescape(text: str) -> str:
    """The value of the inside of a string or template literal. Malformed escapes stand for themselves."""
    if "\\" not in text:
        return text
    return text_without_surrogates(_ESCAPE.sub(_escape, text))


def _escape(match: re.Match[str]) -> str:
    braced, four, two, octal, other = match.groups()
    if octal is not None:
        return chr(int(octal, 8))
    digits = braced or four or two
    if digits is None:
        return _SIMPLE.get(other, other) if other else ""
    # Leading zeros are allowed in any number; more than six other digits are no code point.
    code = int(digits.lstrip("0")[:7] or "0", 16)
    return chr(code) if code <= _LAST_CODE_POINT else "\ufffd"


def text_without_surrogates(text: str) -> str:
    """Join surrogate pairs into their character; a lone half, which has no encoding, becomes U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def number(text: str) -> int | float | None:
    """The value of a numeric literal; an integer outside 64 bits becomes a float. `None` if malformed."""
    plain = text.replace("_", "").lower().removesuffix("n")
    value: int | float
    try:
        if plain[:2] in ("0x", "0o", "0b"):
            value = int(plain, 0)
        elif plain.isdigit() and len(plain) < _LONGEST_INT:
            # A leading zero means octal where all digits allow it (Annex B.1.1).
            octal = len(plain) > 1 and plain[0] == "0" and not set(plain) & {"8", "9"}
            value = int(plain, 8 if octal else 10)
        else:
            value = float(plain)
        return value if -_INT_LIMIT <= value < _INT_LIMIT or isinstance(value, float) else float(value)
    except OverflowError:
        return float("inf")
    except ValueError:
        return None
