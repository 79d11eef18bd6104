"""Refusals whose grounds are elsewhere: in a function that cannot be read."""

from rearguard.analysis.access.facts import Conditions
from rearguard.analysis.access.origins import Origins
from rearguard.models.routing import Endpoint
from rearguard.program import Op


def asks_elsewhere(conditions: Conditions, endpoint: Endpoint, origins: Origins) -> bool:
    """Whether callers are refused by what a function that cannot be read makes of the whole request:
    `who = await sso.verify(request)`."""
    for condition in conditions:
        found = origins.resolved(condition.fid, condition.value) if condition.presence else None
        if found is None or found[1].op != Op.CALL or origins.runs(*found):
            continue
        for value in found[1].args[1:]:
            given = origins.view.definitions(found[0]).get(value)
            if given is not None and given.op == Op.LOAD and endpoint.inputs.get(given.name) == "request":
                return not condition.holds
    return False


__all__ = ["asks_elsewhere"]
