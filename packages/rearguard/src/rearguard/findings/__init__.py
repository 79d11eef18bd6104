"""What we say: findings, fixes, review results, fingerprints and suppressions."""

from rearguard.findings.types import (
    Audience,
    Confidence,
    Coverage,
    Disposition,
    Edit,
    Endpoint,
    Finding,
    Fix,
    Request,
    ReviewResult,
    Rule,
    Severity,
    ToolRun,
    Unread,
)

__all__ = [
    "Audience",
    "Confidence",
    "Coverage",
    "Disposition",
    "Edit",
    "Endpoint",
    "Finding",
    "Fix",
    "Request",
    "ReviewResult",
    "Rule",
    "Severity",
    "ToolRun",
    "Unread",
]
