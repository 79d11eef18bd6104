"""Versions of an interface that announce their end and then end.

OWASP API Security Top 10 2023, API9 (old versions that nobody remembers); RFC 9745 (`Deprecation`), RFC 8594
(`Sunset`), RFC 5829 (`successor-version`).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from email.utils import formatdate

from strongback.errors import ConfigurationError
from strongback.http.asgi import ASGIApp, Head, Receive, Scope, Start
from strongback.http.steps import Refusal, Steps, guard
from strongback.seams import Clock

__all__ = ["Version", "Versions"]

_PREFIX = re.compile(r"(?:/[A-Za-z0-9._-]+)+\Z")
_VERSION = "strongback.version"


@dataclass(frozen=True, slots=True)
class Version:
    """Everything at and below a path. Times in seconds since the epoch; a version without an end has none."""

    prefix: str
    deprecated: float | None = None
    sunset: float | None = None
    """From here on it answers 410 and nothing else."""
    successor: str | None = None
    """Prefix of the version to move to."""

    def __post_init__(self) -> None:
        if not _PREFIX.match(self.prefix) or (self.successor and not _PREFIX.match(self.successor)):
            raise ConfigurationError("a version has a prefix such as /v1")
        if self.sunset is not None and (self.deprecated is None or self.deprecated > self.sunset):
            raise ConfigurationError(f"{self.prefix}: a version is deprecated before it ends")

    def headers(self) -> tuple[tuple[bytes, bytes], ...]:
        """What its answers say about it."""
        if self.deprecated is None:
            return ()
        found = [(b"deprecation", f"@{int(self.deprecated)}".encode())]
        if self.sunset is not None:
            found.append((b"sunset", formatdate(self.sunset, usegmt=True).encode()))
        if self.successor is not None:
            found.append((b"link", f'<{self.successor}>; rel="successor-version"'.encode()))
        return tuple(found)


class Versions:
    """Labels deprecated versions and refuses ended ones with 410, before anything of them runs."""

    def __init__(self, versions: Iterable[Version], *, clock: Clock) -> None:
        # The longest prefix first, so that /v1/beta may end before /v1 does.
        self.versions = tuple(sorted(versions, key=lambda version: -len(version.prefix)))
        if len({version.prefix for version in self.versions}) != len(self.versions):
            raise ConfigurationError("Versions: every prefix once")
        self._clock = clock

    def of(self, path: str) -> Version | None:
        """The version a path belongs to."""
        for version in self.versions:
            if path == version.prefix or path.startswith(f"{version.prefix}/"):
                return version
        return None

    def around(self, app: ASGIApp) -> ASGIApp:
        """Guard `app`."""
        return guard(app, self)

    def steps(self) -> Steps:
        """See `Steps`."""
        return Steps(enter=self._enter, leave=self._leave)

    def _enter(self, scope: Scope, head: Head, receive: Receive) -> Refusal | None:
        version = self.of(scope["path"])
        if version is not None and version.sunset is not None and self._clock.now() >= version.sunset:
            return Refusal(410, version.headers())
        scope[_VERSION] = version
        return None

    def _leave(self, scope: Scope, start: Start) -> None:
        version: Version | None = scope.get(_VERSION)
        if version is not None and version.deprecated is not None:
            start.put(version.headers(), keep=True)
