"""Who may do what: guards by behaviour, principals, resources, and the matrix of endpoints."""

from rearguard.analysis.access import claims
from rearguard.analysis.access.matrix import build
from rearguard.analysis.access.stored_values import StoredValue, statements_with_values
from rearguard.analysis.access.types import Access, AccessMatrix, Cell, InputUse, Row

__all__ = [
    "Access",
    "AccessMatrix",
    "Cell",
    "InputUse",
    "Row",
    "StoredValue",
    "build",
    "claims",
    "statements_with_values",
]
