"""One writer for cookies and a guard that repairs the weak ones others write.

ASVS v5.0.0-3.3.1 to 3.3.5; draft-ietf-httpbis-rfc6265bis §4.1.3 (`__Host-`).
"""

import re
from collections.abc import Iterable, Iterator
from typing import Literal

from strongback.errors import ConfigurationError
from strongback.http.asgi import ASGIApp, Scope, Start
from strongback.http.steps import Plain, Steps, guard

__all__ = ["CookieGuard", "SameSite", "cookie_header"]

SameSite = Literal["Strict", "Lax"]

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")
_VALUE = re.compile(r"[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*\Z")
_MAX_BYTES = 4096


def cookie_header(name: str, value: str, *, max_age: int | None = None, same_site: SameSite = "Lax") -> str:
    """A `Set-Cookie` value: `__Host-` prefix, Secure, HttpOnly, Path=/, no Domain.

    `max_age` in seconds; None for the browser session, 0 to delete. Raises ConfigurationError for a name
    without the prefix, a value outside RFC 6265 §4.1.1, or more than 4,096 bytes.
    """
    if not name.startswith("__Host-") or not _NAME.match(name):
        raise ConfigurationError("cookie names must start with __Host- and be tokens")
    if not _VALUE.match(value) or len(name) + len(value) > _MAX_BYTES:
        raise ConfigurationError(f"the value of cookie {name} is not a cookie-octet string of at most 4 KiB")
    age = "" if max_age is None else f"; Max-Age={max_age}"
    return f"{name}={value}{age}; Path=/; Secure; HttpOnly; SameSite={same_site}"


class CookieGuard:
    """Looks at every `Set-Cookie` that leaves: adds Secure, HttpOnly and SameSite=Lax, removes Domain.

    Names in `readable` may stay readable for scripts; names in `cross_site` may carry SameSite=None.
    A cookie that is malformed or above 4,096 bytes is dropped.
    """

    def __init__(self, *, readable: Iterable[str] = (), cross_site: Iterable[str] = ()) -> None:
        self._readable = frozenset(readable)
        self._cross_site = frozenset(cross_site)

    def repair(self, line: str) -> str | None:
        """The safe form of one `Set-Cookie` value, or None if there is none."""
        first, *rest = [part.strip() for part in line.split(";")]
        name, equals, value = first.partition("=")
        if (
            not equals
            or not _NAME.match(name)
            or not _VALUE.match(value.strip('"'))
            or len(first) > _MAX_BYTES
        ):
            return None
        kept: dict[str, str] = {}
        for part in rest:
            attribute, _, setting = part.partition("=")
            if attribute.lower() in {"expires", "max-age", "path", "samesite", "httponly", "partitioned"}:
                kept[attribute.lower()] = setting
        if name.lower().startswith("__host-"):
            kept["path"] = "/"
        same_site = kept.pop("samesite", "").lower()
        allowed = {"strict": "Strict", "lax": "Lax"}
        if name in self._cross_site:
            allowed["none"] = "None"
        readable = name in self._readable and "httponly" not in kept
        kept.pop("httponly", None)
        spelled = [f"{k.title()}={v}" if v else k.title() for k, v in kept.items()]
        tail = ["Secure", *([] if readable else ["HttpOnly"]), f"SameSite={allowed.get(same_site, 'Lax')}"]
        return "; ".join([first, *spelled, *tail])

    def _repaired(self, headers: Iterable[tuple[bytes, bytes]]) -> Iterator[tuple[bytes, bytes]]:
        for key, value in headers:
            if key != b"set-cookie":
                yield key, value
            elif (repaired := self.repair(value.decode("latin-1"))) is not None:
                yield key, repaired.encode("latin-1")

    def around(self, app: ASGIApp) -> ASGIApp:
        """Guard `app`."""
        return guard(app, self)

    def steps(self) -> Steps:
        """See `Steps`."""
        return Steps(leave=self._leave, plain=Plain(unless=frozenset({b"set-cookie"})))

    def _leave(self, scope: Scope, start: Start) -> None:
        if b"set-cookie" in start:
            start.replace(self._repaired(start.headers))
