"""What the server knows of its caller must not come from request input."""

import re

from rearguard.analysis.values import Flow
from rearguard.checks.base import Context, FlowText
from rearguard.checks.flow import FlowCheck, Probe
from rearguard.findings import Severity
from rearguard.models.concepts import SessionWrite

_GRANTING = re.compile(
    r"(?:is_?|has_?)?(?:admin|administrator|staff|superuser|super_?user|moderator|owner|authenticated|logged_?in|verified)"
    r"|(?:user_?)?(?:role|permission|scope|privilege|right|grant|access_?level|user_?type|account_?type)s?"
    r"|tenant(?:_?id)?|(?:account_?)?balance|credits?",
    re.IGNORECASE,
)
"""Members of a session that say what its owner may do, or has."""


def _grants(context: Context, flow: Flow) -> bool:
    """Whether the member decides about rights. Preferences, drafts and names are kept in sessions rightly."""
    concept = flow.site.concept
    if flow.uncertain:
        # What some call gave back was looked up, or computed.
        return False
    return isinstance(concept, SessionWrite) and _GRANTING.fullmatch(concept.key) is not None


TRUST_BOUNDARY_VIOLATION = FlowCheck(
    id="trust-boundary-violation",
    title="Request input is kept as what the server knows of the caller",
    cwe=501,
    severity=Severity.MEDIUM,
    asvs=("v5.0.0-2.2.2",),
    sinks=(SessionWrite,),
    text=FlowText(
        message="{input} is written into the session, where the service keeps what it knows of the caller.",
        why="Later requests believe the session: whoever sends the request gives themselves a role or "
        "right that nobody granted.",
        sink_step="the input becomes part of the session",
        advice="Take the value from the account that the server looked up (`user.role`), never from "
        "the request.",
    ),
    probe=Probe(
        "admin",
        "Send a role of your choice.",
        "The session holds the role of the account; what needs it still answers 403.",
    ),
    accepts=_grants,
)
