"""Small builders for languages that text is put into: LDAP, XPath, spreadsheets, mail, redirects, queries.

ASVS v5.0.0-1.2.4 (queries), 1.2.6 (LDAP), 1.2.7 (XPath), 1.2.10 (CSV), 1.3.11 (mail), 3.7.2 (redirects).
"""

import re
from collections.abc import Mapping
from urllib.parse import urljoin, urlsplit

from strongback.errors import ConfigurationError, DeniedError

__all__ = [
    "Choice",
    "TextRefusedError",
    "ldap_filter",
    "mail_header",
    "query_values",
    "redirect_target",
    "spreadsheet_cell",
    "xpath_text",
]

_LDAP = re.compile(r"[\x00()*\\/]|[^\x20-\x7e]")


# Full-width signs are taken for their plain ones where such text is typed.
_FORMULAS = "=+-@\t\r\n|%\uff1d\uff0b\uff0d\uff20"
_BEFORE_FORMULAS = re.compile("^[ \xa0\x0b\x0c\u200b-\u200f\u2060\u3000\ufeff]+")


class TextRefusedError(DeniedError):
    """The text cannot stand where it is wanted."""

    status = 400


def ldap_filter(template: str, *values: str) -> str:
    """Fill each `{}` of a filter with an escaped value (RFC 4515 §3).

    Raises ConfigurationError on a mismatch.
    """
    pieces = template.split("{}")
    if len(pieces) != len(values) + 1:
        raise ConfigurationError("ldap_filter: one value for each {}")
    found = pieces[0]
    for value, piece in zip(values, pieces[1:], strict=True):
        try:
            escaped = _LDAP.sub(lambda m: "".join(f"\\{byte:02x}" for byte in m.group().encode()), value)
        except UnicodeEncodeError:
            raise TextRefusedError("half a character") from None
        found += escaped + piece
    return found


def xpath_text(value: str) -> str:
    """A string of XPath 1.0 that means exactly `value`; the language has no escapes, so quotes are joined."""
    if "'" not in value:
        return f"'{value}'"
    if '"' not in value:
        return f'"{value}"'
    parts = ', "\'", '.join(f"'{part}'" for part in value.split("'"))
    return f"concat({parts})"


def query_values(document: Mapping[str, object]) -> dict[str, str | int | float | bool | None]:
    """Values for a document database's filter: plain ones, under names that are no operators.

    Raises TextRefusedError for a list or an object in a value's place (`{"$ne": ""}`), for a name with `$`,
    `.` or NUL, and for text with NUL.
    """
    found: dict[str, str | int | float | bool | None] = {}
    for name, value in document.items():
        if not isinstance(name, str) or not name or any(sign in name for sign in "$.\x00"):
            raise TextRefusedError("a field's name is an operator or a path")
        if not isinstance(value, str | int | float | bool | None) or "\x00" in str(value):
            raise TextRefusedError("a field holds more than a plain value")
        found[name] = value
    return found


def spreadsheet_cell(value: object) -> str:
    """Text for a CSV cell that no spreadsheet takes for a formula; quoting is the CSV writer's business."""
    text = "" if value is None else str(value)
    first = _BEFORE_FORMULAS.sub("", text)[:1]
    return f"'{text}" if first and first in _FORMULAS else text


def mail_header(value: str) -> str:
    """One line for a mail or HTTP header. Raises TextRefusedError for line breaks and other controls."""
    if re.search(r"[\x00-\x08\x0a-\x1f\x7f\x85\u2028\u2029]", value):
        raise TextRefusedError("a header value must be one line")
    return value


def redirect_target(target: str, *, origin: str, default: str = "/") -> str:
    """A path on `origin` to send the browser to, or `default` if `target` would lead elsewhere."""
    if re.search(r"[\x00-\x20\x7f\\]", target) or not target.startswith("/"):
        return default
    try:
        joined, home = urlsplit(urljoin(origin + "/", target)), urlsplit(origin)
    except ValueError:
        return default
    if (joined.scheme, joined.netloc) != (home.scheme, home.netloc) or joined.path.startswith("//"):
        return default
    query = f"?{joined.query}" if joined.query else ""
    return f"{joined.path}{query}"


class Choice:
    """An allowlist from names that clients use to identifiers of ours: sort keys, columns, directions."""

    def __init__(self, names: Mapping[str, str]) -> None:
        if not names:
            raise ConfigurationError("Choice: at least one name")
        self._names = dict(names)

    def pick(self, name: str) -> str:
        """Our identifier. Raises TextRefusedError for a name that is not on the list."""
        try:
            return self._names[name]
        except KeyError:
            raise TextRefusedError("not one of the choices") from None
