"""Checks against forged requests that a framework makes where its settings ask for them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from rearguard.analysis.settings import Use, Uses
from rearguard.models.concepts import ForgerySwitch
from rearguard.program import Span

__all__ = ["Switch", "switches"]


@dataclass(frozen=True, slots=True)
class Switch:
    """What the settings of a framework say."""

    on: bool
    place: Span


def switches(uses: Uses) -> Mapping[str, Switch]:
    """What is said for each framework; one place that switches the check on, or may, is enough."""
    found: dict[str, Switch] = {}
    for use in uses.of(ForgerySwitch):
        serves, asked = use.concept.serves, _is_on(use)
        if asked is None or (serves in found and found[serves].on):
            continue
        if asked or serves not in found:
            place = use.span if asked or use.value is None else use.value.span
            found[serves] = Switch(asked, place)
    return found


def _is_on(use: Use[ForgerySwitch]) -> bool | None:
    """Whether the check is switched on; `None` where the call is about something else."""
    wanted = use.concept.words
    if not wanted:
        return not any(value.const is False for value in use.selected)
    texts = (
        text
        for value in use.selected
        for held in (value, *((value.written,) if value.written is not None else ()))
        for text in (held.source_text, *(name for ref in held.refs for name in ref.names))
    )
    return True if any(re.search(wanted, text, re.IGNORECASE) for text in texts) else None
