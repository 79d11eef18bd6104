"""A route as findings and the inventory name it: the routing tree's endpoint with its row of the matrix."""

from rearguard.analysis import Route
from rearguard.analysis.access import AccessMatrix
from rearguard.findings import Endpoint


def described(route: Route, matrix: AccessMatrix) -> Endpoint:
    """The endpoint for people: chain, guards, inputs, who may call it."""
    row = matrix.row(route)
    return Endpoint(
        method=route.method,
        path=route.path,
        handler=route.handler.label,
        location=route.span,
        framework=route.framework,
        chain=tuple(link.label for link in route.chain),
        guards=row.guards if row else (),
        inputs=row.inputs if row else (),
        authentication=row.authentication.state if row else "unknown",
        ownership=row.ownership.state if row else "unknown",
    )
