"""Which address, scheme and host a request really has.

`X-Forwarded-*` headers are the client's own words unless a proxy we run wrote them. They are believed only
from configured networks, read from the right, and removed otherwise. ASVS v5.0.0-4.1.3, 15.3.4.
"""

import ipaddress
import re
from collections.abc import Iterable
from functools import lru_cache

from strongback.errors import ConfigurationError
from strongback.events import Event, EventName
from strongback.http.asgi import ASGIApp, Head, Receive, Scope, client_address, header, headers_named
from strongback.http.steps import Refusal, Steps, When, guard
from strongback.seams import Clock, EventSink

__all__ = ["AllowedHosts", "TrustedProxies", "address_key"]

_FORWARDED = frozenset(
    {
        b"x-forwarded-for",
        b"x-forwarded-proto",
        b"x-forwarded-host",
        b"x-forwarded-port",
        b"forwarded",
        b"x-real-ip",
    }
)
_HOST = re.compile(
    r"(?P<name>\[[0-9a-f:.]+\]|[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?::(?P<port>\d{1,5}))?\Z", re.I
)

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@lru_cache(maxsize=8192)
def address_key(address: str | None, *, v6_prefix: int = 64) -> bytes:
    """The party behind an address for counting: an IPv4 address, or the IPv6 network one customer is given.

    IPv4-mapped IPv6 counts as IPv4. Anything unparsable, and a missing address, share one key.
    """
    try:
        parsed = ipaddress.ip_address((address or "").split("%")[0])
    except ValueError:
        return b"?"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed in _NAT64:
            # One network holds every address of IPv4 here.
            return str(ipaddress.IPv4Address(int(parsed) & 0xFFFFFFFF)).encode()
        if parsed.ipv4_mapped is None:
            return str(ipaddress.ip_network((parsed, v6_prefix), strict=False)).encode()
        parsed = parsed.ipv4_mapped
    return str(parsed).encode()


class TrustedProxies:
    """Set `client` and `scheme` from `X-Forwarded-For` and `X-Forwarded-Proto`, if a trusted peer sent them.

    `networks` are the addresses of proxies that *append* to the header. Walking from the right, the first
    address that is none of them is the client; what stands further left is hearsay. An entry that does not
    parse ends the walk at the last address believed. With no networks every such header is removed.
    """

    def __init__(self, networks: Iterable[str] = ()) -> None:
        try:
            self._networks: tuple[Network, ...] = tuple(ipaddress.ip_network(n) for n in networks)
        except ValueError as error:
            raise ConfigurationError(f"TrustedProxies: {error}") from None
        if any(n.prefixlen == 0 for n in self._networks):
            raise ConfigurationError("TrustedProxies: trusting every address trusts every client")

    def trusts(self, address: str) -> bool:
        """Whether `address` is one of our proxies."""
        if not self._networks:
            return False
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return False
        if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
            parsed = parsed.ipv4_mapped
        return any(parsed.version == n.version and parsed in n for n in self._networks)

    def resolve(self, peer: str, forwarded_for: list[str]) -> str:
        """The client's address, given the connection's peer and the header's lines in order."""
        believed = peer
        for entry in reversed([part.strip() for line in forwarded_for for part in line.split(",")]):
            if not self.trusts(believed):
                break
            try:
                believed = str(ipaddress.ip_address(_bare(entry)))
            except ValueError:
                break
        return believed

    def around(self, app: ASGIApp) -> ASGIApp:
        """Guard `app`."""
        return guard(app, self)

    def steps(self) -> Steps:
        """See `Steps`."""
        return Steps(enter=self._enter, when=When(headers=_FORWARDED))

    def _enter(self, scope: Scope, head: Head, receive: Receive) -> None:
        peer = client_address(scope) if self._networks else None
        if peer is not None and self.trusts(peer):
            lines = [value.decode("latin-1") for value in headers_named(scope, b"x-forwarded-for")]
            scope["client"] = (self.resolve(peer, lines), 0)
            proto = (header(scope, b"x-forwarded-proto") or "").lower()
            if proto in {"http", "https"}:
                secure = proto == "https"
                names = ("wss", "ws") if scope["type"] == "websocket" else ("https", "http")
                scope["scheme"] = names[0] if secure else names[1]
        if head.sent_any(_FORWARDED):
            head.without(scope, _FORWARDED)


def _bare(entry: str) -> str:
    """An `X-Forwarded-For` entry without port, brackets or quotes."""
    entry = entry.strip('"')
    if entry.startswith("["):
        return entry[1:].partition("]")[0]
    return entry.partition(":")[0] if entry.count(":") == 1 else entry


class AllowedHosts:
    """Answer only for the exact host names configured, so that links, caches and Origin checks cannot be
    steered.
    """

    def __init__(self, hosts: Iterable[str], *, clock: Clock, events: EventSink) -> None:
        self._hosts = frozenset(host.lower().rstrip(".") for host in hosts)
        if not self._hosts or "*" in self._hosts:
            raise ConfigurationError("AllowedHosts: name the hosts this application answers for, without '*'")
        self._bare = frozenset(host.encode("latin-1") for host in self._hosts)
        self._clock = clock
        self._events = events

    def permits(self, host: str | None) -> bool:
        """Whether a `Host` header value, port included, names one of ours."""
        match = _HOST.match(host or "")
        return match is not None and match["name"].lower() in self._hosts

    def around(self, app: ASGIApp) -> ASGIApp:
        """Guard `app`."""
        return guard(app, self)

    def steps(self) -> Steps:
        """See `Steps`."""
        return Steps(enter=self._enter, when=When(unless=(b"host", self._bare)))

    def _enter(self, scope: Scope, head: Head, receive: Receive) -> Refusal | None:
        if head.get(b"host") in self._bare or self.permits(header(scope, b"host")):
            return None
        detail = {"hosts": [v.decode("latin-1") for v in headers_named(scope, b"host")][:4]}
        self._events.emit(Event(EventName.HOST_REJECTED, self._clock.now(), detail=detail))
        return Refusal(400)
