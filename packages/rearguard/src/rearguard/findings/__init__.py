"""What we say: findings, fixes, review results, fingerprints and suppressions."""

from rearguard.findings.fingerprint import enclosing_function, fingerprinted, line_hashes
from rearguard.findings.types import (
    Audience,
    Confidence,
    Coverage,
    Disposition,
    Edit,
    Endpoint,
    Finding,
    Fix,
    MatrixCell,
    Request,
    ReviewResult,
    Rule,
    Severity,
    ToolRun,
    TouchedObject,
    Unread,
)

__all__ = [
    "enclosing_function",
    "fingerprinted",
    "line_hashes",
    "Audience",
    "Confidence",
    "Coverage",
    "Disposition",
    "Edit",
    "Endpoint",
    "Finding",
    "Fix",
    "MatrixCell",
    "Request",
    "ReviewResult",
    "Rule",
    "Severity",
    "ToolRun",
    "TouchedObject",
    "Unread",
]
