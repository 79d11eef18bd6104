"""The host names that requests may carry, as the settings list them."""

from collections.abc import Iterator

from rearguard.analysis import ValueView
from rearguard.analysis.settings import is_development_branch, is_development_name, option_of
from rearguard.analysis.settings.uses import Use
from rearguard.checks.base import Context
from rearguard.models.settings_concepts import HostCheck

__all__ = ["host_lists"]


def host_lists(context: Context) -> Iterator[tuple[Use[HostCheck], ValueView, bool]]:
    """Each list that holds where users are, and whether it allows every name."""
    for use in context.uses.of(HostCheck):
        value = option_of(use, use.concept.names).value if use.concept.names else use.value
        if value is None or is_development_name(use.span.path, context.view.function(use.fid).name):
            continue
        if not is_development_branch(context.view, use.fid, use.instr.start):
            entries = [one.text for one in value.elements()] or [value.text]
            yield use, value, "*" in entries
