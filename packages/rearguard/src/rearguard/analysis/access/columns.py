"""The cells of a row beside who may call and whose objects: limits, input, tenants, what is answered."""

import re
from collections.abc import Iterable

from rearguard.analysis.access.answers import Answered
from rearguard.analysis.access.surface import Surface
from rearguard.analysis.access.types import Access, Cell, InputUse
from rearguard.program import Step

MAX_NAMED = 4
_LIMITER = re.compile(r"rate_?limit|limiter|throttl", re.IGNORECASE)
"""What something in front of a handler is called that counts requests."""
_BOUND = frozenset({"schema", "number", "allow-list", "pattern", "length"})
_UNSENT = frozenset({"path", "header", "cookie"})
TENANT = re.compile(
    r"(?:tenant|org|organi[sz]ation|workspace|company|realm|shop|store|team|space|household)(?:_?(?:id|uuid|pk))?",
    re.IGNORECASE,
)
"""Fields that say by their name which tenant an object belongs to."""


def rate_limit(surface: Surface) -> Cell:
    """limited, none, unknown."""
    if "rate-limit" in surface.exempt:
        return Cell("none", (), "what limits others is lifted here")
    for check in surface.checks:
        if check.kind == "rate-limit":
            step = Step(check.span, f"{check.name} limits how often this may be called", "guard")
            return Cell("limited", (step,), f"{check.name} limits it")
    if surface.doubts:
        return Cell("unknown", (), f"{surface.doubts[0].label} could not be read")
    named = next((link for link in surface.endpoint.chain if _LIMITER.search(link.label)), None)
    if named is not None:
        return Cell("unknown", (), f"what {named.label} lets through was not followed")
    return Cell("none", (), "nothing in the code limits how often it may be called")


def validation(used: Iterable[InputUse]) -> Cell:
    """bounded, partly, open, none (nothing is read), unknown."""
    read = [use for use in used if use.channel not in ("header", "cookie")]
    if not read:
        return Cell("none", (), "it reads no input")
    loose = [use for use in read if use.validation == "none"]
    unknown = [use for use in read if use.validation not in _BOUND and use.validation != "none"]
    if loose:
        names = ", ".join(f"{u.channel} {u.name}".strip() for u in loose[:MAX_NAMED])
        steps = tuple(Step(u.span, "used without limit of type, length or form", "source") for u in loose[:2])
        return Cell("open" if len(loose) == len(read) else "partly", steps, f"without limits: {names}")
    if unknown:
        named = unknown[0]
        return Cell("unknown", (), f"what limits {named.channel} {named.name} could not be read".strip())
    kinds = ", ".join(dict.fromkeys(use.validation for use in read))
    return Cell("bounded", (), f"limited by {kinds}")


def tenant(accesses: Iterable[Access]) -> Cell:
    """restricted, open, none (nothing here belongs to a tenant), unknown."""
    seen = [access for access in accesses if access.tenant_field]
    for access in seen:
        if access.restricted.state in ("open", "none") and access.operation != "create":
            text = f"nothing limits the {access.resource} to the caller's {access.tenant_field}"
            return Cell("open", (Step(access.span, text, "sink"),), text)
    for access in seen:
        if access.restricted.state == "unknown":
            return Cell("unknown", (), access.restricted.reason)
    if seen:
        return Cell("restricted", seen[0].restricted.evidence, seen[0].restricted.reason)
    return Cell("none", (), "nothing here is known to belong to a tenant")


def response(sent: Iterable[Answered]) -> Cell:
    """records (as they are stored), fields, none, unknown."""
    parts = [part for part in sent if part.atom.kind == "stored"]
    whole = [part for part in parts if part.whole]
    if whole:
        names = ", ".join(dict.fromkeys(part.atom.name for part in whole))
        steps = tuple(
            Step(part.span, f"answers with {part.atom.name} as it is stored", "sink") for part in whole[:2]
        )
        return Cell("records", steps, f"all fields of {names}")
    if parts:
        fields = dict.fromkeys(f"{part.atom.name}.{part.atom.path[-1]}" for part in parts)
        shown = ", ".join(list(fields)[:8])
        return Cell("fields", (Step(parts[0].span, f"answers with {shown}", "note"),), shown)
    return Cell("unknown", (), "what is answered was not followed to stored objects")


__all__ = ["TENANT", "rate_limit", "response", "tenant", "validation"]
