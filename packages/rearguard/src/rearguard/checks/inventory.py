"""A route as findings and the inventory name it: the routing tree's endpoint with its row of the matrix."""

from rearguard.analysis import Route
from rearguard.analysis.access import Access, AccessMatrix, Row
from rearguard.findings import Endpoint, MatrixCell, TouchedObject

COLUMNS = (
    "authentication",
    "authorization",
    "ownership",
    "tenant",
    "csrf",
    "rate_limit",
    "validation",
    "response",
)
"""The matrix's columns, in the order of reports."""


def described(route: Route, matrix: AccessMatrix) -> Endpoint:
    """The endpoint for people: chain, guards, inputs, who may call it, and every cell with its evidence."""
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
        public=row.public if row else "",
        cells=_cells(row) if row else (),
        objects=tuple(_object(access) for access in row.accesses) if row else (),
    )


def _cells(row: Row) -> tuple[MatrixCell, ...]:
    found = []
    for column in COLUMNS:
        cell = getattr(row, column)
        found.append(MatrixCell(column, cell.state, cell.reason, cell.evidence))
    return tuple(found)


def _object(access: Access) -> TouchedObject:
    keys = []
    for name, source in access.keys:
        given = f" from {source.channel} {'.'.join(source.path)}".rstrip() if source is not None else ""
        keys.append(f"{name or 'id'}{given}")
    cell = access.restricted
    return TouchedObject(
        access.operation,
        access.resource,
        tuple(keys),
        cell.state,
        cell.reason,
        access.owner_field,
        access.span,
    )
