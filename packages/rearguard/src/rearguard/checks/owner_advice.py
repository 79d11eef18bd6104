"""What to do, and what to try, where an object is not kept to its owner."""

from rearguard.analysis.access import Access
from rearguard.checks.base import with_article
from rearguard.checks.endpoints import request
from rearguard.findings import Endpoint, Request


def owner_advice(access: Access, field: str) -> str:
    """What limits an object to its owner, in a sentence."""
    if access.owner_field == "id":
        return "Use the identifier of the caller, or refuse with 403 unless it equals the one in the request."
    if not access.owner_field and access.part_of:
        return f"Look the {access.part_of} that it is part of up for the caller first, and answer 404 when there is none."
    if not (access.owner_field or access.tenant_field):
        return (
            f"Look the {access.resource} up by `{field}` together with what stands above it in the address, and "
            "answer 404 when there is none."
        )
    return (
        f"Look the {access.resource} up by `{field}` and by `{access.owner_field or access.tenant_field}` of the caller together, and answer "
        "404 when there is none."
    )


def owner_requests(endpoint: Endpoint, access: Access) -> tuple[Request, ...]:
    """How to see by hand whether an object is its owner's alone."""
    other = "Authorization: Bearer $TOKEN_OF_SECOND_USER"
    own = "Authorization: Bearer $TOKEN_OF_OWNER"
    return (
        Request(f"As a first user, create {with_article(access.resource)} and note its identifier."),
        Request(
            "As a second user, ask for the first user's identifier.",
            request(endpoint, other),
            "403 or 404, and the object unchanged.",
        ),
        Request("As the first user, do the same.", request(endpoint, own), "It works as before."),
    )
