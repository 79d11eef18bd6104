"""Where requests may go: hosts, schemes, ports, addresses, and how much may come back.

ASVS v5.0.0-1.3.6 (allowlist), 1.5.3 (one parser), 13.2.4, 13.2.5 (outbound allowlist), 15.3.2 (redirects),
12.3.2 (certificates).
"""

import asyncio
import ipaddress
import re
import socket
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from strongback.errors import ConfigurationError, DeniedError
from strongback.outbound.addresses import is_public

__all__ = ["OutboundBlockedError", "OutboundPolicy", "Pin", "Resolver", "resolve"]

Resolver = Callable[[str, int], Awaitable[list[str]]]
"""Turns a host name and port into textual addresses."""

_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\Z")
_MIB = 1024 * 1024
_METADATA = tuple(
    ipaddress.ip_network(network)
    for network in (
        "169.254.0.0/16",  # AWS, Azure, Google, Oracle, DigitalOcean and most others
        "168.63.129.16/32",  # Azure's platform, in the middle of public addresses
        "100.100.100.200/32",  # Alibaba
        "192.0.0.192/32",  # Oracle
        "fd00:ec2::/32",  # AWS: metadata, time, names, identities of pods
        "fd20:ce::/32",  # Google
        "fd00:c1::/32",  # Oracle
    )
)
"""Where clouds hand out credentials to whoever asks from inside."""


class OutboundBlockedError(DeniedError):
    """The destination is not permitted. The reason names it, so keep it out of responses."""

    status = 502


@dataclass(frozen=True, slots=True)
class Pin:
    """SHA-256 hashes of the public keys (SPKI) a host may present: at least two, until a date.

    After `expires` (seconds since the epoch) requests to the host fail, so that a forgotten pin is noticed
    by us rather than circumvented.
    """

    host: str
    hashes: frozenset[bytes]
    expires: float

    def __post_init__(self) -> None:
        if len(self.hashes) < 2 or any(len(h) != 32 for h in self.hashes):
            raise ConfigurationError("Pin: give the current key's SHA-256 and a backup key's")


async def resolve(host: str, port: int) -> list[str]:
    """The system resolver, off the event loop."""
    infos = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(info[4][0]) for info in infos))


def _host(name: str) -> str:
    plain = name.lower().removesuffix(".")
    suffix = plain.removeprefix(".")
    if not suffix or "*" in plain or not all(_LABEL.match(label) for label in suffix.split(".")):
        raise ConfigurationError(
            f"OutboundPolicy: {name!r} is no host; write 'api.example.com' or '.example.com'"
        )
    if plain.startswith(".") and "." not in suffix:
        raise ConfigurationError(f"OutboundPolicy: {name!r} covers a whole top-level domain")
    return plain


def _metadata(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    return any(address.version == network.version and address in network for network in _METADATA)


class OutboundPolicy:
    """What one client may reach.

    `hosts` are exact names, or `.example.com` for every name below it. `anywhere=True` instead permits any
    public host, for fetching addresses that users give. `private` lists networks of ours that may be reached
    although they are not public; metadata services never may. Sizes in bytes, times in seconds.
    """

    def __init__(
        self,
        hosts: Iterable[str] = (),
        *,
        anywhere: bool = False,
        schemes: Iterable[str] = ("https",),
        ports: Iterable[int] = (443,),
        private: Iterable[str] = (),
        pins: Iterable[Pin] = (),
        max_bytes: int = 10 * _MIB,
        deadline: float = 30.0,
        connect_timeout: float = 5.0,
        max_redirects: int = 0,
    ) -> None:
        named = [_host(host) for host in hosts]
        if bool(named) == anywhere:
            raise ConfigurationError("OutboundPolicy: name the hosts, or say anywhere=True, not both")
        self.schemes = frozenset(schemes)
        if not self.schemes <= {"https", "http"} or not self.schemes:
            raise ConfigurationError("OutboundPolicy: schemes are https and, if it must be, http")
        if max_bytes < 1 or deadline <= 0 or connect_timeout <= 0 or not 0 <= max_redirects <= 10:
            raise ConfigurationError("OutboundPolicy: limits must be positive, and redirects at most 10")
        self._exact = frozenset(h for h in named if not h.startswith("."))
        self._suffixes = tuple(h for h in named if h.startswith("."))
        self._anywhere = anywhere
        self.ports = frozenset(ports)
        try:
            self._private = tuple(ipaddress.ip_network(network) for network in private)
        except ValueError as error:
            raise ConfigurationError(f"OutboundPolicy: {error}") from None
        if any(n.prefixlen < 8 for n in self._private):
            raise ConfigurationError("OutboundPolicy: a private network that large is the internet")
        self.pins = {_host(pin.host): pin for pin in pins}
        if any(host.startswith(".") for host in self.pins):
            raise ConfigurationError("Pin: one exact host, since every host has keys of its own")
        self.max_bytes = max_bytes
        self.deadline = deadline
        self.connect_timeout = connect_timeout
        self.max_redirects = max_redirects

    def check_url(self, scheme: str, host: str, port: int | None, userinfo: bytes) -> None:
        """Check what the client's own parser found in a URL. Raises OutboundBlockedError."""
        if scheme not in self.schemes:
            raise OutboundBlockedError(f"scheme {scheme}")
        if userinfo:
            raise OutboundBlockedError("credentials in the URL")
        effective = port or (443 if scheme == "https" else 80)
        if effective not in self.ports:
            raise OutboundBlockedError(f"port {effective}")
        name = host.lower().removesuffix(".")
        below = any(name.endswith(suffix) and name != suffix for suffix in self._suffixes)
        if not name or not (self._anywhere or name in self._exact or below):
            raise OutboundBlockedError(f"host {name} is not on the list")
        if name in self.pins and scheme != "https":
            raise OutboundBlockedError(f"host {name} is pinned, and {scheme} shows no key")

    def check_addresses(self, host: str, addresses: list[str]) -> list[str]:
        """All addresses a name resolved to, if every one is permitted. Raises OutboundBlockedError.

        One bad record refuses the name: a client would otherwise fall back to it.
        """
        if not addresses:
            raise OutboundBlockedError(f"{host} has no address")
        for address in addresses:
            public = is_public(address) and not _metadata(ipaddress.ip_address(address))
            if not (public or self._is_ours(address)):
                raise OutboundBlockedError(f"{host} is at {address}")
        return addresses

    def _is_ours(self, address: str) -> bool:
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return False
        # A scope names an interface of this machine; written with one, an address is another text.
        if parsed.is_link_local or _metadata(parsed) or getattr(parsed, "scope_id", None) is not None:
            return False
        return any(parsed.version == network.version and parsed in network for network in self._private)
