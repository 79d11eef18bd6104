"""Which addresses are on the public internet, from our own table.

`ipaddress.is_global` changes with the patch level of Python and calls addresses public that carry a private
one inside (6to4, NAT64, IPv4-compatible). The table is that of the IANA special-purpose registries for IPv4
and IPv6 (RFC 6890 and successors, read 2026-11), and for IPv6 only global unicast (2000::/3) is considered.
"""

import ipaddress

__all__ = ["SPECIAL_V4", "SPECIAL_V6", "is_public"]

SPECIAL_V4 = tuple(
    ipaddress.IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # shared address space (carrier NAT)
        "127.0.0.0/8",  # loopback
        "169.254.0.0/16",  # link local, cloud metadata
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # AMT
        "192.88.99.0/24",  # 6to4 relay anycast, deprecated
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarking
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, limited broadcast
    )
)
"""IPv4 ranges that are not ordinary public hosts."""

SPECIAL_V6 = tuple(
    ipaddress.IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments, Teredo, ORCHID
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: an IPv4 address inside
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
    )
)
"""Ranges of 2000::/3 that are not ordinary public hosts."""

_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")


def is_public(address: str) -> bool:
    """Whether a textual IP address is an ordinary public host. Anything that is no address is not."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address):
        # A scope id names an interface of this machine, so the address is local by definition.
        inside = parsed in _GLOBAL_UNICAST and parsed.scope_id is None
        return inside and not any(parsed in network for network in SPECIAL_V6)
    return not any(parsed in network for network in SPECIAL_V4)
