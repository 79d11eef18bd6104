"""Lists of what is meant for more than its owners: published, shared, listed."""

import re

from rearguard.analysis.access import Access
from rearguard.checks.base import Context

_SHOWN = re.compile(r"publish|public|visib|shar|listed|featured|approved|open_to", re.IGNORECASE)
"""Fields that a list is limited by where its objects are meant for more than their owners."""
_STATE = re.compile(
    r"\b(?:status|state)\b.{0,20}\b(?:publish|public|visib|listed|featured|approved|open|live)", re.IGNORECASE
)
"""A state that says so: `status: "published"`; of any other state the objects are still somebody's."""


def is_shown(context: Context, access: Access) -> bool:
    """Whether what is read is limited to objects that are meant for more than their owners."""
    return any(_SHOWN.search(name) for name, _ in access.keys) or bool(
        _STATE.search(context.text(access.span))
    )


__all__ = ["is_shown"]
