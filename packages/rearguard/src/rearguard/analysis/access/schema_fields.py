"""Fields of a GraphQL schema are asked for at its address, so what stands before that stands before them."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from rearguard.models.routing import Endpoint

FIELDS = ("QUERY", "MUTATION", "SUBSCRIPTION")
_BY_POST = ("POST", "*", "ANY", "ALL")
"""Methods of the address by which changes are asked for, the usual one first."""


def is_field(endpoint: Endpoint) -> bool:
    """Whether an endpoint is a field of a schema, which shares its address with all others."""
    return endpoint.method in FIELDS and "#" in endpoint.path


def behind_their_address(endpoints: Iterable[Endpoint]) -> Iterator[Endpoint]:
    """The endpoints, fields with what every request for their schema passes first."""
    endpoints = list(endpoints)
    doors: dict[str, list[Endpoint]] = {}
    for endpoint in endpoints:
        if not is_field(endpoint):
            doors.setdefault(endpoint.path, []).append(endpoint)
    for endpoint in endpoints:
        at = doors.get(endpoint.path.partition("#")[0], []) if is_field(endpoint) else []
        before = sorted(at, key=lambda e: _BY_POST.index(e.method) if e.method in _BY_POST else len(_BY_POST))
        yield replace(endpoint, chain=(*before[0].chain, *endpoint.chain)) if before else endpoint


__all__ = ["behind_their_address", "is_field"]
